"""The marks of a class, as people by exercises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prodgen_lib.classroom.intake.submission import Mark
from prodgen_lib.classroom.marks import journal
from prodgen_lib.course.project import CourseError


@dataclass(frozen=True)
class Answer:
    """A graded exercise with whose it is; ``seed`` is that of the inputs it ran on."""

    student: str
    name: str
    chapter: str
    framework: str
    seed: int
    mark: Mark


def read_marks(folders: Iterable[Path]) -> list[Answer]:
    """Everyone's exercises from folders that ``prodgen grade`` made; of one, the last mark counts.

    Who handed in nothing that could be graded is not among them. Students of several folders are
    the same person where they have the same key.
    """
    found: dict[tuple[str, str], Answer] = {}
    for folder in folders:
        log = folder / "log.jsonl"
        if not log.is_file():
            raise CourseError(f"{folder} holds no marks: give the --out of `prodgen grade`.")
        for entry in journal.read(log).values():
            graded, key = entry.graded, entry.student.key
            about = (key, entry.student.name, graded.chapter, graded.framework, graded.seed)
            found |= {(key, m.exercise): Answer(*about, m) for m in graded.marks}
    if not found:
        raise CourseError("Nobody's exercises are graded there yet.")
    return list(found.values())


def matrix(answers: Iterable[Answer]) -> tuple[list[str], list[str], np.ndarray]:
    """Students, exercises, and who solved what: 1, 0, or NaN where someone was not asked."""
    answers = list(answers)
    students = list(dict.fromkeys(one.student for one in answers))
    exercises = list(dict.fromkeys(one.mark.exercise for one in answers))
    rows = {key: place for place, key in enumerate(students)}
    columns = {name: place for place, name in enumerate(exercises)}
    right = np.full((len(students), len(exercises)), np.nan)
    for one in answers:
        right[rows[one.student], columns[one.mark.exercise]] = one.mark.correct
    return students, exercises, right
