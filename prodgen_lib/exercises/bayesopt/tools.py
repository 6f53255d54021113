"""What the exercises of this chapter share: float64 tensors, a kernel, and a run as a graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Complaint, Framework
from prodgen_lib.exercises.common import probe

IN_A_GRAPH = (
    "It works, but not inside a graph, where the number of points is not known beforehand: use "
    "`tf.shape(…)[0]` or `tf.size(…)` in place of `len(…)` or a shape, and TensorFlow's functions "
    "in place of NumPy's."
)


def double(framework: Framework, numbers: object) -> object:
    """Numbers as a float64 tensor."""
    return probe(framework).tensor(np.asarray(numbers, float), "float64")


def rational_kernel(scales: np.ndarray, variance: float) -> Callable:
    """variance / (1 + r²), a kernel that no answer would guess; arrays and tensors alike."""

    def kernel(a, b):
        gaps = ((a[:, None, d] - b[None, :, d]) / scale for d, scale in enumerate(scales))
        return variance / (1 + sum(gap * gap for gap in gaps))

    return kernel


def check_graph(framework: Framework, answer: Callable, *tensors: object) -> None:
    """A complaint when an answer works eagerly but not in a graph whose lengths are unknown."""
    if framework.name != "tensorflow":
        return
    import tensorflow as tf

    signature = [tf.TensorSpec([None, *t.shape[1:]] if t.ndim else [], t.dtype) for t in tensors]
    level = tf.get_logger().level
    tf.get_logger().setLevel("ERROR")  # it would warn of the many graphs, which are meant
    try:
        tf.function(answer, input_signature=signature)(*tensors)
    except Exception:
        raise Complaint(IN_A_GRAPH) from None
    finally:
        tf.get_logger().setLevel(level)
