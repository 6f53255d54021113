"""What a texture is made of, in PyTorch: filters at several scales, drawn at random.

No network has to be trained or fetched: many random filters describe a texture well
(arXiv:1606.00021). They are drawn with NumPy, so both frameworks have the same.
Pictures are N×3×H×W in [0, 1]. The same in Keras: `prodgen_lib.tensorflow.texture`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from prodgen_lib.plain.filters import BINOMIAL, random_filters

Features = Callable[[Tensor], list[Tensor]]


def to_points(images: Tensor) -> Tensor:
    """Pictures N×C×H×W as points (N, H·W, C), row by row."""
    return images.flatten(2).transpose(1, 2)


def to_pictures(points: Tensor, height: int) -> Tensor:
    """Points (N, H·W, C) as pictures N×C×H×W again."""
    return points.transpose(1, 2).unflatten(2, (height, -1))


def brightness(images: Tensor) -> Tensor:
    """Luma of pictures N×3×H×W: .299 R + .587 G + .114 B (ITU-R BT.601), N×1×H×W, full range."""
    weights = images.new_tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)


def filtered(images: Tensor, filters: np.ndarray) -> Tensor:
    """Pictures N×C×H×W through filters (size, size, C, K) of odd size: N×K×H×W, edges mirrored."""
    kernel = images.new_tensor(filters.transpose(3, 2, 0, 1))
    around = filters.shape[0] // 2
    return F.conv2d(F.pad(images, [around] * 4, mode="reflect"), kernel)


def halve(images: Tensor) -> Tensor:
    """Every second pixel after a binomial blur (1 4 6 4 1)/16: N×C×H×W to N×C×⌈H/2⌉×⌈W/2⌉.

    The mean of 2×2 pixels would do for looking, but what is optimised through it shows its blocks.
    """
    n, c, h, w = images.shape
    one_by_one = images.reshape(n * c, 1, h, w)
    blurred = filtered(one_by_one, BINOMIAL[:, :, None, None])[:, :, ::2, ::2]
    return blurred.reshape(n, c, *blurred.shape[2:])


def pyramid(images: Tensor, levels: int) -> list[Tensor]:
    """The pictures and their halves: `levels` tensors, the largest first."""
    found = [images]
    while len(found) < levels:
        found.append(halve(found[-1]))
    return found


def random_features(
    *, count: int = 64, size: int = 7, levels: int = 4, colour: bool = True, seed: int = 0
) -> Features:
    """A function of pictures N×3×H×W: per level what `count` random filters see, N×(count+3)×H×W.

    Filters of size×size pixels, mean 0, ReLU behind them; the last three channels are the colours
    themselves (left out without `colour`), from -1 to 1. Nothing is trained.
    """
    filters = random_filters(count, size, seed=seed)

    def features(images: Tensor) -> list[Tensor]:
        found = []
        for level in pyramid(images, levels):
            seen = F.relu(filtered(level, filters))
            found.append(torch.cat([seen, 2 * level - 1], dim=1) if colour else seen)
        return found

    return features
