"""The Fréchet distance against scipy, by hand, and at its edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from prodgen_lib.frechet import frechet_distance


def textbook(a: np.ndarray, b: np.ndarray) -> float:
    covariances = np.cov(a.T), np.cov(b.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    between = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    return float(between + np.trace(sum(covariances) - 2 * root))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_it_is_the_textbook_formula(rng):
    a, b = rng.normal(size=(300, 20)), 1.3 * rng.normal(size=(200, 20)) + 0.2
    assert frechet_distance(a, b) == pytest.approx(textbook(a, b), rel=1e-10)


def test_one_feature_by_hand(rng):
    a = np.array([[0.0], [2.0]])  # mean 1, standard deviation √2
    b = np.array([[3.0], [3.0]])  # mean 3, standard deviation 0
    assert frechet_distance(a, b) == pytest.approx(4 + 2)


@pytest.mark.parametrize("count", [2, 10, 500])
def test_identical_sets(rng, count):
    a = 100 + rng.normal(size=(count, 64))
    assert abs(frechet_distance(a, a[::-1])) < 1e-9


def test_fewer_pictures_than_features(rng):
    a, b = rng.normal(size=(10, 64)), rng.normal(size=(300, 64)) + 1
    padded = frechet_distance(np.hstack([a, np.zeros((10, 3))]), np.hstack([b, np.zeros((300, 3))]))
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-12)
    assert frechet_distance(a, b) == pytest.approx(padded, rel=1e-12)


def test_moving_a_set_costs_the_square(rng):
    a = rng.normal(size=(50, 8))
    assert frechet_distance(a, a + 3) == pytest.approx(9 * 8, rel=1e-10)


def test_bad_features(rng):
    good = rng.normal(size=(5, 3))
    with pytest.raises(ValueError, match=r"first set has shape \(1, 3\).*at least 2 pictures"):
        frechet_distance(good[:1], good)
    with pytest.raises(ValueError, match="second set of features holds NaN"):
        frechet_distance(good, np.full((5, 3), np.nan))
    with pytest.raises(ValueError, match="3 and 2 features"):
        frechet_distance(good, good[:, :2])
    with pytest.raises(ValueError, match="expected \\(pictures, features\\)"):
        frechet_distance(good[0], good)
