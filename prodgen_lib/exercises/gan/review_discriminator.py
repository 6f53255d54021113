"""The candidate's GAN: what each of its faults shows, and how it got there.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import (
    drawn_weights,
    even_weights,
    probe,
    runs,
    summary,
    weight_shapes,
)

nan = np.nan


def cases(rng: np.random.Generator) -> list[Case]:
    """Colour, and grey, which a candidate may have forgotten."""

    def case(name: str, **inputs: int) -> Case:
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("four pictures in colour", image_channels=3, pictures=4),
        case("three grey pictures", image_channels=1, pictures=3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Whether grey fits, the shape of the logits, their range, each by itself; then the logits."""
    look = probe(framework)
    count, channels = case.inputs["pictures"], case.inputs["image_channels"]
    rng = np.random.default_rng(case.inputs["seed"])
    images = look.pictures(rng.uniform(-1, 1, (count, 32, 32, channels)))
    shapes, gradient = {}, np.full(images.shape, nan)
    even, value, trained = np.full(1, nan), np.full(1, nan), np.full(1, nan)

    def build_and_run() -> None:
        nonlocal even, value, trained, gradient, shapes
        network = look.model(answer(image_channels=channels))
        shapes = weight_shapes(network, look)
        look.fill(network, even_weights(case.inputs["seed"], 0.1))
        even = look.array(look.call(network, images, training=False))
        look.fill(network, drawn_weights(case.inputs["seed"], 0.1))
        value, (gradient,) = look.value_and_gradients(
            lambda inputs: look.call(network, inputs, training=False), images
        )
        trained = look.array(look.call(network, images, training=True))

    fits = runs(build_and_run)
    one_each = value.shape == (count,)
    return {
        "pictures fit": np.asarray("" if fits else "an error about sizes"),
        "one logit a picture": np.asarray("×".join(map(str, value.shape)) if fits else ""),
        "logits beyond 0 and 1": np.array([value.min(), value.max()]),
        "shapes of the weights": shapes.get("shapes of the weights", np.asarray("")),
        "mean, lowest and highest logit": summary(even),
        "logits": value if one_each else np.full(count, nan),
        "logits in training mode": trained if one_each else np.full(count, nan),
        "gradient of the pictures": gradient,
    }


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether a logit lies beyond 0 and 1; how far depends on all the rest."""
    lowest, highest = seen["logits beyond 0 and 1"]
    seen["logits beyond 0 and 1"] = np.asarray(int(lowest < 0 or highest > 1))
    return seen
