"""What an exercise knows about itself.

The answer key is the library, so an exercise holds no solution. It is two files of one name:
``exercises/TOPIC/NAME.md`` is what a person writes about it, ``NAME.py`` what an answer is run on
and how it is watched. A known wrong answer is an *edit of the answer key*: it is real code with
real gradients in both frameworks, and it cannot go stale in silence, because an edit that no
longer matches raises.
"""

from __future__ import annotations

import importlib
import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from prodgen_lib.checking import source as answer_key
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.page import Wrong, read_page
from prodgen_lib.checking.source import edited, function_source, module_path

Observation = dict[str, np.ndarray]


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

    def __init__(self, en: str, zh: str):
        super().__init__(en)
        self.text = Text(en, zh)


@dataclass(frozen=True)
class Exercise:
    """One function of the answer key, as something to write and to check.

    ``observe(answer, case, framework)`` runs an answer on one case and returns named arrays. Names
    that begin with ``gradient`` are judged as gradients, ``invariant`` as invariants, all others
    as values. Where a right answer is free (a random draw), ``conclude(seen, case)`` makes of what
    was seen what is judged; it is numpy only, and called where no answer runs.
    ``messages`` gives the sentence for an observation that differs, by its name.
    A ``review`` starts from a candidate's flawed answer: all its planted faults at once.
    """

    id: str
    difficulty: int
    importance: int
    minutes: int
    cases: Callable[[np.random.Generator], list[Case]]
    observe: Callable[[Callable, Case, Framework], Observation]
    hints: tuple[Text, ...]
    wrong: tuple[Wrong, ...]
    messages: dict[str, Text] = field(default_factory=dict)
    others: tuple[Wrong, ...] = ()
    forbidden: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    rtol: float = 1e-4
    atol: float = 1e-6
    tolerance: str = "float32 sums in another order"
    seed: int = 0
    review: bool = False
    conclude: Callable[[Observation, Case], Observation] = lambda seen, case: seen

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
        planted = (wrong.edits(framework) for wrong in self.wrong if wrong.planted)
        return edited(source, chain.from_iterable(planted))


def _folder() -> Path:
    return answer_key.PACKAGE / "exercises"


def topics() -> list[str]:
    """The modules of the answer key that have exercises."""
    return sorted({page.parent.name for page in _folder().glob("*/*.md")})


def exercise_names(topic: str) -> list[str]:
    """The exercises of a topic, in the order in which the answer key teaches them."""
    found = {page.stem for page in (_folder() / topic).glob("*.md")}
    if not found:
        raise ValueError(f"There are no exercises for the chapter {topic!r}.")
    taught = answer_key.function_names(module_path("torch", topic))
    return [name for name in taught if name in found] + sorted(found - set(taught))


def load_exercises(topic: str) -> dict[str, Exercise]:
    """The exercises of a topic by function name, in the order of the answer key.

    Raises ``ValueError`` for a topic without exercises, and for a page that can't be read.
    """
    return {name: _load(topic, name) for name in exercise_names(topic)}


def find_exercise(exercise_id: str) -> Exercise:
    """The exercise with this dotted id, for example ``gan.generator_loss``."""
    topic, _, name = exercise_id.partition(".")
    known = exercise_names(topic)
    if name not in known:
        listed = ", ".join(f"{topic}.{one}" for one in known)
        raise ValueError(f"There is no exercise {exercise_id!r}. This chapter has: {listed}.")
    return _load(topic, name)


def _load(topic: str, name: str) -> Exercise:
    path = _folder() / topic / f"{name}.md"
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=512)
def _read(path: Path, changed: int) -> Exercise:
    """The exercise of a page; read again when the page has changed."""
    page, topic, name = read_page(path), path.parent.name, path.stem
    module = importlib.import_module(f"prodgen_lib.exercises.{topic}.{name}")
    optional = {"conclude": module.conclude} if hasattr(module, "conclude") else {}
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in page.settings.items()}
    return Exercise(
        id=f"{topic}.{name}",
        cases=module.cases,
        observe=module.observe,
        hints=page.hints,
        messages=page.messages,
        wrong=page.wrong,
        others=page.others,
        **optional,
        **settings,
    )
