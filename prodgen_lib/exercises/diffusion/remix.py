from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors


def cases(rng: np.random.Generator) -> list[Case]:
    """One number by hand; both paths, with no fresh noise, some, and all; the end; near t = 1."""

    def draw(name: str, path: str, eta: float, *shape: int, drawn: bool = True) -> Case:
        arrays = floats(
            mixed=rng.normal(0, 2, shape),
            noise=rng.normal(0, 2, shape),
            fresh=rng.normal(0, 2, shape),
            t=rng.uniform(0.5, 0.9, shape[0]),
            s=rng.uniform(0.1, 0.4, shape[0]),
        )
        return Case(name, arrays | {"path": path, "eta": eta, "drawn": drawn})

    worked = floats(mixed=[[1]], noise=[[0.5]], fresh=[[0]], t=[0.5], s=[0.25])
    worked |= {"path": "linear", "eta": 0.0, "drawn": False}
    end = draw("at s = 0, η = 1", "cosine", 1.0, 2, 3)
    end.inputs["s"][:] = 0
    # Times at which b_s² - σ² is a rounding below 0, in whatever order it is worked out.
    below = draw("almost to the picture, η = 1, linear path", "linear", 1.0, 3, 4)
    below.inputs["t"][:] = 0.9, 0.964, 0.922
    below.inputs["s"][:] = 0.00091, 0.00048, 0.0019
    late = draw("from t = 0.98 and thereabouts", "cosine", 0.5, 3, 4)
    late.inputs["t"][:] = rng.uniform(0.97, 0.99, 3)
    return [
        Case("the number worked by hand", worked, {"remixed": [[1.25]]}),
        draw("η = 0, nothing drawn", "cosine", 0.0, 3, 4, drawn=False),
        draw("η = 0 with fresh noise at hand", "cosine", 0.0, 3, 4),
        draw("η = 1, three codes", "cosine", 1.0, 3, 4),
        draw("η = 0.5, two pictures", "cosine", 0.5, 2, 2, 3, 1),
        draw("η = 0.7 on the linear path", "linear", 0.7, 3, 4),
        end,
        late,
        below,
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The mixture at s, and its gradients."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    mixed, noise, fresh, t, s = tensors(look, inputs, "mixed", "noise", "fresh", "t", "s")
    options = {"fresh": fresh} if inputs["drawn"] else {}
    if inputs["eta"]:  # else left to its default
        options["eta"] = inputs["eta"]
    if inputs["path"] != "cosine":
        options["path"] = inputs["path"]
    value, (to_mixed, to_noise) = look.value_and_gradients(
        lambda *given: answer(*given, t, s, **options), mixed, noise
    )
    return {
        "numbers that are not NaN": np.isfinite(value),
        "remixed": value,
        "gradient of the mixture": to_mixed,
        "gradient of the predicted noise": to_noise,
        STAYS: changed(),
    }
