from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import drawn_weights, probe

LATENTS = 3  # of the probes' tiny generator, which is the decoder here


def cases(rng: np.random.Generator) -> list[Case]:
    """A decoder that shows the code itself, by hand; one value; each dimension."""

    def draw(name: str, dimension: int, values: int) -> Case:
        inputs = {
            "code": rng.normal(0, 4, LATENTS).astype(np.float32),
            "dimension": dimension,
            "values": rng.normal(0, 4, values).astype(np.float32),
            "weights": int(rng.integers(2**31)),
        }
        return Case(name, inputs)

    worked = {
        "code": np.array([0, 2, np.log(3)], np.float32),
        "dimension": 1,
        "values": np.array([-np.log(3), np.log(3)], np.float32),
    }
    pictures = np.reshape([[0.5, 0.25, 0.75], [0.5, 0.75, 0.75]], (2, 3, 1, 1))
    return [
        Case("a decoder whose logits are the code", worked, {"pictures": pictures}),
        draw("one value of the first dimension", 0, 1),
        draw("five values of the last dimension", 2, 5),
        draw("three values of the middle dimension", 1, 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The pictures, and the code after the call."""
    look, inputs = probe(framework), case.inputs

    def decoder(codes):
        return codes[:, :, None, None]

    if "weights" in inputs:
        decoder = look.tiny_generator(batch_norm=False)
        look.fill(decoder, drawn_weights(inputs["weights"]))
    code = look.tensor(inputs["code"])
    found = look.array(answer(decoder, code, inputs["dimension"], look.tensor(inputs["values"])))
    return {
        "pictures": found,
        "invariant code as it was": look.array(code).copy(),
    }
