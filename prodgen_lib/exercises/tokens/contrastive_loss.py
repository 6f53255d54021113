from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.common import turned


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pairs by hand, with different captions and with one; scales, lengths, equal captions."""

    def draw(
        name: str, pairs: int, size: int, log_scale: float, captions: list[int] | None = None
    ) -> Case:
        lengths = np.exp(rng.uniform(-2, 2, (2, pairs, 1)))
        sides = rng.normal(0, 1, (2, pairs, size)) * lengths
        arrays = floats(pictures=sides[0], texts=sides[1], log_scale=log_scale)
        same = None if captions is None else np.equal.outer(captions, captions)
        return Case(name, arrays | {"same": same})

    worked = floats(pictures=[[3, 0], [0, 2]], texts=[[1, 0], [0, 5]], log_scale=math.log(2))
    unmarked = draw("equal captions, a row's own pair not marked", 4, 3, 1.0, [0, 1, 1, 0])
    unmarked.inputs["same"] &= ~np.eye(4, dtype=bool)
    apart = draw("scale 100, equal captions, nothing alike", 4, 3, math.log(100), [0, 1, 1, 0])
    way = np.array([2.0, 1.0, -2.0])
    for name, sign in (("pictures", 1), ("texts", -1)):
        apart.inputs[name] = (sign * way + rng.normal(0, 0.3, (4, 3))).astype(np.float32)
    other = draw("tensors that lie otherwise", 3, 4, 0.5, [0, 1, 0])
    other.inputs["turned"] = True
    return [
        Case("two pairs worked by hand", worked | {"same": None},
             {"loss": math.log(1 + math.exp(-2))}),
        Case("two pairs with one caption", worked | {"same": np.ones((2, 2), bool)}, {"loss": 0.0}),
        draw("four pairs, scale 2", 4, 3, math.log(2)),
        draw("five pairs, scale 100", 5, 6, math.log(100)),
        draw("three pairs, scale 0.3", 3, 3, math.log(0.3)),
        draw("five pairs, equal captions", 5, 4, 1.0, [0, 1, 0, 2, 1]),
        draw("six pairs, one caption three times", 6, 2, 0.5, [0, 3, 3, 1, 2, 3]),
        unmarked,
        apart,
        other,
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and its gradients for pictures, texts and scale."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    made = (lambda numbers: turned(look, numbers)) if inputs.get("turned") else look.tensor
    same = {} if inputs["same"] is None else {"same": look.tensor(inputs["same"], "bool")}
    value, gradients = look.value_and_gradients(
        lambda *given: answer(*given, **same),
        made(inputs["pictures"]),
        made(inputs["texts"]),
        look.tensor(inputs["log_scale"]),
    )
    names = [f"gradient of the {name}" for name in ("pictures", "texts", "log scale")]
    return {"loss": value, **dict(zip(names, gradients, strict=True)), STAYS: changed()}
