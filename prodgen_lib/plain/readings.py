"""Side and pose of a catalogue product, read back from its picture. Serves both frameworks.

The drawn catalogue knows what else a picture could have been: the same product mirrored, or turned.
It reads as whichever of these drawings its brightness goes with best.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from prodgen_lib.data.catalogue import render

POSES = (-15.0, 0.0, 15.0)  # degrees clockwise


def sided(factors: Mapping[str, np.ndarray], *, least: float = 0.02) -> np.ndarray:
    """Which products show their side: those whose mirrored drawing differs, (N,) bool."""
    ours, theirs = (_brightness(_redrawn(factors, side=side)) for side in (0, 1))
    return (ours * theirs).sum(axis=1) < 1 - least


def read_side(pictures: np.ndarray, factors: Mapping[str, np.ndarray]) -> np.ndarray:
    """0 or 1, whichever side's drawing fits better: int (N,). uint8 pictures N×32×32×3."""
    return _best(pictures, [_redrawn(factors, side=side) for side in (0, 1)])


def read_pose(pictures: np.ndarray, factors: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which of `POSES` fits best, by its place: int (N,). uint8 pictures N×32×32×3."""
    return _best(pictures, [_redrawn(factors, rotation=pose) for pose in POSES])


def _best(pictures: np.ndarray, drawings: list[np.ndarray]) -> np.ndarray:
    seen = _brightness(pictures)
    return np.stack([(seen * _brightness(d)).sum(axis=1) for d in drawings]).argmax(axis=0)


def _redrawn(factors: Mapping[str, np.ndarray], **changes: float) -> np.ndarray:
    return render({**factors, **{n: np.full_like(factors[n], v) for n, v in changes.items()}}, 32)


def _brightness(pictures: np.ndarray) -> np.ndarray:
    """Brightness (N, H·W) without its mean, of length 1: blind to light and contrast."""
    grey = pictures.astype(np.float64).mean(axis=3).reshape(len(pictures), -1)
    grey = grey - grey.mean(axis=1, keepdims=True)
    return grey / np.maximum(np.linalg.norm(grey, axis=1, keepdims=True), 1e-9)
