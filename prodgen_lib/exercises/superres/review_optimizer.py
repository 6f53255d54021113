"""The candidate's network that doubles pictures: what each of its faults shows.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import (
    flat,
    probe,
    summary,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Gradients that change their size and sign, that vanish, and that shrink for a long time.

    Without gradients Adam stands still, and only a decay of weights moves any. After one large
    gradient many small ones show for how long the optimiser remembers it.
    """

    def case(name: str, *sizes: float) -> Case:
        return Case(name, {"sizes": sizes, "seed": int(rng.integers(2**31))})

    return [
        case("one step", 1.0),
        case("five steps", *rng.uniform(0.1, 2, 5)),
        case("three steps without gradients", 0.0, 0.0, 0.0),
        case("a large gradient, then twenty small ones", 50.0, *20 * [1.0]),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How far the optimiser moves each weight, in thousandths, by gradients drawn at random."""
    look, inputs = probe(framework), case.inputs
    network = look.tiny_denoiser()
    rng = np.random.default_rng(inputs["seed"])
    look.fill(
        network,
        lambda shape, _: rng.normal(0, 3 if len(shape) > 1 else 0.01, shape).astype(np.float32),
    )
    optimizer, before = answer(network), look.parameters(network)
    if not hasattr(optimizer, "step" if framework.name == "torch" else "apply_gradients"):
        kind = look.kind(optimizer)
        raise Complaint(
            f"The answer is {kind.en}; expected an optimiser.",
            f"答案给出的是 {kind.zh}；应为一个优化器。",
        )
    for place, size in enumerate(inputs["sizes"]):
        if place == 2 * len(inputs["sizes"]) // 3:
            late = look.parameters(network)
        move(network, optimizer, [size * gradient(rng, w.shape) for w in before])
    after = look.parameters(network)
    moves = 1000 * (flat(after) - flat(before))
    if not any(inputs["sizes"]):
        return {"moves without gradients": moves}
    return {
        "mean, lowest and highest move of the first biases": summary(1000 * (after[1] - before[1])),
        "moves of the weights": moves,
        "moves of the weights in the last steps": 1000 * (flat(after) - flat(late)),
    }


def gradient(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of either sign and about size 1, none near 0: all weights move at one pace."""
    return rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1, 1], shape)


def move(network: Any, optimizer: Any, gradients: list[np.ndarray]) -> None:
    """One update by these gradients."""
    if hasattr(optimizer, "apply_gradients"):
        import tensorflow as tf

        tensors = [tf.constant(gradient, tf.float32) for gradient in gradients]
        optimizer.apply_gradients(zip(tensors, network.trainable_variables, strict=True))
        return
    import torch

    for weight, gradient in zip(network.parameters(), gradients, strict=True):
        weight.grad = torch.tensor(gradient, dtype=torch.float32)
    optimizer.step()
