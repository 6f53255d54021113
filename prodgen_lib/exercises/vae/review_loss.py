"""The candidate's VAE: what each of its faults shows, and how it got there.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """Each half by itself, then both: no KL at the prior, no picture at logits 0; far logits."""

    def draw(name: str, loss: str, *, logits: float = 1.0, codes: float = 1.0) -> Case:
        shape, latents = (4, 3, 2, 3), (4, 6)
        inputs = {
            "logits": logits * rng.normal(0, 2, shape),
            "pictures": rng.uniform(0, 1, shape),
            "mean": codes * rng.normal(0, 1, latents),
            "log_variance": codes * rng.normal(0, 1, latents),
        }
        inputs = {key: value.astype(np.float32) for key, value in inputs.items()}
        return Case(name, inputs | {"loss": loss})

    far = draw("logits as far as ±60, variances down to e^-30", "loss", logits=30)
    far.inputs["logits"] = np.clip(far.inputs["logits"], -60, 60)
    far.inputs["log_variance"] = rng.uniform(-30, 2, (4, 6)).astype(np.float32)
    return [
        draw("codes at the prior", "loss without KL", codes=0),
        draw("logits of 0", "loss with the cross-entropy of a coin", logits=0),
        far,
        draw("four small pictures in colour", "loss"),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, by a name for each half; the sign of what far codes cost; gradients."""
    look, inputs = probe(framework), case.inputs
    logits, pictures = look.pictures(inputs["logits"]), look.pictures(inputs["pictures"])
    codes = look.tensor(inputs["mean"]), look.tensor(inputs["log_variance"])
    value, gradients = look.value_and_gradients(
        lambda a, *both: answer(a, pictures, *both), logits, *codes
    )
    seen = {inputs["loss"]: value}
    if not inputs["logits"].any():
        at_the_prior = look.array(answer(logits, pictures, *(0 * code for code in codes)))
        rise = np.mean(value) - np.mean(at_the_prior)
        seen = {"codes cost": np.sign(np.nan_to_num(rise, nan=1.0)), **seen}
    if inputs["loss"] != "loss":
        return seen
    names = ("logits", "mean", "log-variance")
    return seen | {
        f"gradient of the {name}": found for name, found in zip(names, gradients, strict=True)
    }
