from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.codes import as_given, whole

SMALL = "invariant: no tensor of all differences"


def cases(rng: np.random.Generator) -> list[Case]:
    """Two numbers and four ties by hand; codes of many lengths; places enough to see memory."""

    def draw(name: str, pictures: int, places: int, codes: int, size: int) -> Case:
        lengths = rng.uniform(0.2, 3, (codes, 1))
        arrays = floats(
            features=rng.normal(0, 2, (pictures, places, size)),
            codebook=lengths * rng.normal(0, 1, (codes, size)),
        )
        return Case(name, arrays)

    worked = floats(features=[[[1], [3]]], codebook=[[0], [4]])
    ties = floats(
        features=[[[2, 0], [0, 0], [1, 1], [3, 1]]],
        codebook=[[9, 9], [4, 0], [0, 0], [2, 2], [0, 0]],
    )
    given = draw("features and codebook as a network gives them", 3, 4, 5, 2)
    given.inputs["as given"] = True
    return [
        Case("two numbers worked by hand", worked, {"ids": [[0, 1]]}),
        Case("four features between equally near codes", ties, {"ids": [[1, 2, 2, 1]]}),
        draw("three rows of seven places, five codes", 3, 7, 5, 4),
        draw("as many codes as numbers in a feature", 2, 6, 3, 3),
        draw("one code", 2, 3, 1, 4),
        given,
        draw("thirty places, forty codes", 2, 30, 40, 8),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The ids, what became of the arguments, and how large the largest tensor on the way was."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    given = (inputs["features"], inputs["codebook"])
    if inputs.get("as given"):
        features, codebook = (as_given(framework, one) for one in given)
    else:
        features, codebook = map(look.tensor, given)
    watch = import_module(f"prodgen_lib.exercises.tokens.watch_{framework.name}")
    ids, most = watch.most_numbers(answer, features, codebook)
    return {"ids": whole(framework, ids), STAYS: changed(), SMALL: np.asarray(most)}


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether no tensor held more than N · places · codes numbers, where there are enough to tell.

    On a handful of numbers, those of a feature or of the codebook may be more.
    """
    pictures, places, _ = case.inputs["features"].shape
    bound = max(pictures * places * len(case.inputs["codebook"]), 1000)
    return seen | {SMALL: seen[SMALL] <= bound}
