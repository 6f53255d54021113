"""Do words and picture agree? A small CLIP (arXiv:2103.00020) of studio pictures, in PyTorch.

A picture and a sentence become 64 numbers each, trained so that those of a pair point the same way.
Read from top to bottom: the two encoders, the loss, training, then what it is good for: a score,
finding pictures, choosing the best of several. The same functions in Keras:
`prodgen_lib.tensorflow.alignment`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.plain.prompts import COUNTS, check_prompts
from prodgen_lib.plain.retrieval import say_the_same
from prodgen_lib.plain.sentences import LENGTH, TRAINED, VOCABULARY, encode_all, sentences
from prodgen_lib.torch.bridge import (
    adam,
    load_weights,
    set_learning_rate,
    set_seed,
    to_images,
    to_numpy,
)
from prodgen_lib.torch.cgan import to_labels
from prodgen_lib.torch.denoisers import dense, normalise
from prodgen_lib.torch.tokens import contrastive_loss

WEIGHTS = Path(__file__).parent.parent / "weights"
SIZE, WIDTH, HEADS = 64, 48, 4
KINDS = ("transformer", "bag")
STEEPEST = 100.0  # cosines are multiplied by at most this, as in CLIP


def build_picture_encoder() -> nn.Sequential:
    """Pictures (N, 3, 32, 32) in [-1, 1] to 64 numbers: (N, 64), of any length.

    Four convolutions 3×3 to 16, 32, 32 and 48 channels, each with batch norm and ReLU; the largest
    of 2×2 pixels goes on after the first, third and fourth (32 → 4 pixels). The fifth, 4×4 without
    padding, looks at all that is left.
    """
    layers: list[nn.Module] = []
    old = 3
    for size, pooled in ((16, True), (32, False), (32, True), (48, True)):
        layers += [nn.Conv2d(old, size, 3, padding=1, bias=False), nn.BatchNorm2d(size), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pooled else []
        old = size
    return nn.Sequential(*layers, nn.Conv2d(old, SIZE, 4), nn.Flatten())


class WordBlock(nn.Module):
    """Words (N, T, width) look at each other, not at padding; then two linear layers."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        # Without a bias: that of keys changes nothing, as each word's logits all move alike.
        self.enter, self.leave = nn.Linear(width, 3 * width, bias=False), dense(width, width)
        nn.init.xavier_uniform_(self.enter.weight)
        self.inner, self.outer = dense(width, 2 * width), dense(2 * width, width)

    def forward(self, words: Tensor, there: Tensor) -> Tensor:
        count, length, width = words.shape
        parts = self.enter(normalise(words))
        parts = parts.reshape(count, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        logits = query @ key.mT / math.sqrt(width // self.heads)
        shares = torch.where(there[:, None, None], logits, -1e9).softmax(dim=-1)
        seen = (shares @ value).transpose(1, 2).reshape(count, length, width)
        words = words + self.leave(seen)
        return words + self.outer(F.silu(self.inner(normalise(words))))


class TextEncoder(nn.Module):
    """Words (N, LENGTH) as numbers of `sentences.encode` to 64 numbers: (N, 64), of any length.

    "transformer": a vector for each word and one for its place, two blocks, the mean of the words.
    "bag": the mean of a vector for each word, whatever their order. Padding never counts.
    """

    def __init__(self, kind: str):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"There is no text encoder {kind!r}; known are {', '.join(KINDS)}.")
        ordered = kind == "transformer"
        self.words = nn.Embedding(len(VOCABULARY), WIDTH)
        self.places = nn.Embedding(LENGTH, WIDTH) if ordered else None
        self.blocks = nn.ModuleList(WordBlock(WIDTH, HEADS) for _ in range(2 * ordered))
        self.leave = dense(WIDTH, SIZE)

    def forward(self, ids: Tensor) -> Tensor:
        there, words = ids > 0, self.words(ids)
        if self.places is not None:
            words = words + self.places.weight
        for block in self.blocks:
            words = block(words, there)
        shares = there.float() / there.sum(dim=1, keepdim=True).clamp(min=1)
        return self.leave(normalise((words * shares[:, :, None]).sum(dim=1)))


class Scale(nn.Module):
    """The logarithm of what cosines are multiplied by, which is learnt; from 1/0.07 as in CLIP."""

    def __init__(self):
        super().__init__()
        self.register_parameter("weight", None)
        self.bias = nn.Parameter(torch.tensor([math.log(1 / 0.07)]))


class Alignment(nn.Module):
    """A picture encoder, a text encoder, and the scale of their cosines."""

    def __init__(self, kind: str = "transformer"):
        super().__init__()
        self.pictures, self.texts, self.scale = build_picture_encoder(), TextEncoder(kind), Scale()


class Trained(NamedTuple):
    """What training leaves: the network, and `history["loss"]` of each step."""

    model: Alignment
    history: dict[str, np.ndarray]


def train(
    pictures: np.ndarray,
    prompts: np.ndarray,
    *,
    kind: str = "transformer",
    steps: int = 300,
    batch_size: int = 128,
    learning_rate: float = 2e-3,
    templates: Sequence[str] = TRAINED,
    synonyms: float = 0.3,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, Alignment, dict], None] | None = None,
) -> Trained:
    """Train on uint8 pictures N×32×32×3 and prompts (N, 4), told in words that are new each time.

    The learning rate falls along half a cosine to zero. `on_step(step, network, losses)` is called
    after each step.
    """
    prompts = check_prompts(prompts, counts=COUNTS, count=len(pictures))
    set_seed(seed)
    rng = np.random.default_rng(seed)
    model, history = Alignment(kind).train(), []
    optimizer = adam(model, learning_rate, (0.9, 0.99))
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        index = rng.integers(len(pictures), size=batch_size)
        told = sentences(prompts[index], rng, templates=templates, synonyms=synonyms)
        same = to_labels(say_the_same(prompts[index])) > 0
        batch = to_images(pictures[index]), to_labels(encode_all(told)), same
        history.append(float(train_step(model, optimizer, *batch)))
        if on_step:
            on_step(step, model, {"loss": history[-1]})
    return Trained(model.eval(), {"loss": np.array(history)})


def train_step(
    model: Alignment, optimizer: torch.optim.Optimizer, pictures: Tensor, ids: Tensor, same: Tensor
) -> Tensor:
    """One step on pictures (N, 3, 32, 32), words (N, LENGTH) and `same` (N, N): the loss before."""
    model.train()
    shown, told = model.pictures(pictures), model.texts(ids)
    loss = contrastive_loss(shown, told, model.scale.bias[0], same=same)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        model.scale.bias.clamp_(0.0, math.log(STEEPEST))
    return loss.detach()


def load_alignment() -> Alignment:
    """The network that ships here, trained on the studio catalogue by train_alignment.py."""
    model = Alignment()
    load_weights(model, WEIGHTS / "alignment_studio.safetensors")
    return model.eval()


@torch.no_grad()
def embed_pictures(model: Alignment, pictures: np.ndarray, *, size: int = 500) -> np.ndarray:
    """uint8 pictures N×32×32×3 as directions: float32 (N, 64) of length 1, `size` at a time."""
    model.eval()
    starts = range(0, len(pictures), size)
    parts = [model.pictures(to_images(pictures[start : start + size])) for start in starts]
    return np.concatenate([to_numpy(F.normalize(part, dim=1)) for part in parts])


@torch.no_grad()
def embed_texts(model: Alignment, texts: Sequence[str]) -> np.ndarray:
    """Sentences as directions: float32 (N, 64) of length 1. Raises NotUnderstood, see `encode`."""
    return to_numpy(F.normalize(model.texts(to_labels(encode_all(texts))), dim=1))


def score(model: Alignment, pictures: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """How well picture i and sentence i agree, in [-1, 1]: float32 (N,), the cosines."""
    if len(pictures) != len(texts):
        raise ValueError(f"There are {len(pictures)} pictures and {len(texts)} sentences.")
    return np.sum(embed_pictures(model, pictures) * embed_texts(model, texts), axis=1)


def rerank(
    model: Alignment, candidates: np.ndarray, texts: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Of K candidates for each sentence, uint8 (N, K, 32, 32, 3), the one that agrees best.

    The pictures (N, 32, 32, 3), and which of the K each was: int64 (N,), the first of equals.
    """
    count, each = candidates.shape[:2]
    if count != len(texts):
        raise ValueError(f"There are candidates for {count} sentences, and {len(texts)} of these.")
    told = np.repeat(embed_texts(model, texts), each, axis=0)
    shown = embed_pictures(model, candidates.reshape(count * each, *candidates.shape[2:]))
    best = np.sum(shown * told, axis=1).reshape(count, each).argmax(axis=1)
    return candidates[np.arange(count), best], best
