"""Layouts and weights."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import prodgen_lib

SHIPPED = Path(prodgen_lib.__file__).parent / "weights"


def test_pictures_survive_the_way_in_and_out(fw, rng):
    pictures = rng.integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    images = fw.bridge.to_images(pictures)
    assert tuple(images.shape) == ((3, 3, 4, 5) if fw.name == "torch" else (3, 4, 5, 3))
    assert np.array_equal(fw.bridge.from_images(images), pictures)


def test_the_ends_of_the_range(fw):
    pictures = np.array([0, 255], np.uint8).reshape(1, 1, 2, 1)
    assert fw.bridge.to_numpy(fw.bridge.to_images(pictures)).ravel().tolist() == [-1, 1]
    beyond = fw.bridge.image_tensor(np.array([-9.0, 9.0]).reshape(1, 1, 2, 1))
    assert fw.bridge.from_images(beyond).ravel().tolist() == [0, 255]


@pytest.mark.parametrize("pictures", [np.zeros((1, 2, 2, 3)), np.zeros((2, 2, 3), np.uint8)])
def test_other_arrays_are_no_pictures(fw, pictures):
    with pytest.raises(ValueError, match="uint8 pictures of shape N×H×W×C"):
        fw.bridge.to_images(pictures)


def test_float_pictures_keep_their_values(fw, rng):
    array = rng.normal(size=(2, 3, 4, 1)).astype(np.float32)
    assert np.array_equal(fw.bridge.image_array(fw.bridge.image_tensor(array)), array)


def test_value_and_gradients(fw):
    a, b = fw.bridge.to_tensor([1.0, 2.0]), fw.bridge.to_tensor([3.0, 4.0])
    value, (da, db, dc) = fw.bridge.value_and_gradients(
        lambda a, b, c: (a * a * b)[0] + (a * b)[1], a, b, fw.bridge.to_tensor([7.0])
    )
    assert value == 3 + 8
    assert da.tolist() == [6, 4] and db.tolist() == [1, 2] and dc.tolist() == [0]


def test_a_value_without_gradients_has_zeros(fw):
    value, (gradient,) = fw.bridge.value_and_gradients(
        lambda _: fw.bridge.to_tensor(3.0), fw.bridge.to_tensor([1.0])
    )
    assert value == 3 and gradient.tolist() == [0]


def test_weights_have_canonical_names_and_shapes(fw):
    generator = fw.gan.build_generator(latent_dim=5, width=2, channels=1)
    shapes = {name: value.shape for name, value in fw.bridge.weights(generator).items()}
    assert list(shapes)[:6] == [
        "00.kernel",
        "01.gamma",
        "01.beta",
        "01.moving_mean",
        "01.moving_variance",
        "02.kernel",
    ]
    assert shapes["00.kernel"] == (4, 4, 8, 5)
    assert shapes["06.kernel"] == (4, 4, 1, 2) and shapes["06.bias"] == (1,)


def test_weights_are_copies(fw):
    model = fw.gan.build_discriminator(width=2)
    fw.bridge.weights(model)["00.bias"][:] = 5
    assert not fw.bridge.weights(model)["00.bias"].any()


@pytest.mark.parametrize("half", [False, True])
def test_weights_survive_a_file(fw, tmp_path, half):
    one, other = (fw.gan.build_discriminator(width=2) for _ in range(2))
    fw.bridge.save_weights(one, tmp_path / "w.safetensors", half=half)
    fw.bridge.load_weights(other, tmp_path / "w.safetensors")
    for name, value in fw.bridge.weights(other).items():
        assert value.dtype == np.float32
        assert np.allclose(value, fw.bridge.weights(one)[name], rtol=1e-3 if half else 0, atol=1e-6)


@pytest.mark.parametrize("name", ["codes_studio", "factors_studio", "pixels_studio"])
def test_shipped_networks_take_half_the_room_and_compute_in_full(fw, name):
    stored = load_file(SHIPPED / f"{name}.safetensors")
    assert {value.dtype for value in stored.values()} == {np.dtype(np.float16)}
    flows = importlib.import_module(f"prodgen_lib.{fw.name}.flows")
    factors = importlib.import_module(f"prodgen_lib.{fw.name}.factors")
    networks = {"": factors.load_factor_classifier()}
    if name == "codes_studio":
        model = flows.load_codes()
        networks = {"encoder.": model.encoder, "decoder.": model.decoder}
    if name == "pixels_studio":
        networks = {"": flows.load_pixels().network}
    for start, network in networks.items():
        for key, value in fw.bridge.weights(network).items():
            assert value.dtype == np.float32
            assert np.array_equal(value, stored[start + key].astype(np.float32))


def test_wrong_weights_are_refused(fw, tmp_path):
    model = fw.gan.build_discriminator(width=2)
    with pytest.raises(ValueError, match="another architecture"):
        fw.bridge.set_weights(model, fw.bridge.weights(fw.gan.build_generator(width=2)))
    with pytest.raises(ValueError, match=r"00\.kernel has shape \(4, 4, 3, 3\); expected"):
        fw.bridge.set_weights(model, fw.bridge.weights(fw.gan.build_discriminator(width=3)))
    with pytest.raises(FileNotFoundError, match="no file of weights"):
        fw.bridge.load_weights(model, tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x08")
    with pytest.raises(ValueError, match="damaged"):
        fw.bridge.load_weights(model, tmp_path / "cut.safetensors")


def test_a_copy_shares_nothing(fw):
    model = fw.gan.build_discriminator(width=2)
    before = fw.bridge.weights(model)
    copy = fw.bridge.copy_model(model)
    fw.bridge.set_weights(copy, {name: value + 1 for name, value in before.items()})
    assert all(np.array_equal(value, before[k]) for k, value in fw.bridge.weights(model).items())


def test_a_seed_gives_the_same_weights(fw):
    def first(seed: int) -> np.ndarray:
        fw.bridge.set_seed(seed)
        return fw.bridge.weights(fw.gan.build_discriminator(width=2))["00.kernel"]

    assert np.array_equal(first(3), first(3)) and not np.array_equal(first(3), first(4))


def test_counting_parameters(fw):
    model = fw.gan.build_generator(latent_dim=2, width=1, channels=1)
    assert fw.bridge.count_parameters(model) == 16 * (2 * 4 + 4 * 2 + 2 * 1 + 1) + 2 * 7 + 1


def test_weights_inside_blocks_and_embeddings_have_names_too(fw):
    assert list(fw.bridge.weights(_nested(fw.name))) == [
        "00.embeddings",
        "01.kernel",
        "01.bias",
        "02.gamma",
        "02.beta",
        "02.moving_mean",
        "02.moving_variance",
        "03.kernel",
    ]


def test_embeddings_keep_their_layout(fw):
    model = _nested(fw.name)
    rows = np.arange(15, dtype=np.float32).reshape(5, 3)
    fw.bridge.set_weights(model, fw.bridge.weights(model) | {"00.embeddings": rows})
    assert np.array_equal(fw.bridge.weights(model)["00.embeddings"], rows)


def _nested(framework: str):
    """Five labels of size 3, then a block of two convolutions around a batch norm."""
    if framework == "torch":
        from torch import nn

        block = nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Conv2d(2, 1, 1, bias=False)
        )
        return nn.Sequential(nn.Embedding(5, 3), nn.Sequential(block))
    import keras
    from keras import layers

    convolutions = layers.Conv2D(2, 3, padding="same"), layers.Conv2D(1, 1, use_bias=False)
    block = keras.Sequential([convolutions[0], layers.BatchNormalization(), convolutions[1]])
    embedding = layers.Embedding(5, 3)
    return keras.Sequential([keras.Input((4, 4)), embedding, layers.Reshape((4, 4, 3)), block])
