"""Items of a test: does an exercise part those who know the rest from those who do not?

Allen and Yen, *Introduction to Measurement Theory* (1979), chapter 6: the point-biserial
correlation of an item with the score on the *other* items, since an item agrees with itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST = 10
"""Below so many people nothing is said: an interval would be as wide as what it is about."""
WEAK = 0.25
"""An item whose interval ends below this and reaches zero tells next to nothing about the rest."""


@dataclass(frozen=True)
class Discrimination:
    """Correlation of an item with the rest, from -1 to 1, and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """``reversed``, ``separates``, ``useless``, or ``unclear`` where the interval is wide."""
        if self.high < 0:
            return "reversed"
        if self.low > 0:
            return "separates"
        return "useless" if self.high < WEAK else "unclear"


def rest_scores(right: np.ndarray) -> np.ndarray:
    """For each item the share solved of the other items: (N, K) to (N, K).

    ``right`` is 1, 0, or NaN where a person was not asked; NaN too where there is no other item.
    """
    asked = ~np.isnan(right)
    solved = np.where(asked, right, 0.0)
    others = asked.sum(1, keepdims=True) - asked
    total = solved.sum(1, keepdims=True) - solved
    return np.where(others > 0, total / np.maximum(others, 1), np.nan)


def discriminations(
    right: np.ndarray, *, resamples: int = 2000, seed: int = 0
) -> list[Discrimination | None]:
    """Each item against the rest, with a percentile bootstrap over people; (N, K) to K of them.

    None where fewer than `FEWEST` were asked, or where all of them, or none, solved the item.
    """
    right = np.asarray(right, dtype=float)
    rest, rng = rest_scores(right), np.random.default_rng(seed)
    people = len(right)
    draws = rng.multinomial(people, np.full(people, 1 / people), size=resamples) if people else None
    return [_one(right[:, k], rest[:, k], draws) for k in range(right.shape[1])]


def _one(right: np.ndarray, rest: np.ndarray, draws: np.ndarray | None) -> Discrimination | None:
    known = ~np.isnan(right) & ~np.isnan(rest)
    if known.sum() < FEWEST:
        return None
    x, y = right[known], rest[known]
    value = float(_correlations(np.ones((1, len(x))), x, y)[0])
    if np.isnan(value):
        return None
    found = _correlations(draws[:, known].astype(float), x, y)
    low, high = np.nanquantile(found, (0.025, 0.975))
    return Discrimination(value, float(low), float(high))


def _correlations(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weighted correlations, one a row of ``weights`` (B, N); NaN where one side does not vary."""
    total = np.maximum(weights.sum(1), 1e-12)
    x, y = x - x.mean(), y - y.mean()
    mean_x, mean_y = weights @ x / total, weights @ y / total
    var_x = weights @ x**2 / total - mean_x**2
    var_y = weights @ y**2 / total - mean_y**2
    covariance = weights @ (x * y) / total - mean_x * mean_y
    varies = (var_x > 1e-12) & (var_y > 1e-12)
    spread = np.sqrt(np.where(varies, var_x * var_y, 1.0))
    return np.where(varies, covariance / spread, np.nan)


def share(part: int, whole: int) -> tuple[float, float, float]:
    """A share with its 95 % interval (Wilson, 1927); NaN where there is no whole."""
    if not whole:
        return (float("nan"),) * 3
    z, p = 1.959964, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * np.sqrt(p * (1 - p) / whole + z * z / (4 * whole**2)) / (1 + z * z / whole)
    # a bound at the edge is exact: rounding must not leave the share outside of its own interval
    return p, min(p, float(middle - half)), max(p, float(middle + half))
