"""The candidate's search for a learning rate: what each of its faults shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.bayesopt.tools import double
from prodgen_lib.exercises.common import probe, two


def cases(rng: np.random.Generator) -> list[Case]:
    """One trial without noise, asked for also at its place; five with noise; six close ones."""

    def case(name: str, words: str, points: np.ndarray, queries: np.ndarray, noise: float) -> Case:
        inputs = {"points": points, "queries": queries, "values": rng.normal(0, 1, len(points))}
        scales = {"length_scale": float(rng.uniform(0.2, 0.4)), "noise": noise}
        return Case(name, {**inputs, "scales": scales, "words": words})

    place = rng.uniform(0.3, 0.7, 1)
    five = np.linspace(0, 1, 5) + rng.uniform(-0.08, 0.08, 5)
    close = rng.uniform(0.3, 0.6) + 1e-7 * np.arange(6)
    return [
        case("six trials close together", "close trials", close,
             close[0] + rng.uniform(0.02, 0.1, 8), 1e-12),
        case("one trial without noise", "one trial", place,
             place[0] + np.array([0.0, 0.15, -0.3]), 0.0),
        case("five trials with noise", "five trials", five, rng.uniform(0, 1, 6),
             float(rng.uniform(0.1, 0.3))),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Mean and standard deviation."""
    inputs, look = case.inputs, probe(framework)
    tensors = [double(framework, inputs[name]) for name in ("points", "values", "queries")]
    found = answer(*tensors, **inputs["scales"])
    mean, deviation = two(found, Text("mean and standard deviation", "均值和标准差"))
    words = inputs["words"]
    mean, deviation = look.array(mean, "The mean"), look.array(deviation, "The deviation")
    if words == "close trials":  # where rounding leaves few digits of the mean
        return {"invariant deviation after close trials": deviation}
    seen = {f"mean after {words}": mean, f"deviation after {words}": deviation}
    if inputs["scales"]["noise"]:
        return seen
    return {**seen, "deviation at the trial": deviation[:1]}
