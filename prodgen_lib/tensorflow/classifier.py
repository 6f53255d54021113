"""A small classifier of the ten catalogue categories, in TensorFlow: it judges pictures.

Its weights ship with the package, and are the same in both frameworks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prodgen_lib.tensorflow.bridge import load_weights, to_images, to_numpy

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
from keras import layers  # isort: skip


def build_classifier(*, classes: int = 10, channels: int = 3) -> keras.Sequential:
    """Pictures (N, 32, 32, channels) in [-1, 1] to logits (N, classes), by way of 64 features.

    Three convolutions 4×4 with stride 2 (24, 48, 96 channels) and one 3×3 (64 channels), each with
    ReLU; the mean over the 4×4 pixels that are left gives the features; a linear layer.
    """
    return keras.Sequential(
        [
            keras.Input((32, 32, channels)),
            layers.Conv2D(24, 4, strides=2, padding="same", activation="relu"),
            layers.Conv2D(48, 4, strides=2, padding="same", activation="relu"),
            layers.Conv2D(96, 4, strides=2, padding="same", activation="relu"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(classes),
        ]
    )


def load_classifier() -> keras.Sequential:
    """The classifier that ships with the package, trained on both settings of the catalogue."""
    model = build_classifier()
    load_weights(model, Path(__file__).parent.parent / "weights" / "classifier.safetensors")
    return model


def features(model: keras.Sequential, pictures: np.ndarray) -> np.ndarray:
    """What the last layer sees of uint8 pictures N×32×32×C: float64 (N, 64)."""
    return _in_parts(keras.Sequential(model.layers[:-1]), pictures)


def class_logits(model: keras.Sequential, pictures: np.ndarray) -> np.ndarray:
    """Logits of uint8 pictures N×32×32×C: float64 (N, classes)."""
    return _in_parts(model, pictures)


def _in_parts(model: keras.Model, pictures: np.ndarray, size: int = 500) -> np.ndarray:
    starts = range(0, len(pictures), size)
    parts = [to_numpy(model(to_images(pictures[start : start + size]))) for start in starts]
    return np.concatenate(parts).astype(np.float64)
