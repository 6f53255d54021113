"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

from prodgen_lib.tensorflow.diffusion import read, signal_and_noise

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
