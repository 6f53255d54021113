"""A search as pictures: its history while it runs, and one in one dimension step by step.

The steps show what is believed, what a next trial is worth and where it goes, as one wide figure
and with a slider; the figure is the slider's static twin.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from ipywidgets import HTML, IntSlider, Layout, VBox
from matplotlib.figure import Figure

from prodgen_lib.plain.search import History
from prodgen_lib.show import plots
from prodgen_lib.show.plots import COLOURS, DPI, png
from prodgen_lib.show.twin import twin, wired


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
            f'<img src="data:image/png;base64,{frames[change["new"]]}" alt="{text}" width="440">'
        )
        status.value = f'<span role="status">{text}</span>'

    move({"new": 0})
    slider.observe(move, names="value")
    still = f'<img src="data:image/png;base64,{frames[-1]}" alt="{escape(words[-1])}" width="440">'
    return twin(wired(VBox([slider, picture, status])), still)


def _words(step: Step) -> str:
    best = step.tried[1].min()
    return f"{step.tried.shape[1]} trials, lowest value {best:.2f}; next at {step.chosen:.2f}"


def draw_history(history: History, *, budget: int | None = None) -> Figure:
    """Every trial's value, failed ones along the top, and the lowest value so far."""
    fig, (ax,) = plots.canvas()
    numbers, values, best = np.arange(1, len(history) + 1), history.values, history.running_best()
    failed, seen = np.isnan(values), np.isfinite(best)
    ax.plot(numbers, values, "o", color=COLOURS[4], markersize=4, label="a trial")
    if failed.any():
        top = dict(transform=ax.get_xaxis_transform(), linestyle="none")
        ax.plot(numbers[failed], 0.97 * np.ones(failed.sum()), marker="x", **top,
                color=COLOURS[1], label="failed")  # fmt: skip
    ax.plot(numbers[seen], best[seen], "-", drawstyle="steps-post", color=COLOURS[0],
            label="lowest so far")  # fmt: skip
    ax.set_xlim(0, (budget or len(history)) + 1)
    plots.label(ax, x="trial", y="value")
    return fig


def live_plot(budget: int) -> Callable[[History], None]:
    """A callback that draws the history anew after each trial, in a notebook; else does nothing."""
    if not plots.in_notebook():
        return lambda history: None
    from IPython.display import display

    handle = display({"text/plain": "The search begins."}, raw=True, display_id=True)

    def on_trial(history: History) -> None:
        fig = draw_history(history, budget=budget)
        alt = f"Values of {len(history)} of {budget} trials and the lowest so far."
        handle.update(plots.bundle(fig, alt), raw=True)

    return on_trial
