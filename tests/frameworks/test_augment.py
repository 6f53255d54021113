"""Augmentation against rotations, filters and formulas of other libraries, in both frameworks."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy import ndimage

from prodgen_lib.data import load
from prodgen_lib.plain.pairs import lab
from prodgen_lib.plain.quarters import leaked_share, quarter_matrix, quarters
from prodgen_lib.plain.readings import read_pose, read_side, sided


@pytest.fixture
def on(fw) -> SimpleNamespace:
    """The answer key's modules of one framework, and tensors to numbers and back."""
    names = ("augment", "generator_augment", "lab", "cgan", "gan")
    found = {name: importlib.import_module(f"prodgen_lib.{fw.name}.{name}") for name in names}
    return SimpleNamespace(name=fw.name, bridge=fw.bridge, key=found["augment"], **found)


@pytest.fixture
def pictures(rng) -> np.ndarray:
    """Smooth pictures, higher than wide: float32 (3, 10, 7, 3) in [-1, 1]."""
    rough = rng.uniform(-1, 1, (3, 10, 7, 3))
    return ndimage.gaussian_filter(rough, (0, 1, 1, 0), mode="wrap").astype(np.float32)


def matrix(on, count, *, angle=0.0, scale=1.0, shift=(0.0, 0.0), mirror=0.0):
    one = on.bridge.to_tensor
    full = lambda value: one(np.full(count, value))  # noqa: E731
    return on.key.affine_matrix(full(angle), full(scale), one([shift] * count), full(mirror))


def moved(on, pictures, sampler="sample_bilinear", **options):
    move = matrix(on, len(pictures), **options)
    found = getattr(on.key, sampler)(on.bridge.image_tensor(pictures), move)
    return on.bridge.image_array(found)


@pytest.mark.parametrize("sampler", ["sample_bilinear", "sample_nearest"])
def test_quarter_turns_whole_shifts_and_mirrors_are_exact(on, pictures, sampler):
    square = pictures[:, :7]
    turned = moved(on, square, sampler, angle=90.0)
    assert np.allclose(turned, np.rot90(square, -1, (1, 2)), atol=1e-5), "clockwise"
    assert np.allclose(moved(on, pictures, sampler, mirror=1.0), pictures[:, :, ::-1], atol=1e-6)
    right = moved(on, pictures, sampler, shift=(2.0, 1.0))
    assert np.allclose(right[:, 1:, 2:], pictures[:, :-1, :-2], atol=1e-6)
    assert np.allclose(right[:, 1:, 1], pictures[:, :-1, 0], atol=1e-6), "mirrored at the edge"
    assert np.allclose(right[:, 1:, 0], pictures[:, :-1, 1], atol=1e-6)


def test_any_move_is_that_of_scipy(on, pictures):
    """`ndimage.affine_transform` with mirrored borders; its places are (row, column)."""
    move = on.bridge.to_numpy(
        matrix(on, 3, angle=33.0, scale=0.6, shift=(1.7, -2.3), mirror=1.0)
    ).astype(float)[0]
    swap = np.array([[0, 1], [1, 0]])
    linear, offset = swap @ move[:, :2] @ swap, swap @ move[:, 2]
    centre = (np.array(pictures.shape[1:3]) - 1) / 2
    right = np.stack(
        [
            ndimage.affine_transform(
                pictures[0, ..., c].astype(float), linear, centre + offset - linear @ centre,
                order=1, mode="reflect",
            )
            for c in range(3)
        ],
        axis=-1,
    )  # fmt: skip
    found = moved(on, pictures, angle=33.0, scale=0.6, shift=(1.7, -2.3), mirror=1.0)
    assert np.allclose(found[0], right, atol=1e-4)


def test_two_moves_are_one_matrix(on, pictures):
    move = matrix(on, 3, angle=20.0, scale=1.2, shift=(1.0, 2.0))
    both = on.key.compose(move, move)
    by_hand = np.concatenate([on.bridge.to_numpy(move), [[[0, 0, 1]]] * 3], axis=1)
    assert np.allclose(on.bridge.to_numpy(both), (by_hand @ by_hand)[:, :2], atol=1e-5)
    back = on.key.compose(matrix(on, 3, angle=30.0), matrix(on, 3, angle=-30.0))
    same = on.key.sample_bilinear(on.bridge.image_tensor(pictures), back)
    assert np.allclose(on.bridge.image_array(same), pictures, atol=1e-5)


def test_boxes_have_their_share_of_the_area_and_a_symmetric_shape(on, rng):
    draws = on.bridge.to_tensor(rng.random((20_000, 4)))
    boxes = on.bridge.to_numpy(
        on.key.random_boxes(draws, height=30, width=20, area=(0.1, 0.3), ratio=(3 / 4, 4 / 3))
    )
    left, top, wide, tall = boxes.T
    assert (boxes[:, :2] >= 0).all() and (left + wide <= 20.001).all() and (top + tall <= 30).all()
    share = wide * tall / 600
    assert share.mean() == pytest.approx(0.2, abs=0.002) and share.min() >= 0.0999
    assert (wide > tall).mean() == pytest.approx(0.5, abs=0.01)
    assert left.mean() == pytest.approx((20 - wide).mean() / 2, rel=0.02)
    large = on.key.random_boxes(draws, height=8, width=20, area=(1, 1), ratio=(1, 1))
    assert np.allclose(on.bridge.to_numpy(large)[:, 2:], [np.sqrt(160), 8], rtol=1e-5)


def test_a_crop_of_everything_changes_nothing_and_a_half_doubles(on, pictures):
    images = on.bridge.image_tensor(pictures)
    whole = on.key.crop(images, on.bridge.to_tensor([[0, 0, 7, 10]] * 3))
    assert np.allclose(on.bridge.image_array(whole), pictures, atol=1e-5)
    smooth = np.broadcast_to(np.linspace(-1, 1, 10)[None, :, None, None], (1, 10, 7, 3))
    box = on.bridge.to_tensor([[0, 2, 7, 5]])
    half = on.bridge.image_array(on.key.crop(on.bridge.image_tensor(smooth), box))[0, :, 0, 0]
    assert np.allclose(half, -1 + 2 / 9 * (2 + (np.arange(10) + 0.5) / 2 - 0.5), atol=1e-5)


def test_light_is_that_of_pillow(on, rng):
    pictures = rng.integers(40, 200, (3, 8, 9, 3)).astype(np.uint8)
    factors = {"Brightness": (0.8, 1, 1), "Contrast": (1, 0.7, 1), "Color": (1, 1, 0.6)}
    for name, told in factors.items():
        enhance = getattr(ImageEnhance, name)
        factor = next(f for f in told if f != 1)
        right = [np.asarray(enhance(Image.fromarray(p)).enhance(factor)) for p in pictures]
        given = [on.bridge.to_tensor([f] * 3) for f in told]
        found = on.bridge.from_images(on.key.jitter(on.bridge.to_images(pictures), *given))
        assert np.abs(found.astype(int) - right).max() <= 2, name


def test_grey_of_one_channel_is_the_picture(on, pictures):
    single = on.bridge.image_tensor(pictures[..., :1])
    assert np.array_equal(on.key.grey(single), single)


def test_hue_turns_about_grey(on, pictures):
    images = on.bridge.image_tensor(pictures)
    turned = on.bridge.image_array(on.key.turn_hue(images, on.bridge.to_tensor([1 / 3, 1, 0.25])))
    assert np.allclose(turned[0], np.roll(pictures[0], 1, axis=-1), atol=1e-5)
    assert np.allclose(turned[1], pictures[1], atol=1e-5)
    assert np.allclose(turned.mean(axis=-1), pictures.mean(axis=-1), atol=1e-5)


def test_lab_is_that_of_the_catalogue_and_keeps_lightness(on, rng):
    pictures = rng.uniform(-0.95, 0.95, (2, 5, 6, 3)).astype(np.float32)
    images = on.bridge.image_tensor(pictures)
    found = on.bridge.image_array(on.lab.to_lab(images))
    assert np.allclose(found, lab((pictures + 1) / 2), atol=0.02)
    assert np.allclose(on.bridge.image_array(on.lab.from_lab(on.lab.to_lab(images))), pictures,
                       atol=1e-4)  # fmt: skip
    turned = on.lab.turn_hue_lab(images, on.bridge.to_tensor([0.3, 0.6]))
    again = lab((on.bridge.image_array(turned).clip(-1, 1) + 1) / 2)
    inside = (np.abs(on.bridge.image_array(turned)) < 1).all(axis=-1)
    assert np.allclose(again[inside][:, 0], found[inside][:, 0], atol=0.05)
    white = on.bridge.image_tensor(np.full((1, 1, 1, 3), -1.0))
    _, (slope,) = on.bridge.value_and_gradients(lambda x: on.lab.to_lab(x)[0, 0, 0, 0], white)
    assert np.isfinite(slope).all(), "black has a gradient too"


def test_blur_is_that_of_scipy(on, pictures):
    sigma = np.array([0.5, 1.0, 2.0])
    found = on.bridge.image_array(
        on.key.blur(on.bridge.image_tensor(pictures), on.bridge.to_tensor(sigma), radius=4)
    )
    for picture, one, s in zip(pictures, found, sigma, strict=True):
        right = ndimage.gaussian_filter(picture, (s, s, 0), mode="reflect", radius=(4, 4, 0))
        assert np.allclose(one, right, atol=1e-5)
    one = on.bridge.image_tensor(np.ones((1, 6, 5, 1)))
    assert np.allclose(on.key.blur(one, on.bridge.to_tensor([3.0]), radius=6), 1, atol=1e-6)


def test_mixed_labels_are_the_shares_of_pixels(on, pictures, rng):
    labels, order = np.eye(3), np.array([2, 0, 1])
    images, told = on.bridge.image_tensor(pictures), on.cgan.to_labels(order)
    boxes = on.bridge.to_tensor([[-3, -2, 5, 6], [5, 8, 9, 9], [1, 2, 3, 4]])
    mixed, shares = on.key.cut_mix(images, on.bridge.to_tensor(labels), boxes, told)
    pasted = np.array([2 * 4, 2 * 2, 3 * 4]) / 70
    right = (1 - pasted)[:, None] * labels + pasted[:, None] * labels[order]
    assert np.allclose(on.bridge.to_numpy(shares), right, atol=1e-6)
    mixed = on.bridge.image_array(mixed)
    assert np.array_equal(mixed[0, :4, :2], pictures[2, :4, :2])
    assert np.array_equal(mixed[0, 4:], pictures[0, 4:])
    share = on.bridge.to_tensor([0.25, 0.5, 1])
    up, told_up = on.key.mix_up(images, on.bridge.to_tensor(labels), share, told)
    assert np.allclose(on.bridge.image_array(up)[0], 0.25 * pictures[0] + 0.75 * pictures[2])
    assert np.allclose(on.bridge.to_numpy(told_up)[2], [0, 0, 1])
    hole = on.bridge.image_array(on.key.cut_out(images, boxes))
    assert (hole[0, :4, :2] == 0).all() and np.array_equal(hole[0, 4:], pictures[0, 4:])


def test_a_mask_moves_with_its_picture_and_stays_a_mask(on, rng):
    masks = ndimage.binary_opening(rng.random((3, 12, 12)) > 0.4)[..., None].astype(np.float32)
    tensor = on.bridge.image_tensor(masks)
    move = matrix(on, 3, angle=20.0, scale=1.3)
    picture, mask = map(on.bridge.image_array, on.key.augment_pair(tensor, tensor, move))
    assert set(np.unique(mask)) <= {0, 1}
    assert ((picture > 0.5) == (mask > 0.5)).mean() > 0.9
    some, other = on.key.review_augmentation(tensor, tensor, on.bridge.to_tensor([[0.5] * 3] * 3))
    assert np.allclose(some, tensor, atol=1e-5) and np.array_equal(other, tensor)


def test_one_draw_a_picture(on, pictures):
    images, draws = on.bridge.image_tensor(pictures), on.bridge.to_tensor([0.1, 0.5, 0.4])
    found = on.bridge.image_array(on.key.maybe(images, -images, draws, probability=0.5))
    assert np.array_equal(found, np.array([-1, 1, -1])[:, None, None, None] * pictures)
    half = on.bridge.to_tensor(np.full((3, 9), 0.5))
    options = {"angle": 15, "zoom": 1.2, "shift": 4, "light": 1.4, "hue": 0.1}
    same = on.bridge.image_array(on.key.augment(images, half, **options))
    assert np.allclose(same, pictures, atol=1e-5), "the middle of every range changes nothing"


def test_everything_for_a_generator_can_be_differentiated(on, rng):
    """The slope along a direction, against the difference of two values."""
    images, way = rng.uniform(-0.5, 0.5, (2, 2, 32, 32, 3)).astype(np.float32)
    draws = on.bridge.to_tensor(rng.random((2, 9)))
    everything = on.bridge.to_tensor(1.0)
    for change in (
        lambda x: on.generator_augment.diff_augment(x, draws, everything),
        lambda x: on.generator_augment.tint(x, draws, everything),
        lambda x: on.key.augment(x, draws, angle=20, zoom=1.2, shift=2, light=1.5, hue=0.3),
        lambda x: on.key.blur(x, draws[:, 0] + 0.5, radius=2),
    ):

        def total(x, change=change):
            return on.gan.F.mse_loss(change(x), 0 * x) if on.name == "torch" else (
                on.gan.tf.reduce_mean(change(x) ** 2))  # fmt: skip

        _, (slope,) = on.bridge.value_and_gradients(total, on.bridge.image_tensor(images))
        slope = np.moveaxis(slope, 1, -1) if on.name == "torch" else slope
        ends = [float(total(on.bridge.image_tensor(images + e * way))) for e in (-0.01, 0.01)]
        assert float((slope * way).sum()) == pytest.approx((ends[1] - ends[0]) / 0.02, rel=0.02)


def test_the_controller_goes_up_down_and_no_further(on):
    rule = {"target": 0.6, "step": 0.3, "most": 0.8}
    one = on.bridge.to_tensor
    sure, torn = (one([1, 2, 3, 4]), one([0, 0, 0, 0])), (one([1, -1]), one([0, 0]))

    def after(start, logits):
        return float(on.key.next_probability(one(start), *logits, **rule))

    assert [after(p, sure) for p in (0.0, 0.7)] == pytest.approx([0.3, 0.8])
    assert [after(p, torn) for p in (0.7, 0.1)] == pytest.approx([0.4, 0.0])
    shifted = tuple(logits + 100 for logits in sure)
    assert after(0.2, shifted) == pytest.approx(after(0.2, sure)), "only differences count"


def test_overfitting_does_not_change_with_the_scale_of_logits(on, rng):
    parts = rng.normal(0, 1, (3, 20)) + np.array([[2], [1], [-2]])
    a, b = (
        float(on.generator_augment.overfitting(*map(on.bridge.to_tensor, k * parts + c)))
        for k, c in ((1, 0), (3, 7))
    )
    assert a == pytest.approx(b, rel=1e-4) and 0 < a < 1


def test_quarter_turns_follow_their_matrix(on, rng):
    count, p = 40_000, 0.6
    points = on.bridge.to_tensor(np.tile([1.0, 0.2], (count, 1)))
    draws = on.bridge.to_tensor(rng.random((count, 9)))
    turned = on.generator_augment.quarter_turns(points, draws, on.bridge.to_tensor(p))
    shares = np.bincount(quarters(on.bridge.to_numpy(turned)), minlength=4) / count
    assert np.allclose(shares, quarter_matrix(p)[:, 0], atol=0.01)
    assert 1 - shares[0] == pytest.approx(leaked_share(p), abs=0.01)
    assert np.sort(np.linalg.eigvals(quarter_matrix(p)).real) == pytest.approx([0.4] * 3 + [1])


@pytest.mark.tensorflow_slow
def test_turning_only_the_real_ones_leaks_and_turning_both_does_not(on, rng):
    points = rng.normal((1.5, 0), 0.25, (800, 2)).astype(np.float32)
    wrong = {}
    for real_only in (True, False):
        trained = on.generator_augment.train(
            points, on.generator_augment.quarter_turns, real_only=real_only, steps=600
        )
        drawn = on.generator_augment.draw(trained.generator, 2000)
        wrong[real_only] = (quarters(drawn) != 0).mean()
    assert wrong[True] == pytest.approx(leaked_share(0.5), abs=0.06) and wrong[False] < 0.04


def test_pictures_train_and_the_probability_adapts(on):
    data = load("catalogue", count=40)
    trained = on.generator_augment.train(
        data.images, on.generator_augment.diff_augment, probability=None,
        steps=9, batch_size=8, latent_dim=16, rise=0.05, target=-2.0, penalty=1.0,
    )  # fmt: skip
    drawn = on.gan.sample(trained.generator, 3)
    assert drawn.shape == (3, 32, 32, 3)
    assert trained.history["probability"] == pytest.approx([0] + [0.2] * 4 + [0.4] * 4)


def test_a_leak_detector_begins_to_see(on):
    pictures = load("catalogue", count=60).images
    detector = on.generator_augment.train_leak_detector(pictures, steps=4, batch_size=8)
    assert on.generator_augment.leaks(detector, pictures).shape == (3,)
    draws = on.bridge.to_tensor(np.full((1, 12), 0.9))
    kept, told = on.generator_augment.spoil(on.bridge.to_images(pictures[:1]), draws)
    assert np.allclose(kept, on.bridge.to_images(pictures[:1]), atol=1e-5)
    assert on.bridge.to_numpy(told).sum() == 0


def test_averaging_a_mirror_image_makes_blind_to_the_side(on, rng):
    weights = on.bridge.to_tensor(rng.normal(0, 1, (2 * 2 * 3, 2)))
    pictures = rng.normal(0, 1, (3, 2, 2, 3)).astype(np.float32)

    def network(images):
        flat = on.bridge.image_array(images).reshape(3, -1)
        return on.bridge.to_tensor(flat @ on.bridge.to_numpy(weights))

    move = matrix(on, 3, mirror=1.0)
    views = [lambda x: x, lambda x: on.key.sample_bilinear(x, move)]
    one, other = (
        on.bridge.to_numpy(on.key.average_views(network, on.bridge.image_tensor(p), views))
        for p in (pictures, pictures[:, :, ::-1].copy())
    )
    assert np.allclose(one, other, atol=1e-6) and np.allclose(one.sum(axis=1), 1, atol=1e-6)


def test_a_classifier_learns_on_changing_pictures(on):
    recognition = importlib.import_module(f"prodgen_lib.{on.name}.recognition")
    data = load("catalogue", count=60)
    network = recognition.train(
        data.images, data.labels, lambda x, d: on.key.augment(x, d[:, :9], light=1.2), steps=60
    )
    assert recognition.accuracy(network, data.images, data.labels) > 0.4


def test_side_and_pose_are_read_back():
    data = load("catalogue", split="test", count=40)
    shows = sided(data.factors)
    assert 0.2 < shows.mean() < 0.7 and not shows[data.labels == data.classes.index("bottle")].any()
    assert not read_side(data.images, data.factors)[shows].any()
    assert (read_pose(data.images, data.factors) == 1).all()
    mirrored = data.images[:, :, ::-1]
    assert read_side(mirrored, data.factors)[shows].mean() > 0.8
