from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.diffusion.closed import floats
from prodgen_lib.exercises.style.seen import seen


def cases(rng: np.random.Generator) -> list[Case]:
    """Two points to two by hand; unequal counts; costs to 255; an epsilon that exp can't bear."""

    def draw(name: str, ours: int, theirs: int, epsilon: float, steps: int, top: float = 1) -> Case:
        cost = top * rng.uniform(0.05, 1, (ours, theirs))
        told = floats(cost=cost, pull=rng.normal(0, 1, cost.shape))
        return Case(name, told | {"epsilon": epsilon, "steps": steps})

    by_hand = floats(cost=[[0, 1], [1, 0]], pull=[[1, 2], [3, 5]]) | {"epsilon": 1.0, "steps": 1}
    kept = 0.5 / (1 + np.exp(-2))  # the mean cost is a half
    plan = [[kept, 0.5 - kept], [0.5 - kept, kept]]
    return [
        Case("two points to two, worked by hand", by_hand, {"plan": plan}),
        draw("three points to five", 3, 5, 0.4, 2),
        draw("five points to four, dear ways", 5, 4, 0.7, 3, 255),
        draw("a small epsilon", 4, 6, 0.004, 4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The plan, and the gradient for the cost."""
    told = {name: case.inputs[name] for name in ("epsilon", "steps")}
    return seen(answer, case, framework, "plan", "cost", **told)
