from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.augment.pictures import changed_pictures, some
from prodgen_lib.exercises.diffusion.closed import floats


def cases(rng: np.random.Generator) -> list[Case]:
    """A row by hand; narrow and wide blurs; a kernel that reaches over the whole picture."""

    def draw(name: str, radius: int, low: float, high: float, *shape: int) -> Case:
        sigma = rng.permutation(np.linspace(low, high, shape[0])) * rng.uniform(0.9, 1.1)
        return Case(name, some(rng, *shape) | floats(sigma=sigma) | {"radius": radius})

    row = floats(images=[[[[0], [0], [9]]]], pull=[[[[1], [2], [3]]]], sigma=[3000])
    return [
        Case("a row worked by hand", row | {"radius": 1}, {"pictures": [[[[0], [3], [6]]]]}),
        draw("three pictures", 2, 0.5, 1.5, 3, 5, 6),
        draw("two pictures, higher than wide", 3, 0.8, 2.5, 2, 6, 4),
        draw("a kernel wider than the picture", 4, 1.5, 3.0, 2, 3, 4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The blurred pictures, and the gradient for what was given."""
    return changed_pictures(answer, case, framework, "sigma", radius=case.inputs["radius"])
