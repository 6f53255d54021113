from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.diffusion.closed import floats
from prodgen_lib.exercises.style.seen import seen


def cases(rng: np.random.Generator) -> list[Case]:
    """Two places by hand; style of another size; an epsilon that shows."""

    def draw(name: str, count: int, ours: tuple, theirs: tuple, epsilon: float = 1e-5) -> Case:
        channels = ours[-1]
        sets = [
            rng.normal(0, 1, (count, *shape)) * rng.uniform(0.5, 2, (count, 1, 1, channels))
            + rng.uniform(0.5, 2, (count, 1, 1, channels)) * side
            for shape, side in ((ours, 1), (theirs, -1))
        ]
        told = floats(content=sets[0], style=sets[1], pull=rng.normal(0, 1, (count, *ours)))
        return Case(name, told | {"epsilon": epsilon})

    by_hand = floats(content=[[[[1], [3]]]], style=[[[[10], [14]]]], pull=[[[[1], [2]]]])
    return [
        Case("two places worked by hand", by_hand | {"epsilon": 1e-5},
             {"features": [[[[10], [14]]]]}),
        draw("three pictures, style of another size", 3, (2, 3, 4), (3, 3, 4)),
        draw("two pictures", 2, (3, 2, 2), (2, 2, 2)),
        draw("an epsilon that shows", 2, (3, 3, 3), (2, 4, 3), 0.6),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The features, and the gradients for content and style."""
    epsilon = case.inputs["epsilon"]
    return seen(answer, case, framework, "features", "content", "style", epsilon=epsilon)
