"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import torch
from torch.distributions import Normal

from prodgen_lib.torch.bayesopt import squared_distance


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
