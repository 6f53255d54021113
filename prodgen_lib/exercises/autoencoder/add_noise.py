from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import probe, summary


def cases(rng: np.random.Generator) -> list[Case]:
    """Two strengths of the same noise by hand, in grey; enough values to see their spread."""

    def case(name: str, shape: tuple[int, ...], low: float, high: float, **inputs) -> Case:
        pictures = rng.uniform(low, high, shape).astype(np.float32)
        return Case(name, {"pictures": pictures, "seed": int(rng.integers(2**31)), **inputs})

    worked = case("strengths 0.01 and 0.03", (3, 5, 6, 1), 0.5, 0.5)
    worked.by_hand["noise of strength 0.03 over that of 0.01"] = 3.0
    return [worked, case("thirty pictures", (30, 6, 7, 3), 0.4, 0.6, strength=0.02)]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Noise of two strengths; or many noisy values, drawn by several seeds."""
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
        return {"noise of strengths 0.03 and 0.01": np.stack([noisy(0.03), noisy(0.01)])}
    strength = inputs["strength"]
    given = look.pictures(pictures)
    start = look.array(given).copy()
    answer(given, sigma=strength, seed=1)
    return {
        "pictures without noise": noisy(0.0) + start,
        "pictures under strong noise": noisy(9.0) + start,
        "noise": noisy(strength) / strength,
        "noise again": noisy(strength) / strength,
        "noise of another seed": noisy(strength, seed=3) / strength,
        "noise of the next seed": noisy(strength, seed=inputs["seed"] + 1) / strength,
        "change of the pictures": look.array(given) - start,
        "axes": np.asarray(AXES[framework.name]),
    }


AXES = {"torch": "pictures channels rows columns", "tensorflow": "pictures rows columns channels"}


def conclude(seen: Observation, case: Case) -> Observation:
    """The draw is free: what counts is how it is spread, and what hangs together exactly."""
    if "strength" not in case.inputs:
        strong, weak = seen["noise of strengths 0.03 and 0.01"]
        ratio = np.std(strong) / max(np.std(weak), 1e-9)
        return {"noise of strength 0.03 over that of 0.01": np.asarray(ratio)}
    noise, far = seen["noise"], seen["pictures under strong noise"]
    others = [seen[f"noise of {which} seed"] for which in ("another", "the next")]
    fourth = np.mean(noise**4) / max(noise.var(), 1e-9) ** 2  # 3 if normal, 1.8 if uniform
    same = any(np.allclose(noise, other, 1e-3, 1e-3) for other in others)
    axes = str(seen["axes"]).split()
    return {
        "mean, lowest and highest without noise": summary(seen["pictures without noise"]),
        "lowest and highest value under strong noise": np.array([far.min(), far.max()]),
        "invariant same seed, same noise": _holds(np.array_equal(noise, seen["noise again"])),
        "invariant another seed, other noise": _holds(not same),
        "invariant the next seed shares no noise": _holds(
            max(_likeness(noise, other, 0) for other in others) < 0.6
        ),
        **{
            f"invariant noise differs between {what}": _holds(np.ptp(noise, axis=axis).max() > 1e-2)
            for axis, what in sorted(enumerate(axes), key=lambda pair: pair[1])
        },
        "invariant noise is independent": _holds(
            max(_likeness(noise, noise, axis) for axis in range(4)) < 0.6
        ),
        "invariant noise has mean 0": _holds(abs(noise.mean()) < 0.1),
        "invariant noise has the strength asked for": _holds(abs(noise.std() - 1) < 0.1),
        "invariant noise is normal": np.asarray(TAILS[int(np.digitize(fourth, [2, 2.6, 3.5]))]),
        "invariant pictures as they were": np.abs(seen["change of the pictures"]).max(),
    }


TAILS = "flat", "cut off", "normal", "heavy"


def _holds(what: object) -> np.ndarray:
    return np.asarray(int(what))


def _likeness(noise: np.ndarray, other: np.ndarray, axis: int) -> float:
    """The largest correlation of two different rows along an axis, of any two of two draws."""
    both = [np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1) for a in (noise, other)]
    rows = [a - a.mean(axis=1, keepdims=True) for a in both]
    one, two = (a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-12) for a in rows)
    found = np.abs(one @ two.T)
    return float(found.max() if noise is not other else np.triu(found, 1).max())
