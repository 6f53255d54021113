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


def discriminator_loss__functional_cross_entropy(real_logits, fake_logits):
    loss = tf.nn.sigmoid_cross_entropy_with_logits
    real = loss(labels=tf.ones_like(real_logits), logits=real_logits)
    fake = loss(labels=tf.zeros_like(fake_logits), logits=fake_logits)
    return tf.reduce_mean(real) + tf.reduce_mean(fake)


@tf.function
def discriminator_loss__compiled_already(real_logits, fake_logits):
    return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(
        tf.nn.softplus(fake_logits)
    )


def generator_loss__keras_ops(fake_logits):
    return keras.ops.mean(keras.ops.softplus(-fake_logits))


def generator_loss__float64_inside(fake_logits):
    wide = tf.cast(fake_logits, tf.float64)
    return tf.cast(tf.reduce_mean(tf.math.log1p(tf.exp(-wide))), tf.float32)


def generator_loss__one_by_one(fake_logits):
    losses = tf.map_fn(lambda logit: tf.nn.softplus(-logit), fake_logits)
    return tf.add_n(tf.unstack(losses)) / len(losses)


def relativistic_discriminator_loss__keras_ops(real_logits, fake_logits):
    return keras.ops.mean(keras.ops.softplus(keras.ops.subtract(fake_logits, real_logits)))


def relativistic_discriminator_loss__einsum(real_logits, fake_logits):
    losses = tf.nn.softplus(fake_logits - real_logits)
    return tf.einsum("i->", losses) / tf.cast(tf.size(losses), tf.float32)


@tf.function
def relativistic_discriminator_loss__compiled_already(real_logits, fake_logits):
    return -tf.reduce_mean(tf.math.log_sigmoid(real_logits - fake_logits))


def gradient_penalty__tf_gradients_by_ones(discriminator, images):
    images = tf.identity(tf.stop_gradient(images))
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = discriminator(images)
    slopes = tape.gradient(logits, images, output_gradients=tf.ones_like(logits))
    return tf.einsum("nhwc,nhwc->", slopes, slopes) / tf.cast(tf.shape(images)[0], tf.float32)


def gradient_penalty__keras_ops(discriminator, images):
    images = keras.ops.stop_gradient(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = keras.ops.sum(discriminator(images))
    slopes = keras.ops.reshape(tape.gradient(total, images), (images.shape[0], -1))
    return keras.ops.mean(keras.ops.sum(keras.ops.square(slopes), axis=-1))


def update_average__by_weights(average, model, decay):
    decay = tf.cast(decay, tf.float32)
    for kept, new in zip(average.weights, model.weights, strict=True):
        kept.assign(decay * kept + (1 - decay) * new if new.trainable else new + 0.0)


def update_average__assign_sub(average, model, decay):
    for kept, new in zip(average.trainable_variables, model.trainable_variables, strict=True):
        kept.assign_sub((1 - decay) * (kept - new))
    old, new = average.non_trainable_variables, model.non_trainable_variables
    _ = [a.assign(tf.identity(b)) for a, b in zip(old, new, strict=True)]


def category_shares__segments(logits):
    winners = tf.argmax(logits, axis=-1)
    ones = tf.ones(len(logits))
    return tf.math.unsorted_segment_sum(ones, winners, logits.shape[1]) / len(logits)


def category_shares__keras_ops(logits):
    return keras.ops.mean(keras.ops.one_hot(keras.ops.argmax(logits, 1), logits.shape[1]), 0)


@tf.function
def category_shares__compiled_already(logits):
    winners = tf.math.top_k(logits, 1).indices[:, 0]
    return tf.reduce_mean(tf.cast(winners[:, None] == tf.range(logits.shape[1]), tf.float32), 0)


def missing_categories__loop(shares, *, threshold=0.02):
    found = []
    for index in range(len(shares)):
        if float(shares[index]) < threshold:
            found.append(index)
    return found


def missing_categories__flatnonzero(shares, *, threshold=0.02):
    return np.flatnonzero(shares.numpy() < threshold).tolist()


def missing_categories__whole_numbers(shares, *, threshold=0.02):
    return [int(row[0]) for row in tf.where(tf.less(shares, threshold))]


def _block(size, activation):
    convolution = layers.Conv2D(size, (3, 3), padding="same", activation=activation)
    return [layers.UpSampling2D(size=(2, 2)), convolution]


def review_generator__blocks(*, noise_dim, image_channels):
    first = [keras.Input(shape=(noise_dim,)), layers.Dense(2048, activation="relu")]
    return keras.Sequential(
        [
            *first,
            layers.Reshape((8, 8, 32)),
            *_block(16, "relu"),
            *_block(image_channels, keras.activations.tanh),
        ]
    )


def review_generator__activations_by_name(*, noise_dim, image_channels):
    network = keras.Sequential([layers.InputLayer(shape=(noise_dim,)), layers.Dense(8 * 8 * 32)])
    network.add(layers.Activation("relu"))
    network.add(layers.Reshape(target_shape=(8, 8, 32)))
    for size, activation in ((16, "relu"), (image_channels, "tanh")):
        network.add(layers.UpSampling2D(interpolation="nearest"))
        network.add(layers.Conv2D(size, 3, padding="SAME"))
        network.add(layers.Activation(activation))
    return network


def review_generator__keras_operations(*, noise_dim, image_channels):
    noise = keras.Input((noise_dim,))
    pixels = keras.ops.relu(layers.Dense(2048)(noise))
    pixels = keras.ops.reshape(pixels, (-1, 8, 8, 32))
    pixels = layers.Conv2D(16, 3, padding="same")(layers.UpSampling2D()(pixels))
    pixels = layers.UpSampling2D()(keras.ops.relu(pixels))
    pixels = keras.ops.tanh(layers.Conv2D(image_channels, 3, padding="same")(pixels))
    return keras.Model(noise, pixels)


def review_discriminator__added_one_by_one(*, image_channels):
    network = keras.Sequential()
    network.add(keras.Input((32, 32, image_channels)))
    for size in (16, 32):
        network.add(layers.Conv2D(size, kernel_size=4, strides=2, padding="same"))
        network.add(layers.LeakyReLU(0.2))
    for layer in (layers.Flatten(), layers.Dense(1), layers.Reshape(())):
        network.add(layer)
    return network


def review_discriminator__padding_of_its_own(*, image_channels):
    network = [keras.Input((32, 32, image_channels))]
    for size in (16, 32):
        network += [layers.ZeroPadding2D(1), layers.Conv2D(size, 4, 2)]
        network += [layers.LeakyReLU(negative_slope=0.2)]
    return keras.Sequential([*network, layers.Flatten(), layers.Dense(1), layers.Reshape(())])


def review_discriminator__keras_operations(*, image_channels):
    images = keras.Input((32, 32, image_channels))
    x = keras.ops.leaky_relu(layers.Conv2D(16, 4, 2, "same")(images), 0.2)
    x = keras.ops.leaky_relu(layers.Conv2D(32, 4, 2, "same")(x), 0.2)
    return keras.Model(images, layers.Dense(1)(layers.Flatten()(x))[:, 0])


@tf.function
def review_step__compiled_already(g, d, g_optimizer, d_optimizer, real, noise):
    with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
        fake = g(noise, training=True)
        with g_tape.stop_recording():
            d_loss = tf.reduce_mean(tf.nn.softplus(-d(real, training=True)))
            d_loss += tf.reduce_mean(tf.nn.softplus(d(tf.stop_gradient(fake), training=True)))
            d_weights = d.trainable_variables
            d_optimizer.apply(d_tape.gradient(d_loss, d_weights), d_weights)
        g_loss = tf.reduce_mean(tf.nn.softplus(-d(fake, training=True)))
    g_optimizer.apply(g_tape.gradient(g_loss, g.trainable_variables), g.trainable_variables)
    return {"discriminator": d_loss, "generator": g_loss}


def review_step__compiled_inside(g, d, g_optimizer, d_optimizer, real, noise):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def first():
        with tf.GradientTape() as tape:
            real_logits, fake_logits = d(real), d(g(noise))
            total = loss(tf.ones_like(real_logits), real_logits)
            total += loss(tf.zeros_like(fake_logits), fake_logits)
        d_optimizer.apply(tape.gradient(total, d.trainable_variables), d.trainable_variables)
        return total

    @tf.function
    def second():
        with tf.GradientTape() as tape:
            logits = d(g(noise))
            total = loss(tf.ones_like(logits), logits)
        g_optimizer.apply(tape.gradient(total, g.trainable_variables), g.trainable_variables)
        return total

    return {"discriminator": first(), "generator": second()}


def review_step__numbers_returned(g, d, g_optimizer, d_optimizer, real, noise):
    def step(optimizer, network, loss):
        with tf.GradientTape() as tape:
            value = loss()
        weights = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(value, weights), weights, strict=True))
        return value.numpy()

    def judged(images, label):
        logits = d(images)
        return tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(tf.fill(logits.shape, label), logits)
        )

    fake = g(noise)
    d_loss = step(d_optimizer, d, lambda: judged(real, 1.0) + judged(fake, 0.0))
    return {
        "discriminator": d_loss,
        "generator": float(step(g_optimizer, g, lambda: judged(g(noise), 1.0))),
    }


def _update(optimizer, network, gradients):
    optimizer.apply(gradients, network.trainable_variables)


@tf.function
def train_step__compiled_already(
    generator, discriminator, g_optimizer, d_optimizer, real, noise, *, labels=None, penalty=0.0
):
    def judge(images):
        logits = discriminator(images, training=True)
        return logits if labels is None else tf.einsum("nk,nk->n", logits, labels)

    with tf.GradientTape(persistent=True) as tape:
        fake = generator(noise, training=True)
        d_loss = tf.reduce_mean(tf.nn.softplus(judge(tf.stop_gradient(fake)) - judge(real)))
        total = d_loss
        if penalty > 0:
            total += penalty * gradient_penalty(judge, real)
            total += penalty * gradient_penalty(judge, fake)
    _update(d_optimizer, discriminator, tape.gradient(total, discriminator.trainable_variables))
    with tape:
        g_loss = tf.reduce_mean(tf.nn.softplus(judge(real) - judge(fake)))
    _update(g_optimizer, generator, tape.gradient(g_loss, generator.trainable_variables))
    return {"discriminator": d_loss, "generator": g_loss}


def train_step__one_batch(
    generator, discriminator, g_optimizer, d_optimizer, real, noise, *, labels=None, penalty=0.0
):
    twice = None if labels is None else tf.concat([labels, labels], 0)

    def rivals(images):
        return tf.split(score(discriminator, tf.concat([real, images], 0), twice), 2)

    with tf.GradientTape() as g_tape:
        fake = generator(noise, training=True)
        with g_tape.stop_recording(), tf.GradientTape() as tape:
            d_loss = total = relativistic_discriminator_loss(*rivals(fake))
            if penalty > 0:
                both = tf.concat([real, fake], 0)
                steepness = gradient_penalty(lambda x: score(discriminator, x, twice), both)
                total = d_loss + 2 * penalty * steepness
        with g_tape.stop_recording():
            slopes = tape.gradient(total, discriminator.trainable_variables)
            _update(d_optimizer, discriminator, slopes)
        g_loss = relativistic_generator_loss(*rivals(fake))
    _update(g_optimizer, generator, g_tape.gradient(g_loss, generator.trainable_variables))
    return {"generator": g_loss, "discriminator": d_loss}


def train_step__penalty_by_hand(
    generator, discriminator, g_optimizer, d_optimizer, real, noise, *, labels=None, penalty=0.0
):
    def steepness(images):
        images = tf.stop_gradient(images)
        with tf.GradientTape() as inner:
            inner.watch(images)
            logits = score(discriminator, images, labels)
        return tf.reduce_mean(tf.reduce_sum(inner.gradient(logits, images) ** 2, [1, 2, 3]))

    with tf.GradientTape() as g_tape:
        fake = generator(noise, training=True)
        with tf.GradientTape() as d_tape:
            real_logits = score(discriminator, real, labels)
            fake_logits = score(discriminator, tf.stop_gradient(fake), labels)
            d_loss = relativistic_discriminator_loss(real_logits, fake_logits)
            paid = penalty * (steepness(real) + steepness(fake)) if penalty > 0 else 0.0
            total = d_loss + paid
        _update(d_optimizer, discriminator, d_tape.gradient(total, discriminator.trainable_weights))
        real_logits = tf.stop_gradient(score(discriminator, real, labels))
        g_loss = relativistic_generator_loss(real_logits, score(discriminator, fake, labels))
    _update(g_optimizer, generator, g_tape.gradient(g_loss, generator.trainable_weights))
    return {"discriminator": tf.stop_gradient(d_loss), "generator": tf.stop_gradient(g_loss)}


def build_discriminator__leaky_by_function(*, width=24, channels=3, classes=0):
    def leaky(x):
        return tf.nn.leaky_relu(x, alpha=0.2)

    sizes = (width, 2 * width, 4 * width)
    body = [layers.Conv2D(size, 4, 2, "same", activation=leaky) for size in sizes]
    shape = layers.Reshape((classes,)) if classes else layers.Reshape(())
    last = [layers.Conv2D(classes or 1, (4, 4), padding="valid"), shape]
    return initialise(keras.Sequential([keras.Input((32, 32, channels)), *body, *last]))


def build_discriminator__initialisers(*, width=24, channels=3, classes=0):
    def convolution(size, **options):
        start = keras.initializers.RandomNormal(0.0, 0.02)
        return layers.Conv2D(size, 4, kernel_initializer=start, **options)

    network = [keras.Input((32, 32, channels))]
    for factor in (1, 2, 4):
        network += [convolution(factor * width, strides=2, padding="same"), layers.LeakyReLU(0.2)]
    network += [convolution(max(1, classes)), layers.Reshape((classes,) if classes else ())]
    return keras.Sequential(network)


def build_discriminator__keras_operations(*, width=24, channels=3, classes=0):
    images = x = keras.Input((32, 32, channels))
    for size in (width, 2 * width, 4 * width):
        x = keras.ops.leaky_relu(layers.Conv2D(size, 4, 2, "same")(x), 0.2)
    logits = layers.Conv2D(max(classes, 1), 4)(x)[:, 0, 0, :]
    return initialise(keras.Model(images, logits if classes else logits[:, 0]))


def _grown(size, stride, padding):
    up = layers.Conv2DTranspose(size, 4, stride, padding, use_bias=False)
    norm = layers.BatchNormalization(axis=-1, momentum=0.9, epsilon=1e-5)
    return [up, norm, layers.Activation("relu")]


def build_generator__blocks(*, latent_dim=64, width=24, channels=3):
    first = [keras.Input((latent_dim,)), layers.Reshape((1, 1, latent_dim))]
    body = [*_grown(4 * width, 1, "valid"), *_grown(2 * width, 2, "same")]
    last = layers.Conv2DTranspose(channels, 4, 2, "same", activation="tanh")
    return initialise(keras.Sequential([*first, *body, *_grown(width, 2, "same"), last]))


def build_generator__initialisers(*, latent_dim=64, width=24, channels=3):
    def up(size, **options):
        start = keras.initializers.RandomNormal(stddev=0.02)
        return layers.Conv2DTranspose(size, 4, kernel_initializer=start, **options)

    network = keras.Sequential([keras.Input((latent_dim,)), layers.Reshape((1, 1, -1))])
    for size in (4 * width, 2 * width, width):
        doubled = {} if size == 4 * width else {"strides": 2, "padding": "same"}
        network.add(up(size, use_bias=False, **doubled))
        network.add(layers.BatchNormalization(epsilon=1e-5, momentum=0.9))
        network.add(layers.ReLU())
    network.add(up(channels, strides=2, padding="same"))
    network.add(layers.Activation("tanh"))
    return network


def build_generator__keras_operations(*, latent_dim=64, width=24, channels=3):
    noise = keras.Input((latent_dim,))
    pixels = keras.ops.reshape(noise, (-1, 1, 1, latent_dim))
    for size, stride in ((4 * width, 1), (2 * width, 2), (width, 2)):
        padding = "same" if stride == 2 else "valid"
        pixels = layers.Conv2DTranspose(size, 4, stride, padding, use_bias=False)(pixels)
        pixels = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(pixels)
        pixels = keras.ops.maximum(pixels, 0.0)
    pixels = layers.Conv2DTranspose(channels, 4, 2, "same")(pixels)
    return initialise(keras.Model(noise, keras.ops.tanh(pixels)))
