from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.diffusion.closed import floats
from prodgen_lib.exercises.style.seen import seen


def cases(rng: np.random.Generator) -> list[Case]:
    """Two channels at four places by hand; several pictures; masks of halves and zeros."""

    def draw(name: str, *shape: int, masked: bool = False) -> Case:
        features = rng.normal(0.5, 1, shape)
        told = floats(features=features, pull=rng.normal(0, 1, (shape[0], shape[3], shape[3])))
        if masked:
            told |= floats(mask=rng.uniform(0, 1, (*shape[:3], 1)).round(1))
        return Case(name, told)

    by_hand = floats(features=[[[[1, 0], [0, 1]], [[1, 1], [0, 0]]]], pull=[[[1, 2], [3, 4]]])
    return [
        Case("two channels at four places, worked by hand", by_hand,
             {"matrices": [[[0.5, 0.25], [0.25, 0.5]]]}),
        draw("three pictures, four channels", 3, 3, 5, 4),
        draw("two pictures of two channels", 2, 4, 3, 2),
        draw("two pictures with a mask", 2, 4, 5, 3, masked=True),
        draw("three pictures with a mask", 3, 3, 4, 2, masked=True),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The matrices, and the gradient for the features."""
    told = ("features", "mask") if "mask" in case.inputs else ("features",)
    found = seen(answer, case, framework, "matrices", *told)
    found.pop("gradient of the mask", None)  # a mask is given and constant
    return found
