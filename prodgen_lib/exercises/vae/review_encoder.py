"""The candidate's VAE: what each of its faults shows, and how it got there.

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
    """Two numbers of latent dimensions."""

    def case(name: str, **inputs: int) -> Case:
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("three latent dimensions, two pictures", latents=3, pictures=2),
        case("five latent dimensions, four pictures", latents=5, pictures=4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How many axes come out, how many numbers, the sign of the lowest; then the numbers."""
    look = probe(framework)
    latents, count = case.inputs["latents"], case.inputs["pictures"]
    rng = np.random.default_rng(case.inputs["seed"])
    pictures = look.pictures(rng.uniform(0, 1, (count, 32, 32, 3)))
    blank, gradient = np.full((count, 2 * latents), nan), np.full(pictures.shape, nan)
    even, value, trained, shapes = blank, blank, blank, {}
    ready = np.asarray("")

    def build_and_run() -> None:
        nonlocal even, value, gradient, trained, ready, shapes
        network = look.model(answer(latents=latents))
        ready = look.readiness(network)
        shapes = weight_shapes(network, look)
        look.fill(network, even_weights(case.inputs["seed"], 0.05))
        even = look.array(look.call(network, pictures, training=False))
        look.fill(network, drawn_weights(case.inputs["seed"], 0.05))
        value, (gradient,) = look.value_and_gradients(
            lambda inputs: look.call(network, inputs, training=False), pictures
        )
        trained = look.array(look.call(network, pictures, training=True))

    fits = runs(build_and_run)
    trained = trained if trained.shape == blank.shape else blank
    return {
        "a row of numbers for each picture": np.asarray(value.ndim if fits else 0),
        "means and log-variances": np.asarray(value.shape[-1]),
        "shapes of the weights": shapes.get("shapes of the weights", np.asarray("")),
        "numbers below 0": np.sign(value.min()),
        "mean, lowest and highest number": summary(even),
        "means and log-variances of the pictures": value if value.shape == blank.shape else blank,
        "means and log-variances in training mode": trained,
        "gradient of the pictures": gradient,
        "invariant ready to train": ready,
    }
