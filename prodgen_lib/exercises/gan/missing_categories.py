from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Shares by hand, one of them on the threshold; none, one, all missing; many categories."""
    worked = {"shares": np.array([0.5, 0.125, 0.0, 0.25, 0.125], np.float32), "threshold": 0.25}
    even = {"shares": rng.permutation([0.1875, 0.1875, 0.25, 0.375]), "threshold": 0.125}
    one = {"shares": rng.permutation([0.4, 0.35, 0.24, 0.01])}
    default = {"shares": rng.permutation([0.021, 0.9, 0.019, 0.0, 1e-4, 0.0149, 0.045])}
    steps = rng.permutation([0, 0, 1, 1, 2, 3, 4, 4, 4, 5, 7, 33]) / 64  # exact in float32
    full = {"shares": rng.permutation([1.0, 0.0, 0.0]), "threshold": 1.0}
    drawn = rng.dirichlet(np.ones(40)).astype(np.float32)
    threshold = float(np.sort(drawn)[14:16].mean())
    return [
        Case("five shares and threshold 0.25", worked, {"missing": "1, 2, 4"}),
        Case("no category missing", even),
        Case("exactly one category missing", one),
        Case("the threshold that it has by default", default),
        Case("all missing", {"shares": rng.permutation([0.25, 0.3, 0.45]), "threshold": 0.5}),
        Case(
            "twelve shares, three of them on the threshold", {"shares": steps, "threshold": 1 / 16}
        ),
        Case("all pictures in one category and threshold 1", full),
        Case("forty categories", {"shares": drawn, "threshold": threshold}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The indices, as text; where the first of them stand; the shares after the call."""
    options = {name: value for name, value in case.inputs.items() if name != "shares"}
    look = probe(framework)
    shares = look.tensor(case.inputs["shares"])
    found = _indices(answer(shares, **options))
    text = ", ".join(map(str, found)) or "none"
    return {
        "missing": np.asarray(text if len(text) < 200 else f"{text[:199]}…"),
        "first three": np.asarray([*found, -1, -1, -1][:3], float),
        "invariant shares as they were": look.array(shares),
    }


def _indices(found: object) -> list[int]:
    """Whole numbers from a list; a complaint about anything else."""
    if isinstance(found, int) and not isinstance(found, bool):
        raise Complaint(NUMBER.en, NUMBER.zh)
    if not isinstance(found, list):
        kind = type(found).__name__
        raise Complaint(
            f"The answer is of type {kind}: give a plain list of the indices of the missing "
            "categories.",
            f"答案的类型是 {kind}：请给出缺失类别序号的普通列表。",
        )
    for index in found:
        if isinstance(index, bool) or not isinstance(index, int | np.integer):
            kind = type(index).__name__
            raise Complaint(
                f"The answer is a list with elements of type {kind}: make them plain whole "
                "numbers, the indices of the missing categories.",
                f"列表的元素类型是 {kind}：请改为普通整数，即缺失类别的序号。",
            )
    return [int(index) for index in found]


NUMBER = Text(
    "The answer is a bare number: give a list, also when exactly one category is missing (a "
    "squeeze takes that list's axis away).",
    "答案是一个单独的数：即使只缺失一个类别，也要给出列表（squeeze 会去掉列表的那一维）。",
)
