from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.bayesopt.tools import check_graph, double, rational_kernel
from prodgen_lib.exercises.common import probe, two

PAIR = Text("factor and weights", "分解因子和权重")
SIZE = "invariant size of the weights"


def cases(rng: np.random.Generator) -> list[Case]:
    """Two points by hand; one; points as good as equal, or close, without noise; seven."""

    def draw(name: str, count: int, size: int, noise: float) -> Case:
        inputs = {"points": rng.random((count, size)), "targets": rng.normal(0, 1, count)}
        scales, variance = rng.uniform(0.3, 1, size), rng.uniform(1, 3)
        return Case(name, inputs | {"noise": noise, "scales": scales, "variance": variance})

    # |a - b| = √3 with scale 1 and variance 8: covariances 8 and 2
    worked = {"points": np.array([[0], [3**0.5]]), "targets": np.array([13.0, 20.0]), "noise": 1.0}
    worked |= {"scales": np.ones(1), "variance": 8.0}
    equal = draw("twelve points as good as equal, without noise", 12, 2, 0.0)
    equal.inputs["points"] = 0.5 + 1e-10 * equal.inputs["points"]
    equal.inputs["targets"] = np.full(12, rng.uniform(1, 2))
    root = 77**0.5 / 3
    pair = draw("two points close together, without noise", 2, 2, 0.0)
    pair.inputs["points"][1] = pair.inputs["points"][0] + 1e-7
    pair.inputs["targets"] = rng.uniform(0.5, 1, 2) * [-1, 1]
    by_hand = {"weights": [1.0, 2.0], "factor": [[3, 0], [2 / 3, root]]}
    return [
        Case("two points worked by hand", worked, by_hand),
        draw("one point", 1, 3, 0.3),
        equal,
        pair,
        draw("seven points in two dimensions", 7, 2, 0.05),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Factor and weights, and the weights' gradients."""
    look, inputs = probe(framework), case.inputs
    kernel = rational_kernel(inputs["scales"], inputs["variance"])
    tensors = [double(framework, inputs[name]) for name in ("points", "targets", "noise")]

    def both(points, targets, noise):
        return two(
            answer(points, targets, kernel, noise=noise),
            PAIR,
        )

    factor, weights = both(*tensors)
    if case.name.startswith("two points close"):
        return {SIZE: np.abs(look.array(weights, "The second part")).max()}
    seen = {"weights": look.array(weights, "The second part")}
    if len(inputs["points"]) == 12:  # whose factor is made of jitter
        return seen
    seen["factor"] = look.array(factor, "The first part")
    if case.by_hand:
        return seen
    check_graph(framework, lambda *given: both(*given)[1], *tensors)
    _, slopes = look.value_and_gradients(lambda *given: both(*given)[1], *tensors)
    names = "points", "targets", "noise"
    return seen | {f"gradient of the {n}": slope for n, slope in zip(names, slopes, strict=True)}


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether the weights are too large: any jitter gives 1e8 or so, and none 1e11."""
    if SIZE in seen:
        seen[SIZE] = np.maximum(np.log10(seen[SIZE]), 9)
    return seen
