"""A transformer that draws what a prompt asks for, in Keras: trained, asked, and read backwards.

Read from top to bottom: training one token at a time or all at once, drawing with a cache, drawing
in a few rounds, and asking the same network which word a picture goes with.
The same functions in PyTorch: `prodgen_lib.torch.drawing`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from prodgen_lib.plain.picture_tokens import STUDIO, Rounding, vocabulary, word_count, word_ids
from prodgen_lib.plain.prompts import COUNTS
from prodgen_lib.tensorflow.bridge import (
    adam,
    load_weights,
    set_learning_rate,
    set_seed,
    set_weights,
    to_numpy,
    to_tensor,
    weights,
)
from prodgen_lib.tensorflow.diffusion import guide
from prodgen_lib.tensorflow.gan import update_average
from prodgen_lib.tensorflow.tokens import (
    draw_token,
    next_token_loss,
    nucleus,
    still_missing,
    unmask,
)
from prodgen_lib.tensorflow.transformer import Transformer

import keras  # isort: skip  (after the answer key, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip


class Drawer(NamedTuple):
    """What training leaves: the averaged network, its tokenizer, and the loss of each step.

    `counts` says how many values each factor of a prompt has.
    """

    network: Transformer
    rounding: Rounding
    counts: tuple[int, ...]
    history: dict[str, np.ndarray]


def to_tokens(ids: np.ndarray) -> tf.Tensor:
    """Ids as an int64 tensor of the same shape."""
    return tf.constant(np.asarray(ids), dtype=tf.int64)


def build(
    rounding: Rounding,
    *,
    places: int,
    counts: tuple[int, ...] = COUNTS,
    causal: bool = True,
    **sizes: int,
) -> Transformer:
    """A new network for rows of a word for each factor and `places` picture tokens."""
    meanings = vocabulary(rounding, counts=counts)
    return Transformer(meanings, places=places, words=len(counts), causal=causal, **sizes)


def train_step(
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    tokens: tf.Tensor,
    *,
    longest: float = 1.0,
) -> tf.Tensor:
    """One update by `next_token_loss` of the picture's tokens; the loss before it.

    A gradient longer than `longest` is shortened to that length.
    """
    with tf.GradientTape() as tape:
        loss = next_token_loss(network(tokens), tokens, prefix=network.words)
    return _update(network, optimizer, tape, loss, longest)


def train_masked_step(
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    tokens: tf.Tensor,
    hidden: tf.Tensor,
    *,
    longest: float = 1.0,
) -> tf.Tensor:
    """One update of a network that sees all places, by the tokens at the `hidden` ones alone.

    `hidden` (N, places) is 1 where the picture's token is replaced by the mask, which has the last
    id, and 0 where it is shown.
    """
    picture, words = tokens[:, network.words :], tokens[:, : network.words]
    mask_id = len(network.meanings) - 1
    shown = tf.where(hidden > 0, tf.cast(mask_id, picture.dtype), picture)
    with tf.GradientTape() as tape:
        logits = network(tf.concat([words, shown], axis=1))[:, network.words :]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(picture, logits)
        loss = tf.reduce_sum(losses * hidden) / tf.reduce_sum(hidden)
    return _update(network, optimizer, tape, loss, longest)


def _update(
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    tape: tf.GradientTape,
    loss: tf.Tensor,
    longest: float,
) -> tf.Tensor:
    variables = network.trainable_variables
    gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), longest)
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return loss


def train(
    rounding: Rounding,
    codes: np.ndarray,
    prompts: np.ndarray,
    *,
    counts: tuple[int, ...] = COUNTS,
    causal: bool = True,
    steps: int = 3000,
    batch_size: int = 32,
    learning_rate: float = 3e-3,
    drop: float = 0.3,
    decay: float = 0.998,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, Drawer, dict], None] | None = None,
    **sizes: int,
) -> Drawer:
    """Train a network on codes (N, D) of pictures and their prompts (N, K), see `Drawer`.

    A share `drop` of the prompts loses words: each of them by one chance, drawn evenly from 0 to 1,
    so any part of a prompt may be left open. The learning rate rises for 50 steps and falls along
    half a cosine to zero; the weights are averaged. A network that is not `causal` learns to fill
    in what is hidden, from 1 token to all, by a cosine of a number that is drawn evenly
    (arXiv:2202.04200). `on_step(step, drawer so far, losses)` is called after each step.
    """
    set_seed(seed)
    rng = np.random.default_rng(seed)
    first, words = word_count(counts), word_ids(prompts, counts=counts)
    pictures = rounding.encode(codes) + first
    unsaid, places = word_ids(np.array([counts]), counts=counts), pictures.shape[1]
    network, average = (
        build(rounding, places=places, counts=counts, causal=causal, **sizes) for _ in range(2)
    )
    set_weights(average, weights(network))
    optimizer = adam(network, learning_rate, (0.9, 0.95))
    one, hiding, averaged = map(tf.function, (train_step, train_masked_step, update_average))
    drawer, history = Drawer(average, rounding, counts, {}), []
    for step in tqdm(range(steps), disable=not progress):
        falling = 0.5 + 0.5 * np.cos(np.pi * step / steps)
        set_learning_rate(optimizer, learning_rate * min(1, (step + 1) / 50) * falling)
        index = rng.integers(len(pictures), size=batch_size)
        chance = rng.random((batch_size, 1)) * (rng.random((batch_size, 1)) < drop)
        lost = rng.random((batch_size, len(counts))) < chance
        told = np.where(lost, unsaid, words[index])
        tokens = to_tokens(np.concatenate([told, pictures[index]], axis=1))
        if causal:
            loss = one(network, optimizer, tokens)
        else:
            order = rng.random((batch_size, places)).argsort(axis=1).argsort(axis=1)
            hidden = np.ceil(places * np.cos(np.pi / 2 * rng.random((batch_size, 1))))
            loss = hiding(network, optimizer, tokens, to_tensor(order < hidden))
        history.append(float(loss))
        averaged(average, network, to_tensor(min(decay, (1 + step) / (10 + step))))
        if on_step:
            on_step(step, drawer, {"loss": history[-1]})
    return drawer._replace(history={"loss": np.array(history)})


def draw(
    drawer: Drawer,
    prompts: np.ndarray,
    *,
    scale: float = 1.5,
    temperature: float = 1.0,
    top_k: int | None = None,
    share: float = 1.0,
    cached: bool = True,
    seed: int = 0,
) -> np.ndarray:
    """Codes (N, D) of what prompts (N, K) ask for, one token after another.

    A prompt's number may be its factor's count, which says nothing. `scale` guides logits as
    chapter 11 guides velocities: 1 asks the network once a token, others twice. With `share` below
    1 only the likeliest ids that reach it together are drawn. `cached` keeps keys and values of the
    places before; the tokens are the same without, but for rounding, and dearer. The numbers that
    decide depend on `seed` alone.
    """
    network, first = drawer.network, word_count(drawer.counts)
    uniform = np.random.default_rng(seed).random((len(prompts), network.places))
    uniform = to_tensor(uniform)
    allowed = tf.range(len(network.meanings))
    allowed = (allowed >= first) & (allowed < first + drawer.rounding.ids)
    drawn = []
    for start in range(0, len(prompts), 500):
        tokens, caches = asked_twice(drawer, prompts[start : start + 500], scale), None
        for column in tf.unstack(uniform[start : start + 500], axis=1):
            logits, caches = network.quick_step(tokens, caches if cached else None)
            logits = tf.where(allowed, guided(logits[:, -1], scale), -np.inf)
            logits = nucleus(logits, share=share) if share < 1 else logits
            token = draw_token(logits, column, temperature=temperature, top_k=top_k)
            token = tf.tile(token, [len(tokens) // len(token)])
            tokens = tf.concat([tokens, token[:, None]], axis=1)
        drawn.append(to_numpy(tokens[: len(column), network.words :]))
    return drawer.rounding.decode(np.concatenate(drawn) - first)


def asked_twice(drawer: Drawer, prompts: np.ndarray, scale: float) -> tf.Tensor:
    """The words of prompts; unless `scale` is 1, those of as many empty prompts below them."""
    both = [np.asarray(prompts)]
    both += [] if scale == 1 else [np.tile(drawer.counts, (len(prompts), 1))]
    return to_tokens(word_ids(np.concatenate(both), counts=drawer.counts))


def guided(logits: tf.Tensor, scale: float) -> tf.Tensor:
    """Logits with words, guided away from those without, which stand below them."""
    return logits if scale == 1 else guide(*tf.split(logits, 2), scale=scale)


def draw_at_once(
    drawer: Drawer,
    prompts: np.ndarray,
    *,
    rounds: int = 8,
    scale: float = 1.5,
    jitter: float = 1.0,
    seed: int = 0,
) -> np.ndarray:
    """Codes (N, D) of what prompts ask for, in `rounds` rounds of a network that sees all places.

    In each round all missing tokens are drawn, and those that the network is surest of are kept, by
    MaskGIT's schedule. Gumbel noise times `jitter`, which falls to 0, is added to how sure it is:
    without it the likeliest tokens always come first, and pictures become alike.
    """
    network, rng = drawer.network, np.random.default_rng(seed)
    mask_id, first = len(network.meanings) - 1, word_count(drawer.counts)
    drawn = []
    for start in range(0, len(prompts), 500):
        words = asked_twice(drawer, prompts[start : start + 500], scale)
        count = len(prompts[start : start + 500])
        picture = to_tokens(np.full((count, network.places), mask_id))
        for step in range(1, rounds + 1):
            shown = tf.tile(picture, [len(words) // count, 1])
            logits = guided(
                network.quick_step(tf.concat([words, shown], axis=1), None)[0][:, network.words :],
                scale,
            )
            logits = tf.where(tf.range(logits.shape[-1]) < first, -np.inf, logits)
            uniform, noise = rng.random((2, count, network.places))
            noise = -np.log(-np.log(noise + 1e-9)) * jitter * (1 - step / rounds)
            left = still_missing(step, steps=rounds, places=network.places)
            keep = int(tf.reduce_sum(tf.cast(picture[0] == mask_id, tf.int32))) - left
            picture = unmask(
                picture, logits, to_tensor(uniform), to_tensor(noise), keep=keep, mask_id=mask_id
            )
        drawn.append(to_numpy(picture))
    return drawer.rounding.decode(np.concatenate(drawn) - first)


def name(
    drawer: Drawer, codes: np.ndarray, *, factor: int, known: np.ndarray | None = None
) -> np.ndarray:
    """How likely each word for one factor makes the pictures of codes (N, D): nats (N, values).

    The network that draws is asked backwards, as a generative classifier: of all words for this
    factor the one is best under which the picture's tokens are likeliest. `known` prompts (N, K)
    say what the other words are; without, they are left open.
    """
    network, scores = drawer.network, []
    pictures = drawer.rounding.encode(codes) + word_count(drawer.counts)
    prompts = np.tile(drawer.counts, (len(codes), 1)) if known is None else np.array(known)
    for value in range(drawer.counts[factor]):
        prompts[:, factor] = value
        words = word_ids(prompts, counts=drawer.counts)
        tokens = to_tokens(np.concatenate([words, pictures], axis=1))
        logits = network.quick_step(tokens, None)[0][:, network.words - 1 : -1]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens[:, network.words :], logits)
        scores.append(-tf.reduce_sum(losses, axis=1))
    return to_numpy(tf.stack(scores, axis=1))


def load_drawer() -> Drawer:
    """The network that ships here: studio pictures in 32 tokens, trained by train_drawer.py."""
    network = build(STUDIO, places=32)
    load_weights(network, Path(__file__).parent.parent / "weights" / "drawer_studio.safetensors")
    return Drawer(network, STUDIO, COUNTS, {})
