"""A small anti-aliased painter: many pictures at once, from signed distances.

Coordinates: x to the right, y down, the whole picture is [-1, 1] × [-1, 1] before a product is
posed. A *shape* is its signed distance: an array, negative inside, in the same unit. Painting
covers a pixel by `0.5 - distance / pixel`, clipped to [0, 1], so edges are smooth.

Every picture must come out the same on every machine. So only operations that IEEE 754 rounds
exactly are used (+ - * / sqrt, comparisons, minimum, maximum, floor), element by element, on
float32: no sin, exp or powers, and no sums whose order a library may choose.

Shapes of arrays: B pictures of S × S pixels. A field is (B, S, S), a number for each picture is
(B, 1, 1), a colour is (3, B, 1, 1) or (3, B, S, S) with channels in 0..1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Field = np.ndarray
Number = np.ndarray | float
Point = tuple[Number, Number]


def clip01(value: Field) -> Field:
    """`value` limited to 0..1."""
    return np.minimum(np.maximum(value, 0), 1)


def fixed_colour(red: float, green: float, blue: float) -> np.ndarray:
    """One colour for all pictures, (3, 1, 1, 1) float32."""
    return np.array([red, green, blue], np.float32).reshape(3, 1, 1, 1)


def direction(turns: Field) -> tuple[Field, Field]:
    """Cosine and sine of an angle in turns, without trigonometry (error below 0.01).

    Uses ((1-t²)/(1+t²), 2t/(1+t²)) with t = tan(half the angle) near enough, a quarter at a time.
    """
    turns = turns - np.floor(turns)
    quarter = np.floor(turns * 4)
    f = turns * 4 - quarter
    t = half_tangent(f)
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    cosine = np.where(quarter == 0, c, np.where(quarter == 1, -s, np.where(quarter == 2, -c, s)))
    sine = np.where(quarter == 0, s, np.where(quarter == 1, c, np.where(quarter == 2, -s, -c)))
    return cosine, sine


def half_tangent(quarters: Field) -> Field:
    """tan of half an angle given in quarter turns (0..1), by a cubic; exact at 0 and 1."""
    return quarters * (0.785 + 0.215 * quarters * quarters)


# Shapes ------------------------------------------------------------------------------------


def disc(x: Field, y: Field, cx: Number, cy: Number, radius: Number) -> Field:
    """A disc around (cx, cy)."""
    dx, dy = x - cx, y - cy
    return np.sqrt(dx * dx + dy * dy) - radius


def ellipse(x: Field, y: Field, cx: Number, cy: Number, rx: Number, ry: Number) -> Field:
    """An ellipse with half axes rx, ry; the distance is right to first order near the edge."""
    u, v = (x - cx) / rx, (y - cy) / ry
    level = np.sqrt(u * u + v * v)
    u, v = u / rx, v / ry
    return level * (level - 1) / (np.sqrt(u * u + v * v) + 1e-6)


def box(x: Field, y: Field, cx: Number, cy: Number, w: Number, h: Number, r: Number = 0) -> Field:
    """A box with half width w and half height h, corners rounded with radius r."""
    dx, dy = np.abs(x - cx) - (w - r), np.abs(y - cy) - (h - r)
    ox, oy = np.maximum(dx, 0), np.maximum(dy, 0)
    return np.sqrt(ox * ox + oy * oy) + np.minimum(np.maximum(dx, dy), 0) - r


def line(x: Field, y: Field, a: Point, b: Point, width: Number) -> Field:
    """A stroke from a to b with round ends, `width` wide."""
    bx, by = b[0] - a[0], b[1] - a[1]
    dx, dy = x - a[0], y - a[1]
    t = clip01((dx * bx + dy * by) / (bx * bx + by * by))
    dx, dy = dx - t * bx, dy - t * by
    return np.sqrt(dx * dx + dy * dy) - width * 0.5


def side(x: Field, y: Field, a: Point, b: Point) -> Field:
    """The half plane to the right of the way from a to b as seen on the screen."""
    dx = np.array(b[0] - a[0], np.float32, ndmin=3)
    dy = np.array(b[1] - a[1], np.float32, ndmin=3)
    norm = np.sqrt(dx * dx + dy * dy)
    return (x - a[0]) * (dy / norm) - (y - a[1]) * (dx / norm)


def sides(x: Field, y: Field, points: Sequence[Point], r: Number = 0) -> Field:
    """What lies inside of every edge of an open chain of points, listed clockwise."""
    edges = [side(x, y, a, b) for a, b in pairwise(points)]
    inside = edges[0]
    for edge in edges[1:]:
        inside = smooth_max(inside, edge, r) if r else np.maximum(inside, edge)
    return inside


def polygon(x: Field, y: Field, points: Sequence[Point], r: Number = 0) -> Field:
    """A convex polygon, its points listed clockwise, corners softened over a length r."""
    return sides(x, y, [*points, points[0]], r)


def ring(distance: Field, width: Number) -> Field:
    """The outline of a shape as a stroke `width` wide."""
    return np.abs(distance) - width * 0.5


def smooth_max(a: Field, b: Field, r: Number) -> Field:
    """The larger of two, with the kink rounded over a length r: a soft intersection."""
    h = np.maximum(r - np.abs(a - b), 0)
    return np.maximum(a, b) + h * h / (4 * r)


def smooth_min(a: Field, b: Field, r: Number) -> Field:
    """The smaller of two, with the kink rounded over a length r: a soft union."""
    return -smooth_max(-a, -b, r)


def arc(x: Field, cx: Number, half_width: Number, depth: Number) -> Field:
    """Height of a parabola over x: `depth` at cx, 0 at cx ± half_width."""
    t = (x - cx) / half_width
    return depth * (1 - t * t)


def ramp(value: Field, start: Number, stop: Number) -> Field:
    """A smooth step from 0 (value ≤ start) to 1 (value ≥ stop)."""
    t = clip01((value - start) / (stop - start))
    return t * t * (3 - 2 * t)


# The canvas --------------------------------------------------------------------------------


@dataclass
class Canvas:
    """B pictures being painted together.

    rgb: (3, B, S, S) float32, painted in place. x, y: product coordinates of every pixel.
    left: x as seen on the screen, before the product is turned to its other side; light falls
    from the upper left. pixel: width of a pixel in product units.
    """

    rgb: np.ndarray
    x: Field
    y: Field
    left: Field
    pixel: Field

    def paint(
        self,
        distance: Field,
        colour: np.ndarray,
        shade: Field | None = None,
        opacity: Number = 1.0,
        blur: float = 0.0,
    ) -> None:
        """Lay a shape over the pictures: colour × shade, edges soft over `blur` or one pixel."""
        width = np.maximum(self.pixel, blur) if blur else self.pixel
        cover = clip01(0.5 - distance / width) * opacity
        if shade is not None:
            colour = colour * shade
        self.rgb += cover * (colour - self.rgb)


def round_shade(left: Field, half_width: Number, depth: Number = 0.45) -> Field:
    """Light on an upright cylinder: brightest left of the middle, darkest at the right edge."""
    t = left / half_width + 0.35
    return 1.08 - depth * 0.5 * t * t


def edge_shade(distance: Field, width: float = 0.16, depth: float = 0.22) -> Field:
    """Light on a cushion: darker towards its edge over `width`."""
    t = clip01(1 + distance / width)
    return 1 - depth * t * t
