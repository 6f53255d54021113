"""The conditional losses: values, and gradients for whom each is there to teach."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework
from prodgen_lib.exercises.cgan.wishes import as_told, drawn_labels
from prodgen_lib.exercises.common import drawn_weights, probe

KINDS = 4  # outputs of the small network behind `judged`


def loss_cases(worked: float) -> Callable[[np.random.Generator], list[Case]]:
    """Two pairs by hand, with this loss; one pair; far logits; as `train` calls it; a batch."""

    def make(rng: np.random.Generator) -> list[Case]:
        def case(name: str, pairs: int, *counts: int, **inputs: object) -> Case:
            pictures = rng.uniform(-1, 1, (2, pairs, 4, 4, 1)).astype(np.float32)
            given = {
                "real": pictures[0],
                "fake": pictures[1],
                "labels": drawn_labels(rng, pairs, counts),
                "counts": counts,
                "mixing": rng.normal(0, 1, (sum(counts), KINDS)).astype(np.float32),
                "weights": int(rng.integers(2**31)),
            }
            return Case(name, {**given, **inputs})

        by_hand = {
            "real": np.float32([1, -1]).reshape(2, 1, 1, 1),
            "fake": np.float32([0.5, 2]).reshape(2, 1, 1, 1),
            "labels": np.array([[0], [1]]),
            "counts": (2,),
            "mixing": np.float32([[1], [2]]),
        }
        far = case("three pairs with logits as far as ±100", 3, 3, 2, far=90.0)
        far.inputs["real"][:, 0, 0, 0] = 1, -1, 1  # the first pixel counts `far` in the logit
        far.inputs["fake"][:, 0, 0, 0] = -1, 1, -1
        return [
            Case("the two pairs worked by hand", by_hand, {"loss": worked}),
            case("one pair", 1, 3),
            far,
            case("four pairs, as `train` calls it", 4, 5, 2, compiled=True),
            case("five pairs, two questions", 5, 3, 4),
        ]

    return make


def judged_by_hand(framework: Framework, inputs: dict) -> Callable:
    """Pictures of one pixel and labels to logits: pixel times (label + 1)."""
    look, one_hot = probe(framework), framework.module("cgan").one_hot
    factors = look.tensor(inputs["mixing"])

    def judged(images, labels):
        return images[:, 0, 0, 0] * (one_hot(labels, inputs["counts"]) @ factors)[:, 0]

    return judged


def judged_by_network(framework: Framework, inputs: dict) -> tuple[Callable, object]:
    """Pictures and labels to logits by a small network, and that network.

    It makes a few numbers of a picture, and the labels say how much each of them counts.
    """
    look, one_hot = probe(framework), framework.module("cgan").one_hot
    network = look.tiny_discriminator(1, classes=KINDS)
    look.fill(network, drawn_weights(inputs["weights"]))
    mixing, ones = look.tensor(inputs["mixing"]), look.tensor(np.ones((KINDS, 1)))

    def judged(images, labels):
        shares = one_hot(labels, inputs["counts"]) @ mixing
        logits = ((look.call(network, images, training=True) * shares) @ ones)[:, 0]
        return 0.5 * logits + inputs.get("far", 0.0) * images[:, 0, 0, 0]

    return judged, network


def as_loss(answer: Callable, case: Case, look: ModuleType, judged: Callable) -> Callable:
    """The answer as a function of real and fake pictures and labels."""
    return as_told(lambda real, fake, labels: answer(judged, real, fake, labels), case, look)
