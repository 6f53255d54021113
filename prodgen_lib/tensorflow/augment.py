"""Augmentation, in Keras: more from few pictures, and what each change claims.

Read from top to bottom: where a pixel comes from, how it is read there, boxes, light and colour,
blur, mixed pictures and their labels, pictures with masks, a whole pipeline; then two functions for
generators. The generators themselves are in `generator_augment`, CIE Lab in `lab`.

Pictures are N×H×W×C in [-1, 1], -1 black, with 3 channels or 1. Nothing is clipped: who needs the
range clips once, at the end. Random numbers come in as arguments, one draw a picture, and all that
is done to pictures can be differentiated for them. The same functions in PyTorch:
`prodgen_lib.torch.augment`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from prodgen_lib.tensorflow import bridge as bridge  # keeps TensorFlow's import quiet

import tensorflow as tf  # isort: skip

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def numbers(count: int) -> tf.Tensor:
    """0, 1 … count - 1 as float32."""
    return tf.range(count, dtype=tf.float32)


def each(values: tf.Tensor) -> tf.Tensor:
    """Numbers (N,) in the shape (N, 1, 1, 1), which multiplies each of N pictures by its own."""
    return tf.reshape(values, [-1, 1, 1, 1])


def affine_matrix(
    angle: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, mirror: tf.Tensor
) -> tf.Tensor:
    """Where each pixel of a moved picture comes from: matrices (N, 2, 3), output to input.

    Places are (x, y) in pixels from the *centre* of the picture, x to the right and y down. The
    picture is mirrored left to right where `mirror` (N,) is 1 (0: not), then made larger by `scale`
    (N,), turned clockwise by `angle` (N,) in degrees, and last moved by `shift` (N, 2), pixels to
    the right and down. The matrix leads *back*: times (x, y, 1) of a place in the result, it gives
    the place in the original. Turned by 90 degrees, nothing else: [[0, 1, 0], [-1, 0, 0]].
    """
    turn = angle * (math.pi / 180)
    cosine, sine = tf.cos(turn) / scale, tf.sin(turn) / scale
    side = 1 - 2 * mirror
    back = tf.stack([side * cosine, side * sine, -sine, cosine], axis=1)
    back = tf.reshape(back, [-1, 2, 2])
    return tf.concat([back, -back @ shift[:, :, None]], axis=2)


def compose(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """One matrix (N, 2, 3) for two moves, `first` and then `second`: sample once, not twice."""
    foot = tf.tile([[[0.0, 0.0, 1.0]]], [tf.shape(first)[0], 1, 1])
    return first @ tf.concat([second, foot], axis=1)


def mirrored(index: tf.Tensor, length: int) -> tf.Tensor:
    """Whole numbers as places 0 … length - 1, mirrored at the outer edges: … 1 0 | 0 1 2 …"""
    index = tf.math.floormod(tf.cast(index, tf.int32), 2 * length)
    return tf.minimum(index, 2 * length - 1 - index)


def places(images: tf.Tensor, matrix: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The columns and rows, (N, H·W) each, that the pixels of the result are read at.

    Column 0 is the middle of the leftmost pixel, so the centre is at column (W - 1) / 2.
    """
    height, width = images.shape[1:3]
    middle, centre = (width - 1) / 2, (height - 1) / 2
    x, y = tf.meshgrid(numbers(width) - middle, numbers(height) - centre)
    found = matrix @ tf.reshape(tf.stack([x, y, tf.ones_like(x)]), [3, -1])
    return found[:, 0] + middle, found[:, 1] + centre


def pick(images: tf.Tensor, columns: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Pixels (N, P, C) at whole columns and rows (N, P); beyond the border, its mirror image."""
    height, width, channels = images.shape[1:]
    index = mirrored(rows, height) * width + mirrored(columns, width)
    return tf.gather(tf.reshape(images, [-1, height * width, channels]), index, batch_dims=1)


def sample_bilinear(images: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Pictures moved by `matrix` (N, 2, 3), as `affine_matrix` gives it; the same shape.

    `places` says at which column and row each pixel of the result is read, and `pick` reads whole
    ones, mirrored beyond the border. Between four pixels each counts by how near it is: column 1.25
    is three quarters of column 1 and one quarter of column 2, and rows alike. Gradients reach the
    pictures. Shifted by half a pixel to the right, a row 0, 8, 8 becomes 0, 4, 8.
    """
    columns, rows = places(images, matrix)
    left, top = tf.floor(columns), tf.floor(rows)
    across, down = (columns - left)[:, :, None], (rows - top)[:, :, None]
    upper = (1 - across) * pick(images, left, top) + across * pick(images, left + 1, top)
    lower = (1 - across) * pick(images, left, top + 1) + across * pick(images, left + 1, top + 1)
    return tf.reshape((1 - down) * upper + down * lower, tf.shape(images))


def sample_nearest(images: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """As `sample_bilinear`, with the nearest pixel: no value that was not there. For masks."""
    columns, rows = places(images, matrix)
    nearest = pick(images, tf.floor(columns + 0.5), tf.floor(rows + 0.5))
    return tf.reshape(nearest, tf.shape(images))


def random_boxes(
    draws: tf.Tensor,
    *,
    height: int,
    width: int,
    area: tuple[float, float],
    ratio: tuple[float, float],
) -> tf.Tensor:
    """Boxes (N, 4) in a picture of height × width pixels: left, top, width, height.

    `draws` (N, 4) are uniform in [0, 1), and decide in this order:
    the box's share of the picture's area, uniform in `area`, (low, high);
    its width over its height, in pixels, uniform *in its logarithm* in `ratio`, (low, high);
    its left edge, then its top edge, each uniform among those that keep the box inside.
    A side that would be longer than the picture's is cut to it, before the box is placed.
    All draws 0.5, height 8, width 16, area (0.25, 0.25), ratio (0.5, 8): the area is 32 and the
    ratio 2, so the box is (4, 2, 8, 4).
    """
    share, shape, across, down = tf.unstack(draws, axis=1)
    pixels = (area[0] + share * (area[1] - area[0])) * height * width
    stretch = ratio[0] * (ratio[1] / ratio[0]) ** shape
    wide = tf.minimum(tf.sqrt(pixels * stretch), width)
    tall = tf.minimum(tf.sqrt(pixels / stretch), height)
    return tf.stack([across * (width - wide), down * (height - tall), wide, tall], axis=1)


def crop(images: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """What each box (N, 4) holds, brought to the size of the picture; boxes of `random_boxes`."""
    height, width = images.shape[1:3]
    left, top, wide, tall = tf.unstack(boxes, axis=1)
    zero = tf.zeros_like(left)
    across = [wide / width, zero, left + (wide - width) / 2]
    down = [zero, tall / height, top + (tall - height) / 2]
    return sample_bilinear(images, tf.reshape(tf.stack(across + down, axis=1), [-1, 2, 3]))


def grey(images: tf.Tensor) -> tf.Tensor:
    """The brightness of each pixel, (N, H, W, 1): luma of red, green and blue."""
    if images.shape[3] == 1:
        return images
    return tf.reduce_sum(images * LUMA, axis=3, keepdims=True)


def jitter(
    images: tf.Tensor, brightness: tf.Tensor, contrast: tf.Tensor, saturation: tf.Tensor
) -> tf.Tensor:
    """Other light: three factors a picture, (N,) each, of which 1 changes nothing.

    In this order. `brightness` multiplies the light: black, which is -1, stays black. `contrast`
    multiplies each number's distance from the picture's mean `grey`, `saturation` each number's
    distance from the `grey` of its own pixel. Nothing is clipped; gradients reach the pictures.
    With brightness 0.5 and the others 1, white (1) becomes 0.
    """
    lit = (images + 1) * each(brightness) - 1
    middle = tf.reduce_mean(grey(lit), axis=(1, 2, 3), keepdims=True)
    flat = middle + each(contrast) * (lit - middle)
    light = grey(flat)
    return light + each(saturation) * (flat - light)


def turn_hue(images: tf.Tensor, turns: tf.Tensor) -> tf.Tensor:
    """Every colour turned about the line of greys, by `turns` (N,) of a whole turn.

    One matrix a picture multiplies its (red, green, blue): the rotation whose axis is
    (1, 1, 1). Greys stay, a whole turn changes nothing, and a third makes red green, green blue,
    and blue red. Nothing is clipped; gradients reach the pictures.
    Red, (1, -1, -1), turned by a third is (-1, 1, -1).
    """
    angle = (2 * math.pi * turns)[:, None, None]
    ones, third = tf.ones([3, 3]), math.sqrt(1 / 3)
    cross = tf.constant([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
    cosine, sine = tf.cos(angle), tf.sin(angle)
    matrix = cosine * tf.eye(3) + (1 - cosine) / 3 * ones + sine * third * cross
    return tf.einsum("nij,nhwj->nhwi", matrix, images)


def blur(images: tf.Tensor, sigma: tf.Tensor, *, radius: int) -> tf.Tensor:
    """A Gaussian blur, with a `sigma` (N,) in pixels, above 0, for each picture.

    Along rows and then along columns, a pixel becomes the weighted mean of the 2·radius + 1 around
    it. The weight at distance k is in proportion to exp(-k² / 2σ²), and all weights of a picture
    sum to 1. Beyond the border lies its mirror image, as `mirrored` has it. Gradients reach the
    pictures. With a very large sigma and radius 1, a row 0, 0, 9 becomes 0, 3, 6.
    """
    apart = tf.range(-radius, radius + 1, dtype=tf.float32)
    weights = tf.exp(-(apart**2) / (2 * sigma[:, None] ** 2))
    weights = weights / tf.reduce_sum(weights, axis=1, keepdims=True)
    for axis in (1, 2):
        length = images.shape[axis]
        index = mirrored(tf.range(-radius, length + radius), length)
        parts = [tf.gather(images, index[k : k + length], axis=axis) for k in range(len(apart))]
        images = sum(each(weights[:, k]) * part for k, part in enumerate(parts))
    return images


def inside(boxes: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """1 in the pixels whose middle lies in a box, 0 beside it: (N, H, W, 1).

    Boxes (N, 4) are left, top, width, height, and may reach beyond the picture. Column j has its
    middle at j + 0.5.
    """
    height, width = images.shape[1:3]
    left, top, wide, tall = tf.unstack(boxes[:, :, None], axis=1)
    x, y = numbers(width) + 0.5, numbers(height) + 0.5
    across, down = (x >= left) & (x < left + wide), (y >= top) & (y < top + tall)
    return tf.cast(down[:, :, None, None] & across[:, None, :, None], images.dtype)


def cut_out(images: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Pictures with a grey box (0) in place of what each box (N, 4) held."""
    return images * (1 - inside(boxes, images))


def mix_up(
    images: tf.Tensor, labels: tf.Tensor, share: tf.Tensor, order: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Each picture and its partner by `share` (N,) and 1 - share, and their labels (N, K) alike.

    Picture i's partner is order[i] (arXiv:1710.09412).
    """
    mixed = each(share) * images + (1 - each(share)) * tf.gather(images, order)
    share = share[:, None]
    return mixed, share * labels + (1 - share) * tf.gather(labels, order)


def cut_mix(
    images: tf.Tensor, labels: tf.Tensor, boxes: tf.Tensor, order: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """A box of each picture's partner pasted over the same place: (pictures, labels).

    Picture i's partner is order[i]; `order` (N,) are integers, `boxes` (N, 4) are left, top, width,
    height in pixels and may reach beyond the picture: `inside` says which pixels are meant.
    Labels (N, K) are shares that sum to 1. The partner's label counts by the share of the pixels
    that *were* pasted, the picture's own by the rest (arXiv:1905.04899). Gradients reach the
    pictures, and nothing that is given changes. Of a 2×4 picture, the box (3, 0, 4, 2) covers one
    column of four: labels (1, 0) and (0, 1) make (0.75, 0.25).
    """
    mask = inside(boxes, images)
    share = tf.reduce_mean(mask, axis=(1, 2, 3))[:, None]
    mixed = mask * tf.gather(images, order) + (1 - mask) * images
    return mixed, share * tf.gather(labels, order) + (1 - share) * labels


def augment_pair(
    images: tf.Tensor, masks: tf.Tensor, matrix: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Pictures and their masks (N, H, W, 1) moved alike: the same matrices, masks to the nearest.

    A mask says yes or no: a value in between would be neither.
    """
    return sample_bilinear(images, matrix), sample_nearest(masks, matrix)


def maybe(
    images: tf.Tensor, changed: tf.Tensor, draws: tf.Tensor, *, probability: float
) -> tf.Tensor:
    """`changed` where a picture's draw (N,) in [0, 1) is below `probability`, else the picture."""
    return tf.where(each(draws < probability), changed, images)


def augment(
    images: tf.Tensor,
    draws: tf.Tensor,
    *,
    angle: float = 0.0,
    zoom: float = 1.0,
    shift: float = 0.0,
    mirror: float = 0.0,
    light: float = 1.0,
    hue: float = 0.0,
) -> tf.Tensor:
    """A training pipeline: all moves in one sampling, then light and colour. `draws` (N, 9).

    Uniform: a turn within ±angle degrees, shifts within ±shift pixels, hue within ±hue turns.
    Uniform in the logarithm: size within zoom and 1/zoom; brightness, contrast and saturation
    within light and 1/light. Mirrored with probability `mirror`.
    """
    wave = 2 * draws - 1
    flip = tf.cast(draws[:, 4] < mirror, images.dtype)
    matrix = affine_matrix(angle * wave[:, 0], zoom ** wave[:, 1], shift * wave[:, 2:4], flip)
    if angle or shift or mirror or zoom != 1:
        images = sample_bilinear(images, matrix)
    if light != 1:
        images = jitter(images, *tf.unstack(light ** wave[:, 5:8], axis=1))
    return turn_hue(images, hue * wave[:, 8]) if hue else images


def average_views(
    network: Callable[[tf.Tensor], tf.Tensor],
    images: tf.Tensor,
    views: Sequence[Callable[[tf.Tensor], tf.Tensor]],
) -> tf.Tensor:
    """The mean of a classifier's probabilities over several views of each picture: (N, K)."""
    return tf.reduce_mean([tf.nn.softmax(network(view(images))) for view in views], axis=0)


def augmented_losses(
    discriminator: Callable[[tf.Tensor], tf.Tensor],
    real: tf.Tensor,
    fake: tf.Tensor,
    transform: Transform,
    draws: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """The losses of discriminator and generator, where all that is judged is augmented: scalars.

    The discriminator, pictures to logits (N,), only ever sees `transform(pictures, draws)`. `draws`
    (2, N, K) holds two draws: the first for `real`, the second for `fake`, one for each picture.
    Logits are compared pair by pair, real i with fake i, by softplus and the mean: the
    discriminator's loss is small where real is above fake, the generator's where fake is above real
    (arXiv:2006.10738; arXiv:1807.00734).
    The discriminator's loss does not reach `fake`; the generator's does, *through* the transform.
    All differences 0: both losses are log 2.
    """
    seen, made = transform(real, draws[0]), transform(fake, draws[1])
    real_logits = discriminator(seen)
    made_logits = discriminator(tf.stop_gradient(made))
    d_loss = tf.reduce_mean(tf.nn.softplus(made_logits - real_logits))
    g_loss = tf.reduce_mean(tf.nn.softplus(real_logits - discriminator(made)))
    return d_loss, g_loss


def next_probability(
    probability: tf.Tensor,
    real_logits: tf.Tensor,
    fake_logits: tf.Tensor,
    *,
    target: float,
    step: float,
    most: float,
) -> tf.Tensor:
    """How often to augment from here on: a scalar without a graph, by one `step` or unchanged.

    The thermometer is the mean, over pairs of logits (N,), of the sign of real - fake: 1 where the
    discriminator tells every pair apart, 0 where it guesses. Above `target` it is too sure, and the
    probability grows by `step`; below, it shrinks; at the target it stays. The result lies in
    [0, most]. With a relativistic loss only differences mean anything: a logit's own sign, as in
    arXiv:2006.06676, does not. Logits 1, 2 and 0, 3: signs 1 and -1, mean 0.
    """
    sure = tf.reduce_mean(tf.sign(real_logits - fake_logits))
    moved = probability + step * tf.sign(sure - target)
    return tf.stop_gradient(tf.clip_by_value(moved, 0.0, most))


def review_augmentation(
    images: tf.Tensor, masks: tf.Tensor, draws: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """A candidate's pipeline for pictures of products and their masks: (pictures, masks).

    `draws` (N, 3) in [0, 1), each picture's own. The first turns clockwise by -15 to 15 degrees,
    uniform; the second makes larger by 0.8 to 1.25, uniform in the logarithm, 0.5 changing
    nothing; the third multiplies the light by 0.8 to 1.2, uniform, where -1 is black and stays.
    A picture and its mask (N, H, W, 1) of zeros and ones move alike, in one sampling with mirrored
    borders: pictures bilinear, masks by the nearest pixel. A mask keeps its light.
    """
    wave = 2 * draws - 1
    scale = 1.25 ** wave[:, 1]
    still = tf.zeros_like(scale)
    matrix = affine_matrix(15 * wave[:, 0], scale, tf.stack([still, still], axis=1), still)
    moved = sample_bilinear(images, matrix)
    moved_masks = sample_nearest(masks, matrix)
    factor = each(1 + 0.2 * wave[:, 2])
    return (moved + 1) * factor - 1, moved_masks
