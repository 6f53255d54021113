"""The smallest transformer that draws, in PyTorch: a GPT on rows of ids, to be counted and scaled.

No prompt but one word in front, no modulation: table, places, blocks, norm, head, as in
arXiv:2005.14165, so that its weights, bytes and operations can be worked out by hand.
The same network in Keras: `prodgen_lib.tensorflow.picture_gpt`.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prodgen_lib.torch.bridge import set_learning_rate, set_seed
from prodgen_lib.torch.denoisers import dense
from prodgen_lib.torch.tokens import causal_attention


class Block(nn.Module):
    """Attention, then two linear layers; before each a layer norm, around each a sum."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.first, self.enter = nn.LayerNorm(width), dense(width, 3 * width)
        self.leave, self.second = dense(width, width), nn.LayerNorm(width)
        self.inner, self.outer = dense(width, 4 * width), dense(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        count, length, width = tokens.shape
        parts = self.enter(self.first(tokens))
        parts = parts.reshape(count, length, 3, self.heads, width // self.heads)
        mixed = causal_attention(*parts.permute(2, 0, 3, 1, 4))
        tokens = tokens + self.leave(mixed.transpose(1, 2).reshape(count, length, width))
        return tokens + self.outer(F.gelu(self.inner(self.second(tokens))))


class PictureGPT(nn.Module):
    """Ids (N, places) to logits (N, places, ids): what each place says of the *next* one.

    A `tied` network says its logits by the table that read the ids; otherwise by a matrix of its
    own, without bias.
    """

    def __init__(
        self,
        *,
        layers: int,
        width: int,
        vocabulary: int,
        places: int,
        heads: int = 1,
        tied: bool = False,
    ):
        super().__init__()
        self.table, self.where = nn.Embedding(vocabulary, width), nn.Embedding(places, width)
        nn.init.normal_(self.table.weight, std=0.02)
        nn.init.normal_(self.where.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = None if tied else nn.Linear(width, vocabulary, bias=False)
        if self.head is not None:
            nn.init.xavier_uniform_(self.head.weight)

    def forward(self, ids: Tensor) -> Tensor:
        hidden = self.table(ids) + self.where.weight[: ids.shape[1]]
        for block in self.blocks:
            hidden = block(hidden)
        head = self.table.weight if self.head is None else self.head.weight
        return self.norm(hidden) @ head.mT


def build(width: int, layers: int, *, vocabulary: int, places: int, seed: int = 0) -> PictureGPT:
    """A network with a head for every 16 numbers of its width."""
    set_seed(seed)
    sizes = {"vocabulary": vocabulary, "places": places, "heads": max(1, width // 16)}
    return PictureGPT(layers=layers, width=width, **sizes)


def loss(network: nn.Module, rows: Tensor) -> Tensor:
    """Mean cross entropy, in nats, of each id of rows (N, 1 + places) from those before it."""
    logits = network(rows[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())


def to_ids(rows: np.ndarray) -> Tensor:
    """Rows of ids as an int64 tensor."""
    return torch.tensor(np.asarray(rows), dtype=torch.int64)


def held_out_loss(network: nn.Module, rows: np.ndarray) -> float:
    """The loss on rows that training never saw, 500 at a time."""
    with torch.no_grad():
        parts = [float(loss(network, to_ids(rows[k : k + 500]))) for k in range(0, len(rows), 500)]
    return float(np.mean(parts))


def learning_rate(step: int, steps: int, *, width: int) -> float:
    """The rate of a step: up for a twentieth, then half a cosine down to a twentieth.

    Its top falls with the width, 4e-3 at 32.
    """
    rise = max(1, steps // 20)
    along = min(1.0, (step - rise) / max(1, steps - rise))
    fall = 0.05 + 0.95 * (1 + math.cos(math.pi * max(0.0, along))) / 2
    return 4e-3 * math.sqrt(32 / width) * min(1.0, (step + 1) / rise) * fall


def train(
    network: PictureGPT, rows: np.ndarray, *, steps: int, batch_size: int = 16, seed: int = 0
) -> np.ndarray:
    """Train on rows (N, 1 + places), each seen once before any is seen again; the losses."""
    order = np.random.default_rng(seed)
    picks = np.concatenate(
        [order.permutation(len(rows)) for _ in range(1 + steps * batch_size // len(rows))]
    )
    width = network.where.embedding_dim
    optimizer = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.95), weight_decay=0.0)
    losses = np.zeros(steps)
    for step in range(steps):
        set_learning_rate(optimizer, learning_rate(step, steps, width=width))
        batch = to_ids(rows[picks[step * batch_size : (step + 1) * batch_size]])
        optimizer.zero_grad()
        value = loss(network, batch)
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        losses[step] = value.item()
    return losses
