"""A picture from the reader's own disk: read from a path, or put in by a button of a notebook.

The picture goes to the kernel on this machine and nowhere else. Static twin of the button: the same
cell's figure of a photograph that is there for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from os import PathLike
from pathlib import Path

import numpy as np
from ipywidgets import HTML, FileUpload, VBox
from PIL import Image

from prodgen_lib.data.errors import DataError, whole
from prodgen_lib.data.pictures import decode
from prodgen_lib.plots import checked
from prodgen_lib.widgets import enlarged


def read_picture(path: str | PathLike[str], *, longest: int = 256) -> np.ndarray:
    """One picture file of any format that Pillow reads, as uint8 (H, W, 3).

    Turned as its EXIF says, transparent parts white, and shrunk (antialiased, aspect kept) until no
    side is over `longest` pixels; a smaller picture stays as it is. DataError, one sentence, for a
    file that is missing or no picture.
    """
    try:
        data = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    return shrunk(data, path, longest)


def shrunk(data: bytes, name: object, longest: int) -> np.ndarray:
    """The bytes of a picture file as uint8 (H, W, 3), no side over `longest` pixels."""
    whole("The longest side in pixels", longest, 8)

    def fit(picture: Image.Image) -> Image.Image:
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return picture

    return decode(data, name, fit)


def upload_picture(
    draw: Callable[[np.ndarray], Mapping[str, np.ndarray]], *, longest: int = 256
) -> VBox:
    """A button that takes a picture file, and under it what `draw` makes of the picture.

    `draw` maps uint8 (H, W, 3) to uint8 pictures (H', W', 3) by their captions. What it raises as
    ValueError is shown as a sentence, and so is a file that is no picture; the button stays.
    """
    button = FileUpload(
        accept="image/*", multiple=False, description="Choose a picture", tooltip="From your disk"
    )
    button.layout.width = "220px"
    pictures, words = HTML(), HTML(_said("No picture yet."))

    def take(change: dict) -> None:
        if not change["new"]:
            return
        file = change["new"][0]
        words.value = _said(f"Working on {file['name']} …")
        try:
            drawn = draw(shrunk(bytes(file["content"]), file["name"], longest))
            pictures.value = "".join(_figure(*item) for item in drawn.items())
            words.value = _said(f"{file['name']}: " + ", ".join(drawn) + ".")
        except ValueError as error:
            pictures.value, words.value = "", _said(str(error))

    button.observe(take, names="value")
    return VBox([button, words, pictures])


def _said(text: str) -> str:
    return f'<span role="status">{escape(text)}</span>'


def _figure(caption: str, picture: np.ndarray) -> str:
    address = enlarged(checked(picture[None])[0], 1)
    return (
        '<figure style="display: inline-block; margin: 0 12px 12px 0">'
        f'<img src="{address}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
