from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import drawn_weights, flat, probe, summary


def cases(rng: np.random.Generator) -> list[Case]:
    """Constant weights by hand, then random ones with several decays."""

    def case(name: str, decay: float, **more: object) -> Case:
        seeds = [int(seed) for seed in rng.integers(2**31, size=2)]
        return Case(name, {"seeds": seeds, "decay": decay, **more})

    worked = {"constants": (1.0, 3.0), "decay": 0.75}
    by_hand = {"averaged weights": np.full(96, 1.5), "averaged statistics": np.full(32, 3.0)}
    return [
        Case("weights 1 and 3 with decay 0.75", worked, by_hand),
        case("decay 0", 0.0),
        case("decay 1", 1.0),
        case("decay 0.9, as `train` calls it", 0.9, compiled=True),
        case("decay 0.99", float(rng.uniform(0.6, 0.99))),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Both models after the call, and the average after another change of the model."""
    look = probe(framework)
    models = [look.tiny_generator(), look.tiny_generator()]
    for place, model in enumerate(models):
        if "constants" in case.inputs:
            value = case.inputs["constants"][place]
            look.fill(model, lambda shape, _, value=value: np.full(shape, value, np.float32))
        else:
            look.fill(model, drawn_weights(case.inputs["seeds"][place]))
    average, model = models

    def call(*inputs) -> None:
        answer(*inputs)

    update = look.compiled(call) if case.inputs.get("compiled") else call
    update(average, model, case.inputs["decay"])
    after = flat(look.parameters(model) + look.statistics(model))
    averaged = flat(look.parameters(average))
    seen = {
        "mean, lowest and highest averaged weight": summary(averaged),
        "averaged weights": averaged,
        "averaged statistics": flat(look.statistics(average)),
        "invariant ready to train": look.readiness(model),
        "invariant the model stays as it is": after,
    }
    look.shift(model, 1.0)
    again = flat(look.parameters(average) + look.statistics(average))
    return {**seen, "invariant nothing is shared": again}
