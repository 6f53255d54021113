import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def to_input(pictures):
    """From bytes to (N, 32, 32, 3) in [-1, 1]."""
    return pictures.astype(np.float32) / 127.5 - 1


def augmented(batch, rng):
    """Turned a little, shifted, scaled, mirrored; channels mixed: a category has any colour."""
    count = len(batch)
    angle, scale = rng.uniform(-0.3, 0.3, count), rng.uniform(0.8, 1.2, count)
    flip = rng.choice([-1.0, 1.0], count)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    shift, middle, zero = 4 * rng.uniform(-1, 1, (2, count)), 15.5, np.zeros(count)
    # where an output pixel comes from, about the middle of the picture
    rows = [
        [cos * flip, -sin, middle - middle * (cos * flip - sin) + shift[0]],
        [sin * flip, cos, middle - middle * (sin * flip + cos) + shift[1]],
        [zero, zero],
    ]
    transforms = np.stack([part for row in rows for part in row], 1).astype(np.float32)
    moved = keras.ops.image.affine_transform(
        batch, transforms, fill_mode="nearest", data_format="channels_last"
    )
    mixed = tf.gather(moved, rng.permutation(3), axis=3)
    return mixed * rng.uniform(0.6, 1.4, (count, 1, 1, 1)).astype(np.float32)


def program(pictures, labels, seconds):
    start = time.monotonic()
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    data = to_input(pictures)
    blocks = [keras.Input((32, 32, 3))]
    for width in (24, 48, 64):
        blocks += [layers.Conv2D(width, 4, strides=2, padding="same"), layers.BatchNormalization()]
        blocks += [layers.ReLU()]
    blocks += [layers.AveragePooling2D(2), layers.Flatten(), layers.Dropout(0.3), layers.Dense(10)]
    network = keras.Sequential(blocks)
    optimizer = keras.optimizers.AdamW(3e-3, weight_decay=0.05)
    optimizer.build(network.trainable_variables)
    loss_of = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)

    @tf.function
    def update(batch, wanted):
        with tf.GradientTape() as tape:
            loss = loss_of(wanted, network(batch, training=True))
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    steps = 500
    for step in range(steps):
        if time.monotonic() - start > 0.8 * seconds:
            break
        optimizer.learning_rate = 3e-3 * (1 - step / steps)
        index = rng.integers(len(data), size=64)
        update(augmented(data[index], rng), tf.one_hot(labels[index], 10))

    def predict(pictures):
        return network(to_input(pictures), training=False).numpy().argmax(1)

    return predict
