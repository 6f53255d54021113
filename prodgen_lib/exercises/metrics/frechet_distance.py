from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import dtype_name, probe, raised
from prodgen_lib.exercises.metrics.distances import rows, two_sets


def cases(rng: np.random.Generator) -> list[Case]:
    """More rows than features; one feature by hand; fewer rows; a set itself; far from 0."""
    far = two_sets(rng, 9, 8, 3)
    far = {name: np.float32(1000) + values for name, values in far.items()}
    same = two_sets(rng, 6, 6, 4)["a"]
    worked = {"a": rows(0, 2), "b": rows(1, 5)}
    return [
        Case("more rows than features", two_sets(rng, 12, 17, 4)),
        Case("{0, 2} against {1, 5}, worked by hand", worked, {"distance": 6}),
        Case("fewer rows than features", two_sets(rng, 4, 5, 7)),
        Case("a set against itself", {"a": same, "b": same}),
        Case("features around 1000", far),
        Case("as many rows in both", two_sets(rng, 14, 14, 5)),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The distance; where it is smooth, gradients, what order and exchange do, and bad input."""
    look = probe(framework)
    a, b = case.inputs["a"], case.inputs["b"]
    pair = look.tensor(a), look.tensor(b)
    if a.shape[1] == 1:
        return {"distance": look.array(of_one_feature(answer, *pair))}
    if len(a) < 10:
        return {"distance": look.array(answer(*pair))}
    value, gradients = look.value_and_gradients(answer, *pair)
    turned = answer(look.tensor(b[::-1]), look.tensor(a))
    return {
        "distance": value,
        "invariant float64": dtype_name(answer(*pair)),
        "invariant order and exchange": look.array(turned),
        "invariant one row": raised(answer, pair[0][:1], pair[1]),
        "gradient of the first features": gradients[0],
        "gradient of the second features": gradients[1],
    }


def of_one_feature(answer: Callable, *pair: object) -> object:
    """The distance, with a complaint where one feature stops it: more came first, and passed."""
    try:
        return answer(*pair)
    except Exception as error:
        name = type(error).__name__
        raise Complaint(
            f"With one feature it stops with {name}: functions for covariances give a bare number "
            "there; make it a matrix of 1×1.",
            f"只有一个特征时出现 {name}：协方差函数这时给出一个单独的数；请把它变成 1×1 矩阵。",
        ) from error
