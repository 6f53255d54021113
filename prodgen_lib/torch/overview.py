"""Laws of scale, copies, and what a network looked at, in PyTorch.

Read from top to bottom: a power law with a floor, fitted by gradients from several starts; a law of
two sizes; the share of samples that are nearer to training than to other pictures; saliency,
integrated gradients, and the share of a map that lies inside the product.
Pictures are N×C×H×W, maps and masks N×H×W. The same functions in TensorFlow:
`prodgen_lib.tensorflow.overview`. Counts and costs need no framework: `prodgen_lib.plain.costs`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from prodgen_lib.plain.costs import Law

Network = Callable[[Tensor], Tensor]


def double(array: np.ndarray | float) -> Tensor:
    """Numbers as a float64 tensor: a fit needs more digits than a network."""
    return torch.tensor(np.asarray(array), dtype=torch.float64)


def descend(function: Callable[..., Tensor], start: Tensor, *given: Tensor) -> tuple[Tensor, float]:
    """The lowest point found from `start` (K,) by L-BFGS, and the value there.

    `function(inputs, *given)` maps a float64 tensor (K,) to a scalar; autodiff gives its slope.
    No number goes beyond ±30.
    """

    def at(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        inputs = double(numbers).requires_grad_()
        value = function(inputs, *given)
        (slope,) = torch.autograd.grad(value, inputs)
        return value.item(), slope.numpy()

    found = minimize(
        at, np.asarray(start), jac=True, method="L-BFGS-B", bounds=len(start) * [(-30, 30)],
        options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-10},
    )  # fmt: skip
    return double(found.x), float(found.fun)


def power_law(sizes: Tensor, losses: Tensor, starts: Tensor) -> Tensor:
    """The law loss = floor + scale · size^(-exponent) that fits best: (floor, scale, exponent).

    `sizes` and `losses` are float64 (N,), all above 0; sizes come in a unit of their own order, so
    that their logarithms are small. Best is the least mean square of the difference of the
    *logarithms* of predicted and given losses. Floor and scale must come out above 0, so what is
    searched are their logarithms. `starts` (K, 3) are rows of (log of floor, log of scale,
    exponent): each is followed downhill, and the best end of all is the answer, float64 (3,).
    `descend(function, start)` goes downhill. Losses 3, 2, 1.5 at sizes 1, 2, 4: (1, 2, 1).
    """

    def error(logs: Tensor) -> Tensor:
        prediction = logs[0].exp() + logs[1].exp() * sizes ** -logs[2]
        return (prediction.log() - losses.log()).square().mean()

    found = [descend(error, start) for start in starts]
    logs, _ = min(found, key=lambda end: end[1])
    return torch.cat([logs[:2].exp(), logs[2:]])


def law_error(logs: Tensor, sizes: Tensor, tokens: Tensor, losses: Tensor) -> Tensor:
    """The mean square of what a law of two sizes misses, in logarithms: a scalar.

    `logs` (5,): logarithms of floor, size scale and data scale, then both exponents.
    """
    floor, size, data = logs[0].exp(), logs[1].exp(), logs[2].exp()
    prediction = floor + size * sizes ** -logs[3] + data * tokens ** -logs[4]
    return (prediction.log() - losses.log()).square().mean()


STARTS = ((-1.0, -1.0, -1.0, 0.5, 0.5), (0.0, 0.0, 0.0, 0.3, 0.3), (-0.5, -2.0, 0.0, 0.8, 0.4))


def fit_law(
    parameters: np.ndarray,
    tokens: np.ndarray,
    losses: np.ndarray,
    *,
    starts: tuple[tuple[float, ...], ...] = STARTS,
) -> tuple[Law, np.ndarray]:
    """The law that fits some trainings best, arrays (N,), and the end that it was found at.

    That end is a good start for fits to nearly the same trainings, as resampling makes them.
    """
    n0, d0 = (float(np.exp(np.log(x).mean())) for x in (parameters, tokens))
    given = double(parameters / n0), double(tokens / d0), double(losses)
    found = [descend(law_error, double(start), *given) for start in starts]
    end = min(found, key=lambda pair: pair[1])[0].numpy()
    floor, size, data = np.exp(end[:3])
    return Law(floor, size * n0 ** end[3], end[3], data * d0 ** end[4], end[4]), end


def distances(one: Tensor, other: Tensor) -> Tensor:
    """Euclidean distances between rows (N, D) and rows (M, D): (N, M)."""
    square = one.square().sum(dim=1)[:, None] + other.square().sum(dim=1) - 2 * one @ other.mT
    return square.clamp(min=0).sqrt()


def memorised(generated: Tensor, training: Tensor, held_out: Tensor) -> Tensor:
    """The share of generated pictures whose nearest neighbour is a training picture: a scalar.

    Each generated picture is compared with as many training pictures as held-out ones: of the
    larger set the first ones are taken, since among more pictures something nearer is found by
    chance. A tie counts one half. So a half says that nothing is remembered, and 1 that every
    sample is nearer to what was trained on. Sets of pictures have any length (N, …), the same
    shape of a picture; `distances` takes one row a picture.
    """
    count = min(len(training), len(held_out))
    rows = generated.flatten(1)
    near = distances(rows, training[:count].flatten(1)).amin(dim=1)
    far = distances(rows, held_out[:count].flatten(1)).amin(dim=1)
    return (0.5 + 0.5 * torch.sign(far - near)).mean()


def saliency(network: Network, images: Tensor, labels: Tensor) -> Tensor:
    """How strongly each pixel moves the logit of its picture's label: maps (N, H, W), 0 or more.

    `network` maps pictures (N, C, H, W) to logits (N, K); `labels` (N,) are integers. A pixel's
    strength is the absolute slope of the label's logit, the largest of its channels. The maps hold
    on to no graph, and nothing that is given changes.
    """
    pictures = images.detach().clone().requires_grad_(True)
    logits = network(pictures)
    chosen = logits.gather(1, labels[:, None]).sum()
    (slope,) = torch.autograd.grad(chosen, pictures)
    return slope.abs().amax(dim=1)


def integrated_gradients(
    network: Network, images: Tensor, baseline: Tensor, labels: Tensor, *, steps: int
) -> Tensor:
    """What each number of a picture adds to its label's logit, counted from a baseline.

    `network` maps pictures (N, C, H, W) to logits (N, K); `labels` (N,) are integers; `baseline`
    has the shape of `images`. On the straight way from the baseline to the picture, the slope of
    the label's logit is taken in the middle of each of `steps` equal parts. The mean of these
    slopes times (picture - baseline) is the answer, with sign, in the shape of `images`
    (arXiv:1703.01365). With enough steps its sum is the logit of the picture less that of the
    baseline. It holds on to no graph.
    """
    total = torch.zeros_like(images)
    for step in range(steps):
        share = (step + 0.5) / steps
        point = (baseline + share * (images - baseline)).detach().requires_grad_(True)
        logits = network(point)
        chosen = logits.gather(1, labels[:, None]).sum()
        (slope,) = torch.autograd.grad(chosen, point)
        total = total + slope
    return ((images - baseline) * total / steps).detach()


def inside_share(maps: Tensor, masks: Tensor) -> Tensor:
    """The share of each map's total that lies inside a mask: (N,), 0 to 1.

    `maps` (N, H, W) are 0 or more, and none is 0 everywhere; `masks` (N, H, W) say how much of each
    pixel belongs to the product, 0 to 1. A map of ones gives the mask's share of the picture.
    """
    inside = (maps * masks).sum(dim=(1, 2))
    return inside / maps.sum(dim=(1, 2))
