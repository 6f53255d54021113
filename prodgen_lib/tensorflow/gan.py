"""Generative adversarial networks for product pictures, in TensorFlow (Keras).

Read from top to bottom: the networks, the losses, what keeps training stable, one step, the loop,
and how to see a collapse. Pictures inside are float32 N×32×32×C in [-1, 1].
The same functions in PyTorch: `prodgen_lib.torch.gan`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from prodgen_lib.plain.fits import check_labels, check_pictures
from prodgen_lib.tensorflow.bridge import (
    adam,
    copy_model,
    from_images,
    load_weights,
    set_learning_rate,
    set_seed,
    to_images,
    to_tensor,
)

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip


def initialise(model: keras.Model) -> keras.Model:
    """Draw every convolution kernel from N(0, 0.02²) and set every bias to zero; returns `model`.

    The choice of DCGAN (arXiv:1511.06434). Batch norm keeps its own start: scale 1, shift 0.
    """
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.Conv2DTranspose):
            layer.kernel.assign(keras.random.normal(layer.kernel.shape, stddev=0.02))
            if layer.use_bias:
                layer.bias.assign(keras.ops.zeros(layer.bias.shape))
    return model


def discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """What the discriminator minimises: call real pictures real and fake ones fake. A scalar.

    With logits D, in one formula (arXiv:1406.2661, equation 1, as a loss):

        mean of softplus(-D(x))  +  mean of softplus(D(G(z))),    softplus(t) = log(1 + e^t)

    that is, binary cross-entropy on logits with labels 1 for real and 0 for fake: the *sum* of the
    two means, not their average. Logits have shape (N,); any size is right, and ±100 stays finite.
    At logits 0 it is 2·log 2.
    `train_dcgan` compiles this with `tf.function`: use TensorFlow's operations, no numpy.
    """
    real_loss = tf.reduce_mean(tf.nn.softplus(-real_logits))
    return real_loss + tf.reduce_mean(tf.nn.softplus(fake_logits))


def generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """What the generator minimises: have its pictures called real. A scalar.

    The *non-saturating* loss (arXiv:1406.2661, section 3): the mean of -log sigmoid(D(G(z))), and
    not of log(1 - sigmoid(D(G(z)))), whose gradient dies while the discriminator wins.
    Logits have shape (N,); -100 gives 100, not infinity. At logits 0 it is log 2.
    `train_dcgan` compiles this with `tf.function`: use TensorFlow's operations, no numpy.
    """
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))


def relativistic_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """What the discriminator minimises in the better recipe: real above fake, pair by pair.

        mean over pairs i of softplus(D(G(z_i)) - D(x_i))

    The relativistic pairing loss (arXiv:1807.00734; analysed in arXiv:2501.05441): only the
    *difference* counts, so no logit can run away alone, and a generator that gives up on a
    category is still compared with it. Logits have shape (N,); pair i is the i-th of each.
    `train` compiles this with `tf.function`: use TensorFlow's operations, no numpy.
    """
    return tf.reduce_mean(tf.nn.softplus(fake_logits - real_logits))


def build_discriminator(
    *, width: int = 24, channels: int = 3, classes: int = 0
) -> keras.Sequential:
    """Pictures (N, 32, 32, channels) to one logit each, shape (N,): large where they look real.

    A `keras.Sequential` that starts with `keras.Input` and has exactly these layers:

    1. convolutions 4×4, stride 2, padding "same", to width, 2·width and 4·width channels:
       32 → 16 → 8 → 4 pixels, each followed by leaky ReLU of slope 0.2;
    2. a convolution 4×4, stride 1, padding "valid", to one channel: 4 → 1 pixel;
    3. `layers.Reshape(())`, which turns (N, 1, 1, 1) into (N,).

    With `classes` > 0, step 2 has that many channels and step 3 reshapes to (classes,): logits of
    shape (N, classes), one for each thing that the picture may be said to show.

    Every convolution has a bias. There is *no* batch norm: the gradient penalty needs the logit of
    a picture to depend on that picture alone. No sigmoid: losses take logits.
    Weights by `initialise`.
    """
    return initialise(
        keras.Sequential(
            [
                keras.Input((32, 32, channels)),
                layers.Conv2D(width, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(2 * width, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(4 * width, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(max(classes, 1), 4),
                layers.Reshape((classes,) if classes else ()),
            ]
        )
    )


def build_generator(
    *, latent_dim: int = 64, width: int = 24, channels: int = 3
) -> keras.Sequential:
    """Noise (N, latent_dim) to pictures (N, 32, 32, channels) in [-1, 1].

    A `keras.Sequential` that starts with `keras.Input` and has exactly these layers, after DCGAN
    (arXiv:1511.06434):

    1. `layers.Reshape`: the noise as a picture of one pixel, (N, 1, 1, latent_dim);
    2. a transposed convolution 4×4, stride 1, padding "valid", to 4·width channels: 1 → 4 pixels;
    3. transposed convolutions 4×4, stride 2, padding "same", to 2·width and then to width channels:
       4 → 8 → 16 pixels;
    4. a transposed convolution 4×4, stride 2, padding "same", to `channels`: 16 → 32 pixels; then
       tanh.

    Steps 2 and 3 have no bias, since batch norm (epsilon 1e-5, momentum 0.9: PyTorch's defaults,
    which are not Keras's) follows each, and then ReLU. Step 4 has a bias and no batch norm.
    Weights by `initialise`.
    """
    return initialise(
        keras.Sequential(
            [
                keras.Input((latent_dim,)),
                layers.Reshape((1, 1, latent_dim)),
                layers.Conv2DTranspose(4 * width, 4, use_bias=False),
                layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
                layers.ReLU(),
                layers.Conv2DTranspose(2 * width, 4, strides=2, padding="same", use_bias=False),
                layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
                layers.ReLU(),
                layers.Conv2DTranspose(width, 4, strides=2, padding="same", use_bias=False),
                layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
                layers.ReLU(),
                layers.Conv2DTranspose(channels, 4, strides=2, padding="same"),
                layers.Activation("tanh"),
            ]
        )
    )


def relativistic_generator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """What the generator minimises in the better recipe: fake above real, pair by pair.

        mean over pairs i of softplus(D(x_i) - D(G(z_i)))

    The mirror image of `relativistic_discriminator_loss`, with the same arguments in the same
    order. Logits have shape (N,).
    """
    return tf.reduce_mean(tf.nn.softplus(real_logits - fake_logits))


def gradient_penalty(
    discriminator: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor
) -> tf.Tensor:
    """How steep the discriminator is at these pictures. A scalar that can itself be minimised.

        mean over pictures x of ‖∇_x D(x)‖²      (squared, summed over channels and pixels)

    On real pictures this is R1 (arXiv:1801.04406), on fake ones R2. `discriminator` maps images
    (N, H, W, C) to logits (N,). A tape around this call can differentiate the result for the
    discriminator's weights; nothing flows back into `images`.
    `train` compiles this with `tf.function`: use TensorFlow's operations, no numpy.
    """
    images = tf.stop_gradient(images)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        logits = discriminator(images)
    gradient = tape.gradient(logits, images)
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3)))


def update_average(average: keras.Model, model: keras.Model, decay: float) -> None:
    """Move the averaged weights a little towards the model's, in place.

        average ← decay · average + (1 - decay) · model

    for every trainable variable (exponential moving average, as in arXiv:1710.10196). The others,
    such as batch norm's moving statistics, are copied: they are averages already.
    `train` compiles this with `tf.function`: use TensorFlow's operations, no numpy.
    """
    for kept, new in zip(average.trainable_variables, model.trainable_variables, strict=True):
        kept.assign(decay * kept + (1 - decay) * new)
    for kept, new in zip(
        average.non_trainable_variables, model.non_trainable_variables, strict=True
    ):
        kept.assign(new)


def score(
    discriminator: keras.Model, images: tf.Tensor, labels: tf.Tensor | None = None
) -> tf.Tensor:
    """One logit a picture, shape (N,): does it look real, as the product that it is said to be?

    `labels` are one-hot (N, classes), for a discriminator with as many logits a picture: the one
    of the label counts. Without labels, the discriminator's logits (N,) as they are.
    """
    logits = discriminator(images, training=True)
    return logits if labels is None else tf.reduce_sum(logits * labels, axis=1)


def train_step(
    generator: keras.Model,
    discriminator: keras.Model,
    generator_optimizer: keras.optimizers.Optimizer,
    discriminator_optimizer: keras.optimizers.Optimizer,
    real: tf.Tensor,
    noise: tf.Tensor,
    *,
    labels: tf.Tensor | None = None,
    penalty: float = 0.0,
) -> dict[str, tf.Tensor]:
    """One update of the discriminator, then one of the generator, by the better recipe.

    `real`: (N, 32, 32, C) in [-1, 1]; `noise`: (N, latent_dim), which ends in the labels if there
    are any; `labels`: one-hot (N, classes), the same for real picture i and fake i, or None.
    Logits are always those of `score`. The generator runs with `training=True`.

    1. `fake` = generator(noise), once: both updates use it.
    2. Discriminator: `relativistic_discriminator_loss` of its logits for `real` and `fake`; where
       `penalty` > 0, plus penalty · (`gradient_penalty` on real + on fake). The generator's
       weights stay as they are.
    3. Generator: `relativistic_generator_loss` with the logits of the *updated* discriminator.
       The discriminator's weights stay as they are.

    Returns the two losses (without the penalty) as `{"discriminator": …, "generator": …}`, scalars.
    `train` compiles this with `tf.function`: use TensorFlow's operations, no numpy.
    """

    def judge(images: tf.Tensor) -> tf.Tensor:
        return score(discriminator, images, labels)

    with tf.GradientTape() as generator_tape:
        fake = generator(noise, training=True)
        with generator_tape.stop_recording():
            with tf.GradientTape() as tape:
                d_loss = total = relativistic_discriminator_loss(judge(real), judge(fake))
                if penalty > 0:
                    steepness = gradient_penalty(judge, real) + gradient_penalty(judge, fake)
                    total = d_loss + penalty * steepness
            variables = discriminator.trainable_variables
            gradients = tape.gradient(total, variables)
            discriminator_optimizer.apply_gradients(zip(gradients, variables, strict=True))
            real_logits = judge(real)
        g_loss = relativistic_generator_loss(real_logits, judge(fake))
    variables = generator.trainable_variables
    gradients = generator_tape.gradient(g_loss, variables)
    generator_optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return {"discriminator": d_loss, "generator": g_loss}


class Trained(NamedTuple):
    """What training leaves: the generator to sample from, the discriminator, the losses.

    `history` holds an array of length `steps` for each loss, by name.
    """

    generator: keras.Model
    discriminator: keras.Model
    history: dict[str, np.ndarray]


def draw_batch(
    pictures: np.ndarray,
    one_hot: np.ndarray | None,
    rng: np.random.Generator,
    *,
    batch_size: int,
    latent_dim: int,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
    """Random pictures (N, H, W, C) in [-1, 1], as much noise (N, latent_dim) from N(0, 1), labels.

    With `one_hot` labels (all pictures, classes), those of the batch are returned, and the noise
    ends in them too: (N, latent_dim + classes). Without, None is.
    """
    index = rng.integers(len(pictures), size=batch_size)
    noise = rng.standard_normal((batch_size, latent_dim), dtype=np.float32)
    if one_hot is None:
        return to_images(pictures[index]), to_tensor(noise), None
    labels = one_hot[index]
    return to_images(pictures[index]), to_tensor(np.hstack([noise, labels])), to_tensor(labels)


def train(
    pictures: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    steps: int = 4000,
    batch_size: int = 32,
    latent_dim: int = 64,
    width: int = 24,
    learning_rate: float = 1e-3,
    penalty: float = 1.0,
    penalty_every: int = 4,
    decay: float = 0.998,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, keras.Model, dict], None] | None = None,
) -> Trained:
    """Train by the better recipe on uint8 pictures N×32×32×C; returns the averaged generator.

    With `labels` (N integers from 0), both networks are told what each picture shows.
    The learning rate falls linearly to zero. The penalty is paid every `penalty_every`-th step,
    that many times as dear. `on_step(step, averaged generator, losses)` is called after each step.
    """
    check_pictures(pictures)
    labels = None if labels is None else check_labels(labels, count=len(pictures))
    set_seed(seed)
    rng = np.random.default_rng(seed)
    classes = 0 if labels is None else int(labels.max()) + 1
    one_hot = np.eye(classes, dtype=np.float32)[labels] if classes else None
    channels, sizes = pictures.shape[-1], {"batch_size": batch_size, "latent_dim": latent_dim}
    generator = build_generator(latent_dim=latent_dim + classes, width=width, channels=channels)
    discriminator = build_discriminator(width=width, channels=channels, classes=classes)
    average = copy_model(generator)
    optimizers = adam(generator, learning_rate), adam(discriminator, learning_rate)
    compiled_step, compiled_average = tf.function(train_step), tf.function(update_average)
    history = []
    for step in tqdm(range(steps), disable=not progress):
        for optimizer in optimizers:
            set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        real, noise, told = draw_batch(pictures, one_hot, rng, **sizes)
        price = penalty * penalty_every if step % penalty_every == 0 else 0.0
        losses = compiled_step(
            generator, discriminator, *optimizers, real, noise, labels=told, penalty=price
        )
        compiled_average(average, generator, to_tensor(min(decay, (1 + step) / (10 + step))))
        history.append({name: float(value) for name, value in losses.items()})
        if on_step:
            on_step(step, average, history[-1])
    curves = {name: np.array([losses[name] for losses in history]) for name in history[0]}
    return Trained(average, discriminator, curves)


def sample(
    generator: keras.Model,
    count: int,
    *,
    classes: int = 0,
    labels: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """`count` pictures, uint8 count×32×32×C. The same seed draws the same noise.

    For a generator that was trained with labels, say of how many `classes`; picture i then shows
    `labels[i]`, by default 0, 1, … `classes` - 1 and from 0 again.
    """
    if classes and labels is not None:
        check_labels(labels, count=count, classes=(classes,))
    inputs = generator.input_shape[-1]
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, inputs - classes), dtype=np.float32)
    if classes:
        labels = np.arange(count) % classes if labels is None else np.asarray(labels)
        noise = np.hstack([noise, np.eye(classes, dtype=np.float32)[labels]])
    parts = [noise[start : start + 256] for start in range(0, count, 256)]
    return np.concatenate([from_images(generator(part, training=False)) for part in parts])


def load_pretrained() -> keras.Sequential:
    """The generator of the same recipe trained for longer on the studio catalogue; it ships here.

    It was trained with labels: `sample(load_pretrained(), 100, classes=10)`.
    """
    generator = build_generator(latent_dim=64 + 10)
    weights = Path(__file__).parent.parent / "weights" / "gan_studio.safetensors"
    load_weights(generator, weights)
    return generator


def category_shares(logits: tf.Tensor) -> tf.Tensor:
    """Share of pictures that a classifier puts in each category: logits (N, K) to (K,), sum 1.

    A picture counts for the category of its largest logit.
    """
    categories = tf.argmax(logits, axis=1)
    return tf.reduce_mean(tf.one_hot(categories, logits.shape[1]), axis=0)


def missing_categories(shares: tf.Tensor, *, threshold: float = 0.02) -> list[int]:
    """Indices of the categories whose share is below `threshold`, in ascending order."""
    return tf.where(shares < threshold)[:, 0].numpy().tolist()


def is_collapsed(logits: tf.Tensor, *, threshold: float = 0.02) -> bool:
    """Whether pictures with these classifier logits (N, K) miss at least one of K categories.

    A category is missing when fewer than `threshold` of all pictures are put in it. Use some
    hundreds of pictures: of 20, none need be a watch by bad luck alone.
    """
    return len(missing_categories(category_shares(logits), threshold=threshold)) > 0


def build_dcgan_generator(
    *, latent_dim: int = 64, width: int = 32, channels: int = 3
) -> keras.Sequential:
    """The generator as most people write it, which is the one of `build_generator`, wider."""
    return build_generator(latent_dim=latent_dim, width=width, channels=channels)


def build_dcgan_discriminator(*, width: int = 32, channels: int = 3) -> keras.Sequential:
    """The discriminator as most people write it: with batch norm.

    As `build_discriminator`, but the second and third convolution have no bias and are followed
    by batch norm (epsilon 1e-5, momentum 0.9), before the leaky ReLU.
    """
    return initialise(
        keras.Sequential(
            [
                keras.Input((32, 32, channels)),
                layers.Conv2D(width, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(2 * width, 4, strides=2, padding="same", use_bias=False),
                layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(4 * width, 4, strides=2, padding="same", use_bias=False),
                layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(1, 4),
                layers.Reshape(()),
            ]
        )
    )


def dcgan_step(
    generator: keras.Model,
    discriminator: keras.Model,
    generator_optimizer: keras.optimizers.Optimizer,
    discriminator_optimizer: keras.optimizers.Optimizer,
    real: tf.Tensor,
    noise: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """One update of each network as most people write it: cross-entropy, and no penalty.

    The discriminator sees real and fake pictures in separate batches, as its batch norm needs.
    """
    fake = generator(noise, training=True)
    with tf.GradientTape() as tape:
        real_logits = discriminator(real, training=True)
        d_loss = discriminator_loss(real_logits, discriminator(fake, training=True))
    gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    discriminator_optimizer.apply_gradients(
        zip(gradients, discriminator.trainable_variables, strict=True)
    )
    with tf.GradientTape() as tape:
        g_loss = generator_loss(discriminator(generator(noise, training=True), training=True))
    gradients = tape.gradient(g_loss, generator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gradients, generator.trainable_variables, strict=True))
    return {"discriminator": d_loss, "generator": g_loss}


def train_dcgan(
    pictures: np.ndarray,
    *,
    steps: int = 2000,
    batch_size: int = 64,
    latent_dim: int = 64,
    width: int = 32,
    learning_rate: float = 2e-4,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, keras.Model, dict], None] | None = None,
) -> Trained:
    """Train as most people do: constant learning rate, no averaging, betas (0.5, 0.999)."""
    check_pictures(pictures)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    channels, sizes = pictures.shape[-1], {"batch_size": batch_size, "latent_dim": latent_dim}
    generator = build_dcgan_generator(latent_dim=latent_dim, width=width, channels=channels)
    discriminator = build_dcgan_discriminator(width=width, channels=channels)
    optimizers = [adam(m, learning_rate, (0.5, 0.999)) for m in (generator, discriminator)]
    compiled_step = tf.function(dcgan_step)
    history = []
    for step in tqdm(range(steps), disable=not progress):
        real, noise, _ = draw_batch(pictures, None, rng, **sizes)
        losses = compiled_step(generator, discriminator, *optimizers, real, noise)
        history.append({name: float(value) for name, value in losses.items()})
        if on_step:
            on_step(step, generator, history[-1])
    curves = {name: np.array([losses[name] for losses in history]) for name in history[0]}
    return Trained(generator, discriminator, curves)


def review_generator(*, noise_dim: int, image_channels: int) -> keras.Sequential:
    """Noise (N, noise_dim) to pictures (N, 32, 32, image_channels) in [-1, 1], at a whiteboard.

    A `keras.Input`, a dense layer to 8·8·32 numbers, ReLU, `layers.Reshape` to 8×8 pixels of 32
    channels; then twice: nearest-neighbour upsampling by 2 and a convolution 3×3 with padding
    "same", to 16 channels and ReLU the first time, to `image_channels` and tanh the second.
    """
    return keras.Sequential(
        [
            keras.Input((noise_dim,)),
            layers.Dense(8 * 8 * 32),
            layers.ReLU(),
            layers.Reshape((8, 8, 32)),
            layers.UpSampling2D(2),
            layers.Conv2D(16, 3, padding="same"),
            layers.ReLU(),
            layers.UpSampling2D(2),
            layers.Conv2D(image_channels, 3, padding="same"),
            layers.Activation("tanh"),
        ]
    )


def review_discriminator(*, image_channels: int) -> keras.Sequential:
    """Pictures (N, 32, 32, image_channels) to logits (N,), at a whiteboard.

    A `keras.Input`, two convolutions 4×4 with stride 2 and padding "same", to 16 and 32 channels,
    each followed by leaky ReLU of slope 0.2; flatten; a dense layer to one logit;
    `layers.Reshape(())` to shape (N,).
    """
    return keras.Sequential(
        [
            keras.Input((32, 32, image_channels)),
            layers.Conv2D(16, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(32, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
            layers.Dense(1),
            layers.Reshape(()),
        ]
    )


def review_step(
    generator: keras.Model,
    discriminator: keras.Model,
    generator_optimizer: keras.optimizers.Optimizer,
    discriminator_optimizer: keras.optimizers.Optimizer,
    real: tf.Tensor,
    noise: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """One update of the discriminator, then one of the generator, at a whiteboard.

    `real` (N, 32, 32, C) and `noise` (N, noise_dim) have the same N. The discriminator minimises
    binary cross-entropy on logits: the sum of the mean over all N real pictures, labelled 1, and
    the mean over N fakes, labelled 0. The generator then minimises the cross-entropy of its fakes'
    new logits with label 1; only its own weights change in that update.
    Returns both losses: `{"discriminator": …, "generator": …}`.
    """
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = tf.ones(len(real)), tf.zeros(len(real))
    with tf.GradientTape() as tape:
        fake = generator(noise)
        d_loss = cross_entropy(ones, discriminator(real))
        d_loss = d_loss + cross_entropy(zeros, discriminator(fake))
    variables = discriminator.trainable_variables
    discriminator_optimizer.apply_gradients(
        zip(tape.gradient(d_loss, variables), variables, strict=True)
    )

    with tf.GradientTape() as tape:
        g_loss = cross_entropy(ones, discriminator(generator(noise)))
    variables = generator.trainable_variables
    generator_optimizer.apply_gradients(
        zip(tape.gradient(g_loss, variables), variables, strict=True)
    )
    return {"discriminator": d_loss, "generator": g_loss}
