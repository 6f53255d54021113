from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.augment.pictures import channels_last, some
from prodgen_lib.exercises.common import probe, two
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors

PAIR = Text("the mixed pictures and their labels", "混合后的图片和它们的标签")


# One cycle through all: nobody meets himself, and the inverse is another order.
ORDERS = {3: np.array([1, 2, 0]), 4: np.array([2, 3, 1, 0])}


def cases(rng: np.random.Generator) -> list[Case]:
    """One column of four by hand; boxes inside and beyond; an order that is not its own inverse."""

    def draw(name: str, height: int, width: int, boxes: list, classes: int) -> Case:
        count = len(boxes)
        labels = rng.dirichlet(np.ones(classes), count)
        pictures = some(rng, count, height, width)
        return Case(name, pictures | floats(labels=labels, boxes=boxes) | {"order": ORDERS[count]})

    two_rows = np.arange(8).reshape(1, 2, 4, 1)
    pictures = np.concatenate([two_rows, 10 + two_rows])
    worked = floats(images=pictures, pull=1 + pictures, labels=np.eye(2),
                    boxes=[[3, 0, 4, 2], [0, 0, 0, 0]])  # fmt: skip
    by_hand = {"labels": [[0.75, 0.25], [0, 1]]}
    return [
        Case("one column of four, worked by hand", worked | {"order": np.array([1, 0])}, by_hand),
        draw("four boxes, two of them beyond the picture", 6, 10,
             [[2, 1, 4, 3], [-3, -2, 5, 6], [7, 4, 5, 5], [1, 0, 8, 2]], 5),
        draw("three boxes in a high picture", 7, 4, [[0, 3, 2, 9], [1, 1, 2, 2], [-1, 0, 9, 5]], 3),
        draw("nothing pasted, everything, a little", 4, 5,
             [[5, 0, 3, 3], [-2, -2, 12, 12], [0, 0, 1, 1]], 4),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Pictures and labels, the gradient for the pictures, and what was given, afterwards."""
    answer, changed = guarded(answer)
    look = probe(framework)
    images, labels, boxes, pull = tensors(look, case.inputs, "images", "labels", "boxes", "pull")
    order = framework.module("cgan").to_labels(case.inputs["order"])

    def part(place: int) -> Callable:
        return lambda x: two(answer(x, labels, boxes, order), PAIR)[place]

    mixed, _ = look.value_and_gradients(part(0), images)
    _, (slope,) = look.value_and_gradients(lambda x: pull * part(0)(x), images)
    return {
        "mixed pictures": channels_last(framework, mixed),
        "labels": look.array(part(1)(images)),
        "gradient of the pictures": channels_last(framework, slope),
        STAYS: changed(),
    }
