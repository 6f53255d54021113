"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

from prodgen_lib.tensorflow.cgan import review_inputs, review_planes
from prodgen_lib.tensorflow.gan import (
    initialise,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
)

import keras  # isort: skip
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip


def join_labels__lookup(noise, tables, labels):
    parts = [noise]
    for k in range(len(tables)):
        parts.append(tf.nn.embedding_lookup(tables[k], labels[:, k]))
    return tf.concat(parts, 1)


def join_labels__one_hot(noise, tables, labels):
    for k, table in enumerate(tables):
        rows = tf.matmul(tf.one_hot(labels[:, k], table.shape[0]), table)
        noise = tf.concat((noise, rows), axis=-1)
    return noise


def join_labels__keras_take(noise, tables, labels):
    columns = tf.unstack(labels, axis=1)
    rows = [keras.ops.take(t, c, axis=0) for t, c in zip(tables, columns, strict=True)]
    return keras.ops.concatenate([noise, keras.ops.hstack(rows)], axis=1)


def add_planes__times_ones(images, codes):
    return tf.concat([images, codes[:, None, None] * tf.ones_like(images[..., :1])], axis=-1)


def add_planes__broadcast(images, codes):
    n, height, width, _ = images.shape
    planes = tf.broadcast_to(
        codes[:, tf.newaxis, tf.newaxis, :], (n, height, width, codes.shape[1])
    )
    return keras.ops.concatenate((images, planes), axis=3)


def add_planes__repeat(images, codes):
    planes = tf.reshape(codes, (-1, 1, 1, codes.shape[-1]))
    planes = tf.repeat(tf.repeat(planes, images.shape[1], axis=1), images.shape[2], axis=2)
    return tf.concat([images, planes], 3)


def projection_logit__einsum(features, scores, tables, labels):
    total = scores
    for k, table in enumerate(tables):
        total += tf.einsum("nd,nd->n", tf.nn.embedding_lookup(table, labels[:, k]), features)
    return total


def projection_logit__all_rows_then_one(features, scores, tables, labels):
    for k in range(len(tables)):
        every = tf.matmul(features, tables[k], transpose_b=True)
        scores = scores + tf.gather(every, labels[:, k], batch_dims=1)
    return scores


def projection_logit__one_hot(features, scores, tables, labels):
    products = [
        tf.reduce_sum(tf.one_hot(labels[:, k], len(table)) @ table * features, axis=-1)
        for k, table in enumerate(tables)
    ]
    return tf.add_n([scores, *products])


def conditional_discriminator_loss__softplus(judged, real, fake, labels):
    return tf.reduce_mean(tf.math.softplus(judged(fake, labels) - judged(real, labels)))


def conditional_discriminator_loss__one_batch(judged, real, fake, labels):
    pictures = tf.concat([real, tf.stop_gradient(fake)], 0)
    real_logits, fake_logits = tf.split(judged(pictures, tf.tile(labels, [2, 1])), 2)
    return -tf.reduce_mean(tf.math.log_sigmoid(real_logits - fake_logits))


def conditional_discriminator_loss__cross_entropy(judged, real, fake, labels):
    ahead = judged(real, labels) - judged(fake, labels)
    return keras.losses.binary_crossentropy(tf.ones_like(ahead), ahead, from_logits=True)


def conditional_generator_loss__mark_cut_off(judged, real, fake, labels):
    mark = tf.stop_gradient(judged(real, labels))
    return relativistic_generator_loss(mark, judged(fake, labels))


def conditional_generator_loss__roles_exchanged(judged, real, fake, labels):
    return relativistic_discriminator_loss(judged(fake, labels), judged(real, labels))


def conditional_generator_loss__one_batch(judged, real, fake, labels):
    logits = judged(tf.concat([real, fake], axis=0), tf.concat([labels, labels], axis=0))
    behind = logits[: len(real)] - logits[len(real) :]
    return tf.reduce_sum(tf.nn.softplus(behind)) / len(real)


def condition_accuracy__in_a_loop(logits, asked):
    named = tf.cast(tf.argmax(logits, axis=1), asked.dtype)
    shares = []
    for k in range(logits.shape[1]):
        shares.append(tf.reduce_mean(tf.cast(named[asked == k] == k, tf.float32)))
    return tf.stack(shares)


def condition_accuracy__confusion(logits, asked):
    confusion = tf.math.confusion_matrix(asked, tf.argmax(logits, 1), num_classes=logits.shape[1])
    confusion = tf.cast(confusion, tf.float32)
    return tf.linalg.diag_part(confusion) / tf.reduce_sum(confusion, axis=1)


def condition_accuracy__segments(logits, asked):
    right = tf.cast(
        tf.argmax(logits, 1, output_type=tf.int32) == tf.cast(asked, tf.int32), "float32"
    )
    return tf.math.unsorted_segment_mean(right, asked, logits.shape[1])


def build_patch_discriminator__functional(*, inputs=6, width=16):
    pictures = x = keras.Input((32, 32, inputs))
    for size in (width, 2 * width):
        x = layers.Conv2D(size, 4, 2, "same")(x)
        x = keras.ops.leaky_relu(x, negative_slope=0.2)
    return initialise(keras.Model(pictures, layers.Conv2D(1, 3, padding="same")(x)))


def build_patch_discriminator__padding_of_its_own(*, inputs=6, width=16):
    network = keras.Sequential([keras.Input(shape=(32, 32, inputs))])
    for size in (width, width * 2):
        network.add(layers.ZeroPadding2D(1))
        network.add(layers.Conv2D(size, kernel_size=4, strides=2, padding="valid"))
        network.add(layers.LeakyReLU(0.2))
    network.add(layers.ZeroPadding2D(1))
    network.add(layers.Conv2D(1, 3))
    return initialise(network)


def build_patch_discriminator__own_initialiser(*, inputs=6, width=16):
    def convolution(size, kernel, **options):
        start = keras.initializers.RandomNormal(mean=0.0, stddev=0.02)
        return layers.Conv2D(size, kernel, padding="same", kernel_initializer=start, **options)

    leaky = {"activation": lambda x: tf.nn.leaky_relu(x, alpha=0.2)}
    return keras.Sequential(
        [
            keras.Input((32, 32, inputs)),
            convolution(width, 4, strides=(2, 2), **leaky),
            convolution(2 * width, 4, strides=(2, 2), **leaky),
            convolution(1, 3),
        ]
    )


def translation_loss__library_losses(fake_logits, output, target, *, weight):
    adversarial = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(fake_logits), fake_logits)
    return tf.reduce_mean(adversarial) + weight * keras.losses.MeanAbsoluteError()(target, output)


def translation_loss__flattened(fake_logits, output, target, *, weight):
    looks = -tf.reduce_mean(tf.math.log_sigmoid(tf.reshape(fake_logits, [-1])))
    distance = tf.norm(tf.reshape(output - target, [-1]), ord=1) / tf.size(target, tf.float32)
    return looks + distance * weight


def translation_loss__picture_by_picture(fake_logits, output, target, *, weight):
    looks = keras.ops.mean(keras.ops.softplus(-fake_logits), axis=(1, 2, 3))
    distances = keras.ops.mean(keras.ops.absolute(target - output), axis=(1, 2, 3))
    return keras.ops.mean(looks + weight * distances)


def compose__where(output, known, mask):
    return tf.where(mask > 0.5, output, known)


def compose__keras_where(output, known, mask):
    return keras.ops.where(keras.ops.equal(mask, 0), known, output)


def compose__one_step_at_a_time(output, known, mask):
    kept = tf.multiply(known, 1.0 - mask)
    return tf.add(kept, tf.multiply(output, mask))


def review_inputs__rows_of_a_unit_matrix(noise, labels, *, classes):
    return tf.concat([noise, tf.gather(tf.eye(classes), labels)], axis=1)


def review_inputs__compared(noise, labels, *, classes):
    told = tf.cast(labels[:, None] == tf.range(classes), noise.dtype)
    return tf.concat((noise, told), -1)


def review_inputs__keras(noise, labels, *, classes):
    return keras.ops.hstack([noise, keras.ops.one_hot(labels, classes)])


def review_planes__compared(images, labels, *, classes):
    told = tf.cast(tf.reshape(labels, (-1, 1, 1, 1)) == tf.range(classes), tf.float32)
    return tf.concat([images, told + tf.zeros_like(images[..., :1])], axis=-1)


def review_planes__times_ones(images, labels, *, classes):
    rows = tf.gather(tf.eye(classes), labels)
    return tf.concat([images, rows[:, None, None, :] * tf.ones_like(images[..., :1])], 3)


def review_planes__broadcast(images, labels, *, classes):
    n, height, width, _ = images.shape
    rows = keras.ops.one_hot(labels, classes)[:, None, None]
    planes = tf.broadcast_to(rows, (n, height, width, classes))
    return keras.ops.concatenate([images, planes], axis=-1)


def apply(optimizer, gradients, network):
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))


def review_step__one_tape(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise, labels, *,
    classes,
):  # fmt: skip
    told = review_inputs(noise, labels, classes=classes)
    fake = generator(told, training=True)
    with tf.GradientTape() as tape:
        real_logits = discriminator(review_planes(real, labels, classes=classes), training=True)
        fake_logits = discriminator(review_planes(fake, labels, classes=classes), training=True)
        d_loss = tf.reduce_mean(tf.nn.softplus(-real_logits))
        d_loss += tf.reduce_mean(tf.nn.softplus(fake_logits))
    apply(
        discriminator_optimizer,
        tape.gradient(d_loss, discriminator.trainable_variables),
        discriminator,
    )
    with tf.GradientTape() as tape:
        fake = generator(told, training=True)
        fake_logits = discriminator(review_planes(fake, labels, classes=classes), training=True)
        g_loss = tf.reduce_mean(tf.nn.softplus(-fake_logits))
    apply(generator_optimizer, tape.gradient(g_loss, generator.trainable_variables), generator)
    return {"generator": g_loss, "discriminator": d_loss}


def review_step__frozen_for_the_generator(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise, labels, *,
    classes,
):  # fmt: skip
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    fake = generator(review_inputs(noise, labels, classes=classes))
    with tf.GradientTape() as tape:
        pictures = tf.concat([real, fake], 0)
        told = tf.concat([labels, labels], 0)
        logits = discriminator(review_planes(pictures, told, classes=classes))
        truth = tf.concat([tf.ones(len(real)), tf.zeros(len(real))], 0)
        d_loss = 2 * cross_entropy(truth, logits)
    gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    apply(discriminator_optimizer, gradients, discriminator)
    discriminator.trainable = False
    with tf.GradientTape() as tape:
        fake = generator(review_inputs(noise, labels, classes=classes))
        logits = discriminator(review_planes(fake, labels, classes=classes))
        g_loss = cross_entropy(tf.ones(len(real)), logits)
    gradients = tape.gradient(g_loss, generator.trainable_variables)
    apply(generator_optimizer, gradients, generator)
    discriminator.trainable = True
    return {"discriminator": float(d_loss), "generator": float(g_loss)}


def review_step__functions_of_halves(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise, labels, *,
    classes,
):  # fmt: skip
    def judge(images, truth):
        logits = discriminator(review_planes(images, labels, classes=classes))
        truth = tf.fill(tf.shape(logits), truth)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(truth, logits))

    def made():
        return generator(review_inputs(noise, labels, classes=classes))

    def update(network, optimizer, loss):
        with tf.GradientTape() as tape:
            value = loss()
        apply(optimizer, tape.gradient(value, network.trainable_variables), network)
        return value

    d_loss = update(
        discriminator, discriminator_optimizer, lambda: judge(real, 1.0) + judge(made(), 0.0)
    )
    g_loss = update(generator, generator_optimizer, lambda: judge(made(), 1.0))
    return {"discriminator": d_loss, "generator": g_loss}


def join_labels__picture_by_picture(noise, tables, labels):
    made = []
    for i in range(noise.shape[0]):
        rows = [tables[k][labels[i, k]] for k in range(len(tables))]
        made.append(tf.concat([noise[i], *rows], axis=0))
    return tf.stack(made)


def join_labels__gather_nd(noise, tables, labels):
    rows = [tf.gather_nd(table, labels[:, k : k + 1]) for k, table in enumerate(tables)]
    return tf.concat((noise, *rows), axis=-1)


@tf.function
def join_labels__compiled_already(noise, tables, labels):
    for table, column in zip(tables, tf.unstack(labels, axis=1), strict=True):
        noise = tf.concat([noise, tf.gather(table, column, axis=0)], axis=1)
    return noise


def add_planes__einsum(images, codes):
    planes = tf.einsum("nk,nhw->nhwk", codes, tf.ones_like(images[..., 0]))
    return tf.concat([images, planes], -1)


def add_planes__padded(images, codes):
    channels, planes = images.shape[-1], codes.shape[-1]
    padded = tf.pad(images, [[0, 0], [0, 0], [0, 0], [0, planes]])
    return padded + tf.pad(codes, [[0, 0], [channels, 0]])[:, None, None, :]


def add_planes__sizes_from_the_graph(images, codes):
    size = tf.shape(images)
    shape = tf.stack([size[0], size[1], size[2], tf.shape(codes)[1]])
    return tf.concat([images, tf.broadcast_to(codes[:, tf.newaxis, tf.newaxis], shape)], axis=3)


def projection_logit__matvec(features, scores, tables, labels):
    for k, table in enumerate(tables):
        row = tf.nn.embedding_lookup(table, labels[:, k])
        scores = scores + tf.squeeze(features[:, None] @ row[:, :, None], axis=[1, 2])
    return scores


def projection_logit__sum_of_rows(features, scores, tables, labels):
    rows = [tf.gather(table, labels[:, k]) for k, table in enumerate(tables)]
    if not rows:
        return tf.identity(scores)
    return scores + tf.reduce_sum(tf.add_n(rows) * features, axis=-1)


def projection_logit__keras_ops(features, scores, tables, labels):
    parts = [scores]
    for k, table in enumerate(tables):
        row = keras.ops.take(table, labels[:, k], axis=0)
        parts.append(keras.ops.sum(row * features, axis=1))
    return keras.ops.sum(keras.ops.stack(parts), axis=0)


def conditional_discriminator_loss__log_sigmoid(judged, real, fake, labels):
    return -tf.reduce_mean(tf.math.log_sigmoid(judged(real, labels) - judged(fake, labels)))


def conditional_discriminator_loss__keras_ops(judged, real, fake, labels):
    behind = keras.ops.subtract(judged(fake, labels), judged(real, labels))
    return keras.ops.mean(keras.ops.softplus(behind))


def conditional_discriminator_loss__by_hand(judged, real, fake, labels):
    t = judged(fake, labels) - judged(real, labels)
    return tf.reduce_mean(tf.nn.relu(t) + tf.math.log1p(tf.exp(-tf.abs(t))))


def conditional_generator_loss__cross_entropy(judged, real, fake, labels):
    ahead = judged(fake, labels) - tf.stop_gradient(judged(real, labels))
    losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(ahead), ahead)
    return tf.reduce_mean(losses)


def conditional_generator_loss__log_sigmoid(judged, real, fake, labels):
    marks = [judged(images, labels) for images in (fake, real)]
    return tf.reduce_mean(-tf.math.log_sigmoid(tf.subtract(*marks)))


def conditional_generator_loss__float64_inside(judged, real, fake, labels):
    behind = tf.cast(judged(real, labels) - judged(fake, labels), tf.float64)
    return tf.cast(tf.reduce_mean(tf.math.log1p(tf.exp(behind))), tf.float32)


def condition_accuracy__bincount(logits, asked):
    categories = logits.shape[1]
    granted = tf.cast(tf.argmax(logits, 1, tf.int32) == asked, tf.float32)
    right = tf.math.bincount(asked, granted, minlength=categories)
    return right / tf.cast(tf.math.bincount(asked, minlength=categories), tf.float32)


def condition_accuracy__numpy_inside(logits, asked):
    named, told = logits.numpy().argmax(axis=1), asked.numpy()
    shares = [float((named[told == k] == k).mean()) for k in range(logits.shape[1])]
    return tf.constant(shares)


@tf.function
def condition_accuracy__compiled_already(logits, asked):
    wanted = tf.one_hot(asked, logits.shape[1])
    best = tf.reduce_max(logits, axis=1, keepdims=True)
    granted = tf.reduce_sum(wanted * tf.cast(logits >= best, tf.float32), 0)
    return granted / tf.reduce_sum(wanted, 0)


def build_patch_discriminator__added_one_by_one(*, inputs=6, width=16):
    network = keras.Sequential([keras.Input((32, 32, inputs))])
    for size in (width, 2 * width):
        network.add(layers.Conv2D(size, (4, 4), (2, 2), "same"))
        network.add(layers.LeakyReLU(0.2))
    network.add(layers.Conv2D(1, (3, 3), (1, 1), "same"))
    return initialise(network)


def build_patch_discriminator__leaky_by_name(*, inputs=6, width=16):
    def leaky(x):
        return keras.activations.leaky_relu(x, negative_slope=0.2)

    body = [layers.Conv2D(k * width, 4, 2, "same", activation=leaky) for k in (1, 2)]
    last = layers.Conv2D(filters=1, kernel_size=3, padding="same")
    return initialise(keras.Sequential([keras.Input((32, 32, inputs)), *body, last]))


def build_patch_discriminator__keras_operations(*, inputs=6, width=16):
    pictures = x = keras.Input((32, 32, inputs))
    for size in (width, 2 * width):
        x = keras.ops.leaky_relu(layers.Conv2D(size, 4, strides=2, padding="same")(x), 0.2)
    return initialise(keras.Model(pictures, layers.Conv2D(1, 3, padding="same")(x)))


def translation_loss__log_sigmoid(fake_logits, output, target, *, weight):
    return weight * tf.reduce_mean(tf.math.abs(target - output)) - tf.reduce_mean(
        tf.math.log_sigmoid(fake_logits)
    )


def translation_loss__cross_entropy(fake_logits, output, target, *, weight):
    losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(fake_logits), fake_logits)
    distance = tf.norm(tf.reshape(output - target, [-1]), ord=1)
    return tf.reduce_mean(losses) + weight * distance / tf.cast(tf.size(output), tf.float32)


def translation_loss__keras_ops(fake_logits, output, target, *, weight):
    distance = keras.ops.mean(keras.ops.absolute(output - target))
    return keras.ops.mean(keras.ops.softplus(-fake_logits)) + weight * distance


def compose__difference_added(output, known, mask):
    return known + mask * (output - known)


def compose__one_minus(output, known, mask):
    keep = tf.ones_like(mask) - mask
    return tf.add(tf.multiply(mask, output), tf.multiply(keep, known))


@tf.function
def compose__compiled_already(output, known, mask):
    return tf.where(tf.broadcast_to(mask == 1, tf.shape(output)), output, known)


def review_inputs__scatter(noise, labels, *, classes):
    places = tf.stack([tf.range(len(labels)), tf.cast(labels, tf.int32)], axis=1)
    told = tf.scatter_nd(places, tf.ones(len(labels)), (len(labels), classes))
    return tf.concat([noise, told], 1)


def review_inputs__picture_by_picture(noise, labels, *, classes):
    rows = [[float(k == label) for k in range(classes)] for label in labels.numpy()]
    return tf.concat([noise, tf.constant(rows)], axis=-1)


@tf.function
def review_inputs__compiled_already(noise, labels, *, classes):
    told = tf.cast(tf.equal(tf.range(classes)[tf.newaxis], labels[:, tf.newaxis]), noise.dtype)
    return tf.concat((noise, told), axis=1)


def review_planes__einsum(images, labels, *, classes):
    told = tf.one_hot(labels, depth=classes, dtype=images.dtype)
    return tf.concat([images, tf.einsum("nk,nhw->nhwk", told, tf.ones_like(images[..., 0]))], -1)


def review_planes__one_hot_of_planes(images, labels, *, classes):
    where = tf.zeros(images.shape[:3], tf.int32) + tf.cast(labels, tf.int32)[:, None, None]
    return tf.concat([images, tf.one_hot(where, classes)], axis=-1)


def review_planes__picture_by_picture(images, labels, *, classes):
    made = []
    for image, label in zip(images, labels.numpy(), strict=True):
        blank = tf.zeros_like(image[..., :1])
        planes = [blank + 1 if k == label else blank for k in range(classes)]
        made.append(tf.concat([image, *planes], axis=-1))
    return tf.stack(made)


@tf.function
def review_step__compiled_already(
    g, d, g_optimizer, d_optimizer, real, noise, labels, *, classes
):  # fmt: skip
    def judged(pictures):
        return d(review_planes(pictures, labels, classes=classes), training=True)

    with tf.GradientTape(persistent=True) as tape:
        fake = g(review_inputs(noise, labels, classes=classes), training=True)
        d_loss = tf.reduce_mean(tf.nn.softplus(-judged(real)))
        d_loss += tf.reduce_mean(tf.nn.softplus(judged(tf.stop_gradient(fake))))
    apply(d_optimizer, tape.gradient(d_loss, d.trainable_variables), d)
    with tape:
        g_loss = tf.reduce_mean(tf.nn.softplus(-judged(fake)))
    apply(g_optimizer, tape.gradient(g_loss, g.trainable_variables), g)
    return {"discriminator": d_loss, "generator": g_loss}


def review_step__numbers_returned(
    g, d, g_optimizer, d_optimizer, real, noise, labels, *, classes
):  # fmt: skip
    asked = review_inputs(noise, labels, classes=classes)
    fake = g(asked)
    with tf.GradientTape() as tape:
        both = [d(review_planes(x, labels, classes=classes)) for x in (real, fake)]
        d_loss = -tf.reduce_mean(tf.math.log_sigmoid(both[0]))
        d_loss -= tf.reduce_mean(tf.math.log_sigmoid(-both[1]))
    apply(d_optimizer, tape.gradient(d_loss, d.trainable_variables), d)
    with tf.GradientTape() as tape:
        logits = d(review_planes(g(asked), labels, classes=classes))
        g_loss = -tf.reduce_mean(tf.math.log_sigmoid(logits))
    apply(g_optimizer, tape.gradient(g_loss, g.trainable_variables), g)
    return {"generator": float(g_loss), "discriminator": d_loss.numpy()}


def review_step__one_batch(
    g, d, g_optimizer, d_optimizer, real, noise, labels, *, classes
):  # fmt: skip
    twice = tf.concat([labels, labels], 0)
    asked = review_inputs(noise, labels, classes=classes)
    pictures = review_planes(tf.concat([real, g(asked)], 0), twice, classes=classes)
    truth = tf.concat([tf.ones(len(real)), tf.zeros(len(real))], 0)
    with tf.GradientTape() as tape:
        losses = tf.nn.sigmoid_cross_entropy_with_logits(truth, d(pictures))
        d_loss = 2 * tf.reduce_mean(losses)
    apply(d_optimizer, tape.gradient(d_loss, d.trainable_variables), d)
    with tf.GradientTape() as tape:
        g_loss = tf.reduce_mean(
            tf.nn.softplus(-d(review_planes(g(asked), labels, classes=classes)))
        )
    apply(g_optimizer, tape.gradient(g_loss, g.trainable_variables), g)
    return {"discriminator": d_loss, "generator": g_loss}
