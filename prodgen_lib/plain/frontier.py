"""A study of scale, read: the loss of each size at each budget, the valley, and other luck."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

Run = dict[str, float]


class Valley(NamedTuple):
    """At one budget: sizes and mean losses in order, and the lowest point of a parabola."""

    sizes: np.ndarray
    losses: np.ndarray
    best_size: float
    best_loss: float


def columns(runs: list[Run], *names: str) -> list[np.ndarray]:
    """One array (N,) a name."""
    return [np.array([run[name] for run in runs], float) for name in names]


def valleys(runs: list[Run]) -> dict[float, Valley]:
    """What each budget bought, by budget: mean losses over seeds, and the best size."""
    found: dict[float, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        found[run["budget"]][run["parameters"]].append(run["loss"])
    told = {}
    for budget, by_size in sorted(found.items()):
        sizes = np.array(sorted(by_size))
        losses = np.array([np.mean(by_size[size]) for size in sizes])
        told[budget] = Valley(sizes, losses, *lowest(sizes, losses))
    return told


def lowest(sizes: np.ndarray, losses: np.ndarray) -> tuple[float, float]:
    """Size and loss at the bottom of a parabola through the lowest loss and its neighbours.

    The parabola is one over the size's logarithm. A lowest loss at either end is returned as it is:
    the valley's bottom was not seen.
    """
    place = int(np.argmin(losses))
    if place in (0, len(losses) - 1):
        return float(sizes[place]), float(losses[place])
    near = slice(place - 1, place + 2)
    x = np.log(sizes[near])
    a, b, c = np.polyfit(x, losses[near], 2)
    return float(np.exp(-b / (2 * a))), float(c - b * b / (4 * a))


def resampled(runs: list[Run], rng: np.random.Generator) -> list[Run]:
    """As many runs, each from another seed of its own size and budget, drawn with replacement."""
    alike: dict[tuple, list[Run]] = defaultdict(list)
    for run in runs:
        alike[run["budget"], run["width"], run["layers"]].append(run)
    groups = (group for group in alike.values() for _ in group)
    return [group[rng.integers(len(group))] for group in groups]
