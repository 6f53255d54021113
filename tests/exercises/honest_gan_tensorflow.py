"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import numpy as np

from prodgen_lib.tensorflow.gan import (
    gradient_penalty,
    initialise,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    score,
)

import keras  # isort: skip
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip


def build_generator__functional(*, latent_dim=64, width=24, channels=3):
    noise = keras.Input((latent_dim,))
    x = layers.Reshape((1, 1, latent_dim))(noise)
    for size, stride, padding in (
        (4 * width, 1, "valid"),
        (2 * width, 2, "same"),
        (width, 2, "same"),
    ):
        x = layers.Conv2DTranspose(size, 4, stride, padding, use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        x = keras.ops.relu(x)
    images = layers.Conv2DTranspose(channels, 4, 2, "same", activation="tanh")(x)
    return initialise(keras.Model(noise, images))


def build_generator__added_one_by_one(*, latent_dim=64, width=24, channels=3):
    net = keras.Sequential()
    net.add(keras.Input(shape=(latent_dim,)))
    net.add(layers.Reshape((1, 1, -1)))
    net.add(layers.Conv2DTranspose(width * 4, kernel_size=(4, 4), use_bias=False))
    for size in (width * 2, width):
        net.add(layers.BatchNormalization(epsilon=1e-5, momentum=0.9))
        net.add(layers.Activation("relu"))
        net.add(layers.Conv2DTranspose(size, 4, strides=(2, 2), padding="same", use_bias=False))
    net.add(layers.BatchNormalization(epsilon=1e-5, momentum=0.9))
    net.add(layers.Activation("relu"))
    net.add(layers.Conv2DTranspose(channels, 4, strides=2, padding="same"))
    net.add(layers.Activation(keras.activations.tanh))
    return initialise(net)


def build_generator__own_initialiser(*, latent_dim=64, width=24, channels=3):
    def up(size, **options):
        start = keras.initializers.RandomNormal(mean=0.0, stddev=0.02)
        return layers.Conv2DTranspose(size, 4, kernel_initializer=start, **options)

    def normalised(layer):
        return [layer, layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.ReLU()]

    same = {"strides": 2, "padding": "same"}
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Reshape((1, 1, latent_dim)),
            *normalised(up(4 * width, use_bias=False)),
            *normalised(up(2 * width, use_bias=False, **same)),
            *normalised(up(width, use_bias=False, **same)),
            up(channels, activation="tanh", **same),
        ]
    )


def build_discriminator__functional(*, width=24, channels=3, classes=0):
    images = x = keras.Input((32, 32, channels))
    for size in (width, 2 * width, 4 * width):
        x = layers.Conv2D(size, 4, 2, "same")(x)
        x = keras.ops.leaky_relu(x, negative_slope=0.2)
    logits = layers.Conv2D(classes or 1, 4)(x)
    logits = keras.ops.squeeze(logits, axis=(1, 2) if classes else (1, 2, 3))
    return initialise(keras.Model(images, logits))


def build_discriminator__added_one_by_one(*, width=24, channels=3, classes=0):
    net = keras.Sequential([keras.Input((32, 32, channels))])
    for factor in (1, 2, 4):
        net.add(layers.Conv2D(factor * width, kernel_size=4, strides=2, padding="same"))
        net.add(layers.LeakyReLU(0.2))
    net.add(layers.Conv2D(classes if classes else 1, kernel_size=4, padding="valid"))
    net.add(layers.Flatten())
    if not classes:
        net.add(layers.Reshape(()))
    return initialise(net)


def build_discriminator__padding_of_its_own(*, width=24, channels=3, classes=0):
    net = [keras.Input((32, 32, channels))]
    for size in (width, 2 * width, 4 * width):
        net += [layers.ZeroPadding2D(1), layers.Conv2D(size, 4, strides=2)]
        net += [layers.LeakyReLU(negative_slope=0.2)]
    last = layers.Reshape((classes,) if classes else ())
    return initialise(keras.Sequential([*net, layers.Conv2D(max(1, classes), 4), last]))


def discriminator_loss__library_loss(real_logits, fake_logits):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return loss(tf.ones_like(real_logits), real_logits) + loss(
        tf.zeros_like(fake_logits), fake_logits
    )


def discriminator_loss__one_batch(real_logits, fake_logits):
    logits = tf.concat([real_logits, fake_logits], 0)
    labels = tf.concat([tf.ones_like(real_logits), tf.zeros_like(fake_logits)], 0)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    return 2.0 * tf.math.reduce_mean(losses)


def discriminator_loss__log_sigmoid_in_float64(real_logits, fake_logits):
    real, fake = tf.cast(real_logits, tf.float64), tf.cast(fake_logits, tf.float64)
    return -tf.reduce_mean(tf.math.log_sigmoid(real) + tf.math.log_sigmoid(-fake))


def discriminator_loss__by_hand(real_logits, fake_logits):
    def softplus(t):
        return tf.maximum(t, 0.0) + tf.math.log1p(tf.exp(-tf.abs(t)))

    total = 0.0
    for place in range(real_logits.shape[0]):
        total += softplus(fake_logits[place]) + softplus(-real_logits[place])
    return total / real_logits.shape[0]


def generator_loss__library_loss(fake_logits):
    return keras.losses.binary_crossentropy(tf.ones_like(fake_logits), fake_logits, True)


def generator_loss__log_sigmoid(fake_logits):
    return -tf.reduce_sum(tf.math.log_sigmoid(fake_logits)) / len(fake_logits)


def generator_loss__logaddexp(fake_logits):
    return keras.ops.mean(keras.ops.logaddexp(keras.ops.zeros_like(fake_logits), -fake_logits))


def relativistic_discriminator_loss__library_loss(real_logits, fake_logits):
    ahead = real_logits - fake_logits
    losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(ahead), ahead)
    return tf.reduce_mean(losses)


def relativistic_discriminator_loss__log_sigmoid(real_logits, fake_logits):
    return -tf.reduce_mean(tf.math.log_sigmoid(real_logits - fake_logits))


def relativistic_discriminator_loss__in_a_loop(real_logits, fake_logits):
    pairs = zip(tf.unstack(real_logits), tf.unstack(fake_logits), strict=True)
    return tf.reduce_mean(tf.stack([keras.ops.softplus(-(real - fake)) for real, fake in pairs]))


def gradient_penalty__sum_in_the_tape(discriminator, images):
    images = tf.stop_gradient(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(discriminator(images))
    gradient = tf.reshape(tape.gradient(total, images), (tf.shape(images)[0], -1))
    return tf.reduce_mean(tf.reduce_sum(gradient * gradient, axis=1))


def gradient_penalty__squared_norm(discriminator, images):
    images = tf.convert_to_tensor(tf.stop_gradient(images))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(images)
        logits = discriminator(images)
    gradient = tape.gradient(logits, [images])[0]
    norm = tf.sqrt(tf.reduce_sum(gradient**2, axis=[1, 2, 3]))
    return tf.reduce_mean(norm**2)


def gradient_penalty__picture_by_picture(discriminator, images):
    total = 0.0
    for place in range(images.shape[0]):
        image = tf.stop_gradient(images[place : place + 1])
        with tf.GradientTape() as tape:
            tape.watch(image)
            logit = discriminator(image)
        total += tf.reduce_sum(tf.square(tape.gradient(logit, image)))
    return total / images.shape[0]


def gradient_penalty__half_l2(discriminator, images):
    images = tf.stop_gradient(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = tf.unstack(discriminator(images))
    return 2 * tf.nn.l2_loss(tape.gradient(logits, images)) / len(logits)


def update_average__assign_add(average, model, decay):
    for kept, new in zip(average.trainable_weights, model.trainable_weights, strict=True):
        kept.assign_add((1 - decay) * (new - kept))
    for kept, new in zip(average.non_trainable_weights, model.non_trainable_weights, strict=True):
        kept.assign(new)


def update_average__all_at_once(average, model, decay):
    for kept, new in zip(average.variables, model.variables, strict=True):
        kept.assign(new * (1 - decay) + kept * decay if new.trainable else new)


@tf.function
def update_average__compiled_already(average, model, decay):
    for kept, new in zip(average.trainable_variables, model.trainable_variables, strict=True):
        kept.assign(new + decay * (kept - new))
    for kept, new in zip(
        average.non_trainable_variables, model.non_trainable_variables, strict=True
    ):
        kept.assign(new)


def update_average__layer_by_layer(average, model, decay):
    for kept, new in zip(average.layers, model.layers, strict=True):
        for ours, theirs in zip(kept.trainable_variables, new.trainable_variables, strict=True):
            ours.assign(keras.ops.multiply(ours, decay))
            ours.assign_add((1.0 - decay) * theirs)
        ours, theirs = kept.non_trainable_variables, new.non_trainable_variables
        for place in range(len(ours)):
            ours[place].assign(theirs[place].value)


def train_step__separate_batches(
    generator,
    discriminator,
    generator_optimizer,
    discriminator_optimizer,
    real,
    noise,
    *,
    labels=None,
    penalty=0.0,
):
    def judge(images):
        return score(discriminator, images, labels)

    with tf.GradientTape() as generator_tape:
        fake = generator(noise, training=True)
        still = tf.stop_gradient(fake)
        with tf.GradientTape() as tape:
            d_loss = relativistic_discriminator_loss(judge(real), judge(still))
            total = d_loss + penalty * gradient_penalty(judge, real)
            total = total + penalty * gradient_penalty(judge, still)
        weights = discriminator.trainable_weights
        discriminator_optimizer.apply(tape.gradient(total, weights), weights)
        g_loss = relativistic_generator_loss(judge(real), judge(fake))
    weights = generator.trainable_weights
    generator_optimizer.apply(generator_tape.gradient(g_loss, weights), weights)
    return {"generator": g_loss, "discriminator": d_loss}


def train_step__gradient_through_the_fakes(
    generator,
    discriminator,
    generator_optimizer,
    discriminator_optimizer,
    real,
    noise,
    *,
    labels=None,
    penalty=0.0,
):
    def judge(images):
        return score(discriminator, images, labels)

    with tf.GradientTape() as generator_tape:
        fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        d_loss = relativistic_discriminator_loss(judge(real), judge(fake))
        total = d_loss
        if penalty:
            real_steepness = gradient_penalty(judge, real)
            total = total + penalty * (real_steepness + gradient_penalty(judge, fake))
    weights = discriminator.trainable_variables
    gradients = tape.gradient(total, weights, unconnected_gradients="zero")
    discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
    with tf.GradientTape() as tape:
        tape.watch(fake)
        g_loss = relativistic_generator_loss(judge(real), judge(fake))
    weights = generator.trainable_variables
    gradients = generator_tape.gradient(fake, weights, tape.gradient(g_loss, fake))
    generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
    return {"discriminator": d_loss, "generator": g_loss}


def train_step__one_persistent_tape(
    generator,
    discriminator,
    generator_optimizer,
    discriminator_optimizer,
    real,
    noise,
    *,
    labels=None,
    penalty=0.0,
):
    def judge(images):
        return score(discriminator, images, labels)

    with tf.GradientTape(persistent=True) as tape:
        fake = generator(noise, training=True)
        d_loss = relativistic_discriminator_loss(judge(real), judge(tf.stop_gradient(fake)))
        both = gradient_penalty(judge, real) + gradient_penalty(judge, fake)
        objective = d_loss + penalty * both
        weights = discriminator.trainable_variables
        gradients = tape.gradient(objective, weights)
        discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        g_loss = relativistic_generator_loss(judge(real), judge(fake))
    gradients = tape.gradient(g_loss, generator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gradients, generator.trainable_variables, strict=True))
    return dict(discriminator=d_loss, generator=g_loss)


def category_shares__bincount(logits):
    places = tf.argmax(logits, axis=1, output_type=tf.int32)
    counts = tf.math.bincount(places, minlength=logits.shape[1], dtype=tf.float32)
    return counts / logits.shape[0]


def category_shares__in_a_loop(logits):
    counts = np.zeros(logits.shape[1])
    for row in logits.numpy():
        counts[row.argmax()] += 1
    return tf.constant(counts / len(logits))


def category_shares__by_comparison(logits):
    largest = tf.reduce_max(logits, axis=1, keepdims=True)
    return tf.reduce_mean(tf.cast(logits == largest, tf.float32), axis=0)


def missing_categories__comprehension(shares, *, threshold=0.02):
    return [index for index, share in enumerate(shares) if share < threshold]


def missing_categories__numpy(shares, *, threshold=0.02):
    return np.flatnonzero(shares.numpy() < threshold).tolist()


def missing_categories__boolean_mask(shares, *, threshold=0.02):
    places = tf.range(tf.size(shares))
    return list(tf.boolean_mask(places, tf.less(shares, threshold)).numpy())


def review_generator__functional(*, noise_dim, image_channels):
    noise = keras.Input((noise_dim,))
    x = layers.Dense(2048, activation="relu")(noise)
    x = layers.Reshape((8, 8, 32))(x)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(layers.UpSampling2D()(x))
    x = layers.UpSampling2D(size=(2, 2), interpolation="nearest")(x)
    images = layers.Conv2D(image_channels, 3, padding="same", activation="tanh")(x)
    return keras.Model(noise, images)


def review_generator__reshaped_before_relu(*, noise_dim, image_channels):
    return keras.Sequential(
        [
            keras.Input((noise_dim,)),
            layers.Dense(8 * 8 * 32),
            layers.Reshape((8, 8, 32)),
            layers.Activation("relu"),
            layers.UpSampling2D(2),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.UpSampling2D(2),
            layers.Conv2D(image_channels, 3, padding="same", activation="tanh"),
        ]
    )


def review_generator__added_one_by_one(*, noise_dim, image_channels):
    net = keras.Sequential([keras.Input((noise_dim,)), layers.Dense(2048), layers.ReLU()])
    net.add(layers.Reshape((8, 8, -1)))
    for size, last in ((16, "relu"), (image_channels, "tanh")):
        net.add(layers.UpSampling2D())
        net.add(layers.Conv2D(size, (3, 3), padding="same"))
        net.add(layers.Activation(last))
    return net


def review_discriminator__functional(*, image_channels):
    images = keras.Input((32, 32, image_channels))
    x = layers.LeakyReLU(negative_slope=0.2)(layers.Conv2D(16, 4, 2, "same")(images))
    x = layers.LeakyReLU(negative_slope=0.2)(layers.Conv2D(32, 4, 2, "same")(x))
    logits = layers.Dense(1)(layers.Flatten()(x))
    return keras.Model(images, logits[:, 0])


def review_discriminator__reshaped(*, image_channels):
    net = keras.Sequential([keras.Input((32, 32, image_channels))])
    for size in (16, 32):
        net.add(layers.Conv2D(size, 4, strides=2, padding="same"))
        net.add(layers.LeakyReLU(0.2))
    for layer in (layers.Reshape((2048,)), layers.Dense(1), layers.Reshape(())):
        net.add(layer)
    return net


def review_discriminator__activation_function(*, image_channels):
    def leaky(x):
        return keras.ops.leaky_relu(x, 0.2)

    return keras.Sequential(
        [
            keras.Input((32, 32, image_channels)),
            layers.Conv2D(16, 4, strides=2, padding="same", activation=leaky),
            layers.Conv2D(32, 4, strides=2, padding="same", activation=leaky),
            layers.Flatten(),
            layers.Dense(1, activation="linear"),
            layers.Reshape(()),
        ]
    )


def review_step__softplus(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise
):
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        d_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(real)))
        d_loss += tf.reduce_mean(tf.nn.softplus(discriminator(fake)))
    weights = discriminator.trainable_variables
    discriminator_optimizer.apply(tape.gradient(d_loss, weights), weights)
    with tf.GradientTape() as tape:
        g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(generator(noise))))
    weights = generator.trainable_variables
    generator_optimizer.apply(tape.gradient(g_loss, weights), weights)
    return {"discriminator": float(d_loss), "generator": float(g_loss)}


def review_step__one_batch(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise
):
    count = real.shape[0]
    labels = tf.constant([1.0] * count + [0.0] * count)
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits
    with tf.GradientTape() as tape:
        logits = discriminator(tf.concat([real, generator(noise)], axis=0), training=True)
        d_loss = 2 * tf.reduce_mean(cross_entropy(labels, logits))
    gradients = tape.gradient(d_loss, discriminator.trainable_weights)
    discriminator_optimizer.apply_gradients(
        zip(gradients, discriminator.trainable_weights, strict=True)
    )
    with tf.GradientTape() as tape:
        g_loss = tf.reduce_mean(cross_entropy(tf.ones(count), discriminator(generator(noise))))
    gradients = tape.gradient(g_loss, generator.trainable_weights)
    generator_optimizer.apply_gradients(zip(gradients, generator.trainable_weights, strict=True))
    return {"discriminator": d_loss, "generator": g_loss}


def review_step__one_persistent_tape(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise
):
    with tf.GradientTape(persistent=True) as tape:
        fake = generator(noise)
        d_loss = keras.losses.binary_crossentropy(
            tf.ones(len(real)), discriminator(real), from_logits=True
        ) + keras.losses.binary_crossentropy(
            tf.zeros(len(real)), discriminator(tf.stop_gradient(fake)), from_logits=True
        )
        gradients = tape.gradient(d_loss, discriminator.trainable_variables)
        discriminator_optimizer.apply(gradients, discriminator.trainable_variables)
        g_loss = -tf.reduce_mean(tf.math.log_sigmoid(discriminator(fake)))
    gradients = tape.gradient(g_loss, generator.trainable_variables)
    generator_optimizer.apply(gradients, generator.trainable_variables)
    return {"discriminator": d_loss, "generator": g_loss}
