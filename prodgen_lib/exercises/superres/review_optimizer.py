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
        case("a large gradient, then thirty small ones", 50.0, *30 * [1.0]),
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
    for size in inputs["sizes"]:
        move(network, optimizer, [size * rng.normal(0.3, 1, w.shape) for w in before])
    moves = [1000 * (now - was) for now, was in zip(look.parameters(network), before, strict=True)]
    return {
        "mean, lowest and highest move of the first biases": summary(moves[1]),
        "moves of the weights": flat(moves),
    }


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
