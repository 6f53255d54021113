"""Sliders for parameters, pictures and budget: the loss that a law predicts, bytes, and money."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import NamedTuple

import numpy as np
from ipywidgets import HTML, FloatSlider, HBox, Layout, VBox
from matplotlib.figure import Figure

from prodgen_lib.plain.costs import Law, best_split, loss_at, picture_cost, training_memory
from prodgen_lib.show.plots import COLOURS, canvas, label, png
from prodgen_lib.show.twin import twin, wired


class Machine(NamedTuple):
    """What is assumed of a machine: operations a second, the share used, an hour's price, watts."""

    peak: float
    use: float
    price: float
    power: float


def cost_board(
    law: Law, machine: Machine, *, places: int, measured: tuple[float, float], activations: int
) -> VBox:
    """A slider each for parameters, pictures and budget, as powers of ten, and what they mean.

    A picture is `places` tokens. `measured` are the smallest and the largest budget that the law
    was fitted to: beyond it the words say so. `activations` are numbers kept of one picture.
    Its static twin shows three budgets.
    """
    sliders = [
        _slider("parameters", 3.0, 9.0, 4.5),
        _slider("pictures", 2.0, 8.0, 4.0),
        _slider("budget", 9.0, 18.0, 11.0),
    ]
    picture, words = HTML(), HTML()

    def move(_: dict | None = None) -> None:
        size, pictures, budget = (10**slider.value for slider in sliders)
        told = " ".join(
            (
                _plan(law, size, pictures * places, budget),
                _bill(machine, size, pictures * places, activations),
                _warning(6 * size * pictures * places, measured),
            )
        )
        fig = draw(law, [budget], places=places, chosen=(size, pictures))
        image = b64encode(png(fig)).decode()
        picture.value = (
            f'<img src="data:image/png;base64,{image}" alt="{escape(told)}" width="460">'
        )
        words.value = f'<span role="status">{escape(told)}</span>'

    move()
    for slider in sliders:
        slider.observe(move, names="value")
    budgets = [10.0**power for power in (10, 12, 14)]
    image = b64encode(png(draw(law, budgets, places=places))).decode()
    best = "; ".join(_best(law, budget) for budget in budgets)
    still = (
        f'<img src="data:image/png;base64,{image}" width="460" '
        f'alt="Predicted loss over parameters at three budgets, each a valley. {escape(best)}">'
    )
    return twin(wired(VBox([HBox([VBox(sliders), picture]), words])), still)


def draw(
    law: Law,
    budgets: list[float],
    *,
    places: int,
    chosen: tuple[float, float] | None = None,
) -> Figure:
    """Predicted loss over parameters: a curve for each budget, its lowest point, and a choice."""
    fig, (ax,) = canvas(width=5.6, height=3.4)
    for budget, colour in zip(budgets, COLOURS, strict=False):
        best, _ = best_split(budget, law)
        sizes = best * np.geomspace(1e-3, 1e3, 121)
        ax.semilogx(
            sizes,
            [loss_at(law, size, budget / 6 / size) for size in sizes],
            color=colour,
            label=f"{budget:.0e} operations",
        )
        ax.plot(best, loss_at(law, best, budget / 6 / best), "o", color=colour)
    if chosen:
        size, pictures = chosen
        ax.plot(size, loss_at(law, size, pictures * places), "s", color=COLOURS[6], markersize=9)
    lowest = min(loss_at(law, *best_split(budget, law)) for budget in budgets)
    ax.set_ylim(min(law.floor, lowest) * 0.9, 3.5)
    ax.axhline(law.floor, color="#555", linestyle=":", linewidth=1)
    label(ax, x="parameters", y="predicted loss")
    return fig


def _slider(name: str, low: float, high: float, start: float) -> FloatSlider:
    return FloatSlider(
        value=start,
        min=low,
        max=high,
        step=0.1,
        description=name,
        tooltip=f"{name}, as a power of ten: move with the arrow keys",
        readout_format=".1f",
        layout=Layout(width="340px"),
    )


def _best(law: Law, budget: float) -> str:
    size, tokens = best_split(budget, law)
    return f"{budget:.0e} operations: best {size:,.0f} parameters, {tokens:,.0f} tokens"


def _plan(law: Law, size: float, tokens: float, budget: float) -> str:
    share = 6 * size * tokens / budget
    loss = loss_at(law, size, tokens)
    least = loss_at(law, *best_split(budget, law))
    return (
        f"{size:,.0f} parameters on {tokens:,.0f} tokens: loss {loss:.2f} predicted, for "
        f"{share:.2g} of the budget. The whole budget, split best, promises {least:.2f}."
    )


def _bill(machine: Machine, size: float, tokens: float, activations: int) -> str:
    held = training_memory(parameters=round(size), activations=activations, batch=16)
    cost = picture_cost(operations=6 * size * tokens, **machine._asdict())
    return (
        f"{held / 1e6:,.1f} MB a step of 16 pictures; {cost.seconds / 3600:,.3g} hours, "
        f"{cost.money:,.3g} in money, {cost.watt_hours / 1000:,.3g} kWh."
    )


def _warning(operations: float, measured: tuple[float, float]) -> str:
    far = np.log10(operations / measured[1]) if operations > measured[1] else 0.0
    near = np.log10(measured[0] / operations) if operations < measured[0] else 0.0
    if max(far, near) == 0:
        return "Within what was measured."
    return f"{max(far, near):.1f} decades {'above' if far else 'below'} what was measured: a guess."
