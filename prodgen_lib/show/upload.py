"""A picture from the reader's own disk, put in by a button of a notebook.

The picture goes to the kernel on this machine and nowhere else. Static twin of the button: the same
cell's figure of a photograph that is there for everybody.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from html import escape

import numpy as np
from ipywidgets import HTML, FileUpload, VBox
from PIL import Image

from prodgen_lib.show.picture_file import shrunk
from prodgen_lib.show.plots import checked
from prodgen_lib.show.widgets import enlarged


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
            picture, shrank = _taken(bytes(file["content"]), file["name"], longest)
            drawn = draw(picture)
            pictures.value = "".join(_figure(*item) for item in drawn.items())
            words.value = _said(f"{file['name']}: " + ", ".join(drawn) + f"{shrank}.")
        except ValueError as error:
            pictures.value, words.value = "", _said(str(error))

    button.observe(take, names="value")
    return VBox([button, words, pictures])


def _taken(data: bytes, name: str, longest: int) -> tuple[np.ndarray, str]:
    """The picture, and words for it if it was shrunk."""
    picture = shrunk(data, name, longest)
    with Image.open(io.BytesIO(data)) as file:
        width, height = file.size
    if max(width, height) <= longest:
        return picture, ""
    return picture, f"; shrunk from {width}×{height} to {longest} px"


def _said(text: str) -> str:
    return f'<span role="status">{escape(text)}</span>'


def _figure(caption: str, picture: np.ndarray) -> str:
    address = enlarged(checked(picture[None])[0], 1)
    return (
        '<figure style="display: inline-block; margin: 0 12px 12px 0">'
        f'<img src="{address}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
