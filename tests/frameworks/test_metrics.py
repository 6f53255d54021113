"""Metrics of a pair of pictures: by hand, against brute force, gradients, edges."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def metrics(fw) -> ModuleType:
    return fw.metrics


@pytest.fixture
def native(fw):
    """Pictures N×H×W×C (or one H×W×C) as the framework's tensor, the dtype as it is."""
    if fw.name == "torch":
        import torch

        return lambda array: torch.from_numpy(np.moveaxis(array, -1, -3).copy())
    import tensorflow as tf

    return tf.constant


def pair(rng, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Smooth pictures and noisy ones, float64 in [0, 1]."""
    clean = rng.uniform(0.1, 0.9, (*shape[:-3], 1, 1, shape[-1])) + 0.1 * np.sin(
        np.arange(shape[-3])[:, None, None] / 3 + np.arange(shape[-2])[:, None] / 5
    )
    return np.clip(clean, 0, 1), np.clip(clean + rng.normal(0, 0.1, shape), 0, 1)


def brute_force_ssim(x: np.ndarray, y: np.ndarray, data_range: float) -> float:
    """One picture H×W×C, window by window, by the definition."""
    t = np.arange(11) - 5
    window = np.exp(-(t[:, None] ** 2 + t**2) / (2 * 1.5**2))
    window = (window / window.sum())[..., None]
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    found = []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            a, b = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            mean_a, mean_b = (window * a).sum((0, 1)), (window * b).sum((0, 1))
            var_a = (window * (a - mean_a) ** 2).sum((0, 1))
            var_b = (window * (b - mean_b) ** 2).sum((0, 1))
            cov = (window * (a - mean_a) * (b - mean_b)).sum((0, 1))
            found.append(
                (2 * mean_a * mean_b + c1)
                * (2 * cov + c2)
                / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
            )
    return float(np.mean(found))


def test_errors_by_hand(fw, metrics, native):
    x, y = np.zeros((2, 2, 2, 1)), np.zeros((2, 2, 2, 1))
    x[0, 0, 0], x[1] = 0.5, 0.1
    one, other = native(x), native(y)
    assert fw.bridge.to_numpy(metrics.mae(one, other)) == pytest.approx([0.125, 0.1])
    assert fw.bridge.to_numpy(metrics.mse(one, other)) == pytest.approx([0.0625, 0.01])
    decibel = fw.bridge.to_numpy(metrics.psnr(one, other, data_range=1))
    assert decibel == pytest.approx([10 * np.log10(16), 20], rel=1e-12)


@pytest.mark.parametrize("shape", [(11, 11, 1), (13, 17, 3), (45, 60, 3), (2, 44, 12, 4)])
def test_ssim_is_its_definition(fw, metrics, native, rng, shape):
    """Sizes below, at and above the pieces in which the windows are applied."""
    x, y = pair(rng, *shape)
    found = fw.bridge.to_numpy(metrics.ssim(native(x), native(y), data_range=1))
    batch = [(x, y)] if x.ndim == 3 else list(zip(x, y, strict=True))
    expected = [brute_force_ssim(a, b, 1) for a, b in batch]
    assert found.shape == x.shape[:-3]
    assert found == pytest.approx(expected if x.ndim == 4 else expected[0], rel=1e-10)


def test_one_picture_or_a_batch(fw, metrics, native, rng):
    x, y = pair(rng, 3, 24, 26, 3)
    options = {"data_range": 1.0}
    functions = {
        "mae": metrics.mae,
        "mse": metrics.mse,
        "psnr": lambda a, b: metrics.psnr(a, b, **options),
        "ssim": lambda a, b: metrics.ssim(a, b, **options),
        "luma": lambda a, b: metrics.ssim(a, b, **options, luma_only=True, crop=2),
        "ms_ssim": lambda a, b: metrics.ms_ssim(a, b, **options, weights=(0.4, 0.6)),
    }
    for name, function in functions.items():
        every = fw.bridge.to_numpy(function(native(x), native(y)))
        alone = fw.bridge.to_numpy(function(native(x[1]), native(y[1])))
        assert every.shape == (3,), name
        assert alone.shape == (), name
        assert alone == pytest.approx(every[1], rel=1e-12), name


def test_dtypes(fw, metrics, native, rng):
    """uint8 counts like the same floats; float32 is within 5e-7 of float64, which stays."""
    x, y = (np.rint(255 * p) for p in pair(rng, 4, 40, 40, 3))
    exact = metrics.ssim(native(x), native(y), data_range=255)
    assert fw.bridge.to_numpy(exact).dtype == np.float64
    for dtype in (np.uint8, np.float32):
        a, b = native(x.astype(dtype)), native(y.astype(dtype))
        found = fw.bridge.to_numpy(metrics.ssim(a, b, data_range=255))
        assert found.dtype == np.float32
        assert np.abs(found - fw.bridge.to_numpy(exact)).max() < 5e-7
        decibel = fw.bridge.to_numpy(metrics.psnr(a, b, data_range=255))
        expected = fw.bridge.to_numpy(metrics.psnr(native(x), native(y), data_range=255))
        assert decibel == pytest.approx(expected, rel=1e-6)
    half = [native((p / 255).astype(np.float16)) for p in (x, y)]
    assert fw.bridge.to_numpy(metrics.psnr(*half, data_range=1)).dtype == np.float32


def test_the_range_is_a_unit(fw, metrics, native, rng):
    """[0, 1] with range 1 is [0, 255] with range 255; PSNR also takes [-1, 1] with range 2."""
    x, y = pair(rng, 2, 20, 20, 3)
    for name in ("psnr", "ssim"):
        function = getattr(metrics, name)
        one = fw.bridge.to_numpy(function(native(x), native(y), data_range=1))
        many = fw.bridge.to_numpy(function(native(255 * x), native(255 * y), data_range=255))
        assert one == pytest.approx(many, rel=1e-12)
    signed = metrics.psnr(native(2 * x - 1), native(2 * y - 1), data_range=2)
    unsigned = metrics.psnr(native(x), native(y), data_range=1)
    assert fw.bridge.to_numpy(signed) == pytest.approx(fw.bridge.to_numpy(unsigned), rel=1e-12)


def test_identical_and_constant_pictures(fw, metrics, native, rng):
    x, _ = pair(rng, 2, 16, 16, 3)
    for dtype in (np.float32, np.float64):
        same = native(x.astype(dtype))
        assert np.isposinf(fw.bridge.to_numpy(metrics.psnr(same, same, data_range=1))).all()
        assert (fw.bridge.to_numpy(metrics.ssim(same, same, data_range=1)) == 1).all()
        assert (fw.bridge.to_numpy(metrics.mae(same, same)) == 0).all()
    black, white = native(np.zeros((16, 16, 3))), native(np.ones((16, 16, 3)))
    assert float(metrics.ssim(black, white, data_range=1)) == pytest.approx(1e-4 / 1.0001)
    assert float(metrics.psnr(black, white, data_range=1)) == pytest.approx(0, abs=1e-12)
    grey = [native(np.full((16, 16, 1), value, np.uint8)) for value in (0, 0)]
    assert float(metrics.ssim(*grey, data_range=255)) == 1


def test_luma_of_known_colours(fw, metrics, native):
    colours = np.array([[[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]]], float)
    y = fw.bridge.to_numpy(metrics.luma(native(colours), data_range=1)).ravel() * 255
    assert y == pytest.approx([235, 16, 81.481, 144.553])
    y = metrics.luma(native((255 * colours).astype(np.uint8)), data_range=255)
    assert fw.bridge.to_numpy(y).ravel() == pytest.approx([235, 16, 81.481, 144.553])


def test_crop_and_luma_are_taken_in_that_order(fw, metrics, native, rng):
    x, y = pair(rng, 2, 30, 32, 3)
    whole = fw.bridge.to_numpy(
        metrics.ssim(native(x), native(y), data_range=1, luma_only=True, crop=4)
    )
    weights = np.array([65.481, 128.553, 24.966]) / 255
    inner = [native((16 / 255 + p[:, 4:-4, 4:-4] @ weights)[..., None]) for p in (x, y)]
    assert whole == pytest.approx(fw.bridge.to_numpy(metrics.ssim(*inner, data_range=1)), rel=1e-12)
    assert metrics.crop_border(native(x), 0).shape == native(x).shape


def test_multi_scale_is_a_product_of_scales(fw, metrics, native, rng):
    x, y = pair(rng, 44, 46, 1)
    halves = [p.reshape(22, 2, 23, 2, 1).mean(axis=(1, 3)) for p in (x, y)]
    options = {"data_range": 1, "window_size": 11}
    last = float(metrics.ms_ssim(*map(native, halves), weights=(0.6,), **options))
    both = float(metrics.ms_ssim(native(x), native(y), weights=(0.4, 0.6), **options))
    window = metrics.gaussian_window()
    moments = metrics.local_moments(native(x), native(y), window=window, data_range=1)
    variances, covariance = (fw.bridge.to_numpy(m) for m in moments[2:])
    structure = np.mean((2 * covariance + 0.03**2) / (variances + 0.03**2))
    assert last == pytest.approx(
        float(metrics.ssim(*map(native, halves), data_range=1)) ** 0.6, rel=1e-12
    )
    assert both == pytest.approx(structure**0.4 * last, rel=1e-12)


def test_odd_sizes_leave_out_the_last_row(fw, metrics, native, rng):
    x, y = pair(rng, 45, 47, 3)
    x[44], y[44], x[:, 46], y[:, 46] = 0.5, 0.5, 0.5, 0.5
    options = {"data_range": 1, "weights": (0.0, 1.0)}
    whole = float(metrics.ms_ssim(native(x), native(y), **options))
    even = float(metrics.ms_ssim(native(x[:44, :46]), native(y[:44, :46]), **options))
    assert whole == pytest.approx(even, rel=1e-12)


def test_opposite_pictures_have_multi_scale_similarity_zero(fw, metrics, native, rng):
    x = rng.uniform(size=(2, 176, 176, 3))
    assert (fw.bridge.to_numpy(metrics.ms_ssim(native(x), native(1 - x), data_range=1)) == 0).all()
    gradient = gradients(fw, native, lambda a: metrics.ms_ssim(a, native(1 - x), data_range=1), x)
    assert np.isfinite(gradient).all()


def gradients(fw, native, function, x: np.ndarray) -> np.ndarray:
    """The gradient of the sum of what a function gives for pictures N×H×W×C."""

    def total(tensor):
        values = function(tensor)
        return sum(values[i] for i in range(len(values)))

    _, (gradient,) = fw.bridge.value_and_gradients(total, native(x))
    return np.moveaxis(gradient, -3, -1) if fw.name == "torch" else gradient


@pytest.mark.parametrize("name", ["mae", "mse", "psnr", "ssim", "ms_ssim"])
def test_gradients_are_finite_differences(fw, metrics, native, rng, name):
    x, y = pair(rng, 2, 40, 42, 3)
    options = {"mae": {}, "mse": {}, "ms_ssim": {"data_range": 1, "weights": (0.3, 0.7)}}
    chosen = options.get(name, {"data_range": 1})

    def function(tensor):
        return getattr(metrics, name)(tensor, native(y), **chosen)

    gradient = gradients(fw, native, function, x)
    for _ in range(3):
        direction = rng.normal(size=x.shape)
        up, down = (
            fw.bridge.to_numpy(function(native(x + step * direction))).sum()
            for step in (1e-6, -1e-6)
        )
        assert np.sum(gradient * direction) == pytest.approx((up - down) / 2e-6, rel=2e-4)


def test_training_through_similarity_brings_pictures_together(fw, metrics, native, rng):
    x, y = pair(rng, 2, 16, 16, 3)
    before = fw.bridge.to_numpy(metrics.ssim(native(x), native(y), data_range=1))
    for _ in range(10):
        step = gradients(fw, native, lambda a: metrics.ssim(a, native(y), data_range=1), x)
        x = np.clip(x + 0.02 * step / np.abs(step).max(), 0, 1)
    assert (fw.bridge.to_numpy(metrics.ssim(native(x), native(y), data_range=1)) > before).all()


BAD = {
    "shapes": (lambda x: (x, x[:, :-1]), r"shape \(.*\) and the targets \(.*\); expected the same"),
    "channels against grey": (lambda x: (x, x[..., :1]), "expected the same shape"),
    "dtypes": (lambda x: (x, x.astype(np.float32)), "float64 and the targets .*float32"),
    "NaN": (lambda x: (x, np.where(x > 0.5, np.nan, x)), "NaN or infinity"),
    "infinity": (lambda x: (np.where(x > 0.5, np.inf, x), x), "NaN or infinity"),
    "[0, 255] with range 1": (lambda x: (255 * x, 255 * x), "not a range of data_range=1"),
    "[-1, 1] with range 1": (lambda x: (2 * x - 1, 2 * x - 1), "not a range of data_range=1"),
    "mixed ranges": (lambda x: (x, 2 * x - 1), "not a range of data_range=1"),
    "two dimensions": (lambda x: (x[0, :, :, 0], x[0, :, :, 0]), "[Ee]xpected|channels"),
    "integers": (lambda x: (x.astype(np.int64), x.astype(np.int64)), "uint8 or floats"),
    "empty": (lambda x: (x[:0], x[:0]), "Expected pictures"),
    "channels elsewhere": (lambda x: (x.swapaxes(1, 3), x.swapaxes(1, 3)), "1 to 4 channels"),
}


@pytest.mark.parametrize("name", ["psnr", "ssim", "ms_ssim"])
@pytest.mark.parametrize("fault", BAD)
def test_bad_pictures(metrics, fw, native, rng, name, fault):
    change, sentence = BAD[fault]
    x = rng.uniform(size=(2, 24, 24, 3))
    x[0, 0, 0], x[0, 0, 1] = 0, 1
    if fault == "two dimensions":
        one, other = (fw.bridge.to_tensor(p) for p in change(x))
    else:
        one, other = map(native, change(x))
    options = {"weights": (0.5, 0.5)} if name == "ms_ssim" else {}
    with pytest.raises(ValueError, match=sentence):
        getattr(metrics, name)(one, other, data_range=1, **options)


def test_floats_of_0_to_1_with_a_range_of_255(metrics, native, rng):
    x, y = map(native, pair(rng, 2, 16, 16, 3))
    for function in (metrics.psnr, metrics.ssim):
        with pytest.raises(ValueError, match=r"data_range=255: these look like floats in \[0, 1\]"):
            function(x, y, data_range=255)


@pytest.mark.parametrize("data_range", [0, -1, np.inf, np.nan])
def test_a_range_is_a_positive_number(metrics, native, rng, data_range):
    x, y = map(native, pair(rng, 2, 16, 16, 3))
    with pytest.raises(ValueError, match="expected a positive number"):
        metrics.psnr(x, y, data_range=data_range)


def test_a_network_may_overshoot_a_little(metrics, native, rng):
    x, y = pair(rng, 2, 16, 16, 3)
    assert np.isfinite(float(metrics.psnr(native(1.1 * x - 0.05)[0], native(y)[0], data_range=1)))


def test_similarity_of_signed_pictures_is_refused(metrics, native, rng):
    x, y = (native(2 * p - 1) for p in pair(rng, 2, 16, 16, 3))
    for function in (metrics.ssim, lambda *a, **k: metrics.ms_ssim(*a, weights=(1.0,), **k)):
        with pytest.raises(ValueError, match=r"values from 0 on, and the lowest is -.*\(x \+ 1\)"):
            function(x, y, data_range=2)


def test_pictures_too_small(metrics, native, rng):
    x, y = map(native, pair(rng, 2, 7, 30, 3))
    with pytest.raises(ValueError, match="7×30 pixels are smaller than the window of 11×11"):
        metrics.ssim(x, y, data_range=1)
    with pytest.raises(ValueError, match=r"7×30 pixels .* 5 scales .* need 176"):
        metrics.ms_ssim(x, y, data_range=1)
    with pytest.raises(ValueError, match="crop 4 pixels from each side of pictures of 7×30"):
        metrics.psnr(metrics.crop_border(x, 4), y, data_range=1)
    with pytest.raises(ValueError, match="needs 3 channels"):
        metrics.luma(native(rng.uniform(size=(2, 7, 7, 1))), data_range=1)
    for size, sigma in ((4, 1.5), (0, 1.5), (11, 0.0)):
        with pytest.raises(ValueError, match="odd size and sigma > 0"):
            metrics.gaussian_window(size=size, sigma=sigma)


def test_inside_a_tensorflow_function(rng):
    """Values can't be looked at there; results and gradients are the same, also for any batch."""
    tf = pytest.importorskip("tensorflow")
    metrics = importlib.import_module("prodgen_lib.tensorflow.metrics")
    x, y = (tf.constant(p) for p in pair(rng, 3, 24, 24, 3))
    any_batch = tf.TensorSpec((None, 24, 24, 3), tf.float64)

    @tf.function(input_signature=[any_batch, any_batch])
    def graph(a, b):
        values = metrics.psnr(a, b, data_range=1), metrics.ssim(a, b, data_range=1)
        return *values, metrics.ms_ssim(a, b, data_range=1, weights=(0.5, 0.5))

    eager = metrics.psnr(x, y, data_range=1), metrics.ssim(x, y, data_range=1)
    for found, expected in zip(graph(x, y), eager, strict=False):
        assert found.numpy() == pytest.approx(expected.numpy(), rel=1e-12)
    with pytest.raises(ValueError, match="expected the same shape"):
        tf.function(metrics.mae)(x, y[:, :-1])


def test_a_candidates_numbers(fw, metrics, native, rng):
    """`review_quality` is PSNR, and SSIM with a uniform window of 8, of pictures in two ranges."""
    x, y = pair(rng, 2, 20, 22, 3)
    saved = np.rint(255 * x).astype(np.uint8)
    psnr, ssim = map(
        fw.bridge.to_numpy,
        metrics.review_quality(native(saved), native((2 * y - 1).astype(np.float32))),
    )
    expected = metrics.psnr(native(saved / 255), native(y), data_range=1)
    assert psnr == pytest.approx(fw.bridge.to_numpy(expected), rel=1e-5)
    windows = [
        np.lib.stride_tricks.sliding_window_view(p, (8, 8), axis=(1, 2)).reshape(2, 13 * 15 * 3, 64)
        for p in (saved / 255, y)
    ]
    (a, b), means = windows, [w.mean(axis=-1) for w in windows]
    covariance = (a * b).mean(axis=-1) - means[0] * means[1]
    values = (2 * means[0] * means[1] + 1e-4) * (2 * covariance + 9e-4)
    values /= (means[0] ** 2 + means[1] ** 2 + 1e-4) * (a.var(axis=-1) + b.var(axis=-1) + 9e-4)
    assert ssim == pytest.approx(values.mean(axis=1), rel=1e-5)


@pytest.mark.parametrize("shape", [(3, 32, 32, 3), (16, 24, 3)])
def test_perceptual_distance_is_an_angle_in_each_layer(fw, metrics, native, rng, shape):
    """Of unit vectors the squared difference is twice scikit-learn's cosine distance."""
    cosine = pytest.importorskip("sklearn.metrics.pairwise").paired_cosine_distances
    x, y = pair(rng, *shape)
    found = metrics.perceptual_distance(native(x), native(y), data_range=1)
    network, batch = fw.classifier.load_classifier(), (-1, *shape[-3:])
    layers = []
    for pictures in (x, y):
        images = native(np.float32(2 * pictures.reshape(batch) - 1))
        for layer in network[:-3] if fw.name == "torch" else network.layers:
            images = layer(images)
            if type(layer).__name__ in ("ReLU", "Conv2D"):
                maps = fw.bridge.to_numpy(images)
                layers.append(np.moveaxis(maps, 1, -1) if fw.name == "torch" else maps)
    expected = []
    for a, b in zip(layers[:4], layers[4:], strict=True):
        away = 2 * cosine(a.reshape(-1, a.shape[-1]), b.reshape(-1, a.shape[-1]))
        expected.append(away.reshape(len(a), -1).mean(axis=1))
    expected = np.mean(expected, axis=0).reshape(shape[:-3])
    assert np.allclose(fw.bridge.to_numpy(found), expected, rtol=1e-4)
    assert (
        fw.bridge.to_numpy(metrics.perceptual_distance(native(x), native(x), data_range=1)) == 0
    ).all()


def test_perceptual_distance_of_bytes_and_its_refusals(fw, metrics, native, rng):
    whole = rng.integers(0, 256, (2, 2, 16, 16, 3), dtype=np.uint8)
    as_bytes = metrics.perceptual_distance(*map(native, whole), data_range=255)
    as_floats = metrics.perceptual_distance(*map(native, whole / 255), data_range=1)
    assert np.allclose(fw.bridge.to_numpy(as_bytes), fw.bridge.to_numpy(as_floats), rtol=1e-4)
    for bad in (np.zeros((16, 20, 3)), np.zeros((16, 16, 1)), np.full((16, 16, 3), -1.0)):
        with pytest.raises(ValueError, match="Expected RGB"):
            metrics.perceptual_distance(native(bad), native(bad), data_range=2)
