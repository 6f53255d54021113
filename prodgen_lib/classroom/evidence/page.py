"""The report on a class: one page that opens offline, for the instructor."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from prodgen_lib.classroom.evidence import logs as shared
from prodgen_lib.classroom.evidence.answers import Answer, matrix
from prodgen_lib.classroom.evidence.failures import Cluster, clusters
from prodgen_lib.classroom.marks.reports import PAGES, prose, titled
from prodgen_lib.classroom.marks.sheets import number
from prodgen_lib.course.shared_log import SharedLog
from prodgen_lib.course.text import plain
from prodgen_lib.plain.calibration import calibration
from prodgen_lib.plain.items import FEWEST, Discrimination, discriminations, share

HERE = Path(__file__).parent / "pages"
MOST_CLUSTERS = 40
EASY, HARD = 0.95, 0.2
VERDICTS = {
    "separates": "separates",
    "useless": "does not separate",
    "reversed": "the wrong way round",
    "unclear": "not known yet",
}


@dataclass(frozen=True)
class Item:
    """One exercise over the class."""

    exercise: str
    asked: int
    solved: int
    unanswered: int
    share: tuple[float, float, float]
    discrimination: Discrimination | None
    wrongs: tuple[tuple[str, int], ...]
    unexplained: int

    @property
    def verdict(self) -> str:
        return VERDICTS[self.discrimination.verdict] if self.discrimination else ""


def items(answers: Iterable[Answer], *, seed: int = 0) -> list[Item]:
    """Each exercise in the order in which the marks name them."""
    answers = list(answers)
    _, names, right = matrix(answers)
    found = []
    for name, value in zip(names, discriminations(right, seed=seed), strict=True):
        marks = [one.mark for one in answers if one.mark.exercise == name]
        solved = sum(mark.correct for mark in marks)
        failed = [mark for mark in marks if mark.answered and not mark.correct]
        found.append(
            Item(
                name,
                len(marks),
                solved,
                sum(not mark.answered for mark in marks),
                share(solved, len(marks)),
                value,
                tuple(Counter(mark.wrong for mark in failed if mark.wrong).most_common()),
                sum(not mark.wrong for mark in failed),
            )
        )
    return found


def findings(every: list[Item], found: list[Cluster], tried: list[shared.Tried]) -> list[str]:
    """What an instructor or author should look at, in sentences."""
    told = []
    for one in every:
        kind = one.discrimination.verdict if one.discrimination else ""
        if kind == "useless":
            told.append(
                f"`{one.exercise}` does not separate: whoever solves the rest solves it no more "
                "often than others. Is it ambiguous, or copied?"
            )
        elif kind == "reversed":
            told.append(
                f"`{one.exercise}` separates the wrong way round: those who solve the rest fail "
                "here. Look for a right answer that it refuses."
            )
        if one.asked >= FEWEST and one.share[0] >= EASY:
            told.append(f"Nearly everyone solves `{one.exercise}`: it measures nothing here.")
        elif one.asked >= FEWEST and one.share[0] <= HARD:
            told.append(f"Hardly anyone solves `{one.exercise}`.")
    told += [
        f"`{one.exercise}` took {one.minutes:.0f} minutes at the median, where {one.stated} are "
        "stated."
        for one in tried
        if one.minutes and one.stated and one.timed >= 5 and _far(one.minutes, one.stated)
    ]
    told += [
        f"{one.count} answers to `{one.exercise}` fail in the same way, which has no name yet."
        for one in found
        if one.count >= 3
    ]
    return told


def _far(minutes: float, stated: int) -> bool:
    return not stated / 2 <= minutes <= 2 * stated


def report_page(
    answers: list[Answer], logs: Mapping[str, SharedLog], warnings: Iterable[str] = ()
) -> str:
    """The page. ``logs`` are those that learners handed in; with none, their parts are left out."""
    every, found = items(answers), clusters(answers)
    tried = shared.tried(logs.values(), [one.exercise for one in every])
    recalls = [(one.predicted, one.recalled) for log in logs.values() for one in log.recalls]
    return (
        _environment()
        .get_template("evidence.html")
        .render(
            chapters=sorted({one.chapter for one in answers}),
            students=len({one.student for one in answers}),
            fewest=FEWEST,
            items=every,
            findings=findings(every, found, tried),
            clusters=found[:MOST_CLUSTERS],
            left_out=max(0, len(found) - MOST_CLUSTERS),
            logs=len(logs),
            tried=tried,
            hints=shared.hints(logs.values()),
            away=shared.BREAK,
            calibration=calibration(recalls),
            recalls=len(recalls),
            warnings=list(warnings),
            language="en",
        )
    )


def _environment() -> Environment:
    pages = Environment(
        loader=FileSystemLoader([HERE, PAGES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (PAGES / "style.css").read_text(encoding="utf-8")
    style += (HERE / "evidence.css").read_text(encoding="utf-8")
    digest = hashlib.sha256(style.encode()).digest()
    pages.filters |= {"plain": plain, "prose": prose, "number": number, "titled": titled}
    pages.filters |= {"percent": lambda part: f"{100 * part:.0f} %", "lines": _lines}
    pages.globals |= {"style": Markup(style), "style_hash": base64.b64encode(digest).decode()}
    return pages


def _lines(text: str) -> str:
    """A stranger's code, line by line without what could steer a page."""
    kept = (line[: len(line) - len(line.lstrip())] + plain(line, 200) for line in text.split("\n"))
    return "\n".join(kept)
