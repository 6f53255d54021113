"""Autoencoders for product pictures, in TensorFlow (Keras).

Read from top to bottom: the two networks, what is done to pictures before they are shown, the loss
over hidden pixels, the score of a defect, a walk between codes.
Pictures inside are float32 N×32×32×C in [0, 1].
The same functions in PyTorch: `prodgen_lib.torch.autoencoder`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from prodgen_lib.plain.corruptions import fill_smooth, half_and_back, square_masks
from prodgen_lib.plain.fits import check_pictures
from prodgen_lib.tensorflow.bridge import (
    adam,
    from_images,
    image_array,
    image_tensor,
    load_weights,
    set_learning_rate,
    set_seed,
    to_images,
    to_numpy,
    to_tensor,
)

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip


def build_encoder(*, latents: int = 64, width: int = 16, channels: int = 3) -> keras.Sequential:
    """Pictures (N, 32, 32, channels) to codes (N, latents): the bottleneck.

    A `keras.Sequential` that starts with `keras.Input`. Convolutions 4×4, stride 2, padding "same"
    to width, 2·width and 4·width channels (32 → 16 → 8 → 4 pixels), each followed by leaky ReLU of
    negative slope 0.2, and one of stride 1, padding "valid" to `latents` channels (4 → 1 pixel),
    flattened. Nothing bounds the codes.
    """
    return keras.Sequential(
        [
            keras.Input((32, 32, channels)),
            layers.Conv2D(width, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(2 * width, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(4 * width, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(latents, 4),
            layers.Flatten(),
        ]
    )


def build_decoder(*, latents: int = 64, width: int = 16, channels: int = 3) -> keras.Sequential:
    """Codes (N, latents) to pictures (N, 32, 32, channels) in [0, 1]: the encoder mirrored.

    A `keras.Sequential` that starts with `keras.Input`; the code as a picture of one pixel. A
    transposed convolution 4×4, padding "valid" to 4·width channels (1 → 4 pixels), then three of
    stride 2, padding "same" to 2·width, width and `channels` (4 → 8 → 16 → 32 pixels), with leaky
    ReLU of negative slope 0.2 between them and a sigmoid at the end.
    """
    return keras.Sequential(
        [
            keras.Input((latents,)),
            layers.Reshape((1, 1, latents)),
            layers.Conv2DTranspose(4 * width, 4),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2DTranspose(2 * width, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2DTranspose(width, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2DTranspose(channels, 4, strides=2, padding="same"),
            layers.Activation("sigmoid"),
        ]
    )


def walk(
    decoder: Callable[[tf.Tensor], tf.Tensor], start: tf.Tensor, end: tf.Tensor, *, steps: int
) -> tf.Tensor:
    """Pictures (steps, H, W, C) on the straight way between two codes, both ends included.

    `start` and `end` are (latents,), `steps` is at least 2; the codes are evenly spaced.
    """
    shares = tf.linspace(0.0, 1.0, steps)[:, None]
    return decoder(start + shares * (end - start))


def add_noise(pictures: tf.Tensor, *, sigma: float, seed: int) -> tf.Tensor:
    """Noisy copies of pictures (N, H, W, C) in [0, 1], for training a denoiser.

    Every value gets noise of its own from N(0, sigma²); the result is clipped to [0, 1], as a
    camera would. Any generator will do; `seed` alone decides which noise: the same seed, the same
    copies. `pictures` stay as they are.
    """
    noise = tf.random.stateless_normal(pictures.shape, seed=(seed, 0))
    return tf.clip_by_value(pictures + sigma * noise, 0, 1)


def initialise(model: keras.Model) -> keras.Model:
    """Draw every kernel from N(0, 2/n) and set every bias to zero; returns `model`.

    n is how many inputs one output is a sum of, so that signals keep their size through the
    layers (arXiv:1502.01852): all kernel positions times input channels in a convolution, but
    only each stride-th position, along both sides, in a transposed one.
    """
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.Conv2DTranspose):
            positions = layer.kernel_size[0] ** 2
            if isinstance(layer, layers.Conv2DTranspose):
                stride = layer.strides[0]
                positions = positions // stride**2 if stride > 1 else 1  # from a single pixel
            size = (2 / (positions * layer.input.shape[-1])) ** 0.5
            layer.kernel.assign(keras.random.normal(layer.kernel.shape, stddev=size))
            if layer.use_bias:
                layer.bias.assign(keras.ops.zeros(layer.bias.shape))
    return model


def chain(encoder: keras.Sequential, decoder: keras.Sequential) -> keras.Sequential:
    """The autoencoder: one network of the layers of both, which it shares with them."""
    pictures = keras.Input(encoder.input_shape[1:])
    return keras.Sequential([pictures, *encoder.layers, *decoder.layers])


def train_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    inputs: tf.Tensor,
    targets: tf.Tensor,
) -> tf.Tensor:
    """One update towards giving `targets` for `inputs`, both (N, H, W, C); returns the loss.

    Mean squared error over all values. Of a plain autoencoder, inputs and targets are the same
    pictures; of a denoising one, the inputs are noisy and the targets clean.
    `train` compiles this with `tf.function`: use TensorFlow's operations, no numpy.
    """
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(inputs) - targets))
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


class Trained(NamedTuple):
    """What training leaves: both halves, and the loss of each step in `history["loss"]`."""

    encoder: keras.Sequential
    decoder: keras.Sequential
    history: dict[str, np.ndarray]


def train(
    pictures: np.ndarray,
    *,
    latents: int = 64,
    width: int = 16,
    steps: int = 2000,
    batch_size: int = 16,
    learning_rate: float = 6e-3,
    sigma: float = 0.0,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, keras.Model, dict], None] | None = None,
) -> Trained:
    """Train an autoencoder on uint8 pictures N×32×32×C. The learning rate falls linearly to zero.

    With `sigma` > 0 it is shown noisy copies (`add_noise`) and must give the clean pictures.
    `on_step(step, model, losses)` is called after each step, with the chained network.
    """
    check_pictures(pictures)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    options = {"latents": latents, "width": width, "channels": pictures.shape[-1]}
    encoder, decoder = initialise(build_encoder(**options)), initialise(build_decoder(**options))
    model = chain(encoder, decoder)
    optimizer = adam(model, learning_rate, (0.9, 0.999))
    compiled_step, history = tf.function(train_step), []
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        targets = unit_images(pictures[rng.integers(len(pictures), size=batch_size)])
        inputs = add_noise(targets, sigma=sigma, seed=seed * steps + step) if sigma else targets
        history.append(float(compiled_step(model, optimizer, inputs, targets)))
        if on_step:
            on_step(step, model, {"loss": history[-1]})
    return Trained(encoder, decoder, {"loss": np.array(history)})


def unit_images(pictures: np.ndarray) -> tf.Tensor:
    """Pictures uint8 N×H×W×C as a float32 tensor N×H×W×C in [0, 1]."""
    return (to_images(pictures) + 1) / 2


def in_parts(array: np.ndarray, size: int = 250) -> list[np.ndarray]:
    """The array in pieces of at most `size` rows, which fit into memory."""
    return [array[start : start + size] for start in range(0, len(array), size)]


def encode(encoder: keras.Model, pictures: np.ndarray) -> np.ndarray:
    """Codes of uint8 pictures N×32×32×C: float32 (N, latents)."""
    check_pictures(pictures)
    return np.concatenate([to_numpy(encoder(unit_images(part))) for part in in_parts(pictures)])


def decode(decoder: keras.Model, codes: np.ndarray) -> np.ndarray:
    """The picture of each code (N, latents): uint8 N×32×32×C."""
    parts = [decoder(to_tensor(part)) for part in in_parts(codes)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


def load_pretrained() -> Trained:
    """The autoencoder of `train` after longer training on the studio catalogue; it ships here.

    32 latents; its `history` is empty.
    """
    encoder, decoder = build_encoder(latents=32), build_decoder(latents=32)
    weights = Path(__file__).parent.parent / "weights" / "autoencoder_studio.safetensors"
    load_weights(chain(encoder, decoder), weights)
    return Trained(encoder, decoder, {})


def masked_loss(output: tf.Tensor, pictures: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Mean squared error over hidden values only, a scalar: what inpainting is trained on.

    `output` and `pictures` are (N, H, W, C); `mask` (N, H, W, 1) is 1 where a pixel was hidden and
    0 where it was seen. The mean is over all hidden values of the batch, every channel of a hidden
    pixel being one; what was seen has no part in it, neither in the sum nor in the count. With
    nothing hidden the loss is 0.
    """
    errors = mask * tf.square(output - pictures)
    hidden = tf.reduce_sum(mask) * pictures.shape[-1]
    return tf.reduce_sum(errors) / tf.maximum(hidden, 1)


def random_mask(count: int, *, hole: int = 12, seed: int) -> tf.Tensor:
    """Masks (count, 32, 32, 1) of a hidden square each: 1 in `hole`×`hole` pixels, 0 elsewhere."""
    return image_tensor(square_masks(count, size=32, hole=hole, seed=seed))


def build_restorer(*, halvings: int = 1, width: int = 24, channels: int = 3) -> keras.Sequential:
    """Damaged pictures and their mask (N, 32, 32, channels + 1) to corrections of the pictures.

    `halvings` convolutions 4×4 of stride 2, the first to `width` channels (32 → 16 pixels), the
    others to 2·width; three of 3×3; `halvings` transposed convolutions 4×4 of stride 2 the same way
    back, the last to `channels`. All but the first and the last are without bias and followed by
    batch norm (momentum 0.9, epsilon 1e-5: PyTorch's). Leaky ReLU of negative slope 0.2 comes after
    all but the last, whose correction has no bounds. Padding is "same".

    One halving sees about ten pixels to each side, enough for noise and edges; three see the whole
    picture, which a hole needs. No code is narrow: the network can't learn to copy, since no copy
    is asked of it (see `restore`).
    """
    sizes = [width] + [2 * width] * (halvings - 1)
    down = [
        layers.Conv2D(width, 4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
    ]
    for size in sizes[1:]:
        down += [layers.Conv2D(size, 4, strides=2, padding="same", use_bias=False)]
        down += [layers.BatchNormalization(momentum=0.9, epsilon=1e-5)]
        down += [layers.LeakyReLU(negative_slope=0.2)]
    for _ in range(3):
        down += [layers.Conv2D(sizes[-1], 3, padding="same", use_bias=False)]
        down += [layers.BatchNormalization(momentum=0.9, epsilon=1e-5)]
        down += [layers.LeakyReLU(negative_slope=0.2)]
    up = []
    for size in reversed(sizes[:-1]):
        up += [layers.Conv2DTranspose(size, 4, strides=2, padding="same", use_bias=False)]
        up += [layers.BatchNormalization(momentum=0.9, epsilon=1e-5)]
        up += [layers.LeakyReLU(negative_slope=0.2)]
    up += [layers.Conv2DTranspose(channels, 4, strides=2, padding="same")]
    return keras.Sequential([keras.Input((32, 32, channels + 1)), *down, *up])


def damage(pictures: tf.Tensor, *, task: str, seed: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Damaged copies of pictures (N, 32, 32, C) in [0, 1], and masks (N, 32, 32, 1).

    A mask is 1 where a pixel can't be trusted any more. Task "noise": `add_noise` with sigma 0.2,
    everywhere. "hole": a square of 12×12 pixels is lost, and filled smoothly from its rim by
    `corruptions.fill_smooth`. "small": halved to 16×16 pixels and enlarged again by bicubic
    interpolation, everywhere. So holes and small pictures come as the plain method leaves them.
    """
    everywhere = tf.ones_like(pictures[..., :1])
    if task == "noise":
        return add_noise(pictures, sigma=0.2, seed=seed), everywhere
    if task == "hole":
        mask = random_mask(len(pictures), seed=seed)
        filled = fill_smooth(image_array(pictures), image_array(mask))
        return image_tensor(filled), mask
    if task == "small":
        matrix = to_tensor(half_and_back(pictures.shape[1]))
        return tf.einsum("ij,njkc,lk->nilc", matrix, pictures, matrix), everywhere
    raise ValueError(f"No task {task!r}; choose noise, hole or small.")


def restore(
    model: keras.Model, damaged: tf.Tensor, mask: tf.Tensor, *, training: bool = False
) -> tf.Tensor:
    """Mended pictures (N, H, W, C): the damaged ones plus the network's correction under the mask.

        damaged + mask · model(damaged and mask, side by side as channels)

    What can be trusted stays exactly as it is, and what is nearly right needs only a small
    correction: the network learns the residual (arXiv:1608.03981), not the picture. `training` is
    for batch norm.
    """
    return damaged + mask * model(tf.concat([damaged, mask], axis=-1), training=training)


def restore_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    damaged: tf.Tensor,
    mask: tf.Tensor,
    pictures: tf.Tensor,
) -> tf.Tensor:
    """One update of a restorer: `masked_loss` of what `restore` gives; returns the loss.

    `train_restorer` compiles this with `tf.function`.
    """
    with tf.GradientTape() as tape:
        output = restore(model, damaged, mask, training=True)
        loss = masked_loss(output, pictures, mask)
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


class Restorer(NamedTuple):
    """A trained restorer, and the loss of each step in `history["loss"]`."""

    model: keras.Sequential
    history: dict[str, np.ndarray]


def train_restorer(
    pictures: np.ndarray,
    *,
    task: str,
    width: int = 24,
    steps: int = 1200,
    batch_size: int = 16,
    learning_rate: float = 3e-3,
    seed: int = 0,
    progress: bool = True,
) -> Restorer:
    """Train a restorer for one `task` of `damage` on uint8 pictures N×32×32×C.

    For holes the network halves its pictures three times, otherwise once. At the start it corrects
    little: its last kernel is a tenth of what `initialise` draws. The learning rate falls linearly
    to zero.
    """
    check_pictures(pictures)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    options = {"halvings": 3 if task == "hole" else 1, "width": width}
    model = initialise(build_restorer(**options, channels=pictures.shape[-1]))
    model.layers[-1].kernel.assign(0.1 * model.layers[-1].kernel)
    optimizer = adam(model, learning_rate, (0.9, 0.999))
    compiled_step, history = tf.function(restore_step), []
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        batch = unit_images(pictures[rng.integers(len(pictures), size=batch_size)])
        damaged, mask = damage(batch, task=task, seed=seed * steps + step)
        history.append(float(compiled_step(model, optimizer, damaged, mask, batch)))
    return Restorer(model, {"loss": np.array(history)})


def restored(model: keras.Model, pictures: np.ndarray, *, task: str, seed: int) -> list[np.ndarray]:
    """uint8 pictures N×32×32×C damaged, the same mended, and masks float32 N×32×32×1."""
    rows = []
    for index, part in enumerate(in_parts(pictures)):
        damaged, mask = damage(unit_images(part), task=task, seed=seed + index)
        mended = restore(model, damaged, mask)
        rows.append((from_images(2 * damaged - 1), from_images(2 * mended - 1), to_numpy(mask)))
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def anomaly_score(output: tf.Tensor, pictures: tf.Tensor, *, window: int = 4) -> tf.Tensor:
    """How badly the worst place of each picture is reconstructed: (N,).

    The squared error of (N, H, W, C), averaged over channels; then over each window of
    window×window pixels, at every position where it fits; the score is the largest of these. A
    defect is small: in the mean over a whole picture it would drown.
    """
    errors = tf.reduce_mean(tf.square(output - pictures), axis=-1, keepdims=True)
    local = tf.nn.avg_pool2d(errors, window, strides=1, padding="VALID")
    return tf.reduce_max(local, axis=(1, 2, 3))


def auroc(scores: tf.Tensor, defective: tf.Tensor) -> tf.Tensor:
    """Area under the ROC curve, a scalar in [0, 1]; 0.5 is chance.

    `scores` (N,), `defective` (N,) boolean, with both kinds present. It is the share of pairs, one
    defective picture and one good one, in which the defective picture has the higher score; a tie
    counts one half.
    """
    ahead = scores[defective][:, None] - scores[~defective]
    higher, equal = (tf.cast(pairs, tf.float32) for pairs in (ahead > 0, ahead == 0))
    return tf.reduce_mean(higher) + 0.5 * tf.reduce_mean(equal)


def review_autoencoder(*, latents: int) -> keras.Sequential:
    """Pictures (N, 32, 32, 3) to reconstructions of the same shape, in [0, 1], at a whiteboard.

    Two convolutions 4×4 with stride 2 and padding "same", to 16 and 32 channels, each followed by
    ReLU; flatten; a dense layer to the code of `latents` numbers, with nothing after it. Back: a
    dense layer to 8·8·32 numbers and ReLU; as 32 channels of 8×8 pixels; two transposed
    convolutions 4×4 with stride 2 and padding "same", to 16 channels with ReLU and to 3 with a
    sigmoid.
    """
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(16, 4, strides=2, padding="same"),
            layers.ReLU(),
            layers.Conv2D(32, 4, strides=2, padding="same"),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(latents),
            layers.Dense(8 * 8 * 32),
            layers.ReLU(),
            layers.Reshape((8, 8, 32)),
            layers.Conv2DTranspose(16, 4, strides=2, padding="same"),
            layers.ReLU(),
            layers.Conv2DTranspose(3, 4, strides=2, padding="same"),
            layers.Activation("sigmoid"),
        ]
    )


def review_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    pictures: tf.Tensor,
    noise: tf.Tensor,
) -> tf.Tensor:
    """One update of a denoiser, at a whiteboard; returns the loss.

    `pictures` (N, H, W, C) in [0, 1]; `noise` of the same shape is drawn from N(0, 1). The network
    is shown the pictures plus 0.1 times the noise, clipped to [0, 1], and is to give the pictures
    as they were: mean squared error over all values.
    """
    noisy = tf.clip_by_value(pictures + 0.1 * noise, 0, 1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(noisy) - pictures))
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss
