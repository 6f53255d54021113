"""The candidate's metrics at a whiteboard: what each fault shows, by itself and beside others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.metrics.distances import two_sets


def cases(rng: np.random.Generator) -> list[Case]:
    """A moved set; features that depend on each other; one set larger; all at once."""
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) * rng.uniform(0.5, 1.5, 2)
    moved = {"a": corners, "b": corners + rng.uniform(1, 2, 2)}
    same = two_sets(rng, 8, 8, 3)["a"]
    return [
        Case("a set, moved", moved),
        Case("a set against itself", {"a": same, "b": same}),
        Case("a larger set", two_sets(rng, 15, 9, 3)),
        Case("as many rows in both", two_sets(rng, 12, 12, 4)),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What each fault does, whatever the others do; then the distances."""
    look = probe(framework)
    a, b = case.inputs["a"], case.inputs["b"]
    value = look.array(answer(look.tensor(a), look.tensor(b)))
    if case.name == "a larger set":
        cut = look.array(answer(look.tensor(a[: len(b)]), look.tensor(b)))
        turned = look.array(answer(look.tensor(b), look.tensor(a)))
        return {"equal sizes": value - cut, "larger second": turned - cut}
    names = {"a set, moved": "moved", "a set against itself": "itself"}
    return {names.get(case.name, "distance"): value}
