from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.vae.bound import floats


def cases(rng: np.random.Generator) -> list[Case]:
    """Two pictures by hand, three times; β; free nats; densities above 1; an unused dimension."""

    def draw(name: str, pictures: int, latents: int, size: float = 1, **options: float) -> Case:
        kl = rng.gamma(1.0, size, (pictures, latents))
        return Case(
            name,
            floats(log_likelihood=rng.normal(-20, 5, pictures), kl=kl) | {"options": options},
        )

    def used(name: str, pictures: int, latents: int) -> Case:
        case = draw(name, pictures, latents, free_nats=0.5)
        case.inputs["log_likelihood"][:] = rng.uniform(5, 60, pictures)
        case.inputs["kl"][:, -1] = 0.001
        return case

    worked = floats(log_likelihood=[-10, -20], kl=[[1, 2], [3, 0]])
    return [
        Case("two pictures worked by hand", worked | {"options": {}}, {"loss": 18.0}),
        Case("the same with β = 2", worked | {"options": {"beta": 2.0}}, {"loss": 21.0}),
        Case(
            "the same with 1.5 free nats",
            worked | {"options": {"free_nats": 1.5}},
            {"loss": 18.5},
        ),
        draw("one picture with 2 free nats", 1, 3, 0.2, free_nats=2.0),
        used("four pictures whose density is above 1, one dimension unused", 4, 5),
        draw("three pictures that hardly use their codes", 3, 4, 0.002),
        draw("six pictures with 0.9 free nats", 6, 8, free_nats=0.9),
        draw("five pictures with β = 0.25 and 1.1 free nats", 5, 7, beta=0.25, free_nats=1.1),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss and its gradients for both halves.

    With both options as the training loop calls it: compiled where it is compiled, β as it comes.
    """
    look, options = probe(framework), case.inputs["options"]
    if len(options) == 2:
        answer = look.compiled(answer)
        if framework.name == "tensorflow":
            options = options | {"beta": look.tensor(np.float32(options["beta"]))}
    value, (to_likelihood, to_kl) = look.value_and_gradients(
        lambda *halves: answer(*halves, **options),
        look.tensor(case.inputs["log_likelihood"]),
        look.tensor(case.inputs["kl"]),
    )
    return {
        "loss": value,
        "gradient of the log-likelihood": to_likelihood,
        "gradient of the KL": to_kl,
    }
