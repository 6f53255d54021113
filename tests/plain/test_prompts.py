"""Prompts: what is asked for, which combinations are kept back, and how a prompt reads."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from prodgen_lib.data import load
from prodgen_lib.data.errors import DataError
from prodgen_lib.plain.prompts import COUNTS, held_out, prompts, words

EVERY = np.array([(*rest, 0) for rest in product(*map(range, COUNTS[:3]))])
"""One prompt of each combination of category, main colour and pattern."""


def test_a_catalogue_gives_its_own_prompts():
    data = load("catalogue", count=300)
    asked = prompts(data)
    assert asked.dtype == np.int64 and asked.shape == (300, 4)
    assert np.array_equal(asked[:, 0], data.labels)
    assert np.array_equal(asked[:, 3], data.factors["second"])
    assert np.all(asked >= 0) and np.all(asked < COUNTS)
    assert np.all(asked[:, 1] != asked[:, 3])


def test_other_data_have_no_prompts():
    data = load("catalogue", count=300)
    with pytest.raises(DataError, match="factors"):
        prompts(replace(data, factors={}))
    with pytest.raises(DataError, match="patterns"):
        prompts(load("catalogue_full", count=300))


def test_a_tenth_of_the_combinations_is_held_out_and_everything_is_still_seen():
    kept_back = EVERY[held_out(EVERY)]
    assert len(EVERY) == 480 and len(kept_back) == 48
    times = [np.bincount(kept_back[:, k], minlength=COUNTS[k]) for k in range(3)]
    assert set(times[0]) == {4, 5} and set(times[1]) == {4} and set(times[2]) == {12}
    pairs = {(a, b): {tuple(row[[a, b]]) for row in kept_back} for a, b in ((0, 1), (1, 2))}
    assert len(pairs[0, 1]) == len(pairs[1, 2]) == 48  # no pair of two is kept back twice


def test_what_is_held_out_never_changes_and_does_not_hang_on_the_second_colour():
    first = [tuple(int(number) for number in row[:3]) for row in EVERY[held_out(EVERY)][:4]]
    assert first == [(0, 3, 1), (0, 7, 0), (0, 8, 3), (0, 10, 2)]
    for second in range(COUNTS[3]):
        again = np.column_stack([EVERY[:, :3], np.full(480, second)])
        assert np.array_equal(held_out(again), held_out(EVERY))


def test_about_a_tenth_of_a_catalogue_is_held_out():
    assert abs(held_out(prompts(load("catalogue", count=4000))).mean() - 0.1) < 0.02


def test_words():
    assert words((1, 0, 1, 5)) == "a red striped mug with blue"
    assert words(np.array([8, 1, 3, 10])) == "an orange two-tone cap with black"
    everything = {words((*row[:3], second)) for row in EVERY for second in range(COUNTS[3])}
    assert len(everything) == 480 * 12
