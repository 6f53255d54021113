"""The candidate's autoencoder: what each of its faults shows.

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
)

nan = np.nan


def cases(rng: np.random.Generator) -> list[Case]:
    """Two sizes of code."""

    def case(name: str, **inputs: int) -> Case:
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("a code of 3 numbers, two pictures", latents=3, pictures=2),
        case("a code of 20 numbers, one picture", latents=20, pictures=1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shape that comes out, how far it goes below 0, the layers; then the numbers."""
    look = probe(framework)
    rng = np.random.default_rng(case.inputs["seed"])
    pictures = look.pictures(rng.uniform(0, 1, (case.inputs["pictures"], 32, 32, 3)))
    blank = np.full(tuple(pictures.shape), nan)
    even, value, trained, gradient, shapes = blank, blank, blank, blank, []
    ready = np.asarray("")

    def build_and_run() -> None:
        nonlocal even, value, trained, gradient, ready, shapes
        network = look.model(answer(latents=case.inputs["latents"]))
        ready = look.readiness(network)
        shapes = ["×".join(map(str, weight.shape)) for weight in look.parameters(network)]
        look.fill(network, even_weights(case.inputs["seed"], 0.02))
        even = look.array(look.call(network, pictures, training=False))
        look.fill(network, drawn_weights(case.inputs["seed"], 0.05))
        value, (gradient,) = look.value_and_gradients(
            lambda inputs: look.call(network, inputs, training=False) - 0.5, pictures
        )
        trained = look.array(look.call(network, pictures, training=True))

    fits = runs(build_and_run)
    return {
        "pictures of the same shape": np.asarray(value.shape if fits else (0,) * 4),
        "no pixel below 0": np.fmin(np.fmin(value.min() + 0.5, even.min()), 0),
        "shapes of the weights": np.asarray(" ".join(shapes)),
        "mean, lowest and highest pixel": summary(even),
        "pictures": value + 0.5 if value.shape == blank.shape else blank,
        "pictures in training mode": trained if trained.shape == blank.shape else blank,
        "gradient of the pictures": gradient,
        "invariant ready to train": ready,
    }
