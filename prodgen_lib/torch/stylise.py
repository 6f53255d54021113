"""What can be made of a style, in PyTorch: more cloth, own colours, ink.

Built of `style`'s functions. Pictures are N×3×H×W in [0, 1].
The same in Keras: `prodgen_lib.tensorflow.stylise`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from prodgen_lib.plain.filters import BINOMIAL
from prodgen_lib.torch import style as key
from prodgen_lib.torch.texture import Features, brightness, filtered, to_pictures, to_points

# Smoothed differences from pixel to pixel: a step of 1 gives 1/2 on both sides of it.
SOBEL = np.float32([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])[:, :, None, None] / 8

Way = Callable[[Tensor, Tensor], Tensor]


def move_colours(
    images: Tensor, matte: Tensor, wall: Tensor, clouds: Sequence[Tensor], way: Way
) -> Tensor:
    """Products with their colours moved by `way(points, cloud)`: N×3×H×W, clipped to [0, 1].

    `clouds` holds the wanted colours (Q, 3) of each picture; `way` maps points (P, 3) to as many.
    The wall is taken off the rim first and mixed in again after; what is no product stays.
    """
    seen = matte >= 0.02
    product = ((images - (1 - matte) * wall) / torch.where(seen, matte, 1.0)).clamp(0, 1)
    found = []
    for points, inside, cloud in zip(to_points(product), to_points(seen), clouds, strict=True):
        moved = points.clone()
        moved[inside[:, 0]] = way(points[inside[:, 0]], cloud).clamp(0, 1)
        found.append(moved)
    told = to_pictures(torch.stack(found), images.shape[2])
    return torch.where(seen, matte * told + (1 - matte) * wall, images)


def through_lab(way: Way) -> Way:
    """`way`, which moves colours (P, 3), made to work in CIE Lab."""

    def moved(points: Tensor, cloud: Tensor) -> Tensor:
        told = (to_points(key.to_lab(to_pictures(x[None], 1)))[0] for x in (points, cloud))
        return to_points(key.from_lab(to_pictures(way(*told)[None], 1)))[0]

    return moved


def synthesise(
    swatch: Tensor, noise: Tensor, features: Features, *, iterations: int
) -> tuple[Tensor, np.ndarray]:
    """More of a texture: pictures of the size of `noise`, and the loss after each iteration.

    `swatch` 1×3×h×w may be smaller than `noise` N×3×H×W, numbers around 0 that are added to the
    swatch's mean colour to start from: another noise finds another piece. Only `style_loss` counts.
    """
    targets = [key.gram_matrix(level) for level in features(swatch)]
    weights = [1 / (len(targets) * t.square().mean().item()) for t in targets]

    def loss(images: Tensor) -> Tensor:
        return key.style_loss(features(images), targets, weights)

    start = swatch.mean(dim=(2, 3), keepdim=True) + noise
    return key.optimise_pixels(loss, start, iterations=iterations)


def optimise_by_adam(
    loss: Callable[[Tensor], Tensor], start: Tensor, *, steps: int, learning_rate: float
) -> tuple[Tensor, np.ndarray]:
    """As `style.optimise_pixels`, by Adam, clipped to [0, 1] after each step; the loss before each.

    For losses that are another one at each call, as with fresh directions: L-BFGS compares slopes
    of one and the same loss.
    """
    pixels = start.detach().clone().requires_grad_(True)
    optimizer = torch.optim.Adam([pixels], lr=learning_rate, eps=1e-8)
    history = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(pixels)
        value.backward()
        optimizer.step()
        history.append(value.item())
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), np.array(history)


def in_own_colours(images: Tensor, content: Tensor) -> Tensor:
    """The lightness L* of `images` with the content's a* and b*: N×3×H×W, clipped to [0, 1]."""
    told = torch.cat([key.to_lab(images)[:, :1], key.to_lab(content)[:, 1:]], dim=1)
    return key.from_lab(told).clamp(0, 1)


def stylise_lightness(
    content: Tensor, style: Tensor, features: Features, *, weight: float, iterations: int
) -> tuple[Tensor, np.ndarray]:
    """As `style.stylise`, of brightness alone; the product keeps its own colours.

    The style's brightness is first given the mean and deviation of each content picture's, or a
    dark style would darken every product.
    """
    grey = brightness(content)
    wanted = key.adain(brightness(style), grey).clamp(0, 1)
    colourless = (x.expand(-1, 3, -1, -1) for x in (grey, wanted))
    found, history = key.stylise(*colourless, features, weight=weight, iterations=iterations)
    return in_own_colours(found, content), history


def ink(images: Tensor, content: Tensor, *, strength: float = 0.55) -> Tensor:
    """Pictures with the content's edges drawn over them: N×3×H×W.

    Where the content's brightness is steep, over some pixels, up to `strength` of the light is
    taken away.
    """
    grey = brightness(content)
    slopes = torch.cat([filtered(grey, SOBEL), filtered(grey, SOBEL.transpose(1, 0, 2, 3))], dim=1)
    steep = slopes.square().sum(dim=1, keepdim=True).sqrt()
    line = (filtered(steep, BINOMIAL[:, :, None, None]) / 0.08).clamp(0, 1)
    return images * (1 - strength * line)
