"""Pages for people: a report for each submission, and one page on the class.

Each page is one file that loads nothing and runs nothing: its Content-Security-Policy allows its
own style sheet, by its hash, and no script, picture or link to anywhere else. Every word that
comes from a submission is stripped of control characters and escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.checking.tell import marked
from prodgen_lib.classroom.intake.submission import Mark
from prodgen_lib.classroom.marks.marks import Policy, Row, uneven
from prodgen_lib.classroom.marks.sheets import number, report_name
from prodgen_lib.course.chapter import read_chapter
from prodgen_lib.course.compose import TITLES
from prodgen_lib.course.text import plain

PAGES = Path(__file__).parent / "pages"
MOST_MISTAKES = 15


@dataclass(frozen=True)
class Asked:
    """How a class did in one exercise."""

    name: str
    right: int
    unanswered: int
    of: int


@dataclass(frozen=True)
class Mistake:
    """A wrong answer with how many gave it."""

    exercise: str
    message: str
    wrong: str | None
    count: int


def prose(text: str) -> Markup:
    """A sentence with its `code` and its *stress* set as such; all else in it is plain text."""
    return Markup(marked(str(escape(plain(text, 600)))))


def titled(chapter: str) -> str:
    """A chapter's number and title; the name as it came where the course has no such chapter."""
    return _titles().get(chapter, chapter)


@lru_cache(maxsize=1)
def _titles() -> dict[str, str]:
    paths = (PACKAGE.parent / "chapters").glob("[0-9][0-9]_*.md")
    english = (path for path in paths if not path.stem.endswith(".zh"))
    return {one.name: f"{int(one.number)} {one.title}" for one in map(read_chapter, english)}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"plain": plain, "prose": prose, "number": number}
    pages.filters |= {"report_name": report_name, "titled": titled}
    style = (PAGES / "style.css").read_text(encoding="utf-8")
    digest = hashlib.sha256(style.encode()).digest()
    pages.globals |= {"style": Markup(style), "style_hash": base64.b64encode(digest).decode()}
    return pages


def report(row: Row, policy: Policy) -> str:
    """The page for one student: each exercise with its sentence, and the mark."""
    return (
        _environment()
        .get_template("report.html")
        .render(
            row=row,
            weight=policy.weight,
            framework=TITLES.get(row.graded.framework, ""),
            file=PurePath(row.graded.path).name,
            right=sum(mark.correct for mark in row.graded.marks),
            ran=any(mark.answered for mark in row.graded.marks),
            language=policy.language,
            say=lambda en, zh: zh if policy.language == "zh" else en,
        )
    )


def class_page(rows: list[Row], policy: Policy, seed: int) -> str:
    """The page for the instructor: totals, exercises, common mistakes, and everyone's mark."""
    tenths = spread(rows)
    most = max([*tenths, 1])
    return (
        _environment()
        .get_template("class.html")
        .render(
            rows=rows,
            graded=sum(bool(row.graded.marks) for row in rows),
            policy=policy,
            seed=seed,
            chapters=sorted({row.graded.chapter for row in rows if row.graded.chapter}),
            mean=sum(row.share for row in rows) / max(len(rows), 1),
            tenths=tenths,
            bar=lambda count: round(104 * count / most, 1),
            exercises=asked(rows),
            mistakes=mistakes(rows),
            warnings=uneven(rows),
            language="en",
        )
    )


def spread(rows: list[Row]) -> list[int]:
    """How many totals lie in each tenth, the full mark in the last."""
    counts = Counter(min(9, int(10 * row.share + 1e-9)) for row in rows)
    return [counts[tenth] for tenth in range(10)]


def asked(rows: list[Row]) -> list[Asked]:
    """Each exercise in the order of the chapter, over all who had it."""
    by_name: dict[str, list[Mark]] = {}
    for row in rows:
        for mark in row.graded.marks:
            by_name.setdefault(mark.exercise, []).append(mark)
    return [
        Asked(
            name,
            right=sum(mark.correct for mark in marks),
            unanswered=sum(not mark.answered for mark in marks),
            of=len(marks),
        )
        for name, marks in by_name.items()
    ]


def mistakes(rows: list[Row], most: int = MOST_MISTAKES) -> list[Mistake]:
    """Wrong answers by how often they were given; known ones by their name, others by message."""
    counts: Counter[tuple[str, str, str | None]] = Counter()
    for row in rows:
        for mark in row.graded.marks:
            if not mark.correct and mark.answered:
                counts[mark.exercise, mark.message, mark.wrong] += 1
    return [
        Mistake(exercise, message, wrong, count)
        for (exercise, message, wrong), count in counts.most_common(most)
    ]
