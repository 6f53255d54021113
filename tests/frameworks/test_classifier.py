"""The shipped classifier, in each framework."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.data import load


@pytest.mark.parametrize(("name", "least"), [("catalogue", 0.99), ("catalogue_full", 0.98)])
def test_it_knows_pictures_that_it_never_saw(fw, name, least):
    unseen = load(name, count=1000, seed=7)
    logits = fw.classifier.class_logits(fw.classifier.load_classifier(), unseen.images)
    assert logits.shape == (1000, 10) and logits.dtype == np.float64
    assert np.mean(logits.argmax(axis=1) == unseen.labels) >= least


def test_features_lead_to_the_logits(fw):
    pictures = load("catalogue", count=20).images
    model = fw.classifier.load_classifier()
    features = fw.classifier.features(model, pictures)
    weights = fw.bridge.weights(model)
    assert features.shape == (20, 64) and features.min() >= 0
    logits = features @ weights["04.kernel"] + weights["04.bias"]
    assert np.allclose(logits, fw.classifier.class_logits(model, pictures), atol=1e-3)
