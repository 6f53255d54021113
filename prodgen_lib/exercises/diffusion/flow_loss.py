from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors, times


def cases(rng: np.random.Generator) -> list[Case]:
    """Two numbers by hand, with a network that predicts 0; codes; pictures."""

    def draw(name: str, *shape: int) -> Case:
        arrays = floats(
            pictures=rng.normal(0, 1, shape),
            noise=rng.normal(0, 1, shape),
            t=rng.uniform(0.1, 0.9, shape[0]),
            weights=rng.normal(0, 1, 4),
        )
        return Case(name, arrays | {"labels": rng.permutation(9)[: shape[0]]})

    worked = floats(pictures=[[1], [2]], noise=[[0], [1]], t=[0.25, 0.75], weights=[0, 0, 0, 0])
    return [
        Case("two numbers worked by hand", worked | {"labels": np.array([0, 1])}, {"loss": 1.0}),
        draw("four codes", 4, 3),
        draw("three pictures", 3, 2, 3, 2),
        draw("one code", 1, 5),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and its gradient for the four weights of a small curved network."""
    answer, changed = guarded(answer)
    look, beside = probe(framework), framework.module("diffusion").beside
    pictures, noise, t = tensors(look, case.inputs, "pictures", "noise", "t")
    labels = framework.module("cgan").to_labels(case.inputs["labels"])

    def loss(weights):
        def network(mixed, at, asked):
            times(at, mixed)
            told = beside(look.tensor(np.asarray(asked, np.float32)), mixed)
            time = beside(at, mixed)
            curved = weights[0] * mixed + weights[1] * mixed**2
            return curved + weights[2] * time**2 * (1 + mixed) + weights[3] * told * mixed

        return answer(network, pictures, noise, t, labels)

    value, (gradient,) = look.value_and_gradients(loss, look.tensor(case.inputs["weights"]))
    return {"loss": value, "gradient of the network": gradient, STAYS: changed()}
