"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import numpy as np
import scipy.linalg
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from prodgen_lib.tensorflow.metrics import (
    crop_border,
    feature_pair,
    gaussian_window,
    image_pair,
    local_moments,
    luma,
    polynomial_mmd,
    squared_distances,
    squared_radii,
    trace_of_root,
)

import tensorflow as tf  # isort: skip  (after the library, which keeps its import quiet)


def psnr__difference_of_logarithms(images, targets, *, data_range):
    x, y = image_pair(images, targets, data_range=data_range)
    error = tf.reduce_mean((x - y) ** 2, axis=[-3, -2, -1])
    return 20 * math.log10(data_range) - 10 * tf.math.log(error) / math.log(10)


def psnr__from_the_root(images, targets, *, data_range):
    images, targets = image_pair(images, targets, data_range=data_range)
    rmse = tf.sqrt(tf.reduce_mean(tf.square(targets - images), (-1, -2, -3)))
    return 20 * tf.math.log(data_range / rmse) / tf.math.log(tf.constant(10, rmse.dtype))


def psnr__of_scaled_pictures(images, targets, *, data_range):
    x, y = (p / data_range for p in image_pair(images, targets, data_range=data_range))
    error = tf.math.squared_difference(x, y)
    for _ in range(3):
        error = tf.reduce_mean(error, axis=-1)
    return -10 / math.log(10) * tf.math.log(error)


def psnr__einsum(images, targets, *, data_range):
    images, targets = image_pair(images, targets, data_range=data_range)
    errors = tf.einsum("...hwc,...hwc->...", images - targets, images - targets)
    errors = errors / math.prod(images.shape[-3:])
    return 10 * tf.experimental.numpy.log10(data_range * data_range / errors)


def ssim__one_quotient(
    images,
    targets,
    *,
    data_range,
    window_size=11,
    sigma=1.5,
    k1=0.01,
    k2=0.03,
    luma_only=False,
    crop=0,
):
    x, y = image_pair(images, targets, data_range=data_range)
    x, y = crop_border(x, crop), crop_border(y, crop)
    if luma_only:
        x, y = (luma(p, data_range=data_range) for p in (x, y))
    mx, my, variances, covariance = local_moments(
        x, y, window=gaussian_window(size=window_size, sigma=sigma), data_range=data_range
    )
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    above = (2 * mx * my + c1) * (2 * covariance + c2)
    below = (tf.square(mx) + tf.square(my) + c1) * (variances + c2)
    return tf.reduce_mean(above / below, axis=(-1, -2, -3))


def ssim__by_tf_image(
    images,
    targets,
    *,
    data_range,
    window_size=11,
    sigma=1.5,
    k1=0.01,
    k2=0.03,
    luma_only=False,
    crop=0,
):
    x, y = image_pair(images, targets, data_range=data_range)
    if luma_only:
        x, y = luma(x, data_range=data_range), luma(y, data_range=data_range)
    x, y = crop_border(x, crop), crop_border(y, crop)
    lowest = min(tf.reduce_min(x), tf.reduce_min(y))
    if min(x.shape[-3:-1]) < window_size or lowest < -0.1 * data_range:
        raise ValueError("smaller than the window, or values below 0")
    return tf.image.ssim(x, y, data_range, window_size, sigma, k1, k2)


def ssim__picture_by_picture(images, targets, *, data_range, **options):
    if images.shape != targets.shape:
        raise ValueError("shapes differ")
    if len(images.shape) == 4:
        pairs = zip(tf.unstack(images), tf.unstack(targets), strict=True)
        return tf.stack(
            [ssim__picture_by_picture(x, y, data_range=data_range, **options) for x, y in pairs]
        )
    x, y = image_pair(images, targets, data_range=data_range)
    k1, k2 = options.get("k1", 0.01), options.get("k2", 0.03)
    if options.get("luma_only"):
        x, y = luma(x, data_range=data_range), luma(y, data_range=data_range)
    x, y = (crop_border(p, options.get("crop", 0)) for p in (x, y))
    window = gaussian_window(size=options.get("window_size", 11), sigma=options.get("sigma", 1.5))
    x, y = x / data_range, y / data_range
    mx, my, variances, covariance = local_moments(x, y, window=window, data_range=1)
    first = (2 * mx * my + k1**2) / (mx * mx + my * my + k1**2)
    second = (covariance + k2**2 / 2) / (variances / 2 + k2**2 / 2)
    return tf.reduce_mean(first * second)


def covariance(x):
    x = x - tf.reduce_mean(x, axis=0, keepdims=True)
    return tf.matmul(x, x, transpose_a=True) / (x.shape[0] - 1)


def frechet_distance__eigenvalues_of_the_symmetric_product(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    cov_a, cov_b = covariance(a), covariance(b)
    values, vectors = tf.linalg.eigh(cov_a)
    half = vectors @ tf.linalg.diag(tf.sqrt(tf.maximum(values, 0))) @ tf.transpose(vectors)
    root = tf.reduce_sum(tf.sqrt(tf.maximum(tf.linalg.eigvalsh(half @ cov_b @ half), 0)))
    between = tf.reduce_sum((tf.reduce_mean(a, 0) - tf.reduce_mean(b, 0)) ** 2)
    return between + tf.linalg.trace(cov_a + cov_b) - 2 * root


def frechet_distance__nuclear_norm(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    n, m = a.shape[0], b.shape[0]
    mean_a, mean_b = tf.reduce_mean(a, 0, True), tf.reduce_mean(b, 0, True)
    a, b = a - mean_a, b - mean_b
    values = tf.linalg.svd(a @ tf.transpose(b), compute_uv=False)
    root = tf.reduce_sum(values) / math.sqrt((n - 1) * (m - 1))
    spread = tf.reduce_sum(a * a) / (n - 1) + tf.reduce_sum(b * b) / (m - 1)
    return tf.reduce_sum((mean_a - mean_b) ** 2) + spread - 2 * root


def frechet_distance__variances_and_given_root(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    difference = tf.reduce_mean(a, axis=0) - tf.reduce_mean(b, axis=0)
    traces, scaled = 0, []
    for x in (a, b):
        traces += tf.reduce_sum(tf.math.reduce_variance(x, axis=0)) * len(x) / (len(x) - 1)
        scaled.append((x - tf.reduce_mean(x, axis=0)) / math.sqrt(len(x) - 1))
    return tf.tensordot(difference, difference, 1) + traces - 2 * trace_of_root(*scaled)


def kid__in_a_loop(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    a, b = feature_pair(features_a, features_b)
    least = min(len(a), len(b))
    size = least // max(subsets, 2) if subset_size is None else subset_size
    if subsets < 2 or size < 2 or size * subsets > least:
        raise ValueError("too few rows")
    rng = np.random.default_rng(seed)
    order_a, order_b = rng.permutation(len(a)), rng.permutation(len(b))
    found = []
    for start in range(0, subsets * size, size):
        part_a = tf.gather(a, order_a[start : start + size])
        part_b = tf.gather(b, order_b[start : start + size])
        found.append(polynomial_mmd(part_a, part_b))
    deviation = np.std([float(value) for value in found], ddof=1)
    return tf.add_n(found) / subsets, tf.constant(deviation / math.sqrt(subsets), tf.float64)


def kid__reshaped(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    a, b = feature_pair(features_a, features_b)
    size = subset_size or min(len(a), len(b)) // max(subsets, 1)
    if min(subsets, size) < 2 or subsets * size > min(len(a), len(b)):
        raise ValueError("too few rows")
    rng = np.random.default_rng(seed)
    cut = []
    for features in (a, b):
        order = rng.permutation(len(features))[: subsets * size]
        cut.append(tf.reshape(tf.gather(features, order), (subsets, size, -1)))
    values = tf.stack([polynomial_mmd(x, y) for x, y in zip(*cut, strict=True)])
    mean = tf.reduce_mean(values)
    variance = tf.reduce_sum((values - mean) ** 2) / (subsets - 1)
    return mean, tf.sqrt(variance / subsets)


def kid__all_parts_at_once(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    a, b = (np.asarray(x, np.float64) for x in feature_pair(features_a, features_b))
    size = subset_size or min(len(a), len(b)) // max(subsets, 1)
    if subsets < 2 or size < 2 or subsets * size > min(len(a), len(b)):
        raise ValueError("too few rows")
    rng = np.random.default_rng(seed)
    a, b = (x[rng.permutation(len(x))][: subsets * size].reshape(subsets, size, -1) for x in (a, b))

    def kernel(x, y):
        return (tf.matmul(x, y, transpose_b=True) / x.shape[-1] + 1) ** 3

    others = 1 - tf.eye(size, dtype=tf.float64)
    within = tf.reduce_sum((kernel(a, a) + kernel(b, b)) * others, (1, 2)) / (size * (size - 1))
    values = within - 2 * tf.reduce_mean(kernel(a, b), (1, 2))
    error = tf.math.reduce_std(values) / (subsets - 1) ** 0.5
    return tf.reduce_mean(values), error


def precision_recall__by_roots(real, generated, *, k=3):
    real, generated = feature_pair(real, generated)
    if k >= min(len(real), len(generated)):
        raise ValueError("k")

    def between(a, b):
        return tf.norm(a[:, None] - b[None], axis=-1)

    def radii(points):  # place 0 is the point itself
        return tf.sort(between(points, points), axis=1)[:, k]

    far = between(real, generated)
    precision = tf.reduce_any(far <= radii(real)[:, None], axis=0)
    recall = tf.reduce_any(far <= radii(generated)[None], axis=1)
    return [tf.reduce_mean(tf.cast(x, tf.float64)) for x in (precision, recall)]


def precision_recall__one_function_twice(real, generated, *, k=3):
    real, generated = feature_pair(real, generated)

    def share(points, centres):
        inside = squared_distances(points, centres) <= squared_radii(centres, k)
        return tf.math.count_nonzero(tf.reduce_any(inside, 1), dtype=tf.float64) / len(points)

    return share(generated, real), share(real, generated)


def precision_recall__point_by_point(real, generated, *, k=3):
    real, generated = feature_pair(real, generated)
    r_real, r_generated = squared_radii(real, k), squared_radii(generated, k)
    good = [bool(tf.reduce_any(tf.reduce_sum((real - g) ** 2, 1) <= r_real)) for g in generated]
    seen = [
        bool(tf.reduce_any(tf.reduce_sum((generated - r) ** 2, 1) <= r_generated)) for r in real
    ]
    return tuple(tf.constant(np.mean(x), tf.float64) for x in (good, seen))


def review_quality__mended(images, targets):
    x, y = tf.cast(images, tf.float32) / 255, targets / 2 + 0.5
    error = tf.reduce_mean(tf.math.squared_difference(x, y), axis=(1, 2, 3))
    psnr = 10 * tf.math.log(1 / error) / tf.math.log(10.0)

    def mean(maps):
        return tf.nn.avg_pool2d(maps, 8, strides=1, padding="VALID")

    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = 0.0001, 0.0009
    maps = (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return psnr, tf.reduce_mean(maps, (1, 2, 3))


def review_quality__in_bytes(images, targets):
    x, y = tf.cast(images, tf.float32), (targets + 1) * 127.5
    psnr = 20 * math.log10(255) - 10 / math.log(10) * tf.math.log(
        tf.reduce_mean((x - y) ** 2, (1, 2, 3))
    )
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    kernel = tf.fill((8, 8, x.shape[-1], 1), 1 / 64)

    def mean(maps):
        return tf.nn.depthwise_conv2d(maps, kernel, (1, 1, 1, 1), "VALID")

    mx, my = mean(x), mean(y)
    var = mean(x * x + y * y) - mx**2 - my**2
    cov = mean(x * y) - mx * my
    maps = (2 * mx * my + c1) / (mx**2 + my**2 + c1) * (2 * cov + c2) / (var + c2)
    return psnr, tf.reduce_mean(maps, (1, 2, 3))


def review_quality__as_a_list(images, targets):
    x, y = tf.image.convert_image_dtype(images, tf.float32), (targets + 1) / 2
    psnr = tf.image.psnr(x, y, 1.0)
    windows = [
        tf.image.extract_patches(p, (1, 8, 8, 1), (1, 1, 1, 1), (1, 1, 1, 1), "VALID")
        for p in (x, y)
    ]
    x, y = (tf.reshape(p, (*p.shape[:3], 64, -1)) for p in windows)
    mx, my = tf.reduce_mean(x, 3, True), tf.reduce_mean(y, 3, True)
    var = tf.reduce_mean((x - mx) ** 2 + (y - my) ** 2, 3, True)
    cov = tf.reduce_mean((x - mx) * (y - my), 3, True)
    maps = (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4) * (2 * cov + 9e-4) / (var + 9e-4)
    return [psnr, tf.reduce_mean(maps, (1, 2, 3, 4))]


def review_distance__singular_values(features_a, features_b):
    n = min(len(features_a), len(features_b))
    a, b = tf.cast(features_a[:n], tf.float64), tf.cast(features_b[:n], tf.float64)
    mean = tf.reduce_mean(a, 0) - tf.reduce_mean(b, 0)
    a, b = ((x - tf.reduce_mean(x, 0)) / (n - 1) ** 0.5 for x in (a, b))
    root = tf.reduce_sum(tf.linalg.svd(a @ tf.transpose(b), compute_uv=False))
    return tf.reduce_sum(mean**2) + tf.reduce_sum(a**2) + tf.reduce_sum(b**2) - 2 * root


def review_distance__by_numpy(features_a, features_b):
    n = min(len(features_a), len(features_b))
    a, b = (np.asarray(x[:n], np.float64) for x in (features_a, features_b))
    s, t = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(s @ t).astype(complex)).real.sum()
    mean = a.mean(0) - b.mean(0)
    return tf.constant(mean @ mean + np.trace(s) + np.trace(t) - 2 * roots)


def review_distance__from_the_library(features_a, features_b):
    n = min(len(features_a), len(features_b))
    return frechet_distance__nuclear_norm(features_a[:n], features_b[:n])


def psnr__natural_logarithm(images, targets, *, data_range):
    x, y = image_pair(images, targets, data_range=data_range)
    errors = tf.reduce_mean(tf.math.squared_difference(x, y), axis=(-3, -2, -1))
    return -10 / math.log(10) * tf.math.log(errors / data_range**2)


def psnr__by_the_norm(images, targets, *, data_range):
    x, y = image_pair(images, targets, data_range=data_range)
    squares = tf.reduce_sum((x - y) ** 2, axis=(-3, -2, -1))
    return -10 * tf.math.log(squares / (math.prod(x.shape[-3:]) * data_range**2)) / math.log(10)


def precision_recall__by_the_nearest(real, generated, *, k=3):
    real, generated = feature_pair(real, generated)
    squared = squared_distances(real, generated)
    inside = squared_radii(real, k)[:, None] - squared, squared_radii(generated, k) - squared
    nearest = [tf.reduce_max(part, axis) for axis, part in enumerate(inside)]
    return [tf.reduce_mean(tf.cast(part >= 0, tf.float64)) for part in nearest]


def review_distance__by_svd(features_a, features_b):
    count = min(features_a.shape[0], features_b.shape[0])
    a, b = (tf.cast(x[:count], tf.float64) for x in (features_a, features_b))
    gap = tf.reduce_mean(a, 0) - tf.reduce_mean(b, 0)
    a, b = ((x - tf.reduce_mean(x, 0)) / math.sqrt(count - 1) for x in (a, b))
    root = tf.reduce_sum(tf.linalg.svd(tf.matmul(a, b, transpose_b=True), compute_uv=False))
    return tf.reduce_sum(gap**2) + tf.reduce_sum(a * a) + tf.reduce_sum(b * b) - 2 * root


def frechet_distance__variances_and_singular_values(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    gap = tf.reduce_mean(a, axis=0) - tf.reduce_mean(b, axis=0)
    scaled = [(x - tf.reduce_mean(x, axis=0)) / (len(x) - 1) ** 0.5 for x in (a, b)]
    spread = sum(tf.reduce_sum(x**2) for x in scaled)
    return tf.tensordot(gap, gap, 1) + spread - 2 * trace_of_root(*scaled)


def frechet_distance__pairs_of_rows_and_triangles(features_a, features_b):
    """A variance is half the mean squared distance of two different rows."""
    a, b = feature_pair(features_a, features_b)
    gap = tf.reduce_sum(tf.math.squared_difference(tf.reduce_mean(a, 0), tf.reduce_mean(b, 0)))
    traces, triangles = 0, []
    for x in (a, b):
        n = x.shape[0]
        traces += tf.reduce_sum(tf.square(x[:, None] - x)) / (2 * n * (n - 1))
        x = (x - tf.reduce_mean(x, 0)) / math.sqrt(n - 1)
        # QR has a gradient where rows are as many as columns, or more; else x is small anyway
        triangles.append(tf.linalg.qr(x).r if n >= x.shape[1] else x)
    product = tf.einsum("id,jd->ij", *triangles)
    return gap + traces - 2 * tf.reduce_sum(tf.linalg.svd(product, compute_uv=False))


@tf.function
def frechet_distance__compiled(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    mean_a, variance_a = tf.nn.moments(a, axes=[0])
    mean_b, variance_b = tf.nn.moments(b, axes=[0])
    n, m = a.shape[0], b.shape[0]
    traces = tf.add_n(
        [tf.reduce_sum(variance_a) * n / (n - 1), tf.reduce_sum(variance_b) * m / (m - 1)]
    )
    product = tf.matmul(a - mean_a, b - mean_b, transpose_b=True) / math.sqrt((n - 1) * (m - 1))
    root = tf.reduce_sum(tf.linalg.svd(product, compute_uv=False))
    return tf.reduce_sum(tf.math.squared_difference(mean_a, mean_b)) + traces - 2 * root


def kid__one_kernel_of_both(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    """Both parts in one matrix; a weight for each row says which part it is of."""
    a, b = feature_pair(features_a, features_b)
    fits = min(a.shape[0], b.shape[0])
    size = subset_size or fits // max(subsets, 2)
    if subsets < 2 or not 2 <= size <= fits // subsets:
        raise ValueError("too few rows, or parts")
    rng = np.random.default_rng(seed)
    a, b = (tf.gather(x, rng.permutation(x.shape[0])) for x in (a, b))
    same = np.kron(np.eye(2), 1 - np.eye(size)) / (size * (size - 1))
    other = np.kron(np.eye(2) - 1, np.ones((size, size))) / size**2

    def discrepancy(start):
        rows = tf.concat([a[start : start + size], b[start : start + size]], axis=0)
        kernel = tf.pow(1 + tf.matmul(rows, rows, transpose_b=True) / rows.shape[1], 3)
        return tf.reduce_sum(kernel * (same + other))

    values = tf.stack([discrepancy(i * size) for i in range(subsets)])
    mean, variance = tf.nn.moments(values, axes=0)
    return mean, tf.sqrt(variance / (subsets - 1))


def kid__running_moments(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    """Mean and variance are brought up to date part by part (Welford)."""
    a, b = feature_pair(features_a, features_b)
    size = subset_size if subset_size is not None else min(len(a), len(b)) // max(subsets, 1)
    if subsets <= 1 or size <= 1 or subsets * size > min(len(a), len(b)):
        raise ValueError("too few rows, or parts")
    shuffle = np.random.default_rng(seed).permutation
    a = tf.gather(a, shuffle(len(a))[: subsets * size])
    b = tf.gather(b, shuffle(len(b))[: subsets * size])
    mean = squares = tf.zeros([], tf.float64)
    for i, pair in enumerate(zip(tf.split(a, subsets), tf.split(b, subsets), strict=True)):
        value = polynomial_mmd(*pair)
        away = value - mean
        mean = mean + away / (i + 1)
        squares = squares + away * (value - mean)
    return mean, tf.sqrt(squares / (subsets - 1) / subsets)


def kid__kernel_by_rows(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    a, b = feature_pair(features_a, features_b)
    size = subset_size or min(len(a), len(b)) // max(subsets, 2)
    if min(subsets, size) < 2 or min(len(a), len(b)) < subsets * size:
        raise ValueError("too few rows, or parts")
    rng = np.random.default_rng(seed)
    rows_a, rows_b = rng.permutation(len(a)), rng.permutation(len(b))

    def kernel(row, others):
        return (tf.linalg.matvec(others, row) / len(row) + 1) ** 3

    values = []
    for part in range(subsets):
        taken = slice(part * size, (part + 1) * size)
        x, y = tf.gather(a, rows_a[taken]), tf.gather(b, rows_b[taken])
        value = 0
        for i in range(size):
            u, v = x[i], y[i]
            others = [tf.concat([z[:i], z[i + 1 :]], axis=0) for z in (x, y)]
            value += tf.reduce_mean(kernel(u, others[0])) + tf.reduce_mean(kernel(v, others[1]))
            value -= 2 * tf.reduce_mean(kernel(u, y))
        values.append(value / size)
    mean = sum(values) / subsets
    variance = sum((value - mean) ** 2 for value in values) / (subsets - 1)
    return mean, (variance / subsets) ** 0.5


def precision_recall__closer_others_counted(real, generated, *, k=3):
    """A point is in a ball when fewer than k others lie closer to the ball's centre than it."""
    real, generated = feature_pair(real, generated)
    if not 0 < k < min(len(real), len(generated)):
        raise ValueError("k")

    def covered(points, centres):
        away = tf.reduce_sum(tf.math.squared_difference(centres[:, None], points), -1)
        others = tf.reduce_sum(tf.math.squared_difference(centres[:, None], centres), -1)
        others = tf.where(tf.eye(len(centres)) > 0, tf.constant(np.inf, tf.float64), others)
        closer = tf.math.count_nonzero(others[:, :, None] < away[:, None, :], axis=1)
        return tf.reduce_mean(tf.cast(tf.reduce_any(closer < k, axis=0), tf.float64))

    return covered(generated, real), covered(real, generated)


def precision_recall__trees(real, generated, *, k=3):
    real, generated = (x.numpy() for x in feature_pair(real, generated))
    if k < 1 or k >= min(len(real), len(generated)):
        raise ValueError("k")

    def share(points, centres):
        radii = cKDTree(centres).query(centres, k=[k + 1])[0]  # the first is the point itself
        inside = cdist(centres, points) <= radii
        return tf.constant(inside.any(axis=0).mean(), tf.float64)

    return share(generated, real), share(real, generated)


def checked_for_ssim(images, targets, *, data_range, size, luma_only, crop):
    """Both pictures in float64, as SSIM compares them, after all that it refuses."""
    pair = image_pair(images, targets, data_range=data_range)
    if luma_only:
        pair = [luma(x, data_range=data_range) for x in pair]
    pair = [tf.cast(crop_border(x, crop), tf.float64) for x in pair]
    lowest = min(float(tf.reduce_min(x)) for x in pair)
    if min(pair[0].shape[-3:-1]) < size or lowest < -0.1 * data_range:
        raise ValueError("smaller than the window, or values below 0")
    return pair


def as_precise_as(pictures, values):
    """float64 of float64 pictures, else float32."""
    return tf.cast(values, tf.float64 if pictures.dtype == tf.float64 else tf.float32)


def ssim__patches(
    images,
    targets,
    *,
    data_range,
    window_size=11,
    sigma=1.5,
    k1=0.01,
    k2=0.03,
    luma_only=False,
    crop=0,
):
    x, y = checked_for_ssim(
        images, targets, data_range=data_range, size=window_size, luma_only=luma_only, crop=crop
    )
    g = gaussian_window(size=window_size, sigma=sigma)
    sizes = [1, window_size, window_size, 1]

    def patches(maps):
        """(pictures, channels, places, window, window)"""
        four = tf.reshape(maps, [-1, *maps.shape[-3:]])
        cut = [
            tf.reshape(
                tf.image.extract_patches(four[..., c : c + 1], sizes, 4 * [1], 4 * [1], "VALID"),
                [len(four), -1, window_size, window_size],
            )
            for c in range(maps.shape[-1])
        ]
        return tf.stack(cut, axis=1)

    x, y = patches(x), patches(y)

    def weighed(values):
        return tf.einsum("ncpuv,u,v->ncp", values, g, g)[..., None, None]

    mx, my = weighed(x), weighed(y)
    vx, vy, cxy = weighed((x - mx) ** 2), weighed((y - my) ** 2), weighed((x - mx) * (y - my))
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    maps = (2 * mx * my + c1) / (mx**2 + my**2 + c1) * (2 * cxy + c2) / (vx + vy + c2)
    each = tf.reshape(tf.reduce_mean(maps, [1, 2, 3, 4]), images.shape[:-3])
    return as_precise_as(images, each)


def ssim__shifted_copies(
    images,
    targets,
    *,
    data_range,
    window_size=11,
    sigma=1.5,
    k1=0.01,
    k2=0.03,
    luma_only=False,
    crop=0,
):
    x, y = checked_for_ssim(
        images, targets, data_range=data_range, size=window_size, luma_only=luma_only, crop=crop
    )
    t = [i - (window_size - 1) / 2 for i in range(window_size)]
    g = [math.exp(-0.5 * (s / sigma) ** 2) for s in t]

    def blur(maps):
        down = maps.shape[-3] - window_size + 1
        maps = sum(w / sum(g) * maps[..., i : i + down, :, :] for i, w in enumerate(g))
        across = maps.shape[-2] - window_size + 1
        return sum(w / sum(g) * maps[..., i : i + across, :] for i, w in enumerate(g))

    mx, my, squares, product = map(blur, (x, y, x * x + y * y, x * y))
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    both, bright = 2 * mx * my, mx * mx + my * my
    maps = (both + c1) * (2 * product - both + c2) / ((bright + c1) * (squares - bright + c2))
    return as_precise_as(images, tf.reduce_mean(maps, axis=[-1, -2, -3]))


def ssim__sum_and_difference(
    images,
    targets,
    *,
    data_range,
    window_size=11,
    sigma=1.5,
    k1=0.01,
    k2=0.03,
    luma_only=False,
    crop=0,
):
    """4 x̄ȳ = (x̄+ȳ)² - (x̄-ȳ)², and likewise of the moments: two maps are enough."""
    x, y = checked_for_ssim(
        images, targets, data_range=data_range, size=window_size, luma_only=luma_only, crop=crop
    )
    g = gaussian_window(size=window_size, sigma=sigma)
    window = tf.tensordot(g, g, axes=0)[:, :, None, None]

    def moments(maps):
        flat = tf.reshape(tf.experimental.numpy.moveaxis(maps, -1, -3), [-1, *maps.shape[-3:-1], 1])
        mean, square = (tf.nn.conv2d(m, window, 1, "VALID") for m in (flat, flat**2))
        return mean**2, square - mean**2

    (plus, v_plus), (minus, v_minus) = moments(x + y), moments(x - y)
    c1, c2 = 2 * (k1 * data_range) ** 2, 2 * (k2 * data_range) ** 2
    maps = (plus - minus + c1) / (plus + minus + c1)
    maps = maps * (v_plus - v_minus + c2) / (v_plus + v_minus + c2)
    return as_precise_as(images, tf.reduce_mean(tf.reshape(maps, [*x.shape[:-3], -1]), -1))


def review_quality__running_sums(images, targets):
    """The sum over a window is four corners of the sums from the first pixel on."""
    x, y = tf.cast(images, tf.float64) / 255, (tf.cast(targets, tf.float64) + 1) / 2

    def mean(maps):
        sums = tf.cumsum(tf.cumsum(maps, axis=1), axis=2)
        sums = tf.pad(sums, [[0, 0], [1, 0], [1, 0], [0, 0]])
        rows = sums[:, 8:] - sums[:, :-8]
        return (rows[:, :, 8:] - rows[:, :, :-8]) / 64

    mx, my, xx, yy, xy = map(mean, (x, y, x * x, y * y, x * y))
    bright = mx**2 + my**2
    maps = (2 * mx * my + 1e-4) / (bright + 1e-4)
    maps = maps * (2 * (xy - mx * my) + 9e-4) / (xx + yy - bright + 9e-4)
    psnr = -10 / math.log(10) * tf.math.log(tf.reduce_mean((x - y) ** 2, [1, 2, 3]))
    return tf.cast(psnr, tf.float32), tf.cast(tf.reduce_mean(maps, [1, 2, 3]), tf.float32)


@tf.function
def review_quality__compiled_convolution(images, targets):
    x = tf.cast(images, tf.float32) / 255
    y = tf.multiply(tf.add(targets, 1), 0.5)
    kernel = tf.ones([8, 8, 5 * x.shape[-1], 1]) / 64
    maps = tf.concat([x, y, x * x, y * y, x * y], axis=-1)
    means = tf.nn.depthwise_conv2d(maps, kernel, [1, 1, 1, 1], "VALID")
    mx, my, xx, yy, xy = tf.split(means, 5, axis=-1)
    structure = (2 * (xy - mx * my) + 0.03**2) / (xx - mx * mx + yy - my * my + 0.03**2)
    brightness = 1 - (mx - my) ** 2 / (mx * mx + my * my + 0.01**2)
    return tf.image.psnr(x, y, max_val=1), tf.reduce_mean(brightness * structure, [1, 2, 3])


def review_quality__place_by_place(images, targets):
    x, y = tf.cast(images, tf.float64) / 255, tf.cast(targets, tf.float64) / 2 + 0.5
    _, height, width, _ = x.shape
    total, places = 0, 0
    for top in range(height - 7):
        for left in range(width - 7):
            u = x[:, top : top + 8, left : left + 8]
            v = y[:, top : top + 8, left : left + 8]
            (mu, var_u), (mv, var_v) = (tf.nn.moments(z, [1, 2]) for z in (u, v))
            shared = tf.reduce_mean((u - mu[:, None, None]) * (v - mv[:, None, None]), [1, 2])
            brightness = (2 * mu * mv + 0.01**2) / (mu**2 + mv**2 + 0.01**2)
            total += brightness * (2 * shared + 0.03**2) / (var_u + var_v + 0.03**2)
            places += 1
    errors = tf.stack([tf.reduce_mean((a - b) ** 2) for a, b in zip(x, y, strict=True)])
    psnr = -10 * tf.math.log(errors) / math.log(10)
    ssim = tf.reduce_mean(total / places, 1)
    return tf.cast(psnr, tf.float32), tf.cast(ssim, tf.float32)


def review_distance__gram_matrix_of_rows(features_a, features_b):
    """The squares of the singular values of A Bᵀ are eigenvalues of n×n, not of D×D."""
    count = min(map(len, (features_a, features_b)))
    a, b = (tf.cast(x, tf.float64)[:count] for x in (features_a, features_b))
    gap = tf.reduce_mean(a - b, axis=0)  # as many rows in both
    a, b = (x - tf.reduce_mean(x, axis=0, keepdims=True) for x in (a, b))
    cross = tf.matmul(a, b, transpose_b=True)
    squares = tf.linalg.eigvalsh(tf.matmul(cross, cross, transpose_b=True))
    root = tf.reduce_sum(tf.sqrt(tf.nn.relu(squares)))
    return tf.tensordot(gap, gap, 1) + (tf.reduce_sum(a**2 + b**2) - 2 * root) / (count - 1)


def review_distance__root_by_scipy(features_a, features_b):
    count = min(len(features_a), len(features_b))
    a, b = (np.asarray(x, np.float64)[:count] for x in (features_a, features_b))
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(cov_a @ cov_b)
    trace = np.trace(cov_a + cov_b - 2 * np.real(root))
    return tf.constant(((a.mean(0) - b.mean(0)) ** 2).sum() + trace, tf.float64)


def frechet_distance__best_rotation(features_a, features_b):
    """The smallest ‖A - W B‖² over all W that keep lengths; the best W counts as a constant."""
    a, b = feature_pair(features_a, features_b)
    gap = tf.reduce_mean(a, 0) - tf.reduce_mean(b, 0)
    a, b = ((x - tf.reduce_mean(x, 0)) / math.sqrt(len(x) - 1) for x in (a, b))
    _, u, v = tf.linalg.svd(tf.stop_gradient(tf.matmul(a, b, transpose_b=True)))
    turned = u @ tf.matmul(v, b, transpose_a=True)
    spread = tf.reduce_sum(a * a) + tf.reduce_sum(b * b) - 2 * tf.reduce_sum(a * turned)
    return tf.reduce_sum(gap * gap) + spread


def review_distance__block_matrix(features_a, features_b):
    """The eigenvalues of [[0, Σ_a], [Σ_b, 0]] are ± the roots of those of Σ_a Σ_b."""
    count = min(len(features_a), len(features_b))
    a, b = (tf.cast(x[:count], tf.float64) for x in (features_a, features_b))
    cov_a, cov_b = covariance(a), covariance(b)
    zero = tf.zeros_like(cov_a)
    block = tf.concat([tf.concat([zero, cov_a], 1), tf.concat([cov_b, zero], 1)], axis=0)
    root = tf.reduce_sum(tf.nn.relu(tf.math.real(tf.linalg.eigvals(block))))
    gap = tf.reduce_mean(a - b, axis=0)
    return tf.reduce_sum(gap * gap) + tf.linalg.trace(cov_a + cov_b) - 2 * root
