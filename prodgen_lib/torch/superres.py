"""Super-resolution for product pictures, in PyTorch: from a thumbnail to a larger picture.

Read from top to bottom: how pictures are made small, how a network makes them large, what it is
trained on, the loop, how papers measure it, pictures of any size. Pictures inside are float32
N×C×H×W in [0, 1]. The same functions in Keras: `prodgen_lib.tensorflow.superres`.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.plain.fits import check_factor, check_pictures
from prodgen_lib.show.picture_file import own_picture
from prodgen_lib.torch import gan
from prodgen_lib.torch.autoencoder import in_parts, initialise, unit_images
from prodgen_lib.torch.bridge import (
    adam,
    copy_model,
    from_images,
    load_weights,
    set_learning_rate,
    set_seed,
)
from prodgen_lib.torch.classifier import load_classifier
from prodgen_lib.torch.metrics import crop_border, luma, psnr

# ------------------------------------------------------------------------------ smaller and larger


def cubic(distance: Tensor) -> Tensor:
    """Keys's cubic weight of a pixel at this distance, in pixels, with a = -½; same shape.

        3/2 |t|³ - 5/2 |t|² + 1            for |t| ≤ 1
        -1/2 |t|³ + 5/2 |t|² - 4 |t| + 2   for 1 < |t| ≤ 2,   and 0 beyond

    (doi:10.1109/TASSP.1981.1163711, equation 15.) It is 1 at 0 and 0 at ±1 and ±2.
    """
    t = distance.abs()
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return torch.where(t <= 1, near, torch.where(t <= 2, far, torch.zeros_like(t)))


def resize_matrix(length: int, new_length: int) -> Tensor:
    """The matrix (new_length, length), float64, that resizes a row of pixels by cubic weights.

    Pixel i of the new row lies at (i + ½) · length / new_length - ½ of the old one: pixels are
    areas, and the outer edges fall together. Row i holds `cubic` of the distances to the old
    pixels, divided by their sum. To shrink, distances are first multiplied by
    new_length / length: the weight widens with the pixel, or fine patterns would turn into false
    ones (aliasing). Beyond the border the row is mirrored, the border pixel twice. This is
    MATLAB's `imresize(…, "bicubic")`, in which papers on super-resolution measure. (Of pictures of
    8 bits MATLAB also rounds what the rows gave, which moves some of its values by a level or
    two, at the border by more.)
    """
    scale = new_length / length
    shrink = min(scale, 1.0)
    centres = (torch.arange(new_length, dtype=torch.float64) + 0.5) / scale - 0.5
    reach = int(2 / shrink) + 2
    places = torch.arange(-reach, length + reach)
    weights = cubic((centres[:, None] - places) * shrink)
    weights = weights / weights.sum(dim=1, keepdim=True)
    mirrored = places % (2 * length)
    mirrored = torch.where(mirrored < length, mirrored, 2 * length - 1 - mirrored)
    matrix = torch.zeros(new_length, length, dtype=torch.float64)
    return matrix.index_add(1, mirrored, weights)


def resize(images: Tensor, height: int, width: int) -> Tensor:
    """Pictures (N, C, H, W) at another size by `resize_matrix`, rows and columns; not clipped."""
    rows = resize_matrix(images.shape[-2], height).to(images)
    columns = resize_matrix(images.shape[-1], width).to(images)
    return rows @ images @ columns.T


def degrade(images: Tensor, *, factor: int) -> Tensor:
    """The small pictures (N, C, H/factor, W/factor) that a super-resolution network gets.

    Pictures (N, C, H, W) in [0, 1], H and W multiples of `factor`: by `resize`, which widens its
    weights when it shrinks; then clipped to [0, 1] and rounded to the nearest of the 256 levels
    k/255, as a file of 8 bits has them. ValueError for other sizes: they must be cut first.
    """
    height, width = images.shape[-2:]
    if height % factor or width % factor:
        raise ValueError(
            f"Pictures of {height}×{width} pixels can't be made {factor} times smaller; "
            f"cut them to multiples of {factor}."
        )
    small = resize(images, height // factor, width // factor)
    return torch.round(small.clamp(0, 1) * 255) / 255


def pixel_shuffle(features: Tensor, *, factor: int) -> Tensor:
    """Channels become pixels: (N, C·factor², H, W) to (N, C, H·factor, W·factor).

    Each place becomes a block of factor × factor pixels. Channel c·factor² + dy·factor + dx holds
    colour c of the block's pixel in row dy and column dx: the periodic shuffle of arXiv:1609.05158,
    with the channels in PyTorch's order. By reshaping and permuting, without
    the function that PyTorch has for it.
    """
    count, channels, height, width = features.shape
    blocks = features.reshape(count, channels // factor**2, factor, factor, height, width)
    blocks = blocks.permute(0, 1, 4, 2, 5, 3)
    return blocks.reshape(count, channels // factor**2, height * factor, width * factor)


# ----------------------------------------------------------------------------------- the networks


class Residual(nn.Sequential):
    """Layers whose result is added to what they got."""

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + super().forward(inputs)


def build_network(
    *, factor: int = 2, width: int = 24, blocks: int = 4, channels: int = 3
) -> nn.Sequential:
    """A small residual network: pictures (N, channels, H, W) to (N, channels·factor², H, W).

    A convolution 3×3 to `width` channels; `blocks` times `Residual(convolution 3×3, ReLU,
    convolution 3×3)`, all of `width` channels; a convolution 3×3 to channels·factor², which
    `pixel_shuffle` later turns into pixels. All keep the size: padding 1. No normalisation, for
    the contrast of a picture must not be lost. Weights start as a fifth of what `initialise`
    draws, so that no block shouts down the others, and the last layer at zero, so that `enlarge`
    starts as plain bicubic.
    """
    layers = [nn.Conv2d(channels, width, 3, padding=1)]
    for _ in range(blocks):
        first = nn.Conv2d(width, width, 3, padding=1)
        layers.append(Residual(first, nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)))
    layers.append(nn.Conv2d(width, channels * factor**2, 3, padding=1))
    network = initialise(nn.Sequential(*layers))
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(0.2)
        network[-1].weight.zero_()
    return network


def enlarge(network: nn.Module, images: Tensor, *, factor: int) -> Tensor:
    """Pictures (N, C, H, W) `factor` times larger: bicubic, plus what the network adds to it.

    All the network's work is done at the small size, and it learns only what bicubic lacks.
    """
    height, width = images.shape[-2:]
    smooth = resize(images, height * factor, width * factor)
    return smooth + pixel_shuffle(network(images), factor=factor)


def build_espcn(*, factor: int = 2, channels: int = 3) -> nn.Sequential:
    """The network of arXiv:1609.05158 without its shuffle: 5×5, 3×3, 3×3, with tanh between."""
    return initialise(
        nn.Sequential(
            nn.Conv2d(channels, 64, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(64, 32, 3, padding=1),
            nn.Tanh(),
            nn.Conv2d(32, channels * factor**2, 3, padding=1),
        )
    )


def enlarge_espcn(network: nn.Module, images: Tensor, *, factor: int) -> Tensor:
    """Pictures `factor` times larger, all by the network: it has to learn bicubic as well."""
    return pixel_shuffle(network(images), factor=factor)


def build_srcnn(*, factor: int = 2, channels: int = 3) -> nn.Sequential:
    """The first of its kind (arXiv:1501.00092): 9×9, 5×5, 5×5 on pictures already enlarged."""
    return initialise(
        nn.Sequential(
            nn.Conv2d(channels, 64, 9, padding=4),
            nn.ReLU(),
            nn.Conv2d(64, 32, 5, padding=2),
            nn.ReLU(),
            nn.Conv2d(32, channels, 5, padding=2),
        )
    )


def enlarge_srcnn(network: nn.Module, images: Tensor, *, factor: int) -> Tensor:
    """Pictures `factor` times larger: bicubic first, then all layers at the large size."""
    height, width = images.shape[-2:]
    return network(resize(images, height * factor, width * factor))


# -------------------------------------------------------------------------------------- the losses


def pixel_loss(images: Tensor, targets: Tensor, *, power: int = 1) -> Tensor:
    """Mean of |x - y|^power over everything, a scalar: 1 for absolute, 2 for squared error."""
    return (images - targets).abs().pow(power).mean()


def classifier_features() -> Callable[[Tensor], Tensor]:
    """Pictures (N, 3, H, W) in [0, 1] to the second layer of the course's classifier, frozen."""
    layers = load_classifier()[:4].requires_grad_(False)
    return lambda images: layers(2 * images - 1)


# ---------------------------------------------------------------------------------------- training


def train_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    small: Tensor,
    large: Tensor,
    *,
    factor: int,
    enlarge: Callable = enlarge,
    loss: Callable[[Tensor, Tensor], Tensor] = pixel_loss,
) -> Tensor:
    """One update towards `large` (N, C, H·factor, W·factor) from `small` (N, C, H, W); the loss."""
    value = loss(enlarge(network, small, factor=factor), large)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.detach()


class Trained(NamedTuple):
    """What training leaves: the network, and the loss of each step in `history["loss"]`."""

    network: nn.Module
    history: dict[str, np.ndarray]


def train(
    pictures: np.ndarray,
    *,
    factor: int = 2,
    steps: int = 3000,
    batch_size: int = 8,
    side: int = 16,
    learning_rate: float = 2e-3,
    loss: Callable[[Tensor, Tensor], Tensor] = pixel_loss,
    build: Callable[..., nn.Sequential] = build_network,
    enlarge: Callable = enlarge,
    small: np.ndarray | None = None,
    start: nn.Module | None = None,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, nn.Module, dict], None] | None = None,
) -> Trained:
    """Train on uint8 pictures N×H×W×C and their small versions, by default those of `shrink`.

    A step sees `batch_size` squares of side × side small pixels. The learning rate falls linearly
    to zero. `start` is a network to go on from instead of a new one; it stays as it is.
    `on_step(step, network, losses)` is called after each step.
    """
    factor = check_factor(factor)
    check_pictures(pictures, size=None, least=factor * side)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    new = copy_model(start) if start else build(factor=factor, channels=pictures.shape[-1])
    network = new.to(memory_format=torch.channels_last)  # a third faster on a CPU
    optimizer = adam(network, learning_rate, (0.9, 0.999))
    small = shrink(pictures, factor=factor) if small is None else small
    options = {"factor": factor, "enlarge": enlarge, "loss": loss}
    history = []
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        pairs = draw_squares(small, pictures, count=batch_size, side=side, rng=rng)
        history.append(float(train_step(network, optimizer, *pairs, **options)))
        if on_step:
            on_step(step, network, {"loss": history[-1]})
    return Trained(network, {"loss": np.array(history)})


def draw_squares(
    small: np.ndarray, large: np.ndarray, *, count: int, side: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Squares of side × side pixels from random small uint8 pictures, and the same of the large."""
    factor = large.shape[1] // small.shape[1]
    squares = []
    for index in rng.integers(len(small), size=count):
        top, left = (rng.integers(length - side + 1) for length in small.shape[1:3])
        rows, columns = (slice(start, start + side) for start in (top, left))
        far = (slice(factor * s.start, factor * s.stop) for s in (rows, columns))
        squares.append((small[index, rows, columns], large[(index, *far)]))
    few, many = (np.stack(part) for part in zip(*squares, strict=True))
    return unit_images(few), unit_images(many)


@torch.no_grad()
def shrink(pictures: np.ndarray, *, factor: int) -> np.ndarray:
    """`degrade` for uint8 pictures N×H×W×C."""
    factor = check_factor(factor)
    check_pictures(pictures, size=None, least=factor)
    parts = [degrade(unit_images(part), factor=factor) for part in in_parts(pictures)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


@torch.no_grad()
def bicubic(pictures: np.ndarray, *, factor: int) -> np.ndarray:
    """Pictures uint8 N×H×W×C `factor` times larger, by cubic weights alone."""
    factor = check_factor(factor)
    check_pictures(pictures, size=None)
    height, width = (factor * length for length in pictures.shape[1:3])
    parts = [resize(unit_images(part), height, width) for part in in_parts(pictures)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


@torch.no_grad()
def enlarge_pictures(
    network: nn.Module, pictures: np.ndarray, *, factor: int, enlarge: Callable = enlarge
) -> np.ndarray:
    """Pictures uint8 N×H×W×C `factor` times larger, as uint8."""
    factor = check_factor(factor)
    check_pictures(pictures, size=None)
    parts = [enlarge(network, unit_images(part), factor=factor) for part in in_parts(pictures, 50)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


# ------------------------------------------------------------------- an adversary beside the pixels


def build_critic(*, width: int = 24, channels: int = 3) -> nn.Sequential:
    """Pictures (N, channels, H, W) to logits (N, 1, H/4, W/4), each for the detail around it."""
    return initialise(
        nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 1, 3, padding=1),
        )
    )


def adversarial_step(
    network: nn.Module,
    critic: nn.Module,
    optimizer: torch.optim.Optimizer,
    critic_optimizer: torch.optim.Optimizer,
    small: Tensor,
    large: Tensor,
    features: Callable[[Tensor], Tensor],
    *,
    factor: int,
    weights: tuple[float, float] = (0.3, 0.03),
) -> dict[str, Tensor]:
    """One update of the critic, then one of the network; both losses.

    The network's loss is `pixel_loss`, plus `weights` times `perceptual_loss` and the critic's
    (arXiv:1609.04802, with the relativistic loss of chapter 6).
    """
    output = enlarge(network, small, factor=factor)
    judged = critic(large), critic(output.detach())
    critic_loss = gan.relativistic_discriminator_loss(*judged)
    critic_optimizer.zero_grad()
    critic_loss.backward()
    critic_optimizer.step()
    sharp = gan.relativistic_generator_loss(critic(large).detach(), critic(output))
    seen = perceptual_loss(features, output, large)
    loss = pixel_loss(output, large) + weights[0] * seen + weights[1] * sharp
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return {"network": loss.detach(), "critic": critic_loss.detach()}


def train_adversarial(
    pictures: np.ndarray,
    *,
    start: nn.Module,
    factor: int = 4,
    steps: int = 1000,
    batch_size: int = 8,
    side: int = 12,
    learning_rate: float = 5e-4,
    weights: tuple[float, float] = (0.3, 0.03),
    seed: int = 0,
    progress: bool = True,
) -> Trained:
    """Sharpen a copy of the network `start`, which was trained on pixels, against a critic.

    `weights` of the perceptual and of the critic's loss, as `adversarial_step` has them.
    """
    factor = check_factor(factor)
    check_pictures(pictures, size=None, least=factor * side)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    network, critic = copy_model(start), build_critic(channels=pictures.shape[-1])
    optimizer, critic_optimizer = (
        adam(network, learning_rate, (0.5, 0.99)),
        adam(critic, 2 * learning_rate, (0.5, 0.99)),
    )
    features, small = classifier_features(), shrink(pictures, factor=factor)
    players = network, critic, optimizer, critic_optimizer
    history = []
    for _ in tqdm(range(steps), disable=not progress):
        pairs = draw_squares(small, pictures, count=batch_size, side=side, rng=rng)
        losses = adversarial_step(*players, *pairs, features, factor=factor, weights=weights)
        history.append(float(losses["network"]))
    return Trained(network, {"loss": np.array(history)})


# ------------------------------------------------------------------ as papers measure, at any size


def luma_psnr(images: Tensor, targets: Tensor, *, factor: int) -> Tensor:
    """PSNR in decibels of each enlarged picture (N,), as papers on super-resolution report it.

    Pictures (N, 3, H, W), the targets in [0, 1]. The enlarged ones are first clipped to [0, 1] and
    rounded to the nearest k/255. Of both, `luma` is taken (data range 1), and `crop_border` takes
    `factor` pixels away at each side, where a picture lacks neighbours; `psnr` of the rest.
    """
    images = torch.round(images.clamp(0, 1) * 255) / 255
    pair = (crop_border(luma(x, data_range=1.0), factor) for x in (images, targets))
    return psnr(*pair, data_range=1.0)


def perceptual_loss(
    features: Callable[[Tensor], Tensor], images: Tensor, targets: Tensor
) -> Tensor:
    """Mean squared difference of features, divided by the mean square of the targets': a scalar.

    `features` maps pictures (N, C, H, W) to a tensor of any shape. No gradient goes through the
    targets' features; gradients reach `images` through theirs (arXiv:1603.08155, equation 2, made
    free of the features' scale).
    """
    with torch.no_grad():
        wanted = features(targets)
    return F.mse_loss(features(images), wanted) / wanted.square().mean()


def enlarge_tiled(
    network: nn.Module, images: Tensor, *, factor: int, tile: int, overlap: int
) -> Tensor:
    """`enlarge` for pictures of any size (N, C, H, W), tile by tile, in the memory of one tile.

    The picture is cut into tiles of tile × tile pixels, the last ones smaller. Each is enlarged
    together with `overlap` pixels more at each side where the picture has them; of the result the
    tile itself is kept. With an overlap as large as the network and `resize` look, no seam shows:
    the numbers are those of `enlarge` on the whole picture.
    """
    height, width = images.shape[-2:]
    rows = []
    for top in range(0, height, tile):
        row = []
        for left in range(0, width, tile):
            up, before = max(0, top - overlap), max(0, left - overlap)
            part = images[..., up : top + tile + overlap, before : left + tile + overlap]
            large = enlarge(network, part, factor=factor)
            y, x = (top - up) * factor, (left - before) * factor
            high, wide = (min(tile, end) * factor for end in (height - top, width - left))
            row.append(large[..., y : y + high, x : x + wide])
        rows.append(torch.cat(row, dim=-1))
    return torch.cat(rows, dim=-2)


def self_ensemble(network: nn.Module, images: Tensor, *, factor: int) -> Tensor:
    """The mean of `enlarge` over the eight turned and mirrored versions of pictures.

    Each is enlarged and turned back (arXiv:1511.02228, enhanced prediction; eight times the work).
    """
    total = 0.0
    for turns in range(4):
        for mirrored in (False, True):
            seen = torch.rot90(images, turns, (-2, -1))
            large = enlarge(network, seen.flip(-1) if mirrored else seen, factor=factor)
            total = total + torch.rot90(large.flip(-1) if mirrored else large, -turns, (-2, -1))
    return total / 8


def load_pretrained(*, factor: int = 2) -> nn.Sequential:
    """The network that ships with the package: trained longer, on drawn and real pictures."""
    network = build_network(factor=factor)
    path = Path(__file__).parent.parent / "weights" / f"superres_x{factor}.safetensors"
    load_weights(network, path)
    return network


@torch.no_grad()
def upscale(picture: np.ndarray | str | PathLike[str], *, factor: int = 2) -> np.ndarray:
    """A picture of your own `factor` (2 or 4) times larger, tile by tile: uint8 H×W×3.

    `picture` is such an array, or the path of a file of any format that Pillow reads, as
    `read_picture` takes it. ValueError for anything else, and for one that would get too large, in
    a sentence that says what was expected. In float there is one band of tiles at a time: twice
    twelve megapixels are made in less than 500 MB.
    """
    if check_factor(factor) not in (2, 4):
        raise ValueError(f"There are networks for factors 2 and 4, not for {factor}.")
    picture = own_picture(picture, factor=factor)
    network, rows, overlap = load_pretrained(factor=factor), 96, 12
    height, width = picture.shape[:2]
    large = np.empty((factor * height, factor * width, 3), np.uint8)
    for top in range(0, height, rows):  # a band of tiles is rounded before the next one is made
        above = min(top, overlap)
        band = unit_images(picture[None, top - above : top + rows + overlap])
        tile = rows + 2 * overlap
        made = enlarge_tiled(network, band, factor=factor, tile=tile, overlap=overlap)
        place = large[factor * top : factor * (top + rows)]
        place[:] = from_images(2 * made - 1)[0, factor * above :][: len(place)]
    return large


# --------------------------------------------------------------------- a candidate at a whiteboard


def review_network(*, width: int) -> nn.Sequential:
    """Pictures (N, 3, H, W) in [0, 1] to pictures twice as large, (N, 3, 2H, 2W), in [0, 1].

    A convolution 5×5, padding 2, to `width` channels and ReLU; a convolution 3×3, padding 1, to
    `width` channels and ReLU; at the end a transposed convolution 4×4, stride 2, padding 1, to the
    three colours, and a sigmoid.
    """
    return nn.Sequential(
        nn.Conv2d(3, width, 5, padding=2),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )


def review_optimizer(network: nn.Module) -> torch.optim.Optimizer:
    """Adam for all weights of the network, with learning rate 0.001 and betas 0.9 and 0.999."""
    return torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.999))


def review_step(network: nn.Module, optimizer: torch.optim.Optimizer, large: Tensor) -> Tensor:
    """One update of a network that doubles pictures, at a whiteboard; returns the loss.

    `large` (N, 3, 2H, 2W) in [0, 1] is what the network is to give. It is shown the small
    pictures, the means of blocks of 2×2 pixels. Mean absolute error over all values. Gradients
    left over from before the call must not count.
    """
    small = F.avg_pool2d(large, 2)
    loss = F.l1_loss(network(small), large)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
