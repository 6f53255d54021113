"""Autoencoders for product pictures, in PyTorch.

Read from top to bottom: the two networks, what is done to pictures before they are shown, the loss
over hidden pixels, the score of a defect, a walk between codes.
Pictures inside are float32 N×C×32×32 in [0, 1].
The same functions in Keras: `prodgen_lib.tensorflow.autoencoder`.
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

from prodgen_lib.plain.corruptions import fill_smooth, half_and_back, square_masks
from prodgen_lib.plain.fits import check_pictures
from prodgen_lib.torch.bridge import (
    adam,
    from_images,
    image_array,
    image_tensor,
    load_weights,
    set_learning_rate,
    set_seed,
    to_images,
    to_numpy,
    to_tensor,
)


def build_encoder(*, latents: int = 64, width: int = 16, channels: int = 3) -> nn.Sequential:
    """Pictures (N, channels, 32, 32) to codes (N, latents): the bottleneck.

    Convolutions 4×4 of stride 2 to width, 2·width and 4·width channels (32 → 16 → 8 → 4 pixels),
    each followed by leaky ReLU of slope 0.2, and one of stride 1 without padding to `latents`
    channels (4 → 1 pixel). Nothing bounds the codes.
    """
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4 * width, latents, 4),
        nn.Flatten(),
    )


def build_decoder(*, latents: int = 64, width: int = 16, channels: int = 3) -> nn.Sequential:
    """Codes (N, latents) to pictures (N, channels, 32, 32) in [0, 1]: the encoder mirrored.

    A transposed convolution 4×4 without padding to 4·width channels (1 → 4 pixels), then three of
    stride 2 to 2·width, width and `channels` (4 → 8 → 16 → 32 pixels), with leaky ReLU of slope 0.2
    between them and a sigmoid at the end.
    """
    return nn.Sequential(
        nn.Unflatten(1, (latents, 1, 1)),
        nn.ConvTranspose2d(latents, 4 * width, 4),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )


@torch.no_grad()
def walk(decoder: Callable[[Tensor], Tensor], start: Tensor, end: Tensor, *, steps: int) -> Tensor:
    """Pictures (steps, C, H, W) on the straight way between two codes, both ends included.

    `start` and `end` are (latents,), `steps` is at least 2; the codes are evenly spaced.
    """
    shares = torch.linspace(0, 1, steps)[:, None]
    return decoder(start + shares * (end - start))


def add_noise(pictures: Tensor, *, sigma: float, seed: int) -> Tensor:
    """Noisy copies of pictures (N, C, H, W) in [0, 1], for training a denoiser.

    Every value gets noise of its own from N(0, sigma²); the result is clipped to [0, 1], as a
    camera would. Any generator will do; `seed` alone decides which noise: the same seed, the same
    copies. `pictures` stay as they are.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(pictures.shape, generator=generator)
    return (pictures + sigma * noise).clamp(0, 1)


def initialise(model: nn.Module) -> nn.Module:
    """Draw every kernel from N(0, 2/n) and set every bias to zero; returns `model`.

    n is how many inputs one output is a sum of, so that signals keep their size through the
    layers (arXiv:1502.01852): all kernel positions times input channels in a convolution, but
    only each stride-th position, along both sides, in a transposed one.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            positions = layer.kernel_size[0] ** 2
            if isinstance(layer, nn.ConvTranspose2d):
                stride = layer.stride[0]
                positions = positions // stride**2 if stride > 1 else 1  # from a single pixel
            nn.init.normal_(layer.weight, 0.0, (2 / (positions * layer.in_channels)) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return model


def chain(encoder: nn.Sequential, decoder: nn.Sequential) -> nn.Sequential:
    """The autoencoder: one network of the layers of both, which it shares with them."""
    return nn.Sequential(*encoder, *decoder)


def train_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, inputs: Tensor, targets: Tensor
) -> Tensor:
    """One update towards giving `targets` for `inputs`, both (N, C, H, W); returns the loss.

    Mean squared error over all values. Of a plain autoencoder, inputs and targets are the same
    pictures; of a denoising one, the inputs are noisy and the targets clean.
    """
    loss = F.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


class Trained(NamedTuple):
    """What training leaves: both halves, and the loss of each step in `history["loss"]`."""

    encoder: nn.Sequential
    decoder: nn.Sequential
    history: dict[str, np.ndarray]


def train(
    pictures: np.ndarray,
    *,
    latents: int = 64,
    width: int = 16,
    steps: int = 2000,
    batch_size: int = 16,
    learning_rate: float = 6e-3,
    sigma: float = 0.0,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, nn.Module, dict], None] | None = None,
) -> Trained:
    """Train an autoencoder on uint8 pictures N×32×32×C. The learning rate falls linearly to zero.

    With `sigma` > 0 it is shown noisy copies (`add_noise`) and must give the clean pictures.
    `on_step(step, model, losses)` is called after each step, with the chained network.
    """
    check_pictures(pictures)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    options = {"latents": latents, "width": width, "channels": pictures.shape[-1]}
    encoder, decoder = initialise(build_encoder(**options)), initialise(build_decoder(**options))
    model = chain(encoder, decoder)
    optimizer = adam(model, learning_rate, (0.9, 0.999))
    history = []
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        targets = unit_images(pictures[rng.integers(len(pictures), size=batch_size)])
        inputs = add_noise(targets, sigma=sigma, seed=seed * steps + step) if sigma else targets
        history.append(float(train_step(model, optimizer, inputs, targets)))
        if on_step:
            on_step(step, model, {"loss": history[-1]})
    return Trained(encoder, decoder, {"loss": np.array(history)})


def unit_images(pictures: np.ndarray) -> Tensor:
    """Pictures uint8 N×H×W×C as a float32 tensor N×C×H×W in [0, 1]."""
    return (to_images(pictures) + 1) / 2


def in_parts(array: np.ndarray, size: int = 250) -> list[np.ndarray]:
    """The array in pieces of at most `size` rows, which fit into memory."""
    return [array[start : start + size] for start in range(0, len(array), size)]


@torch.no_grad()
def encode(encoder: nn.Module, pictures: np.ndarray) -> np.ndarray:
    """Codes of uint8 pictures N×32×32×C: float32 (N, latents)."""
    check_pictures(pictures)
    return np.concatenate([to_numpy(encoder(unit_images(part))) for part in in_parts(pictures)])


@torch.no_grad()
def decode(decoder: nn.Module, codes: np.ndarray) -> np.ndarray:
    """The picture of each code (N, latents): uint8 N×32×32×C."""
    parts = [decoder(to_tensor(part)) for part in in_parts(codes)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


def load_pretrained() -> Trained:
    """The autoencoder of `train` after longer training on the studio catalogue; it ships here.

    32 latents; its `history` is empty.
    """
    encoder, decoder = build_encoder(latents=32), build_decoder(latents=32)
    weights = Path(__file__).parent.parent / "weights" / "autoencoder_studio.safetensors"
    load_weights(chain(encoder, decoder), weights)
    return Trained(encoder, decoder, {})


def masked_loss(output: Tensor, pictures: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error over hidden values only, a scalar: what inpainting is trained on.

    `output` and `pictures` are (N, C, H, W); `mask` (N, 1, H, W) is 1 where a pixel was hidden and
    0 where it was seen. The mean is over all hidden values of the batch, every channel of a hidden
    pixel being one; what was seen has no part in it, neither in the sum nor in the count. With
    nothing hidden the loss is 0.
    """
    errors = mask * (output - pictures).square()
    hidden = mask.sum() * pictures.shape[1]
    return errors.sum() / hidden.clamp(min=1)


def random_mask(count: int, *, hole: int = 12, seed: int) -> Tensor:
    """Masks (count, 1, 32, 32) of a hidden square each: 1 in `hole`×`hole` pixels, 0 elsewhere."""
    return image_tensor(square_masks(count, size=32, hole=hole, seed=seed))


def build_restorer(*, halvings: int = 1, width: int = 24, channels: int = 3) -> nn.Sequential:
    """Damaged pictures and their mask (N, channels + 1, 32, 32) to corrections of the pictures.

    `halvings` convolutions 4×4 of stride 2, the first to `width` channels (32 → 16 pixels), the
    others to 2·width; three of 3×3; `halvings` transposed convolutions 4×4 of stride 2 the same way
    back, the last to `channels`. All but the first and the last are without bias and followed by
    batch norm. Leaky ReLU of slope 0.2 follows all but the last, whose correction has no bounds.

    One halving sees about ten pixels to each side, enough for noise and edges; three see the whole
    picture, which a hole needs. No code is narrow: the network can't learn to copy, since no copy
    is asked of it (see `restore`).
    """
    sizes = [width] + [2 * width] * (halvings - 1)
    layers = [nn.Conv2d(channels + 1, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    for level in range(1, halvings):
        size = sizes[level]
        layers += [nn.Conv2d(sizes[level - 1], size, 4, stride=2, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(size), nn.LeakyReLU(0.2)]
    for _ in range(3):
        layers += [nn.Conv2d(sizes[-1], sizes[-1], 3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(sizes[-1]), nn.LeakyReLU(0.2)]
    for level in range(halvings - 1, 0, -1):
        size = sizes[level - 1]
        layers += [nn.ConvTranspose2d(sizes[level], size, 4, stride=2, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(size), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1))


def damage(pictures: Tensor, *, task: str, seed: int) -> tuple[Tensor, Tensor]:
    """Damaged copies of pictures (N, C, 32, 32) in [0, 1], and masks (N, 1, 32, 32).

    A mask is 1 where a pixel can't be trusted any more. Task "noise": `add_noise` with sigma 0.2,
    everywhere. "hole": a square of 12×12 pixels is lost, and filled smoothly from its rim by
    `corruptions.fill_smooth`. "small": halved to 16×16 pixels and enlarged again by bicubic
    interpolation, everywhere. So holes and small pictures come as the plain method leaves them.
    """
    everywhere = torch.ones_like(pictures[:, :1])
    if task == "noise":
        return add_noise(pictures, sigma=0.2, seed=seed), everywhere
    if task == "hole":
        mask = random_mask(len(pictures), seed=seed)
        filled = fill_smooth(image_array(pictures), image_array(mask))
        return image_tensor(filled), mask
    if task == "small":
        matrix = to_tensor(half_and_back(pictures.shape[-1]))
        return matrix @ pictures @ matrix.T, everywhere
    raise ValueError(f"No task {task!r}; choose noise, hole or small.")


def restore(model: nn.Module, damaged: Tensor, mask: Tensor) -> Tensor:
    """Mended pictures (N, C, H, W): the damaged ones plus the network's correction under the mask.

        damaged + mask · model(damaged and mask, side by side as channels)

    What can be trusted stays exactly as it is, and what is nearly right needs only a small
    correction: the network learns the residual (arXiv:1608.03981), not the picture.
    """
    return damaged + mask * model(torch.cat([damaged, mask], dim=1))


def restore_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    damaged: Tensor,
    mask: Tensor,
    pictures: Tensor,
) -> Tensor:
    """One update of a restorer: `masked_loss` of what `restore` gives; returns the loss."""
    loss = masked_loss(restore(model, damaged, mask), pictures, mask)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


class Restorer(NamedTuple):
    """A trained restorer, and the loss of each step in `history["loss"]`."""

    model: nn.Sequential
    history: dict[str, np.ndarray]


def train_restorer(
    pictures: np.ndarray,
    *,
    task: str,
    width: int = 24,
    steps: int = 1200,
    batch_size: int = 16,
    learning_rate: float = 3e-3,
    seed: int = 0,
    progress: bool = True,
) -> Restorer:
    """Train a restorer for one `task` of `damage` on uint8 pictures N×32×32×C.

    For holes the network halves its pictures three times, otherwise once. At the start it corrects
    little: its last kernel is a tenth of what `initialise` draws. The learning rate falls linearly
    to zero.
    """
    check_pictures(pictures)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    options = {"halvings": 3 if task == "hole" else 1, "width": width}
    model = initialise(build_restorer(**options, channels=pictures.shape[-1])).train()
    model[-1].weight.data.mul_(0.1)
    optimizer = adam(model, learning_rate, (0.9, 0.999))
    history = []
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        batch = unit_images(pictures[rng.integers(len(pictures), size=batch_size)])
        damaged, mask = damage(batch, task=task, seed=seed * steps + step)
        history.append(float(restore_step(model, optimizer, damaged, mask, batch)))
    return Restorer(model.eval(), {"loss": np.array(history)})


@torch.no_grad()
def restored(model: nn.Module, pictures: np.ndarray, *, task: str, seed: int) -> list[np.ndarray]:
    """uint8 pictures N×32×32×C damaged, the same mended, and masks float32 N×32×32×1."""
    model.eval()
    rows = []
    for index, part in enumerate(in_parts(pictures)):
        damaged, mask = damage(unit_images(part), task=task, seed=seed + index)
        mended = restore(model, damaged, mask)
        hidden = np.ascontiguousarray(to_numpy(mask).transpose(0, 2, 3, 1))
        rows.append((from_images(2 * damaged - 1), from_images(2 * mended - 1), hidden))
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def anomaly_score(output: Tensor, pictures: Tensor, *, window: int = 4) -> Tensor:
    """How badly the worst place of each picture is reconstructed: (N,).

    The squared error of (N, C, H, W), averaged over channels; then over each window of
    window×window pixels, at every position where it fits; the score is the largest of these. A
    defect is small: in the mean over a whole picture it would drown.
    """
    errors = (output - pictures).square().mean(dim=1, keepdim=True)
    local = F.avg_pool2d(errors, window, stride=1)
    return local.amax(dim=(1, 2, 3))


def auroc(scores: Tensor, defective: Tensor) -> Tensor:
    """Area under the ROC curve, a scalar in [0, 1]; 0.5 is chance.

    `scores` (N,), `defective` (N,) boolean, with both kinds present. It is the share of pairs, one
    defective picture and one good one, in which the defective picture has the higher score; a tie
    counts one half.
    """
    ahead = scores[defective][:, None] - scores[~defective]
    return (ahead > 0).float().mean() + 0.5 * (ahead == 0).float().mean()


def review_autoencoder(*, latents: int) -> nn.Sequential:
    """Pictures (N, 3, 32, 32) to reconstructions of the same shape, in [0, 1], at a whiteboard.

    Two convolutions 4×4 with stride 2 and padding 1, to 16 and 32 channels, each followed by ReLU;
    flatten; a linear layer to the code of `latents` numbers, with nothing after it. Back: a linear
    layer to 32·8·8 numbers and ReLU; as 32 channels of 8×8 pixels; two transposed convolutions 4×4
    with stride 2 and padding 1, to 16 channels with ReLU and to 3 with a sigmoid.
    """
    return nn.Sequential(
        nn.Conv2d(3, 16, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 8 * 8, latents),
        nn.Linear(latents, 32 * 8 * 8),
        nn.ReLU(),
        nn.Unflatten(1, (32, 8, 8)),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 3, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )


def review_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, pictures: Tensor, noise: Tensor
) -> Tensor:
    """One update of a denoiser, at a whiteboard; returns the loss.

    `pictures` (N, C, H, W) in [0, 1]; `noise` of the same shape is drawn from N(0, 1). The network
    is shown the pictures plus 0.1 times the noise, clipped to [0, 1], and is to give the pictures
    as they were: mean squared error over all values. Gradients left over from before the call must
    not count.
    """
    noisy = (pictures + 0.1 * noise).clamp(0, 1)
    loss = F.mse_loss(model(noisy), pictures)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
