"""The losses: values, and their gradients for every logit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe, yes

BY_HAND = (np.log(2) + np.log1p(np.exp(-2))) / 2  # the mean of softplus(0) and softplus(-2)


def logit_cases(worked: dict[str, list[float]], by_hand: float) -> Callable:
    """Logits worked by hand, then one picture, extreme logits, and batches from a seed."""

    def make(rng: np.random.Generator) -> list[Case]:
        def draw(*shape: int) -> dict[str, np.ndarray]:
            return {name: rng.normal(0, 2, shape).astype(np.float32) for name in worked}

        extreme = np.array([100, -100, 30, -30, -60, 60], np.float32)
        far = {name: np.roll(extreme, 2 * place) for place, name in enumerate(worked)}
        return [
            Case("the logits worked by hand", _rows(worked), {"loss": by_hand}),
            Case("a batch of one", draw(1)),
            Case("logits as far as ±100", far),
            Case("a batch of seven", draw(7)),
            Case("three batches of five", draw(3, 5)),
        ]

    return make


def _rows(lists: dict[str, list[float]]) -> dict[str, np.ndarray]:
    return {name: np.asarray(values, np.float32) for name, values in lists.items()}


def observe_loss(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss and its gradients; whether the order of the batch matters, and a common shift.

    No gradients at the logits worked by hand: at exactly 0, a softplus made of |t| has a kink.
    """
    look = probe(framework)
    tensors = [look.tensor(np.atleast_2d(values)) for values in case.inputs.values()]
    single = next(iter(case.inputs.values())).ndim == 1
    batches = [look.value_and_gradients(answer, *rows) for rows in zip(*tensors, strict=True)]
    seen = {"loss": batches[0][0] if single else np.stack([value for value, _ in batches])}
    for place, name in enumerate([] if case.by_hand else case.inputs):
        gradients = [found[place] for _, found in batches]
        seen[f"gradient of {name}"] = gradients[0] if single else np.stack(gradients)
    if not single:
        first = [values[0] for values in case.inputs.values()]
        turned = answer(*(look.tensor(np.roll(values, 2)) for values in first))
        seen["invariant order of the batch"] = yes(_near(look.array(turned), batches[0][0]))
        if len(first) == 2:
            shifted = answer(*(look.tensor(values + 3) for values in first))
            seen["invariant common shift"] = yes(_near(look.array(shifted), batches[0][0]))
    return seen


def _near(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-4, atol=1e-4))
