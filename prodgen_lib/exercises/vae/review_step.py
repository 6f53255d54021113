"""The candidate's VAE: what each of its faults shows, and how it got there.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import (
    drawn_weights,
    flat,
    probe,
)

nan = np.nan


def cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch; codes that are hardly spread."""

    def case(name: str, size: int, log_variance: float = 0.0) -> Case:
        inputs = {
            "pictures": rng.uniform(0, 1, (2, size, 4, 4, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, size, 3)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
            "log_variance": log_variance,
        }
        return Case(name, inputs)

    return [
        case("two steps with five pictures", 5),
        case("two steps with three pictures", 3),
        case("log-variances about -8, two pictures", 2, -8.0),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the decoder is given, the loss, and both networks' weights, in two steps."""
    look, inputs = probe(framework), case.inputs
    encoder = look.tiny_discriminator(1, classes=6)
    decoder, given = look.watch_inputs(look.tiny_generator(batch_norm=False))
    look.call(decoder, look.tensor(inputs["noise"][0]), training=True)
    given.clear()
    draw = drawn_weights(inputs["weights"])
    for network in (encoder, decoder):
        look.fill(network, draw)
        look.spoil_gradients(network)
    offset = inputs["log_variance"] * np.repeat([0, 1], 3).astype(np.float32)
    move_biases(encoder, offset, framework)
    optimizer = look.sgd_of_all([encoder, decoder], 0.05)
    sizes = [flat(look.parameters(network)).size for network in (encoder, decoder)]
    seen: Observation = {}
    shapes: list[tuple[int, ...]] = []

    def two_steps() -> None:
        for noise, images, when in zip(inputs["noise"], inputs["pictures"], STEPS, strict=True):
            given.clear()
            loss = answer(encoder, decoder, optimizer, look.pictures(images), look.tensor(noise))
            shapes.extend(tuple(one.shape) for one in given)
            coded = given and tuple(given[-1].shape) == noise.shape
            seen[f"codes in {when}"] = look.array(given[-1]) if coded else np.full(noise.shape, nan)
            seen[f"loss in {when}"] = look.array(loss, "The loss")
            seen[f"encoder after {when}"] = flat(look.parameters(encoder))
            seen[f"decoder after {when}"] = flat(look.parameters(decoder))

    runs_unless_fed(two_steps, given, inputs["noise"].shape[2:])
    fed = " ".join(map(str, shapes))
    blank = {}
    for when in STEPS:
        blank[f"codes in {when}"] = np.full(inputs["noise"][0].shape, nan)
        blank[f"loss in {when}"] = np.asarray(nan)
        blank[f"encoder after {when}"] = np.full(sizes[0], nan)
        blank[f"decoder after {when}"] = np.full(sizes[1], nan)
    ready = [str(look.readiness(network)) for network in (encoder, decoder)]
    seen["invariant ready to train"] = np.asarray(" and ".join(ready))
    return {"decoder is given codes": np.asarray(fed), **blank, **seen}


STEPS = "the first step", "a second step"


def runs_unless_fed(action: Callable[[], None], given: list, latents: tuple[int, ...]) -> None:
    """Do it; an error is held back where the decoder was given no codes."""
    try:
        action()
    except Exception:
        if not given or tuple(given[-1].shape[1:]) == latents:
            raise


def move_biases(network: Any, offset: np.ndarray, framework: Framework) -> None:
    """Add to what a network gives: its last biases are its last weights in both frameworks."""
    if framework.name == "torch":
        biases = list(network.parameters())[-1]
        biases.data += biases.new_tensor(offset)
    else:
        network.trainable_variables[-1].assign_add(offset)
