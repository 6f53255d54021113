"""What an answer did, in a few lines: enough to see which failures are the same one."""

from __future__ import annotations

import numpy as np

from prodgen_lib.checking.check import Failure, Seen, concluded
from prodgen_lib.classroom.grading.key import Key

MOST_LINES = 12
MOST_SOURCE = 3000


def sketch(key: Key, seen: Seen) -> tuple[str, ...]:
    """A line for each result that differs from the course's own, and one for an exception.

    Of an array: its shape, mean, root mean square and last number. Only names that the course's own
    answer gives are taken from a stranger's result.
    """
    lines: list[str] = []
    cases = key.cases
    reference = concluded(key.exercise, cases, key.reference)
    for case, got, expected in zip(
        cases, concluded(key.exercise, cases, seen), reference, strict=False
    ):
        if isinstance(got, Failure):
            lines.append(f"{case.name}: {got.type}: {got.message}")
            break
        for name, value in expected.items():
            if name not in got:
                lines.append(f"{case.name}, {name}: missing")
            elif not _alike(got[name], value):
                lines.append(f"{case.name}, {name}: {_told(got[name])}")
    return tuple(lines[:MOST_LINES])


def _alike(got: np.ndarray, expected: np.ndarray) -> bool:
    if got.shape != expected.shape or got.dtype.kind in "US":
        return got.shape == expected.shape and bool(np.all(got == expected))
    return bool(np.allclose(got, expected, rtol=1e-3, atol=1e-6, equal_nan=True))


def _told(value: np.ndarray) -> str:
    if value.dtype.kind in "US":
        return " ".join(map(str, value.ravel()))[:80]
    numbers = value.astype(float).ravel()
    if not numbers.size:
        return f"empty {value.shape}"
    with np.errstate(all="ignore"):
        root = np.sqrt(np.mean(numbers**2))
        told = " ".join(f"{one:.5g}" for one in (numbers.mean(), root, numbers[-1]))
    return f"{'×'.join(map(str, value.shape)) or 'number'} {told}"
