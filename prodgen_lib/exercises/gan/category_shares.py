from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe, yes


def cases(rng: np.random.Generator) -> list[Case]:
    """Four pictures by hand; one picture; categories that nobody is in; many pictures."""
    worked = [[3.0, 1.0, -2.0], [0.5, 2.0, 1.0], [1.0, 0.0, 0.9], [-1.0, -3.0, -2.0]]

    def draw(pictures: int, categories: int) -> dict[str, np.ndarray]:
        return {"logits": rng.normal(0, 2, (pictures, categories)).astype(np.float32)}

    few = draw(30, 7)
    few["logits"][:, [0, 5, 6]] -= 50
    return [
        Case(
            "four pictures worked by hand",
            {"logits": np.asarray(worked, np.float32)},
            {"shares": [0.75, 0.25, 0.0]},
        ),
        Case("one picture", draw(1, 4)),
        Case("thirty pictures, the first and last categories empty", few),
        Case("fifty pictures of ten categories", draw(50, 10)),
        Case("237 pictures of five categories", draw(237, 5)),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shares; whether they add up, and whether order and a shift of the logits matter."""
    look = probe(framework)
    logits = case.inputs["logits"]
    shares = look.array(answer(look.tensor(logits)))
    turned = look.array(answer(look.tensor(logits[::-1] + 3)))
    same = turned.shape == shares.shape and np.allclose(turned, shares, atol=1e-6)
    return {
        "shares": shares,
        "invariant order and common shift": yes(same),
    }
