"""Style, in PyTorch: one product in other colours, in another material or hand.

Read from top to bottom: colours that are as far apart as they look, statistics of colours and how
to move them, palettes, a material and a backdrop, textures by their correlations, pixels optimised,
and features that take over another's statistics. Filters at several scales are in `texture`.

Pictures are N×3×H×W in [0, 1], display values (sRGB) as in a file; colours are points (P, 3), or
(N, P, 3) for N pictures. Variances divide by the number of places, not by one less. Nothing is
clipped unless said. The same functions in Keras: `prodgen_lib.tensorflow.style`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from prodgen_lib.plain.transport import quantile_places, quantile_steps, subsets
from prodgen_lib.torch import lab
from prodgen_lib.torch.bridge import to_numpy, value_and_gradients
from prodgen_lib.torch.texture import Features, brightness, pyramid, to_pictures, to_points

# ------------------------------------------------------------------------------ colours as we see


def to_lab(images: Tensor) -> Tensor:
    """sRGB pictures in [0, 1] as CIE Lab under daylight D65, in the same shape.

    `lab.to_lab`, which has pictures in [-1, 1]. L* runs from 0 to 100, a* from green to red, b*
    from blue to yellow: white is (100, 0, 0), red about (53.2, 80.1, 67.2). Gradients are finite
    everywhere, at black too.
    """
    return lab.to_lab(2 * images - 1)


def from_lab(values: Tensor) -> Tensor:
    """The inverse of `to_lab`; what a screen can't show leaves [0, 1] and is not clipped."""
    return (lab.from_lab(values) + 1) / 2


def colour_difference(images: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """How far each picture's colours are from the target's: (N,), mean ΔE (CIE 1976) of its pixels.

    ΔE is the distance in Lab; 2 is seen side by side, 5 is hard to miss. `weights` N×1×H×W say how
    much each pixel counts (a matte: only the product); a picture without weight is 0.
    """
    apart = (to_lab(images) - to_lab(targets)).square().sum(1, keepdim=True).sqrt()
    if weights is None:
        return apart.mean(dim=(1, 2, 3))
    return (apart * weights).sum((1, 2, 3)) / weights.sum((1, 2, 3)).clamp(min=1e-6)


# -------------------------------------------------------------------------- statistics of colours


def match_moments(points: Tensor, reference: Tensor, *, epsilon: float = 1e-6) -> Tensor:
    """Points (P, C) moved so that each channel has the reference's mean and deviation: (P, C).

    `reference` is (Q, C). Deviations divide by the number of points; `epsilon` is added to the
    variances below the root. Reinhard et al. (2001) do this in lαβ, a relative of Lab. Gradients
    reach both.
    """
    spread, wanted = ((x.var(dim=0, correction=0) + epsilon).sqrt() for x in (points, reference))
    return (points - points.mean(dim=0)) * (wanted / spread) + reference.mean(dim=0)


def match_histogram(points: Tensor, reference: Tensor) -> Tensor:
    """Points (P, C) moved so that each channel, by itself, is distributed as the reference's.

    The i-th smallest of P numbers becomes the quantile (i + ½)/P of the Q reference numbers, whose
    j-th smallest is their quantile (j + ½)/Q; between two, interpolated. So with P = Q each channel
    holds exactly the reference's numbers, in the order of ranks of `points`.
    """
    lower, upper, share = quantile_places(len(points), len(reference))
    known = reference.sort(dim=0).values
    wanted = known[lower] + points.new_tensor(share)[:, None] * (known[upper] - known[lower])
    ranks = points.argsort(dim=0, stable=True).argsort(dim=0)
    return wanted.gather(0, ranks)


def symmetric_root(matrix: Tensor, power: float = 0.5) -> Tensor:
    """A symmetric matrix (C, C) without negative eigenvalues to a power; the result is symmetric.

    For negative powers, eigenvalues below 1e-12 count as that.
    """
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=1e-12) ** power) @ vectors.T


def monge_map(points: Tensor, reference: Tensor, *, ridge: float = 1e-6) -> tuple[Tensor, Tensor]:
    """The linear map with the reference's mean and covariance that moves colours least.

    Gives (matrix (C, C), shift (C,)) for points @ matrix + shift. Of all maps between these two
    normal distributions it is the one of optimal transport (Pitié and Kokaram, 2007): with
    covariances A of `points` (P, C) and B of `reference` (Q, C), divided by the number of points,
    symmetric roots throughout,
    A^-½ (A^½ B A^½)^½ A^-½. `ridge` is added to both diagonals. The matrix is symmetric, which a
    Cholesky factor's is not, though it has the same moments.
    """
    identity = torch.eye(points.shape[1], dtype=points.dtype)
    a, b = (x.T.cov(correction=0) + ridge * identity for x in (points, reference))
    root, back = symmetric_root(a), symmetric_root(a, -0.5)
    matrix = back @ symmetric_root(root @ b @ root) @ back
    return matrix, reference.mean(dim=0) - points.mean(dim=0) @ matrix


def sliced_transport(points: Tensor, reference: Tensor, turns: Tensor) -> Tensor:
    """Points (P, C) moved until their cloud is the reference's (Q, C), one set of axes at a time.

    `turns` (T, C, C) holds orthogonal matrices, whose rows are axes. For each: along those axes,
    `match_histogram`; then turned back (Pitié, Kokaram and Dahyot, 2007).
    """
    for turn in turns:
        points = match_histogram(points @ turn.T, reference @ turn.T) @ turn
    return points


def transport_plan(cost: Tensor, *, epsilon: float, steps: int) -> Tensor:
    """How much of each of P points goes to each of Q: (P, Q), by Sinkhorn's steps in logarithms.

    `cost` (P, Q). The plan has least cost minus `epsilon` · mean(cost) · entropy; its rows sum to
    1/P and its columns to 1/Q. One step scales rows, then columns; so the columns are exact after
    any step, and the rows after enough of them (arXiv:1306.0895). Gradients reach the cost.
    """
    kernel = -cost / (epsilon * cost.mean())
    rows, columns = (-np.log(size) for size in cost.shape)
    for _ in range(steps):
        kernel = kernel - kernel.logsumexp(dim=1, keepdim=True) + rows
        kernel = kernel - kernel.logsumexp(dim=0, keepdim=True) + columns
    return kernel.exp()


def carried(plan: Tensor, targets: Tensor) -> Tensor:
    """Where a plan (P, Q) carries P points: means of targets (Q, C) by its rows, (P, C)."""
    return plan @ targets / plan.sum(dim=1, keepdim=True)


# -------------------------------------------------------------------------------- palettes, layers


def unmix(points: Tensor, palette: Tensor) -> Tensor:
    """Each colour as non-negative shares of a palette: points (…, P, C) to (…, P, K).

    `palette` (…, K, C) with K up to 4 or so. The shares minimise the squared distance between the
    colour and shares @ palette, and none is below 0 (non-negative least squares): cutting the plain
    least squares off at 0 is something else. They need not sum to 1: shading is in them.
    """
    best = torch.zeros_like(points[..., :1]).expand(*points.shape[:-1], palette.shape[-2])
    least = points.square().sum(-1, keepdim=True)
    for chosen in subsets(palette.shape[-2]):
        part = palette[..., chosen, :]
        shares = points @ torch.linalg.pinv(part)
        apart = (points - shares @ part).square().sum(-1, keepdim=True)
        better = (shares >= 0).all(-1, keepdim=True) & (apart < least)
        places = torch.eye(palette.shape[-2], dtype=points.dtype)[list(chosen)]
        best = torch.where(better, shares @ places, best)
        least = torch.where(better, apart, least)
    return best


def product_shares(images: Tensor, matte: Tensor, wall: Tensor, colours: Tensor) -> Tensor:
    """How much of each colour the product holds at each pixel, shading included: N×K×H×W.

    `matte` N×1×H×W says how much of a pixel is product, `wall` N×3×H×W what is behind it, `colours`
    (N, K, 3) which colours are looked for; white is unmixed with them and left out. At the rim, a
    pixel is (1 - matte) of wall: that is taken off first, the rest divided by the matte and
    unmixed, and its shares count matte times. Where the matte is below 1/50, they are 0.
    """
    seen = matte >= 0.02
    product = (images - (1 - matte) * wall) / torch.where(seen, matte, 1.0)
    palette = torch.cat([colours, torch.ones_like(colours[:, :1])], dim=1)
    shares = unmix(to_points(product), palette)[..., :-1]
    return torch.where(seen, matte, 0.0) * to_pictures(shares, images.shape[2])


def recolour(images: Tensor, matte: Tensor, wall: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """The same products in other colours: N×3×H×W, clipped to [0, 1].

    `old` and `new` are (N, K, 3): where a pixel holds a share of an old colour, it gets the same
    share of the new one (`product_shares` gives them). Shading, print, metal and rim stay, and what
    is no product stays as it is, to the last bit.
    """
    shares = product_shares(images, matte, wall, old)
    change = to_pictures(to_points(shares) @ (new - old), images.shape[2])
    return (images + change).clamp(0, 1)


def dress(images: Tensor, share: Tensor, main: Tensor, texture: Tensor) -> Tensor:
    """Products in another material: N×3×H×W, clipped to [0, 1].

    `share` N×1×H×W is how much of the colour `main` (N, 3) a pixel holds, shading included;
    `texture` N×3×H×W takes the place of that colour, and so is shaded as it was.
    """
    return (images + share * (texture - main[:, :, None, None])).clamp(0, 1)


def set_behind(
    images: Tensor, matte: Tensor, wall: Tensor, shadow: Tensor, texture: Tensor
) -> Tensor:
    """Products before another background, with their shadow on it: N×3×H×W, clipped to [0, 1].

    `wall` N×3×H×W is the old background with its shadow, `shadow` N×1×H×W how much of the light
    the shadow leaves, `texture` N×3×H×W the new one in full light.
    """
    return (images + (1 - matte) * (shadow * texture - wall)).clamp(0, 1)


# ---------------------------------------------------------------------------------------- textures


def gram_matrix(features: Tensor, mask: Tensor | None = None) -> Tensor:
    """Which features occur together, wherever that is: N×C×H×W to (N, C, C).

    The mean over places of the products of two channels, each picture by itself; with a `mask`
    N×1×H×W the mean weighted by it. Nothing is subtracted, and C divides nothing. Gradients
    reach the features.
    """
    flat = features.flatten(2)
    if mask is None:
        return flat @ flat.transpose(1, 2) / flat.shape[2]
    weights = mask.flatten(2)
    return (flat * weights) @ flat.transpose(1, 2) / weights.sum(2, keepdim=True)


def style_loss(
    features: Sequence[Tensor], targets: Sequence[Tensor], weights: Sequence[float]
) -> Tensor:
    """How far pictures are from a style: the weighted sum over levels of Gram matrices' errors.

    `features` are N×C×H×W per level, `targets` Gram matrices (N, C, C) or (1, C, C) that are given
    and constant; a level's error is the mean squared difference of all N·C·C numbers. A scalar.
    """
    return sum(
        weight * (gram_matrix(seen) - target).square().mean()
        for seen, target, weight in zip(features, targets, weights, strict=True)
    )


def sliced_distance(first: Tensor, second: Tensor, directions: Tensor) -> Tensor:
    """Squared Wasserstein distance of two clouds, averaged over directions: a scalar.

    `first` (P, C) and `second` (Q, C) may differ in number: along a direction both are sorted, and
    the squared difference of their quantile functions is integrated exactly (`quantile_steps`).
    `directions` (D, C) may be of any length; they are made unit vectors. Gradients reach both.
    """
    unit = directions / directions.norm(dim=1, keepdim=True)
    ours, theirs = ((x @ unit.T).sort(dim=0).values for x in (first, second))
    here, there, weights = quantile_steps(len(first), len(second))
    apart = (ours[here] - theirs[there]).square()
    return (first.new_tensor(weights)[:, None] * apart).sum(dim=0).mean()


def total_variation(images: Tensor) -> Tensor:
    """Each picture's mean |difference| of neighbours across, plus that of those below: (N,)."""
    across, down = images.diff(dim=3), images.diff(dim=2)
    return across.abs().mean(dim=(1, 2, 3)) + down.abs().mean(dim=(1, 2, 3))


def content_loss(images: Tensor, content: Tensor, *, levels: int = 3) -> Tensor:
    """1 - correlation of brightness with the content's, seen coarsely: the mean of N, a scalar.

    `brightness` of both after `levels` - 1 halvings (`pyramid`). A correlation asks for the same
    lights and darks and is blind to brightness and contrast, where an error of pixels would keep a
    pale wall pale under any style. 1e-10 is added to the product of variances below the root.
    """
    pair = [pyramid(brightness(x), levels)[-1].flatten(1) for x in (images, content)]
    a, b = (x - x.mean(dim=1, keepdim=True) for x in pair)
    spread = a.square().mean(dim=1) * b.square().mean(dim=1)
    return (1 - (a * b).mean(dim=1) / (spread + 1e-10).sqrt()).mean()


# ------------------------------------------------------------------------------------- optimisation


def optimise_pixels(
    loss: Callable[[Tensor], Tensor], start: Tensor, *, iterations: int
) -> tuple[Tensor, np.ndarray]:
    """Pictures for which `loss` is small, from `start`, and the loss after each iteration.

    L-BFGS (SciPy's). To the loss is added the mean square of how far pixels lie outside of [0, 1],
    and only the result is clipped: a clip inside would take away the gradient of what is outside.
    `start` stays as it is.
    """
    history = []

    def kept_inside(images: Tensor) -> Tensor:
        return loss(images) + (images - images.clamp(0, 1)).square().mean()

    def look(flat: np.ndarray) -> tuple[float, np.ndarray]:
        images = start.new_tensor(flat).reshape(start.shape)
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
    pixels = start.new_tensor(found.x.clip(0, 1)).reshape(start.shape)
    return pixels, np.array(history)


def stylise(
    content: Tensor, style: Tensor, features: Features, *, weight: float, iterations: int
) -> tuple[Tensor, np.ndarray]:
    """The content in the hand of the style: pictures, and the loss after each iteration.

    `content` N×3×H×W, `style` 1×3×H×W or N×3×H×W; `features` gives N×C×H×W per level. What
    `optimise_pixels` finds for `style_loss` + `weight` · `content_loss`; a level's weight in it is
    1 / (levels · mean square of its target), so that errors are relative and levels count the same.
    The start is style + ½ (content - its mean over places): on a flat wall, a texture can only grow
    from one.
    """
    targets = [gram_matrix(level) for level in features(style)]
    weights = [1 / (len(targets) * t.square().mean().item()) for t in targets]
    mean = content.mean(dim=(2, 3), keepdim=True)

    def loss(images: Tensor) -> Tensor:
        told = style_loss(features(images), targets, weights)
        return told + weight * content_loss(images, content)

    return optimise_pixels(loss, style + 0.5 * (content - mean), iterations=iterations)


# ------------------------------------------------------------------------ statistics of features


def adain(content: Tensor, style: Tensor, *, epsilon: float = 1e-5) -> Tensor:
    """Content features with the style's mean and deviation in each channel: N×C×H×W.

    Both are taken over the places of each picture by itself; `style` may have other places.
    `epsilon` is added to the variances below the root, to both (arXiv:1703.06868). Gradients reach
    both.
    """
    spread, wanted = (
        (x.var(dim=(2, 3), correction=0, keepdim=True) + epsilon).sqrt() for x in (content, style)
    )
    even = (content - content.mean(dim=(2, 3), keepdim=True)) / spread
    return even * wanted + style.mean(dim=(2, 3), keepdim=True)


# --------------------------------------------------------------------------------------- whiteboard


def review_style_loss(
    layers: Callable[[Tensor], list[Tensor]],
    images: Tensor,
    content: Tensor,
    style: Tensor,
    *,
    style_weight: float,
    content_weight: float,
) -> Tensor:
    """The loss of Gatys et al. (arXiv:1508.06576) at a whiteboard: a scalar.

    `layers` gives features N×C×H×W, early ones first. Style: mean squared difference of the
    `gram_matrix` of images and style, the mean over all layers. Content: mean squared difference of
    the last layer's features. Gradients reach `images` only.
    """
    seen = layers(images)
    wanted = [gram_matrix(level).detach() for level in layers(style)]
    kept = layers(content)[-1].detach()
    errors = [(gram_matrix(a) - b).square().mean() for a, b in zip(seen, wanted, strict=True)]
    style_error = sum(errors) / len(errors)
    content_error = (seen[-1] - kept).square().mean()
    return style_weight * style_error + content_weight * content_error
