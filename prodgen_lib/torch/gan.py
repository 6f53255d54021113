"""Generative adversarial networks for product pictures, in PyTorch.

Read from top to bottom: the networks, the losses, what keeps training stable, one step, the loop,
and how to see a collapse. Pictures inside are float32 N×C×32×32 in [-1, 1].
The same functions in Keras: `prodgen_lib.tensorflow.gan`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.plain.fits import check_labels, check_pictures
from prodgen_lib.torch.bridge import (
    adam,
    copy_model,
    from_images,
    load_weights,
    set_learning_rate,
    set_seed,
    to_images,
    to_tensor,
)


def initialise(model: nn.Module) -> nn.Module:
    """Draw every convolution kernel from N(0, 0.02²) and set every bias to zero; returns `model`.

    The choice of DCGAN (arXiv:1511.06434). Batch norm keeps its own start: scale 1, shift 0.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return model


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """What the discriminator minimises: call real pictures real and fake ones fake. A scalar.

    With logits D, in one formula (arXiv:1406.2661, equation 1, as a loss):

        mean of softplus(-D(x))  +  mean of softplus(D(G(z))),    softplus(t) = log(1 + e^t)

    that is, binary cross-entropy on logits with labels 1 for real and 0 for fake: the *sum* of the
    two means, not their average. Logits have shape (N,); any size is right, and ±100 stays finite.
    At logits 0 it is 2·log 2.
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """What the generator minimises: have its pictures called real. A scalar.

    The *non-saturating* loss (arXiv:1406.2661, section 3): the mean of -log sigmoid(D(G(z))), and
    not of log(1 - sigmoid(D(G(z)))), whose gradient dies while the discriminator wins.
    Logits have shape (N,); -100 gives 100, not infinity. At logits 0 it is log 2.
    """
    return F.softplus(-fake_logits).mean()


def relativistic_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """What the discriminator minimises in the better recipe: real above fake, pair by pair.

        mean over pairs i of softplus(D(G(z_i)) - D(x_i))

    The relativistic pairing loss (arXiv:1807.00734; analysed in arXiv:2501.05441): only the
    *difference* counts, so no logit can run away alone, and a generator that gives up on a
    category is still compared with it. Logits have shape (N,); pair i is the i-th of each.
    """
    return F.softplus(fake_logits - real_logits).mean()


def build_discriminator(*, width: int = 24, channels: int = 3, classes: int = 0) -> nn.Sequential:
    """Pictures (N, channels, 32, 32) to one logit each, shape (N,): large where they look real.

    An `nn.Sequential` of exactly these layers:

    1. convolutions 4×4, stride 2, padding 1, to width, 2·width and 4·width channels:
       32 → 16 → 8 → 4 pixels, each followed by leaky ReLU of slope 0.2;
    2. a convolution 4×4, stride 1, no padding, to one channel: 4 → 1 pixel;
    3. `nn.Flatten` from dimension 0, which turns (N, 1, 1, 1) into (N,).

    With `classes` > 0, step 2 has that many channels and step 3 flattens from dimension 1: logits
    of shape (N, classes), one for each thing that the picture may be said to show.

    Every convolution has a bias. There is *no* batch norm: the gradient penalty needs the logit of
    a picture to depend on that picture alone. No sigmoid: losses take logits.
    Weights by `initialise`.
    """
    return initialise(
        nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, max(classes, 1), 4),
            nn.Flatten(1 if classes else 0),
        )
    )


def build_generator(*, latent_dim: int = 64, width: int = 24, channels: int = 3) -> nn.Sequential:
    """Noise (N, latent_dim) to pictures (N, channels, 32, 32) in [-1, 1].

    An `nn.Sequential` of exactly these layers, after DCGAN (arXiv:1511.06434):

    1. `nn.Unflatten`: the noise as a picture of one pixel, (N, latent_dim, 1, 1);
    2. a transposed convolution 4×4, stride 1, no padding, to 4·width channels: 1 → 4 pixels;
    3. transposed convolutions 4×4, stride 2, padding 1, to 2·width and then to width channels:
       4 → 8 → 16 pixels;
    4. a transposed convolution 4×4, stride 2, padding 1, to `channels`: 16 → 32 pixels; then tanh.

    Steps 2 and 3 have no bias, since batch norm (PyTorch's defaults: eps 1e-5, momentum 0.1)
    follows each, and then ReLU. Step 4 has a bias and no batch norm. Weights by `initialise`.
    """
    return initialise(
        nn.Sequential(
            nn.Unflatten(1, (latent_dim, 1, 1)),
            nn.ConvTranspose2d(latent_dim, 4 * width, 4, bias=False),
            nn.BatchNorm2d(4 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )
    )


def relativistic_generator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """What the generator minimises in the better recipe: fake above real, pair by pair.

        mean over pairs i of softplus(D(x_i) - D(G(z_i)))

    The mirror image of `relativistic_discriminator_loss`, with the same arguments in the same
    order. Logits have shape (N,).
    """
    return F.softplus(real_logits - fake_logits).mean()


def gradient_penalty(discriminator: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """How steep the discriminator is at these pictures. A scalar that can itself be minimised.

        mean over pictures x of ‖∇_x D(x)‖²      (squared, summed over channels and pixels)

    On real pictures this is R1 (arXiv:1801.04406), on fake ones R2. `discriminator` maps images
    (N, C, H, W) to logits (N,). The result keeps its graph (`create_graph`), so that `backward`
    reaches the discriminator's weights; nothing flows back into `images`.
    """
    images = images.detach().requires_grad_(True)
    logits = discriminator(images)
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged weights a little towards the model's, in place.

        average ← decay · average + (1 - decay) · model

    for every parameter (exponential moving average, as in arXiv:1710.10196). Buffers, such as batch
    norm's moving statistics, are copied: they are averages already.
    """
    for kept, new in zip(average.parameters(), model.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
    for kept, new in zip(average.buffers(), model.buffers(), strict=True):
        kept.copy_(new)


def score(discriminator: nn.Module, images: Tensor, labels: Tensor | None = None) -> Tensor:
    """One logit a picture, shape (N,): does it look real, as the product that it is said to be?

    `labels` are one-hot (N, classes), for a discriminator with as many logits a picture: the one
    of the label counts. Without labels, the discriminator's logits (N,) as they are.
    """
    logits = discriminator(images)
    return logits if labels is None else (logits * labels).sum(dim=1)


def train_step(
    generator: nn.Module,
    discriminator: nn.Module,
    generator_optimizer: torch.optim.Optimizer,
    discriminator_optimizer: torch.optim.Optimizer,
    real: Tensor,
    noise: Tensor,
    *,
    labels: Tensor | None = None,
    penalty: float = 0.0,
) -> dict[str, Tensor]:
    """One update of the discriminator, then one of the generator, by the better recipe.

    `real`: (N, C, 32, 32) in [-1, 1]; `noise`: (N, latent_dim), which ends in the labels if there
    are any; `labels`: one-hot (N, classes), the same for real picture i and fake i, or None.
    Logits are always those of `score`. Both networks are in training mode.

    1. `fake` = generator(noise), once: both updates use it.
    2. Discriminator: `relativistic_discriminator_loss` of its logits for `real` and `fake`; where
       `penalty` > 0, plus penalty · (`gradient_penalty` on real + on fake). The generator's
       weights stay as they are.
    3. Generator: `relativistic_generator_loss` with the logits of the *updated* discriminator.
       The discriminator's weights stay as they are.

    Gradients left over from before the call must not count: the check starts with some.
    Returns the two losses (without the penalty) as `{"discriminator": …, "generator": …}`,
    scalars without a graph.
    """

    def judge(images: Tensor) -> Tensor:
        return score(discriminator, images, labels)

    fake = generator(noise)
    d_loss = relativistic_discriminator_loss(judge(real), judge(fake.detach()))
    total = d_loss
    if penalty > 0:
        steepness = gradient_penalty(judge, real) + gradient_penalty(judge, fake)
        total = d_loss + penalty * steepness
    discriminator_optimizer.zero_grad()
    total.backward()
    discriminator_optimizer.step()

    with torch.no_grad():
        real_logits = judge(real)
    g_loss = relativistic_generator_loss(real_logits, judge(fake))
    generator_optimizer.zero_grad()
    g_loss.backward(inputs=list(generator.parameters()))
    generator_optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}


class Trained(NamedTuple):
    """What training leaves: the generator to sample from, the discriminator, the losses.

    `history` holds an array of length `steps` for each loss, by name.
    """

    generator: nn.Module
    discriminator: nn.Module
    history: dict[str, np.ndarray]


def draw_batch(
    pictures: np.ndarray,
    one_hot: np.ndarray | None,
    rng: np.random.Generator,
    *,
    batch_size: int,
    latent_dim: int,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Random pictures (N, C, H, W) in [-1, 1], as much noise (N, latent_dim) from N(0, 1), labels.

    With `one_hot` labels (all pictures, classes), those of the batch are returned, and the noise
    ends in them too: (N, latent_dim + classes). Without, None is.
    """
    index = rng.integers(len(pictures), size=batch_size)
    noise = rng.standard_normal((batch_size, latent_dim), dtype=np.float32)
    if one_hot is None:
        return to_images(pictures[index]), to_tensor(noise), None
    labels = one_hot[index]
    return to_images(pictures[index]), to_tensor(np.hstack([noise, labels])), to_tensor(labels)


def train(
    pictures: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    steps: int = 4000,
    batch_size: int = 32,
    latent_dim: int = 64,
    width: int = 24,
    learning_rate: float = 1e-3,
    penalty: float = 1.0,
    penalty_every: int = 4,
    decay: float = 0.998,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, nn.Module, dict], None] | None = None,
) -> Trained:
    """Train by the better recipe on uint8 pictures N×32×32×C; returns the averaged generator.

    With `labels` (N integers from 0), both networks are told what each picture shows.
    The learning rate falls linearly to zero. The penalty is paid every `penalty_every`-th step,
    that many times as dear. `on_step(step, averaged generator, losses)` is called after each step.
    """
    check_pictures(pictures)
    labels = None if labels is None else check_labels(labels, count=len(pictures))
    set_seed(seed)
    rng = np.random.default_rng(seed)
    classes = 0 if labels is None else int(labels.max()) + 1
    one_hot = np.eye(classes, dtype=np.float32)[labels] if classes else None
    channels, sizes = pictures.shape[-1], {"batch_size": batch_size, "latent_dim": latent_dim}
    generator = build_generator(latent_dim=latent_dim + classes, width=width, channels=channels)
    discriminator = build_discriminator(width=width, channels=channels, classes=classes)
    average = copy_model(generator).eval()
    optimizers = adam(generator, learning_rate), adam(discriminator, learning_rate)
    history = []
    for step in tqdm(range(steps), disable=not progress):
        for optimizer in optimizers:
            set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        real, noise, told = draw_batch(pictures, one_hot, rng, **sizes)
        price = penalty * penalty_every if step % penalty_every == 0 else 0.0
        losses = train_step(
            generator, discriminator, *optimizers, real, noise, labels=told, penalty=price
        )
        update_average(average, generator, min(decay, (1 + step) / (10 + step)))
        history.append({name: float(value) for name, value in losses.items()})
        if on_step:
            on_step(step, average, history[-1])
    curves = {name: np.array([losses[name] for losses in history]) for name in history[0]}
    return Trained(average, discriminator, curves)


@torch.no_grad()
def sample(
    generator: nn.Module,
    count: int,
    *,
    classes: int = 0,
    labels: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """`count` pictures, uint8 count×32×32×C. The same seed draws the same noise.

    For a generator that was trained with labels, say of how many `classes`; picture i then shows
    `labels[i]`, by default 0, 1, … `classes` - 1 and from 0 again.
    """
    if classes and labels is not None:
        check_labels(labels, count=count, classes=(classes,))
    inputs = len(next(generator.parameters()))  # the first kernel is (in, out, 4, 4)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, inputs - classes), dtype=np.float32)
    if classes:
        labels = np.arange(count) % classes if labels is None else np.asarray(labels)
        noise = np.hstack([noise, np.eye(classes, dtype=np.float32)[labels]])
    generator.eval()
    return np.concatenate([from_images(generator(part)) for part in to_tensor(noise).split(256)])


def load_pretrained() -> nn.Sequential:
    """The generator of the same recipe trained for longer on the studio catalogue; it ships here.

    It was trained with labels: `sample(load_pretrained(), 100, classes=10)`.
    """
    generator = build_generator(latent_dim=64 + 10)
    weights = Path(__file__).parent.parent / "weights" / "gan_studio.safetensors"
    load_weights(generator, weights)
    return generator.eval()


def category_shares(logits: Tensor) -> Tensor:
    """Share of pictures that a classifier puts in each category: logits (N, K) to (K,), sum 1.

    A picture counts for the category of its largest logit.
    """
    categories = logits.argmax(dim=1)
    return torch.bincount(categories, minlength=logits.shape[1]) / len(logits)


def missing_categories(shares: Tensor, *, threshold: float = 0.02) -> list[int]:
    """Indices of the categories whose share is below `threshold`, in ascending order."""
    return torch.nonzero(shares < threshold).flatten().tolist()


def is_collapsed(logits: Tensor, *, threshold: float = 0.02) -> bool:
    """Whether pictures with these classifier logits (N, K) miss at least one of K categories.

    A category is missing when fewer than `threshold` of all pictures are put in it. Use some
    hundreds of pictures: of 20, none need be a watch by bad luck alone.
    """
    return len(missing_categories(category_shares(logits), threshold=threshold)) > 0


def build_dcgan_generator(
    *, latent_dim: int = 64, width: int = 32, channels: int = 3
) -> nn.Sequential:
    """The generator as most people write it, which is the one of `build_generator`, wider."""
    return build_generator(latent_dim=latent_dim, width=width, channels=channels)


def build_dcgan_discriminator(*, width: int = 32, channels: int = 3) -> nn.Sequential:
    """The discriminator as most people write it: with batch norm.

    As `build_discriminator`, but the second and third convolution have no bias and are followed
    by batch norm, before the leaky ReLU.
    """
    return initialise(
        nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(4 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 1, 4),
            nn.Flatten(0),
        )
    )


def dcgan_step(
    generator: nn.Module,
    discriminator: nn.Module,
    generator_optimizer: torch.optim.Optimizer,
    discriminator_optimizer: torch.optim.Optimizer,
    real: Tensor,
    noise: Tensor,
) -> dict[str, Tensor]:
    """One update of each network as most people write it: cross-entropy, and no penalty.

    The discriminator sees real and fake pictures in separate batches, as its batch norm needs.
    """
    fake = generator(noise)
    d_loss = discriminator_loss(discriminator(real), discriminator(fake.detach()))
    discriminator_optimizer.zero_grad()
    d_loss.backward()
    discriminator_optimizer.step()

    g_loss = generator_loss(discriminator(fake))
    generator_optimizer.zero_grad()
    g_loss.backward()
    generator_optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}


def train_dcgan(
    pictures: np.ndarray,
    *,
    steps: int = 2000,
    batch_size: int = 64,
    latent_dim: int = 64,
    width: int = 32,
    learning_rate: float = 2e-4,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, nn.Module, dict], None] | None = None,
) -> Trained:
    """Train as most people do: constant learning rate, no averaging, betas (0.5, 0.999)."""
    check_pictures(pictures)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    channels, sizes = pictures.shape[-1], {"batch_size": batch_size, "latent_dim": latent_dim}
    generator = build_dcgan_generator(latent_dim=latent_dim, width=width, channels=channels)
    discriminator = build_dcgan_discriminator(width=width, channels=channels)
    optimizers = [adam(m, learning_rate, (0.5, 0.999)) for m in (generator, discriminator)]
    history = []
    for step in tqdm(range(steps), disable=not progress):
        real, noise, _ = draw_batch(pictures, None, rng, **sizes)
        losses = dcgan_step(generator.train(), discriminator, *optimizers, real, noise)
        history.append({name: float(value) for name, value in losses.items()})
        if on_step:
            on_step(step, generator, history[-1])
    curves = {name: np.array([losses[name] for losses in history]) for name in history[0]}
    return Trained(generator.eval(), discriminator, curves)


def review_generator(*, noise_dim: int, image_channels: int) -> nn.Sequential:
    """Noise (N, noise_dim) to pictures (N, image_channels, 32, 32) in [-1, 1], at a whiteboard.

    A linear layer to 32 channels of 8×8 pixels, ReLU, `nn.Unflatten`; then twice: nearest-neighbour
    upsampling by 2 and a convolution 3×3 with padding 1, to 16 channels and ReLU the first time, to
    `image_channels` and tanh the second.
    """
    return nn.Sequential(
        nn.Linear(noise_dim, 32 * 8 * 8),
        nn.ReLU(),
        nn.Unflatten(1, (32, 8, 8)),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(32, 16, 3, padding=1),
        nn.ReLU(),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(16, image_channels, 3, padding=1),
        nn.Tanh(),
    )


def review_discriminator(*, image_channels: int) -> nn.Sequential:
    """Pictures (N, image_channels, 32, 32) to logits (N,), at a whiteboard.

    Two convolutions 4×4 with stride 2 and padding 1, to 16 and 32 channels, each followed by leaky
    ReLU of slope 0.2; flatten; a linear layer to one logit; `nn.Flatten(0)` to shape (N,).
    """
    return nn.Sequential(
        nn.Conv2d(image_channels, 16, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(32 * 8 * 8, 1),
        nn.Flatten(0),
    )


def review_step(
    generator: nn.Module,
    discriminator: nn.Module,
    generator_optimizer: torch.optim.Optimizer,
    discriminator_optimizer: torch.optim.Optimizer,
    real: Tensor,
    noise: Tensor,
) -> dict[str, Tensor]:
    """One update of the discriminator, then one of the generator, at a whiteboard.

    `real` (N, C, 32, 32) and `noise` (N, noise_dim) have the same N. The discriminator minimises
    binary cross-entropy on logits: the sum of the mean over all N real pictures, labelled 1, and
    the mean over N fakes, labelled 0. The generator then minimises the cross-entropy of its fakes'
    new logits with label 1; only its own weights change in that update. Gradients left over from
    before the call must not count.
    Returns both losses: `{"discriminator": …, "generator": …}`.
    """
    ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
    fake = generator(noise)
    d_loss = F.binary_cross_entropy_with_logits(discriminator(real), ones)
    d_loss = d_loss + F.binary_cross_entropy_with_logits(discriminator(fake.detach()), zeros)
    discriminator_optimizer.zero_grad()
    d_loss.backward()
    discriminator_optimizer.step()

    g_loss = F.binary_cross_entropy_with_logits(discriminator(fake), ones)
    generator_optimizer.zero_grad()
    g_loss.backward()
    generator_optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}
