"""Pictures for the exercises of augmentation, and how answers to them are looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, guarded, tensors


def channels_last(framework: Framework, pictures: np.ndarray) -> np.ndarray:
    """Pictures in this framework's layout as N×H×W×C; other arrays as they are."""
    first = framework.name == "torch" and pictures.ndim == 4
    return np.moveaxis(pictures, 1, -1) if first else pictures


def changed_pictures(
    answer: Callable, case: Case, framework: Framework, *names: str, **options: object
) -> Observation:
    """What an answer makes of pictures, told the inputs `names`; and its gradient for them.

    The gradient is that of the sum of all numbers, each times its own of `case.inputs["pull"]`, so
    that it tells where in the picture it goes.
    """
    answer, changed = guarded(answer)
    look = probe(framework)
    images, pull, *given = tensors(look, case.inputs, "images", "pull", *names)
    value, _ = look.value_and_gradients(lambda x: answer(x, *given, **options), images)
    _, (slope,) = look.value_and_gradients(lambda x: pull * answer(x, *given, **options), images)
    return {
        "pictures": channels_last(framework, value),
        "gradient of the pictures": channels_last(framework, slope),
        STAYS: changed(),
    }


def some(rng: np.random.Generator, count: int, height: int, width: int, channels: int = 3) -> dict:
    """Pictures of numbers from all over the range and beyond, and a pull on each number."""
    shape = (count, height, width, channels)
    return {
        "images": rng.uniform(-1.5, 1.5, shape).astype(np.float32),
        "pull": rng.normal(0, 1, shape).astype(np.float32),
    }
