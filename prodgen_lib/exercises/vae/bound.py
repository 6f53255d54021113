"""The halves of the bound and their sum: values, and gradients for everything that is learnt."""

from __future__ import annotations

import numpy as np


def floats(**arrays: object) -> dict[str, np.ndarray]:
    """Inputs of a case as float32 arrays."""
    return {name: np.asarray(values, np.float32) for name, values in arrays.items()}


def pictures_of(values: list[float]) -> np.ndarray:
    """One picture with these values in its channels, N×H×W×C."""
    return np.asarray(values, np.float32).reshape(1, 1, -1, 1)
