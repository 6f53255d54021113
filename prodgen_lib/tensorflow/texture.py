"""What a texture is made of, in TensorFlow (Keras): filters at several scales, drawn at random.

No network has to be trained or fetched: many random filters describe a texture well
(arXiv:1606.00021). They are drawn with NumPy, so both frameworks have the same.
Pictures are N×H×W×3 in [0, 1]. The same in PyTorch: `prodgen_lib.torch.texture`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.plain.filters import BINOMIAL, random_filters
from prodgen_lib.tensorflow import bridge  # noqa: F401  (keeps TensorFlow's import quiet)

import tensorflow as tf  # isort: skip  (after the bridge)

Features = Callable[[tf.Tensor], list[tf.Tensor]]


def to_points(images: tf.Tensor) -> tf.Tensor:
    """Pictures N×H×W×C as points (N, H·W, C), row by row."""
    return tf.reshape(images, (images.shape[0], -1, images.shape[3]))


def to_pictures(points: tf.Tensor, height: int) -> tf.Tensor:
    """Points (N, H·W, C) as pictures N×H×W×C again."""
    return tf.reshape(points, (points.shape[0], height, -1, points.shape[2]))


def brightness(images: tf.Tensor) -> tf.Tensor:
    """Luma of pictures N×H×W×3: .299 R + .587 G + .114 B (ITU-R BT.601), N×H×W×1, full range."""
    weights = tf.constant([0.299, 0.587, 0.114], images.dtype)
    return tf.reduce_sum(images * weights, axis=3, keepdims=True)


def filtered(images: tf.Tensor, filters: np.ndarray) -> tf.Tensor:
    """Pictures N×H×W×C through filters (size, size, C, K) of odd size: N×H×W×K, edges mirrored."""
    around = [[0, 0], *[[filters.shape[0] // 2] * 2] * 2, [0, 0]]
    kernel = tf.constant(filters, images.dtype)
    return tf.nn.conv2d(tf.pad(images, around, mode="REFLECT"), kernel, 1, "VALID")


def halve(images: tf.Tensor) -> tf.Tensor:
    """Every second pixel after a binomial blur (1 4 6 4 1)/16: N×H×W×C to N×⌈H/2⌉×⌈W/2⌉×C.

    The mean of 2×2 pixels would do for looking, but what is optimised through it shows its blocks.
    """
    n, h, w, c = images.shape
    one_by_one = tf.reshape(tf.transpose(images, (0, 3, 1, 2)), (n * c, h, w, 1))
    blurred = filtered(one_by_one, BINOMIAL[:, :, None, None])[:, ::2, ::2]
    return tf.transpose(tf.reshape(blurred, (n, c, *blurred.shape[1:3])), (0, 2, 3, 1))


def pyramid(images: tf.Tensor, levels: int) -> list[tf.Tensor]:
    """The pictures and their halves: `levels` tensors, the largest first."""
    found = [images]
    while len(found) < levels:
        found.append(halve(found[-1]))
    return found


def random_features(
    *, count: int = 64, size: int = 7, levels: int = 4, colour: bool = True, seed: int = 0
) -> Features:
    """A function of pictures N×H×W×3: per level what `count` random filters see, N×H×W×(count+3).

    Filters of size×size pixels, mean 0, ReLU behind them; the last three channels are the colours
    themselves (left out without `colour`), from -1 to 1. Nothing is trained.
    """
    filters = random_filters(count, size, seed=seed)

    def features(images: tf.Tensor) -> list[tf.Tensor]:
        found = []
        for level in pyramid(images, levels):
            seen = tf.nn.relu(filtered(level, filters))
            found.append(tf.concat([seen, 2 * level - 1], axis=3) if colour else seen)
        return found

    return features
