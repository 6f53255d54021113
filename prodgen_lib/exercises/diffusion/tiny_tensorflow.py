"""A network of a flow with a handful of weights, in TensorFlow."""

from __future__ import annotations

from prodgen_lib.tensorflow import bridge as bridge  # keeps TensorFlow's import quiet

import keras  # isort: skip
import tensorflow as tf  # isort: skip


class TinyFlow(keras.Model):
    """Velocities that are linear in `count` weights, called as the networks of a flow are.

    The weights stand before the mixture, the time t, t · mixture, and the label of each question.
    """

    def __init__(self, count: int):
        super().__init__()
        self.line = [self.add_weight(shape=(1,), name=f"weight_{k}") for k in range(count)]

    def call(self, mixed: tf.Tensor, t: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        told = (t, *tf.unstack(tf.cast(labels, tf.float32), axis=1))
        at, *asked = (tf.reshape(x, [-1, *[1] * (len(mixed.shape) - 1)]) for x in told)
        terms = mixed, at, at * mixed, *asked
        return sum(weight * term for weight, term in zip(self.line, terms, strict=False))
