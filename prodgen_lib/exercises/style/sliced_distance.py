from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.diffusion.closed import floats
from prodgen_lib.exercises.style.seen import seen


def cases(rng: np.random.Generator) -> list[Case]:
    """Two numbers against three by hand; equal and unequal counts; directions of any length."""

    def draw(name: str, ours: int, theirs: int, channels: int, count: int) -> Case:
        first, second = rng.normal(0, 1, (ours, channels)), rng.normal(0.5, 1.5, (theirs, channels))
        directions = rng.normal(0, 1, (count, channels)) * rng.uniform(0.3, 3, (count, 1))
        return Case(name, floats(first=first, second=second, directions=directions))

    by_hand = floats(first=[[1], [0]], second=[[0], [1], [0.1]], directions=[[2]])
    distance = 0 / 3 + 0.1**2 / 6 + 0.9**2 / 6 + 0 / 3
    return [
        Case("two numbers against three, worked by hand", by_hand, {"distance": distance}),
        draw("seven points against seven", 7, 7, 3, 5),
        draw("six points against four", 6, 4, 3, 4),
        draw("five points against eight, in a plane", 5, 8, 2, 6),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The distance, and the gradients for both clouds and the directions."""
    return seen(answer, case, framework, "distance", "first", "second", "directions")
