"""How large the tensors are that a call makes, in TensorFlow."""

from __future__ import annotations

from collections.abc import Callable

from prodgen_lib.tensorflow import bridge as bridge  # keeps TensorFlow's import quiet

import tensorflow as tf  # isort: skip
from tensorflow.python.framework import op_callbacks  # isort: skip  (no public way to see them)


def most_numbers(function: Callable, *given: tf.Tensor) -> tuple[object, int]:
    """What a call gives, and how many numbers the largest tensor holds that it made on the way."""
    sizes = [0]

    def see(kind, inputs, attributes, outputs, op_name=None, graph=None):
        sizes.extend(one.shape.num_elements() or 0 for one in outputs)

    op_callbacks.add_op_callback(see)
    try:
        return function(*given), max(sizes)
    finally:
        op_callbacks.remove_op_callback(see)
