"""Sliders that change a picture, and a button that puts a picture of one's own in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import NamedTuple

import numpy as np
from ipywidgets import HTML, Button, FileUpload, FloatSlider, HBox, Layout, VBox

from prodgen_lib.show.picture_file import shrunk
from prodgen_lib.show.plots import checked
from prodgen_lib.show.twin import twin, wired
from prodgen_lib.show.widgets import enlarged

SHOWN = 260  # pixels that the longer side of a picture has on the page, at least


class Dial(NamedTuple):
    """A slider's range, where it stands when nothing is changed, and its step."""

    low: float
    high: float
    start: float
    step: float


def change_board(
    change: Callable[[np.ndarray, dict[str, float]], np.ndarray],
    picture: np.ndarray,
    dials: Mapping[str, Dial],
    *,
    longest: int = 128,
) -> VBox:
    """A slider for each of `dials`, beside the picture as it is and as `change` makes it.

    `change(picture, values by name)` maps uint8 (H, W, 3) to uint8 of the same shape. The button
    takes a picture file, shrunk to `longest`; it goes to the kernel on this machine and nowhere
    else. Its static twin is a row of pictures at the ends of the ranges.
    """
    shown = {"picture": checked(picture[None])[0]}
    sliders = [_slider(name, dial) for name, dial in dials.items()]
    pictures, words = HTML(), HTML()

    def draw(_: dict | None = None) -> None:
        values = {slider.description: slider.value for slider in sliders}
        changed = checked(change(shown["picture"], values)[None])[0]
        told = ", ".join(f"{name} {value:g}" for name, value in values.items())
        pictures.value = _beside(shown["picture"], changed, told)
        words.value = f'<span role="status">{escape(told)}</span>'

    def take(event: dict) -> None:
        if not event["new"]:
            return
        file = event["new"][0]
        try:
            shown["picture"] = shrunk(bytes(file["content"]), file["name"], longest)
            draw()
        except ValueError as error:
            words.value = f'<span role="status">{escape(str(error))}</span>'

    def back(_: Button) -> None:
        for slider, dial in zip(sliders, dials.values(), strict=True):
            slider.value = dial.start

    reset = Button(description="Reset")
    upload = FileUpload(
        accept="image/*", multiple=False, description="Your product", tooltip="From your disk"
    )
    reset.on_click(back)
    upload.observe(take, names="value")
    draw()
    for slider in sliders:
        slider.observe(draw, names="value")
    box = HBox([VBox([*sliders, HBox([reset, upload])]), VBox([pictures, words])])
    return twin(wired(VBox([box])), _ends(change, picture, dials))


def _slider(name: str, dial: Dial) -> FloatSlider:
    return FloatSlider(
        value=dial.start,
        min=dial.low,
        max=dial.high,
        step=dial.step,
        description=name,
        tooltip=f"{name}: move with the arrow keys",
        layout=Layout(width="360px"),
    )


def _beside(before: np.ndarray, after: np.ndarray, told: str) -> str:
    zoom = max(1, SHOWN // max(after.shape[:2]))
    return "".join(
        f'<img src="{enlarged(one, zoom)}" alt="{escape(alt)}" style="margin-right: 12px">'
        for one, alt in ((before, "as it is"), (after, f"The picture with {told}"))
    )


def _ends(change: Callable, picture: np.ndarray, dials: Mapping[str, Dial]) -> str:
    """The picture with each dial at either end of its range, all others at rest, side by side."""
    rest = {name: dial.start for name, dial in dials.items()}
    figures = []
    for name, dial in dials.items():
        for value in (dial.low, dial.high):
            changed = checked(change(picture, rest | {name: value})[None])[0]
            address = enlarged(changed, max(1, SHOWN // 3 // max(changed.shape[:2])))
            figures.append(f'<img src="{address}" alt="{escape(name)} {value:g}"> ')
    return "".join(figures)
