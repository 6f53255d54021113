"""Product pictures with what is known of them: exact when drawn here, guessed for a photograph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.cluster.vq import kmeans2

from prodgen_lib.data.catalogue import complete
from prodgen_lib.data.cloth import COLOURS
from prodgen_lib.data.errors import whole
from prodgen_lib.plain.layers import layers
from prodgen_lib.plain.matte import estimate_matte

SWATCHES = np.array(list(COLOURS.values()), np.float32)
"""The twelve colours of the catalogue, (12, 3) in [0, 1]."""


@dataclass(frozen=True)
class Shots:
    """N product pictures, float32 in [0, 1]: pictures and wall N×S×S×3, matte and shadow N×S×S×1.

    The matte says how much of a pixel is product, the wall what is behind it, with its shadow; the
    shadow, what is left of the wall's light. colours: (N, 2, 3), the product's main and second one.
    """

    pictures: np.ndarray
    matte: np.ndarray
    wall: np.ndarray
    shadow: np.ndarray
    colours: np.ndarray


def drawn(factors: Mapping[str, object], size: int = 64) -> Shots:
    """The catalogue's pictures of these factors, rounded to 8 bits, and all else exactly."""
    table = complete(factors)
    parts = layers(table, size)
    colours = np.stack([SWATCHES[table["main"]], SWATCHES[table["second"]]], axis=1)
    painted = parts.paint(colours[:, 0], colours[:, 1], parts.wall)
    pictures = np.rint(255 * painted).astype(np.float32) / 255
    return Shots(pictures, parts.matte, parts.wall, parts.shadow, colours)


def photographed(picture: np.ndarray, size: int = 64) -> Shots:
    """One picture, uint8 (H, W, 3), cut to a square in its middle; all else is guessed from it."""
    whole("size of a picture", size, 17)
    side = min(picture.shape[:2])
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    square = Image.fromarray(picture[top : top + side, left : left + side])
    small = np.asarray(square.resize((size, size), Image.Resampling.LANCZOS), np.float32) / 255
    matte, wall = estimate_matte(small[None])
    light = wall.mean(axis=3, keepdims=True)
    return Shots(
        small[None], matte, wall, light / light.max(), guessed_colours(small, matte[0])[None]
    )


def guessed_colours(picture: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """Two colours that stand for a product S×S×3 with a matte S×S×1: (2, 3), the frequent first.

    Colours that differ by shading alone lie on one ray from black; so rays are put into two heaps
    (k-means), and the brighter half of a heap gives its colour. Without a product, both are grey.
    """
    points = picture[matte[..., 0] > 0.98].astype(np.float64)
    if len(points) < 8:
        return np.full((2, 3), 0.5, np.float32)
    rays = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 0.05)
    _, heap = kmeans2(rays, 2, seed=0, minit="++")
    found = []
    for number in np.argsort(-np.bincount(heap, minlength=2)):
        own = points[heap == number] if (heap == number).any() else points
        level = own.sum(axis=1)
        found.append(own[level >= np.median(level)].mean(axis=0))
    return np.array(found, np.float32)
