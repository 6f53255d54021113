"""What the exercises on tokens share: tensors of whole numbers, and tensors that lie otherwise."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Complaint
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import RETURNS_NOTHING


def turned(look: ModuleType, numbers: np.ndarray) -> object:
    """Numbers as a tensor that doesn't lie in a row in memory, where a framework has such a thing.

    Slices and turned axes are like this; `view` refuses them, and `reshape` does not.
    """
    tensor = look.tensor(np.swapaxes(numbers, -1, -2))
    return tensor.mT if hasattr(tensor, "mT") else look.tensor(numbers)


def held(look: ModuleType, numbers: np.ndarray, dtype: str = "float32") -> object:
    """Numbers as a `tf.Variable`, which functions in TensorFlow take like a tensor."""
    tensor = look.tensor(numbers, dtype)
    return look.tf.Variable(tensor) if hasattr(look, "tf") else tensor


def ids(found: object, like: object) -> np.ndarray:
    """The numbers of an answer that must be ids, int64 like the tensor `like`; else a complaint."""
    if not isinstance(found, type(like)):
        told = RETURNS_NOTHING if found is None else Text(*2 * (type(found).__name__,))
        raise Complaint(
            f"The answer is {told.en}; expected a tensor of ids.",
            f"答案给出的是 {told.zh}；应为 id 的张量。",
        )
    if found.dtype != like.dtype:
        raise Complaint(
            f"The answer's dtype is {found.dtype}; ids are {like.dtype}.",
            f"答案的 dtype 是 {found.dtype}；id 应为 {like.dtype}。",
        )
    return np.asarray(found).copy()


def probabilities(
    logits: np.ndarray,
    temperature: float = 1.0,
    top_k: int | None = None,
    allowed: np.ndarray | None = None,
) -> np.ndarray:
    """What `draw_token` draws from, in float64: which numbers to draw with, and what can't come."""
    left = (
        np.ones(logits.shape, bool) if allowed is None else np.broadcast_to(allowed, logits.shape)
    )
    logits = np.where(left, logits.astype(float), -np.inf)
    ranks = np.argsort(np.argsort(-logits, axis=-1, kind="stable"), axis=-1)
    left = left & (ranks < (logits.shape[-1] if top_k is None else top_k))
    tops = np.where(left, logits, -np.inf) / temperature
    shares = np.exp(tops - tops.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def inside(rng: np.random.Generator, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Uniform numbers (…) well inside the share of some id, and the share (…): no rounding decides.

    Ids are chosen alike, but for those whose share is a trifle.
    """
    flat = shares.reshape(-1, shares.shape[-1])
    chosen = np.array([rng.choice(np.flatnonzero(row > 0.01)) for row in flat])
    share, total = (np.take_along_axis(x, chosen[:, None], 1)[:, 0] for x in (flat, flat.cumsum(1)))
    uniform = total - share * rng.uniform(0.1, 0.9, len(flat))
    return uniform.reshape(shares.shape[:-1]), share.reshape(shares.shape[:-1])
