"""Whether pictures and labels fit what a network takes: one sentence if not, in both frameworks."""

from __future__ import annotations

import operator

import numpy as np


def check_pictures(pictures: np.ndarray, *, size: int | None = 32, least: int = 1) -> None:
    """ValueError unless `pictures` are uint8 N×H×W×C, N at least 1, with 1, 3 or 4 channels.

    `size` is the height and width that they must have; None takes any of at least `least` pixels.
    """
    shape, dtype = np.shape(pictures), getattr(pictures, "dtype", type(pictures).__name__)
    got = f"got {dtype} {shape}"
    if len(shape) != 4 or dtype != np.uint8:
        raise ValueError(f"Expected uint8 pictures of shape N×H×W×C, {got}.")
    if not shape[0]:
        raise ValueError(f"There are no pictures ({got}): give at least one.")
    if shape[3] not in (1, 3, 4):
        raise ValueError(
            f"Expected uint8 pictures of shape N×H×W×C with 1, 3 or 4 channels last, {got}: "
            "transpose them to N×H×W×C."
        )
    if size is not None and shape[1:3] != (size, size):
        raise ValueError(
            f"Expected pictures of {size}×{size} pixels, got {shape[1]}×{shape[2]}: "
            f"resize them, or load them with size={size}."
        )
    if min(shape[1:3]) < least:
        raise ValueError(
            f"Expected pictures of at least {least}×{least} pixels, got {shape[1]}×{shape[2]}: "
            "take larger pictures, or smaller squares."
        )


def check_same_size(a: np.ndarray, b: np.ndarray) -> None:
    """ValueError unless two sets of pictures have the same height, width and channels."""
    if np.shape(a)[1:] != np.shape(b)[1:]:
        one, other = ("×".join(map(str, np.shape(x)[1:])) for x in (a, b))
        raise ValueError(f"The pictures are {one} and {other}: resize one set to the other's size.")


def check_labels(labels: np.ndarray, *, count: int, classes: tuple[int, ...] = ()) -> np.ndarray:
    """Labels (N,) or (N, K) as whole numbers, or ValueError.

    There must be one for each of `count` pictures, from 0, and below `classes`, one bound a column.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"Labels must be whole numbers from 0, got {labels.dtype}: number the classes."
        )
    if labels.ndim not in (1, 2) or len(labels) != count:
        raise ValueError(
            f"Expected one label for each of {count} pictures, got labels of shape {labels.shape}."
        )
    if labels.size and labels.min() < 0:
        raise ValueError(f"Labels must be whole numbers from 0, got {labels.min()}: leave it out.")
    columns = labels.reshape(len(labels), -1)
    if classes and columns.shape[1] != len(classes):
        raise ValueError(f"Expected {len(classes)} labels for each picture, got {labels.shape}.")
    for column, bound in zip(columns.T, classes, strict=False):
        if len(column) and column.max() >= bound:
            raise ValueError(f"Labels must lie in 0 to {bound - 1}, got {column.max()}.")
    return labels


def check_factor(factor: int) -> int:
    """The factor as a whole number of at least 1, or ValueError."""
    try:
        whole = operator.index(factor)
    except TypeError:
        whole = 0
    if whole < 1:
        raise ValueError(f"The factor must be a whole number from 1, got {factor!r}.")
    return whole
