"""Visual tokens, in TensorFlow (Keras): a picture as a short row of whole numbers.

Read from top to bottom: from features to ids with a codebook and without, attention that looks
back only, the loss of the next token, drawing one token and many, whether words and pictures agree.
Tokenizers are in `tokenizers`, the transformer and its cache in `transformer`, what is trained on
words and pictures in `alignment`.

Features and tokens have one layout in both frameworks: (N, places, size) and (N, places). Ids are
int64. Randomness comes in as `uniform` numbers from [0, 1).
The same functions in PyTorch: `prodgen_lib.torch.tokens`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import prodgen_lib.tensorflow.bridge  # noqa: F401  (first: it keeps TensorFlow's import quiet)

import tensorflow as tf  # isort: skip

Network = Callable[[tf.Tensor], tf.Tensor]


def nearest_code(features: tf.Tensor, codebook: tf.Tensor) -> tf.Tensor:
    """Which code of a codebook lies nearest to each feature: int64 ids (N, places).

    `features` are (N, places, size), `codebook` is (codes, size). Nearest by squared Euclidean
    distance; of equally near codes the one with the lowest id. No tensor holds more than
    N · places · codes numbers: |f - c|² = |f|² - 2 f·c + |c|², and |f|² is the same for all codes.
    With the codes 0 and 4, feature 1 has id 0 and feature 3 has id 1.
    """
    apart = tf.reduce_sum(codebook**2, axis=1) - 2 * features @ tf.transpose(codebook)
    return tf.argmin(apart, axis=-1)


def straight_through(features: tf.Tensor, quantised: tf.Tensor) -> tf.Tensor:
    """The values of `quantised` with the gradients of `features` (arXiv:1308.3432).

    Rounding has slope 0 almost everywhere, so no gradient would pass. Here all of it passes on to
    `features`, unchanged, and none reaches `quantised`. Both have the same shape.
    """
    return features + tf.stop_gradient(quantised - features)


def codebook_loss(features: tf.Tensor, quantised: tf.Tensor, *, beta: float) -> tf.Tensor:
    """What draws codes to features and features to codes: two of the terms of a VQ-VAE's loss.

        mean (sg[features] - quantised)²  +  beta · mean (features - sg[quantised])²

    where sg cuts the gradient (arXiv:1711.00937, equation 3). The first term moves the codes, the
    second, the commitment, the encoder. The mean is over all numbers, the result a scalar.
    Feature 3 and code 1 with beta 0.25 give 5, a gradient of -4 for the code and 1 for the feature.
    """
    codes = tf.reduce_mean((tf.stop_gradient(features) - quantised) ** 2)
    commitment = tf.reduce_mean((features - tf.stop_gradient(quantised)) ** 2)
    return codes + beta * commitment


def perplexity(ids: tf.Tensor, *, size: int) -> tf.Tensor:
    """How many codes are in use, as if all were used alike: exp of the entropy of their shares.

    `ids` are integers of any shape, from 0 to `size` - 1. A float32 scalar: `size` where all codes
    occur equally often, 1 where only one does. Codes that do not occur add nothing.
    """
    counts = tf.cast(tf.math.bincount(tf.cast(ids, tf.int32), minlength=size), tf.float32)
    shares = counts / tf.reduce_sum(counts)
    return tf.exp(-tf.reduce_sum(tf.math.xlogy(shares, shares)))


def round_levels(features: tf.Tensor, *, levels: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Finite scalar quantisation: each number rounded on its own, with no codebook to be learnt.

    `features` are (N, places, D), and `levels` says for each of the D numbers to how many values it
    is rounded, 2 or more. tanh bounds a number; of L values that are evenly spaced from -1 to 1,
    both included, it becomes the nearest. Returns these values, (N, places, D), whose gradients
    pass the rounding unchanged and tanh as usual, and int64 ids (N, places): with digits from 0
    for -1 to L - 1 for 1, an id is read like a number whose first digit counts most, so it lies
    in 0 … product of levels - 1.
    With levels (3, 2), features (0, 2) give (0, 1) and id 1 · 2 + 1 = 3.
    The idea is that of arXiv:2309.15505, which for even L shifts tanh by half a step instead.
    """
    highest = tf.constant([count - 1 for count in levels], features.dtype)
    bounded = tf.tanh(features)
    digits = tf.round((bounded + 1) / 2 * highest)
    values = straight_through(bounded, 2 * digits / highest - 1)
    weights = [math.prod(levels[k + 1 :]) for k in range(len(levels))]
    return values, tf.reduce_sum(tf.cast(digits, tf.int64) * weights, axis=-1)


def causal_attention(queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Scaled dot-product attention in which a place sees itself and the places before it.

    `keys` and `values` are (…, places, size) for all places so far; `queries` are those of the last
    places among them, (…, asked, size) with asked ≤ places, so one query attends to everything that
    a cache holds. softmax over keys of q·k / √size weighs the values; places that come later have
    weight 0. Returns (…, asked, size of values).
    """
    asked, places = tf.shape(queries)[-2], tf.shape(keys)[-2]
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(queries.shape[-1])
    at = tf.range(places - asked, places)[:, None]
    scores = tf.where(tf.range(places) > at, -math.inf, scores)
    return tf.nn.softmax(scores, axis=-1) @ values


def next_token_loss(logits: tf.Tensor, tokens: tf.Tensor, *, prefix: int) -> tf.Tensor:
    """Mean cross entropy, in nats, of the tokens after the first `prefix` (the prompt).

    `logits` (N, places, ids) come from a network that saw `tokens` (N, places) up to each place:
    what it says *at* a place is its guess for the *next* one. The last place guesses nothing. The
    prompt, of 1 or more tokens, is given and not to be learnt: only tokens from place `prefix` on
    are counted, each equally.
    """
    said, right = logits[:, prefix - 1 : -1], tokens[:, prefix:]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=right, logits=said)
    return tf.reduce_mean(losses)


def draw_token(
    logits: tf.Tensor,
    uniform: tf.Tensor,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    allowed: tf.Tensor | None = None,
) -> tf.Tensor:
    """One token for each row of logits (N, ids), drawn by numbers `uniform` (N,): int64 (N,).

    Ids that are not `allowed`, bool (ids,), never come; then logits are divided by `temperature`,
    above 0; of the rest only the `top_k` likeliest stay (of equal ones those with lower ids; all
    where there are not so many). Probabilities are the softmax of what is left, and the token is
    the lowest id at which their sum, from id 0 on, exceeds the uniform number; the last of those
    left where rounding keeps the sum below a number near 1.
    Probabilities .2, .5, .3 give id 0 for 0.1, id 1 for 0.2 and 0.6, id 2 for 0.7.
    """
    if allowed is not None:
        logits = tf.where(allowed, logits, -math.inf)
    if top_k is not None:
        order = tf.argsort(logits, direction="DESCENDING", stable=True)
        logits = tf.where(tf.argsort(order) < top_k, logits, -math.inf)
    shares = tf.nn.softmax(logits / temperature)
    return inverse(shares, uniform)


def inverse(shares: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """The lowest id at which the sum of shares (…, ids) exceeds `uniform` (…): int64 (…).

    Where rounding leaves the sum of all below `uniform`, the last id that has a share.
    """
    reached = tf.cumsum(shares, axis=-1) > uniform[..., None]
    possible = tf.cast(shares > 0, tf.int32)
    last = shares.shape[-1] - 1 - tf.argmax(tf.reverse(possible, axis=[-1]), axis=-1)
    first = tf.argmax(tf.cast(reached, tf.int32), axis=-1)
    return tf.where(tf.reduce_any(reached, axis=-1), first, last)


def nucleus(logits: tf.Tensor, *, share: float) -> tf.Tensor:
    """Logits in which only the likeliest ids stay that together reach `share`; the others are -inf.

    The likeliest id always stays, and the one with which the sum reaches `share` is the last
    (nucleus sampling, arXiv:1904.09751).
    """
    order = tf.argsort(logits, direction="DESCENDING", stable=True)
    shares = tf.nn.softmax(tf.gather(logits, order, batch_dims=len(logits.shape) - 1))
    gone = (tf.cumsum(shares, axis=-1) - shares) >= share
    gone = tf.gather(gone, tf.argsort(order), batch_dims=len(logits.shape) - 1)
    return tf.where(gone, -math.inf, logits)


def unmask(
    tokens: tf.Tensor,
    logits: tf.Tensor,
    uniform: tf.Tensor,
    noise: tf.Tensor,
    *,
    keep: int,
    mask_id: int,
) -> tf.Tensor:
    """One step of MaskGIT (arXiv:2202.04200): draw all missing tokens, keep the surest `keep`.

    `tokens` (N, places) hold `mask_id` where nothing is known yet; what is known stays. A token is
    drawn for each missing place from `logits` (N, places, ids) by `uniform` (N, places), as
    `draw_token` does; `mask_id` itself never comes. How sure it is: the log of the probability of
    the token that was *drawn*, plus `noise` (N, places), 0 for none. In each row the `keep` surest
    missing places (of equal ones the first; all where fewer are missing) get their tokens, the
    others stay missing. Returns new tokens, int64.
    """
    missing = tokens == mask_id
    barred = tf.range(logits.shape[-1]) == mask_id
    shares = tf.nn.softmax(tf.where(barred, -math.inf, logits))
    drawn = inverse(shares, uniform)
    sure = tf.math.log(tf.gather(shares, drawn, batch_dims=2)) + noise
    order = tf.argsort(tf.where(missing, sure, -math.inf), direction="DESCENDING", stable=True)
    chosen = tf.argsort(order) < keep
    return tf.where(missing & chosen, drawn, tokens)


def still_missing(step: int, *, steps: int, places: int) -> int:
    """How many of `places` tokens are missing after a step, 1 … steps: MaskGIT's cosine schedule.

    ⌊places · cos(π/2 · step/steps)⌋: few are kept at first, when little is known, and many at the
    end; after the last step none is missing.
    """
    return 0 if step == steps else math.floor(places * math.cos(0.5 * math.pi * step / steps))


def contrastive_loss(
    pictures: tf.Tensor, texts: tf.Tensor, log_scale: tf.Tensor, *, same: tf.Tensor | None = None
) -> tf.Tensor:
    """CLIP's loss (arXiv:2103.00020, figure 3): pictures find their texts, texts their pictures.

    `pictures` and `texts` (N, size) belong together row by row and have any length; they are
    compared by cosine, times exp(`log_scale`), which nothing bounds here. The mean of two cross
    entropies: over the texts for each picture, and over the pictures for each text. `same`, bool
    (N, N), marks pairs that also belong together, since two products have one caption: off the
    diagonal they are left out, as neither right nor wrong.
    """
    pictures, texts = (tf.math.l2_normalize(side, axis=1) for side in (pictures, texts))
    logits = pictures @ tf.transpose(texts) * tf.exp(log_scale)
    right = tf.range(len(logits))
    if same is not None:
        own = right[:, None] == right
        logits = tf.where(same & ~own, -math.inf, logits)
    both = [logits, tf.transpose(logits)]
    losses = [tf.nn.sparse_softmax_cross_entropy_with_logits(right, side) for side in both]
    return tf.reduce_mean(losses)


def review_tokenizer(
    features: tf.Tensor, codebook: tf.Tensor, *, beta: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The quantiser of a VQ-VAE at a whiteboard: (what the decoder gets, ids, loss).

    `features` are (N, places, size), `codebook` is (codes, size). Each feature becomes the nearest
    code, by squared Euclidean distance; ids are int64 (N, places). What the decoder gets has the
    codes' values, and its gradient passes on to the features alone, unchanged. The loss is the mean
    square between features and codes, once moving the codes with weight 1 and once moving the
    features with weight `beta`. A code that no feature chose gets no gradient.
    """
    ids = nearest_code(features, codebook)
    quantised = tf.gather(codebook, ids)
    loss = codebook_loss(features, quantised, beta=beta)
    return straight_through(features, quantised), ids, loss


def review_drawing(
    network: Network, prompt: tf.Tensor, uniform: tf.Tensor, *, first: int, temperature: float
) -> tf.Tensor:
    """A drawing loop at a whiteboard: the tokens of a picture after a prompt, int64 (N, drawn).

    `network(tokens)` takes tokens (N, places) and gives logits (N, places, ids) for what follows
    each place. `prompt` (N, words) is given; as many tokens are drawn as `uniform` (N, drawn) has
    columns, one after another, column k for token k, as `draw_token` draws at `temperature`.
    Words have the ids below `first` and never come. The prompt is not part of what is returned.
    """
    tokens = prompt
    for column in tf.unstack(uniform, axis=1):
        logits = network(tokens)[:, -1]
        allowed = tf.range(logits.shape[-1]) >= first
        token = draw_token(logits, column, temperature=temperature, allowed=allowed)
        tokens = tf.concat([tokens, token[:, None]], axis=1)
    return tokens[:, prompt.shape[1] :]
