"""The metrics beside well-kept libraries: equal where conventions are, and where they aren't."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

SHAPES = [(4, 11, 11, 3), (3, 40, 57, 3), (2, 177, 200, 3), (2, 64, 64, 1)]
RANGES = [1.0, 255.0]


@pytest.fixture
def metrics(fw) -> ModuleType:
    return fw.metrics


@pytest.fixture
def native(fw):
    """Pictures N×H×W×C as the framework's tensor, the dtype as it is."""
    if fw.name == "torch":
        import torch

        return lambda array: torch.from_numpy(np.moveaxis(array, -1, -3).copy())
    import tensorflow as tf

    return tf.constant


def pair(rng, shape: tuple[int, ...], data_range: float = 1.0, dtype=np.float64):
    clean = rng.uniform(0.1, 0.9, (shape[0], 1, 1, shape[-1])) + 0.1 * np.sin(
        np.arange(shape[1])[:, None, None] / 3 + np.arange(shape[2])[:, None] / 5
    )
    noisy = clean + rng.normal(0, 0.1, shape)
    return tuple((data_range * np.clip(p, 0, 1)).astype(dtype) for p in (clean, noisy))


def with_skimage(x: np.ndarray, y: np.ndarray, data_range: float, **changes) -> np.ndarray:
    skimage = pytest.importorskip("skimage.metrics")
    canonical = {"gaussian_weights": True, "use_sample_covariance": False, **changes}
    return np.array(
        [
            skimage.structural_similarity(a, b, data_range=data_range, channel_axis=-1, **canonical)
            for a, b in zip(x, y, strict=True)
        ]
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("data_range", RANGES)
@pytest.mark.parametrize(("dtype", "apart"), [(np.float64, 1e-12), (np.float32, 1e-6)])
def test_skimage(fw, metrics, native, rng, shape, data_range, dtype, apart):
    skimage = pytest.importorskip("skimage.metrics")
    x, y = pair(rng, shape, data_range, dtype)
    found = metrics.ssim(native(x), native(y), data_range=data_range)
    expected = with_skimage(x.astype(float), y.astype(float), data_range)
    assert fw.bridge.to_numpy(found) == pytest.approx(expected, rel=apart, abs=apart / 3)
    found = metrics.psnr(native(x), native(y), data_range=data_range)
    expected = [
        skimage.peak_signal_noise_ratio(a.astype(float), b.astype(float), data_range=data_range)
        for a, b in zip(x, y, strict=True)
    ]
    assert fw.bridge.to_numpy(found) == pytest.approx(expected, rel=apart)


def test_uint8_beside_skimage(fw, metrics, native, rng):
    x, y = pair(rng, (3, 40, 40, 3), 255, np.uint8)
    found = metrics.ssim(native(x), native(y), data_range=255)
    assert fw.bridge.to_numpy(found) == pytest.approx(with_skimage(x, y, 255), rel=1e-6)


def torch_pair(x: np.ndarray, y: np.ndarray):
    torch = pytest.importorskip("torch")
    return (torch.from_numpy(np.moveaxis(p, -1, 1).copy()) for p in (x, y))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("data_range", RANGES)
def test_torchmetrics(fw, metrics, native, rng, shape, data_range):
    """Equal PSNR (its logarithm is float32); equal SSIM on places away from its mirrored border."""
    peer = pytest.importorskip("torchmetrics.functional.image")
    x, y = pair(rng, shape, data_range)
    found = metrics.psnr(native(x), native(y), data_range=data_range)
    each = {"reduction": "none", "dim": (1, 2, 3), "data_range": data_range}
    expected = peer.peak_signal_noise_ratio(*torch_pair(x, y), **each).numpy()
    assert fw.bridge.to_numpy(found) == pytest.approx(expected, rel=1e-7)
    _, maps = peer.structural_similarity_index_measure(
        *torch_pair(x, y), data_range=data_range, return_full_image=True, reduction="none"
    )
    inner = maps[:, :, 5:-5, 5:-5].mean(dim=(1, 2, 3)).numpy()
    found = metrics.ssim(native(x), native(y), data_range=data_range)
    assert fw.bridge.to_numpy(found) == pytest.approx(inner, rel=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("data_range", RANGES)
def test_tensorflow_image(fw, metrics, native, rng, shape, data_range):
    """Always float32, by E[x²]-x̄² of numbers not moved: up to 4e-5 off, so more is allowed."""
    tf = pytest.importorskip("tensorflow")
    x, y = pair(rng, shape, data_range)
    found = metrics.psnr(native(x), native(y), data_range=data_range)
    assert fw.bridge.to_numpy(found) == pytest.approx(
        tf.image.psnr(x, y, data_range).numpy(), rel=2e-6
    )
    found = metrics.ssim(native(x), native(y), data_range=data_range)
    expected = tf.image.ssim(tf.constant(x), tf.constant(y), data_range).numpy()
    assert fw.bridge.to_numpy(found) == pytest.approx(expected, abs=4e-5)


@pytest.mark.parametrize("size", [176, 192])
def test_multi_scale_of_even_sizes(fw, metrics, native, rng, size):
    """pytorch-msssim's window is float32, so the same to 1e-6."""
    peer = pytest.importorskip("pytorch_msssim")
    x, y = pair(rng, (2, size, size, 3))
    found = metrics.ms_ssim(native(x), native(y), data_range=1)
    expected = peer.ms_ssim(*torch_pair(x, y), data_range=1, size_average=False).numpy()
    assert fw.bridge.to_numpy(found) == pytest.approx(expected, rel=1e-5)
    tf = pytest.importorskip("tensorflow")
    expected = tf.image.ssim_multiscale(tf.constant(x), tf.constant(y), 1.0).numpy()
    assert fw.bridge.to_numpy(found) == pytest.approx(expected, abs=4e-5)


def test_where_libraries_disagree(fw, metrics, native, rng):
    """Each convention moves the number by more than 1e-4: this is why ours stands in writing."""
    x, y = pair(rng, (6, 64, 64, 3))
    ours = fw.bridge.to_numpy(metrics.ssim(native(x), native(y), data_range=1))
    others = {
        "sample covariance": with_skimage(x, y, 1, use_sample_covariance=True),
        "uniform window of 7": with_skimage(x, y, 1, gaussian_weights=False, win_size=7),
        "luma": fw.bridge.to_numpy(
            metrics.ssim(native(x), native(y), data_range=1, luma_only=True)
        ),
    }
    peer = pytest.importorskip("torchmetrics.functional.image")
    others["mirrored border"] = peer.structural_similarity_index_measure(
        *torch_pair(x, y), data_range=1.0, reduction="none"
    ).numpy()
    apart = {name: np.abs(other - ours).max() for name, other in others.items()}
    assert all(1e-4 < difference < 0.5 for difference in apart.values()), apart
    assert apart["sample covariance"] == min(apart.values())


def test_libraries_that_answer_where_there_is_no_answer(metrics, native, rng):
    """What we refuse: a window skipped, a picture broadcast, and SSIM 1 of pictures in uint8."""
    torch = pytest.importorskip("torch")
    peer = pytest.importorskip("pytorch_msssim")
    small = torch.from_numpy(rng.uniform(size=(1, 3, 7, 7)))
    assert torch.isfinite(peer.ssim(small, small.flip(3), data_range=1))
    with pytest.raises(ValueError, match="smaller than the window"):
        metrics.ssim(*(native(p) for p in pair(rng, (1, 7, 7, 3))), data_range=1)
    tm = pytest.importorskip("torchmetrics.functional.image")
    x, y = pair(rng, (1, 16, 16, 3))
    a, b = torch_pair(x, y)
    assert torch.isfinite(tm.peak_signal_noise_ratio(a[0], b[0, :1], data_range=1.0))
    with pytest.raises(ValueError, match="expected the same shape"):
        metrics.psnr(native(x), native(y[..., :1]), data_range=1)


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("counts", [(200, 200), (60, 90)])
@pytest.mark.parametrize("features", [2, 40])
def test_prdc(metrics, rng, k, counts, features):
    """Equal unless a point lies exactly on a border, which is inside here and outside there."""
    prdc = pytest.importorskip("prdc")
    real, fake = rng.normal(size=(counts[0], features)), rng.normal(0.3, 0.9, (counts[1], features))
    expected = prdc.compute_prdc(real_features=real, fake_features=fake, nearest_k=k)
    found = dict(
        zip(
            ("precision", "recall", "density", "coverage"),
            map(
                float,
                (
                    *metrics.precision_recall(real, fake, k=k),
                    *metrics.density_coverage(real, fake, k=k),
                ),
            ),
            strict=True,
        )
    )
    assert found == pytest.approx(expected, rel=1e-6)


def test_ties_beside_prdc(metrics):
    prdc = pytest.importorskip("prdc")
    same = np.full((10, 3), 0.5)
    theirs = prdc.compute_prdc(real_features=same, fake_features=same, nearest_k=3)
    assert theirs["precision"] == theirs["coverage"] == 0
    assert float(metrics.precision_recall(same, same)[0]) == 1
    assert float(metrics.density_coverage(same, same)[1]) == 1


@pytest.mark.parametrize("counts", [(150, 150), (20, 90)])
def test_distances_of_torchmetrics(metrics, rng, counts):
    """Its formulas, from features: eigenvalues of a product, and the polynomial kernel."""
    torch = pytest.importorskip("torch")
    fid = pytest.importorskip("torchmetrics.image.fid")
    kernel = pytest.importorskip("torchmetrics.image.kid")
    a, b = rng.normal(size=(counts[0], 30)), rng.normal(0.2, 1.2, (counts[1], 30))
    one, other = torch.from_numpy(a), torch.from_numpy(b)
    moments = [x for set_ in (one, other) for x in (set_.mean(dim=0), torch.cov(set_.T))]
    expected = float(fid._compute_fid(moments[0], moments[1], moments[2], moments[3]))
    assert float(metrics.frechet_distance(a, b)) == pytest.approx(expected, rel=1e-6)
    fewest = min(counts)
    expected = float(kernel.poly_mmd(one[:fewest], other[:fewest]))
    found = float(metrics.polynomial_mmd(a[:fewest], b[:fewest]))
    assert found == pytest.approx(expected, rel=1e-9)


def cubic(distance: np.ndarray) -> np.ndarray:
    """Keys' cubic kernel with a = -1/2, which MATLAB's `imresize` takes."""
    d = np.abs(distance)
    near, far = 1.5 * d**3 - 2.5 * d**2 + 1, -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.where(d <= 1, near, np.where(d <= 2, far, 0))


def bicubic(picture: np.ndarray, scale: float) -> np.ndarray:
    """MATLAB's `imresize`: a kernel widened when it makes pictures smaller, mirrored borders."""
    for axis in (0, 1):
        old = picture.shape[axis]
        new, stretch = int(np.ceil(old * scale)), min(scale, 1)
        centre = (np.arange(new) + 0.5) / scale - 0.5
        reach = int(np.ceil(4 / stretch)) + 2
        index = np.floor(centre - 2 / stretch).astype(int)[:, None] + np.arange(reach)
        weights = cubic(stretch * (centre[:, None] - index))
        weights /= weights.sum(axis=1, keepdims=True)
        index = index % (2 * old)
        index = np.where(index >= old, 2 * old - 1 - index, index)
        taken = np.take(np.moveaxis(picture, axis, 0), index, axis=0)
        picture = np.moveaxis(np.einsum("ij...,ij->i...", taken, weights), 0, axis)
    return picture


def test_the_bicubic_of_the_anchor(rng):
    """It keeps constants and straight lines, and is PIL's away from the border."""
    assert bicubic(np.full((12, 9), 3.0), 2) == pytest.approx(3)
    line = np.arange(24.0) * np.ones((6, 1))
    assert bicubic(line, 2)[6, 8:-8] == pytest.approx((np.arange(48) + 0.5)[8:-8] / 2 - 0.5)
    picture = rng.uniform(size=(48, 36)).astype(np.float32)
    for size in ((72, 96), (18, 24)):
        pil = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
        ours = bicubic(picture.astype(float), size[0] / 36)
        assert ours[8:-8, 8:-8] == pytest.approx(pil[8:-8, 8:-8], abs=1e-4)


PUBLISHED = {2: (33.66, 0.9299), 3: (30.39, 0.8682), 4: (28.42, 0.8104)}


@pytest.mark.parametrize("scale", PUBLISHED)
def test_bicubic_on_set5_as_published(metrics, native, scale):
    """Mean PSNR and SSIM of bicubic upscaling on Set5 as super-resolution papers report them: luma
    in uint8, `scale` pixels cropped from each border (for example arXiv:1707.02921, table 7)."""
    folder = Path(os.environ.get("PRODGEN_SET5") or "no folder")
    files = sorted(folder.glob("*.png")) + sorted(folder.glob("*.bmp"))
    if not files:
        pytest.skip("no pictures of Set5: set PRODGEN_SET5 to a folder with its five files")
    decibels, similarities = [], []
    for file in files:
        picture = np.asarray(Image.open(file).convert("RGB"))
        height, width = (n - n % scale for n in picture.shape[:2])
        picture = picture[:height, :width]
        smaller = np.clip(np.rint(bicubic(picture.astype(float), 1 / scale)), 0, 255)
        upscaled = np.clip(np.rint(bicubic(smaller, scale)), 0, 255).astype(np.uint8)
        x, y = (
            np.rint(np.asarray(luma_of(metrics, native, p))).astype(float)
            for p in (upscaled, picture)
        )
        x, y = (native(p[scale:-scale, scale:-scale, None]) for p in (x, y))
        decibels.append(float(metrics.psnr(x, y, data_range=255)))
        similarities.append(float(metrics.ssim(x, y, data_range=255)))
    found = np.mean(decibels), np.mean(similarities)
    assert found == pytest.approx(PUBLISHED[scale], rel=0, abs=0.02)
    assert found[1] == pytest.approx(PUBLISHED[scale][1], abs=5e-4)


def luma_of(metrics, native, picture: np.ndarray) -> np.ndarray:
    """Y of a picture H×W×3 uint8, as H×W."""
    return np.squeeze(np.asarray(metrics.luma(native(picture), data_range=255)))
