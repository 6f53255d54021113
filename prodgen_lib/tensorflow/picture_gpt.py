"""The smallest transformer that draws, in TensorFlow (Keras): a GPT on rows of ids, to be counted.

No prompt but one word in front, no modulation: table, places, blocks, norm, head, as in
arXiv:2005.14165, so that its weights, bytes and operations can be worked out by hand.
The same network in PyTorch: `prodgen_lib.torch.picture_gpt`.
"""

from __future__ import annotations

import math

import numpy as np

from prodgen_lib.tensorflow.bridge import set_learning_rate, set_seed
from prodgen_lib.tensorflow.denoisers import dense
from prodgen_lib.tensorflow.tokens import causal_attention
from prodgen_lib.tensorflow.transformer import rows as rows_of
from prodgen_lib.tensorflow.transformer import table

import keras  # isort: skip  (after the answer key, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers as kit  # isort: skip


def norm(width: int) -> kit.LayerNormalization:
    """Layer norm with PyTorch's epsilon, built."""
    layer = kit.LayerNormalization(epsilon=1e-5)
    layer.build((None, width))
    return layer


class Block(kit.Layer):
    """Attention, then two linear layers; before each a layer norm, around each a sum."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads, self.width = heads, width
        self.first, self.enter = norm(width), dense(width, 3 * width)
        self.leave, self.second = dense(width, width), norm(width)
        self.inner, self.outer = dense(width, 4 * width), dense(4 * width, width)
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        count, length = tf.shape(tokens)[0], tf.shape(tokens)[1]
        each = self.width // self.heads
        parts = tf.reshape(self.enter(self.first(tokens)), (count, length, 3, self.heads, each))
        mixed = causal_attention(*tf.unstack(tf.transpose(parts, (2, 0, 3, 1, 4))))
        mixed = tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (count, length, self.width))
        tokens = tokens + self.leave(mixed)
        hidden = tf.nn.gelu(self.inner(self.second(tokens)), approximate=False)
        return tokens + self.outer(hidden)


class PictureGPT(keras.Model):
    """Ids (N, places) to logits (N, places, ids): what each place says of the *next* one.

    A `tied` network says its logits by the table that read the ids; otherwise by a matrix of its
    own, without bias.
    """

    def __init__(
        self,
        *,
        layers: int,
        width: int,
        vocabulary: int,
        places: int,
        heads: int = 1,
        tied: bool = False,
    ):
        super().__init__()
        self.width = width
        self.table = table(vocabulary, width, spread=0.02)
        self.where = table(places, width, spread=0.02)
        self.blocks = [Block(width, heads) for _ in range(layers)]
        self.norm, self.head = norm(width), None
        if not tied:
            self.head = kit.Dense(vocabulary, use_bias=False)
            self.head.build((None, width))
        self.built = True

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        hidden = rows_of(self.table, ids)
        hidden = hidden + tf.convert_to_tensor(self.where.embeddings)[: tf.shape(ids)[1]]
        for block in self.blocks:
            hidden = block(hidden)
        hidden = self.norm(hidden)
        if self.head is not None:
            return self.head(hidden)
        return tf.matmul(hidden, tf.convert_to_tensor(self.table.embeddings), transpose_b=True)


def build(width: int, layers: int, *, vocabulary: int, places: int, seed: int = 0) -> PictureGPT:
    """A network with a head for every 16 numbers of its width."""
    set_seed(seed)
    sizes = {"vocabulary": vocabulary, "places": places, "heads": max(1, width // 16)}
    return PictureGPT(layers=layers, width=width, **sizes)


def loss(network: keras.Model, rows: tf.Tensor) -> tf.Tensor:
    """Mean cross entropy, in nats, of each id of rows (N, 1 + places) from those before it."""
    logits, right = network(rows[:, :-1]), rows[:, 1:]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=right, logits=logits)
    return tf.reduce_mean(losses)


def to_ids(rows: np.ndarray) -> tf.Tensor:
    """Rows of ids as an int64 tensor."""
    return tf.constant(np.asarray(rows), tf.int64)


def held_out_loss(network: keras.Model, rows: np.ndarray) -> float:
    """The loss on rows that training never saw, 500 at a time."""
    quick = tf.function(lambda part: loss(network, part))
    parts = [float(quick(to_ids(rows[k : k + 500]))) for k in range(0, len(rows), 500)]
    return float(np.mean(parts))


def learning_rate(step: int, steps: int, *, width: int) -> float:
    """The rate of a step: up for a twentieth, then half a cosine down to a twentieth.

    Its top falls with the width, 4e-3 at 32.
    """
    rise = max(1, steps // 20)
    along = min(1.0, (step - rise) / max(1, steps - rise))
    fall = 0.05 + 0.95 * (1 + math.cos(math.pi * max(0.0, along))) / 2
    return 4e-3 * math.sqrt(32 / width) * min(1.0, (step + 1) / rise) * fall


def train(
    network: PictureGPT, rows: np.ndarray, *, steps: int, batch_size: int = 16, seed: int = 0
) -> np.ndarray:
    """Train on rows (N, 1 + places), each seen once before any is seen again; the losses."""
    order = np.random.default_rng(seed)
    picks = np.concatenate(
        [order.permutation(len(rows)) for _ in range(1 + steps * batch_size // len(rows))]
    )
    optimizer = keras.optimizers.Adam(beta_1=0.9, beta_2=0.95, epsilon=1e-8, global_clipnorm=1.0)
    optimizer.build(network.trainable_variables)

    @tf.function
    def update(batch: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(network, batch)
        slopes = tape.gradient(value, network.trainable_variables)
        optimizer.apply_gradients(zip(slopes, network.trainable_variables, strict=True))
        return value

    losses = np.zeros(steps)
    for step in range(steps):
        set_learning_rate(optimizer, learning_rate(step, steps, width=network.width))
        batch = rows[picks[step * batch_size : (step + 1) * batch_size]]
        losses[step] = float(update(to_ids(batch)))
    return losses
