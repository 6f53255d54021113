"""A dial over pictures that took too long to be made while somebody moves a slider."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ipywidgets import VBox

from prodgen_lib.show.widgets import latent_walk


def dial(pictures: np.ndarray, captions: Sequence[str], name: str, *, zoom: int = 4) -> VBox:
    """A slider `name` over uint8 pictures (N, H, W, C) that stand ready, a caption under each.

    Its static twin is the row of all pictures.
    """
    board = latent_walk(pictures, captions, zoom=zoom)
    slider = board.children[0]
    slider.description, slider.tooltip = name, f"{name}: move with the arrow keys"
    return board
