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
    """Other numbers of noise and channels than a candidate may have had in mind."""

    def case(name: str, **inputs: int) -> Case:
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("20 numbers of noise, three channels", noise_dim=20, image_channels=3, pictures=2),
        case("7 numbers of noise, one channel", noise_dim=7, image_channels=1, pictures=1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Size, channels and range of the pictures, each by itself; then the pictures."""
    look = probe(framework)
    arguments = {name: case.inputs[name] for name in ("noise_dim", "image_channels")}
    count = case.inputs["pictures"]
    rng = np.random.default_rng(case.inputs["seed"])
    noise = look.tensor(rng.normal(0, 1, (count, arguments["noise_dim"])))
    blank = look.array(look.pictures(np.full((count, 32, 32, case.inputs["image_channels"]), nan)))
    sizes, shapes = (0, 0, 0), {}
    even, value, gradient = np.full(1, nan), np.full(1, nan), np.full(noise.shape, nan)
    trained = blank

    def build_and_run() -> None:
        nonlocal sizes, even, value, trained, gradient, shapes
        network = look.model(answer(**arguments))
        shapes = weight_shapes(network, look)
        look.fill(network, even_weights(case.inputs["seed"], 0.1))
        picture = look.call(network, noise, training=False)
        sizes, even = look.sizes(picture), look.array(picture)
        look.fill(network, drawn_weights(case.inputs["seed"], 0.2))
        value, (gradient,) = look.value_and_gradients(
            lambda inputs: look.call(network, inputs, training=False), noise
        )
        trained = look.array(look.call(network, noise, training=True))

    fits = runs(build_and_run)
    return {
        "noise fits": np.asarray("" if fits else "an error about sizes"),
        "height and width": np.asarray(sizes[:2]),
        "channels": np.asarray(sizes[2]),
        "darkest pixels below 0": value.min(),
        "shapes of the weights": shapes.get("shapes of the weights", np.asarray("")),
        "mean, lowest and highest pixel": summary(even),
        "pictures": value if value.shape == blank.shape else blank,
        "pictures in training mode": trained if trained.shape == blank.shape else blank,
        "gradient of the noise": gradient,
    }


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether the darkest pixel is below 0; by how much depends on all the rest."""
    seen["darkest pixels below 0"] = np.asarray(int(seen["darkest pixels below 0"] < 0))
    return seen
