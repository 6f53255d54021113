"""Autoencoders for product pictures, in PyTorch.

Read from top to bottom: the two networks, what is done to pictures before they are shown, the loss
over hidden pixels, the score of a defect, a walk between codes.
Pictures inside are float32 N×C×32×32 in [0, 1].
The same functions in Keras: `prodgen_lib.tensorflow.autoencoder`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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
    """Codes (N, latents) to pictures (N, channels, 32, 32) in [0, 1]: the encoder's mirror image.

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


def add_noise(pictures: Tensor, *, sigma: float, seed: int) -> Tensor:
    """Noisy copies of pictures (N, C, H, W) in [0, 1], for training a denoiser.

    Every value gets noise of its own from N(0, sigma²); the result is clipped to [0, 1], as a
    camera would. Only `seed` decides which noise: the same seed, the same copies. `pictures` stay
    as they are.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(pictures.shape, generator=generator)
    return (pictures + sigma * noise).clamp(0, 1)


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


@torch.no_grad()
def walk(decoder: Callable[[Tensor], Tensor], start: Tensor, end: Tensor, *, steps: int) -> Tensor:
    """Pictures (steps, C, H, W) on the straight way from one code to another, both ends included.

    `start` and `end` are (latents,), `steps` is at least 2; the codes are evenly spaced.
    """
    shares = torch.linspace(0, 1, steps)[:, None]
    return decoder(start + shares * (end - start))


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
