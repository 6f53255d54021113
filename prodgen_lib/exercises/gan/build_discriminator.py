from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.gan.networks import conclude, network_cases, passes, starting_weights

__all__ = ["cases", "conclude", "observe"]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, logits in both modes, and the gradient for the pictures."""
    look = probe(framework)
    network = look.model(answer(**case.inputs["arguments"]))
    if not case.inputs["pictures"]:
        return starting_weights(answer, network, look)
    rng = np.random.default_rng(case.inputs["seed"])
    shape = (case.inputs["pictures"], 32, 32, case.inputs["arguments"]["channels"])
    return passes(network, look.pictures(rng.uniform(-1, 1, shape)), "logits", case, look)


cases = network_cases(248, 0.2, {}, ({"classes": 3}, {"classes": 1}))
