from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import near, probe, yes


def cases(rng: np.random.Generator) -> list[Case]:
    """Variances 1 and 9 by hand, with one seed; then enough codes to see how they are spread."""

    def seed() -> int:
        return int(rng.integers(2**31))

    worked = {"mean": np.full((4, 3), 5, np.float32), "samples": 6, "seed": seed()}
    many = {
        "mean": rng.normal(0, 3, (40, 5)).astype(np.float32),
        "log_variance": rng.uniform(-3, 3, (40, 5)).astype(np.float32),
        "samples": 40,
        "seed": seed(),
    }
    return [
        Case("variances 1 and 9", worked, {"spread with variance 9 over that with 1": 3.0}),
        Case("40 codes of each of 40 pictures", many),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How far two variances spread the same draw; or all that can be seen in many codes."""
    look, inputs = probe(framework), case.inputs
    options = {name: inputs[name] for name in ("samples", "seed")}
    mean = inputs["mean"]

    def codes(log_variance=0 * mean, **changed: int) -> np.ndarray:
        drawn = answer(look.tensor(mean), look.tensor(log_variance), **(options | changed))
        return _as_codes(look, drawn, (options["samples"], *mean.shape))

    _must_repeat(codes)
    if "log_variance" not in inputs:
        spreads = [np.std(codes(np.full_like(mean, np.log(v))) - mean) for v in (9, 1)]
        return {"spread with variance 9 over that with 1": spreads[0] / max(spreads[1], 1e-9)}
    drawn = codes(inputs["log_variance"])
    other = codes(inputs["log_variance"], seed=options["seed"] + 1)
    return {
        "codes where the variance is almost zero": codes(np.full_like(mean, -60))[0],
        "invariant another seed, other codes": yes(not near(drawn, other)),
        **_properties((drawn - mean) / np.exp(inputs["log_variance"] / 2)),
        **_gradients(answer, case, look),
    }


def _must_repeat(codes: Callable) -> None:
    """A complaint about an answer that gives other codes for the same seed."""
    if not np.array_equal(codes(), codes()):
        raise Complaint(
            "Two calls with the same seed give other codes: draw the noise from a generator that "
            "starts from `seed`.",
            "用同一个种子调用两次，得到了不同的编码：请从以 `seed` 为起点的随机数生成器抽取噪声。",
        )


def _as_codes(look: ModuleType, drawn: object, shape: tuple[int, ...]) -> np.ndarray:
    codes = look.array(drawn)
    if codes.shape != shape:
        raise Complaint(
            f"The codes have shape {codes.shape}; expected (samples, N, latents), {shape}.",
            f"编码的形状是 {codes.shape}；应为 (samples, N, latents)，即 {shape}。",
        )
    return codes


def _properties(noise: np.ndarray) -> Observation:
    """What holds for independent noise from N(0, 1); bounds are five standard errors and more."""
    by_dimension = noise.reshape(-1, noise.shape[2])
    variance = by_dimension.var(axis=0)
    fourth = np.mean(noise**4) / max(np.mean(noise**2) ** 2, 1e-9)  # 3 if normal, 1.8 if uniform
    by_picture = noise.transpose(1, 0, 2).reshape(noise.shape[1], -1)
    differs = {
        f"invariant noise differs between {what}": yes(np.ptp(noise, axis=axis).max() > 1e-3)
        for axis, what in enumerate(("samples", "pictures", "dimensions"))
    }
    alike = (by_dimension.T, 0.2), (by_picture, 0.5), (noise.reshape(len(noise), -1), 0.5)
    return {
        **differs,
        "invariant noise is independent": yes(all(_unlike(rows, most) for rows, most in alike)),
        "invariant noise has mean 0": yes(abs(noise.mean()) < 0.06),
        "invariant variance in each dimension": yes(np.all(np.abs(variance - 1) < 0.2)),
        "invariant noise is normal": yes(2.6 < fourth < 3.4),
    }


def _unlike(rows: np.ndarray, most: float) -> bool:
    """Whether no two rows are correlated by more than that."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return bool(np.all(np.abs(np.triu(centred @ centred.T, 1)) < most))


def _gradients(answer: Callable, case: Case, look: ModuleType) -> Observation:
    """∂z/∂mean is 1 for each sample; ∂z/∂log_variance = ½ σ ε is half of z - mean, exactly."""
    options = {name: case.inputs[name] for name in ("samples", "seed")}
    mean, log_variance = case.inputs["mean"], case.inputs["log_variance"]
    drawn, (to_mean, to_log_variance) = look.value_and_gradients(
        lambda *tensors: answer(*tensors, **options), look.tensor(mean), look.tensor(log_variance)
    )
    half = 0.5 * (drawn - mean).sum(axis=0)
    return {
        "gradient of the mean": to_mean,
        "gradient of the log-variance is half the way from the mean": yes(
            near(to_log_variance, half, tolerance=1e-3)
        ),
    }
