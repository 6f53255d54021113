"""A candidate's answer to mend: what both networks are told, and the training step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.review import told_right
from prodgen_lib.exercises.cgan.wishes import channels_last, drawn, value_and_gradients
from prodgen_lib.exercises.common import probe, yes

nan = float("nan")


def cases(rng: np.random.Generator) -> list[Case]:
    """Few and many classes; pictures that are not square."""

    def case(name: str, *shape: int, classes: int) -> Case:
        labels = rng.integers(classes - (shape[0] == 1), size=shape[0])  # not always the last
        return Case(name, {"images": drawn(rng, *shape), "labels": labels, "classes": classes})

    return [
        case("one picture, four classes", 1, 3, 3, 1, classes=4),
        case("five pictures of 2×3 pixels, three classes", 5, 2, 3, 3, classes=3),
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
    many, channels = seen.shape[-1], images.shape[-1]
    told = seen[:, 0, 0, channels:] if many == channels + classes else np.full((1, 1), nan)
    return {
        "something beside the picture": yes(seen.ndim == 4 and many > channels),
        "a plane for each class": yes(seen.ndim == 4 and many == channels + classes),
        "the plane of the label is 1": yes(told_right(told, inputs["labels"])),
        "what the discriminator is given": seen,
        "gradient of the pictures": gradient,
    }
