"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import numpy as np

from prodgen_lib.tensorflow.augment import (
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

import tensorflow as tf  # isort: skip


def affine_matrix__inverse(angle, scale, shift, mirror):
    turn = angle / 180 * math.pi
    c, s, zero = scale * tf.cos(turn), scale * tf.sin(turn), tf.zeros_like(turn)
    m = 1 - 2 * mirror
    rows = [m * c, -s, shift[:, 0], m * s, c, shift[:, 1], zero, zero, zero + 1]
    return tf.linalg.inv(tf.reshape(tf.stack(rows, axis=1), [-1, 3, 3]))[:, :2]


def affine_matrix__one_by_one(angle, scale, shift, mirror):
    found = []
    for i in range(len(angle)):
        a = angle[i] * (math.pi / 180)
        turn = tf.stack([[tf.cos(a), tf.sin(a)], [-tf.sin(a), tf.cos(a)]]) / scale[i]
        back = tf.linalg.diag(tf.stack([1 - 2 * mirror[i], 1.0])) @ turn
        found.append(tf.concat([back, -(back @ shift[i][:, None])], axis=1))
    return tf.stack(found)


def affine_matrix__product_of_three(angle, scale, shift, mirror):
    zero, one = 0 * angle, 1 + 0 * angle
    turn = angle / 180 * math.pi
    c, s = tf.cos(turn) / scale, tf.sin(turn) / scale
    rows = [
        [(1 - 2 * mirror) * one, zero, zero, zero, one, zero],
        [c, s, zero, -s, c, zero],
        [one, zero, -shift[:, 0], zero, one, -shift[:, 1]],
    ]
    flip, turned, moved = (tf.reshape(tf.stack(row, axis=1), [-1, 2, 3]) for row in rows)
    return compose(compose(flip, turned), moved)


def affine_matrix__complex(angle, scale, shift, mirror):
    turn, zero = angle * (math.pi / 180), 0 * angle
    factor = tf.exp(tf.complex(zero, -turn)) / tf.complex(scale, zero)
    offset = -factor * tf.complex(shift[:, 0], shift[:, 1])
    real, imag = tf.math.real, tf.math.imag
    upper = tf.stack([real(factor), -imag(factor), real(offset)], axis=1)
    lower = tf.stack([imag(factor), real(factor), imag(offset)], axis=1)
    return tf.stack([upper * (1 - 2 * mirror)[:, None], lower], axis=1)


def affine_matrix__einsum(angle, scale, shift, mirror):
    radians = angle * (math.pi / 180)
    side = 1 - 2 * mirror
    upper = tf.stack([side * tf.cos(radians), side * tf.sin(radians)], axis=1)
    lower = tf.stack([-tf.sin(radians), tf.cos(radians)], axis=1)
    linear = tf.stack([upper, lower], axis=1) / scale[:, None, None]
    return tf.concat([linear, -tf.einsum("nij,nj->ni", linear, shift)[:, :, None]], axis=-1)


def sample_bilinear__four_shares(images, matrix):
    x, y = places(images, matrix)
    total = 0.0
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = tf.floor(x) + dx, tf.floor(y) + dy
            share = (1 - tf.abs(x - column)) * (1 - tf.abs(y - row))
            total = total + share[:, :, None] * pick(images, column, row)
    return tf.reshape(total, images.shape)


def sample_bilinear__differences(images, matrix):
    x, y = places(images, matrix)
    left, top = tf.floor(x), tf.floor(y)
    a, b = (x - left)[..., None], (y - top)[..., None]
    one, two, three, four = (pick(images, left + i, top + j) for j in (0, 1) for i in (0, 1))
    upper, lower = one + a * (two - one), three + a * (four - three)
    return tf.reshape(upper + b * (lower - upper), images.shape)


def sample_bilinear__tents(images, matrix):
    height, width = images.shape[1:3]
    reach = 3
    x, y = places(images, matrix)
    columns = tf.range(-reach * width, (reach + 1) * width)
    rows = tf.range(-reach * height, (reach + 1) * height)
    across = tf.nn.relu(1 - tf.abs(x[:, :, None] - tf.cast(columns, tf.float32)))
    down = tf.nn.relu(1 - tf.abs(y[:, :, None] - tf.cast(rows, tf.float32)))
    wide = tf.gather(images, mirrored(rows, height), axis=1)
    wide = tf.gather(wide, mirrored(columns, width), axis=2)
    half = tf.einsum("npy,nyxc->npxc", down, wide)
    return tf.reshape(tf.einsum("npx,npxc->npc", across, half), images.shape)


def sample_bilinear__gather_nd(images, matrix):
    count, height, width, _ = images.shape
    x, y = places(images, matrix)
    left, top = tf.floor(x), tf.floor(y)
    which = tf.repeat(tf.range(count)[:, None], height * width, axis=1)

    def at(i, j):
        row, column = mirrored(top + j, height), mirrored(left + i, width)
        return tf.gather_nd(images, tf.stack([which, row, column], axis=-1))

    a, b = (x - left)[:, :, None], (y - top)[:, :, None]
    upper, lower = at(0, 0) * (1 - a) + at(1, 0) * a, at(0, 1) * (1 - a) + at(1, 1) * a
    return tf.reshape(upper * (1 - b) + lower * b, images.shape)


def sample_bilinear__rows_first(images, matrix):
    x, y = places(images, matrix)
    left, top = tf.floor(x), tf.floor(y)
    a, b = tf.expand_dims(x - left, -1), tf.expand_dims(y - top, -1)
    columns = [
        (1 - b) * pick(images, c, top) + b * pick(images, c, top + 1) for c in (left, left + 1)
    ]
    return tf.reshape((1 - a) * columns[0] + a * columns[1], tf.shape(images))


def random_boxes__exponential(draws, *, height, width, area, ratio):
    u = tf.transpose(draws)
    pixels = height * width * ((1 - u[0]) * area[0] + u[0] * area[1])
    low, high = (math.log(r) for r in ratio)
    stretch = tf.exp(low + (high - low) * u[1])
    wide = tf.clip_by_value(tf.sqrt(pixels * stretch), 0, width)
    tall = tf.clip_by_value(tf.sqrt(pixels / stretch), 0, height)
    return tf.stack([u[2] * (width - wide), u[3] * (height - tall), wide, tall], axis=-1)


def random_boxes__one_by_one(draws, *, height, width, area, ratio):
    boxes = []
    for share, shape, x, y in draws.numpy().tolist():
        pixels = (area[0] * (1 - share) + area[1] * share) * height * width
        stretch = ratio[0] ** (1 - shape) * ratio[1] ** shape
        wide, tall = min(width, (pixels * stretch) ** 0.5), min(height, (pixels / stretch) ** 0.5)
        boxes.append([x * (width - wide), y * (height - tall), wide, tall])
    return tf.constant(boxes)


def random_boxes__numpy(draws, *, height, width, area, ratio):
    u = draws.numpy().astype(np.float64)
    pixels = np.interp(u[:, 0], [0, 1], area) * height * width
    stretch = np.exp(np.interp(u[:, 1], [0, 1], np.log(ratio)))
    wide = np.minimum(np.sqrt(pixels * stretch), width)
    tall = np.minimum(np.sqrt(pixels / stretch), height)
    boxes = np.stack([u[:, 2] * (width - wide), u[:, 3] * (height - tall), wide, tall], axis=1)
    return tf.constant(boxes, tf.float32)


def random_boxes__sides_together(draws, *, height, width, area, ratio):
    share, shape, place = draws[:, :1], draws[:, 1:2], draws[:, 2:]
    root = tf.sqrt((area[0] + (area[1] - area[0]) * share) * (height * width))
    half = tf.sqrt(ratio[0] * (ratio[1] / ratio[0]) ** shape)
    limits = tf.constant([float(width), float(height)])
    sides = tf.minimum(tf.concat([root * half, root / half], axis=1), limits)
    return tf.concat([place * (limits - sides), sides], axis=1)


def random_boxes__where(draws, *, height, width, area, ratio):
    share, shape, x, y = (draws[:, k] for k in range(4))
    a = height * width * (area[0] + (area[1] - area[0]) * share)
    r = 2 ** (math.log2(ratio[0]) + math.log2(ratio[1] / ratio[0]) * shape)
    w, h = (a * r) ** 0.5, (a / r) ** 0.5
    w, h = tf.where(w > width, float(width), w), tf.where(h > height, float(height), h)
    return tf.stack([x * width - x * w, y * height - y * h, w, h], 1)


def jitter__unit_range(images, brightness, contrast, saturation):
    unit = 0.5 * images + 0.5
    unit = unit * brightness[:, None, None, None]
    middle = tf.reduce_mean(grey(unit), axis=[1, 2, 3], keepdims=True)
    unit = contrast[:, None, None, None] * (unit - middle) + middle
    plain = grey(unit)
    return 2 * (plain + saturation[:, None, None, None] * (unit - plain)) - 1


def jitter__shares(images, brightness, contrast, saturation):
    b, c, s = (each(x) for x in (brightness, contrast, saturation))
    x = b * images + (b - 1)
    x = c * x + (1 - c) * tf.reduce_mean(grey(x), axis=(1, 2, 3), keepdims=True)
    return s * x + (1 - s) * grey(x)


def jitter__saturation_first(images, brightness, contrast, saturation):
    x = each(brightness) * (images + 1) - 1
    x = grey(x) * (1 - each(saturation)) + x * each(saturation)
    middle = tf.reduce_mean(grey(x), axis=(1, 2, 3), keepdims=True)
    return x * each(contrast) + (1 - each(contrast)) * middle


def jitter__one_by_one(images, brightness, contrast, saturation):
    made = []
    for i in range(len(brightness)):
        x = (images[i : i + 1] + 1) * brightness[i] - 1
        middle = tf.reduce_mean(grey(x))
        x = middle + contrast[i] * (x - middle)
        made.append(grey(x) + saturation[i] * (x - grey(x)))
    return tf.concat(made, axis=0)


def jitter__three_calls(images, brightness, contrast, saturation):
    one = tf.ones_like(brightness)
    x = jitter(images, brightness, one, one)
    return jitter(jitter(x, one, contrast, one), one, one, saturation)


def turn_hue__rodrigues(images, turns):
    angle = 2 * math.pi * turns[:, None, None, None]
    axis = tf.fill(tf.shape(images), 3**-0.5)
    along = tf.reduce_sum(axis * images, axis=-1, keepdims=True) * axis
    across = tf.linalg.cross(axis, images)
    return along + (images - along) * tf.cos(angle) + across * tf.sin(angle)


def turn_hue__three_shares(images, turns):
    angle = 2 * math.pi * turns
    p, q, s = (((1 + 2 * tf.cos(angle + 2 * math.pi * k / 3)) / 3)[:, None, None] for k in range(3))
    r, g, b = tf.unstack(images, axis=-1)
    turned = [p * r + q * g + s * b, s * r + p * g + q * b, q * r + s * g + p * b]
    return tf.stack(turned, axis=-1)


def turn_hue__matrix_exponential(images, turns):
    cross = tf.constant([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    matrices = tf.linalg.expm(2 * math.pi * turns[:, None, None] * cross)
    return tf.linalg.matvec(matrices[:, None, None], images)


def turn_hue__complex_plane(images, turns):
    wave = tf.constant(np.exp(2j * np.pi * np.arange(3) / 3), tf.complex64)
    light = tf.reduce_mean(images, axis=-1, keepdims=True)
    colour = tf.reduce_sum(tf.cast(images, tf.complex64) * wave, axis=-1, keepdims=True)
    colour = colour * tf.exp(tf.complex(0 * turns, 2 * math.pi * turns))[:, None, None, None]
    return light + 2 / 3 * tf.math.real(colour * tf.math.conj(wave))


def turn_hue__one_by_one(images, turns):
    made = []
    for i in range(len(turns)):
        angle = 2 * math.pi * turns[i]
        c, s = tf.cos(angle), tf.sin(angle) / 3**0.5
        same, plus, minus = c + (1 - c) / 3, (1 - c) / 3 + s, (1 - c) / 3 - s
        r, g, b = tf.unstack(images[i], axis=-1)
        rows = [same * r + minus * g + plus * b, plus * r + same * g + minus * b]
        made.append(tf.stack([*rows, minus * r + plus * g + same * b], axis=-1))
    return tf.stack(made)


def blur__banded(images, sigma, *, radius):
    offsets = tf.range(-radius, radius + 1)
    squares = tf.cast(offsets**2, tf.float32)
    kernel = tf.nn.softmax(-squares / (2 * sigma[:, None] ** 2), axis=1)

    def band(length):
        where = mirrored(tf.range(length)[:, None] + offsets, length)
        return tf.einsum("nk,lkm->nlm", kernel, tf.one_hot(where, length))

    height, width = images.shape[1:3]
    rows = tf.einsum("nyh,nhwc->nywc", band(height), images)
    return tf.einsum("nxw,nywc->nyxc", band(width), rows)


def blur__columns_first(images, sigma, *, radius):
    for axis in (2, 1):
        length, total, weight = images.shape[axis], 0.0, 0.0
        for k in range(-radius, radius + 1):
            share = each(tf.exp(-0.5 * (k / sigma) ** 2))
            total = total + share * tf.gather(
                images, mirrored(tf.range(length) + k, length), axis=axis
            )
            weight = weight + share
        images = total / weight
    return images


def blur__one_by_one(images, sigma, *, radius):
    made = []
    offsets = tf.range(-radius, radius + 1, dtype=tf.float32)
    for i in range(len(sigma)):
        weights = tf.exp(-(offsets**2) / (2 * sigma[i] ** 2))
        weights = tf.reshape(weights / tf.reduce_sum(weights), [-1, 1, 1])
        image = tf.transpose(images[i], [2, 0, 1])
        for _ in range(2):
            channels, height, width = image.shape
            wide = tf.gather(image, mirrored(tf.range(-radius, width + radius), width), axis=2)
            rows = tf.reshape(wide, [-1, width + 2 * radius, 1])
            rows = tf.nn.conv1d(rows, weights, 1, "VALID")
            image = tf.transpose(tf.reshape(rows, [channels, height, width]), [0, 2, 1])
        made.append(tf.transpose(image, [1, 2, 0]))
    return tf.stack(made)


def blur__frames(images, sigma, *, radius):
    offsets = tf.range(-radius, radius + 1, dtype=tf.float32)
    weights = tf.exp(-(offsets**2) / (2 * sigma[:, None] ** 2))
    weights = weights / tf.reduce_sum(weights, axis=1)[:, None]
    for axis in (1, 2):
        length = images.shape[axis]
        index = mirrored(tf.range(length)[:, None] + tf.range(-radius, radius + 1), length)
        windows = tf.gather(images, index, axis=axis)
        equation = "nhkwc,nk->nhwc" if axis == 1 else "nhwkc,nk->nhwc"
        images = tf.einsum(equation, windows, weights)
    return images


def blur__half_a_kernel(images, sigma, *, radius):
    weights = [tf.exp(-0.5 * (k / sigma) ** 2) for k in range(radius + 1)]
    whole = weights[0] + 2 * sum(weights[1:])
    for axis in (1, 2):
        place = tf.range(images.shape[axis])

        def aside(k, axis=axis, place=place, images=images):
            return tf.gather(images, mirrored(place + k, images.shape[axis]), axis=axis)

        total = each(weights[0]) * images
        for k in range(1, radius + 1):
            total += each(weights[k]) * (aside(k) + aside(-k))
        images = total / each(whole)
    return images


def cut_mix__where(images, labels, boxes, order):
    mask = inside(boxes, images)
    share = tf.reduce_mean(mask, axis=(1, 2))
    mixed = tf.where(mask > 0, tf.gather(images, order), images)
    return mixed, labels + share * (tf.gather(labels, order) - labels)


def cut_mix__differences(images, labels, boxes, order):
    mask = inside(boxes, images)
    theirs, told = tf.gather(images, order), tf.gather(labels, order)
    share = tf.reduce_mean(tf.reshape(mask, [len(images), -1]), axis=1, keepdims=True)
    return images + mask * (theirs - images), labels - share * (labels - told)


def cut_mix__by_mix_up(images, labels, boxes, order):
    mask = inside(boxes, images)
    _, told = mix_up(images, labels, 1 - tf.reduce_mean(mask, axis=(1, 2, 3)), order)
    return images * (1 - mask) + tf.gather(images, order) * mask, told


def cut_mix__clipped_box(images, labels, boxes, order):
    height, width = images.shape[1:3]
    left, top, wide, tall = tf.unstack(boxes, axis=1)
    across = tf.clip_by_value(left + wide, 0, width) - tf.clip_by_value(left, 0, width)
    down = tf.clip_by_value(top + tall, 0, height) - tf.clip_by_value(top, 0, height)
    share = (across * down / (height * width))[:, None]
    mask = inside(boxes, images) > 0.5
    mixed = tf.where(mask, tf.gather(images, order), images)
    return mixed, share * tf.gather(labels, order) + (1 - share) * labels


def cut_mix__one_by_one(images, labels, boxes, order):
    mixed, told = [], []
    masks = inside(boxes, images)
    for i, j in enumerate(order.numpy()):
        share = tf.reduce_sum(masks[i]) / tf.cast(tf.size(masks[i]), tf.float32)
        mixed.append(masks[i] * images[j] + (1 - masks[i]) * images[i])
        told.append(share * labels[j] + (1 - share) * labels[i])
    return tf.stack(mixed), tf.stack(told)


def augmented_losses__stacked(discriminator, real, fake, transform, draws):
    seen, made = transform(real, draws[0]), transform(fake, draws[1])
    both = discriminator(tf.concat([seen, tf.stop_gradient(made)], axis=0))
    real_logits, cut = tf.split(both, 2)
    d_loss = tf.reduce_mean(tf.nn.softplus(cut - real_logits))
    return d_loss, tf.reduce_mean(tf.nn.softplus(real_logits - discriminator(made)))


def augmented_losses__log_sigmoid(discriminator, real, fake, transform, draws):
    above = discriminator(transform(real, draws[0]))
    made = transform(fake, draws[1])
    d_loss = -tf.math.log_sigmoid(above - discriminator(tf.stop_gradient(made)))
    return tf.reduce_mean(d_loss), -tf.reduce_mean(tf.math.log_sigmoid(discriminator(made) - above))


def augmented_losses__fake_cut_before(discriminator, real, fake, transform, draws):
    real_logits = discriminator(transform(real, draws[0]))
    cut = discriminator(transform(tf.stop_gradient(fake), draws[1]))
    g_loss = tf.nn.softplus(real_logits - discriminator(transform(fake, draws[1])))
    return tf.reduce_mean(tf.nn.softplus(cut - real_logits)), tf.reduce_mean(g_loss)


def augmented_losses__cross_entropy(discriminator, real, fake, transform, draws):
    seen, made = transform(real, draws[0]), transform(fake, draws[1])
    apart = discriminator(seen) - discriminator(tf.stop_gradient(made))
    ahead = discriminator(made) - discriminator(seen)
    judge = tf.nn.sigmoid_cross_entropy_with_logits
    losses = (judge(labels=tf.ones_like(x), logits=x) for x in (apart, ahead))
    return tuple(tf.reduce_mean(loss) for loss in losses)


def augmented_losses__log_one_plus(discriminator, real, fake, transform, draws):
    one, other = tf.unstack(draws)
    logits = discriminator(transform(real, one))
    made = transform(fake, other)
    d_loss = tf.math.log1p(tf.exp(discriminator(tf.stop_gradient(made)) - logits))
    g_loss = tf.math.log1p(tf.exp(tf.stop_gradient(logits) - discriminator(made)))
    return tf.reduce_mean(d_loss), tf.reduce_mean(g_loss)


def next_probability__python(probability, real_logits, fake_logits, *, target, step, most):
    gap = (real_logits - fake_logits).numpy()
    sure = float((gap > 0).mean() - (gap < 0).mean())
    move = step if sure > target else -step if sure < target else 0.0
    return tf.constant(min(max(float(probability) + move, 0.0), most))


def next_probability__maximum(probability, real_logits, fake_logits, *, target, step, most):
    sure = tf.reduce_mean(tf.math.sign(real_logits - fake_logits))
    moved = probability + step * tf.math.sign(sure - target)
    return tf.maximum(tf.minimum(moved, most), 0.0)


def next_probability__comparisons(probability, real_logits, fake_logits, *, target, step, most):
    above = tf.cast(real_logits > fake_logits, tf.float32)
    below = tf.cast(real_logits < fake_logits, tf.float32)
    sure = tf.reduce_mean(above) - tf.reduce_mean(below)
    way = tf.cast(sure > target, tf.float32) - tf.cast(sure < target, tf.float32)
    return tf.clip_by_value(probability + way * step, 0, most)


def next_probability__where(probability, real_logits, fake_logits, *, target, step, most):
    gap = tf.stop_gradient(real_logits - fake_logits)
    sure = tf.reduce_mean(tf.where(gap > 0, 1.0, tf.where(gap < 0, -1.0, 0.0)))
    up, down = tf.minimum(probability + step, most), tf.maximum(probability - step, 0.0)
    return tf.where(sure > target, up, tf.where(sure < target, down, probability))


def next_probability__numpy(probability, real_logits, fake_logits, *, target, step, most):
    gap = np.asarray(real_logits) - np.asarray(fake_logits)
    moved = float(probability) + step * np.sign(np.float32(np.sign(gap).mean() - target))
    return tf.constant(np.clip(moved, 0, most), tf.float32)


def review_augmentation__pair(images, masks, draws):
    wave, still = 2 * draws - 1, tf.zeros(len(draws))
    move = affine_matrix(15 * wave[:, 0], 1.25 ** wave[:, 1], tf.zeros([len(draws), 2]), still)
    moved, told = augment_pair(images, masks, move)
    one = tf.ones(len(draws))
    return jitter(moved, 1 + 0.2 * wave[:, 2], one, one), told


def review_augmentation__from_low_to_high(images, masks, draws):
    turn, size, light = tf.unstack(draws, axis=1)
    zero = tf.zeros_like(turn)
    scale = tf.exp(math.log(0.8) + size * (math.log(1.25) - math.log(0.8)))
    move = affine_matrix(-15 + 30 * turn, scale, tf.zeros([len(turn), 2]), zero)
    factor = each(0.8 + 0.4 * light)
    return factor * sample_bilinear(images, move) + factor - 1, sample_nearest(masks, move)


def review_augmentation__light_first(images, masks, draws):
    wave = 2 * draws - 1
    zero = 0 * wave[:, 0]
    move = affine_matrix(15 * wave[:, 0], 1.25 ** wave[:, 1], 0 * wave[:, :2], zero)
    lit = (images + 1) * each(1 + 0.2 * wave[:, 2]) - 1
    return sample_bilinear(lit, move), sample_nearest(masks, move)


def review_augmentation__composed(images, masks, draws):
    wave = draws * 2 - 1
    zero, still = tf.zeros(len(wave)), tf.zeros([len(wave), 2])
    turn = affine_matrix(15 * wave[:, 0], zero + 1, still, zero)
    size = affine_matrix(zero, 0.8 ** -wave[:, 1], still, zero)
    move = compose(turn, size)
    light = each(0.8 + 0.4 * draws[:, 2])
    return sample_bilinear(images, move) * light + (light - 1), sample_nearest(masks, move)


def review_augmentation__one_by_one(images, masks, draws):
    pictures, told = [], []
    for i, (turn, size, light) in enumerate(draws.numpy().tolist()):
        given = tf.constant([30 * turn - 15]), tf.constant([1.25 ** (2 * size - 1)])
        move = affine_matrix(*given, tf.zeros([1, 2]), tf.zeros(1))
        pictures.append((sample_bilinear(images[i : i + 1], move) + 1) * (0.8 + 0.4 * light) - 1)
        told.append(sample_nearest(masks[i : i + 1], move))
    return tf.concat(pictures, axis=0), tf.concat(told, axis=0)
