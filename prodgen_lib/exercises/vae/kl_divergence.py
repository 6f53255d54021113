from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.vae.bound import floats


def cases(rng: np.random.Generator) -> list[Case]:
    """Three dimensions by hand; one picture; variances far below 1, then far above; a batch."""

    def draw(name: str, *shape: int, spread: float = 1.0) -> Case:
        log_variance = spread * rng.normal(0, 1, shape)
        return Case(name, floats(mean=rng.normal(0, 1.5, shape), log_variance=log_variance))

    worked = floats(mean=[[1, 0, -2]], log_variance=[[0, np.log(4), -1]])
    by_hand = [[0.5, 1.5 - np.log(2), 2 + np.exp(-1) / 2]]

    def near() -> np.ndarray:
        return rng.uniform(-0.02, 0.02, (2, 2))

    def far(*log_variances: float) -> dict[str, np.ndarray]:
        rows = np.array(log_variances)[:, None]
        return floats(mean=rng.normal(0, 1, rows.shape), log_variance=rows)

    return [
        Case("the three dimensions worked by hand", worked, {"divergence": by_hand}),
        draw("one picture", 1, 2),
        Case("nearly the prior", floats(mean=near(), log_variance=near())),
        Case("log-variances from -40 to 0", far(-40, -30, -20, -10, -6, 0)),
        Case("log-variances of -80 and -60", far(-80, -60)),
        Case("log-variances 5 and 12", far(5, 12)),
        draw("five pictures, four dimensions", 5, 4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The divergence of each dimension, and its gradients."""
    look = probe(framework)
    tensors = [look.tensor(values) for values in case.inputs.values()]
    value, (to_mean, to_log_variance) = look.value_and_gradients(answer, *tensors)
    return {
        "divergence": value,
        "gradient of the mean": to_mean,
        "gradient of the log-variance": to_log_variance,
    }
