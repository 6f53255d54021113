"""What a trial is worth: the improvement to expect of it, and its logarithm far away."""

from __future__ import annotations

import numpy as np

from prodgen_lib.checking.exercise import Case

NAMES = "mean", "standard_deviation", "best"


def drawn(rng: np.random.Generator, name: str, u: object, spread: tuple = (0.3, 2.0)) -> Case:
    """Points whose (best - mean) / σ is `u`."""
    deviation, best = rng.uniform(*spread, np.size(u)), rng.normal(0, 1)
    inputs = {"mean": best - np.asarray(u) * deviation, "standard_deviation": deviation}
    return Case(name, inputs | {"best": np.array(best)})
