from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import flat, probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors

STEPS = "the first step", "a second step"
LOSS = Text("The loss", "损失")


def cases(rng: np.random.Generator) -> list[Case]:
    """One number and one weight by hand; codes, some large, by plain descent; pictures, by Adam."""

    def draw(name: str, *shape: int, size: float = 1.0, **how: bool) -> Case:
        arrays = floats(
            pictures=rng.normal(0, size, (2, *shape)),
            noise=rng.normal(0, 1, (2, *shape)),
            t=rng.uniform(0.1, 0.9, (2, shape[0])),
            weights=rng.normal(0, 1, 5),
        )
        arrays["t"][:, [0, -1]] = 0, 1
        told = rng.integers(1, 4, (2, shape[0], 2))
        told[:, 0] = 0, 3  # never all the same, so that it shows when they are dropped
        if "adam" in how:
            told[..., 1] = 0  # no gradient, so that Adam moves this weight only where others pull
        return Case(name, arrays | {"labels": told} | how)

    worked = floats(pictures=[[[2]]] * 2, noise=[[[-1]]] * 2, t=[[0.25]] * 2, weights=[0])
    by_hand = {
        "loss in the first step": 9.0,
        "weights after the first step": [-0.75],
        "loss in a second step": 2.0625**2,
        "weights after a second step": [-1.265625],
    }
    return [
        Case("one number worked by hand", worked | {"labels": np.zeros((2, 1, 2), int)}, by_hand),
        draw("two steps of plain descent with four codes", 4, 3),
        draw("two steps of plain descent with large codes", 4, 3, size=8.0),
        draw(
            "two steps of Adam with three pictures, as training calls them",
            *(3, 2, 3, 2),
            adam=True,
            compiled=True,
        ),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Losses and weights of two steps, with old gradients about before the first."""
    look, inputs = probe(framework), case.inputs
    tiny = import_module(f"prodgen_lib.exercises.diffusion.tiny_{framework.name}")
    network, drawn = tiny.TinyFlow(len(inputs["weights"])), iter(inputs["weights"])
    look.fill(network, lambda shape, _: np.full(shape, next(drawn)))
    look.spoil_gradients(network)
    by_adam = inputs.get("adam")
    optimizer = (
        framework.bridge.adam(network, 0.1, (0.9, 0.99)) if by_adam else look.sgd(network, 0.1)
    )
    step, changed = guarded(look.compiled(answer) if inputs.get("compiled") else answer)
    seen, held = {}, []
    for place, when in enumerate(STEPS):
        batch = {name: inputs[name][place] for name in ("pictures", "noise", "t")}
        labels = framework.module("cgan").to_labels(inputs["labels"][place])
        loss = step(network, optimizer, *tensors(look, batch, *batch), labels)
        seen |= {
            f"loss in {when}": look.array(loss, LOSS),
            f"weights after {when}": flat(look.parameters(network)),
        }
        held += [] if look.graph_free(loss) else [when]
    return seen | {
        "invariant loss without a graph": np.asarray(", ".join(held)),
        STAYS: changed(),
        "invariant ready to train": look.readiness(network),
    }
