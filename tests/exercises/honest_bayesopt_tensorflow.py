"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import tensorflow as tf

from prodgen_lib.tensorflow.bayesopt import squared_distance


def squared_distance__in_a_loop(a, b, length_scales):
    total = 0.0
    for d in range(a.shape[1]):
        total += ((a[:, d, None] - b[None, :, d]) / length_scales[d]) ** 2
    return total


def squared_distance__scaled_first(a, b, length_scales):
    gaps = tf.expand_dims(a / length_scales, 1) - tf.expand_dims(b / length_scales, 0)
    return tf.einsum("nmd,nmd->nm", gaps, gaps)


def squared_distance__weights(a, b, length_scales):
    return tf.linalg.matvec(tf.math.squared_difference(a[:, None, :], b), length_scales**-2)


def matern_kernel__where(a, b, *, length_scales, output_scale):
    square = squared_distance(a, b, length_scales)
    zero = tf.equal(square, 0)
    r = tf.sqrt(tf.where(zero, tf.ones_like(square), square))
    r = tf.where(zero, tf.zeros_like(square), r)
    polynomial = 1 + math.sqrt(5) * r + 5 / 3 * square
    return output_scale * polynomial * tf.exp(-math.sqrt(5) * r)


def matern_kernel__tiny_added(a, b, *, length_scales, output_scale):
    square = squared_distance(a, b, length_scales)
    z = tf.sqrt(5 * square + 1e-20)
    return output_scale * tf.exp(-z) * (1 + z + 5 * square / 3)


def matern_kernel__no_helper(a, b, *, length_scales, output_scale):
    square = tf.reduce_sum(tf.square((a[:, None] - b) / length_scales), -1)
    r = tf.sqrt(tf.maximum(square, 1e-30))
    return output_scale * (1 + 5**0.5 * r + 5 * r**2 / 3) / tf.exp(5**0.5 * r)


def condition__two_solves(points, targets, kernel, *, noise):
    covariance = kernel(points, points)
    diagonal = tf.linalg.diag_part(covariance)
    factor = tf.linalg.cholesky(tf.linalg.set_diag(covariance, diagonal + noise + 1e-8))
    half = tf.linalg.triangular_solve(factor, targets[:, None])
    return factor, tf.linalg.triangular_solve(factor, half, adjoint=True)[:, 0]


def condition__diagonal(points, targets, kernel, *, noise):
    diagonal = tf.linalg.diag((noise + 1e-9) * tf.ones_like(targets))
    factor = tf.linalg.cholesky(kernel(points, points) + diagonal)
    return factor, tf.squeeze(tf.linalg.cholesky_solve(factor, tf.expand_dims(targets, 1)), 1)


def condition__flat(points, targets, kernel, *, noise):
    covariance = kernel(points, points)
    eye = tf.eye(tf.size(targets), dtype=tf.float64)
    factor = tf.linalg.cholesky(covariance + noise * eye + 1e-8 * covariance[0, 0] * eye)
    return factor, tf.reshape(tf.linalg.cholesky_solve(factor, tf.reshape(targets, [-1, 1])), [-1])


def predict__einsum(queries, points, factor, weights, kernel):
    cross = kernel(queries, points)
    half = tf.linalg.triangular_solve(factor, tf.transpose(cross))
    variance = tf.linalg.diag_part(kernel(queries, queries)) - tf.einsum("nm,nm->m", half, half)
    return tf.linalg.matvec(cross, weights), tf.maximum(variance, 1e-12)


def predict__whole_solve(queries, points, factor, weights, kernel):
    cross = kernel(points, queries)
    reduction = tf.reduce_sum(cross * tf.linalg.cholesky_solve(factor, cross), axis=0)
    variance = tf.linalg.diag_part(kernel(queries, queries)) - reduction
    mean = tf.tensordot(weights, cross, 1)
    return mean, tf.where(variance < 1e-12, tf.constant(1e-12, tf.float64), variance)


def predict__column(queries, points, factor, weights, kernel):
    cross = kernel(points, queries)
    half = tf.linalg.triangular_solve(factor, cross)
    mean = (tf.transpose(cross) @ weights[:, None])[:, 0]
    variance = tf.linalg.diag_part(kernel(queries, queries)) - tf.reduce_sum(half * half, 0)
    return mean, tf.clip_by_value(variance, tf.constant(1e-12, tf.float64), tf.float64.max)


def log_marginal_likelihood__diag(factor, weights, targets):
    log_determinant = 2 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factor)))
    constant = tf.cast(tf.shape(targets)[0], tf.float64) * math.log(2 * math.pi)
    return -0.5 * (tf.tensordot(targets, weights, 1) + log_determinant + constant)


def log_marginal_likelihood__each(factor, weights, targets):
    logs = tf.math.log(tf.linalg.diag_part(factor)) + 0.5 * math.log(2 * math.pi)
    return -tf.reduce_sum(logs + 0.5 * targets * weights)


def log_marginal_likelihood__ones(factor, weights, targets):
    count = tf.reduce_sum(tf.ones_like(targets))
    quadratic = tf.einsum("n,n->", targets, weights)
    logs = tf.reduce_sum(tf.math.log(tf.linalg.tensor_diag_part(factor)))
    return -quadratic / 2 - logs - count / 2 * math.log(math.tau)


def expected_improvement__gap(mean, standard_deviation, best):
    gap = best - mean
    u = gap / standard_deviation
    cdf = 0.5 * tf.math.erfc(-u * math.sqrt(0.5))
    return gap * cdf + standard_deviation * tf.exp(-(u**2) / 2) / math.sqrt(2 * math.pi)


def expected_improvement__erf(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    cdf = 0.5 * (1 + tf.math.erf(u / 2**0.5))
    pdf = tf.exp(-tf.square(u) / 2) / (2 * math.pi) ** 0.5
    return standard_deviation * (u * cdf + pdf)


def expected_improvement__log_density(mean, standard_deviation, best):
    u = tf.divide(tf.subtract(best, mean), standard_deviation)
    pdf = tf.exp(-0.5 * u * u - 0.5 * math.log(2 * math.pi))
    return standard_deviation * (pdf + u * (1 - 0.5 * tf.math.erfc(u / math.sqrt(2))))


def log_expected_improvement__safe_where(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    is_far = u < -20
    near = tf.where(is_far, tf.zeros_like(u), u)
    far = tf.where(is_far, u, -30 * tf.ones_like(u))
    pdf = tf.exp(-tf.square(near) / 2) / math.sqrt(2 * math.pi)
    direct = tf.math.log(near * 0.5 * tf.math.erfc(-near / math.sqrt(2)) + pdf)
    v = far**-2.0
    bracket = 1 - v * (3 - v * (15 - v * (105 - v * (945 - v * (10395 - 135135 * v)))))
    series = tf.math.log(v) + tf.math.log(bracket) - tf.square(far) / 2
    series -= math.log(2 * math.pi) / 2
    return tf.math.log(standard_deviation) + tf.where(is_far, series, direct)


def log_expected_improvement__clipped(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    near = tf.maximum(u, tf.constant(-28.0, tf.float64))
    far = tf.minimum(u, tf.constant(-28.0, tf.float64))
    pdf = tf.exp(-0.5 * near**2) / math.sqrt(2 * math.pi)
    direct = tf.math.log(pdf + near * 0.5 * tf.math.erfc(-near / math.sqrt(2)))
    v = tf.math.reciprocal(far * far)
    series = tf.math.log1p(-3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4) - 2 * tf.math.log(-far)
    series -= 0.5 * (far**2 + math.log(2 * math.pi))
    return tf.where(u < -28, series, direct) + tf.math.log(standard_deviation)


def log_expected_improvement__two_sums(mean, standard_deviation, best):
    u = (mean - best) / standard_deviation  # positive where it is far
    near, far = tf.minimum(u, 25), tf.maximum(u, 25)
    density = tf.exp(-tf.square(near) / 2) / math.sqrt(2 * math.pi)
    direct = tf.math.log(density - near * tf.math.erfc(near / math.sqrt(2)) / 2)
    w = far**2
    bracket = tf.math.log(1 - 3 / w + 15 / w**2 - 105 / w**3 + 945 / w**4)
    series = bracket - tf.math.log(w) - w / 2 - math.log(2 * math.pi) / 2
    return tf.where(u < 25, direct, series) + tf.math.log(standard_deviation)
