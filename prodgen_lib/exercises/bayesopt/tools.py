"""What the exercises of this chapter share: float64 tensors, a kernel, and a run as a graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Complaint, Framework
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import probe

IN_A_GRAPH = Text(
    "It works, but not inside a graph, where the number of points is not known beforehand: use "
    "`tf.shape(…)[0]` or `tf.size(…)` in place of `len(…)` or a shape, `tf.cast` to multiply it by "
    "a float, and TensorFlow's functions in place of NumPy's.",
    "直接运行没有问题，但在计算图里不行，那里事先不知道点的个数：请用 `tf.shape(…)[0]` 或 "
    "`tf.size(…)` 代替 `len(…)` 或形状，与浮点数相乘前先用 `tf.cast`，"
    "并用 TensorFlow 的函数代替 NumPy 的函数。",
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


def solved(framework: Framework, covariance: object, targets: object) -> tuple[object, object]:
    """Cholesky factor and weights K⁻¹ targets, through which gradients pass."""
    if framework.name == "torch":
        import torch

        factor = torch.linalg.cholesky(covariance)
        return factor, torch.cholesky_solve(targets[:, None], factor)[:, 0]
    import tensorflow as tf

    factor = tf.linalg.cholesky(covariance)
    return factor, tf.linalg.cholesky_solve(factor, targets[:, None])[:, 0]


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
        raise Complaint(IN_A_GRAPH.en, IN_A_GRAPH.zh) from None
    finally:
        tf.get_logger().setLevel(level)
