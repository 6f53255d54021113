"""How good is a picture, and how good is a set of them? The metrics of the field, in TensorFlow.

Read from top to bottom: errors of a pixel, structural similarity, likeness in a network's eyes,
distances between sets of features, fidelity and diversity. Pictures are N×H×W×C, or one H×W×C;
uint8 counts in 0..255.
Each convention that moves a number stands in its docstring. Differentiable wherever the metric is.
Inside a `tf.function` values can't be looked at, so there only shapes and dtypes are checked.
The same functions in PyTorch: `prodgen_lib.torch.metrics`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from prodgen_lib.paths import own_path
from prodgen_lib.plain.fits import check_pictures, check_same_size
from prodgen_lib.tensorflow import classifier
from prodgen_lib.tensorflow.bridge import to_numpy
from prodgen_lib.tensorflow.gan import category_shares, missing_categories

import keras  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)
import tensorflow as tf  # isort: skip

# ----------------------------------------------------------------------------- errors of a pixel


def image_pair(
    images: tf.Tensor, targets: tf.Tensor, *, data_range: float | None = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """Both pictures as floats, after a look at everything that would make a number meaningless.

    uint8 and 16-bit floats become float32; float32 and float64 stay. One ValueError for: shapes or
    dtypes that differ, anything but N×H×W×C or H×W×C with 1 to 4 channels, NaN or infinity, and,
    if `data_range` is given, values that don't fit it. Values fit when all lie in [0, data_range],
    or in [-data_range/2, data_range/2]; a network may overshoot by a tenth of the range.
    """
    images, targets = tf.convert_to_tensor(images), tf.convert_to_tensor(targets)
    if not images.shape.is_compatible_with(targets.shape):
        raise ValueError(
            f"The pictures have shape {tuple(images.shape)} and the targets "
            f"{tuple(targets.shape)}; expected the same shape."
        )
    if images.dtype != targets.dtype:
        raise ValueError(
            f"The pictures are {images.dtype.name} and the targets {targets.dtype.name}; "
            "convert one of them, and its range of values with it."
        )
    if images.shape.rank not in (3, 4) or images.shape[-1] not in (1, 2, 3, 4) or 0 in images.shape:
        raise ValueError(
            f"Expected pictures N×H×W×C or H×W×C with 1 to 4 channels, got {tuple(images.shape)}."
        )
    if not images.dtype.is_floating and images.dtype != tf.uint8:
        raise ValueError(f"Expected uint8 or floats, got {images.dtype.name}.")
    if tf.executing_eagerly():
        limits = [float(f(x)) for x in (images, targets) for f in (tf.reduce_min, tf.reduce_max)]
        check_values(*limits, data_range, whole=images.dtype == tf.uint8)
    if images.dtype not in (tf.float32, tf.float64):
        return tf.cast(images, tf.float32), tf.cast(targets, tf.float32)
    return images, targets


def check_values(
    low: float, high: float, low_2: float, high_2: float, data_range: float | None, *, whole: bool
) -> None:
    """ValueError unless the lowest and highest values of two pictures are finite and in range."""
    if not np.isfinite([low, high, low_2, high_2]).all():
        raise ValueError("The pictures hold NaN or infinity; find out where they come from.")
    if data_range is None:
        return
    if not 0 < data_range < float("inf"):
        raise ValueError(f"data_range is {data_range}; expected a positive number like 1 or 255.")
    low, high = min(low, low_2), max(high, high_2)
    margin = 0.1 * data_range
    centred = low >= -data_range / 2 - margin and high <= data_range / 2 + margin
    if not centred and (low < -margin or high > data_range + margin):
        raise ValueError(
            f"The values go from {low:.4g} to {high:.4g}, which is not a range of "
            f"data_range={data_range:g}: pass the range of the values, or convert the pictures."
        )
    if data_range >= 100 and not whole and low >= -1 and 0 < high <= 1:
        raise ValueError(
            f"The values go from {low:.4g} to {high:.4g} only, but data_range={data_range:g}: "
            "these look like floats in [0, 1], which have data_range=1."
        )


def picture_means(values: tf.Tensor) -> tf.Tensor:
    """The mean of each picture's values: (N, H, W, C) to (N,), and (H, W, C) to a scalar."""
    flat = tf.reshape(values, tf.concat([tf.shape(values)[:-3], [-1]], axis=0))
    return tf.reduce_mean(flat, axis=-1)  # faster than over three axes at once


def mae(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Mean absolute error of each picture: the mean of |x - y| over channels and pixels.

    Pictures N×H×W×C give (N,), one picture H×W×C gives a scalar. In the units of the pixels.
    """
    images, targets = image_pair(images, targets)
    return picture_means(tf.abs(images - targets))


def mse(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Mean squared error of each picture: the mean of (x - y)² over channels and pixels.

    Pictures N×H×W×C give (N,), one picture H×W×C gives a scalar. In squared units of the pixels.
    """
    images, targets = image_pair(images, targets)
    return picture_means(tf.math.squared_difference(images, targets))


def psnr(images: tf.Tensor, targets: tf.Tensor, *, data_range: float) -> tf.Tensor:
    """Peak signal-to-noise ratio of each picture in decibel: 10 log10(data_range² / MSE).

    `data_range` is the largest possible difference of two values: 1 for floats in [0, 1], 2 for
    [-1, 1], 255 for uint8; it can't be read off the pictures. MSE is the mean over channels and
    pixels of *each* picture, so N×H×W×C give (N,), one H×W×C a scalar. The mean of these is what
    papers report, not the ratio of a pooled error. Equal pictures give infinity.
    First call `image_pair(images, targets, data_range=data_range)`: it makes floats of uint8 and
    raises ValueError for shapes or values that don't fit.
    """
    images, targets = image_pair(images, targets, data_range=data_range)
    errors = picture_means(tf.math.squared_difference(images, targets))
    return 10 / np.log(10) * tf.math.log(data_range**2 / errors)


# -------------------------------------------------------------------------- structural similarity


def luma(images: tf.Tensor, *, data_range: float) -> tf.Tensor:
    """Brightness Y of RGB pictures, N×H×W×3 to N×H×W×1, in the same range (H×W×C likewise).

    Studio swing of ITU-R BT.601, as MATLAB's `rgb2ycbcr` and so the super-resolution papers have
    it: Y = (16 + 65.481 R + 128.553 G + 24.966 B) / 255 · data_range for R, G, B in [0, 1].
    White gives 235/255 of the range and black 16/255: that alone adds 1.3 dB to PSNR.
    MATLAB also rounds Y when pictures are uint8; this doesn't.
    """
    if images.shape[-1] != 3:
        raise ValueError(f"Luma needs 3 channels (RGB), got shape {tuple(images.shape)}.")
    if not images.dtype.is_floating:
        images = tf.cast(images, tf.float32)
    weights = tf.constant([65.481, 128.553, 24.966], images.dtype) / 255
    return 16 / 255 * data_range + tf.reduce_sum(images * weights, axis=-1, keepdims=True)


def crop_border(images: tf.Tensor, pixels: int) -> tf.Tensor:
    """Pictures without `pixels` rows and columns at each side, as super-resolution measures them.

    ×s super-resolution leaves out s pixels: what lies beyond the border was never seen.
    """
    height, width = images.shape[-3:-1]
    if pixels < 0 or 2 * pixels >= min(height, width):
        raise ValueError(
            f"Can't crop {pixels} pixels from each side of pictures of {height}×{width} pixels."
        )
    return images[..., pixels : height - pixels, pixels : width - pixels, :]


def gaussian_window(*, size: int = 11, sigma: float = 1.5) -> tf.Tensor:
    """Weights (size,) ∝ exp(-t²/(2 sigma²)), t from the middle, sum 1, float64.

    The window of SSIM is their outer product, so two passes, along rows and columns, apply it.
    """
    if size < 1 or size % 2 == 0 or not sigma > 0:
        raise ValueError(f"A window needs an odd size and sigma > 0, got {size} and {sigma}.")
    t = tf.range(size, dtype=tf.float64) - size // 2
    weights = tf.exp(-(t**2) / (2 * sigma**2))
    return weights / tf.reduce_sum(weights)


def window_means(maps: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Weighted mean of `maps` (…, H, W, C) at each place where the whole window fits.

    `window` (size,) weighs rows and columns: (…, H-size+1, W-size+1, C) comes out ("valid").
    """
    batch, size = maps if maps.shape.rank == 4 else maps[None], len(window)
    window = tf.repeat(tf.cast(window, maps.dtype), maps.shape[-1])
    for shape in ((size, 1, -1, 1), (1, size, -1, 1)):
        kernel = tf.reshape(window, shape)
        batch = tf.nn.depthwise_conv2d(batch, kernel, (1, 1, 1, 1), "VALID")
    return batch if maps.shape.rank == 4 else batch[0]


def local_moments(
    images: tf.Tensor, targets: tf.Tensor, *, window: tf.Tensor, data_range: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Means x̄ and ȳ, sum of variances σx²+σy², and covariance σxy under the window at each place.

    Each (…, H-size+1, W-size+1, C). Population moments, E[x²]-x̄², of channels moved by their
    mean, which leaves them as they are but keeps the rounding of float32 below 1e-6.
    ValueError for pictures smaller than the window, or with values below 0: SSIM compares ratios
    of brightness, and -0.5 has none.
    """
    size, smallest = len(window), min(images.shape[-3:-1])
    if smallest < size:
        raise ValueError(
            f"Pictures of {images.shape[-3]}×{images.shape[-2]} pixels are smaller than the "
            f"window of {size}×{size}; take larger pictures or a smaller window_size."
        )
    if tf.executing_eagerly():
        lowest = min(float(tf.reduce_min(images)), float(tf.reduce_min(targets)))
        if lowest < -0.1 * data_range:
            raise ValueError(
                f"SSIM needs values from 0 on, and the lowest is {lowest:.4g}; "
                "move the pictures to [0, data_range] first, for example (x + 1) / 2."
            )
    both = tf.stop_gradient(images + targets)
    centre = tf.reduce_mean(both, axis=(-3, -2), keepdims=True) / 2
    x, y = images - centre, targets - centre
    mean_x, mean_y, squares, product = (
        window_means(maps, window) for maps in (x, y, x * x + y * y, x * y)
    )
    variances = squares - (mean_x * mean_x + mean_y * mean_y)
    covariance = product - mean_x * mean_y
    return mean_x + centre, mean_y + centre, variances, covariance


def ssim(
    images: tf.Tensor,
    targets: tf.Tensor,
    *,
    data_range: float,
    window_size: int = 11,
    sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    luma_only: bool = False,
    crop: int = 0,
) -> tf.Tensor:
    """Structural similarity of each picture (Wang et al. 2004, doi:10.1109/TIP.2003.819861).

        (2 x̄ȳ + C1) (2 σxy + C2)  /  ((x̄² + ȳ² + C1) (σx² + σy² + C2))

    at each place of a Gaussian window, C1 = (k1·data_range)², C2 = (k2·data_range)²; then the mean
    over places and channels: N×H×W×C give (N,), one H×W×C a scalar; 1 for equal pictures.

    The convention: window 11×11 of sigma 1.5, population moments, only places where the whole
    window fits, each channel by itself. Values from 0 to `data_range`. Other conventions: skimage's
    default is a uniform window of 7 and sample covariance, torchmetrics also counts places at a
    mirrored border.

    Given, each with a ValueError for what it can't use: `image_pair`; if asked for, `luma(x,
    data_range=…)` and `crop_border(x, crop)`; then `local_moments(x, y, window=…, data_range=…)`
    with `gaussian_window(size=…, sigma=…)`: it returns x̄, ȳ, the *sum* σx² + σy², and σxy.
    """
    x, y = image_pair(images, targets, data_range=data_range)
    if luma_only:
        x, y = luma(x, data_range=data_range), luma(y, data_range=data_range)
    x, y = crop_border(x, crop), crop_border(y, crop)
    window = gaussian_window(size=window_size, sigma=sigma)
    mean_x, mean_y, variances, covariance = local_moments(
        x, y, window=window, data_range=data_range
    )
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    brightness = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    return picture_means(brightness * structure)


def ms_ssim(
    images: tf.Tensor,
    targets: tf.Tensor,
    *,
    data_range: float,
    weights: tuple[float, ...] = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    window_size: int = 11,
    sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> tf.Tensor:
    """Multi-scale SSIM of each picture (Wang et al. 2003, doi:10.1109/ACSSC.2003.1292216).

    The product over scales, each half as large, of mean structure^weight; the last scale counts
    the whole SSIM. Per channel, then the mean over channels: N×H×W×C give (N,), H×W×C a scalar.
    A negative mean counts as 0 (it has no power), so the result is in [0, 1] and never NaN.
    Scales come from the mean of 2×2 pixels; of an odd size the last row or column is left out.
    `weights` has one number for each scale. Five scales and a window of 11 need 176 pixels; of
    smaller pictures take fewer, and weights that sum to 1. Values from 0 to `data_range`.
    """
    x, y = image_pair(images, targets, data_range=data_range)
    smallest = window_size * 2 ** (len(weights) - 1)
    if min(x.shape[-3:-1]) < smallest:
        raise ValueError(
            f"Pictures of {x.shape[-3]}×{x.shape[-2]} pixels are too small for {len(weights)} "
            f"scales of a {window_size}×{window_size} window, which need {smallest}; "
            "give fewer weights."
        )
    window = gaussian_window(size=window_size, sigma=sigma)
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    result = tf.ones((), x.dtype)
    for scale, weight in enumerate(weights):
        if scale > 0:
            x, y = halve(x), halve(y)
        mean_x, mean_y, variances, covariance = local_moments(
            x, y, window=window, data_range=data_range
        )
        similarity = (2 * covariance + c2) / (variances + c2)
        if scale == len(weights) - 1:
            brightness = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
            similarity = brightness * similarity
        result = result * power(tf.reduce_mean(similarity, axis=(-3, -2)), weight)
    return tf.reduce_mean(result, axis=-1)


def halve(images: tf.Tensor) -> tf.Tensor:
    """The mean of each 2×2 pixels; of an odd size the last row or column is left out."""
    if images.shape.rank == 3:
        return halve(images[None])[0]
    return tf.nn.avg_pool2d(images, 2, 2, "VALID")


def power(base: tf.Tensor, exponent: float) -> tf.Tensor:
    """base^exponent, and 0 with gradient 0 where the base is not positive."""
    positive = base > 0
    return tf.where(positive, tf.where(positive, base, 1) ** exponent, 0)


# ------------------------------------------------------------------- alike in a network's eyes


def perceptual_distance(images: tf.Tensor, targets: tf.Tensor, *, data_range: float) -> tf.Tensor:
    """Distance of each picture to its target in the features of the shipped product classifier.

    At each place of a layer the C numbers are a vector, made one unit long; the squared difference
    of two such vectors, 0 to 2, is averaged over places, and then over layers: N×H×W×C give
    (N,), H×W×C a scalar; 0 for equal pictures, at most 2.

    This is LPIPS (Zhang et al. 2018, arXiv:1801.03924) without what earns its name: no ImageNet
    network and no weights learnt from people's choices. Numbers compare with their own kind only.
    Pictures are RGB with values from 0 to `data_range`, as for SSIM, and sides that are multiples
    of 8; the network, float32, sees them in [-1, 1]. Else ValueError.
    """
    x, y = image_pair(images, targets, data_range=data_range)
    *_, height, width, channels = x.shape
    lowest = min(tf.reduce_min(x), tf.reduce_min(y)) if tf.executing_eagerly() else 0.0
    if channels != 3 or height % 8 or width % 8 or lowest < -0.1 * data_range:
        raise ValueError(
            "Expected RGB pictures with values from 0 on and sides that are multiples of 8, got "
            f"{tuple(x.shape)} from {lowest:.4g} on."
        )
    network, one = classifier.load_classifier(), (1,) * (4 - x.shape.rank)
    z = [2 * tf.reshape(tf.cast(z, tf.float32), (*one, *x.shape)) / data_range - 1 for z in (x, y)]
    pairs = zip(*(layer_directions(network, images) for images in z), strict=True)
    layers = [tf.reduce_mean(tf.reduce_sum((a - b) ** 2, axis=-1), axis=(1, 2)) for a, b in pairs]
    return tf.reshape(tf.reduce_mean(layers, axis=0), x.shape[:-3])


def layer_directions(network: keras.Sequential, images: tf.Tensor) -> list[tf.Tensor]:
    """After each ReLU of a network, the features at each place, divided by their length.

    Where all of them are 0 they stay 0; 1e-10 under the root keeps the gradient finite there.
    """
    found = []
    for layer in network.layers:
        images = layer(images)
        if isinstance(layer, keras.layers.Conv2D):  # its ReLU is within
            length = tf.sqrt(tf.reduce_sum(images**2, axis=-1, keepdims=True) + 1e-10)
            found.append(images / length)
    return found


# --------------------------------------------------------------- distances between sets of features


def feature_pair(
    features_a: tf.Tensor, features_b: tf.Tensor, *, least: int = 2
) -> tuple[tf.Tensor, tf.Tensor]:
    """Two sets of features (n, D) and (m, D) as float64, after a look at what can't be compared.

    Tensors or arrays. ValueError for other shapes, fewer than `least` rows, NaN or infinity.
    """
    pair = []
    for which, features in (("first", features_a), ("second", features_b)):
        features = tf.cast(features, tf.float64)
        if features.shape.rank != 2 or features.shape[0] < least or features.shape[1] < 1:
            raise ValueError(
                f"The {which} set has shape {tuple(features.shape)}; "
                f"expected (pictures, features) with at least {least} pictures."
            )
        if tf.executing_eagerly() and not tf.reduce_all(tf.math.is_finite(features)):
            raise ValueError(
                f"The {which} set of features holds NaN or infinity; "
                "look at the pictures they are of."
            )
        pair.append(features)
    if pair[0].shape[1] != pair[1].shape[1]:
        raise ValueError(
            f"The sets have {pair[0].shape[1]} and {pair[1].shape[1]} features; make them equal."
        )
    return pair[0], pair[1]


def frechet_distance(features_a: tf.Tensor, features_b: tf.Tensor) -> tf.Tensor:
    """Fréchet distance between normal distributions fitted to features (n, D) and (m, D).

        ‖μ_a - μ_b‖²  +  tr Σ_a + tr Σ_b  -  2 tr (Σ_a Σ_b)^½          (arXiv:1706.08500)

    with covariances that divide by n-1 and m-1. A float64 scalar, as `feature_pair` makes float64
    of the features (float32 is not enough), and raises ValueError for fewer than 2 pictures.

    No root of a matrix is needed. If A and B are the centred features, divided by √(n-1) and
    √(m-1), then Σ_a = AᵀA, and the last trace is the sum of the singular values of A Bᵀ, which
    `trace_of_root(A, B)` gives, fast for any size. That is exact also for fewer pictures than
    features. With features of the Inception network this is "FID", with others it isn't. It is
    biased upwards, like 1/n, by a factor that differs between models: equal sizes are necessary,
    not enough where two are close. It is a squared distance.
    """
    a, b = feature_pair(features_a, features_b)
    mean_a, mean_b = tf.reduce_mean(a, axis=0), tf.reduce_mean(b, axis=0)
    a, b = (a - mean_a) / (len(a) - 1) ** 0.5, (b - mean_b) / (len(b) - 1) ** 0.5
    traces = tf.reduce_sum(tf.square(a)) + tf.reduce_sum(tf.square(b))
    return tf.reduce_sum(tf.square(mean_a - mean_b)) + traces - 2 * trace_of_root(a, b)


def trace_of_root(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """tr (AᵀA BᵀB)^½ of matrices (n, D), (m, D): the sum of the singular values of A Bᵀ.

    Where both have more rows than D, the D×D matrices are enough: by Cholesky and eigenvalues if
    AᵀA is far from singular, else by the triangles of QR, which lose nothing.
    """
    if min(len(a), len(b)) > a.shape[1]:
        factor = well_conditioned_factor(tf.matmul(a, a, transpose_a=True))
        if factor is not None:
            product = tf.matmul(b, b, transpose_a=True) @ factor
            squares = tf.linalg.eigvalsh(tf.matmul(factor, product, transpose_a=True))
            return tf.reduce_sum(tf.sqrt(tf.maximum(squares, 1e-300)))
    product = tf.matmul(triangle(a), triangle(b), transpose_b=True)
    return tf.reduce_sum(tf.linalg.svd(product, compute_uv=False))


def well_conditioned_factor(matrix: tf.Tensor) -> tf.Tensor | None:
    """The Cholesky factor of a positive matrix, or None where it is singular or nearly so."""
    if not tf.executing_eagerly():
        return None
    try:
        factor = tf.linalg.cholesky(matrix)
    except tf.errors.InvalidArgumentError:
        return None
    diagonal = tf.linalg.diag_part(factor)
    return factor if tf.reduce_min(diagonal) > 1e-4 * tf.reduce_max(diagonal) else None


def triangle(a: tf.Tensor) -> tf.Tensor:
    """A matrix R of at most D rows with RᵀR = AᵀA, for `a` (n, D).

    Q counts as a constant: turning it doesn't change the singular values to first order.
    """
    if len(a) <= a.shape[1]:
        return a
    return tf.matmul(tf.stop_gradient(tf.linalg.qr(a).q), a, transpose_a=True)


class Extractor(NamedTuple):
    """What makes features of pictures, and what a distance between them is called."""

    label: str
    features: Callable[[np.ndarray], np.ndarray]  # uint8 N×H×W×C to floats (N, D)


def product_extractor() -> Extractor:
    """The 64 features of the shipped classifier of product pictures (32×32 pixels, RGB)."""
    model = classifier.load_classifier()
    return Extractor(
        "product-classifier Fréchet distance",
        lambda pictures: classifier.features(model, pictures),
    )


def inception_extractor(path: str | Path) -> Extractor:
    """The 2,048 features of the Inception network, from a file of weights that you have.

    `path` is a Keras model file that maps pictures N×H×W×3 in 0..255 to (N, 2048) and resizes and
    scales them itself. Nothing is downloaded. Only distances between these features are called
    FID, and only those of the 2015 weights are comparable with published ones.
    """
    path = own_path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file of Inception weights {path}. FID needs one that you have, "
            "nothing is downloaded; the default extractor of product pictures needs none."
        )
    network = keras.models.load_model(path, compile=False)

    def features(pictures: np.ndarray) -> np.ndarray:
        parts = np.split(pictures.astype(np.float32), range(100, len(pictures), 100))
        found = np.concatenate([to_numpy(network(part, training=False)) for part in parts])
        if found.shape[1:] != (2048,):
            raise ValueError(f"{path} gives features {found.shape[1:]}; Inception has (2048,).")
        return found

    return Extractor("FID (Inception)", features)


def picture_distance(
    pictures_a: np.ndarray, pictures_b: np.ndarray, *, extractor: Extractor | None = None
) -> tuple[float, str]:
    """Fréchet distance between two sets of pictures, uint8 N×H×W×C, and what to call it.

    Without an `extractor`, in the features of the shipped product classifier. The label says which
    features were compared, and a number is comparable with others of that label only: FID is
    the distance between features of the Inception network and no other.
    """
    for pictures in (pictures_a, pictures_b):
        check_pictures(pictures, size=None if extractor else 32)
    check_same_size(pictures_a, pictures_b)
    extractor = extractor or product_extractor()
    sets = [tf.constant(extractor.features(p)) for p in (pictures_a, pictures_b)]
    return float(frechet_distance(*sets)), extractor.label


def polynomial_mmd(features_a: tf.Tensor, features_b: tf.Tensor) -> tf.Tensor:
    """Unbiased squared maximum mean discrepancy of features (n, D), (m, D): a float64 scalar.

        mean of k(a, a') over pairs of two different rows + the same for b - 2 mean of k(a, b)

    with the kernel k(x, y) = (x·y / D + 1)³ (arXiv:1801.01401). A row is not paired with itself:
    that is what makes it unbiased, and negative at times, which stays so. `feature_pair` makes
    float64 of the features and raises ValueError for fewer than 2 rows.
    """
    a, b = feature_pair(features_a, features_b)
    n, m, d = len(a), len(b), a.shape[1]
    kernel_aa, kernel_bb, kernel_ab = (
        (tf.matmul(x, y, transpose_b=True) / d + 1) ** 3 for x, y in ((a, a), (b, b), (a, b))
    )
    within_a = (tf.reduce_sum(kernel_aa) - tf.linalg.trace(kernel_aa)) / (n * (n - 1))
    within_b = (tf.reduce_sum(kernel_bb) - tf.linalg.trace(kernel_bb)) / (m * (m - 1))
    return within_a + within_b - 2 * tf.reduce_mean(kernel_ab)


def kid(
    features_a: tf.Tensor,
    features_b: tf.Tensor,
    *,
    subsets: int = 10,
    subset_size: int | None = None,
    seed: int = 0,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Kernel inception distance of features (n, D), (m, D), and its standard error: two scalars.

    Both sets are shuffled, `np.random.default_rng(seed).permutation(n)` and then `.permutation(m)`
    of the same generator, and cut into `subsets` parts of `subset_size` rows that share no row;
    without a size, into the largest that fit. The value is the mean of `polynomial_mmd` over the
    pairs of parts, the error the standard deviation of these (divisor subsets-1) by √subsets.
    Parts that share rows, as some libraries draw them, would make that error too small.
    Unbiased, so it may be negative. ValueError if there are too few rows, or fewer than 2 subsets.
    """
    a, b = feature_pair(features_a, features_b)
    size = subset_size or min(len(a), len(b)) // max(subsets, 2)
    if subsets < 2 or size < 2 or subsets * size > min(len(a), len(b)):
        raise ValueError(
            f"{subsets} subsets of {size} rows can't be cut from {len(a)} and {len(b)}: "
            "expected at least 2 subsets of at least 2 rows; make subsets or subset_size smaller."
        )
    rng = np.random.default_rng(seed)
    a, b = (tf.gather(features, rng.permutation(len(features))) for features in (a, b))
    parts = [slice(i * size, (i + 1) * size) for i in range(subsets)]
    values = tf.stack([polynomial_mmd(a[part], b[part]) for part in parts])
    spread = tf.math.reduce_std(values) * (subsets / (subsets - 1)) ** 0.5
    return tf.reduce_mean(values), spread / subsets**0.5


# ------------------------------------------------------------------------- fidelity and diversity


def squared_distances(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """‖a_i - b_j‖² of rows (n, D), (m, D): (n, m), float64, n·m numbers of 8 bytes.

    Points closer than a millionth of their own size count as the same: rounding says no more.
    """
    centre = tf.reduce_mean(a, axis=0)
    a, b = a - centre, b - centre
    sizes = tf.reduce_sum(tf.square(a), 1)[:, None] + tf.reduce_sum(tf.square(b), 1)
    squared = sizes - 2 * tf.matmul(a, b, transpose_b=True)
    return tf.where(squared > 1e-12 * sizes, squared, 0)


def squared_radii(points: tf.Tensor, k: int) -> tf.Tensor:
    """‖·‖² from each row of (n, D) to its k-th nearest *other* row: (n,)."""
    if not 1 <= k < len(points):
        raise ValueError(f"k={k} neighbours of {len(points)} points: expected 1 <= k < points.")
    squared = squared_distances(points, points)
    to_others = tf.linalg.set_diag(squared, tf.fill([len(points)], tf.constant(np.inf, tf.float64)))
    return -tf.math.top_k(-to_others, k).values[:, -1]


def precision_recall(
    real: tf.Tensor, generated: tf.Tensor, *, k: int = 3
) -> tuple[tf.Tensor, tf.Tensor]:
    """Precision and recall of generated features (m, D) against real ones (n, D) (1904.06991).

    A set covers the balls around its points that reach to each point's k-th nearest *other* point
    of the set, border included. Precision is the share of generated points in the real set's cover
    (are they good?), recall the share of real points in the generated set's (is nothing missing?).
    Two float64 scalars. Given: `feature_pair` makes float64; `squared_distances(a, b)` (n, m); and
    `squared_radii(points, k)` (n,), with a ValueError unless k is below the number of points.
    """
    real, generated = feature_pair(real, generated)
    squared = squared_distances(real, generated)
    in_real = squared <= squared_radii(real, k)[:, None]
    in_generated = squared <= squared_radii(generated, k)
    good, reached = tf.reduce_any(in_real, axis=0), tf.reduce_any(in_generated, axis=1)
    return tf.reduce_mean(tf.cast(good, tf.float64)), tf.reduce_mean(tf.cast(reached, tf.float64))


def density_coverage(
    real: tf.Tensor, generated: tf.Tensor, *, k: int = 5
) -> tuple[tf.Tensor, tf.Tensor]:
    """Density and coverage of generated features (m, D) against real ones (n, D) (2002.09797).

    Around each real point lies the ball to its k-th nearest other real point, border included.
    Density is the mean number of balls that a generated point is in, divided by k: about 1 for a
    perfect generator, more where it crowds dense regions. Coverage is the share of balls with a
    generated point. One outlier among generated points spoils neither. Two float64 scalars.
    """
    real, generated = feature_pair(real, generated)
    inside = squared_distances(real, generated) <= squared_radii(real, k)[:, None]
    balls = tf.reduce_sum(tf.cast(inside, tf.float64), axis=0)
    reached = tf.cast(tf.reduce_any(inside, axis=1), tf.float64)
    return tf.reduce_mean(balls) / k, tf.reduce_mean(reached)


def category_coverage(logits: tf.Tensor, *, threshold: float = 0.02) -> float:
    """Share of the categories that pictures with these classifier logits (N, K) reach.

    A category is reached when at least `threshold` of the pictures are put in it. On the drawn
    catalogue the shipped classifier's word is nearly the truth, so this is diversity one can read.
    """
    missing = missing_categories(category_shares(logits), threshold=threshold)
    return 1 - len(missing) / logits.shape[1]


def inception_score(probabilities: tf.Tensor, *, splits: int = 10) -> tuple[tf.Tensor, tf.Tensor]:
    """Inception Score, mean and deviation over `splits` parts (Salimans 2016, arXiv:1606.03498).

    `probabilities` (N, K) of the classes of each picture, rows that sum to 1. Of each part it is
    exp of the mean Kullback–Leibler divergence of a row from the mean row, natural logarithm, with
    0 log 0 = 0: from 1, when all rows are alike, to K, when each is sure and all classes come
    equally often. Parts are consecutive, so shuffle first; the deviation divides by their number.
    No real picture takes part: K pictures, one a class, get the best score. ValueError for anything
    that isn't probabilities, or fewer rows than `splits`. The name holds for Inception's classes
    alone.
    """
    probabilities = tf.convert_to_tensor(probabilities)
    sums = tf.reduce_sum(probabilities, axis=-1)
    if probabilities.ndim != 2 or not 1 <= splits <= len(probabilities):
        raise ValueError(f"Got {tuple(probabilities.shape)} in {splits} parts; expected (N, K).")
    if not tf.reduce_all(probabilities >= 0) or not tf.reduce_all(tf.abs(sums - 1) < 1e-3):
        raise ValueError("Expected probabilities: none below 0, and each row sums to 1.")
    scores = []
    for part in np.array_split(np.arange(len(probabilities)), splits):
        rows = probabilities[part[0] : part[-1] + 1]
        mean = tf.reduce_mean(rows, axis=0)
        surprise = tf.math.xlogy(rows, rows) - tf.math.xlogy(rows, mean)
        scores.append(tf.exp(tf.reduce_mean(tf.reduce_sum(surprise, axis=1))))
    scores = tf.stack(scores)
    return tf.reduce_mean(scores), tf.math.reduce_std(scores)


# ------------------------------------------------------------------------------ at a whiteboard


def review_quality(images: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """PSNR in decibel and SSIM of each picture, at a whiteboard: two tensors (N,).

    `images` are uint8 N×H×W×C in 0..255, as a file holds them; `targets` floats in [-1, 1], as a
    network trains on them. Both are brought to [0, 1] first. The error of PSNR is averaged over
    each picture by itself. SSIM has a uniform 8×8 window at each place where it fits whole,
    population moments, C1 = 0.01² and C2 = 0.03² for the range 1, and the mean over places and
    channels.
    """
    x, y = tf.cast(images, tf.float32) / 255, (targets + 1) / 2
    errors = tf.reduce_mean(tf.square(x - y), axis=(1, 2, 3))
    psnr = -10 * tf.math.log(errors) / np.log(10)
    mean_x, mean_y, squares, product = (
        tf.nn.avg_pool2d(maps, 8, 1, "VALID") for maps in (x, y, x**2 + y**2, x * y)
    )
    variances = squares - (mean_x**2 + mean_y**2)
    covariance = product - mean_x * mean_y
    brightness = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    structure = (2 * covariance + 0.03**2) / (variances + 0.03**2)
    return psnr, tf.reduce_mean(brightness * structure, axis=(1, 2, 3))


def review_distance(features_a: tf.Tensor, features_b: tf.Tensor) -> tf.Tensor:
    """Fréchet distance between features (n, D) and (m, D), at a whiteboard: a float64 scalar.

    ‖μ_a - μ_b‖² + tr Σ_a + tr Σ_b - 2 tr (Σ_a Σ_b)^½ in float64, with covariances that divide by
    the number of rows less one. The distance depends on the number of rows, so the larger set is
    cut to its first min(n, m). The trace of the root is the sum of the roots of the eigenvalues of
    Σ_a Σ_b, whose tiny imaginary and negative parts are rounding.
    """
    count = min(len(features_a), len(features_b))
    a, b = (tf.cast(features[:count], tf.float64) for features in (features_a, features_b))
    mean_a, mean_b = tf.reduce_mean(a, axis=0), tf.reduce_mean(b, axis=0)
    cov_a, cov_b = (
        tf.matmul(x - mean, x - mean, transpose_a=True) / (count - 1)
        for x, mean in ((a, mean_a), (b, mean_b))
    )
    eigenvalues = tf.math.real(tf.linalg.eigvals(cov_a @ cov_b))
    root = tf.reduce_sum(tf.sqrt(tf.maximum(eigenvalues, 0)))
    between = tf.reduce_sum(tf.square(mean_a - mean_b))
    return between + tf.linalg.trace(cov_a) + tf.linalg.trace(cov_b) - 2 * root
