from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import floats

SETS = ("generated", "training", "held_out")


def cases(rng: np.random.Generator) -> list[Case]:
    """Four grey pixels by hand; a larger training set, a larger held-out one, and some copies.

    What lies beyond the first pictures of the larger set are the generated pictures themselves.
    """

    def draw(name: str, copies: int, training: int, held_out: int) -> Case:
        made = rng.uniform(-1, 1, (9, 3, 2, 3))
        sets = {key: rng.uniform(-1, 1, (7, 3, 2, 3)) for key in SETS[1:]}
        sets["training"][:copies] = made[:copies] + 0.01
        sets["held_out"][0] = made[-1] + 0.02
        for key, longer in (("training", training), ("held_out", held_out)):
            if longer:
                sets[key] = np.concatenate([sets[key], made])
        return Case(name, floats(generated=made, **sets))

    def grey(values: list[float]) -> np.ndarray:
        return np.reshape(values, (-1, 1, 1, 1))

    worked = floats(generated=grey([1, 5, 2, 11]), training=grey([0, 10]), held_out=grey([4, 20]))
    return [
        Case("four grey pixels worked by hand", worked, {"share": 0.625}),
        draw("more training pictures", 3, 1, 0),
        draw("more held-out pictures", 4, 0, 1),
        draw("sets of one length", 5, 0, 0),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The share."""
    look = probe(framework)
    return {"share": look.array(answer(*(look.pictures(case.inputs[name]) for name in SETS)))}
