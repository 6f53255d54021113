"""``prodgen grade``: from a folder of submissions to marks, reports and tables in another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from prodgen_lib.classroom import journal
from prodgen_lib.classroom.collect import Found, collect
from prodgen_lib.classroom.journal import Entry
from prodgen_lib.classroom.marks import lateness
from prodgen_lib.classroom.publish import publish
from prodgen_lib.classroom.read import Unreadable
from prodgen_lib.classroom.release import Pristine
from prodgen_lib.classroom.resolve import Task, nothing, tasks
from prodgen_lib.classroom.settings import Settings
from prodgen_lib.classroom.submission import Graded
from prodgen_lib.course.project import CourseError

# Grades tasks, in any order; the second argument names the one exercise to grade, or None for all.
Grader = Callable[[list[Task], str | None], Iterable[Graded]]
LOST = "The engine gave no result: run the same command again."


@dataclass(frozen=True)
class Order:
    """What an instructor asks for: grade ``submissions`` made from ``known`` into ``out``."""

    submissions: Path
    out: Path
    known: list[Pristine]
    settings: Settings
    only: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it: how many were graded now and before, and who needs to be looked at."""

    graded: int
    before: int
    unread: dict[str, str]
    written: list[Path]


def grade_class(order: Order, grader: Grader) -> Outcome:
    """Grade what is not graded yet and write every table and page anew from the log.

    A file of an earlier run that changes is kept in ``backups/``.
    """
    found = collect(order.submissions)
    _need_exercise(order)
    seed, log = order.settings.seed, order.out / "log.jsonl"
    done = journal.read(log)
    late = {one.student.key: lateness(one, order.settings.due) for one in found}
    unread: dict[str, str] = {}
    todo: list[tuple[Task, str | None]] = []
    before = 0
    for one in found:
        try:
            mine = tasks(one, order.known, late[one.student.key][0])
        except Unreadable as error:
            unread[one.student.key] = str(error)
            _log_unread(log, order, one, str(error), seed, done)
            continue
        for task in mine:
            wanted, only = _wanted(task, done, seed, order.only)
            before += not wanted
            todo += [(task, only)] * wanted
    lost = {(task.student.key, task.pristine.chapter) for task, _ in todo}
    for entry in _graded(todo, grader, seed):
        old = done.get(entry.place)
        if old and old.print == entry.print:
            entry = journal.merged(old, entry, _exercises(order, entry))
        journal.add(log, entry)
        done[entry.place] = entry
        lost.discard(entry.place)
    unread |= {key: LOST for key, _ in lost}
    entries = [_with_lateness(entry, late) for entry in journal.read(log).values()]
    written = publish(order.out, entries, order.settings.policy, seed)
    return Outcome(len(todo), before, unread, written)


def _need_exercise(order: Order) -> None:
    known = [name for one in order.known for name in one.exercises]
    if order.only and order.only not in known:
        listed = ", ".join(dict.fromkeys(known))
        raise CourseError(f"There is no exercise {order.only!r} to grade; there are: {listed}.")


def _exercises(order: Order, entry: Entry) -> list[str]:
    """The exercises that an entry may have marks for, in the order of its chapter."""
    mine = [one.exercises for one in order.known if one.chapter == entry.graded.chapter]
    return list(dict.fromkeys(name for names in mine for name in names))


def _wanted(task: Task, done: dict, seed: int, only: str | None) -> tuple[bool, str | None]:
    """Whether a task is to be graded, and whether all of it (None) or one exercise."""
    if only and only not in task.pristine.exercises:
        return False, None
    old = done.get((task.student.key, task.pristine.chapter))
    if old is None or old.print != task.fingerprint(seed):
        return True, only if old is None else None
    if only:
        return True, only
    have = {mark.exercise for mark in old.graded.marks}
    return not have >= set(task.pristine.exercises), None


def _log_unread(log: Path, order: Order, one: Found, sentence: str, seed: int, done: dict) -> None:
    graded = nothing(one, order.known, sentence, seed)
    entry = Entry("", one.student, 0.0, graded)
    old = done.get(entry.place)
    if old is None or old.graded != graded:
        journal.add(log, entry)


def _graded(todo: list[tuple[Task, str | None]], grader: Grader, seed: int) -> Iterator[Entry]:
    """Each graded task as it comes, with what was noted when it was read."""
    with tqdm(total=len(todo), unit="notebook", disable=None, leave=False) as bar:
        for only in dict.fromkeys(only for _, only in todo):
            mine = [task for task, which in todo if which == only]
            by_place = {(t.student.key, t.pristine.chapter): t for t in mine}
            for graded in grader(mine, only):
                task = by_place[graded.student, graded.chapter]
                graded = replace(graded, notes=tuple(dict.fromkeys((*task.notes, *graded.notes))))
                bar.update()
                yield Entry(
                    task.fingerprint(seed), task.student, task.submission.late_hours, graded
                )


def _with_lateness(entry: Entry, late: dict[str, tuple[float, str]]) -> Entry:
    """The entry with lateness as it is now: ``--due`` may have changed since it was graded."""
    hours, sentence = late.get(entry.student.key, (entry.late_hours, ""))
    notes = (*entry.graded.notes, sentence) if sentence else entry.graded.notes
    return replace(entry, late_hours=hours, graded=replace(entry.graded, notes=notes))
