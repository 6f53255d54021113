"""The one error that reading data raises."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral


class DataError(ValueError):
    """Data that cannot be read or asked for; the message is one sentence that says what to do."""


def whole(what: str, value: object, low: int, high: int | None = None) -> None:
    """Raise DataError unless `value` is a whole number in low..high."""
    sound = isinstance(value, Integral) and not isinstance(value, bool) and value >= low
    if not sound or (high is not None and value > high):
        span = f"at least {low}" if high is None else f"{low} to {high}"
        raise DataError(f"{what} must be a whole number, {span}; got {value!r}.")


def one_of(what: str, value: object, choices: Iterable[object]) -> None:
    """Raise DataError unless `value` is among the choices."""
    choices = list(choices)
    if value not in choices:
        listed = ", ".join(str(choice) for choice in choices)
        raise DataError(f"There is no {what} {value!r}; choose one of: {listed}.")
