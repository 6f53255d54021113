"""A picture from the reader's own disk, from a path or as an array that is there already."""

from __future__ import annotations

from os import PathLike

import numpy as np
from PIL import Image, UnidentifiedImageError

from prodgen_lib.data.errors import DataError, whole
from prodgen_lib.data.pictures import decode
from prodgen_lib.paths import own_path

MOST = 100_000_000
"""Pixels of the largest picture that `own_picture` lets be made: 300 MB of uint8."""


def read_picture(path: str | PathLike[str], *, longest: int | None = 256) -> np.ndarray:
    """One picture file of any format that Pillow reads, as uint8 (H, W, 3).

    Turned as its EXIF says, transparent parts white, and shrunk (antialiased, aspect kept) until no
    side is over `longest` pixels; a smaller picture stays as it is, and so does any with None.
    DataError, one sentence, for a file that is missing or no picture.
    """
    try:
        data = own_path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    return shrunk(data, path, longest)


def shrunk(data: bytes, name: object, longest: int | None) -> np.ndarray:
    """The bytes of a picture file as uint8 (H, W, 3), no side over `longest` pixels."""
    if longest is not None:
        whole("The longest side in pixels", longest, 8)

    def fit(picture: Image.Image) -> Image.Image:
        if longest is not None:
            picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return picture

    try:
        return decode(data, name, fit)
    except DataError as error:
        if isinstance(error.__cause__, UnidentifiedImageError):
            sentence = f"{name} is not a picture that can be read: take a JPEG or a PNG."
            raise DataError(sentence) from error
        raise


def own_picture(picture: np.ndarray | str | PathLike[str], *, factor: int) -> np.ndarray:
    """The picture, uint8 (H, W, 3), that is to become `factor` times larger: an array, or a path.

    DataError, one sentence, for an array that is no such picture, for a file that `read_picture`
    refuses, and for a picture that would get more than `MOST` pixels.
    """
    from_file = isinstance(picture, (str, PathLike))
    picture = read_picture(picture, longest=None) if from_file else np.asarray(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[-1] != 3 or not picture.size:
        raise DataError(
            f"Expected a picture of uint8 H×W×3, got {picture.dtype} {picture.shape}; "
            "of a file give the path, and grey or transparent ones are taken too."
        )
    height, width = (factor * length for length in picture.shape[:2])
    if height * width > MOST:
        raise DataError(
            f"{factor} times larger this picture would have {height}×{width} pixels; at most "
            f"{MOST:,} are made at once: cut it, or make it smaller first."
        )
    return picture
