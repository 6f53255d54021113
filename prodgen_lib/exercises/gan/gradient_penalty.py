from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import drawn_weights, flat, probe, yes


def cases(rng: np.random.Generator) -> list[Case]:
    """A linear discriminator, steep by hand, then a curved one on pictures of two channels."""
    kernel = np.array([[1, 2], [2, 4]], np.float32)

    def case(name: str, *shape: int) -> Case:
        pictures = rng.normal(0, 1, (*shape, 4, 4, 2)).astype(np.float32)
        return Case(name, {"images": pictures, "weights": int(rng.integers(2**31))})

    worked = {"images": rng.normal(0, 1, (2, 2, 2, 1)).astype(np.float32), "kernel": kernel}
    return [
        Case("a linear discriminator with weights 1, 2, 2, 4", worked, {"penalty": 25.0}),
        case("one picture", 1),
        case("five pictures", 5),
        case("three pictures", 3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The penalty, its gradient for the discriminator's weights, and what it leaves alone."""
    look = probe(framework)
    discriminator = _steep_discriminator(look, case.inputs)
    images = case.inputs["images"]

    def penalty(pictures):
        return answer(discriminator, pictures)

    value, (reached,) = look.value_and_gradients(penalty, look.pictures(images))
    seen = {
        "penalty": value,
        "gradient of the weights": flat(
            look.weight_gradients(lambda: penalty(look.pictures(images)), discriminator)
        ),
        "invariant nothing flows into the images": yes(not np.any(reached)),
        "invariant no stored gradients": yes(look.leaves_no_gradients(discriminator)),
    }
    turned = look.array(penalty(look.pictures(images[::-1])))
    same = turned.shape == value.shape and np.allclose(turned, value, rtol=1e-3)
    return {**seen, "invariant order of the batch": yes(same)}


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
