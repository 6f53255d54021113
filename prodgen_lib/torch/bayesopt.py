"""Bayesian optimisation: tune a model with few trainings, in PyTorch.

Read from top to bottom: kernels, the Gaussian process, how its scales are found, what a trial is
worth, the search for the best one, and the loop. Everything minimises, in the unit cube, on values
of mean 0 and standard deviation 1, in float64: a covariance matrix has eigenvalues ten powers of
ten apart. Gradients are the framework's, the steps are those of SciPy's L-BFGS-B.
The same functions in TensorFlow: `prodgen_lib.tensorflow.bayesopt`; spaces, histories and test
functions, which need no framework: `prodgen_lib.plain.search`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor
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
from prodgen_lib.torch import vae

Kernel = Callable[[Tensor, Tensor], Tensor]


def double(array: np.ndarray | float) -> Tensor:
    """Numbers as a float64 tensor."""
    return torch.as_tensor(np.asarray(array), dtype=torch.float64)


def squared_distance(a: Tensor, b: Tensor, length_scales: Tensor) -> Tensor:
    """How far each point of `a` (N, D) is from each of `b` (M, D), in length scales: (N, M).

        r²(a, b)  =  sum over dimensions of  ((a_d - b_d) / length_scales_d)²

    `length_scales` (D,): one for each dimension, over which the function bends. A long one
    says that it hardly bends along this axis, not that it hardly changes.
    Exactly 0 for equal points and never negative.
    """
    return ((a[:, None] - b[None]) / length_scales).square().sum(dim=-1)


def rbf_kernel(a: Tensor, b: Tensor, *, length_scales: Tensor, output_scale: Tensor) -> Tensor:
    """Covariance of a function's values at `a` (N, D) and `b` (M, D): (N, M).

        k = output_scale · exp(-r² / 2)

    `output_scale` is a variance. Functions drawn from it have derivatives of every order.
    """
    return output_scale * torch.exp(-0.5 * squared_distance(a, b, length_scales))


def matern_kernel(a: Tensor, b: Tensor, *, length_scales: Tensor, output_scale: Tensor) -> Tensor:
    """Matérn covariance, ν = 5/2, of a function's values at `a` (N, D) and `b` (M, D): (N, M).

        k = output_scale · (1 + √5 r + 5/3 r²) · exp(-√5 r)

    with r² from `squared_distance`; `output_scale` is a variance. Functions drawn from it can be
    differentiated twice, which losses can be expected to be, and not for ever.

    Gradients are finite everywhere: √ has none at 0, so r² counts as 1e-30 there
    (Rasmussen and Williams, Gaussian Processes for Machine Learning, equation 4.17).
    """
    r = torch.sqrt(5 * squared_distance(a, b, length_scales).clamp(min=1e-30))
    return output_scale * (1 + r + r.square() / 3) * torch.exp(-r)


def factorise(matrix: Tensor, *, jitter: float = 1e-8) -> Tensor:
    """The lower Cholesky factor L of a covariance matrix (N, N), L Lᵀ = matrix.

    Two points close to each other make two rows nearly equal, and rounding then turns the smallest
    eigenvalue, in truth just above 0, negative: no factor exists. `jitter` times the mean of the
    diagonal is added to it first. That is far above the rounding (1e-16 · N) and far below any
    noise: as if each value were known to four digits of its spread.
    """
    identity = torch.eye(len(matrix), dtype=matrix.dtype)
    return torch.linalg.cholesky(matrix + jitter * matrix.diagonal().mean() * identity)


def condition(
    points: Tensor, targets: Tensor, kernel: Kernel, *, noise: Tensor | float
) -> tuple[Tensor, Tensor]:
    """What a Gaussian process keeps of its observations: `factor` (N, N) and `weights` (N,).

        factor  = lower Cholesky factor of K,     K = kernel(points, points) + noise · identity
        weights = K⁻¹ · targets

    `points` (N, D), `targets` (N,) with mean 0; `kernel(a, b)` gives covariances (len(a), len(b)).
    `noise` is the *variance* by which an observation differs from the function. Use `factorise`.
    No inverse: two solves with triangular matrices give the weights, faster and more exactly.
    """
    covariance = kernel(points, points) + noise * torch.eye(len(points), dtype=points.dtype)
    factor = factorise(covariance)
    return factor, torch.cholesky_solve(targets[:, None], factor)[:, 0]


def predict(
    queries: Tensor, points: Tensor, factor: Tensor, weights: Tensor, kernel: Kernel
) -> tuple[Tensor, Tensor]:
    """The function's mean and variance at `queries` (M, D), given the observations: two (M,).

        mean = Cᵀ · weights,     variance = kernel(q, q) - sum over rows of (factor⁻¹ C)²

    where C = kernel(points, queries) is (N, M), and `factor`, `weights` come from `condition`.
    The variance is that of the function: noise would come on top for a new observation. All kernels
    here have the same variance everywhere, so kernel(q, q) is needed at one query alone.
    Rounding can make a difference of nearly equal numbers negative: no variance is below 1e-12
    (Rasmussen and Williams, algorithm 2.1).
    """
    covariance = kernel(points, queries)
    whitened = torch.linalg.solve_triangular(factor, covariance, upper=False)
    before = kernel(queries[:1], queries[:1])[0, 0]
    variance = before - whitened.square().sum(dim=0)
    return covariance.T @ weights, variance.clamp(min=1e-12)


def log_marginal_likelihood(factor: Tensor, weights: Tensor, targets: Tensor) -> Tensor:
    """log p(targets) under the Gaussian process, functions integrated out: a scalar, in nats.

        -½ targetsᵀ · K⁻¹ · targets  -  ½ log det K  -  N/2 · log 2π

    `factor` and `weights` come from `condition`; `targets` (N,). The first term is how well the
    data fit, the second punishes a kernel that could have produced anything. The determinant of K
    is the squared product of the factor's diagonal: add logarithms, the product itself underflows
    (Rasmussen and Williams, equation 2.30).
    """
    fit = -0.5 * targets @ weights
    complexity = -factor.diagonal().log().sum()
    return fit + complexity - 0.5 * len(targets) * math.log(2 * math.pi)


def log_prior(length_scales: Tensor, noise: Tensor) -> Tensor:
    """What is thought of the scales before any data, up to a constant: a scalar.

    Length scales: log-normal around e^√2 · √D with log-deviation √3, since distances in a cube grow
    with √D (arXiv:2402.02229). Noise: most likely none, and seldom a large part of the variance 1
    that the targets have, so that few points are not all explained as noise.
    """
    centre = math.sqrt(2) + 0.5 * math.log(len(length_scales))
    scales = -((length_scales.log() - centre).square() / 6 + length_scales.log()).sum()
    return scales - 0.2 * noise.log() - 5 * noise


def negative_log_posterior(log_parameters: Tensor, points: Tensor, targets: Tensor) -> Tensor:
    """Minus log likelihood and log prior of `log_parameters` (D + 2,), to be minimised: a scalar.

    The logarithms of D length scales, the output scale and the noise: so none can become negative.
    """
    *_, output_scale, noise = parameters = log_parameters.exp()
    length_scales = parameters[:-2]

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return matern_kernel(a, b, length_scales=length_scales, output_scale=output_scale)

    factor, weights = condition(points, targets, kernel, noise=noise)
    likelihood = log_marginal_likelihood(factor, weights, targets)
    return -likelihood - log_prior(length_scales, noise)


def minimise(
    function: Callable[..., Tensor],
    start: np.ndarray,
    *,
    bounds: np.ndarray,
    iterations: int = 50,
    given: tuple = (),
) -> tuple[np.ndarray, float]:
    """The lowest point found from `start` inside bounds, by L-BFGS-B, and the value there.

    `function(inputs, *given)` maps a float64 tensor of the shape of `start` to a scalar; autodiff
    gives its slope. `bounds` (…, 2), lowest and highest, one pair for each number of `start`.
    """

    def at(flat: np.ndarray) -> tuple[float, np.ndarray]:
        inputs = double(flat.reshape(start.shape)).requires_grad_()
        value = function(inputs, *given)
        (slope,) = torch.autograd.grad(value, inputs)
        return value.item(), slope.numpy().ravel()

    found = minimize(
        at, start.ravel(), jac=True, method="L-BFGS-B",
        bounds=np.reshape(bounds, (-1, 2)), options={"maxiter": iterations, "ftol": 1e-6},
    )  # fmt: skip
    return found.x.reshape(start.shape), float(found.fun)


class Process(NamedTuple):
    """A Gaussian process that has seen N points (N, D), with the scales it was fitted with."""

    points: Tensor
    factor: Tensor
    weights: Tensor
    length_scales: Tensor
    output_scale: Tensor
    noise: Tensor


def kernel_of(process: Process) -> Kernel:
    """The kernel with the scales of a process: `kernel(a, b)`."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        scales = {"length_scales": process.length_scales, "output_scale": process.output_scale}
        return matern_kernel(a, b, **scales)

    return kernel


def process_at(process: Process, queries: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and *standard deviation* of the function at queries (M, D): two (M,)."""
    kernel = kernel_of(process)
    mean, variance = predict(queries, process.points, process.factor, process.weights, kernel)
    return mean, variance.sqrt()


def fit_process(points: np.ndarray, targets: np.ndarray) -> Process:
    """The process that explains `targets` (N,), mean 0 and deviation 1, at `points` (N, D) best.

    Scales: the most probable ones, from one start. Bounds keep them where float64 can follow.
    """
    size = points.shape[1]
    start = np.log([*size * [0.5], 1.0, 1e-3])
    bounds = np.log([*size * [(0.02, 50)], (0.05, 20), (1e-6, 1)])
    inputs, outputs = double(points), double(targets)
    found, _ = minimise(negative_log_posterior, start, bounds=bounds, given=(inputs, outputs))
    *_, output_scale, noise = parameters = double(found).exp()
    process = Process(inputs, inputs, outputs, parameters[:-2], output_scale, noise)
    factor, weights = condition(inputs, outputs, kernel_of(process), noise=noise)
    return process._replace(factor=factor, weights=weights)


def expected_improvement(mean: Tensor, standard_deviation: Tensor, best: Tensor) -> Tensor:
    """By how much a trial is expected to come out below `best`, for each of M points: (M,).

        σ · (u · Φ(u) + φ(u)),     u = (best - mean) / σ

    `mean` and `standard_deviation` (M,) of the function there, `best` a scalar: the lowest value so
    far. Φ and φ are the standard normal's distribution and density. A trial that comes out worse
    counts as 0, not as a loss (Jones, Schonlau and Welch 1998, listed under To read).
    """
    u = (best - mean) / standard_deviation
    density = torch.exp(-0.5 * u.square()) / math.sqrt(2 * math.pi)
    return standard_deviation * (u * 0.5 * torch.erfc(-u / math.sqrt(2)) + density)


def log_expected_improvement(mean: Tensor, standard_deviation: Tensor, best: Tensor) -> Tensor:
    """The logarithm of `expected_improvement`, also where that itself rounds to 0: (M,).

    With h(u) = u Φ(u) + φ(u) it is log σ + log h(u). Down to u = -25 as it stands, with
    Φ(u) = ½ erfc(-u/√2), for 1 + erf(u/√2) keeps no digits of a small Φ. Below that, by the series

        log h(u) = -u²/2 - ½ log 2π - 2 log|u| + log(1 - 3/u² + 15/u⁴ - 105/u⁶ + 945/u⁸)

    Values and gradients are finite and right for u from -1000 up to 1000. Both branches get only
    numbers that they can stand: an infinite value not chosen still makes a gradient NaN
    (arXiv:2310.20708 on why the logarithm, with another series).
    """
    u = (best - mean) / standard_deviation
    near, far = u.clamp(min=-25), u.clamp(max=-25)
    density = torch.exp(-0.5 * near.square()) / math.sqrt(2 * math.pi)
    direct = torch.log(near * 0.5 * torch.erfc(-near / math.sqrt(2)) + density)
    v = far**-2
    series = torch.log(1 - 3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4) + torch.log(v)
    series = series - 0.5 * far.square() - 0.5 * math.log(2 * math.pi)
    return standard_deviation.log() + torch.where(u > -25, direct, series)


def probability_of_improvement(mean: Tensor, standard_deviation: Tensor, best: Tensor) -> Tensor:
    """How likely a trial comes out below `best`, for each of M points: (M,), from 0 to 1.

    Φ(u) with u = (best - mean) / σ, the chance that `expected_improvement` weighs by how much
    (Kushner 1964, doi:10.1115/1.3653121). As ½ erfc(-u/√2) it keeps its digits down to u = -37,
    where ½ (1 + erf(u/√2)) is 0 from u = -9 on. A point that is surely better by next to nothing
    gets nearly 1, and so the search stays where it is.
    """
    return 0.5 * torch.erfc((mean - best) / (standard_deviation * math.sqrt(2)))


def upper_confidence_bound(
    mean: Tensor, standard_deviation: Tensor, *, beta: float = 2.0
) -> Tensor:
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
    whitened = torch.linalg.solve_triangular(process.factor, cross, upper=False)
    covariance = kernel(queries, queries) - whitened.T @ whitened
    factor = factorise(covariance, jitter=1e-6)  # after a difference, the more rounding
    noise = double(np.random.default_rng(seed).standard_normal(len(queries)))
    return (cross.T @ process.weights + factor @ noise).numpy()


def search_acquisition(
    acquisition: Callable[..., Tensor],
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

    def downhill(points: Tensor, *given: object) -> Tensor:
        return -acquisition(points, *given).sum()

    values = acquisition(double(candidates), *given)
    best = candidates[np.argsort(-values.detach().numpy())[:starts]]
    bounds = np.tile([0.0, 1.0], (best.size, 1))
    climbed, _ = minimise(downhill, best, bounds=bounds, iterations=iterations, given=given)
    reached = np.concatenate([climbed, best])
    return reached[int(acquisition(double(reached), *given).argmax())]


def candidates_for(incumbent: np.ndarray, *, seed: int, count: int = 512) -> np.ndarray:
    """Where a search begins: `count` Sobol points, and a quarter as many around the incumbent."""
    rng = np.random.default_rng(seed)
    scatter = rng.normal(0, 1, (count // 4, len(incumbent)))
    spread = 10 ** rng.uniform(-3, -1, (count // 4, 1))  # from far to near
    local = np.clip(incumbent + spread * scatter, 0, 1)
    return np.concatenate([sobol(count, len(incumbent), seed=seed), local])


def acquisition_at(queries: Tensor, process: Process, best: Tensor, name: str) -> Tensor:
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
    with torch.no_grad():
        means = process_at(process, process.points)[0]
    best, incumbent = means.min(), points[int(means.argmin())]

    given = process, best, acquisition
    candidates = candidates_for(incumbent, seed=seed)
    if acquisition == "thompson":
        found = candidates[int(thompson_sample(process, candidates, seed=seed).argmin())]
    else:
        found = search_acquisition(acquisition_at, candidates, given=given)
    with torch.no_grad():
        chosen = first_untried([found], points, snap)
        if chosen is None:
            order = np.argsort(-acquisition_at(double(candidates), *given).numpy())
            chosen = first_untried(candidates[order], points, snap, otherwise=found)
        gain = expected_improvement(*process_at(process, double(chosen[None])), best)
    return chosen, float(gain)


def recommend(points: np.ndarray, values: np.ndarray) -> int:
    """Which of the trials to take in the end: the number of the one with the lowest posterior mean.

    `points` (N, D), `values` (N,), NaN where failed. Where values are noisy, the lowest of many is
    lucky, and lower than it will be when it is repeated; the model knows its neighbours too.
    """
    process = fit_process(points, standardise(values))
    means = process_at(process, process.points)[0]
    return int(means.argmin())


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
    points: Tensor, values: Tensor, queries: Tensor, *, length_scale: float, noise: float
) -> tuple[Tensor, Tensor]:
    """Mean and deviation of a one-dimensional Gaussian process, at a whiteboard: two (M,).

    `points`, `values` (N,) were seen, with noise of variance `noise`; `queries` (M,). The kernel is
    exp(-½ (difference / length_scale)²). Variances below 1e-12 count as 1e-12. Points may lie so
    close together that only a Cholesky factor gets it right.
    """

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return torch.exp(-0.5 * ((a[:, None] - b[None]) / length_scale) ** 2)

    identity = torch.eye(len(points), dtype=points.dtype)
    factor = torch.linalg.cholesky(kernel(points, points) + noise * identity)
    cross = torch.linalg.solve_triangular(factor, kernel(points, queries), upper=False)
    seen = torch.linalg.solve_triangular(factor, values[:, None], upper=False)
    variance = 1 - (cross**2).sum(dim=0)
    return (cross.T @ seen)[:, 0], variance.clamp(min=1e-12).sqrt()


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
    normal = torch.distributions.Normal(double(0.0), double(1.0))
    gain = (deviation * (u * normal.cdf(u) + normal.log_prob(u).exp())).numpy()
    tried = np.abs(candidates[:, None] - place(rates)).min(axis=1) < 0.5 / (count - 1)
    chosen = candidates[np.where(tried, -np.inf, gain).argmax()]
    return float(low * (high / low) ** chosen)
