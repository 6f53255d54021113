from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import RETURNS_NOTHING, probe
from prodgen_lib.exercises.diffusion.closed import STAYS, floats, guarded


def cases(rng: np.random.Generator) -> list[Case]:
    """Two by hand; a draw that equals the probability; several questions; another dtype."""

    def draw(name: str, probability: float, *counts: int, pictures: int = 12) -> Case:
        labels = np.stack([rng.integers(0, count, pictures) for count in counts], axis=1)
        draws = rng.permutation((np.arange(pictures) + 0.5) / pictures)
        given = {"labels": labels, "nothing": np.array(counts), "probability": probability}
        return Case(name, given | floats(draws=draws))

    worked = {"labels": np.array([[1], [2]]), "nothing": np.array([3]), "probability": 0.2}
    even = {"labels": np.array([[1, 0], [2, 1]]), "nothing": np.array([3, 2]), "probability": 0.5}
    other = draw("labels of another dtype", 0.4, 6, 9, pictures=5)
    other.inputs["other dtype"] = True
    return [
        Case("two pictures worked by hand", worked | floats(draws=[0.05, 0.2]),
             {"labels": [[3], [2]]}),
        Case("a draw that equals the probability", even | floats(draws=[0.5, 0.25])),
        draw("twelve pictures, three questions, probability 0.3", 0.3, 7, 4, 5),
        draw("probability 0.7", 0.7, 6, 9),
        draw("probability 0", 0.0, 6, 9, pictures=4),
        draw("probability 1", 1.0, 6, 9, pictures=4),
        other,
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The labels that come back, whether they are new, and what was given, afterwards."""
    look, inputs = probe(framework), case.inputs
    answer, changed = guarded(answer)
    if inputs.get("other dtype"):
        dtype = "int32" if framework.name == "torch" else "int64"
        labels, nothing = (look.tensor(inputs[name], dtype) for name in ("labels", "nothing"))
    else:
        to_labels = framework.module("cgan").to_labels
        labels, nothing = (to_labels(inputs[name]) for name in ("labels", "nothing"))
    draws = look.tensor(inputs["draws"])
    found = answer(labels, draws, probability=inputs["probability"], nothing=nothing)
    if not isinstance(found, type(labels)):
        told = RETURNS_NOTHING if found is None else Text(*2 * (type(found).__name__,))
        raise Complaint(
            f"The answer is {told.en}; expected a tensor of labels.",
            f"答案给出的是 {told.zh}；应为标签的张量。",
        )
    if found.dtype != labels.dtype:
        raise Complaint(
            f"The answer's dtype is {found.dtype}; expected that of the labels, {labels.dtype}.",
            f"答案的 dtype 是 {found.dtype}；应与标签相同，即 {labels.dtype}。",
        )
    # Nobody can write into a tensor of TensorFlow, so that there `labels` itself does no harm.
    own = framework.name != "torch" or not np.shares_memory(np.asarray(found), np.asarray(labels))
    return {
        "labels": np.asarray(found).copy(),
        STAYS: changed(),
        "invariant: a new tensor": np.asarray(own),
    }
