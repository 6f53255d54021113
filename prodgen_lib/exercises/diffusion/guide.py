from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors


def cases(rng: np.random.Generator) -> list[Case]:
    """One number by hand, with three scales; codes and pictures with others."""

    def draw(name: str, scale: float, *shape: int) -> Case:
        arrays = floats(conditional=rng.normal(0, 2, shape), unconditional=rng.normal(0, 2, shape))
        return Case(name, arrays | {"scale": scale})

    def by_hand(scale: float, right: float) -> Case:
        worked = floats(conditional=[[2]], unconditional=[[1]]) | {"scale": scale}
        return Case(f"the number worked by hand, scale {scale:g}", worked, {"guided": [[right]]})

    return [
        by_hand(0.0, 1),
        by_hand(1.0, 2),
        by_hand(3.0, 4),
        draw("three codes, scale 1.5", 1.5, 3, 4),
        draw("two pictures, scale 7", 7.0, 2, 2, 3, 3),
        draw("two codes, scale 0.3", 0.3, 2, 3),
        draw("two codes, scale -2", -2.0, 2, 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The guided prediction, and its gradients for both."""
    answer, changed = guarded(answer)
    look = probe(framework)
    value, (to_conditional, to_unconditional) = look.value_and_gradients(
        lambda *given: answer(*given, scale=case.inputs["scale"]),
        *tensors(look, case.inputs, "conditional", "unconditional"),
    )
    return {
        "guided": value,
        "gradient of the conditional": to_conditional,
        "gradient of the unconditional": to_unconditional,
        STAYS: changed(),
    }
