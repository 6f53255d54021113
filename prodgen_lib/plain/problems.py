"""What a search is tried on: functions with known minima, and the settings of chapter 5's VAE."""

from __future__ import annotations

import numpy as np

from prodgen_lib.plain.search import Space, integer, log

BRANIN_MINIMUM = 0.39788735772973816
HARTMANN6_MINIMUM = -3.322368011391339


def branin(point: np.ndarray) -> np.ndarray:
    """Branin's function on the unit square, (…, 2) to (…): three equally deep minima."""
    x, y = 15 * point[..., 0] - 5, 15 * point[..., 1]
    bend = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
    return bend**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10


def hartmann6(point: np.ndarray) -> np.ndarray:
    """Hartmann's function of six variables on the unit cube, (…, 6) to (…): six local minima."""
    # fmt: off
    widths = np.array([
        [10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14],
    ])
    centres = 1e-4 * np.array([
        [1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381],
    ])
    # fmt: on
    far = (widths * (np.asarray(point)[..., None, :] - centres) ** 2).sum(axis=-1)
    return -(np.exp(-far) * [1, 1.2, 3, 3.2]).sum(axis=-1)


def forrester(point: np.ndarray) -> np.ndarray:
    """Forrester's function on [0, 1], elementwise: a flat part, a local and a global minimum."""
    point = np.asarray(point, float)
    return (6 * point - 2) ** 2 * np.sin(12 * point - 4)


def vae_space() -> Space:
    """Three settings of chapter 5's autoencoder."""
    return Space(
        {
            "learning_rate": log(1e-4, 1e-1),
            "width": integer(4, 16, log=True),
            "latents": integer(2, 64, log=True),
        }
    )
