from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.bayesopt.tools import check_graph, double
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Distances of 0 and 1/√5 scales by hand; equal points; one dimension; three."""

    def draw(name: str, a: int, b: int, size: int) -> Case:
        first = rng.random((a, size))
        second = np.concatenate([first[:1], rng.random((b - 1, size))])
        inputs = {"a": first, "b": second, "length_scales": rng.uniform(0.3, 2, size)}
        return Case(name, inputs | {"output_scale": np.array(rng.uniform(1.5, 3))})

    worked = {"a": [[0]], "b": [[0], [0.2]], "length_scales": [0.2 * 5**0.5], "output_scale": 2}
    return [
        Case(
            "distances of 0 and of 1/√5 length scales, worked by hand",
            {name: np.array(values, float) for name, values in worked.items()},
            {"covariance": [[2, 14 / (3 * np.e)]]},
        ),
        draw("one dimension", 4, 3, 1),
        draw("three dimensions", 4, 5, 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The covariances and their gradients; the first points are equal."""

    def kernel(a, b, length_scales, output_scale):
        return answer(a, b, length_scales=length_scales, output_scale=output_scale)

    look = probe(framework)
    tensors = [double(framework, values) for values in case.inputs.values()]
    value, slopes = look.value_and_gradients(kernel, *tensors)
    if case.by_hand:
        return {"covariance": value}
    check_graph(framework, kernel, *tensors)
    names = "first points", "second points", "length scales", "output scale"
    gradients = {f"gradient of the {n}": slope for n, slope in zip(names, slopes, strict=True)}
    return {"covariance": value, **gradients}
