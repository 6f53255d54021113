"""Super-resolution for product pictures, in TensorFlow: from a thumbnail to a larger picture.

Read from top to bottom: how pictures are made small, how a network makes them large, what it is
trained on, the loop, how papers measure it, pictures of any size. Pictures inside are float32
N×H×W×C in [0, 1]. The same functions in PyTorch: `prodgen_lib.torch.superres`.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from prodgen_lib.plain.fits import check_factor, check_pictures
from prodgen_lib.show.picture_file import own_picture
from prodgen_lib.tensorflow import gan
from prodgen_lib.tensorflow.autoencoder import in_parts, initialise, unit_images
from prodgen_lib.tensorflow.bridge import (
    adam,
    copy_model,
    from_images,
    load_weights,
    set_learning_rate,
    set_seed,
)
from prodgen_lib.tensorflow.classifier import load_classifier
from prodgen_lib.tensorflow.metrics import crop_border, luma, psnr

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

# ------------------------------------------------------------------------------ smaller and larger


def cubic(distance: tf.Tensor) -> tf.Tensor:
    """Keys's cubic weight of a pixel at this distance, in pixels, with a = -½; same shape.

        3/2 |t|³ - 5/2 |t|² + 1            for |t| ≤ 1
        -1/2 |t|³ + 5/2 |t|² - 4 |t| + 2   for 1 < |t| ≤ 2,   and 0 beyond

    (doi:10.1109/TASSP.1981.1163711, equation 15.) It is 1 at 0 and 0 at ±1 and ±2.
    """
    t = tf.abs(distance)
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return tf.where(t <= 1, near, tf.where(t <= 2, far, tf.zeros_like(t)))


def resize_matrix(length: int, new_length: int) -> tf.Tensor:
    """The matrix (new_length, length), float64, that resizes a row of pixels by cubic weights.

    Pixel i of the new row lies at (i + ½) · length / new_length - ½ of the old one: pixels are
    areas, and the outer edges fall together. Row i holds `cubic` of the distances to the old
    pixels, divided by their sum. To shrink, distances are first multiplied by
    new_length / length: the weight widens with the pixel, or fine patterns would turn into false
    ones (aliasing). Beyond the border the row is mirrored, the border pixel twice. This is
    MATLAB's `imresize(…, "bicubic")`, in which papers on super-resolution measure. (Of pictures of
    8 bits MATLAB also rounds what the rows gave, which moves some of its values by a level or
    two, at the border by more.)
    """
    scale = new_length / length
    shrink = min(scale, 1.0)
    centres = (tf.range(new_length, dtype=tf.float64) + 0.5) / scale - 0.5
    reach = int(2 / shrink) + 2
    places = tf.range(-reach, length + reach)
    weights = cubic((centres[:, None] - tf.cast(places, tf.float64)) * shrink)
    weights = weights / tf.reduce_sum(weights, axis=1, keepdims=True)
    mirrored = places % (2 * length)
    mirrored = tf.where(mirrored < length, mirrored, 2 * length - 1 - mirrored)
    columns = tf.math.unsorted_segment_sum(tf.transpose(weights), mirrored, length)
    return tf.transpose(columns)


def resize(images: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Pictures (N, H, W, C) at another size by `resize_matrix`, rows and columns; not clipped."""
    rows = tf.cast(resize_matrix(images.shape[1], height), images.dtype)
    columns = tf.cast(resize_matrix(images.shape[2], width), images.dtype)
    return tf.einsum("yh,nhwc,xw->nyxc", rows, images, columns)


def degrade(images: tf.Tensor, *, factor: int) -> tf.Tensor:
    """The small pictures (N, H/factor, W/factor, C) that a super-resolution network gets.

    Pictures (N, H, W, C) in [0, 1], H and W multiples of `factor`: by `resize`, which widens its
    weights when it shrinks; then clipped to [0, 1] and rounded to the nearest of the 256 levels
    k/255, as a file of 8 bits has them. ValueError for other sizes: they must be cut first.
    """
    height, width = images.shape[1:3]
    if height % factor or width % factor:
        raise ValueError(
            f"Pictures of {height}×{width} pixels can't be made {factor} times smaller; "
            f"cut them to multiples of {factor}."
        )
    small = resize(images, height // factor, width // factor)
    return tf.round(tf.clip_by_value(small, 0, 1) * 255) / 255


def pixel_shuffle(features: tf.Tensor, *, factor: int) -> tf.Tensor:
    """Channels become pixels: (N, H, W, C·factor²) to (N, H·factor, W·factor, C).

    Each place becomes a block of factor × factor pixels. Channel c·factor² + dy·factor + dx holds
    colour c of the block's pixel in row dy and column dx: the periodic shuffle of arXiv:1609.05158,
    with the channels in PyTorch's order. By reshaping and transposing:
    TensorFlow's own `depth_to_space` orders the channels otherwise.
    """
    count, height, width, channels = features.shape
    blocks = tf.reshape(features, (count, height, width, channels // factor**2, factor, factor))
    blocks = tf.transpose(blocks, (0, 1, 4, 2, 5, 3))
    return tf.reshape(blocks, (count, height * factor, width * factor, channels // factor**2))


# ----------------------------------------------------------------------------------- the networks


def build_network(
    *, factor: int = 2, width: int = 24, blocks: int = 4, channels: int = 3
) -> keras.Model:
    """A small residual network: pictures (N, H, W, channels) to (N, H, W, channels·factor²).

    A convolution 3×3 to `width` channels; `blocks` times a block: convolution 3×3, ReLU,
    convolution 3×3, all of `width` channels, whose result `layers.Add` adds to what went into the
    block; a convolution 3×3 to channels·factor², which `pixel_shuffle` later turns into pixels.
    All keep the size: padding "same". No normalisation, for the contrast of a picture must not be
    lost. Weights start as a fifth of what `initialise` draws, so that no block shouts down the
    others, and the last layer at zero, so that `enlarge` starts as plain bicubic.
    """
    pictures = keras.Input((None, None, channels))
    signal = layers.Conv2D(width, 3, padding="same")(pictures)
    for _ in range(blocks):
        inner = layers.Conv2D(width, 3, padding="same")(signal)
        inner = layers.ReLU()(inner)
        inner = layers.Conv2D(width, 3, padding="same")(inner)
        signal = layers.Add()([signal, inner])
    last = layers.Conv2D(channels * factor**2, 3, padding="same")
    network = initialise(keras.Model(pictures, last(signal)))
    for weight in network.weights:
        weight.assign(0.2 * weight)
    last.kernel.assign(tf.zeros_like(last.kernel))
    return network


def enlarge(network: keras.Model, images: tf.Tensor, *, factor: int) -> tf.Tensor:
    """Pictures (N, H, W, C) `factor` times larger: bicubic, plus what the network adds to it.

    All the network's work is done at the small size, and it learns only what bicubic lacks.
    """
    height, width = images.shape[1:3]
    smooth = resize(images, height * factor, width * factor)
    return smooth + pixel_shuffle(network(images), factor=factor)


def build_espcn(*, factor: int = 2, channels: int = 3) -> keras.Sequential:
    """The network of arXiv:1609.05158 without its shuffle: 5×5, 3×3, 3×3, with tanh between."""
    return initialise(
        keras.Sequential(
            [
                keras.Input((None, None, channels)),
                layers.Conv2D(64, 5, padding="same"),
                layers.Activation("tanh"),
                layers.Conv2D(32, 3, padding="same"),
                layers.Activation("tanh"),
                layers.Conv2D(channels * factor**2, 3, padding="same"),
            ]
        )
    )


def enlarge_espcn(network: keras.Model, images: tf.Tensor, *, factor: int) -> tf.Tensor:
    """Pictures `factor` times larger, all by the network: it has to learn bicubic as well."""
    return pixel_shuffle(network(images), factor=factor)


def build_srcnn(*, factor: int = 2, channels: int = 3) -> keras.Sequential:
    """The first of its kind (arXiv:1501.00092): 9×9, 5×5, 5×5 on pictures already enlarged."""
    return initialise(
        keras.Sequential(
            [
                keras.Input((None, None, channels)),
                layers.Conv2D(64, 9, padding="same"),
                layers.ReLU(),
                layers.Conv2D(32, 5, padding="same"),
                layers.ReLU(),
                layers.Conv2D(channels, 5, padding="same"),
            ]
        )
    )


def enlarge_srcnn(network: keras.Model, images: tf.Tensor, *, factor: int) -> tf.Tensor:
    """Pictures `factor` times larger: bicubic first, then all layers at the large size."""
    height, width = images.shape[1:3]
    return network(resize(images, height * factor, width * factor))


# -------------------------------------------------------------------------------------- the losses


def pixel_loss(images: tf.Tensor, targets: tf.Tensor, *, power: int = 1) -> tf.Tensor:
    """Mean of |x - y|^power over everything, a scalar: 1 for absolute, 2 for squared error."""
    return tf.reduce_mean(tf.abs(images - targets) ** power)


def classifier_features() -> Callable[[tf.Tensor], tf.Tensor]:
    """Pictures (N, H, W, 3) in [0, 1] to the second layer of the course's classifier, frozen."""
    seen = keras.Sequential([keras.Input((None, None, 3)), *load_classifier().layers[:2]])
    seen.trainable = False
    return lambda images: seen(2 * images - 1)


# ---------------------------------------------------------------------------------------- training


def train_step(
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    small: tf.Tensor,
    large: tf.Tensor,
    *,
    factor: int,
    enlarge: Callable = enlarge,
    loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = pixel_loss,
) -> tf.Tensor:
    """One update towards `large` (N, H·factor, W·factor, C) from `small` (N, H, W, C); the loss."""
    with tf.GradientTape() as tape:
        value = loss(enlarge(network, small, factor=factor), large)
    variables = network.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))
    return value


class Trained(NamedTuple):
    """What training leaves: the network, and the loss of each step in `history["loss"]`."""

    network: keras.Model
    history: dict[str, np.ndarray]


def train(
    pictures: np.ndarray,
    *,
    factor: int = 2,
    steps: int = 3000,
    batch_size: int = 8,
    side: int = 16,
    learning_rate: float = 2e-3,
    loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = pixel_loss,
    build: Callable[..., keras.Sequential] = build_network,
    enlarge: Callable = enlarge,
    small: np.ndarray | None = None,
    start: keras.Model | None = None,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, keras.Model, dict], None] | None = None,
) -> Trained:
    """Train on uint8 pictures N×H×W×C and their small versions, by default those of `shrink`.

    A step sees `batch_size` squares of side × side small pixels. The learning rate falls linearly
    to zero. `start` is a network to go on from instead of a new one; it stays as it is.
    `on_step(step, network, losses)` is called after each step.
    """
    factor = check_factor(factor)
    check_pictures(pictures, size=None, least=factor * side)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    network = copy_model(start) if start else build(factor=factor, channels=pictures.shape[-1])
    optimizer = adam(network, learning_rate, (0.9, 0.999))
    small = shrink(pictures, factor=factor) if small is None else small
    options = {"factor": factor, "enlarge": enlarge, "loss": loss}
    compiled_step, history = tf.function(train_step), []
    for step in tqdm(range(steps), disable=not progress):
        set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        pairs = draw_squares(small, pictures, count=batch_size, side=side, rng=rng)
        history.append(float(compiled_step(network, optimizer, *pairs, **options)))
        if on_step:
            on_step(step, network, {"loss": history[-1]})
    return Trained(network, {"loss": np.array(history)})


def draw_squares(
    small: np.ndarray, large: np.ndarray, *, count: int, side: int, rng: np.random.Generator
) -> tuple[tf.Tensor, tf.Tensor]:
    """Squares of side × side pixels from random small uint8 pictures, and the same of the large."""
    factor = large.shape[1] // small.shape[1]
    squares = []
    for index in rng.integers(len(small), size=count):
        top, left = (rng.integers(length - side + 1) for length in small.shape[1:3])
        rows, columns = (slice(start, start + side) for start in (top, left))
        far = (slice(factor * s.start, factor * s.stop) for s in (rows, columns))
        squares.append((small[index, rows, columns], large[(index, *far)]))
    few, many = (np.stack(part) for part in zip(*squares, strict=True))
    return unit_images(few), unit_images(many)


def shrink(pictures: np.ndarray, *, factor: int) -> np.ndarray:
    """`degrade` for uint8 pictures N×H×W×C."""
    factor = check_factor(factor)
    check_pictures(pictures, size=None, least=factor)
    parts = [degrade(unit_images(part), factor=factor) for part in in_parts(pictures)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


def bicubic(pictures: np.ndarray, *, factor: int) -> np.ndarray:
    """Pictures uint8 N×H×W×C `factor` times larger, by cubic weights alone."""
    factor = check_factor(factor)
    check_pictures(pictures, size=None)
    height, width = (factor * length for length in pictures.shape[1:3])
    parts = [resize(unit_images(part), height, width) for part in in_parts(pictures)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


def enlarge_pictures(
    network: keras.Model, pictures: np.ndarray, *, factor: int, enlarge: Callable = enlarge
) -> np.ndarray:
    """Pictures uint8 N×H×W×C `factor` times larger, as uint8."""
    factor = check_factor(factor)
    check_pictures(pictures, size=None)
    parts = [enlarge(network, unit_images(part), factor=factor) for part in in_parts(pictures, 50)]
    return np.concatenate([from_images(2 * part - 1) for part in parts])


# ------------------------------------------------------------------- an adversary beside the pixels


def build_critic(*, width: int = 24, channels: int = 3) -> keras.Sequential:
    """Pictures (N, H, W, channels) to logits (N, H/4, W/4, 1), each for the detail around it."""
    return initialise(
        keras.Sequential(
            [
                keras.Input((None, None, channels)),
                layers.Conv2D(width, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(2 * width, 4, strides=2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(4 * width, 3, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Conv2D(1, 3, padding="same"),
            ]
        )
    )


def adversarial_step(
    network: keras.Model,
    critic: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    critic_optimizer: keras.optimizers.Optimizer,
    small: tf.Tensor,
    large: tf.Tensor,
    features: Callable[[tf.Tensor], tf.Tensor],
    *,
    factor: int,
    weights: tuple[float, float] = (0.3, 0.03),
) -> dict[str, tf.Tensor]:
    """One update of the critic, then one of the network; both losses.

    The network's loss is `pixel_loss`, plus `weights` times `perceptual_loss` and the critic's
    (arXiv:1609.04802, with the relativistic loss of chapter 6).
    """
    with tf.GradientTape() as tape:
        output = enlarge(network, small, factor=factor)
        judged = critic(large), critic(tf.stop_gradient(output))
        critic_loss = gan.relativistic_discriminator_loss(*judged)
    variables = critic.trainable_variables
    gradients = tape.gradient(critic_loss, variables)
    critic_optimizer.apply_gradients(zip(gradients, variables, strict=True))
    with tf.GradientTape() as tape:
        output = enlarge(network, small, factor=factor)
        sharp = gan.relativistic_generator_loss(critic(large), critic(output))
        seen = perceptual_loss(features, output, large)
        loss = pixel_loss(output, large) + weights[0] * seen + weights[1] * sharp
    variables = network.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return {"network": loss, "critic": critic_loss}


def train_adversarial(
    pictures: np.ndarray,
    *,
    start: keras.Model,
    factor: int = 4,
    steps: int = 1000,
    batch_size: int = 8,
    side: int = 12,
    learning_rate: float = 5e-4,
    weights: tuple[float, float] = (0.3, 0.03),
    seed: int = 0,
    progress: bool = True,
) -> Trained:
    """Sharpen a copy of the network `start`, which was trained on pixels, against a critic.

    `weights` of the perceptual and of the critic's loss, as `adversarial_step` has them.
    """
    factor = check_factor(factor)
    check_pictures(pictures, size=None, least=factor * side)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    network, critic = copy_model(start), build_critic(channels=pictures.shape[-1])
    optimizer, critic_optimizer = (
        adam(network, learning_rate, (0.5, 0.99)),
        adam(critic, 2 * learning_rate, (0.5, 0.99)),
    )
    features, small = classifier_features(), shrink(pictures, factor=factor)
    players = network, critic, optimizer, critic_optimizer
    compiled_step, history = tf.function(adversarial_step), []
    for _ in tqdm(range(steps), disable=not progress):
        pairs = draw_squares(small, pictures, count=batch_size, side=side, rng=rng)
        losses = compiled_step(*players, *pairs, features, factor=factor, weights=weights)
        history.append(float(losses["network"]))
    return Trained(network, {"loss": np.array(history)})


# ------------------------------------------------------------------ as papers measure, at any size


def luma_psnr(images: tf.Tensor, targets: tf.Tensor, *, factor: int) -> tf.Tensor:
    """PSNR in decibels of each enlarged picture (N,), as papers on super-resolution report it.

    Pictures (N, H, W, 3), the targets in [0, 1]. The enlarged ones are first clipped to [0, 1] and
    rounded to the nearest k/255. Of both, `luma` is taken (data range 1), and `crop_border` takes
    `factor` pixels away at each side, where a picture lacks neighbours; `psnr` of the rest.
    """
    images = tf.round(tf.clip_by_value(images, 0, 1) * 255) / 255
    pair = (crop_border(luma(x, data_range=1.0), factor) for x in (images, targets))
    return psnr(*pair, data_range=1.0)


def perceptual_loss(
    features: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor, targets: tf.Tensor
) -> tf.Tensor:
    """Mean squared difference of features, divided by the mean square of the targets': a scalar.

    `features` maps pictures (N, H, W, C) to a tensor of any shape. No gradient goes through the
    targets' features; gradients reach `images` through theirs (arXiv:1603.08155, equation 2, made
    free of the features' scale).
    """
    wanted = tf.stop_gradient(features(targets))
    return tf.reduce_mean(tf.square(features(images) - wanted)) / tf.reduce_mean(tf.square(wanted))


def enlarge_tiled(
    network: keras.Model, images: tf.Tensor, *, factor: int, tile: int, overlap: int
) -> tf.Tensor:
    """`enlarge` for pictures of any size (N, H, W, C), tile by tile, in the memory of one tile.

    The picture is cut into tiles of tile × tile pixels, the last ones smaller. Each is enlarged
    together with `overlap` pixels more at each side where the picture has them; of the result the
    tile itself is kept. With an overlap as large as the network and `resize` look, no seam shows:
    the numbers are those of `enlarge` on the whole picture.
    """
    height, width = images.shape[1:3]
    rows = []
    for top in range(0, height, tile):
        row = []
        for left in range(0, width, tile):
            up, before = max(0, top - overlap), max(0, left - overlap)
            part = images[:, up : top + tile + overlap, before : left + tile + overlap]
            large = enlarge(network, part, factor=factor)
            y, x = (top - up) * factor, (left - before) * factor
            high, wide = (min(tile, end) * factor for end in (height - top, width - left))
            row.append(large[:, y : y + high, x : x + wide])
        rows.append(tf.concat(row, axis=2))
    return tf.concat(rows, axis=1)


def self_ensemble(network: keras.Model, images: tf.Tensor, *, factor: int) -> tf.Tensor:
    """The mean of `enlarge` over the eight turned and mirrored versions of pictures.

    Each is enlarged and turned back (arXiv:1511.02228, enhanced prediction; eight times the work).
    """
    total = 0.0
    for turns in range(4):
        for mirrored in (False, True):
            seen = tf.image.rot90(images, turns)
            seen = tf.reverse(seen, [2]) if mirrored else seen
            large = enlarge(network, seen, factor=factor)
            large = tf.reverse(large, [2]) if mirrored else large
            total = total + tf.image.rot90(large, -turns % 4)
    return total / 8


def load_pretrained(*, factor: int = 2) -> keras.Model:
    """The network that ships with the package: trained longer, on drawn and real pictures."""
    network = build_network(factor=factor)
    path = Path(__file__).parent.parent / "weights" / f"superres_x{factor}.safetensors"
    load_weights(network, path)
    return network


def upscale(picture: np.ndarray | str | PathLike[str], *, factor: int = 2) -> np.ndarray:
    """A picture of your own `factor` (2 or 4) times larger, tile by tile: uint8 H×W×3.

    `picture` is such an array, or the path of a file of any format that Pillow reads, as
    `read_picture` takes it. ValueError for anything else, and for one that would get too large, in
    a sentence that says what was expected. In float there is one band of tiles at a time: twice
    twelve megapixels are made in less than 500 MB.
    """
    if check_factor(factor) not in (2, 4):
        raise ValueError(f"There are networks for factors 2 and 4, not for {factor}.")
    picture = own_picture(picture, factor=factor)
    network, rows, overlap = load_pretrained(factor=factor), 96, 12
    height, width = picture.shape[:2]
    large = np.empty((factor * height, factor * width, 3), np.uint8)
    for top in range(0, height, rows):  # a band of tiles is rounded before the next one is made
        above = min(top, overlap)
        band = unit_images(picture[None, top - above : top + rows + overlap])
        tile = rows + 2 * overlap
        made = enlarge_tiled(network, band, factor=factor, tile=tile, overlap=overlap)
        place = large[factor * top : factor * (top + rows)]
        place[:] = from_images(2 * made - 1)[0, factor * above :][: len(place)]
    return large


# --------------------------------------------------------------------- a candidate at a whiteboard


def review_network(*, width: int) -> keras.Sequential:
    """Pictures (N, H, W, 3) in [0, 1] to pictures twice as large, (N, 2H, 2W, 3), in [0, 1].

    A convolution 5×5 to `width` channels and ReLU; a convolution 3×3 to `width` channels and ReLU;
    at the end a transposed convolution 4×4, stride 2, to the three colours, and a sigmoid. The
    padding is "same" throughout.
    """
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.Conv2D(width, 5, padding="same"),
            layers.ReLU(),
            layers.Conv2D(width, 3, padding="same"),
            layers.ReLU(),
            layers.Conv2DTranspose(3, 4, strides=2, padding="same"),
            layers.Activation("sigmoid"),
        ]
    )


def review_optimizer(network: keras.Model) -> keras.optimizers.Optimizer:
    """Adam for all weights of the network, with learning rate 0.001 and betas 0.9 and 0.999."""
    optimizer = keras.optimizers.Adam(0.001, beta_1=0.9, beta_2=0.999)
    optimizer.build(network.trainable_variables)
    return optimizer


def review_step(
    network: keras.Model, optimizer: keras.optimizers.Optimizer, large: tf.Tensor
) -> tf.Tensor:
    """One update of a network that doubles pictures, at a whiteboard; returns the loss.

    `large` (N, 2H, 2W, 3) in [0, 1] is what the network is to give. It is shown the small
    pictures, the means of blocks of 2×2 pixels. Mean absolute error over all values.
    """
    small = tf.nn.avg_pool2d(large, 2, 2, "VALID")
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.abs(network(small) - large))
    variables = network.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss
