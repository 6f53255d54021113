from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import flat, probe
from prodgen_lib.exercises.gan.step import take_steps


def cases(rng: np.random.Generator) -> list[Case]:
    """A step without penalty; one with; two with penalty and labels, as `train` calls them.

    The first are short, for a wrong answer is compared with all known ones on them.
    """

    def case(name: str, size: int, steps: int = 2, classes: int = 0, **options: float) -> Case:
        inputs = {
            "classes": classes,
            "real": rng.uniform(-1, 1, (steps, size, 4, 4, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (steps, size, 3)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
            "options": options,
        }
        if classes:
            told = rng.integers(classes, size=(steps, size))
            told[:, 0], told[:, 1] = classes - 1, 0  # never all the same
            inputs["labels"] = np.eye(classes, dtype=np.float32)[told]
        return Case(name, inputs)

    name = "two steps with penalty 0.25 and labels, as `train` calls them"
    compiled = case(name, 4, classes=3, penalty=0.25)
    compiled.inputs["compiled"] = True
    return [
        case("one step without penalty", 3, steps=1),
        case("one step with penalty 0.5", 5, steps=1, penalty=0.5),
        compiled,
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Two steps of the answer on tiny networks; in training mode, with old gradients about."""
    look = probe(framework)
    networks = look.tiny_generator(), look.tiny_discriminator(1, case.inputs["classes"])
    step = look.compiled(answer) if case.inputs.get("compiled") else answer
    seen, held = take_steps(step, networks, case, look)
    return {
        **seen,
        "moving statistics": flat(look.statistics(networks[0])),
        "invariant losses without a graph": np.asarray(", ".join(held)),
        "invariant ready to train": look.readiness(networks[1]),
    }
