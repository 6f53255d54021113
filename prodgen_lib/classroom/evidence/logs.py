"""What logs that learners handed in say of exercises: tries, minutes, hints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.course.project import CourseError
from prodgen_lib.course.shared_log import Attempt, SharedLog, read_shared
from prodgen_lib.course.text import plain
from prodgen_lib.plain.items import share

BREAK = 45.0
"""Minutes without a check after which someone was away, and not at work on the next exercise."""


@dataclass(frozen=True)
class Way:
    """One learner's way to one exercise: checks up to the first right one.

    ``minutes`` is None where it can't be told, since nothing was checked shortly before.
    """

    exercise: str
    tries: int
    solved: bool
    minutes: float | None
    hints: int | None

    @property
    def first_try(self) -> bool:
        return self.solved and self.tries == 1


@dataclass(frozen=True)
class Tried:
    """An exercise over all logs; medians are of those who solved it."""

    exercise: str
    learners: int
    first_try: tuple[float, float, float]
    tries: float | None
    minutes: float | None
    timed: int
    stated: int | None


@dataclass(frozen=True)
class Hints:
    """The check after a wrong one: how many were right, with a hint taken between, and without."""

    right_with: int
    with_hint: int
    right_without: int
    without: int


def read_logs(place: Path) -> tuple[dict[str, SharedLog], list[str]]:
    """Each log below a folder (or the one file) by its path; sentences on files that are none."""
    if not place.exists():
        raise CourseError(f"{place} does not exist; expected a folder of shared logs.")
    paths = sorted(place.rglob("*.json")) if place.is_dir() else [place]
    found, told = {}, []
    for path in paths:
        if path.is_symlink():
            continue
        name = path.relative_to(place).as_posix() if place.is_dir() else path.name
        try:
            found[name] = read_shared(path)
        except (CourseError, OSError) as error:
            told.append(plain(f"{name} is not taken: {error}", 200))
    return found, told


def ways(log: SharedLog) -> dict[str, Way]:
    """How one learner came to each exercise, in whichever framework they checked it first.

    Minutes are from the check before, of whatever exercise: they hold the reading between the two.
    """
    tries: dict[str, list[Attempt]] = defaultdict(list)
    spent: dict[str, float] = defaultdict(float)
    unknown: set[str] = set()
    before: float | None = None
    for one in sorted(log.attempts, key=lambda attempt: attempt.minute):
        mine = tries[one.exercise]
        if not any(other.correct for other in mine):
            gap = None if before is None else one.minute - before
            if gap is not None and gap <= BREAK:
                spent[one.exercise] += gap
            elif not mine:
                unknown.add(one.exercise)
            mine.append(one)
        before = one.minute
    return {
        name: Way(
            name,
            len(mine),
            mine[-1].correct,
            None if name in unknown else spent[name],
            next((one.hints for one in reversed(mine) if one.hints is not None), None),
        )
        for name, mine in tries.items()
    }


def tried(logs: Iterable[SharedLog], order: Iterable[str] = ()) -> list[Tried]:
    """Each exercise that the course knows and someone tried; those of ``order`` first."""
    held: dict[str, list[Way]] = {name: [] for name in order}
    for log in logs:
        for name, way in ways(log).items():
            held.setdefault(name, []).append(way)
    return [_tried(name, found) for name, found in held.items() if found and _exists(name)]


def _tried(name: str, found: list[Way]) -> Tried:
    solved = [way for way in found if way.solved]
    timed = [way.minutes for way in solved if way.minutes is not None]
    return Tried(
        name,
        len(found),
        share(sum(way.first_try for way in found), len(found)),
        median(way.tries for way in solved) if solved else None,
        median(timed) if timed else None,
        len(timed),
        stated(name),
    )


def stated(exercise: str) -> int | None:
    """The minutes that the course says an exercise takes."""
    try:
        return find_exercise(exercise).minutes
    except ValueError:
        return None


def _exists(exercise: str) -> bool:
    return stated(exercise) is not None


def hints(logs: Iterable[SharedLog]) -> Hints:
    """What follows a wrong answer, over all logs in which hints were noted."""
    counts = [0, 0, 0, 0]
    for log in logs:
        last: dict[tuple[str, str], Attempt] = {}
        for one in sorted(log.attempts, key=lambda attempt: attempt.minute):
            before = last.get(place := (one.exercise, one.framework))
            last[place] = one
            if before is None or before.correct or None in (one.hints, before.hints):
                continue
            column = 0 if one.hints > before.hints else 2
            counts[column] += one.correct
            counts[column + 1] += 1
    return Hints(*counts)


def whose(logs: Mapping[str, SharedLog], students: Mapping[str, str]) -> dict[str, SharedLog]:
    """Logs by student's key, where the name of the file, or of its folder, is a student's.

    ``students`` gives each key's name. What lies under no student's name counts in sums only.
    """
    known = {text.casefold(): key for key, name in students.items() for text in (name, key)}
    found = {}
    for path, log in logs.items():
        parts = [Path(path).stem, *Path(path).parts[:-1]]
        key = next((known[p.casefold()] for p in parts if p.casefold() in known), None)
        if key is not None:
            found[key] = log
    return found
