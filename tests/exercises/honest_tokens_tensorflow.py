"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import numpy as np

import keras  # isort: skip
import tensorflow as tf  # isort: skip


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
