"""What a product is made of: its colours, its pattern, and the materials all products share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prodgen_lib.data.drawing import Canvas, Field, clip01, fixed_colour

COLOURS = {
    "red": (0.83, 0.15, 0.18),
    "orange": (0.97, 0.50, 0.14),
    "yellow": (0.98, 0.80, 0.22),
    "green": (0.27, 0.62, 0.27),
    "teal": (0.11, 0.57, 0.58),
    "blue": (0.20, 0.38, 0.80),
    "purple": (0.46, 0.24, 0.66),
    "pink": (0.93, 0.45, 0.64),
    "brown": (0.52, 0.33, 0.20),
    "grey": (0.60, 0.63, 0.68),
    "black": (0.20, 0.21, 0.25),
    "cream": (0.95, 0.92, 0.86),
}
"""Name and red, green, blue in 0..1; factors `main` and `second` count through it."""

PATTERNS = (
    "plain", "stripe", "block", "two-tone", "pinstripe", "dots", "checks", "gradient",
)  # fmt: skip
"""Factor `pattern` counts through it; the studio setting uses the first four."""

WHITE = fixed_colour(0.98, 0.98, 0.97)
PAPER = fixed_colour(0.96, 0.94, 0.89)
METAL = fixed_colour(0.74, 0.76, 0.80)
STEEL = fixed_colour(0.48, 0.50, 0.55)
DARK = fixed_colour(0.13, 0.12, 0.15)


@dataclass(frozen=True)
class Product:
    """The factors of B products of one category, one style and one pattern.

    main, second: (3, B, 1, 1). proportion, detail: (B, 1, 1) in 0..1, see `catalogue.SHAPES`.
    """

    style: int
    pattern: str
    main: np.ndarray
    second: np.ndarray
    proportion: Field
    detail: Field

    @property
    def panel(self) -> np.ndarray:
        """Colour of the large second part: the second colour when two-tone, else the main."""
        return self.second if self.pattern == "two-tone" else self.main

    def cloth(self, c: Canvas, u: Field, v: Field) -> np.ndarray:
        """Colour of a patterned surface with coordinates u (along) and v (down), about ±0.6."""
        if self.pattern in ("plain", "two-tone"):
            return self.main
        share = MIXES[self.pattern](u, v, c.pixel)
        return self.main + share * (self.second - self.main)


def bands(t: Field, period: float, pixel: Field, duty: float = 0.5) -> Field:
    """1 on bands that repeat each `period` along t and fill `duty` of it, else 0; smooth edges."""
    phase = t / period
    distance = (np.abs(phase - np.floor(phase + 0.5)) - duty * 0.5) * period
    return clip01(0.5 - distance / pixel)


def stripe(u: Field, v: Field, pixel: Field) -> Field:
    """Stripes across."""
    return bands(v - 0.04, 0.30, pixel)


def block(u: Field, v: Field, pixel: Field) -> Field:
    """One broad band across, a little below the middle."""
    return clip01(0.5 - (np.abs(v - 0.17) - 0.12) / pixel)


def pinstripe(u: Field, v: Field, pixel: Field) -> Field:
    """Narrow upright stripes."""
    return bands(u, 0.22, pixel, 0.4)


def dots(u: Field, v: Field, pixel: Field) -> Field:
    """Dots in staggered rows."""
    row = np.floor(v / 0.26 + 0.5)
    shift = (row - 2 * np.floor(row * 0.5)) * 0.5
    column = u / 0.30 + shift
    du = (column - np.floor(column + 0.5)) * 0.30
    dv = v - row * 0.26
    return clip01(0.5 - (np.sqrt(du * du + dv * dv) - 0.085) / pixel)


def checks(u: Field, v: Field, pixel: Field) -> Field:
    """Gingham: woven bands, half strength where only one thread shows."""
    return 0.5 * (bands(u, 0.28, pixel) + bands(v, 0.28, pixel))


def gradient(u: Field, v: Field, pixel: Field) -> Field:
    """From the main colour at the top to the second at the bottom."""
    return clip01(v * 0.85 + 0.5)


MIXES = {
    "stripe": stripe,
    "block": block,
    "pinstripe": pinstripe,
    "dots": dots,
    "checks": checks,
    "gradient": gradient,
}
