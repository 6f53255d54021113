"""What conditional GANs and translators do once they are put together, in both frameworks."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from prodgen_lib.data import load
from prodgen_lib.plain import pairs


@pytest.fixture
def cgan(fw):
    return importlib.import_module(f"prodgen_lib.{fw.name}.cgan")


@pytest.fixture(scope="module")
def products():
    data = load("catalogue", count=60)
    return data.images, *pairs.conditions(data)


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("how", ["projection", "planes", "none"])
def test_training_repeats_itself_and_learns_something(cgan, products, how):
    pictures, labels, counts = products
    runs = [
        cgan.train(pictures, labels, how=how, steps=3, batch_size=4, width=2, progress=False)
        for _ in range(2)
    ]
    one, other = (run.history for run in runs)
    assert set(one) == {"discriminator", "generator"} and len(one["generator"]) == 3
    assert all(np.allclose(one[name], other[name], rtol=1e-3) for name in one)
    drawn = cgan.sample(runs[0].generator, labels[:5])
    assert drawn.shape == (5, 32, 32, 3) and drawn.dtype == np.uint8 and len(counts) == 2


def test_labels_of_one_question_serve_too(cgan, products):
    """As Fashion-MNIST has them: ten kinds, no colours, one channel."""
    pictures, labels, _ = products
    grey = pictures[..., :1]
    options = {"steps": 2, "batch_size": 4, "width": 2, "progress": False}
    trained = cgan.train(grey, labels[:, 0], **options)
    assert cgan.sample(trained.generator, labels[:3, 0]).shape == (3, 32, 32, 1)


def test_the_same_seed_is_the_same_luck_for_another_wish(fw, cgan):
    fw.bridge.set_seed(0)
    generator = cgan.build_generator((3, 2), width=2)
    one = cgan.sample(generator, np.array([[0, 0], [1, 1]]), seed=4)
    other = cgan.sample(generator, np.array([[0, 0], [2, 0]]), seed=4)
    assert np.array_equal(one[0], other[0]) and not np.array_equal(one[1], other[1])
    assert not np.array_equal(one[0], cgan.sample(generator, np.array([[0, 0]]), seed=5)[0])


def test_the_shipped_generator_draws_what_is_asked(fw, cgan):
    asked = np.stack([np.repeat(np.arange(10), 12), np.tile(np.arange(12), 10)], axis=1)
    drawn = cgan.sample(cgan.load_pretrained(), asked)
    logits = fw.classifier.class_logits(fw.classifier.load_classifier(), drawn)
    assert np.mean(logits.argmax(axis=1) == asked[:, 0]) > 0.95
    shuffled = np.random.default_rng(0).permutation(asked[:, 1])
    errors = [pairs.colour_error(drawn, colours).mean() for colours in (asked[:, 1], shuffled)]
    assert errors[0] < 0.6 * errors[1]


@pytest.mark.tensorflow_slow
def test_a_translator_learns_and_masks_keep_what_is_known(cgan, products):
    pictures, _, _ = products
    options = {"width": 4, "batch_size": 8, "progress": False}
    plain = cgan.train_translator(pictures, pictures, adversarial=False, steps=40, **options)
    assert plain.discriminator is None
    assert plain.history["l1"][-5:].mean() < 0.8 * plain.history["l1"][:5].mean()
    masks = pairs.corner_masks(60)
    filler = cgan.train_translator(pictures, pictures, mask=masks, steps=3, **options)
    filled = cgan.translate(filler.generator, pictures, mask=masks)
    known = np.broadcast_to(masks == 0, pictures.shape)
    assert np.array_equal(filled[known], pictures[known])
    assert not np.array_equal(filled, pictures)


@pytest.mark.tensorflow_slow
def test_the_classification_score_tells_real_pictures_from_one_of_each(cgan):
    data, test = load("catalogue", count=600), load("catalogue", split="test", count=200)
    first = np.stack([data.images[data.labels == kind][0] for kind in range(10)])
    scores = [
        cgan.classification_accuracy_score(
            pictures, data.labels, test.images, test.labels, steps=60, seed=0
        )
        for pictures in (data.images, first[data.labels])
    ]
    assert 0 <= scores[1] < scores[0] - 0.2 <= 0.8
