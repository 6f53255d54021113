"""Codes: new ones lie where old ones do; the gap is 1 where one dimension tells a factor."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.plain.codes import mixture_codes, mutual_information, mutual_information_gap


@pytest.fixture
def rng() -> np.random.Generator:
    """Anew for each test: what one draws does not depend on which others ran before."""
    return np.random.default_rng(0)


def test_new_codes_keep_to_the_clusters_and_their_shares(rng):
    centres = np.array([[-9.0, 0.0], [9.0, 0.0]])
    member = np.repeat([0, 1], [300, 100])
    mean = centres[member] + rng.normal(0, 0.5, (400, 2))
    codes = mixture_codes(mean, np.full((400, 2), np.log(0.25)), 2000, clusters=2, seed=1)
    left = codes[:, 0] < 0
    assert codes.shape == (2000, 2) and codes.dtype == np.float32
    assert abs(left.mean() - 0.75) < 0.03
    assert np.allclose(codes[left].mean(axis=0), centres[0], atol=0.1)
    assert np.allclose(codes[left].var(axis=0), 0.5**2 + 0.25, rtol=0.15)


def test_the_same_seed_gives_the_same_codes(rng):
    mean, log_variance = rng.normal(size=(2, 300, 3))
    one, same, other = (mixture_codes(mean, log_variance, 5, clusters=4, seed=s) for s in (0, 0, 1))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_too_few_pictures_get_a_sentence():
    with pytest.raises(ValueError, match="at least 80"):
        mixture_codes(np.zeros((50, 2)), np.zeros((50, 2)), 5)


def test_a_dimension_that_is_the_factor_tells_all_of_it(rng):
    factor = np.arange(8000) % 4
    codes = np.column_stack([factor + rng.uniform(0, 0.1, 8000), rng.normal(size=8000)])
    told = mutual_information(codes, factor)
    assert told[0] == pytest.approx(np.log(4), rel=0.03)
    assert told[1] < 0.01
    assert mutual_information_gap(codes, {"kind": factor})["kind"] > 0.95


def test_a_rotated_code_has_no_gap(rng):
    factor = rng.normal(size=8000)
    turned = np.column_stack([factor + (noise := rng.normal(size=8000)), factor - noise])
    assert mutual_information_gap(turned, {"size": factor})["size"] < 0.02
    straight = np.column_stack([factor, noise])
    assert mutual_information_gap(straight, {"size": factor})["size"] > 0.9


def test_a_factor_of_one_value_is_left_out(rng):
    assert mutual_information_gap(rng.normal(size=(50, 2)), {"side": np.zeros(50)}) == {}


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="5 codes and 4 values"):
        mutual_information(np.zeros((5, 2)), np.zeros(4))
