"""The task of an exercise as text: its docstring, which is the one source, set as Markdown."""

from __future__ import annotations

import ast
import re
import textwrap

from prodgen_lib.course.formula import display

ITEM = r"[\w·²×/-]+(?: [+…] (?:[\w·²×/-]+|…))*"
SHAPE = rf"\({ITEM},(?: {ITEM})?(?:, {ITEM})*\)|\b[NCK](?:×[CHWDK])+\b"
PAPER = re.compile(r"\b(arXiv:(\d{4}\.\d{5}|\d{4}\.\d{4}))|\b(doi:(10\.[\w./:-]*\w))")
CODE = re.compile(rf"(`[^`]*`|{SHAPE})")


def docstring(source: str) -> str:
    """The docstring of a function's source, without its indentation."""
    return ast.get_docstring(ast.parse(source).body[0]) or ""


def as_markdown(text: str) -> str:
    """A docstring as Markdown: shapes as code, indented lines as formulas, papers as links."""
    paragraphs = re.split(r"\n[ \t]*\n", text.strip("\n"))
    return "\n\n".join(_paragraph(one) for one in paragraphs)


def _paragraph(text: str) -> str:
    if not text.startswith("    "):
        parts = CODE.split(text.strip())
        coded = [f"`{part.strip('`')}`" for part in parts[1::2]]
        return "".join(sum(zip(map(_prose, parts[::2]), [*coded, ""], strict=True), ()))
    lines = textwrap.dedent(text).splitlines()
    shown = display(lines)
    return PAPER.sub(_link, shown) if shown else "```text\n" + "\n".join(lines) + "\n```"


def _prose(text: str) -> str:
    """Papers as links, and signs that Markdown would take for its own as they are."""
    safe = re.sub(r"[<|]", r"\\\g<0>", text)
    safe = re.sub(r"(?m)(?<=\n)([-+]) ", r"\\\1 ", safe)  # a minus that begins a line
    return PAPER.sub(_link, safe)


def _link(found: re.Match) -> str:
    if found[2]:
        return f"[{found[1]}](https://arxiv.org/abs/{found[2]})"
    return f"[{found[3]}](https://doi.org/{found[4]})"
