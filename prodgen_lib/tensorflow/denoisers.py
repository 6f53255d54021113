"""Networks for diffusion and flow matching, in TensorFlow (Keras): for codes and for pictures.

All are called as `network(mixed, t, labels)`: a mixture, times (N,) in [0, 1] and integers (N, K),
one column for each question. A question with `count` answers has `count + 1` labels: the last says
that nothing is asked. Pictures come in patches. Time and labels enter every block by scale and
shift, and what a network says at last starts at zero. A network on codes says the velocity, so its
first loss is the target's mean square; networks on pixels say the picture, see `velocity_to`.
No batch norm: its statistics would mix noise levels.
The same networks in PyTorch: `prodgen_lib.torch.denoisers`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from prodgen_lib.tensorflow.diffusion import beside, modulate, time_features

import keras  # isort: skip  (after the answer key, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

WAVES = 64  # numbers that tell the time


def dense(inputs: int, outputs: int, *, zero: bool = False) -> layers.Dense:
    """A linear layer that starts by Glorot's rule, or at zero; biases start at zero."""
    layer = layers.Dense(outputs, kernel_initializer="zeros" if zero else "glorot_uniform")
    layer.build((None, inputs))
    return layer


def convolution(inputs: int, outputs: int, size: int, *, zero: bool = False) -> layers.Conv2D:
    """A convolution that keeps the size of its input and starts as `dense` does."""
    start = "zeros" if zero else "glorot_uniform"
    layer = layers.Conv2D(outputs, size, padding="same", kernel_initializer=start)
    layer.build((None, None, None, inputs))
    return layer


def embedding(count: int, width: int) -> layers.Embedding:
    """A row of `width` numbers from N(0, 1) for each of `count` labels."""
    layer = layers.Embedding(count, width, keras.initializers.RandomNormal(stddev=1.0))
    layer.build()
    return layer


def normalise(values: tf.Tensor, axes: tuple[int, ...] = (-1,)) -> tf.Tensor:
    """Values with mean 0 and variance 1 over `axes`, without weights: layer norm over the last."""
    centred = values - tf.reduce_mean(values, axis=axes, keepdims=True)
    return centred * tf.math.rsqrt(
        tf.reduce_mean(tf.square(centred), axis=axes, keepdims=True) + 1e-6
    )


def to_patches(pictures: tf.Tensor, *, size: int) -> tf.Tensor:
    """Pictures (N, H, W, C) as tokens (N, H/size · W/size, size² · C), row by row.

    A token lists its pixels row by row, the channels of a pixel together. Nothing is lost.
    """
    height, width, channels = pictures.shape[1:]
    rows, columns = height // size, width // size
    grid = tf.reshape(pictures, (-1, rows, size, columns, size, channels))
    grid = tf.transpose(grid, (0, 1, 3, 2, 4, 5))
    return tf.reshape(grid, (-1, rows * columns, size**2 * channels))


def from_patches(tokens: tf.Tensor, *, size: int) -> tf.Tensor:
    """The inverse of `to_patches` for square pictures."""
    side, channels = math.isqrt(tokens.shape[1]), tokens.shape[2] // size**2
    grid = tf.reshape(tokens, (-1, side, side, size, size, channels))
    grid = tf.transpose(grid, (0, 1, 3, 2, 4, 5))
    return tf.reshape(grid, (-1, side * size, side * size, channels))


class Condition(layers.Layer):
    """Times (N,) and labels (N, K) to what every block is told: (N, width)."""

    def __init__(self, counts: Sequence[int], width: int):
        super().__init__()
        self.tables = [embedding(count + 1, width) for count in counts]
        self.inner, self.outer = dense(WAVES, width), dense(width, width)
        self.built = True

    def call(self, t: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        told = self.outer(tf.nn.silu(self.inner(time_features(t, size=WAVES))))
        for k, table in enumerate(self.tables):
            # By a product, whose gradient is dense: of rows named twice, Keras's Adam would square
            # each part of a sparse gradient by itself.
            chosen = tf.one_hot(labels[:, k], table.input_dim)
            told = told + chosen @ tf.convert_to_tensor(table.embeddings)
        return tf.nn.silu(told)


class CodeBlock(layers.Layer):
    """A residual block on codes (N, width), which starts as the identity."""

    def __init__(self, width: int):
        super().__init__()
        self.modulation = dense(width, 2 * width, zero=True)
        self.inner, self.outer = dense(width, 2 * width), dense(2 * width, width, zero=True)
        self.built = True

    def call(self, hidden: tf.Tensor, told: tf.Tensor) -> tf.Tensor:
        shift, scale = tf.split(self.modulation(told), 2, axis=1)
        seen = modulate(normalise(hidden)[:, None], shift, scale)[:, 0]
        return hidden + self.outer(tf.nn.silu(self.inner(seen)))


class Denoiser(keras.Model):
    """A network whose `velocity` runs as one graph, which serves batches of every size.

    Samplers call it hundreds of times from Python, where layer by layer would take far longer. In
    training it is part of the graph of a step.
    """

    def __init__(self):
        super().__init__()
        self.compiled = tf.function(self.velocity, reduce_retracing=True)

    def call(self, mixed: tf.Tensor, t: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        run = self.compiled if tf.executing_eagerly() else self.velocity
        return run(*map(tf.convert_to_tensor, (mixed, t, labels)))


class CodeNetwork(Denoiser):
    """Codes (N, size) to predictions (N, size): the network of latent diffusion, without pixels."""

    def __init__(self, counts: Sequence[int], *, size: int = 32, width: int = 256, depth: int = 3):
        super().__init__()
        self.condition = Condition(counts, width)
        self.enter = dense(size, width)
        self.blocks = [CodeBlock(width) for _ in range(depth)]
        self.leave = dense(width, size, zero=True)
        self.built = True

    def velocity(self, mixed: tf.Tensor, t: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        told, hidden = self.condition(t, labels), self.enter(mixed)
        for block in self.blocks:
            hidden = block(hidden, told)
        return self.leave(normalise(hidden))


class Attention(layers.Layer):
    """Self-attention of several heads on tokens (N, T, width)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.enter, self.leave = dense(width, 3 * width), dense(width, width)
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        length, width = tokens.shape[1:]
        parts = tf.reshape(self.enter(tokens), (-1, length, 3, self.heads, width // self.heads))
        query, key, value = tf.unstack(tf.transpose(parts, (2, 0, 3, 1, 4)))
        scores = tf.matmul(query, key, transpose_b=True) / math.sqrt(width // self.heads)
        seen = tf.transpose(tf.nn.softmax(scores) @ value, (0, 2, 1, 3))
        return self.leave(tf.reshape(seen, (-1, length, width)))


class TransformerBlock(layers.Layer):
    """A block of the diffusion transformer with adaLN-Zero (arXiv:2212.09748, figure 3).

    Attention, then two linear layers, each on normalised tokens that the condition shifts and
    scales; what they add is multiplied by a gate. Shifts, scales and gates start at zero: so the
    block starts as the identity, and learns all the same, for the gates' gradient is not zero.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.modulation = dense(width, 6 * width, zero=True)
        self.attention = Attention(width, heads)
        self.inner, self.outer = dense(width, 4 * width), dense(4 * width, width)
        self.built = True

    def call(self, tokens: tf.Tensor, told: tf.Tensor) -> tf.Tensor:
        shift, scale, gate, shift_2, scale_2, gate_2 = tf.split(self.modulation(told), 6, axis=1)
        mixed = self.attention(modulate(normalise(tokens), shift, scale))
        tokens = tokens + gate[:, None] * mixed
        hidden = tf.nn.silu(self.inner(modulate(normalise(tokens), shift_2, scale_2)))
        return tokens + gate_2[:, None] * self.outer(hidden)


def positions(side: int, width: int) -> tf.Tensor:
    """Where each of side² tokens lies, (side², width): waves of its row, then of its column."""
    places = tf.range(side, dtype=tf.float32) / side
    waves = time_features(places, size=width // 2)
    return tf.concat([tf.repeat(waves, side, axis=0), tf.tile(waves, (side, 1))], axis=1)


def velocity_to(picture: tf.Tensor, mixed: tf.Tensor, t: tf.Tensor) -> tf.Tensor:
    """The velocity on the linear path of a mixture of which `picture` is the clean part.

    Networks on pixels say the picture, and are judged by this velocity: pictures lie in few
    dimensions, noise in all of them, which a small network can't carry (arXiv:2511.13720). Times
    below 0.05 count as 0.05, so that nothing is divided by 0.
    """
    return (mixed - picture) / beside(tf.maximum(t, 0.05), mixed)


class PatchTransformer(Denoiser):
    """A diffusion transformer: pictures (N, side, side, channels) to velocities of that shape."""

    def __init__(
        self,
        counts: Sequence[int],
        *,
        side: int = 32,
        patch: int = 4,
        width: int = 64,
        depth: int = 4,
        heads: int = 4,
        channels: int = 3,
    ):
        super().__init__()
        self.patch, self.width = patch, width
        numbers = patch**2 * channels
        self.places = positions(side // patch, width)
        self.condition = Condition(counts, width)
        self.enter = dense(numbers, width)
        self.blocks = [TransformerBlock(width, heads) for _ in range(depth)]
        self.modulation = dense(width, 2 * width, zero=True)
        self.leave = dense(width, numbers, zero=True)
        self.built = True

    def velocity(self, mixed: tf.Tensor, t: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        told = self.condition(t, labels)
        tokens = self.enter(to_patches(mixed, size=self.patch)) + self.places
        for block in self.blocks:
            tokens = block(tokens, told)
        shift, scale = tf.split(self.modulation(told), 2, axis=1)
        said = self.leave(modulate(normalise(tokens), shift, scale))
        return velocity_to(from_patches(said, size=self.patch), mixed, t)


class PictureBlock(layers.Layer):
    """A residual block of two convolutions on (N, H, W, width), which starts as the identity."""

    def __init__(self, width: int, told: int):
        super().__init__()
        self.modulation = dense(told, 2 * width, zero=True)
        self.first, self.second = (
            convolution(width, width, 3),
            convolution(width, width, 3, zero=True),
        )
        self.built = True

    def call(self, hidden: tf.Tensor, told: tf.Tensor) -> tf.Tensor:
        shift, scale = tf.split(self.modulation(told)[:, None, None], 2, axis=-1)
        seen = tf.nn.silu(normalise(hidden, (1, 2, 3)) * (1 + scale) + shift)
        return hidden + self.second(tf.nn.silu(self.first(seen)))


class PatchUNet(Denoiser):
    """A small U-Net: pictures (N, 32, 32, channels) to velocities of the same shape.

    It works on patches of 2×2 pixels, at 16, 8 and 4 of them a side with `widths` channels, a
    block on each way down and up, attention at the bottom. Down by means of 2×2, up by repetition.
    """

    def __init__(
        self,
        counts: Sequence[int],
        *,
        widths: tuple[int, int, int] = (24, 48, 48),
        told: int = 64,
        channels: int = 3,
    ):
        super().__init__()
        top, middle, bottom = widths
        self.condition = Condition(counts, told)
        self.enter = convolution(4 * channels, top, 3)
        self.down = [PictureBlock(width, told) for width in widths]
        self.wider = [convolution(top, middle, 1), convolution(middle, bottom, 1)]
        self.attention = Attention(bottom, 4)
        self.joins = [
            convolution(bottom + middle, middle, 1),
            convolution(middle + top, top, 1),
        ]
        self.up = [PictureBlock(width, told) for width in (middle, top)]
        self.leave = convolution(top, 4 * channels, 3, zero=True)
        self.built = True

    def velocity(self, mixed: tf.Tensor, t: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        told = self.condition(t, labels)
        hidden = self.down[0](self.enter(_map(to_patches(mixed, size=2))), told)
        kept = [hidden]
        for wider, block in zip(self.wider, self.down[1:], strict=True):
            hidden = block(wider(tf.nn.avg_pool2d(hidden, 2, 2, "VALID")), told)
            kept.append(hidden)
        hidden = hidden + _map(self.attention(normalise(_tokens(hidden))))
        for join, block, skip in zip(self.joins, self.up, kept[-2::-1], strict=True):
            larger = tf.repeat(tf.repeat(hidden, 2, axis=1), 2, axis=2)
            hidden = block(join(tf.concat([larger, skip], axis=-1)), told)
        return velocity_to(from_patches(_tokens(self.leave(tf.nn.silu(hidden))), size=2), mixed, t)


def _map(tokens: tf.Tensor) -> tf.Tensor:
    """Tokens (N, side², width) as a square map (N, side, side, width)."""
    side = math.isqrt(tokens.shape[1])
    return tf.reshape(tokens, (-1, side, side, tokens.shape[2]))


def _tokens(map_: tf.Tensor) -> tf.Tensor:
    """The inverse of `_map`."""
    return tf.reshape(map_, (-1, map_.shape[1] * map_.shape[2], map_.shape[3]))
