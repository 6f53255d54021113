"""From graded exercises to marks: weights, lateness, and what is taken off for it."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import yaml

from prodgen_lib.classroom.intake.collect import Found
from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.intake.submission import Graded
from prodgen_lib.course.project import CourseError, read_text


@dataclass(frozen=True)
class Late:
    """``percent`` of a mark is taken off for each ``hours`` begun; once, where ``hours`` is 0."""

    percent: float = 0.0
    hours: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Late:
        """``10/day``, ``1/hour``, ``20`` (once) or ``none``; percents, with or without the sign."""
        if text.strip().lower() == "none":
            return cls()
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*(?:/\s*(day|hour))?\s*", text)
        if not found or float(found[1]) > 100:
            raise CourseError(
                f"--late {text!r} is no late policy; expected percents of the mark as 10/day, "
                "1/hour or 20 (once), or none."
            )
        return cls(float(found[1]), {"day": 24.0, "hour": 1.0, None: 0.0}[found[2]])

    def taken_off(self, late_hours: float) -> float:
        """Percents to take off, from 0 to 100."""
        if late_hours <= 0 or not self.percent:
            return 0.0
        times = math.ceil(late_hours / self.hours) if self.hours else 1
        return min(100.0, self.percent * times)

    def __str__(self) -> str:
        per = {24.0: " for each day begun", 1.0: " for each hour begun"}.get(self.hours, "")
        return f"{self.percent:g} %{per}" if self.percent else "none"


@dataclass(frozen=True)
class Policy:
    """How an instructor marks, and in which language the students' pages are.

    An exercise without a weight of its own weighs 1.
    """

    weights: dict[str, float] = field(default_factory=dict)
    late: Late = Late()
    scale: float = 100.0
    language: str = "en"

    def weight(self, exercise: str) -> float:
        return self.weights.get(exercise, 1.0)


@dataclass(frozen=True)
class Row:
    """One line of the class list: a student's notebook of one chapter, with its marks."""

    student: Student
    graded: Graded
    late_hours: float
    points: dict[str, float]
    of: float
    taken_off: float

    @property
    def earned(self) -> float:
        """Points before anything is taken off."""
        return math.fsum(self.points.values())

    @property
    def total(self) -> float:
        return self.earned * (100.0 - self.taken_off) / 100.0

    @property
    def share(self) -> float:
        """The total, from 0 to 1; 0 where nothing was to be had."""
        return self.total / self.of if self.of else 0.0


def row(student: Student, graded: Graded, policy: Policy, late_hours: float = 0.0) -> Row:
    """Mark one graded notebook: an exercise's whole weight if it is right, else nothing."""
    points = {m.exercise: policy.weight(m.exercise) * m.correct for m in graded.marks}
    of = math.fsum(policy.weight(mark.exercise) for mark in graded.marks)
    return Row(student, graded, late_hours, points, of, policy.late.taken_off(late_hours))


def uneven(rows: list[Row]) -> list[str]:
    """A sentence for each chapter in which not everyone was asked the same exercises."""
    asked: dict[str, Counter[tuple[str, ...]]] = {}
    for row in rows:
        names = tuple(sorted(row.points))
        asked.setdefault(row.graded.chapter, Counter())[names] += 1
    return [
        f"In {chapter} not everyone had the same exercises, so full marks differ: "
        + ", ".join(f"{len(names)} exercises for {count}" for names, count in sets.most_common())
        + ". The column `of` in marks.csv says for whom."
        for chapter, sets in asked.items()
        if len(sets) > 1
    ]


def read_weights(path: Path, known: set[str]) -> dict[str, float]:
    """Weights from a YAML file with a line ``exercise: weight`` each.

    ``CourseError`` for what is no such file, an exercise that is not ``known`` (if any are), or a
    weight that is no number from 0.
    """
    try:
        found = yaml.safe_load(read_text(path))
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise CourseError(f"{path} holds no weights; expected lines as `gan.generator_loss: 2`.")
    for exercise, weight in found.items():
        if known and exercise not in known:
            raise CourseError(
                f"{path} weighs {exercise!r}, which is no exercise of these chapters; they have: "
                f"{', '.join(sorted(known))}."
            )
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 <= weight < math.inf:
            raise CourseError(
                f"{path}: the weight of {exercise} is {weight!r}; expected 0 or more."
            )
    return {exercise: float(weight) for exercise, weight in found.items()}


def lateness(found: Found, due: datetime | None) -> tuple[float, str]:
    """Hours too late, and a sentence where they are a guess.

    nbgrader's folders hold the time; Canvas says only that a file is late, which counts as the
    least that there is: one hour or day begun.
    """
    if due is not None and found.handed_in is not None:
        return max(0.0, (found.handed_in - due).total_seconds() / 3600), ""
    if found.late:
        return 1 / 60, "Canvas says that it is late, not by how much: the least is taken off."
    return 0.0, ""


def parse_due(text: str) -> datetime:
    """A moment as ``2026-11-30 23:59`` (this machine's zone) or with a zone, as ``…+01:00``."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CourseError(f"--due {text!r} is no time; expected it as 2026-11-30T23:59.") from None
    return moment.astimezone() if moment.tzinfo is None else moment
