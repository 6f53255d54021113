from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.costs.tools import number


def cases(rng: np.random.Generator) -> list[Case]:
    """Two layers by hand, in both modes; tokens, a convolutional network, one vector."""

    def draw(name: str, layers: int, same: bool, **options: object) -> Case:
        weights = np.sort(rng.integers(50, 5000, layers)).tolist()
        places = layers * [64] if same else np.sort(rng.integers(2, 1025, layers)).tolist()
        examples = int(rng.integers(3, 40))
        given = {"weights": weights, "places": places, "examples": examples}
        return Case(name, given | options)

    worked = {"weights": [10, 3], "places": [4, 1], "examples": 5}
    return [
        Case("two layers worked by hand", worked, {"operations": 430.0}),
        Case("the same in training", worked | {"training": True}, {"operations": 1290.0}),
        draw("tokens, forward", 4, True),
        draw("tokens, training", 5, True, training=True),
        draw("a convolutional network, forward", 4, False),
        draw("a convolutional network, training", 3, False, training=True),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The operations, of lists that the answer may keep."""
    given = dict(case.inputs)
    weights, places = list(given.pop("weights")), list(given.pop("places"))
    return {"operations": number(answer(weights, places, **given))}
