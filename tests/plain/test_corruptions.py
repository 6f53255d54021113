"""Damage, defects and the plain methods that autoencoders are compared with."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.data import load
from prodgen_lib.plain import corruptions


@pytest.fixture(scope="module")
def images():
    return load("catalogue", count=60).images


def test_smooth_fills_continue_what_is_smooth():
    row, column = np.mgrid[:16, :16] / 20.0
    plane = np.stack([row, column, row + column], axis=-1)[None]
    mask = corruptions.square_masks(1, size=16, hole=6, seed=1)
    for order in (1, 2):
        filled = corruptions.fill_smooth(plane * (1 - mask), mask, order=order)
        assert np.allclose(filled, plane, atol=1e-6)
    bump = np.repeat((row**2 - column**2)[None, ..., None], 3, axis=-1)  # harmonic
    assert np.allclose(corruptions.fill_smooth(bump * (1 - mask), mask), bump, atol=1e-6)


def test_mean_fill_looks_at_seen_pixels_only():
    picture = np.full((1, 8, 8, 3), 0.25)
    mask = corruptions.square_masks(1, size=8, hole=3, seed=0)
    filled = corruptions.fill_mean(np.where(mask > 0, 99.0, picture), mask)
    assert np.allclose(filled, 0.25)


def test_filters_leave_flat_pictures_and_channels_apart():
    picture = np.zeros((2, 9, 9, 3))
    picture[1, ..., 2] = 1
    for filtered in (corruptions.gaussian(picture, 1.5), corruptions.median(picture, 3)):
        assert np.allclose(filtered, picture)
    picture[0, 4, 4, 0] = 1
    assert corruptions.median(picture, 3)[0].max() == 0
    assert corruptions.gaussian(picture, 1.0)[0, ..., 0].sum() == pytest.approx(1)


def test_components_are_orthonormal_and_the_strongest(images):
    pca = corruptions.fit_pca(images, 10)
    assert np.allclose(pca.components @ pca.components.T, np.eye(10), atol=1e-4)
    strength = pca.encode(images).var(axis=0)
    assert np.all(np.diff(strength) < 0)
    centred = images.reshape(60, -1) / 255.0
    singular = np.linalg.svd(centred - centred.mean(axis=0), compute_uv=False)
    assert np.allclose(strength * 60, singular[:10] ** 2, rtol=1e-3)
    assert pca.decode(pca.encode(images)).shape == images.shape


def test_quantised_codes_are_few_and_near(images):
    codes = np.random.default_rng(0).normal(size=(5000, 3))
    rough = corruptions.quantise(codes, codes, bits=4)
    assert all(len(np.unique(column)) == 16 for column in rough.T)
    step = np.diff(np.unique(rough[:, 0])).max()
    inside = np.abs(codes) < 3
    assert np.abs(rough - codes)[inside].max() <= step / 2 + 0.01


def test_jpeg_counts_its_bytes(images):
    (coarse, file, scan), (fine, file_2, scan_2) = (
        corruptions.jpeg(images[:10], quality) for quality in (5, 90)
    )
    assert coarse.shape == fine.shape == (10, 32, 32, 3)
    assert 500 < file < file_2 and 0 < scan < scan_2 and file - scan == file_2 - scan_2
    errors = [np.mean((p.astype(float) - images[:10]) ** 2) for p in (coarse, fine)]
    assert errors[0] > 4 * errors[1]


def test_defects_are_small_visible_and_on_the_product(images):
    spoiled, cover = corruptions.draw_defects(images, seed=0)
    assert spoiled.dtype == np.uint8 and spoiled.shape == images.shape
    changed = np.abs(spoiled.astype(int) - images).max(axis=3)
    assert np.all(changed[cover == 0] == 0)
    assert np.all((cover > 0).sum((1, 2)) < 100)
    assert np.mean(changed.max((1, 2)) > 40) > 0.9
    again, _ = corruptions.draw_defects(images, seed=0)
    assert np.array_equal(again, spoiled)


def test_odd_pictures_can_not_be_halved():
    with pytest.raises(ValueError, match="even number of pixels"):
        corruptions.half_and_back(31)
