"""Tokenizers that are trained, in PyTorch: pictures to an 8×8 map of ids and back.

Read from top to bottom: the two networks, three ways from features to ids (a codebook, levels, a
codebook from coarse to fine), what keeps a codebook alive, training, and use.
Pictures inside are float32 N×C×32×32 in [-1, 1]; features are (N, 64, size), one row a place.
The same functions in Keras: `prodgen_lib.tensorflow.tokenizers`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.torch.bridge import (
    adam,
    from_images,
    set_learning_rate,
    set_seed,
    to_images,
    to_numpy,
    to_tensor,
)
from prodgen_lib.torch.cgan import to_labels
from prodgen_lib.torch.denoisers import convolution, from_patches, normalise, to_patches
from prodgen_lib.torch.tokens import (
    codebook_loss,
    nearest_code,
    perplexity,
    round_levels,
    straight_through,
)

SIDE, PATCH = 8, 4


class Layers(nn.Module):
    """Maps (N, inputs, 8, 8) to (N, outputs, 8, 8): residual pairs, and straight past them."""

    def __init__(self, inputs: int, outputs: int, width: int, depth: int):
        super().__init__()
        self.enter = convolution(inputs, width, 3)
        self.first = nn.ModuleList(convolution(width, width, 3) for _ in range(depth))
        self.second = nn.ModuleList(convolution(width, width, 3, zero=True) for _ in range(depth))
        self.leave = convolution(width, outputs, 3)
        self.straight = convolution(inputs, outputs, 1)

    def forward(self, map_: Tensor) -> Tensor:
        hidden = self.enter(map_)
        for first, second in zip(self.first, self.second, strict=True):
            hidden = hidden + second(F.silu(first(F.silu(hidden))))
        return self.leave(F.silu(hidden)) + self.straight(map_)


class PatchAutoencoder(nn.Module):
    """An encoder and a decoder that see a picture as 8×8 patches of 4×4 pixels.

    Between them lies a codebook of so many `codes`, small random numbers at first, or none.
    """

    def __init__(
        self, size: int, *, codes: int = 0, width: int = 32, depth: int = 1, channels: int = 3
    ):
        super().__init__()
        numbers = PATCH**2 * channels
        self.encoder = Layers(numbers, size, width, depth)
        self.decoder = Layers(size, numbers, width, depth)
        self.codebook = nn.Embedding(codes, size) if codes else None
        if codes:
            nn.init.normal_(self.codebook.weight, std=1 / codes)

    def encode(self, pictures: Tensor) -> Tensor:
        """Pictures to features (N, 64, size), of mean 0 and variance 1 over each picture.

        Without this, numbers that are rounded can all come to lie within one step, or beyond all.
        """
        features = to_rows(self.encoder(to_map(to_patches(pictures, size=PATCH))))
        return normalise(features, (1, 2))

    def decode(self, features: Tensor) -> Tensor:
        """Features (N, 64, size) to pictures; nothing bounds them."""
        return from_patches(to_rows(self.decoder(to_map(features))), size=PATCH)


def to_map(rows: Tensor) -> Tensor:
    """Rows (N, side², size) as a square map (N, size, side, side)."""
    side = math.isqrt(rows.shape[1])
    return rows.mT.reshape(len(rows), -1, side, side)


def to_rows(map_: Tensor) -> Tensor:
    """The inverse of `to_map`."""
    return map_.flatten(2).mT


def scale_tokens(
    features: Tensor, codebook: Tensor, *, sides: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Features (N, 64, size) by one codebook from coarse to fine: (sum of all scales, ids).

    For each side s of `sides`, what is still missing is averaged to s×s places, each becomes the
    nearest code, and these are repeated to 8×8 and added (arXiv:2404.02905, algorithm 1, there with
    a convolution after each scale). Ids (N, Σ s²) come in the order of the scales. With sides (8,)
    this is the usual codebook, one code for each place.
    """
    left, total, ids = features, torch.zeros_like(features), []
    for side in sides:
        coarse = to_rows(F.adaptive_avg_pool2d(to_map(left), side))
        chosen = nearest_code(coarse, codebook)
        fine = to_rows(F.interpolate(to_map(codebook[chosen]), size=SIDE))
        left, total = left - fine.detach(), total + fine
        ids.append(chosen)
    return total, torch.cat(ids, dim=1)


def from_scales(ids: Tensor, codebook: Tensor, *, sides: Sequence[int]) -> Tensor:
    """The features (N, 64, size) that ids of `scale_tokens` stand for; fewer `sides`, a sketch."""
    parts = ids[:, : sum(side**2 for side in sides)].split([side**2 for side in sides], dim=1)
    maps = [F.interpolate(to_map(codebook[part]), size=SIDE) for part in parts]
    return to_rows(torch.stack(maps).sum(dim=0))


def scale_rows(features: Tensor, codebook: Tensor, ids: Tensor, *, sides: Sequence[int]) -> Tensor:
    """The averages (N · Σ s², size) that became codes when `scale_tokens` said these ids."""
    left, rows = features, []
    for side, chosen in zip(sides, ids.split([side**2 for side in sides], dim=1), strict=True):
        rows.append(to_rows(F.adaptive_avg_pool2d(to_map(left), side)))
        left = left - to_rows(F.interpolate(to_map(codebook[chosen]), size=SIDE))
    return torch.cat(rows, dim=1).flatten(0, 1)


def move_codes(
    codebook: Tensor, counts: Tensor, features: Tensor, ids: Tensor, *, decay: float
) -> tuple[Tensor, Tensor]:
    """Codes as moving averages of the features that chose them (arXiv:1711.00937, appendix A.1).

    `features` are (M, size), `ids` (M,), `counts` (codes,) how often each code has been chosen, as
    a moving average. Returns (new codebook, new counts). In a code's new place the old one weighs
    decay · its count, each new feature 1 - decay. This replaces the first term of `codebook_loss`.
    """
    chosen = F.one_hot(ids, len(codebook)).to(features.dtype)
    now, sums = chosen.sum(dim=0), chosen.T @ features
    new = decay * counts + (1 - decay) * now
    moved = (decay * counts[:, None] * codebook + (1 - decay) * sums) / new[:, None].clamp(min=1e-5)
    return torch.where(new[:, None] > 1e-5, moved, codebook), new


def restart_codes(
    codebook: Tensor, counts: Tensor, features: Tensor, *, least: float
) -> tuple[Tensor, Tensor]:
    """Put codes that are chosen fewer than `least` times where features are: (codebook, counts).

    The k-th of the dead codes gets the k-th of `features` (M, size), and counts as chosen `least`
    times, so that it has time to find its own (as in arXiv:2005.00341, section 3.1).
    """
    dead = counts < least
    rank = dead.long().cumsum(0) - 1
    new = features[rank.clamp(min=0) % len(features)]
    return torch.where(dead[:, None], new, codebook), torch.where(dead, least, counts)


class Tokenizer(NamedTuple):
    """A trained tokenizer: networks, its levels or scales, and what happened in each step.

    `history` has "loss", "error" (mean square between pictures in [-1, 1]) and "perplexity".
    """

    network: PatchAutoencoder
    levels: tuple[int, ...] | None
    sides: tuple[int, ...]
    history: dict[str, np.ndarray]

    @property
    def codebook(self) -> Tensor | None:
        """The codes (codes, size); none where numbers are rounded to levels."""
        return None if self.levels else self.network.codebook.weight.detach()

    @property
    def ids(self) -> int:
        """How many ids there are."""
        return math.prod(self.levels) if self.levels else len(self.codebook)


def train(
    pictures: np.ndarray,
    *,
    codes: int = 256,
    size: int = 8,
    levels: tuple[int, ...] | None = None,
    sides: tuple[int, ...] = (SIDE,),
    alive: bool = True,
    beta: float = 0.25,
    steps: int = 800,
    batch_size: int = 16,
    learning_rate: float = 4e-3,
    seed: int = 0,
    progress: bool = True,
    **sizes: int,
) -> Tokenizer:
    """Train a tokenizer on uint8 pictures N×32×32×C.

    With `levels`, each feature has as many numbers and they are rounded; without, it has `size`
    numbers and a codebook of `codes`. A codebook that is kept `alive` starts from features of the
    first batch, moves by averages, and dead codes are restarted every 20 steps. One that isn't
    starts from small random numbers and learns by `codebook_loss` alone, and mostly collapses.
    """
    set_seed(seed)
    rng, codes = np.random.default_rng(seed), 0 if levels else codes
    size, channels = len(levels) if levels else size, pictures.shape[-1]
    network = PatchAutoencoder(size, codes=codes, channels=channels, **sizes)
    optimizer = adam(network, learning_rate, (0.9, 0.99))
    places, alive = sum(side**2 for side in sides), alive and not levels
    counts, history = to_tensor(np.zeros(codes)), []
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        batch = to_images(pictures[rng.integers(len(pictures), size=batch_size)])
        if alive and step % 20 == 0:
            order = to_labels(rng.permutation(batch_size * places))
            counts = revive(network, counts, batch, order, sides=sides)
        *seen, counts = train_step(
            network, optimizer, batch, counts, levels=levels, sides=sides, beta=beta, alive=alive
        )
        history.append([float(number) for number in seen])
    names = ("loss", "error", "perplexity")
    return Tokenizer(network, levels, sides, dict(zip(names, np.array(history).T, strict=True)))


def train_step(
    network: PatchAutoencoder,
    optimizer: torch.optim.Optimizer,
    batch: Tensor,
    counts: Tensor,
    *,
    levels: tuple[int, ...] | None,
    sides: tuple[int, ...],
    beta: float,
    alive: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One update; (loss, error of the pictures, perplexity) before it, and the new counts.

    A codebook that is kept `alive` gets no gradient: `move_codes` moves it.
    """
    loss, error, ids, features = _losses(network, batch, levels, sides, beta, alive)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if alive:
        codebook = network.codebook.weight.detach()
        rows = scale_rows(features.detach(), codebook, ids, sides=sides)
        moved, counts = move_codes(codebook, counts, rows, ids.flatten(), decay=0.98)
        codebook.copy_(moved)
    most = math.prod(levels) if levels else len(network.codebook.weight)
    return loss.detach(), error.detach(), perplexity(ids, size=most), counts


def _losses(
    network: PatchAutoencoder,
    batch: Tensor,
    levels: tuple[int, ...] | None,
    sides: tuple[int, ...],
    beta: float,
    alive: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(loss, error of the pictures, ids, features) of one batch."""
    features = network.encode(batch)
    if levels:
        values, ids = round_levels(features, levels=levels)
        extra = 0.0
    else:
        codebook = network.codebook.weight
        codebook = codebook.detach() if alive else codebook
        quantised, ids = scale_tokens(features, codebook, sides=sides)
        values = straight_through(features, quantised)
        extra = codebook_loss(features, quantised, beta=beta)
    error = (network.decode(values) - batch).square().mean()
    return error + extra, error, ids, features


@torch.no_grad()
def revive(
    network: PatchAutoencoder,
    counts: Tensor,
    batch: Tensor,
    order: Tensor,
    *,
    sides: tuple[int, ...],
) -> Tensor:
    """Dead codes of a network restarted from a batch, whose rows come in `order`; new counts."""
    codebook = network.codebook.weight
    features = network.encode(batch)
    ids = scale_tokens(features, codebook, sides=sides)[1]
    rows = scale_rows(features, codebook, ids, sides=sides)
    fresh, counts = restart_codes(codebook, counts, rows[order], least=1.0)
    codebook.copy_(fresh)
    return counts


@torch.no_grad()
def encode(tokenizer: Tokenizer, pictures: np.ndarray) -> np.ndarray:
    """Ids of uint8 pictures: int64 (N, places)."""
    return _in_parts(lambda part: _ids(tokenizer, to_images(part)), pictures)


def _ids(tokenizer: Tokenizer, pictures: Tensor) -> np.ndarray:
    features = tokenizer.network.encode(pictures)
    if tokenizer.levels:
        return to_numpy(round_levels(features, levels=tokenizer.levels)[1])
    return to_numpy(scale_tokens(features, tokenizer.codebook, sides=tokenizer.sides)[1])


@torch.no_grad()
def decode(tokenizer: Tokenizer, ids: np.ndarray) -> np.ndarray:
    """Uint8 pictures that ids (N, places) stand for."""
    return _in_parts(lambda part: _pictures(tokenizer, to_labels(part)), ids)


def _pictures(tokenizer: Tokenizer, ids: Tensor) -> np.ndarray:
    if tokenizer.levels:
        features = level_values(ids, levels=tokenizer.levels)
    else:
        features = from_scales(ids, tokenizer.codebook, sides=tokenizer.sides)
    return from_images(tokenizer.network.decode(features))


def level_values(ids: Tensor, *, levels: Sequence[int]) -> Tensor:
    """The values (…, D) in [-1, 1] that ids of `round_levels` stand for."""
    weights = [math.prod(levels[k + 1 :]) for k in range(len(levels))]
    digits = torch.stack(
        [ids // weight % count for weight, count in zip(weights, levels, strict=True)], dim=-1
    )
    return 2 * digits / (torch.tensor(levels) - 1) - 1


def _in_parts(
    use: Callable[[np.ndarray], np.ndarray], given: np.ndarray, size: int = 500
) -> np.ndarray:
    return np.concatenate([use(given[k : k + size]) for k in range(0, len(given), size)])
