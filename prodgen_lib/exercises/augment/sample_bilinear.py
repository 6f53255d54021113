from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.augment.pictures import changed_pictures, some
from prodgen_lib.exercises.diffusion.closed import floats


def cases(rng: np.random.Generator) -> list[Case]:
    """Two rows by hand; whole and half pixels; turns, sizes and shifts that reach far outside."""

    def move(count: int, reach: float) -> np.ndarray:
        turn = rng.uniform(0.3, 1.2, count) * rng.choice([-1, 1], count)
        size = np.exp(rng.uniform(-0.4, 0.4, count))
        rows = [np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]
        linear = np.moveaxis(np.array(rows) * size, -1, 0)
        return np.concatenate([linear, rng.uniform(-reach, reach, (count, 2, 1))], axis=2)

    def draw(name: str, count: int, height: int, width: int, reach: float, channels=3) -> Case:
        pictures = some(rng, count, height, width, channels)
        return Case(name, pictures | floats(matrix=move(count, reach)))

    # Two rows, since a grid of one has no scale, and grid_sample stops the whole process at nan.
    row = floats(images=[[[[0], [8], [8]]] * 2], pull=[[[[1], [2], [3]]] * 2])
    half = floats(matrix=[[[1, 0, -0.5], [0, 1, 0]]])
    whole = floats(matrix=[[[1, 0, -2], [0, 1, 1]], [[0, 1, 0], [-1, 0, 0]]])
    return [
        Case("rows worked by hand", row | half, {"pictures": [[[[0], [4], [8]]] * 2]}),
        Case("a whole shift, and a quarter turn", some(rng, 2, 4, 4) | whole),
        draw("three pictures, higher than wide", 3, 5, 4, 1.0),
        draw("two pictures, wider than high, far outside", 2, 3, 6, 6.0),
        draw("two pictures of one channel", 2, 4, 5, 2.0, 1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The moved pictures, and the gradient for what was given."""
    return changed_pictures(answer, case, framework, "matrix")
