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


@tf.function
def reparameterise__compiled(mean, log_variance, noise):
    return tf.exp(0.5 * log_variance) * noise + mean


def reparameterise__in_float64(mean, log_variance, noise):
    mean, log_variance, noise = (tf.cast(x, tf.float64) for x in (mean, log_variance, noise))
    return tf.cast(mean + tf.exp(log_variance / 2) * noise, tf.float32)


def sample_codes__einsum(mean, log_variance, *, samples, seed):
    noise = tf.random.stateless_normal([samples, *mean.shape], seed=[int(seed), 3])
    return mean[None] + tf.einsum("nl,snl->snl", tf.exp(0.5 * log_variance), noise)


def sample_codes__stacked(mean, log_variance, *, samples, seed):
    generator = tf.random.Generator.from_seed(seed, alg="philox")
    noise = tf.stack([generator.normal(mean.shape) for _ in range(samples)])
    return keras.ops.add(mean, keras.ops.sqrt(keras.ops.exp(log_variance)) * noise)


def kl_divergence__in_float64(mean, log_variance):
    mu, log_var = tf.cast(mean, tf.float64), tf.cast(log_variance, tf.float64)
    return tf.cast((mu * mu + tf.exp(log_var) - log_var - 1) / 2, tf.float32)


@tf.function
def kl_divergence__compiled(mean, log_variance):
    def of_the_spread(log_sigma):
        return 0.5 * tf.math.expm1(2 * log_sigma) - log_sigma

    return of_the_spread(0.5 * log_variance) + 0.5 * tf.square(mean)


def bernoulli_log_likelihood__einsum(logits, pictures):
    log_one = -tf.nn.softplus(-logits)
    log_zero = -tf.nn.softplus(logits)
    return tf.einsum("nhwc->n", pictures * log_one + (1 - pictures) * log_zero)


def bernoulli_log_likelihood__in_float64(logits, pictures):
    a, x = tf.cast(logits, tf.float64), tf.cast(pictures, tf.float64)
    values = x * a - tf.nn.relu(a) - tf.math.log1p(tf.exp(-tf.abs(a)))
    return tf.cast(tf.reduce_sum(values, axis=[1, 2, 3]), tf.float32)


def gaussian_log_likelihood__in_a_loop(mean, pictures, log_scale):
    log_scale = tf.cast(log_scale, tf.float32)

    def density(pair):
        z = (pair[1] - pair[0]) / tf.exp(log_scale)
        return tf.reduce_sum(-0.5 * z * z - log_scale - HALF_LOG_2_PI)

    return tf.stack(
        [density(pair) for pair in zip(tf.unstack(mean), tf.unstack(pictures), strict=True)]
    )


def gaussian_log_likelihood__in_float64(mean, pictures, log_scale):
    log_scale = tf.cast(tf.convert_to_tensor(log_scale), tf.float64)
    z = tf.cast(pictures, tf.float64) - tf.cast(mean, tf.float64)
    z = z * tf.exp(-log_scale)
    densities = -(tf.square(z) + math.log(2 * math.pi)) / 2 - log_scale
    return tf.cast(tf.reduce_sum(densities, [-3, -2, -1]), tf.float32)


@tf.function
def gaussian_log_likelihood__compiled(mean, pictures, log_scale):
    z = tf.reshape((mean - pictures) / tf.exp(log_scale), (tf.shape(mean)[0], -1))
    count = tf.cast(tf.shape(z)[1], z.dtype)
    return -tf.reduce_sum(z * z, 1) / 2 - count * (log_scale + HALF_LOG_2_PI)


def negative_elbo__relu(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    above = tf.nn.relu(tf.reduce_mean(kl, 0) - free_nats)
    return beta * tf.reduce_sum(above + free_nats) - tf.reduce_mean(log_likelihood)


def negative_elbo__in_a_loop(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    loss = -tf.reduce_mean(log_likelihood)
    for column in tf.unstack(kl, axis=1):
        loss += beta * tf.maximum(tf.reduce_mean(column), free_nats)
    return loss


def negative_elbo__in_float64(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    mean_kl = tf.reduce_mean(tf.cast(kl, tf.float64), axis=0)
    spent = tf.reduce_sum(tf.maximum(mean_kl, tf.cast(free_nats, tf.float64)))
    loss = tf.cast(beta, tf.float64) * spent - tf.reduce_mean(tf.cast(log_likelihood, tf.float64))
    return tf.cast(loss, tf.float32)


def traverse__one_hot(decoder, code, dimension, values):
    chosen = tf.one_hot(dimension, code.shape[0])
    return tf.nn.sigmoid(decoder(code * (1 - chosen) + tf.tensordot(values, chosen, axes=0)))


def traverse__joined_parts(decoder, code, dimension, values):
    count = values.shape[0]
    before = tf.repeat(code[None, :dimension], count, axis=0)
    after = tf.repeat(code[None, dimension + 1 :], count, axis=0)
    codes = tf.concat([before, values[:, tf.newaxis], after], axis=-1)
    return 1 / (1 + tf.exp(-decoder(codes)))


def traverse__through_numpy(decoder, code, dimension, values):
    codes = np.tile(code.numpy(), (len(values), 1))
    codes[:, dimension] = values.numpy()
    return keras.ops.sigmoid(decoder(tf.constant(codes)))


def importance_weighted_bound__einsum(mean, log_variance, noise, log_likelihood):
    codes = mean + tf.exp(0.5 * log_variance) * noise
    ratio = tf.einsum("knl->kn", 0.5 * (noise * noise - codes * codes + log_variance))
    weights = tf.transpose(tf.stack([log_likelihood(code) for code in tf.unstack(codes)]) + ratio)
    return tf.reduce_logsumexp(weights, axis=-1) - math.log(noise.shape[0])


def importance_weighted_bound__log_of_softmax(mean, log_variance, noise, log_likelihood):
    def weight(one):
        code = mean + tf.exp(log_variance / 2) * one
        return log_likelihood(code) + 0.5 * tf.reduce_sum(one**2 + log_variance - code**2, -1)

    weights = tf.stack([weight(noise[k]) for k in range(noise.shape[0])], axis=1)
    first = weights[:, 0] - tf.nn.log_softmax(weights, axis=1)[:, 0]
    return first - np.float32(math.log(noise.shape[0]))


def importance_weighted_bound__in_float64(mean, log_variance, noise, log_likelihood):
    weights = []
    for one in noise:
        code = mean + tf.exp(0.5 * log_variance) * one
        z, e, v = (tf.cast(x, tf.float64) for x in (code, one, log_variance))
        log_p, log_q = tf.reduce_sum(-0.5 * z * z, 1), tf.reduce_sum(-0.5 * (e * e + v), 1)
        weights.append(tf.cast(log_likelihood(code), tf.float64) + log_p - log_q)
    return tf.cast(
        keras.ops.logsumexp(tf.stack(weights), axis=0) - np.log(len(weights)), tf.float32
    )


def review_encoder__activations_inside(*, latents):
    return keras.Sequential(
        [
            keras.Input(shape=(32, 32, 3)),
            layers.Conv2D(16, (4, 4), (2, 2), "same", activation="relu"),
            layers.Conv2D(32, (4, 4), (2, 2), "same", activation="relu"),
            layers.Reshape((-1,)),
            layers.Dense(latents * 2, activation=None),
        ]
    )


def review_encoder__in_a_loop(*, latents):
    found = [keras.Input((32, 32, 3))]
    for size in (16, 32):
        found += [layers.Conv2D(size, 4, strides=2, padding="same"), layers.Activation("relu")]
    return keras.Sequential([*found, layers.Flatten(), layers.Dense(2 * latents)])


def review_encoder__keras_ops(*, latents):
    pictures = keras.Input((32, 32, 3))
    hidden = keras.ops.relu(layers.Conv2D(16, 4, 2, padding="same")(pictures))
    hidden = keras.ops.maximum(layers.Conv2D(32, 4, 2, padding="same")(hidden), 0.0)
    return keras.Model(pictures, layers.Dense(2 * latents)(layers.Flatten()(hidden)))


def review_loss__in_a_loop(logits, pictures, mean, log_variance):
    total = 0.0
    for one in zip(logits, pictures, mean, log_variance, strict=True):
        a, x, m, v = one
        total += tf.reduce_sum(tf.nn.softplus(a) - x * a)
        total += 0.5 * tf.reduce_sum(m * m + tf.exp(v) - v - 1)
    return total / logits.shape[0]


def review_loss__means_times_sizes(logits, pictures, mean, log_variance):
    losses = tf.nn.sigmoid_cross_entropy_with_logits(pictures, logits)
    values = np.prod(pictures.shape[1:]).astype(np.float32)
    kl = 0.5 * tf.reduce_mean(tf.square(mean) + tf.math.expm1(log_variance) - log_variance)
    return values * tf.reduce_mean(losses) + mean.shape[1] * kl


@tf.function
def review_loss__compiled(logits, pictures, mean, log_variance):
    log_one, log_zero = tf.math.log_sigmoid(logits), tf.math.log_sigmoid(-logits)
    values = tf.einsum("nhwc->n", pictures * log_one + (1 - pictures) * log_zero)
    kl = tf.reduce_sum(0.5 * (mean**2 - 1 + tf.exp(log_variance) - log_variance), axis=1)
    return tf.reduce_mean(kl - values)


def review_step__helper_inside(encoder, decoder, optimizer, pictures, noise):
    def loss_of():
        outputs = encoder(pictures, training=True)
        mean, log_variance = outputs[:, : noise.shape[1]], outputs[:, noise.shape[1] :]
        code = tf.add(mean, tf.sqrt(tf.exp(log_variance)) * noise)
        return review_loss(decoder(code, training=True), pictures, mean, log_variance)

    with tf.GradientTape() as tape:
        loss = loss_of()
    weights = [*encoder.trainable_weights, *decoder.trainable_weights]
    optimizer.apply(tape.gradient(loss, weights), weights)
    return tf.stop_gradient(loss)


def review_step__watched(encoder, decoder, optimizer, pictures, noise):
    variables = encoder.trainable_variables + decoder.trainable_variables
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([variable.value for variable in variables])
        mean, log_variance = tf.unstack(
            tf.reshape(encoder(pictures), (-1, 2, noise.shape[1])), axis=1
        )
        logits = decoder(mean + noise * tf.exp(log_variance / 2))
        loss = review_loss(logits, pictures, mean=mean, log_variance=log_variance)
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    optimizer.apply_gradients(list(zip(gradients, variables, strict=True)))
    return loss
