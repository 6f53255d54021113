from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.vae.bound import floats, pictures_of


def cases(rng: np.random.Generator) -> list[Case]:
    """Three values by hand; one value; logits as far as ±100; a batch in colour."""

    def draw(name: str, *shape: int) -> Case:
        logits, pictures = rng.normal(0, 2, shape), rng.uniform(0, 1, shape)
        return Case(name, floats(logits=logits, pictures=pictures))

    far = np.array([100, -100, 100, -100, 60, -60, 40, -40, 15, -15]) + rng.uniform(-2, 0, 10)
    extreme = floats(logits=far, pictures=[1, 0, 0, 1, 0, 1, 0.25, 0.75, 0.5, 0.9])
    worked = {"logits": pictures_of([0, 2, 2]), "pictures": pictures_of([1, 1, 0.5])}
    by_hand = -np.log(2) - np.log1p(np.exp(-2)) - (np.log1p(np.exp(-2)) + 1)
    return [
        Case("the three values worked by hand", worked, {"log-likelihood": [by_hand]}),
        draw("one value", 1, 1, 1, 1),
        Case(
            "logits as far as ±100",
            {name: values.reshape(5, 2, 1, 1) for name, values in extreme.items()},
        ),
        draw("five small pictures in colour", 5, 3, 2, 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The log-likelihood of each picture and its gradient for the logits.

    No gradients at the logits worked by hand: at exactly 0, a softplus made of |t| has a kink.
    """
    look = probe(framework)
    logits, pictures = (look.pictures(values) for values in case.inputs.values())
    value, (gradient,) = look.value_and_gradients(lambda t: answer(t, pictures), logits)
    seen = {"log-likelihood": value}
    return seen if case.by_hand else {**seen, "gradient of the logits": gradient}
