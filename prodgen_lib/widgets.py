"""Things to move in a notebook. Each has a static twin, so that a page without kernel says as much.

They work by keyboard: Tab reaches the slider, arrow keys move it.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape

import numpy as np
from ipywidgets import HTML, IntSlider, Layout, VBox
from PIL import Image as Picture

from prodgen_lib.plots import checked


def walk(first: np.ndarray, second: np.ndarray, stops: int) -> np.ndarray:
    """Codes (stops, D) on the arc from one code (D,) to another, both ends included.

    An arc and not a straight line: codes from N(0, I) lie near a sphere, and the middle of a line
    is nearer to its centre than any code the generator has seen (arXiv:1609.04468).
    """
    share = np.linspace(0, 1, stops)[:, None]
    cosine = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return ((1 - share) * first + share * second).astype(np.float32)
    arc = np.sin((1 - share) * angle) * first + np.sin(share * angle) * second
    return (arc / np.sin(angle)).astype(np.float32)


def latent_walk(pictures: np.ndarray, captions: Sequence[str], *, zoom: int = 8) -> VBox:
    """A slider over uint8 pictures (N, H, W, C), one beside each code of a `walk`.

    The caption under the picture changes with it, and screen readers are told.
    Its static twin: `grid(pictures, titles=captions)`.
    """
    if len(captions) != len(pictures):
        raise ValueError(
            f"There are {len(pictures)} pictures and {len(captions)} captions; give one for each."
        )
    frames = [enlarged(picture, zoom) for picture in checked(pictures)]
    slider = IntSlider(
        value=0,
        max=len(frames) - 1,
        description="code",
        tooltip="From one code to the other: move with the arrow keys",
        layout=Layout(width="360px"),
    )
    picture, words = HTML(), HTML()

    def move(change: dict) -> None:
        caption = captions[change["new"]]
        picture.value = f'<img src="{frames[change["new"]]}" alt="{escape(caption)}">'
        words.value = f'<span role="status">{escape(caption)}</span>'

    move({"new": 0})
    slider.observe(move, names="value")
    return VBox([slider, picture, words])


def enlarged(picture: np.ndarray, zoom: int) -> str:
    """A uint8 picture (H, W, C) as the address of a PNG, each pixel a square of `zoom` × `zoom`."""
    big = picture.repeat(zoom, axis=0).repeat(zoom, axis=1)
    buffer = io.BytesIO()
    Picture.fromarray(big.squeeze()).save(buffer, format="png")
    return "data:image/png;base64," + b64encode(buffer.getvalue()).decode()
