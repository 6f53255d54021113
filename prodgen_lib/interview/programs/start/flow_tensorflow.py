import keras
import numpy as np
import tensorflow as tf


def program(points, seconds):
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(2)]
    )
    optimizer = keras.optimizers.Adam(1e-3)

    @tf.function
    def step(real):
        noise, t = tf.random.normal(real.shape), tf.random.uniform((256, 1))
        with tf.GradientTape() as tape:
            mixed = (1 - t) * real + t * noise
            loss = tf.reduce_mean(tf.square(network(mixed) - (noise - real)))
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    for _ in range(500):
        step(points[np.random.randint(len(points), size=256)])

    def draw(count, seed):
        keras.utils.set_random_seed(seed)
        x = tf.random.normal((count, 2))
        for _ in range(5):
            x = x + network(x) / 5
        return x.numpy()

    return draw
