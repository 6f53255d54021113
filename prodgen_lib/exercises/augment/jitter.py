from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.augment.pictures import changed_pictures, some
from prodgen_lib.exercises.diffusion.closed import floats

TOLD = ("brightness", "contrast", "saturation")


def cases(rng: np.random.Generator) -> list[Case]:
    """White and black by hand; each factor alone; all together; one channel."""

    def draw(name: str, *shape: int, only: str = "") -> Case:
        pictures = some(rng, *shape)
        pictures["images"] += rng.uniform(0.1, 0.4)  # so that the mean is not near 0
        factors = {
            one: np.where(
                only in ("", one), np.exp(rng.uniform(0.2, 0.6, shape[0]) * (-1) ** k), 1.0
            )
            for k, one in enumerate(TOLD)
        }
        return Case(name, pictures | floats(**factors))

    white = floats(images=[[[[1] * 3, [-1] * 3]]], pull=[[[[1, 2, 3], [4, 5, 6]]]])
    half = floats(brightness=[0.5], contrast=[1], saturation=[1])
    return [
        Case("white and black worked by hand", white | half,
             {"pictures": [[[[0] * 3, [-1] * 3]]]}),
        *(draw(f"{one} alone", 2, 3, 4, only=one) for one in TOLD),
        draw("three pictures, all at once", 3, 4, 3),
        draw("two pictures of one channel", 2, 3, 5, 1),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The pictures in other light, and the gradient for what was given."""
    return changed_pictures(answer, case, framework, *TOLD)
