from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.wishes import as_told, channels_last, drawn, value_and_gradients
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pixels by hand; one plane; pictures that are not square; as `train` calls it."""

    def case(name: str, *shape: int, codes: int, **inputs: bool) -> Case:
        given = {"images": drawn(rng, *shape), "codes": drawn(rng, shape[0], codes)}
        return Case(name, {**given, **inputs})

    worked = {
        "images": np.array([0.5, -0.5], np.float32).reshape(1, 1, 2, 1),
        "codes": np.array([[0, 1, 3]], np.float32),
    }
    by_hand = np.reshape([[0.5, 0, 1, 3], [-0.5, 0, 1, 3]], (1, 1, 2, 4))
    return [
        Case("the two pixels worked by hand", worked, {"pictures with planes": by_hand}),
        case("one picture, one plane", 1, 3, 3, 3, codes=1),
        case("four pictures of 2×3 pixels, two planes", 4, 2, 3, 2, codes=2),
        case("three pictures, as `train` calls it", 3, 4, 4, 3, codes=5, compiled=True),
        case("three pictures of 4×2 pixels, four planes", 3, 4, 2, 1, codes=4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The pictures with their planes, N×H×W×C, and gradients for both."""
    look, inputs = probe(framework), case.inputs
    tensors = [look.pictures(inputs["images"]), look.tensor(inputs["codes"])]
    value, (to_images, to_codes) = value_and_gradients(look, as_told(answer, case, look), tensors)
    return {
        "pictures with planes": channels_last(value, framework),
        "gradient of the pictures": to_images,
        "gradient of the codes": to_codes,
    }
