from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import floats


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pictures by hand; a draw that equals the probability; several pictures and questions."""

    def draw(name: str, probability: float, *counts: int, pictures: int = 12) -> Case:
        labels = np.stack([rng.integers(0, count, pictures) for count in counts], axis=1)
        draws = rng.permutation((np.arange(pictures) + 0.5) / pictures)
        given = {"labels": labels, "nothing": np.array(counts), "probability": probability}
        return Case(name, given | floats(draws=draws))

    worked = {"labels": np.array([[1], [2]]), "nothing": np.array([3]), "probability": 0.2}
    even = {"labels": np.array([[1, 0], [2, 1]]), "nothing": np.array([3, 2]), "probability": 0.5}
    return [
        Case("two pictures worked by hand", worked | floats(draws=[0.05, 0.2]),
             {"labels": [[3], [2]]}),
        Case("a draw that equals the probability", even | floats(draws=[0.5, 0.25])),
        draw("twelve pictures, three questions, probability 0.3", 0.3, 7, 4, 5),
        draw("probability 0.7", 0.7, 6, 9),
        draw("probability 0", 0.0, 6, 9, pictures=4),
        draw("probability 1", 1.0, 6, 9, pictures=4),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The labels that come back, and those that were given, afterwards."""
    look, inputs = probe(framework), case.inputs
    to_labels = framework.module("cgan").to_labels
    labels, draws = to_labels(inputs["labels"]), look.tensor(inputs["draws"])
    found = answer(
        labels, draws, probability=inputs["probability"], nothing=to_labels(inputs["nothing"])
    )
    alike = type(found) is type(labels) and found.dtype == labels.dtype
    return {
        "kind of the result": np.asarray("labels" if alike else type(found).__name__),
        "labels": np.asarray(found) if alike else np.zeros(0, int),
        "labels afterwards": np.asarray(labels).copy(),
    }
