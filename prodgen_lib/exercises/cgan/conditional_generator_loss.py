from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.cgan.losses import as_loss, judged_by_hand, judged_by_network, loss_cases
from prodgen_lib.exercises.common import probe


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and its gradient for the fakes; the real pictures' logits may be cut off."""
    look, inputs = probe(framework), case.inputs
    real, fake = (look.pictures(inputs[name]) for name in ("real", "fake"))
    labels = framework.module("cgan").to_labels(inputs["labels"])
    if case.by_hand:
        judged = judged_by_hand(framework, inputs)
    else:
        judged, _ = judged_by_network(framework, inputs)
    loss = as_loss(answer, case, look, judged)
    value, (gradient,) = look.value_and_gradients(lambda made: loss(real, made, labels), fake)
    return {"loss": value, "gradient of the fakes": gradient}


cases = loss_cases(float(np.logaddexp(0, [0.5, -6]).mean()))
