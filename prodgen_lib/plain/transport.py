"""Numbers in order, as transport in one dimension needs them, and small things around palettes.

All numpy, without data: what depends on counts alone, so that both frameworks take the same.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np


@cache
def quantile_steps(first: int, second: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where two sorted sets meet: indices into `first` and `second` numbers, and weights.

    The quantile function of n numbers is a staircase with n steps of width 1/n. Between two
    neighbouring ends of steps, of either set, both are flat: the part belongs to one number of each
    and weighs its width. At most first + second - 1 parts; the weights, float64, sum to 1.
    (2, 3) gives ([0, 0, 1, 1], [0, 1, 1, 2], [1/3, 1/6, 1/6, 1/3]).
    """
    # In whole units of 1/(first · second), so that equal ends are equal.
    ends = np.union1d(np.arange(1, first + 1) * second, np.arange(1, second + 1) * first)
    starts = np.concatenate([[0], ends[:-1]])
    return starts // second, starts // first, (ends - starts) / (first * second)


@cache
def quantile_places(count: int, known: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How `count` quantiles are read off `known` sorted numbers: (lower, upper, share of upper).

    The i-th of n numbers stands for the quantile (i + ½)/n; between two it is interpolated, and
    beyond the outermost it is that. With count = known each is its own.
    """
    place = np.clip((np.arange(count) + 0.5) * known / count - 0.5, 0, known - 1)
    lower = np.floor(place).astype(np.int64)
    return lower, np.minimum(lower + 1, known - 1), place - lower


@cache
def subsets(count: int) -> tuple[tuple[int, ...], ...]:
    """All subsets of 0..count-1 but the empty one, small ones first."""
    return tuple(c for size in range(1, count + 1) for c in combinations(range(count), size))


def random_turns(count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """`count` random rotations or reflections of `size` dimensions, uniform: (count, size, size).

    The Q of a QR decomposition of normal numbers, with signs by which it is unique (Mezzadri,
    arXiv:math-ph/0609050).
    """
    q, r = np.linalg.qr(rng.normal(0, 1, (count, size, size)))
    return q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None]
