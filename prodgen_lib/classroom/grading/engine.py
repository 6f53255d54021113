"""Grade one submission: run it in a fork of a prepared interpreter, judge it outside of it.

All answers first run together in one fork, which is quick. What comes out right there counts. All
else (a wrong result, none, an answer that leans on one found wrong) runs again in a fork of its
own, whose result counts: so whatever one answer does costs no other a mark.
"""

from __future__ import annotations

import atexit
import re
import threading
import time
from collections.abc import Collection
from functools import lru_cache, partial

from nbformat import NotebookNode

from prodgen_lib.checking import names
from prodgen_lib.checking.check import Failure, Seen, Verdict
from prodgen_lib.checking.exercise import Framework, find_exercise
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import function_source
from prodgen_lib.checking.statements import statements
from prodgen_lib.classroom.grading import trials
from prodgen_lib.classroom.grading.graft import Graft, Program
from prodgen_lib.classroom.grading.key import NOT_ANSWERED, Key
from prodgen_lib.classroom.grading.sketch import MOST_SOURCE, sketch
from prodgen_lib.classroom.intake.submission import Graded, Mark, Submission
from prodgen_lib.classroom.sandbox.process import Ended, Server, ServerLost
from prodgen_lib.classroom.sandbox.sandbox import Limits, Sandbox
from prodgen_lib.classroom.sandbox.wire import BadResult, unpack
from prodgen_lib.course.grade_copy import has
from prodgen_lib.properties.chosen import is_trial

TIMED_OUT = 124
MOST_SERVERS = 2
TOO_LONG = Text(
    "It takes more than {} seconds: does a loop never end?",
    "运行超过 {} 秒：是不是有循环永远不结束？",
)
CRASHES = Text(
    "It crashes Python (signal {}): out of memory, perhaps.",
    "它让 Python 崩溃（信号 {}）：可能是内存不足。",
)
NOT_HERE = "only the notebook is graded; files and modules beside it are not here."
NOT_RUN = "it uses what a `!` or `%` line gives; no such line is run here."
ENDS_PYTHON = Text("It ends Python before it gives a result.", "它在给出结果之前就结束了 Python。")
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
    if is_trial(about.chapter):
        with _one_at_a_time:
            return trials.grade_test(submission, pristine, seed=seed, sandbox=sandbox, only=only)
    with _one_at_a_time:
        grading = _Grading(submission, pristine, seed, sandbox)
        wanted = [exercise for exercise in grading.graft.exercises if not only or exercise in only]
        grading.run_together(wanted)
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
        self.together: dict[str, tuple[Program, bytes]] = {}
        self.unexplained: dict[str, tuple[tuple[str, ...], str]] = {}
        self.share = 0.0  # of one exercise in the seconds of the run together

    def _key_source(self, exercise: str) -> str:
        topic, _, name = exercise.partition(".")
        return function_source(self.framework, topic, name)

    def is_right(self, exercise: str) -> bool:
        """Whether another answer may be called; one that is just being judged may not."""
        return exercise not in self.under_way and self.mark(exercise).correct

    def run_together(self, wanted: Collection[str]) -> None:
        """Run these, and what they call, in one fork: each as if all other answers were right."""
        programs: dict[str, Program] = {}
        waiting = list(wanted)
        while waiting:
            exercise = waiting.pop(0)
            if exercise not in programs and self._answered(exercise):
                others = partial(self._answered_beside, exercise)
                programs[exercise] = self.graft.program(exercise, others)
                waiting += sorted(programs[exercise].called)
        ended = self._run(programs)
        self.share = ended.seconds / max(1, len(programs))
        for exercise, result in zip(programs, ended.results, strict=False):
            self.together[exercise] = programs[exercise], result

    def _answered(self, exercise: str) -> bool:
        found = self.graft.answer(exercise)
        return found is not None and not found[1]

    def _answered_beside(self, exercise: str, other: str) -> bool:
        return other != exercise and self._answered(other)

    def _key(self, exercise: str) -> Key:
        return _key(exercise, self.framework, self.seed)

    def mark(self, exercise: str) -> Mark:
        if exercise not in self.marks:
            self.under_way.add(exercise)
            start = time.monotonic()
            verdict = self._verdict(exercise)
            self.under_way.discard(exercise)
            seen, answer = self.unexplained.get(exercise, ((), ""))
            explained = verdict.correct or verdict.wrong
            self.marks[exercise] = Mark(
                exercise=exercise,
                correct=verdict.correct,
                passed=verdict.passed,
                stages=verdict.stages,
                message=verdict.message,
                wrong=verdict.wrong,
                chinese=verdict.text.zh,
                answered=verdict.answered,
                seconds=round(time.monotonic() - start + self.share, 3),
                seen=() if explained else seen,
                answer="" if explained else answer,
            )
        return self.marks[exercise]

    def _verdict(self, exercise: str) -> Verdict:
        key = self._key(exercise)
        if not self._answered(exercise):
            return key.judge([NOT_ANSWERED], "")
        program = self.graft.program(exercise, self.is_right)
        if program.added:
            listed = ", ".join(f"`{name}`" for name in sorted(program.added))
            self.notes.append(f"{exercise} uses {listed}, defined in a cell of the student's own.")
        if verdict := self._verdict_together(key, program):
            return verdict
        verdict = self._verdict_alone(key, program)
        self._note_what_is_missing(exercise, program, verdict)
        if not verdict.correct and (shared := program.called & self._called_by_key(exercise)):
            other = self.graft.program(exercise, lambda e: e not in shared and self.is_right(e))
            again = self._verdict_alone(key, other)
            return again if again.correct else verdict
        return verdict

    def _note_what_is_missing(self, exercise: str, program: Program, verdict: Verdict) -> None:
        """Why an answer may fail here that is right where it was written."""
        if verdict.correct:
            return
        if re.search(r"(ModuleNotFound|FileNotFound)Error", verdict.message):
            self.notes.append(f"{exercise}: {NOT_HERE}")
        if any("get_ipython()" in text for _, text in program.cells):
            self.notes.append(f"{exercise}: {NOT_RUN}")

    def _verdict_together(self, key: Key, program: Program) -> Verdict | None:
        """That the answer was right beside the others; None where it has to run alone."""
        ran, result = self.together.get(key.exercise.id, (None, b""))
        if ran is None or ran.cells != program.cells:
            return None
        try:
            verdict = key.judge(unpack(result, len(key.cases)), program.source)
        except BadResult:
            return None
        return verdict if verdict.correct else None

    def _verdict_alone(self, key: Key, program: Program) -> Verdict:
        ended = self._run({key.exercise.id: program})
        seen = _seen(ended, len(key.cases), self.sandbox.limits)
        verdict = key.judge(seen, program.source)
        if verdict.answered and not (verdict.correct or verdict.wrong):
            self.unexplained[key.exercise.id] = _sketched(key, seen), program.source[:MOST_SOURCE]
        return verdict

    def _called_by_key(self, exercise: str) -> set[str]:
        """Exercises that the course's own answer calls, which may fail beside another's version."""
        used = names.used(self._key_source(exercise)) & self.graft.names.keys()
        return {self.graft.names[name] for name in used} - {exercise}

    def _run(self, programs: dict[str, Program]) -> Ended:
        requests = [
            {
                "program": program.cells,
                "name": exercise.partition(".")[2],
                "exercise": exercise,
                "framework": self.framework,
                "cases": self._key(exercise).inputs,
            }
            for exercise, program in programs.items()
        ]
        for attempt in (1, 2):
            server = _servers.get(self.pristine, self.framework, self.sandbox)
            try:
                return server.run(requests)
            except ServerLost:
                _servers.drop(server)
                if attempt == 2:
                    raise
        raise AssertionError


def _seen(ended: Ended, cases: int, limits: Limits) -> Seen:
    """What came out of the sandbox, or a failure that says why nothing did."""
    try:
        return unpack(ended.results[0], cases)
    except (BadResult, IndexError):
        told = _why(ended, limits)
        return [Failure("Complaint", told.en, None, told.zh)]


def _sketched(key: Key, seen: Seen) -> tuple[str, ...]:
    """What was observed; a result that can't even be looked at must not stop the class."""
    try:
        return sketch(key, seen)
    except Exception as error:
        return (f"can't be compared: {type(error).__name__}",)


def _why(ended: Ended, limits: Limits) -> Text:
    if ended.code == TIMED_OUT or ended.code == 128 + 9 or ended.code == 128 + 24:
        return TOO_LONG.format(limits.wall)
    return CRASHES.format(ended.code - 128) if ended.code > 128 else ENDS_PYTHON


@lru_cache(maxsize=256)
def _key(exercise: str, framework: str, seed: int) -> Key:
    return Key(find_exercise(exercise), Framework(framework), seed)


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
        self._running[name] = Server(framework, _exercises(pristine), _imports(pristine), sandbox)
        return self._running[name]

    def drop(self, server: Server) -> None:
        server.close()
        self._running = {n: one for n, one in self._running.items() if one is not server}

    def close(self) -> None:
        """End all of them."""
        for server in list(self._running.values()):
            self.drop(server)


_servers = _Servers()


def close() -> None:
    """End every server of this process."""
    _servers.close()
    trials.close()


atexit.register(close)


def _exercises(pristine: NotebookNode) -> list[str]:
    return [cell.metadata.exercise_id for cell in pristine.cells if has(cell, "exercise")]


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
            for one in statements(cell.source) or ():
                if one.imports & needed:
                    found.append(one.text)
    return found
