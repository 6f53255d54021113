from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import probe, two
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors
from prodgen_lib.exercises.style.seen import channels_last

PAIR = Text("the pictures and the losses", "图片和损失")


def cases(rng: np.random.Generator) -> list[Case]:
    """A start by hand; two iterations for one style, and for a style a picture."""

    def draw(name: str, count: int, styles: int, weight: float) -> Case:
        content, style = rng.uniform(0, 1, (count, 8, 12, 3)), rng.uniform(0, 1, (styles, 8, 12, 3))
        told = floats(content=content, style=0.2 + 0.8 * style)
        return Case(name, told | {"weight": weight, "iterations": 2})

    content, style = np.zeros((1, 8, 8, 3)), np.full((1, 8, 8, 3), 0.4)
    content[:, :, 4:] = 1
    by_hand = floats(content=content, style=style) | {"weight": 1.0, "iterations": 1}
    return [
        Case("half black, half white on grey, worked by hand", by_hand,
             {"start": 0.4 + 0.5 * (content - 0.5)}),
        draw("two pictures, one style", 2, 1, 0.6),
        draw("two pictures with a style each", 2, 2, 1.7),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What is found after some iterations, the losses, and which pictures features were asked for.

    The features are the pixels and their squares, on two scales: smooth everywhere.
    """
    answer, changed = guarded(answer)
    look, texture = probe(framework), framework.module("texture")
    content, style = tensors(look, case.inputs, "content", "style")
    asked = []

    def features(images):
        asked.append(channels_last(framework, look.array(images)))
        fine, coarse = texture.pyramid(images, 2)
        return [2 * fine - 1 + 0.5 * fine * fine, 3 * coarse * coarse]

    told = {"weight": case.inputs["weight"], "iterations": case.inputs["iterations"]}
    pictures, losses = two(answer(content, style, features, **told), PAIR)
    shape = case.inputs["content"].shape
    return {
        "pictures": channels_last(framework, look.array(pictures)),
        "losses": np.asarray(losses, np.float64),
        "asked": np.array([one for one in asked if one.shape == shape][:4]),
        STAYS: changed(),
    }


def conclude(seen: Observation, case: Case) -> Observation:
    """The start is what features are first asked for, besides the content and the style."""
    given = case.inputs["content"], case.inputs["style"]
    others = [one for one in seen.pop("asked") if not any(np.allclose(one, x) for x in given)]
    return {"start": others[0] if others else np.zeros(case.inputs["content"].shape)} | seen
