"""A classifier of four factors of studio pictures, in PyTorch: did the picture show what was asked?

It reads category, main colour, pattern and second colour back from a picture, numbered as in
`prodgen_lib.plain.prompts`. Its weights ship with the package, and are the same in both frameworks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from prodgen_lib.plain.prompts import COUNTS
from prodgen_lib.torch.bridge import load_weights, to_images, to_numpy


def build_factor_classifier(*, width: int = 24, hidden: int = 384) -> nn.Sequential:
    """Pictures (N, 3, 32, 32) in [-1, 1] to logits (N, 38): those of each factor, in their order.

    Five convolutions 3×3, to width, width, 2·width, 4·width and 4·width channels, each with batch
    norm and ReLU; the largest of 2×2 pixels goes on after the second, third and fifth (32 → 4
    pixels). A convolution 4×4 without padding to `hidden` channels (4 → 1 pixel), ReLU, and a
    linear layer. `split_factors` cuts the logits apart.
    """
    layers: list[nn.Module] = []
    old = 3
    for size, pooled in (
        (width, False),
        (width, True),
        (2 * width, True),
        (4 * width, False),
        (4 * width, True),
    ):
        layers += [nn.Conv2d(old, size, 3, padding=1), nn.BatchNorm2d(size), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pooled else []
        old = size
    layers += [nn.Conv2d(old, hidden, 4), nn.ReLU(), nn.Flatten(), nn.Linear(hidden, sum(COUNTS))]
    return nn.Sequential(*layers)


def load_factor_classifier() -> nn.Sequential:
    """The classifier that ships with the package, trained on the studio catalogue."""
    model = build_factor_classifier()
    load_weights(model, Path(__file__).parent.parent / "weights" / "factors_studio.safetensors")
    return model.eval()


def factor_logits(model: nn.Sequential, pictures: np.ndarray) -> np.ndarray:
    """Logits of uint8 pictures N×32×32×3: float64 (N, 38)."""
    return _in_parts(model, pictures)


def split_factors(logits: np.ndarray) -> list[np.ndarray]:
    """The logits of each factor, in the order of a prompt: arrays (N, 10), (N, 12) …"""
    return np.split(logits, np.cumsum(COUNTS)[:-1], axis=1)


def read_factors(model: nn.Sequential, pictures: np.ndarray) -> np.ndarray:
    """The likeliest prompt of each uint8 picture N×32×32×3: int64 (N, 4)."""
    parts = split_factors(factor_logits(model, pictures))
    return np.stack([part.argmax(axis=1) for part in parts], axis=1)


@torch.no_grad()
def _in_parts(model: nn.Module, pictures: np.ndarray, size: int = 500) -> np.ndarray:
    starts = range(0, len(pictures), size)
    parts = [to_numpy(model(to_images(pictures[start : start + size]))) for start in starts]
    return np.concatenate(parts).astype(np.float64)
