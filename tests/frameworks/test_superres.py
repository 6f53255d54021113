"""Super-resolution against Pillow, scipy and scikit-image, its training, tiles and weights."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import correlate1d
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio

from prodgen_lib.data import load

HALVING = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256
"""Keys's weights at ±¼, ±¾, ±1¼, ±1¾ of a large pixel, halved, by hand."""

MATLABS_OWN = """
    116 227 153  69 146 194  59 130 139 106     2  47 137 249  90  75  16  24 158  44
    155  68  46  84 166 156  69 204  32 152    71 221 137 230 210 153 192 115  30 118
    107 143 108  52  51  73 101  21 175  90    54 158 143  77  26 168 113 229 165 225
      9  47 133 135 130 207 236  43  19  73   129  60  59 243  64 181 249  56  32  86"""
MATLABS_HALF = "105 140 126 81 109 110 134 153 114 93 108 108 94 127 146 67 126 162 149 62"
"""Eight rows of ten grey levels, and what MATLAB's `imresize(…, 0.5, "bicubic")` makes of them.

Published as reference results in the tests of `imresize` in Octave's image package.
"""


@pytest.fixture
def superres(fw):
    return importlib.import_module(f"prodgen_lib.{fw.name}.superres")


@pytest.fixture
def pictures(rng) -> np.ndarray:
    """Noise is the hardest picture to resize."""
    return rng.integers(0, 256, (2, 24, 36, 3), dtype=np.uint8)


def random_network(fw, superres, rng, **options):
    """A network whose last layer counts, or everything would be bicubic."""
    network = superres.build_network(width=6, **options)
    values = fw.bridge.weights(network)
    fw.bridge.set_weights(network, {n: 0.2 * rng.normal(size=v.shape) for n, v in values.items()})
    return network


@pytest.mark.parametrize(
    ("distance", "weight"), [(0, 1), (1, 0), (2, 0), (3, 0), (0.5, 9 / 16), (-1.5, -1 / 16)]
)
def test_cubic_has_keyss_values(fw, superres, distance, weight):
    found = fw.bridge.to_numpy(superres.cubic(fw.bridge.to_tensor([distance])))
    assert found[0] == pytest.approx(weight)


def test_halving_is_matlabs_to_the_last_value_up_to_the_border(superres, pictures):
    rows = correlate1d(pictures.astype(float), HALVING, axis=1, mode="reflect", origin=-1)
    both = correlate1d(rows[:, ::2], HALVING, axis=2, mode="reflect", origin=-1)[:, :, ::2]
    expected = np.clip(np.floor(both + 0.5), 0, 255).astype(np.uint8)  # MATLAB rounds halves up
    assert np.array_equal(superres.shrink(pictures, factor=2), expected)


def test_matlabs_own_results_come_out_to_the_last_value(fw, superres):
    """MATLAB rounds 8-bit pictures after the rows and after the columns; `degrade` only at last."""
    grey = np.array(MATLABS_OWN.split(), float).reshape(8, 10)
    expected = np.array(MATLABS_HALF.split(), float).reshape(4, 5)
    rows, columns = (fw.bridge.to_numpy(superres.resize_matrix(n, n // 2)) for n in grey.shape)
    assert np.array_equal(np.floor(np.floor(rows @ grey + 0.5) @ columns.T + 0.5), expected)
    picture = np.uint8(grey[None, :, :, None].repeat(3, 3))
    once = superres.shrink(picture, factor=2)[0, :, :, 0]
    assert np.abs(once - expected).max() == 1, "the second rounding moves some by one level"


def test_matlabs_own_row_comes_out_in_floats(fw, superres):
    row = fw.bridge.to_numpy(superres.resize_matrix(2, 3)) @ [10.0, 6.0]
    assert row == pytest.approx([10.27777777777777, 8, 5.72222222222222], abs=1e-13)


@pytest.mark.parametrize("shape", [(12, 18), (6, 9), (10, 15), (48, 72), (31, 50)])
def test_away_from_the_border_it_is_pillow(fw, superres, pictures, shape):
    grey = pictures[0, :, :, 0].astype(np.float32)
    theirs = np.asarray(Image.fromarray(grey).resize(shape[::-1], Image.Resampling.BICUBIC))
    ours = superres.resize(fw.bridge.image_tensor(grey[None, :, :, None]), *shape)
    margin = [int(np.ceil(2 * max(1, new / old))) for new, old in zip(shape, (24, 36), strict=True)]
    inside = tuple(slice(m, -m) for m in margin)
    difference = np.abs(fw.bridge.image_array(ours)[0, :, :, 0] - theirs)
    assert difference[inside].max() < 1e-3
    assert difference.max() > 0.5, "Pillow leaves out what lies beyond the border"


@pytest.mark.parametrize("shape", [(3, 5), (7, 36), (50, 11)])
def test_one_colour_stays_one_colour(fw, superres, shape):
    even = fw.bridge.image_tensor(np.full((1, 9, 12, 3), 0.3))
    assert np.allclose(fw.bridge.image_array(superres.resize(even, *shape)), 0.3, atol=1e-6)


def test_fine_stripes_turn_grey_and_no_other_stripes(superres):
    stripes = np.zeros((1, 32, 32, 3), np.uint8)
    stripes[:, :, ::2] = 255
    assert np.ptp(superres.shrink(stripes, factor=2)[:, :, 2:-2].astype(int)) <= 1


def test_sizes_that_do_not_divide_are_refused(fw, superres):
    with pytest.raises(ValueError, match="15×16 pixels can't be made 2 times smaller"):
        superres.degrade(fw.bridge.image_tensor(np.zeros((1, 15, 16, 3))), factor=2)


@pytest.mark.parametrize("factor", [2, 3])
def test_shuffle_puts_each_channel_at_its_pixel(fw, superres, rng, factor):
    features = rng.normal(size=(2, 4, 5, 3 * factor**2)).astype(np.float32)
    shuffled = superres.pixel_shuffle(fw.bridge.image_tensor(features), factor=factor)
    shuffled = fw.bridge.image_array(shuffled)
    assert shuffled.shape == (2, 4 * factor, 5 * factor, 3)
    for y, x, colour in np.ndindex(shuffled.shape[1:]):
        channel = colour * factor**2 + y % factor * factor + x % factor
        expected = features[:, y // factor, x // factor, channel]
        assert np.array_equal(shuffled[:, y, x, colour], expected)


def test_shuffle_is_pytorchs_own(rng):
    torch = pytest.importorskip("torch")
    superres = importlib.import_module("prodgen_lib.torch.superres")
    features = torch.tensor(rng.normal(size=(2, 12, 4, 5)))
    expected = torch.nn.PixelShuffle(2)(features)
    assert torch.equal(superres.pixel_shuffle(features, factor=2), expected)


@pytest.mark.parametrize("name", ["network", "espcn", "srcnn"])
@pytest.mark.parametrize("factor", [2, 4])
def test_every_network_enlarges(fw, superres, pictures, name, factor):
    network = getattr(superres, f"build_{name}")(factor=factor)
    enlarge = superres.enlarge if name == "network" else getattr(superres, f"enlarge_{name}")
    large = superres.enlarge_pictures(network, pictures, factor=factor, enlarge=enlarge)
    assert large.shape == (2, 24 * factor, 36 * factor, 3)
    assert large.dtype == np.uint8


def test_a_new_network_is_bicubic_but_learns(fw, superres, pictures):
    network = superres.build_network()
    assert fw.bridge.count_parameters(network) == 44_940
    large = superres.enlarge_pictures(network, pictures, factor=2)
    assert np.array_equal(large, superres.bicubic(pictures, factor=2))
    small = superres.unit_images(pictures)

    def loss():
        return superres.pixel_loss(superres.enlarge(network, small, factor=2), 0.5, power=2)

    gradients = list(fw.bridge.weight_gradients(loss, network).values())
    assert np.abs(gradients[-2]).max() > 0, "the last layer's kernel"


def test_pixel_losses_by_hand(fw, superres):
    ours, theirs = (fw.bridge.to_tensor([value]) for value in ([0.0, 1.0], [0.5, 0.9]))
    assert float(superres.pixel_loss(ours, theirs)) == pytest.approx(0.3)
    assert float(superres.pixel_loss(ours, theirs, power=2)) == pytest.approx(0.13)


def test_perceptual_loss_is_relative_and_leaves_targets_alone(fw, superres, rng):
    one, other = (fw.bridge.image_tensor(rng.uniform(size=(2, 16, 16, 3))) for _ in range(2))
    features = superres.classifier_features()
    loss = superres.perceptual_loss(features, one, other)
    louder = superres.perceptual_loss(lambda x: 7 * features(x), one, other)
    assert float(loss) > 0
    assert float(loss) == pytest.approx(float(louder), rel=1e-4)
    assert float(superres.perceptual_loss(features, one, one)) == 0

    def value(images, targets):
        return superres.perceptual_loss(features, images, targets)

    _, (ours, theirs) = fw.bridge.value_and_gradients(value, one, other)
    assert np.abs(ours).max() > 0
    assert np.abs(theirs).max() == 0


@pytest.mark.parametrize("factor", [2, 4])
def test_luma_psnr_is_scikit_images_of_the_inner_luma(fw, superres, rng, factor):
    targets = rng.integers(0, 256, (3, 20, 24, 3), dtype=np.uint8)
    noisy = targets / 255 + rng.normal(0, 0.1, targets.shape)
    found = superres.luma_psnr(
        fw.bridge.image_tensor(noisy), superres.unit_images(targets), factor=factor
    )
    inside = slice(factor, -factor)
    for value, image, target in zip(fw.bridge.to_numpy(found), noisy, targets, strict=True):
        rounded = np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
        pair = (rgb2ycbcr(picture)[inside, inside, 0] for picture in (target, rounded))
        assert value == pytest.approx(peak_signal_noise_ratio(*pair, data_range=255), abs=1e-3)


@pytest.mark.parametrize(("tile", "height", "width"), [(7, 20, 31), (16, 16, 16), (64, 20, 31)])
def test_tiles_show_no_seam(fw, superres, rng, tile, height, width):
    network = random_network(fw, superres, rng, blocks=2)
    images = fw.bridge.image_tensor(rng.uniform(size=(1, height, width, 3)))
    whole = fw.bridge.image_array(superres.enlarge(network, images, factor=2))
    sizes = {"factor": 2, "tile": tile}
    tiled = superres.enlarge_tiled(network, images, overlap=6, **sizes)  # six convolutions 3×3
    assert np.allclose(fw.bridge.image_array(tiled), whole, atol=1e-5)
    bare = fw.bridge.image_array(superres.enlarge_tiled(network, images, overlap=0, **sizes))
    assert np.allclose(bare, whole, atol=1e-5) == (tile >= max(height, width))


def test_self_ensemble_turns_with_the_picture(fw, superres, rng):
    network = random_network(fw, superres, rng, blocks=1)
    images = rng.uniform(size=(1, 8, 12, 3))

    def ensemble(array):
        tensor = fw.bridge.image_tensor(np.ascontiguousarray(array))
        return fw.bridge.image_array(superres.self_ensemble(network, tensor, factor=2))

    expected = ensemble(images)
    turned = np.rot90(ensemble(np.rot90(images, 1, (1, 2))), -1, (1, 2))
    assert np.allclose(turned, expected, atol=1e-6)
    assert np.allclose(ensemble(images[:, :, ::-1])[:, :, ::-1], expected, atol=1e-6)
    assert expected.shape == (1, 16, 24, 3)


def test_squares_of_both_sizes_show_the_same_place(fw, superres, rng):
    large = np.repeat(np.repeat(np.arange(48, dtype=np.uint8).reshape(1, 6, 8, 1), 3, 1), 3, 2)
    pair = superres.draw_squares(large[:, 1::3, 1::3], large, count=5, side=4, rng=rng)
    few, many = map(fw.bridge.image_array, pair)
    assert few.shape == (5, 4, 4, 1)
    assert np.array_equal(many[:, 1::3, 1::3], few)
    assert len({float(square[0, 0, 0]) for square in few}) > 1


@pytest.mark.tensorflow_slow
def test_training_gains_repeats_itself_and_leaves_its_start_alone(fw, superres):
    data = load("catalogue_full", count=40, size=32).images
    options = {"steps": 60, "side": 8, "progress": False}
    first, again = (superres.train(data, seed=3, **options) for _ in range(2))
    assert np.allclose(first.history["loss"], again.history["loss"], rtol=1e-3)
    assert first.history["loss"][-20:].mean() < first.history["loss"][:20].mean()
    before = fw.bridge.weights(first.network)
    sharp = superres.train_adversarial(
        data, start=first.network, factor=2, steps=3, side=8, progress=False
    )
    after = fw.bridge.weights(first.network)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    moved = fw.bridge.weights(sharp.network)
    assert any(not np.array_equal(before[name], moved[name]) for name in before)


@pytest.mark.parametrize(("factor", "gain"), [(2, 6.0), (4, 3.0)])
def test_shipped_networks_beat_bicubic_on_drawn_pictures(fw, superres, factor, gain):
    held_out = load("catalogue_full", count=40, size=64, split="test").images
    assert gained(fw, superres, held_out, factor) > gain


@pytest.mark.parametrize(("factor", "gain"), [(2, 2.0), (4, 0.7)])
def test_shipped_networks_beat_bicubic_on_photos(fw, superres, real_data, factor, gain):
    photos = load("grocery_store", size=64, split="test", limit=40, folder=real_data).images
    assert gained(fw, superres, photos, factor) > gain


def gained(fw, superres, pictures: np.ndarray, factor: int) -> float:
    """Decibels of luma over bicubic."""
    small = superres.shrink(pictures, factor=factor)
    network = superres.load_pretrained(factor=factor)
    ours = superres.enlarge_pictures(network, small, factor=factor)
    targets = superres.unit_images(pictures)
    values = [
        superres.luma_psnr(superres.unit_images(found), targets, factor=factor)
        for found in (ours, superres.bicubic(small, factor=factor))
    ]
    return float(np.mean(fw.bridge.to_numpy(values[0]) - fw.bridge.to_numpy(values[1])))


@pytest.mark.parametrize("factor", [2, 4])
def test_a_picture_of_ones_own_gets_larger_without_seams(superres, rng, factor):
    picture = load("catalogue_full", count=4, size=64).images.reshape(2, 2, 64, 64, 3)
    picture = picture.transpose(0, 2, 1, 3, 4).reshape(128, 128, 3)[:101]
    large = superres.upscale(picture, factor=factor)
    network = superres.load_pretrained(factor=factor)
    whole = superres.enlarge_pictures(network, picture[None], factor=factor)[0]
    assert large.shape == (101 * factor, 128 * factor, 3)
    assert np.abs(large.astype(int) - whole).max() <= 1, "roundings of sums in another order"
    assert superres.upscale(picture[:1, :1], factor=factor).shape == (factor, factor, 3)


def test_a_file_of_ones_own_gets_larger_by_its_path(superres, tmp_path):
    picture = np.random.default_rng(3).integers(0, 256, (8, 12, 4), np.uint8)
    picture[:, :, 3] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    Image.fromarray(picture).save(tmp_path / "mug.png", exif=exif)
    turned = np.ascontiguousarray(picture[::-1, ::-1, :3])
    assert np.array_equal(superres.upscale(tmp_path / "mug.png"), superres.upscale(turned))
    (tmp_path / "words.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"words\.png is not a picture that can be read"):
        superres.upscale(str(tmp_path / "words.png"))


@pytest.mark.parametrize(
    ("picture", "factor", "sentence"),
    [
        (np.zeros((4, 4, 3)), 2, "Expected a picture of uint8 H×W×3, got float64"),
        (np.zeros((4, 4), np.uint8), 2, "Expected a picture of uint8"),
        (np.zeros((4, 4, 4), np.uint8), 2, "Expected a picture of uint8"),
        (np.zeros((0, 4, 3), np.uint8), 2, "Expected a picture of uint8"),
        (np.zeros((4, 4, 3), np.uint8), 3, "factors 2 and 4, not for 3"),
        (
            np.zeros((3000, 3000, 3), np.uint8),
            4,
            "12000×12000 pixels; at most 100,000,000",
        ),
    ],
)
def test_other_pictures_are_refused(superres, picture, factor, sentence):
    with pytest.raises(ValueError, match=sentence):
        superres.upscale(picture, factor=factor)


def test_the_mended_candidate_learns(fw, superres):
    large = superres.unit_images(load("catalogue_full", count=8, size=32).images)
    network = superres.review_network(width=8)
    optimizer = superres.review_optimizer(network)
    losses = [float(superres.review_step(network, optimizer, large)) for _ in range(40)]
    assert losses[-1] < 0.8 * losses[0]
    assert fw.bridge.image_array(network(large)).shape == (8, 64, 64, 3)


A_QUARTER = """
import resource, sys
import numpy as np
from importlib import import_module
superres = import_module(f"prodgen_lib.{sys.argv[1]}.superres")
superres.upscale(np.zeros((96, 2000, 3), np.uint8))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
large = superres.upscale(np.zeros((1500, 2000, 3), np.uint8))
assert large.shape == (3000, 4000, 3)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.slow
def test_twelve_megapixels_are_enlarged_in_half_a_gigabyte(fw):
    """Tried on three, in a quarter of it."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", A_QUARTER, fw.name]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 500e6 / 4
