from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.diffusion.closed import floats
from prodgen_lib.exercises.style.seen import seen


def cases(rng: np.random.Generator) -> list[Case]:
    """Two points by hand; few points, so that the divisor shows; an epsilon that shows."""

    def draw(name: str, ours: int, theirs: int, channels: int, epsilon: float = 1e-6) -> Case:
        points = rng.normal(0, 1, (ours, channels)) * rng.uniform(0.5, 2, channels)
        reference = rng.normal(0, 1, (theirs, channels)) * rng.uniform(1, 3, channels)
        points += rng.uniform(0.5, 2, channels)
        reference -= rng.uniform(1, 3, channels)
        pull = rng.normal(0, 1, (ours, channels))
        told = floats(points=points, reference=reference, pull=pull)
        return Case(name, told | {"epsilon": epsilon})

    by_hand = floats(points=[[0], [2]], reference=[[10], [14]], pull=[[1], [2]])
    return [
        Case("two points worked by hand", by_hand | {"epsilon": 1e-6}, {"points": [[10], [14]]}),
        draw("five points, four of the reference", 5, 4, 3),
        draw("six and three, two channels", 6, 3, 2),
        draw("an epsilon that shows", 4, 7, 3, 0.8),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The points moved, and the gradients for both sets."""
    epsilon = case.inputs["epsilon"]
    return seen(answer, case, framework, "points", "points", "reference", epsilon=epsilon)
