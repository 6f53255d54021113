"""Filters at several scales: shapes, edges, blur, and what the features are."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from scipy import ndimage

from prodgen_lib.plain.filters import BINOMIAL, random_filters


@pytest.fixture
def texture(fw):
    return importlib.import_module(f"prodgen_lib.{fw.name}.texture")


def test_brightness_by_hand(fw, texture):
    picture = fw.bridge.image_tensor([[[[1, 0, 0], [0, 1, 0], [1, 1, 1]]]])
    found = fw.bridge.image_array(texture.brightness(picture)).ravel()
    assert found == pytest.approx([0.299, 0.587, 1])


def test_filters_are_correlations_with_mirrored_edges(fw, texture, rng):
    picture = rng.uniform(0, 1, (2, 9, 8, 3))
    filters = random_filters(4, 5)
    found = fw.bridge.image_array(texture.filtered(fw.bridge.image_tensor(picture), filters))
    assert found.shape == (2, 9, 8, 4)
    for k in range(4):
        right = sum(
            ndimage.correlate(picture[1, ..., c], filters[..., c, k], mode="mirror")
            for c in range(3)
        )
        assert np.allclose(found[1, ..., k], right, atol=1e-5)


@pytest.mark.parametrize(("size", "half"), [(8, 4), (9, 5)])
def test_halving_is_a_blur_and_every_second_pixel(fw, texture, rng, size, half):
    picture = rng.uniform(0, 1, (1, size, size, 3))
    found = fw.bridge.image_array(texture.halve(fw.bridge.image_tensor(picture)))
    assert found.shape == (1, half, half, 3)
    right = ndimage.correlate(picture[0, ..., 1], BINOMIAL, mode="mirror")[::2, ::2]
    assert np.allclose(found[0, ..., 1], right, atol=1e-6)


def test_a_checkerboard_is_gone_after_halving(fw, texture):
    board = (np.indices((16, 16)).sum(axis=0) % 2)[None, :, :, None] * np.ones(3)
    found = fw.bridge.image_array(texture.halve(fw.bridge.image_tensor(board)))
    assert np.allclose(found, 0.5, atol=1e-6)


def test_random_features(fw, texture, rng):
    picture = fw.bridge.image_tensor(rng.uniform(0, 1, (2, 16, 12, 3)))
    features = texture.random_features(count=5, size=3, levels=2)
    found = [fw.bridge.image_array(level) for level in features(picture)]
    assert [level.shape for level in found] == [(2, 16, 12, 8), (2, 8, 6, 8)]
    assert found[0][..., :5].min() == 0 and found[0][..., :5].max() > 0
    assert np.allclose(found[0][..., 5:], 2 * fw.bridge.image_array(picture) - 1, atol=1e-6)
    plain = texture.random_features(count=5, size=3, levels=1, colour=False)(0 * picture + 0.7)
    assert np.abs(fw.bridge.image_array(plain[0])).max() < 1e-5  # blind to an even colour


def test_points_there_and_back(fw, texture, rng):
    picture = rng.uniform(0, 1, (2, 3, 4, 5)).astype(np.float32)
    points = texture.to_points(fw.bridge.image_tensor(picture))
    assert np.array_equal(fw.bridge.to_numpy(points), picture.reshape(2, 12, 5))
    assert np.array_equal(fw.bridge.image_array(texture.to_pictures(points, 3)), picture)
