"""Tokenizers that are trained, in TensorFlow (Keras): pictures to an 8×8 map of ids and back.

Read from top to bottom: the two networks, three ways from features to ids (a codebook, levels, a
codebook from coarse to fine), what keeps a codebook alive, training, and use.
Pictures inside are float32 N×32×32×C in [-1, 1]; features are (N, 64, size), one row a place.
The same functions in PyTorch: `prodgen_lib.torch.tokenizers`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from prodgen_lib.tensorflow.bridge import (
    adam,
    from_images,
    set_learning_rate,
    set_seed,
    to_images,
    to_numpy,
    to_tensor,
)
from prodgen_lib.tensorflow.cgan import to_labels
from prodgen_lib.tensorflow.denoisers import convolution, from_patches, normalise, to_patches
from prodgen_lib.tensorflow.tokens import (
    codebook_loss,
    nearest_code,
    perplexity,
    round_levels,
    straight_through,
)
from prodgen_lib.tensorflow.transformer import table

import keras  # isort: skip  (after the answer key, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

SIDE, PATCH = 8, 4


class Layers(layers.Layer):
    """Maps (N, 8, 8, inputs) to (N, 8, 8, outputs): residual pairs, and straight past them."""

    def __init__(self, inputs: int, outputs: int, width: int, depth: int):
        super().__init__()
        self.enter = convolution(inputs, width, 3)
        self.first = [convolution(width, width, 3) for _ in range(depth)]
        self.second = [convolution(width, width, 3, zero=True) for _ in range(depth)]
        self.leave = convolution(width, outputs, 3)
        self.straight = convolution(inputs, outputs, 1)
        self.built = True

    def call(self, map_: tf.Tensor) -> tf.Tensor:
        hidden = self.enter(map_)
        for first, second in zip(self.first, self.second, strict=True):
            hidden = hidden + second(tf.nn.silu(first(tf.nn.silu(hidden))))
        return self.leave(tf.nn.silu(hidden)) + self.straight(map_)


class PatchAutoencoder(keras.Model):
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
        self.codebook = table(codes, size, spread=1 / codes) if codes else None
        self.built = True

    def encode(self, pictures: tf.Tensor) -> tf.Tensor:
        """Pictures to features (N, 64, size), of mean 0 and variance 1 over each picture.

        Without this, numbers that are rounded can all come to lie within one step, or beyond all.
        """
        features = to_rows(self.encoder(to_map(to_patches(pictures, size=PATCH))))
        return normalise(features, (1, 2))

    def decode(self, features: tf.Tensor) -> tf.Tensor:
        """Features (N, 64, size) to pictures; nothing bounds them."""
        return from_patches(to_rows(self.decoder(to_map(features))), size=PATCH)


def to_map(rows: tf.Tensor) -> tf.Tensor:
    """Rows (N, side², size) as a square map (N, side, side, size)."""
    side = math.isqrt(rows.shape[1])
    return tf.reshape(rows, (-1, side, side, rows.shape[2]))


def to_rows(map_: tf.Tensor) -> tf.Tensor:
    """The inverse of `to_map`."""
    return tf.reshape(map_, (-1, map_.shape[1] * map_.shape[2], map_.shape[3]))


def scale_tokens(
    features: tf.Tensor, codebook: tf.Tensor, *, sides: Sequence[int]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Features (N, 64, size) by one codebook from coarse to fine: (sum of all scales, ids).

    For each side s of `sides`, what is still missing is averaged to s×s places, each becomes the
    nearest code, and these are repeated to 8×8 and added (arXiv:2404.02905, algorithm 1, there with
    a convolution after each scale). Ids (N, Σ s²) come in the order of the scales. With sides (8,)
    this is the usual codebook, one code for each place.
    """
    left, total, ids = features, tf.zeros_like(features), []
    for side in sides:
        coarse = to_rows(averaged(to_map(left), side))
        chosen = nearest_code(coarse, codebook)
        # By a product, whose gradient is dense: see `denoisers.Condition`.
        codes = tf.one_hot(chosen, codebook.shape[0]) @ codebook
        fine = to_rows(repeated(to_map(codes), SIDE))
        left, total = left - tf.stop_gradient(fine), total + fine
        ids.append(chosen)
    return total, tf.concat(ids, axis=1)


def averaged(map_: tf.Tensor, side: int) -> tf.Tensor:
    """Means of side×side parts of a square map (N, H, H, size); they overlap if `side` ∤ H."""
    whole = map_.shape[1]
    share = np.zeros((side, whole), np.float32)
    for k in range(side):
        part = slice(k * whole // side, -(-(k + 1) * whole // side))
        share[k, part] = 1 / (part.stop - part.start)
    return tf.einsum("ai,bj,nijc->nabc", share, share, map_)


def repeated(map_: tf.Tensor, side: int) -> tf.Tensor:
    """A square map (N, h, h, size) as (N, side, side, size), each place the one it lies in."""
    places = np.arange(side) * map_.shape[1] // side
    return tf.gather(tf.gather(map_, places, axis=1), places, axis=2)


def from_scales(ids: tf.Tensor, codebook: tf.Tensor, *, sides: Sequence[int]) -> tf.Tensor:
    """The features (N, 64, size) that ids of `scale_tokens` stand for; fewer `sides`, a sketch."""
    parts = tf.split(ids[:, : sum(side**2 for side in sides)], [side**2 for side in sides], axis=1)
    maps = [repeated(to_map(tf.gather(codebook, part)), SIDE) for part in parts]
    return to_rows(tf.add_n(maps))


def scale_rows(
    features: tf.Tensor, codebook: tf.Tensor, ids: tf.Tensor, *, sides: Sequence[int]
) -> tf.Tensor:
    """The averages (N · Σ s², size) that became codes when `scale_tokens` said these ids."""
    left, rows = features, []
    for side, chosen in zip(sides, tf.split(ids, [side**2 for side in sides], axis=1), strict=True):
        rows.append(to_rows(averaged(to_map(left), side)))
        left = left - to_rows(repeated(to_map(tf.gather(codebook, chosen)), SIDE))
    return tf.reshape(tf.concat(rows, axis=1), (-1, features.shape[2]))


def move_codes(
    codebook: tf.Tensor, counts: tf.Tensor, features: tf.Tensor, ids: tf.Tensor, *, decay: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Codes as moving averages of the features that chose them (arXiv:1711.00937, appendix A.1).

    `features` are (M, size), `ids` (M,), `counts` (codes,) how often each code has been chosen, as
    a moving average. Returns (new codebook, new counts). In a code's new place the old one weighs
    decay · its count, each new feature 1 - decay. This replaces the first term of `codebook_loss`.
    """
    chosen = tf.one_hot(ids, codebook.shape[0])
    now, sums = tf.reduce_sum(chosen, axis=0), tf.matmul(chosen, features, transpose_a=True)
    new = decay * counts + (1 - decay) * now
    moved = decay * counts[:, None] * codebook + (1 - decay) * sums
    moved = moved / tf.maximum(new[:, None], 1e-5)
    return tf.where(new[:, None] > 1e-5, moved, codebook), new


def restart_codes(
    codebook: tf.Tensor, counts: tf.Tensor, features: tf.Tensor, *, least: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Put codes that are chosen fewer than `least` times where features are: (codebook, counts).

    The k-th of the dead codes gets the k-th of `features` (M, size), and counts as chosen `least`
    times, so that it has time to find its own (as in arXiv:2005.00341, section 3.1).
    """
    dead = counts < least
    rank = tf.maximum(tf.cumsum(tf.cast(dead, tf.int32)) - 1, 0)
    new = tf.gather(features, rank % tf.shape(features)[0])
    return tf.where(dead[:, None], new, codebook), tf.where(dead, least, counts)


class Tokenizer(NamedTuple):
    """A trained tokenizer: networks, its levels or scales, and what happened in each step.

    `history` has "loss", "error" (mean square between pictures in [-1, 1]) and "perplexity".
    """

    network: PatchAutoencoder
    levels: tuple[int, ...] | None
    sides: tuple[int, ...]
    history: dict[str, np.ndarray]

    @property
    def codebook(self) -> tf.Tensor | None:
        """The codes (codes, size); none where numbers are rounded to levels."""
        return None if self.levels else tf.convert_to_tensor(self.network.codebook.embeddings)

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
    one, fresh = tf.function(train_step), tf.function(revive)
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        batch = to_images(pictures[rng.integers(len(pictures), size=batch_size)])
        if alive and step % 20 == 0:
            order = to_labels(rng.permutation(batch_size * places))
            counts = fresh(network, counts, batch, order, sides=sides)
        *seen, counts = one(
            network, optimizer, batch, counts, levels=levels, sides=sides, beta=beta, alive=alive
        )
        history.append([float(number) for number in seen])
    names = ("loss", "error", "perplexity")
    return Tokenizer(network, levels, sides, dict(zip(names, np.array(history).T, strict=True)))


def train_step(
    network: PatchAutoencoder,
    optimizer: keras.optimizers.Optimizer,
    batch: tf.Tensor,
    counts: tf.Tensor,
    *,
    levels: tuple[int, ...] | None,
    sides: tuple[int, ...],
    beta: float,
    alive: bool,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """One update; (loss, error of the pictures, perplexity) before it, and the new counts.

    A codebook that is kept `alive` gets no gradient: `move_codes` moves it.
    """
    variables = network.trainable_variables
    with tf.GradientTape() as tape:
        loss, error, ids, features = _losses(network, batch, levels, sides, beta, alive)
    sources = [variable.value for variable in variables]
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    if alive:
        codebook = tf.convert_to_tensor(network.codebook.embeddings)
        rows = scale_rows(features, codebook, ids, sides=sides)
        moved, counts = move_codes(codebook, counts, rows, tf.reshape(ids, [-1]), decay=0.98)
        network.codebook.embeddings.assign(moved)
    most = math.prod(levels) if levels else network.codebook.input_dim
    return loss, error, perplexity(ids, size=most), counts


def _losses(
    network: PatchAutoencoder,
    batch: tf.Tensor,
    levels: tuple[int, ...] | None,
    sides: tuple[int, ...],
    beta: float,
    alive: bool,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """(loss, error of the pictures, ids, features) of one batch."""
    features = network.encode(batch)
    if levels:
        values, ids = round_levels(features, levels=levels)
        extra = 0.0
    else:
        codebook = tf.convert_to_tensor(network.codebook.embeddings)
        codebook = tf.stop_gradient(codebook) if alive else codebook
        quantised, ids = scale_tokens(features, codebook, sides=sides)
        values = straight_through(features, quantised)
        extra = codebook_loss(features, quantised, beta=beta)
    error = tf.reduce_mean((network.decode(values) - batch) ** 2)
    return error + extra, error, ids, features


def revive(
    network: PatchAutoencoder,
    counts: tf.Tensor,
    batch: tf.Tensor,
    order: tf.Tensor,
    *,
    sides: tuple[int, ...],
) -> tf.Tensor:
    """Dead codes of a network restarted from a batch, whose rows come in `order`; new counts."""
    codebook = tf.convert_to_tensor(network.codebook.embeddings)
    features = network.encode(batch)
    ids = scale_tokens(features, codebook, sides=sides)[1]
    rows = tf.gather(scale_rows(features, codebook, ids, sides=sides), order)
    fresh, counts = restart_codes(codebook, counts, rows, least=1.0)
    network.codebook.embeddings.assign(fresh)
    return counts


def encode(tokenizer: Tokenizer, pictures: np.ndarray) -> np.ndarray:
    """Ids of uint8 pictures: int64 (N, places)."""
    return _in_parts(lambda part: _ids(tokenizer, to_images(part)), pictures)


def _ids(tokenizer: Tokenizer, pictures: tf.Tensor) -> np.ndarray:
    features = tokenizer.network.encode(pictures)
    if tokenizer.levels:
        return to_numpy(round_levels(features, levels=tokenizer.levels)[1])
    return to_numpy(scale_tokens(features, tokenizer.codebook, sides=tokenizer.sides)[1])


def decode(tokenizer: Tokenizer, ids: np.ndarray) -> np.ndarray:
    """Uint8 pictures that ids (N, places) stand for."""
    return _in_parts(lambda part: _pictures(tokenizer, to_labels(part)), ids)


def _pictures(tokenizer: Tokenizer, ids: tf.Tensor) -> np.ndarray:
    if tokenizer.levels:
        features = level_values(ids, levels=tokenizer.levels)
    else:
        features = from_scales(ids, tokenizer.codebook, sides=tokenizer.sides)
    return from_images(tokenizer.network.decode(features))


def level_values(ids: tf.Tensor, *, levels: Sequence[int]) -> tf.Tensor:
    """The values (…, D) in [-1, 1] that ids of `round_levels` stand for."""
    weights = [math.prod(levels[k + 1 :]) for k in range(len(levels))]
    digits = tf.cast(tf.cast(ids, tf.int64)[..., None] // weights % levels, tf.float32)
    return 2 * digits / tf.constant([count - 1 for count in levels], tf.float32) - 1


def _in_parts(
    use: Callable[[np.ndarray], np.ndarray], given: np.ndarray, size: int = 500
) -> np.ndarray:
    return np.concatenate([use(given[k : k + size]) for k in range(0, len(given), size)])
