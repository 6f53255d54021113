"""What can be made of a style, in TensorFlow (Keras): more cloth, own colours, ink.

Built of `style`'s functions. Pictures are N×H×W×3 in [0, 1].
The same in PyTorch: `prodgen_lib.torch.stylise`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from prodgen_lib.plain.filters import BINOMIAL
from prodgen_lib.tensorflow import style as key
from prodgen_lib.tensorflow.texture import Features, brightness, filtered, to_pictures, to_points

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip

# Smoothed differences from pixel to pixel: a step of 1 gives 1/2 on both sides of it.
SOBEL = np.float32([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])[:, :, None, None] / 8

Way = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def move_colours(
    images: tf.Tensor, matte: tf.Tensor, wall: tf.Tensor, clouds: Sequence[tf.Tensor], way: Way
) -> tf.Tensor:
    """Products with their colours moved by `way(points, cloud)`: N×H×W×3, clipped to [0, 1].

    `clouds` holds the wanted colours (Q, 3) of each picture; `way` maps points (P, 3) to as many.
    The wall is taken off the rim first and mixed in again after; what is no product stays.
    """
    seen = matte >= 0.02
    product = (images - (1 - matte) * wall) / tf.where(seen, matte, 1.0)
    product, found = tf.clip_by_value(product, 0, 1), []
    for points, inside, cloud in zip(to_points(product), to_points(seen), clouds, strict=True):
        moved = tf.clip_by_value(way(tf.boolean_mask(points, inside[:, 0]), cloud), 0, 1)
        found.append(tf.tensor_scatter_nd_update(points, tf.where(inside[:, 0]), moved))
    told = to_pictures(tf.stack(found), images.shape[1])
    return tf.where(seen, matte * told + (1 - matte) * wall, images)


def through_lab(way: Way) -> Way:
    """`way`, which moves colours (P, 3), made to work in CIE Lab."""

    def moved(points: tf.Tensor, cloud: tf.Tensor) -> tf.Tensor:
        told = (to_points(key.to_lab(to_pictures(x[None], 1)))[0] for x in (points, cloud))
        return to_points(key.from_lab(to_pictures(way(*told)[None], 1)))[0]

    return moved


def synthesise(
    swatch: tf.Tensor, noise: tf.Tensor, features: Features, *, iterations: int
) -> tuple[tf.Tensor, np.ndarray]:
    """More of a texture: pictures of the size of `noise`, and the loss after each iteration.

    `swatch` 1×h×w×3 may be smaller than `noise` N×H×W×3, numbers around 0 that are added to the
    swatch's mean colour to start from: another noise finds another piece. Only `style_loss` counts.
    """
    targets = [key.gram_matrix(level) for level in features(swatch)]
    weights = [1 / (len(targets) * float(tf.reduce_mean(t**2))) for t in targets]

    def loss(images: tf.Tensor) -> tf.Tensor:
        return key.style_loss(features(images), targets, weights)

    start = tf.reduce_mean(swatch, axis=(1, 2), keepdims=True) + noise
    return key.optimise_pixels(loss, start, iterations=iterations)


def optimise_by_adam(
    loss: Callable[[tf.Tensor], tf.Tensor], start: tf.Tensor, *, steps: int, learning_rate: float
) -> tuple[tf.Tensor, np.ndarray]:
    """As `style.optimise_pixels`, by Adam, clipped to [0, 1] after each step; the loss before each.

    For losses that are another one at each call, as with fresh directions: L-BFGS compares slopes
    of one and the same loss.
    """
    pixels = tf.Variable(start)
    optimizer = keras.optimizers.Adam(learning_rate, epsilon=1e-8)
    history = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            value = loss(pixels)
        optimizer.apply([tape.gradient(value, pixels)], [pixels])
        history.append(float(value))
        pixels.assign(tf.clip_by_value(pixels, 0, 1))
    return tf.identity(pixels), np.array(history)


def in_own_colours(images: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """The lightness L* of `images` with the content's a* and b*: N×H×W×3, clipped to [0, 1]."""
    told = tf.concat([key.to_lab(images)[..., :1], key.to_lab(content)[..., 1:]], axis=3)
    return tf.clip_by_value(key.from_lab(told), 0, 1)


def stylise_lightness(
    content: tf.Tensor, style: tf.Tensor, features: Features, *, weight: float, iterations: int
) -> tuple[tf.Tensor, np.ndarray]:
    """As `style.stylise`, of brightness alone; the product keeps its own colours.

    The style's brightness is first given the mean and deviation of each content picture's, or a
    dark style would darken every product.
    """
    grey = brightness(content)
    wanted = tf.clip_by_value(key.adain(brightness(style), grey), 0, 1)
    colourless = (tf.repeat(x, 3, axis=3) for x in (grey, wanted))
    found, history = key.stylise(*colourless, features, weight=weight, iterations=iterations)
    return in_own_colours(found, content), history


def ink(images: tf.Tensor, content: tf.Tensor, *, strength: float = 0.55) -> tf.Tensor:
    """Pictures with the content's edges drawn over them: N×H×W×3.

    Where the content's brightness is steep, over some pixels, up to `strength` of the light is
    taken away.
    """
    grey = brightness(content)
    slopes = tf.concat([filtered(grey, SOBEL), filtered(grey, SOBEL.transpose(1, 0, 2, 3))], axis=3)
    steep = tf.norm(slopes, axis=3, keepdims=True)
    line = tf.clip_by_value(filtered(steep, BINOMIAL[:, :, None, None]) / 0.08, 0, 1)
    return images * (1 - strength * line)
