"""A network that is told a style: its norm by hand, its start, blends, and that it learns."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from prodgen_lib.data import catalogue
from prodgen_lib.plain.materials import material


@pytest.fixture
def net(fw):
    return importlib.import_module(f"prodgen_lib.{fw.name}.feedforward")


def test_conditional_norm_by_hand(fw, net):
    """Channel (0, 2) is normalised to (-1, 1); half of gain 2 and half of gain 4 are gain 3."""
    features = fw.bridge.image_tensor([[[[0.0], [2.0]]], [[[5.0], [9.0]]]])
    gains, shifts = fw.bridge.to_tensor([[2.0], [4.0]]), fw.bridge.to_tensor([[10.0], [20.0]])
    shares = fw.bridge.to_tensor([[1, 0], [0.5, 0.5]])
    found = net.conditional_norm(features, gains, shifts, shares, epsilon=0.0)
    assert np.allclose(fw.bridge.image_array(found).ravel(), [8, 12, 12, 18])


def test_pictures_of_a_batch_do_not_see_each_other(fw, net, rng):
    features = rng.normal(0, 1, (3, 4, 4, 2))
    told = [fw.bridge.to_tensor(x) for x in (rng.normal(0, 1, (2, 2, 2)))]
    shares = np.eye(2)[[0, 1, 1]]

    def normed(part):
        tensors = fw.bridge.image_tensor(features[part]), *told, fw.bridge.to_tensor(shares[part])
        return fw.bridge.image_array(net.conditional_norm(*tensors))

    assert np.allclose(normed(slice(3))[1:2], normed(slice(1, 2)), atol=1e-5)


def test_a_new_network_gives_pictures_around_a_styles_colour(fw, net, rng):
    colours = np.float32([[0.2, 0.5, 0.8], [0.9, 0.1, 0.4]])
    network = net.StyleNetwork(colours, width=4)
    pictures = fw.bridge.image_tensor(rng.uniform(0, 1, (2, 16, 12, 3)))
    noise = fw.bridge.image_tensor(rng.normal(0, 1, (2, 16, 12, 3)))
    found = fw.bridge.image_array(network(pictures, noise, fw.bridge.to_tensor(np.eye(2))))
    assert found.shape == (2, 16, 12, 3) and found.min() > 0 and found.max() < 1
    tint = [v for k, v in fw.bridge.weights(network).items() if k.endswith("embeddings")][-1]
    assert np.allclose(1 / (1 + np.exp(-tint)), colours, atol=1e-5)


def test_it_learns(fw, net):
    factors = catalogue.sample_factors("studio", 20)
    pictures = catalogue.render(factors, 32).astype(np.float32) / 255
    styles = np.stack([material(name, 32) for name in ("dots", "denim")])
    texture = importlib.import_module(f"prodgen_lib.{fw.name}.texture")
    features = texture.random_features(count=8, size=5, levels=2)
    found = net.train(pictures, styles, features, steps=40, batch_size=4, width=8, progress=False)
    assert len(found.history) == 40
    assert found.history[-10:].mean() < 0.5 * found.history[:3].mean()
