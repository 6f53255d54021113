import keras
import numpy as np
import tensorflow as tf


def program(pictures, seconds):
    keras.utils.set_random_seed(0)
    data = pictures.reshape(-1, 3072).astype(np.float32) / 255
    encoder = keras.Sequential([keras.layers.Dense(128, "relu"), keras.layers.Dense(32)])
    decoder = keras.Sequential(
        [keras.layers.Dense(128, "relu"), keras.layers.Dense(3072, "sigmoid")]
    )
    encoder.build((None, 3072))
    decoder.build((None, 16))
    optimizer = keras.optimizers.Adam(1e-3)
    variables = encoder.trainable_variables + decoder.trainable_variables

    @tf.function
    def step(batch):
        with tf.GradientTape() as tape:
            mean, log_variance = tf.split(encoder(batch), 2, 1)
            codes = mean + tf.exp(0.5 * log_variance) * tf.random.normal(mean.shape)
            squares = tf.square(mean) + tf.exp(log_variance) - 1 - log_variance
            kl = 0.5 * tf.reduce_mean(tf.reduce_sum(squares, 1))
            loss = tf.reduce_mean(tf.square(decoder(codes) - batch)) + kl
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    for _ in range(300):
        step(data[np.random.randint(len(data), size=64)])

    def encode(pictures):
        given = pictures.reshape(-1, 3072).astype(np.float32) / 255
        return [half.numpy() for half in tf.split(encoder(given), 2, 1)]

    def decode(codes):
        return decoder(codes).numpy().reshape(-1, 32, 32, 3)

    return encode, decode
