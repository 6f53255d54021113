"""A candidate's answer to mend: what both networks are told, and the training step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.review import drawn_classes, in_words, shaped
from prodgen_lib.exercises.cgan.wishes import drawn, value_and_gradients
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Few and many classes, of which not all occur."""

    def case(name: str, pictures: int, size: int, classes: int, *, last: bool = False) -> Case:
        labels = drawn_classes(rng, pictures, classes, last=last)
        given = {"noise": drawn(rng, pictures, size), "labels": labels, "classes": classes}
        return Case(name, given)

    return [
        case("one picture, four classes", 1, 2, 4),
        case("five pictures, three classes", 5, 4, 3, last=True),
        case("four pictures, ten classes", 4, 3, 10),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How many numbers a picture gets, where its label is told, then all, and the gradient."""
    look, inputs = probe(framework), case.inputs
    labels = framework.module("cgan").to_labels(inputs["labels"])
    classes, size = inputs["classes"], inputs["noise"].shape[1]
    value, (gradient,) = value_and_gradients(
        look,
        lambda noise: answer(noise, labels, classes=classes),
        [look.tensor(inputs["noise"])],
    )
    many = value.shape[1] - size if value.ndim == 2 else -1
    value = shaped(value, (len(inputs["noise"]), size + classes))
    return {
        "a number for each class": np.asarray(many),
        "one of them at the label's place": in_words(value[:, size:]),
        "what the generator is given": value,
        "gradient of the noise": gradient,
    }
