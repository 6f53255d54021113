"""A small transformer for words and picture tokens, in PyTorch, and the cache that draws faster.

It takes tokens (N, places), first the words of a prompt and then a picture, and says logits
(N, places, ids). It reads a prompt twice: as tokens in front, which every place can look at, and as
one vector that shifts and scales every block and speaks to each place of the picture.
The same network in Keras: `prodgen_lib.tensorflow.transformer`.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prodgen_lib.torch.bridge import to_tensor
from prodgen_lib.torch.denoisers import dense, normalise
from prodgen_lib.torch.diffusion import modulate
from prodgen_lib.torch.tokens import causal_attention

Cache = list[tuple[Tensor, Tensor]]
TOLD = 128  # numbers in which a prompt is thought about, once a picture


class Block(nn.Module):
    """Attention, then two linear layers, each on normalised tokens that a prompt shifts and scales.

    What each adds is multiplied by a gate, which starts at 1: the prompt changes all of it.
    """

    def __init__(self, width: int, heads: int, causal: bool):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.modulation = dense(width, 6 * width, zero=True)
        self.enter, self.leave = dense(width, 3 * width), dense(width, width)
        self.inner, self.outer = dense(width, 4 * width), dense(4 * width, width)

    def forward(
        self, tokens: Tensor, told: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        shift, scale, gate, shift_2, scale_2, gate_2 = self.modulation(told).chunk(6, dim=1)
        mixed, past = self.attend(modulate(normalise(tokens), shift, scale), past)
        tokens = tokens + (1 + gate[:, None]) * mixed
        hidden = F.silu(self.inner(modulate(normalise(tokens), shift_2, scale_2)))
        return tokens + (1 + gate_2[:, None]) * self.outer(hidden), past

    def attend(
        self, tokens: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Attention to what is `past` and to `tokens`; the keys and values of all of them too."""
        count, length, width = tokens.shape
        parts = self.enter(tokens).reshape(count, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        if past is not None:
            key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
        if self.causal:
            mixed = causal_attention(query, key, value)
        else:
            mixed = (query @ key.mT / math.sqrt(query.shape[-1])).softmax(dim=-1) @ value
        return self.leave(mixed.transpose(1, 2).reshape(count, length, width)), (key, value)


class Transformer(nn.Module):
    """Tokens (N, words + places) to logits (N, words + places, ids).

    `meanings` (ids, numbers) says what each id stands for. A `causal` network says at each place
    what comes *next*, and may be asked about the beginning of a row; another one sees all places
    and says at each what stands *there*.
    """

    def __init__(
        self,
        meanings: np.ndarray,
        *,
        places: int,
        words: int = 4,
        width: int = 64,
        depth: int = 3,
        heads: int = 4,
        causal: bool = True,
    ):
        super().__init__()
        self.words, self.places, self.width, self.causal = words, places, width, causal
        self.register_buffer("meanings", to_tensor(meanings), persistent=False)
        self.table = nn.Embedding(len(meanings), width)
        self.meaning = dense(meanings.shape[1], width)
        self.where = nn.Embedding(words + places, width)
        nn.init.normal_(self.table.weight, std=0.02)
        nn.init.normal_(self.where.weight, std=0.02)
        self.prompt = nn.Embedding(len(meanings), width)
        nn.init.normal_(self.prompt.weight, std=0.5)
        self.first, self.second = dense(words * width, TOLD), dense(TOLD, TOLD)
        self.condition = dense(TOLD, width)
        self.spoken = dense(TOLD, places * width, zero=True)
        self.blocks = nn.ModuleList(Block(width, heads, causal) for _ in range(depth))
        self.modulation = dense(width, 2 * width, zero=True)
        self.leave = dense(width, len(meanings))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.step(tokens, None)[0]

    def step(self, tokens: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
        """Logits of the places that a cache does not hold yet, and the cache with them.

        `tokens` are all so far. Without a cache every place is new.
        """
        done = cache[0][0].shape[2] if cache else 0
        told, spoken = self.read(tokens[:, : self.words])
        new = tokens[:, done:]
        hidden = self.table(new) + self.meaning(self.meanings[new])
        hidden = hidden + self.where.weight[done : tokens.shape[1]]
        hidden = hidden + spoken[:, done : tokens.shape[1]]
        past = []
        for k, block in enumerate(self.blocks):
            hidden, kept = block(hidden, told, cache[k] if cache else None)
            past.append(kept)
        shift, scale = self.modulation(told).chunk(2, dim=1)
        return self.leave(modulate(normalise(hidden), shift, scale)), past

    def read(self, prompt: Tensor) -> tuple[Tensor, Tensor]:
        """What a prompt (N, words) tells every block, and what it says to each place.

        What it says to a place of the picture is heard where that place is guessed: in a causal
        network one place earlier.
        """
        thought = F.silu(self.second(F.silu(self.first(self.prompt(prompt).flatten(1)))))
        spoken = self.spoken(thought).reshape(len(prompt), self.places, self.width)
        before = self.words - self.causal
        spoken = F.pad(spoken, (0, 0, before, self.words - before))
        return F.silu(self.condition(thought)), spoken
