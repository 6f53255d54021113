"""A candidate's answer to mend: what both networks are told, and the training step."""

from __future__ import annotations

import numpy as np


def told_right(told: np.ndarray, labels: np.ndarray) -> bool:
    """Whether each row is 1 at its label's place and 0 elsewhere."""
    right = np.eye(told.shape[-1])[labels] if told.shape[-1] > labels.max() else np.zeros(0)
    return told.shape == right.shape and bool(np.all(told == right))
