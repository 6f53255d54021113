import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def network(inputs, outputs):
    return keras.Sequential([
        keras.Input((inputs,)),
        layers.Dense(128), layers.LeakyReLU(0.2),
        layers.Dense(128), layers.LeakyReLU(0.2),
        layers.Dense(outputs),
    ])  # fmt: skip


def slope(discriminator, points):
    """The squared slope of the logits at these points, on average: R1 at real, R2 at made ones."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        logits = tf.reduce_sum(discriminator(points))
    return tf.reduce_mean(tf.reduce_sum(tf.square(tape.gradient(logits, points)), 1))


def program(points, seconds):
    start = time.monotonic()
    keras.utils.set_random_seed(0)
    generator, discriminator = network(8, 2), network(2, 1)
    for_g, for_d = (keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.9) for _ in range(2))
    for_g.build(generator.trainable_variables)
    for_d.build(discriminator.trainable_variables)

    @tf.function
    def update(real):
        noise = tf.random.normal((256, 8))
        # each made point is compared with a real one: running to the best place does not pay
        with tf.GradientTape() as tape:
            fake = tf.stop_gradient(generator(noise))
            loss = tf.reduce_mean(tf.nn.softplus(discriminator(fake) - discriminator(real)))
            loss += 0.05 * (slope(discriminator, real) + slope(discriminator, fake))
        variables = discriminator.trainable_variables
        for_d.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        with tf.GradientTape() as tape:
            gap = discriminator(real) - discriminator(generator(noise))
            loss = tf.reduce_mean(tf.nn.softplus(gap))
        variables = generator.trainable_variables
        for_g.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    steps = 2500
    for step in range(steps):
        if time.monotonic() - start > 0.8 * seconds:
            break
        for_g.learning_rate = for_d.learning_rate = 1e-3 * (1 - step / steps)
        update(tf.constant(points[np.random.randint(len(points), size=256)]))

    def draw(count, seed):
        keras.utils.set_random_seed(seed)
        return generator(tf.random.normal((count, 8))).numpy()

    return draw
