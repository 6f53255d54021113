"""Filters without training: even colours, lengths, and the same numbers each time."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.plain.filters import BINOMIAL, random_filters
from prodgen_lib.plain.transport import quantile_places, quantile_steps, subsets


def test_random_filters():
    filters = random_filters(20, 5)
    assert filters.shape == (5, 5, 3, 20) and filters.dtype == np.float32
    assert np.allclose((filters**2).sum(axis=(0, 1, 2)), 1, atol=1e-5)
    assert np.allclose(filters.sum(axis=(0, 1)), 0, atol=1e-5)
    assert np.array_equal(filters, random_filters(20, 5))
    assert not np.allclose(random_filters(20, 5, flat=True).sum(axis=(0, 1)), 0, atol=0.1)
    assert BINOMIAL.sum() == pytest.approx(1) and BINOMIAL[0, 0] == pytest.approx(1 / 256)


@pytest.mark.parametrize(("first", "second"), [(1, 1), (4, 4), (3, 7), (6, 4), (5, 1)])
def test_the_parts_of_two_staircases(first, second):
    """Every number has its whole share, 1/n, and the parts go upwards."""
    here, there, weights = quantile_steps(first, second)
    assert np.allclose(np.bincount(here, weights), 1 / first)
    assert np.allclose(np.bincount(there, weights), 1 / second)
    assert len(weights) <= first + second - 1 and np.all(np.diff(here) >= 0)


def test_quantiles_read_off_by_hand():
    """Four from two: 1/8, 3/8, 5/8, 7/8 where 1/4 and 3/4 are known; as many as known: each."""
    lower, upper, share = quantile_places(4, 2)
    assert (lower + share * (upper - lower)).tolist() == [0, 0.25, 0.75, 1]
    lower, _, share = quantile_places(5, 5)
    assert np.array_equal(lower, range(5)) and not share.any()


def test_subsets():
    assert subsets(3) == ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
