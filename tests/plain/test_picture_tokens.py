"""Codes as tokens and back, and one vocabulary for words and pictures."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.plain.picture_tokens import Rounding, vocabulary, word_count, word_ids
from prodgen_lib.plain.prompts import COUNTS


def test_a_code_becomes_digits_and_these_a_number():
    rounding = Rounding(2.0, levels=3, group=2, reach=1.5)  # values -3, 0 and 3
    codes = np.array([[-3.0, 0.0, 3.0, 3.0], [9.0, -9.0, 1.4, -1.6]])
    tokens = rounding.encode(codes)
    assert tokens.tolist() == [[0 * 3 + 1, 2 * 3 + 2], [2 * 3 + 0, 1 * 3 + 0]]
    assert tokens.dtype == np.int64 and rounding.ids == 9
    assert rounding.decode(tokens).tolist() == [[-3, 0, 3, 3], [3, -3, 0, -3]]


@pytest.mark.parametrize(("levels", "group"), [(12, 2), (2, 4), (5, 1), (7, 3)])
def test_what_was_rounded_once_stays(levels, group):
    rounding = Rounding(1.21, levels=levels, group=group)
    tokens = np.random.default_rng(0).integers(0, rounding.ids, (6, 5))
    codes = rounding.decode(tokens)
    assert codes.shape == (6, 5 * group) and codes.dtype == np.float32
    assert np.array_equal(rounding.encode(codes), tokens)


def test_no_number_inside_moves_by_more_than_half_a_level():
    rounding = Rounding(1.21, levels=12, group=2)
    codes = np.random.default_rng(1).uniform(-1, 1, (50, 8)) * 1.21 * 2.5
    again = rounding.decode(rounding.encode(codes))
    assert np.abs(again - codes).max() <= 1.21 * 2.5 / 11 + 1e-6


def test_words_of_different_factors_never_share_an_id():
    counts = (3, 2)
    assert word_count(counts) == 7
    every = [[a, b] for a in range(4) for b in range(3)]
    ids = word_ids(np.array(every), counts=counts)
    assert ids.min() == 0 and ids.max() == 6
    assert not set(ids[:, 0]) & set(ids[:, 1])
    assert word_ids(np.array([[3, 2]]), counts=counts).tolist() == [[3, 6]]  # both unsaid
    with pytest.raises(ValueError, match=r"must lie in 0\.\.3"):
        word_ids(np.array([[4, 0]]), counts=counts)


def test_ids_of_pictures_stand_for_their_numbers_and_words_for_none():
    rounding = Rounding(1.0, levels=4, group=2)
    table, first = vocabulary(rounding), word_count()
    assert first == sum(COUNTS) + 4 and table.shape == (first + 16 + 1, 2)
    assert not table[:first].any() and not table[-1].any()
    codes = np.random.default_rng(2).normal(0, 1, (3, 6))
    tokens = rounding.encode(codes)
    told = table[first + tokens].reshape(3, 6) * rounding.reach
    assert np.allclose(told, rounding.decode(tokens))
