"""The VAE's functions against closed forms, and its training and files, in both frameworks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from prodgen_lib.data import load


@pytest.fixture
def vae(fw):
    return fw.vae


def test_networks_have_the_shapes_they_promise(fw, vae, rng):
    encoder, decoder = vae.build_encoder(latents=5, width=3), vae.build_decoder(latents=5, width=3)
    pictures = vae.unit_images(rng.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8))
    mean, log_variance = vae.posterior(encoder, pictures)
    assert tuple(mean.shape) == tuple(log_variance.shape) == (2, 5)
    assert fw.bridge.image_array(decoder(mean)).shape == (2, 32, 32, 3)


def test_signals_keep_their_size_through_both_networks(fw, vae, rng):
    fw.bridge.set_seed(0)
    noise = fw.bridge.to_tensor(rng.standard_normal((50, 32)))
    logits = fw.bridge.to_numpy(vae.build_decoder()(noise))
    assert 0.3 < logits.std() < 3


@pytest.mark.parametrize(("mean", "log_variance"), [(0.0, 0.0), (1.5, -2.0), (-0.3, 1.2)])
def test_kl_is_the_integral(fw, vae, mean, log_variance):
    q = norm(mean, math.exp(log_variance / 2))
    expected, _ = quad(lambda z: q.pdf(z) * (q.logpdf(z) - norm.logpdf(z)), -20, 20)
    tensors = (fw.bridge.to_tensor([[value]]) for value in (mean, log_variance))
    assert fw.bridge.to_numpy(vae.kl_divergence(*tensors))[0, 0] == pytest.approx(
        expected, abs=1e-5
    )


def test_gaussian_likelihood_is_scipys(fw, vae, rng):
    mean, pictures = rng.uniform(0, 1, (2, 3, 4, 4, 2))
    expected = norm.logpdf(pictures, mean, 0.3).sum(axis=(1, 2, 3))
    tensors = (fw.bridge.image_tensor(part) for part in (mean, pictures))
    found = fw.bridge.to_numpy(vae.gaussian_log_likelihood(*tensors, math.log(0.3)))
    assert np.allclose(found, expected, rtol=1e-5)


def test_bernoulli_likelihood_stays_finite_at_large_logits(fw, vae):
    logits = fw.bridge.image_tensor(np.array([-100.0, 100.0]).reshape(1, 1, 2, 1))
    pictures = fw.bridge.image_tensor(np.array([1.0, 1.0]).reshape(1, 1, 2, 1))
    found = fw.bridge.to_numpy(vae.bernoulli_log_likelihood(logits, pictures))
    assert found[0] == pytest.approx(-100)


def test_the_best_scale_is_the_best(fw, vae, rng):
    mean, pictures = (fw.bridge.image_tensor(part) for part in rng.uniform(0, 1, (2, 3, 4, 4, 2)))
    best = float(vae.optimal_log_scale(mean, pictures))
    scores = [
        float(fw.bridge.to_numpy(vae.gaussian_log_likelihood(mean, pictures, scale)).sum())
        for scale in (best - 0.01, best, best + 0.01)
    ]
    assert scores[1] > max(scores[0], scores[2])


@pytest.mark.tensorflow_slow
def test_importance_weights_approach_the_true_likelihood(fw, vae, rng):
    """x = z + noise: log p(x) is known, and q is wrong on purpose."""
    x, scale, count = np.array([[0.8, -1.1]]), 0.5, 4000
    exact = multivariate_normal.logpdf(x[0], cov=(1 + scale**2) * np.eye(2))
    mean, log_variance = (fw.bridge.to_tensor(np.full((1, 2), value)) for value in (0.1, -0.5))
    noise = fw.bridge.to_tensor(rng.standard_normal((count, 1, 2)))

    def log_likelihood(code):
        errors = (fw.bridge.to_tensor(x) - code) / scale
        terms = -0.5 * errors**2 - math.log(scale) - 0.5 * math.log(2 * math.pi)
        return terms[:, 0] + terms[:, 1]

    def bound(draws):
        found = vae.importance_weighted_bound(mean, log_variance, draws, log_likelihood)
        return float(fw.bridge.to_numpy(found)[0])

    single = np.mean([bound(noise[k : k + 1]) for k in range(200)])
    assert single < exact - 0.5
    assert bound(noise) == pytest.approx(exact, abs=0.1)


def test_traverse_changes_one_number_and_leaves_the_code(fw, vae, rng):
    start = rng.standard_normal(4).astype(np.float32)
    code, seen = fw.bridge.to_tensor(start), []
    decoder = vae.build_decoder(latents=4, width=2)

    def watched(codes):
        seen.append(fw.bridge.to_numpy(codes).copy())
        return decoder(codes)

    rows = vae.traverse(watched, code, 1, fw.bridge.to_tensor([-2.0, 0.0, 3.0]))
    assert len(rows) == 3 and np.array_equal(fw.bridge.to_numpy(code), start)
    expected = np.tile(start, (3, 1))
    expected[:, 1] = [-2, 0, 3]
    assert np.allclose(seen[0], expected)


def test_bits_per_dimension_by_hand(vae):
    """A density of 255 a value is one grey level in 256, so no bit is left to say."""
    assert vae.bits_per_dimension(10 * math.log(255), 10) == pytest.approx(0, abs=1e-12)
    assert vae.bits_per_dimension(0.0, 10) == pytest.approx(math.log2(255))


@pytest.mark.tensorflow_slow
def test_training_raises_the_bound_and_a_loose_likelihood_collapses(vae):
    pictures = load("catalogue", count=200).images
    options = {"steps": 60, "latents": 4, "width": 4, "progress": False}
    model = vae.train(pictures, **options)
    assert model.history["loss"][-10:].mean() < model.history["loss"][:10].mean() - 200
    assert len(model.history["kl"]) == 60
    loose = vae.train(pictures, log_scale=0.5 * math.log(3072 / 2), **options)
    assert vae.evaluate(loose, pictures[:50], samples=1)["kl"].mean() < 0.02
    seen = vae.evaluate(model, pictures[:50], samples=5)
    assert np.allclose(seen["elbo"], seen["reconstruction"] - seen["kl"].sum(axis=1), rtol=1e-4)
    assert seen["bound"].mean() > seen["elbo"].mean()


def test_same_seed_same_model(vae):
    pictures = load("catalogue", count=50).images
    options = {"steps": 3, "latents": 4, "width": 2, "progress": False, "seed": 3}
    one, two = (vae.sample(vae.train(pictures, **options).decoder, 2, latents=4) for _ in range(2))
    assert np.array_equal(one, two)


def test_active_units_and_collapse(fw, vae):
    kl = fw.bridge.to_tensor([[0.5, 0.0, 0.2], [0.7, 0.1, 0.1]])
    assert vae.active_units(kl) == [0, 2]
    assert not vae.is_collapsed(kl) and vae.is_collapsed(kl, threshold=1.0)


def test_files_go_there_and_back(fw, vae, tmp_path):
    model = vae.Vae(
        vae.build_encoder(latents=3, width=2), vae.build_decoder(latents=3, width=2), -2.5, {}
    )
    vae.save(model, tmp_path / "vae.safetensors")
    again = vae.load_vae(tmp_path / "vae.safetensors", latents=3, width=2)
    assert again.log_scale == -2.5
    for one, two in ((model.encoder, again.encoder), (model.decoder, again.decoder)):
        ours, theirs = fw.bridge.weights(one), fw.bridge.weights(two)
        assert all(np.allclose(ours[name], theirs[name], atol=1e-3) for name in ours)


def test_the_shipped_model_explains_pictures_it_never_saw(vae):
    model = vae.load_pretrained()
    pictures = load("catalogue", split="test", count=100).images
    again = vae.decode(model.decoder, vae.encode(model.encoder, pictures)[0])
    error = np.abs(again - pictures.astype(float)).mean()
    assert error < 8, f"{error:.1f} grey levels"
