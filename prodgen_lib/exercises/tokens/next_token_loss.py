from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.common import held, turned


def cases(rng: np.random.Generator) -> list[Case]:
    """Two guesses by hand; prompts of 1, 3 and all but one place; logits of hundreds."""

    def draw(name: str, prefix: int, rows: int, places: int, size: int, spread: float = 2) -> Case:
        tokens = rng.integers(0, size, (rows, places))
        tokens[0, -2:] = 0, 1  # id 0 is counted like any other
        logits = floats(logits=rng.normal(0, spread, (rows, places, size)))
        return Case(name, logits | {"tokens": tokens, "prefix": prefix})

    worked = floats(logits=[[[0, 0], [0, math.log(3)], [5, -5]]])
    right = (math.log(2) + math.log(4 / 3)) / 2
    other = draw("tensors that lie otherwise", 2, 2, 5, 4)
    other.inputs["turned"] = True
    return [
        Case("two guesses worked by hand", worked | {"tokens": np.array([[0, 1, 1]]), "prefix": 1},
             {"loss": right}),
        draw("a prompt of one token", 1, 3, 6, 5),
        draw("a prompt of three", 3, 2, 7, 6),
        draw("one token after the prompt", 3, 4, 4, 3),
        draw("logits of hundreds", 2, 2, 5, 4, spread=300),
        other,
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and its gradient for the logits at every place."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    made = (lambda numbers: turned(look, numbers)) if inputs.get("turned") else look.tensor
    tokens = look.tensor(inputs["tokens"], "int64")
    if inputs.get("turned"):
        tokens = held(look, inputs["tokens"], "int64")
    value, (gradient,) = look.value_and_gradients(
        lambda logits: answer(logits, tokens, prefix=inputs["prefix"]), made(inputs["logits"])
    )
    return {"loss": value, "gradient of the logits": gradient, STAYS: changed()}
