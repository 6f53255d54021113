"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from prodgen_lib.torch.augment import (
    affine_matrix,
    augment_pair,
    compose,
    each,
    grey,
    inside,
    jitter,
    mirrored,
    mix_up,
    pick,
    places,
    sample_bilinear,
    sample_nearest,
)


def affine_matrix__inverse(angle, scale, shift, mirror):
    turn = torch.deg2rad(angle)
    c, s, zero = scale * turn.cos(), scale * turn.sin(), torch.zeros_like(turn)
    m = 1 - 2 * mirror
    rows = [m * c, -s, shift[:, 0], m * s, c, shift[:, 1], zero, zero, zero + 1]
    return torch.linalg.inv(torch.stack(rows, dim=1).reshape(-1, 3, 3))[:, :2]


def affine_matrix__one_by_one(angle, scale, shift, mirror):
    found = []
    for a, s, (x, y), m in zip(angle, scale, shift, mirror, strict=True):
        a = a * math.pi / 180
        turn = torch.stack([torch.stack([a.cos(), a.sin()]), torch.stack([-a.sin(), a.cos()])]) / s
        back = torch.diag(torch.stack([1 - 2 * m, 1 + 0 * m])) @ turn
        found.append(torch.cat([back, -(back @ torch.stack([x, y]))[:, None]], dim=1))
    return torch.stack(found)


def affine_matrix__product_of_three(angle, scale, shift, mirror):
    still, one, zero = 0 * shift, 1 + 0 * angle, 0 * angle
    turn = angle / 180 * math.pi
    c, s = turn.cos(), turn.sin()
    matrix = [(1 - 2 * mirror) * one, zero, zero, zero, one, zero]
    flip = torch.stack(matrix, dim=1).reshape(-1, 2, 3)
    turned = torch.stack([c / scale, s / scale, zero, -s / scale, c / scale, zero], dim=1)
    moved = torch.stack([one, zero, still[:, 0] - shift[:, 0], zero, one, -shift[:, 1]], dim=1)
    return compose(compose(flip, turned.reshape(-1, 2, 3)), moved.reshape(-1, 2, 3))


def affine_matrix__complex(angle, scale, shift, mirror):
    factor = torch.exp(-1j * torch.deg2rad(angle)) / scale
    offset = -factor * torch.complex(shift[:, 0], shift[:, 1])
    side = 1 - 2 * mirror
    upper = torch.stack([factor.real, -factor.imag, offset.real], dim=1) * side[:, None]
    lower = torch.stack([factor.imag, factor.real, offset.imag], dim=1)
    return torch.stack([upper, lower], dim=1)


def affine_matrix__filled_in(angle, scale, shift, mirror):
    matrix = torch.zeros(len(angle), 2, 3)
    radians = angle * (math.pi / 180)
    matrix[:, 0, 0] = (1 - 2 * mirror) * torch.cos(radians) / scale
    matrix[:, 0, 1] = (1 - 2 * mirror) * torch.sin(radians) / scale
    matrix[:, 1, 0] = -torch.sin(radians) / scale
    matrix[:, 1, 1] = torch.cos(radians) / scale
    matrix[:, :, 2] = -torch.einsum("nij,nj->ni", matrix[:, :, :2].clone(), shift)
    return matrix


def sample_bilinear__four_shares(images, matrix):
    x, y = places(images, matrix)
    total = 0
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = x.floor() + dx, y.floor() + dy
            share = (1 - (x - column).abs()) * (1 - (y - row).abs())
            total = total + share[:, None] * pick(images, column, row)
    return total.reshape(images.shape)


def sample_bilinear__lerp(images, matrix):
    x, y = places(images, matrix)
    left, top = x.floor(), y.floor()
    a, b = (x - left)[:, None], (y - top)[:, None]
    corners = [pick(images, left + i, top + j) for j in (0, 1) for i in (0, 1)]
    rows = torch.lerp(corners[0], corners[1], a), torch.lerp(corners[2], corners[3], a)
    return torch.lerp(*rows, b).view_as(images)


def sample_bilinear__tents(images, matrix):
    height, width = images.shape[2:]
    reach = 3
    x, y = places(images, matrix)
    columns = torch.arange(-reach * width, (reach + 1) * width)
    rows = torch.arange(-reach * height, (reach + 1) * height)
    across = F.relu(1 - (x[:, :, None] - columns).abs())
    down = F.relu(1 - (y[:, :, None] - rows).abs())
    wide = images[:, :, mirrored(rows, height)][:, :, :, mirrored(columns, width)]
    return torch.einsum("npy,npx,ncyx->ncp", down, across, wide).reshape(images.shape)


def sample_bilinear__grid_sample(images, matrix):
    height, width = images.shape[2:]
    x, y = places(images, matrix)
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    grid = grid.reshape(len(images), height, width, 2)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def sample_bilinear__picture_by_picture(images, matrix):
    made = []
    for image, move in zip(images, matrix, strict=True):
        x, y = (p[0] for p in places(image[None], move[None]))
        x0, y0 = torch.floor(x), torch.floor(y)
        columns = [mirrored(x0 + k, image.shape[2]) for k in (0, 1)]
        rows = [mirrored(y0 + k, image.shape[1]) for k in (0, 1)]
        a, b = x - x0, y - y0
        upper = image[:, rows[0], columns[0]] * (1 - a) + image[:, rows[0], columns[1]] * a
        lower = image[:, rows[1], columns[0]] * (1 - a) + image[:, rows[1], columns[1]] * a
        made.append((upper + b * (lower - upper)).reshape(image.shape))
    return torch.stack(made)


def random_boxes__exponential(draws, *, height, width, area, ratio):
    u = draws.T
    pixels = height * width * torch.lerp(torch.tensor(area[0]), torch.tensor(area[1]), u[0])
    low, high = (math.log(r) for r in ratio)
    stretch = torch.exp(low + (high - low) * u[1])
    wide = torch.sqrt(pixels * stretch).clip(0, width)
    tall = torch.sqrt(pixels / stretch).clip(0, height)
    return torch.stack([u[2] * (width - wide), u[3] * (height - tall), wide, tall], dim=-1)


def random_boxes__one_by_one(draws, *, height, width, area, ratio):
    boxes = []
    for share, shape, x, y in draws.tolist():
        pixels = (area[0] * (1 - share) + area[1] * share) * height * width
        stretch = ratio[0] ** (1 - shape) * ratio[1] ** shape
        wide, tall = min(width, (pixels * stretch) ** 0.5), min(height, (pixels / stretch) ** 0.5)
        boxes.append([x * (width - wide), y * (height - tall), wide, tall])
    return torch.tensor(boxes)


def random_boxes__numpy(draws, *, height, width, area, ratio):
    u = draws.numpy().astype(np.float64)
    pixels = np.interp(u[:, 0], [0, 1], area) * height * width
    stretch = np.exp(np.interp(u[:, 1], [0, 1], np.log(ratio)))
    wide = np.minimum(np.sqrt(pixels * stretch), width)
    tall = np.minimum(np.sqrt(pixels / stretch), height)
    boxes = np.stack([u[:, 2] * (width - wide), u[:, 3] * (height - tall), wide, tall], axis=1)
    return torch.tensor(boxes, dtype=torch.float32)


def random_boxes__sides_together(draws, *, height, width, area, ratio):
    share, shape, place = draws[:, :1], draws[:, 1:2], draws[:, 2:]
    root = torch.sqrt((area[0] + (area[1] - area[0]) * share) * (height * width))
    half = torch.sqrt(ratio[0] * (ratio[1] / ratio[0]) ** shape)
    limits = torch.tensor([float(width), float(height)])
    sides = torch.minimum(torch.cat([root * half, root / half], dim=1), limits)
    return torch.cat([place * (limits - sides), sides], dim=1)


def random_boxes__where(draws, *, height, width, area, ratio):
    share, shape, x, y = (draws[:, k] for k in range(4))
    a = height * width * (area[0] + (area[1] - area[0]) * share)
    r = 2 ** (math.log2(ratio[0]) + math.log2(ratio[1] / ratio[0]) * shape)
    w, h = (a * r) ** 0.5, (a / r) ** 0.5
    w = torch.where(w > width, torch.full_like(w, width), w)
    h = torch.where(h > height, torch.full_like(h, height), h)
    return torch.column_stack([x * width - x * w, y * height - y * h, w, h])


def jitter__unit_range(images, brightness, contrast, saturation):
    unit = 0.5 * images + 0.5
    unit = unit * brightness.view(-1, 1, 1, 1)
    middle = grey(unit).flatten(1).mean(dim=1).view(-1, 1, 1, 1)
    unit = contrast.view(-1, 1, 1, 1) * (unit - middle) + middle
    plain = grey(unit)
    return 2 * (plain + saturation.view(-1, 1, 1, 1) * (unit - plain)) - 1


def jitter__lerp(images, brightness, contrast, saturation):
    b, c, s = (x[:, None, None, None] for x in (brightness, contrast, saturation))
    x = b * images + (b - 1)
    x = torch.lerp(grey(x).mean(dim=(1, 2, 3), keepdim=True).expand_as(x), x, c)
    return torch.lerp(grey(x).expand_as(x), x, s)


def jitter__saturation_first(images, brightness, contrast, saturation):
    x = each(brightness) * (images + 1) - 1
    x = grey(x) * (1 - each(saturation)) + x * each(saturation)
    return x * each(contrast) + (1 - each(contrast)) * grey(x).mean(dim=(1, 2, 3), keepdim=True)


def jitter__one_by_one(images, brightness, contrast, saturation):
    made = []
    for image, b, c, s in zip(images, brightness, contrast, saturation, strict=True):
        x = (image[None] + 1) * b - 1
        x = grey(x).mean() + c * (x - grey(x).mean())
        made.append(grey(x) + s * (x - grey(x)))
    return torch.cat(made)


def jitter__three_calls(images, brightness, contrast, saturation):
    one = torch.ones_like(brightness)
    x = jitter(images, brightness, one, one)
    return jitter(jitter(x, one, contrast, one), one, one, saturation)


def turn_hue__rodrigues(images, turns):
    angle = 2 * math.pi * turns[:, None, None, None]
    axis = torch.full((3,), 3**-0.5).reshape(1, 3, 1, 1).expand_as(images)
    along = (axis * images).sum(dim=1, keepdim=True) * axis
    return (
        along
        + (images - along) * angle.cos()
        + torch.linalg.cross(axis, images, dim=1) * angle.sin()
    )


def turn_hue__three_shares(images, turns):
    angle = 2 * math.pi * turns
    shares = [(1 + 2 * torch.cos(angle + 2 * math.pi * k / 3)) / 3 for k in range(3)]
    r, g, b = images.unbind(dim=1)
    p, q, s = (x[:, None, None] for x in shares)
    return torch.stack([p * r + q * g + s * b, s * r + p * g + q * b, q * r + s * g + p * b], dim=1)


def turn_hue__matrix_exponential(images, turns):
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    matrices = torch.linalg.matrix_exp(2 * math.pi * turns[:, None, None] * cross)
    return (matrices @ images.flatten(2)).view_as(images)


def turn_hue__complex_plane(images, turns):
    wave = torch.exp(2j * math.pi * torch.arange(3) / 3)
    light = images.mean(dim=1, keepdim=True)
    colour = (images * wave.reshape(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    colour = colour * torch.exp(2j * math.pi * turns)[:, None, None, None]
    return light + 2 / 3 * (colour * wave.conj().reshape(1, 3, 1, 1)).real


def turn_hue__one_by_one(images, turns):
    made = []
    for image, turn in zip(images, turns, strict=True):
        angle = 2 * math.pi * turn
        c, s = angle.cos(), angle.sin() / 3**0.5
        same, plus, minus = c + (1 - c) / 3, (1 - c) / 3 + s, (1 - c) / 3 - s
        r, g, b = image
        rows = [same * r + minus * g + plus * b, plus * r + same * g + minus * b]
        made.append(torch.stack([*rows, minus * r + plus * g + same * b]))
    return torch.stack(made)


def blur__banded(images, sigma, *, radius):
    offsets = torch.arange(-radius, radius + 1)
    kernel = torch.softmax(-(offsets**2) / (2 * sigma[:, None] ** 2), dim=1)

    def band(length):
        where = mirrored(torch.arange(length)[:, None] + offsets, length)
        return torch.einsum("nk,lkm->nlm", kernel, F.one_hot(where, length).float())

    height, width = images.shape[2:]
    return torch.einsum("nyh,nchw,nxw->ncyx", band(height), images, band(width))


def blur__two_dimensional(images, sigma, *, radius):
    offsets = torch.arange(-radius, radius + 1.0)
    squares = offsets[:, None] ** 2 + offsets**2
    kernel = torch.exp(-squares / (2 * each(sigma)[:, 0] ** 2))
    kernel = kernel / kernel.sum(dim=(1, 2), keepdim=True)
    height, width = images.shape[2:]
    rows = mirrored(torch.arange(-radius, height + radius), height)
    columns = mirrored(torch.arange(-radius, width + radius), width)
    padded = images[:, :, rows][:, :, :, columns].transpose(0, 1)
    return F.conv2d(padded, kernel[:, None], groups=len(images)).transpose(0, 1)


def blur__columns_first(images, sigma, *, radius):
    for axis in (3, 2):
        length, total, weight = images.shape[axis], 0, 0
        for k in range(-radius, radius + 1):
            share = each(torch.exp(-0.5 * (k / sigma) ** 2))
            index = mirrored(torch.arange(length) + k, length)
            total = total + share * images.index_select(axis, index)
            weight = weight + share
        images = total / weight
    return images


def blur__one_by_one(images, sigma, *, radius):
    made = []
    for image, s in zip(images, sigma, strict=True):
        weights = torch.exp(-(torch.arange(-radius, radius + 1) ** 2) / (2 * s * s))
        weights = (weights / weights.sum())[None, None]
        for _ in range(2):
            length = image.shape[2]
            wide = image[:, :, mirrored(torch.arange(-radius, length + radius), length)]
            rows = F.conv1d(wide.reshape(-1, 1, length + 2 * radius), weights)
            image = rows.reshape(*image.shape).transpose(1, 2)
        made.append(image)
    return torch.stack(made)


def blur__unfold(images, sigma, *, radius):
    weights = torch.exp(-(torch.arange(-radius, radius + 1) ** 2) / (2 * sigma[:, None] ** 2))
    weights = weights / weights.sum(dim=1)[:, None]
    for axis in (2, 3):
        length = images.shape[axis]
        index = mirrored(torch.arange(-radius, length + radius), length)
        windows = images.index_select(axis, index).unfold(axis, 2 * radius + 1, 1)
        images = torch.einsum("nchwk,nk->nchw", windows, weights)
    return images


def cut_mix__where(images, labels, boxes, order):
    mask = inside(boxes, images)
    share = mask.flatten(1).mean(dim=1, keepdim=True)
    return torch.where(mask > 0, images[order], images), labels + share * (labels[order] - labels)


def cut_mix__lerp(images, labels, boxes, order):
    mask = inside(boxes, images)
    share = mask.mean((2, 3))
    return torch.lerp(images, images[order], mask.expand_as(images)), torch.lerp(
        labels, labels[order], share.expand_as(labels)
    )


def cut_mix__slices(images, labels, boxes, order):
    height, width = images.shape[2:]
    mixed, shares = images.clone(), []
    for i, (left, top, wide, tall) in enumerate(boxes.tolist()):
        x0, x1 = (int(min(max(x, 0), width)) for x in (left, left + wide))
        y0, y1 = (int(min(max(y, 0), height)) for y in (top, top + tall))
        mixed[i, :, y0:y1, x0:x1] = images[order[i], :, y0:y1, x0:x1]
        shares.append(max(x1 - x0, 0) * max(y1 - y0, 0) / (height * width))
    _, told = mix_up(images, labels, 1 - torch.tensor(shares), order)
    return mixed, told


def cut_mix__clipped_box(images, labels, boxes, order):
    height, width = images.shape[2:]
    left, top, wide, tall = boxes.T
    across = (left + wide).clamp(0, width) - left.clamp(0, width)
    down = (top + tall).clamp(0, height) - top.clamp(0, height)
    share = (across * down / (height * width))[:, None]
    mask = inside(boxes, images).bool()
    return images.where(~mask, images[order]), share * labels[order] + (1 - share) * labels


def cut_mix__index_select(images, labels, boxes, order):
    mask = inside(boxes, images)
    theirs, told = images.index_select(0, order), labels.index_select(0, order)
    count = mask.sum(dim=(1, 2, 3)) / mask[0].numel()
    return images + mask * (theirs - images), torch.einsum("n,nk->nk", count, told) + (
        torch.einsum("n,nk->nk", 1 - count, labels)
    )


def augmented_losses__stacked(discriminator, real, fake, transform, draws):
    seen, made = transform(real, draws[0]), transform(fake, draws[1])
    real_logits, cut = discriminator(torch.cat([seen, made.detach()])).chunk(2)
    return F.softplus(cut - real_logits).mean(), F.softplus(
        real_logits - discriminator(made)
    ).mean()


def augmented_losses__log_sigmoid(discriminator, real, fake, transform, draws):
    above = discriminator(transform(real, draws[0]))
    made = transform(fake, draws[1])
    d_loss = -F.logsigmoid(above - discriminator(made.detach())).mean()
    return d_loss, -F.logsigmoid(discriminator(made) - above).mean()


def augmented_losses__fake_cut_before(discriminator, real, fake, transform, draws):
    real_logits = discriminator(transform(real, draws[0]))
    d_loss = F.softplus(discriminator(transform(fake.detach(), draws[1])) - real_logits)
    g_loss = F.softplus(real_logits - discriminator(transform(fake, draws[1])))
    return torch.mean(d_loss), torch.mean(g_loss)


def augmented_losses__cross_entropy(discriminator, real, fake, transform, draws):
    seen, made = transform(real, draws[0]), transform(fake, draws[1])
    apart = discriminator(seen) - discriminator(made.detach())
    ahead = discriminator(made) - discriminator(seen)
    ones = torch.ones(len(real))
    judge = F.binary_cross_entropy_with_logits
    return judge(apart, ones), judge(ahead, ones)


def augmented_losses__log_one_plus(discriminator, real, fake, transform, draws):
    one, other = draws
    logits = discriminator(transform(real, one))
    made = transform(fake, other)
    d_loss = torch.log1p(torch.exp(discriminator(made.detach()) - logits)).mean()
    return d_loss, torch.log1p(torch.exp(logits.detach() - discriminator(made))).mean()


def next_probability__python(probability, real_logits, fake_logits, *, target, step, most):
    above = int((real_logits > fake_logits).sum()) - int((real_logits < fake_logits).sum())
    sure = above / len(real_logits)
    move = step if sure > target else -step if sure < target else 0.0
    return torch.tensor(min(max(probability.item() + move, 0.0), most))


@torch.no_grad()
def next_probability__no_grad(probability, real_logits, fake_logits, *, target, step, most):
    sure = (real_logits - fake_logits).sign().mean()
    return torch.clip(probability + step * (sure - target).sign(), 0, most)


def next_probability__comparisons(probability, real_logits, fake_logits, *, target, step, most):
    real, fake = real_logits.detach(), fake_logits.detach()
    sure = (real > fake).float().mean() - (real < fake).float().mean()
    direction = (sure > target).float() - (sure < target).float()
    return (probability.detach() + direction * step).clamp(min=0.0, max=most)


def next_probability__detached_first(probability, real_logits, fake_logits, *, target, step, most):
    p, gap = probability.detach(), (real_logits - fake_logits).detach()
    sure = torch.where(gap > 0, 1.0, torch.where(gap < 0, -1.0, 0.0)).mean()
    return torch.minimum(torch.maximum(p + step * torch.sign(sure - target), 0 * p), 0 * p + most)


def next_probability__numpy(probability, real_logits, fake_logits, *, target, step, most):
    gap = real_logits.detach().numpy() - fake_logits.detach().numpy()
    moved = float(probability) + step * np.sign(np.float32(np.sign(gap).mean() - target))
    return torch.tensor(np.clip(moved, 0, most), dtype=torch.float32)


def review_augmentation__pair(images, masks, draws):
    wave, still = 2 * draws - 1, torch.zeros(len(draws))
    move = affine_matrix(15 * wave[:, 0], 1.25 ** wave[:, 1], torch.zeros(len(draws), 2), still)
    moved, told = augment_pair(images, masks, move)
    one = torch.ones(len(draws))
    return jitter(moved, 1 + 0.2 * wave[:, 2], one, one), told


def review_augmentation__from_low_to_high(images, masks, draws):
    turn, size, light = draws.T
    zero = torch.zeros_like(turn)
    scale = torch.exp(torch.lerp(torch.tensor(math.log(0.8)), torch.tensor(math.log(1.25)), size))
    move = affine_matrix(-15 + 30 * turn, scale, torch.zeros(len(turn), 2), zero)
    factor = (0.8 + 0.4 * light)[:, None, None, None]
    return factor * sample_bilinear(images, move) + factor - 1, sample_nearest(masks, move)


def review_augmentation__light_first(images, masks, draws):
    wave = 2 * draws - 1
    zero = 0 * wave[:, 0]
    move = affine_matrix(15 * wave[:, 0], 1.25 ** wave[:, 1], 0 * wave[:, :2], zero)
    lit = (images + 1) * each(1 + 0.2 * wave[:, 2]) - 1
    return sample_bilinear(lit, move), sample_nearest(masks, move)


def review_augmentation__composed(images, masks, draws):
    wave = draws * 2 - 1
    zero, still = torch.zeros(len(wave)), torch.zeros(len(wave), 2)
    turn = affine_matrix(15 * wave[:, 0], zero + 1, still, zero)
    size = affine_matrix(zero, 0.8 ** -wave[:, 1], still, zero)
    move = compose(turn, size)
    light = each(0.8 + 0.4 * draws[:, 2])
    return sample_bilinear(images, move) * light + (light - 1), sample_nearest(masks, move)


def review_augmentation__one_by_one(images, masks, draws):
    pictures, told = [], []
    for image, mask, (turn, size, light) in zip(images, masks, draws.tolist(), strict=True):
        given = torch.tensor([30 * turn - 15]), torch.tensor([1.25 ** (2 * size - 1)])
        move = affine_matrix(*given, torch.zeros(1, 2), torch.zeros(1))
        pictures.append((sample_bilinear(image[None], move) + 1) * (0.8 + 0.4 * light) - 1)
        told.append(sample_nearest(mask[None], move))
    return torch.cat(pictures), torch.cat(told)
