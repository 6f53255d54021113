"""Styles that a network was taught, in PyTorch: one pass, milliseconds a picture.

Pictures are N×3×H×W in [0, 1], H and W even. The same in Keras:
`prodgen_lib.tensorflow.feedforward`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.torch.bridge import (
    adam,
    image_tensor,
    set_learning_rate,
    set_seed,
    to_tensor,
)
from prodgen_lib.torch.style import content_loss, gram_matrix
from prodgen_lib.torch.texture import Features

NOISE = 3  # channels beside each picture: on a flat wall, texture has to come from somewhere


def conditional_norm(
    features: Tensor, gains: Tensor, shifts: Tensor, shares: Tensor, *, epsilon: float = 1e-5
) -> Tensor:
    """Features N×C×H×W normalised over places, then scaled and shifted as their styles say.

    `gains` and `shifts` (S, C) are those of S styles; `shares` (N, S) say how much of each style a
    picture gets, so one row of 0 and 1 is one style and two halves are a blend (arXiv:1610.07629).
    Mean and variance, divided by H·W, are those of each picture and channel by itself; `epsilon` is
    added to the variance below the root.
    """
    centre = features.mean(dim=(2, 3), keepdim=True)
    spread = (features.var(dim=(2, 3), correction=0, keepdim=True) + epsilon).sqrt()
    gain, shift = ((shares @ x)[:, :, None, None] for x in (gains, shifts))
    return gain * (features - centre) / spread + shift


def convolution(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    """A convolution 3×3 without padding that starts by Glorot's rule.

    It has no bias: a norm behind it would take that away again, and a style brings its own.
    """
    layer = nn.Conv2d(inputs, outputs, 3, stride=stride, bias=False)
    nn.init.xavier_uniform_(layer.weight)
    return layer


class StyleBlock(nn.Module):
    """A convolution 3×3 with mirrored edges, then `conditional_norm` and ReLU."""

    def __init__(self, inputs: int, outputs: int, styles: int, *, stride: int = 1):
        super().__init__()
        self.convolution = convolution(inputs, outputs, stride=stride)
        self.gains, self.shifts = nn.Embedding(styles, outputs), nn.Embedding(styles, outputs)
        nn.init.ones_(self.gains.weight)
        nn.init.zeros_(self.shifts.weight)

    def forward(self, features: Tensor, shares: Tensor) -> Tensor:
        seen = self.convolution(F.pad(features, [1] * 4, mode="reflect"))
        return F.relu(conditional_norm(seen, self.gains.weight, self.shifts.weight, shares))


class StyleNetwork(nn.Module):
    """Pictures, noise and shares of styles to pictures, all in one size.

    Called as network(images, noise, shares): N×3×H×W in [0, 1], noise N×3×H×W, shares (N, S). Three
    blocks work at half the size, and noise is put in at the entrance, before each of the
    three, and at the end. The last bias is a style's own: its mean colour, to begin with.
    """

    def __init__(self, colours: np.ndarray, *, width: int = 24):
        super().__init__()
        styles, wide = len(colours), 2 * width
        self.enter = StyleBlock(3 + NOISE, width, styles)
        self.down = StyleBlock(width, wide, styles, stride=2)
        self.middle = nn.ModuleList(StyleBlock(wide + NOISE, wide, styles) for _ in range(3))
        self.up = StyleBlock(wide, width, styles)
        self.fine = StyleBlock(width + NOISE, width, styles)
        self.leave = convolution(width, 3)
        self.tint = nn.Embedding(styles, 3)
        with torch.no_grad():
            self.tint.weight.copy_(to_tensor(colours).clamp(0.02, 0.98).logit())

    def forward(self, images: Tensor, noise: Tensor, shares: Tensor) -> Tensor:
        coarse = 2 * F.avg_pool2d(noise, 2)  # of deviation 1 again
        hidden = self.enter(torch.cat([2 * images - 1, noise], dim=1), shares)
        hidden = self.down(hidden, shares)
        for block in self.middle:
            hidden = hidden + block(torch.cat([hidden, coarse], dim=1), shares)
        hidden = self.up(F.interpolate(hidden, scale_factor=2), shares)
        hidden = self.fine(torch.cat([hidden, noise], dim=1), shares)
        colours = self.leave(F.pad(hidden, [1] * 4, mode="reflect"))
        return torch.sigmoid(colours + (shares @ self.tint.weight)[:, :, None, None])


def network_loss(
    network: nn.Module,
    images: Tensor,
    noise: Tensor,
    shares: Tensor,
    features: Features,
    targets: Sequence[Tensor],
    *,
    weight: float,
) -> Tensor:
    """What the network is taught: relative errors of Gram matrices + `weight` · `content_loss`.

    `targets` (S, C, C) per level are the styles'; a picture's target is their blend by its shares.
    A level's error is mean squared, divided by the target's mean square; the mean over levels.
    """
    made = network(images, noise, shares)
    errors = []
    for seen, target in zip(features(made), targets, strict=True):
        wanted = torch.einsum("ns,scd->ncd", shares, target)
        error = (gram_matrix(seen) - wanted).square().mean(dim=(1, 2))
        errors.append((error / wanted.square().mean(dim=(1, 2))).mean())
    return sum(errors) / len(errors) + weight * content_loss(made, images)


def train_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    noise: Tensor,
    shares: Tensor,
    features: Features,
    targets: Sequence[Tensor],
    *,
    weight: float,
) -> Tensor:
    """One update by `network_loss` of the same arguments; the loss as it was before."""
    loss = network_loss(network, images, noise, shares, features, targets, weight=weight)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


class Trained(NamedTuple):
    """A network and its losses."""

    network: StyleNetwork
    history: np.ndarray


def train(
    pictures: np.ndarray,
    styles: np.ndarray,
    features: Features,
    *,
    steps: int = 400,
    batch_size: int = 4,
    learning_rate: float = 1e-2,
    weight: float = 0.5,
    width: int = 24,
    seed: int = 0,
    progress: bool = True,
) -> Trained:
    """Teach a new network `styles` S×h×w×3 on `pictures` N×H×W×3, both floats in [0, 1].

    Pictures, styles and noise are drawn anew for each step. The learning rate rises over 20 steps
    and falls in a line to nothing.
    """
    set_seed(seed)
    rng = np.random.default_rng(seed)
    network = StyleNetwork(styles.mean(axis=(1, 2)), width=width)
    optimizer = adam(network, learning_rate, (0.9, 0.99))
    targets = [gram_matrix(level) for level in features(image_tensor(styles))]
    history = []
    for step in tqdm(range(steps), disable=not progress):
        rate = learning_rate * min(1, (step + 1) / 20) * (1 - step / steps)
        set_learning_rate(optimizer, rate)
        images = image_tensor(pictures[rng.integers(len(pictures), size=batch_size)])
        noise = image_tensor(rng.normal(0, 1, (batch_size, *pictures.shape[1:3], NOISE)))
        shares = to_tensor(np.eye(len(styles))[rng.integers(len(styles), size=batch_size)])
        told = images, noise, shares, features, targets
        history.append(float(train_step(network, optimizer, *told, weight=weight)))
    return Trained(network, np.array(history))
