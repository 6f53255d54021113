from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded


def cases(rng: np.random.Generator) -> list[Case]:
    """t = 0 by hand; four numbers; small times, which the slow waves alone tell; many numbers."""

    def draw(name: str, count: int, size: int, most: float = 1.0) -> Case:
        return Case(name, floats(t=rng.uniform(0, most, count)) | {"size": size})

    return [
        Case("t = 0", floats(t=[0]) | {"size": 4}, {"waves": [[1, 1, 0, 0]]}),
        draw("three times, four numbers", 3, 4),
        draw("times below 0.01", 4, 6, 0.01),
        draw("five times, sixteen numbers", 5, 16),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The waves. Times are not learnt, so no gradients."""
    answer, changed = guarded(answer)
    look = probe(framework)
    waves = look.array(answer(look.tensor(case.inputs["t"]), size=case.inputs["size"]))
    return {"waves": waves, STAYS: changed()}
