"""Points of the plane in panels beside each other, each point in a colour of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.figure import Figure

from prodgen_lib.show.plots import canvas


def planes(
    panels: Mapping[str, np.ndarray],
    *,
    paint: Callable[[np.ndarray], np.ndarray],
    arrows: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
    reach: float = 3.2,
) -> Figure:
    """One panel for each name: its points (N, 2), painted by `paint` (RGB in [0, 1], (N, 3)).

    `arrows` gives some panels starts and directions, both (M, 2), drawn in grey. All panels show
    the square from -`reach` to `reach`.
    """
    fig, axes = canvas(len(panels), width=2.5, height=2.8)
    for ax, (name, points) in zip(axes, panels.items(), strict=True):
        if arrows and name in arrows:
            starts, ways = arrows[name]
            ax.quiver(*starts.T, *ways.T, color="#555555", angles="xy", width=0.006)
        ax.scatter(*points.T, c=np.clip(paint(points), 0, 1), s=9, linewidths=0)
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
        ax.set_title(name, fontsize=11)
        ax.set_facecolor("#f4f4f4")
        ax.grid(False)
    return fig
