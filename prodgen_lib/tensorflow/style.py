"""Style, in TensorFlow (Keras): one product in other colours, in another material or hand.

Read from top to bottom: colours that are as far apart as they look, statistics of colours and how
to move them, palettes, a material and a backdrop, textures by their correlations, pixels optimised,
and features that take over another's statistics. Filters at several scales are in `texture`.

Pictures are N×H×W×3 in [0, 1], display values (sRGB) as in a file; colours are points (P, 3), or
(N, P, 3) for N pictures. Variances divide by the number of places, not by one less. Nothing is
clipped unless said. The same functions in PyTorch: `prodgen_lib.torch.style`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import minimize

from prodgen_lib.plain.transport import quantile_places, quantile_steps, subsets
from prodgen_lib.tensorflow import lab
from prodgen_lib.tensorflow.bridge import to_numpy, value_and_gradients
from prodgen_lib.tensorflow.texture import Features, brightness, pyramid, to_pictures, to_points

import tensorflow as tf  # isort: skip  (after the bridge, which keeps TensorFlow's import quiet)

# ------------------------------------------------------------------------------ colours as we see


def to_lab(images: tf.Tensor) -> tf.Tensor:
    """sRGB pictures in [0, 1] as CIE Lab under daylight D65, in the same shape.

    `lab.to_lab`, which has pictures in [-1, 1]. L* runs from 0 to 100, a* from green to red, b*
    from blue to yellow: white is (100, 0, 0), red about (53.2, 80.1, 67.2). Gradients are finite
    everywhere, at black too.
    """
    return lab.to_lab(2 * images - 1)


def from_lab(values: tf.Tensor) -> tf.Tensor:
    """The inverse of `to_lab`; what a screen can't show leaves [0, 1] and is not clipped."""
    return (lab.from_lab(values) + 1) / 2


def colour_difference(
    images: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor | None = None
) -> tf.Tensor:
    """How far each picture's colours are from the target's: (N,), mean ΔE (CIE 1976) of its pixels.

    ΔE is the distance in Lab; 2 is seen side by side, 5 is hard to miss. `weights` N×H×W×1 say how
    much each pixel counts (a matte: only the product); a picture without weight is 0.
    """
    apart = tf.norm(to_lab(images) - to_lab(targets), axis=3, keepdims=True)
    if weights is None:
        return tf.reduce_mean(apart, axis=(1, 2, 3))
    total = tf.reduce_sum(weights, axis=(1, 2, 3))
    return tf.reduce_sum(apart * weights, axis=(1, 2, 3)) / tf.maximum(total, 1e-6)


# -------------------------------------------------------------------------- statistics of colours


def match_moments(points: tf.Tensor, reference: tf.Tensor, *, epsilon: float = 1e-6) -> tf.Tensor:
    """Points (P, C) moved so that each channel has the reference's mean and deviation: (P, C).

    `reference` is (Q, C). Deviations divide by the number of points; `epsilon` is added to the
    variances below the root. Reinhard et al. (2001) do this in lαβ, a relative of Lab. Gradients
    reach both.
    """
    (centre, variance), (aim, wanted) = (tf.nn.moments(x, 0) for x in (points, reference))
    return (points - centre) * tf.sqrt((wanted + epsilon) / (variance + epsilon)) + aim


def match_histogram(points: tf.Tensor, reference: tf.Tensor) -> tf.Tensor:
    """Points (P, C) moved so that each channel, by itself, is distributed as the reference's.

    The i-th smallest of P numbers becomes the quantile (i + ½)/P of the Q reference numbers, whose
    j-th smallest is their quantile (j + ½)/Q; between two, interpolated. So with P = Q each channel
    holds exactly the reference's numbers, in the order of ranks of `points`.
    """
    lower, upper, share = quantile_places(len(points), len(reference))
    known = tf.sort(reference, axis=0)
    low, high = tf.gather(known, lower), tf.gather(known, upper)
    wanted = low + tf.constant(share[:, None], points.dtype) * (high - low)
    ranks = tf.argsort(tf.argsort(points, axis=0, stable=True), axis=0)
    return tf.transpose(tf.gather(tf.transpose(wanted), tf.transpose(ranks), batch_dims=1))


def symmetric_root(matrix: tf.Tensor, power: float = 0.5) -> tf.Tensor:
    """A symmetric matrix (C, C) without negative eigenvalues to a power; the result is symmetric.

    For negative powers, eigenvalues below 1e-12 count as that.
    """
    values, vectors = tf.linalg.eigh(matrix)
    return (vectors * tf.maximum(values, 1e-12) ** power) @ tf.transpose(vectors)


def monge_map(
    points: tf.Tensor, reference: tf.Tensor, *, ridge: float = 1e-6
) -> tuple[tf.Tensor, tf.Tensor]:
    """The linear map with the reference's mean and covariance that moves colours least.

    Gives (matrix (C, C), shift (C,)) for points @ matrix + shift. Of all maps between these two
    normal distributions it is the one of optimal transport (Pitié and Kokaram, 2007): with
    covariances A of `points` (P, C) and B of `reference` (Q, C), divided by the number of points,
    symmetric roots throughout,
    A^-½ (A^½ B A^½)^½ A^-½. `ridge` is added to both diagonals. The matrix is symmetric, which a
    Cholesky factor's is not, though it has the same moments.
    """
    identity = tf.eye(points.shape[1], dtype=points.dtype)
    aims = [tf.reduce_mean(x, axis=0) for x in (points, reference)]
    a, b = (
        tf.transpose(x - aim) @ (x - aim) / len(x) + ridge * identity
        for x, aim in zip((points, reference), aims, strict=True)
    )
    root, back = symmetric_root(a), symmetric_root(a, -0.5)
    matrix = back @ symmetric_root(root @ b @ root) @ back
    return matrix, aims[1] - tf.linalg.matvec(matrix, aims[0], transpose_a=True)


def sliced_transport(points: tf.Tensor, reference: tf.Tensor, turns: tf.Tensor) -> tf.Tensor:
    """Points (P, C) moved until their cloud is the reference's (Q, C), one set of axes at a time.

    `turns` (T, C, C) holds orthogonal matrices, whose rows are axes. For each: along those axes,
    `match_histogram`; then turned back (Pitié, Kokaram and Dahyot, 2007).
    """
    for turn in turns:
        along = [tf.matmul(x, turn, transpose_b=True) for x in (points, reference)]
        points = match_histogram(*along) @ turn
    return points


def transport_plan(cost: tf.Tensor, *, epsilon: float, steps: int) -> tf.Tensor:
    """How much of each of P points goes to each of Q: (P, Q), by Sinkhorn's steps in logarithms.

    `cost` (P, Q). The plan has least cost minus `epsilon` · mean(cost) · entropy; its rows sum to
    1/P and its columns to 1/Q. One step scales rows, then columns; so the columns are exact after
    any step, and the rows after enough of them (arXiv:1306.0895). Gradients reach the cost.
    """
    kernel = -cost / (epsilon * tf.reduce_mean(cost))
    rows, columns = (-np.log(size) for size in cost.shape)
    for _ in range(steps):
        kernel = kernel - tf.reduce_logsumexp(kernel, axis=1, keepdims=True) + rows
        kernel = kernel - tf.reduce_logsumexp(kernel, axis=0, keepdims=True) + columns
    return tf.exp(kernel)


def carried(plan: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Where a plan (P, Q) carries P points: means of targets (Q, C) by its rows, (P, C)."""
    return plan @ targets / tf.reduce_sum(plan, axis=1, keepdims=True)


# -------------------------------------------------------------------------------- palettes, layers


def unmix(points: tf.Tensor, palette: tf.Tensor) -> tf.Tensor:
    """Each colour as non-negative shares of a palette: points (…, P, C) to (…, P, K).

    `palette` (…, K, C) with K up to 4 or so. The shares minimise the squared distance between the
    colour and shares @ palette, and none is below 0 (non-negative least squares): cutting the plain
    least squares off at 0 is something else. They need not sum to 1: shading is in them.
    """
    count = palette.shape[-2]
    best = tf.zeros((*points.shape[:-1], count), points.dtype)
    least = tf.reduce_sum(points**2, axis=-1, keepdims=True)
    for chosen in subsets(count):
        part = tf.gather(palette, chosen, axis=-2)
        shares = points @ tf.linalg.pinv(part)
        apart = tf.reduce_sum((points - shares @ part) ** 2, axis=-1, keepdims=True)
        better = tf.reduce_all(shares >= 0, axis=-1, keepdims=True) & (apart < least)
        places = tf.gather(tf.eye(count, dtype=points.dtype), chosen)
        best = tf.where(better, shares @ places, best)
        least = tf.where(better, apart, least)
    return best


def product_shares(
    images: tf.Tensor, matte: tf.Tensor, wall: tf.Tensor, colours: tf.Tensor
) -> tf.Tensor:
    """How much of each colour the product holds at each pixel, shading included: N×H×W×K.

    `matte` N×H×W×1 says how much of a pixel is product, `wall` N×H×W×3 what is behind it, `colours`
    (N, K, 3) which colours are looked for; white is unmixed with them and left out. At the rim, a
    pixel is (1 - matte) of wall: that is taken off first, the rest divided by the matte and
    unmixed, and its shares count matte times. Where the matte is below 1/50, they are 0.
    """
    seen = matte >= 0.02
    product = (images - (1 - matte) * wall) / tf.where(seen, matte, 1.0)
    palette = tf.concat([colours, tf.ones_like(colours[:, :1])], axis=1)
    shares = unmix(to_points(product), palette)[..., :-1]
    return tf.where(seen, matte, 0.0) * to_pictures(shares, images.shape[1])


def recolour(
    images: tf.Tensor, matte: tf.Tensor, wall: tf.Tensor, old: tf.Tensor, new: tf.Tensor
) -> tf.Tensor:
    """The same products in other colours: N×H×W×3, clipped to [0, 1].

    `old` and `new` are (N, K, 3): where a pixel holds a share of an old colour, it gets the same
    share of the new one (`product_shares` gives them). Shading, print, metal and rim stay, and what
    is no product stays as it is, to the last bit.
    """
    shares = product_shares(images, matte, wall, old)
    change = to_pictures(to_points(shares) @ (new - old), images.shape[1])
    return tf.clip_by_value(images + change, 0, 1)


def dress(images: tf.Tensor, share: tf.Tensor, main: tf.Tensor, texture: tf.Tensor) -> tf.Tensor:
    """Products in another material: N×H×W×3, clipped to [0, 1].

    `share` N×H×W×1 is how much of the colour `main` (N, 3) a pixel holds, shading included;
    `texture` N×H×W×3 takes the place of that colour, and so is shaded as it was.
    """
    return tf.clip_by_value(images + share * (texture - main[:, None, None]), 0, 1)


def set_behind(
    images: tf.Tensor, matte: tf.Tensor, wall: tf.Tensor, shadow: tf.Tensor, texture: tf.Tensor
) -> tf.Tensor:
    """Products before another background, with their shadow on it: N×H×W×3, clipped to [0, 1].

    `wall` N×H×W×3 is the old background with its shadow, `shadow` N×H×W×1 how much of the light
    the shadow leaves, `texture` N×H×W×3 the new one in full light.
    """
    return tf.clip_by_value(images + (1 - matte) * (shadow * texture - wall), 0, 1)


# ---------------------------------------------------------------------------------------- textures


def gram_matrix(features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Which features occur together, wherever that is: N×H×W×C to (N, C, C).

    The mean over places of the products of two channels, each picture by itself; with a `mask`
    N×H×W×1 the mean weighted by it. Nothing is subtracted, and C divides nothing. Gradients
    reach the features.
    """
    flat = to_points(features)
    if mask is None:
        return tf.matmul(flat, flat, transpose_a=True) / flat.shape[1]
    weights = to_points(mask)
    total = tf.reduce_sum(weights, axis=1, keepdims=True)
    return tf.matmul(flat * weights, flat, transpose_a=True) / total


def style_loss(
    features: Sequence[tf.Tensor], targets: Sequence[tf.Tensor], weights: Sequence[float]
) -> tf.Tensor:
    """How far pictures are from a style: the weighted sum over levels of Gram matrices' errors.

    `features` are N×H×W×C per level, `targets` Gram matrices (N, C, C) or (1, C, C) that are given
    and constant; a level's error is the mean squared difference of all N·C·C numbers. A scalar.
    """
    return sum(
        weight * tf.reduce_mean((gram_matrix(seen) - target) ** 2)
        for seen, target, weight in zip(features, targets, weights, strict=True)
    )


def sliced_distance(first: tf.Tensor, second: tf.Tensor, directions: tf.Tensor) -> tf.Tensor:
    """Squared Wasserstein distance of two clouds, averaged over directions: a scalar.

    `first` (P, C) and `second` (Q, C) may differ in number: along a direction both are sorted, and
    the squared difference of their quantile functions is integrated exactly (`quantile_steps`).
    `directions` (D, C) may be of any length; they are made unit vectors. Gradients reach both.
    """
    unit = directions / tf.norm(directions, axis=1, keepdims=True)
    along = [tf.matmul(x, unit, transpose_b=True) for x in (first, second)]
    ours, theirs = (tf.sort(x, axis=0) for x in along)
    here, there, weights = quantile_steps(len(first), len(second))
    apart = (tf.gather(ours, here) - tf.gather(theirs, there)) ** 2
    return tf.reduce_mean(tf.reduce_sum(tf.constant(weights[:, None], first.dtype) * apart, axis=0))


def total_variation(images: tf.Tensor) -> tf.Tensor:
    """Each picture's mean |difference| of neighbours across, plus that of those below: (N,)."""
    across, down = images[:, :, 1:] - images[:, :, :-1], images[:, 1:] - images[:, :-1]
    return sum(tf.reduce_mean(tf.abs(x), axis=(1, 2, 3)) for x in (across, down))


def content_loss(images: tf.Tensor, content: tf.Tensor, *, levels: int = 3) -> tf.Tensor:
    """1 - correlation of brightness with the content's, seen coarsely: the mean of N, a scalar.

    `brightness` of both after `levels` - 1 halvings (`pyramid`). A correlation asks for the same
    lights and darks and is blind to brightness and contrast, where an error of pixels would keep a
    pale wall pale under any style. 1e-10 is added to the product of variances below the root.
    """
    pair = [to_points(pyramid(brightness(x), levels)[-1])[..., 0] for x in (images, content)]
    a, b = (x - tf.reduce_mean(x, axis=1, keepdims=True) for x in pair)
    spread = tf.reduce_mean(a**2, axis=1) * tf.reduce_mean(b**2, axis=1)
    return tf.reduce_mean(1 - tf.reduce_mean(a * b, axis=1) / tf.sqrt(spread + 1e-10))


# ------------------------------------------------------------------------------------- optimisation


def optimise_pixels(
    loss: Callable[[tf.Tensor], tf.Tensor], start: tf.Tensor, *, iterations: int
) -> tuple[tf.Tensor, np.ndarray]:
    """Pictures for which `loss` is small, from `start`, and the loss after each iteration.

    L-BFGS (SciPy's). To the loss is added the mean square of how far pixels lie outside of [0, 1],
    and only the result is clipped: a clip inside would take away the gradient of what is outside.
    `start` stays as it is.
    """
    history = []

    def kept_inside(images: tf.Tensor) -> tf.Tensor:
        outside = images - tf.clip_by_value(images, 0, 1)
        return loss(images) + tf.reduce_mean(outside**2)

    def look(flat: np.ndarray) -> tuple[float, np.ndarray]:
        images = tf.reshape(tf.constant(flat, start.dtype), start.shape)
        value, (slope,) = value_and_gradients(kept_inside, images)
        return value, slope.ravel().astype(np.float64)

    found = minimize(
        look,
        to_numpy(start).ravel().astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        callback=lambda intermediate_result: history.append(intermediate_result.fun),
        options={"maxiter": iterations, "maxcor": 20, "ftol": 0, "gtol": 0},
    )
    pixels = tf.constant(found.x.clip(0, 1), start.dtype)
    return tf.reshape(pixels, start.shape), np.array(history)


def stylise(
    content: tf.Tensor, style: tf.Tensor, features: Features, *, weight: float, iterations: int
) -> tuple[tf.Tensor, np.ndarray]:
    """The content in the hand of the style: pictures, and the loss after each iteration.

    `content` N×H×W×3, `style` 1×H×W×3 or N×H×W×3; `features` gives N×H×W×C per level. What
    `optimise_pixels` finds for `style_loss` + `weight` · `content_loss`; a level's weight in it is
    1 / (levels · mean square of its target), so that errors are relative and levels count the same.
    The start is style + ½ (content - its mean over places): on a flat wall, a texture can only grow
    from one.
    """
    targets = [gram_matrix(level) for level in features(style)]
    weights = [1 / (len(targets) * float(tf.reduce_mean(t**2))) for t in targets]
    mean = tf.reduce_mean(content, axis=(1, 2), keepdims=True)

    def loss(images: tf.Tensor) -> tf.Tensor:
        told = style_loss(features(images), targets, weights)
        return told + weight * content_loss(images, content)

    return optimise_pixels(loss, style + 0.5 * (content - mean), iterations=iterations)


# ------------------------------------------------------------------------ statistics of features


def adain(content: tf.Tensor, style: tf.Tensor, *, epsilon: float = 1e-5) -> tf.Tensor:
    """Content features with the style's mean and deviation in each channel: N×H×W×C.

    Both are taken over the places of each picture by itself; `style` may have other places.
    `epsilon` is added to the variances below the root, to both (arXiv:1703.06868). Gradients reach
    both.
    """
    centre, variance = tf.nn.moments(content, (1, 2), keepdims=True)
    aim, wanted = tf.nn.moments(style, (1, 2), keepdims=True)
    return (content - centre) * tf.sqrt((wanted + epsilon) / (variance + epsilon)) + aim


# --------------------------------------------------------------------------------------- whiteboard


def review_style_loss(
    layers: Callable[[tf.Tensor], list[tf.Tensor]],
    images: tf.Tensor,
    content: tf.Tensor,
    style: tf.Tensor,
    *,
    style_weight: float,
    content_weight: float,
) -> tf.Tensor:
    """The loss of Gatys et al. (arXiv:1508.06576) at a whiteboard: a scalar.

    `layers` gives features N×H×W×C, early ones first. Style: mean squared difference of the
    `gram_matrix` of images and style, the mean over all layers. Content: mean squared difference of
    the last layer's features. Gradients reach `images` only.
    """
    seen = layers(images)
    wanted = [tf.stop_gradient(gram_matrix(level)) for level in layers(style)]
    kept = tf.stop_gradient(layers(content)[-1])
    errors = [tf.reduce_mean((gram_matrix(a) - b) ** 2) for a, b in zip(seen, wanted, strict=True)]
    style_error = sum(errors) / len(errors)
    content_error = tf.reduce_mean((seen[-1] - kept) ** 2)
    return style_weight * style_error + content_weight * content_error
