from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors
from prodgen_lib.exercises.style.seen import channels_last

TOLD = ("images", "content", "style")


def cases(rng: np.random.Generator) -> list[Case]:
    """Several pictures and shapes; the two weights far apart."""

    def draw(name: str, count: int, height: int, width: int, style: float, content: float) -> Case:
        three = {one: rng.uniform(-1, 1, (count, height, width, 3)) for one in TOLD}
        return Case(name, floats(**three) | {"style_weight": style, "content_weight": content})

    return [
        draw("one picture", 1, 4, 6, 3.0, 0.4),
        draw("two pictures, high", 2, 6, 4, 0.7, 2.5),
        draw("three small pictures", 3, 2, 4, 5.0, 1.5),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and the gradients for the images, the content and the style.

    Three layers: the pixels bent a little, then squares and cubes on every second place.
    """
    answer, changed = guarded(answer)
    look = probe(framework)
    first = framework.name == "torch"
    weights = {name: case.inputs[name] for name in ("style_weight", "content_weight")}

    def layers(x):
        small = x[:, :, ::2, ::2] if first else x[:, ::2, ::2]
        return [
            x + 0.3 * x * x,
            1.5 * small * small + 0.5 * small,
            small + 2 * small * small * small,
        ]

    def loss(*pictures):
        return answer(layers, *pictures, **weights)

    value, slopes = look.value_and_gradients(loss, *tensors(look, case.inputs, *TOLD))
    found = {"loss": value}
    for name, slope in zip(TOLD, slopes, strict=True):
        found[f"gradient of the {name}"] = channels_last(framework, slope)
    return found | {STAYS: changed()}
