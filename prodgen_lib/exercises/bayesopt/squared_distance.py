from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.bayesopt.tools import check_graph, double
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two points and one by hand; one dimension; far from zero; thirty; four dimensions."""

    def draw(name: str, a: int, b: int, size: int, centre: float = 0.0) -> Case:
        first = centre + rng.random((a, size))
        second = np.concatenate([first[:1], centre + rng.random((b - 1, size))])
        return Case(name, {"a": first, "b": second, "length_scales": rng.uniform(0.2, 3, size)})

    close = draw("points near 10,000, close to each other", 4, 1, 3, centre=1e4)
    close.inputs["b"] = close.inputs["a"] + 1e-4 * rng.random((4, 3))
    many = draw("thirty points, each beside another", 30, 30, 2)
    many.inputs["b"] = many.inputs["a"] + 1e-8 * rng.uniform(0.5, 1, (30, 2))
    worked = {"a": [[0, 1], [3, 1]], "b": [[1, 5]], "length_scales": [0.5, 2]}
    return [
        Case(
            "two points and one, worked by hand",
            {name: np.array(values, float) for name, values in worked.items()},
            {"squared distances": [[8], [20]]},
        ),
        draw("one dimension", 3, 2, 1),
        close,
        many,
        draw("four dimensions", 5, 3, 4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The squared distances, their gradients, and their logarithms, which show digits near 0."""
    look = probe(framework)
    tensors = [double(framework, values) for values in case.inputs.values()]
    value, (to_a, _, to_scales) = look.value_and_gradients(answer, *tensors)
    seen = {"squared distances": value}
    if not case.by_hand:
        check_graph(framework, answer, *tensors)
        seen["invariant digits of close points"] = np.log10(np.maximum(value, 1e-20))
        seen |= {"gradient of the points": to_a, "gradient of the length scales": to_scales}
    return seen
