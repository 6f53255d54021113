from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import (
    STAYS,
    floats,
    gaussian_network,
    guarded,
    tensors,
    times,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Two steps by hand; one, five, three and two towards Gaussian data, in closed form."""

    def draw(name: str, steps: int, *shape: int, away: float = 0.0) -> Case:
        arrays = floats(start=rng.normal(0, 2, shape))
        arrays["start"].flat[[0, -1]] = 12, -12  # beyond whatever a start may be clipped to
        told = {"labels": rng.integers(1, 4, shape[0]) * [1, -1, 2, 3][: shape[0]], "steps": steps}
        return Case(name, arrays | told | {"mean": away + rng.uniform(0.5, 1.5), "spread": 0.5})

    by_hand = floats(start=[[1]]) | {"labels": np.array([0]), "steps": 2}
    return [
        Case("two steps worked by hand", by_hand, {"pictures": [[-0.25]]}),
        draw("one step", 1, 2, 3),
        draw("five steps, three codes", 5, 3, 4),
        draw("three steps, two pictures", 3, 2, 2, 3, 1),
        draw("two steps, codes far from 0", 2, 3, 2, away=-15.0),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the network is told at each call, and what comes of it."""
    look, inputs = probe(framework), case.inputs
    answer, changed = guarded(answer)
    (start,) = tensors(look, inputs, "start")
    labels = framework.module("cgan").to_labels(inputs["labels"])
    if case.by_hand:
        beside = framework.module("diffusion").beside

        def network(mixed, t, asked):
            times(t, mixed)
            return mixed + beside(t, mixed)

        pictures = look.array(answer(network, start, labels, steps=inputs["steps"]))
        return {"pictures": pictures, STAYS: changed()}
    network, told = gaussian_network(framework, inputs["mean"], inputs["spread"])
    pictures = look.array(answer(network, start, labels, steps=inputs["steps"]))
    return {
        "times that the network is told": np.array(told["times"]),
        "labels that the network is told": np.array(told["labels"]),
        "pictures": pictures,
        STAYS: changed(),
    }
