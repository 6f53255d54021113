"""Networks in closed form, for losses and samplers: what they were told can be looked at."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Complaint, Framework
from prodgen_lib.exercises.common import probe

STAYS = "invariant: what is given stays as it is"


def floats(**arrays: object) -> dict[str, np.ndarray]:
    """Inputs of a case as float32 arrays."""
    return {name: np.asarray(values, np.float32) for name, values in arrays.items()}


def tensors(look: ModuleType, inputs: dict, *names: str) -> list:
    """Some inputs as tensors: what has four axes as pictures in this framework's layout."""
    return [
        look.pictures(inputs[name]) if np.ndim(inputs[name]) == 4 else look.tensor(inputs[name])
        for name in names
    ]


def guarded(answer: Callable) -> tuple[Callable, Callable[[], np.ndarray]]:
    """`answer`, and a look at which of its arguments it has changed so far: "" where none."""
    changed: set[str] = set()

    def called(*given: object, **options: object) -> object:
        named = {str(place): one for place, one in enumerate(given)} | options
        before = {name: _copied(one) for name, one in named.items() if hasattr(one, "shape")}
        found = answer(*given, **options)
        changed.update(
            name for name, old in before.items() if not np.array_equal(old, _copied(named[name]))
        )
        return found

    return called, lambda: np.asarray(" ".join(sorted(changed)))


def _copied(tensor: object) -> np.ndarray:
    return np.asarray(tensor.detach() if hasattr(tensor, "detach") else tensor).copy()


def times(t: object, mixed: object) -> np.ndarray:
    """The times that a network is told, one for each mixture; a complaint about anything else."""
    found, count = np.asarray(t), mixed.shape[0]  # a tf.Variable has no length
    if found.shape != (count,):
        raise Complaint(
            f"The network is told times of shape {found.shape}; one a picture is ({count},).",
            f"网络收到的时刻形状是 {found.shape}；应为 ({count},)，每张图一个。",
        )
    return found.astype(np.float64)


def gaussian_network(framework: Framework, mean: float, spread: float) -> tuple[Callable, dict]:
    """The best velocity for data N(mean + label, spread²), and lists of what it was told."""
    look, beside = probe(framework), framework.module("diffusion").beside
    told: dict[str, list[np.ndarray]] = {"times": [], "labels": [], "shown": []}

    def network(mixed, t, labels):
        told["times"].append(times(t, mixed))
        numbers, count = np.asarray(labels, np.float32), mixed.shape[0]
        if numbers.size != count:
            raise Complaint(
                f"The network is told labels of shape {numbers.shape} for {count} pictures.",
                f"网络收到的标签形状是 {numbers.shape}，而图片有 {count} 张。",
            )
        told["labels"].append(numbers)
        told["shown"].append(look.array(mixed))
        at = beside(t, mixed)
        centre = mean + beside(look.tensor(numbers), mixed)
        off = (mixed - (1 - at) * centre) / ((1 - at) ** 2 * spread**2 + at**2)
        return (at - (1 - at) * spread**2) * off - centre

    return network, told
