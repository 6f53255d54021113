"""What a catalogue picture was painted from: the exact answer for whoever takes a picture apart.

The painter lays colours over each other, and each step is linear in the colours it is given. So a
picture is (before it is clipped and rounded to 8 bits)

    main · share of the main colour + second · share of the second + wall · (1 - matte) + rest

where shares hold the shading too, and the rest is what has a colour of its own: trims, labels,
metal. Painting twice gives all of it, at any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from prodgen_lib.data import catalogue
from prodgen_lib.data.cloth import PATTERNS, Product
from prodgen_lib.data.drawing import Canvas, clip01
from prodgen_lib.data.errors import whole


@dataclass(frozen=True)
class Layers:
    """N pictures taken apart, float32 arrays N×S×S×1, or N×S×S×3 where said.

    matte: how much of a pixel the product covers, 0..1. wall: N×S×S×3, the wall with the shadow
    on it. shadow: what is left of the wall's light, 1 outside of the shadow. main, second: how much
    of the two colours a pixel holds, with shading (so a little above 1 in a highlight). rest:
    N×S×S×3, what neither the colours nor the wall explain.
    """

    matte: np.ndarray
    wall: np.ndarray
    shadow: np.ndarray
    main: np.ndarray
    second: np.ndarray
    rest: np.ndarray

    def paint(self, main: np.ndarray, second: np.ndarray, wall: np.ndarray) -> np.ndarray:
        """The pictures in other colours: float32 N×S×S×3 in 0..1, not rounded.

        Colours are (N, 3), or N×S×S×3 where a colour varies from place to place (a material).
        """
        main, second = (c[:, None, None] if c.ndim == 2 else c for c in (main, second))
        mixed = self.main * main + self.second * second + (1 - self.matte) * wall + self.rest
        return clip01(mixed)


def layers(factors: Mapping[str, object], size: int = 64) -> Layers:
    """The layers of `catalogue.render(factors, size)`, at any whole `size` from 1."""
    whole("size of a picture", size, 1)
    table = catalogue.complete(factors)
    count = len(table["category"])
    widths = {"matte": 1, "wall": 3, "shadow": 1, "main": 1, "second": 1, "rest": 3}
    found = {name: np.empty((count, size, size, w), np.float32) for name, w in widths.items()}
    # `groups` counts its portions in pictures of the catalogue's sizes, and knows no larger ones.
    for index in catalogue.groups(table, min(size, max(catalogue.SIZES))):
        parts = _taken_apart({name: column[index] for name, column in table.items()}, size)
        for name, value in parts.items():
            found[name][index] = np.moveaxis(value, 0, -1)
    return Layers(**found)


def _taken_apart(table: dict[str, np.ndarray], size: int) -> dict[str, np.ndarray]:
    """Layers of pictures of one category, style and pattern, (channels, B, S, S).

    Painted once with the main colour red, the second green and the wall blue, and once with all
    three black. What differs is the share of each; what is left in black is the rest.
    """
    number = {k: v.astype(np.float32).reshape(-1, 1, 1) for k, v in table.items()}
    canvas = catalogue.posed(number, size)
    bare = catalogue.posed(number | {"shadow": 0 * number["shadow"]}, size).rgb
    wall = canvas.rgb
    red, green, blue = np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1, 1)
    black = 0 * red
    told = np.broadcast_to(blue, wall.shape)
    rest = _product_on(canvas, table, number, black, black, 0 * told)
    shares = _product_on(canvas, table, number, red, green, told) - rest
    return {
        "matte": clip01(1 - shares[2:]),
        "wall": wall,
        "shadow": wall[:1] / bare[:1],
        "main": shares[:1],
        "second": shares[1:2],
        "rest": rest,
    }


def _product_on(
    canvas: Canvas,
    table: Mapping[str, np.ndarray],
    number: Mapping[str, np.ndarray],
    main: np.ndarray,
    second: np.ndarray,
    wall: np.ndarray,
) -> np.ndarray:
    """The products in these colours before this wall: (3, B, S, S), not clipped."""
    own = replace(canvas, rgb=wall.copy())
    product = Product(
        style=int(table["style"][0]),
        pattern=PATTERNS[table["pattern"][0]],
        main=main,
        second=second,
        proportion=number["proportion"],
        detail=number["detail"],
    )
    catalogue.DRAWINGS[catalogue.CLASSES[table["category"][0]]](own, product)
    return own.rgb
