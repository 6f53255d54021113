"""Styles that a network was taught, in TensorFlow (Keras): one pass, milliseconds a picture.

Pictures are N×H×W×3 in [0, 1], H and W even. The same in PyTorch:
`prodgen_lib.torch.feedforward`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from prodgen_lib.tensorflow.bridge import (
    adam,
    image_tensor,
    set_learning_rate,
    set_seed,
    to_tensor,
)
from prodgen_lib.tensorflow.style import content_loss, gram_matrix
from prodgen_lib.tensorflow.texture import Features

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

NOISE = 3  # channels beside each picture: on a flat wall, texture has to come from somewhere


def conditional_norm(
    features: tf.Tensor,
    gains: tf.Tensor,
    shifts: tf.Tensor,
    shares: tf.Tensor,
    *,
    epsilon: float = 1e-5,
) -> tf.Tensor:
    """Features N×H×W×C normalised over places, then scaled and shifted as their styles say.

    `gains` and `shifts` (S, C) are those of S styles; `shares` (N, S) say how much of each style a
    picture gets, so one row of 0 and 1 is one style and two halves are a blend (arXiv:1610.07629).
    Mean and variance, divided by H·W, are those of each picture and channel by itself; `epsilon` is
    added to the variance below the root.
    """
    centre, variance = tf.nn.moments(features, (1, 2), keepdims=True)
    gain, shift = ((shares @ x)[:, None, None] for x in (gains, shifts))
    return gain * (features - centre) / tf.sqrt(variance + epsilon) + shift


def convolution(inputs: int, outputs: int, *, stride: int = 1) -> layers.Conv2D:
    """A convolution 3×3 without padding that starts by Glorot's rule.

    It has no bias: a norm behind it would take that away again, and a style brings its own.
    """
    layer = layers.Conv2D(outputs, 3, strides=stride, use_bias=False)
    layer.build((None, None, None, inputs))
    return layer


def table(rows: int, columns: int, start: str | np.ndarray) -> layers.Embedding:
    """A row of numbers for each style, the same for all or as given."""
    layer = layers.Embedding(rows, columns, "zeros" if isinstance(start, np.ndarray) else start)
    layer.build()
    if isinstance(start, np.ndarray):
        layer.embeddings.assign(start)
    return layer


def mirrored(images: tf.Tensor) -> tf.Tensor:
    """Pictures with one mirrored pixel more at each edge."""
    return tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")


class StyleBlock(layers.Layer):
    """A convolution 3×3 with mirrored edges, then `conditional_norm` and ReLU."""

    def __init__(self, inputs: int, outputs: int, styles: int, *, stride: int = 1):
        super().__init__()
        self.convolution = convolution(inputs, outputs, stride=stride)
        self.gains, self.shifts = table(styles, outputs, "ones"), table(styles, outputs, "zeros")
        self.built = True

    def call(self, features: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
        seen = self.convolution(mirrored(features))
        told = (tf.convert_to_tensor(x.embeddings) for x in (self.gains, self.shifts))
        return tf.nn.relu(conditional_norm(seen, *told, shares))


class StyleNetwork(keras.Model):
    """Pictures, noise and shares of styles to pictures, all in one size.

    Called as network(images, noise, shares): N×H×W×3 in [0, 1], noise N×H×W×3, shares (N, S). Three
    blocks work at half the size, and noise is put in at the entrance, before each of the
    three, and at the end. The last bias is a style's own: its mean colour, to begin with.
    """

    def __init__(self, colours: np.ndarray, *, width: int = 24):
        super().__init__()
        styles, wide = len(colours), 2 * width
        self.enter = StyleBlock(3 + NOISE, width, styles)
        self.down = StyleBlock(width, wide, styles, stride=2)
        self.middle = [StyleBlock(wide + NOISE, wide, styles) for _ in range(3)]
        self.up = StyleBlock(wide, width, styles)
        self.fine = StyleBlock(width + NOISE, width, styles)
        self.leave = convolution(width, 3)
        even = np.clip(colours, 0.02, 0.98)
        self.tint = table(styles, 3, np.log(even / (1 - even)))
        self.built = True

    def call(self, images: tf.Tensor, noise: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
        coarse = 2 * tf.nn.avg_pool2d(noise, 2, 2, "VALID")  # of deviation 1 again
        hidden = self.enter(tf.concat([2 * images - 1, noise], axis=3), shares)
        hidden = self.down(hidden, shares)
        for block in self.middle:
            hidden = hidden + block(tf.concat([hidden, coarse], axis=3), shares)
        hidden = self.up(tf.repeat(tf.repeat(hidden, 2, axis=1), 2, axis=2), shares)
        hidden = self.fine(tf.concat([hidden, noise], axis=3), shares)
        tint = shares @ tf.convert_to_tensor(self.tint.embeddings)
        return tf.sigmoid(self.leave(mirrored(hidden)) + tint[:, None, None])


def network_loss(
    network: keras.Model,
    images: tf.Tensor,
    noise: tf.Tensor,
    shares: tf.Tensor,
    features: Features,
    targets: Sequence[tf.Tensor],
    *,
    weight: float,
) -> tf.Tensor:
    """What the network is taught: relative errors of Gram matrices + `weight` · `content_loss`.

    `targets` (S, C, C) per level are the styles'; a picture's target is their blend by its shares.
    A level's error is mean squared, divided by the target's mean square; the mean over levels.
    """
    made = network(images, noise, shares)
    errors = []
    for seen, target in zip(features(made), targets, strict=True):
        wanted = tf.einsum("ns,scd->ncd", shares, target)
        error = tf.reduce_mean((gram_matrix(seen) - wanted) ** 2, axis=(1, 2))
        errors.append(tf.reduce_mean(error / tf.reduce_mean(wanted**2, axis=(1, 2))))
    return sum(errors) / len(errors) + weight * content_loss(made, images)


def train_step(
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.Tensor,
    noise: tf.Tensor,
    shares: tf.Tensor,
    features: Features,
    targets: Sequence[tf.Tensor],
    *,
    weight: float,
) -> tf.Tensor:
    """One update by `network_loss` of the same arguments; the loss as it was before."""
    with tf.GradientTape() as tape:
        loss = network_loss(network, images, noise, shares, features, targets, weight=weight)
    variables = network.trainable_variables
    optimizer.apply(tape.gradient(loss, variables), variables)
    return loss


class Trained(NamedTuple):
    """A network and its losses."""

    network: StyleNetwork
    history: np.ndarray


def train(
    pictures: np.ndarray,
    styles: np.ndarray,
    features: Features,
    *,
    steps: int = 400,
    batch_size: int = 4,
    learning_rate: float = 1e-2,
    weight: float = 0.5,
    width: int = 24,
    seed: int = 0,
    progress: bool = True,
) -> Trained:
    """Teach a new network `styles` S×h×w×3 on `pictures` N×H×W×3, both floats in [0, 1].

    Pictures, styles and noise are drawn anew for each step. The learning rate rises over 20 steps
    and falls in a line to nothing.
    """
    set_seed(seed)
    rng = np.random.default_rng(seed)
    network = StyleNetwork(styles.mean(axis=(1, 2)), width=width)
    optimizer = adam(network, learning_rate, (0.9, 0.99))
    targets = [gram_matrix(level) for level in features(image_tensor(styles))]
    history = []

    @tf.function
    def compiled(images: tf.Tensor, noise: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
        told = images, noise, shares, features, targets
        return train_step(network, optimizer, *told, weight=weight)

    for step in tqdm(range(steps), disable=not progress):
        rate = learning_rate * min(1, (step + 1) / 20) * (1 - step / steps)
        set_learning_rate(optimizer, rate)
        images = image_tensor(pictures[rng.integers(len(pictures), size=batch_size)])
        noise = image_tensor(rng.normal(0, 1, (batch_size, *pictures.shape[1:3], NOISE)))
        shares = to_tensor(np.eye(len(styles))[rng.integers(len(styles), size=batch_size)])
        history.append(float(compiled(images, noise, shares)))
    return Trained(network, np.array(history))
