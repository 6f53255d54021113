"""A search in one dimension, step by step: what is believed, what a next trial is worth, where it
goes. As one wide figure, and with a slider; the figure is the slider's static twin.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from ipywidgets import HTML, IntSlider, Layout, VBox
from matplotlib.figure import Figure

from prodgen_lib.show.plots import COLOURS, DPI, png


class Step(NamedTuple):
    """A search after some trials, on M places of [0, 1]: all arrays (M,) but `tried`, (2, N).

    `truth` is the function; `mean` and `deviation` what the model believes of it; `worth` the
    acquisition; `tried` the places and values of the trials; `chosen` the next place.
    """

    places: np.ndarray
    truth: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    worth: np.ndarray
    tried: np.ndarray
    chosen: float


def draw_steps(steps: Sequence[Step], *, worth: str = "expected improvement") -> Figure:
    """One column a step: belief above, `worth` below, the next trial as a line through both."""
    if not steps:
        raise ValueError("There are no steps to draw: give one or more.")
    wide = 4.8 if len(steps) == 1 else 3.4
    fig = Figure(figsize=(wide * len(steps), 4.6), dpi=DPI, layout="constrained")
    axes = fig.subplots(
        2, len(steps), squeeze=False, sharex=True, sharey="row", height_ratios=(2, 1)
    )
    for column, step in zip(axes.T, steps, strict=True):
        _draw(*column, step)
    for ax, name in zip(axes[:, 0], ("value", worth.replace(" ", "\n")), strict=True):
        ax.set_ylabel(name, fontsize=11)
    handles, names = axes[0, 0].get_legend_handles_labels()
    fig.legend(
        handles, names, loc="outside upper center", ncols=min(5, 3 * len(steps)),
        fontsize=10, frameon=False,
    )  # fmt: skip
    return fig


def _draw(above, below, step: Step) -> None:
    places, mean, spread = step.places, step.mean, 2 * step.deviation
    above.fill_between(
        places, mean - spread, mean + spread, color=COLOURS[4], alpha=0.35, linewidth=0,
        label="mean ± 2 deviations",
    )  # fmt: skip
    above.plot(places, step.truth, "--", color=COLOURS[6], linewidth=1.2, label="the truth, hidden")
    above.plot(places, mean, color=COLOURS[0], linewidth=2, label="mean")
    above.plot(*step.tried, "o", color=COLOURS[6], markersize=5, label="tried")
    below.fill_between(places, step.worth, color=COLOURS[2], alpha=0.4, linewidth=0)
    below.plot(places, step.worth, color=COLOURS[2], linewidth=1.5)
    for ax, name in ((above, "next"), (below, None)):
        ax.axvline(step.chosen, color=COLOURS[1], linestyle=":", linewidth=2, label=name)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=10)
        ax.locator_params(nbins=5)
    above.set_title(f"after {step.tried.shape[1]} trials", fontsize=11)
    below.set_xlabel("setting", fontsize=11)


def search_slider(steps: Sequence[Step], *, worth: str = "expected improvement") -> VBox:
    """A slider over the trials of a search, above the figure of each and its words.

    It works by arrow keys; screen readers are told. Its static twin: `draw_steps`.
    """
    frames = [b64encode(png(draw_steps([step], worth=worth))).decode() for step in steps]
    words = [_words(step) for step in steps]
    slider = IntSlider(
        value=0,
        max=len(frames) - 1,
        description="step",
        tooltip="From one trial to the next: move with the arrow keys",
        layout=Layout(width="360px"),
    )
    picture, status = HTML(), HTML()

    def move(change: dict) -> None:
        text = escape(words[change["new"]])
        picture.value = (
            f'<img src="data:image/png;base64,{frames[change["new"]]}" alt="{text}" width="560">'
        )
        status.value = f'<span role="status">{text}</span>'

    move({"new": 0})
    slider.observe(move, names="value")
    return VBox([slider, picture, status])


def _words(step: Step) -> str:
    best = step.tried[1].min()
    return f"{step.tried.shape[1]} trials, lowest value {best:.2f}; next at {step.chosen:.2f}"
