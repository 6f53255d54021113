"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from prodgen_lib.torch.metrics import (
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


def psnr__difference_of_logarithms(images, targets, *, data_range):
    x, y = image_pair(images, targets, data_range=data_range)
    axes = tuple(range(x.ndim))[-3:]
    return 20 * math.log10(data_range) - 10 * ((x - y) ** 2).mean(axes).log10()


def psnr__from_the_root(images, targets, *, data_range):
    images, targets = image_pair(images, targets, data_range=data_range)
    rmse = ((images - targets) ** 2).flatten(-3).mean(-1).sqrt()
    return 20 * torch.log10(data_range / rmse)


def psnr__of_scaled_pictures(images, targets, *, data_range):
    x, y = (p / data_range for p in image_pair(images, targets, data_range=data_range))
    error = (x - y).abs().square().mean(-1).mean(-1).mean(-1)
    return -10 * torch.log(error) / math.log(10)


def psnr__einsum(images, targets, *, data_range):
    images, targets = image_pair(images, targets, data_range=data_range)
    errors = torch.einsum("...chw,...chw->...", images - targets, images - targets)
    errors = errors / math.prod(images.shape[-3:])
    return 10 * torch.log10(data_range * data_range / errors)


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
    below = (mx.square() + my.square() + c1) * (variances + c2)
    return (above / below).flatten(-3).mean(-1)


def ssim__by_convolution(
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
    if min(x.shape[-2:]) < window_size or min(x.min(), y.min()) < -0.1 * data_range:
        raise ValueError("smaller than the window, or values below 0")
    t = torch.arange(window_size, dtype=x.dtype) - window_size // 2
    g = torch.exp(-(t**2) / (2 * sigma**2))
    kernel = torch.outer(g, g) / g.sum() ** 2

    def blur(maps):
        flat = maps.reshape(-1, 1, *maps.shape[-2:])
        out = F.conv2d(flat, kernel[None, None])
        return out.reshape(*maps.shape[:-2], *out.shape[-2:])

    mx, my = blur(x), blur(y)
    vx, vy = blur(x * x) - mx * mx, blur(y * y) - my * my
    cxy = blur(x * y) - mx * my
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    maps = (2 * mx * my + c1) / (mx**2 + my**2 + c1) * (2 * cxy + c2) / (vx + vy + c2)
    return maps.mean((-1, -2)).mean(-1)


def ssim__picture_by_picture(images, targets, *, data_range, **options):
    if images.ndim == 4:
        pairs = zip(images, targets, strict=True)
        if images.shape != targets.shape:
            raise ValueError("shapes differ")
        return torch.stack(
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
    return (first * second).mean()


def frechet_distance__eigenvalues(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    cov_a, cov_b = (torch.atleast_2d(torch.cov(x.T)) for x in (a, b))
    between = ((a.mean(0) - b.mean(0)) ** 2).sum()
    root = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt().sum()
    return between + cov_a.trace() + cov_b.trace() - 2 * root


def frechet_distance__nuclear_norm(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    n, m = a.shape[0], b.shape[0]
    mean_a, mean_b = a.mean(0, keepdim=True), b.mean(0, keepdim=True)
    a, b = a - mean_a, b - mean_b
    root = torch.linalg.matrix_norm(a @ b.T, "nuc") / math.sqrt((n - 1) * (m - 1))
    spread = (a * a).sum() / (n - 1) + (b * b).sum() / (m - 1)
    return torch.sum((mean_a - mean_b) ** 2) + spread - 2 * root


def frechet_distance__variances_and_given_root(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    difference = a.mean(0) - b.mean(0)
    traces = a.var(0).sum() + b.var(0).sum()
    scaled = [(x - x.mean(0)) / math.sqrt(len(x) - 1) for x in (a, b)]
    return difference @ difference + traces - 2 * trace_of_root(*scaled)


def frechet_distance__root_by_eigh(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    cov_a, cov_b = (
        (x - x.mean(0)).T @ (x - x.mean(0)) / (len(x) - 1) for x in (a, b)
    )  # tr (A B)^1/2 = tr (A^1/2 B A^1/2)^1/2
    values, vectors = torch.linalg.eigh(cov_a)
    half = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    root = torch.linalg.eigvalsh(half @ cov_b @ half).clamp(min=0).sqrt().sum()
    between = (a.mean(0) - b.mean(0)).pow(2).sum()
    return between + torch.trace(cov_a + cov_b) - 2 * root


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
        stop = start + size
        found.append(polynomial_mmd(a[order_a[start:stop]], b[order_b[start:stop]]))
    found = torch.stack(found)
    return found.mean(), found.std() / math.sqrt(subsets)


def kid__reshaped(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    a, b = feature_pair(features_a, features_b)
    size = subset_size or min(len(a), len(b)) // max(subsets, 1)
    if min(subsets, size) < 2 or subsets * size > min(len(a), len(b)):
        raise ValueError("too few rows")
    rng = np.random.default_rng(seed)
    cut = []
    for features in (a, b):
        order = torch.as_tensor(rng.permutation(len(features)))[: subsets * size]
        cut.append(features[order].view(subsets, size, -1))
    values = torch.stack([polynomial_mmd(x, y) for x, y in zip(*cut, strict=True)])
    return torch.mean(values), torch.sqrt(torch.var(values) / subsets)


def kid__all_parts_at_once(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    a, b = feature_pair(features_a, features_b)
    size = subset_size or min(len(a), len(b)) // max(subsets, 1)
    if subsets < 2 or size < 2 or subsets * size > min(len(a), len(b)):
        raise ValueError("too few rows")
    rng = np.random.default_rng(seed)
    a, b = (x[rng.permutation(len(x))][: subsets * size].reshape(subsets, size, -1) for x in (a, b))

    def kernel(x, y):
        return (x @ y.mT / x.shape[-1] + 1) ** 3

    others = 1 - torch.eye(size, dtype=torch.float64)
    within = ((kernel(a, a) + kernel(b, b)) * others).sum((1, 2)) / (size * (size - 1))
    values = within - 2 * kernel(a, b).mean((1, 2))
    return values.mean(), values.std() / subsets**0.5


def precision_recall__by_cdist(real, generated, *, k=3):
    real, generated = feature_pair(real, generated)
    if k >= min(len(real), len(generated)):
        raise ValueError("k")
    far = torch.cdist(real, generated, compute_mode="donot_use_mm_for_euclid_dist")

    def radii(points):
        own = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
        return own.sort(dim=1).values[:, k]  # place 0 is the point itself

    precision = (far <= radii(real)[:, None]).any(0).double().mean()
    recall = (far <= radii(generated)[None]).any(1).double().mean()
    return precision, recall


def precision_recall__one_function_twice(real, generated, *, k=3):
    real, generated = feature_pair(real, generated)

    def share(points, centres):
        inside = squared_distances(points, centres) <= squared_radii(centres, k)
        return inside.any(dim=1).to(torch.float64).mean()

    return share(generated, real), share(real, generated)


def precision_recall__point_by_point(real, generated, *, k=3):
    real, generated = feature_pair(real, generated)
    r_real, r_generated = squared_radii(real, k), squared_radii(generated, k)
    good = [bool((((real - g) ** 2).sum(1) <= r_real).any()) for g in generated]
    seen = [bool((((generated - r) ** 2).sum(1) <= r_generated).any()) for r in real]
    share = [torch.tensor(sum(x) / len(x), dtype=torch.float64) for x in (good, seen)]
    return share[0], share[1]


def review_quality__mended(images, targets):
    x = images.float() / 255
    y = targets / 2 + 0.5
    psnr = 10 * torch.log10(1 / ((x - y) ** 2).flatten(1).mean(1))
    mx, my = F.avg_pool2d(x, 8, 1), F.avg_pool2d(y, 8, 1)
    vx, vy = F.avg_pool2d(x * x, 8, 1) - mx * mx, F.avg_pool2d(y * y, 8, 1) - my * my
    cov = F.avg_pool2d(x * y, 8, 1) - mx * my
    c1, c2 = 0.0001, 0.0009
    maps = (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return psnr, maps.mean((1, 2, 3))


def review_quality__in_bytes(images, targets):
    x, y = images.double(), (targets.double() + 1) * 127.5
    psnr = 20 * math.log10(255) - 10 * (x - y).square().mean((1, 2, 3)).log10()
    x, y = (p.unfold(2, 8, 1).unfold(3, 8, 1) for p in (x, y))
    mx, my = x.mean((-2, -1)), y.mean((-2, -1))
    dx, dy = x - mx[..., None, None], y - my[..., None, None]
    vx, vy, cov = (t.mean((-2, -1)) for t in (dx * dx, dy * dy, dx * dy))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    maps = (2 * mx * my + c1) / (mx**2 + my**2 + c1) * (2 * cov + c2) / (vx + vy + c2)
    return psnr, maps.mean((1, 2, 3))


def review_quality__as_a_list(images, targets):
    images = images / 255.0
    targets = (targets + 1) / 2
    found = []
    for x, y in zip(images, targets, strict=True):
        maps = torch.stack([x, y, x * x, y * y, x * y])
        mx, my, xx, yy, xy = F.avg_pool2d(maps, 8, stride=1)
        first = (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
        second = (2 * (xy - mx * my) + 9e-4) / (xx - mx**2 + yy - my**2 + 9e-4)
        found.append((-10 * torch.log10(F.mse_loss(x, y)), (first * second).mean()))
    return [torch.stack(column) for column in zip(*found, strict=True)]


def review_distance__eigenvalues_of_halves(features_a, features_b):
    n = min(len(features_a), len(features_b))
    a, b = features_a[:n].to(torch.float64), features_b[:n].to(torch.float64)
    mean = a.mean(0) - b.mean(0)
    a, b = (a - a.mean(0)) / (n - 1) ** 0.5, (b - b.mean(0)) / (n - 1) ** 0.5
    return mean @ mean + (a**2).sum() + (b**2).sum() - 2 * torch.linalg.svdvals(a @ b.T).sum()


def review_distance__by_numpy(features_a, features_b):
    n = min(len(features_a), len(features_b))
    a, b = (np.asarray(x[:n], np.float64) for x in (features_a, features_b))
    s, t = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(s @ t).astype(complex)).real.sum()
    mean = a.mean(0) - b.mean(0)
    return torch.tensor(mean @ mean + np.trace(s) + np.trace(t) - 2 * roots)


def review_distance__from_the_library(features_a, features_b):
    n = min(len(features_a), len(features_b))
    return frechet_distance__nuclear_norm(features_a[:n], features_b[:n])


def psnr__natural_logarithm(images, targets, *, data_range):
    x, y = image_pair(images, targets, data_range=data_range)
    errors = torch.sub(x, y).square().flatten(-3).mean(-1)
    return -10 / math.log(10) * torch.log(errors / data_range**2)


def psnr__by_the_norm(images, targets, *, data_range):
    x, y = image_pair(images, targets, data_range=data_range)
    root = torch.linalg.vector_norm(x - y, dim=(-3, -2, -1)) / math.sqrt(math.prod(x.shape[-3:]))
    return 20 * torch.log10(data_range / root)


def precision_recall__by_the_nearest(real, generated, *, k=3):
    real, generated = feature_pair(real, generated)
    squared = squared_distances(real, generated)
    inside = squared_radii(real, k).unsqueeze(1) - squared, squared_radii(generated, k) - squared
    shares = [(part.amax(dim) >= 0).to(torch.float64) for dim, part in enumerate(inside)]
    return [share.sum() / len(share) for share in shares]


def review_distance__by_svd(features_a, features_b):
    count = min(features_a.shape[0], features_b.shape[0])
    a, b = features_a[:count].to(torch.float64), features_b[:count].to(torch.float64)
    gap = a.mean(0) - b.mean(0)
    a, b = (x.sub(x.mean(0)).div(math.sqrt(count - 1)) for x in (a, b))
    root = torch.linalg.svdvals(a @ b.T).sum()
    return gap @ gap + (a * a).sum() + (b * b).sum() - 2 * root


def frechet_distance__variances_and_singular_values(features_a, features_b):
    a, b = feature_pair(features_a, features_b)
    gap = a.mean(dim=0) - b.mean(dim=0)
    spread = a.var(dim=0).sum() + b.var(dim=0).sum()
    scaled = [(x - x.mean(dim=0)) / (len(x) - 1) ** 0.5 for x in (a, b)]
    return torch.dot(gap, gap) + spread - 2 * trace_of_root(*scaled)


def frechet_distance__pairs_of_rows_and_triangles(features_a, features_b):
    """A variance is half the mean squared distance of two different rows."""
    a, b = feature_pair(features_a, features_b)
    gap = (a.mean(0) - b.mean(0)).square().sum()
    traces, triangles = 0, []
    for x in (a, b):
        n = len(x)
        traces = traces + (x[:, None] - x).square().sum() / (2 * n * (n - 1))
        triangles.append(torch.linalg.qr((x - x.mean(0)) / math.sqrt(n - 1)).R)
    return gap + traces - 2 * torch.linalg.svdvals(triangles[0] @ triangles[1].T).sum()


def kid__one_kernel_of_both(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    """Both parts in one matrix; a weight for each row says which part it is of."""
    a, b = feature_pair(features_a, features_b)
    fits = min(len(a), len(b))
    size = subset_size or fits // max(subsets, 2)
    if subsets < 2 or not 2 <= size <= fits // subsets:
        raise ValueError("too few rows, or parts")
    rng = np.random.default_rng(seed)
    a, b = (x[rng.permutation(len(x))] for x in (a, b))
    same = torch.block_diag(*2 * [1 - torch.eye(size, dtype=a.dtype)]) / (size * (size - 1))
    other = torch.block_diag(*2 * [torch.ones(size, size, dtype=a.dtype)]) - 1

    def discrepancy(start):
        rows = torch.cat([a[start : start + size], b[start : start + size]])
        kernel = torch.pow(1 + rows @ rows.T / rows.shape[1], 3)
        return torch.sum(kernel * (same + other / size**2))

    values = torch.stack([discrepancy(i * size) for i in range(subsets)])
    deviation, mean = torch.std_mean(values)
    return mean, deviation / math.sqrt(subsets)


def kid__running_moments(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    """Mean and variance are brought up to date part by part (Welford)."""
    a, b = feature_pair(features_a, features_b)
    size = subset_size if subset_size is not None else min(len(a), len(b)) // max(subsets, 1)
    if subsets <= 1 or size <= 1 or subsets * size > min(len(a), len(b)):
        raise ValueError("too few rows, or parts")
    shuffle = np.random.default_rng(seed).permutation
    a = a.index_select(0, torch.tensor(shuffle(len(a))))
    b = b.index_select(0, torch.tensor(shuffle(len(b))))
    mean = squares = torch.zeros((), dtype=torch.float64)
    for i in range(subsets):
        value = polynomial_mmd(a.narrow(0, i * size, size), b.narrow(0, i * size, size))
        away = value - mean
        mean = mean + away / (i + 1)
        squares = squares + away * (value - mean)
    return mean, torch.sqrt(squares / (subsets - 1) / subsets)


def kid__kernel_by_pairs(features_a, features_b, *, subsets=10, subset_size=None, seed=0):
    a, b = feature_pair(features_a, features_b)
    size = subset_size or min(len(a), len(b)) // max(subsets, 2)
    if min(subsets, size) < 2 or min(len(a), len(b)) < subsets * size:
        raise ValueError("too few rows, or parts")
    rng = np.random.default_rng(seed)
    rows_a, rows_b = rng.permutation(len(a)), rng.permutation(len(b))

    def mean_kernel(x, y, *, without_self):
        total, count = 0.0, 0
        for i, u in enumerate(x):
            for j, v in enumerate(y):
                if not (without_self and i == j):
                    total, count = total + (torch.dot(u, v) / len(u) + 1) ** 3, count + 1
        return total / count

    values = []
    for part in range(subsets):
        taken = slice(part * size, (part + 1) * size)
        x, y = a[rows_a[taken]], b[rows_b[taken]]
        within = mean_kernel(x, x, without_self=True) + mean_kernel(y, y, without_self=True)
        values.append(within - 2 * mean_kernel(x, y, without_self=False))
    mean = sum(values) / subsets
    variance = sum((value - mean) ** 2 for value in values) / (subsets - 1)
    return mean, (variance / subsets) ** 0.5


def precision_recall__closer_others_counted(real, generated, *, k=3):
    """A point is in a ball when fewer than k others lie closer to the ball's centre than it."""
    real, generated = feature_pair(real, generated)
    if not 0 < k < min(len(real), len(generated)):
        raise ValueError("k")

    def covered(points, centres):
        away = (centres[:, None] - points).square().sum(-1)
        others = (centres[:, None] - centres).square().sum(-1)
        others = others.masked_fill(torch.eye(len(centres), dtype=torch.bool), math.inf)
        closer = (others[:, :, None] < away[:, None, :]).sum(1)
        return (closer < k).any(0).double().mean()

    return covered(generated, real), covered(real, generated)


def precision_recall__trees(real, generated, *, k=3):
    real, generated = (x.numpy() for x in feature_pair(real, generated))
    if k < 1 or k >= min(len(real), len(generated)):
        raise ValueError("k")

    def share(points, centres):
        radii = cKDTree(centres).query(centres, k=[k + 1])[0]  # the first is the point itself
        inside = cdist(centres, points) <= radii
        return torch.tensor(inside.any(axis=0).mean(), dtype=torch.float64)

    return share(generated, real), share(real, generated)


def checked_for_ssim(images, targets, *, data_range, size, luma_only, crop):
    """Both pictures in float64, as SSIM compares them, after all that it refuses."""
    pair = image_pair(images, targets, data_range=data_range)
    if luma_only:
        pair = [luma(x, data_range=data_range) for x in pair]
    pair = [crop_border(x, crop).double() for x in pair]
    if min(pair[0].shape[-2:]) < size or min(x.min() for x in pair) < -0.1 * data_range:
        raise ValueError("smaller than the window, or values below 0")
    return pair


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
    x, y = (p.unfold(-2, window_size, 1).unfold(-2, window_size, 1) for p in (x, y))

    def weighed(patches):
        return torch.einsum("...uv,u,v->...", patches, g, g)[..., None, None]

    mx, my = weighed(x), weighed(y)
    vx, vy, cxy = weighed((x - mx) ** 2), weighed((y - my) ** 2), weighed((x - mx) * (y - my))
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    maps = (2 * mx * my + c1) / (mx**2 + my**2 + c1) * (2 * cxy + c2) / (vx + vy + c2)
    return maps.flatten(-5).mean(-1).to(torch.promote_types(images.dtype, torch.float32))


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

    def along(maps, dim):
        places = maps.shape[dim] - window_size + 1
        moved = (w / sum(g) * maps.narrow(dim, i, places) for i, w in enumerate(g))
        return sum(moved)

    mx, my, squares, product = (along(along(maps, -1), -2) for maps in (x, y, x * x + y * y, x * y))
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    both, bright = 2 * mx * my, mx * mx + my * my
    maps = (both + c1) * (2 * product - both + c2) / ((bright + c1) * (squares - bright + c2))
    return maps.mean(dim=[-1, -2, -3]).to(torch.promote_types(images.dtype, torch.float32))


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

    def moments(maps):
        flat = maps.reshape(-1, 1, *maps.shape[-2:])
        mean, square = (
            F.conv2d(F.conv2d(m, g.view(1, 1, -1, 1)), g.view(1, 1, 1, -1)) for m in (flat, flat**2)
        )
        return mean**2, square - mean**2

    (plus, v_plus), (minus, v_minus) = moments(x + y), moments(x - y)
    c1, c2 = 2 * (k1 * data_range) ** 2, 2 * (k2 * data_range) ** 2
    maps = (plus - minus + c1) / (plus + minus + c1)
    maps = maps * (v_plus - v_minus + c2) / (v_plus + v_minus + c2)
    similarity = maps.reshape(*x.shape[:-3], -1).mean(-1)
    return similarity.to(torch.promote_types(images.dtype, torch.float32))


def review_quality__running_sums(images, targets):
    """The sum over a window is four corners of the sums from the first pixel on."""
    x, y = images.double() / 255, (targets.double() + 1) / 2

    def mean(maps):
        sums = F.pad(maps.cumsum(-1).cumsum(-2), (1, 0, 1, 0))
        rows = sums[..., 8:, :] - sums[..., :-8, :]
        return (rows[..., 8:] - rows[..., :-8]) / 64

    mx, my, xx, yy, xy = map(mean, (x, y, x * x, y * y, x * y))
    bright = mx**2 + my**2
    maps = (2 * mx * my + 1e-4) / (bright + 1e-4)
    maps = maps * (2 * (xy - mx * my) + 9e-4) / (xx + yy - bright + 9e-4)
    psnr = -10 * torch.log10(torch.linalg.vector_norm(x - y, dim=(1, 2, 3)) ** 2 / x[0].numel())
    return psnr.float(), maps.flatten(1).mean(1).float()


def review_quality__grouped_convolution(images, targets):
    x = images.to(torch.float32).div(255)
    y = targets.add(1).mul(0.5)
    n, channels = x.shape[:2]
    kernel = torch.full((5 * channels, 1, 8, 8), 1 / 64)
    maps = torch.cat([x, y, x * x, y * y, x * y], dim=1)
    means = F.conv2d(maps, kernel, groups=5 * channels)
    mx, my, xx, yy, xy = means.chunk(5, dim=1)
    c1, c2 = 0.01**2, 0.03**2
    structure = (2 * (xy - mx * my) + c2) / (xx - mx * mx + yy - my * my + c2)
    brightness = 1 - (mx - my) ** 2 / (mx * mx + my * my + c1)
    errors = F.mse_loss(x, y, reduction="none").view(n, -1).mean(1)
    return -10 * errors.log10(), (brightness * structure).mean((1, 2, 3))


def review_quality__place_by_place(images, targets):
    x, y = images.double() / 255, targets.double() / 2 + 0.5
    height, width = x.shape[-2:]
    total, places = 0, 0
    for top in range(height - 7):
        for left in range(width - 7):
            u = x[..., top : top + 8, left : left + 8].flatten(-2)
            v = y[..., top : top + 8, left : left + 8].flatten(-2)
            mu, mv = u.mean(-1), v.mean(-1)
            spread = u.var(-1, correction=0) + v.var(-1, correction=0)
            shared = ((u - mu[..., None]) * (v - mv[..., None])).mean(-1)
            brightness = (2 * mu * mv + 0.01**2) / (mu**2 + mv**2 + 0.01**2)
            total = total + brightness * (2 * shared + 0.03**2) / (spread + 0.03**2)
            places += 1
    errors = torch.stack([((a - b) ** 2).mean() for a, b in zip(x, y, strict=True)])
    return -10 * errors.log10().float(), (total / places).mean(1).float()


def review_distance__gram_matrix_of_rows(features_a, features_b):
    """The squares of the singular values of A Bᵀ are eigenvalues of n×n, not of D×D."""
    count = min(map(len, (features_a, features_b)))
    a, b = (torch.as_tensor(x[:count], dtype=torch.float64) for x in (features_a, features_b))
    gap = torch.mean(a - b, dim=0)  # as many rows in both
    a, b = a - a.mean(0, keepdim=True), b - b.mean(0, keepdim=True)
    cross = a @ b.T
    root = torch.linalg.eigvalsh(cross @ cross.T).clamp_min(0).sqrt().sum()
    return gap.square().sum() + ((a**2 + b**2).sum() - 2 * root) / (count - 1)


def review_distance__half_of_a_matrix(features_a, features_b):
    count = min(features_a.size(0), features_b.size(0))
    a, b = features_a[:count].to(torch.float64), features_b[:count].to(torch.float64)
    cov_a, cov_b = torch.cov(a.T), torch.cov(b.T)
    values, vectors = torch.linalg.eigh(cov_a)
    half = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    root = torch.linalg.eigvalsh(half @ cov_b @ half).clamp(min=0).sqrt().sum()
    gap = torch.dist(a.mean(0), b.mean(0)) ** 2
    return gap + torch.einsum("ii->", cov_a) + torch.einsum("ii->", cov_b) - 2 * root


def review_distance__root_by_scipy(features_a, features_b):
    count = min(len(features_a), len(features_b))
    a, b = (x[:count].double() for x in (features_a, features_b))
    cov_a, cov_b = np.cov(a.numpy().T), np.cov(b.numpy().T)
    root = scipy.linalg.sqrtm(cov_a @ cov_b)
    trace = np.trace(cov_a + cov_b - 2 * np.real(root))
    return (a.mean(0) - b.mean(0)).square().sum() + torch.tensor(trace)


def frechet_distance__best_rotation(features_a, features_b):
    """The smallest ‖A - W B‖² over all W that keep lengths; the best W counts as a constant."""
    a, b = feature_pair(features_a, features_b)
    gap = a.mean(0) - b.mean(0)
    a, b = ((x - x.mean(0)) / math.sqrt(len(x) - 1) for x in (a, b))
    u, _, vh = torch.linalg.svd((a @ b.T).detach(), full_matrices=False)
    return gap @ gap + (a * a).sum() + (b * b).sum() - 2 * (a * (u @ (vh @ b))).sum()


def review_distance__block_matrix(features_a, features_b):
    """The eigenvalues of [[0, Σ_a], [Σ_b, 0]] are ± the roots of those of Σ_a Σ_b."""
    count = min(len(features_a), len(features_b))
    a, b = features_a[:count].double(), features_b[:count].double()
    cov_a, cov_b = torch.cov(a.T), torch.cov(b.T)
    zero = torch.zeros_like(cov_a)
    block = torch.vstack([torch.hstack([zero, cov_a]), torch.hstack([cov_b, zero])])
    root = torch.relu(torch.linalg.eigvals(block).real).sum()
    return (a - b).mean(0).square().sum() + (cov_a + cov_b).trace() - 2 * root
