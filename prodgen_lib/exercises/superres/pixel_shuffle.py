from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import (
    probe,
)
from prodgen_lib.exercises.superres.resizing import upright


def cases(rng: np.random.Generator) -> list[Case]:
    """One place by hand; two colours of two places; factor 3; several pictures."""

    def case(name: str, factor: int, *shape: int) -> Case:
        return Case(name, {"features": rng.normal(0, 1, shape), "factor": factor})

    one = {"features": np.arange(1.0, 5).reshape(1, 1, 1, 4), "factor": 2}
    two = {"features": np.arange(1.0, 9).reshape(1, 1, 1, 8), "factor": 2}
    return [
        Case("one place, one colour", one, {FIRST: [[1, 2], [3, 4]]}),
        Case("one place, two colours", two, {FIRST: [[1, 2], [3, 4]]}),
        case("three places in a row", 2, 1, 1, 3, 4),
        case("factor 3", 3, 1, 2, 3, 18),
        case("two colour pictures", 2, 2, 3, 4, 12),
    ]


FIRST = "pixels of the first colour"


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The first colour's pixels; all pixels; the gradient, pixel by pixel."""
    look, inputs = probe(framework), case.inputs
    count, height, width, channels = inputs["features"].shape
    factor = inputs["factor"]
    shape = count, height * factor, width * factor, channels // factor**2
    weights = look.pictures(np.random.default_rng(0).uniform(1, 2, shape))

    def weighted(features: object) -> object:
        pixels = answer(features, factor=factor)
        return pixels * weights if tuple(pixels.shape) == tuple(weights.shape) else 0 * features

    given = look.array(answer(look.pictures(inputs["features"]), factor=factor))
    pixels = upright(given, framework)
    first = pixels[0, :, :, 0] if pixels.shape == shape else np.full(shape[1:3], np.nan)
    _, (gradient,) = look.value_and_gradients(weighted, look.pictures(inputs["features"]))
    return {FIRST: first, "pixels": given, "gradient of the features": gradient}
