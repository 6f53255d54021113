"""What augmentation by quarter turns does to a distribution, exactly. Serves both frameworks."""

from __future__ import annotations

import numpy as np


def quarter_matrix(probability: float) -> np.ndarray:
    """The shares of the four quarters after the turns, from those before: (4, 4).

    With `probability` a point is turned by 0, 1, 2 or 3 quarters, each as likely. Column j says
    what becomes of quarter j: a circulant matrix with the eigenvalues 1 and, three times, 1 - p. So
    it can be undone for every probability below 1.
    """
    return (1 - probability) * np.eye(4) + probability / 4


def leaked_share(probability: float) -> float:
    """The share of turned samples of a generator that copies turned data: three quarters of p."""
    return 0.75 * probability


def quarters(points: np.ndarray) -> np.ndarray:
    """Which quarter of the plane points (N, 2) lie in: 0 right, 1 above, 2 left, 3 below."""
    angle = np.arctan2(points[:, 1], points[:, 0])
    return np.floor(angle / (np.pi / 2) + 0.5).astype(np.int64) % 4


def in_the_right_quarter(points: np.ndarray, *, reach: float = 1.75) -> np.ndarray:
    """Which points lie in the right quarter, clear of its edges and of the middle: bool (N,)."""
    return (points[:, 0] > reach * np.abs(points[:, 1])) & (points[:, 0] > 0.4)
