"""What is made of a style: more cloth, own colours, ink; and Adam for losses that change."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from prodgen_lib.data import catalogue
from prodgen_lib.plain.materials import material
from prodgen_lib.plain.style_measures import style_distance


@pytest.fixture
def made(fw):
    return importlib.import_module(f"prodgen_lib.{fw.name}.stylise")


@pytest.fixture
def texture(fw):
    return importlib.import_module(f"prodgen_lib.{fw.name}.texture")


@pytest.fixture
def product(fw):
    return fw.bridge.image_tensor(catalogue.render({"category": 3}, 32).astype(np.float32) / 255)


def test_more_cloth_of_a_swatch(fw, made, texture, rng):
    swatch = material("dots", 24)
    noise = fw.bridge.image_tensor(rng.uniform(-0.1, 0.1, (1, 32, 40, 3)))
    features = texture.random_features(count=16, size=5, levels=2)
    found, history = made.synthesise(
        fw.bridge.image_tensor(swatch[None]), noise, features, iterations=30
    )
    found = fw.bridge.image_array(found)
    assert found.shape == (1, 32, 40, 3) and found.min() >= 0 and found.max() <= 1
    assert len(history) == 30 and history[-1] < 0.02 * history[0]
    untouched = swatch.mean(axis=(0, 1)) + fw.bridge.image_array(noise)
    other = material("dots", 64, seed=3)
    assert style_distance(found, other)[0] < 0.6 * style_distance(untouched, other)[0]


def test_adam_goes_to_the_best_in_the_box(fw, made, rng):
    aim = rng.uniform(-0.3, 1.3, (1, 3, 4, 3)).astype(np.float32)
    target, start = map(fw.bridge.image_tensor, (aim, np.full(aim.shape, 0.5)))
    kept = fw.bridge.to_numpy(start).copy()

    def loss(images):
        flat = (images - target) ** 2
        return flat.sum() if fw.name == "torch" else importlib.import_module("keras").ops.sum(flat)

    found, history = made.optimise_by_adam(loss, start, steps=200, learning_rate=0.02)
    assert np.allclose(fw.bridge.image_array(found), aim.clip(0, 1), atol=0.02)
    assert history[0] == pytest.approx(((0.5 - aim) ** 2).sum(), rel=1e-4)
    assert len(history) == 200 and np.array_equal(fw.bridge.to_numpy(start), kept)


def test_own_colours_keep_hue_and_take_lightness(fw, made, product):
    style = importlib.import_module(f"prodgen_lib.{fw.name}.style")
    darker = product * 0.8
    found = fw.bridge.image_array(style.to_lab(made.in_own_colours(darker, product)))
    light, colours = (fw.bridge.image_array(style.to_lab(x)) for x in (darker, product))
    assert np.allclose(found[..., 0], light[..., 0], atol=0.5)
    assert np.median(np.abs(found[..., 1:] - colours[..., 1:])) < 0.01
    assert np.allclose(made.in_own_colours(product, product), product, atol=1e-4)


def test_lightness_alone_is_stylised(fw, made, texture, product):
    features = texture.random_features(count=8, size=5, levels=2)
    style = fw.bridge.image_tensor(material("wood", 32)[None])
    found, history = made.stylise_lightness(product, style, features, weight=1.0, iterations=6)
    assert found.shape == product.shape and history[-1] < history[0]
    found, before = map(fw.bridge.image_array, (found, product))
    assert np.abs(found - before).mean() > 0.02
    assert np.abs(found.mean() - before.mean()) < 0.1  # wood is dark, the wall stays light


def test_ink_is_on_edges_only(fw, made):
    step = np.where(np.arange(16) < 8, 0.2, 0.8)[None, None, :, None] * np.ones((1, 16, 1, 3))
    picture = fw.bridge.image_tensor(step)
    found = fw.bridge.image_array(made.ink(0 * picture + 1, picture, strength=0.5))
    assert np.allclose(found[:, :, 7:9], 0.5) and np.allclose(found[:, :, :4], 1)
    assert np.allclose(found[:, :, 12:], 1)
