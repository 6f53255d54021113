"""The candidate's GAN: what each of its faults shows, and how it got there.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import flat, probe
from prodgen_lib.exercises.gan.step import take_steps

nan = np.nan
ALL = "all real pictures in use"


def cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch."""

    def case(name: str, size: int) -> Case:
        inputs = {
            "real": rng.uniform(-1, 1, (2, size, 4, 4, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, size, 3)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
            "options": {},
        }
        return Case(name, inputs)

    return [case("two steps with five pictures", 5), case("two steps with three pictures", 3)]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The batches that the discriminator sees; losses and weights of two steps."""
    look = probe(framework)
    watched, batches = look.watch_batches(look.tiny_discriminator(1))
    networks = look.tiny_generator(batch_norm=False), watched
    seen: Observation = {}

    def two_steps() -> None:
        nonlocal seen
        seen, _ = take_steps(answer, networks, case, look)

    finished = runs_unless_short(two_steps, batches, case.inputs["real"].shape[1])
    smallest = np.asarray(min(batches) if finished else 0)
    return {ALL: smallest, **(seen or _unseen(networks, look))}


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether no batch is too small; real and fake pictures may also be judged in one."""
    seen[ALL] = np.asarray(int(seen[ALL] >= case.inputs["real"].shape[1]))
    return seen


def runs_unless_short(action: Callable[[], None], batches: list[int], size: int) -> bool:
    """Whether an action gets by; an error is held back where a batch was too short."""
    try:
        action()
    except Exception:
        if not batches or min(batches) >= size:
            raise
        return False
    return True


def _unseen(networks: tuple, look: ModuleType) -> Observation:
    """What `take_steps` would have seen, as `nan`."""
    sizes = [flat(look.parameters(network)).size for network in networks]
    seen: Observation = {}
    for when in ("the first step", "a second step"):
        for name, size in zip(("generator", "discriminator"), sizes, strict=True):
            seen[f"{name}'s loss in {when}"] = np.asarray(nan)
            seen[f"{name} after {when}"] = np.full(size, nan)
    return seen
