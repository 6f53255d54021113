from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import near, probe, summary, yes


def cases(rng: np.random.Generator) -> list[Case]:
    """Two strengths of the same noise by hand; clipping; enough values to see their spread."""

    def case(name: str, shape: tuple[int, ...], low: float, high: float, **inputs) -> Case:
        pictures = rng.uniform(low, high, shape).astype(np.float32)
        return Case(name, {"pictures": pictures, "seed": int(rng.integers(2**31)), **inputs})

    worked = case("strengths 0.01 and 0.03", (2, 5, 6, 3), 0.5, 0.5)
    worked.by_hand["noise of strength 0.03 over that of 0.01"] = 3.0
    return [worked, case("thirty pictures", (30, 6, 7, 3), 0.4, 0.6, strength=0.02)]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How two strengths compare; or all that can be seen in many noisy values."""
    look, inputs = probe(framework), case.inputs
    pictures = inputs["pictures"]

    def noisy(sigma: float, images: np.ndarray = pictures, seed: int = inputs["seed"]):
        given = look.pictures(images)
        found = look.array(answer(given, sigma=sigma, seed=seed))
        if found.shape != tuple(given.shape):
            raise Complaint(
                f"The noisy pictures have shape {found.shape}; expected {tuple(given.shape)}.",
                f"加噪后图片的形状是 {found.shape}；应为 {tuple(given.shape)}。",
            )
        return found - look.array(given)

    if not np.array_equal(noisy(0.01), noisy(0.01)):
        raise Complaint(
            "Two calls with the same seed give other noise: draw it from a generator that starts "
            "from `seed`.",
            "用同一个种子调用两次，得到了不同的噪声：请从以 `seed` 为起点的随机数生成器抽取。",
        )
    if "strength" not in inputs:
        ratio = np.std(noisy(0.03)) / max(np.std(noisy(0.01)), 1e-9)
        return {"noise of strength 0.03 over that of 0.01": ratio}
    strength = inputs["strength"]
    noise = noisy(strength) / strength
    far = noisy(9.0) + look.array(look.pictures(pictures))
    given = look.pictures(pictures)
    answer(given, sigma=strength, seed=1)
    axes = (
        "pictures",
        *(
            ("channels", "rows", "columns")
            if framework.name == "torch"
            else ("rows", "columns", "channels")
        ),
    )
    return {
        "mean, lowest and highest without noise": summary(noisy(0.0) + look.array(given)),
        "lowest and highest value under strong noise": np.array([far.min(), far.max()]),
        "invariant another seed, other noise": yes(
            not near(noise, noisy(strength, seed=3) / strength)
        ),
        **{
            f"invariant noise differs between {what}": yes(np.ptp(noise, axis=axis).max() > 1e-2)
            for axis, what in enumerate(axes)
        },
        "invariant noise has mean 0": yes(abs(noise.mean()) < 0.1),
        "invariant noise has the strength asked for": yes(abs(noise.std() - 1) < 0.1),
        "invariant noise is normal": yes(
            2.5 < np.mean(noise**4) / max(noise.var(), 1e-9) ** 2 < 3.6
        ),
        "invariant pictures as they were": yes(
            np.array_equal(look.array(given), look.array(look.pictures(pictures)))
        ),
    }
