"""What the exercises on codes share: ids that are looked at, tensors as networks give them."""

from __future__ import annotations

import numpy as np

from prodgen_lib.checking.exercise import Complaint, Framework
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import RETURNS_NOTHING, dtype_name, probe

IDS = Text("The ids", "编号")


def whole(framework: Framework, value: object, what: Text = IDS) -> np.ndarray:
    """The numbers of an int64 tensor; a complaint about anything else."""
    kind = type(probe(framework).tensor(np.zeros(1)))
    if not isinstance(value, kind):
        told = RETURNS_NOTHING if value is None else Text(*2 * (type(value).__name__,))
        raise Complaint(
            f"{what.en}: the answer gives {told.en}; expected a tensor of int64.",
            f"{what.zh}：答案给出的是 {told.zh}；应为 int64 张量。",
        )
    found = str(dtype_name(value)) or "bool"  # the one dtype whose name has no size
    if found != "int64":
        raise Complaint(
            f"{what.en} are a tensor of {found}; expected int64.",
            f"{what.zh}是 {found} 张量；应为 int64。",
        )
    return np.asarray(value).copy()


def as_given(framework: Framework, numbers: np.ndarray) -> object:
    """A tensor as it comes from a network: a variable, or a view whose axes were moved."""
    look = probe(framework)
    if framework.name == "torch":
        return look.tensor(np.swapaxes(numbers, -1, -2)).mT
    return look.tf.Variable(look.tensor(numbers))
