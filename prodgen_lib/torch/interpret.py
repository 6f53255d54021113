"""What a network knows and looks at, in PyTorch: occlusion, layers, and weights put in disorder.

The same functions in Keras: `prodgen_lib.tensorflow.interpret`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from prodgen_lib.torch.bridge import copy_model, set_weights, to_images, to_numpy, weights

Network = Callable[[Tensor], Tensor]


@torch.no_grad()
def occlusion(
    network: Network, images: Tensor, labels: Tensor, *, size: int = 4, fill: float = 0.0
) -> Tensor:
    """How far the label's logit falls when a square is covered with `fill`: maps (N, H, W).

    Squares of `size` pixels lie side by side, each pixel in one; a rise counts 0.
    """
    count, _, height, width = images.shape
    before = network(images).gather(1, labels[:, None])[:, 0]
    maps = torch.zeros(count, height, width)
    for top in range(0, height, size):
        for left in range(0, width, size):
            covered = images.clone()
            covered[:, :, top : top + size, left : left + size] = fill
            fall = before - network(covered).gather(1, labels[:, None])[:, 0]
            maps[:, top : top + size, left : left + size] = fall.clamp(min=0)[:, None, None]
    return maps


def disordered(network: nn.Module, *, seed: int = 0, first: int = 0) -> nn.Module:
    """A copy whose weights are each layer's own, shuffled, from the layer number `first` on."""
    rng, changed = np.random.default_rng(seed), {}
    for name, value in weights(network).items():
        shuffled = rng.permuted(value.ravel()).reshape(value.shape)
        changed[name] = shuffled if int(name.partition(".")[0]) >= first else value
    copy = copy_model(network)
    set_weights(copy, changed)
    return copy.eval()


@torch.no_grad()
def stages(network: nn.Sequential, pictures: np.ndarray) -> list[np.ndarray]:
    """What comes out of each convolution, and the pictures before: means over 4×4 parts, (N, D)."""
    hidden = to_images(pictures)
    found = [_parts(hidden)]
    for layer in network:
        hidden = layer(hidden)
        if isinstance(layer, nn.ReLU) and hidden.ndim == 4:
            found.append(_parts(hidden))
    return found


def _parts(maps: Tensor) -> np.ndarray:
    return to_numpy(nn.functional.adaptive_avg_pool2d(maps, 4).flatten(1))


def products(network: nn.Sequential, example: Tensor) -> tuple[list[int], list[int]]:
    """How many weights each kernel has, and at how many places of one example it is used.

    A convolution is used at each pixel that it gives, a transposed one at each that it takes.
    """
    counts: list[int] = []
    used: list[int] = []
    hidden = example
    for layer in network:
        taken, hidden = hidden, layer(hidden)
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            seen = taken if isinstance(layer, nn.ConvTranspose2d) else hidden
            counts.append(layer.weight.numel())
            used.append(int(np.prod(seen.shape[2:])) if seen.ndim == 4 else 1)
    return counts, used
