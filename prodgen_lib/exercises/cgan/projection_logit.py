from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.wishes import as_told, drawn, drawn_labels, value_and_gradients
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pictures by hand; no tables; one question; three; as `train` calls it."""

    def case(name: str, pictures: int, size: int, *counts: int, **inputs: object) -> Case:
        given = {
            "features": drawn(rng, pictures, size),
            "scores": drawn(rng, pictures),
            "tables": [drawn(rng, count, size) for count in counts],
            "labels": drawn_labels(rng, pictures, counts),
        }
        return Case(name, {**given, **inputs})

    tables = [[[1, 0], [0, 1], [2, -1]], [[1, 1], [-1, 3]]]
    worked = {
        "features": np.array([[1, 2], [-3, 0.5]], np.float32),
        "scores": np.array([0.5, -1], np.float32),
        "tables": [np.array(table, np.float32) for table in tables],
        "labels": np.array([[2, 1], [0, 0]]),
    }
    return [
        Case("the two pictures worked by hand", worked, {"logits": [5.5, -6.5]}),
        case("one picture, one question", 1, 3, 4),
        case("two labels and no tables", 4, 3, 5, 2, tables=[]),
        case("five pictures, three questions", 5, 4, 2, 5, 3),
        case("three pictures, as `train` calls it", 3, 6, 2, 4, compiled=True),
        case("six pictures, two questions", 6, 5, 3, 4),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The logits, and gradients for features, scores and tables, which are multiplied by 1."""
    look, inputs = probe(framework), case.inputs
    labels = framework.module("cgan").to_labels(inputs["labels"])
    project = as_told(answer, case, look)
    arrays = [inputs["features"], inputs["scores"], *inputs["tables"]]
    value, (to_features, to_scores, *to_tables) = value_and_gradients(
        look,
        lambda features, scores, *tables: project(
            features, scores, [1 * table for table in tables], labels
        ),
        [look.tensor(array) for array in arrays],
    )
    return {
        "logits": value,
        "gradient of the features": to_features,
        "gradient of the scores": to_scores,
        **{f"gradient of table {k}": gradient for k, gradient in enumerate(to_tables)},
    }
