from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.wishes import as_told, drawn, drawn_labels, value_and_gradients
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pictures by hand; one question; three tables of different sizes; as `train` calls it."""

    def case(name: str, pictures: int, sizes: dict[int, int]) -> Case:
        tables = [drawn(rng, count, size) for count, size in sizes.items()]
        labels = drawn_labels(rng, pictures, tuple(sizes))
        return Case(name, {"noise": drawn(rng, pictures, 3), "tables": tables, "labels": labels})

    tables = [[[1, 2], [3, 4], [5, 6]], [[-7], [-8]]]
    worked = {
        "noise": np.array([[0.5, -1], [0, 2]], np.float32),
        "tables": [np.array(table, np.float32) for table in tables],
        "labels": np.array([[2, 0], [0, 1]]),
    }
    by_hand = {"what the generator is given": [[0.5, -1, 5, 6, -7], [0, 2, 1, 2, -8]]}
    trained = case("six pictures, as `train` calls it", 6, {5: 2, 3: 4})
    trained.inputs["compiled"] = True
    return [
        Case("the two pictures worked by hand", worked, by_hand),
        case("one picture, one question", 1, {4: 5}),
        case("five pictures, three tables", 5, {4: 2, 2: 3, 6: 1}),
        trained,
        case("seven pictures, two tables", 7, {3: 4, 5: 2}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the generator is given, and gradients for noise and tables.

    Tables are multiplied by 1 so that TensorFlow's gradient for them is a tensor.
    """
    look, inputs = probe(framework), case.inputs
    labels = framework.module("cgan").to_labels(inputs["labels"])
    join = as_told(answer, case, look)
    value, (to_noise, *to_tables) = value_and_gradients(
        look,
        lambda noise, *tables: join(noise, [1 * table for table in tables], labels),
        [look.tensor(inputs["noise"]), *(look.tensor(table) for table in inputs["tables"])],
    )
    return {
        "what the generator is given": value,
        "gradient of the noise": to_noise,
        **{f"gradient of table {k}": gradient for k, gradient in enumerate(to_tables)},
    }
