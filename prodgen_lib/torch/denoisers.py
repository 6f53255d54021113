"""Networks for diffusion and flow matching, in PyTorch: for codes and for pictures.

All are called as `network(mixed, t, labels)`: a mixture, times (N,) in [0, 1] and integers (N, K),
one column for each question. A question with `count` answers has `count + 1` labels: the last says
that nothing is asked. Pictures come in patches. Time and labels enter every block by scale and
shift, and what a network says at last starts at zero. A network on codes says the velocity, so its
first loss is the target's mean square; networks on pixels say the picture, see `velocity_to`.
No batch norm: its statistics would mix noise levels.
The same networks in Keras: `prodgen_lib.tensorflow.denoisers`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prodgen_lib.torch.diffusion import beside, modulate, time_features

WAVES = 64  # numbers that tell the time


def dense(inputs: int, outputs: int, *, zero: bool = False) -> nn.Linear:
    """A linear layer that starts by Glorot's rule, or at zero; biases start at zero."""
    return _started(nn.Linear(inputs, outputs), zero)


def convolution(inputs: int, outputs: int, size: int, *, zero: bool = False) -> nn.Conv2d:
    """A convolution that keeps the size of its input and starts as `dense` does."""
    return _started(nn.Conv2d(inputs, outputs, size, padding=size // 2), zero)


def _started(layer: nn.Module, zero: bool) -> nn.Module:
    if zero:
        nn.init.zeros_(layer.weight)
    else:
        nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def normalise(values: Tensor, axes: tuple[int, ...] = (-1,)) -> Tensor:
    """Values with mean 0 and variance 1 over `axes`, without weights: layer norm over the last."""
    centred = values - values.mean(dim=axes, keepdim=True)
    return centred * torch.rsqrt(centred.square().mean(dim=axes, keepdim=True) + 1e-6)


def to_patches(pictures: Tensor, *, size: int) -> Tensor:
    """Pictures (N, C, H, W) as tokens (N, H/size · W/size, size² · C), row by row.

    A token lists its pixels row by row, the channels of a pixel together. Nothing is lost.
    """
    count, channels, height, width = pictures.shape
    rows, columns = height // size, width // size
    grid = pictures.reshape(count, channels, rows, size, columns, size)
    return grid.permute(0, 2, 4, 3, 5, 1).reshape(count, rows * columns, size**2 * channels)


def from_patches(tokens: Tensor, *, size: int) -> Tensor:
    """The inverse of `to_patches` for square pictures."""
    count, side, channels = len(tokens), math.isqrt(tokens.shape[1]), tokens.shape[2] // size**2
    grid = tokens.reshape(count, side, side, size, size, channels)
    return grid.permute(0, 5, 1, 3, 2, 4).reshape(count, channels, side * size, side * size)


class Condition(nn.Module):
    """Times (N,) and labels (N, K) to what every block is told: (N, width)."""

    def __init__(self, counts: Sequence[int], width: int):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(count + 1, width) for count in counts)
        self.inner, self.outer = dense(WAVES, width), dense(width, width)

    def forward(self, t: Tensor, labels: Tensor) -> Tensor:
        told = self.outer(F.silu(self.inner(time_features(t, size=WAVES))))
        for k, table in enumerate(self.tables):
            told = told + table(labels[:, k])
        return F.silu(told)


class CodeBlock(nn.Module):
    """A residual block on codes (N, width), which starts as the identity."""

    def __init__(self, width: int):
        super().__init__()
        self.modulation = dense(width, 2 * width, zero=True)
        self.inner, self.outer = dense(width, 2 * width), dense(2 * width, width, zero=True)

    def forward(self, hidden: Tensor, told: Tensor) -> Tensor:
        shift, scale = self.modulation(told).chunk(2, dim=1)
        seen = modulate(normalise(hidden)[:, None], shift, scale)[:, 0]
        return hidden + self.outer(F.silu(self.inner(seen)))


class CodeNetwork(nn.Module):
    """Codes (N, size) to predictions (N, size): the network of latent diffusion, without pixels."""

    def __init__(self, counts: Sequence[int], *, size: int = 32, width: int = 256, depth: int = 3):
        super().__init__()
        self.condition = Condition(counts, width)
        self.enter = dense(size, width)
        self.blocks = nn.ModuleList(CodeBlock(width) for _ in range(depth))
        self.leave = dense(width, size, zero=True)

    def forward(self, mixed: Tensor, t: Tensor, labels: Tensor) -> Tensor:
        told, hidden = self.condition(t, labels), self.enter(mixed)
        for block in self.blocks:
            hidden = block(hidden, told)
        return self.leave(normalise(hidden))


class Attention(nn.Module):
    """Self-attention of several heads on tokens (N, T, width)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.enter, self.leave = dense(width, 3 * width), dense(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        count, length, width = tokens.shape
        parts = self.enter(tokens).reshape(count, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        weights = (query @ key.mT / math.sqrt(width // self.heads)).softmax(dim=-1)
        return self.leave((weights @ value).transpose(1, 2).reshape(count, length, width))


class TransformerBlock(nn.Module):
    """A block of the diffusion transformer with adaLN-Zero (arXiv:2212.09748, figure 3).

    Attention, then two linear layers, each on normalised tokens that the condition shifts and
    scales; what they add is multiplied by a gate. Shifts, scales and gates start at zero: so the
    block starts as the identity, and learns all the same, for the gates' gradient is not zero.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.modulation = dense(width, 6 * width, zero=True)
        self.attention = Attention(width, heads)
        self.inner, self.outer = dense(width, 4 * width), dense(4 * width, width)

    def forward(self, tokens: Tensor, told: Tensor) -> Tensor:
        shift, scale, gate, shift_2, scale_2, gate_2 = self.modulation(told).chunk(6, dim=1)
        mixed = self.attention(modulate(normalise(tokens), shift, scale))
        tokens = tokens + gate[:, None] * mixed
        hidden = F.silu(self.inner(modulate(normalise(tokens), shift_2, scale_2)))
        return tokens + gate_2[:, None] * self.outer(hidden)


def positions(side: int, width: int) -> Tensor:
    """Where each of side² tokens lies, (side², width): waves of its row, then of its column."""
    places = torch.arange(side) / side
    waves = time_features(places, size=width // 2)
    return torch.cat([waves.repeat_interleave(side, dim=0), waves.repeat(side, 1)], dim=1)


def velocity_to(picture: Tensor, mixed: Tensor, t: Tensor) -> Tensor:
    """The velocity on the linear path of a mixture of which `picture` is the clean part.

    Networks on pixels say the picture, and are judged by this velocity: pictures lie in few
    dimensions, noise in all of them, which a small network can't carry (arXiv:2511.13720). Times
    below 0.05 count as 0.05, so that nothing is divided by 0.
    """
    return (mixed - picture) / beside(t.clamp(min=0.05), mixed)


class PatchTransformer(nn.Module):
    """A diffusion transformer: pictures (N, channels, side, side) to velocities of that shape."""

    def __init__(
        self,
        counts: Sequence[int],
        *,
        side: int = 32,
        patch: int = 4,
        width: int = 64,
        depth: int = 4,
        heads: int = 4,
        channels: int = 3,
    ):
        super().__init__()
        self.patch, self.width = patch, width
        numbers = patch**2 * channels
        self.register_buffer("places", positions(side // patch, width), persistent=False)
        self.condition = Condition(counts, width)
        self.enter = dense(numbers, width)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(depth))
        self.modulation = dense(width, 2 * width, zero=True)
        self.leave = dense(width, numbers, zero=True)

    def forward(self, mixed: Tensor, t: Tensor, labels: Tensor) -> Tensor:
        told = self.condition(t, labels)
        tokens = self.enter(to_patches(mixed, size=self.patch)) + self.places
        for block in self.blocks:
            tokens = block(tokens, told)
        shift, scale = self.modulation(told).chunk(2, dim=1)
        said = self.leave(modulate(normalise(tokens), shift, scale))
        return velocity_to(from_patches(said, size=self.patch), mixed, t)


class PictureBlock(nn.Module):
    """A residual block of two convolutions on (N, width, H, W), which starts as the identity."""

    def __init__(self, width: int, told: int):
        super().__init__()
        self.modulation = dense(told, 2 * width, zero=True)
        self.first, self.second = (
            convolution(width, width, 3),
            convolution(width, width, 3, zero=True),
        )

    def forward(self, hidden: Tensor, told: Tensor) -> Tensor:
        shift, scale = self.modulation(told)[:, :, None, None].chunk(2, dim=1)
        seen = F.silu(normalise(hidden, (1, 2, 3)) * (1 + scale) + shift)
        return hidden + self.second(F.silu(self.first(seen)))


class PatchUNet(nn.Module):
    """A small U-Net: pictures (N, channels, 32, 32) to velocities of the same shape.

    It works on patches of 2×2 pixels, at 16, 8 and 4 of them a side with `widths` channels, a
    block on each way down and up, attention at the bottom. Down by means of 2×2, up by repetition.
    """

    def __init__(
        self,
        counts: Sequence[int],
        *,
        widths: tuple[int, int, int] = (24, 48, 48),
        told: int = 64,
        channels: int = 3,
    ):
        super().__init__()
        top, middle, bottom = widths
        self.condition = Condition(counts, told)
        self.enter = convolution(4 * channels, top, 3)
        self.down = nn.ModuleList(PictureBlock(width, told) for width in widths)
        self.wider = nn.ModuleList([convolution(top, middle, 1), convolution(middle, bottom, 1)])
        self.attention = Attention(bottom, 4)
        self.joins = nn.ModuleList(
            [convolution(bottom + middle, middle, 1), convolution(middle + top, top, 1)]
        )
        self.up = nn.ModuleList(PictureBlock(width, told) for width in (middle, top))
        self.leave = convolution(top, 4 * channels, 3, zero=True)

    def forward(self, mixed: Tensor, t: Tensor, labels: Tensor) -> Tensor:
        told = self.condition(t, labels)
        hidden = self.down[0](self.enter(_map(to_patches(mixed, size=2))), told)
        kept = [hidden]
        for wider, block in zip(self.wider, self.down[1:], strict=True):
            hidden = block(wider(F.avg_pool2d(hidden, 2)), told)
            kept.append(hidden)
        hidden = hidden + _map(self.attention(normalise(_tokens(hidden))))
        for join, block, skip in zip(self.joins, self.up, kept[-2::-1], strict=True):
            larger = F.interpolate(hidden, scale_factor=2)
            hidden = block(join(torch.cat([larger, skip], dim=1)), told)
        return velocity_to(from_patches(_tokens(self.leave(F.silu(hidden))), size=2), mixed, t)


def _map(tokens: Tensor) -> Tensor:
    """Tokens (N, side², width) as a square map (N, width, side, side)."""
    side = math.isqrt(tokens.shape[1])
    return tokens.mT.reshape(len(tokens), -1, side, side)


def _tokens(map_: Tensor) -> Tensor:
    """The inverse of `_map`."""
    return map_.flatten(2).mT
