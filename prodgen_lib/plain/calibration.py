"""Whether what a scheduler predicts is what happens: predicted against actual recall."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prodgen_lib.plain.items import share

EDGES = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class Bin:
    """Reviews whose predicted chance lay in a range: their number, mean chance, and what came."""

    low: float
    high: float
    reviews: int
    predicted: float
    recalled: float
    interval: tuple[float, float]


def calibration(recalls: Iterable[tuple[float, bool]], edges: tuple = EDGES) -> list[Bin]:
    """Pairs (predicted chance from 0 to 1, recalled) in bins; empty bins are left out."""
    held: dict[int, list[tuple[float, bool]]] = {}
    for chance, recalled in recalls:
        place = sum(chance >= edge for edge in edges[1:-1])
        held.setdefault(place, []).append((chance, recalled))
    found = []
    for place, pairs in sorted(held.items()):
        known = sum(recalled for _, recalled in pairs)
        value, low, high = share(known, len(pairs))
        mean = sum(chance for chance, _ in pairs) / len(pairs)
        found.append(Bin(edges[place], edges[place + 1], len(pairs), mean, value, (low, high)))
    return found
