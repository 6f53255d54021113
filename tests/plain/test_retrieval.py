"""Shares of pictures found, and what equal prompts allow."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.plain.retrieval import ceiling, retrieval, say_the_same, swap_colours

PROMPTS = np.array([[0, 1, 2, 3], [0, 1, 2, 3], [4, 1, 2, 3], [0, 3, 2, 1]])


def test_equal_prompts_say_the_same():
    same = say_the_same(PROMPTS)
    assert same.dtype == bool and np.array_equal(same, same.T) and same.sum() == 6
    assert np.array_equal(swap_colours(PROMPTS)[0], PROMPTS[3])


def test_shares_by_rank_by_hand():
    similarity = np.array([[3, 2, 1], [3, 2, 1], [3, 2, 1]])
    found = retrieval(similarity, np.eye(3, dtype=bool), ranks=(1, 2, 3))
    assert found == {1: pytest.approx(1 / 3), 2: pytest.approx(2 / 3), 3: 1}
    assert retrieval(similarity, np.ones((3, 3), bool), ranks=(1,)) == {1: 1}
    with pytest.raises(ValueError, match="no picture is right"):
        retrieval(similarity, np.zeros((3, 3), bool))


def test_a_similarity_that_says_nothing_finds_nothing():
    assert retrieval(np.zeros((20, 20)), np.eye(20, dtype=bool), ranks=(1, 10)) == {1: 0, 10: 0}


def test_the_ceiling_is_what_a_perfect_reader_reaches_on_average():
    assert ceiling(PROMPTS, ranks=(1, 2)) == {1: 0.75, 2: 1}
    rng, reached = np.random.default_rng(0), []
    for _ in range(400):  # equal prompts are told apart by chance alone
        similarity = say_the_same(PROMPTS) + 0.1 * rng.random((4, 4))
        reached.append(retrieval(similarity, np.eye(4, dtype=bool), ranks=(1,))[1])
    assert abs(np.mean(reached) - 0.75) < 0.05
