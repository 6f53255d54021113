"""A small classifier of the ten catalogue categories, in PyTorch: the judge of generated pictures.

Its weights ship with the package, and are the same in both frameworks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from prodgen_lib.torch.bridge import load_weights, to_images, to_numpy


def build_classifier(*, classes: int = 10, channels: int = 3) -> nn.Sequential:
    """Pictures (N, channels, 32, 32) in [-1, 1] to logits (N, classes), by way of 64 features.

    Three convolutions 4×4 with stride 2 (24, 48, 96 channels) and one 3×3 (64 channels), each with
    ReLU; the mean over the 4×4 pixels that are left gives the features; a linear layer.
    """
    return nn.Sequential(
        nn.Conv2d(channels, 24, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(24, 48, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(48, 96, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(96, 64, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, classes),
    )


def load_classifier() -> nn.Sequential:
    """The classifier that ships with the package, trained on both settings of the catalogue."""
    model = build_classifier()
    load_weights(model, Path(__file__).parent.parent / "weights" / "classifier.safetensors")
    return model.eval()


def features(model: nn.Sequential, pictures: np.ndarray) -> np.ndarray:
    """What the last layer sees of uint8 pictures N×32×32×C: float64 (N, 64)."""
    return _in_parts(model[:-1], pictures)


def class_logits(model: nn.Sequential, pictures: np.ndarray) -> np.ndarray:
    """Logits of uint8 pictures N×32×32×C: float64 (N, classes)."""
    return _in_parts(model, pictures)


@torch.no_grad()
def _in_parts(model: nn.Module, pictures: np.ndarray, size: int = 500) -> np.ndarray:
    starts = range(0, len(pictures), size)
    parts = [to_numpy(model(to_images(pictures[start : start + size]))) for start in starts]
    return np.concatenate(parts).astype(np.float64)
