from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import RETURNS_NOTHING, probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.codes import as_given, whole


def cases(rng: np.random.Generator) -> list[Case]:
    """Beta below and above 1, with a long code that nobody chooses; what a network gives."""

    def draw(name: str, beta: float, pictures: int, places: int, codes: int, size: int) -> Case:
        codebook = rng.normal(0, 1.5, (codes, size))
        codebook[1] = 20
        codebook[2:4] = -30
        codebook[2, :2] += 3
        codebook[3, 0] += 4.5
        chosen = rng.integers(2, codes, (pictures, places))
        chosen.flat[0] = 0
        features = codebook[chosen] + rng.normal(0, 0.7, (pictures, places, size))
        features[0, 0] = -30  # nearest to code 2; by the sum of absolute differences, to code 3
        weights = rng.uniform(0.5, 2, features.shape) * rng.choice([-1, 1], features.shape)
        arrays = floats(features=features, codebook=codebook, weights=weights)
        return Case(name, arrays | {"beta": beta})

    given = draw("features and codebook as a network gives them", 0.5, 3, 4, 5, 2)
    given.inputs["as given"] = True
    return [
        draw("two rows of five places, beta 0.25", 0.25, 2, 5, 6, 3),
        draw("three rows of four places, beta 2", 2.0, 3, 4, 4, 4),
        given,
    ]


def three(value: object) -> tuple[object, object, object]:
    """The three parts of an answer; a complaint about anything else."""
    if not isinstance(value, tuple | list) or len(value) != 3:
        told = RETURNS_NOTHING if value is None else Text(*2 * (type(value).__name__,))
        raise Complaint(
            f"The answer is {told.en}; expected three parts: what the decoder gets, ids, loss.",
            f"答案给出的是 {told.zh}；应为三部分：解码器得到的、编号、损失。",
        )
    return tuple(value)


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The three parts, and the gradients of loss and decoder's input for features and codes."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    given = [inputs[name] for name in ("features", "codebook")]
    tensors = [look.tensor(one) for one in given]
    weights = look.tensor(inputs["weights"])

    def part(place: int, weight: object) -> list[np.ndarray]:
        # A product makes one tensor of a gradient that is known for some rows of the codebook only.
        _, gradients = look.value_and_gradients(
            lambda features, codebook: (
                weight * three(answer(features, 1.0 * codebook, beta=inputs["beta"]))[place]
            ),
            *tensors,
        )
        return gradients

    native = [as_given(framework, one) for one in given] if inputs.get("as given") else tensors
    decoded, ids, loss = three(answer(*native, beta=inputs["beta"]))
    seen = {
        "ids": whole(framework, ids),
        "what the decoder gets": look.array(decoded),
        "loss": look.array(loss),
    }
    to_features, to_codes = part(2, 1.0)
    through, beside = part(0, weights)
    return seen | {
        "gradient of the loss for the codebook": to_codes,
        "gradient of the loss for the features": to_features,
        "gradient from the decoder for the features": through,
        "gradient from the decoder for the codebook": beside,
        STAYS: changed(),
    }
