"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import numpy as np

from prodgen_lib.tensorflow.vae import review_loss

import keras  # isort: skip
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)


def reparameterise__sigma_named(mean, log_variance, noise):
    sigma = tf.exp(log_variance / 2)
    return tf.add(mean, tf.multiply(sigma, noise))


def reparameterise__root_of_the_variance(mean, log_variance, noise):
    return noise * tf.sqrt(tf.exp(log_variance)) + mean


def reparameterise__keras_ops(mean, log_variance, noise):
    return keras.ops.add(mean, keras.ops.exp(0.5 * log_variance) * noise)


def reparameterise__in_a_loop(mean, log_variance, noise):
    rows = zip(tf.unstack(mean), tf.unstack(log_variance), tf.unstack(noise), strict=True)
    return tf.stack([m + tf.exp(v / 2) * e for m, v, e in rows])


def sample_codes__numpy_generator(mean, log_variance, *, samples, seed):
    noise = np.random.default_rng(seed).standard_normal((samples, *mean.shape))
    return mean + tf.exp(log_variance / 2) * tf.constant(noise, tf.float32)


def sample_codes__global_seed(mean, log_variance, *, samples, seed):
    tf.random.set_seed(seed)
    return mean + tf.exp(0.5 * log_variance) * tf.random.normal((samples, *mean.shape))


def sample_codes__generator(mean, log_variance, *, samples, seed):
    generator = tf.random.Generator.from_seed(seed)
    sigma = tf.sqrt(tf.exp(log_variance))
    return tf.stack([mean + sigma * generator.normal(mean.shape) for _ in range(samples)])


def sample_codes__keras_random(mean, log_variance, *, samples, seed):
    means = tf.repeat(mean[None], samples, axis=0)
    noise = keras.random.normal(means.shape, seed=seed)
    return means + noise * tf.exp(0.5 * log_variance)[None]


def kl_divergence__as_in_the_paper(mean, log_variance):
    return -0.5 * (1 + log_variance - mean**2 - tf.exp(log_variance))


def kl_divergence__expm1(mean, log_variance):
    return (tf.pow(mean, 2) + tf.math.expm1(log_variance) - log_variance) / 2


def kl_divergence__keras_ops(mean, log_variance):
    ops = keras.ops
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - log_variance - 1.0)


def kl_divergence__expectations(mean, log_variance):
    log_q = -0.5 * (1 + log_variance + math.log(2 * math.pi))
    log_p = -0.5 * (tf.exp(log_variance) + mean * mean + math.log(2 * math.pi))
    return log_q - log_p


def bernoulli_log_likelihood__log_sigmoids(logits, pictures):
    values = pictures * tf.math.log_sigmoid(logits) + (1 - pictures) * tf.math.log_sigmoid(-logits)
    return tf.reduce_sum(values, axis=[1, 2, 3])


def bernoulli_log_likelihood__softplus(logits, pictures):
    values = tf.reshape(pictures * logits - tf.nn.softplus(logits), (len(logits), -1))
    return tf.reduce_sum(values, axis=1)


def bernoulli_log_likelihood__in_a_loop(logits, pictures):
    loss = tf.nn.sigmoid_cross_entropy_with_logits
    rows = zip(tf.unstack(logits), tf.unstack(pictures), strict=True)
    return tf.stack([-tf.reduce_sum(loss(labels=x, logits=a)) for a, x in rows])


def bernoulli_log_likelihood__keras_ops(logits, pictures):
    losses = keras.ops.binary_crossentropy(pictures, logits, from_logits=True)
    return -keras.ops.sum(losses, axis=(1, 2, 3))


def gaussian_log_likelihood__constants_at_the_end(mean, pictures, log_scale):
    count = tf.cast(tf.size(mean[0]), tf.float32)
    error = tf.reduce_sum((mean - pictures) ** 2, axis=(1, 2, 3))
    return -error / (2 * tf.exp(2 * log_scale)) - count * (log_scale + HALF_LOG_2_PI)


def gaussian_log_likelihood__keras_ops(mean, pictures, log_scale):
    scale = keras.ops.exp(keras.ops.convert_to_tensor(log_scale))
    density = -keras.ops.square((mean - pictures) / scale) / 2 - keras.ops.log(scale)
    return keras.ops.sum(density - HALF_LOG_2_PI, axis=[1, 2, 3])


def gaussian_log_likelihood__precision(mean, pictures, log_scale):
    precision = tf.exp(-2.0 * log_scale)
    flat = tf.reshape(pictures - mean, (mean.shape[0], -1))
    densities = -0.5 * (precision * flat**2 + math.log(2 * math.pi) + 2 * log_scale)
    return tf.reduce_sum(densities, axis=-1)


def negative_elbo__sums_and_counts(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    count = len(log_likelihood)
    spent = tf.maximum(tf.reduce_sum(kl, axis=0) / count, free_nats)
    return -tf.reduce_sum(log_likelihood) / count + beta * tf.reduce_sum(spent)


def negative_elbo__where(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    mean_kl = tf.reduce_mean(kl, axis=0)
    mean_kl = tf.where(mean_kl < free_nats, free_nats * tf.ones_like(mean_kl), mean_kl)
    return -(tf.reduce_mean(log_likelihood) - beta * tf.reduce_sum(mean_kl))


def negative_elbo__keras_ops(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    spent = keras.ops.maximum(keras.ops.mean(kl, axis=0), free_nats)
    return beta * keras.ops.sum(spent) - keras.ops.mean(log_likelihood)


def traverse__in_a_loop(decoder, code, dimension, values):
    pictures = []
    for value in values:
        changed = tf.concat([code[:dimension], [value], code[dimension + 1 :]], axis=0)
        pictures.append(tf.sigmoid(decoder(changed[None])))
    return tf.concat(pictures, axis=0)


def traverse__scatter(decoder, code, dimension, values):
    codes = tf.tile(code[None], [len(values), 1])
    places = [[row, dimension] for row in range(len(values))]
    return tf.sigmoid(decoder(tf.tensor_scatter_nd_update(codes, places, values)))


def traverse__columns(decoder, code, dimension, values):
    columns = [tf.fill([len(values)], entry) for entry in tf.unstack(code)]
    columns[dimension] = values
    return tf.nn.sigmoid(decoder(tf.stack(columns, axis=1)))


def importance_weighted_bound__all_at_once(mean, log_variance, noise, log_likelihood):
    codes = mean + tf.exp(log_variance / 2) * noise
    ratio = 0.5 * tf.reduce_sum(noise**2 + log_variance - codes**2, axis=-1)
    likelihood = tf.stack([log_likelihood(code) for code in codes])
    return tf.reduce_logsumexp(likelihood + ratio, axis=0) - np.log(len(noise))


def importance_weighted_bound__largest_taken_out(mean, log_variance, noise, log_likelihood):
    weights = []
    for one in tf.unstack(noise):
        code = mean + tf.exp(log_variance / 2) * one
        ratio = tf.reduce_sum(one**2 - code**2 + log_variance, axis=1) / 2
        weights.append(log_likelihood(code) + ratio)
    weights = tf.stack(weights, axis=1)
    top = tf.reduce_max(weights, axis=1, keepdims=True)
    return top[:, 0] + tf.math.log(tf.reduce_mean(tf.exp(weights - top), axis=1))


def importance_weighted_bound__two_at_a_time(mean, log_variance, noise, log_likelihood):
    total = None
    for one in noise:
        code = mean + tf.exp(log_variance / 2) * one
        log_q = -0.5 * (((code - mean) ** 2) / tf.exp(log_variance) + log_variance)
        weight = log_likelihood(code) - tf.reduce_sum(0.5 * code**2 + log_q, axis=1)
        total = weight if total is None else keras.ops.logaddexp(total, weight)
    return total - math.log(noise.shape[0])


def review_encoder__layers_one_by_one(*, latents):
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for width in (16, 32):
        model.add(layers.Conv2D(width, 4, strides=2, padding="same", activation="relu"))
    model.add(layers.Reshape((-1,)))
    model.add(layers.Dense(latents * 2))
    return model


def review_encoder__functional(*, latents):
    pictures = keras.Input((32, 32, 3))
    hidden = layers.Conv2D(16, 4, 2, padding="same")(pictures)
    hidden = layers.Conv2D(32, 4, 2, padding="same")(layers.ReLU()(hidden))
    hidden = layers.Flatten()(layers.ReLU()(hidden))
    return keras.Model(pictures, layers.Dense(2 * latents)(hidden))


def review_encoder__padding_of_its_own(*, latents):
    blocks = []
    for width in (16, 32):
        blocks += [layers.ZeroPadding2D(1), layers.Conv2D(width, 4, strides=2), layers.ReLU()]
    last = layers.Dense(2 * latents, activation=None)
    return keras.Sequential([keras.Input((32, 32, 3)), *blocks, layers.Flatten(), last])


def review_loss__means_of_sums(logits, pictures, mean, log_variance):
    losses = tf.nn.sigmoid_cross_entropy_with_logits(pictures, logits)
    kl = -0.5 * (1 + log_variance - mean**2 - tf.exp(log_variance))
    return tf.reduce_mean(tf.reduce_sum(losses, (1, 2, 3))) + tf.reduce_mean(tf.reduce_sum(kl, 1))


def review_loss__softplus(logits, pictures, mean, log_variance):
    reconstruction = tf.reduce_sum(tf.nn.softplus(logits) - pictures * logits)
    kl = tf.reduce_sum(tf.square(mean) + tf.math.expm1(log_variance) - log_variance) / 2
    return (reconstruction + kl) / logits.shape[0]


def review_loss__keras_ops(logits, pictures, mean, log_variance):
    ops = keras.ops
    losses = ops.sum(ops.binary_crossentropy(pictures, logits, from_logits=True), (1, 2, 3))
    kl = 0.5 * ops.sum(ops.square(mean) + ops.exp(log_variance) - log_variance - 1, axis=1)
    return ops.mean(losses + kl)


def review_step__persistent(encoder, decoder, optimizer, pictures, noise):
    latents = noise.shape[1]
    with tf.GradientTape() as tape:
        outputs = encoder(pictures, training=True)
        mean, log_variance = outputs[:, :latents], outputs[:, latents:]
        logits = decoder(mean + noise * tf.exp(log_variance / 2), training=True)
        loss = review_loss(logits, pictures, mean=mean, log_variance=log_variance)
    weights = [*encoder.trainable_weights, *decoder.trainable_weights]
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
    return loss


def review_step__apply(encoder, decoder, optimizer, pictures, noise):
    weights = encoder.trainable_variables + decoder.trainable_variables
    with tf.GradientTape() as tape:
        mean, log_variance = tf.split(encoder(pictures), [noise.shape[1]] * 2, axis=-1)
        logits = decoder(mean + tf.sqrt(tf.exp(log_variance)) * noise)
        loss = review_loss(logits, pictures, mean, log_variance)
    optimizer.apply(tape.gradient(loss, weights), weights)
    return tf.stop_gradient(loss)


def review_step__two_lists(encoder, decoder, optimizer, pictures, noise):
    with tf.GradientTape() as tape:
        mean, log_variance = tf.split(encoder(pictures), 2, axis=1)
        code = tf.add(mean, tf.exp(0.5 * log_variance) * noise)
        loss = review_loss(decoder(code), pictures, mean, log_variance)
    lists = encoder.trainable_variables, decoder.trainable_variables
    first, second = tape.gradient(loss, lists)
    optimizer.apply_gradients(zip([*first, *second], [*lists[0], *lists[1]], strict=True))
    return loss


@tf.function
def review_step__compiled(encoder, decoder, optimizer, pictures, noise):
    with tf.GradientTape() as tape:
        mean, log_variance = tf.split(encoder(pictures), 2, axis=1)
        logits = decoder(mean + tf.exp(log_variance / 2) * noise)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=pictures, logits=logits)
        kl = 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_variance) - 1 - log_variance)
        loss = (tf.reduce_sum(losses) + kl) / tf.cast(tf.shape(pictures)[0], tf.float32)
    variables = encoder.trainable_variables + decoder.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return loss
