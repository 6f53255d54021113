from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.wishes import as_told, channels_last, value_and_gradients
from prodgen_lib.exercises.common import flat, probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Four pixels by hand; one picture; nothing or all hidden; outputs far away; as in training."""

    def case(name: str, *shape: int, scale: float = 1, hidden: float = 0.4, **inputs) -> Case:
        both = rng.uniform(-1, 1, (2, *shape)).astype(np.float32)
        mask = (rng.uniform(0, 1, (*shape[:-1], 1)) < hidden).astype(np.float32)
        given = {"output": scale * both[0], "known": both[1], "mask": mask}
        return Case(name, {**given, **inputs})

    worked = {
        name: np.float32(values).reshape(1, 2, 2, 1)
        for name, values in (
            ("output", [0.9, -0.8, 0.7, -0.6]),
            ("known", [0.1, 0.2, 0.3, 0.4]),
            ("mask", [1, 0, 0, 1]),
        )
    }
    by_hand = np.reshape([0.9, 0.2, 0.3, -0.6], (1, 2, 2, 1))
    return [
        Case("the four pixels worked by hand", worked, {"composed picture": by_hand}),
        case("one picture in colour", 1, 3, 3, 3),
        case("nothing hidden", 2, 2, 2, 3, hidden=-1),
        case("all hidden", 2, 2, 2, 3, hidden=2),
        case("outputs as far as ±10000", 3, 3, 2, 3, scale=10_000),
        case("four pictures, as `train_translator` calls it", 4, 3, 3, 3, compiled=True),
        case("three pictures of 4×5 pixels", 3, 4, 5, 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The picture N×H×W×C, what becomes of known pixels and of what was given, the gradient."""
    look, inputs = probe(framework), case.inputs
    output, known, mask = (look.pictures(inputs[name]) for name in ("output", "known", "mask"))

    def in_graph(made):  # the known picture and the mask too, as in a compiled training step
        nothing = 0 * made[0, 0, 0, 0]
        return answer(made, known + nothing, mask + nothing)

    compose = as_told(in_graph, case, look)
    value, (gradient,) = value_and_gradients(look, compose, [output])
    answer(output, known, mask)
    picture = channels_last(value, framework)
    here = np.broadcast_to(inputs["mask"] == 0, inputs["known"].shape)
    bits = picture[here].astype(np.float32).tobytes().hex() if picture.shape == here.shape else ""
    return {
        "composed picture": picture,
        "invariant known pixels to the last bit": np.asarray(bits),
        "invariant what was given is as before": flat(map(look.array, (output, known, mask))),
        "gradient of the output": gradient,
    }
