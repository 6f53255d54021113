"""What a network knows and looks at, in TensorFlow: occlusion, layers, and weights in disorder.

The same functions in PyTorch: `prodgen_lib.torch.interpret`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.tensorflow.bridge import copy_model, set_weights, to_images, weights

import keras  # isort: skip  (after the answer key, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

Network = Callable[[tf.Tensor], tf.Tensor]


def occlusion(
    network: Network, images: tf.Tensor, labels: tf.Tensor, *, size: int = 4, fill: float = 0.0
) -> tf.Tensor:
    """How far the label's logit falls when a square is covered with `fill`: maps (N, H, W).

    Squares of `size` pixels lie side by side, each pixel in one; a rise counts 0.
    """
    count, height, width, _ = images.shape
    before = tf.gather(network(images), labels, batch_dims=1)
    maps = np.zeros((count, height, width), np.float32)
    for top in range(0, height, size):
        for left in range(0, width, size):
            covered = np.array(images)
            covered[:, top : top + size, left : left + size] = fill
            fall = before - tf.gather(network(tf.constant(covered)), labels, batch_dims=1)
            maps[:, top : top + size, left : left + size] = np.maximum(fall, 0)[:, None, None]
    return tf.constant(maps)


def disordered(network: keras.Model, *, seed: int = 0, first: int = 0) -> keras.Model:
    """A copy whose weights are each layer's own, shuffled, from the layer number `first` on."""
    rng, changed = np.random.default_rng(seed), {}
    for name, value in weights(network).items():
        shuffled = rng.permuted(value.ravel()).reshape(value.shape)
        changed[name] = shuffled if int(name.partition(".")[0]) >= first else value
    copy = copy_model(network)
    set_weights(copy, changed)
    return copy


def stages(network: keras.Sequential, pictures: np.ndarray) -> list[np.ndarray]:
    """What comes out of each convolution, and the pictures before: means over 4×4 parts, (N, D)."""
    hidden = to_images(pictures)
    found = [_parts(hidden)]
    for layer in network.layers:
        hidden = layer(hidden)
        if isinstance(layer, layers.Conv2D):
            found.append(_parts(hidden))
    return found


def _parts(maps: tf.Tensor) -> np.ndarray:
    count, height, width, channels = maps.shape
    parts = tf.reshape(maps, (count, 4, height // 4, 4, width // 4, channels))
    means = tf.transpose(tf.reduce_mean(parts, axis=(2, 4)), (0, 3, 1, 2))
    return np.asarray(tf.reshape(means, (count, -1)))


def products(network: keras.Sequential, example: tf.Tensor) -> tuple[list[int], list[int]]:
    """How many weights each kernel has, and at how many places of one example it is used.

    A convolution is used at each pixel that it gives, a transposed one at each that it takes.
    """
    counts: list[int] = []
    used: list[int] = []
    hidden = example
    for layer in network.layers:
        taken, hidden = hidden, layer(hidden)
        if isinstance(layer, layers.Conv2D | layers.Conv2DTranspose | layers.Dense):
            seen = taken if isinstance(layer, layers.Conv2DTranspose) else hidden
            counts.append(int(np.prod(layer.kernel.shape)))
            used.append(int(np.prod(seen.shape[1:3])) if len(seen.shape) == 4 else 1)
    return counts, used
