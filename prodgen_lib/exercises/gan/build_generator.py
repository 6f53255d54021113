from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe
from prodgen_lib.exercises.gan.networks import conclude, network_cases, passes, starting_weights

__all__ = ["cases", "conclude", "observe"]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights and moving statistics, pictures in both modes, and the gradient for the noise."""
    look = probe(framework)
    network = look.model(answer(**case.inputs["arguments"]))
    if not case.inputs["pictures"]:
        return starting_weights(answer, network, look)
    rng = np.random.default_rng(case.inputs["seed"])
    shape = (case.inputs["pictures"], case.inputs["arguments"]["latent_dim"])
    return passes(network, look.tensor(rng.normal(0, 1, shape)), "pictures", case, look)


cases = network_cases(319, 0.03, {"latent_dim": 2}, ())
