"""Pieces of MyST Markdown: folds, tabs a framework, links between pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from posixpath import normpath, relpath

from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.compose import TITLES

LINK = re.compile(r"(?<!!)\[((?:[^\]\n\\]|\\.)+)\]\(([^)\s#]+)(#[^)\s]*)?\)")
Pages = dict[str, str]
"""The text of each page by its place without ending, such as ``questions/index``."""


def directive(name: str, argument: str, body: str, /, **options: str) -> str:
    """A MyST directive whose fence is longer than any in its body."""
    colons = max((len(run) for run in re.findall(r"(?m)^:{3,}", body)), default=2) + 1
    fence, lines = ":" * colons, [f"{{{name}}} {argument}".rstrip()]
    for key, value in options.items():
        plain = re.fullmatch(r"[\w-]*", value, re.ASCII)
        lines.append(f":{key.replace('_', '-')}: {value if plain else _quoted(value)}".rstrip())
    return "\n".join([fence + lines[0], *lines[1:], "", body.strip(), fence])


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def fold(title: str, body: str, /, **options: str) -> str:
    """A box that shows its title until it is opened."""
    return directive("dropdown", title, body, **options)


def tabs(texts: Mapping[str, str]) -> str:
    """A tab a framework; whoever chooses one has chosen it on every page."""
    items = [
        directive("tab-item", TITLES[framework], text, sync=framework)
        for framework, text in texts.items()
        if text
    ]
    return directive("tab-set", "", "\n\n".join(items), sync_group="framework") if items else ""


def code(text: str, language: str = "python") -> str:
    """A listing; its fence is longer than any in it."""
    ticks = max((len(run) for run in re.findall(r"(?m)^`{3,}", text)), default=2) + 1
    return f"{'`' * ticks}{language}\n{text.rstrip()}\n{'`' * ticks}"


def blocks(text: str) -> list[str]:
    """Paragraphs, lists, fences and formulas: what blank lines part, outside of fences."""
    found, lines, fence = [], [], ""
    for line in text.split("\n"):
        if mark := re.match(r"\s*(`{3,}|~{3,}|:{3,})", line):
            fence = mark[1] if not fence else "" if line.strip() == fence else fence
        if line.strip() or fence:
            lines.append(line)
        elif lines:
            found.append("\n".join(lines))
            lines = []
    return [*found, *(["\n".join(lines)] if lines else [])]


def merged(torch: list[str], tensorflow: list[str]) -> Iterator[str]:
    """Common blocks once, and tabs where the frameworks differ."""
    matcher = SequenceMatcher(a=torch, b=tensorflow, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from torch[a:b]
        else:
            texts = ("\n\n".join(torch[a:b]), "\n\n".join(tensorflow[c:d]))
            yield tabs(dict(zip(FRAMEWORKS, texts, strict=True)))


def together(parts: Mapping[str, list[str]]) -> str:
    """The blocks of each framework as one text: what only one framework has, without tabs."""
    if len(parts) == 1:
        return "\n\n".join(*parts.values())
    return "\n\n".join(merged(*(parts[framework] for framework in FRAMEWORKS)))


def relink(text: str, here: str, page: str, places: Mapping[str, str]) -> str:
    """The text of the file ``here`` with links as ``page`` of the site needs them.

    ``places`` says which page shows which file. A link to another file of the course loses its
    link and keeps its words; addresses of the web stay.
    """

    def link(found: re.Match) -> str:
        words, address, part = found[1], found[2], found[3] or ""
        if re.match(r"[a-z]+:", address):
            return found[0]
        target = normpath(str(PurePosixPath(here).parent / address))
        if target not in places:
            return words
        return f"[{words}]({to_page(page, places[target])}{part if target == here else ''})"

    return outside_fences(text, lambda prose: LINK.sub(link, prose))


def to_page(here: str, page: str) -> str:
    """The address of another page, from the page ``here``."""
    return relpath(f"{page}.md", str(PurePosixPath(here).parent))


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """``change`` applied to all but code."""
    parts = re.split(r"(?ms)^(```.*?^```\s*$)", text)
    return "".join(part if place % 2 else change(part) for place, part in enumerate(parts))


def anchor(identity: str) -> str:
    """An id that may stand in an address: ``gan.train_step`` becomes ``gan-train-step``."""
    return re.sub(r"[^a-z0-9]+", "-", identity.lower()).strip("-")


def toctree(pages: Mapping[str, str], caption: str = "", **options: str) -> str:
    """Links to pages, which also stand in the sidebar; a page without a title has its own."""
    options |= {"caption": caption} if caption else {}
    lines = [f"{title} <{page}>" if title else page for page, title in pages.items()]
    return directive("toctree", "", "\n".join(lines), **options)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(one.replace('|', chr(92) + '|') for one in line)} |" for line in lines
    )
