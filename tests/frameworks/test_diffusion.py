"""Diffusion against closed forms: paths, readings, steps and samplers, in both frameworks."""

from __future__ import annotations

import importlib
import math
from types import SimpleNamespace

import numpy as np
import pytest

MEAN, SPREAD = 0.7, 0.5  # of the data in closed form, N(MEAN, SPREAD²)


@pytest.fixture
def on(fw) -> SimpleNamespace:
    """The answer key's modules of one framework, and tensors to numbers and back."""
    names = ("diffusion", "denoisers", "editing", "cgan")
    found = {name: importlib.import_module(f"prodgen_lib.{fw.name}.{name}") for name in names}
    return SimpleNamespace(name=fw.name, bridge=fw.bridge, **found)


def gaussian(on, kind="velocity", path="linear"):
    """The best network for the data: E[target | mixed]; and the times that it was told."""
    told = []

    def network(mixed, t, labels):
        told.append(on.bridge.to_numpy(t))
        a, b = on.diffusion.signal_and_noise(on.diffusion.beside(t, mixed), path=path)
        off = (mixed - a * MEAN) / (a**2 * SPREAD**2 + b**2)
        picture, noise = MEAN + a * SPREAD**2 * off, b * off
        return on.diffusion.target(picture, noise, t, kind=kind, path=path)

    return network, told


@pytest.mark.parametrize("path", ["linear", "cosine"])
def test_both_ends_of_a_path_are_exact(on, path):
    t = on.bridge.to_tensor([0, 0.5, 1])
    signal, noise = map(on.bridge.to_numpy, on.diffusion.signal_and_noise(t, path=path))
    half = 0.5 if path == "linear" else math.sqrt(0.5)
    assert signal == pytest.approx([1, half, 0], rel=1e-6) and signal[2] == noise[0] == 0
    assert noise == pytest.approx([0, half, 1], rel=1e-6)
    with pytest.raises(ValueError, match="expected 'linear'"):
        on.diffusion.signal_and_noise(t, path="sigmoid")


@pytest.mark.parametrize("path", ["linear", "cosine"])
def test_speeds_are_the_derivatives(on, path):
    t = on.bridge.to_tensor([0.1, 0.5, 0.8])
    speeds = on.diffusion.speeds(t, path=path)
    for k in (0, 1):
        _, (slopes,) = on.bridge.value_and_gradients(
            lambda at, k=k: (
                on.diffusion.signal_and_noise(at, path=path)[k] @ (0 * at + 1)
                if on.name == "torch"
                else sum(on.diffusion.signal_and_noise(at, path=path)[k][i] for i in range(3))
            ),
            t,
        )
        assert on.bridge.to_numpy(speeds[k]) == pytest.approx(np.asarray(slopes), rel=1e-5)


@pytest.mark.parametrize("path", ["linear", "cosine"])
@pytest.mark.parametrize("kind", ["noise", "picture", "velocity"])
def test_what_is_mixed_can_be_read_again(on, rng, kind, path):
    pictures, noise = map(on.bridge.to_tensor, rng.normal(0, 1, (2, 4, 3, 2, 2)))
    t = on.bridge.to_tensor([0.1, 0.4, 0.6, 0.9])
    key = on.diffusion
    told = key.target(pictures, noise, t, kind=kind, path=path)
    mixed = key.mix(pictures, noise, t, path=path)
    for found, right in zip(
        key.read(mixed, told, t, kind=kind, path=path), (pictures, noise), strict=True
    ):
        assert np.allclose(found, right, atol=1e-5)


def test_split_holds_at_both_ends(on, rng):
    pictures, noise = map(on.bridge.to_tensor, rng.normal(0, 1, (2, 3, 5)))
    t = on.bridge.to_tensor([0, 0.3, 1])
    mixed = on.diffusion.mix(pictures, noise, t)
    found = on.diffusion.split(mixed, noise - pictures, t)
    assert np.allclose(found[0], pictures, atol=1e-6) and np.allclose(found[1], noise, atol=1e-6)


def test_v_prediction_is_the_velocity_over_half_pi(on, rng):
    pictures, noise = map(on.bridge.to_tensor, rng.normal(0, 1, (2, 3, 5)))
    t = on.bridge.to_tensor([0.1, 0.5, 0.9])
    a, b = on.diffusion.signal_and_noise(t[:, None], path="cosine")
    velocity = on.diffusion.target(pictures, noise, t, kind="velocity", path="cosine")
    assert np.allclose(velocity, math.pi / 2 * (a * noise - b * pictures), atol=1e-5)


def test_one_ddim_step_is_one_euler_step_on_the_linear_path(on, rng):
    mixed, velocity = map(on.bridge.to_tensor, rng.normal(0, 1, (2, 4, 3, 2, 2)))
    t, s = on.bridge.to_tensor([0.2, 0.5, 0.9, 0.99]), on.bridge.to_tensor([0, 0.1, 0.5, 0.98])
    _, noise = on.diffusion.split(mixed, velocity, t)
    step = on.diffusion.remix(mixed, noise, t, s, path="linear")
    euler = mixed + on.diffusion.beside(s - t, mixed) * velocity
    assert np.allclose(step, euler, atol=2e-5)


@pytest.mark.parametrize("path", ["linear", "cosine"])
@pytest.mark.parametrize("eta", [0.3, 1.0])
def test_a_noisy_step_keeps_the_distribution_of_mixtures(on, rng, path, eta):
    """With the true noise, a mixture at s has the signal and variance of any mixture at s."""
    count = 60_000
    noise, fresh = map(on.bridge.to_tensor, rng.normal(0, 1, (2, count, 1)))
    t, s = (on.bridge.to_tensor(np.full(count, at)) for at in (0.7, 0.4))
    pictures = 0 * noise + 2
    mixed = on.diffusion.mix(pictures, noise, t, path=path)
    step = on.bridge.to_numpy(
        on.diffusion.remix(mixed, noise, t, s, eta=eta, fresh=fresh, path=path)
    )
    a, b = (float(v[0]) for v in on.diffusion.signal_and_noise(s, path=path))
    assert step.mean() == pytest.approx(2 * a, abs=0.02) and step.std() == pytest.approx(
        b, rel=0.02
    )


def test_variance_with_eta_one_is_that_of_bayes(on):
    """p(x_s | x_t, x_0) by Gaussian conditioning, on a path whose squares do not sum to 1."""
    t, s = on.bridge.to_tensor([0.7]), on.bridge.to_tensor([0.4])
    zero, one = on.bridge.to_tensor([[0.0]]), on.bridge.to_tensor([[1.0]])
    spread = float(on.diffusion.remix(zero, zero, t, s, eta=1.0, fresh=one, path="linear")[0, 0])
    ratio = 0.3 / 0.6
    onward = 0.7**2 - ratio**2 * 0.4**2
    assert spread**2 == pytest.approx(1 / (1 / 0.4**2 + ratio**2 / onward), rel=1e-5)


def test_remix_gives_the_clean_estimate_at_the_end(on, rng):
    mixed, noise = map(on.bridge.to_tensor, rng.normal(0, 1, (2, 3, 5)))
    t, s = on.bridge.to_tensor([0.2, 0.5, 0.9]), on.bridge.to_tensor([0, 0, 0])
    picture, _ = on.diffusion.read(mixed, noise, t, kind="noise", path="cosine")
    for eta in (0.0, 1.0):
        found = on.diffusion.remix(mixed, noise, t, s, eta=eta, fresh=noise)
        assert np.allclose(found, picture, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_remix_is_the_scheduler_of_diffusers(on, rng, eta):
    schedulers = pytest.importorskip("diffusers")
    torch = pytest.importorskip("torch")
    scheduler = schedulers.DDIMScheduler(
        100, beta_start=1e-3, beta_end=0.1, clip_sample=False, set_alpha_to_one=True
    )
    scheduler.set_timesteps(10)
    signal = scheduler.alphas_cumprod.sqrt().numpy()
    index, before = 50, 40
    t, s = (on.bridge.to_tensor([2 / math.pi * math.acos(signal[i])]) for i in (index, before))
    mixed, noise, fresh = rng.normal(0, 1, (3, 1, 6)).astype(np.float32)
    theirs = scheduler.step(
        torch.tensor(noise), index, torch.tensor(mixed), eta=eta, variance_noise=torch.tensor(fresh)
    ).prev_sample
    tensors = map(on.bridge.to_tensor, (mixed, noise))
    ours = on.diffusion.remix(*tensors, t, s, eta=eta, fresh=on.bridge.to_tensor(fresh))
    assert np.allclose(ours, theirs, atol=1e-5)


def test_euler_tells_the_network_where_each_step_begins(on, rng):
    network, told = gaussian(on)
    start = on.bridge.to_tensor(rng.normal(0, 1, (3, 2)))
    on.diffusion.flow_sample(network, start, None, steps=4)
    assert np.allclose(told, [[t] * 3 for t in (1, 0.75, 0.5, 0.25)])


@pytest.mark.parametrize("sampler", ["flow_sample", "heun_sample", "remix_sample"])
def test_samplers_reach_the_data_in_closed_form(on, rng, sampler):
    """The flow of Gaussian data is z → MEAN + SPREAD · z; Heun is nearer with the same calls."""
    start = rng.normal(0, 1, (50, 2)).astype(np.float32)
    kind, path = ("noise", "cosine") if sampler == "remix_sample" else ("velocity", "linear")
    network, _ = gaussian(on, kind, path)
    draw = getattr(on.diffusion, sampler)
    options = {"first": 0.999} if sampler == "remix_sample" else {}
    errors = []
    for steps in (10, 40):
        made = draw(network, on.bridge.to_tensor(start), None, steps=steps, **options)
        errors.append(np.abs(on.bridge.to_numpy(made) - (MEAN + SPREAD * start)).max())
    order = {"flow_sample": 3, "heun_sample": 10, "remix_sample": 3}[sampler]
    assert errors[1] < errors[0] / order and errors[1] < 0.05


def test_fresh_noise_in_the_sampler_keeps_the_data_too(on, rng):
    count, steps = 4000, 40
    network, _ = gaussian(on, "noise", "cosine")
    start, *draws = rng.normal(0, 1, (steps + 1, count, 1)).astype(np.float32)
    made = on.diffusion.remix_sample(
        network, on.bridge.to_tensor(start), None,
        steps=steps, eta=1.0, draws=on.bridge.to_tensor(np.stack(draws)), first=0.99,
    )  # fmt: skip
    made = on.bridge.to_numpy(made)
    assert made.mean() == pytest.approx(MEAN, abs=0.06)
    assert made.std() == pytest.approx(SPREAD, abs=0.04)
    with pytest.raises(ValueError, match="fresh noise"):
        on.diffusion.remix_sample(network, on.bridge.to_tensor(start), None, steps=2, eta=0.5)


def test_the_best_network_has_the_loss_of_the_closed_form(on, rng):
    """Not 0: what is left is the variance of the velocity, given the mixture."""
    count, t = 100_000, 0.4
    pictures = on.bridge.to_tensor(MEAN + SPREAD * rng.normal(0, 1, (count, 1)))
    noise = on.bridge.to_tensor(rng.normal(0, 1, (count, 1)))
    network, _ = gaussian(on)
    times = on.bridge.to_tensor(np.full(count, t))
    loss = float(on.diffusion.flow_loss(network, pictures, noise, times, None))
    assert loss == pytest.approx(SPREAD**2 / ((1 - t) ** 2 * SPREAD**2 + t**2), rel=0.02)


def test_guidance_has_the_convention_of_imagen(on):
    c, u = on.bridge.to_tensor([2.0]), on.bridge.to_tensor([1.0])
    found = [float(on.diffusion.guide(c, u, scale=scale)[0]) for scale in (0, 1, 3)]
    assert found == [1, 2, 4]
    paper = 2.0  # (1 + w) c - w u, with w = scale - 1
    assert found[2] == (1 + paper) * 2 - paper * 1


def test_dropped_labels_are_those_of_low_draws_and_the_others_stay(on):
    labels, nothing = on.cgan.to_labels([[1, 0], [2, 1], [0, 2]]), on.cgan.to_labels([3, 4])
    draws = on.bridge.to_tensor([0.05, 0.2, 0.1])
    found = on.diffusion.drop_labels(labels, draws, probability=0.1, nothing=nothing)
    assert on.bridge.to_numpy(found).tolist() == [[3, 4], [2, 1], [0, 2]]
    assert on.bridge.to_numpy(labels).tolist() == [[1, 0], [2, 1], [0, 2]]


def test_guided_asks_with_labels_and_without(on):
    labels, nothing = on.cgan.to_labels([[1], [2]]), on.cgan.to_labels([9])
    guided = on.diffusion.guided(
        lambda mixed, t, told: mixed + (on.bridge.to_tensor(on.bridge.to_numpy(told))), nothing,
        scale=2.0,
    )  # fmt: skip
    found = guided(on.bridge.to_tensor([[0.0], [0.0]]), None, labels)
    assert on.bridge.to_numpy(found).tolist() == [[-7], [-5]]


def test_time_features_by_hand(on):
    found = on.bridge.to_numpy(on.diffusion.time_features(on.bridge.to_tensor([0, 0.5]), size=4))
    right = [[1, 1, 0, 0], [math.cos(500), math.cos(0.05), math.sin(500), math.sin(0.05)]]
    assert np.allclose(found, right, atol=1e-4)


def test_scaled_codes_have_variance_one(on, rng):
    codes = on.bridge.to_tensor(rng.normal(3, 4, (50, 6)))
    scaled = on.bridge.to_numpy(codes / on.diffusion.latent_scale(codes))
    assert scaled.std() == pytest.approx(1, rel=1e-5)


def test_pairing_shortens_the_ways_and_uses_each_noise_once(on, rng):
    pictures, noise = rng.normal(0, 1, (2, 30, 4)).astype(np.float32)
    paired = on.bridge.to_numpy(
        on.diffusion.pair_noise(on.bridge.to_tensor(pictures), on.bridge.to_tensor(noise))
    )
    assert sorted(map(tuple, paired)) == sorted(map(tuple, noise))
    assert ((paired - pictures) ** 2).sum() < 0.6 * ((noise - pictures) ** 2).sum()


def test_editing_at_strength_zero_changes_nothing_and_at_one_is_the_sampler(on, rng):
    pictures, noise = map(on.bridge.to_tensor, rng.normal(0, 1, (2, 3, 2)))
    network, _ = gaussian(on)
    kept = on.editing.edit(network, pictures, noise, None, strength=0.0, steps=3)
    anew = on.editing.edit(network, pictures, noise, None, strength=1.0, steps=3)
    assert np.allclose(kept, pictures)
    assert np.allclose(anew, on.diffusion.flow_sample(network, noise, None, steps=3), atol=1e-6)


def test_inpainting_keeps_what_is_known(on, rng):
    pictures, noise = map(on.bridge.to_tensor, rng.normal(0, 1, (2, 3, 4)))
    network, _ = gaussian(on)
    hole = on.bridge.to_tensor([[1, 0, 0, 1]])
    found = on.editing.inpaint(network, pictures, noise, None, hole=hole, steps=5)
    kept = on.bridge.to_numpy(hole)[0] == 0
    assert np.array_equal(on.bridge.to_numpy(found)[:, kept], on.bridge.to_numpy(pictures)[:, kept])
    assert not np.allclose(found, pictures)


def test_patches_go_there_and_back(on, rng):
    pictures = on.bridge.image_tensor(rng.normal(0, 1, (2, 8, 8, 3)))
    tokens = on.denoisers.to_patches(pictures, size=4)
    assert tuple(tokens.shape) == (2, 4, 48)
    assert np.array_equal(on.denoisers.from_patches(tokens, size=4), pictures)


def test_a_network_on_pixels_is_judged_by_its_velocity(on, rng):
    picture, noise = map(on.bridge.image_tensor, rng.normal(0, 1, (2, 3, 4, 4, 3)))
    t = on.bridge.to_tensor([0.2, 0.7, 0.02])
    mixed = on.diffusion.mix(picture, noise, t)
    found = on.bridge.image_array(on.denoisers.velocity_to(picture, mixed, t))
    right = on.bridge.image_array(noise - picture)
    assert np.allclose(found[:2], right[:2], atol=1e-5)
    assert np.allclose(found[2], 0.02 / 0.05 * right[2], atol=1e-5)


def test_the_best_velocity_of_one_example_leads_to_it(on, rng):
    examples, start = map(on.bridge.to_tensor, (rng.normal(0, 1, (1, 5)), rng.normal(0, 1, (4, 5))))
    network = lambda mixed, t, labels: on.diffusion.best_velocity(mixed, t, examples)  # noqa: E731
    found = on.bridge.to_numpy(on.diffusion.flow_sample(network, start, None, steps=7))
    assert np.allclose(found, on.bridge.to_numpy(examples), atol=1e-5)


def test_no_velocity_betters_the_best(on, rng):
    """By hand: seen as 0.5 at t = 0.5, examples 1 and -1 are 0 and 1 away, and 2t² is one half."""
    examples, mixed = (on.bridge.to_tensor(x) for x in ([[1.0], [-1.0]], [[0.5]]))
    found = on.bridge.to_numpy(
        on.diffusion.best_velocity(mixed, on.bridge.to_tensor([0.5]), examples)
    )
    mean = (1 - np.exp(-2)) / (1 + np.exp(-2))
    assert found[0, 0] == pytest.approx((0.5 - mean) / 0.5, rel=1e-5)


def test_a_transformer_block_starts_as_the_identity_and_learns(on, rng):
    tokens, told = (on.bridge.to_tensor(rng.normal(0, 1, s)) for s in ((2, 4, 8), (2, 8)))
    block = on.denoisers.TransformerBlock(8, 2)
    assert np.array_equal(on.bridge.to_numpy(block(tokens, told)), on.bridge.to_numpy(tokens))
    gradients = on.bridge.weight_gradients(
        lambda: on.diffusion.guide(block(tokens, told) ** 3, tokens, scale=1.0)[0, 0, 0], block
    )
    assert np.abs(gradients["00.kernel"]).max() > 0


@pytest.mark.parametrize("name", ["CodeNetwork", "PatchTransformer", "PatchUNet"])
def test_untrained_networks_say_zero_and_one_step_changes_that(on, rng, name):
    build = getattr(on.denoisers, name)
    if name == "CodeNetwork":
        network = build((4, 3), size=6, width=8)
        pictures, noise = map(on.bridge.to_tensor, rng.normal(0, 1, (2, 2, 6)))
    else:
        network = build((4, 3))
        pictures, noise = map(on.bridge.image_tensor, rng.normal(0, 1, (2, 2, 32, 32, 3)))
    t, labels = on.bridge.to_tensor([0.3, 0.8]), on.cgan.to_labels([[4, 0], [1, 3]])
    optimizer = on.bridge.adam(network, 1e-2)
    loss = float(on.diffusion.train_step(network, optimizer, pictures, noise, t, labels))
    target = on.bridge.to_numpy(noise - pictures)
    if name != "CodeNetwork":  # says the picture 0, so its velocity is mixed / t
        mixed = on.diffusion.mix(pictures, noise, t)
        target = target - on.bridge.to_numpy(mixed / on.diffusion.beside(t, mixed))
    assert loss == pytest.approx(float((target**2).mean()), rel=1e-5)
    again = float(on.diffusion.train_step(network, optimizer, pictures, noise, t, labels))
    assert again < loss


def test_one_graph_serves_every_batch_and_gives_what_its_layers_give(rng):
    tf = pytest.importorskip("tensorflow")
    from prodgen_lib.tensorflow.bridge import set_weights, to_tensor, weights
    from prodgen_lib.tensorflow.cgan import to_labels
    from prodgen_lib.tensorflow.denoisers import CodeNetwork
    from prodgen_lib.tensorflow.diffusion import best_velocity

    network = CodeNetwork((4,), size=3, width=8)
    drawn = {name: rng.normal(0, 1, value.shape) for name, value in weights(network).items()}
    set_weights(network, drawn)
    for count in (2, 5, 1, 7):
        mixed, t = to_tensor(rng.normal(0, 1, (count, 3))), to_tensor(rng.random(count))
        labels = to_labels(rng.integers(0, 5, (count, 1)))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(mixed)
            found, right = network(mixed, t, labels), network.velocity(mixed, t, labels)
        assert np.allclose(found, right, rtol=1e-4, atol=1e-4)
        slopes = [tape.gradient(value, mixed) for value in (found, right)]
        assert np.allclose(*slopes, rtol=1e-3, atol=1e-3)
        held = tf.Variable(mixed)  # as a sampler that works in place on a copy hands it on
        assert np.allclose(network(held, t, labels), found)
        assert np.allclose(best_velocity(held, t, mixed), best_velocity(mixed, t, mixed))
    assert network.compiled.experimental_get_tracing_count() <= 2
