"""The metrics: values and gradients for the same pictures and the same features."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.parity import Numbers, modules


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    metrics, bridge = modules(framework, "metrics", "bridge")
    rng = np.random.default_rng(seed)
    clean = rng.uniform(0.2, 0.8, (3, 6, 6, 3)).repeat(8, axis=1).repeat(8, axis=2)
    noisy = np.clip(clean + rng.normal(0, 0.1, clean.shape), 0, 1)
    sets = rng.normal(size=(60, 8)), rng.normal(0.2, 1.3, (50, 8))
    seen = _pictures(metrics, bridge, bridge.image_tensor(clean), bridge.image_tensor(noisy))
    seen |= _features(metrics, bridge, *(bridge.to_tensor(features) for features in sets))
    return seen | _reviews(metrics, bridge, clean, noisy)


def _pictures(metrics: ModuleType, bridge: ModuleType, clean, noisy) -> dict[str, Numbers]:
    """Metrics of a pair of pictures: of each picture, and the gradient of their sum."""
    fewer = {"weights": (0.3, 0.7), "data_range": 1.0}
    functions: dict[str, Callable] = {
        "mae": metrics.mae,
        "mse": metrics.mse,
        "psnr": lambda x, y: metrics.psnr(x, y, data_range=1.0),
        "ssim": lambda x, y: metrics.ssim(x, y, data_range=1.0),
        "ssim on luma": lambda x, y: metrics.ssim(x, y, data_range=1.0, luma_only=True, crop=4),
        "ms_ssim": lambda x, y: metrics.ms_ssim(x, y, **fewer),
        "perceptual_distance": lambda x, y: metrics.perceptual_distance(x, y, data_range=1.0),
    }
    seen = {}
    for name, function in functions.items():

        def total(x, y, function=function):
            return sum(function(x[i], y[i]) for i in range(len(x)))

        _, gradients = bridge.value_and_gradients(total, noisy, clean)
        seen[name] = {"of each picture": bridge.to_numpy(function(noisy, clean))}
        seen[f"{name}: gradient for both pictures"] = {
            str(which): bridge.image_array(bridge.to_tensor(gradient))
            for which, gradient in enumerate(gradients)
        }
    return seen


def _features(metrics: ModuleType, bridge: ModuleType, a, b) -> dict[str, Numbers]:
    """Distances between sets, many rows and few, with gradients; and what counts neighbours."""
    seen = {}
    cases = {"frechet_distance": (a, b), "frechet_distance of few": (a[:6], b[:5])}
    for name, pair in (cases | {"polynomial_mmd": (a, b)}).items():
        function = getattr(metrics, name.partition(" ")[0])
        value, gradients = bridge.value_and_gradients(function, *pair)
        seen[name] = {"value": np.array(value)}
        seen[f"{name}: gradient for the features"] = dict(enumerate(gradients))
    shares = np.exp(bridge.to_numpy(a))
    shares /= shares.sum(axis=1, keepdims=True)
    pairs = {
        "kid": metrics.kid(a, b, subsets=5, seed=3),
        "precision_recall": metrics.precision_recall(a, b),
        "density_coverage": metrics.density_coverage(a, b),
        "inception_score": metrics.inception_score(bridge.to_tensor(shares), splits=4),
    }
    both = {name: dict(enumerate(map(bridge.to_numpy, pair))) for name, pair in pairs.items()}
    return seen | both | {"category_coverage": {"": np.array(metrics.category_coverage(a))}}


def _reviews(metrics: ModuleType, bridge: ModuleType, clean, noisy) -> dict[str, Numbers]:
    """What a candidate writes at a whiteboard."""
    saved = np.rint(clean * 255)
    quality = metrics.review_quality(bridge.image_tensor(saved), bridge.image_tensor(2 * noisy - 1))
    rng = np.random.default_rng(len(clean))
    a, b = (bridge.to_tensor(rng.normal(size=(count, 4))) for count in (30, 20))
    return {
        "review_quality": dict(enumerate(map(bridge.to_numpy, quality))),
        "review_distance": {"": bridge.to_numpy(metrics.review_distance(a, b))},
    }
