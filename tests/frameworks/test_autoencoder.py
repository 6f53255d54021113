"""The autoencoders of the chapter, in each framework."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from scipy import stats

from prodgen_lib.data import load
from prodgen_lib.plain import corruptions


@pytest.fixture
def key(fw):
    """The chapter's module."""
    return importlib.import_module(f"prodgen_lib.{fw.name}.autoencoder")


def pictures(fw, rng, count=4):
    return fw.bridge.image_tensor(rng.uniform(0, 1, (count, 32, 32, 3)))


def test_shapes_and_ranges(fw, key, rng):
    codes = key.build_encoder(latents=5, width=2)(pictures(fw, rng))
    assert tuple(codes.shape) == (4, 5)
    out = fw.bridge.image_array(key.build_decoder(latents=5, width=2, channels=1)(codes))
    assert out.shape == (4, 32, 32, 1) and out.min() >= 0 and out.max() <= 1
    out = fw.bridge.image_array(key.review_autoencoder(latents=7)(pictures(fw, rng)))
    assert out.shape == (4, 32, 32, 3) and out.min() >= 0 and out.max() <= 1


def test_starting_weights_keep_signals_alive(fw, key, rng):
    weights = fw.bridge.weights(key.initialise(key.build_encoder(latents=100, width=16)))
    assert weights["01.kernel"].std() == pytest.approx((2 / (16 * 16)) ** 0.5, rel=0.05)
    assert all(np.all(v == 0) for name, v in weights.items() if name.endswith("bias"))
    weights = fw.bridge.weights(key.initialise(key.build_decoder(latents=100, width=16)))
    assert weights["00.kernel"].std() == pytest.approx((2 / 100) ** 0.5, rel=0.05)
    assert weights["01.kernel"].std() == pytest.approx((2 / (4 * 64)) ** 0.5, rel=0.05)


def test_the_chain_shares_its_layers(fw, key, rng):
    encoder, decoder = key.build_encoder(latents=3, width=2), key.build_decoder(latents=3, width=2)
    batch = pictures(fw, rng)
    model = key.chain(encoder, decoder)
    optimizer = fw.bridge.adam(model, 1e-2)
    before = fw.bridge.weights(encoder)
    key.train_step(model, optimizer, batch, batch)
    assert not np.array_equal(before["00.kernel"], fw.bridge.weights(encoder)["00.kernel"])
    both, one = (fw.bridge.image_array(m) for m in (model(batch), decoder(encoder(batch))))
    assert np.allclose(both, one, atol=1e-6)


def test_noise_is_normal_independent_and_seeded(fw, key):
    grey = fw.bridge.image_tensor(np.full((40, 32, 32, 3), 0.5))
    noisy = fw.bridge.image_array(key.add_noise(grey, sigma=0.1, seed=3))
    noise = (noisy - 0.5) / 0.1
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-3
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.1
    assert np.array_equal(noisy, fw.bridge.image_array(key.add_noise(grey, sigma=0.1, seed=3)))
    assert not np.array_equal(noisy, fw.bridge.image_array(key.add_noise(grey, sigma=0.1, seed=4)))
    wild = fw.bridge.image_array(key.add_noise(grey, sigma=5.0, seed=0))
    assert wild.min() == 0 and wild.max() == 1


def test_masked_loss_sees_hidden_values_only(fw, key, rng):
    output, target = rng.uniform(0, 1, (2, 3, 32, 32, 3)).astype(np.float32)
    mask = fw.bridge.image_array(key.random_mask(3, hole=5, seed=0))
    errors = (output - target)[np.broadcast_to(mask, output.shape) > 0] ** 2
    tensors = [fw.bridge.image_tensor(a) for a in (output, target, mask)]
    assert float(key.masked_loss(*tensors)) == pytest.approx(errors.mean(), rel=1e-5)
    assert float(key.masked_loss(*tensors[:2], 0 * tensors[2])) == 0


def test_masks_are_squares_anywhere(fw, key):
    mask = fw.bridge.image_array(key.random_mask(2000, hole=30, seed=0))
    assert mask.shape == (2000, 32, 32, 1) and np.all(mask.sum((1, 2, 3)) == 900)
    corners = {tuple(np.argwhere(m[..., 0])[0]) for m in mask}
    assert corners == {(row, column) for row in range(3) for column in range(3)}


def test_anomaly_score_is_the_worst_window(fw, key, rng):
    target = rng.uniform(0, 1, (2, 32, 32, 3)).astype(np.float32)
    output = target.copy()
    output[0, 3:6, 8:11] += 0.5
    scores = key.anomaly_score(*(fw.bridge.image_tensor(a) for a in (output, target)), window=3)
    assert np.allclose(fw.bridge.to_numpy(scores), [0.25, 0], atol=1e-6)


def test_area_is_the_mann_whitney_statistic(fw, key, rng):
    scores, bad = rng.normal(size=60).round(1), rng.uniform(size=60) > 0.6
    expected = stats.mannwhitneyu(scores[bad], scores[~bad]).statistic / bad.sum() / (~bad).sum()
    area = key.auroc(fw.bridge.to_tensor(scores), fw.bridge.to_tensor(bad) > 0.5)
    assert float(area) == pytest.approx(expected, rel=1e-5)


def test_walk_has_both_ends_and_even_steps(fw, key):
    start, end = fw.bridge.to_tensor([0.0, 1.0]), fw.bridge.to_tensor([3.0, 7.0])
    codes = fw.bridge.to_numpy(key.walk(lambda codes: codes, start, end, steps=4))
    assert np.allclose(codes, [[0, 1], [1, 3], [2, 5], [3, 7]])


@pytest.mark.parametrize("task", ["noise", "hole", "small"])
def test_restoring_leaves_what_can_be_trusted(fw, key, rng, task):
    batch = pictures(fw, rng)
    damaged, mask = key.damage(batch, task=task, seed=1)
    model = key.initialise(key.build_restorer(width=2))
    if fw.name == "torch":
        model.eval()
    mended = fw.bridge.image_array(key.restore(model, damaged, mask))
    hidden = np.broadcast_to(fw.bridge.image_array(mask), mended.shape) > 0
    whole = fw.bridge.image_array(batch)
    assert np.array_equal(mended[~hidden], whole[~hidden])
    assert not np.allclose(mended[hidden], fw.bridge.image_array(damaged)[hidden])
    assert hidden.mean() == (144 / 1024 if task == "hole" else 1)


def test_small_pictures_are_pillows(fw, key, rng):
    whole = rng.uniform(0, 1, (1, 32, 32, 3)).astype(np.float32)
    damaged, _ = key.damage(fw.bridge.image_tensor(whole), task="small", seed=0)
    from PIL import Image

    red = Image.fromarray(whole[0, ..., 0])
    red = red.resize((16, 16), Image.Resampling.BOX).resize((32, 32), Image.Resampling.BICUBIC)
    assert np.allclose(fw.bridge.image_array(damaged)[0, ..., 0], np.asarray(red), atol=1e-5)


def test_unknown_damage_is_named(fw, key, rng):
    with pytest.raises(ValueError, match="No task 'rain'; choose noise, hole or small"):
        key.damage(pictures(fw, rng), task="rain", seed=0)


def error(a, b):
    return float(np.mean((a.astype(float) - b) ** 2)) / 255**2


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("sigma", [0.0, 0.1])
def test_short_training_beats_the_mean_picture(fw, key, sigma):
    data, test = load("catalogue", count=500).images, load("catalogue", split="test", limit=100)
    trained = key.train(data, latents=16, width=8, steps=250, sigma=sigma, progress=False)
    assert len(trained.history["loss"]) == 250
    codes = key.encode(trained.encoder, test.images)
    assert codes.shape == (100, 16) and codes.dtype == np.float32
    trivial = error(data.mean(axis=0, keepdims=True), test.images)
    assert error(key.decode(trained.decoder, codes), test.images) < 0.75 * trivial


@pytest.mark.tensorflow_slow
def test_short_training_of_a_restorer_mends(fw, key):
    data, test = load("catalogue", count=500).images, load("catalogue", split="test", limit=60)
    trained = key.train_restorer(data, task="hole", width=8, steps=150, progress=False)
    assert len(trained.history["loss"]) == 150
    damaged, mended, mask = key.restored(trained.model, test.images, task="hole", seed=5)
    filled = corruptions.fill_mean(damaged / 255.0, mask) * 255
    assert error(mended, test.images) < error(damaged, test.images) < error(filled, test.images)


def test_the_shipped_autoencoder_beats_twice_as_many_components(fw, key):
    data, test = load("catalogue").images, load("catalogue", split="test", limit=300).images
    shipped = key.load_pretrained()
    codes = key.encode(shipped.encoder, test)
    assert codes.shape == (300, 32)
    pca = corruptions.fit_pca(data[:1500], 64)
    linear = error(pca.decode(pca.encode(test)), test)
    assert error(key.decode(shipped.decoder, codes), test) < 0.9 * linear


def test_training_is_seeded_and_watched(fw, key):
    data, seen = load("catalogue", count=50).images, []
    options = {"latents": 2, "width": 2, "steps": 3, "progress": False, "sigma": 0.1}
    first = key.train(data, seed=1, on_step=lambda *news: seen.append(news), **options)
    assert [news[0] for news in seen] == [0, 1, 2]
    assert np.allclose(first.history["loss"], key.train(data, seed=1, **options).history["loss"])


def test_whiteboard_step_learns_to_remove_noise(fw, key, rng):
    model = key.review_autoencoder(latents=4)
    optimizer = fw.bridge.adam(model, 1e-2)
    batch, noise = pictures(fw, rng), fw.bridge.image_tensor(rng.normal(size=(4, 32, 32, 3)))
    losses = [float(key.review_step(model, optimizer, batch, noise)) for _ in range(20)]
    assert losses[-1] < losses[0]
