"""Grade a test that a learner wrote: each answer it is tried on lives in a sandbox of its own.

The order is drawn from the seed, and each answer meets a fresh fork: so a test can learn nothing
about an answer but by calling it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection
from dataclasses import replace

from nbformat import NotebookNode

from prodgen_lib.checking.check import Failure
from prodgen_lib.checking.statements import statements
from prodgen_lib.classroom.grading.graft import Graft, Program
from prodgen_lib.classroom.intake.submission import Graded, Mark, Submission
from prodgen_lib.classroom.sandbox.duet import converse
from prodgen_lib.classroom.sandbox.process import Ended, Server, ServerLost
from prodgen_lib.classroom.sandbox.sandbox import Sandbox
from prodgen_lib.classroom.sandbox.wire import BadResult, unpack
from prodgen_lib.course.grade_copy import has
from prodgen_lib.properties.chosen import NAME, Trial, find_trial
from prodgen_lib.properties.suspects import Suspect, imports, suspects
from prodgen_lib.properties.verdict import SECONDS, TOOK_TOO_LONG, Outcome, Report, done, report

NOT_ANSWERED = Failure("NotImplementedError", "")
ENDS_PYTHON = Failure("SystemExit", "it ends Python before it returns")
STOPPED = {124, 128 + 9, 128 + 24}  # by the clock, by the limit of its processor time


def grade_test(
    submission: Submission,
    pristine: NotebookNode,
    *,
    seed: int,
    sandbox: Sandbox,
    only: Collection[str] | None = None,
) -> Graded:
    """The one mark of a notebook that asks for a test."""
    about, start = pristine.metadata.prodgen, time.monotonic()
    trial = find_trial(about.chapter)
    marks: tuple[Mark, ...] = ()
    if not only or trial.id in only:
        found = _Trying(trial, pristine, seed, sandbox).report(submission.notebook)
        verdict, seconds = found.verdict, round(time.monotonic() - start, 3)
        marks = (
            Mark(
                exercise=trial.id,
                correct=verdict.correct,
                passed=verdict.passed,
                stages=verdict.stages,
                message=found.told.en,
                wrong=verdict.wrong,
                chinese=found.told.zh,
                answered=verdict.answered,
                seconds=seconds,
            ),
        )
    return Graded(
        student=submission.student,
        path=str(submission.path),
        chapter=about.chapter,
        framework=about.framework,
        version=about.version,
        seed=seed,
        marks=marks,
        notes=(),
    )


class _Trying:
    """One test under way."""

    def __init__(self, trial: Trial, pristine: NotebookNode, seed: int, sandbox: Sandbox):
        self.trial, self.pristine, self.seed = trial, pristine, seed
        self.framework = pristine.metadata.prodgen.framework
        limits = replace(sandbox.limits, wall=min(SECONDS, sandbox.limits.wall))
        self.sandbox = replace(sandbox, limits=replace(limits, cpu=limits.wall + 2))

    def report(self, notebook: NotebookNode) -> Report:
        exercise = self.trial.exercise
        tried = suspects(exercise, self.framework)
        graft = Graft(notebook, self.pristine, lambda _: "")
        found = graft.answer(self.trial.id)
        if found is None or found[1]:
            outcomes: dict[int, Outcome] = {0: NOT_ANSWERED}
        else:
            program = graft.program(self.trial.id, lambda _: False)
            outcomes = self._outcomes(program, tried)
        return report(self.trial.id, exercise.name, tried, outcomes)

    def _outcomes(self, program: Program, tried: list[Suspect]) -> dict[int, Outcome]:
        rest = list(range(1, len(tried)))
        random.Random(self.seed).shuffle(rest)
        outcomes: dict[int, Outcome] = {}
        for place in (0, *rest):
            outcomes[place] = _outcome(self._converse(program, tried[place]))
            if done(tried, outcomes):
                break
        return outcomes

    def _converse(self, program: Program, suspect: Suspect) -> Ended:
        both = {"framework": self.framework, "seed": self.seed % 2**32}
        test = {**both, "asked": "test", "program": program.cells, "name": NAME}
        exercise = self.trial.exercise
        named = {"topic": exercise.topic, "name": exercise.name}
        answer = {**both, **named, "asked": "answer", "source": suspect.source}
        for attempt in (1, 2):
            tester, teller = _servers.get(self.trial, self.pristine, self.sandbox)
            try:
                return converse(tester, teller, test, answer)
            except ServerLost:
                _servers.close()
                if attempt == 2:
                    raise
        raise AssertionError


def _outcome(ended: Ended) -> Outcome:
    """What came out of the sandbox; nothing that a test says of itself is more than it raising."""
    try:
        (seen,) = unpack(ended.results[0], 1)
    except (BadResult, IndexError, ValueError):
        return TOOK_TOO_LONG if ended.code in STOPPED else ENDS_PYTHON
    return seen if isinstance(seen, Failure) else None


class _Servers:
    """One for tests and one for answers, kept for the next submission; tests share theirs."""

    def __init__(self):
        self._kept: dict[bool, tuple[tuple, Server]] = {}

    def get(self, trial: Trial, pristine: NotebookNode, sandbox: Sandbox) -> tuple[Server, Server]:
        framework = pristine.metadata.prodgen.framework
        far = f"import prodgen_lib.classroom.sandbox.far_{framework}"
        topic, honest = trial.exercise.topic, imports(trial.exercise)[framework]
        beside = f"import prodgen_lib.properties.suspects, prodgen_lib.{framework}.{topic}"
        return (
            self._server(False, framework, [*_imports(pristine), far], sandbox),
            self._server(True, framework, [beside, far, *honest], sandbox),
        )

    def _server(self, answers: bool, framework: str, lines: list[str], sandbox: Sandbox) -> Server:
        name = (framework, tuple(lines), sandbox)
        if answers not in self._kept or self._kept[answers][0] != name:
            self._drop(answers)
            made = Server(framework, [], lines, sandbox, answers=answers)
            self._kept[answers] = name, made
        return self._kept[answers][1]

    def _drop(self, answers: bool) -> None:
        if answers in self._kept:
            self._kept.pop(answers)[1].close()

    def close(self) -> None:
        """End both."""
        for answers in (False, True):
            self._drop(answers)


_servers = _Servers()
close = _servers.close


def _imports(pristine: NotebookNode) -> list[str]:
    """What the course's set-up cell imports, without the verb, which grades nothing there."""
    cells = [c for c in pristine.cells if c.cell_type == "code" and not has(c, "exercise", "check")]
    found = [one.text for cell in cells for one in statements(cell.source) or () if one.imports]
    return [text for text in found if "prodgen_lib.properties" not in text]
