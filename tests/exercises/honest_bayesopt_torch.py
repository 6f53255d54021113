"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import heapq
import itertools
import math
import statistics

import numpy as np
import scipy.optimize
import torch
from scipy.stats import norm
from torch.distributions import MultivariateNormal, Normal
from tqdm.auto import tqdm

from prodgen_lib.plain.search import History, Result, check_some_succeeded, run_trial, sobol
from prodgen_lib.torch.bayesopt import (
    double,
    factorise,
    minimise,
    review_posterior,
    squared_distance,
    stop_reason,
    suggest,
)


def squared_distance__in_a_loop(a, b, length_scales):
    total = torch.zeros(len(a), len(b), dtype=a.dtype)
    for d in range(a.shape[1]):
        total = total + ((a[:, d, None] - b[None, :, d]) / length_scales[d]) ** 2
    return total


def squared_distance__scaled_first(a, b, length_scales):
    gaps = (a / length_scales).unsqueeze(1) - (b / length_scales).unsqueeze(0)
    return torch.einsum("nmd,nmd->nm", gaps, gaps)


def squared_distance__weights(a, b, length_scales):
    return (a[:, None, :] - b).pow(2) @ length_scales.pow(-2)


def matern_kernel__where(a, b, *, length_scales, output_scale):
    square = squared_distance(a, b, length_scales)
    zero = square == 0
    r = torch.where(zero, torch.ones_like(square), square).sqrt()
    r = torch.where(zero, torch.zeros_like(square), r)
    polynomial = 1 + math.sqrt(5) * r + 5 / 3 * square
    return output_scale * polynomial * torch.exp(-math.sqrt(5) * r)


def matern_kernel__tiny_added(a, b, *, length_scales, output_scale):
    square = squared_distance(a, b, length_scales)
    z = torch.sqrt(5 * square + 1e-20)
    return output_scale * torch.exp(-z) * (1 + z + 5 * square / 3)


def matern_kernel__no_helper(a, b, *, length_scales, output_scale):
    square = ((a[:, None] - b) / length_scales).pow(2).sum(-1)
    r = square.clamp(min=1e-30).sqrt()
    return output_scale * (1 + 5**0.5 * r + 5 * r**2 / 3) / torch.exp(5**0.5 * r)


def condition__two_solves(points, targets, kernel, *, noise):
    covariance = kernel(points, points)
    covariance = covariance + (noise + 1e-8) * torch.eye(*covariance.shape, dtype=points.dtype)
    factor = torch.linalg.cholesky(covariance)
    half = torch.linalg.solve_triangular(factor, targets.unsqueeze(1), upper=False)
    return factor, torch.linalg.solve_triangular(factor.mT, half, upper=True).squeeze(1)


def condition__diagonal(points, targets, kernel, *, noise):
    size = len(points)
    diagonal = torch.diag((noise + 1e-9) * torch.ones(size, dtype=torch.float64))
    factor = torch.linalg.cholesky(kernel(points, points) + diagonal)
    return factor, torch.cholesky_inverse(factor) @ targets


def condition__flat(points, targets, kernel, *, noise):
    covariance = kernel(points, points)
    eye = torch.eye(len(targets)).to(covariance)
    factor = torch.linalg.cholesky(covariance + noise * eye + 1e-8 * covariance[0, 0] * eye)
    return factor, torch.cholesky_solve(targets.view(-1, 1), factor).flatten()


def predict__einsum(queries, points, factor, weights, kernel):
    cross = kernel(queries, points)
    half = torch.linalg.solve_triangular(factor, cross.T, upper=False)
    variance = torch.diagonal(kernel(queries, queries)) - torch.einsum("nm,nm->m", half, half)
    return cross @ weights, torch.clamp(variance, min=1e-12)


def predict__whole_solve(queries, points, factor, weights, kernel):
    cross = kernel(points, queries)
    reduction = (cross * torch.cholesky_solve(cross, factor)).sum(0)
    variance = kernel(queries, queries).diag() - reduction
    return weights @ cross, torch.maximum(variance, torch.full_like(variance, 1e-12))


def predict__one_by_one(queries, points, factor, weights, kernel):
    means, variances = [], []
    for query in queries:
        k = kernel(points, query[None])
        half = torch.linalg.solve_triangular(factor, k, upper=False)
        means.append((k[:, 0] * weights).sum())
        variances.append(kernel(query[None], query[None])[0, 0] - (half**2).sum())
    return torch.stack(means), torch.stack(variances).clamp_min(1e-12)


def log_marginal_likelihood__diag(factor, weights, targets):
    log_determinant = 2 * torch.log(torch.diag(factor)).sum()
    constant = targets.numel() * math.log(2 * math.pi)
    return -0.5 * (torch.dot(targets, weights) + log_determinant + constant)


def log_marginal_likelihood__distribution(factor, weights, targets):
    diagonal = torch.diagonal(factor)
    logs = torch.log(diagonal) + 0.5 * math.log(2 * math.pi)
    return -(logs + 0.5 * targets * weights).sum()


def log_marginal_likelihood__eigenvalues(factor, weights, targets):
    quadratic = (targets * weights).sum()
    return -quadratic / 2 - factor.diag().log().sum() - len(targets) / 2 * math.log(math.tau)


def expected_improvement__distribution(mean, standard_deviation, best):
    normal = Normal(torch.zeros((), dtype=mean.dtype), torch.ones((), dtype=mean.dtype))
    gap = best - mean
    u = gap / standard_deviation
    return gap * normal.cdf(u) + standard_deviation * normal.log_prob(u).exp()


def expected_improvement__erf(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    cdf = 0.5 * (1 + torch.erf(u / 2**0.5))
    pdf = torch.exp(-(u**2) / 2) / (2 * torch.pi) ** 0.5
    return standard_deviation * (u * cdf + pdf)


def expected_improvement__ndtr(mean, standard_deviation, best):
    u = (best - mean).div(standard_deviation)
    pdf = (-u * u / 2).exp() * (1 / math.sqrt(math.tau))
    return (best - mean) * torch.special.ndtr(u) + standard_deviation * pdf


def log_expected_improvement__erfcx(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    near, middle, far = u.clamp(min=-1), u.clamp(-40, -1), u.clamp(max=-40)
    pdf = torch.exp(-0.5 * near**2) / math.sqrt(2 * math.pi)
    first = torch.log(pdf + near * torch.special.ndtr(near))
    mills = torch.special.erfcx(-middle / math.sqrt(2)) * math.sqrt(math.pi / 2)
    second = -0.5 * middle**2 - 0.5 * math.log(2 * math.pi) + torch.log1p(middle * mills)
    v = 1 / far**2
    third = -0.5 * far**2 - 0.5 * math.log(2 * math.pi) + v.log()
    third = third + torch.log1p(-3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4)
    values = torch.where(u > -1, first, torch.where(u > -40, second, third))
    return values + torch.log(standard_deviation)


def log_expected_improvement__safe_where(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    is_far = u < -20
    near = torch.where(is_far, torch.zeros_like(u), u)
    far = torch.where(is_far, u, torch.full_like(u, -30.0))
    pdf = torch.exp(-near.square() / 2) / math.sqrt(2 * math.pi)
    direct = torch.log(near * torch.erfc(-near / math.sqrt(2)) / 2 + pdf)
    v = far.pow(-2)
    bracket = 1 - v * (3 - v * (15 - v * (105 - v * (945 - v * (10395 - 135135 * v)))))
    series = v.log() + bracket.log() - far.square() / 2 - math.log(2 * math.pi) / 2
    return standard_deviation.log() + torch.where(is_far, series, direct)


def log_expected_improvement__masks(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    result = torch.empty_like(u)
    far = u < -25
    near, v = u[~far], u[far].pow(-2)
    density = torch.exp(-0.5 * near**2) / math.sqrt(2 * math.pi)
    result[~far] = torch.log(near * 0.5 * torch.erfc(-near / math.sqrt(2)) + density)
    bracket = torch.log(1 - 3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4)
    result[far] = bracket + v.log() - 0.5 / v - 0.5 * math.log(2 * math.pi)
    return result + standard_deviation.log()


def search_acquisition__one_climb_each(
    acquisition, candidates, *, starts=8, iterations=20, given=()
):
    values = acquisition(double(candidates), *given).detach().numpy()
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
    values = acquisition(double(candidates), *given).detach().numpy()
    chosen = candidates[np.argpartition(-values, min(starts, len(values) - 1))[:starts]]
    limits = np.stack([np.zeros(chosen.size), np.ones(chosen.size)], axis=1)
    climbed, _ = minimise(
        lambda x, *g: -acquisition(x, *g).sum(),
        chosen,
        bounds=limits,
        iterations=iterations,
        given=given,
    )
    heights = acquisition(double(climbed), *given).tolist()
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
    everything = torch.cat([points, queries])
    gaps = (everything.unsqueeze(1) - everything) / length_scale
    whole, size = torch.exp(-gaps.pow(2) / 2), len(points)
    factor = torch.linalg.cholesky(whole[:size, :size] + torch.diag(torch.full_like(points, noise)))
    explained = torch.cholesky_solve(whole[:size, size:], factor)
    variance = whole.diagonal()[size:] - (whole[:size, size:] * explained).sum(0)
    return values @ explained, variance.clamp_min(1e-12).sqrt()


def review_posterior__a_query_at_a_time(points, values, queries, *, length_scale, noise):
    def alike(a, b):
        return torch.exp(-((a - b) ** 2) / (2 * length_scale**2))

    covariance = alike(points[:, None], points) + noise * torch.eye(len(points)).to(points)
    factor = torch.linalg.cholesky(covariance)
    means, deviations = [], []
    for query in queries:
        half = torch.linalg.solve_triangular(factor, alike(points, query)[:, None], upper=False)
        other = torch.linalg.solve_triangular(factor, values[:, None], upper=False)
        means.append((half * other).sum())
        deviations.append(torch.sqrt(torch.maximum(1 - (half**2).sum(), torch.tensor(1e-12))))
    return torch.stack(means), torch.stack(deviations)


def review_posterior__solve(points, values, queries, *, length_scale, noise):
    def kernel(a, b):
        return torch.exp(-0.5 * torch.square(torch.subtract(a[:, None], b) / length_scale))

    cross = kernel(points, queries)
    covariance = kernel(points, points) + noise * torch.eye(len(points), dtype=torch.float64)
    solved = torch.linalg.solve(covariance, cross)
    variance = 1.0 - torch.einsum("nm,nm->m", cross, solved)
    return solved.T @ values, torch.sqrt(variance.clamp(min=1e-12))


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
    tensors = (torch.tensor(part) for part in (places, values, wanted))
    mean, deviation = (p.numpy() for p in review_posterior(*tensors, length_scale=0.2, noise=0.01))
    u = (values.min() - mean) / deviation
    worth = deviation * (u * norm.cdf(u) + norm.pdf(u))
    far = np.abs(np.log(candidates[:, None] / rates)).min(axis=1)
    worth[far < step / 2] = -1
    return float(candidates[worth.argmax()])


def squared_distance__row_by_row(a, b, length_scales):
    gaps = torch.stack([(row - b) / length_scales for row in a])
    return gaps.square().sum(-1)


def squared_distance__mapped(a, b, length_scales):
    def one(x, y):
        return torch.sum(((x - y) / length_scales) ** 2)

    return torch.func.vmap(lambda x: torch.func.vmap(lambda y: one(x, y))(b))(a)


def squared_distance__product(a, b, length_scales):
    gaps = (a[:, None] - b[None]) / length_scales
    return (gaps[..., None, :] @ gaps[..., :, None])[..., 0, 0]


def matern_kernel__horner(a, b, *, length_scales, output_scale):
    z = (5 * squared_distance(a, b, length_scales)).clamp_min(1e-30).sqrt()
    return output_scale * ((z / 3 + 1) * z + 1) * (-z).exp()


def matern_kernel__one_exponential(a, b, *, length_scales, output_scale):
    r2 = torch.maximum(squared_distance(a, b, length_scales), torch.tensor(1e-30).to(a))
    r = r2**0.5
    polynomial = 1 + 5**0.5 * r + 5 / 3 * r2
    return torch.exp(output_scale.log() + polynomial.log() - 5**0.5 * r)


def expected_improvement__log_density(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    density = torch.exp(-(u**2) / 2 - 0.5 * math.log(2 * math.pi))
    return (best - mean) * torch.special.ndtr(u) + standard_deviation * density


def expected_improvement__gain_and_loss(mean, standard_deviation, best):
    gain, normal = best - mean, Normal(torch.zeros_like(mean), standard_deviation)
    return gain * normal.cdf(gain) + standard_deviation**2 * normal.log_prob(gain).exp()


def predict__diagonal(queries, points, factor, weights, kernel):
    cross = kernel(queries, points)
    explained = (cross * torch.cholesky_solve(cross.T, factor).T).sum(1)
    return cross @ weights, torch.clamp_min(kernel(queries, queries).diagonal() - explained, 1e-12)


def log_marginal_likelihood__log_determinant(factor, weights, targets):
    _, log_determinant = torch.linalg.slogdet(factor)
    count = targets.numel()
    return -0.5 * (torch.dot(targets, weights) + count * math.log(2 * math.pi)) - log_determinant


def log_marginal_likelihood__point_by_point(factor, weights, targets):
    total = -0.5 * (targets * weights).sum()
    for row in range(len(targets)):
        total = total - torch.log(factor[row, row]) - 0.5 * math.log(2 * math.pi)
    return total


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


def review_posterior__inverse_factor(points, values, queries, *, length_scale, noise):
    scaled, asked = points / length_scale, queries / length_scale
    known = torch.exp(-((scaled[:, None] - scaled) ** 2) / 2)
    factor = torch.linalg.cholesky(known + torch.diag(torch.full_like(points, noise)))
    cross = torch.exp(-((scaled[:, None] - asked) ** 2) / 2)
    both = torch.cat([cross, values[:, None]], dim=1)
    solved = torch.linalg.solve_triangular(factor, both, upper=False)
    variance = 1 - solved[:, :-1].pow(2).sum(0)
    return solved[:, :-1].T @ solved[:, -1], torch.maximum(
        variance, variance.new_tensor(1e-12)
    ) ** 0.5


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


def matern_kernel__cdist(a, b, *, length_scales, output_scale):
    """The slope of `cdist` at equal points counts as 0, and so does that of this kernel."""
    r = torch.cdist(
        a / length_scales, b / length_scales, compute_mode="donot_use_mm_for_euclid_dist"
    )
    z = math.sqrt(5) * r
    return output_scale * torch.exp(-z) * (1 + z + z * z / 3)


def condition__cholesky_by_hand(points, targets, kernel, *, noise):
    """The factor row by row, and with it the first of the two solves."""
    covariance = kernel(points, points)
    diagonal = covariance.diagonal() + noise + 1e-8 * covariance.diagonal().mean()
    rows, half = [], []
    for i in range(len(points)):
        row = []
        for j in range(i):
            dot = sum((row[k] * rows[j][k] for k in range(j)), torch.zeros_like(targets[0]))
            row.append((covariance[i, j] - dot) / rows[j][j])
        row.append(torch.sqrt(diagonal[i] - sum(x * x for x in row)))
        rows.append(row)
        half.append((targets[i] - sum(x * y for x, y in zip(row, half, strict=False))) / row[i])
    zero = torch.zeros_like(targets[0])
    factor = torch.stack([torch.stack(r + (len(rows) - len(r)) * [zero]) for r in rows])
    weights = torch.linalg.solve_triangular(factor.mT, torch.stack(half)[:, None], upper=True)
    return factor, weights[:, 0]


def condition__upper_factor(points, targets, kernel, *, noise):
    covariance = kernel(points, points)
    mean = torch.einsum("nn->", covariance) / len(points)
    diagonal = torch.ones_like(targets) * (noise + 1e-8 * mean)
    upper = torch.linalg.cholesky(covariance + torch.diag_embed(diagonal), upper=True)
    half = torch.linalg.solve_triangular(upper.mT, targets[:, None], upper=False)
    return upper.mT, torch.linalg.solve_triangular(upper, half, upper=True).flatten()


def condition__substituted_by_hand(points, targets, kernel, *, noise):
    identity = torch.eye(len(points), dtype=torch.float64)
    factor = factorise(torch.add(kernel(points, points), noise * identity))

    def forwards(matrix, right):
        found = []
        for i, row in enumerate(matrix):
            found.append((right[i] - sum(row[j] * x for j, x in enumerate(found))) / row[i])
        return torch.stack(found)

    half = forwards(factor, targets)
    return factor, forwards(factor.T.flip(0, 1), half.flip(0)).flip(0)


def predict__joint_matrix(queries, points, factor, weights, kernel):
    """One call of the kernel for points and queries together."""
    n = len(points)
    everything = torch.vstack([points, queries])
    joint = kernel(everything, everything)
    half = torch.linalg.solve_triangular(factor.mT, joint[n:, :n], upper=True, left=False)
    # X Lᵀ = C is L Xᵀ = Cᵀ
    variance = joint.diagonal()[n:] - half.pow(2).sum(1)
    return torch.mv(joint[n:, :n], weights), torch.relu(variance - 1e-12) + 1e-12


def predict__mapped(queries, points, factor, weights, kernel):
    def one(query):
        k = kernel(points, query[None])
        half = torch.linalg.solve_triangular(factor, k, upper=False)[:, 0]
        variance = kernel(query[None], query[None])[0, 0] - half.dot(half)
        return k[:, 0].dot(weights), variance.clamp(min=1e-12)

    return torch.func.vmap(one)(queries)


def log_marginal_likelihood__distribution_of_all(factor, weights, targets):
    """The library's normal distribution, which needs no weights."""
    zero = torch.zeros_like(targets)
    return MultivariateNormal(zero, scale_tril=factor, validate_args=False).log_prob(targets)


def expected_improvement__log_ndtr(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    share = torch.exp(torch.special.log_ndtr(u))
    density = torch.exp(-u.square() / 2) / math.sqrt(2 * math.pi)
    return torch.addcmul(density, u, share) * standard_deviation


def tail(x):
    """K(x) = 1/(x + 2/(x + 3/(x + …))): for u = -x the share Φ(u) is φ(u) / (x + K(x)).

    So log h(u) = log φ(u) + log K - log(x + K): nothing is subtracted, and all digits stay.
    """
    k = torch.zeros_like(x)
    for i in range(120, 0, -1):
        k = i / (x + k)
    return k


def log_expected_improvement__continued_fraction(mean, standard_deviation, best):
    u = (best - mean) / standard_deviation
    near, x = u.clamp(min=-3), (-u).clamp(min=3)
    density = torch.exp(-(near**2) / 2) / math.sqrt(2 * math.pi)
    direct = torch.log(near * torch.special.ndtr(near) + density)
    k = tail(x)
    far = k.log() - (x + k).log() - x**2 / 2 - 0.5 * math.log(2 * math.pi)
    return standard_deviation.log() + torch.where(u < -3, far, direct)


def log_expected_improvement__point_by_point(mean, standard_deviation, best):
    def one(u, sigma):
        if u < -25:
            v = 1 / (u * u)
            series = 1 - v * (3 - v * (15 - v * (105 - 945 * v)))
            return sigma.log() - (u * u + math.log(2 * math.pi)) / 2 + torch.log(v * series)
        density = torch.exp(-u * u / 2) / math.sqrt(2 * math.pi)
        return sigma.log() + torch.log(u * torch.erfc(-u / math.sqrt(2)) / 2 + density)

    pairs = zip((best - mean) / standard_deviation, standard_deviation, strict=True)
    return torch.stack([one(u, sigma) for u, sigma in pairs])


class LogOfH(torch.autograd.Function):
    """log(u Φ(u) + φ(u)) with its slope Φ/h, in NumPy: with x = -u, that is 1/K(x) far away."""

    @staticmethod
    def forward(ctx, u):
        numbers = u.detach().numpy()
        x, near = np.maximum(-numbers, 3), np.maximum(numbers, -3)
        k = tail(torch.from_numpy(x)).numpy()
        h = near * norm.cdf(near) + norm.pdf(near)
        far = numbers < -3
        ctx.slope = torch.from_numpy(np.where(far, 1 / k, norm.cdf(near) / h))
        beyond = np.log(k) - np.log(x + k) - x**2 / 2 - math.log(2 * math.pi) / 2
        return torch.from_numpy(np.where(far, beyond, np.log(h)))

    @staticmethod
    def backward(ctx, above):
        return above * ctx.slope


def log_expected_improvement__own_slope(mean, standard_deviation, best):
    return LogOfH.apply((best - mean) / standard_deviation) + torch.log(standard_deviation)


def search_acquisition__heap(acquisition, candidates, *, starts=8, iterations=20, given=()):
    def heights(points):
        with torch.no_grad():
            return acquisition(double(points), *given).tolist()

    def below(points, *more):
        return torch.sum(torch.neg(acquisition(points, *more)))

    seen = heights(candidates)
    top = candidates[heapq.nlargest(starts, range(len(seen)), key=seen.__getitem__)]
    limits = np.array([[0, 1]] * top.size)
    climbed, _ = minimise(below, top, bounds=limits, iterations=iterations, given=given)
    return max([*top, *climbed], key=lambda point: heights(point[None])[0])


def search_acquisition__scipy_with_slopes(
    acquisition, candidates, *, starts=8, iterations=20, given=()
):
    """All starts in one call, with the slopes of `backward`."""
    values = acquisition(torch.tensor(candidates), *given).detach()
    top = candidates[values.topk(min(starts, len(values))).indices.numpy()]

    def downhill(flat):
        points = torch.tensor(flat.reshape(top.shape), requires_grad=True)
        total = -acquisition(points, *given).sum()
        total.backward()
        return total.item(), points.grad.numpy().ravel()

    found = scipy.optimize.minimize(
        downhill,
        top.ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=scipy.optimize.Bounds(0, 1),
        options={"maxiter": iterations, "ftol": 1e-10},
    )
    reached = np.vstack([top, found.x.reshape(top.shape)])
    return reached[acquisition(torch.tensor(reached), *given).argmax().item()]


def search_acquisition__best_climbs_twice(
    acquisition, candidates, *, starts=8, iterations=20, given=()
):
    def worth(points):
        return acquisition(double(points), *given).detach().numpy()

    def climb(points):
        edges = np.repeat([[0.0, 1.0]], points.size, axis=0)
        return minimise(
            lambda x, *more: acquisition(x, *more).sum().neg(),
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
    places = torch.cat([points, queries])
    left = torch.exp(-0.5 * torch.cdist(places[:, None], places[:, None]).div(length_scale) ** 2)
    mean = torch.zeros_like(places)
    for i in range(n):
        pivot = left[i, i] + noise
        gain = left[:, i] / pivot
        mean = mean + gain * (values[i] - mean[i])
        left = left - torch.outer(gain, left[i])
    return mean[n:], left.diagonal()[n:].clamp(min=1e-12).sqrt()


def review_posterior__upper_factor(points, values, queries, *, length_scale, noise):
    def kernel(a, b):
        return torch.exp(torch.cdist(a[:, None], b[:, None]).square() / (-2 * length_scale**2))

    covariance = kernel(points, points)
    covariance.diagonal().add_(noise)
    upper = torch.linalg.cholesky(covariance, upper=True)
    cross = kernel(queries, points)
    half = torch.linalg.solve_triangular(upper, cross, upper=True, left=False)
    weights = torch.cholesky_solve(values.unsqueeze(-1), upper, upper=True)
    variance = 1 - torch.linalg.vector_norm(half, dim=1) ** 2
    return (cross @ weights).squeeze(-1), torch.sqrt(torch.clamp_min(variance, 1e-12))


def review_next_rate__plain_python(rates, losses, *, low, high, count=101):
    def place(rate):
        return math.log(rate / low) / math.log(high / low)

    losses = [float(loss) for loss in losses]
    centre, spread = statistics.fmean(losses), statistics.pstdev(losses)
    values = [(loss - centre) / spread for loss in losses]
    tried = [place(rate) for rate in rates]
    candidates = [i / (count - 1) for i in range(count)]
    mean, deviation = review_posterior(
        *(torch.tensor(x, dtype=torch.float64) for x in (tried, values, candidates)),
        length_scale=0.2,
        noise=0.01,
    )
    normal, worth = statistics.NormalDist(), {}
    for c, m, s in zip(candidates, mean.tolist(), deviation.tolist(), strict=True):
        if all(abs(c - t) >= 0.5 / (count - 1) for t in tried):
            u = (min(values) - m) / s
            worth[c] = s * (u * normal.cdf(u) + normal.pdf(u))
    return low ** (1 - (best := max(worth, key=worth.get))) * high**best


def review_next_rate__tensors_throughout(rates, losses, *, low, high, count=101):
    rates, losses = torch.as_tensor(rates), torch.as_tensor(losses)
    grid = torch.linspace(0, 1, count, dtype=torch.float64)
    places = (rates / low).log() / math.log(high / low)
    values = (losses - losses.mean()) / losses.std(correction=0)
    mean, deviation = review_posterior(places, values, grid, length_scale=0.2, noise=0.01)
    gain, normal = values.min() - mean, Normal(torch.zeros_like(mean), deviation)
    worth = gain * normal.cdf(gain) + deviation.square() * normal.log_prob(gain).exp()
    tried = ((grid[:, None] - places).abs() * (count - 1) < 0.5).any(1)
    chosen = grid[worth.masked_fill(tried, -math.inf).argmax()]
    return torch.lerp(*(double(math.log(edge)) for edge in (low, high)), chosen).exp().item()


def matern_kernel__pair_by_pair(a, b, *, length_scales, output_scale):
    def one(x, y):
        z = (5 * (((x - y) / length_scales) ** 2).sum()).clamp(min=1e-30).sqrt()
        return output_scale * (1 + z + z * z / 3) * torch.exp(-z)

    return torch.stack([torch.stack([one(x, y) for y in b]) for x in a])


def expected_improvement__point_by_point(mean, standard_deviation, best):
    def one(m, sigma):
        normal = Normal(m, sigma)
        return (best - m) * normal.cdf(best) + sigma**2 * normal.log_prob(best).exp()

    return torch.stack([one(m, s) for m, s in zip(mean, standard_deviation, strict=True)])


def log_expected_improvement__scalar_by_scalar(mean, standard_deviation, best):
    def one(m, sigma):
        u = (best - m) / sigma
        if u < -25:
            v = 1 / (u * u)
            series = 1 - v * (3 - v * (15 - v * (105 - 945 * v)))
            return sigma.log() - (u * u + math.log(2 * math.pi)) / 2 + torch.log(v * series)
        density = torch.exp(-u * u / 2) / math.sqrt(2 * math.pi)
        return sigma.log() + torch.log(u * torch.erfc(-u / math.sqrt(2)) / 2 + density)

    pairs = zip(mean.unbind(), standard_deviation.unbind(), strict=True)
    return torch.stack([one(m, sigma) for m, sigma in pairs])


def condition__cholesky_of_scalars(points, targets, kernel, *, noise):
    covariance, n = kernel(points, points), len(points)
    jitter = noise + 1e-8 * covariance.diagonal().mean()
    rows = []
    for i in range(n):
        row = []
        for j in range(i):
            dot = sum(row[k] * rows[j][k] for k in range(j))
            row.append((covariance[i, j] - dot) / rows[j][j])
        row.append(torch.sqrt(covariance[i, i] + jitter - sum(x * x for x in row)))
        rows.append(row)
    zero = torch.zeros_like(targets[0])
    factor = torch.stack([torch.stack(row + (n - len(row)) * [zero]) for row in rows])
    return factor, torch.cholesky_solve(targets[:, None], factor)[:, 0]
