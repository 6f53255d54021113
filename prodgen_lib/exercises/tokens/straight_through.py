from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.codes import as_given


def cases(rng: np.random.Generator) -> list[Case]:
    """Two numbers by hand; features near their codes and far from them; what a network gives."""

    def draw(name: str, spread: float, *shape: int) -> Case:
        quantised = rng.normal(0, 2, shape)
        arrays = floats(
            features=quantised + spread * rng.normal(0, 1, shape),
            quantised=quantised,
            weights=rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape),
        )
        return Case(name, arrays)

    worked = floats(features=[[[0.4, 2.0]]], quantised=[[[0, 3]]], weights=[[[1, 5]]])
    right = {
        "values": [[[0, 3]]],
        "gradient of the features": [[[1, 5]]],
        "gradient of the quantised": [[[0, 0]]],
    }
    given = draw("features and codes as a network gives them", 1.0, 2, 4, 3)
    given.inputs["as given"] = True
    return [
        Case("two numbers worked by hand", worked, right),
        draw("rounded a little", 0.2, 2, 3, 4),
        draw("codes far away", 4.0, 3, 2, 2),
        given,
        draw("a single row", 1.0, 5),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The values, and what each argument gets of a gradient that differs from number to number."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    features, quantised, weights = (
        look.tensor(inputs[name]) for name in ("features", "quantised", "weights")
    )
    _, (to_features, to_quantised) = look.value_and_gradients(
        lambda *given: weights * answer(*given), features, quantised
    )
    if inputs.get("as given"):
        features, quantised = (
            as_given(framework, inputs[name]) for name in ("features", "quantised")
        )
    return {
        "values": look.array(answer(features, quantised)),
        "gradient of the features": to_features,
        "gradient of the quantised": to_quantised,
        STAYS: changed(),
    }
