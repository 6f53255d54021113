"""What the exercises of this topic share: numbers, looked at."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

from prodgen_lib.checking.exercise import Complaint
from prodgen_lib.exercises.common import RETURNS_NOTHING


def number(value: object) -> np.ndarray:
    """A finite number as float64; a complaint about anything else."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if value is None or isinstance(value, bool) or not isinstance(value, Real):
        kind = type(value).__name__
        told = RETURNS_NOTHING.en if value is None else f"of type {kind}"
        chinese = RETURNS_NOTHING.zh if value is None else f"{kind} 类型"
        raise Complaint(
            f"The answer is {told}; expected a number.", f"答案是 {chinese}；应为一个数。"
        )
    if not math.isfinite(value):
        raise Complaint(
            f"The answer is {value}; expected a finite number.", f"答案是 {value}；应为有限的数。"
        )
    return np.asarray(float(value))
