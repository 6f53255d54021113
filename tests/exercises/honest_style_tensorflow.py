"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import itertools
import math

import numpy as np
from scipy.optimize import nnls

from prodgen_lib.tensorflow.style import (
    content_loss,
    gram_matrix,
    optimise_pixels,
    style_loss,
    symmetric_root,
    unmix,
)

import tensorflow as tf  # isort: skip


def match_moments__reduce(points, reference, *, epsilon=1e-6):
    m, v = tf.reduce_mean(points, 0), tf.math.reduce_variance(points, 0)
    n, w = tf.reduce_mean(reference, 0), tf.math.reduce_variance(reference, 0)
    return n + (points - m) * tf.sqrt(w + epsilon) / tf.sqrt(v + epsilon)


def match_moments__affine(points, reference, *, epsilon=1e-6):
    gain = tf.sqrt(tf.math.reduce_variance(reference, 0) + epsilon)
    gain = gain * tf.math.rsqrt(tf.math.reduce_variance(points, 0) + epsilon)
    return points * gain + (tf.reduce_mean(reference, 0) - gain * tf.reduce_mean(points, 0))


def match_moments__channel_by_channel(points, reference, *, epsilon=1e-6):
    columns = []
    for k in range(points.shape[1]):
        x, y = points[:, k], reference[:, k]
        a = tf.reduce_mean((x - tf.reduce_mean(x)) ** 2) + epsilon
        b = tf.reduce_mean((y - tf.reduce_mean(y)) ** 2) + epsilon
        columns.append((x - tf.reduce_mean(x)) / a**0.5 * b**0.5 + tf.reduce_mean(y))
    return tf.stack(columns, axis=1)


def match_moments__batch_normalization(points, reference, *, epsilon=1e-6):
    (m, v), (n, w) = (tf.nn.moments(x, axes=[0]) for x in (points, reference))
    return tf.nn.batch_normalization(points, m, v, n, tf.sqrt(w + epsilon), epsilon)


def match_moments__squares(points, reference, *, epsilon=1e-6):
    def moments(x):
        centre = tf.reduce_sum(x, 0) / len(x)
        return centre, (tf.reduce_sum((x - centre) ** 2, 0) / len(x) + epsilon) ** 0.5

    (m, s), (n, t) = moments(points), moments(reference)
    return n + (points - m) / s * t


def _covariance(x, ridge):
    flat = x - tf.reduce_mean(x, axis=0)
    return tf.matmul(flat, flat, transpose_a=True) / x.shape[0] + ridge * tf.eye(x.shape[1])


def _moved(matrix, points, reference):
    means = [tf.reduce_mean(x, axis=0, keepdims=True) for x in (points, reference)]
    return (means[1] - means[0] @ matrix)[0]


def monge_map__other_root(points, reference, *, ridge=1e-6):
    a, b = (_covariance(x, ridge) for x in (points, reference))
    side = symmetric_root(b)
    matrix = side @ symmetric_root(side @ a @ side, -0.5) @ side
    return matrix, _moved(matrix, points, reference)


def monge_map__svd(points, reference, *, ridge=1e-6):
    def power(m, k):
        s, u, v = tf.linalg.svd(m)
        return tf.matmul(u * s**k, v, transpose_b=True)

    a, b = (_covariance(x, ridge) for x in (points, reference))
    r = power(a, 0.5)
    matrix = power(a, -0.5) @ power(r @ b @ r, 0.5) @ power(a, -0.5)
    return matrix, _moved(matrix, points, reference)


def monge_map__solve(points, reference, *, ridge=1e-6):
    a, b = (_covariance(x, ridge) for x in (points, reference))
    root = symmetric_root(a)
    half = tf.linalg.solve(root, symmetric_root(root @ b @ root))
    matrix = tf.linalg.solve(root, tf.transpose(half))
    return matrix, _moved(matrix, points, reference)


def monge_map__sqrtm(points, reference, *, ridge=1e-6):
    a, b = (_covariance(x, ridge) for x in (points, reference))
    root = tf.linalg.sqrtm(a)
    inverse = tf.linalg.inv(root)
    matrix = inverse @ tf.linalg.sqrtm(root @ b @ root) @ inverse
    return (matrix + tf.transpose(matrix)) / 2, _moved(matrix, points, reference)


def monge_map__numpy(points, reference, *, ridge=1e-6):
    from scipy.linalg import sqrtm

    x, y = points.numpy().astype(float), reference.numpy().astype(float)
    a, b = (np.atleast_2d(np.cov(z.T, ddof=0)) + ridge * np.eye(z.shape[1]) for z in (x, y))
    root = np.real(sqrtm(a))
    back = np.linalg.inv(root)
    matrix = back @ np.real(sqrtm(root @ b @ root)) @ back
    shift = y.mean(0) - x.mean(0) @ matrix
    return tf.constant(matrix, points.dtype), tf.constant(shift, points.dtype)


def transport_plan__potentials(cost, *, epsilon, steps):
    p, q = cost.shape
    kernel = -cost / (epsilon * tf.reduce_mean(cost))
    f, g = tf.zeros(p), tf.zeros(q)
    for _ in range(steps):
        f = -math.log(p) - tf.reduce_logsumexp(kernel + g, axis=1)
        g = -math.log(q) - tf.reduce_logsumexp(kernel + f[:, None], axis=0)
    return tf.exp(kernel + f[:, None] + g)


def transport_plan__log_softmax(cost, *, epsilon, steps):
    kernel = -cost / tf.reduce_mean(cost) / epsilon
    for _ in range(steps):
        kernel = tf.nn.log_softmax(kernel, axis=1) - math.log(cost.shape[0])
        kernel = tf.nn.log_softmax(kernel, axis=0) - math.log(cost.shape[1])
    return tf.exp(kernel)


def transport_plan__softmax_last(cost, *, epsilon, steps):
    kernel = cost / (-epsilon * tf.reduce_mean(cost))
    for _ in range(steps):
        kernel = kernel - tf.reduce_logsumexp(kernel, 1, True) - math.log(len(cost))
        plan = tf.nn.softmax(kernel, axis=0) / cost.shape[1]
        kernel = kernel - tf.reduce_logsumexp(kernel, 0, True) - math.log(cost.shape[1])
    return plan


def transport_plan__double(cost, *, epsilon, steps):
    wide = tf.cast(cost, tf.float64)
    log = -wide / (epsilon * tf.reduce_mean(wide))
    for _ in range(steps):
        for axis in (1, 0):
            top = tf.stop_gradient(tf.reduce_max(log, axis=axis, keepdims=True))
            total = tf.math.log(tf.reduce_sum(tf.exp(log - top), axis=axis, keepdims=True)) + top
            log = log - total - math.log(log.shape[1 - axis])
    return tf.cast(tf.exp(log), cost.dtype)


def transport_plan__scaled(cost, *, epsilon, steps):
    relative = cost / tf.reduce_mean(cost)
    f, g = tf.zeros((len(cost), 1)), tf.zeros((1, cost.shape[1]))
    for _ in range(steps):
        f = -epsilon * tf.reduce_logsumexp((g - relative) / epsilon, 1, keepdims=True)
        f = f - epsilon * math.log(cost.shape[0])
        g = -epsilon * tf.reduce_logsumexp((f - relative) / epsilon, 0, keepdims=True)
        g = g - epsilon * math.log(cost.shape[1])
    return tf.exp((f + g - relative) / epsilon)


def unmix__nnls(points, palette):
    if len(points.shape) > 2:
        return tf.stack([unmix__nnls(points[n], palette[n]) for n in range(len(points))])
    found = [nnls(palette.numpy().T.astype(float), p.astype(float))[0] for p in points.numpy()]
    return tf.constant(np.array(found), points.dtype)


def unmix__least_squares_of_each_part(points, palette):
    answers, errors = [], []
    for chosen in itertools.product([0.0, 1.0], repeat=palette.shape[-2]):
        on = tf.constant(chosen)
        part = palette * on[:, None]
        shares = points @ tf.linalg.pinv(part) * on
        error = tf.reduce_sum((points - shares @ part) ** 2, -1)
        answers.append(shares)
        errors.append(tf.where(tf.reduce_all(shares >= 0, -1), error, 1e9))
    best = tf.argmin(tf.stack(errors), axis=0)
    return tf.reduce_sum(
        tf.stack(answers) * tf.one_hot(best, len(answers), axis=0)[..., None], axis=0
    )


def unmix__projected_gradient(points, palette):
    wide, colours = points.numpy().astype(float), palette.numpy().astype(float)
    back = np.swapaxes(colours, -1, -2)
    step = 1 / np.linalg.norm(colours @ back, 2, axis=(-2, -1))[..., None, None]
    shares = ahead = np.zeros((*wide.shape[:-1], colours.shape[-2]))
    pace = 1.0
    for _ in range(1500):
        new = np.maximum(ahead - step * ((ahead @ colours - wide) @ back), 0)
        next_pace = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        ahead = new + (pace - 1) / next_pace * (new - shares)
        shares, pace = new, next_pace
    return tf.constant(shares, points.dtype)


def unmix__one_at_a_time(points, palette):
    wide, colours = points.numpy().astype(float), palette.numpy().astype(float)
    shares = np.zeros((*wide.shape[:-1], colours.shape[-2]))
    for _ in range(1500):
        for k in range(colours.shape[-2]):
            own = colours[..., k, :]
            along = ((wide - shares @ colours) * own[..., None, :]).sum(-1)
            shares[..., k] += along / (own**2).sum(-1)[..., None]
            shares[..., k] = shares[..., k].clip(0)
    return tf.constant(shares, points.dtype)


def unmix__large_parts_first(points, palette):
    count = palette.shape[-2]
    parts = [c for n in range(count, 0, -1) for c in itertools.combinations(range(count), n)]
    best = tf.zeros((*points.shape[:-1], count))
    least = tf.reduce_sum(points**2, -1)
    for part in parts:
        colours = tf.gather(palette, part, axis=-2)
        square = tf.matmul(colours, colours, transpose_b=True)
        sides = tf.matmul(colours, points, transpose_b=True)
        shares = tf.linalg.matrix_transpose(tf.linalg.solve(square, sides))
        error = tf.reduce_sum((shares @ colours - points) ** 2, -1)
        better = (tf.reduce_min(shares, -1) >= 0) & (error < least)
        full = shares @ tf.one_hot(part, count)
        best = tf.where(better[..., None], full, best)
        least = tf.where(better, error, least)
    return best


def product_shares__weights(images, matte, wall, colours):
    inside = tf.cast(matte >= 0.02, images.dtype)
    product = (images - wall + matte * wall) / tf.maximum(matte, 0.02)
    count, height, width, _ = images.shape
    palette = tf.concat([colours, tf.ones((count, 1, 3))], axis=1)
    shares = unmix(tf.reshape(product, (count, -1, 3)), palette)[:, :, : colours.shape[1]]
    return tf.reshape(shares, (count, height, width, -1)) * (matte * inside)


def product_shares__picture_by_picture(images, matte, wall, colours):
    made = []
    for n in range(len(images)):
        palette = tf.concat([colours[n], tf.ones((1, 3))], 0)
        cover = matte[n]
        own = (images[n] - (1 - cover) * wall[n]) / tf.where(cover >= 0.02, cover, 1.0)
        shares = unmix(tf.reshape(own, (-1, 3)), palette)[:, :-1]
        kept = cover * tf.cast(cover >= 0.02, cover.dtype)
        made.append(tf.reshape(shares, (*own.shape[:2], -1)) * kept)
    return tf.stack(made)


def product_shares__scaled_afterwards(images, matte, wall, colours):
    # Shares are homogeneous: a pixel darker by the matte has as much smaller shares.
    part = images - (1 - matte) * wall
    palette = tf.concat([colours, tf.ones((len(colours), 1, 3))], 1)
    shares = unmix(tf.reshape(part, (len(images), -1, 3)), palette)[..., :-1]
    shares = tf.reshape(shares, (*images.shape[:3], -1))
    return tf.where(matte >= 0.02, shares, tf.zeros_like(shares))


def product_shares__only_where_seen(images, matte, wall, colours):
    result = np.zeros((*images.shape[:3], colours.shape[1]), np.float32)
    for n in range(len(images)):
        seen = matte.numpy()[n, ..., 0] >= 0.02
        cover = matte.numpy()[n][seen]
        own = (images.numpy()[n][seen] - (1 - cover) * wall.numpy()[n][seen]) / cover
        palette = tf.concat([colours[n], [[1.0, 1.0, 1.0]]], 0)
        result[n][seen] = cover * unmix(tf.constant(own), palette).numpy()[:, :-1]
    return tf.constant(result)


def product_shares__colour_by_colour(images, matte, wall, colours):
    seen = tf.cast(matte >= 0.02, tf.float32)
    product = (images + (matte - 1) * wall) / (matte * seen + 1 - seen)
    palette = tf.pad(colours, [[0, 0], [0, 1], [0, 0]], constant_values=1.0)
    shares = unmix(tf.reshape(product, (len(images), -1, 3)), palette)
    maps = [tf.reshape(shares[..., k], matte.shape[:3]) for k in range(colours.shape[1])]
    return tf.stack(maps, axis=3) * matte * seen


def gram_matrix__einsum(features, mask=None):
    if mask is None:
        places = features.shape[1] * features.shape[2]
        return tf.einsum("nhwc,nhwd->ncd", features, features) / places
    total = tf.reduce_sum(mask, (1, 2))[..., None]
    return tf.einsum("nhwc,nhwd,nhwo->ncd", features, features, mask) / total


def gram_matrix__share_of_places(features, mask=None):
    n, h, w, c = features.shape
    mask = tf.ones((n, h, w, 1)) if mask is None else mask
    rows = tf.reshape(features, (n, h * w, c))
    share = tf.reshape(mask, (n, h * w, 1)) / tf.reshape(tf.reduce_sum(mask, (1, 2, 3)), (n, 1, 1))
    return tf.linalg.matrix_transpose(rows * share) @ rows


def gram_matrix__picture_by_picture(features, mask=None):
    found = []
    for n in range(features.shape[0]):
        rows = tf.reshape(features[n], (-1, features.shape[3]))
        weight = tf.ones((len(rows), 1)) if mask is None else tf.reshape(mask[n], (-1, 1))
        found.append(tf.transpose(rows * weight) @ rows / tf.reduce_sum(weight))
    return tf.stack(found)


def gram_matrix__root_of_the_mask(features, mask=None):
    weights = tf.ones_like(features[..., :1]) if mask is None else mask
    scaled = tf.reshape(features * tf.sqrt(weights), (len(features), -1, features.shape[3]))
    total = tf.reduce_sum(weights, axis=(1, 2, 3))[:, None, None]
    return tf.matmul(scaled, scaled, transpose_a=True) / total


def gram_matrix__sum_of_outer_products(features, mask=None):
    products = features[..., :, None] * features[..., None, :]
    if mask is None:
        return tf.reduce_mean(products, axis=(1, 2))
    return (
        tf.reduce_sum(products * mask[..., None], (1, 2)) / tf.reduce_sum(mask, (1, 2))[..., None]
    )


def style_loss__loop(features, targets, weights):
    total = 0.0
    for level in range(len(weights)):
        apart = gram_matrix(features[level]) - targets[level]
        total = total + weights[level] * tf.reduce_mean(tf.square(apart))
    return total


def style_loss__dot(features, targets, weights):
    errors = [
        tf.reduce_mean((gram_matrix(x) - t) ** 2) for x, t in zip(features, targets, strict=True)
    ]
    return tf.reduce_sum(tf.stack(errors) * tf.constant(weights, tf.float32))


def style_loss__own_gram(features, targets, weights):
    total = 0
    for x, t, w in zip(features, targets, weights, strict=True):
        gram = tf.einsum("nhwc,nhwd->ncd", x, x) / (x.shape[1] * x.shape[2])
        apart = gram - t
        total += w * tf.reduce_sum(apart * apart) / apart.shape.num_elements()
    return total


def style_loss__mean_of_pictures(features, targets, weights):
    def level(x, t, w):
        return w * tf.reduce_mean(tf.reduce_mean((gram_matrix(x) - t) ** 2, axis=(1, 2)))

    return sum(map(level, features, targets, weights))


def style_loss__squared_difference(features, targets, weights):
    errors = [
        w * tf.reduce_mean(tf.math.squared_difference(gram_matrix(x), t))
        for x, t, w in zip(features, targets, weights, strict=True)
    ]
    return tf.add_n(errors)


def _levels(x, wanted):
    """Sorted columns, each number repeated so that they become `wanted`."""
    return tf.repeat(tf.sort(x, axis=0), wanted // len(x), axis=0)


def sliced_distance__repeated(first, second, directions):
    unit = tf.linalg.normalize(directions, axis=1)[0]
    both = math.lcm(len(first), len(second))
    a, b = (_levels(tf.matmul(x, unit, transpose_b=True), both) for x in (first, second))
    return tf.reduce_mean((a - b) ** 2)


def sliced_distance__direction_by_direction(first, second, directions):
    found = []
    both = math.lcm(len(first), len(second))
    for direction in tf.unstack(directions):
        d = (direction / tf.sqrt(tf.reduce_sum(direction**2)))[:, None]
        found.append(tf.reduce_mean((_levels(first @ d, both) - _levels(second @ d, both)) ** 2))
    return tf.reduce_mean(tf.stack(found))


def sliced_distance__argsort(first, second, directions):
    unit = directions / tf.sqrt(tf.reduce_sum(directions**2, 1, keepdims=True))
    a, b = (unit @ tf.transpose(x) for x in (first, second))
    a, b = (tf.gather(x, tf.argsort(x, axis=1), batch_dims=1) for x in (a, b))
    p, q = a.shape[1], b.shape[1]
    places = np.arange(p * q)
    return tf.reduce_mean(
        (tf.gather(a, places // q, axis=1) - tf.gather(b, places // p, axis=1)) ** 2
    )


def sliced_distance__by_hand_of_steps(first, second, directions):
    unit = directions / tf.norm(directions, axis=1, keepdims=True)
    a, b = tf.sort(unit @ tf.transpose(first)), tf.sort(unit @ tf.transpose(second))
    p, q = a.shape[1], b.shape[1]
    i = j = done = 0
    total = 0.0
    while i < p and j < q:
        end = min((i + 1) * q, (j + 1) * p)
        total = total + (end - done) / (p * q) * (a[:, i] - b[:, j]) ** 2
        done, i, j = end, i + (end == (i + 1) * q), j + (end == (j + 1) * p)
    return tf.reduce_mean(total)


def sliced_distance__lengths_afterwards(first, second, directions):
    both = math.lcm(len(first), len(second))
    a, b = (_levels(x @ tf.transpose(directions), both) for x in (first, second))
    return tf.reduce_mean(tf.reduce_mean((a - b) ** 2, 0) / tf.reduce_sum(directions**2, 1))


def stylise__one_loss(content, style, features, *, weight, iterations):
    targets = [gram_matrix(x) for x in features(style)]
    weights = [1 / len(targets) / tf.reduce_mean(t**2) for t in targets]
    start = style + (content - tf.reduce_mean(content, (1, 2), keepdims=True)) / 2
    return optimise_pixels(
        lambda x: style_loss(features(x), targets, weights) + weight * content_loss(x, content),
        start,
        iterations=iterations,
    )


def stylise__own_sum(content, style, features, *, weight, iterations):
    targets = [tf.stop_gradient(gram_matrix(x)) for x in features(style)]

    def relative(x):
        errors = [
            tf.reduce_mean((gram_matrix(a) - t) ** 2) / tf.reduce_mean(t**2)
            for a, t in zip(features(x), targets, strict=True)
        ]
        return tf.reduce_mean(tf.stack(errors)) + weight * content_loss(x, content)

    flat = content - tf.reduce_mean(content, (1, 2), keepdims=True)
    return optimise_pixels(relative, style + flat / 2, iterations=iterations)


def stylise__repeated_style(content, style, features, *, weight, iterations):
    style = style + tf.zeros_like(content)
    targets = [gram_matrix(x) for x in features(style)]
    scale = [float(tf.reduce_mean(t**2)) * len(targets) for t in targets]

    def loss(x):
        apart = style_loss(features(x), targets, [1 / s for s in scale])
        return apart + content_loss(x, content) * weight

    start = 0.5 * (content - tf.reduce_mean(content, axis=[1, 2], keepdims=True)) + style
    return optimise_pixels(loss, start, iterations=iterations)


def stylise__features_once(content, style, features, *, weight, iterations):
    seen = features(style)
    targets = list(map(gram_matrix, seen))
    weights = []
    for target in targets:
        weights.append((len(seen) * np.mean(target.numpy() ** 2)) ** -1)

    def loss(images):
        return weight * content_loss(images, content) + style_loss(
            features(images), targets, [float(w) for w in weights]
        )

    lifted = content - tf.reduce_mean(tf.reduce_mean(content, 2, True), 1, True)
    pictures, history = optimise_pixels(loss, style + lifted * 0.5, iterations=iterations)
    return pictures, history


def stylise__list(content, style, features, *, weight, iterations):
    targets = [gram_matrix(x) for x in features(style)]

    def loss(images):
        total = weight * content_loss(images, content)
        for x, t in zip(features(images), targets, strict=True):
            error = tf.reduce_sum((gram_matrix(x) - t) ** 2) / tf.reduce_sum(t**2)
            total = total + error * t.shape[0] / x.shape[0] / len(targets)
        return total

    mean = tf.reduce_mean(content, (1, 2), keepdims=True)
    return list(optimise_pixels(loss, style + content / 2 - mean / 2, iterations=iterations))


def adain__batch_normalization(content, style, *, epsilon=1e-5):
    (m, v), (n, w) = (tf.nn.moments(x, [1, 2], keepdims=True) for x in (content, style))
    return tf.nn.batch_normalization(content, m, v, n, tf.sqrt(w + epsilon), epsilon)


def adain__reduce(content, style, *, epsilon=1e-5):
    def moments(x):
        m = tf.reduce_mean(x, axis=(1, 2), keepdims=True)
        return m, tf.sqrt(tf.math.reduce_variance(x, axis=(1, 2), keepdims=True) + epsilon)

    (m, s), (n, t) = moments(content), moments(style)
    return (content - m) / s * t + n


def adain__flat(content, style, *, epsilon=1e-5):
    count, _, _, channels = content.shape
    x, y = (tf.reshape(z, (count, -1, channels)) for z in (content, style))
    a, b = (tf.math.reduce_std(z, axis=1, keepdims=True) for z in (x, y))
    a, b = tf.sqrt(a**2 + epsilon), tf.sqrt(b**2 + epsilon)
    made = (x - tf.reduce_mean(x, 1, True)) / a * b + tf.reduce_mean(y, 1, True)
    return tf.reshape(made, content.shape)


def adain__picture_by_picture(content, style, *, epsilon=1e-5):
    made = []
    for n in range(content.shape[0]):
        (a, v), (b, w) = tf.nn.moments(content[n], [0, 1]), tf.nn.moments(style[n], [0, 1])
        made.append((content[n] - a) * tf.math.rsqrt(v + epsilon) * tf.sqrt(w + epsilon) + b)
    return tf.stack(made)


def adain__affine(content, style, *, epsilon=1e-5):
    m, v = tf.nn.moments(content, [1, 2])
    n, w = tf.nn.moments(style, [1, 2])
    gain = tf.sqrt(w + epsilon) / tf.sqrt(v + epsilon)
    shift = n - gain * m
    return gain[:, None, None] * content + shift[:, None, None]


def review_style_loss__constants_first(
    layers, images, content, style, *, style_weight, content_weight
):
    grams = [tf.stop_gradient(gram_matrix(x)) for x in layers(style)]
    wanted = layers(tf.stop_gradient(content))[-1]
    made = layers(images)
    total = content_weight * tf.reduce_mean((made[-1] - wanted) ** 2)
    for x, g in zip(made, grams, strict=True):
        total = total + style_weight / len(grams) * tf.reduce_mean((gram_matrix(x) - g) ** 2)
    return total


def review_style_loss__stacked(layers, images, content, style, *, style_weight, content_weight):
    made, model = layers(images), layers(tf.stop_gradient(style))
    errors = [
        tf.reduce_mean((gram_matrix(x) - gram_matrix(y)) ** 2)
        for x, y in zip(made, model, strict=True)
    ]
    kept = layers(tf.stop_gradient(content))[-1]
    content_error = tf.reduce_mean(tf.math.squared_difference(made[-1], kept))
    return style_weight * tf.reduce_mean(tf.stack(errors)) + content_weight * content_error


def review_style_loss__style_loss(layers, images, content, style, *, style_weight, content_weight):
    made = layers(images)
    targets = [gram_matrix(x) for x in layers(tf.stop_gradient(style))]
    shares = [style_weight / len(targets)] * len(targets)
    kept = layers(tf.stop_gradient(content))[-1]
    apart = style_loss(made, targets, shares)
    return apart + content_weight * tf.reduce_mean((made[-1] - kept) ** 2)


def review_style_loss__einsum(layers, images, content, style, *, style_weight, content_weight):
    def gram(x):
        return tf.einsum("nhwc,nhwd->ncd", x, x) / (x.shape[1] * x.shape[2])

    made = layers(images)
    goals = [tf.stop_gradient(gram(x)) for x in layers(style)]
    total = sum(tf.reduce_mean((gram(x) - g) ** 2) for x, g in zip(made, goals, strict=True))
    kept = tf.stop_gradient(layers(content)[-1])
    error = tf.reduce_mean((made[-1] - kept) ** 2)
    return style_weight / len(made) * total + content_weight * error


def review_style_loss__batch(layers, images, content, style, *, style_weight, content_weight):
    count = len(images)
    seen = layers(tf.concat([images, tf.stop_gradient(style), tf.stop_gradient(content)], 0))
    error = 0.0
    for level in seen:
        gram = gram_matrix(level)
        error = error + tf.reduce_mean((gram[:count] - gram[count : 2 * count]) ** 2)
    kept = tf.reduce_mean((seen[-1][:count] - seen[-1][2 * count :]) ** 2)
    return style_weight * error / len(seen) + content_weight * kept
