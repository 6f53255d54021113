"""The builders of the two networks."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Observation
from prodgen_lib.exercises.common import (
    drawn_weights,
    flat,
    summary,
    weight_shapes,
)

KERNELS = "invariant kernels from N(0, 0.02²)"
SPREAD = (0.0175, 0.0225)  # around 0.02: six standard errors of the smallest kernel, as below
OTHERS = "invariant other kernels each time"


def network_cases(
    weights_by_hand: int, scale: float, sizes: dict[str, int], more: tuple[dict[str, int], ...]
) -> Callable:
    """The weights counted by hand, the weights to start with, and passes through small networks.

    `sizes` are arguments beside width and channels; each of `more` has a case of its own.
    """

    def make(rng: np.random.Generator) -> list[Case]:
        def case(name: str, pictures: int, by_hand: int | None = None, **arguments: int) -> Case:
            inputs = {"arguments": arguments, "pictures": pictures, "scale": scale}
            inputs |= {"seed": int(rng.integers(2**31))}
            return Case(name, inputs, {"number of weights": by_hand} if by_hand else {})

        def case_of(name: str, pictures: int, width: int, channels: int, **other: int) -> Case:
            return case(name, pictures, width=width, channels=channels, **sizes, **other)

        worked = {"width": 1, "channels": 1, **sizes}
        found = [
            case("width 1 and one channel", 1, weights_by_hand, **worked),
            case("the sizes that it has by default", 0),
            *(case_of(_named(other), 2, 2, 2, **other) for other in more[:1]),
            case_of("width 2 and three channels", 3, 2, 3),
        ]
        others = [case_of(_named(other), 2, 2, 2, **other) for other in more[1:]]
        return [*found[:-1], *others, found[-1]]

    return make


def _named(arguments: dict[str, int]) -> str:
    return " and ".join(["width 2", *(f"{name}={value}" for name, value in arguments.items())])


def passes(network, inputs, what: str, case: Case, look: ModuleType) -> Observation:
    """What a network computes in both modes, with weights drawn for it."""
    seen = weight_shapes(network, look)
    look.fill(network, _weights_of_both_signs(case.inputs["seed"], case.inputs["scale"]))

    def evaluate(tensor):
        return look.call(network, tensor, training=False)

    value, (gradient,) = look.value_and_gradients(evaluate, inputs)
    training = look.array(look.call(network, inputs, training=True))
    statistics = flat(look.statistics(network))
    return {
        f"mean, lowest and highest of the {what}": summary(value),
        f"{what} in evaluation mode": value,
        f"{what} in training mode": training,
        **seen,
        "moving statistics after a pass": summary(statistics if statistics.size else np.zeros(1)),
        "gradient of the inputs": gradient,
    }


def _weights_of_both_signs(
    seed: int, scale: float
) -> Callable[[tuple[int, ...], bool], np.ndarray]:
    """As `drawn_weights`; a vector of several numbers always has some below 0, and pixels too."""
    draw, rng = drawn_weights(seed, scale), np.random.default_rng(seed)

    def draw_both(shape: tuple[int, ...], is_statistic: bool) -> np.ndarray:
        if len(shape) > 1 or is_statistic or shape[0] == 1:
            return draw(shape, is_statistic)
        apart = rng.permutation(np.linspace(-0.8, 1.2, shape[0]))
        return (apart + rng.uniform(-0.1, 0.1, shape)).astype(np.float32)

    return draw_both


def starting_weights(answer: Callable, network, look: ModuleType) -> Observation:
    """What the weights look like before training; kernels as properties, for they are random."""
    weights = look.parameters(network)
    kernels = [weight for weight in weights if weight.ndim > 1]
    vectors = [weight for weight in weights if weight.ndim == 1]
    starts = "".join(_constant(vector) for vector in vectors)
    again = flat(look.parameters(look.model(answer())))
    return {
        **weight_shapes(network, look),
        KERNELS: np.array([_spread(kernel) for kernel in kernels]),
        "invariant biases and scales to start with": np.asarray(starts),
        OTHERS: np.abs(again - flat(weights)).max(),
        "invariant ready to train": look.readiness(network),
    }


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether kernels are what they should be: they are random, so numbers can't be compared."""
    if KERNELS in seen:
        mean, spread, beyond = seen[KERNELS].T
        normal = (spread > SPREAD[0]) & (spread < SPREAD[1]) & (np.abs(mean) < 0.0035)
        seen[KERNELS] = (normal & (beyond > 0.01) & (beyond < 0.085)).astype(int)
        seen[OTHERS] = np.asarray(int(seen[OTHERS] > 0.01))
    return seen


def _constant(vector: np.ndarray) -> str:
    """0 or 1 where all numbers of a vector are that, else a question mark."""
    return "0" if np.all(vector == 0) else "1" if np.all(vector == 1) else "?"


def _spread(kernel: np.ndarray) -> list[float]:
    """Mean, deviation, and the share beyond two deviations of 0.02: 4.6 % of a normal."""
    return [kernel.mean(), kernel.std(), np.mean(np.abs(kernel) > 0.04)]
