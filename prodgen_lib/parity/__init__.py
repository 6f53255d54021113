"""The same chapter in both frameworks: how far apart are their numbers?

Each module here observes one chapter: ``observe(framework, seed=…)`` gives everything that one
framework computes, by what it is and then by name, from inputs that are the same for both. All in
float32 unless said, whose sums in another order differ by about 1e-6.
"""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np

Numbers = dict[str, np.ndarray]
TOLERANCE = 1e-4  # relative to the largest number of a tensor; float32 has 1.2e-7 a rounding


def parity_table(topic: str, *, seed: int = 0) -> list[tuple[str, float]]:
    """(what, largest difference relative to the largest number) for each thing that must agree.

    ``topic`` is a chapter's module, for example ``"gan"``. Needs both frameworks.
    """
    observe = importlib.import_module(f"prodgen_lib.parity.{topic}").observe
    ours, theirs = (observe(name, seed=seed) for name in ("torch", "tensorflow"))
    if ours.keys() != theirs.keys():
        raise ValueError(f"Only one framework has these: {sorted(ours.keys() ^ theirs.keys())}.")
    return [
        (what, max(relative_difference(numbers[name], theirs[what][name]) for name in numbers))
        for what, numbers in ours.items()
    ]


def relative_difference(a: np.ndarray, b: np.ndarray) -> float:
    """max |a - b| / max |a|; infinite when the shapes differ."""
    if a.shape != b.shape:
        return float("inf")
    return float(np.max(np.abs(a - b)) / max(np.max(np.abs(a)), 1e-12))


def modules(framework: str, *topics: str) -> tuple[ModuleType, ...]:
    """Modules of one framework's answer key, for example ``modules("torch", "gan", "bridge")``."""
    try:
        return tuple(importlib.import_module(f"prodgen_lib.{framework}.{name}") for name in topics)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"Comparing the frameworks needs both; {error.name} is missing. "
            "Install it with: pip install 'prodgen[all]'"
        ) from error


def random_weights(like: Numbers, rng: np.random.Generator) -> Numbers:
    """Weights of these shapes, of a size that keeps signals alive; variances are positive."""
    values = {}
    for name, old in like.items():
        scale = (12 / np.prod(old.shape[:3])) ** 0.5 if name.endswith("kernel") else 0.2
        centre = 1.0 if name.endswith(("gamma", "moving_variance")) else 0.0
        values[name] = (centre + scale * rng.uniform(-1, 1, old.shape)).astype(np.float32)
    return values
