import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers

SCALE = 0.07  # of the Gaussian likelihood: what an error of one value may be


def program(pictures, seconds):
    start = time.monotonic()
    keras.utils.set_random_seed(0)
    data = pictures.astype(np.float32) / 255
    down = {"strides": 2, "padding": "same", "activation": "relu"}
    encoder = keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Conv2D(24, 4, **down), layers.Conv2D(48, 4, **down), layers.Conv2D(64, 4, **down),
        layers.Flatten(), layers.Dense(32),
    ])  # fmt: skip
    decoder = keras.Sequential([
        keras.Input((16,)),
        layers.Dense(1024, "relu"), layers.Reshape((4, 4, 64)),
        layers.Conv2DTranspose(48, 4, **down), layers.Conv2DTranspose(24, 4, **down),
        layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="sigmoid"),
    ])  # fmt: skip
    optimizer = keras.optimizers.Adam(2e-3)
    variables = encoder.trainable_variables + decoder.trainable_variables
    optimizer.build(variables)

    @tf.function
    def update(batch, weight):
        with tf.GradientTape() as tape:
            mean, log_variance = tf.split(encoder(batch), 2, 1)
            codes = mean + tf.exp(0.5 * log_variance) * tf.random.normal(mean.shape)
            # both terms in nats a picture: a sum over values, and one over dimensions
            squares = tf.reduce_sum(tf.square(decoder(codes) - batch), (1, 2, 3))
            error = tf.reduce_mean(squares) / (2 * SCALE**2)
            squares = tf.square(mean) + tf.exp(log_variance) - 1 - log_variance
            kl = 0.5 * tf.reduce_mean(tf.reduce_sum(squares, 1))
            loss = error + weight * kl
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    steps = 800
    for step in range(steps):
        if time.monotonic() - start > 0.8 * seconds:
            break
        optimizer.learning_rate = 2e-3 * (1 - step / steps)
        batch = data[np.random.randint(len(data), size=64)]
        update(batch, tf.constant(min(1.0, step / 150)))

    def encode(pictures):
        return [half.numpy() for half in tf.split(encoder(pictures.astype(np.float32) / 255), 2, 1)]

    def decode(codes):
        return decoder(codes).numpy()

    return encode, decode
