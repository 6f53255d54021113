"""Diffusion and flow matching, in TensorFlow (Keras): a product from noise, as asked.

Read from top to bottom: how a picture is mixed with noise, one loss in three readings, what a
network is told, training, steps back to a picture, codes, guidance, straighter paths. The networks
are in `denoisers`, the loop in `flows`, what samplers are good for besides in `editing`.

One convention holds everywhere: `t` in [0, 1] is the *amount of noise*. 0 is the picture, 1 the
noise, a sampler goes from 1 to 0, and velocity is how the mixture changes as t grows: on the linear
path, noise - picture. Much of the literature on flow matching runs the other way.
Whatever has the batch first will do as pictures: N×H×W×C in [-1, 1], codes (N, D), points (N, 2).
A network is any function `network(mixed, t, labels)` of a mixture, times (N,) and labels.
The same functions in PyTorch: `prodgen_lib.torch.diffusion`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from prodgen_lib.tensorflow.bridge import to_numpy

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip

Network = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def beside(t: tf.Tensor, pictures: tf.Tensor) -> tf.Tensor:
    """Times (N,) in the shape (N, 1, …, 1), which multiplies each of N pictures by its own."""
    return tf.reshape(t, [-1] + [1] * (len(pictures.shape) - 1))


def signal_and_noise(t: tf.Tensor, *, path: str) -> tuple[tf.Tensor, tf.Tensor]:
    """How much of the picture and how much of the noise a mixture holds at times t: (a, b).

    `path` "linear": a = 1 - t and b = t, whose sum is 1. `path` "cosine": a = cos(πt/2) and
    b = sin(πt/2), whose squares sum to 1, so a mixture has variance 1 at every t where picture and
    noise are independent, each of variance 1. Both have the shape of `t`, gradients reach `t`, and
    both ends are exact, (1, 0) and (0, 1): in float32 cos(π/2) is not 0, but the same number is
    sin(π(1 - t)/2). Raises `ValueError` for any other path.
    On the linear path, t = 0.25 gives (0.75, 0.25).
    """
    if path not in ("linear", "cosine"):
        raise ValueError(f"path is {path!r}; expected 'linear' or 'cosine'.")
    if path == "linear":
        return 1 - t, t
    quarter = 0.5 * math.pi
    return tf.sin(quarter * (1 - t)), tf.sin(quarter * t)


def speeds(t: tf.Tensor, *, path: str) -> tuple[tf.Tensor, tf.Tensor]:
    """The derivatives of `signal_and_noise` for t: (a', b'), both of the shape of `t`."""
    if path == "linear":
        ones = tf.ones_like(t)
        return -ones, ones
    signal, noise = signal_and_noise(t, path=path)
    return -0.5 * math.pi * noise, 0.5 * math.pi * signal


def mix(pictures: tf.Tensor, noise: tf.Tensor, t: tf.Tensor, *, path: str = "linear") -> tf.Tensor:
    """Each picture mixed with its noise at its own time: a(t) · picture + b(t) · noise.

    `pictures` and `noise` have one shape, the batch first and any number of axes after it; `t` is
    (N,), one time a picture, and (a, b) come from `signal_and_noise`. Gradients reach all three.
    On the linear path, picture 2 and noise -1 give 1.25 at t = 0.25.
    """
    signal, amount = signal_and_noise(beside(t, pictures), path=path)
    return signal * pictures + amount * noise


def split(mixed: tf.Tensor, velocity: tf.Tensor, t: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """What a mixture on the linear path is made of, by its velocity: (pictures, noise).

    The inverse of `mix` where `velocity` is noise - pictures: two equations, two unknowns. `mixed`
    and `velocity` have one shape, `t` is (N,). Nothing is divided, so it holds at t = 0 and t = 1
    too: mixture 1.25 and velocity -3 at t = 0.25 are picture 2 and noise -1. Nothing is clipped,
    and gradients reach the velocity.
    """
    t = beside(t, mixed)
    return mixed - t * velocity, mixed + (1 - t) * velocity


def target(
    pictures: tf.Tensor, noise: tf.Tensor, t: tf.Tensor, *, kind: str, path: str
) -> tf.Tensor:
    """What a network is to predict, in the shape of `pictures`: one line read in three ways.

    `kind` "noise" or "picture" names one of the two; "velocity" is a'(t) · picture + b'(t) · noise.
    On the cosine path it is π/2 times the v of arXiv:2202.00512.
    """
    if kind == "noise":
        return noise
    if kind == "picture":
        return pictures
    if kind != "velocity":
        raise ValueError(f"kind is {kind!r}; expected 'noise', 'picture' or 'velocity'.")
    signal_speed, noise_speed = speeds(beside(t, pictures), path=path)
    return signal_speed * pictures + noise_speed * noise


def read(
    mixed: tf.Tensor, predicted: tf.Tensor, t: tf.Tensor, *, kind: str, path: str
) -> tuple[tf.Tensor, tf.Tensor]:
    """Both parts of a mixture from a prediction of one `kind`: (pictures, noise).

    With (a, b) at t: from noise the picture is (mixed - b · noise) / a, which breaks down at t = 1;
    from a picture the noise is (mixed - a · picture) / b, which breaks down at t = 0; from the
    velocity both follow, and the divisor a b' - b a' is 1 or π/2, whatever t is.
    """
    signal, amount = signal_and_noise(beside(t, mixed), path=path)
    if kind == "noise":
        return (mixed - amount * predicted) / signal, predicted
    if kind == "picture":
        return predicted, (mixed - signal * predicted) / amount
    if kind != "velocity":
        raise ValueError(f"kind is {kind!r}; expected 'noise', 'picture' or 'velocity'.")
    signal_speed, noise_speed = speeds(beside(t, mixed), path=path)
    divisor = signal * noise_speed - amount * signal_speed
    pictures = (noise_speed * mixed - amount * predicted) / divisor
    return pictures, (signal * predicted - signal_speed * mixed) / divisor


def best_velocity(mixed: tf.Tensor, t: tf.Tensor, examples: tf.Tensor) -> tf.Tensor:
    """The velocity that no network can better, where the data are `examples` and nothing else.

    `flow_loss` is least for the mean of noise - picture over all pairs that lead through a mixture.
    `examples` (M, …) are equally likely; given a mixture, example x has the weight
    exp(-|mixed - (1 - t) x|² / 2t²), and with the weighted mean the velocity is (mixed - mean) / t.
    `mixed` (N, …), `t` (N,) above 0, linear path. Labels do not exist here.
    """
    flat, known = (tf.reshape(x, (x.shape[0], -1)) for x in (mixed, examples))
    share = (1 - t)[:, None]
    square = tf.reduce_sum(flat**2, 1, keepdims=True) + share**2 * tf.reduce_sum(known**2, 1)
    apart = square - 2 * share * tf.matmul(flat, known, transpose_b=True)
    weights = tf.nn.softmax(-apart / (2 * t[:, None] ** 2), axis=1)
    return (mixed - tf.reshape(weights @ known, mixed.shape)) / beside(t, mixed)


def flow_loss(
    network: Network, pictures: tf.Tensor, noise: tf.Tensor, t: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
    """What flow matching minimises: the mean squared error of the network's velocity, a scalar.

    The network is called by position, as `network(mixed, t, labels)`: it is shown each picture
    mixed with its noise on the linear path at its own time t (N,), is told t and `labels` as they
    are, and has to predict noise - picture. The mean is over
    all numbers of all pictures (arXiv:2210.02747, equation 9; arXiv:2209.03003). It does not go to
    0: many pairs lead through one mixture, and the network can only know their mean.
    For a network that predicts 0, pictures 1 and 2 and noises 0 and 1: (1 + 1) / 2 = 1.
    """
    predicted = network(mix(pictures, noise, t), t, labels)
    return tf.reduce_mean(tf.square(predicted - (noise - pictures)))


def diffusion_loss(
    network: Network,
    pictures: tf.Tensor,
    noise: tf.Tensor,
    t: tf.Tensor,
    labels: tf.Tensor,
    *,
    kind: str = "noise",
    path: str = "cosine",
) -> tf.Tensor:
    """`flow_loss` for any reading and path: mean squared error of what `target` names, a scalar."""
    predicted = network(mix(pictures, noise, t, path=path), t, labels)
    return tf.reduce_mean(tf.square(predicted - target(pictures, noise, t, kind=kind, path=path)))


def time_features(t: tf.Tensor, *, size: int) -> tf.Tensor:
    """Times (N,) in [0, 1] as waves (N, size), from fast to slow: cosines, then sines.

    With half = size / 2, wave k = 0 … half - 1 has the angle 1000 · t · 10000^(-k / (half - 1)):
    1000 t for the first and t / 10 for the last. `size` is even and at least 4.
    The paper's times are the indices 0 to 1000 of its steps (arXiv:2006.11239): 1000 t is such an
    index. At t = 0: ones, then zeros.
    """
    half = size // 2
    frequencies = 1000 * 10000.0 ** (-tf.range(half, dtype=tf.float32) / (half - 1))
    angles = t[:, None] * frequencies
    return tf.concat([tf.cos(angles), tf.sin(angles)], axis=1)


def modulate(tokens: tf.Tensor, shift: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Tokens (N, T, D) scaled by 1 + scale and shifted, (N, D) each.

    With shift and scale zero the tokens come back unchanged, so that a network whose modulation
    starts at zero starts without it (adaLN-Zero, arXiv:2212.09748). Token 2, shift 1 and scale 0.5
    give 4. Gradients reach all three.
    """
    return tokens * (1 + scale[:, None]) + shift[:, None]


def train_step(
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    pictures: tf.Tensor,
    noise: tf.Tensor,
    t: tf.Tensor,
    labels: tf.Tensor,
) -> tf.Tensor:
    """One update of the network by `flow_loss`; returns the loss as it was before the update.

    What is minimised is `flow_loss` of the same arguments: the network sees `pictures` mixed with
    `noise` at times `t` (N,), is told `t` and `labels` (N, K), and the mean squared error of what
    it predicts is that against noise - picture. Noise and times are given: nothing is drawn here.
    `optimizer` holds the network's weights and moves each of them once, by the gradient of this
    loss and of nothing else.
    The loss that is returned is a scalar tensor. `flows.train` compiles this with `tf.function`:
    use TensorFlow's operations, no numpy.
    For a network that predicts w · mixture with w = 0, picture 2 and noise -1 at t = 0.25, the
    mixture is 1.25, the loss 9 and its gradient 7.5: plain descent at rate 0.1 leads to w = -0.75.
    """
    with tf.GradientTape() as tape:
        loss = flow_loss(network, pictures, noise, t, labels)
    variables = network.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return loss


def drop_labels(
    labels: tf.Tensor, draws: tf.Tensor, *, probability: float, nothing: tf.Tensor
) -> tf.Tensor:
    """Labels of which some pictures' are replaced by `nothing`, so that one network learns both.

    `labels` (N, K) are integers, `nothing` (K,) holds, for each question, a label that no picture
    has. `draws` (N,) lie in [0, 1): picture i loses all its labels where draws[i] < probability.
    The result is a new tensor with the dtype of `labels`, which stay as they are. With draws 0.05
    and 0.2 and probability 0.2, labels 1 and 2 become nothing and 2.
    """
    return tf.where(draws[:, None] < probability, nothing, labels)


def flow_sample(network: Network, start: tf.Tensor, labels: tf.Tensor, *, steps: int) -> tf.Tensor:
    """Pictures from noise by Euler's method: `steps` equal steps from t = 1 to t = 0.

    `start` is noise from N(0, 1) in the shape of the pictures; `network` gives velocities,
    d mixed / dt. It is called `steps` times, at t = 1, 1 - 1/steps, …, 1/steps: the time at which a
    step begins, told as (N,) float32. Never at 0. `labels` are handed on. Nothing is clipped,
    and `start` stays as it is: the mixture of each step is a new tensor.
    With a velocity that is mixed + t, two steps lead from 1 to 0, then to -0.25.
    """
    mixed = start
    for step in range(steps):
        t = tf.fill([len(start)], 1 - step / steps)
        mixed = mixed - network(mixed, t, labels) / steps
    return mixed


def heun_sample(network: Network, start: tf.Tensor, labels: tf.Tensor, *, steps: int) -> tf.Tensor:
    """As `flow_sample`, with the mean velocity of both ends of each step: 2 · steps calls.

    Velocities are averaged: an average of the pictures and noises that they stand for won't do.
    """
    mixed, count = start, start.shape[0]
    for step in range(steps):
        ends = [tf.fill([count], 1 - k / steps) for k in (step, step + 1)]
        velocity = network(mixed, ends[0], labels)
        ahead = network(mixed - velocity / steps, ends[1], labels)
        mixed = mixed - (velocity + ahead) / (2 * steps)
    return mixed


def remix(
    mixed: tf.Tensor,
    predicted_noise: tf.Tensor,
    t: tf.Tensor,
    s: tf.Tensor,
    *,
    eta: float = 0.0,
    fresh: tf.Tensor | None = None,
    path: str = "cosine",
) -> tf.Tensor:
    """One step from time t back to time s < t: estimate the picture, then mix it anew.

    With (a_t, b_t) and (a_s, b_s) from `signal_and_noise` and ε the predicted noise, the picture
    is what is left of the mixture without its noise, at full strength again:

        picture = (mixed - b_t ε) / a_t
        σ       = η · (b_s / b_t) · √(b_t² - (a_t / a_s)² b_s²)
        result  = a_s · picture + √(b_s² - σ²) · ε + σ · fresh

    `mixed`, `predicted_noise` and `fresh` have one shape; `t` and `s` are (N,), 0 ≤ s < t < 1:
    at t = 1 a_t is 0, and a mixture tells nothing of its picture. Where rounding makes what stands
    under a root negative, it counts as 0. Nothing is drawn here: `fresh` is N(0, 1) noise that the
    caller drew. `eta` 0 is DDIM, where σ is 0 and `fresh` may be None. `eta` 1 is DDPM: σ² is the
    variance of the mixture at s, given mixture and picture at t. At s = 0 the result is the
    picture, and `fresh` changes nothing. Nothing is clipped (arXiv:2010.02502, equations 12 and
    16, where a² is called α). On the linear path with `eta` 0 this is exactly one Euler step of
    the flow: mixture 1 and noise 0.5 at t = 0.5 hold the picture 1.5, and become 1.25 at s = 0.25.
    """
    a_t, b_t = signal_and_noise(beside(t, mixed), path=path)
    a_s, b_s = signal_and_noise(beside(s, mixed), path=path)
    picture = (mixed - b_t * predicted_noise) / a_t
    spread = eta * b_s / b_t * tf.sqrt(tf.nn.relu(b_t**2 - (a_t / a_s * b_s) ** 2))
    direction = tf.sqrt(tf.nn.relu(b_s**2 - spread**2))
    remixed = a_s * picture + direction * predicted_noise
    return remixed if fresh is None else remixed + spread * fresh


def remix_sample(
    network: Network,
    start: tf.Tensor,
    labels: tf.Tensor,
    *,
    steps: int,
    kind: str = "noise",
    path: str = "cosine",
    eta: float = 0.0,
    draws: tf.Tensor | None = None,
    first: float = 0.98,
) -> tf.Tensor:
    """Pictures from noise by `steps` calls of `remix`, from time `first` to 0 in equal steps.

    `network` predicts what `kind` names. `first` is below 1, where `remix` would divide by 0.
    `draws` (steps, N, …) from N(0, 1) is the fresh noise of each step, needed where `eta` is not 0.
    """
    if eta and draws is None:
        raise ValueError("eta is not 0: give the fresh noise of each step as draws.")
    mixed, count = start, start.shape[0]
    for step in range(steps):
        t, s = (tf.fill([count], first * (1 - k / steps)) for k in (step, step + 1))
        _, noise = read(mixed, network(mixed, t, labels), t, kind=kind, path=path)
        fresh = None if draws is None else draws[step]
        mixed = remix(mixed, noise, t, s, eta=eta, fresh=fresh, path=path)
    return mixed


def latent_scale(codes: tf.Tensor) -> tf.Tensor:
    """The number by which codes (N, D) are divided to have variance 1: a scalar, no graph.

    The standard deviation of all N · D numbers together about their common mean, with divisor
    N · D. The noise has variance 1, so codes have to, or t does not say how much noise there is.
    Measured for each autoencoder anew (arXiv:2112.10752, section G). Codes (0, 2) and (0, 2)
    have the scale 1.
    """
    return tf.stop_gradient(tf.math.reduce_std(codes))


def guide(conditional: tf.Tensor, unconditional: tf.Tensor, *, scale: float) -> tf.Tensor:
    """Classifier-free guidance: from the unconditional prediction to the conditional.

    Scale 1 is the conditional prediction, 0 the unconditional, 3 goes three times as far. That is
    the convention of Imagen and Stable Diffusion; the paper's weight w is scale - 1
    (arXiv:2207.12598, equation 6). From 1 without labels and 2 with them, scale 3 makes 4. Both
    predictions have one shape; gradients reach both.
    """
    return unconditional + scale * (conditional - unconditional)


def guided(network: Network, nothing: tf.Tensor, *, scale: float) -> Network:
    """A network that calls `network` with labels and with `nothing` (K,), and guides by `scale`."""

    def both(mixed: tf.Tensor, t: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        without = tf.broadcast_to(nothing, tf.shape(labels))
        return guide(network(mixed, t, labels), network(mixed, t, without), scale=scale)

    return both


def pair_noise(pictures: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """The same noises, ordered so that the squared distances to their pictures have the least sum.

    Minibatch optimal transport (arXiv:2302.00482). The *noise* is reordered, so that pictures keep
    their labels; each is used once. Without a graph.
    """
    distances = cdist(*(to_numpy(x).reshape(len(x), -1) for x in (pictures, noise)), "sqeuclidean")
    _, order = linear_sum_assignment(distances)
    return tf.gather(noise, order)


def review_sampler(
    network: Network,
    start: tf.Tensor,
    labels: tf.Tensor,
    nothing: tf.Tensor,
    *,
    steps: int,
    scale: float,
) -> tf.Tensor:
    """A guided sampler at a whiteboard: pictures from noise in `steps` Euler steps.

    `network(mixed, t, labels)` gives velocities on the linear path, noise - picture; `start` is
    noise at t = 1; a step begins at t = 1, 1 - 1/steps, …, 1/steps, told as (N,). `labels` (N,)
    are integers and `nothing` (N,) stands for none. `scale` 1 is the conditional velocity, 0 the
    unconditional one. Nothing is clipped, and `start` stays as it is. Both velocities of a step may
    come from one call with everything stacked; what scale 1 does not need may be left out.
    """
    mixed = start
    for step in range(steps):
        t = tf.fill([len(start)], 1 - step / steps)
        conditional = network(mixed, t, labels)
        unconditional = network(mixed, t, nothing)
        velocity = unconditional + scale * (conditional - unconditional)
        mixed = mixed - velocity / steps
    return mixed
