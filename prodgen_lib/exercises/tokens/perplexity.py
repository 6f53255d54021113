from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import dtype_name, probe
from prodgen_lib.exercises.diffusion.closed import STAYS, guarded


def cases(rng: np.random.Generator) -> list[Case]:
    """Four by hand, from one code to all of them; uneven shares in several shapes.

    In the rows, and in the two halves of a batch, the shares differ from those of all ids.
    """

    def draw(name: str, size: int, *shape: int) -> Case:
        shares = rng.dirichlet(np.full(size, 0.5))
        ids = rng.choice(size, shape, p=shares)
        ids.flat[:2] = 0, size - 2  # more than one code, and not the last alone
        ids[ids == size - 1] = 1  # a code that is never used, at the end
        return Case(name, {"ids": ids, "size": size})

    def by_hand(name: str, ids: list, size: int, right: float) -> Case:
        given = {"ids": np.array(ids), "size": size}
        return Case(name, given, {"perplexity": right})

    return [
        by_hand("four codes, all used alike", [[0, 1], [2, 3]], 4, 4.0),
        by_hand("one code of four", [[2, 2, 2]], 4, 1.0),
        by_hand("two codes of eight, used alike", [[6, 1], [6, 1]], 8, 2.0),
        by_hand("a codebook of one code", [[0, 0]], 1, 1.0),
        draw("three rows of eight places", 6, 3, 8),
        draw("one row", 5, 30),
        draw("maps of ids", 40, 2, 5, 5),
        draw("many ids", 300, 20, 64),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The perplexity, and its dtype."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    found = answer(look.tensor(inputs["ids"], "int64"), size=inputs["size"])
    return {
        "perplexity": look.array(found),
        "invariant: float32": dtype_name(found),
        STAYS: changed(),
    }
