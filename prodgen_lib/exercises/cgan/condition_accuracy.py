from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Five pictures by hand; one for each category; a category never granted; many, unequal."""

    def case(name: str, pictures: int, categories: int, right: float, last: float = 0) -> Case:
        rare = rng.integers(categories, size=pictures - categories) * rng.integers(
            2, size=pictures - categories
        )
        asked = rng.permutation(np.concatenate([np.arange(categories), rare]))
        logits = rng.normal(0, 2, (pictures, categories))
        logits[np.arange(pictures), asked] += right
        logits[:, -1] += last
        return Case(name, {"logits": logits.astype(np.float32), "asked": asked})

    close = case("forty pictures, what was asked a thousandth ahead or behind", 40, 3, 0)
    best = close.inputs["logits"].max(axis=1) + 1
    first = close.inputs["asked"]
    second = (first + rng.integers(1, 3, size=40)) % 3
    ahead = np.where(np.arange(40) % 2 == 0, 1e-3, -1e-3)
    close.inputs["logits"][np.arange(40), first] = best + ahead
    close.inputs["logits"][np.arange(40), second] = best
    large = case("twenty-five pictures with logits in the hundreds", 25, 4, 1)
    large.inputs["logits"] = 50 * large.inputs["logits"] + 500
    logits = [[3, 1, -2], [0.5, 2, 1], [1, 0, 0.9], [-1, -3, -2], [0, 1, 4]]
    worked = {"logits": np.float32(logits), "asked": np.array([0, 1, 0, 1, 2])}
    worked["logits"][2] = [0, 1, 0.5]
    return [
        Case(
            "the five pictures worked by hand",
            worked,
            {"share of granted wishes": [0.5, 0.5, 1.0]},
        ),
        case("one picture for each of four categories", 4, 4, 2),
        case("forty pictures of three categories, nearly all wrong", 40, 3, -2),
        case("thirty pictures, the last category never granted", 30, 4, 2, -50),
        case("ninety pictures of ten categories", 90, 10, 2),
        close,
        large,
        case("six hundred pictures of two categories", 600, 2, 1),
        case("fifty pictures of five categories", 50, 5, 2),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shares, and those of the same pictures in another order with shifted logits."""
    look, (logits, asked) = probe(framework), case.inputs.values()
    to_labels = framework.module("cgan").to_labels
    shares = look.array(answer(look.tensor(logits), to_labels(asked)))
    turned = look.array(answer(look.tensor(logits[::-1] + 3), to_labels(asked[::-1].copy())))
    return {"share of granted wishes": shares, "invariant order and common shift": turned}
