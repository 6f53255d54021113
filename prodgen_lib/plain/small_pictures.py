"""Product pictures as rows of few tokens: 8×8 places, each one of 64 colours, and a word in front.

Small enough that a transformer of a few thousand weights learns them in seconds, which makes a
study of scale possible on two cores.
"""

from __future__ import annotations

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.spatial import cKDTree

SIDE, COLOURS, CATEGORIES = 8, 64, 10
PLACES = SIDE * SIDE
IDS = COLOURS + CATEGORIES


def shrink(pictures: np.ndarray, *, side: int = SIDE) -> np.ndarray:
    """Pictures uint8 (N, H, W, 3) as means of equal squares: float32 (N, side, side, 3), 0 to 255.

    H and W are multiples of `side`.
    """
    count, height, width, channels = pictures.shape
    squares = pictures.reshape(count, side, height // side, side, width // side, channels)
    return squares.mean(axis=(2, 4), dtype=np.float32)


def palette(pictures: np.ndarray, *, colours: int = COLOURS, seed: int = 0) -> np.ndarray:
    """The colours (colours, 3) that stand for all in some pictures, found by k-means."""
    pixels = shrink(pictures).reshape(-1, 3)
    return kmeans2(pixels, colours, minit="++", seed=seed)[0].astype(np.float32)


def to_rows(pictures: np.ndarray, labels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Rows of ids (N, 1 + 64): the category's word, then each square's nearest colour, row by row.

    Colours have the ids 0 to 63, the words 64 to 73.
    """
    ids = cKDTree(colours).query(shrink(pictures).reshape(-1, 3))[1].reshape(len(pictures), -1)
    return np.concatenate([COLOURS + np.asarray(labels)[:, None], ids], axis=1)


def from_rows(rows: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Rows of ids as pictures uint8 (N, 8, 8, 3); a word in a square is shown black."""
    known = np.concatenate([colours, np.zeros((CATEGORIES, 3), np.float32)])
    pictures = known[rows[:, 1:]].reshape(len(rows), SIDE, SIDE, 3)
    return np.clip(np.rint(pictures), 0, 255).astype(np.uint8)
