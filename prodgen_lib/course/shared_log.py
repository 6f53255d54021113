"""The log that a learner hands in on purpose: what is in the file, and how it is read again.

It holds no name, no answer and no date: times are minutes since the first check. What it is read
from may have been written by anyone, so that everything in it is looked at.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from prodgen_lib.course.project import CourseError, read_text

FORMAT = 1
MOST_BYTES = 8 * 2**20
EXERCISE = re.compile(r"[a-z0-9_]{1,40}\.[a-z0-9_]{1,60}")
FRAMEWORKS = ("torch", "tensorflow")


@dataclass(frozen=True)
class Attempt:
    """One check. ``hints`` are those shown before it in that sitting, None where nobody noted.

    ``wrong`` is the known wrong answer by its name in the course.
    """

    minute: float
    exercise: str
    framework: str
    correct: bool
    wrong: str | None = None
    hints: int | None = None


@dataclass(frozen=True)
class Recall:
    """One review of a card: days since the last, FSRS's chance before it, and what came."""

    days: float
    predicted: float
    recalled: bool


@dataclass(frozen=True)
class SharedLog:
    """What one learner handed in."""

    attempts: tuple[Attempt, ...]
    recalls: tuple[Recall, ...]

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=True, indent=1) + "\n"

    @property
    def contents(self) -> list[str]:
        """What is in it, in sentences, for whoever is about to hand it in."""
        exercises = {one.exercise for one in self.attempts}
        return [
            f"{len(self.attempts)} checks of {len(exercises)} exercises. Of each check: the minute "
            "since your first one, the exercise, the framework, whether it was right, which known "
            "mistake it was, and how many hints had been shown, where that was noted.",
            f"{len(self.recalls)} reviews of cards. Of each review: the days since the last one, "
            "the chance that was predicted, and whether you knew it; not which card.",
            "Not in it: your name, dates, your answers, your code, your mock interviews.",
        ]


def read_shared(path: Path) -> SharedLog:
    """A log that someone handed in. Raises ``CourseError`` for anything else."""
    if path.stat().st_size > MOST_BYTES:
        raise CourseError(f"{path} is too large for a shared log.")
    try:
        data = json.loads(read_text(path))
        if data["format"] != FORMAT:
            raise ValueError
        attempts = tuple(_attempt(**one) for one in data["attempts"])
        recalls = tuple(_recall(**one) for one in data["recalls"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise CourseError(f"{path} is no log of `prodgen progress --share`.") from None
    return SharedLog(attempts, recalls)


def _attempt(minute, exercise, framework, correct, wrong=None, hints=None) -> Attempt:
    if not EXERCISE.fullmatch(exercise) or framework not in FRAMEWORKS:
        raise ValueError
    if hints is not None and not (type(hints) is int and 0 <= hints < 1000):
        raise ValueError
    wrong = None if wrong is None else str(wrong)[:100]
    return Attempt(_number(minute, 1e8), exercise, framework, _truth(correct), wrong, hints)


def _recall(days, predicted, recalled) -> Recall:
    return Recall(_number(days, 1e5), _number(predicted, 1.0), _truth(recalled))


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError
    if not math.isfinite(value) or not 0 <= value <= most:
        raise ValueError
    return float(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value
