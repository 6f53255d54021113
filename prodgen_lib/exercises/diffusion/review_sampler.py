from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, gaussian_network, guarded


def cases(rng: np.random.Generator) -> list[Case]:
    """Four steps towards Gaussian data with labels, three with a lower scale, two far from 0."""

    def draw(name: str, steps: int, scale: float, count: int, mean: float = 0.5) -> Case:
        labels = {"labels": rng.permutation(3)[:count] + 1, "nothing": np.full(count, 7)}
        start = rng.uniform(1.2, 2.5, (count, 3)) * rng.choice([-1, 1], (count, 3))
        start[0, 0], start[-1, -1] = 12, -12  # beyond whatever a start may be clipped to
        return Case(
            name, floats(start=start) | labels | {"steps": steps, "scale": scale, "mean": mean}
        )

    return [
        draw("four steps, scale 2.5", 4, 2.5, 3),
        draw("three steps, scale 0.5", 3, 0.5, 2),
        draw("two steps, codes far from 0", 2, 2.0, 2, mean=-20.0),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the network is told and shown, and what comes of it with scale 1 and another.

    How often it is called, and with which of the questions stacked, is free: told times and labels
    are seen as a set of pairs. At scale 1 the velocity without labels counts for nothing.
    """
    answer, changed = guarded(answer)
    look, inputs = probe(framework), case.inputs
    to_labels = framework.module("cgan").to_labels
    given = [to_labels(inputs[name]) for name in ("labels", "nothing")]

    def drawn(scale: float) -> tuple[np.ndarray, dict, np.ndarray]:
        network, told = gaussian_network(framework, inputs["mean"], 0.5)
        start = look.tensor(inputs["start"])
        pictures = answer(network, start, *given, steps=inputs["steps"], scale=scale)
        asked = [
            np.stack([np.round(np.ravel(told[name][k]), 4) for name in ("times", "labels")], axis=1)
            for k in range(len(told["times"]))
        ]
        pairs = np.unique(np.concatenate([*asked, np.zeros((0, 2))]), axis=0)
        return look.array(pictures), told, pairs

    plain, told, asked = drawn(1.0)
    with_labels = asked[asked[:, 1] != inputs["nothing"][0]]
    first = np.unique(told["shown"][0], axis=0) if told["shown"] else np.zeros(0)
    pictures, _, asked_twice = drawn(inputs["scale"])
    return {
        "times that the network is told": np.unique(asked_twice[:, 0]),
        "labels that the network is told": asked_twice,
        "labels that the network is told with scale 1": with_labels,
        "what the network is shown first": first,
        "pictures with scale 1": plain,
        "pictures": pictures,
        STAYS: changed(),
    }
