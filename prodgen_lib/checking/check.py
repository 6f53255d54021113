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
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import count, islice

import numpy as np

from prodgen_lib.checking.exercise import (
    Case,
    Complaint,
    Exercise,
    Framework,
    Observation,
    find_exercise,
)
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.page import Wrong
from prodgen_lib.checking.sentences import (
    AT_LINE,
    BY_HAND,
    DIFFERS,
    EXPECTED,
    FORBIDDEN,
    LACKS,
    LOOK_SHAPE,
    LOOK_TYPE,
    MOST_DIFFERENT,
    NO_FUNCTION,
    NOTHING,
    ONE_NUMBER,
    SHAPE_DIFFERS,
    STAGES,
    STOPS,
    UNANSWERED,
)


@dataclass(frozen=True)
class Failure:
    """An exception that an answer raised, as text; a complaint has its Chinese too."""

    type: str
    message: str
    line: int | None = None
    chinese: str = ""

    @property
    def unanswered(self) -> bool:
        return self.type == "NotImplementedError" and not self.message

    @property
    def text(self) -> Text:
        """What to tell the learner."""
        if self.type == Complaint.__name__:
            return Text(self.message, self.chinese or self.message)
        told = STOPS.format(self.type, self.message)
        where = AT_LINE.format(self.line) if self.line else NOTHING
        return Text(told.en + where.en, told.zh + where.zh)


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check: stages passed, of how many, and the sentence to act on.

    ``stage`` names the one that failed. ``answered`` is false where there is nothing to judge.
    """

    exercise: str
    passed: int
    stages: int
    text: Text = NOTHING
    wrong: str | None = None
    stage: Text = NOTHING
    answered: bool = True

    @property
    def message(self) -> str:
        """The sentence in English."""
        return self.text.en

    @property
    def correct(self) -> bool:
        return self.passed == self.stages


Seen = list[Observation | Failure]
_NO_WATCH = nullcontext()


def make_cases(exercise: Exercise, seed: int | None = None) -> list[Case]:
    """The cases of an exercise; every answer gets fresh copies of the same inputs."""
    return exercise.cases(np.random.default_rng(exercise.seed if seed is None else seed))


def run(
    exercise: Exercise, answer: Callable, framework: Framework, seed: int | None = None
) -> Seen:
    """Run ``answer`` on every case; an exception ends the run and becomes a ``Failure``."""
    return list(observations(exercise.observe, make_cases(exercise, seed), answer, framework))


def observations(
    observe: Callable, cases: Iterable[Case], answer: Callable, framework: Framework
) -> Iterator[Observation | Failure]:
    """What ``observe`` sees of an answer, case by case, up to the first exception."""
    for case in cases:
        try:
            observed = observe(answer, case, framework)
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
    chinese = error.text.zh if isinstance(error, Complaint) else ""
    return Failure(type(error).__name__, message, lines[-1] if lines else None, chinese)


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
    seen, reference = (list(concluded(exercise, cases, done)) for done in (seen, reference))
    stages = [("runs", lambda: _it_runs(exercise, seen, reference))]
    if any(case.by_hand for case in cases):
        stages.append(("by hand", lambda: _by_hand(exercise, cases, seen)))
    for kind in ("value", "invariant", "gradient"):
        if any(_kind(name) == kind for observation in reference for name in observation):
            stages.append(
                (kind, lambda kind=kind: _compare(exercise, cases, seen, reference, kind))
            )
    if exercise.forbidden:
        stages.append(("rules", lambda: _rules(exercise, source)))
    for passed, (stage, judged) in enumerate(stages):
        if problem := judged():
            verdict = Verdict(exercise.id, passed, len(stages), problem, stage=STAGES[stage])
            if isinstance(seen[-1], Failure) and seen[-1].unanswered:
                return replace(verdict, text=UNANSWERED, answered=False)
            for wrong, done in suspects:
                if same(exercise, seen, concluded(exercise, cases, done)):
                    return replace(verdict, text=wrong.message, wrong=wrong.name)
            return verdict
    return Verdict(exercise.id, len(stages), len(stages))


def concluded(
    exercise: Exercise, cases: list[Case], seen: Iterable[Observation | Failure]
) -> Iterator[Observation | Failure]:
    """What is compared, case by case; what can't be concluded from stays as it was seen."""
    for case, observed in zip(cases, seen, strict=False):
        try:
            failed = isinstance(observed, Failure)
            yield observed if failed else exercise.conclude(dict(observed), case)
        except Exception:
            yield observed


def _kind(name: str) -> str:
    word = name.split(" ")[0]
    return word if word in ("gradient", "invariant") else "value"


def _it_runs(exercise: Exercise, seen: Seen, reference: Seen) -> Text | None:
    if isinstance(seen[-1], Failure):
        return seen[-1].text
    for got, expected in zip(seen, reference, strict=True):
        for name, value in expected.items():
            if name not in got:
                return LACKS.format(name)
            if got[name].shape != value.shape:
                if name in exercise.messages:
                    return exercise.messages[name]
                wanted = Text(*2 * (str(value.shape),)) if value.shape else ONE_NUMBER
                return _filled(LOOK_SHAPE, name, got[name].shape, wanted)
            if got[name].dtype.kind != value.dtype.kind:
                return LOOK_TYPE.format(name, got[name].dtype, value.dtype)
    return None


def _filled(sentence: Text, *values: object, **named: object) -> Text:
    """A sentence with values filled in, each in its own language where it has two."""

    def of(language: str, value: object) -> object:
        return value.in_(language) if isinstance(value, Text) else value

    def fill(language: str) -> str:
        words = {name: of(language, value) for name, value in named.items()}
        return sentence.in_(language).format(*(of(language, value) for value in values), **words)

    return Text(fill("en"), fill("zh"))


def _by_hand(exercise: Exercise, cases: list[Case], seen: Seen) -> Text | None:
    for case, got in zip(cases, seen, strict=True):
        for name, value in case.by_hand.items():
            if not _close(exercise, got[name], np.asarray(value)):
                return _difference(case, name, got[name], np.asarray(value), BY_HAND)
    return None


def _compare(
    exercise: Exercise, cases: list[Case], seen: Seen, reference: Seen, kind: str
) -> Text | None:
    for case, got, expected in zip(cases, seen, reference, strict=True):
        for name, value in expected.items():
            if _kind(name) == kind and not _close(exercise, got[name], value):
                if name in exercise.messages:
                    return exercise.messages[name]
                return _difference(case, name, got[name], value, EXPECTED)
    return None


def _close(exercise: Exercise, got: np.ndarray, expected: np.ndarray) -> bool:
    if got.dtype.kind in "US" or got.shape != expected.shape:
        return got.shape == expected.shape and bool(np.all(got == expected))
    scale = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    tolerance = exercise.atol + exercise.rtol * scale
    return bool(np.allclose(got, expected, rtol=exercise.rtol, atol=tolerance, equal_nan=True))


def _difference(case: Case, name: str, got: np.ndarray, expected: np.ndarray, words: Text) -> Text:
    place = {"case": case.name, "name": name, "words": words}
    if got.shape != expected.shape:
        return _filled(SHAPE_DIFFERS, **place, got=got.shape, value=expected.shape)
    if got.dtype.kind in "US":
        return _filled(DIFFERS, **place, got=got, value=expected)
    if got.size == 1:
        numbers = {"got": f"{got.item():.6g}", "value": f"{expected.item():.6g}"}
        return _filled(DIFFERS, **place, **numbers)
    worst = np.unravel_index(np.argmax(np.abs(got - expected.astype(float))), got.shape)
    numbers = {"got": f"{got[worst]:.6g}", "value": f"{expected[worst]:.6g}"}
    return _filled(MOST_DIFFERENT, **place, place=", ".join(map(str, worst)), **numbers)


def same(exercise: Exercise, seen: Seen, other: Iterable[Observation | Failure]) -> bool:
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


def _rules(exercise: Exercise, source: str | None) -> Text | None:
    if source is None:
        return None
    used = {
        name
        for node in ast.walk(ast.parse(textwrap.dedent(source)))
        for name in (getattr(node, "attr", None), getattr(node, "id", None))
    }
    if broken := [name for name in exercise.forbidden if name in used]:
        return FORBIDDEN.format(broken[0])
    return None


def source_of(answer: Callable) -> str | None:
    """The text of a function written in a notebook or file; None where Python cannot tell."""
    try:
        return inspect.getsource(answer)
    except (OSError, TypeError):
        return None


class Key:
    """All there is to know about one exercise in one framework under one seed.

    Everything is computed when first asked for and then kept: inputs, what the answer key did, and
    what each known wrong answer did, case by case.
    """

    def __init__(self, exercise: Exercise, framework: Framework, seed: int | None = None):
        self.exercise, self.framework, self.seed = exercise, framework, seed

    @cached_property
    def cases(self) -> list[Case]:
        return make_cases(self.exercise, self.seed)

    @cached_property
    def reference(self) -> Seen:
        answer = self.exercise.solution(self.framework)
        seen = run(self.exercise, answer, self.framework, self.seed)
        if isinstance(seen[-1], Failure):
            name = self.exercise.id
            raise RuntimeError(f"The course's own answer to {name} failed. {seen[-1].text.en}")
        return seen

    @cached_property
    def _suspects(self) -> list[tuple[Wrong, _Replay]]:
        wrongs = self.exercise.known_wrong(self.framework.name)
        return [(wrong, _Replay(self, wrong)) for wrong in wrongs]

    def done_by(self, wrong: Wrong) -> Seen:
        """All that a known wrong answer of this exercise did."""
        return list({one.name: replay for one, replay in self._suspects}[wrong.name])

    def judge(self, seen: Seen, source: str | None) -> Verdict:
        """The verdict on what an answer did."""
        known = {"source": source, "suspects": self._suspects}
        return judge(self.exercise, self.cases, seen, self.reference, **known)


class _Replay:
    """What a known wrong answer does; each case is computed when first asked for, and kept."""

    def __init__(self, key: Key, wrong: Wrong):
        self._key, self._wrong = key, wrong
        self._seen: list[Observation | Failure] = []
        self._rest: Iterator[Observation | Failure] | None = None

    def __iter__(self) -> Iterator[Observation | Failure]:
        for place in count():
            if place == len(self._seen) and not self._step():
                return
            yield self._seen[place]

    def _step(self) -> bool:
        if self._rest is None:
            exercise, framework = self._key.exercise, self._key.framework
            answer = exercise.wrong_answer(self._wrong, framework)
            cases = deepcopy(self._key.cases)  # quicker than to make them anew
            self._rest = observations(exercise.observe, cases, answer, framework)
        found = list(islice(self._rest, 1))
        self._seen += found
        return bool(found)


@lru_cache(maxsize=256)
def key(exercise_id: str, framework: str, seed: int | None = None) -> Key:
    """What is known about an exercise, kept for the next answer to it."""
    return Key(find_exercise(exercise_id), Framework(framework), seed)


def check_answer(
    exercise: Exercise,
    answer: Callable,
    framework: Framework,
    *,
    seed: int | None = None,
    watch: AbstractContextManager = _NO_WATCH,
) -> Verdict:
    """Run and judge an answer in this process, as a learner's notebook does.

    ``watch`` is entered while the answer runs, and at no other time.
    """
    if not callable(answer):
        message = NO_FUNCTION.format(exercise.name, type(answer).__name__)
        return Verdict(exercise.id, 0, 1, message)
    seeds = () if seed is None else (seed,)  # as others ask for it, so that one is kept
    known = key(exercise.id, framework.name, *seeds)
    with watch:
        seen = run(exercise, answer, framework, seed)
    return known.judge(seen, source_of(answer))
