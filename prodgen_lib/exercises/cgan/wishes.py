"""How a wish enters a network: rows joined to noise, planes beside pictures, a product of both."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework


def drawn(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers from N(0, 1) as float32."""
    return rng.normal(0, 1, shape).astype(np.float32)


def drawn_labels(rng: np.random.Generator, pictures: int, counts: tuple[int, ...]) -> np.ndarray:
    """An answer to each question for each picture, (N, K): never the same from both ends.

    The first answer is the last one that there is; the second picture's differ by question.
    """
    labels = np.stack([rng.integers(count, size=pictures) for count in counts], axis=1)
    if pictures > 1:
        labels[-1] = rng.integers(np.asarray(counts) - 1)
        labels[0] = np.asarray(counts) - 1
    if pictures > 2:
        labels[1] = [(labels[1, 0] + k) % count for k, count in enumerate(counts)]
    return labels


def as_told(answer: Callable, case: Case, look: ModuleType) -> Callable:
    """The answer; compiled where the case says that it is called as the training loop does."""
    return look.compiled(answer) if case.inputs.get("compiled") else answer


def value_and_gradients(
    look: ModuleType, function: Callable, tensors: list, seed: int = 0
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A function's value, and the gradients of the sum of its numbers, each with its own weight.

    A complaint about other numbers than float32: the next layer would not take them.
    """
    found = function(*tensors)
    value = look.array(found)
    if "float32" not in str(found.dtype):
        raise Complaint(
            "The answer holds other numbers than float32: the next layer takes no other.",
            "答案里有不是 float32 的数：下一层只接受 float32。",
        )
    weights = look.tensor(np.random.default_rng(seed).uniform(0.5, 1.5, value.shape))
    _, gradients = look.value_and_gradients(lambda *given: function(*given) * weights, *tensors)
    return value, gradients


def channels_last(pictures: np.ndarray, framework: Framework) -> np.ndarray:
    """Pictures as N×H×W×C; what has another number of axes stays as it is."""
    moved = framework.name == "torch" and pictures.ndim == 4
    return np.moveaxis(pictures, 1, -1) if moved else pictures
