from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pixels by hand; nothing hidden; everything hidden; some of it right; many holes.

    Outputs are not bounded: they leave [0, 1].
    """

    def case(name: str, *shape: int, share: float) -> Case:
        hidden = rng.uniform(0, 1, (*shape[:3], 1)) < share
        inputs = {"output": rng.uniform(-0.5, 1.5, shape), "pictures": rng.uniform(0, 1, shape)}
        return Case(name, {k: v.astype(np.float32) for k, v in {**inputs, "mask": hidden}.items()})

    worked = {
        "output": np.array([[0.5, 0.1], [0.9, 0.9]], np.float32).reshape(1, 1, 2, 2),
        "pictures": np.array([[0.2, 0.2], [0.4, 0.1]], np.float32).reshape(1, 1, 2, 2),
        "mask": np.array([1, 0], np.float32).reshape(1, 1, 2, 1),
    }
    single = case("a single hidden value", 1, 2, 2, 1, share=0)
    single.inputs["mask"][0, 1, 0] = 1
    right = case("some hidden values are right", 2, 3, 4, 3, share=1.1)
    right.inputs["output"][:, 0] = right.inputs["pictures"][:, 0]
    sized = case("holes of different sizes, in colour", 4, 5, 6, 3, share=0.3)
    sized.inputs["mask"][0], sized.inputs["mask"][1] = 0, 1
    return [
        Case("two pixels of two channels, the first hidden", worked, {"loss": 0.05}),
        case("nothing hidden", 2, 3, 2, 3, share=0),
        single,
        case("everything hidden", 2, 3, 4, 1, share=1.1),
        right,
        sized,
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss and its gradient for the output, compiled (last case) as training does it.

    What it can be differentiated through, and the pictures after the call.
    """
    look = probe(framework)
    output, pictures, mask = (look.pictures(values) for values in case.inputs.values())
    if len(pictures) > 2:
        answer = look.compiled(answer)
    losses = []

    def loss(t: object) -> object:
        losses.append(answer(t, pictures, mask))
        return losses[-1]

    value, (gradient,) = look.value_and_gradients(loss, output)
    return {
        "loss": value,
        "invariant pictures as they were": look.array(pictures).copy(),
        "gradient can be asked for": np.asarray(int(not look.graph_free(losses[-1]))),
        "gradient of the output": gradient,
    }
