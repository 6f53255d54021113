"""Which pixels are product, from the picture alone: a plain guess to hold beside the exact layers.

All numpy. It knows what a catalogue picture is: one product in the middle, before a smooth wall
that it shades a little. A photograph of a room it does not understand.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from prodgen_lib.plain.pairs import lab

FAR = 6.0  # ΔE from the wall that makes a pixel product
SHADE, TINTED = 40.0, 4.0  # a shadow darkens by less, in L*, and changes a*, b* by less
STEEP = 12.0  # L* a pixel, at 64 pixels: a shadow's slopes are gentler, also where it is darkest


def estimate_matte(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mattes N×S×S×1 and walls N×S×S×3, float32, of pictures N×S×S×3 in [0, 1].

    A pixel is product where it differs from the wall, which is a quadratic fitted to the border,
    unless it looks like shadow: somewhat darker, not tinted, gently sloping and joined to the wall.
    The largest piece counts, its holes filled where no wall shows through, its rim softened. The
    wall is as it stands beside the product, and behind it that of the nearest pixel outside.
    """
    pairs = [_one(picture.astype(np.float64)) for picture in pictures]
    mattes, walls = (np.stack(part).astype(np.float32) for part in zip(*pairs, strict=True))
    return mattes, walls


def _one(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = len(picture)
    seen, wall = lab(picture), lab(np.clip(fitted_wall(picture), 0, 1))
    apart = np.linalg.norm(seen - wall, axis=2)
    darker = wall[..., 0] - seen[..., 0]
    slope = ndimage.gaussian_gradient_magnitude(seen[..., 0], 0.7) * size / 64
    shadow = (darker > 0) & (darker < SHADE) & (slope < STEEP)
    shadow &= np.linalg.norm((seen - wall)[..., 1:], axis=2) < TINTED
    plain = apart < FAR
    # Shadow counts as wall only where a chain of wall and shadow leads out to the border.
    regions, _ = ndimage.label(plain | shadow)
    border = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    outside = np.isin(regions, np.unique(border[border > 0])) | plain
    pieces, count = ndimage.label(~outside)
    if not count:
        return np.zeros((size, size, 1)), picture
    largest = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
    _, beyond = ndimage.distance_transform_edt(
        ndimage.binary_dilation(largest, iterations=2), return_indices=True
    )
    around = picture[tuple(beyond)]
    return softened(picture, largest, around)[..., None], around


def softened(picture: np.ndarray, inside: np.ndarray, wall: np.ndarray) -> np.ndarray:
    """A mask S×S made a matte: at its rim, how far a pixel is on the way from wall to product.

    The product's colour there is that of the nearest pixel well inside, if one is within 2.5
    pixels; where the product is too thin for that, the mask stays as it is.
    """
    core = ndimage.binary_erosion(inside)
    far, within = ndimage.distance_transform_edt(~core, return_indices=True)
    way = picture[tuple(within)] - wall
    share = ((picture - wall) * way).sum(axis=2) / np.maximum((way**2).sum(axis=2), 1e-3)
    rim = ndimage.binary_dilation(inside) & ~core & (far < 2.5)
    return np.where(rim, np.clip(share, 0, 1), inside.astype(np.float64))


def fitted_wall(picture: np.ndarray) -> np.ndarray:
    """A quadratic in x and y, per channel, fitted to the outermost pixels of S×S×3: S×S×3."""
    line = np.linspace(-1, 1, len(picture))
    x, y = np.meshgrid(line, line)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)
    edge = np.maximum(np.abs(x), np.abs(y)) > 1 - 6 / len(picture)
    weights, *_ = np.linalg.lstsq(terms[edge], picture[edge], rcond=None)
    return terms @ weights
