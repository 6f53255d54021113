from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.diffusion.closed import floats
from prodgen_lib.exercises.style.seen import seen


def cases(rng: np.random.Generator) -> list[Case]:
    """Green of red and yellow by hand; mixtures and colours that are none; a palette a picture."""

    def palette(*shape: int) -> np.ndarray:
        """Colours that no three of are nearly in one plane with black."""
        axes = np.linalg.qr(rng.normal(0, 1, (*shape[:-2], 3, 3)))[0]
        return 0.35 + 0.45 * axes[..., : shape[-2], :]

    def draw(name: str, colours: np.ndarray, count: int) -> Case:
        free = rng.uniform(-0.3, 1.2, (*colours.shape[:-2], count, 3))
        mixed = rng.uniform(0.2, 1.6, (*colours.shape[:-2], count, colours.shape[-2])) @ colours
        return Case(name, floats(points=np.concatenate([free, mixed], -2), palette=colours))

    by_hand = floats(points=[[0, 1, 0], [-1, 0, 0]], palette=[[1, 0, 0], [1, 1, 0]])
    return [
        Case("green of red and yellow, worked by hand", by_hand, {"shares": [[0, 0.5], [0, 0]]}),
        draw("three colours", palette(3, 3), 12),
        draw("two colours", palette(2, 3), 8),
        draw("two pictures with palettes of their own", palette(2, 3, 3), 9),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shares, and what was given, afterwards. No gradient: a search has none."""
    return seen(answer, case, framework, "shares", "points", "palette", slopes=False)
