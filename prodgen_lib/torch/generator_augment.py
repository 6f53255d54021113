"""Augmentation for generators, in PyTorch: what leaks into samples, and how to keep it out.

Read from top to bottom: transforms that a discriminator sees through, one training step and the
loop around it, for points of the plane and for pictures, then what tells that something leaked.
A transform is called as `transform(examples, draws, probability)`: draws (N, K) in [0, 1), of which
the first decides, where it is below the probability, that this example is changed at all.
The same functions in Keras: `prodgen_lib.tensorflow.generator_augment`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.torch.augment import (
    affine_matrix,
    augmented_losses,
    cut_out,
    each,
    jitter,
    maybe,
    next_probability,
    sample_bilinear,
)
from prodgen_lib.torch.bridge import (
    adam,
    copy_model,
    set_learning_rate,
    set_seed,
    to_images,
    to_numpy,
    to_tensor,
)
from prodgen_lib.torch.classifier import build_classifier
from prodgen_lib.torch.gan import build_discriminator, build_generator, update_average

Transform = Callable[[Tensor, Tensor, Tensor], Tensor]
DRAWS = 9  # numbers that a transform may use up for one example


def unchanged(examples: Tensor, draws: Tensor, probability: Tensor) -> Tensor:
    """No augmentation."""
    return examples


def quarter_turns(points: Tensor, draws: Tensor, probability: Tensor) -> Tensor:
    """Points (N, 2) turned about 0 by 0, 1, 2 or 3 quarters, each as likely."""
    quarters = torch.where(draws[:, 0] < probability, torch.floor(4 * draws[:, 1]), 0.0)
    angle = 0.5 * math.pi * quarters
    x, y = points.unbind(dim=1)
    turned = [angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y]
    return torch.stack(turned, dim=1)


def tint(images: Tensor, draws: Tensor, probability: Tensor) -> Tensor:
    """Red, green and blue made brighter or darker, each by up to 0.35 in [-1, 1]."""
    shift = 0.35 * (2 * draws[:, 1:4] - 1)
    changed = images + shift[:, :, None, None]
    return maybe(images, changed, draws[:, 0], probability=probability)


def diff_augment(images: Tensor, draws: Tensor, probability: Tensor) -> Tensor:
    """Light, colour, a shift by up to an eighth, and a box of half the side cut out.

    After DiffAugment (arXiv:2006.10738), gentler: light and contrast within a factor of 1.4,
    saturation within 2, and mirrored borders in place of black ones.
    """
    height, width = images.shape[2:]
    wave = 2 * draws - 1
    light, contrast, saturation = 1.4 ** wave[:, 1], 1.4 ** wave[:, 2], 2.0 ** wave[:, 3]
    changed = jitter(images, light, contrast, saturation)
    shift = torch.round(wave[:, 4:6] * torch.tensor([width / 8, height / 8]))
    zero = torch.zeros_like(light)
    changed = sample_bilinear(changed, affine_matrix(zero, zero + 1, shift, zero))
    corner = torch.floor(draws[:, 6:8] * torch.tensor([width, height])) - width // 4
    changed = cut_out(changed, torch.cat([corner, torch.full_like(corner, width // 2)], dim=1))
    return maybe(images, changed, draws[:, 0], probability=probability)


def steepness(discriminator: nn.Module, examples: Tensor) -> Tensor:
    """The mean squared length of the discriminator's gradient at these examples: a scalar."""
    examples = examples.detach().requires_grad_(True)
    logits = discriminator(examples)
    (gradient,) = torch.autograd.grad(logits.sum(), examples, create_graph=True)
    return gradient.square().flatten(1).sum(dim=1).mean()


def adversarial_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    real: Tensor,
    noise: Tensor,
    draws: Tensor,
    transform: Callable[[Tensor, Tensor], Tensor],
    *,
    penalty: float,
) -> dict[str, Tensor]:
    """One update of both networks by `augmented_losses`, from the same logits; the two losses."""
    fake = generator(noise)
    d_loss, g_loss = augmented_losses(discriminator, real, fake, transform, draws)
    total = d_loss
    if penalty > 0:
        seen = transform(real, draws[0]), transform(fake, draws[1])
        total = d_loss + penalty * sum(steepness(discriminator, examples) for examples in seen)
    both = ((generator, g_loss), (discriminator, total))
    gradients = [
        torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
        for network, loss in both
    ]
    for (network, _), found, optimizer in zip(both, gradients, optimizers, strict=True):
        for parameter, gradient in zip(network.parameters(), found, strict=True):
            parameter.grad = gradient
        optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}


def update_of(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    transform: Transform,
) -> Callable[..., dict[str, Tensor]]:
    """`adversarial_step` of these networks, told the probability each time."""

    def update(real, noise, draws, probability, *, penalty):
        def at_chance(batch: Tensor, own: Tensor) -> Tensor:
            return transform(batch, own, probability)

        given = real, noise, draws, at_chance
        return adversarial_step(generator, discriminator, optimizers, *given, penalty=penalty)

    return update


class Trained(NamedTuple):
    """The averaged generator, the discriminator, and arrays of length `steps`, by name.

    `history` has both losses and the probability of augmentation.
    """

    generator: nn.Module
    discriminator: nn.Module
    history: dict[str, np.ndarray]


def plane_networks(latent_dim: int, *, width: int = 64) -> tuple[nn.Module, nn.Module]:
    """A generator of points (N, 2) and their discriminator, three layers each."""
    generator = nn.Sequential(
        nn.Linear(latent_dim, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 2),
    )
    discriminator = nn.Sequential(
        nn.Linear(2, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, 1),
        nn.Flatten(0),
    )
    return generator, discriminator


def picture_networks(latent_dim: int) -> tuple[nn.Module, nn.Module]:
    """Chapter 6's generator and discriminator of pictures of 32 pixels, without labels."""
    return build_generator(latent_dim=latent_dim), build_discriminator()


def train(
    examples: np.ndarray,
    transform: Transform = unchanged,
    *,
    probability: float | None = 0.5,
    real_only: bool = False,
    steps: int = 1000,
    batch_size: int = 256,
    latent_dim: int = 4,
    learning_rate: float = 2e-3,
    penalty: float = 0.05,
    penalty_every: int = 4,
    decay: float = 0.99,
    target: float = 0.6,
    rise: float = 0.005,
    most: float = 0.8,
    seed: int = 0,
    progress: bool = False,
) -> Trained:
    """Train on points (N, 2) or uint8 pictures N×32×32×3, seen through the transform.

    `probability` None begins at 0 and follows `next_probability`, by `rise` a step, towards
    `target`, up to `most`. With `real_only` the generator's examples are shown as they are: the
    mistake of the chapter. The learning rate falls linearly to zero.
    """
    set_seed(seed)
    rng = np.random.default_rng(seed)
    pictures = examples.dtype == np.uint8
    networks = (picture_networks if pictures else plane_networks)(latent_dim)
    generator, discriminator = networks
    optimizers = adam(generator, learning_rate), adam(discriminator, learning_rate)
    average, history = copy_model(generator).eval(), []
    chance, update = to_tensor(probability or 0.0), update_of(*networks, optimizers, transform)
    for step in tqdm(range(steps), disable=not progress):
        for optimizer in optimizers:
            set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        batch = examples[rng.integers(len(examples), size=batch_size)]
        real = to_images(batch) if pictures else to_tensor(batch)
        noise = to_tensor(rng.standard_normal((batch_size, latent_dim)))
        draws = rng.random((2, batch_size, DRAWS))
        draws[1, :, 0] += real_only  # 1 and more is below no probability
        price = penalty * penalty_every if step % penalty_every == 0 else 0.0
        losses = update(real, noise, to_tensor(draws), chance, penalty=price)
        update_average(average, generator, min(decay, (1 + step) / (10 + step)))
        history.append([*map(float, losses.values()), float(chance)])
        if probability is None and step % penalty_every == 0:
            logits = judged(discriminator, real), judged(discriminator, generator(noise))
            rules = {"target": target, "step": rise * penalty_every, "most": most}
            chance = next_probability(chance, *logits, **rules)
    names = "discriminator", "generator", "probability"
    return Trained(average, discriminator, dict(zip(names, np.array(history).T, strict=True)))


@torch.no_grad()
def judged(discriminator: nn.Module, examples: Tensor) -> Tensor:
    """The discriminator's logits, without a graph."""
    return discriminator(examples)


@torch.no_grad()
def draw(generator: nn.Module, count: int, *, seed: int = 0) -> np.ndarray:
    """`count` points from a generator of points: float32 (count, 2)."""
    latent_dim = generator[0].in_features
    noise = np.random.default_rng(seed).standard_normal((count, latent_dim))
    return to_numpy(generator(to_tensor(noise)))


def overfitting(training: Tensor, held_out: Tensor, fake: Tensor) -> Tensor:
    """How far the discriminator takes held-out pictures for fakes: 0 not at all, 1 quite.

    (mean D(training) - mean D(held out)) / (mean D(training) - mean D(fake)): it does not change
    where all logits move or stretch together, so it serves relativistic losses too.
    """
    return (training.mean() - held_out.mean()) / (training.mean() - fake.mean())


def train_leak_detector(
    pictures: np.ndarray, *, steps: int = 1200, batch_size: int = 48, seed: int = 0
) -> nn.Sequential:
    """A classifier that says whether a picture was turned, tinted or cut: 3 logits a picture.

    Trained on uint8 pictures N×32×32×3 that are upright, neutral and whole. Each of the three is
    done to a third of them: turns by 12 degrees or more, up to half a turn either way; tints by 0.1
    or more; a grey box.
    """
    set_seed(seed)
    rng, network = np.random.default_rng(seed), build_classifier(classes=3)
    optimizer = adam(network, 2e-3, (0.9, 0.99))
    for step in range(steps):
        set_learning_rate(optimizer, 2e-3 * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        images = to_images(pictures[rng.integers(len(pictures), size=batch_size)])
        changed, told = spoil(images, to_tensor(rng.random((batch_size, 12))))
        loss = F.binary_cross_entropy_with_logits(network(changed), told)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network


def spoil(images: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures turned, tinted and cut, a third of them each, and which was done: (N, 3)."""
    told = (draws[:, :3] < 1 / 3).to(images.dtype)
    way = torch.where(draws[:, 3] < 0.5, -1.0, 1.0)
    angle = told[:, 0] * way * (12 + 168 * draws[:, 4])
    zero = torch.zeros_like(angle)
    matrix = affine_matrix(angle, zero + 1, torch.stack([zero, zero], dim=1), zero)
    shift = 2 * draws[:, 5:8] - 1
    far = shift.abs().amax(dim=1, keepdim=True)
    shift = shift / far * (0.1 + 0.3 * draws[:, 8:9]) * told[:, 1:2]
    changed = sample_bilinear(images, matrix) + shift[:, :, None, None]
    size = images.shape[3]
    corner = torch.floor(draws[:, 9:11] * size) - size // 4
    boxes = torch.cat([corner, torch.full_like(corner, size // 2)], dim=1)
    cut = each(told[:, 2])
    return cut * cut_out(changed, boxes) + (1 - cut) * changed, told


@torch.no_grad()
def leaks(detector: nn.Module, pictures: np.ndarray) -> np.ndarray:
    """The shares of uint8 pictures that look turned, tinted and cut: (3,)."""
    parts = [to_numpy(detector(to_images(part))) for part in np.array_split(pictures, 8)]
    return (np.concatenate(parts) > 0).mean(axis=0)
