"""The one error that reading data raises."""

from __future__ import annotations

from collections.abc import Iterable


class DataError(ValueError):
    """Data that cannot be read or asked for; the message is one sentence that says what to do."""


def one_of(what: str, value: object, choices: Iterable[object]) -> None:
    """Raise DataError unless `value` is among the choices."""
    choices = list(choices)
    if value not in choices:
        listed = ", ".join(str(choice) for choice in choices)
        raise DataError(f"There is no {what} {value!r}; choose one of: {listed}.")
