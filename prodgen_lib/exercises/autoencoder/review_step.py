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
    flat,
    probe,
)

nan = np.nan


def cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch; some values so bright or dark that they are clipped."""

    def case(name: str, *shape: int) -> Case:
        inputs = {
            "pictures": rng.uniform(0, 1, (2, *shape, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, *shape, 1)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
        }
        return Case(name, inputs)

    return [case("two steps with five pictures", 5, 4, 4), case("two steps with three", 3, 5, 4)]


STEPS = "the first step", "a second step"


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the network is shown, the loss, and the weights, in two steps."""
    look, inputs = probe(framework), case.inputs
    network = look.tiny_denoiser()
    look.fill(network, drawn_weights(inputs["weights"]))
    look.spoil_gradients(network)
    optimizer = look.sgd(network, 0.1)
    model, given = look.watch_inputs(network)
    seen: Observation = {}
    for pictures, noise, when in zip(inputs["pictures"], inputs["noise"], STEPS, strict=True):
        clean = look.array(look.pictures(pictures))
        given.clear()
        loss = answer(model, optimizer, look.pictures(pictures), look.pictures(noise))
        blank = np.full(clean.shape, nan)
        shown = look.array(given[-1]) if given else blank
        shown = shown if shown.shape == blank.shape else blank
        seen |= {
            f"noise is shown in {when}": np.sign(np.abs(shown - clean).max().round(3)),
            f"pictures shown in {when}": shown,
            f"loss in {when}": look.array(loss, "The loss"),
            f"weights after {when}": flat(look.parameters(network)),
        }
    return seen | {"invariant ready to train": look.readiness(network)}
