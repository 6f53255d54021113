"""Wishes and pictures that belong together, from what the drawn catalogue knows exactly.

All numpy. Pictures are uint8 N×32×32×3, covers and masks float32 N×32×32×1. `factors` is the factor
table of catalogue pictures (`Dataset.factors`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from prodgen_lib.data.catalogue import COLOUR_NAMES, render
from prodgen_lib.data.cloth import COLOURS
from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.errors import DataError, one_of

TASKS = ("outline", "background")
LOW, HIGH = 0.86, 0.97  # the darkest and the lightest background of the catalogue


def conditions(data: Dataset) -> tuple[np.ndarray, tuple[int, ...]]:
    """What a generator can be asked for: labels int64 (N, K), and how many answers each has.

    Of the catalogue K = 2, category and main colour; of other data sets K = 1, the category.
    """
    columns, counts = [data.labels], [len(data.classes)]
    if data.factors is not None and "main" in data.factors:
        columns.append(data.factors["main"])
        counts.append(len(COLOUR_NAMES))
    return np.stack(columns, axis=1).astype(np.int64), tuple(counts)


def cover(factors: Mapping[str, np.ndarray]) -> np.ndarray:
    """How much of each pixel the product covers: N×32×32×1, 1 on the product, 0 beside it.

    The same product is painted before a dark and before a light wall: where it covers the wall,
    nothing changes. The faintest shadow is left, of which a tenth at most counts as product.
    """
    plain = dict(factors) | {"tint": 0.0, "shadow": 0.1}
    light, dark = (_render(plain | {"brightness": value}) for value in (HIGH, LOW))
    change = (light.astype(np.float32) - dark).mean(axis=3, keepdims=True)
    return np.clip(1 - change / (255 * (HIGH - LOW)), 0, 1)


def outline(factors: Mapping[str, np.ndarray]) -> np.ndarray:
    """A line drawing of each product, dark on white: its edge and the edges of its parts.

    Drawn from the same product in two fixed colours and without a pattern, so that nothing in the
    drawing tells the colours or the pattern of the picture that belongs to it.
    """
    clay = dict(factors) | {"main": 10, "second": 4, "pattern": 0, "tint": 0.0, "shadow": 0.1}
    return line_drawing(_render(clay))


def line_drawing(pictures: np.ndarray) -> np.ndarray:
    """Dark lines on white where a picture's brightness changes fast."""
    grey = pictures.astype(np.float32).mean(axis=3) / 255
    across, down = (  # Sobel, in each picture by itself
        ndimage.correlate1d(ndimage.correlate1d(grey, [-1, 0, 1], one), [1, 2, 1], other)
        for one, other in ((2, 1), (1, 2))
    )
    ink = np.clip((np.hypot(across, down) - 0.5) / 1.0, 0, 1)
    return np.repeat(np.rint(255 * (1 - 0.85 * ink)).astype(np.uint8)[..., None], 3, axis=3)


def styled(factors: Mapping[str, np.ndarray]) -> np.ndarray:
    """The same products before a teal wall, on a wooden floor: the shadow is kept.

    The neutral wall is taken out by `cover`. Where the product's shadow darkened it, the new scene
    is darkened by the same share.
    """
    neutral = _render(factors).astype(np.float32) / 255
    share = cover(factors)
    bare = _render(dict(factors) | {"shadow": 0.1}).astype(np.float32) / 255
    shade = np.clip(neutral / np.maximum(bare, 0.05), 0, 1).mean(axis=3, keepdims=True)
    rows = (np.arange(neutral.shape[1]) >= 22)[None, :, None, None]
    scene = np.where(rows, np.float32([0.72, 0.52, 0.34]), np.float32([0.42, 0.66, 0.68])) * shade
    wall = np.median(neutral[:, :3], axis=(1, 2), keepdims=True)
    product = np.where(share > 0.05, (neutral - (1 - share) * wall) / np.maximum(share, 0.05), 0)
    mixed = share * np.clip(product, 0, 1) + (1 - share) * scene
    return np.rint(255 * np.clip(mixed, 0, 1)).astype(np.uint8)


def pairs(task: str, data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Source and target pictures of a translation, uint8, pair by pair.

    "outline": a line drawing and the product; "background": the product as it is, and before a
    styled wall. Both are exact for the catalogue. Other data sets have no factors: their outlines
    are the edges of their pictures, and the background is unknown.
    """
    one_of("translation", task, TASKS)
    known = data.factors is not None and "main" in data.factors
    if task == "outline":
        return (outline(data.factors) if known else line_drawing(data.images)), data.images
    if not known:
        raise DataError(f"Only the catalogue knows its products' backgrounds, not {data.name}.")
    return data.images, styled(data.factors)


def corner_masks(count: int, *, size: int = 32, hole: int = 12, seed: int = 0) -> np.ndarray:
    """`count` masks (count, size, size, 1): 1 in a square of `hole`×`hole` pixels in a corner."""
    low, right = np.random.default_rng(seed).integers(2, size=(2, count)) > 0
    near = np.arange(size) < hole
    rows, columns = (np.where(far[:, None], near[::-1], near) for far in (low, right))
    return (rows[:, :, None] & columns[:, None, :])[..., None].astype(np.float32)


def colour_error(pictures: np.ndarray, colours: np.ndarray, *, share: float = 0.1) -> np.ndarray:
    """How far each picture is from the colour asked for: (N,), CIE Lab distance (ΔE 1976).

    `colours` (N,) count through the catalogue's colours. Of each picture the `share` of pixels
    that are nearest to the asked colour counts, by their mean distance: shade and pattern leave at
    least so much of a product in its own colour. Compare with real pictures and with wishes dealt
    out anew.
    """
    asked = lab(np.array(list(COLOURS.values()), np.float32))[np.asarray(colours)]
    found = lab(pictures.astype(np.float32) / 255).reshape(len(pictures), -1, 3)
    apart = np.sort(np.linalg.norm(found - asked[:, None], axis=2), axis=1)
    return apart[:, : max(1, round(share * apart.shape[1]))].mean(axis=1)


def lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] (…, 3) as CIE Lab under daylight D65 (IEC 61966-2-1; CIE 15)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = linear @ np.array(matrix).T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def diversity(features: np.ndarray, labels: np.ndarray) -> float:
    """Mean distance between two pictures of one category, in features (N, D); over categories."""
    spreads = []
    for k in np.unique(labels):
        part = features[labels == k].astype(np.float64)
        square = (part**2).sum(axis=1)
        apart = np.sqrt(np.clip(square[:, None] + square - 2 * part @ part.T, 0, None))
        spreads.append(apart.sum() / (len(part) * (len(part) - 1)))
    return float(np.mean(spreads))


def _render(factors: Mapping[str, object]) -> np.ndarray:
    count = len(np.atleast_1d(factors["category"]))
    table = {name: np.broadcast_to(np.asarray(value), count) for name, value in factors.items()}
    return render(table, 32)
