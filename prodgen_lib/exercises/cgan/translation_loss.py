from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.wishes import as_told
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two logits and two pixels by hand; one logit; no weight; far logits; as `train` calls it."""

    def case(name: str, pictures: int, places: int, size: int, weight: float, **inputs) -> Case:
        logits = rng.normal(0, 2, (pictures, places, places, 1)).astype(np.float32)
        both = rng.uniform(-1, 1, (2, pictures, size, size + 1, 3)).astype(np.float32)
        given = {"logits": logits, "output": both[0], "target": both[1], "weight": weight}
        return Case(name, {**given, **inputs})

    worked = {
        "logits": np.float32([0.5, -2]).reshape(1, 1, 2, 1),
        "output": np.float32([0.5, -0.25]).reshape(1, 1, 2, 1),
        "target": np.float32([0.25, 0.5]).reshape(1, 1, 2, 1),
        "weight": 10.0,
    }
    by_hand = np.logaddexp(0, [-0.5, 2]).mean() + 10 * 0.5
    far = case("logits as far as ±100", 3, 2, 2, 1.0)
    steps = rng.permutation(np.linspace(-100, 100, 12)).astype(np.float32)
    far.inputs["logits"] = steps.reshape(far.inputs["logits"].shape)
    return [
        Case("two logits and two pixels, worked by hand", worked, {"loss": by_hand}),
        case("one logit and weight 3", 1, 1, 2, 3.0),
        case("weight 0", 3, 2, 2, 0.0),
        far,
        case("four pictures, as `train_translator` calls it", 4, 2, 3, 10.0, compiled=True),
        case("five pictures, 3×3 logits each, weight 0.5", 5, 3, 4, 0.5),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and gradients for logits and output."""
    look, inputs = probe(framework), case.inputs
    target, weight = look.pictures(inputs["target"]), inputs["weight"]
    loss = as_told(lambda *given: answer(*given, target, weight=weight), case, look)
    value, (to_logits, to_output) = look.value_and_gradients(
        loss, look.pictures(inputs["logits"]), look.pictures(inputs["output"])
    )
    return {
        "loss": value,
        "gradient of the logits": to_logits,
        "gradient of the output": to_output,
    }
