from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors


def cases(rng: np.random.Generator) -> list[Case]:
    """Two numbers by hand; codes and pictures on both paths, as many of them as pixels in a row."""

    def draw(name: str, path: str, *shape: int) -> Case:
        arrays = floats(
            pictures=rng.normal(0, 1, shape),
            noise=rng.normal(0, 1, shape),
            t=rng.uniform(0.1, 0.9, shape[0]),
        )
        return Case(name, arrays | {"path": path})

    worked = floats(pictures=[[2], [2]], noise=[[-1], [-1]], t=[0.25, 1]) | {"path": "linear"}
    return [
        Case("the two numbers worked by hand", worked, {"mixture": [[1.25], [-1]]}),
        draw("three codes on the cosine path", "cosine", 3, 4),
        draw("three pictures of three pixels a row", "linear", 3, 3, 3, 3),
        draw("four pictures on the cosine path", "cosine", 4, 2, 3, 1),
        draw("two rows of two tokens", "linear", 2, 3, 2),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The mixture, and its gradients; the linear path is the default."""
    answer, changed = guarded(answer)
    look = probe(framework)
    path = case.inputs["path"]
    options = {} if path == "linear" else {"path": path}
    value, (to_pictures, to_noise, to_times) = look.value_and_gradients(
        lambda *given: answer(*given, **options),
        *tensors(look, case.inputs, "pictures", "noise", "t"),
    )
    return {
        "mixture": value,
        "gradient of the pictures": to_pictures,
        "gradient of the noise": to_noise,
        "gradient of the times": to_times,
        STAYS: changed(),
    }
