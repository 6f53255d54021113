from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.bayesopt.tools import double


def cases(rng: np.random.Generator) -> list[Case]:
    """One hill by hand; a lower hill with the best candidate; a hill beyond the edge; given."""

    def hills(name: str, tops: object, heights: list, candidates: object, width: float, **more):
        inputs = {"tops": np.array(tops, float), "heights": np.array(heights, float)}
        inputs |= {"candidates": np.array(candidates, float), "width": width, **more}
        return Case(name, inputs)

    one = hills("a hill whose top is at 0.3", [[0.3]], [1], [[0.1], [0.9]], 0.5)
    one.by_hand.update({"point": [0.3]})
    high, low = rng.uniform(0.6, 0.85, 2), rng.uniform(0.1, 0.3, 2)
    near_low = low + rng.uniform(-0.01, 0.01, (3, 2))
    lowest = np.array([0.05, 0.95])
    decoys = lowest + rng.uniform(-0.003, 0.003, (8, 2))
    begin = np.concatenate([decoys, near_low, high[None] - 0.1])  # the first are the worst
    beyond = np.array([rng.uniform(1.2, 1.4), rng.uniform(-0.4, -0.2)])
    spread = rng.random((30, 3))
    return [
        one,
        hills(
            "the best candidates on the lower hill",
            [high, low, lowest],
            [1.0, 0.75, 0.5],
            begin,
            0.15,
            options={"starts": 4},
        ),
        hills("a top outside of the cube", [beyond], [1], rng.random((6, 2)), 0.4),
        hills(
            "an acquisition that is given its height",
            [rng.uniform(0.2, 0.8, 3)],
            [1],
            spread,
            0.5,
            given=rng.uniform(1, 3),
        ),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The point, and how high it lies."""
    inputs = case.inputs
    candidates = inputs["candidates"].copy()
    tops, heights = inputs["tops"] / inputs["width"], inputs["heights"][:, None]
    summed = np.ones((candidates.shape[1], 1))

    def hills(points, tops, heights, summed):
        gaps = points[:, None] / inputs["width"] - tops
        return ((1 / (1 + (gaps * gaps) @ summed))[..., 0] @ heights)[:, 0]

    known = [double(framework, numbers) for numbers in (tops, heights, summed)]

    def acquisition(points):
        return hills(points, *known)

    def higher(points, factor):
        return factor * acquisition(points)

    if "given" in inputs:
        given = (double(framework, inputs["given"]),)
        point = answer(higher, candidates, given=given)
    else:
        point = answer(acquisition, candidates, **inputs.get("options", {}))
    if not isinstance(point, np.ndarray) or point.shape != candidates.shape[1:]:
        raise Complaint(
            "The answer is not a NumPy array with one number for each dimension, (D,).",
            "答案不是每个维度一个数、形状为 (D,) 的 NumPy 数组。",
        )
    return {"point": point.astype(float), "height": hills(point[None], tops, heights, summed)}
