from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded


def cases(rng: np.random.Generator) -> list[Case]:
    """Two maps by hand; maps higher than wide; one map; an even one."""

    def draw(name: str, *shape: int) -> Case:
        maps = rng.gamma(0.5, 1.0, shape) + 0.01
        return Case(name, floats(maps=maps, masks=rng.uniform(0.1, 0.9, shape)))

    worked = floats(maps=[[[1, 3]], [[2, 2]]], masks=[[[1, 0]], [[0.5, 1]]])
    even = floats(maps=np.full((2, 3, 4), 0.3), masks=rng.uniform(0.1, 0.9, (2, 3, 4)))
    return [
        Case("two maps worked by hand", worked, {"shares": [0.25, 0.75]}),
        draw("three maps, higher than wide", 3, 6, 4),
        draw("one map", 1, 5, 5),
        Case("the same everywhere", even),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shares."""
    answer, changed = guarded(answer)
    look = probe(framework)
    maps, masks = (look.tensor(case.inputs[name]) for name in ("maps", "masks"))
    return {"shares": look.array(answer(maps, masks)), STAYS: changed()}
