from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import drawn_weights, flat, probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Features that double, by hand; of two axes; a network's; faint ones, for scale is free."""

    def case(name: str, *shape: int, kind: str) -> Case:
        pair = {key: rng.uniform(0, 1, shape) for key in ("images", "targets")}
        return Case(name, {**pair, "kind": kind, "seed": int(rng.integers(2**31))})

    worked = {
        "images": np.array([0.5, 0.1]).reshape(1, 1, 2, 1),
        "targets": np.array([0.3, 0.4]).reshape(1, 1, 2, 1),
        "kind": "doubled",
        "seed": 0,
    }
    return [
        Case("features that double each pixel", worked, {"loss": 0.52}),
        case("features of one row a picture", 3, 4, 4, 1, kind="rows"),
        case("features of a network, one picture", 1, 5, 4, 1, kind="network"),
        case("features of a network, three pictures", 3, 6, 5, 1, kind="network"),
        case("the same features a ten-thousandth as large", 2, 4, 5, 1, kind="faint"),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, its gradients for both, and whether the features' network stays as it is."""
    look, inputs = probe(framework), case.inputs
    images, targets = look.pictures(inputs["images"]), look.pictures(inputs["targets"])
    network = look.tiny_denoiser()
    look.fill(network, drawn_weights(inputs["seed"], 0.4))
    before = flat(look.parameters(network))
    kinds = {
        "doubled": lambda pictures: 2 * pictures,
        "rows": lambda pictures: (1 + pictures[:, 0] * pictures[:, 1]) ** 2,
        "network": lambda pictures: look.call(network, pictures, training=False),
        "faint": lambda pictures: 1e-4 * look.call(network, pictures, training=False),
    }
    if inputs["kind"] == "rows" and framework.name == "torch":
        kinds["rows"] = lambda pictures: (1 + pictures[:, 0, 0] * pictures[:, 0, 1]) ** 2

    def features(pictures: object) -> object:
        return kinds[inputs["kind"]](pictures)

    value, (gradient, other) = look.value_and_gradients(
        lambda x, y: answer(features, x, y), images, targets
    )
    untouched = [int(look.leaves_no_gradients(network)), int(look.can_learn(network))]
    return {
        "loss": value,
        "invariant features stay as they are": np.append(
            flat(look.parameters(network)) - before, untouched
        ),
        "gradient of the images": gradient,
        "gradient of the targets": other,
    }
