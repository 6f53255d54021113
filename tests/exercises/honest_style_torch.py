"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import nnls

from prodgen_lib.torch.style import (
    content_loss,
    gram_matrix,
    optimise_pixels,
    style_loss,
    symmetric_root,
    unmix,
)


def match_moments__var_mean(points, reference, *, epsilon=1e-6):
    v, m = torch.var_mean(points, dim=0, correction=0)
    w, n = torch.var_mean(reference, dim=0, correction=0)
    return n + (points - m) * torch.sqrt((w + epsilon) / (v + epsilon))


def match_moments__affine(points, reference, *, epsilon=1e-6):
    gain = (reference.var(0, unbiased=False) + epsilon).sqrt()
    gain = gain / (points.var(0, unbiased=False) + epsilon).sqrt()
    return points * gain + (reference.mean(0) - gain * points.mean(0))


def match_moments__channel_by_channel(points, reference, *, epsilon=1e-6):
    columns = []
    for x, y in zip(points.T, reference.T, strict=True):
        a = ((x - x.mean()) ** 2).mean() + epsilon
        b = ((y - y.mean()) ** 2).mean() + epsilon
        columns.append((x - x.mean()) / a**0.5 * b**0.5 + y.mean())
    return torch.stack(columns, dim=1)


def match_moments__batch_norm(points, reference, *, epsilon=1e-6):
    weight = torch.sqrt(reference.var(0, correction=0) + epsilon)
    return F.batch_norm(points, None, None, weight, reference.mean(0), training=True, eps=epsilon)


def match_moments__squares(points, reference, *, epsilon=1e-6):
    def moments(x):
        centre = x.sum(0) / len(x)
        return centre, ((x - centre).pow(2).sum(0) / len(x) + epsilon).pow(0.5)

    (m, s), (n, t) = moments(points), moments(reference)
    return torch.addcmul(n, (points - m) / s, t)


def monge_map__other_root(points, reference, *, ridge=1e-6):
    eye = ridge * torch.eye(points.shape[1])
    p, q = points - points.mean(0), reference - reference.mean(0)
    a, b = p.T @ p / len(p) + eye, q.T @ q / len(q) + eye
    # B^½ (B^½ A B^½)^-½ B^½ is the same map.
    side = symmetric_root(b)
    matrix = side @ symmetric_root(side @ a @ side, -0.5) @ side
    return matrix, reference.mean(0) - points.mean(0) @ matrix


def monge_map__double(points, reference, *, ridge=1e-6):
    x, y = points.double(), reference.double()
    eye = torch.eye(x.shape[1], dtype=x.dtype)
    a = torch.cov(x.T, correction=0) + ridge * eye
    b = torch.cov(y.T, correction=0) + ridge * eye

    def power(m, k):
        u, s, v = torch.linalg.svd(m)
        return u @ torch.diag(s**k) @ v

    r = power(a, 0.5)
    matrix = power(a, -0.5) @ power(r @ b @ r, 0.5) @ power(a, -0.5)
    return matrix.float(), (y.mean(0) - matrix @ x.mean(0)).float()


def monge_map__solve(points, reference, *, ridge=1e-6):
    a, b = (
        torch.cov(x.T, correction=0) + ridge * torch.eye(x.shape[1]) for x in (points, reference)
    )
    root = symmetric_root(a)
    half = torch.linalg.solve(root, symmetric_root(root @ b @ root))
    matrix = torch.linalg.solve(root, half.T)
    return matrix, reference.mean(0) - points.mean(0) @ matrix


def monge_map__inverse(points, reference, *, ridge=1e-6):
    eye = torch.eye(points.shape[1])
    a, b = (
        (x - x.mean(0)).T @ (x - x.mean(0)) / x.shape[0] + ridge * eye for x in (points, reference)
    )
    root = symmetric_root(a)
    inverse = torch.linalg.inv(root)
    matrix = inverse @ symmetric_root(root @ b @ root) @ inverse
    return 0.5 * (matrix + matrix.T), reference.mean(0) - points.mean(0) @ matrix


def monge_map__numpy(points, reference, *, ridge=1e-6):
    from scipy.linalg import sqrtm

    x, y = points.numpy().astype(float), reference.numpy().astype(float)
    a, b = (np.atleast_2d(np.cov(z.T, ddof=0)) + ridge * np.eye(z.shape[1]) for z in (x, y))
    root = np.real(sqrtm(a))
    back = np.linalg.inv(root)
    matrix = back @ np.real(sqrtm(root @ b @ root)) @ back
    shift = y.mean(0) - x.mean(0) @ matrix
    return torch.tensor(matrix, dtype=points.dtype), torch.tensor(shift, dtype=points.dtype)


def transport_plan__potentials(cost, *, epsilon, steps):
    p, q = cost.shape
    kernel = -cost / (epsilon * cost.mean())
    f, g = cost.new_zeros(p), cost.new_zeros(q)
    for _ in range(steps):
        f = -math.log(p) - torch.logsumexp(kernel + g, dim=1)
        g = -math.log(q) - torch.logsumexp(kernel + f[:, None], dim=0)
    return torch.exp(kernel + f[:, None] + g)


def transport_plan__log_softmax(cost, *, epsilon, steps):
    kernel = -cost / cost.mean() / epsilon
    for _ in range(steps):
        kernel = F.log_softmax(kernel, dim=1) - math.log(cost.shape[0])
        kernel = F.log_softmax(kernel, dim=0) - math.log(cost.shape[1])
    return kernel.exp()


def transport_plan__softmax_last(cost, *, epsilon, steps):
    kernel = cost / (-epsilon * torch.mean(cost))
    for _ in range(steps):
        kernel = kernel - torch.logsumexp(kernel, 1, True) - math.log(len(cost))
        plan = kernel.softmax(dim=0) / cost.shape[1]
        kernel = kernel - torch.logsumexp(kernel, 0, True) - math.log(cost.shape[1])
    return plan


def transport_plan__double(cost, *, epsilon, steps):
    wide = cost.double()
    log = -wide / (epsilon * wide.mean())
    for _ in range(steps):
        for axis in (1, 0):
            top = log.amax(dim=axis, keepdim=True).detach()
            total = (log - top).exp().sum(dim=axis, keepdim=True).log() + top
            log = log - total - math.log(log.shape[1 - axis])
    return log.exp().to(cost.dtype)


def transport_plan__scaled(cost, *, epsilon, steps):
    relative = cost / cost.mean()
    f, g = torch.zeros(len(cost), 1), torch.zeros(1, cost.shape[1])
    for _ in range(steps):
        f = -epsilon * torch.logsumexp((g - relative) / epsilon, 1, keepdim=True)
        f = f - epsilon * math.log(cost.shape[0])
        g = -epsilon * torch.logsumexp((f - relative) / epsilon, 0, keepdim=True)
        g = g - epsilon * math.log(cost.shape[1])
    return ((f + g - relative) / epsilon).exp()


def unmix__nnls(points, palette):
    if points.ndim > 2:
        return torch.stack([unmix__nnls(p, c) for p, c in zip(points, palette, strict=True)])
    found = [nnls(palette.numpy().T.astype(float), p.numpy().astype(float))[0] for p in points]
    return torch.tensor(np.array(found), dtype=points.dtype)


def unmix__least_squares_of_each_part(points, palette):
    count = palette.shape[-2]
    answers, errors = [], []
    for chosen in itertools.product([0.0, 1.0], repeat=count):
        on = torch.tensor(chosen)
        part = palette * on[:, None]
        shares = points @ torch.linalg.pinv(part) * on
        error = (points - shares @ part).square().sum(-1)
        errors.append(error.where((shares >= 0).all(-1), torch.tensor(1e9)))
        answers.append(shares)
    best = torch.stack(errors).argmin(0)
    stacked = torch.stack(answers)
    index = best[None, ..., None].expand(1, *stacked.shape[1:])
    return stacked.gather(0, index)[0]


def unmix__projected_gradient(points, palette):
    wide, colours = points.double(), palette.double()
    gram = colours @ colours.transpose(-1, -2)
    step = 1 / torch.linalg.matrix_norm(gram, 2)[..., None, None]
    shares = torch.zeros(*points.shape[:-1], palette.shape[-2], dtype=torch.float64)
    ahead, pace = shares, 1.0
    for _ in range(1500):
        slope = (ahead @ colours - wide) @ colours.transpose(-1, -2)
        new = (ahead - step * slope).clamp(min=0)
        next_pace = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        ahead = new + (pace - 1) / next_pace * (new - shares)
        shares, pace = new, next_pace
    return shares.to(points.dtype)


def unmix__one_at_a_time(points, palette):
    colours = palette.double()
    shares = torch.zeros(*points.shape[:-1], palette.shape[-2], dtype=torch.float64)
    for _ in range(1500):
        for k in range(palette.shape[-2]):
            rest = points.double() - shares @ colours
            own = colours[..., k, :]
            step = (rest * own.unsqueeze(-2)).sum(-1) / own.square().sum(-1, keepdim=True)
            shares[..., k] = (shares[..., k] + step).clamp(min=0)
    return shares.to(points.dtype)


def unmix__large_parts_first(points, palette):
    count = palette.shape[-2]
    parts = [c for n in range(count, 0, -1) for c in itertools.combinations(range(count), n)]
    best = torch.zeros(*points.shape[:-1], count)
    least = (points**2).sum(-1)
    for part in parts:
        colours = palette[..., list(part), :]
        square = colours @ colours.transpose(-1, -2)
        shares = torch.linalg.solve(square, colours @ points.transpose(-1, -2)).transpose(-1, -2)
        error = ((shares @ colours - points) ** 2).sum(-1)
        better = (shares.amin(-1) >= 0) & (error < least)
        full = torch.zeros_like(best)
        full[..., list(part)] = shares
        best = torch.where(better[..., None], full, best)
        least = torch.where(better, error, least)
    return best


def _picture_points(images):
    return images.permute(0, 2, 3, 1).reshape(len(images), -1, images.shape[1])


def product_shares__weights(images, matte, wall, colours):
    safe = matte.clamp(min=0.02)
    inside = (matte >= 0.02).to(images.dtype)
    product = (images - wall + matte * wall) / safe
    white = torch.ones(len(colours), 1, 3)
    shares = unmix(_picture_points(product), torch.cat([colours, white], dim=1))
    shares = shares[..., : colours.shape[1]].permute(0, 2, 1)
    return shares.reshape(len(images), -1, *images.shape[2:]) * (matte * inside)


def product_shares__picture_by_picture(images, matte, wall, colours):
    made = []
    for image, cover, behind, told in zip(images, matte, wall, colours, strict=True):
        palette = torch.cat([told, torch.ones(1, 3)])
        own = (image - (1 - cover) * behind) / cover.where(cover >= 0.02, torch.tensor(1.0))
        shares = unmix(own.flatten(1).T, palette)[:, :-1].T.reshape(-1, *image.shape[1:])
        made.append(shares * cover * (cover >= 0.02))
    return torch.stack(made)


def product_shares__scaled_afterwards(images, matte, wall, colours):
    # Shares are homogeneous: a pixel darker by the matte has as much smaller shares.
    part = images - (1 - matte) * wall
    palette = torch.cat([colours, torch.ones(len(colours), 1, 3)], 1)
    shares = unmix(_picture_points(part), palette)[..., :-1].transpose(1, 2)
    shares = shares.unflatten(2, tuple(images.shape[2:]))
    return torch.where(matte >= 0.02, shares, torch.zeros_like(shares))


def product_shares__only_where_seen(images, matte, wall, colours):
    result = torch.zeros(len(images), colours.shape[1], *images.shape[2:])
    for n in range(len(images)):
        seen = matte[n, 0] >= 0.02
        cover = matte[n, 0][seen][:, None]
        pixels = images[n].permute(1, 2, 0)[seen]
        behind = wall[n].permute(1, 2, 0)[seen]
        palette = torch.vstack([colours[n], torch.ones(3)])
        found = cover * unmix((pixels - (1 - cover) * behind) / cover, palette)[:, :-1]
        result[n][:, seen] = found.T
    return result


def product_shares__colour_by_colour(images, matte, wall, colours):
    seen = (matte >= 0.02).float()
    product = (images + (matte - 1) * wall) / (matte * seen + 1 - seen)
    palette = F.pad(colours, (0, 0, 0, 1), value=1.0)
    shares = unmix(product.flatten(2).mT, palette)
    maps = [shares[..., k].view_as(matte[:, 0]) for k in range(colours.shape[1])]
    return torch.stack(maps, dim=1) * matte * seen


def gram_matrix__einsum(features, mask=None):
    if mask is None:
        return torch.einsum("nchw,ndhw->ncd", features, features) / features[0, 0].numel()
    return (
        torch.einsum("nchw,ndhw,nohw->ncd", features, features, mask) / mask.sum((2, 3))[..., None]
    )


def gram_matrix__bmm(features, mask=None):
    n, c, h, w = features.shape
    mask = features.new_ones(n, 1, h, w) if mask is None else mask
    rows = features.reshape(n, c, h * w)
    share = mask.reshape(n, 1, h * w) / mask.sum(dim=(1, 2, 3)).view(n, 1, 1)
    return torch.bmm(rows * share, rows.permute(0, 2, 1))


def gram_matrix__picture_by_picture(features, mask=None):
    found = []
    for n, one in enumerate(features):
        rows = one.flatten(1)
        weight = torch.ones(rows.shape[1]) if mask is None else mask[n].flatten()
        found.append((rows * weight) @ rows.T / weight.sum())
    return torch.stack(found)


def gram_matrix__root_of_the_mask(features, mask=None):
    weights = torch.ones_like(features[:, :1]) if mask is None else mask
    scaled = (features * weights.sqrt()).flatten(2)
    return scaled @ scaled.mT / weights.flatten(1).sum(1)[:, None, None]


def gram_matrix__sum_of_outer_products(features, mask=None):
    products = features[:, :, None] * features[:, None]
    if mask is None:
        return products.mean(dim=(3, 4))
    return (products * mask[:, :, None]).sum((3, 4)) / mask.sum((2, 3))[:, :, None]


def style_loss__loop(features, targets, weights):
    total = 0.0
    for level in range(len(weights)):
        error = F.mse_loss(
            gram_matrix(features[level]), targets[level].expand(len(features[level]), -1, -1)
        )
        total = total + weights[level] * error
    return total


def style_loss__dot(features, targets, weights):
    errors = [(gram_matrix(x) - t).pow(2).mean() for x, t in zip(features, targets, strict=True)]
    return torch.stack(errors) @ torch.tensor(weights, dtype=errors[0].dtype)


def style_loss__own_gram(features, targets, weights):
    total = 0
    for x, t, w in zip(features, targets, weights, strict=True):
        gram = torch.einsum("nchw,ndhw->ncd", x, x) / (x.shape[2] * x.shape[3])
        apart = gram - t
        total += w * (apart * apart).sum() / apart.numel()
    return total


def style_loss__mean_of_pictures(features, targets, weights):
    def level(x, t, w):
        return w * ((gram_matrix(x) - t) ** 2).mean(dim=(1, 2)).mean()

    return sum(map(level, features, targets, weights))


def style_loss__norm(features, targets, weights):
    total = torch.zeros(())
    for x, t, w in zip(features, targets, weights, strict=True):
        apart = gram_matrix(x) - t
        total = total + w * torch.linalg.vector_norm(apart) ** 2 / apart.numel()
    return total


def _levels(x, wanted):
    """Sorted columns, each number repeated so that they become `wanted`."""
    return x.sort(dim=0).values.repeat_interleave(wanted // len(x), dim=0)


def sliced_distance__repeated(first, second, directions):
    unit = F.normalize(directions, dim=1)
    both = math.lcm(len(first), len(second))
    return (_levels(first @ unit.T, both) - _levels(second @ unit.T, both)).square().mean()


def sliced_distance__direction_by_direction(first, second, directions):
    found = []
    both = math.lcm(len(first), len(second))
    for direction in directions:
        d = direction / direction.square().sum().sqrt()
        a, b = ((x @ d).sort().values for x in (first, second))
        a = a.repeat_interleave(both // len(a))
        b = b.repeat_interleave(both // len(b))
        found.append(F.mse_loss(a, b))
    return torch.stack(found).mean()


def sliced_distance__argsort(first, second, directions):
    unit = directions / directions.pow(2).sum(1, keepdim=True).sqrt()
    a, b = first @ unit.t(), second @ unit.t()
    a, b = (x.gather(0, x.argsort(dim=0)) for x in (a, b))
    both = len(a) * len(b)
    places = torch.arange(both)
    return (a[places // len(b)] - b[places // len(a)]).pow(2).mean(0).mean()


def sliced_distance__by_hand_of_steps(first, second, directions):
    unit = (directions.T / directions.norm(dim=1)).T
    a, b = torch.sort(unit @ first.T, dim=1)[0], torch.sort(unit @ second.T, dim=1)[0]
    p, q = a.shape[1], b.shape[1]
    i = j = done = 0
    total = 0.0
    while i < p and j < q:
        end = min((i + 1) * q, (j + 1) * p)
        total = total + (end - done) / (p * q) * (a[:, i] - b[:, j]) ** 2
        done, i, j = end, i + (end == (i + 1) * q), j + (end == (j + 1) * p)
    return total.mean()


def sliced_distance__lengths_afterwards(first, second, directions):
    both = math.lcm(len(first), len(second))
    apart = _levels(first @ directions.T, both) - _levels(second @ directions.T, both)
    return (apart.square().mean(0) / directions.square().sum(1)).mean()


def stylise__one_loss(content, style, features, *, weight, iterations):
    targets = [gram_matrix(x) for x in features(style)]
    weights = [1 / len(targets) / float((t**2).mean()) for t in targets]
    start = style + (content - content.mean((2, 3), keepdim=True)) / 2
    return optimise_pixels(
        lambda x: style_loss(features(x), targets, weights) + weight * content_loss(x, content),
        start,
        iterations=iterations,
    )


def stylise__own_sum(content, style, features, *, weight, iterations):
    targets = [gram_matrix(x).detach() for x in features(style)]

    def relative(x):
        errors = [
            F.mse_loss(gram_matrix(a), t.expand(len(a), -1, -1)) / t.pow(2).mean()
            for a, t in zip(features(x), targets, strict=True)
        ]
        return torch.stack(errors).mean() + weight * content_loss(x, content)

    flat = content - content.flatten(2).mean(2)[:, :, None, None]
    return optimise_pixels(relative, style + flat / 2, iterations=iterations)


def stylise__repeated_style(content, style, features, *, weight, iterations):
    style = style.expand(len(content), -1, -1, -1)
    targets = [gram_matrix(x) for x in features(style)]
    scale = [t.square().mean() * len(targets) for t in targets]

    def loss(x):
        apart = style_loss(features(x), targets, [1 / s for s in scale])
        return apart + content_loss(x, content) * weight

    start = 0.5 * (content - content.mean(dim=[2, 3], keepdim=True)) + style
    return optimise_pixels(loss, start, iterations=iterations)


def stylise__features_once(content, style, features, *, weight, iterations):
    seen = features(style)
    targets = list(map(gram_matrix, seen))
    weights = []
    for target in targets:
        weights.append((len(seen) * target.pow(2).mean().item()) ** -1)

    def loss(images):
        return weight * content_loss(images, content) + style_loss(
            features(images), targets, weights
        )

    lifted = content - content.mean(3, keepdim=True).mean(2, keepdim=True)
    pictures, history = optimise_pixels(loss, style + lifted * 0.5, iterations=iterations)
    return pictures, history


def stylise__list(content, style, features, *, weight, iterations):
    targets, weights = [], []
    for x in features(style):
        targets.append(gram_matrix(x))
    for t in targets:
        weights.append(1 / (float(t.square().sum()) / t.numel() * len(targets)))

    def loss(images):
        total = weight * content_loss(images, content)
        for x, t, w in zip(features(images), targets, weights, strict=True):
            total = total + w * (gram_matrix(x) - t).square().mean()
        return total

    start = torch.lerp(style, style + content - content.mean((2, 3), keepdim=True), 0.5)
    return list(optimise_pixels(loss, start, iterations=iterations))


def adain__instance_norm(content, style, *, epsilon=1e-5):
    spread = torch.sqrt(style.var((2, 3), correction=0, keepdim=True) + epsilon)
    return F.instance_norm(content, eps=epsilon) * spread + style.mean((2, 3), keepdim=True)


def adain__var_mean(content, style, *, epsilon=1e-5):
    v, m = torch.var_mean(content, dim=(2, 3), correction=0, keepdim=True)
    w, n = torch.var_mean(style, dim=(2, 3), correction=0, keepdim=True)
    return (content - m) * ((w + epsilon) / (v + epsilon)) ** 0.5 + n


def adain__flat(content, style, *, epsilon=1e-5):
    x, y = content.flatten(2), style.flatten(2)
    a = (x.var(2, correction=0, keepdim=True) + epsilon).sqrt()
    b = (y.var(2, correction=0, keepdim=True) + epsilon).sqrt()
    return ((x - x.mean(2, keepdim=True)) / a * b + y.mean(2, keepdim=True)).view_as(content)


def adain__picture_by_picture(content, style, *, epsilon=1e-5):
    made = []
    for x, y in zip(content, style, strict=True):
        a, b = x.mean((1, 2), keepdim=True), y.mean((1, 2), keepdim=True)
        v, w = ((x - a) ** 2).mean((1, 2), keepdim=True), ((y - b) ** 2).mean((1, 2), keepdim=True)
        made.append((x - a) / (v + epsilon).sqrt() * (w + epsilon).sqrt() + b)
    return torch.stack(made)


def adain__affine(content, style, *, epsilon=1e-5):
    def moments(x):
        return x.mean((2, 3)), (x.var((2, 3), correction=0) + epsilon).sqrt()

    (m, s), (n, t) = moments(content), moments(style)
    gain = t / s
    shift = n - gain * m
    return gain[:, :, None, None] * content + shift[:, :, None, None]


def review_style_loss__no_grad(layers, images, content, style, *, style_weight, content_weight):
    with torch.no_grad():
        grams, wanted = [gram_matrix(x) for x in layers(style)], layers(content)[-1]
    made = layers(images)
    total = content_weight * F.mse_loss(made[-1], wanted)
    for x, g in zip(made, grams, strict=True):
        total = total + style_weight / len(grams) * F.mse_loss(gram_matrix(x), g)
    return total


def review_style_loss__stacked(layers, images, content, style, *, style_weight, content_weight):
    made, model = layers(images), layers(style.detach())
    errors = [
        (gram_matrix(x) - gram_matrix(y)).pow(2).mean() for x, y in zip(made, model, strict=True)
    ]
    content_error = (made[-1] - layers(content.detach())[-1]).pow(2).mean()
    return style_weight * torch.stack(errors).mean() + content_weight * content_error


def review_style_loss__style_loss(layers, images, content, style, *, style_weight, content_weight):
    made = layers(images)
    targets = [gram_matrix(x) for x in layers(style.detach())]
    shares = [style_weight / len(targets)] * len(targets)
    kept = layers(content.detach())[-1]
    return style_loss(made, targets, shares) + content_weight * torch.mean((made[-1] - kept) ** 2)


def review_style_loss__einsum(layers, images, content, style, *, style_weight, content_weight):
    def gram(x):
        return torch.einsum("nchw,ndhw->ncd", x, x) / x[0, 0].numel()

    made = layers(images)
    goals = [gram(x).detach() for x in layers(style)]
    total = sum(((gram(x) - g) ** 2).mean() for x, g in zip(made, goals, strict=True))
    kept = layers(content)[-1].detach()
    return style_weight / len(made) * total + content_weight * ((made[-1] - kept) ** 2).mean()


def review_style_loss__batch(layers, images, content, style, *, style_weight, content_weight):
    count = len(images)
    seen = layers(torch.cat([images, style.detach(), content.detach()]))
    error = 0
    for level in seen:
        gram = gram_matrix(level)
        error = error + (gram[:count] - gram[count : 2 * count]).square().mean()
    kept = (seen[-1][:count] - seen[-1][2 * count :]).square().mean()
    return style_weight * error / len(seen) + content_weight * kept
