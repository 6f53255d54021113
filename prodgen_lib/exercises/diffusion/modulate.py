from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors


def cases(rng: np.random.Generator) -> list[Case]:
    """One token by hand; tokens left as they are; several, and as many as pictures."""

    def draw(name: str, size: float, *shape: int) -> Case:
        tokens = rng.normal(0, 1, shape)
        shift, scale = size * rng.normal(0, 2, (2, shape[0], shape[2]))
        return Case(name, floats(tokens=tokens, shift=shift, scale=scale))

    worked = floats(tokens=[[[2]]], shift=[[1]], scale=[[0.5]])
    return [
        Case("the token worked by hand", worked, {"tokens": [[[4]]]}),
        draw("shift and scale zero", 0.0, 2, 3, 4),
        draw("two pictures of three tokens", 1.0, 2, 3, 4),
        draw("three pictures of three tokens", 1.0, 3, 3, 2),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The tokens, and their gradients for all three."""
    answer, changed = guarded(answer)
    look = probe(framework)
    value, (to_tokens, to_shift, to_scale) = look.value_and_gradients(
        answer, *tensors(look, case.inputs, "tokens", "shift", "scale")
    )
    return {
        "tokens": value,
        "gradient of the tokens": to_tokens,
        "gradient of the shift": to_shift,
        "gradient of the scale": to_scale,
        STAYS: changed(),
    }
