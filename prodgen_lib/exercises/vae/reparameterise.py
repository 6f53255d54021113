from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two dimensions by hand; one picture; variances e^-80 to e^-14, and e^12; a batch."""

    def draw(name: str, pictures: int, latents: int, spread: float = 1.0) -> Case:
        shape = (pictures, latents)
        inputs = {
            "mean": rng.normal(0, 2, shape),
            "log_variance": spread * rng.normal(0, 1, shape),
            "noise": rng.normal(0, 1, shape),
        }
        return Case(name, {key: value.astype(np.float32) for key, value in inputs.items()})

    def at(name: str, log_variances: list[float]) -> Case:
        case = draw(name, len(log_variances), 1)
        case.inputs["log_variance"] = np.asarray(log_variances, np.float32)[:, None]
        sizes = np.maximum(np.abs(case.inputs["noise"]), 0.5)
        case.inputs["noise"] = np.copysign(sizes, case.inputs["noise"])
        return case

    worked = {"mean": [[1, -2]], "log_variance": [[0, np.log(4)]], "noise": [[0.5, -1]]}
    small = at("variances from e^-80 to e^-14", [-80, -40, -24, -20, -16, -14])
    small.inputs["mean"][:] = 0
    return [
        Case(
            "the two dimensions worked by hand",
            {key: np.asarray(value, np.float32) for key, value in worked.items()},
            {"code": [[1.5, -4.0]]},
        ),
        draw("one picture", 1, 3),
        small,
        at("variances e^9 and e^12", [9, 12]),
        draw("five pictures, four dimensions", 5, 4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The code and its gradients. An answer that draws noise of its own is told so at once."""
    look = probe(framework)
    tensors = [look.tensor(values) for values in case.inputs.values()]
    code, (to_mean, to_log_variance, _) = look.value_and_gradients(answer, *tensors)
    if not np.array_equal(look.array(answer(*tensors)), code, equal_nan=True):
        raise Complaint(
            "A second call with the same arguments gives another code: the noise is given, so draw "
            "none yourself.",
            "用同样的参数再调用一次，得到了另一个编码：噪声是给定的，不要自己再抽取。",
        )
    return {
        "code": code,
        "gradient of the mean": to_mean,
        "gradient of the log-variance": to_log_variance,
    }
