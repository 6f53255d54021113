"""A picture from the reader's own disk, put in by a button of a notebook.

The picture goes to the kernel on this machine and nowhere else. Static twin of the button: the same
cell's figure of a photograph that is there for everybody.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np
from ipywidgets import HTML, FileUpload, VBox
from PIL import Image

from prodgen_lib.show.picture_file import shrunk
from prodgen_lib.show.plots import checked
from prodgen_lib.show.twin import twin
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
            pictures.value = _side_by_side([_figure(*item) for item in drawn.items()])
            words.value = _said(f"{file['name']}: " + ", ".join(drawn) + f"{shrank}.")
        except ValueError as error:
            pictures.value, words.value = "", _said(str(error))

    button.observe(take, names="value")
    still = "<p>A button takes a picture from your disk; below it stands what becomes of it.</p>"
    return twin(VBox([button, words, pictures]), still)


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


def _side_by_side(figures: Sequence[str]) -> str:
    """Two in a row, so that the last two, ours and the original, stand beside each other."""
    style = "display: grid; grid-template-columns: repeat(2, max-content); gap: 12px"
    return f'<div style="{style}; overflow-x: auto">{"".join(figures)}</div>'


def _figure(caption: str, picture: np.ndarray) -> str:
    address = enlarged(checked(picture[None])[0], 1)
    return (
        '<figure style="margin: 0">'
        f'<img src="{address}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
