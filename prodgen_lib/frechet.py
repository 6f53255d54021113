"""How far one set of pictures is from another: the Fréchet distance between their features."""

from __future__ import annotations

import numpy as np


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Fréchet distance between normal distributions fitted to two sets of features (n, D), (m, D).

        ‖μ_a - μ_b‖²  +  tr(Σ_a + Σ_b - 2 (Σ_a Σ_b)^½)      (arXiv:1706.08500; covariances with n-1)

    The trace of the root is the nuclear norm of A Bᵀ / √((n-1)(m-1)), where A and B are the centred
    features: no matrix root, and exact for sets of fewer pictures than features. Float64. With
    features of the Inception network this is "FID"; with others it isn't, so say which you used.
    It is biased upwards, like 1/n: compare sets of one size.
    """
    a, b = _checked(features_a, "first"), _checked(features_b, "second")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"The sets have {a.shape[1]} and {b.shape[1]} features; make them equal.")
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    a, b = (a - mean_a) / np.sqrt(len(a) - 1), (b - mean_b) / np.sqrt(len(b) - 1)
    shared = np.linalg.svd(_small(a) @ _small(b).T, compute_uv=False).sum()
    return float(np.sum((mean_a - mean_b) ** 2) + np.sum(a**2) + np.sum(b**2) - 2 * shared)


def _small(a: np.ndarray) -> np.ndarray:
    """A matrix R of at most D rows with RᵀR = AᵀA: the nuclear norm needs no more of A."""
    return np.linalg.qr(a, mode="r") if len(a) > a.shape[1] else a


def _checked(features: np.ndarray, which: str) -> np.ndarray:
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(
            f"The {which} set has shape {features.shape}; "
            "expected (pictures, features) with at least 2 pictures."
        )
    if not np.isfinite(features).all():
        raise ValueError(
            f"The {which} set of features holds NaN or infinity; look at the pictures they are of."
        )
    return features
