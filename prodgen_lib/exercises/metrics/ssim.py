from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe, raised
from prodgen_lib.exercises.metrics.pixels import GRADIENTS, batch_invariants, of_one_picture

OPTIONS = {
    "another window": {"window_size": 5, "sigma": 1.2},
    "other constants": {"k1": 0.5, "k2": 0.1},
    "a border of two pixels cut off": {"crop": 2, "window_size": 7},
    "brightness only": {"luma_only": True, "window_size": 7},
}


def pale_pictures(rng: np.random.Generator, *shape: int) -> dict[str, np.ndarray]:
    """Pictures in [0, 1] of little contrast, where the constants count, and noisy copies."""
    base = rng.uniform(0.3, 0.7, (shape[0], 1, 1, shape[-1]))
    targets = base + 0.04 * rng.standard_normal(shape)
    images = 0.9 * targets + 0.03 * rng.standard_normal(shape)
    return {"images": np.clip(images, 0, 1), "targets": np.clip(targets, 0, 1)}


def cases(rng: np.random.Generator) -> list[Case]:
    """Black and white by hand; one picture; bytes; equal and inverted; every option; a batch."""
    black, white = np.zeros((1, 11, 12, 1)), np.ones((1, 11, 12, 1))
    worked = {"images": black, "targets": white, "options": {"data_range": 1}}
    single = {name: pair[0] for name, pair in pale_pictures(rng, 1, 13, 12, 3).items()}
    in_bytes = {n: np.uint8(255 * pair) for n, pair in pale_pictures(rng, 2, 12, 14, 3).items()}
    targets = rng.uniform(0, 1, (3, 11, 11, 1))
    targets[2] = rng.uniform(0.2, 0.8)
    equal = {"images": targets * [[[[1]]], [[[-1]]], [[[1]]]] + [[[[0]]], [[[1]]], [[[0]]]]}
    far = {name: 2 * pair for name, pair in pale_pictures(rng, 2, 14, 13, 3).items()}
    batch = pale_pictures(rng, 4, 12, 13, 3)
    return [
        Case("black against white", worked, {"SSIM": [1e-4 / (1 + 1e-4)]}),
        Case("one picture", {**single, "options": {"data_range": 1}}),
        Case("two pictures of uint8", {**in_bytes, "options": {"data_range": 255}}),
        Case(
            "an equal, an inverted and a flat picture",
            {**equal, "targets": targets, "options": {"data_range": 1}},
        ),
        *(
            Case(name, {**far, "options": {"data_range": 2, **options}})
            for name, options in OPTIONS.items()
        ),
        Case("four pictures", {**batch, "options": {"data_range": 1}}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The values; gradients; on the last case what a batch, bad input and exchange do."""
    look = probe(framework)
    images, targets = case.inputs["images"], case.inputs["targets"]
    dtype = "uint8" if images.dtype == np.uint8 else "float32"
    pair = [look.pictures(pictures, dtype) for pictures in (images, targets)]

    def ssim(*pictures: object) -> object:
        return answer(*pictures, **case.inputs["options"])

    if images.ndim == 3:
        ssim = of_one_picture(ssim)
    if len(images) != 4:
        return {"SSIM": look.array(ssim(*pair))}
    value, gradients = look.value_and_gradients(ssim, *pair)
    seen = {"SSIM": value, **batch_invariants(ssim, images, targets, look)}
    seen["invariant exchange"] = look.array(ssim(*pair[::-1]))
    small = [look.pictures(pictures[:, :7]) for pictures in (images, targets)]
    seen["invariant too small"] = raised(ssim, *small)
    seen["invariant unfit range"] = raised(ssim, 9 * pair[0], 9 * pair[1])
    seen["invariant below zero"] = raised(ssim, pair[0] - 0.5, pair[1] - 0.5)
    return seen | dict(zip(GRADIENTS, gradients, strict=True))
