from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.bayesopt.tools import check_graph, double
from prodgen_lib.exercises.bayesopt.worth import NAMES, drawn
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """A mean at the best value by hand; far and very far above; the ends of the range; near."""
    worked = {"mean": [0.5, 0.5], "standard_deviation": [1, 2], "best": 0.5}
    by_hand = -0.5 * np.log(2 * np.pi) + np.log([1, 2])
    far = -np.concatenate([rng.uniform(6, 12, 2), rng.uniform(15, 24, 2)])
    series = -np.array([25.1, *rng.uniform([25.2, 26, 30], [26, 28, 50])])
    middle = np.array([-5.5, -4.9, *rng.uniform([-8, -6.5, -5.3], [-6.5, -5.3, -5.05])])
    ends = np.array([-1000.0, -25.2, -24.8, 8.0, 1000.0])
    very_far = -rng.uniform([60, 200, 800], [100, 500, 1000])
    return [
        Case(
            "means as good as the best",
            {name: np.array(values, float) for name, values in worked.items()},
            {"logarithm": by_hand},
        ),
        drawn(rng, "points 6 to 24 standard deviations above the best", far),
        drawn(rng, "points 25 to 50 standard deviations above the best", series),
        drawn(rng, "points 60 to 1000 standard deviations above", very_far, (0.3, 0.9)),
        drawn(rng, "points 5 to 8 standard deviations above the best", middle),
        drawn(rng, "the ends of the range, and of each branch", ends),
        drawn(rng, "points below the best by up to 1000", [3.0, 30.0, 1000.0]),
        drawn(rng, IN_A_GRAPH, rng.normal(-0.5, 1.2, 5)),
    ]


IN_A_GRAPH = "five points near the best"


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The logarithm, how it differs from -u²/2, which hides the series, and its gradients."""
    look = probe(framework)
    mean, deviation, best = (case.inputs[name] for name in NAMES)
    tensors = [double(framework, numbers) for numbers in (mean, deviation, best)]
    value, (to_mean, to_deviation, _) = look.value_and_gradients(answer, *tensors)
    if case.name == IN_A_GRAPH:  # once, for each graph takes time
        check_graph(framework, answer, *tensors)
    u = (best - mean) / deviation
    beyond = value + 0.5 * u**2 if value.shape == u.shape and u.max() < -20 else np.zeros(0)
    return {
        "logarithm": value,
        "logarithm and u²/2": beyond,
        "gradient of the mean": to_mean,
        "gradient of the standard deviation": to_deviation,
    }
