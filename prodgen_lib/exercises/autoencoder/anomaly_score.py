from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """A window by hand; a small defect among large even errors; other windows and sizes."""

    def case(name: str, *shape: int, **options: int) -> Case:
        inputs = {"output": rng.uniform(-0.5, 1.5, shape), "pictures": rng.uniform(0, 1, shape)}
        return Case(
            name, {k: v.astype(np.float32) for k, v in inputs.items()} | {"options": options}
        )

    def spot(name: str, row: int, column: int) -> Case:
        """Even errors everywhere, and a single pixel that is worse, at the rim."""
        there = case(name, 2, 8, 9, 3)
        there.inputs["output"][:] = there.inputs["pictures"] + rng.choice([-0.3, 0.3], (2, 8, 9, 3))
        there.inputs["output"][:, row, column] -= np.float32(0.9)
        return there

    errors = np.array([[0, 0.2, 0], [0, 0.4, 0.2]], np.float32).reshape(1, 2, 3, 1)
    worked = {"output": errors, "pictures": 0 * errors, "options": {"window": 2}}
    return [
        Case("2×3 pixels and windows of 2×2", worked, {"score": [0.06]}),
        case("one grey picture, window 3", 1, 7, 6, 1, window=3),
        case("windows of a single pixel", 2, 4, 5, 3, window=1),
        spot("a small defect in the last corner", -1, -1),
        spot("a small defect in the first corner", 0, 0),
        case("three pictures in colour, the default window", 3, 9, 8, 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The score of each picture."""
    look = probe(framework)
    pair = (look.pictures(case.inputs[name]) for name in ("output", "pictures"))
    return {"score": look.array(answer(*pair, **case.inputs["options"]))}
