"""CIE Lab in Keras, where equal distances look about equally large: colours turned in it.

Pictures are N×H×W×3 in [-1, 1], sRGB. The same functions in PyTorch: `prodgen_lib.torch.lab`.
"""

from __future__ import annotations

import math

from prodgen_lib.tensorflow.augment import each

import tensorflow as tf  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)

TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)  # daylight, D65
FOOT = 6 / 29


def to_lab(images: tf.Tensor) -> tf.Tensor:
    """L*, a* and b* of pictures, in the place of red, green and blue (IEC 61966-2-1; CIE 15)."""
    rgb = (images + 1) / 2
    bent = ((tf.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4
    linear = tf.where(rgb <= 0.04045, rgb / 12.92, bent)
    matrix = tf.constant(TO_XYZ) / tf.constant(WHITE)[:, None]
    xyz = tf.einsum("ij,nhwj->nhwi", matrix, linear)
    root = tf.maximum(xyz, FOOT**3) ** (1 / 3)
    x, y, z = tf.unstack(tf.where(xyz > FOOT**3, root, xyz / (3 * FOOT**2) + 4 / 29), axis=3)
    return tf.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=3)


def from_lab(lab: tf.Tensor) -> tf.Tensor:
    """Pictures from L*, a* and b*; colours that a screen can't show lie beyond [-1, 1]."""
    light, a, b = tf.unstack(lab, axis=3)
    y = (light + 16) / 116
    f = tf.stack([y + a / 500, y, y - b / 200], axis=3)
    xyz = tf.where(f > FOOT, f**3, 3 * FOOT**2 * (f - 4 / 29))
    matrix = tf.linalg.inv(tf.constant(TO_XYZ) / tf.constant(WHITE)[:, None])
    linear = tf.einsum("ij,nhwj->nhwi", matrix, xyz)
    bent = 1.055 * tf.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return 2 * tf.where(linear <= 0.0031308, 12.92 * linear, bent) - 1


def turn_hue_lab(images: tf.Tensor, turns: tf.Tensor) -> tf.Tensor:
    """Colours turned in the plane of a* and b*, by `turns` (N,): the lightness L* stays."""
    light, a, b = tf.split(to_lab(images), 3, axis=3)
    angle = each(2 * math.pi * turns)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    return from_lab(tf.concat([light, cosine * a - sine * b, sine * a + cosine * b], axis=3))
