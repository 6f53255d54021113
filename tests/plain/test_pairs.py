"""Wishes and exact pairs from the catalogue's factors."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.data import DataError, Dataset, load
from prodgen_lib.plain import pairs


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load("catalogue", count=40)


@pytest.fixture
def unknown(data) -> Dataset:
    return Dataset("other", data.images, data.labels, data.classes)


def test_conditions_are_category_and_colour_where_known(data, unknown):
    labels, counts = pairs.conditions(data)
    assert counts == (10, 12) and labels.dtype == np.int64
    assert np.array_equal(labels, np.stack([data.labels, data.factors["main"]], axis=1))
    labels, counts = pairs.conditions(unknown)
    assert counts == (10,) and np.array_equal(labels[:, 0], data.labels)


def test_cover_is_one_on_the_product_and_nothing_on_the_wall(data):
    share = pairs.cover(data.factors)
    assert share.shape == (40, 32, 32, 1) and share.min() >= 0 and share.max() == 1
    assert share[:, :2].max() < 0.1  # above every product
    assert np.all((share > 0.9).mean(axis=(1, 2, 3)) > 0.04)


def test_a_drawing_tells_neither_colour_nor_pattern(data):
    other = dict(data.factors)
    other["main"], other["second"] = (other["main"] + 3) % 12, (other["main"] + 5) % 12
    other["pattern"] = (other["pattern"] + 1) % 4
    drawing = pairs.outline(data.factors)
    assert np.array_equal(drawing, pairs.outline(other))
    assert np.all((drawing < 128).mean(axis=(1, 2, 3)) > 0.03)
    assert np.all(drawing[:, :2] == 255)


def test_a_styled_wall_leaves_the_product_as_it_is(data):
    source, target = pairs.pairs("background", data)
    inside = pairs.cover(data.factors)[..., 0] > 0.999
    wall = pairs.cover(data.factors)[..., 0] < 0.02
    change = np.abs(source.astype(int) - target).max(axis=3)
    assert change[inside].max() <= 3
    assert np.median(change[wall]) > 60


def test_pairs_of_pictures_without_factors(unknown):
    source, target = pairs.pairs("outline", unknown)
    assert source.shape == target.shape and np.array_equal(target, unknown.images)
    with pytest.raises(DataError, match="Only the catalogue"):
        pairs.pairs("background", unknown)
    with pytest.raises(DataError, match="translation"):
        pairs.pairs("nonsense", unknown)


def test_corner_masks_hide_one_corner():
    masks = pairs.corner_masks(50, hole=5, seed=1)
    assert masks.shape == (50, 32, 32, 1) and np.all(masks.sum(axis=(1, 2, 3)) == 25)
    corners = masks[:, [0, 0, -1, -1], [0, -1, 0, -1], 0]
    assert np.all(corners.sum(axis=1) == 1) and np.all(corners.any(axis=0))


def test_lab_of_known_colours():
    got = pairs.lab(np.array([[1.0, 1, 1], [0, 0, 0], [1, 0, 0]]))
    assert np.allclose(got, [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.2]], atol=0.1)


def test_colour_error_is_lower_for_the_right_colour(data):
    main = data.factors["main"]
    right = pairs.colour_error(data.images, main)
    wrong = pairs.colour_error(data.images, (main + 4) % 12)
    assert right.shape == (40,) and right.mean() < 0.4 * wrong.mean()
    flat = np.broadcast_to(np.uint8([51, 97, 204]), (1, 32, 32, 3))  # blue, colour 5
    assert pairs.colour_error(flat, np.array([5])) == pytest.approx(0, abs=0.5)


def test_diversity_by_hand():
    features = np.array([[0.0, 0], [3, 4], [1, 1], [1, 1]])
    assert pairs.diversity(features, np.array([0, 0, 1, 1])) == pytest.approx(2.5)


def test_a_drawing_does_not_know_its_neighbours(data):
    together = pairs.line_drawing(data.images)
    alone = np.concatenate([pairs.line_drawing(data.images[i : i + 1]) for i in range(40)])
    assert np.array_equal(together, alone)
