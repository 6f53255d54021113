"""What is done to pictures before an autoencoder mends them, and the plain methods beside it.

All numpy. Pictures are uint8 N×H×W×C where whole pictures come in or go out, and floats N×H×W×C in
[0, 1] where they are filtered or filled; a mask is N×H×W×1, 1 where a pixel is hidden.
"""

from __future__ import annotations

import io
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.sparse.linalg import svds


@cache
def half_and_back(size: int) -> np.ndarray:
    """The matrix M (size, size) that halves a column of pixels and enlarges it again.

    Halved by the mean of two neighbours, enlarged by Pillow's bicubic interpolation. Both are
    linear, so a picture x (size, size) becomes M x Mᵀ. `size` is even.
    """

    def resizing(old: int, new: int, how: Image.Resampling) -> np.ndarray:
        identity = Image.fromarray(np.eye(old, dtype=np.float32))
        return np.asarray(identity.resize((old, new), how))

    if size % 2:
        raise ValueError(f"Only an even number of pixels can be halved; got {size}.")
    half = size // 2
    matrix = resizing(half, size, Image.Resampling.BICUBIC) @ resizing(
        size, half, Image.Resampling.BOX
    )
    matrix.setflags(write=False)
    return matrix


def square_masks(count: int, *, size: int, hole: int, seed: int) -> np.ndarray:
    """`count` masks, float32 (count, size, size, 1): 1 in one square of `hole`×`hole` pixels each.

    Every place where the square fits is as likely as any other.
    """
    rng = np.random.default_rng(seed)
    top, left = rng.integers(size - hole + 1, size=(2, count, 1))
    pixel = np.arange(size)
    rows, columns = ((pixel >= edge) & (pixel < edge + hole) for edge in (top, left))
    return (rows[:, :, None] & columns[:, None, :])[..., None].astype(np.float32)


def gaussian(pictures: np.ndarray, sigma: float) -> np.ndarray:
    """Blurred by a Gaussian of `sigma` pixels, each channel by itself; edges are mirrored."""
    return ndimage.gaussian_filter(pictures, (0, sigma, sigma, 0))


def median(pictures: np.ndarray, size: int) -> np.ndarray:
    """Each value becomes the median of size×size pixels around it; edges are mirrored."""
    return ndimage.median_filter(pictures, (1, size, size, 1))


def fill_mean(pictures: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Hidden pixels get the mean colour of their picture's seen ones."""
    seen = 1 - mask
    mean = (pictures * seen).sum((1, 2), keepdims=True) / seen.sum((1, 2), keepdims=True)
    return pictures * seen + mean * mask


def fill_smooth(pictures: np.ndarray, mask: np.ndarray, *, order: int = 1) -> np.ndarray:
    """Hidden pixels get the values that make the picture smoothest.

    With L the Laplacian of the grid (no flow across the border), order 1 minimises xᵀLx: a
    membrane, where diffusion comes to rest. Order 2 minimises ‖Lx‖²: a thin plate, as biharmonic
    inpainting has it.
    """
    side = pictures.shape[1]
    filled = pictures.reshape(len(pictures), side * side, -1).copy()
    for picture, hidden in zip(filled, mask.reshape(len(mask), -1) > 0, strict=True):
        rim, weights = _extension(side, order, hidden.tobytes())
        picture[hidden] = weights @ picture[rim]
    return filled.reshape(pictures.shape)


@lru_cache(maxsize=512)  # training meets the same square again and again
def _extension(side: int, order: int, hidden: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Which seen pixels decide what is hidden, and with what weights (hidden, seen)."""
    hidden = np.frombuffer(hidden, bool)
    energy = _roughness(side, order)
    rim = ~hidden & energy[hidden].any(axis=0)
    return rim, np.linalg.solve(energy[np.ix_(hidden, hidden)], -energy[np.ix_(hidden, rim)])


@cache
def _roughness(side: int, order: int) -> np.ndarray:
    """L or L² of a grid of side×side pixels: xᵀLx sums the squared steps between neighbours."""
    steps = np.diff(np.eye(side), axis=0)
    line = steps.T @ steps
    laplacian = np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)
    return laplacian if order == 1 else laplacian @ laplacian


class Pca(NamedTuple):
    """A linear code: `mean` (D,) and orthonormal `components` (codes, D) of pictures in [0, 1]."""

    mean: np.ndarray
    components: np.ndarray

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Codes (N, codes) of uint8 pictures."""
        return (_flat(pictures) - self.mean) @ self.components.T

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Pictures of codes (N, codes): uint8, square, RGB."""
        values = self.mean + codes @ self.components
        side = round((values.shape[1] / 3) ** 0.5)
        return _whole(values).reshape(-1, side, side, 3)


def fit_pca(pictures: np.ndarray, codes: int) -> Pca:
    """The first principal components of uint8 pictures N×H×H×3, strongest first."""
    values = _flat(pictures)
    mean = values.mean(axis=0)
    start = np.ones(min(values.shape), np.float32)
    _, strength, components = svds(values - mean, k=codes, v0=start)
    return Pca(mean, components[np.argsort(-strength)])


def quantise(codes: np.ndarray, reference: np.ndarray, *, bits: int = 8) -> np.ndarray:
    """Codes (N, K) rounded to what `bits` bits a number can say.

    The 2^bits levels are evenly spaced between the 0.1 % and the 99.9 % quantile of each of the K
    numbers in `reference` (M, K), the codes of the training pictures; what lies outside is cut.
    """
    low, high = np.quantile(reference, [0.001, 0.999], axis=0)
    step = np.maximum(high - low, 1e-9) / (2**bits - 1)
    return (low + step * np.rint((np.clip(codes, low, high) - low) / step)).astype(np.float32)


def jpeg(pictures: np.ndarray, quality: int) -> tuple[np.ndarray, float, float]:
    """uint8 pictures after JPEG, the mean bytes of a file, and those without its tables.

    A file of 32×32 pixels is mostly headers and tables, which many pictures could share: the
    second number counts only what follows the start of the scan.
    """
    decoded, files, scans = [], [], []
    for picture in pictures:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality)
        data = file.getvalue()
        header = data.index(b"\xff\xda")  # start of scan; its length is in the next two bytes
        files.append(len(data))
        scans.append(len(data) - header - 2 - int.from_bytes(data[header + 2 : header + 4]) - 2)
        decoded.append(np.asarray(Image.open(file)))
    return np.stack(decoded), float(np.mean(files)), float(np.mean(scans))


def draw_defects(pictures: np.ndarray, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Copies of uint8 pictures N×H×W×3, each with one defect on the product; and where it is.

    In turn a scratch (a thin line, light on dark and dark on light), a stain (a brownish disc that
    lets the product shine through) and a missing part (a square of background). The second array
    is N×H×W, between 0 and 1: how much of a pixel the defect covers.
    """
    rng = np.random.default_rng(seed)
    spoiled, cover = np.empty_like(pictures), np.empty(pictures.shape[:3], np.float32)
    for index, picture in enumerate(pictures):
        kind = (_scratch, _stain, _missing_part)[index % 3]
        cover[index], colour = kind(picture / 255.0, rng)
        share = cover[index][..., None]
        spoiled[index] = _whole((1 - share) * (picture / 255.0) + share * colour)
    return spoiled, cover


def _scratch(picture: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A line through a point of the product, 7 to 12 pixels long."""
    y, x = _around(picture, rng)
    angle, length = rng.uniform(0, np.pi), rng.uniform(7, 12)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    distance = np.maximum(np.abs(across) - 0.5, np.abs(along) - length / 2)
    dark = picture[np.hypot(x, y) < 2].mean() < 0.5
    return 0.9 * np.clip(0.5 - distance, 0, 1), np.full(3, 0.95 if dark else 0.1)


def _stain(picture: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A disc with a soft rim, of radius 2 to 3 pixels."""
    y, x = _around(picture, rng)
    disc = np.clip(0.5 - (np.hypot(x, y) - rng.uniform(2, 3)) / 1.5, 0, 1)
    return 0.8 * disc, np.array([0.35, 0.25, 0.12])


def _missing_part(picture: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A square of background, 5 to 7 pixels wide."""
    y, x = _around(picture, rng)
    distance = np.maximum(np.abs(x), np.abs(y)) - rng.uniform(2.5, 3.5)
    return np.clip(0.5 - distance, 0, 1), _background(picture)


def _around(picture: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's distance, down and right, from a random point of the product."""
    contrast = np.abs(picture - _background(picture)).max(axis=2)
    points = np.argwhere(contrast >= min(0.25, 0.9 * contrast.max()))
    row, column = points[rng.integers(len(points))]
    height, width = picture.shape[:2]
    return np.mgrid[-row : height - row, -column : width - column].astype(float)


def _background(picture: np.ndarray) -> np.ndarray:
    """The median colour of the upper corners."""
    corners = np.concatenate([picture[:4, :4], picture[:4, -4:]])
    return np.median(corners.reshape(-1, 3), axis=0)


def _flat(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1).astype(np.float32) / 255


def _whole(values: np.ndarray) -> np.ndarray:
    """Floats in [0, 1], clipped, as uint8."""
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
