from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import flat, probe, yes
from prodgen_lib.exercises.gan.step import take_steps


def cases(rng: np.random.Generator) -> list[Case]:
    """Two steps each: without and with penalty, with labels, and as `train` calls it."""

    def case(name: str, size: int, classes: int = 0, **options: float) -> Case:
        inputs = {
            "classes": classes,
            "real": rng.uniform(-1, 1, (2, size, 4, 4, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, size, 3)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
            "options": options,
        }
        if classes:
            labels = np.eye(classes, dtype=np.float32)[rng.integers(classes, size=(2, size))]
            inputs["labels"] = labels
        return Case(name, inputs)

    compiled = case("two steps with labels, as `train` calls them", 4, 3, penalty=0.25)
    compiled.inputs["compiled"] = True
    return [
        case("two steps without penalty", 3),
        case("two steps with penalty 0.5", 5, penalty=0.5),
        case("two steps with labels", 3, 2),
        compiled,
        case("two steps with penalty 0.1", 2, penalty=0.1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Two steps of the answer on tiny networks; in training mode, with old gradients about."""
    look = probe(framework)
    networks = look.tiny_generator(), look.tiny_discriminator(1, case.inputs["classes"])
    step = look.compiled(answer) if case.inputs.get("compiled") else answer
    seen, free = take_steps(step, networks, case, look)
    statistics = flat(look.statistics(networks[0]))
    return {**seen, "moving statistics": statistics, "invariant losses without a graph": yes(free)}
