"""Grade one submission: each exercise in a fork of its own, judged outside of it."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Collection
from functools import lru_cache

from nbformat import NotebookNode

from prodgen_lib.classroom.graft import Graft, Program
from prodgen_lib.classroom.key import NOT_ANSWERED, Key
from prodgen_lib.classroom.process import Ended, Server, ServerLost
from prodgen_lib.classroom.sandbox import Limits, Sandbox
from prodgen_lib.classroom.statements import statements
from prodgen_lib.classroom.submission import Graded, Mark, Submission
from prodgen_lib.classroom.wire import BadResult, unpack
from prodgen_lib.course import names
from prodgen_lib.course.check import Failure, Seen, Verdict
from prodgen_lib.course.grade_copy import has
from prodgen_lib.course.source import function_source

TIMED_OUT = 124
MOST_SERVERS = 2
_one_at_a_time = threading.Lock()  # workers of a cluster may have several threads


def grade_submission(
    submission: Submission,
    pristine: NotebookNode,
    *,
    seed: int,
    sandbox: Sandbox,
    only: Collection[str] | None = None,
) -> Graded:
    """The marks of a submission for the exercises of ``pristine``, in their order.

    Inputs are drawn from ``seed``. ``only`` names exercises to report; others are run only where
    these need them. Servers are kept for the next submission of the same chapter.
    """
    about = pristine.metadata.prodgen
    with _one_at_a_time:
        grading = _Grading(submission, pristine, seed, sandbox)
        wanted = [exercise for exercise in grading.graft.exercises if not only or exercise in only]
        marks = tuple(grading.mark(exercise) for exercise in wanted)
    return Graded(
        student=submission.student,
        path=str(submission.path),
        chapter=about.chapter,
        framework=about.framework,
        version=about.version,
        seed=seed,
        marks=marks,
        notes=tuple(grading.notes),
    )


class _Grading:
    """One submission under way: verdicts so far, and what to tell."""

    def __init__(self, submission: Submission, pristine: NotebookNode, seed: int, sandbox: Sandbox):
        self.framework = pristine.metadata.prodgen.framework
        self.graft = Graft(submission.notebook, pristine, self._key_source)
        self.pristine, self.seed, self.sandbox = pristine, seed, sandbox
        self.marks: dict[str, Mark] = {}
        self.under_way: set[str] = set()
        self.notes: list[str] = []

    def _key_source(self, exercise: str) -> str:
        topic, _, name = exercise.partition(".")
        return function_source(self.framework, topic, name)

    def is_right(self, exercise: str) -> bool:
        """Whether another answer may be called; one that is just being judged may not."""
        return exercise not in self.under_way and self.mark(exercise).correct

    def mark(self, exercise: str) -> Mark:
        if exercise not in self.marks:
            self.under_way.add(exercise)
            start = time.monotonic()
            verdict = self._verdict(exercise)
            self.under_way.discard(exercise)
            self.marks[exercise] = Mark(
                exercise=exercise,
                correct=verdict.correct,
                passed=verdict.passed,
                stages=verdict.stages,
                message=verdict.message,
                wrong=verdict.wrong,
                seconds=round(time.monotonic() - start, 3),
            )
        return self.marks[exercise]

    def _verdict(self, exercise: str) -> Verdict:
        key = _key(exercise, self.framework, self.seed)
        found = self.graft.answer(exercise)
        if found is None or (found[1] and not key.exercise.review):
            return key.judge([NOT_ANSWERED], "")
        program = self.graft.program(exercise, self.is_right)
        if program.added:
            listed = ", ".join(f"`{name}`" for name in sorted(program.added))
            self.notes.append(f"{exercise} uses {listed}, defined in a cell of the student's own.")
        verdict = key.judge(self._run(key, program), program.source)
        if not verdict.correct and (shared := program.called & self._called_by_key(exercise)):
            alone = self.graft.program(exercise, lambda e: e not in shared and self.is_right(e))
            again = key.judge(self._run(key, alone), alone.source)
            return again if again.correct else verdict
        return verdict

    def _called_by_key(self, exercise: str) -> set[str]:
        """Exercises that the course's own answer calls, which may fail beside another's version."""
        used = names.used(self._key_source(exercise)) & self.graft.names.keys()
        return {self.graft.names[name] for name in used} - {exercise}

    def _run(self, key: Key, program: Program) -> Seen:
        request = {
            "program": program.cells,
            "name": key.exercise.name,
            "exercise": key.exercise.id,
            "framework": self.framework,
            "cases": key.inputs,
        }
        for attempt in (1, 2):
            server = _servers.get(self.pristine, self.framework, self.sandbox)
            try:
                return _seen(server.run(request), len(key.cases), self.sandbox.limits)
            except ServerLost:
                _servers.drop(server)
                if attempt == 2:
                    raise
        raise AssertionError


def _seen(ended: Ended, cases: int, limits: Limits) -> Seen:
    """What came out of the sandbox, or a failure that says why nothing did."""
    try:
        return unpack(ended.data, cases)
    except BadResult:
        return [Failure("Complaint", _why(ended, limits))]


def _why(ended: Ended, limits: Limits) -> str:
    if ended.code == TIMED_OUT or ended.code == 128 + 9 or ended.code == 128 + 24:
        return f"It takes more than {limits.wall} seconds: does a loop never end?"
    if ended.code > 128:
        return f"It crashes Python (signal {ended.code - 128}): out of memory, perhaps."
    return "It ends Python before it gives a result."


@lru_cache(maxsize=256)
def _key(exercise: str, framework: str, seed: int) -> Key:
    return Key(exercise, framework, seed)


class _Servers:
    """The servers of this process, few at a time, since each holds a framework in memory."""

    def __init__(self):
        self._running: dict[tuple, Server] = {}

    def get(self, pristine: NotebookNode, framework: str, sandbox: Sandbox) -> Server:
        about = pristine.metadata.prodgen
        name = (about.chapter, framework, about.get("text"), sandbox)
        if name in self._running:
            return self._running[name]
        while len(self._running) >= MOST_SERVERS:
            self.drop(next(iter(self._running.values())))
        self._running[name] = Server(framework, _topics(pristine), _imports(pristine), sandbox)
        return self._running[name]

    def drop(self, server: Server) -> None:
        server.close()
        self._running = {n: one for n, one in self._running.items() if one is not server}

    def close(self) -> None:
        """End all of them."""
        for server in list(self._running.values()):
            self.drop(server)


_servers = _Servers()
close = _servers.close
atexit.register(close)


def _topics(pristine: NotebookNode) -> list[str]:
    cells = (cell for cell in pristine.cells if has(cell, "exercise"))
    return sorted({cell.metadata.exercise_id.partition(".")[0] for cell in cells})


def _imports(pristine: NotebookNode) -> list[str]:
    """Import statements of the course's cells that the course's own answers and givens need."""
    needed = set()
    framework = pristine.metadata.prodgen.framework
    for cell in pristine.cells:
        if has(cell, "exercise"):
            topic, _, name = cell.metadata.exercise_id.partition(".")
            needed |= names.used(function_source(framework, topic, name))
        elif has(cell, "given"):
            needed |= names.used(cell.source)
    found = []
    for cell in pristine.cells:
        if cell.cell_type == "code" and not has(cell, "exercise", "check", "given"):
            lines = cell.source.splitlines()
            for one in statements(cell.source) or ():
                if one.imports & needed:
                    found.append("\n".join(lines[one.first - 1 : one.last]))
    return found
