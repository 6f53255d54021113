"""How well pictures are found by sentences: by rank, and how well equal sentences let them be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RANKS = (1, 5, 10)


def say_the_same(prompts: np.ndarray) -> np.ndarray:
    """Which of N prompts (N, K) are equal: bool (N, N)."""
    prompts = np.asarray(prompts)
    return np.all(prompts[:, None] == prompts[None], axis=2)


def retrieval(
    similarity: np.ndarray, right: np.ndarray, *, ranks: Sequence[int] = RANKS
) -> dict[int, float]:
    """The share of T sentences with a right picture among the first k, for each k in `ranks`.

    `similarity` (T, P) says how well sentence and picture agree; `right` bool (T, P) which pictures
    count. Of pictures that agree equally well a wrong one comes first, so that a similarity that
    says nothing finds nothing.
    """
    best = np.where(right, similarity, -np.inf).max(axis=1, keepdims=True)
    if np.any(best == -np.inf):
        raise ValueError("For some sentence no picture is right.")
    before = np.sum(~right & (similarity >= best), axis=1)
    return {rank: float(np.mean(before < rank)) for rank in ranks}


def ceiling(prompts: np.ndarray, *, ranks: Sequence[int] = RANKS) -> dict[int, float]:
    """What the best reader can reach where only a sentence's *own* picture counts as right.

    Of m pictures with equal prompts (N, K) it can but guess the order: min(1, k / m), averaged.
    """
    equal = say_the_same(prompts).sum(axis=1)
    return {rank: float(np.minimum(1, rank / equal).mean()) for rank in ranks}


def swap_colours(prompts: np.ndarray) -> np.ndarray:
    """Prompts (N, 4) with main and second colour exchanged."""
    return np.asarray(prompts)[:, [0, 3, 2, 1]]
