from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.augment.pictures import channels_last
from prodgen_lib.exercises.common import probe, two
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors

PAIR = Text("the discriminator's loss and the generator's", "判别器的损失和生成器的损失")


def cases(rng: np.random.Generator) -> list[Case]:
    """A discriminator that says 0 by hand; several pairs with a curved one."""

    def draw(name: str, count: int, *shape: int) -> Case:
        sets = {one: rng.normal(0, 1, (count, *shape)) for one in ("real", "fake")}
        draws, weights = rng.uniform(0.1, 0.9, (2, count, 2)), rng.normal(0, 0.5, 3)
        return Case(name, floats(**sets, draws=draws, weights=weights))

    mute = draw("a discriminator that says 0, worked by hand", 2, 1, 2, 1)
    mute.inputs["weights"][:] = 0
    mute.by_hand.update({"discriminator's loss": np.log(2), "generator's loss": np.log(2)})
    return [mute, draw("four pairs of pictures", 4, 2, 3, 2), draw("three pairs", 3, 3, 2, 3)]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Both losses, what reaches the fakes, and what reaches the discriminator's weights.

    The transform bends and stretches each picture by its own two draws; the discriminator is the
    mean of a curved function with three weights, so that pictures that changed places show.
    """
    answer, changed = guarded(answer)
    look, key = probe(framework), framework.module("augment")
    given = tensors(look, case.inputs, "real", "fake", "draws", "weights")
    real, fake, draws, weights = given

    def transform(pictures, own):
        return pictures * key.each(1 + own[:, 0]) + key.each(own[:, 1]) * pictures**2

    def loss(place: int) -> Callable:
        def total(x, w):
            def discriminator(pictures):
                curved = w[0] * pictures + w[1] * pictures**2 + w[2] * pictures**3
                return _means(framework, curved)

            return two(answer(discriminator, real, x, transform, draws), PAIR)[place]

        return total

    d_loss, (d_fake, d_weights) = look.value_and_gradients(loss(0), fake, weights)
    g_loss, (g_fake, _) = look.value_and_gradients(loss(1), fake, weights)
    return {
        "discriminator's loss": d_loss,
        "generator's loss": g_loss,
        "gradient of the generator's loss for the fakes": channels_last(framework, g_fake),
        "gradient of the discriminator's loss for the fakes": channels_last(framework, d_fake),
        "gradient of the discriminator's loss for its weights": d_weights,
        STAYS: changed(),
    }


def _means(framework: Framework, pictures: object) -> object:
    """The mean of each picture, (N,)."""
    if framework.name == "torch":
        return pictures.mean(dim=(1, 2, 3))
    import tensorflow as tf

    return tf.reduce_mean(pictures, axis=(1, 2, 3))
