from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.superres.resizing import upright


def small_case(rng: np.random.Generator, name: str, factor: int, *shape: int) -> Case:
    """Bytes, in [0, 1], whose small pictures have no value near where bytes are rounded."""
    while True:
        pictures = rng.choice([0, 0.2, 0.7, 1], shape) + rng.uniform(-0.1, 0.1, shape)
        pictures = np.rint(255 * np.clip(pictures, 0, 1)).astype(np.float32) / np.float32(255)
        values = 255 * np.clip(plain_small(pictures.astype(float), factor), 0, 1)
        if np.abs(values % 1 - 0.5).min() > 2e-3:
            return Case(name, {"pictures": pictures, "factor": factor})


def plain_small(pictures: np.ndarray, factor: int) -> np.ndarray:
    """Pictures N×H×W×C made smaller, in the plainest way: to keep off rounding edges."""
    height, width = (size // factor for size in pictures.shape[1:3])
    rows, columns = plain_matrix(height, factor), plain_matrix(width, factor)
    return np.einsum("ih,nhwc,jw->nijc", rows, pictures, columns)


def plain_matrix(small: int, factor: int) -> np.ndarray:
    """Row i weighs the pixels around (i + ½) · factor - ½, mirrored at the ends."""
    length = small * factor
    matrix = np.zeros((small, length))
    for i in range(small):
        for place in range(-2 * factor, length + 2 * factor):
            t = abs((i + 0.5) * factor - 0.5 - place) / factor
            near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
            pixel = min(place % (2 * length), 2 * length - 1 - place % (2 * length))
            matrix[i, pixel] += near if t <= 1 else far if t <= 2 else 0
    return matrix / matrix.sum(axis=1, keepdims=True)


def cases(rng: np.random.Generator) -> list[Case]:
    """An edge by hand; factors 3 and 4; colour; sizes that don't divide."""
    edge = np.repeat([0.0, 1.0], 6).astype(np.float32) * np.ones((1, 4, 1, 1), np.float32)
    edge = edge.reshape(1, 4, 12, 1)
    worked = {"row of the small picture, in 1/255": [0, 0, 17, 238, 255, 255]}
    return [
        Case("an edge from 0 to 1", {"pictures": edge, "factor": 2}, worked),
        small_case(rng, "one grey picture, factor 3", 3, 1, 12, 9, 1),
        small_case(rng, "one picture, factor 4", 4, 1, 8, 20, 3),
        small_case(rng, "two pictures, factor 2", 2, 2, 10, 8, 3),
    ]


def raised(function: Callable, *arguments: object, **options: object) -> np.ndarray:
    """The name of what a call raises; no name where it raises nothing."""
    try:
        function(*arguments, **options)
    except ValueError:
        return np.asarray("ValueError")
    except Exception as error:
        return np.asarray(type(error).__name__)
    return np.asarray("")


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The small pictures in units of a byte; what other sizes raise."""
    look, factor = probe(framework), case.inputs["factor"]
    pictures = case.inputs["pictures"]
    given = look.array(answer(look.pictures(pictures), factor=factor))
    count, height, width, channels = pictures.shape
    shape = count, height // factor, width // factor, channels
    small = upright(given, framework)
    fits = small.shape == shape
    row = 255 * small[0, 0, :, 0] if fits else np.full(shape[2], np.nan)
    seen = {"row of the small picture, in 1/255": row, "small pictures": given}
    if count > 1:
        narrow, low = look.pictures(pictures[:, :, 1:]), look.pictures(pictures[:, 1:])
        seen["invariant other widths"] = raised(answer, narrow, factor=factor)
        seen["invariant other heights"] = raised(answer, low, factor=factor)
    return seen
