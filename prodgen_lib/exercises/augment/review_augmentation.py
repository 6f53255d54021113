from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.augment.pictures import channels_last, some
from prodgen_lib.exercises.common import probe, two
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors

PAIR = Text("the pictures and their masks", "图片和它们的掩模")


def cases(rng: np.random.Generator) -> list[Case]:
    """Draws near both ends of every range, in pictures of two shapes; draws in the middle."""

    def draw(name: str, count: int, height: int, width: int, channels: int = 3) -> Case:
        far = rng.uniform(0.2, 0.45, (count, 3)) * rng.choice([-1, 1], (count, 3))
        masks = (rng.random((count, height, width, 1)) > 0.5).astype(np.float32)
        pictures = some(rng, count, height, width, channels)
        return Case(name, pictures | floats(masks=masks, draws=0.5 + far))

    middle = draw("draws in the middle", 2, 4, 4)
    middle.inputs["draws"][:] = 0.5
    return [
        draw("three pictures", 3, 9, 9),
        draw("two pictures, wider than high", 2, 7, 10),
        draw("two pictures of one channel", 2, 8, 6, 1),
        middle,
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Masks and pictures, the gradient for the pictures, and what was given, afterwards."""
    answer, changed = guarded(answer)
    look = probe(framework)
    images, masks, draws, pull = tensors(look, case.inputs, "images", "masks", "draws", "pull")

    def part(place: int) -> Callable:
        return lambda x: two(answer(x, masks, draws), PAIR)[place]

    pictures, _ = look.value_and_gradients(part(0), images)
    _, (slope,) = look.value_and_gradients(lambda x: pull * part(0)(x), images)
    return {
        "masks": channels_last(framework, look.array(part(1)(images))),
        "pictures": channels_last(framework, pictures),
        "gradient of the pictures": channels_last(framework, slope),
        STAYS: changed(),
    }
