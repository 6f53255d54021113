from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import dtype_name, probe, raised, two
from prodgen_lib.exercises.metrics.distances import rows

PAIR = Text("precision and recall", "精确率和召回率")


def cases(rng: np.random.Generator) -> list[Case]:
    """By hand; points on a grid, many just on a border; a collapse; far apart; two clouds."""

    def cloud(count: int, *, features: int = 3, scale: float = 1, at: float = 0) -> np.ndarray:
        return rng.normal(at, scale, (count, features)).astype(np.float32)

    def grid(count: int) -> np.ndarray:
        return rng.integers(0, 7, (count, 2)).astype(np.float32)

    worked = {"real": rows(0, 1, 3), "generated": rows(0.5, 6, 7), "options": {"k": 1}}
    by_hand = {"precision": 1 / 3, "recall": 1}
    collapse = {"real": cloud(25, features=5), "generated": cloud(19, features=5, scale=0.3)}
    apart = {"real": cloud(6), "generated": cloud(7, at=50), "options": {"k": 2}}
    last = {"real": cloud(23), "generated": cloud(17, scale=1.6), "options": {"k": 2}}
    # One more point lies in a ball of the second neighbour and in none of the first.
    lone, others = rows(-1.5, 20, 24, 30), rows(0, 1, 3)
    scale, other_scale = rng.uniform(0.5, 2, 2).astype(np.float32)
    near_real = {"real": scale * others, "generated": scale * lone, "options": {"k": 1}}
    near_generated = {"real": other_scale * lone, "generated": other_scale * others}
    return [
        Case("{0, 1, 3} and {0.5, 6, 7} with k = 1", worked, by_hand),
        # 8 and 16 points: their means are exact, so rounding moves none across a border.
        Case("points on a grid", {"real": grid(16), "generated": grid(8), "options": {"k": 1}}),
        Case(
            "points on a grid, fewer real",
            {"real": grid(8), "generated": grid(16), "options": {"k": 2}},
        ),
        Case("nearly the same pictures, k = 3 as by default", {**collapse, "options": {}}),
        Case("a lone generated point, k = 1", near_real),
        Case("a lone real point, k = 1", {**near_generated, "options": {"k": 1}}),
        Case("sets far apart", apart),
        Case("a wider cloud", last),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Precision and recall; on the last case, the dtype and too large a k."""
    look = probe(framework)
    real, generated = (look.tensor(case.inputs[name]) for name in ("real", "generated"))
    options = case.inputs["options"]
    precision, recall = two(answer(real, generated, **options), PAIR)
    seen = {
        "precision": look.array(precision, Text("Precision", "精确率")),
        "recall": look.array(recall, Text("Recall", "召回率")),
    }
    if len(real) == 23:
        seen["invariant float64"] = dtype_name(precision)
        seen["invariant other features"] = raised(answer, real, generated[:, :2])
        seen["invariant too many neighbours"] = raised(answer, real[:3], generated, k=3)
    return seen
