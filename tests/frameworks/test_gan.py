"""The GAN of the chapter, in each framework."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_lib.data import load


def cross_entropy(fw, logits, label: float) -> float:
    """The framework's own binary cross-entropy on logits."""
    logits = fw.bridge.to_tensor(logits)
    if fw.name == "torch":
        import torch
        import torch.nn.functional as F

        return float(F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label)))
    import keras
    import tensorflow as tf

    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return float(loss(tf.fill(logits.shape, label), logits))


def test_shapes_and_ranges(fw, rng):
    noise = fw.bridge.to_tensor(rng.normal(size=(3, 7)))
    images = fw.gan.build_generator(latent_dim=7, width=4, channels=2)(noise)
    assert fw.bridge.image_array(images).shape == (3, 32, 32, 2)
    assert np.abs(fw.bridge.to_numpy(images)).max() <= 1
    one, many = (fw.gan.build_discriminator(width=4, channels=2, classes=k) for k in (0, 5))
    assert tuple(one(images).shape) == (3,) and tuple(many(images).shape) == (3, 5)
    assert tuple(fw.gan.build_dcgan_discriminator(width=4, channels=2)(images).shape) == (3,)


def test_starting_weights(fw):
    weights = fw.bridge.weights(fw.gan.build_generator())
    kernels = [value for name, value in weights.items() if name.endswith("kernel")]
    assert all(0.018 < kernel.std() < 0.022 for kernel in kernels)
    assert np.all(weights["01.gamma"] == 1) and np.all(weights["06.bias"] == 0)


def test_losses_are_the_frameworks_cross_entropies(fw, rng):
    real, fake = rng.normal(0, 3, (2, 9)).astype(np.float32)
    tensors = fw.bridge.to_tensor(real), fw.bridge.to_tensor(fake)
    expected = cross_entropy(fw, real, 1.0) + cross_entropy(fw, fake, 0.0)
    assert float(fw.gan.discriminator_loss(*tensors)) == pytest.approx(expected, rel=1e-5)
    expected = cross_entropy(fw, fake, 1.0)
    assert float(fw.gan.generator_loss(tensors[1])) == pytest.approx(expected, rel=1e-5)
    expected = cross_entropy(fw, real - fake, 1.0)
    got = float(fw.gan.relativistic_discriminator_loss(*tensors))
    assert got == pytest.approx(expected, rel=1e-5)
    expected = cross_entropy(fw, fake - real, 1.0)
    got = float(fw.gan.relativistic_generator_loss(*tensors))
    assert got == pytest.approx(expected, rel=1e-5)


def test_losses_by_hand_and_far_out(fw):
    zero, far = fw.bridge.to_tensor([0.0, 0.0]), fw.bridge.to_tensor([100.0, 100.0])
    assert float(fw.gan.discriminator_loss(zero, zero)) == pytest.approx(2 * np.log(2))
    assert float(fw.gan.generator_loss(zero)) == pytest.approx(np.log(2))
    assert float(fw.gan.generator_loss(-far)) == pytest.approx(100)
    assert float(fw.gan.discriminator_loss(-far, far)) == pytest.approx(200)
    assert float(fw.gan.relativistic_generator_loss(far, -far)) == pytest.approx(200)


def test_penalty_of_a_linear_function_is_its_squared_norm(fw, rng):
    slope = rng.normal(size=(1, 4, 4, 2)).astype(np.float32)
    images = fw.bridge.image_tensor(rng.normal(size=(5, 4, 4, 2)))
    weights = fw.bridge.image_tensor(slope)

    def linear(images):
        products = images * weights
        if fw.name == "torch":
            return products.sum(dim=(1, 2, 3))
        import tensorflow as tf

        return tf.reduce_sum(products, axis=(1, 2, 3))

    got = float(fw.bridge.to_numpy(fw.gan.gradient_penalty(linear, images)))
    assert got == pytest.approx(np.sum(slope**2), rel=1e-5)


def test_gradient_of_the_penalty_against_finite_differences(fw, rng):
    discriminator = fw.gan.build_discriminator(width=2)
    weights = {
        name: rng.normal(0, 0.3, value.shape)
        for name, value in fw.bridge.weights(discriminator).items()
    }
    images = fw.bridge.image_tensor(rng.uniform(-1, 1, (3, 32, 32, 3)))

    def penalty_at(shift: float) -> float:
        moved = dict(weights)
        moved["03.kernel"] = weights["03.kernel"] * (1 + shift)
        fw.bridge.set_weights(discriminator, moved)
        return float(fw.bridge.to_numpy(fw.gan.gradient_penalty(discriminator, images)))

    slope = (penalty_at(1e-2) - penalty_at(-1e-2)) / 2e-2
    penalty_at(0.0)
    gradient = fw.bridge.weight_gradients(
        lambda: fw.gan.gradient_penalty(discriminator, images), discriminator
    )["03.kernel"]
    assert np.sum(gradient * weights["03.kernel"]) == pytest.approx(slope, rel=1e-3)
    assert slope == pytest.approx(2 * penalty_at(0.0), rel=1e-3)  # the logit is linear in it


def test_average_after_many_updates_has_its_closed_form(fw):
    model, average = (fw.gan.build_generator(latent_dim=2, width=1) for _ in range(2))
    start, goal = fw.bridge.weights(average), fw.bridge.weights(model)
    goal["01.moving_mean"] += 3
    fw.bridge.set_weights(model, goal)
    for _ in range(5):
        fw.gan.update_average(average, model, 0.8)
    for name, value in fw.bridge.weights(average).items():
        kept = 0 if "moving" in name else 0.8**5
        expected = kept * start[name] + (1 - kept) * goal[name]
        assert np.allclose(value, expected, atol=1e-6), name
    after = fw.bridge.weights(model)
    assert all(np.array_equal(after[name], goal[name]) for name in goal)


def make_step(fw, rng, *, learning_rates: tuple[float, float], labelled: bool, penalty: float):
    """One training step; which weights of the two networks it changed."""
    generator = fw.gan.build_generator(latent_dim=7 if labelled else 4, width=2)
    discriminator = fw.gan.build_discriminator(width=2, classes=3 if labelled else 0)
    models = generator, discriminator
    optimizers = [fw.bridge.adam(m, r) for m, r in zip(models, learning_rates, strict=True)]
    labels = np.eye(3, dtype=np.float32)[[0, 1, 2, 1]]
    noise = rng.normal(size=(4, 7 if labelled else 4))
    before = [fw.bridge.weights(model) for model in models]
    losses = fw.gan.train_step(
        *models,
        *optimizers,
        fw.bridge.image_tensor(rng.uniform(-1, 1, (4, 32, 32, 3))),
        fw.bridge.to_tensor(noise),
        labels=fw.bridge.to_tensor(labels) if labelled else None,
        penalty=penalty,
    )
    changed = [
        [name for name, value in fw.bridge.weights(m).items() if not np.array_equal(value, b[name])]
        for m, b in zip(models, before, strict=True)
    ]
    return losses, *changed


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_step_moves_each_network_by_its_own_optimizer(fw, rng, labelled, penalty):
    options = {"labelled": labelled, "penalty": penalty}
    losses, generator, discriminator = make_step(fw, rng, learning_rates=(1e-3, 1e-3), **options)
    assert set(losses) == {"discriminator", "generator"}
    assert all(float(loss) == pytest.approx(np.log(2), abs=0.1) for loss in losses.values())
    assert "00.kernel" in generator and "00.kernel" in discriminator
    _, generator, discriminator = make_step(fw, rng, learning_rates=(1e-3, 0.0), **options)
    assert "00.kernel" in generator and discriminator == []
    _, generator, discriminator = make_step(fw, rng, learning_rates=(0.0, 1e-3), **options)
    assert all("moving" in name for name in generator) and "00.kernel" in discriminator


def test_score_picks_the_logit_of_the_label(fw, rng):
    images = fw.bridge.image_tensor(rng.uniform(-1, 1, (3, 32, 32, 3)))
    discriminator = fw.gan.build_discriminator(width=2, classes=4)
    labels = fw.bridge.to_tensor(np.eye(4)[[2, 0, 3]])
    got = fw.bridge.to_numpy(fw.gan.score(discriminator, images, labels))
    every = fw.bridge.to_numpy(discriminator(images))
    assert np.allclose(got, every[[0, 1, 2], [2, 0, 3]])


def test_shares_and_collapse(fw):
    logits = fw.bridge.to_tensor(np.eye(4)[[0, 0, 1, 3]])
    shares = fw.gan.category_shares(logits)
    assert fw.bridge.to_numpy(shares).tolist() == [0.5, 0.25, 0, 0.25]
    assert fw.gan.missing_categories(shares) == [2]
    assert fw.gan.missing_categories(shares, threshold=0.3) == [1, 2, 3]
    assert fw.gan.is_collapsed(logits)
    assert not fw.gan.is_collapsed(fw.bridge.to_tensor(np.eye(4)))


def test_sampling_is_seeded_and_takes_labels(fw):
    generator = fw.gan.build_generator(latent_dim=6, width=2, channels=1)
    pictures = fw.gan.sample(generator, 5, seed=1)
    assert pictures.shape == (5, 32, 32, 1) and pictures.dtype == np.uint8
    assert np.array_equal(pictures, fw.gan.sample(generator, 5, seed=1))
    balanced = fw.gan.sample(generator, 300, classes=2)
    chosen = fw.gan.sample(generator, 300, classes=2, labels=np.arange(300) % 2)
    assert len(balanced) == 300 and np.array_equal(balanced, chosen)


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("labelled", [False, True])
def test_short_training_beats_no_training(fw, labelled):
    data = load("catalogue", count=500)
    model = fw.classifier.load_classifier()
    real = fw.classifier.features(model, data.images)

    def distance(steps: int) -> float:
        labels = data.labels if labelled else None
        trained = fw.gan.train(data.images, labels, steps=steps, width=8, progress=False)
        assert len(trained.history["generator"]) == steps
        pictures = fw.gan.sample(trained.generator, 500, classes=10 if labelled else 0)
        return float(fw.metrics.frechet_distance(fw.classifier.features(model, pictures), real))

    assert distance(60) < 0.7 * distance(1)


@pytest.mark.tensorflow_slow
def test_dcgan_trains(fw):
    data = load("catalogue", count=200)
    trained = fw.gan.train_dcgan(data.images, steps=3, width=4, batch_size=8, progress=False)
    assert np.isfinite(trained.history["discriminator"]).all()
    assert fw.gan.sample(trained.generator, 2).shape == (2, 32, 32, 3)


@pytest.mark.tensorflow_slow
def test_on_step_sees_every_step(fw):
    seen = []
    data = load("catalogue", count=50)
    fw.gan.train(
        data.images,
        steps=3,
        width=2,
        progress=False,
        on_step=lambda step, generator, losses: seen.append((step, sorted(losses))),
    )
    assert seen == [(step, ["discriminator", "generator"]) for step in range(3)]


def test_shipped_generator_draws_all_ten_products(fw):
    pictures = fw.gan.sample(fw.gan.load_pretrained(), 300, classes=10)
    logits = fw.classifier.class_logits(fw.classifier.load_classifier(), pictures)
    assert np.mean(logits.argmax(axis=1) == np.arange(300) % 10) > 0.95
    assert not fw.gan.is_collapsed(fw.bridge.to_tensor(logits))


def test_whiteboard_networks_fit_each_other(fw, rng):
    generator = fw.gan.review_generator(noise_dim=5, image_channels=2)
    discriminator = fw.gan.review_discriminator(image_channels=2)
    optimizers = [fw.bridge.adam(model, 1e-3) for model in (generator, discriminator)]
    real = fw.bridge.image_tensor(rng.uniform(-1, 1, (4, 32, 32, 2)))
    noise = fw.bridge.to_tensor(rng.normal(size=(4, 5)))
    losses = fw.gan.review_step(generator, discriminator, *optimizers, real, noise)
    assert float(losses["discriminator"]) == pytest.approx(2 * np.log(2), abs=0.3)
