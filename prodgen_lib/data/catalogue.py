"""The drawn catalogue: pictures of ten products whose every factor is known.

`sample_factors` draws a table of factors from a seed, `render` paints pictures from such a table,
`images_and_factors` does both, with a cache on disk. Picture i of a setting depends on the
setting, the split, the seed and i alone, so 100 pictures are the first 100 of 1,000, and it is
the same picture on every machine (see `drawing`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from prodgen_lib.data import household, worn
from prodgen_lib.data.cache import cached
from prodgen_lib.data.cloth import COLOURS, PATTERNS, Product
from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.drawing import Canvas, clip01
from prodgen_lib.data.errors import DataError, one_of, whole

VERSION = 3
"""Counts up whenever a picture changes, so that older cache files are not read."""

Drawing = Callable[[Canvas, Product], None]

DRAWINGS: dict[str, Drawing] = {
    "t-shirt": worn.t_shirt,
    "mug": household.mug,
    "sneaker": worn.sneaker,
    "handbag": worn.handbag,
    "bottle": household.bottle,
    "chair": household.chair,
    "lamp": household.lamp,
    "watch": household.watch,
    "cap": worn.cap,
    "backpack": worn.backpack,
}
CLASSES = tuple(DRAWINGS)
COLOUR_NAMES = tuple(COLOURS)
SETTINGS = ("studio", "full")
SPLITS = ("train", "test")
SIZES = (32, 64)
STYLES = (2, 2, 2, 2, 2, 3, 2, 2, 2, 2)
"""Number of styles of each category."""


@dataclass(frozen=True)
class Factor:
    """One column of the factor table: its meaning, unit, default and range.

    A count (`kind` int) takes whole numbers low..high; a measure (float) anything low..high.
    `studio` is the narrower range that the studio setting draws from, where there is one.
    """

    meaning: str
    unit: str
    kind: type
    low: float
    high: float
    default: float
    studio: tuple[float, float] | None = None

    def span(self, setting: str) -> tuple[float, float]:
        """Lowest and highest value drawn in a setting."""
        return self.studio if setting == "studio" and self.studio else (self.low, self.high)


FACTORS: dict[str, Factor] = {
    "category": Factor("which product", "index into CLASSES", int, 0, 9, 0),
    "style": Factor("variant of the product, see SHAPES", "index", int, 0, 2, 0),
    "pattern": Factor("pattern of the cloth", "index into PATTERNS", int, 0, 7, 0, (0, 3)),
    "main": Factor("main colour", "index into COLOUR_NAMES", int, 0, 11, 5),
    "second": Factor("colour of trims and pattern", "index into COLOUR_NAMES", int, 0, 11, 1),
    "proportion": Factor("build of the product, see SHAPES", "share", float, 0, 1, 0.5),
    "detail": Factor("a part of the product, see SHAPES", "share", float, 0, 1, 0.5),
    "side": Factor("1 mirrored; only some products show it", "flag", int, 0, 1, 0, (0, 0)),
    "rotation": Factor("turn, clockwise", "degrees, within 1 %", float, -15, 15, 0, (0, 0)),
    "scale": Factor("size of the product", "factor", float, 0.8, 1.2, 1.08, (1.04, 1.16)),
    "offset_x": Factor("shift right", "half pictures", float, -0.1, 0.1, 0, (-0.03, 0.03)),
    "offset_y": Factor("shift down", "half pictures", float, -0.1, 0.1, 0, (-0.03, 0.03)),
    "hue": Factor("background: red 0, green 1/3, blue 2/3", "turns", float, 0, 1, 0.6),
    "tint": Factor("strength of that hue", "share", float, 0, 0.16, 0.02, (0, 0.04)),
    "brightness": Factor("background", "share", float, 0.86, 0.97, 0.95, (0.93, 0.97)),
    "shadow": Factor("strength on the floor", "share", float, 0.1, 0.6, 0.4, (0.3, 0.5)),
}
"""Every factor, in the order of the table's columns."""

SHAPES = {
    "t-shirt": ("round neck, V-neck", "width of the body", "length of the sleeves"),
    "mug": ("straight, wider at the rim", "height", "size of the handle"),
    "sneaker": ("low, high", "height of the ankle", "thickness of the sole"),
    "handbag": ("flap and clasp, open tote", "width", "height of the handle"),
    "bottle": ("slim neck, wide neck", "width", "slope of the shoulder"),
    "chair": ("slats, panel, round back", "height of the back", "spread of the legs"),
    "lamp": ("thin stem, turned base", "width of the shade", "taper of the shade"),
    "watch": ("round, square", "size of the case", "the time, in turns of the hour hand"),
    "cap": ("plain front, patch on the front", "height of the crown", "length of the visor"),
    "backpack": ("zip, lid with buckles", "height", "size of the pocket"),
}
"""What `style`, `proportion` and `detail` mean for each category."""


def sample_factors(
    setting: str = "studio", count: int = 1000, seed: int = 0, split: str = "train"
) -> dict[str, np.ndarray]:
    """Draw the factor table of `count` pictures: int64 and float32 arrays of length count.

    Categories take turns (picture i shows category i mod 10), the other factors are independent
    and uniform over their range; the second colour always differs from the main one.
    """
    one_of("catalogue setting", setting, SETTINGS)
    one_of("split of the catalogue", split, SPLITS)
    uniform = dict(zip(FACTORS, random_numbers(setting, count, seed, split), strict=True))
    table: dict[str, np.ndarray] = {}
    for name, factor in FACTORS.items():
        low, high = factor.span(setting)
        if factor.kind is int:
            table[name] = (low + np.floor(uniform[name] * (high - low + 1))).astype(np.int64)
        else:
            table[name] = (low + uniform[name] * (high - low)).astype(np.float32)
    table["category"] = np.arange(count, dtype=np.int64) % len(CLASSES)
    styles = np.array(STYLES)[table["category"]]
    table["style"] = np.floor(uniform["style"] * styles).astype(np.int64)
    others = len(COLOUR_NAMES) - 1
    step = 1 + np.floor(uniform["second"] * others).astype(np.int64)
    table["second"] = (table["main"] + step) % len(COLOUR_NAMES)
    return table


def random_numbers(setting: str, count: int, seed: int, split: str) -> np.ndarray:
    """Uniform numbers in [0, 1), (factors, count), from the raw 64-bit stream of PCG64.

    NumPy promises that stream never to change, as it does not for its distributions. Each
    setting and split has a stream of its own.
    """
    whole("count", count, 1)
    whole("seed", seed, 0)
    stream = [seed, SETTINGS.index(setting), SPLITS.index(split)]
    raw = np.random.PCG64(np.random.SeedSequence(stream)).random_raw(count * len(FACTORS))
    return ((raw >> np.uint64(11)) * 2.0**-53).reshape(count, len(FACTORS)).T


def render(factors: Mapping[str, object], size: int = 64) -> np.ndarray:
    """Paint pictures from factors: uint8 (N, size, size, 3).

    Each factor is a number or an array of length N; one that is not given takes its default, so
    `render({"category": 1, "detail": np.linspace(0, 1, 5)})` shows five mugs' handles.
    """
    one_of("size of a catalogue picture", size, SIZES)
    table = complete(factors)
    images = np.empty((len(table["category"]), size, size, 3), np.uint8)

    def paint(index: np.ndarray) -> None:
        images[index] = paint_group({k: v[index] for k, v in table.items()}, size)

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(paint, groups(table, size)))
    return images


def complete(factors: Mapping[str, object]) -> dict[str, np.ndarray]:
    """The whole factor table from some factors; DataError where one is unknown or out of range."""
    for name in factors:
        one_of("factor of the catalogue", name, FACTORS)
    given = {k: np.atleast_1d(np.asarray(v)) for k, v in factors.items()}
    count = max((len(v) for v in given.values()), default=1)
    table = {}
    for name, factor in FACTORS.items():
        value = given.get(name, np.array([factor.default]))
        if value.ndim != 1 or len(value) not in (1, count):
            raise DataError(f"Factor {name!r} has shape {value.shape}, expected {count} numbers.")
        table[name] = np.broadcast_to(checked(name, factor, value), (count,))
    styles = np.array(STYLES)[table["category"]]
    if np.any(table["style"] >= styles):
        row = int(np.argmax(table["style"] >= styles))
        product = CLASSES[table["category"][row]]
        raise DataError(
            f"There is no style {table['style'][row]} of {product}: it has {styles[row]}."
        )
    return table


def checked(name: str, factor: Factor, value: np.ndarray) -> np.ndarray:
    """One column as int64 or float32; DataError where a value is no number or out of range."""
    kind = "whole numbers" if factor.kind is int else "numbers"
    sound = value.dtype.kind in "iufb" and np.all((value >= factor.low) & (value <= factor.high))
    if not sound or (factor.kind is int and np.any(value != np.floor(value))):
        raise DataError(
            f"Factor {name!r} must hold {kind} in {factor.low}..{factor.high} ({factor.unit}), "
            f"got {np.array2string(value, threshold=4)}."
        )
    return value.astype(np.int64 if factor.kind is int else np.float32)


def groups(table: Mapping[str, np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Indices of pictures that can be painted together, in portions that fit the CPU's cache."""
    portion = 32 * 32 * 32 // (size * size)
    key = (table["category"] * 10 + table["style"]) * 10 + table["pattern"]
    order = np.argsort(key, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        for start in range(0, len(group), portion):
            yield group[start : start + portion]


def paint_group(table: dict[str, np.ndarray], size: int) -> np.ndarray:
    """Paint pictures of one category, style and pattern: uint8 (B, size, size, 3)."""
    number = {k: v.astype(np.float32).reshape(-1, 1, 1) for k, v in table.items()}
    canvas = posed(number, size)
    product = Product(
        style=int(table["style"][0]),
        pattern=PATTERNS[table["pattern"][0]],
        main=palette(table["main"]),
        second=palette(table["second"]),
        proportion=number["proportion"],
        detail=number["detail"],
    )
    DRAWINGS[CLASSES[table["category"][0]]](canvas, product)
    return np.moveaxis((clip01(canvas.rgb) * 255 + 0.5).astype(np.uint8), 0, -1)


def palette(index: np.ndarray) -> np.ndarray:
    """Colours of a column of colour indices: (3, B, 1, 1) float32."""
    colours = np.array(list(COLOURS.values()), np.float32)
    return colours[index].T.reshape(3, -1, 1, 1)


def posed(number: Mapping[str, np.ndarray], size: int) -> Canvas:
    """An empty canvas with background and shadow, and the coordinates of the posed product."""
    line = ((np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1).astype(np.float32)
    x, y = line.reshape(1, 1, -1), line.reshape(1, -1, 1)
    rgb = backdrop(number, x, y)
    half = number["rotation"] * 0.008727  # tan of half a small angle in degrees
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    sx, sy = (x - number["offset_x"]) / number["scale"], (y - number["offset_y"]) / number["scale"]
    floor_shadow(rgb, sx + 0.62 * sine, sy - 0.62 * cosine, number["shadow"])
    left = cosine * sx + sine * sy
    return Canvas(
        rgb=rgb,
        x=left * (1 - 2 * number["side"]),
        y=cosine * sy - sine * sx,
        left=left,
        pixel=(2 / size) / number["scale"],
    )


def backdrop(number: Mapping[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A tinted wall that darkens gently towards the floor: (3, B, S, S)."""
    hue = number["hue"][None] * 6
    shift = np.array([3, 2, 4], np.float32).reshape(3, 1, 1, 1)
    distance = np.abs(hue - shift)
    tone = np.concatenate([distance[:1] - 1, 2 - distance[1:]])
    colour = number["brightness"] * (1 - number["tint"] * (1 - clip01(tone)))
    light = 1.01 - 0.022 * (y + 1) * (1 + 0.5 * (y + 1)) - 0.012 * x
    return colour * light


def floor_shadow(rgb: np.ndarray, dx: np.ndarray, dy: np.ndarray, strength: np.ndarray) -> None:
    """Darken an ellipse of floor under the product, softly, with a darker core where it stands."""
    for rx, ry, weight in ((0.80, 0.16, 0.55), (0.55, 0.07, 0.6)):
        fall = np.maximum(1 - (dx / rx) * (dx / rx) - (dy / ry) * (dy / ry), 0)
        rgb *= 1 - strength * weight * fall * fall


def read(
    name: str,
    *,
    split: str = "train",
    size: int = 32,
    limit: int | None = None,
    setting: str = "studio",
    count: int = 4000,
    seed: int = 0,
    cache: bool = True,
) -> Dataset:
    """`count` pictures of a setting (the first `limit` of them) with their factors."""
    one_of("size of a catalogue picture", size, SIZES)
    whole("count", count, 1)
    count = count if limit is None else min(count, limit)
    factors = sample_factors(setting, count, seed, split)
    if cache:
        key = f"catalogue-v{VERSION}-{setting}-{split}-{size}px-seed{seed}-{count}"
        images = cached(key, (count, size, size, 3), lambda: render(factors, size))
    else:
        images = render(factors, size)
    return Dataset(name, images, factors["category"], CLASSES, factors)
