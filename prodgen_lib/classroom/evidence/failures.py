"""Failures that no known wrong answer explains, brought together by what was observed.

Each cluster is one fault, as far as it can be seen from outside: the next known wrong answer to
write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from prodgen_lib.classroom.evidence.answers import Answer

NUMBER = re.compile(r"(?<![\w.])(?:[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?|-?inf|nan)(?![\w])")
LINE = re.compile(r" \(line \d+ of the answer\)")
RTOL, ATOL = 5e-3, 1e-5  # of numbers that were written with five digits


@dataclass
class Cluster:
    """Answers that did the same. ``answer`` is the shortest of them, as an example."""

    exercise: str
    message: str
    seen: tuple[str, ...]
    answer: str
    frameworks: tuple[str, ...]
    count: int = 1


def clusters(answers: Iterable[Answer]) -> list[Cluster]:
    """The largest first. Two failures are one where texts agree and numbers do to a few digits.

    Where a log has no observations, the sentence that the student got stands for them. Numbers of
    classes with other inputs don't agree, and so their failures stay apart.
    """
    found: list[tuple[tuple, np.ndarray, Cluster]] = []
    for one in answers:
        mark = one.mark
        if mark.correct or mark.wrong or not mark.answered:
            continue
        text = "\n".join(mark.seen) or LINE.sub("", mark.message)
        words, numbers = _parted(text)
        kind = (mark.exercise, one.seed, words)
        same = (c for k, n, c in found if k == kind and _close(n, numbers))
        cluster = next(same, None)
        if cluster is None:
            new = Cluster(mark.exercise, mark.message, mark.seen, mark.answer, (one.framework,))
            found.append((kind, numbers, new))
            continue
        cluster.count += 1
        if one.framework not in cluster.frameworks:
            cluster.frameworks = (*cluster.frameworks, one.framework)
        if mark.answer and (not cluster.answer or len(mark.answer) < len(cluster.answer)):
            cluster.answer = mark.answer
    return sorted((c for _, _, c in found), key=lambda c: (-c.count, c.exercise, c.message))


def _parted(text: str) -> tuple[str, np.ndarray]:
    """A text without its numbers, and its numbers."""
    return NUMBER.sub("#", text), np.array([float(one) for one in NUMBER.findall(text)])


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and np.allclose(
        one, other, rtol=RTOL, atol=ATOL, equal_nan=True
    )
