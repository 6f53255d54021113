"""Filters that need no training, (size, size, channels, count) as Keras lays them out."""

from __future__ import annotations

import numpy as np

BINOMIAL = (np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256).astype(np.float32)
"""A soft blur over 5×5 pixels, sum 1."""


def random_filters(
    count: int, size: int, *, channels: int = 3, seed: int = 0, flat: bool = False
) -> np.ndarray:
    """`count` filters of normal numbers, float32, each of length 1.

    Unless `flat`, each has mean 0 per channel, so that it is blind to an even colour.
    """
    filters = np.random.default_rng(seed).normal(0, 1, (size, size, channels, count))
    if not flat:
        filters -= filters.mean(axis=(0, 1), keepdims=True)
    return (filters / np.sqrt((filters**2).sum(axis=(0, 1, 2)))).astype(np.float32)
