"""A candidate's answer to mend: what both networks are told, and the training step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.review import drawn_classes, in_words, shaped
from prodgen_lib.exercises.cgan.wishes import channels_last, drawn, value_and_gradients
from prodgen_lib.exercises.common import probe

BESIDE = "something beside the picture"


def cases(rng: np.random.Generator) -> list[Case]:
    """Few and many classes; pictures that are not square."""

    def case(name: str, *shape: int, classes: int, last: bool = False) -> Case:
        labels = drawn_classes(rng, shape[0], classes, last=last)
        return Case(name, {"images": drawn(rng, *shape), "labels": labels, "classes": classes})

    return [
        case("one picture, four classes", 1, 3, 3, 1, classes=4),
        case("five pictures of 2×3 pixels, three classes", 5, 2, 3, 3, classes=3, last=True),
        case("four pictures of 4×2 pixels, five classes", 4, 4, 2, 3, classes=5),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Whether there are planes, one for each class, with the label; then all, and the gradient."""
    look, inputs = probe(framework), case.inputs
    labels = framework.module("cgan").to_labels(inputs["labels"])
    classes, images = inputs["classes"], inputs["images"]
    value, (gradient,) = value_and_gradients(
        look,
        lambda pictures: answer(pictures, labels, classes=classes),
        [look.pictures(images)],
    )
    seen = channels_last(value, framework)
    channels = images.shape[-1]
    many = seen.shape[-1] - channels if seen.ndim == 4 else -1
    seen = shaped(seen, (*images.shape[:3], channels + classes))
    return {
        BESIDE: np.asarray(many),
        "a plane for each class": np.asarray(many),
        "the plane of the label is 1": in_words(seen[:, 0, 0, channels:]),
        "what the discriminator is given": seen,
        "gradient of the pictures": gradient,
    }


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether there are planes at all; how many is an observation of its own."""
    seen[BESIDE] = np.asarray(int(seen[BESIDE] > 0))
    return seen
