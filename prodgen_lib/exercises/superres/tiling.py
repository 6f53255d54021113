"""Pictures of any size: tiles whose seams do not show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import drawn_weights, probe, summary
from prodgen_lib.exercises.superres.tiny import detail_network

SHAPES = "heights and widths of what the network is shown"


def cases(rng: np.random.Generator) -> list[Case]:
    """Four tiles by hand; a picture smaller than a tile; no overlap; enough; too little."""

    def case(
        name: str, shape: tuple[int, int, int], *, tile: int, overlap: int, factor: int = 2
    ) -> Case:
        inputs = {"pictures": rng.uniform(0, 1, (*shape, 1)), "factor": factor}
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
        case("enough overlap, two pictures", (2, 13, 9), tile=3, overlap=4),
        case("too little overlap", (1, 9, 8), tile=4, overlap=1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The large pictures, and the sizes of what the network was shown."""
    look, inputs = probe(framework), case.inputs
    network = detail_network(framework, factor=inputs["factor"])
    look.fill(network, drawn_weights(inputs["weights"], 0.4))
    watched, given = look.watch_inputs(network)
    options = {key: inputs[key] for key in ("factor", "tile", "overlap")}
    pictures = look.pictures(inputs["pictures"])
    large = look.array(answer(watched, pictures, **options))
    if not large.size:
        raise Complaint(f"The large pictures are empty, of shape {large.shape}.")
    if not given:
        raise Complaint("The network is never asked: each tile goes through `enlarge`.")
    shapes = sorted(look.sizes(part)[:2] for part in given for _ in range(len(part)))
    return {
        "mean, lowest and highest of the large pictures": summary(large),
        "large pictures": large,
        SHAPES: np.array(shapes[:: len(pictures)], float).reshape(-1, 2),
    }


PART = "images[{}, up : top + tile + overlap, before : left + tile + overlap]"


def wrong(name: str, message: str, *edits: tuple[str, str]) -> Wrong:
    """Edits of lines that read the same but for `{}`, the index of the axes left alone."""
    pairs = [
        tuple((old.format(all_), new.format(all_)) for old, new in edits) for all_ in ("...", ":")
    ]
    return Wrong(name, message, *pairs)


TILED = Exercise(
    id="superres.enlarge_tiled",
    difficulty=4,
    importance=4,
    minutes=10,
    seed=6,
    cases=cases,
    observe=observe,
    tolerance_reason="float32 convolutions in another order of summation",
    rtol=3e-4,
    messages={
        SHAPES: (
            "The network is not shown the parts asked for: each tile with `overlap` pixels more at "
            "each side, as far as the picture goes, and no part larger than that."
        ),
    },
    hints=(
        "A pixel at the edge of a tile: which of its neighbours does the network need, and what "
        "does it see in their place where the part ends?",
        "Take a picture of 5 × 7 pixels, tiles of 4 and an overlap of 1, and write down each "
        "part's first and last row, and where in its enlargement the tile itself begins.",
        "Two loops over the tiles' upper left corners. Widen each by the overlap, but not beyond "
        "0. Enlarge. Cut off in front what was added in front, times the factor; keep the tile's "
        "size, times the factor. Join a row's pieces, then the rows.",
    ),
    wrong=(
        wrong(
            "no overlap",
            "The tiles are enlarged without their neighbourhood, so that seams show: add `overlap` "
            "pixels at each side where the picture has them.",
            (
                "up, before = max(0, top - overlap), max(0, left - overlap)",
                "up, before = top, left",
            ),
            (PART, "images[{}, up : top + tile, before : left + tile]"),
        ),
        wrong(
            "overlap only in front",
            "The overlap is added above and to the left only: seams then show at the other two "
            "sides.",
            (PART, "images[{}, up : top + tile, before : left + tile]"),
        ),
        wrong(
            "overlap not cut off",
            "The overlap is still in the result, so that tiles begin too early: cut off in front "
            "what was added in front.",
            ("y, x = (top - up) * factor, (left - before) * factor", "y, x = 0, 0"),
        ),
        wrong(
            "cut off in small pixels",
            "The overlap is cut off in small pixels: the enlarged part has `factor` times as many.",
            (
                "y, x = (top - up) * factor, (left - before) * factor",
                "y, x = top - up, left - before",
            ),
        ),
        wrong(
            "overlap cut off everywhere",
            "The whole overlap is cut off at the upper and left border of the picture too, where "
            "none could be added.",
            (
                "y, x = (top - up) * factor, (left - before) * factor",
                "y, x = overlap * factor, overlap * factor",
            ),
        ),
        wrong(
            "tile kept in small pixels",
            "Too little of each part is kept: a tile has `factor` times as many pixels at each "
            "side once it is enlarged.",
            ("min(tile, end) * factor", "min(tile, end)"),
        ),
        wrong(
            "last tiles left out",
            "What is left at the right and below, less than a tile, is missing: the last tiles are "
            "smaller, and count.",
            ("range(0, height, tile)", "range(0, max(height - tile, 0) + 1, tile)"),
            ("range(0, width, tile)", "range(0, max(width - tile, 0) + 1, tile)"),
        ),
        wrong(
            "counted from the other end",
            "At the upper and left border a start below 0 counts from the picture's other end: "
            "stop at 0.",
            (
                "up, before = max(0, top - overlap), max(0, left - overlap)",
                "up, before = top - overlap, left - overlap",
            ),
        ),
        Wrong(
            "rows and columns exchanged",
            "Tiles are joined the wrong way round: those of one row stand beside each other, and "
            "rows below each other.",
            torch=(
                ("torch.cat(row, dim=-1)", "torch.cat(row, dim=-2)"),
                ("torch.cat(rows, dim=-2)", "torch.cat(rows, dim=-1)"),
            ),
            tensorflow=(
                ("tf.concat(row, axis=2)", "tf.concat(row, axis=1)"),
                ("tf.concat(rows, axis=1)", "tf.concat(rows, axis=2)"),
            ),
        ),
        wrong(
            "the whole picture at once",
            "The network is shown the whole picture: that is what tiles are to avoid, since memory "
            "grows with what it is shown.",
            (
                "    rows = []\n",
                "    return enlarge(network, images, factor=factor)\n    rows = []\n",
            ),
        ),
        wrong(
            "the whole picture for each tile",
            "The network is shown the whole picture for each tile: all the memory, many times the "
            "work. Show it the tile and its neighbourhood.",
            (PART, "images"),
            (
                "y, x = (top - up) * factor, (left - before) * factor",
                "y, x = top * factor, left * factor",
            ),
        ),
    ),
)

EXERCISES = (TILED,)
