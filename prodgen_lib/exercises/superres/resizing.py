"""How small pictures are made: cubic weights, eight bits."""

from __future__ import annotations

import numpy as np

from prodgen_lib.checking.exercise import Framework


def upright(pictures: np.ndarray, framework: Framework) -> np.ndarray:
    """What a probe brought back, as N×H×W×C."""
    is_torch = framework.name == "torch" and pictures.ndim == 4
    return np.moveaxis(pictures, 1, -1) if is_torch else pictures
