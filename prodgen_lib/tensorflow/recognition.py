"""Training the course's classifier on pictures that change each time they are seen, in Keras.

The same functions in PyTorch: `prodgen_lib.torch.recognition`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.tensorflow.bridge import adam, set_learning_rate, set_seed, to_images, to_tensor
from prodgen_lib.tensorflow.cgan import to_labels
from prodgen_lib.tensorflow.classifier import build_classifier, class_logits

import keras  # isort: skip  (after the answer key, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip

DRAWS = 12  # numbers that a change may use up for one picture


def train(
    pictures: np.ndarray,
    labels: np.ndarray,
    change: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    *,
    steps: int = 300,
    batch_size: int = 32,
    learning_rate: float = 2e-3,
    seed: int = 0,
) -> keras.Sequential:
    """A classifier of uint8 pictures N×32×32×C by labels (N,) from 0, with new draws in each step.

    `change(images, draws)` is what a batch goes through, draws (N, 12) in [0, 1). One seed gives
    the same initial weights and batches whatever the change: runs can be compared in pairs. The
    learning rate falls along half a cosine to zero.
    """
    set_seed(seed)
    rng, own = np.random.default_rng(seed), np.random.default_rng(1000 + seed)
    network = build_classifier(classes=int(labels.max()) + 1, channels=pictures.shape[-1])
    optimizer = adam(network, learning_rate, (0.9, 0.99))

    @tf.function
    def update(images, told, draws):
        with tf.GradientTape() as tape:
            logits = network(change(images, draws), training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(told, logits)
            loss = tf.reduce_mean(losses)
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    for step in range(steps):
        set_learning_rate(optimizer, learning_rate * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        index = rng.integers(len(pictures), size=batch_size)
        draws = to_tensor(own.random((batch_size, DRAWS)))
        update(to_images(pictures[index]), to_labels(labels[index]), draws)
    return network


def accuracy(network: keras.Sequential, pictures: np.ndarray, labels: np.ndarray) -> float:
    """The share of uint8 pictures whose likeliest label is the right one."""
    return float((class_logits(network, pictures).argmax(axis=1) == labels).mean())
