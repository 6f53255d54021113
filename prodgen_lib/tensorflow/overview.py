"""Laws of scale, copies, and what a network looked at, in TensorFlow.

Read from top to bottom: a power law with a floor, fitted by gradients from several starts; a law of
two sizes; the share of samples that are nearer to training than to other pictures; saliency,
integrated gradients, and the share of a map that lies inside the product.
Pictures are N×H×W×C, maps and masks N×H×W. The same functions in PyTorch:
`prodgen_lib.torch.overview`. Counts and costs need no framework: `prodgen_lib.plain.costs`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from prodgen_lib.plain.costs import Law
from prodgen_lib.tensorflow.bayesopt import value_and_slope

import tensorflow as tf  # isort: skip  (after the answer key, which keeps its import quiet)

Network = Callable[[tf.Tensor], tf.Tensor]


def double(array: np.ndarray | float) -> tf.Tensor:
    """Numbers as a float64 tensor: a fit needs more digits than a network."""
    return tf.constant(np.asarray(array), tf.float64)


def descend(
    function: Callable[..., tf.Tensor], start: tf.Tensor, *given: tf.Tensor
) -> tuple[tf.Tensor, float]:
    """The lowest point found from `start` (K,) by L-BFGS, and the value there.

    `function(inputs, *given)` maps a float64 tensor (K,) to a scalar; autodiff gives its slope.
    It becomes a graph, so it is made of TensorFlow's operations. No number goes beyond ±30.
    """

    def at(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = value_and_slope(function, double(numbers), *given)
        return float(value), slope.numpy()

    found = minimize(
        at, np.asarray(start), jac=True, method="L-BFGS-B", bounds=len(start) * [(-30, 30)],
        options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-10},
    )  # fmt: skip
    return double(found.x), float(found.fun)


def power_law(sizes: tf.Tensor, losses: tf.Tensor, starts: tf.Tensor) -> tf.Tensor:
    """The law loss = floor + scale · size^(-exponent) that fits best: (floor, scale, exponent).

    `sizes` and `losses` are float64 (N,), all above 0; sizes come in a unit of their own order, so
    that their logarithms are small. Best is the least mean square of the difference of the
    *logarithms* of predicted and given losses. Floor and scale must come out above 0, so what is
    searched are their logarithms. `starts` (K, 3) are rows of (log of floor, log of scale,
    exponent): each is followed downhill, and the best end of all is the answer, float64 (3,).
    `descend(function, start)` goes downhill. Losses 3, 2, 1.5 at sizes 1, 2, 4: (1, 2, 1).
    """

    def error(logs: tf.Tensor) -> tf.Tensor:
        prediction = tf.exp(logs[0]) + tf.exp(logs[1]) * sizes ** -logs[2]
        return tf.reduce_mean(tf.square(tf.math.log(prediction) - tf.math.log(losses)))

    found = [descend(error, start) for start in starts]
    logs, _ = min(found, key=lambda end: end[1])
    return tf.concat([tf.exp(logs[:2]), logs[2:]], axis=0)


def law_error(logs: tf.Tensor, sizes: tf.Tensor, tokens: tf.Tensor, losses: tf.Tensor) -> tf.Tensor:
    """The mean square of what a law of two sizes misses, in logarithms: a scalar.

    `logs` (5,): logarithms of floor, size scale and data scale, then both exponents.
    """
    floor, size, data = tf.exp(logs[0]), tf.exp(logs[1]), tf.exp(logs[2])
    prediction = floor + size * sizes ** -logs[3] + data * tokens ** -logs[4]
    return tf.reduce_mean(tf.square(tf.math.log(prediction) - tf.math.log(losses)))


STARTS = ((-1.0, -1.0, -1.0, 0.5, 0.5), (0.0, 0.0, 0.0, 0.3, 0.3), (-0.5, -2.0, 0.0, 0.8, 0.4))


def fit_law(
    parameters: np.ndarray,
    tokens: np.ndarray,
    losses: np.ndarray,
    *,
    starts: tuple[tuple[float, ...], ...] = STARTS,
) -> tuple[Law, np.ndarray]:
    """The law that fits some trainings best, arrays (N,), and the end that it was found at.

    That end is a good start for fits to nearly the same trainings, as resampling makes them.
    """
    n0, d0 = (float(np.exp(np.log(x).mean())) for x in (parameters, tokens))
    given = double(parameters / n0), double(tokens / d0), double(losses)
    found = [descend(law_error, double(start), *given) for start in starts]
    end = min(found, key=lambda pair: pair[1])[0].numpy()
    floor, size, data = np.exp(end[:3])
    return Law(floor, size * n0 ** end[3], end[3], data * d0 ** end[4], end[4]), end


def distances(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Euclidean distances between rows (N, D) and rows (M, D): (N, M)."""
    squares = tf.reduce_sum(one**2, axis=1)[:, None] + tf.reduce_sum(other**2, axis=1)
    return tf.sqrt(tf.maximum(squares - 2 * tf.matmul(one, other, transpose_b=True), 0))


def flat(pictures: tf.Tensor) -> tf.Tensor:
    """One row a picture: (N, D)."""
    return tf.reshape(pictures, (len(pictures), -1))


def memorised(generated: tf.Tensor, training: tf.Tensor, held_out: tf.Tensor) -> tf.Tensor:
    """The share of generated pictures whose nearest neighbour is a training picture: a scalar.

    Each generated picture is compared with as many training pictures as held-out ones: of the
    larger set the first ones are taken, since among more pictures something nearer is found by
    chance. A tie counts one half. So a half says that nothing is remembered, and 1 that every
    sample is nearer to what was trained on. Sets of pictures have any length (N, …), the same
    shape of a picture; `distances` takes one row a picture, as `flat` makes them.
    """
    count = min(len(training), len(held_out))
    rows = flat(generated)
    near = tf.reduce_min(distances(rows, flat(training[:count])), axis=1)
    far = tf.reduce_min(distances(rows, flat(held_out[:count])), axis=1)
    return tf.reduce_mean(0.5 + 0.5 * tf.sign(far - near))


def saliency(network: Network, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """How strongly each pixel moves the logit of its picture's label: maps (N, H, W), 0 or more.

    `network` maps pictures (N, H, W, C) to logits (N, K); `labels` (N,) are integers. A pixel's
    strength is the absolute slope of the label's logit, the largest of its channels. The maps hold
    on to no graph, and nothing that is given changes.
    """
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = network(images)
        chosen = tf.reduce_sum(tf.gather(logits, labels, batch_dims=1))
    slope = tape.gradient(chosen, images)
    return tf.reduce_max(tf.abs(slope), axis=3)


def integrated_gradients(
    network: Network, images: tf.Tensor, baseline: tf.Tensor, labels: tf.Tensor, *, steps: int
) -> tf.Tensor:
    """What each number of a picture adds to its label's logit, counted from a baseline.

    `network` maps pictures (N, H, W, C) to logits (N, K); `labels` (N,) are integers; `baseline`
    has the shape of `images`. On the straight way from the baseline to the picture, the slope of
    the label's logit is taken in the middle of each of `steps` equal parts. The mean of these
    slopes times (picture - baseline) is the answer, with sign, in the shape of `images`
    (arXiv:1703.01365). With enough steps its sum is the logit of the picture less that of the
    baseline. It holds on to no graph.
    """
    total = tf.zeros_like(images)
    for step in range(steps):
        share = (step + 0.5) / steps
        point = baseline + share * (images - baseline)
        with tf.GradientTape() as tape:
            tape.watch(point)
            logits = network(point)
            chosen = tf.reduce_sum(tf.gather(logits, labels, batch_dims=1))
        slope = tape.gradient(chosen, point)
        total = total + slope
    return (images - baseline) * total / steps


def inside_share(maps: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
    """The share of each map's total that lies inside a mask: (N,), 0 to 1.

    `maps` (N, H, W) are 0 or more, and none is 0 everywhere; `masks` (N, H, W) say how much of each
    pixel belongs to the product, 0 to 1. A map of ones gives the mask's share of the picture.
    """
    inside = tf.reduce_sum(maps * masks, axis=(1, 2))
    return inside / tf.reduce_sum(maps, axis=(1, 2))
