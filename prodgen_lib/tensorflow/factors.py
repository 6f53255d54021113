"""A classifier of four factors of studio pictures, in Keras: did the picture show what was asked?

It reads category, main colour, pattern and second colour back from a picture, numbered as in
`prodgen_lib.plain.prompts`. Its weights ship with the package, and are the same in both frameworks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prodgen_lib.plain.prompts import COUNTS
from prodgen_lib.tensorflow.bridge import load_weights, to_images, to_numpy

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
from keras import layers  # isort: skip


def build_factor_classifier(*, width: int = 24, hidden: int = 384) -> keras.Sequential:
    """Pictures (N, 32, 32, 3) in [-1, 1] to logits (N, 38): those of each factor, in their order.

    Five convolutions 3×3, to width, width, 2·width, 4·width and 4·width channels, each with batch
    norm and ReLU; the largest of 2×2 pixels goes on after the second, third and fifth (32 → 4
    pixels). A convolution 4×4 without padding to `hidden` channels (4 → 1 pixel), ReLU, and a
    linear layer. `split_factors` cuts the logits apart.
    """
    parts = [keras.Input((32, 32, 3))]
    for size, pooled in (
        (width, False),
        (width, True),
        (2 * width, True),
        (4 * width, False),
        (4 * width, True),
    ):
        parts.append(layers.Conv2D(size, 3, padding="same"))
        parts += [layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.ReLU()]
        parts += [layers.MaxPooling2D(2)] if pooled else []
    parts += [layers.Conv2D(hidden, 4), layers.ReLU(), layers.Flatten(), layers.Dense(sum(COUNTS))]
    return keras.Sequential(parts)


def load_factor_classifier() -> keras.Sequential:
    """The classifier that ships with the package, trained on the studio catalogue."""
    model = build_factor_classifier()
    load_weights(model, Path(__file__).parent.parent / "weights" / "factors_studio.safetensors")
    return model


def factor_logits(model: keras.Sequential, pictures: np.ndarray) -> np.ndarray:
    """Logits of uint8 pictures N×32×32×3: float64 (N, 38)."""
    return _in_parts(model, pictures)


def split_factors(logits: np.ndarray) -> list[np.ndarray]:
    """The logits of each factor, in the order of a prompt: arrays (N, 10), (N, 12) …"""
    return np.split(logits, np.cumsum(COUNTS)[:-1], axis=1)


def read_factors(model: keras.Sequential, pictures: np.ndarray) -> np.ndarray:
    """The likeliest prompt of each uint8 picture N×32×32×3: int64 (N, 4)."""
    parts = split_factors(factor_logits(model, pictures))
    return np.stack([part.argmax(axis=1) for part in parts], axis=1)


def _in_parts(model: keras.Model, pictures: np.ndarray, size: int = 500) -> np.ndarray:
    starts = range(0, len(pictures), size)
    parts = [to_numpy(model(to_images(pictures[start : start + size]))) for start in starts]
    return np.concatenate(parts).astype(np.float64)
