"""The candidate's metrics at a whiteboard: what each fault shows, by itself and beside others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import dtype_name, probe
from prodgen_lib.exercises.metrics.distances import two_sets


def cases(rng: np.random.Generator) -> list[Case]:
    """A moved set; features that depend on each other; one set larger; all at once; few rows."""
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) * rng.uniform(0.5, 1.5, 2)
    moved = {"a": corners, "b": corners + rng.uniform(1, 2, 2)}
    same = two_sets(rng, 8, 8, 3)["a"]
    return [
        Case("a set, moved", moved),
        Case("a set against itself", {"a": same, "b": same}),
        Case("a larger set", two_sets(rng, 15, 9, 3)),
        Case("as many rows in both", two_sets(rng, 12, 12, 4)),
        Case("many more features than rows", two_sets(rng, 5, 5, 16)),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What each fault does, whatever the others do; then the distances."""
    look = probe(framework)
    a, b = case.inputs["a"], case.inputs["b"]
    found = answer(look.tensor(a), look.tensor(b))
    value = look.array(found)
    if case.name == "a larger set":
        cut = look.array(answer(look.tensor(a[: len(b)]), look.tensor(b)))
        turned = look.array(answer(look.tensor(b), look.tensor(a)))
        return {"equal sizes": value - cut, "larger second": turned - cut}
    names = {"a set, moved": "moved", "a set against itself": "itself"}
    if case.name.startswith("many more"):  # rounding makes some eigenvalues of 0 negative
        return {"few rows": value, "invariant dtype": dtype_name(found)}
    return {names.get(case.name, "distance"): value}
