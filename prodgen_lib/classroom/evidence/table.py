"""The class as a table without names: for colleagues, for research, for a course's own record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from prodgen_lib.classroom.evidence.answers import Answer
from prodgen_lib.classroom.evidence.logs import ways
from prodgen_lib.classroom.salt import salted
from prodgen_lib.course.shared_log import SharedLog

HEAD = (
    *("student", "chapter", "framework", "exercise", "solved", "answered", "stages_passed"),
    *("stages", "known_wrong_answer", "tries", "solved_in_log", "minutes", "hints"),
)


def anonymous_csv(answers: Iterable[Answer], logs: Mapping[str, SharedLog], secret: bytes) -> str:
    """A line for each student and exercise. ``logs`` by student's key give the last four columns.

    It holds no name, no answer and nothing that a student or a check wrote; its order is that of
    the ids, so that it says nothing either.
    """
    known = {key: ways(log) for key, log in logs.items()}
    lines = []
    for one in answers:
        mark, way = one.mark, known.get(one.student, {}).get(one.mark.exercise)
        lines.append(
            [
                *(salted(one.student, secret), one.chapter, one.framework, mark.exercise),
                *(int(mark.correct), int(mark.answered), mark.passed, mark.stages),
                mark.wrong or "",
                *(("", "", "", "") if way is None else _of(way)),
            ]
        )
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEAD, *sorted(lines, key=lambda x: x[:4])])
    return text.getvalue()


def _of(way) -> tuple:
    minutes = "" if way.minutes is None else round(way.minutes, 1)
    return way.tries, int(way.solved), minutes, "" if way.hints is None else way.hints


def write(path: Path, text: str) -> None:
    """Write in one motion; a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
