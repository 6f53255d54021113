"""An exercise's page, ``exercises/TOPIC/NAME.md``: all that a person writes about it.

Front matter; three hints; messages; known wrong answers, each an edit of the answer key as a fence
of whole lines; other wrong answers, which have no sentence of their own and must fail. A sentence
is one line, in English, and the line below it that begins with ``中：`` says the same in Chinese. A
complaint names file and line, and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import FRAMEWORKS

SECTIONS = ("Hints", "Messages", "Known wrong answers", "Other wrong answers")
SETTINGS = {
    "difficulty": int,
    "importance": int,
    "minutes": int,
    "seed": int,
    "rtol": float,
    "atol": float,
    "tolerance": str,
    "forbidden": list,
    "needs": list,
    "review": bool,
}
NEEDED = ("difficulty", "importance", "minutes")
HINTS = 3
FENCE = re.compile(r"```diff (\w+)")
Edits = tuple[tuple[str, str], ...]
Line = tuple[int, str]


class PageError(ValueError):
    """A page that can't be read: the text names file and line, and what to do."""


@dataclass(frozen=True)
class Wrong:
    """A known wrong answer: edits of the answer key, and what to tell whoever gives it.

    No edits for a framework means that nobody can go wrong in this way there. In a review, the
    candidate has those faults that are `planted`.
    """

    name: str
    message: Text
    torch: Edits
    tensorflow: Edits
    planted: bool = True
    seen_in: str = ""

    def edits(self, framework: str) -> Edits:
        return self.torch if framework == "torch" else self.tensorflow


@dataclass(frozen=True)
class Page:
    """What a page holds: settings by name, hints, messages by name of an observation, faults.

    ``others`` are wrong answers without a sentence: they must fail, and tests see that they do.
    """

    settings: dict[str, Any]
    hints: tuple[Text, ...]
    messages: dict[str, Text] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()
    others: tuple[Wrong, ...] = ()


def read_page(path: Path) -> Page:
    """Read a page. Raises ``PageError``."""
    return _Reader(path).page()


class _Reader:
    """One page under way; every complaint starts with the place."""

    def __init__(self, path: Path):
        self.name = f"{path.parent.name}/{path.name}"
        self.lines: list[Line] = list(
            enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        )

    def error(self, number: int, words: str) -> PageError:
        return PageError(f"exercises/{self.name}, line {number}: {words}")

    def page(self) -> Page:
        settings = self._settings()
        sections = self._sections()
        hints = tuple(text for _, text in self._texts(sections["Hints"], r"\d\. ()(.*)"))
        if len(hints) != HINTS:
            number = sections["Hints"][0][0]
            raise self.error(number, f"there are {len(hints)} hints; write {HINTS}, as `1. …`.")
        messages = dict(self._texts(sections["Messages"], r"- `(.*?)`: (.*)"))
        wrong, others = (tuple(self._wrong_answers(sections[name])) for name in SECTIONS[2:])
        return Page(settings, hints, messages, wrong, others)

    def _settings(self) -> dict[str, Any]:
        ends = [place for place, (_, line) in enumerate(self.lines) if line == "---"][:2]
        if len(ends) < 2 or ends[0]:
            raise self.error(1, "expected front matter: settings between two lines `---`.")
        try:
            found = yaml.safe_load("\n".join(line for _, line in self.lines[1 : ends[1]])) or {}
        except yaml.YAMLError as error:
            raise self.error(1, f"this is no YAML: {' '.join(str(error).split())}") from None
        for number, line in self.lines[1 : ends[1]]:
            name = line.partition(":")[0]
            if name not in SETTINGS:
                raise self.error(number, f"there is no setting {name!r}; {_known(SETTINGS)}.")
            if not isinstance(found[name], SETTINGS[name]):
                kind = SETTINGS[name].__name__
                raise self.error(
                    number, f"{name} is {found[name]!r}; write a value of type {kind}."
                )
        if missing := [name for name in NEEDED if name not in found]:
            raise self.error(ends[1] + 1, f"{missing[0]} is missing; add it above this line.")
        del self.lines[: ends[1] + 1]
        return found

    def _sections(self) -> dict[str, list[Line]]:
        """The lines of each section, with its heading first; blank lines are left out."""
        found: dict[str, list[Line]] = {}
        for number, line in self.lines:
            if line.startswith("## "):
                if line[3:] not in SECTIONS:
                    raise self.error(
                        number, f"there is no section {line[3:]!r}; {_known(SECTIONS)}."
                    )
                found[line[3:]] = lines = [(number, line)]
            elif line.strip():
                if not found:
                    raise self.error(number, f"text before any section; {_known(SECTIONS)}.")
                lines.append((number, line))
        for name in SECTIONS:
            found.setdefault(name, [(self.lines[-1][0] if self.lines else 1, "")])
        return found

    def _texts(self, lines: list[Line], form: str) -> Iterator[tuple[str, Text]]:
        """``(name, both languages)`` of each item of a list."""
        for (number, line), (_, below) in zip(lines[1::2], [*lines[2::2], (0, "")], strict=False):
            if not (item := re.fullmatch(form, line)):
                raise self.error(number, f"expected an item like `{_shown(form)}`, one line.")
            yield item[1], Text(item[2], self._chinese(number, below))

    def _chinese(self, number: int, below: str) -> str:
        words = below.strip()
        if not words.startswith("中："):
            raise self.error(number, "the line below this one must say the same as `中：…`.")
        return words.removeprefix("中：").strip()

    def _wrong_answers(self, lines: list[Line]) -> Iterator[Wrong]:
        starts = [place for place, (_, line) in enumerate(lines) if line.startswith("### ")]
        for start, end in pairwise([*starts, len(lines)]):
            yield self._wrong_answer(lines[0][1].removeprefix("## "), lines[start:end])

    def _wrong_answer(self, section: str, lines: list[Line]) -> Wrong:
        (number, heading), *rest = lines
        name = heading.removeprefix("### ").strip()
        if section == "Other wrong answers":
            return Wrong(name, Text("", ""), *self._fences(number, rest))
        if len(rest) < 2 or rest[0][1].startswith(("```", "中：")):
            raise self.error(number, "a known wrong answer needs a sentence below its heading.")
        message = Text(rest[0][1], self._chinese(rest[0][0], rest[1][1]))
        notes, fences = {}, rest[2:]
        while fences and (note := re.fullmatch(r"(Seen in|Planted): (.*)", fences[0][1])):
            notes[note[1]] = note[2]
            fences = fences[1:]
        edits = self._fences(number, fences)
        planted = notes.get("Planted", "yes") == "yes"
        return Wrong(name, message, *edits, planted, notes.get("Seen in", ""))

    def _fences(self, number: int, lines: list[Line]) -> tuple[Edits, Edits]:
        found: dict[str, Edits] = {}
        while lines:
            (start, opening), *lines = lines
            fence = FENCE.fullmatch(opening)
            if not fence or fence[1] not in (*FRAMEWORKS, "both"):
                raise self.error(start, "expected ```diff and torch, tensorflow or both.")
            closing = [place for place, (_, line) in enumerate(lines) if line == "```"]
            if not closing:
                raise self.error(start, "this fence is never closed: add a line ```.")
            edits = tuple(self._edits(lines[: closing[0]]))
            found |= dict.fromkeys(FRAMEWORKS if fence[1] == "both" else (fence[1],), edits)
            lines = lines[closing[0] + 1 :]
        if not any(found.values()):
            raise self.error(number, "a known wrong answer needs an edit: a fence ```diff both.")
        return found.get("torch", ()), found.get("tensorflow", ())

    def _edits(self, lines: list[Line]) -> Iterator[tuple[str, str]]:
        """``(old, new)`` of each edit: whole lines, each with its end."""
        old = new = ""
        for number, line in [*lines, (0, "@@")]:
            if line.startswith("-"):
                old += f"{line[1:]}\n"
            elif line.startswith("+"):
                new += f"{line[1:]}\n"
            elif line == "@@" and old:
                yield old, new
                old = new = ""
            else:
                raise self.error(number, "expected lines with - and +, edits parted by @@.")


def _known(names: object) -> str:
    return f"known are {', '.join(names)}"


def _shown(form: str) -> str:
    """An item as a person writes it, for a complaint."""
    return "- `name of an observation`: sentence" if "`" in form else "1. hint"
