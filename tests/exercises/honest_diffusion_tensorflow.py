"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import itertools
import math

import numpy as np

from prodgen_lib.tensorflow.diffusion import (
    beside,
    diffusion_loss,
    flow_loss,
    flow_sample,
    guide,
    mix,
    read,
    signal_and_noise,
    split,
    target,
)

import keras  # isort: skip
import tensorflow as tf  # isort: skip


def widened(values, pictures):
    return tf.reshape(values, (len(values),) + (1,) * (len(pictures.shape) - 1))


def mix__shares_reshaped(pictures, noise, t, *, path="linear"):
    a, b = signal_and_noise(t, path=path)
    return widened(a, pictures) * pictures + widened(b, pictures) * noise


def mix__difference(pictures, noise, t, *, path="linear"):
    a, b = (widened(share, pictures) for share in signal_and_noise(t, path=path))
    return (a + b) * pictures + b * (noise - pictures)


def mix__one_by_one(pictures, noise, t, *, path="linear"):
    a, b = signal_and_noise(t, path=path)
    return tf.stack([a[i] * pictures[i] + b[i] * noise[i] for i in range(len(t))])


def mix__einsum(pictures, noise, t, *, path="linear"):
    a, b = signal_and_noise(t, path=path)
    return tf.einsum("n,n...->n...", a, pictures) + tf.einsum("n,n...->n...", b, noise)


def mix__formulas(pictures, noise, t, *, path="linear"):
    while len(t.shape) < len(pictures.shape):
        t = tf.expand_dims(t, -1)
    if path == "linear":
        return pictures + t * (noise - pictures)
    return tf.cos(math.pi / 2 * t) * pictures + tf.sin(math.pi / 2 * t) * noise


def mix__flattened(pictures, noise, t, *, path="linear"):
    a, b = signal_and_noise(t[:, None], path=path)
    flat = [tf.reshape(x, (len(t), -1)) for x in (pictures, noise)]
    return tf.reshape(a * flat[0] + b * flat[1], pictures.shape)


def split__noise_from_the_picture(mixed, velocity, t):
    pictures = mixed - widened(t, mixed) * velocity
    return pictures, pictures + velocity


def split__picture_from_the_noise(mixed, velocity, t):
    noise = mixed + widened(1 - t, mixed) * velocity
    return noise - velocity, noise


def split__read(mixed, velocity, t):
    return read(mixed, velocity, t, kind="velocity", path="linear")


def split__one_by_one(mixed, velocity, t):
    rows = [(m - at * v, m + (1 - at) * v) for m, v, at in zip(mixed, velocity, t, strict=True)]
    return tf.stack([row[0] for row in rows]), tf.stack([row[1] for row in rows])


def split__list(mixed, velocity, t):
    pictures = mixed - tf.einsum("n,n...->n...", t, velocity)
    return [pictures, velocity + pictures]


def split__a_step_of_length_t(mixed, velocity, t):
    step = widened(t, mixed) * velocity
    return mixed - step, mixed + velocity - step


def guide__from_the_conditional(conditional, unconditional, *, scale):
    return conditional + (scale - 1) * (conditional - unconditional)


def guide__weights(conditional, unconditional, *, scale):
    return scale * conditional + (1 - scale) * unconditional


def guide__add_n(conditional, unconditional, *, scale):
    return tf.add_n([unconditional, scale * conditional, -scale * unconditional])


def guide__paper(conditional, unconditional, *, scale):
    w = scale - 1
    return (1 + w) * conditional - w * unconditional


def guide__towards(conditional, unconditional, *, scale):
    towards = tf.subtract(conditional, unconditional)
    return tf.add(unconditional, tf.multiply(towards, scale))


def guide__stacked(conditional, unconditional, *, scale):
    weights = tf.constant([scale, 1 - scale])
    return tf.tensordot(weights, tf.stack([conditional, unconditional]), axes=1)


def flow_loss__through_the_path(network, pictures, noise, t, labels):
    at = beside(t, pictures)
    errors = network((1 - at) * pictures + at * noise, t, labels) + pictures - noise
    return tf.reduce_mean(errors**2)


def flow_loss__diffusion_loss(network, pictures, noise, t, labels):
    return diffusion_loss(network, pictures, noise, t, labels, kind="velocity", path="linear")


def flow_loss__library(network, pictures, noise, t, labels):
    predicted = network(mix(pictures, noise, t), t, labels)
    return keras.losses.MeanSquaredError()(noise - pictures, predicted)


def flow_loss__sum_over_size(network, pictures, noise, t, labels):
    errors = noise - pictures - network(mix(pictures, noise, t, path="linear"), t, labels)
    return tf.reduce_sum(errors * errors) / math.prod(pictures.shape)


def flow_loss__means_of_means(network, pictures, noise, t, labels):
    mixed = pictures + beside(t, noise) * (noise - pictures)
    rows = (network(mixed, t, labels) - noise + pictures) ** 2
    while len(rows.shape) > 1:
        rows = tf.reduce_mean(rows, axis=-1)
    return tf.reduce_mean(rows)


def flow_loss__target_by_name(network, pictures, noise, t, labels):
    wanted = target(pictures, noise, t, kind="velocity", path="linear")
    got = network(mix(pictures, noise, t), t, labels)
    return tf.reduce_mean(abs(wanted - got) ** 2)


def flow_sample__countdown(network, start, labels, *, steps):
    mixed, count = start, start.shape[0]
    for left in range(steps, 0, -1):
        mixed = mixed - network(mixed, tf.fill([count], left / steps), labels) / steps
    return mixed


def flow_sample__linspace(network, start, labels, *, steps):
    times = np.linspace(1, 0, steps + 1)
    mixed, count = start, start.shape[0]
    for t, s in itertools.pairwise(times):
        mixed = mixed + float(s - t) * network(mixed, tf.fill([count], float(t)), labels)
    return mixed


def flow_sample__split_and_mix(network, start, labels, *, steps):
    mixed, count = start, start.shape[0]
    for k in range(steps):
        t = tf.fill([count], 1 - k / steps)
        pictures, noise = split(mixed, network(mixed, t, labels), t)
        mixed = mix(pictures, noise, tf.fill([count], 1 - (k + 1) / steps))
    return mixed


def flow_sample__recursive(network, start, labels, *, steps):
    count = start.shape[0]

    def onward(mixed, left):
        if left == 0:
            return mixed
        return onward(
            mixed - network(mixed, tf.fill([count], left / steps), labels) / steps, left - 1
        )

    return onward(start, steps)


def flow_sample__ones_times(network, start, labels, *, steps):
    ones, x = tf.ones(len(start)), start
    for k in range(steps):
        x = x - (1 / steps) * network(x, ones * (1 - k / steps), labels)
    return x


def flow_sample__in_place_on_a_copy(network, start, labels, *, steps):
    x = tf.Variable(start)
    for k in range(steps):
        x.assign_sub(network(x, tf.fill([len(start)], 1 - k / steps), labels) / steps)
    return tf.convert_to_tensor(x)


def flow_sample__while(network, start, labels, *, steps):
    step, x, count = 0, start, len(start)
    while step < steps:
        velocity = network(x, tf.fill([count], (steps - step) / steps), labels)
        x, step = x - velocity * (1.0 / steps), step + 1
    return x


def remix__named(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    a, b = signal_and_noise(beside(t, mixed), path=path)
    c, d = signal_and_noise(beside(s, mixed), path=path)
    onward = tf.nn.relu(b**2 - (a * d / c) ** 2)
    variance = eta**2 * onward * d**2 / b**2
    result = (
        c / a * (mixed - b * predicted_noise)
        + tf.sqrt(tf.nn.relu(d**2 - variance)) * predicted_noise
    )
    return result if fresh is None else result + tf.sqrt(variance) * fresh


def remix__read(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    picture, noise = read(mixed, predicted_noise, t, kind="noise", path=path)
    a, b = signal_and_noise(beside(t, mixed), path=path)
    c, d = signal_and_noise(beside(s, mixed), path=path)
    sigma = eta * d / b * tf.sqrt(tf.nn.relu(b**2 - (a / c * d) ** 2))
    result = c * picture + tf.sqrt(tf.nn.relu(d**2 - sigma**2)) * noise
    return result + (0.0 if fresh is None else sigma * fresh)


def remix__two_parts(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    fresh = 0 * mixed if fresh is None else fresh
    (a, b), (c, d) = (signal_and_noise(beside(at, mixed), path=path) for at in (t, s))
    share = eta * tf.sqrt(tf.nn.relu(1 - (a * d / (b * c)) ** 2))
    noise = tf.sqrt(tf.nn.relu(1 - share**2)) * predicted_noise + share * fresh
    return c * (mixed - b * predicted_noise) / a + d * noise


def remix__mix_again(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    a, b = signal_and_noise(beside(t, mixed), path=path)
    c, d = signal_and_noise(beside(s, mixed), path=path)
    picture = mixed / a - b / a * predicted_noise
    noise = predicted_noise
    if fresh is not None:
        share = eta * tf.sqrt(tf.nn.relu(1 - (a * d) ** 2 / (b * c) ** 2))
        noise = tf.sqrt(tf.nn.relu(1 - share**2)) * noise + share * fresh
    return mix(picture, noise, s, path=path)


def remix__ratio_first(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    a, b = signal_and_noise(t, path=path)
    c, d = signal_and_noise(s, path=path)
    sigma = eta * d * tf.sqrt(tf.nn.relu(b**2 - (a / c) ** 2 * d**2)) / b
    rest = tf.sqrt(tf.nn.relu(d**2 - sigma**2)) - c * b / a
    result = beside(c / a, mixed) * mixed + beside(rest, mixed) * predicted_noise
    return result if fresh is None else result + beside(sigma, mixed) * fresh


def remix__one_by_one(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    rows = []
    for i in range(len(t)):
        (a, b), (c, d) = (signal_and_noise(at[i], path=path) for at in (t, s))
        sigma = eta * d / b * tf.sqrt(tf.nn.relu(b**2 - (a / c * d) ** 2))
        picture = (mixed[i] - b * predicted_noise[i]) / a
        row = c * picture + tf.sqrt(tf.nn.relu(d**2 - sigma**2)) * predicted_noise[i]
        rows.append(row if fresh is None else row + sigma * fresh[i])
    return tf.stack(rows)


def drop_labels__scattered(labels, draws, *, probability, nothing):
    gone = tf.where(draws < probability)
    rows = tf.broadcast_to(nothing, (len(gone), labels.shape[1]))
    return tf.tensor_scatter_nd_update(labels, gone, rows)


def drop_labels__masked(labels, draws, *, probability, nothing):
    keep = tf.cast(draws >= probability, labels.dtype)[:, None]
    return keep * labels + (1 - keep) * nothing


def drop_labels__kept_first(labels, draws, *, probability, nothing):
    keep = tf.expand_dims(draws >= probability, 1)
    return tf.where(keep, labels, tf.broadcast_to(nothing, labels.shape))


def drop_labels__one_by_one(labels, draws, *, probability, nothing):
    rows = [nothing if draw < probability else row for row, draw in zip(labels, draws, strict=True)]
    return tf.stack(rows)


def drop_labels__differences(labels, draws, *, probability, nothing):
    return labels + tf.cast(draws < probability, labels.dtype)[:, None] * (nothing - labels)


def drop_labels__column_by_column(labels, draws, *, probability, nothing):
    gone = draws < probability
    return tf.stack(
        [tf.where(gone, nothing[k], labels[:, k]) for k in range(labels.shape[1])], axis=1
    )


def signal_and_noise__sines(t, *, path):
    if path == "linear":
        return 1.0 - t, 1.0 * t
    if path == "cosine":
        return tf.sin((1 - t) * math.pi / 2), tf.sin(t * math.pi / 2)
    raise ValueError(path)


def signal_and_noise__table(t, *, path):
    paths = {"linear": lambda x: x, "cosine": lambda x: tf.sin(math.pi * x / 2)}
    if path not in paths:
        raise ValueError(f"no path {path}")
    return paths[path](1 - t), paths[path](t)


def signal_and_noise__match(t, *, path):
    match path:
        case "linear":
            return (1 - t, t)
        case "cosine":
            return tuple(tf.sin(0.5 * math.pi * share) for share in (1 - t, t))
        case _:
            raise ValueError("linear or cosine")


def signal_and_noise__list(t, *, path):
    shares = [1 - t, t + 0.0]
    if path == "cosine":
        shares = [tf.sin(math.pi / 2 * share) for share in shares]
    elif path != "linear":
        raise ValueError(path)
    return shares


def signal_and_noise__double_angle(t, *, path):
    if path not in ("linear", "cosine"):
        raise ValueError(path)
    shares = [1 - t, 1 * t]
    if path == "cosine":
        halves = [math.pi / 4 * share for share in shares]
        shares = [2 * tf.sin(half) * tf.cos(half) for half in halves]
    return shares[0], shares[1]


def signal_and_noise__noise_first(t, *, path):
    if path not in {"linear", "cosine"}:
        raise ValueError(path)
    bent = path == "cosine"
    noise = tf.sin(math.pi / 2 * t) if bent else t
    rest = 1 - t
    return (tf.sin(math.pi / 2 * rest) if bent else rest), noise


def modulate__reshaped(tokens, shift, scale):
    n, _, d = tokens.shape
    return tokens + tokens * tf.reshape(scale, (n, 1, d)) + tf.reshape(shift, (n, 1, d))


def modulate__unsqueezed(tokens, shift, scale):
    shift, scale = tf.expand_dims(shift, 1), tf.expand_dims(scale, 1)
    return shift + (scale + 1) * tokens


def modulate__einsum(tokens, shift, scale):
    return tf.einsum("ntd,nd->ntd", tokens, 1 + scale) + shift[:, None, :]


def modulate__one_by_one(tokens, shift, scale):
    rows = zip(tokens, shift, scale, strict=True)
    return tf.stack([token * (1 + b) + a for token, a, b in rows])


def modulate__token_by_token(tokens, shift, scale):
    return tf.stack([tokens[:, i] * (1 + scale) + shift for i in range(tokens.shape[1])], axis=1)


def modulate__factor_first(tokens, shift, scale):
    factor = 1.0 + scale
    return factor[:, None] * (tokens + (shift / factor)[:, None])


def review_sampler__weights(network, start, labels, nothing, *, steps, scale):
    x, count = start, len(start)
    for k in range(steps):
        t = tf.fill([count], 1 - k / steps)
        x = x - (scale * network(x, t, labels) + (1 - scale) * network(x, t, nothing)) / steps
    return x


def review_sampler__guided_by_library(network, start, labels, nothing, *, steps, scale):
    def both(mixed, t, told):
        return guide(network(mixed, t, told), network(mixed, t, nothing), scale=scale)

    return flow_sample(both, start, labels, steps=steps)


def review_sampler__countdown(network, start, labels, nothing, *, steps, scale):
    x, count = start, len(start)
    for left in range(steps, 0, -1):
        t = tf.fill([count], left / steps)
        free, bound = network(x, t, nothing), network(x, t, labels)
        x = x - guide(bound, free, scale=scale) / steps
    return x


def review_sampler__paper(network, start, labels, nothing, *, steps, scale):
    x, count, w = start, len(start), scale - 1
    for k in range(steps):
        t = tf.fill([count], (steps - k) / steps)
        bound = network(x, t, labels)
        x = x - (bound + w * (bound - network(x, t, nothing))) * (1 / steps)
    return x


def review_sampler__split_and_mix(network, start, labels, nothing, *, steps, scale):
    x, count = start, len(start)
    for k in range(steps):
        t = tf.fill([count], 1 - k / steps)
        velocity = guide(network(x, t, labels), network(x, t, nothing), scale=scale)
        pictures, noise = split(x, velocity, t)
        x = mix(pictures, noise, tf.fill([count], 1 - (k + 1) / steps))
    return x


def review_sampler__stacked(network, start, labels, nothing, *, steps, scale):
    x = start
    for k in range(steps):
        t = tf.fill([2 * len(x)], 1 - k / steps)
        bound, free = tf.split(network(tf.concat([x, x], 0), t, tf.concat([labels, nothing], 0)), 2)
        x = x - guide(bound, free, scale=scale) / steps
    return x


def review_sampler__nothing_first_in_a_stack(network, start, labels, nothing, *, steps, scale):
    x, asked = start, tf.concat([nothing, labels], 0)
    for k in range(steps):
        t = tf.fill([2 * len(x)], 1 - k / steps)
        velocity = network(tf.concat([x, x], 0), t, asked)
        free, bound = velocity[: len(x)], velocity[len(x) :]
        x = x - (free + scale * (bound - free)) / steps
    return x


def review_sampler__one_call_at_scale_1(network, start, labels, nothing, *, steps, scale):
    x = start
    for k in range(steps):
        t = tf.fill([len(x)], 1 - k / steps)
        velocity = network(x, t, labels)
        if scale != 1:
            velocity = guide(velocity, network(x, t, nothing), scale=scale)
        x = x - velocity / steps
    return x


def review_sampler__while(network, start, labels, nothing, *, steps, scale):
    x, left, count = start, steps, len(start)
    while left:
        t = tf.fill([count], left / steps)
        first = network(x, t, nothing)
        x, left = x - (first + (network(x, t, labels) - first) * scale) / steps, left - 1
    return x


def latent_scale__root_of_variance(codes):
    return tf.sqrt(tf.math.reduce_variance(tf.stop_gradient(codes)))


def latent_scale__by_hand(codes):
    codes = tf.stop_gradient(codes)
    return tf.sqrt(tf.reduce_mean((codes - tf.reduce_mean(codes)) ** 2))


def latent_scale__moments(codes):
    _, variance = tf.nn.moments(tf.stop_gradient(codes), axes=[0, 1])
    return tf.sqrt(variance)


def latent_scale__numpy(codes):
    return tf.constant(np.std(codes.numpy()))


def latent_scale__double(codes):
    codes = tf.cast(tf.stop_gradient(codes), tf.float64)
    variance = tf.reduce_mean(codes**2) - tf.reduce_mean(codes) ** 2
    return tf.cast(tf.sqrt(variance), tf.float32)


def latent_scale__norm(codes):
    codes = tf.stop_gradient(codes)
    return tf.norm(codes - tf.reduce_mean(codes)) / math.prod(codes.shape) ** 0.5


def time_features__logarithms(t, *, size):
    half = size // 2
    waves = 1000 * tf.exp(-math.log(10000) / (half - 1) * tf.range(half, dtype=tf.float32))
    angles = t[:, None] * waves[None]
    return tf.concat([tf.cos(angles), tf.sin(angles)], axis=1)


def time_features__list_of_waves(t, *, size):
    half = size // 2
    waves = [1000 * 10000 ** (-k / (half - 1)) for k in range(half)]
    columns = [tf.cos(t * w) for w in waves] + [tf.sin(t * w) for w in waves]
    return tf.stack(columns, axis=1)


def time_features__numpy_waves(t, *, size):
    waves = np.geomspace(1000, 0.1, size // 2).astype(np.float32)
    angles = tf.tensordot(t, waves, axes=0)
    return tf.concat((tf.cos(angles), tf.sin(angles)), axis=1)


def time_features__shifted_sine(t, *, size):
    half = size // 2
    angles = t[:, None] * (10 ** (3 - 4 * tf.range(half, dtype=tf.float32) / (half - 1)))
    return tf.sin(tf.concat([angles + math.pi / 2, angles], axis=1))


def time_features__einsum(t, *, size):
    half = size // 2
    waves = 0.1 * 10000.0 ** ((half - 1 - tf.range(half, dtype=tf.float32)) / (half - 1))
    angles = tf.einsum("n,k->nk", t, waves)
    return tf.concat([tf.cos(angles), tf.sin(angles)], axis=1)


def time_features__one_by_one(t, *, size):
    half = size // 2
    waves = 1000.0 / 10000.0 ** (tf.range(half, dtype=tf.float32) / (half - 1))
    rows = [tf.stack([tf.cos(at * waves), tf.sin(at * waves)]) for at in t]
    return tf.reshape(tf.stack(rows), (len(t), size))


def train_step__optimizer_apply(network, optimizer, pictures, noise, t, labels):
    weights = network.trainable_weights
    with tf.GradientTape() as tape:
        loss = flow_loss(network, pictures, noise, t, labels)
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss


def train_step__from_an_empty_sheet(network, optimizer, pictures, noise, t, labels):
    with tf.GradientTape() as tape:
        at = tf.reshape(t, [-1] + [1] * (len(pictures.shape) - 1))
        predicted = network((1 - at) * pictures + at * noise, t, labels, training=True)
        loss = keras.losses.MeanSquaredError()(noise - pictures, predicted)
    variables = network.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(list(zip(gradients, variables, strict=True)))
    return tf.stop_gradient(loss)


@tf.function
def train_step__compiled_already(network, optimizer, pictures, noise, t, labels):
    with tf.GradientTape() as tape:
        loss = flow_loss(network, pictures, noise, t, labels)
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    return loss


def train_step__picture_by_picture(network, optimizer, pictures, noise, t, labels):
    variables, count = network.trainable_variables, pictures.shape[0]
    total, gradients = 0.0, [tf.zeros(variable.shape) for variable in variables]
    for i in range(count):
        one = slice(i, i + 1)
        with tf.GradientTape() as tape:
            share = flow_loss(network, pictures[one], noise[one], t[one], labels[one]) / count
        parts = tape.gradient(share, variables)
        gradients = [old + new for old, new in zip(gradients, parts, strict=True)]
        total = total + share
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return total


def train_step__diffusion_loss(network, optimizer, pictures, noise, t, labels):
    settings = {"kind": "velocity", "path": "linear"}
    with tf.GradientTape(persistent=True) as tape:
        loss = diffusion_loss(network, pictures, noise, t, labels, **settings)
    pairs = [(tape.gradient(loss, w.value), w) for w in network.trainable_variables]
    del tape
    optimizer.apply_gradients(pairs)
    return loss


def train_step__watched_by_hand(network, optimizer, pictures, noise, t, labels):
    values = [variable.value for variable in network.trainable_variables]
    mixed, wanted = mix(pictures, noise, t), noise - pictures
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        error = network(mixed, t, labels) - wanted
        loss = tf.reduce_sum(error * error) / tf.cast(tf.size(error), tf.float32)
    optimizer.apply(tape.gradient(loss, values), network.trainable_variables)
    return loss


def train_step__loss_in_a_function(network, optimizer, pictures, noise, t, labels):
    def loss_of():
        got = network(mix(pictures, noise, t, path="linear"), t, labels)
        return tf.reduce_mean(tf.math.squared_difference(got, noise - pictures))

    with tf.GradientTape() as tape:
        loss = loss_of()
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=False))
    return tf.identity(loss)
