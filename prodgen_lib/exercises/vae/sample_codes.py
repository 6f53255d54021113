from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.exercises.common import probe


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
    """Noise of two variances from the same draw; or many codes, drawn by several seeds."""
    look, inputs = probe(framework), case.inputs
    options = {name: inputs[name] for name in ("samples", "seed")}
    mean = inputs["mean"]

    def codes(log_variance=0 * mean, mean=mean, **changed: int) -> np.ndarray:
        drawn = answer(look.tensor(mean), look.tensor(log_variance), **(options | changed))
        return _as_codes(look, drawn, (options["samples"], *mean.shape))

    _must_repeat(codes)
    if "log_variance" not in inputs:
        spreads = [codes(np.full_like(mean, np.log(variance))) - mean for variance in (9, 1)]
        return {"codes less mean, of variances 9 and 1": np.stack(spreads)}
    drawn, (to_mean, to_log_variance) = look.value_and_gradients(
        lambda *tensors: answer(*tensors, **options),
        look.tensor(mean),
        look.tensor(inputs["log_variance"]),
    )
    return {
        "codes where the variance is almost zero": codes(np.full_like(mean, -60))[0],
        "codes around 0 of variance e^-30": codes(np.full_like(mean, -30), 0 * mean),
        "codes around 0 of variance e^12": codes(np.full_like(mean, 12), 0 * mean),
        "codes": codes(inputs["log_variance"]),
        "codes again": codes(inputs["log_variance"]),
        "codes of the next seed": codes(inputs["log_variance"], seed=options["seed"] + 1),
        "differentiated codes": drawn,
        "gradient of the mean": to_mean,
        "gradient of the log-variance": to_log_variance,
    }


def conclude(seen: Observation, case: Case) -> Observation:
    """The draw is free: what counts is how it is spread, and what hangs together exactly."""
    if "log_variance" not in case.inputs:
        wide, narrow = seen["codes less mean, of variances 9 and 1"]
        ratio = np.std(wide) / max(np.std(narrow), 1e-9)
        return {"spread with variance 9 over that with 1": np.asarray(ratio)}
    mean, sigma = case.inputs["mean"], np.exp(case.inputs["log_variance"] / 2)
    noise, other = ((seen[k] - mean) / sigma for k in ("codes", "codes of the next seed"))
    small = "codes where the variance is almost zero"
    half = 0.5 * (seen["differentiated codes"] - mean).sum(axis=0)
    return {
        small: seen[small],
        "size of codes around 0 of variance e^-30": np.asarray(
            np.abs(seen["codes around 0 of variance e^-30"]).max() < 1e-5, int
        ),
        "invariant same seed, same codes": _holds(
            np.array_equal(seen["codes"], seen["codes again"])
        ),
        "invariant another seed, other codes": _holds(not np.allclose(noise, other, 1e-4, 1e-4)),
        "invariant the next seed shares no noise": _holds(_share_none(noise, other)),
        **_properties(noise),
        "invariant variance e^12": _holds(
            0.9 < np.std(seen["codes around 0 of variance e^12"]) / np.exp(6) < 1.1
        ),
        "gradient of the mean": seen["gradient of the mean"],
        "gradient of the log-variance is half the way from the mean": _holds(
            np.allclose(seen["gradient of the log-variance"], half, 1e-3, 1e-3)
        ),
    }


def _holds(what: object) -> np.ndarray:
    return np.asarray(int(what))


def _share_none(noise: np.ndarray, other: np.ndarray) -> bool:
    """Whether no picture's noise, and no sample's, is found again under another seed."""
    for axis in (0, 1):
        rows, others = (np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1) for a in (noise, other))
        if np.abs(_normal(rows) @ _normal(others).T).max() > 0.5:
            return False
    return True


def _normal(rows: np.ndarray) -> np.ndarray:
    centred = rows - rows.mean(axis=1, keepdims=True)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)


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
        f"invariant noise differs between {what}": _holds(np.ptp(noise, axis=axis).max() > 1e-3)
        for axis, what in enumerate(("samples", "pictures", "dimensions"))
    }
    alike = (by_dimension.T, 0.2), (by_picture, 0.5), (noise.reshape(len(noise), -1), 0.5)
    return {
        **differs,
        "invariant noise is independent": _holds(all(_unlike(rows, most) for rows, most in alike)),
        "invariant noise has mean 0": _holds(abs(noise.mean()) < 0.06),
        "invariant variance in each dimension": _holds(np.all(np.abs(variance - 1) < 0.2)),
        "invariant noise is normal": np.asarray(TAILS[int(np.digitize(fourth, [2, 2.6, 3.4]))]),
    }


TAILS = "flat", "cut off", "normal", "heavy"


def _unlike(rows: np.ndarray, most: float) -> bool:
    """Whether no two rows are correlated by more than that."""
    rows = _normal(rows)
    return bool(np.all(np.abs(np.triu(rows @ rows.T, 1)) < most))
