"""Variational autoencoders for product pictures, in PyTorch.

Read from top to bottom: the networks, the sample that gradients pass through, the two halves of
the bound, one step, the loop, and how to judge and look into what was learnt. Pictures inside are
float32 N×C×32×32 in [0, 1], for a Bernoulli likelihood needs them there.
The same functions in Keras: `prodgen_lib.tensorflow.vae`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.plain.fits import check_pictures
from prodgen_lib.torch.autoencoder import in_parts, initialise, unit_images
from prodgen_lib.torch.bridge import (
    adam,
    from_images,
    set_learning_rate,
    set_seed,
    set_weights,
    to_numpy,
    to_tensor,
    weights,
)


def build_encoder(*, latents: int = 32, width: int = 16, channels: int = 3) -> nn.Sequential:
    """Pictures (N, channels, 32, 32) in [0, 1] to (N, 2·latents): means, then log-variances.

    Convolutions 4×4 of stride 2 to width, 2·width and 4·width channels (32 → 16 → 8 → 4 pixels),
    each followed by leaky ReLU of slope 0.2, and one of stride 1 without padding (4 → 1 pixel).
    Nothing bounds the outputs: a mean and a log-variance may have either sign.
    `posterior` cuts the result in two.
    """
    return initialise(
        nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 2 * latents, 4),
            nn.Flatten(),
        )
    )


def build_decoder(*, latents: int = 32, width: int = 16, channels: int = 3) -> nn.Sequential:
    """Codes (N, latents) to logits (N, channels, 32, 32): the encoder's mirror image.

    A transposed convolution 4×4 without padding to 4·width channels (1 → 4 pixels), then three of
    stride 2 to 2·width, width and `channels` (4 → 8 → 16 → 32 pixels), with leaky ReLU of slope 0.2
    between them. No sigmoid at the end: the Bernoulli likelihood takes logits, and the mean of
    the Gaussian one is their sigmoid.
    """
    return initialise(
        nn.Sequential(
            nn.Unflatten(1, (latents, 1, 1)),
            nn.ConvTranspose2d(latents, 4 * width, 4),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
        )
    )


def posterior(encoder: nn.Module, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log-variance of q(z|x), each (N, latents), for pictures (N, C, 32, 32) in [0, 1]."""
    mean, log_variance = encoder(pictures).chunk(2, dim=1)
    return mean, log_variance


def reparameterise(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """A code drawn from N(mean, variance), as a function of its parameters. Shape (N, latents).

    `log_variance` is log σ², not log σ and not σ. `noise` has the same shape and was drawn from
    N(0, 1) outside; the function draws nothing itself, so that equal noise gives an equal code.

    Gradients reach both parameters: with ε the noise, ∂z/∂mean = 1 and
    ∂z/∂log_variance = ½ σ ε. None of the two may be cut off (arXiv:1312.6114, section 2.4).
    """
    return mean + torch.exp(0.5 * log_variance) * noise


def sample_codes(mean: Tensor, log_variance: Tensor, *, samples: int, seed: int) -> Tensor:
    """Several codes of each picture, drawn from q(z|x): (samples, N, latents).

    `mean` and `log_variance` are (N, latents). Every number of every code has noise of its own from
    N(0, 1), drawn here by any generator, which `seed` alone decides: the same seed, the same codes.
    Gradients reach both parameters as in `reparameterise`.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn((samples, *mean.shape), generator=generator)
    return reparameterise(mean, log_variance, noise)


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL divergence of q(z|x) = N(mean, variance) from the prior N(0, 1), in nats: (N, latents).

    One number for each picture and each latent dimension, nothing summed or averaged: that shows
    which dimensions are in use. `log_variance` is log σ². Find the formula from

        KL(q‖p) = E_q[log q(z) - log p(z)]

    for two normal densities. It is never negative, and zero only where q is the prior.
    Log-variances of -20 or less still count in full: don't go by way of log(variance + 1e-8).
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def bernoulli_log_likelihood(logits: Tensor, pictures: Tensor) -> Tensor:
    """log p(x|z) when each value is a coin that shows 1 with probability sigmoid(logit): (N,).

        sum over channels and pixels of  x · log σ(a)  +  (1 - x) · log (1 - σ(a))

    `logits` and `pictures` are (N, C, H, W); pictures lie in [0, 1], and values in between are put
    into the formula as they are. Summed over a picture's values, not averaged, and not over the
    batch. In nats, never positive. Logits of ±100 give finite results: no logarithm of a rounded
    probability.
    """
    losses = F.binary_cross_entropy_with_logits(logits, pictures, reduction="none")
    return -losses.sum(dim=(1, 2, 3))


def gaussian_log_likelihood(mean: Tensor, pictures: Tensor, log_scale: Tensor | float) -> Tensor:
    """log p(x|z) when each value is drawn from N(mean, scale²): (N,).

    `mean` and `pictures` are (N, C, H, W); `log_scale` is log σ, *one* number for all values, a
    float or a scalar tensor. Summed over a picture's values, not averaged, and not over the batch.
    With all terms of the normal density, also -log σ and -½ log 2π: without the first no scale
    could be learnt, without the second numbers can't be compared with other kinds of likelihood.
    In nats; a density, so it may be positive.
    """
    log_scale = torch.as_tensor(log_scale)
    errors = (pictures - mean) / torch.exp(log_scale)
    densities = -0.5 * errors.square() - log_scale - 0.5 * math.log(2 * math.pi)
    return densities.sum(dim=(1, 2, 3))


def negative_elbo(
    log_likelihood: Tensor, kl: Tensor, *, beta: float = 1.0, free_nats: float = 0.0
) -> Tensor:
    """What a VAE minimises, a scalar in nats a picture: minus the evidence lower bound.

        mean over pictures of (-log p(x|z))  +  β · (sum over dimensions of the mean KL)

    `log_likelihood` (N,) is already summed over pixels; `kl` (N, latents) comes from
    `kl_divergence`. Pixels and dimensions are summed, only pictures are averaged: otherwise the
    two halves are weighed against each other by the size of the picture.
    With `beta` 1 and no `free_nats` it is the bound itself (arXiv:1312.6114, equation 3).

    `free_nats`: a dimension's KL, averaged over the batch, counts as at least so much. Below, it
    has no gradient, so nothing is gained by switching the dimension off (arXiv:1606.04934,
    appendix C.8). With `beta` 2, log-likelihoods (-10, -20), mean KLs (2, 1) and 1.5 free nats:
    15 + 2·(2 + 1.5) = 22.
    """
    per_dimension = kl.mean(dim=0).clamp(min=free_nats)
    return beta * per_dimension.sum() - log_likelihood.mean()


def optimal_log_scale(mean: Tensor, pictures: Tensor) -> Tensor:
    """The log σ under which these pictures are likeliest: half the log of the mean squared error.

    A scalar without a graph: at its optimum the scale has no slope, so the other gradients stay as
    they are (σ-VAE, arXiv:2006.13202). Better reconstructions make it smaller by themselves.
    """
    return 0.5 * torch.log((pictures - mean).square().mean().detach())


def train_step(
    encoder: nn.Module,
    decoder: nn.Module,
    encoder_optimizer: torch.optim.Optimizer,
    decoder_optimizer: torch.optim.Optimizer,
    pictures: Tensor,
    noise: Tensor,
    *,
    beta: float = 1.0,
    free_nats: float = 0.0,
    log_scale: float | None = None,
) -> dict[str, Tensor]:
    """One update of both networks towards a better bound.

    `pictures`: (N, C, 32, 32) in [0, 1]; `noise`: (N, latents) from N(0, 1). A Gaussian likelihood
    around the sigmoid of the decoder's logits; its scale is `log_scale`, or the optimal one for the
    batch where that is None.

    Returns scalars without a graph, by name: `loss` (what was minimised), `reconstruction`
    (mean of -log p(x|z)) and `kl` (summed over dimensions, mean over pictures), all in nats a
    picture, and the `log_scale` used.
    """
    mean, log_variance = posterior(encoder, pictures)
    picture_mean = torch.sigmoid(decoder(reparameterise(mean, log_variance, noise)))
    scale = optimal_log_scale(picture_mean, pictures) if log_scale is None else log_scale
    log_likelihood = gaussian_log_likelihood(picture_mean, pictures, scale)
    kl = kl_divergence(mean, log_variance)
    loss = negative_elbo(log_likelihood, kl, beta=beta, free_nats=free_nats)
    for optimizer in (encoder_optimizer, decoder_optimizer):
        optimizer.zero_grad()
    loss.backward()
    for optimizer in (encoder_optimizer, decoder_optimizer):
        optimizer.step()
    parts = {"reconstruction": -log_likelihood.mean(), "kl": kl.sum(dim=1).mean()}
    parts = {"loss": loss, **parts, "log_scale": torch.as_tensor(scale)}
    return {name: value.detach() for name, value in parts.items()}


class Vae(NamedTuple):
    """A variational autoencoder with a Gaussian likelihood, and how its training went.

    `log_scale` is log σ of that likelihood, for pictures in [0, 1]. `history` holds an array of
    length `steps` for each value of `train_step`, by name.
    """

    encoder: nn.Module
    decoder: nn.Module
    log_scale: float
    history: dict[str, np.ndarray]


def train(
    pictures: np.ndarray,
    *,
    steps: int = 4000,
    batch_size: int = 32,
    latents: int = 32,
    width: int = 16,
    learning_rate: float = 2e-3,
    beta: float = 1.0,
    warm_up: int = 0,
    free_nats: float = 0.0,
    log_scale: float | None = None,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, tuple[nn.Module, nn.Module], dict], None] | None = None,
) -> Vae:
    """Train on uint8 pictures N×32×32×C. The learning rate falls linearly to zero.

    `beta` weighs the KL term; over the first `warm_up` steps it grows linearly from 0.
    `log_scale`, for pictures in [0, 1], fixes the likelihood's scale; None learns it.
    `on_step(step, (encoder, decoder), losses)` is called after each step.
    """
    check_pictures(pictures)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    options = {"latents": latents, "width": width, "channels": pictures.shape[-1]}
    encoder, decoder = build_encoder(**options), build_decoder(**options)
    optimizers = [adam(model, learning_rate, (0.9, 0.999)) for model in (encoder, decoder)]
    history = []
    for step in tqdm(range(steps), disable=not progress):
        for optimizer in optimizers:
            set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        batch = unit_images(pictures[rng.integers(len(pictures), size=batch_size)])
        noise = to_tensor(rng.standard_normal((batch_size, latents), dtype=np.float32))
        weight = beta * min(1.0, (step + 1) / warm_up) if warm_up else beta
        losses = train_step(
            encoder, decoder, *optimizers, batch, noise,
            beta=weight, free_nats=free_nats, log_scale=log_scale,
        )  # fmt: skip
        history.append({name: float(value) for name, value in losses.items()})
        if on_step:
            on_step(step, (encoder, decoder), history[-1])
    curves = {name: np.array([losses[name] for losses in history]) for name in history[0]}
    return Vae(encoder, decoder, float(curves["log_scale"][-100:].mean()), curves)


@torch.no_grad()
def encode(encoder: nn.Module, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and log-variances of the codes of uint8 pictures: two arrays (N, latents)."""
    check_pictures(pictures)
    parts = [posterior(encoder, unit_images(part)) for part in in_parts(pictures)]
    mean, log_variance = (np.concatenate([to_numpy(p[i]) for p in parts]) for i in (0, 1))
    return mean, log_variance


@torch.no_grad()
def decode(decoder: nn.Module, codes: np.ndarray) -> np.ndarray:
    """The mean picture of each code (N, latents), uint8 N×32×32×C. No pixel noise is added."""
    parts = [torch.sigmoid(decoder(to_tensor(part))) for part in in_parts(codes)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


def sample(decoder: nn.Module, count: int, *, latents: int = 32, seed: int = 0) -> np.ndarray:
    """`count` pictures of codes from the prior N(0, I), uint8 count×32×32×C, by seed."""
    codes = np.random.default_rng(seed).standard_normal((count, latents), dtype=np.float32)
    return decode(decoder, codes)


def save(model: Vae, path: str | Path) -> None:
    """Both networks and the scale in one safetensors file, as 16-bit floats; see `load_vae`."""
    values = {"log_scale": np.array([model.log_scale])}
    for name, network in (("encoder", model.encoder), ("decoder", model.decoder)):
        values |= {f"{name}.{key}": value for key, value in weights(network).items()}
    save_file({name: value.astype(np.float16) for name, value in values.items()}, path)


def load_vae(path: str | Path, *, latents: int = 32, width: int = 16) -> Vae:
    """What `save` of either framework wrote. Its history is empty."""
    values = load_file(path)
    networks = []
    for name, build in (("encoder", build_encoder), ("decoder", build_decoder)):
        network = build(latents=latents, width=width)
        mine = {k.removeprefix(f"{name}."): v for k, v in values.items() if k.startswith(name)}
        set_weights(network, mine)
        networks.append(network)
    return Vae(*networks, float(values["log_scale"][0]), {})


def load_pretrained() -> Vae:
    """The same recipe trained for longer on the studio catalogue; it ships here."""
    return load_vae(Path(__file__).parent.parent / "weights" / "vae_studio.safetensors")


@torch.no_grad()
def traverse(
    decoder: Callable[[Tensor], Tensor], code: Tensor, dimension: int, values: Tensor
) -> Tensor:
    """What one latent dimension changes: pictures (V, C, 32, 32) in [0, 1], one for each value.

    `code` (latents,) is where to start, `values` (V,) what its entry number `dimension` takes in
    turn, *instead of* what stands there; all other entries keep theirs. `decoder` maps codes
    (V, latents) to logits, of which the sigmoid is taken. `code` itself stays as it is.
    """
    codes = code.repeat(len(values), 1)
    codes[:, dimension] = values
    return torch.sigmoid(decoder(codes))


def importance_weighted_bound(
    mean: Tensor,
    log_variance: Tensor,
    noise: Tensor,
    log_likelihood: Callable[[Tensor], Tensor],
) -> Tensor:
    """A tighter lower bound of log p(x), from K codes of each picture: (N,), in nats.

        log ( 1/K · sum over k of  p(x|z_k) · p(z_k) / q(z_k|x) )

    `mean`, `log_variance` (N, latents) describe q; `noise` is (K, N, latents) from N(0, 1) and
    gives the codes z_k by `reparameterise`; `log_likelihood` maps codes (N, latents) to log p(x|z)
    (N,); the prior p(z) is N(0, I). Add logarithms and take `torch.logsumexp` over k: the weights
    themselves leave the range of a float. With K = 1 it is the bound that training uses, one
    sample of it; it grows with K towards log p(x) (arXiv:1509.00519).
    """
    log_weights = []
    for one in noise:
        code = reparameterise(mean, log_variance, one)
        log_prior = -0.5 * code.square().sum(dim=1)
        log_posterior = -0.5 * (one.square() + log_variance).sum(dim=1)  # both lack ½ log 2π
        log_weights.append(log_likelihood(code) + log_prior - log_posterior)
    return torch.logsumexp(torch.stack(log_weights), dim=0) - math.log(len(noise))


@torch.no_grad()
def evaluate(
    model: Vae, pictures: np.ndarray, *, samples: int = 16, seed: int = 0
) -> dict[str, np.ndarray]:
    """How well uint8 pictures N×32×32×C are explained, in nats, by a seeded draw of codes.

    `reconstruction`: log p(x|z) of one code each (N,). `kl`: (N, latents). `elbo`: their difference
    (N,), the bound of one code. `bound`: the importance-weighted bound of `samples` codes (N,).
    """
    rng = np.random.default_rng(seed)
    rows = []
    for part in in_parts(pictures):
        images = unit_images(part)
        mean, log_variance = posterior(model.encoder, images)
        noise = to_tensor(rng.standard_normal((samples, *mean.shape), dtype=np.float32))

        def log_likelihood(code: Tensor, images: Tensor = images) -> Tensor:
            picture_mean = torch.sigmoid(model.decoder(code))
            return gaussian_log_likelihood(picture_mean, images, model.log_scale)

        reconstruction = log_likelihood(reparameterise(mean, log_variance, noise[0]))
        kl = kl_divergence(mean, log_variance)
        bound = importance_weighted_bound(mean, log_variance, noise, log_likelihood)
        rows.append((reconstruction, kl, reconstruction - kl.sum(dim=1), bound))
    columns = zip(("reconstruction", "kl", "elbo", "bound"), zip(*rows, strict=True), strict=True)
    return {name: np.concatenate([to_numpy(part) for part in parts]) for name, parts in columns}


def bits_per_dimension(
    log_density: float, dimensions: int, *, grey_level: float = 1 / 255
) -> float:
    """Bits that each value of an 8-bit picture costs, from the log density of the whole, in nats.

        -(log p(x) + D · log grey_level) / (D · log 2),        D = `dimensions`

    A density is per unit of the scale it is over. Pictures in [0, 1] have grey levels 1/255 apart
    (in [-1, 1], 2/255), and density times that width is about the probability of the level, as
    long as the likelihood's σ is not below a level. Forgetting it is worth 8 bits.
    """
    return -(log_density / dimensions + math.log(grey_level)) / math.log(2)


def active_units(kl: Tensor, *, threshold: float = 0.1) -> list[int]:
    """Indices of the latent dimensions in use: mean KL over pictures above `threshold` nats.

    `kl` is (N, latents), from `kl_divergence`. A dimension below carries nothing about the picture:
    its q(z|x) is the prior, whatever x. Ascending order.
    """
    return torch.nonzero(kl.mean(dim=0) > threshold).flatten().tolist()


def is_collapsed(kl: Tensor, *, threshold: float = 0.1) -> bool:
    """Whether no latent dimension at all is in use: the decoder then ignores its code."""
    return not active_units(kl, threshold=threshold)


def review_encoder(*, latents: int) -> nn.Sequential:
    """Pictures (N, 3, 32, 32) to (N, 2·latents), means and log-variances, at a whiteboard.

    Two convolutions 4×4 with stride 2 and padding 1, to 16 and 32 channels, each followed by ReLU;
    flatten; a linear layer, with nothing after it.
    """
    return nn.Sequential(
        nn.Conv2d(3, 16, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 8 * 8, 2 * latents),
    )


def review_loss(logits: Tensor, pictures: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """The negative bound of a Bernoulli likelihood, nats a picture, at a whiteboard: a scalar.

    `logits` and `pictures` (N, C, H, W), pictures in [0, 1]; `mean` and `log_variance` (N, latents)
    of q(z|x). Cross-entropy summed over values plus KL summed over dimensions, mean over pictures.
    """
    cross_entropy = F.binary_cross_entropy_with_logits(logits, pictures, reduction="sum")
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum()
    return (cross_entropy + kl) / len(pictures)


def review_step(
    encoder: nn.Module,
    decoder: nn.Module,
    optimizer: torch.optim.Optimizer,
    pictures: Tensor,
    noise: Tensor,
) -> Tensor:
    """One update of a VAE, at a whiteboard; returns the loss.

    `encoder` maps pictures (N, C, 32, 32) to (N, 2·latents), means and then log-variances;
    `decoder` maps codes to logits; `optimizer` holds the weights of both; `noise` (N, latents) is
    drawn from N(0, 1). Minimises `review_loss` for codes drawn from q(z|x) with that noise.
    Gradients left over from before the call must not count.
    """
    mean, log_variance = encoder(pictures).chunk(2, dim=1)
    code = mean + torch.exp(0.5 * log_variance) * noise
    loss = review_loss(decoder(code), pictures, mean, log_variance)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
