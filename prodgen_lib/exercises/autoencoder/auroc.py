from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """By hand, with a tie; one of each; all alike; below ½; close scores; forty with ties."""

    def case(name: str, good: int, bad: int, digits: int = 3) -> Case:
        defective = rng.permutation(np.repeat([False, True], [good, bad]))
        scores = np.round(rng.normal(0, 1, good + bad) + 0.7 * defective, digits)
        return Case(name, {"scores": scores.astype(np.float32), "defective": defective})

    worked = {
        "scores": np.array([0.2, 0.9, 0.5, 0.5, 0.1], np.float32),
        "defective": np.array([False, True, False, True, False]),
    }

    def worse(name: str) -> Case:
        """Good pictures score higher, as under an anomaly score that is upside down."""
        defective = rng.permutation(np.repeat([False, True], 8))
        scores = rng.uniform(0, 0.6, 16) + 0.4 * ~defective
        return Case(name, {"scores": scores.astype(np.float32), "defective": defective})

    def close(name: str) -> Case:
        """Two millionths apart, in an order that is better than chance; and one far away."""
        order = rng.permutation(14)
        defective = np.array([0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1], bool)
        scores = 0.5 + 2e-6 * np.arange(14)
        scores[-1] = 1000
        inputs = {"scores": scores[order].astype(np.float32), "defective": defective[order]}
        return Case(name, inputs)

    alike = {"scores": np.full(5, 0.25, np.float32), "defective": worked["defective"]}
    return [
        Case("two defective and three good", worked, {"area": 11 / 12}),
        case("one of each", 1, 1),
        Case("all scores alike", alike, {"area": 0.5}),
        worse("the good ones score higher"),
        close("close scores, and one far away"),
        case("forty pictures with ties", 27, 13, 1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The area, and what it is for the same order of scores on another scale."""
    look = probe(framework)
    scores, defective = case.inputs["scores"], look.tensor(case.inputs["defective"], "bool")
    scaled = look.array(answer(look.tensor(8 * scores - 3), defective))
    value = look.array(answer(look.tensor(scores), defective))
    return {"area": value, "invariant scale of the scores": scaled}
