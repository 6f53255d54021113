"""The candidate's metrics at a whiteboard: what each fault shows, by itself and beside others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import probe, two

BOTH = Text("PSNR and SSIM of each picture", "每张图片的 PSNR 和 SSIM")


def cases(rng: np.random.Generator) -> list[Case]:
    """Equal pictures, unrelated ones, dark ones of two brightnesses (C1), noisy ones."""

    def case(
        name: str,
        shape: tuple[int, ...],
        *,
        noise: float,
        copy: bool,
        highest: int = 255,
        more: int = 0,
    ) -> Case:
        images = np.uint8(rng.integers(0, highest + 1, shape))
        source = images if copy else rng.integers(0, highest + 1, shape)
        grain = noise * rng.standard_normal(shape)
        return Case(name, {"images": images, "targets": np.clip(source + more + grain, 0, 255)})

    return [
        case("equal pictures", (2, 9, 10, 3), noise=0, copy=True),
        case("unrelated pictures", (2, 12, 10, 3), noise=1, copy=False),
        case("dark pictures", (1, 10, 9, 3), noise=3, copy=True, highest=6, more=4),
        case("noisy pictures", (3, 11, 12, 3), noise=40, copy=True),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What each fault does, whatever the others do; then the numbers."""
    look = probe(framework)
    images, targets = case.inputs["images"], case.inputs["targets"]
    pair = look.pictures(images, "uint8"), look.pictures(targets / 127.5 - 1)
    psnr, ssim = (look.array(v) for v in two(answer(*pair), BOTH))
    each = (len(images),)
    nothing = np.full(each, np.nan)
    numbers = psnr if psnr.shape == each else nothing, ssim if ssim.shape == each else nothing
    if case.name == "equal pictures":
        errors = 10 ** (-psnr / 10)  # of equal pictures nearly 0, however they are rounded
        return {"one PSNR each": np.asarray(str(psnr.shape)), "high PSNR": errors.max(initial=0)}
    if case.name == "unrelated pictures":
        return {"one SSIM each": np.asarray(str(ssim.shape)), "low SSIM": ssim.max(initial=-1)}
    return {"PSNR": numbers[0], "SSIM": numbers[1]}


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether SSIM is low; how low it is, is for "SSIM" in the next cases."""
    if "low SSIM" in seen:
        seen["low SSIM"] = np.maximum(0.5, seen["low SSIM"])
    return seen
