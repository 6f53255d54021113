"""One setting of a search: bounds or options, and its place in the unit cube."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Dimension:
    """One setting: a `kind`, and either bounds or options. Made by the four functions below."""

    kind: str
    low: float = 0.0
    high: float = 1.0
    options: tuple = ()

    def __post_init__(self) -> None:
        for name in ("low", "high"):  # NumPy's numbers become Python's, which a file can keep
            object.__setattr__(self, name, _python(getattr(self, name)))
        object.__setattr__(self, "options", tuple(map(_python, self.options)))
        if self.kind not in KINDS:
            raise ValueError(f"Unknown kind {self.kind!r}; expected one of {', '.join(KINDS)}.")
        if self.kind == "choice":
            _check_options(self.options)
        else:
            _check_bounds(self)

    @property
    def size(self) -> int:
        """Columns of the unit cube that it takes: a choice of k options takes k, others one."""
        return len(self.options) or 1

    def encode(self, value: Any) -> list[float]:
        """A value's place in the unit cube."""
        if self.kind == "choice":
            return [float(option == value) for option in self.options]
        low, high = _edges(self)
        return [(_ruler(self)(value) - low) / (high - low)]

    def decode(self, place: Sequence[float]) -> Any:
        """The value at a place in the unit cube; of a choice, the option with most weight."""
        if self.kind == "choice":
            return self.options[int(np.argmax(place))]
        low, high = _edges(self)
        value = low + (high - low) * min(max(float(place[0]), 0.0), 1.0)
        value = math.exp(value) if "log" in self.kind else value
        value = min(max(value, self.low - _room(self)), self.high + _room(self))
        if "integer" in self.kind:
            return int(min(max(round(value), self.low), self.high))
        return value


KINDS = ("linear", "log", "integer", "log integer", "choice")


def _python(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _check_bounds(dimension: Dimension) -> None:
    low, high = dimension.low, dimension.high
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"The bounds {low} and {high} must be finite numbers.")
    if low > high:
        raise ValueError(f"The bounds {low} and {high} are reversed: give the lower one first.")
    if low == high:
        raise ValueError(f"The bounds are both {low}, which leaves nothing to search: fix it.")
    if "log" in dimension.kind and low <= 0:
        raise ValueError(f"A logarithmic scale needs bounds above 0, got {low}: raise it.")
    if "integer" in dimension.kind and (low != int(low) or high != int(high)):
        raise ValueError(f"An integer needs whole bounds, got {low} and {high}.")


def _check_options(options: tuple) -> None:
    if not all(isinstance(option, str | int | float | bool) for option in options):
        raise ValueError(
            f"Options must be texts, numbers or truth values, which a file can keep: {options}."
        )
    if any(isinstance(option, float) and not math.isfinite(option) for option in options):
        raise ValueError(f"Options must be finite numbers, got {list(options)}.")
    if len(options) < 2 or len(set(options)) < len(options):  # 0 == False and 1 == 1.0
        raise ValueError(f"A choice needs two or more different options, got {list(options)}.")


def _room(dimension: Dimension) -> float:
    """Each whole number gets an equal stretch, half of it beyond the bounds for the outer two."""
    return 0.5 if "integer" in dimension.kind else 0.0


def _ruler(dimension: Dimension) -> Callable[[float], float]:
    return math.log if "log" in dimension.kind else float


def _edges(dimension: Dimension) -> tuple[float, float]:
    ruler, room = _ruler(dimension), _room(dimension)
    return ruler(dimension.low - room), ruler(dimension.high + room)


def linear(low: float, high: float) -> Dimension:
    """A number between two bounds, on its own scale."""
    return Dimension("linear", low, high)


def log(low: float, high: float) -> Dimension:
    """A positive number on a logarithmic scale: from 1e-4 to 1e-3 is as far as from 0.1 to 1."""
    return Dimension("log", low, high)


def integer(low: int, high: int, *, log: bool = False) -> Dimension:
    """A whole number between two bounds, both included."""
    return Dimension("log integer" if log else "integer", low, high)


def choice(*options: str | int | float | bool) -> Dimension:
    """One of some options without an order."""
    return Dimension("choice", options=options)
