"""``prodgen grade``: from a folder of submissions to marks, reports and tables in another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tqdm import tqdm

from prodgen_lib.classroom.intake.collect import Found, sorted_out
from prodgen_lib.classroom.intake.resolve import Task, nothing, tasks
from prodgen_lib.classroom.intake.submission import Graded
from prodgen_lib.classroom.marks import journal
from prodgen_lib.classroom.marks.journal import Entry
from prodgen_lib.classroom.marks.marks import lateness
from prodgen_lib.classroom.marks.publish import publish
from prodgen_lib.classroom.marks.settings import Settings
from prodgen_lib.classroom.release import Pristine
from prodgen_lib.classroom.variants import Handed, Variants, copied, shown
from prodgen_lib.course.project import CourseError
from prodgen_lib.course.salvage import Unreadable

# Grades tasks, in any order; the second argument names the one exercise to grade, or None for all.
Grader = Callable[[list[Task], str | None], Iterable[Graded]]
Late = dict[str, tuple[float, str]]  # by student: hours, and a sentence where they are a guess
LOST = "The engine gave no result: run the same command again."


@dataclass(frozen=True)
class Order:
    """What an instructor asks for: grade ``submissions`` made from ``known`` into ``out``.

    ``variants`` says which variants of a notebook were handed out.
    """

    submissions: Path
    out: Path
    known: list[Pristine]
    settings: Settings
    only: str | None = None
    variants: Callable[[Pristine], Variants] | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it: how many were graded now and before, and who needs to be looked at."""

    graded: int
    before: int
    unread: dict[str, str]
    written: list[Path]
    warnings: list[str]


def grade_class(order: Order, grader: Grader) -> Outcome:
    """Grade what is not graded yet and write every table and page anew from the log.

    A file of an earlier run that changes is kept in ``backups/``.
    """
    _need_exercise(order)
    found, loose = sorted_out(order.submissions)
    late = {one.student.key: lateness(one, order.settings.due) for one in found}
    log = order.out / "log.jsonl"
    with journal.held(order.out):
        plan = _plan(order, found, late, log)
        _grade(order, plan, grader, log)
        entries = [_with_lateness(entry, late) for entry in journal.read(log).values()]
        written, warnings = publish(order.out, entries, order.settings.policy, order.settings.seed)
    warnings += [one.sentence for one in copied(plan.handed)]
    if loose:
        warnings.append(f"Not taken, since they are no student's: {', '.join(loose)}.")
    return Outcome(len(plan.todo), plan.before, plan.unread, written, warnings)


@dataclass
class _Plan:
    """Tasks, each with the one exercise to grade or None for all; and what needs no grading."""

    done: dict[tuple[str, str], Entry]
    todo: list[tuple[Task, str | None]] = field(default_factory=list)
    before: int = 0
    unread: dict[str, str] = field(default_factory=dict)
    handed: list[Handed] = field(default_factory=list)


def _plan(order: Order, found: list[Found], late: Late, log: Path) -> _Plan:
    plan = _Plan(journal.read(log))
    seed = order.settings.seed
    for one in found:
        try:
            mine = tasks(one, order.known, late[one.student.key][0])
        except Unreadable as error:
            plan.unread[one.student.key] = str(error)
            graded = nothing(one, order.known, str(error), seed)
            _log_if_new(log, Entry("", one.student, 0.0, graded), plan.done)
            continue
        for task in mine:
            if order.variants and (given := order.variants(task.pristine)):
                plan.handed.append((task.student, shown(task.data()), given))
            wanted, only = _wanted(task, plan.done, seed, order.only)
            if wanted:
                plan.todo.append((task, only))
            elif old := plan.done.get(task.place):
                plan.before += 1
                _log_if_new(log, _noted(old, task), plan.done)
    return plan


def _grade(order: Order, plan: _Plan, grader: Grader, log: Path) -> None:
    """Grade what is to be graded; each entry is in the log before the next one is asked for."""
    lost = {task.place for task, _ in plan.todo}
    for entry in _graded(plan.todo, grader, order.settings.seed):
        old = plan.done.get(entry.place)
        if old and old.print == entry.print:
            entry = journal.merged(old, entry, _exercises(order, entry))
        journal.add(log, entry)
        lost.discard(entry.place)
    plan.unread |= {student: LOST for student, _ in lost}


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
    old = done.get(task.place)
    if old is None or old.print != task.fingerprint(seed):
        return True, only if old is None else None
    if only:
        return True, only
    have = {mark.exercise for mark in old.graded.marks}
    return not have >= set(task.pristine.exercises), None


def _log_if_new(log: Path, entry: Entry, done: dict) -> None:
    if done.get(entry.place) != entry:
        journal.add(log, entry)


def _noted(entry: Entry, task: Task) -> Entry:
    """The entry with what is to be said about its files by now."""
    notes = tuple(dict.fromkeys((*task.notes, *entry.graded.notes)))
    return replace(entry, graded=replace(entry.graded, notes=notes))


def _graded(todo: list[tuple[Task, str | None]], grader: Grader, seed: int) -> Iterator[Entry]:
    """Each graded task as it comes, with what was noted when it was read."""
    with tqdm(total=len(todo), unit="notebook", disable=None, leave=False) as bar:
        for only in dict.fromkeys(only for _, only in todo):
            mine = [task for task, which in todo if which == only]
            by_place = {task.place: task for task in mine}
            for graded in grader(mine, only):
                task = by_place[graded.student, graded.chapter]
                graded = replace(graded, notes=tuple(dict.fromkeys((*task.notes, *graded.notes))))
                bar.update()
                yield Entry(
                    task.fingerprint(seed), task.student, task.submission.late_hours, graded
                )


def _with_lateness(entry: Entry, late: Late) -> Entry:
    """The entry with lateness as it is now: ``--due`` may have changed since it was graded."""
    hours, sentence = late.get(entry.student.key, (entry.late_hours, ""))
    notes = (*entry.graded.notes, sentence) if sentence else entry.graded.notes
    return replace(entry, late_hours=hours, graded=replace(entry.graded, notes=notes))
