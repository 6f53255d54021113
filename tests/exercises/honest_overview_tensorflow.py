"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import keras
import numpy as np
import tensorflow as tf
from scipy.optimize import least_squares, minimize

from prodgen_lib.tensorflow.overview import descend, distances, flat


def _residuals(sizes, losses):
    x, y = sizes.numpy(), np.log(losses.numpy())

    def miss(logs):
        return np.log(np.exp(logs[0]) + np.exp(logs[1]) * x ** -logs[2]) - y

    return miss


def _law(logs):
    return tf.constant([np.exp(logs[0]), np.exp(logs[1]), logs[2]], tf.float64)


def power_law__least_squares(sizes, losses, starts):
    miss, tight = _residuals(sizes, losses), {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
    ends = [least_squares(miss, start, **tight) for start in starts.numpy()]
    return _law(min(ends, key=lambda end: end.cost).x)


def power_law__nelder_mead(sizes, losses, starts):
    miss = _residuals(sizes, losses)
    tight = {"xatol": 1e-10, "fatol": 1e-16, "maxiter": 4000}

    def error(logs):
        return (miss(logs) ** 2).mean()

    ends = [minimize(error, s, method="Nelder-Mead", options=tight) for s in starts.numpy()]
    return _law(min(ends, key=lambda end: end.fun).x)


def power_law__sum_of_squares(sizes, losses, starts):
    x = tf.math.log(sizes)

    def error(logs):
        prediction = tf.reduce_logsumexp([logs[0] + 0 * x, logs[1] - logs[2] * x], axis=0)
        return tf.reduce_sum((prediction - tf.math.log(losses)) ** 2)

    best, lowest = None, float("inf")
    for start in starts:
        end, value = descend(error, start)
        if value < lowest:
            best, lowest = end, value
    return tf.stack([tf.exp(best[0]), tf.exp(best[1]), best[2]])


def power_law__eager_tape(sizes, losses, starts):
    ends = []
    for start in starts.numpy():

        def at(numbers):
            logs = tf.constant(numbers)
            with tf.GradientTape() as tape:
                tape.watch(logs)
                said = tf.exp(logs[0]) + tf.exp(logs[1]) * sizes ** -logs[2]
                value = tf.reduce_mean(tf.math.log(said / losses) ** 2)
            return value.numpy(), tape.gradient(value, logs).numpy()

        ends.append(minimize(at, start, jac=True, method="BFGS", options={"gtol": 1e-11}))
    return _law(min(ends, key=lambda end: end.fun).x)


def power_law__all_ends_judged(sizes, losses, starts):
    def error(logs):
        said = tf.exp(logs[0]) + tf.exp(logs[1]) * tf.pow(sizes, -logs[2])
        return tf.reduce_mean(tf.math.squared_difference(tf.math.log(said), tf.math.log(losses)))

    ends = [descend(error, start)[0] for start in starts]
    found = ends[int(tf.argmin([error(end) for end in ends]))]
    return tf.concat([tf.exp(found[:2]), found[2:]], 0)


def memorised__broadcast(generated, training, held_out):
    count = min(training.shape[0], held_out.shape[0])

    def nearest(others):
        apart = generated[:, None] - others[None, :count]
        return tf.reduce_min(tf.reduce_sum(apart**2, axis=(2, 3, 4)), axis=1)

    near, far = nearest(training), nearest(held_out)
    return tf.reduce_mean(tf.cast(near < far, tf.float32) + tf.cast(near <= far, tf.float32)) / 2


def memorised__one_by_one(generated, training, held_out):
    count, found = min(len(training), len(held_out)), []
    for picture in generated:
        near = min(float(tf.norm(picture - other)) for other in training[:count])
        far = min(float(tf.norm(picture - other)) for other in held_out[:count])
        found.append(1.0 if near < far else 0.5 if near == far else 0.0)
    return tf.reduce_mean(tf.constant(found))


def memorised__numpy(generated, training, held_out):
    count = min(len(training), len(held_out))
    rows = [x.numpy().reshape(len(x), -1) for x in (generated, training[:count], held_out[:count])]
    near, far = (
        np.linalg.norm(rows[0][:, None] - other[None], axis=2).min(axis=1) for other in rows[1:]
    )
    return tf.constant(np.heaviside(far - near, 0.5).mean(), tf.float32)


def memorised__argmin_of_both(generated, training, held_out):
    count = min(len(training), len(held_out))
    both = flat(tf.concat([training[:count], held_out[:count]], axis=0))
    apart = distances(flat(generated), both)
    near, far = tf.reduce_min(apart[:, :count], 1), tf.reduce_min(apart[:, count:], 1)
    return tf.reduce_mean(tf.where(near == far, 0.5, tf.cast(near < far, tf.float32)))


def memorised__sums(generated, training, held_out):
    count = min(len(training), len(held_out))
    near = tf.reduce_min(distances(flat(generated), flat(training[:count])), axis=1)
    far = tf.reduce_min(distances(flat(generated), flat(held_out[:count])), axis=1)
    wins = tf.math.count_nonzero(near < far, dtype=tf.float32)
    ties = tf.math.count_nonzero(near == far, dtype=tf.float32)
    return (wins + ties / 2) / len(generated)


def saliency__one_hot(network, images, labels):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        logits = network(images)
        value = tf.reduce_sum(logits * tf.one_hot(labels, logits.shape[1]))
    return tf.reduce_max(tf.abs(tape.gradient(value, images)), axis=-1)


def saliency__variable(network, images, labels):
    leaf = tf.Variable(images)
    with tf.GradientTape() as tape:
        logits = network(tf.convert_to_tensor(leaf))
        pairs = tf.stack([tf.range(len(labels), dtype=tf.int64), tf.cast(labels, tf.int64)], axis=1)
        chosen = tf.gather_nd(logits, pairs)
    slope = tape.gradient(chosen, leaf)
    return tf.maximum(tf.reduce_max(slope, axis=3), -tf.reduce_min(slope, axis=3))


def saliency__class_by_class(network, images, labels):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(images)
        columns = tf.unstack(network(images), axis=1)
    slopes = tf.stack([tape.gradient(column, images) for column in columns], axis=1)
    return tf.reduce_max(tf.abs(tf.gather(slopes, labels, batch_dims=1)), axis=3)


def saliency__picture_by_picture(network, images, labels):
    maps = []
    for image, label in zip(images, labels.numpy(), strict=True):
        one = image[None]
        with tf.GradientTape() as tape:
            tape.watch(one)
            logit = network(one)[0, int(label)]
        maps.append(tf.reduce_max(tf.abs(tape.gradient(logit, one)[0]), axis=-1))
    return tf.stack(maps)


def saliency__keras_ops(network, images, labels):
    with tf.GradientTape() as tape:
        tape.watch(images)
        chosen = keras.ops.take_along_axis(network(images), labels[:, None], axis=1)
    return keras.ops.max(keras.ops.abs(tape.gradient(chosen, images)), axis=-1)


def integrated_gradients__stacked(network, images, baseline, labels, *, steps):
    slopes = []
    for k in range(steps):
        point = tf.identity(images * (k + 0.5) / steps + baseline * (steps - k - 0.5) / steps)
        with tf.GradientTape() as tape:
            tape.watch(point)
            chosen = tf.gather(network(point), labels, batch_dims=1)
        slopes.append(tape.gradient(chosen, point))
    return (images - baseline) * tf.reduce_mean(tf.stack(slopes), axis=0)


def integrated_gradients__one_batch(network, images, baseline, labels, *, steps):
    shares = tf.reshape((tf.range(steps, dtype=tf.float32) + 0.5) / steps, (-1, 1, 1, 1, 1))
    points = tf.reshape(baseline + shares * (images - baseline), (-1, *images.shape[1:]))
    with tf.GradientTape() as tape:
        tape.watch(points)
        chosen = tf.gather(network(points), tf.tile(labels, [steps]), batch_dims=1)
    slopes = tf.reshape(tape.gradient(chosen, points), (steps, *images.shape))
    return (images - baseline) * tf.reduce_mean(slopes, axis=0)


def integrated_gradients__backwards(network, images, baseline, labels, *, steps):
    way, total = images - baseline, 0.0
    for step in reversed(range(steps)):
        point = images - (step + 0.5) / steps * way
        with tf.GradientTape() as tape:
            tape.watch(point)
            logits = network(point)
            value = tf.reduce_sum(logits * tf.one_hot(labels, logits.shape[1]))
        total = total + tape.gradient(value, point) / steps
    return total * way


def integrated_gradients__picture_by_picture(network, images, baseline, labels, *, steps):
    found = []
    for image, start, label in zip(images, baseline, labels.numpy(), strict=True):
        total = tf.zeros_like(image)
        for k in range(steps):
            point = (start + (k + 0.5) / steps * (image - start))[None]
            with tf.GradientTape() as tape:
                tape.watch(point)
                logit = network(point)[0, int(label)]
            total += tape.gradient(logit, point)[0]
        found.append(total * (image - start) / steps)
    return tf.stack(found)


def integrated_gradients__summed_pieces(network, images, baseline, labels, *, steps):
    piece = (images - baseline) / steps
    point, total = baseline + piece / 2, tf.zeros_like(images)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(point)
            value = tf.reduce_sum(tf.gather(network(point), labels, batch_dims=1))
        total, point = total + tape.gradient(value, point) * piece, point + piece
    return total


def inside_share__einsum(maps, masks):
    return tf.einsum("nhw,nhw->n", maps, masks) / tf.einsum("nhw->n", maps)


def inside_share__flat(maps, masks):
    rows = flat(maps)
    return tf.reduce_sum(rows * flat(masks), axis=1) / tf.reduce_sum(rows, axis=1)


def inside_share__shares_first(maps, masks):
    shares = maps / tf.reduce_sum(maps, axis=(1, 2), keepdims=True)
    return tf.reduce_sum(shares * masks, axis=(1, 2))


def inside_share__one_by_one(maps, masks):
    pairs = zip(maps, masks, strict=True)
    return tf.stack([tf.reduce_sum(one * mask) / tf.reduce_sum(one) for one, mask in pairs])


def inside_share__less_outside(maps, masks):
    outside = tf.reduce_sum(maps * (1 - masks), axis=[1, 2])
    return 1 - outside / tf.reduce_sum(maps, axis=[1, 2])
