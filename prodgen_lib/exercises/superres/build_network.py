from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import (
    drawn_weights,
    flat,
    probe,
    summary,
    yes,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """The weights counted by hand; the sizes by default; other factors, grey and colour."""

    def case(name: str, pictures: int, by_hand: int | None = None, **arguments: int) -> Case:
        inputs = {"arguments": arguments, "pictures": pictures}
        inputs |= {"seed": int(rng.integers(2**31))}
        return Case(name, inputs, {"number of weights": by_hand} if by_hand else {})

    return [
        case(
            "factor 2, width 2, one block, one channel",
            1,
            (9 * 2 + 2) + 2 * (9 * 2 * 2 + 2) + (9 * 2 * 4 + 4),
            **{"factor": 2, "width": 2, "blocks": 1, "channels": 1},
        ),
        case("the sizes that it has by default", 0),
        case("no blocks", 1, factor=2, width=3, blocks=0, channels=1),
        case("factor 3, three blocks, colour", 1, factor=3, width=3, blocks=3, channels=3),
        case("factor 2, two blocks, grey", 2, factor=2, width=4, blocks=2, channels=1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, what it starts with, channels with drawn weights, and gradients."""
    look, inputs = probe(framework), case.inputs
    network = look.model(answer(**inputs["arguments"]))
    ready = look.can_learn(network) and look.in_training(network)
    shapes = [weight.shape for weight in look.parameters(network)]
    rng = np.random.default_rng(inputs["seed"])
    channels = inputs["arguments"].get("channels", 3)
    pictures = look.pictures(rng.uniform(0, 1, (max(inputs["pictures"], 1), 7, 5, channels)))
    counted = {
        "number of weights": np.asarray(sum(int(np.prod(shape)) for shape in shapes)),
        "shapes of the weights": np.asarray(" ".join("×".join(map(str, s)) for s in shapes)),
    }
    start = look.array(look.call(network, pictures, training=False))
    starts = {"invariant starts as plain bicubic": yes(not start.any())}
    if not inputs["pictures"]:
        again = look.parameters(look.model(answer()))
        other = not np.allclose(flat(look.parameters(network)), flat(again))
        sizes = [kernel_size(weight, framework) for weight in look.parameters(network)]
        return {
            **counted,
            **starts,
            "invariant other kernels each time": yes(other),
            "invariant kernels not too small": yes(min(sizes[:-2]) > 0.85),
            "invariant kernels not too large": yes(max(sizes[:-2]) < 1.15),
            "invariant ready to train": yes(ready),
        }
    look.fill(network, drawn_weights(inputs["seed"], 0.2))
    value, (gradient,) = look.value_and_gradients(
        lambda tensor: look.call(network, tensor, training=False), pictures
    )
    return {
        "mean, lowest and highest channel": summary(value),
        "channels in evaluation mode": value,
        "channels in training mode": look.array(look.call(network, pictures, training=True)),
        **counted,
        **starts,
        "gradient of the pictures": gradient,
    }


def kernel_size(weight: np.ndarray, framework: Framework) -> float:
    """The spread of a kernel over the fifth of what `initialise` gives; for biases of zero, 1."""
    if weight.ndim < 4:
        return 1.0 - np.abs(weight).max()
    kernel = weight if framework.name == "torch" else np.moveaxis(weight, -1, 0)
    return kernel.std() / (0.2 * (2 / kernel[0].size) ** 0.5)
