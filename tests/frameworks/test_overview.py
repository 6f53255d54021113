"""Laws, shares, maps and the small GPT, against closed forms, in both frameworks."""

from __future__ import annotations

import importlib
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from prodgen_lib.data import load
from prodgen_lib.plain import costs, small_pictures
from prodgen_lib.plain.measured import measured
from prodgen_lib.plain.pairs import cover


@pytest.fixture
def on(fw) -> SimpleNamespace:
    names = ("overview", "interpret", "picture_gpt", "cgan")
    found = {name: importlib.import_module(f"prodgen_lib.{fw.name}.{name}") for name in names}
    return SimpleNamespace(
        name=fw.name, bridge=fw.bridge, gan=fw.gan, classifier=fw.classifier, **found
    )


@pytest.mark.parametrize("tied", [True, False])
def test_the_count_is_that_of_the_network(on, tied):
    for layers, width, vocabulary, places in ((1, 8, 20, 9), (3, 32, 74, 64)):
        sizes = {"layers": layers, "width": width, "vocabulary": vocabulary, "places": places}
        network = on.picture_gpt.PictureGPT(**sizes, tied=tied)
        counted = costs.transformer_parameters(**sizes, tied=tied)
        assert on.bridge.count_parameters(network) == counted


def test_products_of_a_generator_are_its_kernels(on):
    network = on.gan.build_generator(latent_dim=10, width=4)
    weights, places = on.interpret.products(network, on.bridge.to_tensor(np.zeros((1, 10))))
    assert places == [1, 16, 64, 256]
    wide = [10, 16, 8, 4, 3]
    sizes = [{"inputs": a, "outputs": b} for a, b in pairwise(wide)]
    assert weights == [costs.convolution_parameters(**s, kernel=4, bias=False) for s in sizes]


def test_a_power_law_is_found_again(on, rng):
    sizes = np.geomspace(0.05, 20, 8)
    losses = 0.7 + 0.4 * sizes**-0.55
    starts = on.overview.double([[-20, 0, 0.5], [-1, 0, 0.5]])
    found = on.overview.power_law(on.overview.double(sizes), on.overview.double(losses), starts)
    assert np.allclose(on.bridge.to_numpy(found), [0.7, 0.4, 0.55], rtol=1e-4)


def test_a_law_of_two_sizes_is_found_again(on, rng):
    parameters, tokens = np.exp(rng.uniform(7, 12, 25)), np.exp(rng.uniform(10, 16, 25))
    law = costs.Law(0.5, 12.0, 0.4, 300.0, 0.5)
    losses = np.array([costs.loss_at(law, *pair) for pair in zip(parameters, tokens, strict=True)])
    found, end = on.overview.fit_law(parameters, tokens, losses)
    assert np.allclose(found, law, rtol=1e-3)
    again, _ = on.overview.fit_law(parameters, tokens, losses, starts=(tuple(end),))
    assert np.allclose(again, found, rtol=1e-4)


def test_the_study_of_scale_has_a_law(on):
    runs = [run for run in measured("scaling")["runs"] if run["seed"] == 0]
    columns = (np.array([run[name] for run in runs]) for name in ("parameters", "tokens", "loss"))
    law, _ = on.overview.fit_law(*columns)
    assert 0.2 < law.size_exponent < 0.6 and 0.3 < law.data_exponent < 0.7


def test_copies_show_and_strangers_do_not(on, rng):
    sets = [rng.random((40, 6, 6, 3), np.float32) for _ in range(3)]
    generated, training, held_out = map(on.bridge.image_tensor, sets)
    fresh = float(on.overview.memorised(generated, training, held_out))
    assert 0.2 < fresh < 0.8
    assert float(on.overview.memorised(training, training, held_out)) == 1.0
    assert float(on.overview.memorised(training, held_out, held_out)) == 0.5


def test_attributions_add_up(on, rng):
    network = on.classifier.load_classifier()
    data = load("catalogue", split="test", limit=6)
    images, labels = on.bridge.to_images(data.images), on.cgan.to_labels(data.labels)
    found = on.overview.integrated_gradients(network, images, 0 * images, labels, steps=128)
    logits = [
        on.bridge.to_numpy(network(x))[np.arange(6), data.labels] for x in (images, 0 * images)
    ]
    total = on.bridge.image_array(found).sum(axis=(1, 2, 3))
    assert np.allclose(total, logits[0] - logits[1], atol=0.3)


def test_disordered_weights_are_the_same_numbers(on):
    network = on.classifier.load_classifier()
    other = on.interpret.disordered(network, seed=1, first=2)
    for name, value in on.bridge.weights(network).items():
        changed = on.bridge.weights(other)[name]
        assert np.allclose(np.sort(changed.ravel()), np.sort(value.ravel()))
        assert np.array_equal(changed, value) == (int(name[:2]) < 2) or value.size < 4


def test_maps_lie_on_the_picture(on):
    network = on.classifier.load_classifier()
    data = load("catalogue", split="test", limit=20)
    images, labels = on.bridge.to_images(data.images), on.cgan.to_labels(data.labels)
    masks = on.bridge.to_tensor(cover(data.factors)[..., 0])
    maps = on.interpret.occlusion(network, images, labels, fill=0.85)
    shares = on.bridge.to_numpy(on.overview.inside_share(maps, masks))
    assert shares.mean() > 2 * on.bridge.to_numpy(masks).mean()
    assert [len(s) for s in on.interpret.stages(network, data.images)] == 5 * [20]


def test_the_small_gpt_learns_and_sees_the_past_alone(on, rng):
    data = load("catalogue", limit=600)
    colours = small_pictures.palette(data.images)
    rows = small_pictures.to_rows(data.images, data.labels, colours)
    network = on.picture_gpt.build(16, 1, vocabulary=small_pictures.IDS, places=64)
    before = on.picture_gpt.held_out_loss(network, rows[500:])
    assert before == pytest.approx(np.log(small_pictures.IDS), abs=0.8)
    losses = on.picture_gpt.train(network, rows[:500], steps=60)
    assert len(losses) == 60
    assert on.picture_gpt.held_out_loss(network, rows[500:]) < before - 1
    ids = on.picture_gpt.to_ids(rows[:2, :-1])
    changed = rows[:2, :-1].copy()
    changed[:, 40:] = 0
    one, other = (on.bridge.to_numpy(network(x)) for x in (ids, on.picture_gpt.to_ids(changed)))
    assert np.allclose(one[:, :40], other[:, :40], atol=1e-5)
    assert not np.allclose(one[:, 40:], other[:, 40:], atol=1e-2)


def test_the_rate_rises_and_falls(on):
    rates = [on.picture_gpt.learning_rate(step, 100, width=32) for step in range(100)]
    assert max(rates) == pytest.approx(4e-3, rel=0.01) and np.argmax(rates) in (4, 5)
    assert rates[-1] == pytest.approx(0.05 * 4e-3, rel=0.02)
