"""PyTorch and TensorFlow compute the same."""

from __future__ import annotations

import pkgutil
import sys

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("tensorflow")

from prodgen_lib import parity
from prodgen_lib.data import load
from prodgen_lib.tensorflow import bridge as tf_bridge
from prodgen_lib.tensorflow import classifier as tf_classifier
from prodgen_lib.tensorflow import gan as tf_gan
from prodgen_lib.torch import bridge as torch_bridge
from prodgen_lib.torch import classifier as torch_classifier
from prodgen_lib.torch import gan as torch_gan

BUILDERS = {
    "generator": lambda gan: gan.build_generator(latent_dim=3, width=2),
    "discriminator": lambda gan: gan.build_discriminator(width=2, classes=4),
    "dcgan discriminator": lambda gan: gan.build_dcgan_discriminator(width=2),
}


TOPICS = [found.name for found in pkgutil.iter_modules(parity.__path__)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("topic", TOPICS)
def test_everything_agrees(topic, seed):
    table = parity.parity_table(topic, seed=seed)
    assert len(table) >= 5
    assert {what: d for what, d in table if d > parity.TOLERANCE} == {}


@pytest.mark.parametrize("name", BUILDERS)
def test_weights_go_both_ways(name):
    models = [BUILDERS[name](gan) for gan in (torch_gan, tf_gan)]
    bridges = torch_bridge, tf_bridge
    for a, b in ((0, 1), (1, 0)):
        sent = bridges[a].weights(models[a])
        sent = {key: value + 0.1 for key, value in sent.items()}
        bridges[b].set_weights(models[b], sent)
        back = bridges[b].weights(models[b])
        assert list(sent) == list(back)
        assert all(np.array_equal(sent[key], back[key]) for key in sent)


def test_shipped_weights_draw_the_same_pictures():
    one, other = (gan.sample(gan.load_pretrained(), 40, classes=10) for gan in (torch_gan, tf_gan))
    assert np.abs(one.astype(int) - other).max() <= 1  # a rounding edge of 1/255


def test_shipped_classifiers_agree():
    pictures = load("catalogue_full", count=100).images
    features = [
        c.features(c.load_classifier(), pictures) for c in (torch_classifier, tf_classifier)
    ]
    assert parity.relative_difference(*features) < parity.TOLERANCE


def test_same_training_from_the_same_weights(monkeypatch):
    """Ten steps of `train` with labels: batches and noise come from the same draws."""
    data = load("catalogue", count=100)
    start = torch_gan.build_generator(latent_dim=26, width=2)
    begin = (
        torch_bridge.weights(start),
        torch_bridge.weights(torch_gan.build_discriminator(width=2, classes=10)),
    )
    curves = []
    for gan, bridge in ((torch_gan, torch_bridge), (tf_gan, tf_bridge)):

        def built(builder, weights, bridge=bridge):
            def build(**arguments):
                model = builder(**arguments)
                bridge.set_weights(model, weights)
                return model

            return build

        monkeypatch.setattr(gan, "build_generator", built(gan.build_generator, begin[0]))
        monkeypatch.setattr(gan, "build_discriminator", built(gan.build_discriminator, begin[1]))
        trained = gan.train(
            data.images, data.labels, steps=10, latent_dim=16, width=2, progress=False
        )
        curves.append(trained.history["discriminator"])
    assert np.allclose(*curves, rtol=1e-3)


def test_a_missing_framework_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "prodgen_lib.torch.gan", None)
    with pytest.raises(ModuleNotFoundError, match="needs both"):
        parity.parity_table("gan")
