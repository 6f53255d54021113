from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import (
    drawn_weights,
    flat,
    probe,
    summary,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """The weights counted by hand; the sizes by default; no blocks; factor 3 in colour."""

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
        case("factor 3, two blocks, colour", 2, factor=3, width=3, blocks=2, channels=3),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, what it starts with, channels with drawn weights, and gradients."""
    look, inputs = probe(framework), case.inputs
    network = look.model(answer(**inputs["arguments"]))
    ready = np.asarray([look.can_learn(network), look.in_training(network)]).astype(int)
    shapes = [weight.shape for weight in look.parameters(network)]
    rng = np.random.default_rng(inputs["seed"])
    channels = inputs["arguments"].get("channels", 3)
    pictures = look.pictures(rng.uniform(0, 1, (max(inputs["pictures"], 1), 7, 5, channels)))
    counted = {
        "number of weights": np.asarray(sum(int(np.prod(shape)) for shape in shapes)),
        "shapes of the weights": np.asarray(" ".join("×".join(map(str, s)) for s in shapes)),
    }
    start = look.array(look.call(network, pictures, training=False))
    starts = {START: start}
    if not inputs["pictures"]:
        again = look.parameters(look.model(answer()))
        kernels = [flat(weights[:1]) for weights in (look.parameters(network), again)]
        sizes = [kernel_size(weight, framework) for weight in look.parameters(network)]
        return {
            **counted,
            **starts,
            DRAWN: np.stack(kernels),
            SIZES: np.array(sizes[:-2]),
            "invariant ready to train": ready,
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


START = "channels at the start"
DRAWN, SIZES = "first kernel of two networks", "sizes of the kernels"


def conclude(seen: Observation, case: Case) -> Observation:
    """Kernels are drawn at random: what counts is whether they differ, and how large they are."""
    holds = {"starts as plain bicubic": not seen[START].any()}
    if DRAWN in seen:
        holds |= {
            "other kernels each time": not np.allclose(*seen[DRAWN]),
            "kernels not too small": seen[SIZES].min() > 0.85,
            "kernels not too large": seen[SIZES].max() < 1.15,
        }
    rest = {name: value for name, value in seen.items() if name not in (START, DRAWN, SIZES)}
    return {**rest, **{f"invariant {name}": np.asarray(int(it)) for name, it in holds.items()}}


def kernel_size(weight: np.ndarray, framework: Framework) -> float:
    """The spread of a kernel over the fifth of what `initialise` gives; for biases of zero, 1."""
    if weight.ndim < 4:
        return 1.0 - np.abs(weight).max()
    kernel = weight if framework.name == "torch" else np.moveaxis(weight, -1, 0)
    return kernel.std() / (0.2 * (2 / kernel[0].size) ** 0.5)
