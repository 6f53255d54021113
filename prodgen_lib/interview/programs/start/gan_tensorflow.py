import keras
import numpy as np
import tensorflow as tf


def network(inputs, outputs):
    layers = [keras.Input((inputs,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(outputs)]
    return keras.Sequential(layers)


def program(points, seconds):
    keras.utils.set_random_seed(0)
    generator, discriminator = network(2, 2), network(2, 1)
    for_g, for_d = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)

    @tf.function
    def step(real):
        noise = tf.random.normal((128, 2))
        with tf.GradientTape() as tape:
            fake = tf.sigmoid(discriminator(generator(noise)))
            chance = tf.sigmoid(discriminator(real))
            loss = -tf.reduce_mean(tf.math.log(chance) + tf.math.log(1 - fake))
        variables = discriminator.trainable_variables
        for_d.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.math.log(1 - tf.sigmoid(discriminator(generator(noise)))))
        variables = generator.trainable_variables
        for_g.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    for _ in range(800):
        step(points[np.random.randint(len(points), size=128)])

    def draw(count, seed):
        keras.utils.set_random_seed(seed)
        return generator(tf.random.normal((count, 2))).numpy()

    return draw
