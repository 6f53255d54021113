from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.autoencoder.networks import _passes, conclude, network_cases
from prodgen_lib.exercises.common import probe

__all__ = ["cases", "conclude", "observe"]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, pictures in both modes, and the gradient for the codes."""
    shape = case.inputs["pictures"], case.inputs["arguments"].get("latents", 64)
    rng = np.random.default_rng(case.inputs["seed"])
    return _passes(answer, case, probe(framework), rng.normal(0, 1, shape), "pictures")


cases = network_cases(132 + 130 + 33 + 17)
