from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two codes by hand; one code; far too small for a float, with pictures and codes hundreds
    of nats apart; many codes of several pictures.

    The log-likelihood is a bump: `height` of the picture - ½ · steepness · |z - place|².
    """

    def draw(name: str, samples: int, pictures: int, latents: int, *heights: float) -> Case:
        inputs = {
            "mean": rng.normal(0, 1, (pictures, latents)),
            "log_variance": rng.normal(-0.5, 0.5, (pictures, latents)),
            "noise": rng.normal(0, 1, (samples, pictures, latents)),
            "place": rng.normal(0, 1, (pictures, latents)),
            "steepness": rng.uniform(0.5, 2, (latents, 1)),
        }
        height = np.resize(np.asarray(heights, np.float32), pictures)
        return Case(name, {k: v.astype(np.float32) for k, v in inputs.items()} | {"height": height})

    def apart(name: str, far: list[int]) -> Case:
        """Codes at `far` are three σ from the place where the likelihood has its narrow top."""
        case = draw(name, 4, 2, 3, -40.0)
        case.inputs["place"][:] = case.inputs["mean"]
        case.inputs["log_variance"] = np.maximum(case.inputs["log_variance"], -1)
        case.inputs["steepness"][:] = 60
        case.inputs["noise"] /= 10
        case.inputs["noise"][far] += 3
        return case

    worked = {"mean": [[0]], "log_variance": [[0]], "noise": [[[0]], [[2]]], "place": [[0]]}
    worked = {name: np.asarray(values, np.float32) for name, values in worked.items()}
    worked |= {"steepness": np.full((1, 1), np.log(3) / 2, np.float32), "height": np.zeros(1)}
    return [
        Case("two codes worked by hand", worked, {"bound": [np.log(2 / 3)]}),
        draw("one code of each picture", 1, 3, 2, -2.0),
        draw("likelihoods near e^-900", 4, 2, 3, -900.0),
        draw("pictures 500 nats apart", 3, 3, 2, -400.0, -900.0, -1400.0),
        apart("the first code far below the others", [0]),
        apart("the last three codes far below the first", [1, 2, 3]),
        draw("six codes of five pictures", 6, 5, 4, 3.0),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The bound of each picture, and its gradients."""
    look, inputs = probe(framework), case.inputs
    place, steepness = look.tensor(inputs["place"]), look.tensor(inputs["steepness"])
    height = look.tensor(inputs["height"])

    def log_likelihood(code):
        return height - 0.5 * ((code - place) ** 2 @ steepness)[:, 0]

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
