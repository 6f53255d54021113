from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import probe, two
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.codes import as_given, whole

PAIR = Text("values and ids", "数值和编号")


def cases(rng: np.random.Generator) -> list[Case]:
    """Two by hand; odd and even levels, every id once, far from 0, what a network gives.

    No number lies where it could be rounded up or down: each is drawn around a value that it
    becomes, at most 0.45 of a step away.
    """

    def beside(digits: np.ndarray, levels: tuple[int, ...], off: float = 0.45) -> np.ndarray:
        """Features whose tanh lies at most `off` of a step beside the values of these digits."""
        moved = digits + rng.uniform(-off, off, digits.shape)
        bounded = 2 * moved / (np.array(levels) - 1) - 1
        inside = np.where(abs(bounded) < 0.98, bounded, np.sign(bounded) * 0.98)
        return np.arctanh(inside)

    def draw(name: str, *levels: int, pictures: int = 2, places: int = 6) -> Case:
        digits = rng.integers(0, levels, (pictures, places, len(levels)))
        return Case(name, floats(features=beside(digits, levels)) | {"levels": list(levels)})

    def all_of(*levels: int) -> Case:
        digits = np.array(list(itertools.product(*map(range, levels))))[None]
        name = "every id once, levels " + ", ".join(map(str, levels))
        return Case(name, floats(features=beside(digits, levels, 0.3)) | {"levels": list(levels)})

    worked = floats(features=[[[0, 2]]]) | {"levels": [3, 2]}
    four = floats(features=[[[-0.4], [0.1], [0.3], [1.5]]]) | {"levels": [4]}
    far = floats(features=[[[40, -40, 15], [-60, 30, -20]]]) | {"levels": [5, 4, 2]}
    given = draw("features as a network gives them", 7, 4, 3)
    given.inputs["as given"] = True
    third = 1 / 3
    return [
        Case("two numbers worked by hand", worked, {"values": [[[0, 1]]], "ids": [[3]]}),
        Case("four numbers to four values, by hand", four,
             {"values": [[[-third], [third], [third], [1]]], "ids": [[1, 2, 2, 3]]}),
        draw("odd levels", 5, 3, 7),
        draw("even levels", 2, 4, 6, 8),
        draw("levels of both kinds, thousands of ids", 8, 8, 8, 6, 5, pictures=3),
        all_of(3, 4, 2),
        Case("features far from 0", far),
        given,
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Values and ids, and the gradient that passes, differing from number to number."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    features, levels = look.tensor(inputs["features"]), inputs["levels"]
    weights = look.tensor(1 + np.arange(inputs["features"].size).reshape(features.shape) % 3)
    given = as_given(framework, inputs["features"]) if inputs.get("as given") else features
    values, ids = two(answer(given, levels=levels), PAIR)
    seen = {"values": look.array(values), "ids": whole(framework, ids)}
    _, (gradient,) = look.value_and_gradients(
        lambda one: weights * two(answer(one, levels=levels), PAIR)[0], features
    )
    return seen | {"gradient of the features": gradient, STAYS: changed()}
