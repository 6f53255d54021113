"""Exercises that come back: each has an FSRS card of its own, rated by what `check` saw.

Nothing but the record is kept. An exercise's state follows from it: first from the attempts up to
the first right one, wherever they were made; then from *sittings*, each a notebook with an empty
cell and other inputs that the candidate asked for. Running a chapter again counts nothing.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import fsrs

from prodgen_lib.checking import progress
from prodgen_lib.checking import verbs as chapter_verbs
from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.course.drill import write_drill
from prodgen_lib.course.project import CourseError
from prodgen_lib.interview.deadline import USUAL
from prodgen_lib.interview.history import History

SEED = 10_000  # and the drill's number: inputs that no chapter has


@dataclass(frozen=True)
class Try:
    """One check: when, whether it was right, and how many hints had been shown before it."""

    time: datetime
    correct: bool
    hints: int = 0


def rating(tries: Sequence[Try]) -> fsrs.Rating:
    """Good at the first try, hard after a hint or a fault, again where it was never right."""
    if tries[0].correct and not tries[0].hints:
        return fsrs.Rating.Good
    return fsrs.Rating.Hard if any(one.correct for one in tries) else fsrs.Rating.Again


@dataclass(frozen=True)
class Comeback:
    """How an exercise stands: FSRS's card, and how and when its last sitting ended."""

    exercise: str
    card: fsrs.Card
    failed: bool
    last: datetime


def engine(retention: float = USUAL) -> fsrs.Scheduler:
    """FSRS in whole days: an exercise comes back on another day, without steps of minutes."""
    return fsrs.Scheduler(
        desired_retention=retention, learning_steps=(), relearning_steps=(), enable_fuzzing=False
    )


def comebacks(
    attempts: Iterable[dict],
    sittings: Iterable[tuple[str, Sequence[Try]]],
    retention: float = USUAL,
) -> dict[str, Comeback]:
    """Each exercise that was tried, as the record tells it.

    `attempts` are those of `prodgen_lib.checking.progress`; `sittings` give exercise and checks,
    oldest first.
    """
    told: dict[str, list[Sequence[Try]]] = defaultdict(list)
    for name, tries in first_sittings(attempts).items():
        told[name].append(tries)
    for name, tries in sittings:
        first = told[name][0] if told[name] else ()
        if not tries:
            continue
        if not first or tries[0].time > first[-1].time:
            told[name].append(tries)
        elif tries[0].time == first[0].time:  # the same checks, and here their hints are known
            told[name][0] = tries
    found, scheduler = {}, engine(retention)
    for name, each in told.items():
        card = fsrs.Card(card_id=0, due=each[0][0].time)
        for tries in each:
            given, when = rating(tries), tries[-1].time
            card, _ = scheduler.review_card(card, given, when)
        found[name] = Comeback(name, card, given == fsrs.Rating.Again, when)
    return found


def first_sittings(attempts: Iterable[dict]) -> dict[str, list[Try]]:
    """The checks of each exercise up to its first right one, in either framework."""
    found: dict[str, list[Try]] = defaultdict(list)
    for one in attempts:
        tries = found[one["exercise"]]
        if not any(other.correct for other in tries) and (when := _moment(one.get("time"))):
            tries.append(Try(when, bool(one["correct"]), int(one.get("hints") or 0)))
    return {name: tries for name, tries in found.items() if tries}


def _moment(time: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(time)).astimezone(UTC)
    except ValueError:
        return None


def due_again(
    found: dict[str, Comeback],
    now: datetime,
    *,
    weak: Sequence[str] = (),
    mistaken: Iterable[str] = (),
) -> list[str]:
    """The exercises that come back today: never on the day of a sitting, unless that failed.

    First those with a mistake that `check` knew (`mistaken`), then weak chapters, then what is
    known least.
    """
    zone, mistaken = now.tzinfo, set(mistaken)
    waiting = [
        one
        for one in found.values()
        if one.failed
        or (
            one.last.astimezone(zone).date() < now.date()
            and one.card.due.astimezone(zone).date() <= now.date()
        )
    ]
    place = {subject: number for number, subject in enumerate(weak)}

    def order(one: Comeback) -> tuple:
        topic, recall = one.exercise.partition(".")[0], engine().get_card_retrievability
        known = recall(one.card, now.astimezone(UTC))
        return one.exercise not in mistaken, place.get(topic, len(place)), known, one.exercise

    return [one.exercise for one in sorted(waiting, key=order) if _exists(one.exercise)]


def mistaken_exercises(attempts: Iterable[dict]) -> list[str]:
    """Exercises whose last attempt in a framework was a known wrong answer."""
    last = {(one["exercise"], one["framework"]): one for one in attempts}
    return [name for (name, _), one in last.items() if not one["correct"] and one.get("wrong")]


def _exists(exercise: str) -> bool:
    try:
        find_exercise(exercise)
    except ValueError:
        return False
    return True


def sittings(history: History) -> list[tuple[str, list[Try]]]:
    """Each sitting that was drawn, oldest first, with its checks up to the first right one."""
    rows = history.rows("SELECT drill, time, correct, hints FROM tries ORDER BY number")
    tries: dict[int, list[Try]] = defaultdict(list)
    for drill, time, correct, hints in rows:
        if not any(one.correct for one in tries[drill]):
            tries[drill].append(Try(_moment(time), bool(correct), hints))
    drills = history.rows("SELECT number, exercise FROM drills ORDER BY number")
    return [(exercise, tries[number]) for number, exercise in drills]


def draw(history: History, exercise: str, framework: str, folder: Path, now: datetime) -> Path:
    """A new notebook with the exercise, in whose check the sitting is noted.

    One that was drawn before, and in which nothing was checked yet, is the same sitting: it is
    left as it is, and named again.
    """
    open_ones = history.rows(
        "SELECT file FROM drills WHERE exercise = ? AND framework = ? "
        "AND number NOT IN (SELECT drill FROM tries) ORDER BY number DESC",
        exercise,
        framework,
    )
    for (file,) in open_ones:
        if Path(file).exists():
            return Path(file)
    with history.change() as connection:
        values = (now.astimezone(UTC).isoformat(), exercise, framework, "")
        number = connection.execute(
            "INSERT INTO drills (time, exercise, framework, file) VALUES (?,?,?,?)", values
        ).lastrowid
        lines = (
            "from prodgen_lib.interview.again import sitting\n\n"
            f'check, hint = sitting({number}, "{framework}")'
        )
        path = write_drill(exercise, framework, folder, verbs=lines).absolute()
        connection.execute("UPDATE drills SET file = ? WHERE number = ?", (str(path), number))
    return path


def sitting(drill: int, framework: str) -> tuple[Callable, Callable]:
    """``check`` and ``hint`` of a notebook that was drawn: as in a chapter, but on other inputs,
    and what they see is noted with the drill.
    """
    before = dict(chapter_verbs._hints_given)

    def check(exercise_id: str, answer: Callable) -> Callable:
        """Check ``answer`` and note the attempt, if it is one."""
        recorded = len(progress.attempts())
        try:
            with _other_inputs(SEED + drill):
                return chapter_verbs.check(exercise_id, answer, framework=framework)
        finally:
            hints = chapter_verbs._hints_given[exercise_id] - before.get(exercise_id, 0)
            for one in progress.attempts()[recorded:]:
                if one["exercise"] == exercise_id:
                    _note(drill, one, hints)

    return check, chapter_verbs.hint


@contextmanager
def _other_inputs(seed: int) -> Iterator[None]:
    """Checks draw their inputs from this seed, unless another is set."""
    chosen = os.environ.get("PRODGEN_SEED")
    os.environ["PRODGEN_SEED"] = chosen or str(seed)
    try:
        yield
    finally:
        if chosen is None:
            del os.environ["PRODGEN_SEED"]


def _note(drill: int, attempt: dict, hints: int) -> None:
    """A history that can't be written is no reason to lose the check, but it is told."""
    try:
        with History().change() as connection:
            connection.execute(
                "INSERT INTO tries (drill, time, correct, hints) VALUES (?,?,?,?)",
                (drill, attempt["time"], int(attempt["correct"]), hints),
            )
    except (CourseError, OSError) as error:
        print(f"Not noted in your history: {error}")
