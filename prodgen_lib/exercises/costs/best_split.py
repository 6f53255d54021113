from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import two
from prodgen_lib.exercises.costs.tools import number
from prodgen_lib.plain.costs import Law

PAIR = Text("parameters and tokens", "参数个数与词元个数")


def cases(rng: np.random.Generator) -> list[Case]:
    """A law worked by hand; laws in which either exponent is the larger one."""

    def draw(name: str, size_exponent: float, data_exponent: float) -> Case:
        floor, size, data = rng.uniform([0.3, 5, 60], [2, 20, 900])
        law = Law(floor, size, size_exponent, data, data_exponent)
        return Case(name, {"operations": 10 ** rng.uniform(9, 20), "law": law})

    worked = {"operations": 600.0, "law": Law(0.7, 1.0, 0.5, 1.0, 0.5)}
    by_hand = {"parameters": 10.0, "tokens": 10.0}
    return [
        Case("scales 1, exponents a half, by hand", worked, by_hand),
        draw("loss falls faster with tokens", 0.3 + 0.05 * rng.random(), 0.5),
        draw("loss falls faster with parameters", 0.6, 0.3 + 0.05 * rng.random()),
        draw("nearly as fast with both", 0.34, 0.28 + 0.02 * rng.random()),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Both numbers."""
    parameters, tokens = two(answer(case.inputs["operations"], case.inputs["law"]), PAIR)
    return {"parameters": number(parameters), "tokens": number(tokens)}
