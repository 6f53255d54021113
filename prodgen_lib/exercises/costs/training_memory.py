from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.costs.tools import number


def cases(rng: np.random.Generator) -> list[Case]:
    """Ten parameters by hand; Adam and two others, in numbers of 4, 2 and 8 bytes."""

    def draw(name: str, **options: int) -> Case:
        parameters, activations = (int(x) for x in rng.integers(1000, 9999, 2))
        batch = int(rng.integers(3, 30))
        sizes = {"parameters": parameters, "activations": activations, "batch": batch}
        return Case(name, sizes | options)

    worked = {"parameters": 10, "activations": 7, "batch": 2}
    return [
        Case("ten parameters worked by hand", worked, {"bytes": 216.0}),
        draw("Adam"),
        draw("plain gradient descent", moments=0),
        draw("one moment, numbers of 2 bytes", moments=1, bytes_each=2),
        draw("three moments, numbers of 8 bytes", moments=3, bytes_each=8),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The bytes."""
    return {"bytes": number(answer(**case.inputs))}
