"""A small transformer for words and picture tokens, in TensorFlow (Keras), and its cache.

It takes tokens (N, places), first the words of a prompt and then a picture, and says logits
(N, places, ids). It reads a prompt twice: as tokens in front, which every place can look at, and as
one vector that shifts and scales every block and speaks to each place of the picture.
The same network in PyTorch: `prodgen_lib.torch.transformer`.
"""

from __future__ import annotations

import math

import numpy as np

from prodgen_lib.tensorflow.bridge import to_tensor
from prodgen_lib.tensorflow.denoisers import dense, normalise
from prodgen_lib.tensorflow.diffusion import modulate
from prodgen_lib.tensorflow.tokens import causal_attention

import keras  # isort: skip  (after the answer key, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

Cache = list[tuple[tf.Tensor, tf.Tensor]]
TOLD = 128  # numbers in which a prompt is thought about, once a picture


def table(count: int, width: int, *, spread: float) -> layers.Embedding:
    """A row of `width` numbers from N(0, spread²) for each of `count` ids."""
    layer = layers.Embedding(count, width, keras.initializers.RandomNormal(stddev=spread))
    layer.build()
    return layer


def rows(layer: layers.Embedding, ids: tf.Tensor) -> tf.Tensor:
    """The rows of ids, by a product, whose gradient is dense: see `denoisers.Condition`."""
    return tf.one_hot(ids, layer.input_dim) @ tf.convert_to_tensor(layer.embeddings)


class Block(layers.Layer):
    """Attention, then two linear layers, each on normalised tokens that a prompt shifts and scales.

    What each adds is multiplied by a gate, which starts at 1: the prompt changes all of it.
    """

    def __init__(self, width: int, heads: int, causal: bool):
        super().__init__()
        self.heads, self.causal, self.width = heads, causal, width
        self.modulation = dense(width, 6 * width, zero=True)
        self.enter, self.leave = dense(width, 3 * width), dense(width, width)
        self.inner, self.outer = dense(width, 4 * width), dense(4 * width, width)
        self.built = True

    def call(
        self, tokens: tf.Tensor, told: tf.Tensor, past: tuple[tf.Tensor, tf.Tensor] | None
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, tf.Tensor]]:
        shift, scale, gate, shift_2, scale_2, gate_2 = tf.split(self.modulation(told), 6, axis=1)
        mixed, past = self.attend(modulate(normalise(tokens), shift, scale), past)
        tokens = tokens + (1 + gate[:, None]) * mixed
        hidden = tf.nn.silu(self.inner(modulate(normalise(tokens), shift_2, scale_2)))
        return tokens + (1 + gate_2[:, None]) * self.outer(hidden), past

    def attend(
        self, tokens: tf.Tensor, past: tuple[tf.Tensor, tf.Tensor] | None
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, tf.Tensor]]:
        """Attention to what is `past` and to `tokens`; the keys and values of all of them too."""
        count, length = tf.shape(tokens)[0], tf.shape(tokens)[1]
        each = self.width // self.heads
        parts = tf.reshape(self.enter(tokens), (count, length, 3, self.heads, each))
        query, key, value = tf.unstack(tf.transpose(parts, (2, 0, 3, 1, 4)))
        if past is not None:
            key, value = tf.concat([past[0], key], axis=2), tf.concat([past[1], value], axis=2)
        if self.causal:
            mixed = causal_attention(query, key, value)
        else:
            scores = tf.matmul(query, key, transpose_b=True) / math.sqrt(each)
            mixed = tf.nn.softmax(scores) @ value
        mixed = tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (count, length, self.width))
        return self.leave(mixed), (key, value)


class Transformer(keras.Model):
    """Tokens (N, words + places) to logits (N, words + places, ids).

    `meanings` (ids, numbers) says what each id stands for. A `causal` network says at each place
    what comes *next*, and may be asked about the beginning of a row; another one sees all places
    and says at each what stands *there*.
    """

    def __init__(
        self,
        meanings: np.ndarray,
        *,
        places: int,
        words: int = 4,
        width: int = 64,
        depth: int = 3,
        heads: int = 4,
        causal: bool = True,
    ):
        super().__init__()
        self.words, self.places, self.width, self.causal = words, places, width, causal
        self.meanings = to_tensor(meanings)
        self.table = table(len(meanings), width, spread=0.02)
        self.meaning = dense(meanings.shape[1], width)
        self.where = table(words + places, width, spread=0.02)
        self.prompt = table(len(meanings), width, spread=0.5)
        self.first, self.second = dense(words * width, TOLD), dense(TOLD, TOLD)
        self.condition = dense(TOLD, width)
        self.spoken = dense(TOLD, places * width, zero=True)
        self.blocks = [Block(width, heads, causal) for _ in range(depth)]
        self.modulation = dense(width, 2 * width, zero=True)
        self.leave = dense(width, len(meanings))
        self.built = True
        # Layer by layer, a token costs more calls than arithmetic; one graph serves all lengths.
        self.quick_step = tf.function(self.step, reduce_retracing=True)

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        return self.step(tokens, None)[0]

    def step(self, tokens: tf.Tensor, cache: Cache | None) -> tuple[tf.Tensor, Cache]:
        """Logits of the places that a cache does not hold yet, and the cache with them.

        `tokens` are all so far. Without a cache every place is new.
        """
        done = tf.shape(cache[0][0])[2] if cache else 0
        told, spoken = self.read(tokens[:, : self.words])
        new, end = tokens[:, done:], tf.shape(tokens)[1]
        hidden = rows(self.table, new) + self.meaning(tf.gather(self.meanings, new))
        hidden = hidden + tf.convert_to_tensor(self.where.embeddings)[done:end]
        hidden = hidden + spoken[:, done:end]
        past = []
        for k, block in enumerate(self.blocks):
            hidden, kept = block(hidden, told, cache[k] if cache else None)
            past.append(kept)
        shift, scale = tf.split(self.modulation(told), 2, axis=1)
        return self.leave(modulate(normalise(hidden), shift, scale)), past

    def read(self, prompt: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """What a prompt (N, words) tells every block, and what it says to each place.

        What it says to a place of the picture is heard where that place is guessed: in a causal
        network one place earlier.
        """
        known = tf.reshape(rows(self.prompt, prompt), (-1, self.words * self.width))
        thought = tf.nn.silu(self.second(tf.nn.silu(self.first(known))))
        spoken = tf.reshape(self.spoken(thought), (-1, self.places, self.width))
        before = self.words - int(self.causal)
        spoken = tf.pad(spoken, [[0, 0], [before, self.words - before], [0, 0]])
        return tf.nn.silu(self.condition(thought)), spoken
