from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import drawn_weights, probe, summary

SHAPES = "heights and widths of what the network is shown"


def cases(rng: np.random.Generator) -> list[Case]:
    """Four tiles by hand; a picture smaller than a tile; no overlap; enough; too little."""

    def case(
        name: str, shape: tuple[int, ...], *, tile: int, overlap: int, factor: int = 2
    ) -> Case:
        pictures = rng.uniform(0, 1, (*shape, 1)[:4])
        inputs = {"pictures": pictures, "factor": factor}
        inputs |= {"tile": tile, "overlap": overlap}
        return Case(name, inputs | {"weights": int(rng.integers(2**31))})

    name = "5 × 7 pixels, tiles of 4, overlap 1, factor 3"
    worked = case(name, (1, 5, 7), tile=4, overlap=1, factor=3)
    worked.by_hand[SHAPES] = [[2, 4], [2, 5], [5, 4], [5, 5]]
    return [
        worked,
        case("one tile is enough", (1, 4, 3), tile=6, overlap=2),
        case("no overlap, factor 1", (1, 6, 5), tile=3, overlap=0, factor=1),
        case("tiles that fit exactly, factor 3", (1, 8, 4), tile=4, overlap=5, factor=3),
        case("enough overlap, two pictures of two channels", (2, 11, 7, 2), tile=3, overlap=4),
        case("too little overlap", (1, 9, 8), tile=4, overlap=1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The large pictures, and the sizes of what the network was shown."""
    look, inputs = probe(framework), case.inputs
    network = detail_network(framework, inputs["factor"], inputs["pictures"].shape[-1])
    look.fill(network, drawn_weights(inputs["weights"], 0.4))
    watched, given = look.watch_inputs(network)
    options = {key: inputs[key] for key in ("factor", "tile", "overlap")}
    pictures = look.pictures(inputs["pictures"])
    large = look.array(answer(watched, pictures, **options))
    if not large.size:
        raise Complaint(
            f"The large pictures are empty, of shape {large.shape}.",
            f"放大后的图片是空的，形状为 {large.shape}。",
        )
    if not given:
        raise Complaint(
            "The network is never asked: each tile goes through `enlarge`.",
            "网络从未被调用：每个分块都要经过 `enlarge`。",
        )
    shapes = sorted(look.sizes(part)[:2] for part in given for _ in range(len(part)))
    return {
        "mean, lowest and highest of the large pictures": summary(large),
        "large pictures": large,
        SHAPES: np.array(shapes[:: len(pictures)], float).reshape(-1, 2),
    }


def detail_network(framework: Framework, factor: int, channels: int) -> Any:
    """Pictures to factor² as many channels; it sees two pixels to each side."""
    if framework.name == "torch":
        from torch import nn

        last = nn.Conv2d(4, channels * factor**2, 3, padding=1)
        return nn.Sequential(nn.Conv2d(channels, 4, 3, padding=1), nn.Tanh(), last)
    import keras

    first = keras.layers.Conv2D(4, 3, padding="same", activation="tanh")
    last = keras.layers.Conv2D(channels * factor**2, 3, padding="same")
    return keras.Sequential([keras.Input((None, None, channels)), first, last])
