"""Bayesian optimisation: tune a model with few trainings, in TensorFlow.

Read from top to bottom: kernels, the Gaussian process, how its scales are found, what a trial is
worth, the search for the best one, and the loop. Everything minimises, in the unit cube, on values
of mean 0 and standard deviation 1, in float64: a covariance matrix has eigenvalues ten powers of
ten apart. Gradients are the framework's, the steps are those of SciPy's L-BFGS-B.
The same functions in PyTorch: `prodgen_lib.torch.bayesopt`; spaces, histories and test
functions, which need no framework: `prodgen_lib.plain.search`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from tqdm.auto import tqdm

from prodgen_lib.plain.search import (
    History,
    Objective,
    Parameters,
    Result,
    Space,
    check_some_succeeded,
    first_untried,
    run_trial,
    sobol,
    standardise,
)
from prodgen_lib.tensorflow import vae

Kernel = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def double(array: np.ndarray | float) -> tf.Tensor:
    """Numbers as a float64 tensor."""
    return tf.constant(np.asarray(array), dtype=tf.float64)


def squared_distance(a: tf.Tensor, b: tf.Tensor, length_scales: tf.Tensor) -> tf.Tensor:
    """How far each point of `a` (N, D) is from each of `b` (M, D), in length scales: (N, M).

        r²(a, b)  =  sum over dimensions of  ((a_d - b_d) / length_scales_d)²

    `length_scales` (D,): one for each dimension, over which the function bends. A long one
    says that it hardly bends along this axis, not that it hardly changes.
    Exactly 0 for equal points and never negative.
    Runs inside a `tf.function`, too, where N and M are not known beforehand.
    """
    return tf.reduce_sum(tf.square((a[:, None] - b[None]) / length_scales), axis=-1)


def rbf_kernel(
    a: tf.Tensor, b: tf.Tensor, *, length_scales: tf.Tensor, output_scale: tf.Tensor
) -> tf.Tensor:
    """Covariance of a function's values at `a` (N, D) and `b` (M, D): (N, M).

        k = output_scale · exp(-r² / 2)

    `output_scale` is a variance. Functions drawn from it have derivatives of every order.
    """
    return output_scale * tf.exp(-0.5 * squared_distance(a, b, length_scales))


def matern_kernel(
    a: tf.Tensor, b: tf.Tensor, *, length_scales: tf.Tensor, output_scale: tf.Tensor
) -> tf.Tensor:
    """Matérn covariance, ν = 5/2, of a function's values at `a` (N, D) and `b` (M, D): (N, M).

        k = output_scale · (1 + √5 r + 5/3 r²) · exp(-√5 r)

    with r² from `squared_distance`; `output_scale` is a variance. Functions drawn from it can be
    differentiated twice, which losses can be expected to be, and not for ever.

    Gradients are finite everywhere: √ has none at 0, so r² counts as 1e-30 there
    (Rasmussen and Williams, Gaussian Processes for Machine Learning, equation 4.17).
    Runs inside a `tf.function`, too, where N and M are not known beforehand.
    """
    r = tf.sqrt(5 * tf.maximum(squared_distance(a, b, length_scales), 1e-30))
    return output_scale * (1 + r + tf.square(r) / 3) * tf.exp(-r)


def factorise(matrix: tf.Tensor, *, jitter: float = 1e-8) -> tf.Tensor:
    """The lower Cholesky factor L of a covariance matrix (N, N), L Lᵀ = matrix.

    Two points close to each other make two rows nearly equal, and rounding then turns the smallest
    eigenvalue, in truth just above 0, negative: no factor exists. `jitter` times the mean of the
    diagonal is added to it first. That is far above the rounding (1e-16 · N) and far below any
    noise: as if each value were known to four digits of its spread.
    """
    diagonal = tf.linalg.diag_part(matrix)
    return tf.linalg.cholesky(
        tf.linalg.set_diag(matrix, diagonal + jitter * tf.reduce_mean(diagonal))
    )


def condition(
    points: tf.Tensor, targets: tf.Tensor, kernel: Kernel, *, noise: tf.Tensor | float
) -> tuple[tf.Tensor, tf.Tensor]:
    """What a Gaussian process keeps of its observations: `factor` (N, N) and `weights` (N,).

        factor  = lower Cholesky factor of K,     K = kernel(points, points) + noise · identity
        weights = K⁻¹ · targets

    `points` (N, D), `targets` (N,) with mean 0; `kernel(a, b)` gives covariances (len(a), len(b)).
    `noise` is the *variance* by which an observation differs from the function. Use `factorise`.
    No inverse: two solves with triangular matrices give the weights, faster and more exactly.
    Runs inside a `tf.function`, too, where N is not known beforehand.
    """
    identity = tf.eye(tf.shape(points)[0], dtype=points.dtype)
    factor = factorise(kernel(points, points) + noise * identity)
    return factor, tf.linalg.cholesky_solve(factor, targets[:, None])[:, 0]


def predict(
    queries: tf.Tensor, points: tf.Tensor, factor: tf.Tensor, weights: tf.Tensor, kernel: Kernel
) -> tuple[tf.Tensor, tf.Tensor]:
    """The function's mean and variance at `queries` (M, D), given the observations: two (M,).

        mean = Cᵀ · weights,     variance = kernel(q, q) - sum over rows of (factor⁻¹ C)²

    where C = kernel(points, queries) is (N, M), and `factor`, `weights` come from `condition`.
    The variance is that of the function: noise would come on top for a new observation. All kernels
    here have the same variance everywhere, so kernel(q, q) is needed at one query alone.
    Rounding can make a difference of nearly equal numbers negative: no variance is below 1e-12
    (Rasmussen and Williams, algorithm 2.1).
    Runs inside a `tf.function`, too, where N and M are not known beforehand.
    """
    covariance = kernel(points, queries)
    whitened = tf.linalg.triangular_solve(factor, covariance, lower=True)
    before = kernel(queries[:1], queries[:1])[0, 0]
    variance = before - tf.reduce_sum(tf.square(whitened), axis=0)
    mean = tf.linalg.matvec(covariance, weights, transpose_a=True)
    return mean, tf.maximum(variance, 1e-12)


def log_marginal_likelihood(factor: tf.Tensor, weights: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """log p(targets) under the Gaussian process, functions integrated out: a scalar, in nats.

        -½ targetsᵀ · K⁻¹ · targets  -  ½ log det K  -  N/2 · log 2π

    `factor` and `weights` come from `condition`; `targets` (N,). The first term is how well the
    data fit, the second punishes a kernel that could have produced anything. The determinant of K
    is the squared product of the factor's diagonal: add logarithms, the product itself underflows
    (Rasmussen and Williams, equation 2.30).
    Runs inside a `tf.function`, too, where N is not known beforehand.
    """
    fit = -0.5 * tf.reduce_sum(targets * weights)
    complexity = -tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factor)))
    count = tf.cast(tf.size(targets), targets.dtype)
    return fit + complexity - 0.5 * count * math.log(2 * math.pi)


def log_prior(length_scales: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """What is thought of the scales before any data, up to a constant: a scalar.

    Length scales: log-normal around e^√2 · √D with log-deviation √3, since distances in a cube grow
    with √D (arXiv:2402.02229). Noise: most likely none, and seldom a large part of the variance 1
    that the targets have, so that few points are not all explained as noise.
    """
    centre = math.sqrt(2) + 0.5 * tf.math.log(tf.cast(tf.size(length_scales), tf.float64))
    logs = tf.math.log(length_scales)
    scales = -tf.reduce_sum(tf.square(logs - centre) / 6 + logs)
    return scales - 0.2 * tf.math.log(noise) - 5 * noise


def negative_log_posterior(
    log_parameters: tf.Tensor, points: tf.Tensor, targets: tf.Tensor
) -> tf.Tensor:
    """Minus log likelihood and log prior of `log_parameters` (D + 2,), to be minimised: a scalar.

    The logarithms of D length scales, the output scale and the noise: so none can become negative.
    """
    parameters = tf.exp(log_parameters)
    length_scales, output_scale, noise = parameters[:-2], parameters[-2], parameters[-1]

    def kernel(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        return matern_kernel(a, b, length_scales=length_scales, output_scale=output_scale)

    factor, weights = condition(points, targets, kernel, noise=noise)
    likelihood = log_marginal_likelihood(factor, weights, targets)
    return -likelihood - log_prior(length_scales, noise)


@tf.function(reduce_retracing=True)
def value_and_slope(
    function: Callable[..., tf.Tensor], inputs: tf.Tensor, *given: object
) -> tuple[tf.Tensor, tf.Tensor]:
    """`function(inputs, *given)`, a scalar, and its gradient for `inputs`, as a graph.

    It is traced once for each function and then serves tensors of any length, so inside it a length
    is `tf.shape(…)[0]`. Ten times faster than without: these tensors are small, and eagerly each
    operation costs more than its arithmetic.
    """
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = function(inputs, *given)
    return value, tape.gradient(value, inputs)


def minimise(
    function: Callable[..., tf.Tensor],
    start: np.ndarray,
    *,
    bounds: np.ndarray,
    iterations: int = 50,
    given: tuple = (),
) -> tuple[np.ndarray, float]:
    """The lowest point found from `start` inside bounds, by L-BFGS-B, and the value there.

    `function(inputs, *given)` maps a float64 tensor of the shape of `start` to a scalar; autodiff
    gives its slope. `bounds` (…, 2), lowest and highest, one pair for each number of `start`.
    With `given` it runs as a graph, which pays off when the same function comes again.
    """
    evaluate = value_and_slope if given else value_and_slope.python_function

    def at(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = evaluate(function, double(flat.reshape(start.shape)), *given)
        return float(value), slope.numpy().ravel()

    found = minimize(
        at, start.ravel(), jac=True, method="L-BFGS-B",
        bounds=np.reshape(bounds, (-1, 2)), options={"maxiter": iterations, "ftol": 1e-6},
    )  # fmt: skip
    return found.x.reshape(start.shape), float(found.fun)


class Process(NamedTuple):
    """A Gaussian process that has seen N points (N, D), with the scales it was fitted with."""

    points: tf.Tensor
    factor: tf.Tensor
    weights: tf.Tensor
    length_scales: tf.Tensor
    output_scale: tf.Tensor
    noise: tf.Tensor


def kernel_of(process: Process) -> Kernel:
    """The kernel with the scales of a process: `kernel(a, b)`."""

    def kernel(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        scales = {"length_scales": process.length_scales, "output_scale": process.output_scale}
        return matern_kernel(a, b, **scales)

    return kernel


def process_at(process: Process, queries: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and *standard deviation* of the function at queries (M, D): two (M,)."""
    kernel = kernel_of(process)
    mean, variance = predict(queries, process.points, process.factor, process.weights, kernel)
    return mean, tf.sqrt(variance)


def fit_process(points: np.ndarray, targets: np.ndarray) -> Process:
    """The process that explains `targets` (N,), mean 0 and deviation 1, at `points` (N, D) best.

    Scales: the most probable ones, from one start. Bounds keep them where float64 can follow.
    """
    size = points.shape[1]
    start = np.log([*size * [0.5], 1.0, 1e-3])
    bounds = np.log([*size * [(0.02, 50)], (0.05, 20), (1e-6, 1)])
    inputs, outputs = double(points), double(targets)
    found, _ = minimise(negative_log_posterior, start, bounds=bounds, given=(inputs, outputs))
    scales = tf.exp(double(found))
    process = Process(inputs, inputs, outputs, scales[:-2], scales[-2], scales[-1])
    factor, weights = condition(inputs, outputs, kernel_of(process), noise=process.noise)
    return process._replace(factor=factor, weights=weights)


def expected_improvement(
    mean: tf.Tensor, standard_deviation: tf.Tensor, best: tf.Tensor
) -> tf.Tensor:
    """By how much a trial is expected to come out below `best`, for each of M points: (M,).

        σ · (u · Φ(u) + φ(u)),     u = (best - mean) / σ

    `mean` and `standard_deviation` (M,) of the function there, `best` a scalar: the lowest value so
    far. Φ and φ are the standard normal's distribution and density. A trial that comes out worse
    counts as 0, not as a loss (Jones, Schonlau and Welch 1998, listed under To read).
    Runs inside a `tf.function`, too, where M is not known beforehand.
    """
    u = (best - mean) / standard_deviation
    density = tf.exp(-0.5 * tf.square(u)) / math.sqrt(2 * math.pi)
    return standard_deviation * (u * 0.5 * tf.math.erfc(-u / math.sqrt(2)) + density)


def log_expected_improvement(
    mean: tf.Tensor, standard_deviation: tf.Tensor, best: tf.Tensor
) -> tf.Tensor:
    """The logarithm of `expected_improvement`, also where that itself rounds to 0: (M,).

    With h(u) = u Φ(u) + φ(u) it is log σ + log h(u). Down to u = -25 as it stands, with
    Φ(u) = ½ erfc(-u/√2), for 1 + erf(u/√2) keeps no digits of a small Φ. Below that, by the series

        log h(u) = -u²/2 - ½ log 2π - 2 log|u| + log(1 - 3/u² + 15/u⁴ - 105/u⁶ + 945/u⁸)

    Values and gradients are finite and right for u from -1000 up to 1000. Both branches get only
    numbers that they can stand: an infinite value not chosen still makes a gradient NaN
    (arXiv:2310.20708 on why the logarithm, with another series).
    Runs inside a `tf.function`, too, where M is not known beforehand.
    """
    u = (best - mean) / standard_deviation
    near, far = tf.maximum(u, -25), tf.minimum(u, -25)
    density = tf.exp(-0.5 * tf.square(near)) / math.sqrt(2 * math.pi)
    direct = tf.math.log(near * 0.5 * tf.math.erfc(-near / math.sqrt(2)) + density)
    v = 1 / tf.square(far)
    series = tf.math.log(1 - 3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4) + tf.math.log(v)
    series = series - 0.5 * tf.square(far) - 0.5 * math.log(2 * math.pi)
    return tf.math.log(standard_deviation) + tf.where(u > -25, direct, series)


def probability_of_improvement(
    mean: tf.Tensor, standard_deviation: tf.Tensor, best: tf.Tensor
) -> tf.Tensor:
    """How likely a trial comes out below `best`, for each of M points: (M,), from 0 to 1.

    Φ(u) with u = (best - mean) / σ, the chance that `expected_improvement` weighs by how much
    (Kushner 1964, doi:10.1115/1.3653121). As ½ erfc(-u/√2) it keeps its digits down to u = -37,
    where ½ (1 + erf(u/√2)) is 0 from u = -9 on. A point that is surely better by next to nothing
    gets nearly 1, and so the search stays where it is.
    """
    return 0.5 * tf.math.erfc((mean - best) / (standard_deviation * math.sqrt(2)))


def upper_confidence_bound(
    mean: tf.Tensor, standard_deviation: tf.Tensor, *, beta: float = 2.0
) -> tf.Tensor:
    """How low the function may reasonably be, with the sign turned round: (M,), larger is better.

    β·σ - mean, the upper confidence bound of minus the function. A larger β explores more.
    """
    return beta * standard_deviation - mean


def thompson_sample(process: Process, candidates: np.ndarray, *, seed: int) -> np.ndarray:
    """One function drawn from the posterior, at candidates (M, D): (M,).

    The point where it is lowest is chosen with the probability that it is the best one.
    """
    kernel, queries = kernel_of(process), double(candidates)
    cross = kernel(process.points, queries)
    whitened = tf.linalg.triangular_solve(process.factor, cross, lower=True)
    covariance = kernel(queries, queries) - tf.matmul(whitened, whitened, transpose_a=True)
    factor = factorise(covariance, jitter=1e-6)  # after a difference, the more rounding
    noise = double(np.random.default_rng(seed).standard_normal(len(queries)))
    mean = tf.linalg.matvec(cross, process.weights, transpose_a=True)
    return (mean + tf.linalg.matvec(factor, noise)).numpy()


@lru_cache(maxsize=4)
def downhill(acquisition: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
    """Minus the sum of an acquisition's values; the same function each time, so one graph does."""

    def function(points: tf.Tensor, *given: object) -> tf.Tensor:
        return -tf.reduce_sum(acquisition(points, *given))

    return function


def search_acquisition(
    acquisition: Callable[..., tf.Tensor],
    candidates: np.ndarray,
    *,
    starts: int = 8,
    iterations: int = 20,
    given: tuple = (),
) -> np.ndarray:
    """The point (D,) of the unit cube where `acquisition` is highest, as far as can be found.

    `acquisition(points, *given)` maps points (M, D) to their values (M,), with gradients;
    `candidates` (M, D) are points to begin with. The best `starts` of them climb, all in one call
    of `minimise`: the sum of their values is highest where each is. Returns the best of the points
    reached and of those begun with, so that the result is never worse than the best candidate.
    """
    values = acquisition(double(candidates), *given)
    best = candidates[np.argsort(-values.numpy())[:starts]]
    bounds = np.tile([0.0, 1.0], (best.size, 1))
    climbed, _ = minimise(
        downhill(acquisition), best, bounds=bounds, iterations=iterations, given=given
    )
    reached = np.concatenate([climbed, best])
    return reached[int(tf.argmax(acquisition(double(reached), *given)))]


def candidates_for(incumbent: np.ndarray, *, seed: int, count: int = 512) -> np.ndarray:
    """Where a search begins: `count` Sobol points, and a quarter as many around the incumbent."""
    rng = np.random.default_rng(seed)
    scatter = rng.normal(0, 1, (count // 4, len(incumbent)))
    spread = 10 ** rng.uniform(-3, -1, (count // 4, 1))  # from far to near
    local = np.clip(incumbent + spread * scatter, 0, 1)
    return np.concatenate([sobol(count, len(incumbent), seed=seed), local])


def acquisition_at(queries: tf.Tensor, process: Process, best: tf.Tensor, name: str) -> tf.Tensor:
    """What queries (M, D) are worth, (M,), by "log_ei", "ei" or "ucb"; `best` is to be beaten."""
    mean, deviation = process_at(process, queries)
    if name == "ucb":
        return upper_confidence_bound(mean, deviation)
    if name == "ei":
        return expected_improvement(mean, deviation, best)
    return log_expected_improvement(mean, deviation, best)


def suggest(
    points: np.ndarray,
    values: np.ndarray,
    *,
    snap: Callable[[np.ndarray], np.ndarray] | None = None,
    seed: int = 0,
    acquisition: str = "log_ei",
) -> tuple[np.ndarray, float]:
    """Where to try next, a point (D,), and the improvement expected there.

    `points` (N, D) were tried and gave `values` (N,), NaN where they failed. `acquisition` is
    "log_ei", "ei", "ucb" or "thompson". `snap` moves a point to one that can be tried, for whole
    numbers and choices. No point is tried twice while there is another. The improvement is in
    standard deviations of the values.

    The best so far is the lowest posterior *mean* at a tried point: with noise the lowest value
    seen is luck in part.
    """
    process = fit_process(points, standardise(values))
    means = process_at(process, process.points)[0]
    best, incumbent = tf.reduce_min(means), points[int(tf.argmin(means))]

    given = process, best, acquisition
    candidates = candidates_for(incumbent, seed=seed)
    if acquisition == "thompson":
        found = candidates[int(thompson_sample(process, candidates, seed=seed).argmin())]
    else:
        found = search_acquisition(acquisition_at, candidates, given=given)
    chosen = first_untried([found], points, snap)
    if chosen is None:
        order = np.argsort(-acquisition_at(double(candidates), *given).numpy())
        chosen = first_untried(candidates[order], points, snap, otherwise=found)
    gain = expected_improvement(*process_at(process, double(chosen[None])), best)
    return chosen, float(gain[0])


def recommend(points: np.ndarray, values: np.ndarray) -> int:
    """Which of the trials to take in the end: the number of the one with the lowest posterior mean.

    `points` (N, D), `values` (N,), NaN where failed. Where values are noisy, the lowest of many is
    lucky, and lower than it will be when it is repeated; the model knows its neighbours too.
    """
    process = fit_process(points, standardise(values))
    means = process_at(process, process.points)[0]
    return int(tf.argmin(means))


def stop_reason(
    gains: list[float], *, trials: int, budget: int, tolerance: float = 1e-3, patience: int = 2
) -> str | None:
    """Why a search should end now, or None.

    "budget" when `trials` have reached `budget`. Otherwise "gain" when the last `patience` of
    `gains` are all below `tolerance`: the improvements that were expected of the trials that the
    model chose, in standard deviations of the values. One small gain may be chance, and fewer than
    `patience` gains are no reason. A gain of NaN is not small. The budget comes first.
    """
    if trials >= budget:
        return "budget"
    recent = gains[-patience:]
    if len(recent) == patience and all(gain < tolerance for gain in recent):
        return "gain"
    return None


def optimise(
    objective: Objective,
    space: Space,
    *,
    budget: int = 30,
    start: int | None = None,
    seed: int = 0,
    history: str | Path | None = None,
    tolerance: float = 1e-3,
    choose: Callable[..., tuple[np.ndarray, float]] = suggest,
    progress: bool = True,
    on_trial: Callable[[History], None] | None = None,
) -> Result:
    """Search `space` for the settings with the lowest objective, in at most `budget` trials.

    The first `start` trials (2·(D + 1) unless given) are Sobol points of `seed`. Each later one is
    `choose(points, values, snap=space.snap, seed=seed + n)`, with n the number of trials so far:
    a point and the gain expected there. Each is run by `run_trial`, which survives failures, and
    added to the history at once. After each, `on_trial(history)`, and `stop_reason` decides.

    `history` is a file to keep the trials in. If it exists, the search goes on from it, to the same
    trials as without a break. ValueError when all trials of the start failed, or there are none.
    """
    start = 2 * (space.size + 1) if start is None else start
    first, kept = sobol(start, space.size, seed=seed), History(space, history)
    bar = tqdm(total=budget, initial=len(kept), disable=not progress)
    options = {"budget": budget, "tolerance": tolerance}
    while not (reason := stop_reason(kept.gains, trials=len(kept), **options)):
        if len(kept) < start:
            point, gain = first[len(kept)], math.nan
        else:
            check_some_succeeded(kept)
            point, gain = choose(kept.points, kept.values, snap=space.snap, seed=seed + len(kept))
        kept.add(run_trial(objective, space, point, gain=gain))
        bar.update()
        if on_trial:
            on_trial(kept)
    bar.close()
    return Result(kept, kept.best, reason)


def train_and_score(
    parameters: Parameters,
    pictures: np.ndarray,
    held_out: np.ndarray,
    *,
    steps: int = 100,
    seed: int = 0,
    on_step: Callable | None = None,
) -> float:
    """What an hour of tuning is about, in seconds: chapter 5's autoencoder, trained and judged.

    `parameters` holds "learning_rate", "width" and "latents" (`vae_space`); `pictures` and
    `held_out` are uint8 N×32×32×3. Returns minus the evidence lower bound on `held_out`, in nats a
    picture: the lower, the better. NaN when the training diverged.
    """
    model = vae.train(
        pictures, steps=steps, seed=seed, progress=False, on_step=on_step, **parameters
    )
    return -float(vae.evaluate(model, held_out, samples=1, seed=seed)["elbo"].mean())


def review_posterior(
    points: tf.Tensor, values: tf.Tensor, queries: tf.Tensor, *, length_scale: float, noise: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and deviation of a one-dimensional Gaussian process, at a whiteboard: two (M,).

    `points`, `values` (N,) were seen, with noise of variance `noise`; `queries` (M,). The kernel is
    exp(-½ (difference / length_scale)²). Variances below 1e-12 count as 1e-12. Points may lie so
    close together that only a Cholesky factor gets it right.
    """

    def kernel(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        return tf.exp(-0.5 * ((a[:, None] - b[None]) / length_scale) ** 2)

    identity = tf.eye(len(points), dtype=points.dtype)
    factor = tf.linalg.cholesky(kernel(points, points) + noise * identity)
    cross = tf.linalg.triangular_solve(factor, kernel(points, queries))
    seen = tf.linalg.triangular_solve(factor, values[:, None])
    variance = 1 - tf.reduce_sum(cross**2, axis=0)
    return (tf.transpose(cross) @ seen)[:, 0], tf.sqrt(tf.maximum(variance, 1e-12))


def review_next_rate(
    rates: np.ndarray, losses: np.ndarray, *, low: float, high: float, count: int = 101
) -> float:
    """The learning rate to try next, at a whiteboard, given the losses that others led to.

    Candidates: `count` rates from `low` to `high`, evenly spaced on a logarithmic scale, which also
    measures all distances: low is 0, high is 1. Losses are brought to mean 0 and deviation 1.
    Of `review_posterior` with length scale 0.2 and noise 0.01, the candidate with the largest
    expected improvement on the lowest loss, but none within half a step of a rate tried before.
    """

    def place(rate: np.ndarray) -> np.ndarray:
        return np.log(rate / low) / np.log(high / low)

    candidates = np.linspace(0, 1, count)
    values = (losses - losses.mean()) / losses.std()
    mean, deviation = review_posterior(
        double(place(rates)), double(values), double(candidates), length_scale=0.2, noise=0.01
    )
    u = (values.min() - mean) / deviation
    density = tf.exp(-0.5 * u**2) / np.sqrt(2 * np.pi)
    gain = (deviation * (u * 0.5 * tf.math.erfc(-u / np.sqrt(2)) + density)).numpy()
    tried = np.abs(candidates[:, None] - place(rates)).min(axis=1) < 0.5 / (count - 1)
    chosen = candidates[np.where(tried, -np.inf, gain).argmax()]
    return float(low * (high / low) ** chosen)
