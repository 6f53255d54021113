from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded, tensors


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pairs by hand, at the target; above and below it; at the ceiling and the floor."""

    small = rng.uniform(0.1, 0.15)

    def told(name: str, start, real, fake, target, step=small, **by_hand) -> Case:
        logits = floats(start=start, real=real, fake=fake)
        rule = {"target": target, "step": step, "most": 0.75}
        return Case(name, logits | rule, by_hand)

    def pairs(above: int, below: int, far: float = 0.0) -> dict:
        """Pairs of which so many have real above fake; the others are further apart."""
        count = above + below
        fake = rng.normal(0, 1, count) + far
        apart = np.concatenate([rng.uniform(0.1, 0.4, above), rng.uniform(-6, -4, below)])
        order = rng.permutation(count)
        return {"real": (fake + apart)[order], "fake": fake[order]}

    return [
        told("two pairs worked by hand, at the target", 0.5, [1, 2], [0, 3], 0.0, probability=0.5),
        told("above the target, logits below 0", 0.25, **pairs(7, 1, -9.0), target=0.5),
        told("below the target, logits above 0", 0.5, **pairs(5, 3, 9.0), target=0.5),
        told("a little below the target", 0.5, **pairs(6, 2), target=0.6),
        told("up to the ceiling", 0.7, **pairs(4, 0), target=0.6),
        told("far beyond the ceiling", 0.7, **pairs(4, 0), target=0.6, step=0.5),
        told("sure by little", 0.25, **pairs(7, 0), target=0.5),
        told("sure by much", 0.25, rng.uniform(3, 4, 3), rng.uniform(-1, 0, 3), target=0.5),
        told("down to the floor", 0.05, **pairs(1, 3), target=0.6),
        told("equal, and nearly", 0.25, [1, 2, 3, 0], [1, 1.9999, 2.9999, 0], target=0.3),
        told("equal counts as 0", 0.25, [1, 2, 3, 0], [1, 1.9999, 2.9999, 0], target=0.6),
        told("a low target", 0.375, **pairs(5, 3), target=0.1),
        told("at a target of a half", 0.375, **pairs(6, 2), target=0.5),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The next probability, from logits that hang on a network, as they do in training."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    probability, real, fake = tensors(look, inputs, "start", "real", "fake")
    rule = {name: inputs[name] for name in ("target", "step", "most")}
    if framework.name == "torch":
        real, fake, probability = (x.requires_grad_(True) for x in (real, fake, probability))
    found = answer(probability, real, fake, **rule)
    return {
        "probability": look.array(found),
        "invariant without a graph": np.asarray(look.graph_free(found)),
        STAYS: changed(),
    }
