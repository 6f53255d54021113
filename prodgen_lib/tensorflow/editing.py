"""What a sampler is good for besides: pictures drawn anew and holes filled, in TensorFlow (Keras).

Conventions, shapes and networks as in `prodgen_lib.tensorflow.diffusion`: velocities, linear path.
The same functions in PyTorch: `prodgen_lib.torch.editing`.
"""

from __future__ import annotations

from prodgen_lib.tensorflow.diffusion import Network, mix

import tensorflow as tf  # isort: skip  (after the answer key, which keeps its import quiet)


def edit(
    network: Network,
    pictures: tf.Tensor,
    noise: tf.Tensor,
    labels: tf.Tensor,
    *,
    strength: float,
    steps: int,
) -> tf.Tensor:
    """Pictures drawn anew from partly noised ones, towards `labels` (SDEdit, arXiv:2108.01073).

    Mixed with `noise` on the linear path at t = `strength`, then led back to 0 in `steps` Euler
    steps. Strength 0 gives the pictures themselves, 1 forgets them.
    """
    count = pictures.shape[0]
    mixed = mix(pictures, noise, tf.fill([count], float(strength)))
    for step in range(steps):
        t = tf.fill([count], strength * (1 - step / steps))
        mixed = mixed - strength / steps * network(mixed, t, labels)
    return mixed


def keep_known(
    mixed: tf.Tensor, pictures: tf.Tensor, noise: tf.Tensor, hole: tf.Tensor, t: tf.Tensor
) -> tf.Tensor:
    """A mixture whose known region is that of `pictures`, mixed with `noise` at times t (N,).

    `hole` is 1 where a pixel is unknown and 0 elsewhere, as in chapter 4, in a shape that
    multiplies pictures.
    """
    return hole * mixed + (1 - hole) * mix(pictures, noise, t)


def inpaint(
    network: Network,
    pictures: tf.Tensor,
    noise: tf.Tensor,
    labels: tf.Tensor,
    *,
    hole: tf.Tensor,
    steps: int,
) -> tf.Tensor:
    """`pictures` with new content where `hole` is 1, by keeping the known region at each step.

    `flow_sample` from `noise`; after each step the known region is set to what `mix` gives for
    the time reached, so at the end it is that of `pictures` exactly (after arXiv:2201.09865).
    """
    mixed, count = noise, noise.shape[0]
    for step in range(steps):
        t, s = (tf.fill([count], 1 - k / steps) for k in (step, step + 1))
        mixed = mixed - network(mixed, t, labels) / steps
        mixed = keep_known(mixed, pictures, noise, hole, s)
    return mixed
