from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.bayesopt.tools import check_graph, double, rational_kernel
from prodgen_lib.exercises.common import probe, two


def cases(rng: np.random.Generator) -> list[Case]:
    """One observation and two queries by hand; rounding below zero; one query; six queries."""

    def draw(name: str, count: int, queries: int, size: int, shrink: float = 1.0) -> Case:
        points, scales = rng.random((count, size)), rng.uniform(0.3, 1, size)
        variance = rng.uniform(1.5, 3)
        covariance = rational_kernel(scales, variance)(points, points)
        exact = shrink < 1
        factor = np.linalg.cholesky(covariance + (0 if exact else 0.1) * np.eye(count))
        targets = rng.normal(0, 1, count)
        weights = np.linalg.solve(factor @ factor.T, targets)
        inputs = {"queries": points[:queries] if exact else rng.random((queries, size))}
        inputs |= {"points": points, "factor": shrink * factor, "weights": weights}
        return Case(name, inputs | {"scales": scales, "variance": variance})

    worked = {"queries": [[0], [1]], "points": [[0]], "factor": [[2]], "weights": [1]}
    worked = {name: np.array(values, float) for name, values in worked.items()}
    worked |= {"scales": np.ones(1), "variance": 2.0}
    return [
        Case("one observation worked by hand", worked, {"mean": [2, 1], "variance": [1, 1.75]}),
        draw("a factor that rounding made too small", 4, 2, 2, shrink=1 - 1e-9),
        draw("one query", 5, 1, 3),
        draw("three queries in two dimensions", 6, 3, 2),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Mean and variance, how small a variance gets, and gradients for the queries."""
    look, inputs = probe(framework), case.inputs
    kernel = rational_kernel(inputs["scales"], inputs["variance"])
    names = "queries", "points", "factor", "weights"
    tensors = [double(framework, inputs[name]) for name in names]

    def part(index, *given):
        return two(answer(*given, kernel), Text("mean and variance", "均值和方差"))[index]

    mean, variance = (look.array(part(index, *tensors)) for index in (0, 1))
    if case.name.startswith("a factor that"):
        with np.errstate(all="ignore"):
            return {"mean": mean, "invariant logarithm of a tiny variance": np.log10(variance)}
    seen = {"mean": mean, "variance": variance}
    if case.by_hand:
        return seen
    check_graph(framework, lambda queries: part(1, queries, *tensors[1:]), tensors[0])
    for index, name in enumerate(seen.copy()):
        _, (slope,) = look.value_and_gradients(
            lambda queries, index=index: part(index, queries, *tensors[1:]), tensors[0]
        )
        seen[f"gradient of the {name}"] = slope
    return seen
