"""How answers about style are looked at: what they give, and its slope for each thing given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, guarded, tensors


def channels_last(framework: Framework, pictures: np.ndarray) -> np.ndarray:
    """Pictures in this framework's layout as N×H×W×C; other arrays as they are."""
    first = framework.name == "torch" and pictures.ndim == 4
    return np.moveaxis(pictures, 1, -1) if first else pictures


def seen(
    answer: Callable,
    case: Case,
    framework: Framework,
    result: str,
    *names: str,
    slopes: bool = True,
    **options: object,
) -> Observation:
    """What an answer makes of the inputs `names`, as `result`; and its gradient for each of them.

    Where the case has a `pull`, as large as the result, each number of the result counts so many
    times in the gradient: it then tells where it comes from.
    """
    answer, changed = guarded(answer)
    look = probe(framework)
    given = tensors(look, case.inputs, *names)
    if not slopes:
        value = look.array(answer(*given, **options))
        return {result: channels_last(framework, value), STAYS: changed()}
    value, pulls = look.value_and_gradients(lambda *x: answer(*x, **options), *given)
    if "pull" in case.inputs:
        (pull,) = tensors(look, case.inputs, "pull")
        _, pulls = look.value_and_gradients(lambda *x: pull * answer(*x, **options), *given)
    found = {result: channels_last(framework, value)}
    for name, slope in zip(names, pulls, strict=True):
        found[f"gradient of the {name}"] = channels_last(framework, slope)
    return found | {STAYS: changed()}
