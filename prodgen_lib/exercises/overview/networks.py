"""What the exercises on maps share: a network in closed form, and pictures for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Framework
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import floats


def curved(framework: Framework, weights: np.ndarray) -> Callable:
    """Pictures to logits (N, K): z + 0.3 z² + 0.05 z³, z the product with K pictures of weights."""
    look = probe(framework)
    kernels = look.pictures(weights)[None]

    def network(pictures):
        products = pictures[:, None] * kernels
        if framework.name == "torch":
            z = products.sum(dim=(2, 3, 4))
        else:
            import tensorflow as tf

            z = tf.reduce_sum(products, axis=(2, 3, 4))
        return z + 0.3 * z * z + 0.05 * z * z * z

    return network


def drawn(rng: np.random.Generator, count: int, classes: int, *shape: int) -> dict:
    """Pictures, a baseline, weights and labels; no two labels in a row are alike."""
    labels = (np.arange(count) + rng.integers(classes)) % classes
    weights = rng.normal(0, 1, (classes, *shape)) / np.sqrt(np.prod(shape))
    images = rng.uniform(-1, 1, (count, *shape))
    given = floats(images=images, baseline=rng.uniform(-1, 1, (count, *shape)), weights=weights)
    return given | {"labels": labels}
