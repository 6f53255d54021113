"""A check on a student's own inputs, which prints numbers that are this student's alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from prodgen_lib.checking.check import Failure, concluded, make_cases, observations
from prodgen_lib.checking.exercise import Framework, find_exercise
from prodgen_lib.checking.language import Text, language

MOST_NUMBERS = 4
LINE = Text("{}, yours ({}): {}", "{}，你的数（{}）：{}")
PRINTED = re.compile(
    r"(?m)^([a-z0-9_]+\.[a-z0-9_]+)(?:, yours \(|，你的数（)(\d{1,9})"
    r"(?:\): |）：)([-+.\de ]{1,80})$"
)


def own(check: Callable, framework: str, seed: int) -> Callable:
    """The notebook's ``check`` on inputs drawn from ``seed``, with a line of numbers below it.

    The numbers are what the function that goes on (the student's, or the course's in its place)
    gives on these inputs. A stored or graded run has neither: it is the same for everyone.
    """

    def checked(exercise_id: str, answer: Callable) -> Callable:
        if os.environ.get("PRODGEN_PLAIN") == "1":
            return check(exercise_id, answer)
        with _inputs(seed):
            done = check(exercise_id, answer)
        if numbers := own_numbers(exercise_id, framework, done, seed):
            told = " ".join(f"{one:.5g}" for one in numbers)
            print(LINE.in_(language()).format(exercise_id, seed, told))
        return done

    return checked


def own_numbers(exercise_id: str, framework: str, answer: Callable, seed: int) -> list[float]:
    """Root mean squares of what an answer gives on inputs drawn from ``seed``; empty on a failure.

    Inputs that were worked by hand are the same for everyone and left out.
    """
    exercise = find_exercise(exercise_id)
    cases = make_cases(exercise, seed)
    cases = [case for case in cases if not case.by_hand][:2] or cases[:2]
    seen = list(observations(exercise.observe, cases, answer, Framework(framework)))
    found: list[float] = []
    for observed in concluded(exercise, cases, seen):
        if isinstance(observed, Failure):
            return []
        for value in observed.values():
            if value.dtype.kind in "fiub" and value.size and np.isfinite(value).all():
                root = np.sqrt(np.mean(value.astype(float) ** 2))
                found.append(float(f"{root:.5g}"))
    varied = [one for one in found if one not in (0.0, 1.0)]
    return (varied or found)[:MOST_NUMBERS]


def printed(text: str) -> Iterator[tuple[str, list[float]]]:
    """Exercise and numbers of each such line in the output of a notebook."""
    for found in PRINTED.finditer(text[:100_000]):
        try:
            yield found[1], [float(one) for one in found[3].split()]
        except ValueError:
            continue


@contextmanager
def _inputs(seed: int) -> Iterator[None]:
    before = os.environ.get("PRODGEN_SEED")
    os.environ["PRODGEN_SEED"] = str(seed)
    try:
        yield
    finally:
        if before is None:
            del os.environ["PRODGEN_SEED"]
        else:
            os.environ["PRODGEN_SEED"] = before
