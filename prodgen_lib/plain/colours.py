"""Colours of products as points in the plane, and points as colours. Serves both frameworks."""

from __future__ import annotations

import numpy as np

from prodgen_lib.plain.pairs import lab

REACH = 25.0  # units of CIE Lab that count as 1
LIGHTNESS = 65.0  # of the colours that stand for points


def product_colours(pictures: np.ndarray) -> np.ndarray:
    """The colour of each product, without its lightness: float32 (N, 2), (a*, b*) / 25.

    `pictures` are uint8 N×H×W×3. Pixels count by how far their colour is from the median of the
    border, so that the background hardly counts. Grey products lie at 0, and a* runs from green to
    red, b* from blue to yellow.
    """
    values = lab(pictures.astype(np.float32) / 255)
    border = np.concatenate(
        [values[:, 0], values[:, -1], values[:, 1:-1, 0], values[:, 1:-1, -1]], axis=1
    )
    far = np.linalg.norm(values - np.median(border, axis=1)[:, None, None], axis=-1, keepdims=True)
    weights = np.clip(far - 10, 1e-3, None)
    means = (weights * values).sum(axis=(1, 2)) / weights.sum(axis=(1, 2))
    return (means[:, 1:] / REACH).astype(np.float32)


def paint(points: np.ndarray) -> np.ndarray:
    """The colour that a point (N, 2) of `product_colours` stands for: sRGB in [0, 1], (N, 3).

    At lightness 65; what a screen can't show is cut off at its limits.
    """
    a, b = np.asarray(points, np.float64).T * REACH
    y = (LIGHTNESS + 16) / 116
    f = np.stack([y + a / 500, np.full_like(a, y), y - b / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.9505, 1.0, 1.089]
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    linear = np.clip(xyz @ np.linalg.inv(matrix).T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
