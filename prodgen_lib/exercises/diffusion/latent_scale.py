from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded


def cases(rng: np.random.Generator) -> list[Case]:
    """Two codes by hand; few far from 0, and many; dimensions of several means and spreads."""

    def draw(name: str, count: int, size: int, away: float) -> Case:
        spreads, means = rng.uniform(0.1, 0.9, size), away + rng.normal(0, 0.3, size)
        return Case(name, floats(codes=means + spreads * rng.normal(0, 1, (count, size))))

    return [
        Case("two codes worked by hand", floats(codes=[[0, 2], [0, 2]]), {"scale": 1.0}),
        draw("three codes far from 0", 3, 2, 5.0),
        draw("twenty codes", 20, 6, 0.5),
        draw("four large codes", 4, 3, -20.0),
        draw("two hundred codes", 200, 2, 1.0),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The scale, and its gradient for the codes, which has to be zero."""
    answer, changed = guarded(answer)
    look = probe(framework)
    value, (gradient,) = look.value_and_gradients(answer, look.tensor(case.inputs["codes"]))
    return {"scale": value, "gradient of the codes": gradient, STAYS: changed()}
