"""Fashion-MNIST: official facts on the real files, and every way in which a file can be wrong."""

from __future__ import annotations

import gzip
import hashlib
import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prodgen_lib.data import DataError, fashion_mnist, load

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


def idx(array: np.ndarray) -> bytes:
    """An array as an idx file of bytes."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small set of 30 pictures in the official form."""
    folder = tmp_path / "data" / "fashion-mnist"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    (folder / IMAGES).write_bytes(gzip.compress(idx(rng.integers(0, 256, (30, 28, 28)))))
    (folder / LABELS).write_bytes(gzip.compress(idx(np.arange(30) % 10)))
    return folder


@pytest.mark.parametrize(("split", "count"), [("train", 60_000), ("test", 10_000)])
def test_official_facts(real_data: Path, split: str, count: int) -> None:
    data = load("fashion_mnist", split=split, folder=real_data)
    assert data.images.shape == (count, 32, 32, 3)
    assert np.all(np.bincount(data.labels) == count // 10)
    assert data.classes[9] == "Ankle boot"
    assert data.labels[0] == 9
    inner = data.images[:, 2:-2, 2:-2, 0]
    if split == "train":
        assert inner.mean() / 255 == pytest.approx(0.2860, abs=5e-5)
        assert inner.std() / 255 == pytest.approx(0.3530, abs=5e-5)
    assert data.images.sum() == 3 * inner.sum(dtype=np.int64)  # the border is black, RGB equal


def test_environment_variable_names_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODGEN_DATA", str(folder.parent))
    by_variable = load("fashion_mnist")
    for place in (folder, folder.parent, str(folder)):
        np.testing.assert_array_equal(
            load("fashion_mnist", folder=place).images, by_variable.images
        )


@pytest.mark.parametrize("size", [16, 28, 32, 64])
def test_any_size(folder: Path, size: int) -> None:
    data = load("fashion_mnist", size=size, folder=folder)
    assert data.images.shape == (30, size, size, 3)
    assert data.images.std() > 20


def test_limit_is_spread_over_the_set(folder: Path) -> None:
    data = load("fashion_mnist", folder=folder, limit=6)
    assert data.labels.tolist() == [0, 5, 0, 5, 0, 5]
    assert len(load("fashion_mnist", folder=folder, limit=99)) == 30


Damage = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("file", "damage", "sentence"),
    [
        (IMAGES, lambda b: b[:-500], "is damaged or no gzip file"),
        (IMAGES, lambda b: b[:500] + bytes([b[500] ^ 255]) + b[501:], "is damaged or no gzip file"),
        (IMAGES, lambda b: b"", "is not an idx file"),
        (IMAGES, lambda b: b"<html>404</html>", "is damaged or no gzip file"),
        (IMAGES, lambda b: gzip.compress(b"short"), "is not an idx file of bytes with 3 axes"),
        (IMAGES, lambda b: gzip.compress(idx(np.zeros((30, 27, 28)))), "shape (30, 27, 28)"),
        (IMAGES, lambda b: gzip.compress(idx(np.zeros((0, 28, 28)))), "shape (0, 28, 28)"),
        (
            IMAGES,
            lambda b: gzip.compress(gzip.decompress(b)[:-784]),
            "22736 bytes where its header",
        ),
        (
            IMAGES,
            lambda b: gzip.compress(gzip.decompress(b) + b"x"),
            "23521 bytes where its header",
        ),
        (
            LABELS,
            lambda b: gzip.compress(idx(np.zeros((30, 28, 28)))),
            "idx file of bytes with 1 a",
        ),
        (LABELS, lambda b: gzip.compress(idx(np.zeros(29))), "holds 29 labels for 30 pictures"),
        (LABELS, lambda b: gzip.compress(idx(np.full(30, 10))), "holds the label 10"),
    ],
)
def test_damaged_files(folder: Path, file: str, damage: Damage, sentence: str) -> None:
    (folder / file).write_bytes(damage((folder / file).read_bytes()))
    with pytest.raises(DataError, match=re.escape(sentence)) as raised:
        load("fashion_mnist", folder=folder)
    assert str(folder / file) in str(raised.value)


def test_any_flipped_byte_of_a_file_is_noticed(folder: Path) -> None:
    """gzip's checksum covers all but its own header, which holds no data."""
    sound = (folder / IMAGES).read_bytes()
    for place in np.random.default_rng(1).integers(10, len(sound), 40).tolist():
        flipped = sound[:place] + bytes([sound[place] ^ 16]) + sound[place + 1 :]
        (folder / IMAGES).write_bytes(flipped)
        with pytest.raises(DataError, match=IMAGES):
            load("fashion_mnist", folder=folder)


def test_missing_file_and_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / LABELS).unlink()
    with pytest.raises(DataError, match=rf"{LABELS} is missing"):
        load("fashion_mnist", folder=folder)
    with pytest.raises(DataError, match="There is no folder"):
        load("fashion_mnist", folder=folder / "nowhere")
    monkeypatch.setenv("PRODGEN_DATA", str(folder / "nowhere"))
    with pytest.raises(DataError, match="PRODGEN_DATA names"):
        load("fashion_mnist")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"split": "val"}, "split of fashion_mnist 'val'; choose one of: train, test"),
        ({"size": 4}, "size of a picture in pixels must be a whole number, 8 to 512; got 4"),
        ({"size": 32.0}, "must be a whole number, 8 to 512; got 32.0"),
    ],
)
def test_wrong_arguments(folder: Path, arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=re.escape(sentence)):
        load("fashion_mnist", folder=folder, **arguments)


# The download ------------------------------------------------------------------------------


@pytest.fixture
def published(folder: Path, served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small set on a local server; the first address does not answer."""
    place, address = served
    checksums = {}
    for file in (IMAGES, LABELS):
        data = (folder / file).read_bytes()
        (place / file).write_bytes(data)
        checksums[file.removesuffix("-ubyte.gz")] = hashlib.sha256(data).hexdigest()
    monkeypatch.setattr(fashion_mnist, "ADDRESSES", ("http://127.0.0.1:9", address))
    monkeypatch.setattr(fashion_mnist, "CHECKSUMS", checksums)
    return place


def test_download_is_verified_and_kept(published: Path, folder: Path) -> None:
    first = load("fashion_mnist")
    np.testing.assert_array_equal(first.images, load("fashion_mnist", folder=folder).images)
    for file in (IMAGES, LABELS):
        (published / file).unlink()
    np.testing.assert_array_equal(load("fashion_mnist").images, first.images)


def test_download_with_a_wrong_checksum_is_refused(published: Path, own_cache: Path) -> None:
    (published / IMAGES).write_bytes(gzip.compress(idx(np.zeros((30, 28, 28)))))
    with pytest.raises(DataError, match=f"{IMAGES} .* wrong checksum"):
        load("fashion_mnist")
    assert not list(own_cache.rglob(IMAGES))


def test_offline_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "ADDRESSES", ("http://127.0.0.1:9",))
    with pytest.raises(DataError) as raised:
        load("fashion_mnist")
    message = str(raised.value)
    assert "connect to the internet" in message
    assert "PRODGEN_DATA" in message
    assert message.endswith(".")
    assert len(message) < 500


def test_checksums_are_those_of_the_official_files(real_data: Path) -> None:
    for name, checksum in fashion_mnist.CHECKSUMS.items():
        data = (real_data / "fashion-mnist" / f"{name}-ubyte.gz").read_bytes()
        assert hashlib.sha256(data).hexdigest() == checksum
