from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import probe, raised, two
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded

PARTS = Text("signal and noise", "信号和噪声")


def cases(rng: np.random.Generator) -> list[Case]:
    """A time by hand; both paths, one of them with an axis more; both ends."""

    def draw(name: str, path: str, *shape: int) -> Case:
        return Case(name, floats(t=rng.uniform(0.05, 0.95, shape)) | {"path": path})

    worked = floats(t=[0.25]) | {"path": "linear"}
    ends = floats(t=[0, 1])
    return [
        Case("the time worked by hand", worked, {"signal": [0.75], "noise": [0.25]}),
        draw("five times, linear", "linear", 5),
        draw("five times, cosine", "cosine", 5),
        draw("three times in a column, cosine", "cosine", 3, 1),
        Case("both ends of the linear path", ends | {"path": "linear"}),
        Case("both ends of the cosine path", ends | {"path": "cosine"}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Both shares, their gradients, whether ends are exact, and what another path gives."""
    answer, changed = guarded(answer)
    look, path = probe(framework), case.inputs["path"]
    t = look.tensor(case.inputs["t"])
    signal, noise = (look.array(part) for part in two(answer(t, path=path), PARTS))
    slopes = [
        look.value_and_gradients(lambda at, k=k: two(answer(at, path=path), PARTS)[k], t)[1][0]
        for k in (0, 1)
    ]
    return {
        "signal": signal,
        "noise": noise,
        "gradient of the signal": slopes[0],
        "gradient of the noise": slopes[1],
        "invariant: the ends are exact": np.array([np.sum(signal == 0), np.sum(noise == 0)]),
        "error for another path": raised(answer, t, path="straight"),
        STAYS: changed(),
    }
