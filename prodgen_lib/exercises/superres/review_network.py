"""The candidate's network that doubles pictures: what each of its faults shows.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import (
    drawn_weights,
    probe,
    runs,
    summary,
    weight_shapes,
)

nan = np.nan


def cases(rng: np.random.Generator) -> list[Case]:
    """Two widths."""

    def case(name: str, *shape: int, width: int) -> Case:
        inputs = {"pictures": rng.uniform(0, 1, (*shape, 3)), "width": width}
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("width 5, two pictures", 2, 6, 4, width=5),
        case("width 8, one picture", 1, 5, 7, width=8),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Size, channels and range of the pictures, each by itself; then the pictures."""
    look, inputs = probe(framework), case.inputs
    pictures = look.pictures(inputs["pictures"])
    count, height, width, _ = inputs["pictures"].shape
    blank = look.array(look.pictures(np.full((count, 2 * height, 2 * width, 3), nan)))
    sizes, shapes = (0, 0, 0), {}
    value, trained, gradient = blank, blank, np.full(tuple(pictures.shape), nan)
    ready = np.asarray("")

    def build_and_run() -> None:
        nonlocal sizes, value, trained, gradient, ready, shapes
        network = look.model(answer(width=inputs["width"]))
        ready = look.readiness(network)
        shapes = weight_shapes(network, look)
        look.fill(network, drawn_weights(inputs["seed"], 0.15))
        sizes = look.sizes(look.call(network, pictures, training=False))
        value, (gradient,) = look.value_and_gradients(
            lambda tensor: look.call(network, tensor, training=False), pictures
        )
        trained = look.array(look.call(network, pictures, training=True))

    fits = runs(build_and_run)
    return {
        "pictures fit": np.asarray(int(fits)),
        "height and width": np.asarray(sizes[:2]),
        "channels": np.asarray(sizes[2]),
        "no pixel below 0": np.fmin(value.min(), 0),
        "shapes of the weights": shapes.get("shapes of the weights", np.asarray("")),
        "mean, lowest and highest pixel": summary(value),
        "pictures": value if value.shape == blank.shape else blank,
        "pictures in training mode": trained if trained.shape == blank.shape else blank,
        "gradient of the pictures": gradient,
        "invariant ready to train": ready,
    }
