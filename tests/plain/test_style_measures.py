"""Materials, mattes that are guessed, the judge of styles, and edges."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.data import catalogue
from prodgen_lib.data.errors import DataError
from prodgen_lib.plain.layers import layers
from prodgen_lib.plain.materials import MATERIALS, material
from prodgen_lib.plain.matte import estimate_matte, fitted_wall
from prodgen_lib.plain.style_measures import edges, edges_kept, style_distance


@pytest.mark.parametrize("name", MATERIALS)
def test_materials(name):
    cloth = material(name, 48)
    assert cloth.shape == (48, 48, 3) and cloth.dtype == np.float32
    assert cloth.min() >= 0 and cloth.max() <= 1 and cloth.std(axis=(0, 1)).max() > 0.03
    assert np.array_equal(cloth, material(name, 48))
    assert not np.array_equal(cloth, material(name, 48, seed=1))


def test_a_material_that_is_none():
    with pytest.raises(DataError, match="material"):
        material("velvet", 8)


def test_the_judge_knows_another_piece_from_another_material():
    cloth = {name: material(name, 64) for name in MATERIALS}
    for name in MATERIALS:
        apart = {
            other: style_distance(material(name, 64, seed=4)[None], cloth[other])[0]
            for other in MATERIALS
        }
        assert min(apart, key=apart.get) == name


def test_style_distance_by_hand():
    """The same picture is at 0; an even shift by d is about d, whatever the places' order."""
    picture = material("dots", 32)
    assert style_distance(picture[None], picture)[0] == pytest.approx(0, abs=1e-6)
    assert style_distance(picture[None, ::-1, ::-1], picture[::-1, ::-1])[0] < 1e-6
    even = np.full((2, 24, 24, 3), 0.5)
    even[1] += 0.1
    found = style_distance(even, np.full((20, 18, 3), 0.5))
    assert found[0] == pytest.approx(0, abs=1e-6) and 0.07 < found[1] < 0.13


def test_edges_by_hand():
    """A step of one half over one pixel: steep on both sides of it, half as much each."""
    step = np.where(np.arange(12) < 6, 0.2, 0.7)[None, None, :, None] * np.ones((1, 12, 1, 3))
    found = edges(step)
    assert found[:, :, 5:7].all() and found.sum() == 24
    assert not edges(step, least=0.26).any()


def test_edges_kept_by_hand():
    step = np.where(np.arange(12) < 6, 0.2, 0.7)[None, None, :, None] * np.ones((1, 12, 1, 3))
    near, far = np.roll(step, 1, axis=2), np.roll(step, 4, axis=2)
    near[:, :, 0], far[:, :, :4] = 0.2, 0.2
    recall, precision = edges_kept(np.concatenate([step, near, far, 0 * step]), step)
    assert recall.tolist() == [1, 1, 0, 0] and precision.tolist() == [1, 1, 0, 1]


def test_a_guessed_matte_is_near_the_exact_one():
    factors = catalogue.sample_factors("full", 60, 3)
    parts = layers(factors)
    pictures = catalogue.render(factors).astype(np.float32) / 255
    matte, wall = estimate_matte(pictures)
    assert matte.shape == (60, 64, 64, 1) and wall.shape == pictures.shape
    assert matte.min() >= 0 and matte.max() <= 1
    guess, right = matte[..., 0] > 0.5, parts.matte[..., 0] > 0.5
    shared = (guess & right).sum(axis=(1, 2)) / (guess | right).sum(axis=(1, 2))
    assert np.median(shared) > 0.93 and shared.mean() > 0.9
    bare = parts.matte[..., 0] == 0
    assert np.abs(wall - parts.wall)[bare].mean() < 0.01


def test_a_wall_is_fitted_and_an_empty_picture_has_no_product():
    line = np.linspace(0, 1, 32)
    wall = (0.8 + 0.1 * line[:, None, None] - 0.05 * line[None, :, None] ** 2) * np.ones(3)
    assert np.allclose(fitted_wall(wall), wall)
    matte, beside = estimate_matte(wall[None])
    assert not matte.any() and np.allclose(beside[0], wall)
