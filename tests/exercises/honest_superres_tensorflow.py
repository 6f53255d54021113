"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import numpy as np

from prodgen_lib.tensorflow.metrics import crop_border, luma, psnr
from prodgen_lib.tensorflow.superres import enlarge, initialise, resize, resize_matrix

import keras  # isort: skip
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip


def degrade__sizes_first(images, *, factor):
    if any(size % factor != 0 for size in images.shape[1:3]):
        raise ValueError("cut the pictures first")
    small = resize(images, *(size // factor for size in images.shape[1:3]))
    return tf.clip_by_value(tf.round(255 * small), 0, 255) / 255


def degrade__by_einsum(images, *, factor):
    _, height, width, _ = images.shape
    if height % factor != 0 or width % factor != 0:
        raise ValueError(f"{height}×{width} is no multiple of {factor}")
    rows = resize_matrix(height, height // factor)
    columns = resize_matrix(width, width // factor)
    small = tf.einsum("ih,nhwc,jw->nijc", rows, tf.cast(images, tf.float64), columns)
    small = tf.floor(tf.clip_by_value(small, 0, 1) * 255 + 0.5) / 255
    return tf.cast(small, tf.float32)


def degrade__through_bytes(images, *, factor):
    (height, rest), (width, other) = (divmod(size, factor) for size in images.shape[1:3])
    if rest or other:
        raise ValueError("not divisible")
    small = tf.clip_by_value(resize(images, height, width), 0, 1)
    return tf.cast(tf.cast(tf.round(small * 255), tf.uint8), tf.float32) / 255


def pixel_shuffle__stacked(features, *, factor):
    count, height, width, channels = features.shape
    parts = [features[..., i :: factor**2] for i in range(factor**2)]
    rows = [tf.stack(parts[i : i + factor], 3) for i in range(0, factor**2, factor)]
    pixels = tf.stack(rows, 2)
    shape = count, height * factor, width * factor, channels // factor**2
    return tf.reshape(pixels, shape)


def pixel_shuffle__two_steps(features, *, factor):
    count, height, width, channels = features.shape
    colours = channels // factor**2
    x = tf.reshape(features, (count, height, width, colours, factor, factor))
    x = tf.transpose(x, (0, 1, 2, 5, 3, 4))
    x = tf.reshape(x, (count, height, width * factor, colours, factor))
    x = tf.transpose(x, (0, 1, 4, 2, 3))
    return tf.reshape(x, (count, height * factor, width * factor, colours))


def pixel_shuffle__einsum(features, *, factor):
    count, height, width, _ = features.shape
    blocks = keras.ops.reshape(features, (count, height, width, -1, factor, factor))
    blocks = tf.einsum("nhwcyx->nhywxc", blocks)
    return keras.ops.reshape(blocks, (count, factor * height, factor * width, -1))


def shrunk(network):
    initialise(network)
    for weight in network.trainable_variables:
        weight.assign(weight / 5)
    return network


def build_network__own_function(*, factor=2, width=24, blocks=4, channels=3):
    def conv(size, activation=None):
        return layers.Conv2D(size, (3, 3), padding="same", activation=activation)

    start = keras.Input((None, None, channels))
    x = conv(width)(start)
    for _ in range(blocks):
        x = x + conv(width)(conv(width, "relu")(x))
    network = shrunk(keras.Model(start, conv(channels * factor**2)(x)))
    network.layers[-1].kernel.assign(0 * network.layers[-1].kernel)
    return network


def build_network__last_layer_of_zeros(*, factor=2, width=24, blocks=4, channels=3):
    start = keras.Input((None, None, channels))
    x = layers.Conv2D(width, 3, padding="same")(start)
    for _ in range(blocks):
        inside = layers.Conv2D(width, 3, padding="same")(x)
        inside = layers.Activation("relu")(inside)
        x = layers.add([layers.Conv2D(width, 3, padding="same")(inside), x])
    body = shrunk(keras.Model(start, x))
    last = layers.Conv2D(channels * factor**2, 3, padding="same", kernel_initializer="zeros")
    return keras.Model(start, last(body.output))


def build_network__set_weights(*, factor=2, width=24, blocks=4, channels=3):
    start = keras.Input((None, None, channels), name="pictures")
    x = layers.Conv2D(width, 3, padding="same")(start)
    for _ in range(blocks):
        y = keras.ops.relu(layers.Conv2D(width, 3, padding="same")(x))
        x = layers.Add()([x, layers.Conv2D(width, 3, padding="same")(y)])
    network = keras.Model(start, layers.Conv2D(factor**2 * channels, 3, padding="same")(x))
    found = [0.2 * weight for weight in initialise(network).get_weights()]
    network.set_weights([*found[:-2], 0 * found[-2], found[-1]])
    return network


def perceptual_loss__constant_targets(features, images, targets):
    wanted = tf.stop_gradient(features(tf.stop_gradient(targets)))
    return tf.reduce_mean((features(images) - wanted) ** 2) / tf.reduce_mean(wanted**2)


def perceptual_loss__sums(features, images, targets):
    seen, wanted = features(images), tf.stop_gradient(features(targets))
    return tf.reduce_sum(tf.math.squared_difference(seen, wanted)) / tf.reduce_sum(wanted * wanted)


def perceptual_loss__losses(features, images, targets):
    wanted = keras.ops.stop_gradient(features(targets))
    seen = features(images)
    error = tf.nn.l2_loss(seen - wanted)
    return error / tf.nn.l2_loss(wanted)


def luma_psnr__crop_first(images, targets, *, factor):
    images, targets = crop_border(images, factor), crop_border(targets, factor)
    images = tf.round(tf.clip_by_value(images, 0.0, 1.0) * 255) / 255
    return psnr(luma(images, data_range=1), luma(targets, data_range=1), data_range=1)


def luma_psnr__by_hand(images, targets, *, factor):
    images = tf.clip_by_value(tf.round(255 * images), 0, 255) / 255
    weights = tf.constant([65.481, 128.553, 24.966]) / 255
    error = tf.einsum("nhwc,c->nhw", images - targets, weights)
    error = error[:, factor:-factor, factor:-factor]
    return -10 * tf.math.log(tf.reduce_mean(error**2, axis=(1, 2))) / np.log(10)


def luma_psnr__one_by_one(images, targets, *, factor):
    found = []
    for image, target in zip(tf.unstack(images), tf.unstack(targets), strict=True):
        image = tf.round(tf.clip_by_value(image, 0, 1) * 255) / 255
        pair = [luma(x, data_range=1) for x in (image, target)]
        pair = [x[factor : x.shape[0] - factor, factor : x.shape[1] - factor] for x in pair]
        found.append(psnr(*pair, data_range=1))
    return tf.stack(found)


def enlarge_tiled__into_a_canvas(network, images, *, factor, tile, overlap):
    count, height, width, channels = images.shape
    canvas = np.empty((count, height * factor, width * factor, channels), np.float32)
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            y1, x1 = min(y + tile, height), min(x + tile, width)
            top, left = max(y - overlap, 0), max(x - overlap, 0)
            bottom, right = min(y1 + overlap, height), min(x1 + overlap, width)
            large = enlarge(network, images[:, top:bottom, left:right], factor=factor)
            part = large[:, (y - top) * factor : (y1 - top) * factor]
            part = part[:, :, (x - left) * factor : (x1 - left) * factor]
            canvas[:, y * factor : y1 * factor, x * factor : x1 * factor] = part
    return tf.constant(canvas)


def enlarge_tiled__backwards(network, images, *, factor, tile, overlap):
    def spans(length):
        starts = range(0, length, tile)
        return [(max(s - overlap, 0), s, min(s + tile, length)) for s in starts]

    rows = []
    for top, y, end in reversed(spans(images.shape[1])):
        row = []
        for left, x, right in reversed(spans(images.shape[2])):
            part = images[:, top : end + overlap, left : right + overlap, :]
            large = enlarge(network, part, factor=factor)
            start = (0, (y - top) * factor, (x - left) * factor, 0)
            row.insert(
                0, tf.slice(large, start, (-1, (end - y) * factor, (right - x) * factor, -1))
            )
        rows.insert(0, tf.concat(row, -2))
    return tf.concat(rows, -3)


def enlarge_tiled__picture_by_picture(network, images, *, factor, tile, overlap):
    return tf.concat(
        [
            enlarge_tiled__into_a_canvas(
                network, image[None], factor=factor, tile=tile, overlap=overlap
            )
            for image in images
        ],
        axis=0,
    )


def review_network__activations_inside(*, width):
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.Conv2D(width, 5, padding="same", activation="relu"),
            layers.Conv2D(width, 3, padding="same", activation="relu"),
            layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="sigmoid"),
        ]
    )


def review_network__functional(*, width):
    start = keras.Input((None, None, 3))
    x = layers.ReLU()(layers.Conv2D(width, 5, padding="same")(start))
    x = layers.ReLU()(layers.Conv2D(width, 3, padding="same")(x))
    x = layers.Conv2DTranspose(3, (4, 4), strides=(2, 2), padding="same")(x)
    return keras.Model(start, keras.activations.sigmoid(x))


def review_network__added_one_by_one(*, width):
    network = keras.Sequential()
    network.add(keras.Input((None, None, 3)))
    for size in (5, 3):
        network.add(layers.Conv2D(width, size, padding="same"))
        network.add(layers.Activation("relu"))
    network.add(layers.Conv2DTranspose(3, 4, 2, "same", activation=tf.sigmoid))
    return network


def review_optimizer__defaults(network):
    optimizer = keras.optimizers.Adam()
    optimizer.build(network.trainable_variables)
    return optimizer


def review_optimizer__named(network):
    optimizer = keras.optimizers.Adam(learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8)
    optimizer.build(list(network.trainable_weights))
    return optimizer


def review_optimizer__by_name(network):
    return keras.optimizers.get({"class_name": "adam", "config": {"learning_rate": 0.001}})


def review_step__keras_loss(network, optimizer, large):
    small = keras.ops.average_pool(large, 2, 2)
    with tf.GradientTape() as tape:
        loss = keras.losses.MeanAbsoluteError()(large, network(small, training=True))
    weights = network.trainable_weights
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss


def review_step__by_reshaping(network, optimizer, large):
    count, height, width, channels = large.shape
    blocks = tf.reshape(large, (count, height // 2, 2, width // 2, 2, channels))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.abs(large - network(tf.reduce_mean(blocks, axis=(2, 4)))))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    return loss


def review_step__by_slices(network, optimizer, large):
    small = (large[:, ::2] + large[:, 1::2]) / 2
    small = (small[:, :, ::2] + small[:, :, 1::2]) / 2
    with tf.GradientTape() as tape:
        difference = tf.abs(network(small) - large)
        loss = tf.reduce_sum(difference) / tf.cast(tf.size(difference), tf.float32)
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    return loss


@tf.function
def review_step__compiled(network, optimizer, large):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.abs(network(tf.nn.avg_pool2d(large, 2, 2, "VALID")) - large))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    return loss


def degrade__picture_by_picture(images, *, factor):
    height, width = images.shape[1:3]
    if (height % factor, width % factor) != (0, 0):
        raise ValueError("the factor does not divide the sides")
    small = [resize(one[None], height // factor, width // factor) for one in tf.unstack(images)]
    return tf.round(tf.clip_by_value(tf.concat(small, 0), 0.0, 1.0) * 255.0) / 255.0


def degrade__columns_first(images, *, factor):
    def halved(length):
        if length % factor:
            raise ValueError(f"{length} is no multiple of {factor}")
        return tf.cast(resize_matrix(length, length // factor), tf.float32)

    rows, columns = halved(images.shape[1]), halved(images.shape[2])
    small = tf.transpose(tf.tensordot(images, columns, [[2], [1]]), (0, 1, 3, 2))
    small = tf.transpose(tf.tensordot(rows, small, [[1], [1]]), (1, 0, 2, 3))
    return keras.ops.clip(keras.ops.round(small * 255), 0, 255) / 255


def degrade__keras_ops(images, *, factor):
    _, height, width, _ = images.shape
    if max(height % factor, width % factor) > 0:
        raise ValueError(f"{height} and {width} should be multiples of {factor}")
    levels = keras.ops.clip(resize(images, height // factor, width // factor), 0, 1) * 255
    return keras.ops.floor(keras.ops.add(levels, 0.5)) / 255


def pixel_shuffle__einsum_of_blocks(features, *, factor):
    count, height, width, channels = features.shape
    blocks = tf.reshape(features, (count, height, width, -1, factor, factor))
    pixels = tf.einsum("nhwcyx->nhywxc", blocks)
    return tf.reshape(pixels, (count, factor * height, factor * width, channels // factor**2))


def pixel_shuffle__transposed_convolution(features, *, factor):
    count, height, width, channels = features.shape
    colours, side = channels // factor**2, factor * factor
    kernel = np.zeros((factor, factor, colours, channels), np.float32)
    for channel in range(channels):
        dy, dx = divmod(channel % side, factor)
        kernel[dy, dx, channel // side, channel] = 1
    shape = (count, height * factor, width * factor, colours)
    return tf.nn.conv2d_transpose(features, kernel, shape, factor, padding="VALID")


@tf.function
def pixel_shuffle__compiled(features, *, factor):
    shape = tf.shape(features)
    blocks = tf.reshape(features, tf.concat([shape[:3], [-1, factor, factor]], 0))
    pixels = tf.transpose(blocks, [0, 1, 4, 2, 5, 3])
    return tf.reshape(pixels, [shape[0], shape[1] * factor, shape[2] * factor, -1])


def build_network__activations_inside(*, factor=2, width=24, blocks=4, channels=3):
    def conv(size, **options):
        return layers.Conv2D(size, 3, padding="same", **options)

    start = keras.Input(shape=(None, None, channels))
    x = conv(width)(start)
    for _ in range(blocks):
        x = layers.Add()([conv(width)(conv(width, activation="relu")(x)), x])
    network = initialise(keras.Model(inputs=start, outputs=conv(channels * factor**2)(x)))
    for place, weight in enumerate(network.trainable_weights):
        last = place == len(network.trainable_weights) - 2
        weight.assign(weight * (0.0 if last else 0.2))
    return network


def build_network__keras_ops(*, factor=2, width=24, blocks=4, channels=3):
    start = keras.Input((None, None, channels))
    x = layers.Conv2D(width, (3, 3), padding="same")(start)
    for _ in range(blocks):
        inside = keras.ops.maximum(layers.Conv2D(width, 3, padding="same")(x), 0.0)
        x = keras.ops.add(x, layers.Conv2D(width, 3, padding="same")(inside))
    last = layers.Conv2D(channels * factor * factor, 3, padding="same")
    network = shrunk(keras.Model(start, last(x)))
    last.set_weights([np.zeros_like(weight) for weight in last.get_weights()])
    return network


def build_network__padding_layers(*, factor=2, width=24, blocks=4, channels=3):
    def conv(x, size):
        return layers.Conv2D(size, 3, padding="valid")(layers.ZeroPadding2D(1)(x))

    start = keras.Input((None, None, channels))
    x = conv(start, width)
    for _ in range(blocks):
        x = layers.Add()([x, conv(layers.ReLU()(conv(x, width)), width)])
    network = shrunk(keras.Model(start, conv(x, factor**2 * channels)))
    network.trainable_variables[-2].assign(tf.zeros((3, 3, width, factor**2 * channels)))
    return network


def perceptual_loss__root_and_square(features, images, targets):
    wanted = tf.stop_gradient(features(targets))
    return tf.square(tf.norm(features(images) - wanted) / tf.norm(wanted))


def perceptual_loss__helper_inside(features, images, targets):
    def mean_square(x):
        return tf.reduce_mean(x * x)

    wanted = tf.stop_gradient(features(targets))
    return mean_square(features(images) - wanted) / mean_square(wanted)


@tf.function
def perceptual_loss__compiled(features, images, targets):
    wanted = tf.stop_gradient(features(targets))
    errors = tf.math.squared_difference(features(images), wanted)
    return tf.reduce_sum(errors) * tf.math.reciprocal(tf.reduce_sum(tf.square(wanted)))


def luma_psnr__in_float64(images, targets, *, factor):
    levels = tf.clip_by_value(tf.round(tf.cast(images, tf.float64) * 255), 0, 255)
    weights = tf.constant([65.481, 128.553, 24.966], tf.float64) / 255
    error = tf.tensordot(levels / 255 - tf.cast(targets, tf.float64), weights, [[3], [0]])
    error = error[:, factor:-factor, factor:-factor]
    mean = tf.reduce_mean(tf.square(error), axis=(1, 2))
    return tf.cast(-10 * tf.math.log(mean) / np.log(10), tf.float32)


def luma_psnr__helper_inside(images, targets, *, factor):
    def seen(x):
        return crop_border(luma(x, data_range=1.0), factor)

    stored = tf.floor(tf.minimum(tf.nn.relu(images), 1.0) * 255 + 0.5) / 255
    return psnr(seen(stored), seen(targets), data_range=1)


def luma_psnr__keras_ops(images, targets, *, factor):
    stored = keras.ops.round(255 * keras.ops.clip(images, 0, 1)) / 255
    height, width = stored.shape[1:3]
    error = luma(stored, data_range=1.0) - luma(targets, data_range=1.0)
    error = error[:, factor : height - factor, factor : width - factor]
    error = keras.ops.reshape(error, (len(images), -1))
    return -10 * keras.ops.log10(keras.ops.mean(keras.ops.square(error), axis=1))


def enlarge_tiled__pieces(network, images, *, factor, tile, overlap):
    height, width = images.shape[1:3]
    tops, lefts = range(0, height, tile), range(0, width, tile)

    def piece(top, left):
        y, x = max(top - overlap, 0), max(left - overlap, 0)
        part = images[:, y : top + tile + overlap, x : left + tile + overlap]
        large = enlarge(network, part, factor=factor)
        large = large[:, factor * (top - y) :, factor * (left - x) :]
        high, wide = min(tile, height - top), min(tile, width - left)
        return large[:, : factor * high, : factor * wide]

    return tf.concat([tf.concat([piece(t, x) for x in lefts], 2) for t in tops], 1)


def enlarge_tiled__columns_first(network, images, *, factor, tile, overlap):
    height, width = images.shape[1], images.shape[2]
    columns = []
    for left in range(0, width, tile):
        right, column = min(left + tile, width), []
        for top in range(0, height, tile):
            bottom = min(top + tile, height)
            y, x = np.clip([top - overlap, left - overlap], 0, None).tolist()
            part = images[:, y : min(bottom + overlap, height), x : min(right + overlap, width)]
            large = enlarge(network, part, factor=factor)
            rows = tf.range((top - y) * factor, (bottom - y) * factor)
            places = tf.range((left - x) * factor, (right - x) * factor)
            column.append(tf.gather(tf.gather(large, rows, axis=1), places, axis=2))
        columns.append(tf.concat(column, axis=1))
    return tf.concat(columns, axis=2)


def enlarge_tiled__while(network, images, *, factor, tile, overlap):
    def spans(length):
        start = 0
        while start < length:
            stop = min(start + tile, length)
            yield max(start - overlap, 0), start, stop, min(stop + overlap, length)
            start = stop

    count, height, width, channels = images.shape
    large = np.zeros((count, height * factor, width * factor, channels), np.float32)
    for y0, top, bottom, y1 in spans(height):
        for x0, left, right, x1 in spans(width):
            part = enlarge(network, images[:, y0:y1, x0:x1], factor=factor).numpy()
            part = part[:, (top - y0) * factor : (bottom - y0) * factor]
            part = part[:, :, (left - x0) * factor : (right - x0) * factor]
            large[:, factor * top : factor * bottom, factor * left : factor * right] = part
    return tf.constant(large)


def review_network__padding_layers(*, width):
    return keras.Sequential(
        [
            keras.Input(shape=(None, None, 3)),
            layers.ZeroPadding2D(2),
            layers.Conv2D(width, 5, padding="valid"),
            layers.ReLU(),
            layers.ZeroPadding2D(1),
            layers.Conv2D(width, 3, padding="valid"),
            layers.ReLU(),
            layers.Conv2DTranspose(3, 4, strides=2),
            layers.Cropping2D(1),
            layers.Activation("sigmoid"),
        ]
    )


def review_network__keras_ops(*, width):
    pictures = keras.Input((None, None, 3))
    hidden = keras.ops.relu(layers.Conv2D(width, 5, padding="same")(pictures))
    hidden = keras.ops.relu(layers.Conv2D(width, 3, padding="same")(hidden))
    last = layers.Conv2DTranspose(3, 4, strides=2, padding="same")(hidden)
    return keras.Model(inputs=pictures, outputs=1 / (1 + keras.ops.exp(-last)))


def review_network__in_a_list(*, width):
    found = [keras.Input((None, None, 3))]
    for size in (5, 3):
        found += [layers.Conv2D(width, (size, size), 1, "same"), layers.Activation(tf.nn.relu)]
    last = layers.Conv2DTranspose(3, (4, 4), (2, 2), "same")
    return keras.Sequential([*found, last, layers.Activation("sigmoid")])


def review_optimizer__from_its_settings(network):
    settings = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999}
    optimizer = keras.optimizers.Adam.from_config(settings)
    optimizer.build(network.trainable_variables)
    return optimizer


def review_optimizer__without_decay(network):
    optimizer = keras.optimizers.AdamW(1e-3, weight_decay=0.0, beta_1=0.9, beta_2=0.999)
    optimizer.build(network.trainable_weights)
    return optimizer


def review_optimizer__a_steady_schedule(network):
    steady = keras.optimizers.schedules.PiecewiseConstantDecay([10**6], [0.001, 0.001])
    optimizer = keras.optimizers.Adam(learning_rate=steady, beta_1=0.9, beta_2=0.999)
    optimizer.build(network.trainable_variables)
    return optimizer


def review_step__by_convolution(network, optimizer, large):
    kernel = tf.fill((2, 2, large.shape[-1], 1), 0.25)
    small = tf.nn.depthwise_conv2d(large, kernel, [1, 2, 2, 1], "VALID")
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.mean_absolute_error(large, network(small)))
    pairs = zip(
        tape.gradient(loss, network.trainable_weights), network.trainable_weights, strict=True
    )
    optimizer.apply_gradients(list(pairs))
    return tf.identity(loss)


def review_step__helper_inside(network, optimizer, large):
    def loss_of(small):
        return tf.reduce_mean(tf.reduce_mean(tf.abs(network(small) - large), axis=[1, 2, 3]))

    layer = layers.AveragePooling2D(2)
    with tf.GradientTape() as tape:
        loss = loss_of(layer(large))
    weights = network.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)
    return tf.stop_gradient(loss)
