from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.tokens.common import held, ids, inside, probabilities, turned


def cases(rng: np.random.Generator) -> list[Case]:
    """Three places by hand; few and many kept, with and without noise; equally sure places.

    No two places are nearly as sure, but where all are equal: whole logits, and no noise.
    """

    def draw(
        name: str,
        keep: int,
        *,
        rows: int = 4,
        places: int = 7,
        size: int = 6,
        noise: float = 1.0,
        low: float = 0.0,
    ) -> Case:
        mask_id = int(rng.integers(1, size))
        others = np.delete(np.arange(size), mask_id)
        tokens = rng.choice(others, (rows, places))
        for row, count in enumerate(rng.permutation(np.resize([places, 5, 3, 1], rows))):
            tokens[row, rng.permutation(places)[:count]] = mask_id
        while True:
            logits = rng.normal(0, 1.5, (rows, places, size))
            logits[..., mask_id] += 1.5  # what must not come is likely
            logits += 2 * (tokens != mask_id)[..., None] * np.eye(size)[tokens]
            shares = probabilities(logits, allowed=np.arange(size) != mask_id)
            uniform, sure = inside(rng, shares)
            noises = low + noise * rng.gumbel(size=(rows, places))
            apart = np.diff(np.sort(np.log(sure) + noises, axis=1), axis=1).min()
            if apart > 1e-3:
                break
        given = floats(logits=logits, uniform=uniform, noise=noises)
        return Case(name, given | {"tokens": tokens, "keep": keep, "mask_id": mask_id})

    said = [[0, 0, 0], np.log([0.1, 0.9, 0.5]), [9, 0, 0]]
    worked = floats(logits=[said], uniform=[[0.3, 0.5, 0.9]], noise=np.zeros((1, 3)))
    worked |= {"tokens": np.array([[2, 2, 1]]), "keep": 1, "mask_id": 2}
    # So many that an order that isn't stable shows.
    spread = rng.permuted(np.tile((np.arange(40) + 0.6) / 41, (2, 1)), axis=1)
    alike = floats(logits=np.zeros((2, 40, 5)), noise=np.zeros((2, 40)), uniform=spread)
    alike |= {"tokens": np.full((2, 40), 4), "keep": 9, "mask_id": 4}
    alike["tokens"][0, ::3] = rng.integers(0, 4, 14)
    other = draw("tensors that lie otherwise", 2)
    other.inputs["turned"] = True
    return [
        Case("three places worked by hand", worked, {"tokens": [[2, 1, 1]]}),
        draw("two kept, no noise", 2, noise=0.0),
        draw("two kept", 2),
        draw("four kept", 4),
        draw("one kept of a long row", 1, places=12, size=9),
        draw("two kept, all far from sure", 2, low=-200.0),
        draw("none kept", 0),
        draw("more kept than there are places", 9),
        Case("all equally sure, nine kept", alike),
        other,
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The tokens after the step."""
    look, inputs = probe(framework), case.inputs
    answer, changed = guarded(answer)
    tokens = look.tensor(inputs["tokens"], "int64")
    logits, uniform, noise = (look.tensor(inputs[name]) for name in ("logits", "uniform", "noise"))
    if inputs.get("turned"):
        tokens = held(look, inputs["tokens"], "int64")
        logits, uniform = turned(look, inputs["logits"]), turned(look, inputs["uniform"])
    found = answer(tokens, logits, uniform, noise, keep=inputs["keep"], mask_id=inputs["mask_id"])
    numbers = ids(found, like=look.tensor(inputs["tokens"], "int64"))
    if numbers.shape != inputs["tokens"].shape:
        raise Complaint(
            f"The answer's shape is {numbers.shape}; tokens came in {inputs['tokens'].shape}.",
            f"答案的形状是 {numbers.shape}；传入的 token 是 {inputs['tokens'].shape}。",
        )
    return {"tokens": numbers, STAYS: changed()}


def conclude(seen: Observation, case: Case) -> Observation:
    """Beside the tokens, what was known before, and how many are new in each row."""
    before, mask_id = case.inputs["tokens"], case.inputs["mask_id"]
    missing = before == mask_id
    return {
        "tokens that were known": np.where(missing, mask_id, seen["tokens"]),
        "new tokens in each row": (missing & (seen["tokens"] != mask_id)).sum(axis=1),
        **seen,
    }
