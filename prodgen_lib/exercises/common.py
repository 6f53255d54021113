"""What the exercises of every chapter share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Complaint, Framework, Observation
from prodgen_lib.checking.language import Text

RETURNS_NOTHING = Text("None (is there a `return`?)", "None（是不是忘了 `return`？）")
WRONG_SIZE = ("RuntimeError", "ValueError", "InvalidArgumentError", "IndexError")


def probe(framework: Framework) -> ModuleType:
    """The module that looks into answers in this framework."""
    return import_module(f"prodgen_lib.exercises.probe_{framework.name}")


def raised(function: Callable, *arguments: object, **options: object) -> np.ndarray:
    """The name of what a call raises, as text; empty where it gets by."""
    try:
        function(*arguments, **options)
    except Exception as error:
        return np.asarray("ValueError" if isinstance(error, ValueError) else type(error).__name__)
    return np.asarray("")


def dtype_name(value: object) -> np.ndarray:
    """The name of a tensor's dtype, as text and alike in both frameworks."""
    found = re.search(r"[a-z]+\d+", str(getattr(value, "dtype", "")))
    return np.asarray(found[0] if found else "")


def runs(action: Callable[[], None]) -> bool:
    """Whether an action gets by without an error about sizes; other errors are not held back."""
    try:
        action()
    except Complaint:
        raise
    except Exception as error:
        if type(error).__name__ not in WRONG_SIZE:
            raise
        return False
    return True


def two(value: object, what: Text) -> tuple[object, object]:
    """The two parts of an answer; a complaint about anything else."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        told = RETURNS_NOTHING if value is None else Text(*2 * (type(value).__name__,))
        raise Complaint(
            f"The answer is {told.en}; expected a pair: {what.en}.",
            f"答案给出的是 {told.zh}；应为一对：{what.zh}。",
        )
    return value[0], value[1]


def summary(values: np.ndarray) -> np.ndarray:
    """Mean, lowest and highest: numbers that do not depend on a framework's layout."""
    return np.array([values.mean(), values.min(), values.max()])


def flat(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """All numbers of some arrays in one row."""
    return np.concatenate([np.zeros(0), *(np.ravel(array) for array in arrays)])


def weight_shapes(network, look: ModuleType) -> Observation:
    """How many numbers are trained, the shapes that they come in, and a 0 for each batch norm."""
    shapes = [weight.shape for weight in look.parameters(network)]
    return {
        "batch norm layers": np.zeros(len(look.statistics(network)) // 2, int),
        "number of weights": np.asarray(sum(int(np.prod(shape)) for shape in shapes)),
        "shapes of the weights": np.asarray(" ".join("×".join(map(str, s)) for s in shapes)),
    }


def even_weights(seed: int, scale: float) -> Callable[[tuple[int, ...], bool], np.ndarray]:
    """As `drawn_weights`, but dense layers treat all pixels and channels of a picture alike.

    The frameworks order these differently where a picture is flattened; with such weights both
    give the same numbers.
    """
    draw = drawn_weights(seed, scale)

    def draw_even(shape: tuple[int, ...], is_statistic: bool) -> np.ndarray:
        few = tuple(1 if size > 1000 else size for size in shape)
        return np.ascontiguousarray(np.broadcast_to(draw(few, is_statistic), shape))

    return draw_even


def drawn_weights(seed: int, scale: float = 0.5) -> Callable[[tuple[int, ...], bool], np.ndarray]:
    """Weights for a probe's `fill`: the same in both frameworks, and nothing too large or small.

    Kernels are N(0, scale²), vectors (biases, scales) lie in [0.2, 1.2], and moving statistics in
    [0.005, 0.015], small enough that batch norm's eps shows.
    """
    rng = np.random.default_rng(seed)

    def draw(shape: tuple[int, ...], is_statistic: bool) -> np.ndarray:
        if is_statistic:
            return rng.uniform(0.005, 0.015, shape).astype(np.float32)
        if len(shape) > 1:
            return rng.normal(0, scale, shape).astype(np.float32)
        return rng.uniform(0.2, 1.2, shape).astype(np.float32)

    return draw
