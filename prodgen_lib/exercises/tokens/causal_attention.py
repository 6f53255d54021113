from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.common import turned


def cases(rng: np.random.Generator) -> list[Case]:
    """Two places by hand; whole rows, heads, what a cache asks; scores far below and above 0."""

    def draw(name: str, *before: int, asked: int, places: int, size: int, out: int) -> Case:
        shapes = {"queries": (asked, size), "keys": (places, size), "values": (places, out)}
        return Case(
            name, floats(**{k: rng.normal(0, 1.5, (*before, *s)) for k, s in shapes.items()})
        )

    def extreme(name: str, sign: int) -> Case:
        """Whole numbers, of which sums are exact; over -88 and 88 exp fails, below -100 a mask."""
        queries, keys = rng.integers(6, 9, (2, 1, 4, 9))
        return Case(
            name, floats(queries=queries, keys=sign * keys, values=rng.normal(0, 1, (1, 4, 3)))
        )

    worked = floats(queries=[[[1], [1]]], keys=[[[0], [math.log(3)]]], values=[[[2], [6]]])
    heads = draw("two products, three heads, turned", 2, 3, asked=4, places=4, size=4, out=4)
    heads.inputs["turned"] = True
    return [
        Case("two places worked by hand", worked, {"attended": [[[2], [5]]]}),
        draw("two rows of five places", 2, asked=5, places=5, size=3, out=2),
        heads,
        draw("the last two of six places", 2, asked=2, places=6, size=5, out=5),
        draw("one query and a cache of five places", 1, 2, asked=1, places=5, size=4, out=3),
        draw("one place", 2, asked=1, places=1, size=3, out=2),
        extreme("scores far below 0", -1),
        extreme("scores far above 0", 1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What is attended to, and its gradients for queries, keys and values."""
    answer, changed = guarded(answer)
    look = probe(framework)
    made = (lambda numbers: turned(look, numbers)) if case.inputs.get("turned") else look.tensor
    given = [made(case.inputs[name]) for name in ("queries", "keys", "values")]
    value, gradients = look.value_and_gradients(answer, *given)
    names = [f"gradient of the {name}" for name in ("queries", "keys", "values")]
    return {"attended": value, **dict(zip(names, gradients, strict=True)), STAYS: changed()}
