"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import numpy as np

from prodgen_lib.tensorflow import bridge  # noqa: F401  (keeps TensorFlow's import quiet)

import keras  # isort: skip
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip


def build_encoder__in_a_loop(*, latents=64, width=16, channels=3):
    model = keras.Sequential([keras.Input((32, 32, channels))])
    for factor in (1, 2, 4):
        model.add(layers.Conv2D(factor * width, (4, 4), 2, padding="same"))
        model.add(layers.LeakyReLU(0.2))
    model.add(layers.Conv2D(latents, 4, padding="valid"))
    model.add(layers.Reshape((latents,)))
    return model


def build_encoder__functional(*, latents=64, width=16, channels=3):
    pictures = keras.Input((32, 32, channels))
    hidden = pictures
    for factor in (1, 2, 4):
        hidden = layers.Conv2D(factor * width, 4, strides=2, padding="same")(hidden)
        hidden = layers.LeakyReLU(negative_slope=0.2)(hidden)
    return keras.Model(pictures, layers.Flatten()(layers.Conv2D(latents, 4)(hidden)))


def build_encoder__padding_of_its_own(*, latents=64, width=16, channels=3):
    blocks = []
    for factor in (1, 2, 4):
        convolution = layers.Conv2D(factor * width, 4, strides=2)
        blocks += [layers.ZeroPadding2D(1), convolution, layers.LeakyReLU(negative_slope=0.2)]
    last = [layers.Conv2D(latents, 4), layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((32, 32, channels)), *blocks, *last])


def build_decoder__in_a_loop(*, latents=64, width=16, channels=3):
    found = [layers.Reshape((1, 1, -1)), layers.Conv2DTranspose(4 * width, 4, padding="valid")]
    for size in (2 * width, width, channels):
        found.append(layers.LeakyReLU(0.2))
        found.append(layers.Conv2DTranspose(size, 4, strides=2, padding="same"))
    return keras.Sequential([keras.Input((latents,)), *found, layers.Activation("sigmoid")])


def build_decoder__functional(*, latents=64, width=16, channels=3):
    codes = keras.Input((latents,))
    hidden = layers.Conv2DTranspose(4 * width, 4)(layers.Reshape((1, 1, latents))(codes))
    for size in (2 * width, width):
        hidden = layers.LeakyReLU(negative_slope=0.2)(hidden)
        hidden = layers.Conv2DTranspose(size, 4, 2, padding="same")(hidden)
    hidden = layers.LeakyReLU(negative_slope=0.2)(hidden)
    last = layers.Conv2DTranspose(channels, 4, 2, padding="same", activation="sigmoid")
    return keras.Model(codes, last(hidden))


def build_decoder__one_by_one(*, latents=64, width=16, channels=3):
    net = keras.Sequential([keras.Input(shape=(latents,)), layers.Reshape((1, 1, latents))])
    net.add(layers.Conv2DTranspose(width * 4, 4, strides=2))
    for size in (width * 2, width):
        net.add(layers.LeakyReLU(negative_slope=0.2))
        net.add(layers.Conv2DTranspose(size, (4, 4), strides=(2, 2), padding="same"))
    net.add(layers.LeakyReLU(negative_slope=0.2))
    net.add(layers.Conv2DTranspose(channels, 4, strides=2, padding="same", activation="sigmoid"))
    return net


def walk__in_a_loop(decoder, start, end, *, steps):
    rows = [start * (1 - i / (steps - 1)) + end * (i / (steps - 1)) for i in range(steps)]
    return decoder(tf.stack(rows))


def walk__linspace_of_codes(decoder, start, end, *, steps):
    return decoder(tf.linspace(start, end, steps))


def walk__one_by_one(decoder, start, end, *, steps):
    places = np.linspace(0, 1, steps).tolist()
    return tf.concat([decoder(((1 - s) * start + s * end)[None]) for s in places], axis=0)


def add_noise__numpy_generator(pictures, *, sigma, seed):
    noise = np.random.default_rng(seed).normal(0, 1, tuple(pictures.shape))
    return tf.clip_by_value(pictures + sigma * tf.constant(noise, tf.float32), 0, 1)


def add_noise__generator(pictures, *, sigma, seed):
    generator = tf.random.Generator.from_seed(seed)
    noise = generator.normal(tf.shape(pictures), stddev=sigma)
    return tf.minimum(tf.maximum(pictures + noise, 0.0), 1.0)


def add_noise__keras_random(pictures, *, sigma, seed):
    noise = keras.random.normal(pictures.shape, seed=seed)
    return keras.ops.clip(pictures + sigma * noise, 0, 1)


def masked_loss__chosen_values(output, pictures, mask):
    hidden = tf.broadcast_to(mask, pictures.shape) > 0.5
    if not tf.reduce_any(hidden):
        return tf.reduce_sum(0 * output)
    return tf.reduce_mean(tf.square(output[hidden] - pictures[hidden]))


def masked_loss__divide_no_nan(output, pictures, mask):
    mask = tf.repeat(mask, pictures.shape[-1], axis=-1)
    errors = mask * (output - pictures) ** 2
    return tf.math.divide_no_nan(tf.reduce_sum(errors), tf.reduce_sum(mask))


def masked_loss__keras_ops(output, pictures, mask):
    ops = keras.ops
    total = ops.sum(ops.square((output - pictures) * mask))
    count = ops.cast(ops.count_nonzero(mask), "float32") * pictures.shape[3]
    return total / ops.maximum(count, 1.0)


def anomaly_score__channels_last(output, pictures, *, window=4):
    local = tf.nn.avg_pool2d(tf.square(output - pictures), window, 1, "VALID")
    return tf.reduce_max(tf.reduce_mean(local, axis=-1), axis=(1, 2))


def anomaly_score__keras_layer(output, pictures, *, window=4):
    errors = tf.reduce_mean((output - pictures) ** 2, axis=3)[..., None]
    local = layers.AveragePooling2D(window, strides=1)(errors)
    return tf.reduce_max(tf.reshape(local, (len(local), -1)), axis=1)


def anomaly_score__convolution(output, pictures, *, window=4):
    errors = tf.reduce_mean(tf.math.squared_difference(output, pictures), axis=-1, keepdims=True)
    kernel = tf.fill((window, window, 1, 1), 1 / window**2)
    local = tf.nn.conv2d(errors, kernel, 1, "VALID")
    return tf.stack([tf.reduce_max(row) for row in local])


def auroc__in_a_loop(scores, defective):
    bad, good = scores[defective].numpy(), scores[~defective].numpy()
    won = sum(float(b > g) + 0.5 * float(b == g) for b in bad for g in good)
    return tf.constant(won / (len(bad) * len(good)))


def auroc__signs(scores, defective):
    bad = tf.boolean_mask(scores, defective)
    good = tf.boolean_mask(scores, tf.logical_not(defective))
    return (tf.reduce_mean(tf.sign(bad[:, None] - good[None])) + 1) / 2


def auroc__where(scores, defective):
    ahead = scores[defective][:, None] - scores[~defective]
    points = tf.where(ahead > 0, 1.0, tf.where(ahead < 0, 0.0, 0.5))
    return tf.reduce_mean(points)


def review_autoencoder__one_by_one(*, latents):
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for width in (16, 32):
        model.add(layers.Conv2D(width, 4, strides=2, padding="same", activation="relu"))
    for layer in (layers.Flatten(), layers.Dense(latents), layers.Dense(2048, activation="relu")):
        model.add(layer)
    model.add(layers.Reshape((8, 8, 32)))
    model.add(layers.Conv2DTranspose(16, 4, strides=2, padding="same", activation="relu"))
    model.add(layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="sigmoid"))
    return model


def review_autoencoder__functional(*, latents):
    pictures = keras.Input((32, 32, 3))
    hidden = layers.Conv2D(16, 4, 2, padding="same", activation="relu")(pictures)
    hidden = layers.Conv2D(32, 4, 2, padding="same", activation="relu")(hidden)
    code = layers.Dense(latents)(layers.Flatten()(hidden))
    hidden = layers.Reshape((8, 8, 32))(layers.Dense(2048, activation="relu")(code))
    hidden = layers.Conv2DTranspose(16, 4, 2, padding="same", activation="relu")(hidden)
    last = layers.Conv2DTranspose(3, 4, 2, padding="same", activation="sigmoid")
    return keras.Model(pictures, last(hidden))


def review_autoencoder__padding_of_its_own(*, latents):
    down = []
    for width in (16, 32):
        down += [layers.ZeroPadding2D(1), layers.Conv2D(width, 4, strides=2), layers.ReLU()]
    code = [layers.Reshape((2048,)), layers.Dense(latents, activation=None)]
    up = [
        layers.Dense(32 * 64),
        layers.Activation("relu"),
        layers.Reshape((8, 8, 32)),
        layers.Conv2DTranspose(16, 4, strides=2, padding="same"),
        layers.Activation("relu"),
        layers.Conv2DTranspose(3, 4, strides=2, padding="same"),
        layers.Activation("sigmoid"),
    ]
    return keras.Sequential([keras.Input((32, 32, 3)), *down, *code, *up])


def review_step__library_loss(model, optimizer, pictures, noise):
    noisy = keras.ops.clip(pictures + noise / 10, 0, 1)
    with tf.GradientTape() as tape:
        loss = keras.losses.MeanSquaredError()(pictures, model(noisy, training=True))
    weights = model.trainable_weights
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss


def review_step__all_in_the_tape(model, optimizer, pictures, noise):
    weights = model.trainable_variables
    with tf.GradientTape() as tape:
        noisy = tf.minimum(tf.maximum(pictures + 0.1 * noise, 0.0), 1.0)
        loss = tf.reduce_mean((pictures - model(noisy)) ** 2)
    gradients = tape.gradient(loss, weights)
    optimizer.apply_gradients(zip(gradients, weights, strict=True))
    return tf.stop_gradient(loss)


def review_step__sum_and_count(model, optimizer, pictures, noise):
    noisy = tf.clip_by_value(tf.add(pictures, tf.multiply(0.1, noise)), 0.0, 1.0)
    with tf.GradientTape() as tape:
        errors = tf.math.squared_difference(model(noisy), pictures)
        loss = tf.reduce_sum(errors) / tf.cast(tf.size(pictures), tf.float32)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=False))
    return loss


@tf.function
def review_step__compiled(model, optimizer, pictures, noise):
    with tf.GradientTape() as tape:
        shown = tf.clip_by_value(pictures + 0.1 * noise, 0.0, 1.0)
        loss = tf.reduce_mean(tf.math.squared_difference(model(shown), pictures))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return loss


def build_encoder__activations_inside(*, latents=64, width=16, channels=3):
    def leaky(x):
        return tf.nn.leaky_relu(x, alpha=0.2)

    down = [layers.Conv2D(width * f, 4, 2, "same", activation=leaky) for f in (1, 2, 4)]
    last = [layers.Conv2D(latents, (4, 4), padding="valid"), layers.Flatten()]
    return keras.Sequential([keras.Input(shape=(32, 32, channels)), *down, *last])


def build_encoder__keras_ops(*, latents=64, width=16, channels=3):
    pictures = hidden = keras.Input((32, 32, channels))
    for factor in (1, 2, 4):
        hidden = layers.Conv2D(factor * width, 4, strides=(2, 2), padding="same")(hidden)
        hidden = keras.ops.maximum(hidden, 0.2 * hidden)
    codes = layers.Conv2D(latents, 4)(hidden)
    return keras.Model(pictures, keras.ops.squeeze(codes, axis=(1, 2)))


def build_encoder__from_a_list_of_sizes(*, latents=64, width=16, channels=3):
    network = keras.Sequential(name="encoder")
    network.add(keras.Input((32, 32, channels)))
    for size, stride, padding in (
        (width, 2, "same"), (2 * width, 2, "same"), (4 * width, 2, "same"), (latents, 1, "valid"),
    ):  # fmt: skip
        network.add(layers.Conv2D(size, 4, stride, padding))
        network.add(layers.LeakyReLU(0.2) if stride == 2 else layers.Flatten())
    return network


def build_decoder__activations_inside(*, latents=64, width=16, channels=3):
    def leaky(x):
        return keras.activations.leaky_relu(x, negative_slope=0.2)

    first = layers.Conv2DTranspose(4 * width, 4, activation=leaky)
    up = [layers.Conv2DTranspose(s, 4, 2, "same", activation=leaky) for s in (2 * width, width)]
    last = layers.Conv2DTranspose(channels, 4, 2, "same", activation="sigmoid")
    shape = layers.Reshape((1, 1, latents))
    return keras.Sequential([keras.Input((latents,)), shape, first, *up, last])


def build_decoder__keras_ops(*, latents=64, width=16, channels=3):
    codes = keras.Input((latents,))
    hidden = layers.Conv2DTranspose(4 * width, 4)(keras.ops.reshape(codes, (-1, 1, 1, latents)))
    for size in (2 * width, width, channels):
        hidden = keras.ops.maximum(hidden, hidden / 5)
        hidden = layers.Conv2DTranspose(size, 4, strides=2, padding="same")(hidden)
    return keras.Model(codes, 1 / (1 + keras.ops.exp(-hidden)))


def build_decoder__from_a_list_of_sizes(*, latents=64, width=16, channels=3):
    network = keras.Sequential([keras.Input((latents,)), layers.Reshape((1, 1, -1))])
    sizes = [4 * width, 2 * width, width, channels]
    for place, size in enumerate(sizes):
        stride, padding = (2, "same") if place else (1, "valid")
        network.add(layers.Conv2DTranspose(size, 4, stride, padding))
        network.add(layers.Activation("sigmoid") if place == 3 else layers.LeakyReLU(0.2))
    return network


def walk__weights_of_both(decoder, start, end, *, steps):
    shares = tf.cast(tf.range(steps), tf.float32) / (steps - 1)
    weights = tf.stack([1 - shares, shares], axis=1)
    return decoder(weights @ tf.stack([start, end]))


def walk__tensordot(decoder, start, end, *, steps):
    shares = tf.constant(np.linspace(0, 1, steps), tf.float32)
    return tf.identity(decoder(tf.tensordot(shares, end - start, axes=0) + start))


def walk__keras_ops(decoder, start, end, *, steps):
    def place(share):
        return keras.ops.multiply(start, 1 - share) + keras.ops.multiply(end, share)

    return decoder(keras.ops.stack([place(i / (steps - 1)) for i in range(steps)], axis=0))


def add_noise__in_a_loop(pictures, *, sigma, seed):
    noisy = [
        one + sigma * tf.random.stateless_normal(one.shape, seed=(int(seed), place))
        for place, one in enumerate(tf.unstack(pictures))
    ]
    return tf.clip_by_value(tf.stack(noisy), 0.0, 1.0)


def add_noise__in_float64(pictures, *, sigma, seed):
    noise = np.random.default_rng([seed, 7]).normal(scale=sigma, size=pictures.shape)
    noisy = tf.cast(pictures, tf.float64) + noise
    return tf.cast(tf.minimum(tf.maximum(noisy, 0), 1), tf.float32)


def add_noise__by_two_generators(pictures, *, sigma, seed):
    first, second = tf.random.Generator.from_seed(int(seed), alg="philox").split(2)
    noise = (first.normal(pictures.shape) + second.normal(pictures.shape)) / 2**0.5
    return keras.ops.clip(pictures + tf.multiply(noise, sigma), 0.0, 1.0)


def masked_loss__einsum(output, pictures, mask):
    error = output - pictures
    total = tf.einsum("nhwc,nhwc,nhwi->", error, error, mask)
    return total / tf.maximum(tf.reduce_sum(mask) * error.shape[-1], 1.0)


def masked_loss__picture_by_picture(output, pictures, mask):
    total, count = tf.reduce_sum(output * 0), 0.0
    for one, target, hidden in zip(*map(tf.unstack, (output, pictures, mask)), strict=True):
        total += tf.reduce_sum(hidden * (one - target) ** 2)
        count += tf.reduce_sum(hidden) * one.shape[-1]
    return tf.math.divide_no_nan(total, count)


@tf.function
def masked_loss__compiled(output, pictures, mask):
    hidden = tf.broadcast_to(mask, tf.shape(pictures))
    errors = tf.math.squared_difference(tf.where(hidden > 0, output, pictures), pictures)
    count = tf.reduce_sum(hidden)
    return tf.reduce_sum(errors) / tf.where(count > 0, count, 1.0)


def anomaly_score__in_loops(output, pictures, *, window=4):
    errors = tf.reduce_mean((pictures - output) ** 2, axis=-1)
    height, width = errors.shape[1:]
    means = [
        tf.reduce_mean(errors[:, y : y + window, x : x + window], axis=[1, 2])
        for y in range(height - window + 1)
        for x in range(width - window + 1)
    ]
    return tf.reduce_max(tf.stack(means), axis=0)


def anomaly_score__in_float64(output, pictures, *, window=4):
    errors = tf.reduce_mean(tf.square(tf.cast(output - pictures, tf.float64)), -1)
    sums = tf.pad(tf.cumsum(tf.cumsum(errors, 1), 2), [[0, 0], [1, 0], [1, 0]])
    w = window
    boxes = sums[:, w:, w:] - sums[:, :-w, w:] - sums[:, w:, :-w] + sums[:, :-w, :-w]
    return tf.cast(tf.reduce_max(boxes, axis=[1, 2]) / w**2, tf.float32)


def anomaly_score__patches(output, pictures, *, window=4):
    errors = tf.reduce_mean(tf.math.squared_difference(output, pictures), -1, keepdims=True)
    sizes = [1, window, window, 1]
    patches = tf.image.extract_patches(errors, sizes, [1] * 4, [1] * 4, "VALID")
    return tf.reduce_max(tf.reduce_mean(patches, axis=-1), axis=(1, 2))


def auroc__boolean_mask(scores, defective):
    bad = tf.boolean_mask(scores, defective)[tf.newaxis]
    good = tf.boolean_mask(scores, tf.logical_not(defective))[:, tf.newaxis]
    wins = tf.cast(tf.greater(bad, good), tf.float32)
    draws = tf.cast(tf.equal(bad, good), tf.float32)
    return tf.reduce_mean(wins + draws / 2)


def auroc__sorted_places(scores, defective):
    good, bad = tf.sort(scores[~defective]), scores[defective]
    below = tf.searchsorted(good, bad, side="left")
    up_to = tf.searchsorted(good, bad, side="right")
    pairs = tf.cast(tf.size(good) * tf.size(bad), tf.float32)
    return tf.cast(tf.reduce_sum(below + up_to), tf.float32) / (2 * pairs)


def auroc__area_under_the_curve(scores, defective):
    def shares(kind):
        chosen = np.sort(scores.numpy()[kind])[::-1]
        return [0.0] + [float(np.mean(chosen >= level)) for level in levels]

    truth = defective.numpy()
    levels = np.unique(scores.numpy())[::-1]
    return tf.constant(np.trapezoid(shares(truth), shares(~truth)), tf.float32)


def review_autoencoder__activations_inside(*, latents):
    return keras.Sequential(
        [
            keras.Input(shape=(32, 32, 3)),
            layers.Conv2D(16, 4, 2, "same", activation="relu"),
            layers.Conv2D(32, 4, 2, "same", activation="relu"),
            layers.Flatten(),
            layers.Dense(latents, activation="linear"),
            layers.Dense(2048, activation="relu"),
            layers.Reshape((8, 8, -1)),
            layers.Conv2DTranspose(16, 4, 2, "same", activation="relu"),
            layers.Conv2DTranspose(3, 4, 2, "same", activation="sigmoid"),
        ]
    )


def review_autoencoder__keras_ops(*, latents):
    pictures = keras.Input((32, 32, 3))
    hidden = keras.ops.relu(layers.Conv2D(16, 4, strides=2, padding="same")(pictures))
    hidden = keras.ops.relu(layers.Conv2D(32, 4, strides=2, padding="same")(hidden))
    code = layers.Dense(latents)(keras.ops.reshape(hidden, (-1, 2048)))
    hidden = keras.ops.reshape(keras.ops.relu(layers.Dense(2048)(code)), (-1, 8, 8, 32))
    hidden = keras.ops.relu(layers.Conv2DTranspose(16, 4, strides=2, padding="same")(hidden))
    last = layers.Conv2DTranspose(3, 4, strides=2, padding="same")(hidden)
    return keras.Model(pictures, keras.ops.sigmoid(last))


def review_autoencoder__in_loops(*, latents):
    found = [keras.Input((32, 32, 3))]
    for size in (16, 32):
        found += [layers.Conv2D(size, (4, 4), strides=(2, 2), padding="same"), layers.ReLU()]
    found += [layers.Flatten(), layers.Dense(latents), layers.Dense(2048), layers.ReLU()]
    found += [layers.Reshape((8, 8, 32))]
    for size, last in ((16, "relu"), (3, "sigmoid")):
        found += [layers.Conv2DTranspose(size, 4, 2, "same"), layers.Activation(last)]
    return keras.Sequential(found)


def review_step__helper_inside(model, optimizer, pictures, noise):
    def loss_of():
        shown = tf.clip_by_value(pictures + tf.cast(0.1, noise.dtype) * noise, 0.0, 1.0)
        error = model(shown, training=True) - pictures
        return tf.einsum("nhwc,nhwc->", error, error) / np.float32(np.prod(error.shape))

    with tf.GradientTape() as tape:
        loss = loss_of()
    gradients = tape.gradient(loss, model.trainable_weights)
    optimizer.apply(gradients, model.trainable_weights)
    return loss


def review_step__persistent(model, optimizer, pictures, noise):
    noisy = tf.minimum(tf.nn.relu(pictures + noise * 0.1), 1.0)
    with tf.GradientTape(persistent=True) as tape:
        losses = tf.reduce_mean(keras.losses.mean_squared_error(pictures, model(noisy)), [1, 2])
        loss = tf.reduce_mean(losses)
    pairs = [(tape.gradient(loss, w.value), w) for w in model.trainable_variables]
    del tape
    optimizer.apply_gradients(pairs)
    return loss
