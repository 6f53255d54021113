from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import (
    drawn_weights,
    probe,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Three steps by hand, with a decoder that shows the code; two steps; seven."""

    def draw(name: str, steps: int) -> Case:
        codes = {key: rng.normal(0, 1.5, 3).astype(np.float32) for key in ("start", "end")}
        return Case(name, {**codes, "steps": steps, "weights": int(rng.integers(2**31))})

    worked = {"start": np.array([0, 4], np.float32), "end": np.array([2, 0], np.float32)}
    pictures = np.reshape([[0, 4], [1, 2], [2, 0]], (3, 2, 1, 1)).astype(float)
    return [
        Case("a decoder that shows the code", {**worked, "steps": 3}, {"pictures": pictures}),
        draw("two steps", 2),
        draw("seven steps", 7),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The pictures on the way, and both codes after the call."""
    look, inputs = probe(framework), case.inputs

    def decoder(codes):
        return codes[:, :, None, None]

    if "weights" in inputs:
        decoder = look.tiny_generator(batch_norm=False)
        look.fill(decoder, drawn_weights(inputs["weights"]))

    def watched(codes):
        if len(codes.shape) != 2:
            shape = tuple(codes.shape)
            raise Complaint(
                f"The decoder is given codes of shape {shape}; expected (codes, latents).",
                f"解码器得到的编码形状是 {shape}；应为（编码个数，隐变量个数）。",
            )
        return decoder(codes)

    start, end = look.tensor(inputs["start"]), look.tensor(inputs["end"])
    pictures = look.array(answer(watched, start, end, steps=inputs["steps"]))
    codes = np.stack([look.array(start), look.array(end)])
    return {"pictures": pictures, "invariant codes as they were": codes}
