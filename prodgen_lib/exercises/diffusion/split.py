from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import probe, two
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors

PARTS = Text("pictures and noise", "图片和噪声")


def cases(rng: np.random.Generator) -> list[Case]:
    """One number by hand; codes at both ends; codes and pictures in between."""

    def draw(name: str, *shape: int) -> Case:
        return Case(
            name,
            floats(
                mixed=rng.normal(0, 2, shape),
                velocity=rng.normal(0, 2, shape),
                t=rng.uniform(0.1, 0.9, shape[0]),
            ),
        )

    ends = draw("two codes, at t = 0 and t = 1", 2, 3)
    ends.inputs["t"][:] = 0, 1
    worked = floats(mixed=[[1.25]], velocity=[[-3]], t=[0.25])
    return [
        Case("the number worked by hand", worked, {"pictures": [[2]], "noise": [[-1]]}),
        draw("three codes", 3, 4),
        ends,
        draw("three pictures of three pixels a row", 3, 3, 3, 3),
        draw("two rows of two tokens", 2, 3, 2),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Both parts, and their gradient for the velocity."""
    answer, changed = guarded(answer)
    look = probe(framework)
    mixed, velocity, t = tensors(look, case.inputs, "mixed", "velocity", "t")
    pictures, noise = two(answer(mixed, velocity, t), PARTS)

    def both(given):
        first, second = answer(mixed, given, t)
        return first**2 + 2 * second**2

    _, (gradient,) = look.value_and_gradients(both, velocity)
    return {
        "pictures": look.array(pictures),
        "noise": look.array(noise),
        "gradient of the velocity": gradient,
        STAYS: changed(),
    }
