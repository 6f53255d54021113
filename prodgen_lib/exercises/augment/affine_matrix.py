from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors

TOLD = ("angle", "scale", "shift", "mirror")


def cases(rng: np.random.Generator) -> list[Case]:
    """A quarter turn by hand; each move alone; all of them together, several pictures."""

    def told(name: str, angle=(0,), scale=(1,), shift=((0, 0),), mirror=(0,), **by_hand) -> Case:
        return Case(name, floats(angle=angle, scale=scale, shift=shift, mirror=mirror), by_hand)

    def draw(name: str, count: int) -> Case:
        return told(
            name,
            rng.uniform(20, 70, count) * rng.choice([-1, 1], count),
            np.exp(rng.uniform(0.2, 0.6, count) * rng.choice([-1, 1], count)),
            rng.uniform(1, 5, (count, 2)) * [1, -1.5],
            rng.permutation(np.arange(count) % 2),
        )

    return [
        told("a quarter turn worked by hand", (90,), matrices=[[[0, 1, 0], [-1, 0, 0]]]),
        told("a shift of 3 to the right and 1 down", shift=((3, 1),)),
        told("twice as large", scale=(2,)),
        told("mirrored", mirror=(1,)),
        told("a whole turn", (360,)),
        draw("four pictures, all at once", 4),
        draw("three pictures", 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The matrices, and what was given, afterwards."""
    answer, changed = guarded(answer)
    look = probe(framework)
    found = look.array(answer(*tensors(look, case.inputs, *TOLD)))
    return {"matrices": found, STAYS: changed()}
