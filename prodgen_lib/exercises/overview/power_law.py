from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.bayesopt.tools import double
from prodgen_lib.exercises.common import dtype_name, probe

GOOD = [[-1.0, 0.0, 0.5], [0.0, -1.0, 0.4]]
STUCK = [-20.0, 0.0, 0.5]  # a floor of nearly 0 has no slope: it stays there


def cases(rng: np.random.Generator) -> list[Case]:
    """Three losses by hand; six losses with noise, and a start that gets stuck first or last."""

    def draw(name: str, starts: list) -> Case:
        sizes = np.geomspace(0.1, 10, 6) * rng.uniform(0.9, 1.1, 6)
        floor, scale, exponent = rng.uniform([0.7, 0.5, 0.5], [1.0, 0.8, 0.8])
        losses = (floor + scale * sizes**-exponent) * np.exp(rng.normal(0, 0.015, 6))
        return Case(name, {"sizes": sizes, "losses": losses, "starts": starts})

    worked = {"sizes": [1.0, 2.0, 4.0], "losses": [3.0, 2.0, 1.5], "starts": GOOD}
    by_hand = {"floor": 1.0, "scale": 2.0, "exponent": 1.0}
    return [
        Case("three losses worked by hand", worked, by_hand),
        draw("a bad start comes first", [STUCK, *GOOD]),
        draw("a bad start comes last", [*GOOD, STUCK]),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The law's three numbers."""
    given = (double(framework, case.inputs[name]) for name in ("sizes", "losses", "starts"))
    found = answer(*given)
    numbers = probe(framework).array(found).reshape(-1)
    named = zip(("floor", "scale", "exponent"), [*numbers, *3 * [np.nan]], strict=False)
    return {name: np.asarray(value) for name, value in named} | {
        "numbers": np.asarray(len(numbers)),
        "invariant: float64": dtype_name(found),
    }
