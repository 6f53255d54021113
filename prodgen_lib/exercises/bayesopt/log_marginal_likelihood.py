from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.bayesopt.tools import check_graph, double, solved
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """The two points of `condition` by hand; one; a determinant below 1e-400; six."""

    def draw(name: str, count: int, size: float = 1.0) -> Case:
        square = rng.normal(0, 1, (count, count)) / count**0.5
        matrix = size**2 * (square @ square.T + np.eye(count))
        targets = rng.multivariate_normal(np.zeros(count), matrix)
        inputs = {"factor": np.linalg.cholesky(matrix), "weights": np.linalg.solve(matrix, targets)}
        return Case(name, inputs | {"targets": targets, "covariance": matrix})

    worked = {"factor": [[3, 0], [2 / 3, 77**0.5 / 3]], "weights": [1, 2], "targets": [13, 20]}
    by_hand = -53 / 2 - np.log(77) / 2 - np.log(2 * np.pi)
    return [
        Case(
            "the two points of `condition`",
            {name: np.array(values, float) for name, values in worked.items()},
            {"log-likelihood": by_hand},
        ),
        draw("one observation", 1),
        draw("120 observations with tiny variances", 120, 1e-4),
        draw("six observations", 6),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The log-likelihood, and its gradients for what `condition` was given."""
    look = probe(framework)
    names = "factor", "weights", "targets"
    tensors = [double(framework, case.inputs[name]) for name in names]
    seen = {"log-likelihood": look.array(answer(*tensors))}
    if case.by_hand:
        return seen
    if len(case.inputs["targets"]) < 100:
        check_graph(framework, answer, *tensors)

    def likelihood(covariance, targets):
        return answer(*solved(framework, covariance, targets), targets)

    given = [double(framework, case.inputs[name]) for name in ("covariance", "targets")]
    _, (to_covariance, to_targets) = look.value_and_gradients(likelihood, *given)
    return seen | {
        "gradient of the covariance": to_covariance + to_covariance.T,
        "gradient of the targets": to_targets,
    }
