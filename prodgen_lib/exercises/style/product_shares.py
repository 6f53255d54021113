from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.diffusion.closed import floats
from prodgen_lib.exercises.style.seen import seen

COLOURS = np.array([[0.9, 0.2, 0.1], [0.1, 0.3, 0.8], [0.2, 0.7, 0.3], [0.9, 0.8, 0.1]])
LEVELS = [0, 0.01, 0.05, 0.3, 0.7, 1]


def cases(rng: np.random.Generator) -> list[Case]:
    """A rim by hand; products painted before a wall, with highlights, faint pixels and rims."""

    def draw(name: str, pairs: list[list[int]], height: int, width: int) -> Case:
        colours = COLOURS[pairs] + rng.uniform(-0.05, 0.05, (*np.shape(pairs), 3))
        shape = (len(pairs), height, width)
        held = rng.uniform(0, 1.5, (*shape, len(pairs[0])))
        product = np.einsum("nhwk,nkc->nhwc", held, colours) + rng.uniform(-0.15, 0.3, (*shape, 3))
        levels = rng.permuted(np.resize(LEVELS, (shape[0], height * width)), axis=1)
        matte = levels.reshape(*shape, 1)
        wall = rng.uniform(0.3, 0.9, (*shape, 3))
        images = matte * product + (1 - matte) * wall
        return Case(name, floats(images=images, matte=matte, wall=wall, colours=colours))

    rim = floats(images=[[[[0.75, 0.25, 0.25], [0.5, 0.5, 0.5]]]], matte=[[[[0.5], [0]]]],
                 wall=[[[[0.5] * 3] * 2]], colours=[[[1, 0, 0]]])  # fmt: skip
    return [
        Case("half red, half wall, worked by hand", rim, {"shares": [[[[0.5], [0]]]]}),
        draw("three pictures of two colours", [[0, 1], [2, 3], [3, 1]], 4, 6),
        draw("two pictures of one colour, high", [[2], [0]], 7, 4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shares, and what was given, afterwards. No gradient: `unmix` is a search."""
    told = ("images", "matte", "wall", "colours")
    return seen(answer, case, framework, "shares", *told, slopes=False)
