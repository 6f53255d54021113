"""The builders of the two networks, and the walk between two codes."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Observation
from prodgen_lib.exercises.common import (
    drawn_weights,
    flat,
    summary,
)


def network_cases(weights_by_hand: int) -> Callable:
    """The weights counted by hand; the sizes it has by default; grey; colour."""

    def make(rng: np.random.Generator) -> list[Case]:
        def case(name: str, pictures: int, by_hand: int | None = None, **arguments: int) -> Case:
            inputs = {"arguments": arguments, "pictures": pictures}
            inputs |= {"seed": int(rng.integers(2**31))}
            return Case(name, inputs, {"number of weights": by_hand} if by_hand else {})

        return [
            case("two latents, width 1, one channel", 1, weights_by_hand, **_sizes(2, 1, 1)),
            case("the sizes that it has by default", 0),
            case("five latents, width 3, one channel", 2, **_sizes(5, 3, 1)),
            case("four latents, width 2, three channels", 3, **_sizes(4, 2, 3)),
        ]

    return make


def conclude(seen: Observation, case: Case) -> Observation:
    """Kernels are drawn at random: all that counts is whether two networks' are the same."""
    if "first kernel of two networks" not in seen:
        return seen
    one, other = seen["first kernel of two networks"]
    rest = {name: value for name, value in seen.items() if name != "first kernel of two networks"}
    differ = np.asarray(int(not np.allclose(one, other)))
    return {**rest, "invariant other kernels each time": differ}


def _sizes(latents: int, width: int, channels: int) -> dict[str, int]:
    return {"latents": latents, "width": width, "channels": channels}


def _passes(
    answer: Callable, case: Case, look: ModuleType, numbers: np.ndarray, what: str
) -> Observation:
    network = look.model(answer(**case.inputs["arguments"]))
    shapes = [weight.shape for weight in look.parameters(network)]
    seen = {
        "number of weights": np.asarray(sum(int(np.prod(shape)) for shape in shapes)),
        "shapes of the weights": np.asarray(" ".join("×".join(map(str, s)) for s in shapes)),
    }
    if not case.inputs["pictures"]:
        again = look.parameters(look.model(answer()))
        kernels = [flat(weights[:1]) for weights in (look.parameters(network), again)]
        ready = look.can_learn(network), look.in_training(network)
        return {
            **seen,
            "first kernel of two networks": np.stack(kernels),
            "invariant ready to train": np.asarray(ready).astype(int),
        }
    inputs = look.pictures(numbers) if numbers.ndim == 4 else look.tensor(numbers)
    look.fill(network, drawn_weights(case.inputs["seed"], 0.15))
    value, (gradient,) = look.value_and_gradients(
        lambda tensor: look.call(network, tensor, training=False), inputs
    )
    trained = look.array(look.call(network, inputs, training=True))
    blank = _blank(case, look, what)
    return {
        **seen,
        f"shape of the {what}": np.asarray(str(value.shape)),
        f"mean, lowest and highest of the {what}": summary(value),
        f"{what} in evaluation mode": value if value.shape == blank.shape else blank,
        f"{what} in training mode": trained if trained.shape == blank.shape else blank,
        "gradient of the inputs": gradient,
    }


def _blank(case: Case, look: ModuleType, what: str) -> np.ndarray:
    """What stands for numbers that do not have the shape asked for."""
    count, arguments = case.inputs["pictures"], case.inputs["arguments"]
    if what == "codes":
        return np.full((count, arguments["latents"]), np.nan)
    return look.array(look.pictures(np.full((count, 32, 32, arguments["channels"]), np.nan)))
