from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.common import held, ids, inside, probabilities, turned

NEAREST_TO_1 = 1 - 2.0**-24  # among float32 numbers below 1


def cases(rng: np.random.Generator) -> list[Case]:
    """Four rows by hand; each option, and all; uniform numbers of 0 and next to 1; whole logits.

    Where sums decide, uniform numbers lie well inside an id's share, so that rounding is no matter.
    """

    def given(name: str, logits: np.ndarray, uniform: np.ndarray | None = None, **options) -> Case:
        logits = np.asarray(logits, np.float32)
        if uniform is None:
            uniform, _ = inside(rng, probabilities(logits, **options))
        return Case(name, floats(logits=logits, uniform=uniform) | {"options": options})

    def draw(name: str, rows: int, size: int, spread: float = 1.5, **options) -> Case:
        return given(name, rng.normal(0, spread, (rows, size)), **options)

    worked = np.log([[0.2, 0.5, 0.3]] * 4)
    without_0 = np.arange(5) > 0
    some = np.array([0, 1, 1, 0, 1, 0, 1, 1], bool)
    equal = np.repeat([[2, 1, 1, 0, 1]], 12, axis=0)  # whole: no rounding tells them apart
    last = floats(logits=rng.uniform(-1, 1, (60, 50)), uniform=np.full(60, NEAREST_TO_1))
    other = draw("tensors that lie otherwise", 6, 5, temperature=0.7)
    other.inputs["turned"] = True
    return [
        Case("four rows worked by hand", floats(logits=worked, uniform=[0.1, 0.25, 0.6, 0.75])
             | {"options": {}}, {"tokens": [0, 1, 1, 2]}),
        draw("twelve rows", 12, 6),
        draw("temperature 0.5", 12, 6, temperature=0.5),
        draw("temperature 2", 12, 6, temperature=2.0),
        draw("logits of hundreds", 12, 6, spread=300, temperature=300.0),
        draw("logits of hundreds, temperature 1", 8, 6, spread=300),
        draw("five of eight ids allowed", 16, 8, allowed=some),
        given("uniform numbers of 0, id 0 not allowed", rng.normal(0, 1, (4, 5)), np.zeros(4),
              allowed=without_0),
        draw("the likeliest three", 16, 7, top_k=3),
        draw("the likeliest one", 6, 7, top_k=1),
        draw("more asked for than there are ids", 12, 4, top_k=9),
        given("the likeliest two, with ids as likely", equal, top_k=2),
        given("the likeliest three, with ids as likely", equal, top_k=3),
        given("the likeliest 25, with ids as likely", rng.integers(0, 3, (12, 40)), top_k=25),
        draw("the likeliest three of those allowed", 20, 8, top_k=3, allowed=some),
        draw("all at once", 20, 8, top_k=4, allowed=some, temperature=0.6),
        other,
        Case("uniform numbers next to 1", last | {"options": {"allowed": np.arange(50) < 47}}),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The ids that are drawn."""
    look, inputs = probe(framework), case.inputs
    answer, changed = guarded(answer)
    logits, uniform = (look.tensor(inputs[name]) for name in ("logits", "uniform"))
    if inputs.get("turned"):
        logits = turned(look, inputs["logits"])
        uniform = held(look, inputs["uniform"])
    options = dict(inputs["options"])
    if "allowed" in options:
        options["allowed"] = look.tensor(options["allowed"], "bool")
    tokens = ids(answer(logits, uniform, **options), like=look.tensor(np.zeros(1), "int64"))
    return {"tokens": tokens, STAYS: changed()}


def conclude(seen: Observation, case: Case) -> Observation:
    """Beside the ids, those that can't come."""
    possible = probabilities(case.inputs["logits"], **case.inputs["options"]) > 0
    size = possible.shape[-1]
    rows = zip(np.ravel(seen["tokens"]), possible, strict=False)
    never = [token for token, row in rows if not (0 <= token < size and row[token])]
    return {"ids that may not come": np.array(never, int), **seen}
