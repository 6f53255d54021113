"""The losses: values, and their gradients for every logit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe

BY_HAND = (np.log(2) + np.log1p(np.exp(-2))) / 2  # the mean of softplus(0) and softplus(-2)


def logit_cases(worked: dict[str, list[float]], by_hand: float) -> Callable:
    """Logits worked by hand; from a seed one picture, far logits, and batches, one compiled."""

    def make(rng: np.random.Generator) -> list[Case]:
        def draw(*shape: int) -> dict[str, np.ndarray]:
            return {name: rng.normal(0, 2, shape).astype(np.float32) for name in worked}

        extreme = np.array([100, -100, 30, -30, -60, 60])
        order, near = rng.permutation(6), rng.uniform(0.95, 1, (len(worked), 6))
        far = {  # in pairs, each logit meets another size
            name: (near[place] * np.roll(extreme, 2 * place))[order].astype(np.float32)
            for place, name in enumerate(worked)
        }
        compiled = {"compiled": True, **draw(4)}
        return [
            Case("the logits worked by hand", _rows(worked), {"loss": by_hand}),
            Case("a batch of one", draw(1)),
            Case("logits as far as ±100", far),
            Case("a batch of seven", draw(7)),
            Case("a batch of four, as a training step calls it", compiled),
            Case("three batches of five", draw(3, 5)),
        ]

    return make


def _rows(lists: dict[str, list[float]]) -> dict[str, np.ndarray]:
    return {name: np.asarray(values, np.float32) for name, values in lists.items()}


def observe_loss(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss and its gradients; the loss in another order of the batch, after a common shift.

    No gradients at the logits worked by hand: at exactly 0, a softplus made of |t| has a kink.
    """
    look = probe(framework)
    inputs = {name: values for name, values in case.inputs.items() if name != "compiled"}
    loss = look.compiled(answer) if "compiled" in case.inputs else answer
    tensors = [look.tensor(np.atleast_2d(values)) for values in inputs.values()]
    single = next(iter(inputs.values())).ndim == 1
    batches = [look.value_and_gradients(loss, *rows) for rows in zip(*tensors, strict=True)]
    seen = {"loss": batches[0][0] if single else np.stack([value for value, _ in batches])}
    for place, name in enumerate([] if case.by_hand else inputs):
        gradients = [found[place] for _, found in batches]
        seen[f"gradient of {name}"] = gradients[0] if single else np.stack(gradients)
    if not single:
        first = [values[0] for values in inputs.values()]
        turned = answer(*(look.tensor(np.roll(values, 2)) for values in first))
        seen["invariant order of the batch"] = look.array(turned)
        if len(first) == 2:
            shifted = answer(*(look.tensor(values + 3) for values in first))
            seen["invariant common shift"] = look.array(shifted)
    return seen
