from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.augment.pictures import changed_pictures, some
from prodgen_lib.exercises.diffusion.closed import floats


def cases(rng: np.random.Generator) -> list[Case]:
    """Red by hand; greys; a whole turn; turns of either sign."""

    def draw(name: str, *shape: int) -> Case:
        turns = rng.uniform(0.06, 0.28, shape[0]) * rng.choice([-1, 1], shape[0])
        return Case(name, some(rng, *shape) | floats(turns=turns))

    red = floats(images=[[[[1, -1, -1]]]], pull=[[[[1, 2, 3]]]], turns=[1 / 3])
    grey = some(rng, 2, 2, 3, 1)
    grey["images"] = np.repeat(grey["images"], 3, axis=3)
    grey["pull"] = np.repeat(grey["pull"], 3, axis=3) * np.float32([1, -2, 3])
    return [
        Case("red worked by hand", red, {"pictures": [[[[-1, 1, -1]]]]}),
        Case("greys", grey | floats(turns=[0.3, 0.5])),
        Case("a whole turn", some(rng, 1, 2, 2) | floats(turns=[1])),
        draw("three pictures", 3, 3, 4),
        draw("two pictures, higher than wide", 2, 4, 2),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The turned colours, and the gradient for what was given."""
    return changed_pictures(answer, case, framework, "turns")
