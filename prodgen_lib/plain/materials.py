"""Materials to dress a product in: drawn swatches of any size, by NumPy alone.

`material(name, size)` is a window on an endless cloth: the same `scale`, whatever the size, so a
swatch of 32 pixels and one of 128 show the same threads. Another seed is another piece.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from prodgen_lib.data.errors import one_of, whole

Field = np.ndarray


def material(name: str, size: int, *, seed: int = 0) -> np.ndarray:
    """One swatch, float32 (size, size, 3) in [0, 1]; `name` is one of `MATERIALS`."""
    one_of("material", name, MATERIALS)
    whole("size of a swatch", size, 1)
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size), np.float64)
    return np.clip(MATERIALS[name](x, y, rng), 0, 1).astype(np.float32)


def clouds(rng: np.random.Generator, size: int, sigma: float) -> Field:
    """Smooth noise with mean about 0 and deviation 1, lumps some `sigma` pixels wide."""
    edge = int(4 * sigma) + 1
    noise = ndimage.gaussian_filter(rng.normal(0, 1, (size + 2 * edge,) * 2), sigma)
    return noise[edge:-edge, edge:-edge] * (2 * np.sqrt(np.pi) * sigma)


def between(first: list[float], second: list[float], share: Field) -> np.ndarray:
    """Colours from the first (share 0) to the second (share 1): (size, size, 3)."""
    return np.array(first) + share[..., None] * (np.array(second) - np.array(first))


def soft(level: Field, width: float = 0.5) -> Field:
    """A step at 0 from 0 to 1, `width` wide to each side."""
    return np.clip(level / (2 * width) + 0.5, 0, 1)


def wood(x: Field, y: Field, rng: np.random.Generator) -> np.ndarray:
    """Upright grain: rings of uneven width, bent by slow noise, each with a sharp late edge."""
    bend = 9 * clouds(rng, len(x), 14) + 1.5 * clouds(rng, len(x), 5)
    phase = (x + 0.12 * y + bend) / 7 + rng.uniform(0, 1)
    ring = phase - np.floor(phase)
    dark = ring**3 + 0.25 * soft(ring - 0.9, 0.05)
    fibre = ndimage.gaussian_filter1d(rng.normal(0, 1, x.shape), 4, axis=0)
    return between([0.80, 0.56, 0.33], [0.50, 0.29, 0.13], dark) + 0.03 * fibre[..., None]


def denim(x: Field, y: Field, rng: np.random.Generator) -> np.ndarray:
    """Twill: steep diagonal ribs, broken by uneven threads and faded in places."""
    wander = 0.4 * clouds(rng, len(x), 2)
    rib = 0.5 + 0.5 * np.sin(2 * np.pi * (x + 0.5 * y + wander) / 4)
    thread = ndimage.gaussian_filter(rng.normal(0, 1, x.shape), (2, 0.6))
    share = 0.15 + 0.45 * rib + 0.35 * thread + 0.06 * clouds(rng, len(x), 12)
    return between([0.10, 0.17, 0.36], [0.44, 0.56, 0.78], share)


def dots(x: Field, y: Field, rng: np.random.Generator) -> np.ndarray:
    """Dark red dots on yellow, in staggered rows."""
    left, top = rng.uniform(0, 12, 2)
    row = np.floor((y + top) / 9)
    u = (x + left + 6 * (row % 2)) % 12 - 6
    v = (y + top) % 9 - 4.5
    return between([0.98, 0.78, 0.16], [0.72, 0.10, 0.20], soft(2.8 - np.hypot(u, v)))


def hatching(x: Field, y: Field, rng: np.random.Generator) -> np.ndarray:
    """Ink strokes on cream: one direction everywhere, a second where it is dark."""
    tone, wander = clouds(rng, len(x), 10), 1.2 * clouds(rng, len(x), 5)
    first = np.abs(((x + 1.3 * y + wander) / 7) % 1 - 0.5) * 7
    second = np.abs(((x - 1.1 * y - wander) / 6) % 1 - 0.5) * 6
    ink = soft(0.75 + 0.35 * tone - first, 0.6) + soft(0.9 * tone - second, 0.6)
    return between([0.96, 0.94, 0.86], [0.15, 0.15, 0.22], np.minimum(ink, 1))


def watercolour(x: Field, y: Field, rng: np.random.Generator) -> np.ndarray:
    """Washes of blue and rose on wet paper, darker where a wash dried."""
    blue, rose = clouds(rng, len(x), 9), clouds(rng, len(x), 8)
    paper = np.broadcast_to(np.array([0.93, 0.95, 0.97]), (*x.shape, 3))
    washed = paper
    for level, colour in ((rose - 0.3, [0.80, 0.42, 0.50]), (blue - 0.1, [0.22, 0.42, 0.66])):
        cover = 0.85 * soft(level, 0.25)
        rim = np.exp(-((level / 0.16) ** 2))
        washed = washed + cover[..., None] * (np.array(colour) - washed)
        washed = washed * (1 - 0.22 * rim[..., None])
    return washed + 0.02 * clouds(rng, len(x), 1)[..., None]


def terrazzo(x: Field, y: Field, rng: np.random.Generator) -> np.ndarray:
    """Chips of three stones in a pale ground: the nearest of many scattered points is a chip."""
    size, tile = len(x), 9
    reach = size // tile + 3
    cells = np.stack(np.meshgrid(np.arange(-1, reach - 1), np.arange(-1, reach - 1)), -1)
    points = (cells + rng.uniform(0.15, 0.85, cells.shape)).reshape(-1, 2) * tile
    stone = rng.integers(3, size=len(points))
    apart = np.hypot(x[..., None] - points[:, 0], y[..., None] - points[:, 1])
    order = np.argsort(apart, axis=2)[..., :2]
    near, next_ = np.moveaxis(np.take_along_axis(apart, order, 2), 2, 0)
    chip = soft(next_ - near - 2.2) * soft(4.2 - near)
    colours = np.array([[0.72, 0.38, 0.28], [0.28, 0.38, 0.36], [0.86, 0.70, 0.46]])
    ground = np.array([0.92, 0.90, 0.86]) + 0.012 * rng.normal(0, 1, (*x.shape, 1))
    return ground + chip[..., None] * (colours[stone[order[..., 0]]] - ground)


MATERIALS: dict[str, Callable[[Field, Field, np.random.Generator], np.ndarray]] = {
    "wood": wood,
    "denim": denim,
    "dots": dots,
    "hatching": hatching,
    "watercolour": watercolour,
    "terrazzo": terrazzo,
}
