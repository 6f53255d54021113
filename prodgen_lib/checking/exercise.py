"""What an exercise knows about itself.

The answer key is the library, so an exercise holds no solution. It holds the inputs that an answer
is run on, how to watch it run, and the ways in which people get it wrong. A known wrong answer is
an *edit of the answer key*: it is real code with real gradients in both frameworks, and it cannot
go stale in silence, because an edit that no longer matches raises.
"""

from __future__ import annotations

import importlib
import linecache
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from prodgen_lib.checking.source import PACKAGE, edited, function_source, module_path

Observation = dict[str, np.ndarray]
Edits = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Framework:
    """One of the two frameworks, imported when it is first needed."""

    name: str

    def module(self, topic: str) -> ModuleType:
        return importlib.import_module(
            f"prodgen_lib.{module_path(self.name, topic).parent.name}.{topic}"
        )

    @property
    def bridge(self) -> ModuleType:
        return self.module("bridge")


@dataclass(frozen=True)
class Case:
    """One set of numpy inputs. ``by_hand`` holds results worked out in the text, by name."""

    name: str
    inputs: dict[str, Any]
    by_hand: dict[str, Any] = field(default_factory=dict)


class Complaint(Exception):
    """Raised by ``observe``: what an answer gave can't be looked at. Its text is the sentence."""


@dataclass(frozen=True)
class Wrong:
    """A known wrong answer: edits of the answer key, and what to tell whoever gives it.

    No edits for a framework means that nobody can go wrong in this way there. In a review, the
    candidate has those faults that are `planted`.
    """

    name: str
    message: str
    torch: Edits
    tensorflow: Edits
    planted: bool = True

    @classmethod
    def both(cls, name: str, message: str, *edits: tuple[str, str]) -> Wrong:
        """The same edits in both frameworks, where the lines read the same."""
        return cls(name, message, torch=edits, tensorflow=edits)

    def edits(self, framework: str) -> Edits:
        return self.torch if framework == "torch" else self.tensorflow


@dataclass(frozen=True)
class Exercise:
    """One function of the answer key, as something to write and to check.

    ``observe(answer, case, framework)`` runs an answer on one case and returns named arrays. Names
    that begin with ``gradient`` are judged as gradients, ``invariant`` as invariants, all others
    as values. ``messages`` gives the sentence for an observation that differs, by its name.
    A ``review`` starts from a candidate's flawed answer: all its planted faults at once.
    """

    id: str
    difficulty: int
    importance: int
    minutes: int
    cases: Callable[[np.random.Generator], list[Case]]
    observe: Callable[[Callable, Case, Framework], Observation]
    hints: tuple[str, str, str]
    wrong: tuple[Wrong, ...]
    forbidden: tuple[str, ...] = ()
    messages: dict[str, str] = field(default_factory=dict)
    rtol: float = 1e-4
    atol: float = 1e-6
    tolerance_reason: str = "float32 sums in another order"
    seed: int = 0
    review: bool = False

    @property
    def topic(self) -> str:
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        return self.id.partition(".")[2]

    def known_wrong(self, framework: str) -> list[Wrong]:
        """The known wrong answers that exist in this framework."""
        return [wrong for wrong in self.wrong if wrong.edits(framework)]

    def source(self, framework: str) -> str:
        return function_source(framework, self.topic, self.name)

    def solution(self, framework: Framework) -> Callable:
        return getattr(framework.module(self.topic), self.name)

    def wrong_answer(self, wrong: Wrong, framework: Framework) -> Callable:
        """The answer key with this fault, as a function that runs."""
        source = edited(self.source(framework.name), wrong.edits(framework.name))
        return self.compile(source, framework, wrong.name)

    def compile(self, source: str, framework: Framework, label: str) -> Callable:
        """A function from source text, among the other functions of its module."""
        filename = f"<{framework.name} {self.id} {label}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        namespace = dict(vars(framework.module(self.topic)))
        exec(compile(source, filename, "exec"), namespace)
        return namespace[self.name]

    def candidate(self, framework: str, source: str) -> str | None:
        """The flawed answer that a review starts from; None when this is no review."""
        if not self.review:
            return None
        for wrong in (wrong for wrong in self.wrong if wrong.planted):
            source = edited(source, wrong.edits(framework))
        return source


def topics() -> list[str]:
    """The modules of the answer key that have exercises."""
    found = (module.name for module in pkgutil.iter_modules([str(PACKAGE / "exercises")]))
    return [name for name in found if name != "common" and not name.startswith("probe_")]


def load_exercises(topic: str) -> dict[str, Exercise]:
    """The exercises of a chapter by function name, in the order of the chapter."""
    try:
        module = importlib.import_module(f"prodgen_lib.exercises.{topic}")
    except ModuleNotFoundError as error:
        if error.name != f"prodgen_lib.exercises.{topic}":
            raise
        raise ValueError(f"There are no exercises for the chapter {topic!r}.") from None
    return {exercise.name: exercise for exercise in module.EXERCISES}


def find_exercise(exercise_id: str) -> Exercise:
    """The exercise with this dotted id, for example ``gan.generator_loss``."""
    topic, _, name = exercise_id.partition(".")
    exercises = load_exercises(topic)
    if name not in exercises:
        known = ", ".join(exercise.id for exercise in exercises.values())
        raise ValueError(f"There is no exercise {exercise_id!r}. This chapter has: {known}.")
    return exercises[name]
