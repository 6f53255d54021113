from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe, raised
from prodgen_lib.exercises.metrics.pixels import GRADIENTS, batch_invariants, of_one_picture


def two_pictures(
    rng: np.random.Generator, *shape: int, far: float = 0.1, span: float = 1
) -> dict[str, np.ndarray]:
    """Pictures N×H×W×C in [0, span], each further from its target than the one before."""
    targets = rng.uniform(0.2, 0.8, shape)
    away = far * rng.uniform(-1, 1, shape) * np.arange(1, shape[0] + 1)[:, None, None, None]
    return {"images": span * np.clip(targets + away, 0, 1), "targets": span * targets}


def cases(rng: np.random.Generator) -> list[Case]:
    """Two errors by hand; one picture; bytes; equal pictures; tiny errors; a batch."""
    half, off = np.full((2, 4, 4, 3), 0.5), np.array([0.1, 0.05]).reshape(2, 1, 1, 1)
    worked = {"images": half + off, "targets": half, "range": 1}
    wide = {name: 2 * pair[0] - 1 for name, pair in two_pictures(rng, 1, 6, 5, 3).items()}
    in_bytes = two_pictures(rng, 3, 5, 7, 3, span=255)
    in_bytes = {name: np.uint8(np.rint(pictures)) for name, pictures in in_bytes.items()}
    equal = two_pictures(rng, 2, 4, 5, 1)
    equal["images"][0] = equal["targets"][0]
    tiny = two_pictures(rng, 2, 4, 5, 3, far=1e-8)
    by_hand = {"PSNR": [20, 20 + 20 * np.log10(2)]}
    return [
        Case("errors of 0.1 and 0.05, worked by hand", worked, by_hand),
        Case("one picture with values in [-1, 1]", {**wide, "range": 2}),
        Case("three pictures of uint8", {**in_bytes, "range": 255}),
        Case("two equal pictures and two that differ", {**equal, "range": 1}),
        Case("float64 with errors below 0.0000001", {**tiny, "range": 1, "dtype": "float64"}),
        Case("four pictures", {**two_pictures(rng, 4, 6, 5, 3, far=0.06), "range": 1}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The values; gradients where nothing is infinite; what a batch and bad input do."""
    look = probe(framework)
    images, targets, span = case.inputs["images"], case.inputs["targets"], case.inputs["range"]
    dtype = "uint8" if images.dtype == np.uint8 else case.inputs.get("dtype", "float32")
    pair = [look.pictures(pictures, dtype) for pictures in (images, targets)]

    def psnr(*pictures: object) -> object:
        return answer(*pictures, data_range=span)

    if images.ndim == 3:
        psnr = of_one_picture(psnr)
    if images.dtype == np.uint8 or (images[0] == targets[0]).all():
        return {"PSNR": look.array(psnr(*pair))}
    value, gradients = look.value_and_gradients(psnr, *pair)
    seen = {"PSNR": value}
    seen |= dict(zip(GRADIENTS, gradients, strict=True))
    if len(images) == 4:
        seen |= batch_invariants(psnr, images, targets, look)
        seen["invariant unfit range"] = raised(psnr, 9 * pair[0], 9 * pair[1])
        seen["invariant far below zero"] = raised(psnr, pair[0] - 9, pair[1] - 9)
        seen["invariant another dtype"] = raised(psnr, pair[0], look.pictures(targets, "float64"))
        holed = targets.copy()
        holed[-1, -1, -1, -1] = np.nan
        seen["invariant NaN in the last place"] = raised(psnr, pair[0], look.pictures(holed))
    return seen
