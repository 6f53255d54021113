from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import probe, two
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors

PAIR = Text("the matrix and the shift", "矩阵和平移")


def cases(rng: np.random.Generator) -> list[Case]:
    """One channel by hand; clouds that lean differently; a ridge that shows."""

    def draw(name: str, ours: int, theirs: int, channels: int, ridge: float) -> Case:
        lean = rng.uniform(0.3, 0.9, (2, channels, channels)) * [[[1]], [[-1]]]
        clouds = [
            rng.normal(0, 1, (count, channels)) @ (np.eye(channels) + one)
            for count, one in zip((ours, theirs), lean, strict=True)
        ]
        points, reference = clouds[0] + rng.uniform(1, 2, channels), 2 * clouds[1] - 1
        return Case(name, floats(points=points, reference=reference) | {"ridge": ridge})

    by_hand = floats(points=[[0], [2]], reference=[[10], [14]]) | {"ridge": 0.0}
    return [
        Case("two points worked by hand", by_hand, {"matrix": [[2]], "shift": [10]}),
        draw("three channels", 9, 7, 3, 0.05),
        draw("two channels", 8, 6, 2, 0.02),
        draw("a ridge that shows", 8, 9, 3, 0.7),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Matrix and shift, and what was given, afterwards."""
    answer, changed = guarded(answer)
    look = probe(framework)
    points, reference = tensors(look, case.inputs, "points", "reference")
    matrix, shift = two(answer(points, reference, ridge=case.inputs["ridge"]), PAIR)
    return {"matrix": look.array(matrix), "shift": look.array(shift), STAYS: changed()}
