from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import dtype_name, probe, raised, two
from prodgen_lib.exercises.metrics.distances import rows, two_sets

PAIR = Text("the value and its standard error", "数值及其标准误")


def cases(rng: np.random.Generator) -> list[Case]:
    """Ones against twos by hand; as many parts as by default; given sizes; a set itself."""
    worked = {"a": rows(1, 1, 1, 1), "b": rows(2, 2, 2, 2), "options": {"subsets": 2}}
    same = two_sets(rng, 12, 12, 4)["a"]
    sized = {"subsets": 2, "subset_size": 3, "seed": 5}
    return [
        Case("ones against twos", worked, {"KID": 79, "standard error": 0}),
        Case("ten parts, as by default", {**two_sets(rng, 25, 31, 3), "options": {}}),
        Case("two parts of three rows", {**two_sets(rng, 11, 9, 3), "options": sized}),
        Case("a set against itself", {"a": same, "b": same, "options": {"subsets": 2}}),
        Case("four parts", {**two_sets(rng, 25, 22, 5), "options": {"subsets": 4, "seed": 3}}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The value and its error; on the last case, the dtype and what can't be cut."""
    look = probe(framework)
    pair, options = [look.tensor(case.inputs[name]) for name in "ab"], case.inputs["options"]
    value, error = two(answer(*pair, **options), PAIR)
    seen = {
        "KID": look.array(value, Text("The value", "数值")),
        "standard error": look.array(error, Text("The standard error", "标准误")),
    }
    if options.get("subsets") == 4:
        seen["invariant float64"] = dtype_name(value)
        seen["invariant one part"] = raised(answer, *pair, subsets=1)
        seen["invariant no part"] = raised(answer, *pair, subsets=0)
        seen["invariant too many parts"] = raised(answer, *pair, subsets=6, subset_size=4)
        seen["invariant too many parts of the first"] = raised(
            answer, *pair[::-1], subsets=6, subset_size=4
        )
        seen["invariant parts of one"] = raised(answer, *pair, subsets=4, subset_size=1)
    return seen
