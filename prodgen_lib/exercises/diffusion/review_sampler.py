from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.diffusion.closed import floats, gaussian_network


def cases(rng: np.random.Generator) -> list[Case]:
    """Four steps towards Gaussian data with labels, and three with a lower scale."""

    def draw(name: str, steps: int, scale: float, count: int) -> Case:
        labels = {"labels": rng.permutation(3)[:count] + 1, "nothing": np.full(count, 7)}
        start = rng.uniform(1.2, 2.5, (count, 3)) * rng.choice([-1, 1], (count, 3))
        return Case(name, floats(start=start) | labels | {"steps": steps, "scale": scale})

    return [
        draw("four steps, scale 2.5", 4, 2.5, 3),
        draw("three steps, scale 0.5", 3, 0.5, 2),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the network is told and shown, and what comes of it with scale 1 and another."""
    look, inputs = probe(framework), case.inputs
    to_labels = framework.module("cgan").to_labels
    given = [to_labels(inputs[name]) for name in ("labels", "nothing")]
    count, start = len(inputs["start"]), look.tensor(inputs["start"])

    def drawn(scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        network, told = gaussian_network(framework, 0.5, 0.5)
        pictures = answer(network, start, *given, steps=inputs["steps"], scale=scale)
        rows = [np.concatenate([x.ravel() for x in told[name]]) for name in ("times", "labels")]
        return look.array(pictures), *rows, told["shown"][0][:count]

    plain, when, asked, _ = drawn(1.0)
    labelled = asked != inputs["nothing"][0]  # at scale 1 nobody needs the others
    kept = np.array_equal(look.array(start), inputs["start"])
    guided, *both, shown = drawn(inputs["scale"])
    return {
        "times that the network is told": np.sort(np.append(when[labelled], both[0])),
        "labels that the network is told": np.sort(np.append(asked[labelled], both[1])),
        "what the network is shown first": shown,
        "pictures with scale 1": plain,
        "pictures": guided,
        "invariant noise as it was": np.asarray(kept),
    }
