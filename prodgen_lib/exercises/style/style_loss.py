from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors
from prodgen_lib.exercises.style.seen import channels_last


def cases(rng: np.random.Generator) -> list[Case]:
    """One number by hand; two levels that differ in channels, size and weight."""

    def draw(name: str, count: int, styles: int, weights: list[float]) -> Case:
        fine, coarse = (rng.normal(0.4, 1, (count, *s)) for s in ((4, 6, 3), (2, 3, 5)))
        grams = (rng.normal(0, 1, (styles, c, 7)) for c in (3, 5))
        goals = [one @ one.transpose(0, 2, 1) / 7 for one in grams]
        told = floats(fine=fine, coarse=coarse, first=goals[0], second=goals[1])
        return Case(name, told | {"weights": weights})

    by_hand = floats(fine=[[[[2]]]], coarse=[[[[1]]]], first=[[[1]]], second=[[[3]]])
    return [
        Case("one place, worked by hand", by_hand | {"weights": [0.5, 2.0]}, {"loss": 12.5}),
        draw("two pictures, a style for both", 2, 1, [0.7, 1.8]),
        draw("three pictures, a style each", 3, 3, [2.5, 0.4]),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, the gradients for the features of both levels, what was given, afterwards."""
    look = probe(framework)
    fine, coarse, *goals = tensors(look, case.inputs, "fine", "coarse", "first", "second")
    weights = case.inputs["weights"]

    def loss(*levels):
        return answer(list(levels), list(goals), list(weights))

    called, changed = guarded(loss)
    value, slopes = look.value_and_gradients(called, fine, coarse)
    return {
        "loss": value,
        "gradient of the fine features": channels_last(framework, slopes[0]),
        "gradient of the coarse features": channels_last(framework, slopes[1]),
        STAYS: changed(),
    }
