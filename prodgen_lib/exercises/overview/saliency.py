from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.overview.networks import curved, drawn


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pixels by hand; pictures higher than wide, one picture, one channel."""
    weights = [[[[2, -3]], [[0, 1]]], [[[1, 1]], [[1, 1]]]]
    worked = floats(images=np.zeros((1, 2, 1, 2)), weights=weights) | {"labels": np.array([0])}
    return [
        Case("two pixels of two channels, by hand", worked, {"maps": [[[3.0], [1.0]]]}),
        Case("three pictures, higher than wide", drawn(rng, 3, 4, 4, 3, 3)),
        Case("one picture", drawn(rng, 1, 3, 3, 5, 3)),
        Case("one channel", drawn(rng, 4, 3, 3, 4, 1)),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The maps."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    network = curved(framework, inputs["weights"])
    maps = answer(network, look.pictures(inputs["images"]), look.tensor(inputs["labels"], "int64"))
    return {
        "maps": look.array(maps),
        "invariant: without a graph": np.asarray(look.graph_free(maps)),
        STAYS: changed(),
    }
