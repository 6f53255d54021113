"""The candidate's network that doubles pictures: what each of its faults shows.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import drawn_weights, flat, probe, runs, summary

nan = np.nan


def cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch."""

    def case(name: str, *shape: int) -> Case:
        pictures = rng.uniform(0, 1, (2, *shape, 3)).astype(np.float32)
        return Case(name, {"pictures": pictures, "weights": int(rng.integers(2**31))})

    return [case("two steps with three pictures", 3, 8, 6), case("two steps with one", 1, 6, 8)]


STEPS = "the first step", "a second step"


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Whether it runs, what the network is shown, the loss, and the weights, in two steps."""
    look, inputs = probe(framework), case.inputs
    network = doubling_network(framework)
    look.fill(network, drawn_weights(inputs["weights"], 0.3))
    look.spoil_gradients(network)
    optimizer = look.sgd(network, 0.1)
    model, given = look.watch_inputs(network)
    seen: Observation = {}
    for pictures, when in zip(inputs["pictures"], STEPS, strict=True):
        large = look.pictures(pictures)
        count, height, width, _ = pictures.shape
        small = look.pictures(
            pictures.reshape(count, height // 2, 2, width // 2, 2, 3).mean((2, 4))
        )
        given.clear()
        loss = np.array(nan)

        def step(large: object = large) -> None:
            nonlocal loss
            with warnings.catch_warnings():  # of sizes that differ: the sentence below says so
                warnings.simplefilter("ignore", UserWarning)
                loss = look.array(answer(model, optimizer, large), Text("The loss", "损失"))

        fits = runs(step)
        blank = np.full(look.array(small).shape, nan)
        shown = look.array(given[-1]) if given else blank
        shown = shown if shown.shape == blank.shape else blank
        seen |= {
            f"{when} runs": np.asarray(int(fits)),
            f"small pictures are shown in {when}": shown,
            f"loss in {when}": loss,
            f"mean, lowest and highest weight after {when}": summary(
                flat(look.parameters(network))
            ),
            f"weights after {when}": flat(look.parameters(network)),
        }
    return seen | {"invariant ready to train": look.readiness(network)}


def doubling_network(framework: Framework) -> Any:
    """Colour pictures to colour pictures twice as large."""
    if framework.name == "torch":
        from torch import nn

        last = nn.Conv2d(4, 3, 3, padding=1)
        twice = nn.Upsample(scale_factor=2)
        return nn.Sequential(twice, nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), last)
    import keras

    first = keras.layers.Conv2D(4, 3, padding="same", activation="tanh")
    last = keras.layers.Conv2D(3, 3, padding="same")
    twice = keras.layers.UpSampling2D(2)
    return keras.Sequential([keras.Input((None, None, 3)), twice, first, last])
