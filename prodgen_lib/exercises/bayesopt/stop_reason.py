from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import yes


def cases(rng: np.random.Generator) -> list[Case]:
    """Seven moments of a search by hand; many drawn ones."""
    worked = [
        ([], 5, 5),
        ([0.5, 1e-4, 1e-4], 9, 20),
        ([1e-4, 1e-4, 0.5], 9, 20),
        ([1e-4], 9, 20),
        ([1e-4, 1e-4], 20, 20),
        ([np.nan, 1e-4], 9, 20),
        ([4e-3, 5e-3], 9, 20),
    ]
    many = []
    for _ in range(60):
        length, budget = int(rng.integers(0, 6)), int(rng.integers(8, 12))
        gains = 10 ** rng.choice([-4.0, -3.0, -2.0], length, p=[0.7, 0.15, 0.15])
        options = {
            "tolerance": float(rng.choice([1e-3, 1e-2])),
            "patience": int(rng.integers(1, 4)),
        }
        many.append((gains.tolist(), int(rng.integers(5, 12)), budget, options))
    return [
        Case("seven moments of a search", {"calls": worked}, {"reasons": [2, 1, 0, 0, 2, 0, 0]}),
        Case("sixty moments", {"calls": many}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """0 for None, 1 for "gain", 2 for "budget"; how often each; whether the list is left alone."""
    codes, untouched = [], True
    for gains, trials, budget, *options in case.inputs["calls"]:
        given = list(gains)
        reason = answer(given, trials=trials, budget=budget, **(options[0] if options else {}))
        if reason not in (None, "gain", "budget"):
            raise Complaint(
                f'The answer is {reason!r}; expected "budget", "gain" or None.',
                f'答案给出的是 {reason!r}；应为 "budget"、"gain" 或 None。',
            )
        codes.append({None: 0, "gain": 1, "budget": 2}[reason])
        untouched &= len(given) == len(gains)
    shares = np.bincount(codes, minlength=3) / len(codes)
    seen = {"reasons": np.array(codes), "invariant gains as they were": yes(untouched)}
    return seen if case.by_hand else {"share of each reason": shares, **seen}
