from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Four pictures by hand; one; empty categories; close or large logits; many in one category."""
    worked = [[3.0, 1.0, -2.0], [0.5, 2.0, 1.0], [1.0, 0.0, 0.9], [-1.0, -3.0, -2.0]]

    def draw(pictures: int, categories: int) -> dict[str, np.ndarray]:
        return {"logits": rng.normal(0, 2, (pictures, categories)).astype(np.float32)}

    few, close, large, full = draw(30, 7), draw(40, 6), draw(25, 3), draw(300, 4)
    few["logits"][:, [0, 5, 6]] -= 50
    first, best = rng.integers(6, size=40), close["logits"].max(axis=1) + 1
    second = (first + rng.integers(1, 6, size=40)) % 6
    close["logits"][np.arange(40), first] = best
    close["logits"][np.arange(40), second] = best - 1e-3
    large["logits"] = 50 * large["logits"] + 500
    full["logits"][:270, int(rng.integers(4))] += 50
    return [
        Case(
            "four pictures worked by hand",
            {"logits": np.asarray(worked, np.float32)},
            {"shares": [0.75, 0.25, 0.0]},
        ),
        Case("one picture", draw(1, 4)),
        Case("thirty pictures, the first and last categories empty", few),
        Case("fifty pictures of ten categories", draw(50, 10)),
        Case("forty pictures, a second category a thousandth behind", close),
        Case("twenty-five pictures with logits in the hundreds", large),
        Case("three hundred pictures, most of one category", full),
        Case("237 pictures of five categories", draw(237, 5)),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shares, and those of the same pictures in another order with shifted logits."""
    look = probe(framework)
    logits = case.inputs["logits"]
    shares = look.array(answer(look.tensor(logits)))
    turned = look.array(answer(look.tensor(logits[::-1] + 3)))
    return {"shares": shares, "invariant order and common shift": turned}
