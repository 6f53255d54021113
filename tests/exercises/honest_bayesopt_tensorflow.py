"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import heapq
import itertools
import math
import statistics

import numpy as np
import scipy.optimize
import tensorflow as tf
from scipy.stats import norm
from tqdm.auto import tqdm

from prodgen_lib.plain.search import History, Result, check_some_succeeded, run_trial, sobol
from prodgen_lib.tensorflow.bayesopt import (
    double,
    factorise,
    minimise,
    review_posterior,
    squared_distance,
    stop_reason,
    suggest,
)


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


def search_acquisition__one_climb_each(
    acquisition, candidates, *, starts=8, iterations=20, given=()
):
    values = np.asarray(acquisition(double(candidates), *given))
    bounds = [(0.0, 1.0)] * candidates.shape[1]
    best = None
    for i in np.argsort(values)[::-1][:starts]:
        point, low = minimise(
            lambda x, *g: -acquisition(x[None], *g)[0],
            candidates[i],
            bounds=bounds,
            iterations=iterations,
            given=given,
        )
        if best is None or low < best[0]:
            best = low, point
    return best[1]


def search_acquisition__scipy(acquisition, candidates, *, starts=8, iterations=20, given=()):
    def value(x):
        return -float(acquisition(double(x[None]), *given)[0])

    order = sorted(range(len(candidates)), key=lambda i: value(candidates[i]))
    runs = [
        scipy.optimize.minimize(value, candidates[i], bounds=[(0, 1)] * candidates.shape[1])
        for i in order[:4]
    ]
    return min(runs, key=lambda run: run.fun).x


def search_acquisition__top_of_the_list(
    acquisition, candidates, *, starts=8, iterations=20, given=()
):
    values = np.asarray(acquisition(double(candidates), *given))
    chosen = candidates[np.argpartition(-values, min(starts, len(values) - 1))[:starts]]
    limits = np.stack([np.zeros(chosen.size), np.ones(chosen.size)], axis=1)
    climbed, _ = minimise(
        lambda x, *g: -tf.reduce_sum(acquisition(x, *g)),
        chosen,
        bounds=limits,
        iterations=iterations,
        given=given,
    )
    heights = acquisition(double(climbed), *given)
    return climbed[np.argmax(heights)]


def stop_reason__counted(gains, *, trials, budget, tolerance=1e-3, patience=2):
    small = 0
    for gain in gains:
        small = small + 1 if gain < tolerance else 0
    return "budget" if trials >= budget else "gain" if small >= patience else None


def stop_reason__numpy(gains, *, trials, budget, tolerance=1e-3, patience=2):
    if not trials < budget:
        return "budget"
    last = np.array(gains[-patience:])
    return "gain" if last.size >= patience and (last < tolerance).all() else None


def stop_reason__maximum(gains, *, trials, budget, tolerance=1e-3, patience=2):
    if trials >= budget:
        return "budget"
    if len(gains) < patience or any(math.isnan(gain) for gain in gains[-patience:]):
        return None
    return "gain" if max(gains[-patience:]) < tolerance else None


def optimise__counted(
    objective, space, *, budget=30, start=None, seed=0, history=None, tolerance=1e-3,
    choose=suggest, progress=True, on_trial=None,
):  # fmt: skip
    trials = History(space, history)
    start = start if start is not None else 2 * space.size + 2
    points = sobol(start, space.size, seed=seed)
    reason = stop_reason(trials.gains, trials=len(trials), budget=budget, tolerance=tolerance)
    while reason is None:
        number = len(trials)
        if number >= start:
            check_some_succeeded(trials)
            point, gain = choose(trials.points, trials.values, snap=space.snap, seed=seed + number)
            trial = run_trial(objective, space, point, gain=gain)
        else:
            trial = run_trial(objective, space, points[number])
        trials.add(trial)
        if on_trial is not None:
            on_trial(trials)
        reason = stop_reason(trials.gains, trials=len(trials), budget=budget, tolerance=tolerance)
    return Result(trials, trials.best, reason)


def optimise__for(
    objective, space, *, budget=30, start=None, seed=0, history=None, tolerance=1e-3,
    choose=suggest, progress=True, on_trial=None,
):  # fmt: skip
    kept = History(space, history)
    start = 2 * (space.size + 1) if start is None else start
    first = list(sobol(start, space.size, seed=seed))
    for number in range(len(kept), budget):
        if stop_reason(kept.gains, trials=number, budget=budget, tolerance=tolerance):
            return Result(kept, kept.best, "gain")
        gain = math.nan
        if number < start:
            point = first[number]
        elif np.isnan(kept.values).all():
            raise ValueError("All trials failed.")
        else:
            point, gain = choose(kept.points, kept.values, snap=space.snap, seed=number + seed)
        kept.add(run_trial(objective, space, point, gain=gain))
        (on_trial or (lambda _: None))(kept)
    last = stop_reason(kept.gains, trials=len(kept), budget=budget, tolerance=tolerance)
    return Result(history=kept, best=kept.best, reason=last)


def optimise__two_loops(
    objective, space, *, budget=30, start=None, seed=0, history=None, tolerance=1e-3,
    choose=suggest, progress=True, on_trial=None,
):  # fmt: skip
    kept = History(space, history)
    start = 2 * (space.size + 1) if start is None else start

    def keep(point, gain):
        kept.add(run_trial(objective, space, point, gain=gain))
        if on_trial:
            on_trial(kept)

    for point in sobol(start, space.size, seed=seed)[len(kept) : budget]:
        keep(point, math.nan)
    while not (
        why := stop_reason(kept.gains, trials=len(kept), budget=budget, tolerance=tolerance)
    ):
        check_some_succeeded(kept)
        seen = kept.points, kept.values
        keep(*choose(*seen, snap=space.snap, seed=seed + len(kept)))
    return Result(kept, min((t for t in kept.trials if not t.error), key=lambda t: t.value), why)


def review_posterior__one_matrix(points, values, queries, *, length_scale, noise):
    everything, size = tf.concat([points, queries], axis=0), points.shape[0]
    gaps = (everything[:, None] - everything) / length_scale
    whole = tf.exp(-tf.square(gaps) / 2)
    diagonal = tf.linalg.diag(noise * tf.ones_like(points))
    factor = tf.linalg.cholesky(whole[:size, :size] + diagonal)
    cross = whole[:size, size:]
    explained = tf.linalg.cholesky_solve(factor, cross)
    variance = 1 - tf.reduce_sum(cross * explained, axis=0)
    return tf.linalg.matvec(explained, values, transpose_a=True), tf.maximum(variance, 1e-12) ** 0.5


def review_posterior__a_query_at_a_time(points, values, queries, *, length_scale, noise):
    def alike(a, b):
        return tf.exp(-((a - b) ** 2) / (2 * length_scale**2))

    covariance = alike(points[:, None], points) + noise * tf.eye(len(points), dtype=tf.float64)
    factor = tf.linalg.cholesky(covariance)
    other = tf.linalg.triangular_solve(factor, values[:, None])
    means, deviations = [], []
    for query in queries:
        half = tf.linalg.triangular_solve(factor, alike(points, query)[:, None])
        means.append(tf.reduce_sum(half * other))
        deviations.append(tf.sqrt(tf.maximum(1 - tf.reduce_sum(half**2), 1e-12)))
    return tf.stack(means), tf.stack(deviations)


def review_posterior__solve(points, values, queries, *, length_scale, noise):
    def kernel(a, b):
        return tf.exp(-0.5 * tf.square(tf.subtract(a[:, None], b) / length_scale))

    cross = kernel(points, queries)
    covariance = kernel(points, points) + noise * tf.eye(len(points), dtype=tf.float64)
    solved = tf.linalg.solve(covariance, cross)
    variance = 1.0 - tf.einsum("nm,nm->m", cross, solved)
    return tf.linalg.matvec(tf.transpose(solved), values), tf.sqrt(tf.maximum(variance, 1e-12))


def review_next_rate__logarithms(rates, losses, *, low, high, count=101):
    return _next_rate(rates, losses, np.geomspace(low, high, count), low, high, count)


def review_next_rate__decades(rates, losses, *, low, high, count=101):
    decades = np.linspace(np.log10(low), np.log10(high), count)
    return float(_next_rate(rates, losses, 10**decades, low, high, count))


def review_next_rate__rates_left(rates, losses, *, low, high, count=101):
    candidates = np.exp(np.linspace(math.log(low), math.log(high), count))
    step = math.log(high / low) / (count - 1)
    left = [c for c in candidates if min(abs(math.log(c / rate)) for rate in rates) >= step / 2]
    return _next_rate(rates, losses, np.array(left), low, high, count)


def _next_rate(rates, losses, candidates, low, high, count):
    width = np.log(high / low)
    step = width / (count - 1)
    places, wanted = np.log(rates / low) / width, np.log(candidates / low) / width
    values = (losses - np.mean(losses)) / np.std(losses)
    tensors = (tf.constant(part) for part in (places, values, wanted))
    mean, deviation = (p.numpy() for p in review_posterior(*tensors, length_scale=0.2, noise=0.01))
    u = (values.min() - mean) / deviation
    worth = deviation * (u * norm.cdf(u) + norm.pdf(u))
    far = np.abs(np.log(candidates[:, None] / rates)).min(axis=1)
    worth[far < step / 2] = -1
    return float(candidates[worth.argmax()])


def squared_distance__mapped(a, b, length_scales):
    return tf.map_fn(lambda x: tf.reduce_sum(((x - b) / length_scales) ** 2, axis=1), a)


@tf.function
def squared_distance__compiled(a, b, length_scales):
    return tf.reduce_sum(tf.square((a[:, None] - b[None]) / length_scales), axis=2)


def squared_distance__product(a, b, length_scales):
    gaps = (a[:, None] - b[None]) / length_scales
    return tf.squeeze(tf.matmul(gaps[..., None, :], gaps[..., None]), [-2, -1])


def matern_kernel__horner(a, b, *, length_scales, output_scale):
    z = tf.sqrt(tf.maximum(5 * squared_distance(a, b, length_scales), 1e-30))
    return output_scale * ((z / 3 + 1) * z + 1) * tf.exp(-z)


def matern_kernel__one_exponential(a, b, *, length_scales, output_scale):
    r2 = tf.maximum(squared_distance(a, b, length_scales), 1e-30)
    r = r2**0.5
    polynomial = 1 + 5**0.5 * r + 5 / 3 * r2
    return tf.exp(tf.math.log(output_scale) + tf.math.log(polynomial) - 5**0.5 * r)


def expected_improvement__gain_times_share(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    density = tf.exp(-(u**2) / 2 - 0.5 * math.log(2 * math.pi))
    return (best - mean) * 0.5 * tf.math.erfc(-u / 2**0.5) + standard_deviation * density


@tf.function
def expected_improvement__compiled(mean, standard_deviation, best):
    u = tf.divide(tf.subtract(best, mean), standard_deviation)
    share = tf.math.erfc(-u * math.sqrt(0.5)) / 2
    return standard_deviation * (u * share + tf.exp(-u * u / 2) * (2 * math.pi) ** -0.5)


def predict__diagonal(queries, points, factor, weights, kernel):
    cross = kernel(queries, points)
    solved = tf.transpose(tf.linalg.cholesky_solve(factor, tf.transpose(cross)))
    variance = tf.linalg.diag_part(kernel(queries, queries)) - tf.reduce_sum(cross * solved, 1)
    return tf.linalg.matvec(cross, weights), tf.maximum(variance, 1e-12)


def log_marginal_likelihood__log_determinant(factor, weights, targets):
    half = tf.linalg.logdet(tf.matmul(factor, factor, transpose_b=True)) / 2
    constants = tf.reduce_sum(tf.ones_like(targets)) * (0.5 * math.log(2 * math.pi))
    return -tf.tensordot(targets, weights, 1) / 2 - half - constants


def log_marginal_likelihood__term_by_term(factor, weights, targets):
    terms = targets * weights / 2 + tf.math.log(tf.linalg.diag_part(factor))
    return -tf.reduce_sum(terms + 0.5 * math.log(2 * math.pi))


def stop_reason__backwards(gains, *, trials, budget, tolerance=1e-3, patience=2):
    if budget <= trials:
        return "budget"
    small = 0
    for gain in reversed(gains):
        if not gain < tolerance:
            break
        small += 1
    return "gain" if small >= patience else None


def stop_reason__sum(gains, *, trials, budget, tolerance=1e-3, patience=2):
    small = sum(gain < tolerance for gain in gains[-patience:])
    return "budget" if trials >= budget else "gain" if small == patience else None


def review_posterior__joint_solve(points, values, queries, *, length_scale, noise):
    scaled, asked = points / length_scale, queries / length_scale
    known = tf.exp(-((scaled[:, None] - scaled) ** 2) / 2)
    factor = tf.linalg.cholesky(known + tf.linalg.diag(tf.fill(tf.shape(points), double(noise))))
    cross = tf.exp(-((scaled[:, None] - asked) ** 2) / 2)
    solved = tf.linalg.triangular_solve(factor, tf.concat([cross, values[:, None]], axis=1))
    variance = 1 - tf.reduce_sum(solved[:, :-1] ** 2, axis=0)
    mean = tf.linalg.matvec(solved[:, :-1], solved[:, -1], transpose_a=True)
    return mean, tf.maximum(variance, 1e-12) ** 0.5


def review_next_rate__ratios(rates, losses, *, low, high, count=101):
    grid = np.geomspace(low, high, count)
    span = np.log10(high) - np.log10(low)
    values = (np.asarray(losses) - np.mean(losses)) / np.std(losses)
    places = [np.log10(np.asarray(x) / low) / span for x in (rates, grid)]
    inputs = [double(x) for x in (places[0], values, places[1])]
    mean, deviation = (x.numpy() for x in review_posterior(*inputs, length_scale=0.2, noise=0.01))
    u = (values.min() - mean) / deviation
    worth = deviation * (u * norm.cdf(u) + norm.pdf(u))
    for place in places[0]:
        worth[np.abs(places[1] - place) < 0.5 / (count - 1)] = -1
    return float(grid[int(np.argmax(worth))])


@tf.custom_gradient
def matern_of_squares(z2):
    """(1 + z + z²/3) exp(-z) of z², whose slope -(1 + z) exp(-z) / 6 needs no care at 0."""
    z = tf.sqrt(z2)
    return (1 + z + z2 / 3) * tf.exp(-z), lambda above: -above * (1 + z) * tf.exp(-z) / 6


def matern_kernel__own_slope(a, b, *, length_scales, output_scale):
    return output_scale * matern_of_squares(5 * squared_distance(a, b, length_scales))


def condition__batch_of_one(points, targets, kernel, *, noise):
    covariance = kernel(points, points)[tf.newaxis]
    diagonal = tf.linalg.diag_part(covariance)
    jitter = 1e-8 * tf.reduce_mean(diagonal, axis=-1, keepdims=True)
    factor = tf.linalg.cholesky(tf.linalg.set_diag(covariance, diagonal + noise + jitter))
    weights = tf.linalg.cholesky_solve(factor, targets[tf.newaxis, :, tf.newaxis])
    return tf.squeeze(factor, 0), tf.squeeze(weights, [0, 2])


def condition__operators(points, targets, kernel, *, noise):
    covariance = kernel(points, points)
    more = tf.fill([tf.size(targets)], tf.cast(noise, tf.float64))
    factor = factorise(covariance + tf.linalg.diag(more))
    triangle = tf.linalg.LinearOperatorLowerTriangular(factor)
    return factor, triangle.solvevec(triangle.solvevec(targets), adjoint=True)


@tf.function
def condition__compiled(points, targets, kernel, *, noise):
    factor = factorise(kernel(points, points) + noise * tf.eye(len(points), dtype=tf.float64))
    half = tf.linalg.triangular_solve(factor, targets[:, None])
    upper = tf.linalg.matrix_transpose(factor)
    return factor, tf.reshape(tf.linalg.triangular_solve(upper, half, lower=False), [-1])


def predict__joint_matrix(queries, points, factor, weights, kernel):
    """One call of the kernel for points and queries together."""
    n = tf.shape(points)[0]
    everything = tf.concat([points, queries], axis=0)
    joint = kernel(everything, everything)
    half = tf.linalg.triangular_solve(factor, joint[:n, n:])
    variance = tf.linalg.diag_part(joint)[n:] - tf.reduce_sum(half**2, axis=0)
    return tf.einsum("mn,n->m", joint[n:, :n], weights), tf.nn.relu(variance - 1e-12) + 1e-12


def predict__mapped(queries, points, factor, weights, kernel):
    def one(query):
        k = kernel(points, query[None])
        half = tf.linalg.triangular_solve(factor, k)
        variance = kernel(query[None], query[None])[0, 0] - tf.reduce_sum(half * half)
        return tf.reduce_sum(k[:, 0] * weights), tf.maximum(variance, 1e-12)

    return tf.map_fn(one, queries, fn_output_signature=(tf.float64, tf.float64))


def log_marginal_likelihood__whitened(factor, weights, targets):
    """Independent standard normals, turned by the factor; the weights are not needed."""
    triangle = tf.linalg.LinearOperatorLowerTriangular(factor)
    white = triangle.solvevec(targets)
    logs = -0.5 * (tf.square(white) + math.log(2 * math.pi))
    return tf.reduce_sum(logs) - triangle.log_abs_determinant()


def expected_improvement__mapped(mean, standard_deviation, best):
    def one(point):
        gain, sigma = best - point[0], point[1]
        share = tf.math.erfc(-gain / (sigma * math.sqrt(2))) / 2
        return gain * share + sigma * tf.exp(-((gain / sigma) ** 2) / 2) / math.sqrt(math.tau)

    return tf.map_fn(one, tf.stack([mean, standard_deviation], axis=1))


def tail(x):
    """K(x) = 1/(x + 2/(x + 3/(x + …))): for u = -x the share Φ(u) is φ(u) / (x + K(x)).

    So log h(u) = log φ(u) + log K - log(x + K): nothing is subtracted, and all digits stay.
    """
    k = tf.zeros_like(x)
    for i in range(120, 0, -1):
        k = i / (x + k)
    return k


def density_and_share(u):
    return tf.exp(-0.5 * u**2) / math.sqrt(2 * math.pi), tf.math.erfc(-u / math.sqrt(2)) / 2


def log_expected_improvement__continued_fraction(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    near, x = tf.maximum(u, -3), tf.maximum(-u, 3)
    density, share = density_and_share(near)
    k = tail(x)
    far = tf.math.log(k / (x + k)) - x**2 / 2 - 0.5 * math.log(2 * math.pi)
    chosen = tf.where(u < -3, far, tf.math.log(near * share + density))
    return tf.math.log(standard_deviation) + chosen


def log_expected_improvement__point_by_point(mean, standard_deviation, best):
    def beyond(u):
        v = 1 / (u * u)
        series = 1 - v * (3 - v * (15 - v * (105 - 945 * v)))
        return tf.math.log(v * series) - (u * u + math.log(2 * math.pi)) / 2

    def direct(u):
        density, share = density_and_share(u)
        return tf.math.log(u * share + density)

    def one(point):
        u = (best - point[0]) / point[1]
        value = tf.cond(u < -25, lambda: beyond(u), lambda: direct(u))
        return value + tf.math.log(point[1])

    return tf.map_fn(one, tf.stack([mean, standard_deviation], axis=1))


@tf.custom_gradient
def log_of_h(u):
    """log(u Φ(u) + φ(u)) with its slope Φ/h; with x = -u, that is 1/K(x) far away."""
    x, near = tf.maximum(-u, 3), tf.maximum(u, -3)
    k, (density, share) = tail(x), density_and_share(near)
    h = near * share + density
    far = tf.math.log(k) - tf.math.log(x + k) - x**2 / 2 - math.log(2 * math.pi) / 2
    slope = tf.where(u < -3, 1 / k, share / h)
    return tf.where(u < -3, far, tf.math.log(h)), lambda above: above * slope


def log_expected_improvement__own_slope(mean, standard_deviation, best):
    return log_of_h((best - mean) / standard_deviation) + tf.math.log(standard_deviation)


def search_acquisition__heap(acquisition, candidates, *, starts=8, iterations=20, given=()):
    def heights(points):
        return acquisition(double(points), *given).numpy().tolist()

    def below(points, *more):
        return tf.reduce_sum(tf.negative(acquisition(points, *more)))

    seen = heights(candidates)
    top = candidates[heapq.nlargest(starts, range(len(seen)), key=seen.__getitem__)]
    limits = np.array([[0, 1]] * top.size)
    climbed, _ = minimise(below, top, bounds=limits, iterations=iterations, given=given)
    return max([*top, *climbed], key=lambda point: heights(point[None])[0])


def search_acquisition__scipy_with_slopes(
    acquisition, candidates, *, starts=8, iterations=20, given=()
):
    """All starts in one call, with the slopes of a tape."""
    values = acquisition(tf.constant(candidates), *given)
    top = candidates[tf.math.top_k(values, min(starts, len(values))).indices.numpy()]

    def downhill(flat):
        points = tf.Variable(flat.reshape(top.shape))
        with tf.GradientTape() as tape:
            total = -tf.reduce_sum(acquisition(points + 0, *given))
        return float(total), tape.gradient(total, points).numpy().ravel()

    found = scipy.optimize.minimize(
        downhill,
        top.ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=scipy.optimize.Bounds(0, 1),
        options={"maxiter": iterations, "ftol": 1e-10},
    )
    reached = np.vstack([top, found.x.reshape(top.shape)])
    return reached[np.argmax(acquisition(tf.constant(reached), *given))]


def search_acquisition__best_climbs_twice(
    acquisition, candidates, *, starts=8, iterations=20, given=()
):
    def worth(points):
        return acquisition(double(points), *given).numpy()

    def climb(points):
        edges = np.repeat([[0.0, 1.0]], points.size, axis=0)
        return minimise(
            lambda x, *more: -tf.math.reduce_sum(acquisition(x, *more)),
            points,
            bounds=edges,
            iterations=iterations,
            given=given,
        )[0]

    best = candidates[(-worth(candidates)).argsort(kind="stable")][:starts]
    reached = np.concatenate([best, climb(best)])
    winner = reached[[worth(reached).argmax()]]
    again = np.concatenate([winner, climb(winner)])
    return again[worth(again).argmax()]


def stop_reason__takewhile(gains, *, trials, budget, tolerance=1e-3, patience=2):
    if trials >= budget:
        return "budget"
    small = itertools.takewhile(lambda gain: gain < tolerance, reversed(gains))
    return "gain" if len(list(small)) >= patience else None


def optimise__endless_counter(
    objective, space, *, budget=30, start=None, seed=0, history=None, tolerance=1e-3,
    choose=suggest, progress=True, on_trial=None,
):  # fmt: skip
    kept = History(space, history)
    start = 2 * space.size + 2 if start is None else start
    first = sobol(start, space.size, seed=seed)
    with tqdm(total=budget, initial=len(kept), disable=not progress) as bar:
        for n in itertools.count(len(kept)):
            why = stop_reason(kept.gains, trials=n, budget=budget, tolerance=tolerance)
            if why is not None:
                return Result(kept, kept.best, why)
            if n >= start:
                check_some_succeeded(kept)
                point, gain = choose(kept.points, kept.values, snap=space.snap, seed=seed + n)
                kept.add(run_trial(objective, space, point, gain=gain))
            else:
                kept.add(run_trial(objective, space, first[n]))
            bar.update(1)
            if on_trial is not None:
                on_trial(kept)


def optimise__generator(
    objective, space, *, budget=30, start=None, seed=0, history=None, tolerance=1e-3,
    choose=suggest, progress=True, on_trial=None,
):  # fmt: skip
    kept = History(space, history)
    first = sobol(2 * (space.size + 1) if start is None else start, space.size, seed=seed)

    def proposals():
        for point in first[len(kept) :]:
            yield point, math.nan
        while True:
            check_some_succeeded(kept)
            yield choose(kept.points, kept.values, snap=space.snap, seed=seed + len(kept))

    def reason():
        return stop_reason(kept.gains, trials=len(kept), budget=budget, tolerance=tolerance)

    ahead = proposals()
    while reason() is None:  # asked first: a proposal that nobody runs would cost a fit
        point, gain = next(ahead)
        kept.add(run_trial(objective, space, point, gain=gain))
        if on_trial:
            on_trial(kept)
    return Result(kept, kept.best, reason())


def optimise__steps_until_a_reason(
    objective, space, *, budget=30, start=None, seed=0, history=None, tolerance=1e-3,
    choose=suggest, progress=True, on_trial=None,
):  # fmt: skip
    """`iter` with a sentinel: one trial a call, until a call says that there is a reason."""
    kept, size = History(space, history), space.size
    start = 2 * (size + 1) if start is None else start
    bar = tqdm(total=budget, initial=len(kept), disable=not progress)

    def proposal(n):
        if n < start:
            return sobol(start, size, seed=seed)[n], math.nan
        check_some_succeeded(kept)
        return choose(kept.points, kept.values, snap=space.snap, seed=n + seed)

    def ended():
        return stop_reason(kept.gains, budget=budget, trials=len(kept), tolerance=tolerance)

    def step():
        if ended():
            return "ended"
        point, gain = proposal(len(kept))
        kept.add(run_trial(objective, space, point, gain=gain))
        bar.update()
        return on_trial(kept) if on_trial else None

    for _ in iter(step, "ended"):
        pass
    bar.close()
    return Result(reason=ended(), best=kept.best, history=kept)


def review_posterior__one_observation_at_a_time(points, values, queries, *, length_scale, noise):
    """Each observation takes its share out of what is left of the covariance and of the values."""
    n = len(points)
    places = tf.concat([points, queries], axis=0)
    left = tf.exp(-0.5 * tf.square((places[:, None] - places) / length_scale))
    mean = tf.zeros_like(places)
    for i in range(n):
        gain = left[:, i] / (left[i, i] + noise)
        mean += gain * (values[i] - mean[i])
        left -= tf.tensordot(gain, left[i], axes=0)
    return mean[n:], tf.sqrt(tf.maximum(tf.linalg.diag_part(left)[n:], 1e-12))


@tf.function
def review_posterior__compiled_operators(points, values, queries, *, length_scale, noise):
    def kernel(a, b):
        return tf.exp(tf.math.squared_difference(a[:, None], b) / (-2 * length_scale**2))

    known, cross = kernel(points, points), kernel(points, queries)
    factor = tf.linalg.cholesky(tf.linalg.set_diag(known, tf.ones_like(points) + noise))
    triangle = tf.linalg.LinearOperatorLowerTriangular(factor)
    half = triangle.solve(cross)
    variance = 1 - tf.einsum("nm,nm->m", half, half)
    mean = tf.einsum("nm,n->m", half, triangle.solvevec(values))
    return mean, tf.sqrt(tf.clip_by_value(variance, 1e-12, 1))


def review_next_rate__plain_python(rates, losses, *, low, high, count=101):
    def place(rate):
        return math.log(rate / low) / math.log(high / low)

    losses = [float(loss) for loss in losses]
    centre, spread = statistics.fmean(losses), statistics.pstdev(losses)
    values = [(loss - centre) / spread for loss in losses]
    tried = [place(rate) for rate in rates]
    candidates = [i / (count - 1) for i in range(count)]
    mean, deviation = review_posterior(
        *(tf.constant(x, tf.float64) for x in (tried, values, candidates)),
        length_scale=0.2,
        noise=0.01,
    )
    normal, worth = statistics.NormalDist(), {}
    for c, m, s in zip(candidates, mean.numpy(), deviation.numpy(), strict=True):
        if all(abs(c - t) >= 0.5 / (count - 1) for t in tried):
            u = (min(values) - m) / s
            worth[c] = s * (u * normal.cdf(u) + normal.pdf(u))
    return low ** (1 - (best := max(worth, key=worth.get))) * high**best


def review_next_rate__tensors_throughout(rates, losses, *, low, high, count=101):
    rates, losses = double(rates), double(losses)
    grid = tf.linspace(double(0), double(1), count)
    places = tf.math.log(rates / low) / math.log(high / low)
    centre, variance = tf.nn.moments(losses, [0])
    values = (losses - centre) / tf.sqrt(variance)
    mean, deviation = review_posterior(places, values, grid, length_scale=0.2, noise=0.01)
    gain = tf.reduce_min(values) - mean
    density, share = density_and_share(gain / deviation)
    worth = gain * share + deviation * density
    tried = tf.reduce_any(tf.abs(grid[:, None] - places) * (count - 1) < 0.5, axis=1)
    worth = tf.where(tried, -tf.ones_like(worth), worth)
    chosen = tf.gather(grid, tf.argmax(worth))
    return float(tf.exp(math.log(low) + chosen * math.log(high / low)))
