"""A candidate's answer to mend: what both networks are told, and the training step."""

from __future__ import annotations

import numpy as np


def shaped(found: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What was found, filled up to a shape with `nan`; `nan` alone where it does not fit in there.

    What its own shape is, is looked at by itself.
    """
    filled = np.full(shape, np.nan)
    if found.ndim == len(shape) and all(np.asarray(found.shape) <= shape):
        filled[tuple(map(slice, found.shape))] = found
    return filled


def in_words(told: np.ndarray) -> np.ndarray:
    """Rows of a few numbers as text: what a picture is told is exactly that or wrong."""
    return np.asarray("; ".join(" ".join(f"{number:g}" for number in row) for row in told))


def drawn_classes(
    rng: np.random.Generator, pictures: int, classes: int, *, last: bool
) -> np.ndarray:
    """A class for each picture, never the same from both ends; with the last class or without."""
    top = classes - 1 if last else classes - 2
    labels = rng.integers(top, size=pictures)
    labels[0] = top
    return labels
