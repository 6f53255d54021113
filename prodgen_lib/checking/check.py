"""Run an answer, then judge what was seen.

Two halves that share no state: ``run`` calls the answer and brings back plain numeric arrays;
``judge`` is numpy only and never calls the answer. A verdict is therefore never computed by code
that an answer could have changed.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong

STAGES = ("it runs", "the case worked by hand", "values", "invariants", "gradients", "rules")


@dataclass(frozen=True)
class Failure:
    """An exception that an answer raised, as text."""

    type: str
    message: str
    line: int | None = None

    @property
    def unanswered(self) -> bool:
        return self.type == "NotImplementedError" and not self.message

    def __str__(self) -> str:
        if self.type == Complaint.__name__:
            return self.message
        where = f" (line {self.line} of the answer)" if self.line else ""
        return f"It stops with {self.type}: {self.message}{where}"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check: stages passed, of how many, and the sentence to act on."""

    exercise: str
    passed: int
    stages: int
    message: str = ""
    wrong: str | None = None
    numbers: tuple[float, ...] = ()

    @property
    def correct(self) -> bool:
        return self.passed == self.stages


Seen = list[Observation | Failure]


def make_cases(exercise: Exercise, seed: int | None = None) -> list[Case]:
    """The cases of an exercise; every answer gets fresh copies of the same inputs."""
    return exercise.cases(np.random.default_rng(exercise.seed if seed is None else seed))


def run(
    exercise: Exercise, answer: Callable, framework: Framework, seed: int | None = None
) -> Seen:
    """Run ``answer`` on every case; an exception ends the run and becomes a ``Failure``."""
    return list(_observations(exercise, answer, framework, seed))


def _observations(
    exercise: Exercise, answer: Callable, framework: Framework, seed: int | None
) -> Iterator[Observation | Failure]:
    for case in make_cases(exercise, seed):
        try:
            observed = exercise.observe(answer, case, framework)
            yield {name: np.asarray(value) for name, value in observed.items()}
        except (Exception, SystemExit) as error:
            yield _failure(error, answer)
            return


def _failure(error: BaseException, answer: Callable) -> Failure:
    code = getattr(inspect.unwrap(answer), "__code__", None) if callable(answer) else None
    lines = [
        frame.lineno - code.co_firstlineno + 1
        for frame in traceback.extract_tb(error.__traceback__)
        if code and frame.filename == code.co_filename and frame.name == code.co_name
    ]
    message = " ".join(str(error).split())
    message = message if len(message) <= 200 else message[:199] + "…"
    return Failure(type(error).__name__, message, lines[-1] if lines else None)


def judge(
    exercise: Exercise,
    cases: list[Case],
    seen: Seen,
    reference: Seen,
    *,
    source: str | None = None,
    suspects: Iterable[tuple[Wrong, Iterable[Observation | Failure]]] = (),
) -> Verdict:
    """Compare what an answer did with what the answer key did, stage by stage.

    ``suspects`` are the known wrong answers with what *they* did. It is consumed only on failure,
    and each one's cases only up to the first that differs.
    """
    stages = [lambda: _it_runs(exercise, seen, reference)]
    if any(case.by_hand for case in cases):
        stages.append(lambda: _by_hand(exercise, cases, seen))
    for kind in ("value", "invariant", "gradient"):
        if any(_kind(name) == kind for observation in reference for name in observation):
            stages.append(lambda kind=kind: _compare(exercise, cases, seen, reference, kind))
    if exercise.forbidden:
        stages.append(lambda: _rules(exercise, source))
    for passed, stage in enumerate(stages):
        if problem := stage():
            if not (isinstance(seen[-1], Failure) and seen[-1].unanswered):
                for wrong, done in suspects:
                    if _same(exercise, seen, done):
                        return Verdict(exercise.id, passed, len(stages), wrong.message, wrong.name)
            return Verdict(exercise.id, passed, len(stages), problem)
    numbers = shown_numbers(reference)
    return Verdict(exercise.id, len(stages), len(stages), numbers=numbers)


def _kind(name: str) -> str:
    word = name.split(" ")[0]
    return word if word in ("gradient", "invariant") else "value"


def _it_runs(exercise: Exercise, seen: Seen, reference: Seen) -> str:
    if isinstance(seen[-1], Failure):
        if seen[-1].unanswered:
            return "Not answered yet: write the body in place of `raise NotImplementedError`."
        return str(seen[-1])
    for got, expected in zip(seen, reference, strict=True):
        for name, value in expected.items():
            if name not in got:
                return f"What the answer gives lacks this: {name}."
            if got[name].shape != value.shape:
                if name in exercise.messages:
                    return exercise.messages[name]
                shapes = f"got shape {got[name].shape}; expected {value.shape or 'one number'}"
                return f"Look at this: {name}, {shapes}."
            if got[name].dtype.kind != value.dtype.kind:
                return f"Look at this: {name}, got type {got[name].dtype}; expected {value.dtype}."
    return ""


def _by_hand(exercise: Exercise, cases: list[Case], seen: Seen) -> str:
    for case, got in zip(cases, seen, strict=True):
        for name, value in case.by_hand.items():
            if not _close(exercise, got[name], np.asarray(value)):
                return _difference(case, name, got[name], np.asarray(value), "worked by hand it is")
    return ""


def _compare(exercise: Exercise, cases: list[Case], seen: Seen, reference: Seen, kind: str) -> str:
    for case, got, expected in zip(cases, seen, reference, strict=True):
        for name, value in expected.items():
            if _kind(name) == kind and not _close(exercise, got[name], value):
                if name in exercise.messages:
                    return exercise.messages[name]
                return _difference(case, name, got[name], value, "expected")
    return ""


def _close(exercise: Exercise, got: np.ndarray, expected: np.ndarray) -> bool:
    if got.dtype.kind in "US" or got.shape != expected.shape:
        return got.shape == expected.shape and bool(np.all(got == expected))
    scale = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    tolerance = exercise.atol + exercise.rtol * scale
    return bool(np.allclose(got, expected, rtol=exercise.rtol, atol=tolerance, equal_nan=True))


def _difference(case: Case, name: str, got: np.ndarray, expected: np.ndarray, words: str) -> str:
    if got.shape != expected.shape:
        return f"On {case.name}, {name}: got shape {got.shape}; {words} {expected.shape}."
    if got.dtype.kind in "US":
        return f"On {case.name}, {name}: got {got}; {words} {expected}."
    if got.size == 1:
        return f"On {case.name}, {name}: got {got.item():.6g}; {words} {expected.item():.6g}."
    worst = np.unravel_index(np.argmax(np.abs(got - expected.astype(float))), got.shape)
    place = ", ".join(map(str, worst))
    return (
        f"On {case.name}, {name}, most different at [{place}]: "
        f"got {got[worst]:.6g}; {words} {expected[worst]:.6g}."
    )


def _same(exercise: Exercise, seen: Seen, other: Iterable[Observation | Failure]) -> bool:
    """Whether two runs did the same: the same numbers, and the same exception if any."""
    for got, expected in zip(seen, other, strict=False):
        if isinstance(got, Failure) or isinstance(expected, Failure):
            both = isinstance(got, Failure) and isinstance(expected, Failure)
            return both and (got.type, got.message) == (expected.type, expected.message)
        if got.keys() != expected.keys():
            return False
        if not all(_close(exercise, got[name], expected[name]) for name in expected):
            return False
    return True


def _rules(exercise: Exercise, source: str | None) -> str:
    if source is None:
        return ""
    used = {
        name
        for node in ast.walk(ast.parse(textwrap.dedent(source)))
        for name in (getattr(node, "attr", None), getattr(node, "id", None))
    }
    if broken := [name for name in exercise.forbidden if name in used]:
        return f"The numbers are right, but `{broken[0]}` does the exercise for you: do without it."
    return ""


def shown_numbers(reference: Seen, most: int = 3) -> tuple[float, ...]:
    """A few numbers of the last case, for the printed line: the reference's, so always the same."""
    values = [
        float(number)
        for name, value in reference[-1].items()
        if _kind(name) == "value" and value.dtype.kind == "f"
        for number in value.ravel()[:most]
    ]
    return tuple(values[:most])


def source_of(answer: Callable) -> str | None:
    """The text of a function written in a notebook or file; None where Python cannot tell."""
    try:
        return inspect.getsource(answer)
    except (OSError, TypeError):
        return None


@lru_cache(maxsize=256)
def _reference(exercise_id: str, framework: str, seed: int | None) -> Seen:
    from prodgen_lib.checking.exercise import find_exercise

    exercise = find_exercise(exercise_id)
    seen = run(exercise, exercise.solution(Framework(framework)), Framework(framework), seed)
    if isinstance(seen[-1], Failure):
        raise RuntimeError(f"The course's own answer to {exercise_id} failed. {seen[-1]}")
    return seen


def _suspects(exercise: Exercise, framework: Framework, seed: int | None):
    for wrong in exercise.known_wrong(framework.name):
        answer = exercise.wrong_answer(wrong, framework)
        yield wrong, _observations(exercise, answer, framework, seed)


def check_answer(
    exercise: Exercise, answer: Callable, framework: Framework, *, seed: int | None = None
) -> Verdict:
    """Run and judge an answer in this process, as a learner's notebook does."""
    if not callable(answer):
        kind = type(answer).__name__
        message = f"{exercise.name} is of type {kind}; expected a function."
        return Verdict(exercise.id, 0, 1, message)
    return judge(
        exercise,
        make_cases(exercise, seed),
        run(exercise, answer, framework, seed),
        _reference(exercise.id, framework.name, seed),
        source=source_of(answer),
        suspects=_suspects(exercise, framework, seed),
    )
