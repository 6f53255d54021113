"""Photographs of any shape, made square: decode, centre crop, antialiased resize."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps

from prodgen_lib.data.errors import DataError, whole


def check_size(size: int) -> None:
    """Raise DataError unless `size` is a whole number of pixels that a picture can have."""
    whole("The size of a picture in pixels", size, 8, 512)


def spread(count: int, limit: int | None) -> np.ndarray:
    """Indices of at most `limit` of `count` items, evenly spread, so that all classes occur."""
    kept = count if limit is None else min(limit, count)
    return np.arange(kept) * count // max(kept, 1)


def square(picture: Image.Image, size: int) -> Image.Image:
    """Short side to `size` by Lanczos (antialiased), aspect kept, then the centre square."""
    width, height = picture.size
    scale = size / min(width, height)
    wide, high = max(size, round(width * scale)), max(size, round(height * scale))
    if (wide, high) != picture.size:
        picture = picture.resize((wide, high), Image.Resampling.LANCZOS)
    left, top = (wide - size) // 2, (high - size) // 2
    return picture.crop((left, top, left + size, top + size))


def decode(data: bytes, name: object, shape: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """Decode one picture file and shape it: uint8 (h, w, 3).

    Turned as its EXIF says; transparent parts become white. DataError names the file `name`.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.mode.startswith("I;16"):
                picture = ImageOps.exif_transpose(picture)
                high = np.asarray(picture, np.uint32)
                picture = Image.fromarray(((high * 255 + 32767) // 65535).astype(np.uint8))
            if picture.mode[0] in "IF":
                raise ValueError(f"it has {picture.mode} pixels; save it with 8 bits a channel")
            picture = ImageOps.exif_transpose(picture)
            if "A" in picture.getbands() or "transparency" in picture.info:
                white = Image.new("RGBA", picture.size, "white")
                picture = Image.alpha_composite(white, picture.convert("RGBA"))
            return np.asarray(shape(picture.convert("RGB")))
    except Exception as error:  # decoders raise nearly anything on a damaged file
        raise DataError(f"{name} is not a picture that can be read: {error}.") from error
