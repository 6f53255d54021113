from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import flat


def cases(rng: np.random.Generator) -> list[Case]:
    """Ten moments of a search by hand; drawn ones, NaN at each place among small gains."""
    worked = [
        ([], 5, 5),
        ([0.5, 1e-4, 1e-4], 9, 20),
        ([1e-4, 1e-4, 0.5], 9, 20),
        ([1e-4], 9, 20),
        ([1e-4, 1e-4], 20, 20),
        ([np.nan, 1e-4], 9, 20),
        ([4e-3, 5e-3], 9, 20),
        ([1e-4, np.nan], 9, 20),
        ([1e-4, np.nan, 1e-4], 9, 20),
        ([6e-4, 6e-4], 9, 20),
    ]
    reasons = "budget", "gain", None, None, "budget", None, None, None, None, "gain"
    told = {_moment(*call): str(reason) for call, reason in zip(worked, reasons, strict=True)}
    many = []
    for patience in (1, 2, 3):  # what the docstring promises, under every seed
        options = {"tolerance": float(rng.uniform(1e-3, 1e-2)), "patience": patience}
        small = options["tolerance"] * rng.uniform(0.6, 0.95, patience + 1)
        moments = [small[:length] for length in range(patience + 2)]
        for place in range(patience + 1):
            for gain in (np.nan, options["tolerance"], 1.5 * options["tolerance"]):
                moments.append(np.where(np.arange(patience + 1) == place, gain, small))
        for gains in moments:
            for trials in (7, 12, 13) if len(gains) == patience else (7,):
                many.append((gains.tolist(), trials, 12, options))
    for _ in range(60):
        length, budget = int(rng.integers(0, 6)), int(rng.integers(8, 12))
        gains = 10 ** rng.choice([-4.0, -3.0, -2.0], length, p=[0.7, 0.15, 0.15])
        options = {
            "tolerance": float(rng.choice([1e-3, 1e-2])),
            "patience": int(rng.integers(1, 4)),
        }
        many.append((gains.tolist(), int(rng.integers(5, 12)), budget, options))
    return [
        Case("ten moments of a search", {"calls": worked}, told),
        Case("many moments", {"calls": many}),
    ]


def _moment(gains: list[float], trials: int, budget: int, options: dict | None = None) -> str:
    """A call, in words for a message."""
    known = "".join(f", {name}={value:.3g}" for name, value in (options or {}).items())
    listed = ", ".join(f"{gain:.3g}" for gain in gains)
    return f"reason after gains [{listed}], trials={trials}, budget={budget}{known}"


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The reason at each moment, as text; how often each; the gains as they are afterwards."""
    seen, left, codes = {}, [], []
    for gains, trials, budget, *options in case.inputs["calls"]:
        given = list(gains)
        reason = answer(given, trials=trials, budget=budget, **(options[0] if options else {}))
        if reason not in (None, "gain", "budget"):
            raise Complaint(
                f'The answer is {reason!r}; expected "budget", "gain" or None.',
                f'答案给出的是 {reason!r}；应为 "budget"、"gain" 或 None。',
            )
        codes.append({None: 0, "gain": 1, "budget": 2}[reason])
        seen[_moment(gains, trials, budget, *options)] = np.asarray(str(reason))
        left += [np.array([len(given)]), np.array(given, float)]
    seen["invariant gains as they were"] = flat(left)
    if case.by_hand:
        return seen
    return seen | {"share of each reason": np.bincount(codes, minlength=3) / len(codes)}
