"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import itertools
import math

import numpy as np

from prodgen_lib.tensorflow.tokens import (
    codebook_loss,
    draw_token,
    inverse,
    nearest_code,
    straight_through,
)

import keras  # isort: skip
import tensorflow as tf  # isort: skip


# From features to ids, and back.


def nearest_code__all_three_terms(features, codebook):
    own = tf.reduce_sum(tf.square(features), axis=-1, keepdims=True)
    product = tf.einsum("npd,kd->npk", features, codebook)
    return tf.argmin(own - 2 * product + tf.reduce_sum(tf.square(codebook), axis=1), axis=-1)


def nearest_code__most_alike(features, codebook):
    alike = tf.matmul(features, codebook[None], transpose_b=True)
    return tf.argmax(alike - 0.5 * tf.reduce_sum(codebook * codebook, axis=-1), axis=-1)


def nearest_code__flat(features, codebook):
    rows = tf.reshape(features, [-1, features.shape[-1]])
    apart = tf.reduce_sum(codebook**2, axis=1) - 2 * rows @ tf.transpose(codebook)
    return tf.reshape(tf.argmin(apart, axis=1), features.shape[:2])


def nearest_code__code_by_code(features, codebook):
    apart = [tf.reduce_sum((features - code) ** 2, axis=-1) for code in tf.unstack(codebook)]
    return tf.argmin(tf.stack(apart, axis=-1), axis=-1)


def nearest_code__row_by_row(features, codebook):
    lengths = tf.reduce_sum(codebook**2, axis=1)
    rows = tf.unstack(tf.convert_to_tensor(features))
    return tf.stack([tf.argmin(lengths - 2 * row @ tf.transpose(codebook), -1) for row in rows])


def nearest_code__keras(features, codebook):
    apart = keras.ops.sum(codebook**2, axis=1) - 2 * keras.ops.matmul(
        features, keras.ops.transpose(codebook)
    )
    return tf.cast(keras.ops.argmin(apart, axis=-1), tf.int64)


def straight_through__codes_and_nothing(features, quantised):
    return tf.stop_gradient(quantised) + (features - tf.stop_gradient(features))


def straight_through__each_cut_off(features, quantised):
    return features - tf.stop_gradient(features) + tf.stop_gradient(quantised)


def straight_through__keras(features, quantised):
    return features + keras.ops.stop_gradient(keras.ops.subtract(quantised, features))


def straight_through__own_gradient(features, quantised):
    @tf.custom_gradient
    def passing(features, quantised):
        return tf.identity(quantised), lambda gradient: (gradient, None)

    return passing(features, quantised)


def straight_through__in_numbers(features, quantised):
    fixed, held = tf.stop_gradient(features), tf.stop_gradient(quantised)
    return tf.add(features, held - fixed)


def codebook_loss__library(features, quantised, *, beta):
    mse = keras.losses.MeanSquaredError()
    codes = mse(tf.stop_gradient(features), quantised)
    return codes + beta * mse(tf.stop_gradient(quantised), features)


def codebook_loss__one_mean(features, quantised, *, beta):
    codes = (quantised - tf.stop_gradient(features)) ** 2
    commitment = (tf.stop_gradient(quantised) - features) ** 2
    return tf.reduce_mean(codes + beta * commitment)


def codebook_loss__sum_over_size(features, quantised, *, beta):
    codes = tf.reduce_sum((quantised - tf.stop_gradient(features)) ** 2)
    commitment = tf.reduce_sum((features - tf.stop_gradient(quantised)) ** 2)
    return (codes + commitment * beta) / tf.cast(tf.size(features), tf.float32)


def codebook_loss__products(features, quantised, *, beta):
    fixed, held = tf.stop_gradient(features), tf.stop_gradient(quantised)
    gap = fixed - quantised
    return tf.reduce_mean(gap * gap) + tf.reduce_mean(beta * tf.square(features - held))


def codebook_loss__means_of_means(features, quantised, *, beta):
    codes = keras.ops.mean((keras.ops.stop_gradient(features) - quantised) ** 2, axis=-1)
    commitment = keras.ops.mean((features - keras.ops.stop_gradient(quantised)) ** 2, axis=-1)
    return keras.ops.mean(codes) + beta * keras.ops.mean(commitment)


def perplexity__counted(ids, *, size):
    ids = tf.cast(tf.reshape(ids, [-1]), tf.int32)
    counts = tf.cast(tf.math.bincount(ids, minlength=size), tf.float32)
    shares = counts / tf.reduce_sum(counts)
    return tf.exp(-tf.reduce_sum(tf.math.multiply_no_nan(tf.math.log(shares + 1e-30), shares)))


def perplexity__codes_that_occur(ids, *, size):
    counts = tf.cast(tf.unique_with_counts(tf.reshape(ids, [-1])).count, tf.float32)
    shares = counts / tf.reduce_sum(counts)
    return tf.exp(-tf.reduce_sum(shares * tf.math.log(shares)))


def perplexity__one_hot(ids, *, size):
    shares = tf.reduce_mean(tf.reshape(tf.one_hot(ids, size), [-1, size]), axis=0)
    return tf.exp(-tf.reduce_sum(shares * tf.math.log(shares + 1e-10)))


def perplexity__bits(ids, *, size):
    flat = tf.cast(tf.reshape(ids, [-1, 1]), tf.int32)
    shares = tf.reduce_mean(tf.cast(flat == tf.range(size), tf.float32), axis=0)
    bits = -tf.reduce_sum(shares * keras.ops.log2(tf.maximum(shares, 1e-12)))
    return 2**bits


def perplexity__numpy(ids, *, size):
    counts = np.bincount(np.ravel(ids), minlength=size)
    shares = counts[counts > 0] / counts.sum()
    return tf.constant(np.exp(-(shares * np.log(shares)).sum()), tf.float32)


def round_levels__nearest_of_the_values(features, *, levels):
    bounded, ids, quantised = tf.tanh(features), 0, []
    for k, count in enumerate(levels):
        values = tf.linspace(-1.0, 1.0, count)
        digit = tf.argmin(abs(bounded[..., k, None] - values), axis=-1)
        quantised.append(tf.gather(values, digit))
        ids = ids * count + digit
    return bounded + tf.stop_gradient(tf.stack(quantised, axis=-1) - bounded), ids


def round_levels__around_zero(features, *, levels):
    half = (tf.constant(levels, tf.float32) - 1) / 2
    bounded = half * tf.tanh(features)
    offset = half % 1
    rounded = tf.round(bounded - offset) + offset
    passed = bounded + tf.stop_gradient(rounded - bounded)
    base = tf.math.cumprod(tf.constant([1, *levels[:0:-1]], tf.int64))[::-1]
    return passed / half, tf.reduce_sum(tf.cast(tf.round(rounded + half), tf.int64) * base, axis=-1)


def round_levels__sigmoid_of_twice(features, *, levels):
    steps = tf.constant([float(count - 1) for count in levels])
    stretched = tf.sigmoid(2 * features) * steps
    digits = stretched + tf.stop_gradient(tf.round(stretched) - stretched)
    ids = tf.zeros(features.shape[:-1], tf.int64)
    for k, count in enumerate(levels):
        ids = ids * count + tf.cast(tf.round(digits[..., k]), tf.int64)
    return digits / steps * 2 - 1, ids


def round_levels__list_of_both(features, *, levels):
    steps = tf.cast(levels, tf.float32) - 1
    bounded = keras.ops.tanh(features)
    digits = tf.stop_gradient(tf.floor((bounded + 1) * steps / 2 + 0.5))
    weights = np.append(np.cumprod(levels[:0:-1])[::-1], 1).astype(np.int64)
    ids = tf.reduce_sum(tf.cast(digits, tf.int64) * weights, axis=-1)
    return [bounded - tf.stop_gradient(bounded) + (digits * 2 / steps - 1), ids]


def round_levels__column_by_column(features, *, levels):
    values, ids = [], 0
    for column, count in zip(tf.unstack(features, axis=-1), levels, strict=True):
        bounded = tf.tanh(column)
        digit = tf.stop_gradient(tf.round((bounded + 1) * (count - 1) / 2))
        ids = ids * count + tf.cast(digit, tf.int64)
        values.append(bounded + tf.stop_gradient(2 * digit / (count - 1) - 1 - bounded))
    return tf.stack(values, axis=-1), ids


def review_tokenizer__in_full(features, codebook, *, beta):
    own = tf.reduce_sum(features**2, axis=-1, keepdims=True)
    apart = own - 2 * features @ tf.transpose(codebook) + tf.reduce_sum(codebook**2, axis=1)
    ids = tf.argmin(apart, axis=-1)
    quantised = tf.nn.embedding_lookup(codebook, ids)
    codes = tf.reduce_mean(tf.square(quantised - tf.stop_gradient(features)))
    loss = codes + beta * tf.reduce_mean(tf.square(features - tf.stop_gradient(quantised)))
    return features + tf.stop_gradient(quantised - features), ids, loss


def review_tokenizer__one_hot(features, codebook, *, beta):
    ids = nearest_code(features, codebook)
    quantised = tf.one_hot(ids, codebook.shape[0]) @ codebook
    gaps = (quantised - tf.stop_gradient(features)) ** 2
    gaps += beta * (tf.stop_gradient(quantised) - features) ** 2
    return [straight_through(features, quantised), ids, tf.reduce_mean(gaps)]


def review_tokenizer__flat(features, codebook, *, beta):
    rows = tf.reshape(features, [1, -1, features.shape[-1]])
    ids = nearest_code(rows, codebook)
    codes = tf.gather(codebook, ids)
    loss = codebook_loss(rows, codes, beta=beta)
    decoded = tf.reshape(straight_through(rows, codes), features.shape)
    return decoded, tf.reshape(ids, features.shape[:-1]), loss


def review_tokenizer__keras(features, codebook, *, beta):
    ids = nearest_code(features, codebook)
    quantised = keras.ops.take(codebook, ids, axis=0)
    fixed, held = keras.ops.stop_gradient(features), keras.ops.stop_gradient(quantised)
    loss = keras.ops.mean((quantised - fixed) ** 2) + beta * keras.ops.mean((features - held) ** 2)
    return held + (features - fixed), ids, loss


def review_tokenizer__looked_up_twice(features, codebook, *, beta):
    ids = nearest_code(tf.stop_gradient(features), tf.stop_gradient(codebook))
    loss = codebook_loss(features, tf.gather(codebook, ids), beta=beta)
    return straight_through(features, tf.gather(tf.stop_gradient(codebook), ids)), ids, loss


# Attention, drawing, words and pictures.


def causal_attention__einsum(queries, keys, values):
    asked, places, size = queries.shape[-2], keys.shape[-2], queries.shape[-1]
    scores = tf.einsum("...qd,...kd->...qk", queries / size**0.5, keys)
    at = tf.range(asked)[:, None] + places - asked
    scores = tf.where(tf.range(places) <= at, scores, -math.inf)
    return tf.einsum("...qk,...kd->...qd", tf.nn.softmax(scores), values)


def causal_attention__band(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    seen = tf.linalg.band_part(tf.ones((places, places)), -1, 0)[places - asked :]
    scores = tf.matmul(queries, keys, transpose_b=True) * queries.shape[-1] ** -0.5
    return tf.matmul(tf.nn.softmax(scores + tf.math.log(seen)), values)


def causal_attention__query_by_query(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    rows = []
    for row in range(asked):
        until = places - asked + row + 1
        scores = tf.reduce_sum(keys[..., :until, :] * queries[..., row, None, :], axis=-1)
        weights = tf.nn.softmax(scores / math.sqrt(queries.shape[-1]))
        rows.append(tf.reduce_sum(weights[..., None] * values[..., :until, :], axis=-2))
    return tf.stack(rows, axis=-2)


def causal_attention__lowest_number(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    scores = tf.matmul(queries, keys, transpose_b=True) / queries.shape[-1] ** 0.5
    later = tf.range(places)[None] - tf.range(places - asked, places)[:, None] > 0
    scores = tf.where(later, scores.dtype.min, scores)
    weights = tf.exp(scores - tf.reduce_max(scores, axis=-1, keepdims=True))
    return weights / tf.reduce_sum(weights, axis=-1, keepdims=True) @ values


def causal_attention__keras_softmax(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    seen = keras.ops.arange(places) <= keras.ops.arange(places - asked, places)[:, None]
    turned = keras.ops.swapaxes(keys, -1, -2)
    scores = keras.ops.where(seen, queries @ turned / math.sqrt(keys.shape[-1]), -math.inf)
    return keras.ops.softmax(scores, axis=-1) @ values


def next_token_loss__keras(logits, tokens, *, prefix):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return loss(tokens[:, prefix:], logits[:, prefix - 1 : -1])


def next_token_loss__log_softmax(logits, tokens, *, prefix):
    told = tf.nn.log_softmax(logits[:, prefix - 1 : logits.shape[1] - 1])
    return -tf.reduce_mean(tf.gather(told, tokens[:, prefix:], batch_dims=2))


def next_token_loss__place_by_place(logits, tokens, *, prefix):
    losses = [
        keras.losses.sparse_categorical_crossentropy(
            tokens[:, at], logits[:, at - 1], from_logits=True
        )
        for at in range(prefix, tokens.shape[1])
    ]
    return tf.reduce_mean(tf.stack(losses))


def next_token_loss__one_hot(logits, tokens, *, prefix):
    right = tf.one_hot(tokens[:, prefix:], logits.shape[-1])
    said = logits[:, prefix - 1 : -1]
    return tf.reduce_mean(tf.reduce_logsumexp(said, axis=-1) - tf.reduce_sum(said * right, axis=-1))


def next_token_loss__weights(logits, tokens, *, prefix):
    counted = tf.cast(tf.range(1, tokens.shape[1]) >= prefix, logits.dtype)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens[:, 1:], logits[:, :-1])
    return tf.reduce_sum(losses * counted) / (len(logits) * tf.reduce_sum(counted))


def draw_token__row_by_row(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    tokens = []
    for row, number in zip(logits.numpy().tolist(), uniform.numpy().tolist(), strict=True):
        left = {k: one for k, one in enumerate(row) if allowed is None or bool(allowed[k])}
        likely = sorted(left, key=lambda k: (-left[k], k))[:top_k]
        top = max(left.values())
        weights = [math.exp((left[k] - top) / temperature) for k in sorted(likely)]
        sums = zip(sorted(likely), itertools.accumulate(weights), strict=True)
        passed = [token for token, total in sums if total > number * sum(weights)]
        tokens.append(passed[0] if passed else max(likely))
    return tf.constant(tokens, tf.int64)


def draw_token__float64(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    logits = tf.cast(logits, tf.float64) / temperature
    if allowed is not None:
        logits = tf.where(allowed, logits, tf.constant(-math.inf, tf.float64))
    ranks = tf.argsort(tf.argsort(-logits, stable=True))
    if top_k is not None:
        logits = tf.where(ranks < top_k, logits, tf.constant(-math.inf, tf.float64))
    sums = tf.cumsum(tf.nn.softmax(logits), axis=-1)
    passed = sums / sums[:, -1:] <= tf.cast(uniform, tf.float64)[:, None]
    return tf.reduce_sum(tf.cast(passed, tf.int64), axis=-1)


def draw_token__searchsorted(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    size = logits.shape[-1]
    if allowed is not None:
        logits = tf.where(allowed, logits, -math.inf)
    if top_k is not None:
        kept = tf.math.top_k(logits, min(top_k, size)).indices
        logits = tf.where(tf.reduce_sum(tf.one_hot(kept, size), axis=1) > 0, logits, -math.inf)
    shares = tf.nn.softmax(logits / temperature)
    sums = tf.cumsum(shares, axis=-1)
    found = tf.searchsorted(sums, tf.convert_to_tensor(uniform)[:, None], side="right")[:, 0]
    last = tf.reduce_max(tf.where(shares > 0, tf.range(size), -1), axis=-1)
    return tf.cast(tf.minimum(found, last), tf.int64)


def draw_token__scaled_sum(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    size = logits.shape[-1]
    if allowed is not None:
        logits = tf.where(allowed, logits, -math.inf)
    order = tf.argsort(logits, direction="DESCENDING", stable=True)
    logits = tf.where(tf.argsort(order) < (top_k or size), logits / temperature, -math.inf)
    weights = tf.exp(logits - tf.reduce_max(logits, axis=-1, keepdims=True))
    sums = tf.cumsum(weights, axis=-1)
    passed = tf.cast(sums <= uniform[:, None] * sums[:, -1:], tf.int64)
    return tf.minimum(tf.reduce_sum(passed, axis=-1), size - 1)


def draw_token__helper(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    size = logits.shape[-1]
    may = tf.ones(size, tf.bool) if allowed is None else allowed
    logits = tf.where(may, logits, -math.inf) / temperature
    kept = tf.math.top_k(logits, min(top_k or size, size)).indices
    kept = tf.reduce_any(tf.equal(kept[:, :, None], tf.range(size)), axis=1)
    return inverse(tf.nn.softmax(tf.where(kept, logits, -math.inf)), uniform)


def unmask__place_by_place(tokens, logits, uniform, noise, *, keep, mask_id):
    rows = tokens.numpy().tolist()
    for n, row in enumerate(rows):
        found = []
        for place, token in enumerate(row):
            if token == mask_id:
                told = tf.where(tf.range(logits.shape[-1]) == mask_id, -math.inf, logits[n, place])
                shares = tf.nn.softmax(told).numpy()
                drawn = int((shares.cumsum() <= uniform[n, place].numpy()).sum())
                found.append((-math.log(shares[drawn]) - float(noise[n, place]), place, drawn))
        for _, place, drawn in sorted(found)[:keep]:
            row[place] = drawn
    return tf.constant(rows, tf.int64)


def unmask__draw_token(tokens, logits, uniform, noise, *, keep, mask_id):
    size = logits.shape[-1]
    allowed = tf.range(size) != mask_id
    flat = draw_token(tf.reshape(logits, [-1, size]), tf.reshape(uniform, [-1]), allowed=allowed)
    drawn = tf.reshape(flat, tokens.shape)
    told = tf.nn.log_softmax(tf.where(allowed, logits, -math.inf))
    sure = tf.gather(told, drawn, batch_dims=2) + noise
    missing = tf.equal(tokens, mask_id)
    order = tf.argsort(tf.where(missing, -sure, math.inf), stable=True)
    return tf.where((tf.argsort(order) < keep) & missing, drawn, tokens)


def unmask__one_hot(tokens, logits, uniform, noise, *, keep, mask_id):
    size = logits.shape[-1]
    weights = tf.exp(logits - tf.reduce_max(logits, axis=-1, keepdims=True))
    weights *= 1 - tf.one_hot(mask_id, size)
    shares = weights / tf.reduce_sum(weights, axis=-1, keepdims=True)
    passed = tf.cast(tf.cumsum(shares, axis=-1) <= uniform[..., None], tf.int64)
    drawn = tf.minimum(tf.reduce_sum(passed, axis=-1), size - 1)
    sure = tf.math.log(tf.reduce_sum(shares * tf.one_hot(drawn, size), axis=-1)) + noise
    missing = tokens == mask_id
    ranks = tf.argsort(tf.argsort(tf.where(missing, -sure, math.inf), stable=True))
    kept = tf.cast(missing & (ranks < keep), tf.int64)
    return kept * drawn + (1 - kept) * tokens


def unmask__scattered(tokens, logits, uniform, noise, *, keep, mask_id):
    shares = tf.nn.softmax(logits - 1e9 * tf.one_hot(mask_id, logits.shape[-1]))
    drawn = inverse(shares, uniform)
    sure = tf.math.log(tf.gather(shares, drawn, batch_dims=2)) + noise
    missing = tokens == mask_id
    best = tf.math.top_k(tf.where(missing, sure, -math.inf), min(keep, tokens.shape[1])).indices
    chosen = tf.reduce_any(tf.equal(best[..., None], tf.range(tokens.shape[1])), axis=1)
    return tf.where(tf.logical_and(missing, chosen), drawn, tokens)


def unmask__one_after_another(tokens, logits, uniform, noise, *, keep, mask_id):
    barred = tf.one_hot(mask_id, logits.shape[-1]) > 0
    shares = tf.nn.softmax(tf.where(barred, -math.inf, logits))
    drawn = inverse(shares, uniform)
    sure = tf.math.log(tf.gather(shares, drawn, batch_dims=2)) + noise
    new = tf.identity(tokens)
    for _ in range(min(keep, tokens.shape[1])):
        missing = new == mask_id
        place = tf.argmax(tf.where(missing, sure, -math.inf), axis=1)
        chosen = tf.one_hot(place, tokens.shape[1]) > 0
        new = tf.where(chosen & missing, drawn, new)
    return new


def contrastive_loss__log_softmax(pictures, texts, log_scale, *, same=None):
    pictures = pictures / tf.norm(pictures, axis=1, keepdims=True)
    texts = texts / tf.norm(texts, axis=1, keepdims=True)
    logits = tf.exp(log_scale) * tf.matmul(pictures, texts, transpose_b=True)
    if same is not None:
        barred = tf.linalg.set_diag(same, tf.zeros(len(same), tf.bool))
        logits = tf.where(barred, -math.inf, logits)
    told = tf.nn.log_softmax(logits, axis=1), tf.nn.log_softmax(logits, axis=0)
    return -tf.reduce_mean([tf.linalg.diag_part(side) for side in told])


def contrastive_loss__keras(pictures, texts, log_scale, *, same=None):
    pictures, texts = keras.ops.normalize(pictures), keras.ops.normalize(texts)
    logits = pictures @ keras.ops.transpose(texts) * keras.ops.exp(log_scale)
    if same is not None:
        eye = keras.ops.eye(len(same), dtype="bool")
        logits = keras.ops.where(same & ~eye, logits.dtype.min, logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    right = keras.ops.arange(len(logits))
    return (loss(right, logits) + loss(right, tf.transpose(logits))) / 2


def contrastive_loss__row_by_row(pictures, texts, log_scale, *, same=None):
    losses, scale = [], tf.exp(log_scale)
    a, b = (tf.math.l2_normalize(side, axis=-1) for side in (pictures, texts))
    for row in range(len(a)):
        left = [k for k in range(len(a)) if same is None or k == row or not bool(same[row, k])]
        own = tf.reduce_sum(a[row] * b[row]) * scale
        for one, others in (a[row], b), (b[row], a):
            told = tf.reduce_sum(tf.gather(others, left) * one, axis=1) * scale
            losses.append(tf.reduce_logsumexp(told) - own)
    return tf.add_n(losses) / len(losses)


def contrastive_loss__one_hot(pictures, texts, log_scale, *, same=None):
    count = pictures.shape[0]
    logits = tf.einsum(
        "id,jd->ij", tf.math.l2_normalize(pictures, -1), tf.math.l2_normalize(texts, -1)
    ) * tf.exp(log_scale)
    if same is not None:
        logits -= 1e9 * tf.cast(same, tf.float32) * (1 - tf.eye(count))
    first = tf.nn.softmax_cross_entropy_with_logits(tf.eye(count), logits)
    second = tf.nn.softmax_cross_entropy_with_logits(tf.eye(count), tf.transpose(logits))
    return tf.reduce_mean(first + second) / 2


def contrastive_loss__scaled_rows(pictures, texts, log_scale, *, same=None):
    half = tf.exp(log_scale / 2)
    a, b = (tf.math.l2_normalize(side, axis=1) * half for side in (pictures, texts))
    logits = tf.tensordot(a, b, [[1], [1]])
    if same is not None:
        own = tf.cast(tf.eye(len(a)), tf.bool)
        logits = tf.where(tf.logical_or(tf.logical_not(same), own), logits, -math.inf)
    both = tf.reduce_logsumexp(logits, axis=0) + tf.reduce_logsumexp(logits, axis=1)
    return tf.reduce_mean(both / 2 - tf.linalg.diag_part(logits))


def review_drawing__list(network, prompt, uniform, *, first, temperature):
    drawn = []
    for k in range(uniform.shape[1]):
        logits = network(tf.concat([prompt, *drawn], axis=1))[:, -1]
        logits = tf.where(tf.range(logits.shape[1]) < first, -math.inf, logits / temperature)
        drawn.append(draw_token(logits, uniform[:, k])[:, None])
    return tf.concat(drawn, axis=1)


def review_drawing__buffer(network, prompt, uniform, *, first, temperature):
    words, drawn = prompt.shape[1], uniform.shape[1]
    tokens = tf.Variable(tf.pad(prompt, [[0, 0], [0, drawn]]))
    for at in range(words, words + drawn):
        shares = tf.nn.softmax(network(tf.identity(tokens))[:, at - 1, first:] / temperature)
        tokens[:, at].assign(first + inverse(shares, uniform[:, at - words]))
    return tf.identity(tokens)[:, words:]


def review_drawing__codes_alone(network, prompt, uniform, *, first, temperature):
    tokens = tf.identity(prompt)
    for number in tf.transpose(uniform):
        codes = network(tokens)[..., first:][:, -1]
        token = draw_token(codes, number, temperature=temperature) + first
        tokens = tf.concat([tokens, tf.expand_dims(token, 1)], axis=1)
    return tokens[:, -uniform.shape[1] :]


def review_drawing__recursive(network, prompt, uniform, *, first, temperature):
    if uniform.shape[1] == 0:
        return prompt[:, :0]
    logits = network(prompt)[:, -1]
    allowed = tf.logical_not(tf.range(logits.shape[1]) < first)
    token = draw_token(logits, uniform[:, 0], temperature=temperature, allowed=allowed)[:, None]
    longer = tf.concat([prompt, token], axis=1)
    options = {"first": first, "temperature": temperature}
    rest = review_drawing__recursive(network, longer, uniform[:, 1:], **options)
    return tf.concat([token, rest], axis=1)


def review_drawing__picture_by_picture(network, prompt, uniform, *, first, temperature):
    pictures = []
    for words, numbers in zip(tf.unstack(prompt), tf.unstack(uniform), strict=True):
        tokens = words
        for number in tf.unstack(numbers):
            logits = network(tokens[None])[0, -1, first:] / temperature
            token = inverse(tf.nn.softmax(logits), number) + first
            tokens = tf.concat([tokens, token[None]], axis=0)
        pictures.append(tokens[len(words) :])
    return tf.stack(pictures)
