"""Autoencoders for product pictures, in TensorFlow (Keras).

Read from top to bottom: the two networks, what is done to pictures before they are shown, the loss
over hidden pixels, the score of a defect, a walk between codes.
Pictures inside are float32 N×32×32×C in [0, 1].
The same functions in PyTorch: `prodgen_lib.torch.autoencoder`.
"""

from __future__ import annotations

from collections.abc import Callable

from prodgen_lib.tensorflow import bridge  # noqa: F401  (keeps TensorFlow's import quiet)

import keras  # isort: skip
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
    """Codes (N, latents) to pictures (N, 32, 32, channels) in [0, 1]: the encoder's mirror image.

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


def add_noise(pictures: tf.Tensor, *, sigma: float, seed: int) -> tf.Tensor:
    """Noisy copies of pictures (N, H, W, C) in [0, 1], for training a denoiser.

    Every value gets noise of its own from N(0, sigma²); the result is clipped to [0, 1], as a
    camera would. Only `seed` decides which noise: the same seed, the same copies. `pictures` stay
    as they are.
    """
    noise = tf.random.stateless_normal(pictures.shape, seed=(seed, 0))
    return tf.clip_by_value(pictures + sigma * noise, 0, 1)


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


def walk(
    decoder: Callable[[tf.Tensor], tf.Tensor], start: tf.Tensor, end: tf.Tensor, *, steps: int
) -> tf.Tensor:
    """Pictures (steps, H, W, C) on the straight way from one code to another, both ends included.

    `start` and `end` are (latents,), `steps` is at least 2; the codes are evenly spaced.
    """
    shares = tf.linspace(0.0, 1.0, steps)[:, None]
    return decoder(start + shares * (end - start))


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
