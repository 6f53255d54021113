from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.costs.tools import number

NAMES = ("bytes", "operations", "hours", "money", "kilowatt hours")


def cases(rng: np.random.Generator) -> list[Case]:
    """Two plans: a small network on many pictures, a larger one on few."""

    def plan(name: str, size: int, pictures: int) -> Case:
        parameters = int(rng.integers(size, 2 * size))
        return Case(
            name,
            {
                "parameters": parameters,
                "head": parameters // int(rng.integers(5, 9)),
                "places": int(rng.integers(40, 300)),
                "pictures": int(rng.integers(pictures, 2 * pictures)),
                "epochs": int(rng.integers(3, 20)),
                "activations": int(rng.integers(size // 10, size)),
                "batch": int(rng.integers(8, 200)),
                "peak": float(rng.uniform(1e11, 9e13)),
                "use": float(rng.uniform(0.2, 0.6)),
                "price": float(rng.uniform(0.5, 4)),
                "power": float(rng.uniform(100, 700)),
            },
        )

    return [plan("a small network", 300_000, 500_000), plan("a larger one", 90_000_000, 20_000)]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The five numbers of the plan."""
    plan = answer(**case.inputs)
    if not isinstance(plan, dict) or set(plan) != set(NAMES):
        names = ", ".join(NAMES)
        raise Complaint(
            f"The answer is no dictionary with exactly these names: {names}.",
            f"答案不是恰好有这些名称的字典：{names}。",
        )
    return {name: number(plan[name]) for name in NAMES}
