from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors

SETTINGS = ("height", "width", "area", "ratio")


def cases(rng: np.random.Generator) -> list[Case]:
    """A box by hand; usual and wide ranges; boxes that have to be cut in either direction."""

    def told(name: str, draws, height, width, area, ratio, **by_hand) -> Case:
        settings = {"height": height, "width": width, "area": area, "ratio": ratio}
        return Case(name, floats(draws=draws) | settings, by_hand)

    def some(count: int) -> np.ndarray:
        return rng.uniform(0.05, 0.95, (count, 4))

    low = np.concatenate([rng.uniform(0.5, 0.9, (3, 1)), rng.uniform(0.1, 0.9, (3, 3))], axis=1)
    return [
        told("a box worked by hand", [[0.5] * 4], 8, 16, (0.25, 0.25), (0.5, 8.0),
             boxes=[[4, 2, 8, 4]]),
        told("five boxes as in training", some(5), 24, 32, (0.1, 0.6), (0.75, 4 / 3)),
        told("four boxes of many shapes", some(4), 20, 45, (0.2, 0.4), (1.2, 3.0)),
        told("boxes wider than the picture", low, 30, 12, (0.4, 0.8), (2.5, 3.0)),
        told("boxes higher than the picture", low, 12, 30, (0.4, 0.8), (0.3, 0.4)),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The boxes, and what was given, afterwards."""
    answer, changed = guarded(answer)
    look = probe(framework)
    options = {name: case.inputs[name] for name in SETTINGS}
    found = look.array(answer(*tensors(look, case.inputs, "draws"), **options))
    return {"boxes": found, STAYS: changed()}
