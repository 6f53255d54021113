from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded
from prodgen_lib.exercises.overview.networks import curved, drawn


def cases(rng: np.random.Generator) -> list[Case]:
    """One pixel by hand, whose attributions add up; few steps, one step, one channel.

    By hand: z goes from 0 to 2; its middles are 0.5 and 1.5, where the slopes of the logit are
    1.3375 and 2.2375 times the weight, which is 2 and 0.
    """
    worked = floats(images=[[[[1, 2]]]], baseline=[[[[0, 1]]]], weights=[[[[1, 1]]], [[[2, 0]]]])
    worked |= {"labels": np.array([1]), "steps": 2}
    by_hand = {"attributions": [[[[3.575, 0.0]]]]}
    return [
        Case("one pixel worked by hand", worked, by_hand),
        Case("three pictures, four steps", drawn(rng, 3, 4, 4, 3, 3) | {"steps": 4}),
        Case("two pictures, one step", drawn(rng, 2, 3, 3, 5, 3) | {"steps": 1}),
        Case("one channel, seven steps", drawn(rng, 4, 3, 3, 4, 1) | {"steps": 7}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The attributions, in the layout of the data."""
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    network = curved(framework, inputs["weights"])
    images, baseline = look.pictures(inputs["images"]), look.pictures(inputs["baseline"])
    labels = look.tensor(inputs["labels"], "int64")
    found = answer(network, images, baseline, labels, steps=inputs["steps"])
    numbers = look.array(found)
    if framework.name == "torch" and numbers.ndim == 4:
        numbers = np.moveaxis(numbers, 1, -1)
    return {
        "attributions": numbers,
        "invariant: without a graph": np.asarray(look.graph_free(found)),
        STAYS: changed(),
    }
