"""Augmentation for generators, in Keras: what leaks into samples, and how to keep it out.

Read from top to bottom: transforms that a discriminator sees through, one training step and the
loop around it, for points of the plane and for pictures, then what tells that something leaked.
A transform is called as `transform(examples, draws, probability)`: draws (N, K) in [0, 1), of which
the first decides, where it is below the probability, that this example is changed at all.
The same functions in PyTorch: `prodgen_lib.torch.generator_augment`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from prodgen_lib.tensorflow.augment import (
    affine_matrix,
    augmented_losses,
    cut_out,
    each,
    jitter,
    maybe,
    next_probability,
    sample_bilinear,
)
from prodgen_lib.tensorflow.bridge import (
    adam,
    copy_model,
    set_learning_rate,
    set_seed,
    to_images,
    to_numpy,
    to_tensor,
)
from prodgen_lib.tensorflow.classifier import build_classifier
from prodgen_lib.tensorflow.gan import build_discriminator, build_generator, update_average

import keras  # isort: skip  (after the answer key, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

Transform = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
DRAWS = 9  # numbers that a transform may use up for one example


def unchanged(examples: tf.Tensor, draws: tf.Tensor, probability: tf.Tensor) -> tf.Tensor:
    """No augmentation."""
    return examples


def quarter_turns(points: tf.Tensor, draws: tf.Tensor, probability: tf.Tensor) -> tf.Tensor:
    """Points (N, 2) turned about 0 by 0, 1, 2 or 3 quarters, each as likely."""
    quarters = tf.where(draws[:, 0] < probability, tf.floor(4 * draws[:, 1]), 0.0)
    angle = 0.5 * math.pi * quarters
    x, y = tf.unstack(points, axis=1)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    return tf.stack([cosine * x - sine * y, sine * x + cosine * y], axis=1)


def tint(images: tf.Tensor, draws: tf.Tensor, probability: tf.Tensor) -> tf.Tensor:
    """Red, green and blue made brighter or darker, each by up to 0.35 in [-1, 1]."""
    shift = 0.35 * (2 * draws[:, 1:4] - 1)
    changed = images + shift[:, None, None, :]
    return maybe(images, changed, draws[:, 0], probability=probability)


def diff_augment(images: tf.Tensor, draws: tf.Tensor, probability: tf.Tensor) -> tf.Tensor:
    """Light, colour, a shift by up to an eighth, and a box of half the side cut out.

    After DiffAugment (arXiv:2006.10738), gentler: light and contrast within a factor of 1.4,
    saturation within 2, and mirrored borders in place of black ones.
    """
    height, width = images.shape[1:3]
    wave = 2 * draws - 1
    light, contrast, saturation = 1.4 ** wave[:, 1], 1.4 ** wave[:, 2], 2.0 ** wave[:, 3]
    changed = jitter(images, light, contrast, saturation)
    shift = tf.round(wave[:, 4:6] * [width / 8, height / 8])
    zero = tf.zeros_like(light)
    changed = sample_bilinear(changed, affine_matrix(zero, zero + 1, shift, zero))
    corner = tf.floor(draws[:, 6:8] * [float(width), float(height)]) - width // 4
    changed = cut_out(changed, tf.concat([corner, 0 * corner + width // 2], axis=1))
    return maybe(images, changed, draws[:, 0], probability=probability)


def steepness(discriminator: keras.Model, examples: tf.Tensor) -> tf.Tensor:
    """The mean squared length of the discriminator's gradient at these examples: a scalar."""
    examples = tf.stop_gradient(examples)
    with tf.GradientTape() as tape:
        tape.watch(examples)
        logits = discriminator(examples)
    gradient = tape.gradient(logits, examples)
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=range(1, len(gradient.shape))))


def adversarial_step(
    generator: keras.Model,
    discriminator: keras.Model,
    optimizers: tuple[keras.Optimizer, keras.Optimizer],
    real: tf.Tensor,
    noise: tf.Tensor,
    draws: tf.Tensor,
    transform: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    *,
    penalty: float,
) -> dict[str, tf.Tensor]:
    """One update of both networks by `augmented_losses`, from the same logits; the two losses."""
    with tf.GradientTape(persistent=True) as tape:
        fake = generator(noise, training=True)
        d_loss, g_loss = augmented_losses(discriminator, real, fake, transform, draws)
        total = d_loss
        if penalty > 0:
            seen = transform(real, draws[0]), transform(fake, draws[1])
            total = d_loss + penalty * sum(steepness(discriminator, examples) for examples in seen)
    both = ((generator, g_loss), (discriminator, total))
    gradients = [tape.gradient(loss, network.trainable_variables) for network, loss in both]
    for (network, _), found, optimizer in zip(both, gradients, optimizers, strict=True):
        optimizer.apply_gradients(zip(found, network.trainable_variables, strict=True))
    return {"discriminator": d_loss, "generator": g_loss}


def update_of(
    generator: keras.Model,
    discriminator: keras.Model,
    optimizers: tuple[keras.Optimizer, keras.Optimizer],
    transform: Transform,
) -> Callable[..., dict[str, tf.Tensor]]:
    """`adversarial_step` of these networks, compiled, that is told the probability each time."""

    @tf.function
    def update(real, noise, draws, probability, *, penalty):
        def at_chance(batch: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
            return transform(batch, own, probability)

        given = real, noise, draws, at_chance
        return adversarial_step(generator, discriminator, optimizers, *given, penalty=penalty)

    return update


class Trained(NamedTuple):
    """The averaged generator, the discriminator, and arrays of length `steps`, by name.

    `history` has both losses and the probability of augmentation.
    """

    generator: keras.Model
    discriminator: keras.Model
    history: dict[str, np.ndarray]


def plane_networks(latent_dim: int, *, width: int = 64) -> tuple[keras.Model, keras.Model]:
    """A generator of points (N, 2) and their discriminator, three layers each."""
    generator = keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(width, activation="relu"),
            layers.Dense(width, activation="relu"),
            layers.Dense(2),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(width),
            layers.LeakyReLU(0.2),
            layers.Dense(width),
            layers.LeakyReLU(0.2),
            layers.Dense(1),
            layers.Reshape(()),
        ]
    )
    return generator, discriminator


def picture_networks(latent_dim: int) -> tuple[keras.Model, keras.Model]:
    """Chapter 6's generator and discriminator of pictures of 32 pixels, without labels."""
    return build_generator(latent_dim=latent_dim), build_discriminator()


def train(
    examples: np.ndarray,
    transform: Transform = unchanged,
    *,
    probability: float | None = 0.5,
    real_only: bool = False,
    steps: int = 1000,
    batch_size: int = 256,
    latent_dim: int = 4,
    learning_rate: float = 2e-3,
    penalty: float = 0.05,
    penalty_every: int = 4,
    decay: float = 0.99,
    target: float = 0.6,
    rise: float = 0.005,
    most: float = 0.8,
    seed: int = 0,
    progress: bool = False,
) -> Trained:
    """Train on points (N, 2) or uint8 pictures N×32×32×3, seen through the transform.

    `probability` None begins at 0 and follows `next_probability`, by `rise` a step, towards
    `target`, up to `most`. With `real_only` the generator's examples are shown as they are: the
    mistake of the chapter. The learning rate falls linearly to zero.
    """
    set_seed(seed)
    rng = np.random.default_rng(seed)
    pictures = examples.dtype == np.uint8
    networks = (picture_networks if pictures else plane_networks)(latent_dim)
    generator, discriminator = networks
    optimizers = adam(generator, learning_rate), adam(discriminator, learning_rate)
    average, history = copy_model(generator), []
    chance = to_tensor(probability or 0.0)
    update = update_of(*networks, optimizers, transform)
    average_in_place = tf.function(update_average)
    for step in tqdm(range(steps), disable=not progress):
        for optimizer in optimizers:
            set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        batch = examples[rng.integers(len(examples), size=batch_size)]
        real = to_images(batch) if pictures else to_tensor(batch)
        noise = to_tensor(rng.standard_normal((batch_size, latent_dim)))
        draws = rng.random((2, batch_size, DRAWS))
        draws[1, :, 0] += real_only  # 1 and more is below no probability
        price = penalty * penalty_every if step % penalty_every == 0 else 0.0
        losses = update(real, noise, to_tensor(draws), chance, penalty=price)
        average_in_place(average, generator, to_tensor(min(decay, (1 + step) / (10 + step))))
        history.append([*map(float, losses.values()), float(chance)])
        if probability is None and step % penalty_every == 0:
            logits = (
                judged(discriminator, real),
                judged(discriminator, generator(noise, training=False)),
            )
            rules = {"target": target, "step": rise * penalty_every, "most": most}
            chance = next_probability(chance, *logits, **rules)
    names = "discriminator", "generator", "probability"
    return Trained(average, discriminator, dict(zip(names, np.array(history).T, strict=True)))


def judged(discriminator: keras.Model, examples: tf.Tensor) -> tf.Tensor:
    """The discriminator's logits, without a graph."""
    return tf.stop_gradient(discriminator(examples))


def draw(generator: keras.Model, count: int, *, seed: int = 0) -> np.ndarray:
    """`count` points from a generator of points: float32 (count, 2)."""
    latent_dim = generator.input_shape[-1]
    noise = np.random.default_rng(seed).standard_normal((count, latent_dim))
    return to_numpy(generator(to_tensor(noise)))


def overfitting(training: tf.Tensor, held_out: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """How far the discriminator takes held-out pictures for fakes: 0 not at all, 1 quite.

    (mean D(training) - mean D(held out)) / (mean D(training) - mean D(fake)): it does not change
    where all logits move or stretch together, so it serves relativistic losses too.
    """
    mean = tf.reduce_mean
    return (mean(training) - mean(held_out)) / (mean(training) - mean(fake))


def train_leak_detector(
    pictures: np.ndarray, *, steps: int = 1200, batch_size: int = 48, seed: int = 0
) -> keras.Sequential:
    """A classifier that says whether a picture was turned, tinted or cut: 3 logits a picture.

    Trained on uint8 pictures N×32×32×3 that are upright, neutral and whole. Each of the three is
    done to a third of them: turns by 12 degrees or more, up to half a turn either way; tints by 0.1
    or more; a grey box.
    """
    set_seed(seed)
    rng, network = np.random.default_rng(seed), build_classifier(classes=3)
    optimizer = adam(network, 2e-3, (0.9, 0.99))

    @tf.function
    def update(images, draws):
        changed, told = spoil(images, draws)
        with tf.GradientTape() as tape:
            logits = network(changed, training=True)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(told, logits))
        found = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(found, network.trainable_variables, strict=True))

    for step in range(steps):
        set_learning_rate(optimizer, 2e-3 * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        images = to_images(pictures[rng.integers(len(pictures), size=batch_size)])
        update(images, to_tensor(rng.random((batch_size, 12))))
    return network


def spoil(images: tf.Tensor, draws: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Pictures turned, tinted and cut, a third of them each, and which was done: (N, 3)."""
    told = tf.cast(draws[:, :3] < 1 / 3, images.dtype)
    way = tf.where(draws[:, 3] < 0.5, -1.0, 1.0)
    angle = told[:, 0] * way * (12 + 168 * draws[:, 4])
    zero = tf.zeros_like(angle)
    matrix = affine_matrix(angle, zero + 1, tf.stack([zero, zero], axis=1), zero)
    shift = 2 * draws[:, 5:8] - 1
    far = tf.reduce_max(tf.abs(shift), axis=1, keepdims=True)
    shift = shift / far * (0.1 + 0.3 * draws[:, 8:9]) * told[:, 1:2]
    changed = sample_bilinear(images, matrix) + shift[:, None, None, :]
    size = images.shape[2]
    corner = tf.floor(draws[:, 9:11] * float(size)) - size // 4
    boxes = tf.concat([corner, 0 * corner + size // 2], axis=1)
    cut = each(told[:, 2])
    return cut * cut_out(changed, boxes) + (1 - cut) * changed, told


def leaks(detector: keras.Model, pictures: np.ndarray) -> np.ndarray:
    """The shares of uint8 pictures that look turned, tinted and cut: (3,)."""
    parts = [to_numpy(detector(to_images(part))) for part in np.array_split(pictures, 8)]
    return (np.concatenate(parts) > 0).mean(axis=0)
