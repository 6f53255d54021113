from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.costs.tools import number


def cases(rng: np.random.Generator) -> list[Case]:
    """One layer by hand, tied and not; small and large networks, both ways."""

    def draw(name: str, tied: bool, low: int, high: int) -> Case:
        layers, width, vocabulary, places = rng.permutation(np.arange(low, high))[:4].tolist()
        sizes = {"layers": layers, "width": width, "vocabulary": vocabulary, "places": places}
        return Case(name, sizes | {"tied": tied})

    worked = {"layers": 1, "width": 2, "vocabulary": 3, "places": 4}
    return [
        Case("one layer worked by hand, tied", worked | {"tied": True}, {"parameters": 92.0}),
        Case("the same, not tied", worked | {"tied": False}, {"parameters": 98.0}),
        draw("a small network, tied", True, 3, 20),
        draw("a small network, not tied", False, 3, 20),
        draw("a large one, tied", True, 40, 900),
        draw("a large one, not tied", False, 40, 900),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The count; a tied head is what is meant when nothing is said."""
    sizes = dict(case.inputs)
    if sizes["tied"]:
        del sizes["tied"]
    return {"parameters": number(answer(**sizes))}
