import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def program(points, seconds):
    start = time.monotonic()
    keras.utils.set_random_seed(0)
    network = keras.Sequential([
        keras.Input((3,)),
        layers.Dense(128, "silu"), layers.Dense(128, "silu"), layers.Dense(128, "silu"),
        layers.Dense(2),
    ])  # fmt: skip
    optimizer = keras.optimizers.Adam(2e-3)
    optimizer.build(network.trainable_variables)

    @tf.function
    def update(real):
        noise, t = tf.random.normal((256, 2)), tf.random.uniform((256, 1))
        with tf.GradientTape() as tape:
            mixed = (1 - t) * real + t * noise
            found = network(tf.concat([mixed, t], 1))  # what lies ahead depends on the time
            loss = tf.reduce_mean(tf.square(found - (noise - real)))
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    steps = 2000
    for step in range(steps):
        if time.monotonic() - start > 0.8 * seconds:
            break
        optimizer.learning_rate = 2e-3 * (1 - step / steps)
        update(tf.constant(points[np.random.randint(len(points), size=256)]))

    def draw(count, seed):
        keras.utils.set_random_seed(seed)
        x, calls = tf.random.normal((count, 2)), 30
        for step in range(calls):  # from noise, t = 1, against the velocity to t = 0
            t = tf.fill((count, 1), 1 - step / calls)
            x = x - network(tf.concat([x, t], 1)) / calls
        return x.numpy()

    return draw
