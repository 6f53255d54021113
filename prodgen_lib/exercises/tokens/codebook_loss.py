from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.codes import as_given


def cases(rng: np.random.Generator) -> list[Case]:
    """One feature by hand; beta below, above and at 1, and 0; what a network gives."""

    def draw(name: str, beta: float, *shape: int) -> Case:
        arrays = floats(features=rng.normal(0, 2, shape), quantised=rng.normal(0, 2, shape))
        return Case(name, arrays | {"beta": beta})

    worked = floats(features=[[[3]]], quantised=[[[1]]]) | {"beta": 0.25}
    right = {
        "loss": 5.0,
        "gradient of the codes": [[[-4]]],
        "gradient of the features": [[[1]]],
    }
    given = draw("features and codes as a network gives them", 0.5, 2, 4, 3)
    given.inputs["as given"] = True
    return [
        Case("the feature worked by hand", worked, right),
        draw("beta 0.25", 0.25, 2, 3, 4),
        draw("beta 2", 2.0, 3, 2, 2),
        draw("beta 1", 1.0, 2, 2, 5),
        draw("beta 0", 0.0, 1, 3, 2),
        given,
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and its gradients for the codes and for the features."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    given = inputs["features"], inputs["quantised"]
    value, (to_features, to_codes) = look.value_and_gradients(
        lambda *tensors: answer(*tensors, beta=inputs["beta"]), *map(look.tensor, given)
    )
    if inputs.get("as given"):
        tensors = (as_given(framework, one) for one in given)
        value = look.array(answer(*tensors, beta=inputs["beta"]))
    return {
        "loss": value,
        "gradient of the codes": to_codes,
        "gradient of the features": to_features,
        STAYS: changed(),
    }
