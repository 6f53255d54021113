from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """An even error by hand; borders; overshooting; values between grey levels; colours.

    The targets of one case lie between grey levels: only the enlarged ones are rounded.
    """

    def case(name: str, factor: int, *shape: int, far: float) -> Case:
        targets = np.rint(255 * rng.uniform(0, 1, (*shape, 3))) / 255
        pair = {"images": off_edges(rng, targets, far), "targets": targets}
        return Case(name, {**pair, "factor": factor})

    grey = np.full((1, 8, 8, 3), 51 / 255)
    worked = {"images": grey + 51 / 255, "targets": grey, "factor": 2}
    between = case("targets between grey levels", 2, 1, 8, 9, far=0.002)
    between.inputs["targets"] = np.clip(between.inputs["targets"] + 0.45 / 255, 0, 1)
    error = 0.2 * (65.481 + 128.553 + 24.966) / 255
    return [
        Case("grey, all values 0.2 too high", worked, {"PSNR": [-20 * np.log10(error)]}),
        case("small errors within a grey level", 2, 1, 9, 8, far=0.004),
        case("overshooting values", 2, 2, 8, 7, far=0.6),
        case("factor 4", 4, 2, 11, 12, far=0.1),
        case("three colour pictures", 3, 3, 10, 9, far=0.05),
        between,
    ]


def off_edges(rng: np.random.Generator, targets: np.ndarray, far: float) -> np.ndarray:
    """Pictures near the targets, with no value near where bytes are rounded."""
    sizes = far * np.arange(1, len(targets) + 1)[:, None, None, None]
    values = 255 * (targets + sizes * rng.uniform(-1, 1, targets.shape))
    whole = np.rint(values)
    return (whole + np.clip(values - whole, -0.45, 0.45)) / 255


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The PSNR of each picture, the pictures after the call; one without the others."""
    look, inputs = probe(framework), case.inputs
    images, targets = inputs["images"], inputs["targets"]

    def measured(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return look.array(answer(look.pictures(x), look.pictures(y), factor=inputs["factor"]))

    pair = look.pictures(images), look.pictures(targets)
    seen = {"PSNR": look.array(answer(*pair, factor=inputs["factor"]))}
    seen["invariant pictures as they were"] = np.stack([look.array(x) for x in pair])
    if len(images) > 2:
        single = measured(images[1:2], targets[1:2])
        seen["invariant each picture by itself"] = single
    return seen
