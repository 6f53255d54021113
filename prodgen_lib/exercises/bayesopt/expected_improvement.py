from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.bayesopt.tools import check_graph, double
from prodgen_lib.exercises.bayesopt.worth import NAMES, drawn
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """A mean at the best value, and a sure one below it, by hand; one point; six."""
    worked = {"mean": [-1, -3], "standard_deviation": [2, 1e-3], "best": -1}
    return [
        Case(
            "a mean as good as the best, and a sure one 2 below it",
            {name: np.array(values, float) for name, values in worked.items()},
            {"improvement": [2 / np.sqrt(2 * np.pi), 2]},
        ),
        drawn(rng, "one point", [-0.4]),
        drawn(rng, "points far above the best", [-2.5, -3.0, -1.8], (2.0, 6.0)),
        drawn(rng, "six points", rng.normal(0, 1, 6)),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The improvement, and its gradients."""
    look = probe(framework)
    tensors = [double(framework, case.inputs[name]) for name in NAMES]
    value, (to_mean, to_deviation, _) = look.value_and_gradients(answer, *tensors)
    if case.by_hand:
        return {"improvement": value}
    check_graph(framework, answer, *tensors)
    return {
        "improvement": value,
        "gradient of the mean": to_mean,
        "gradient of the standard deviation": to_deviation,
    }
