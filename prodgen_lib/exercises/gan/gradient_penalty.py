from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import drawn_weights, flat, probe


def cases(rng: np.random.Generator) -> list[Case]:
    """A linear discriminator, steep by hand, then a curved one on pictures of two channels.

    It is a network, then a function of pictures alone, as the training step gives it, and compiled.
    """
    kernel = np.array([[1, 2], [2, 4]], np.float32)

    def case(name: str, *shape: int, **inputs: bool) -> Case:
        pictures = rng.normal(0, 1, (*shape, 4, 4, 2)).astype(np.float32)
        return Case(name, {"images": pictures, "weights": int(rng.integers(2**31)), **inputs})

    worked = {"images": rng.normal(0, 1, (2, 2, 2, 1)).astype(np.float32), "kernel": kernel}
    return [
        Case("a linear discriminator with weights 1, 2, 2, 4", worked, {"penalty": 25.0}),
        case("one picture", 1),
        case("five pictures", 5),
        case("four pictures, as the training step calls it", 4, compiled=True),
        case("three pictures", 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The penalty, its gradient for the discriminator's weights, and what it leaves alone."""
    look = probe(framework)
    discriminator = _steep_discriminator(look, case.inputs)
    images, in_step = case.inputs["images"], "compiled" in case.inputs

    def penalty(pictures):
        return answer((lambda seen: discriminator(seen)) if in_step else discriminator, pictures)

    penalty = look.compiled(penalty) if in_step else penalty
    value, (reached,) = look.value_and_gradients(penalty, look.pictures(images))
    seen = {
        "penalty": value,
        "gradient of the weights": flat(
            look.weight_gradients(lambda: penalty(look.pictures(images)), discriminator)
        ),
        "invariant nothing flows into the images": reached,
        "invariant no stored gradients": flat(look.stored_gradients(discriminator)),
    }
    turned = look.array(penalty(look.pictures(images[::-1])))
    return {**seen, "invariant order of the batch": turned}


def _steep_discriminator(look: ModuleType, inputs: dict):
    if "weights" in inputs:
        discriminator = look.tiny_discriminator(inputs["images"].shape[-1])
        look.fill(discriminator, drawn_weights(inputs["weights"]))
        return discriminator
    discriminator = look.linear_discriminator()
    look.fill(
        discriminator,
        lambda shape, _: inputs["kernel"].reshape(shape) if shape != (1,) else np.zeros(1, "f"),
    )
    return discriminator
