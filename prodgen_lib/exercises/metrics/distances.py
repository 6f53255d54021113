"""Distances between sets of features: Fréchet, and the kernel distance with its error."""

from __future__ import annotations

import numpy as np


def two_sets(
    rng: np.random.Generator, rows_a: int, rows_b: int, features: int
) -> dict[str, np.ndarray]:
    """Two sets of features that depend on each other, each in its own way."""
    sets = {}
    for name, rows in (("a", rows_a), ("b", rows_b)):
        mixing = rng.normal(0, 0.7, (features, features))
        drawn = rng.normal(0, 1, (rows, features)) @ mixing + rng.normal(0, 0.7, features)
        sets[name] = drawn.astype(np.float32)
    return sets


def rows(*numbers: float) -> np.ndarray:
    """A set with one feature."""
    return np.array(numbers, np.float32)[:, None]
