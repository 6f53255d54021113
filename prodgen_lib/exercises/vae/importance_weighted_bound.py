from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two codes by hand; one code; far too small for a float; many codes of several pictures.

    The log-likelihood is a bump: `height` - ½ · steepness · |z - place|².
    """

    def draw(name: str, samples: int, pictures: int, latents: int, height: float) -> Case:
        inputs = {
            "mean": rng.normal(0, 1, (pictures, latents)),
            "log_variance": rng.normal(-0.5, 0.5, (pictures, latents)),
            "noise": rng.normal(0, 1, (samples, pictures, latents)),
            "place": rng.normal(0, 1, (pictures, latents)),
            "steepness": rng.uniform(0.5, 2, (latents, 1)),
        }
        return Case(name, {k: v.astype(np.float32) for k, v in inputs.items()} | {"height": height})

    worked = {"mean": [[0]], "log_variance": [[0]], "noise": [[[0]], [[2]]], "place": [[0]]}
    worked = {name: np.asarray(values, np.float32) for name, values in worked.items()}
    worked |= {"steepness": np.full((1, 1), np.log(3) / 2, np.float32), "height": 0.0}
    return [
        Case("two codes worked by hand", worked, {"bound": [np.log(2 / 3)]}),
        draw("one code of each picture", 1, 3, 2, -2.0),
        draw("likelihoods near e^-900", 4, 2, 3, -900.0),
        draw("six codes of five pictures", 6, 5, 4, 3.0),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The bound of each picture, and its gradients."""
    look, inputs = probe(framework), case.inputs
    place, steepness = look.tensor(inputs["place"]), look.tensor(inputs["steepness"])

    def log_likelihood(code):
        return inputs["height"] - 0.5 * ((code - place) ** 2 @ steepness)[:, 0]

    value, (to_mean, to_log_variance) = look.value_and_gradients(
        lambda mean, log_variance: answer(
            mean, log_variance, look.tensor(inputs["noise"]), log_likelihood
        ),
        look.tensor(inputs["mean"]),
        look.tensor(inputs["log_variance"]),
    )
    return {
        "bound": value,
        "gradient of the mean": to_mean,
        "gradient of the log-variance": to_log_variance,
    }
