from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.vae.bound import floats, pictures_of


def cases(rng: np.random.Generator) -> list[Case]:
    """Two values by hand, with σ = 2; σ from e^-8 to e^6, float or tensor."""

    def draw(name: str, log_scale: float, *shape: int, learnt: bool = False) -> Case:
        arrays = floats(mean=rng.uniform(-0.5, 1.5, shape), pictures=rng.uniform(0, 1, shape))
        if log_scale < -3:  # errors as small as the scale: a density above 1
            errors = np.exp(log_scale) * rng.normal(0, 1, shape)
            arrays["mean"] = arrays["pictures"] + errors.astype(np.float32)
        return Case(name, arrays | {"log_scale": log_scale, "learnt": learnt})

    worked = {"mean": pictures_of([0, 1]), "pictures": pictures_of([1, -1])}
    by_hand = -0.5 * (1 / 4 + 4 / 4) - 2 * np.log(2) - np.log(2 * np.pi)
    return [
        Case(
            "the two values worked by hand",
            worked | {"log_scale": float(np.log(2)), "learnt": False},
            {"log-likelihood": [by_hand]},
        ),
        draw("one value and σ = 1", 0.0, 1, 1, 1, 1),
        draw("σ = e^-8 as a float", -8.0, 2, 2, 2, 1),
        draw("σ = e^6 as a float", 6.0, 1, 2, 2, 1),
        draw("σ = e^-8 as a scalar tensor", -8.0, 2, 2, 2, 1, learnt=True),
        draw("σ = e^-3 as a scalar tensor", -3.0, 2, 2, 2, 1, learnt=True),
        draw("five small pictures in colour", -0.7, 5, 3, 2, 3, learnt=True),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The log-likelihood of each picture and its gradients, for a scale that is learnt too."""
    look, inputs = probe(framework), case.inputs
    mean, pictures = look.pictures(inputs["mean"]), look.pictures(inputs["pictures"])
    if not inputs["learnt"]:
        value, (gradient,) = look.value_and_gradients(
            lambda t: answer(t, pictures, inputs["log_scale"]), mean
        )
        return {"log-likelihood": value, "gradient of the mean": gradient}
    scalar = look.tensor(np.array([inputs["log_scale"]]))[0]
    value, (gradient, to_scale) = look.value_and_gradients(
        lambda t, scale: answer(t, pictures, scale), mean, scalar
    )
    return {
        "log-likelihood": value,
        "gradient of the mean": gradient,
        "gradient of the log of the scale": to_scale,
    }
