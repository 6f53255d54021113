"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import numpy as np

from prodgen_lib.tensorflow.tokens import codebook_loss, nearest_code, straight_through

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
