"""Grocery Store: the real files, the original layout, and every way in which they can be wrong."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prodgen_lib.data import DataError, grocery_store, load

SPLITS = {"train": 5, "val": 2, "test": 3}


def photo(index: int) -> bytes:
    """A photograph in one of the three shapes of the original ones."""
    width, height = ((348, 348), (348, 464), (464, 348))[index % 3]
    y, x = np.mgrid[:height, :width]
    picture = np.stack([x % 256, y % 256, (x + y + 40 * index) % 256], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture
def original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The original layout with ten photographs, and the checksums of its lists."""
    folder = tmp_path / "original" / "dataset"
    folder.mkdir(parents=True)
    lines = ["Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int)"]
    lines += [f"Product-{i},{i},Group,{i // 2}" for i in range(81)]
    (folder / "classes.csv").write_text("\n".join(lines) + "\n")
    checksums = {}
    for split, count in SPLITS.items():
        rows = [(f"{split}/Fruit/Kind/photo_{i}.jpg", 7 * i, 7 * i // 2) for i in range(count)]
        for i, (path, _, _) in enumerate(rows):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(photo(i))
        text = "\n".join(f"{path}, {fine}, {coarse}" for path, fine, coarse in rows)
        (folder / f"{split}.txt").write_text(text)
        checksums[split] = grocery_store.checksum(rows)
    monkeypatch.setattr(grocery_store, "ROWS", checksums)
    return folder.parent


@pytest.fixture
def shards(original: Path, tmp_path: Path) -> Path:
    """The same set as compact shards."""
    grocery_store.convert(original / "dataset", tmp_path / "shards")
    return tmp_path / "shards"


@pytest.mark.parametrize(("split", "count"), [("train", 2640), ("val", 296), ("test", 2485)])
def test_official_facts(real_data: Path, split: str, count: int) -> None:
    data = load("grocery_store", split=split, size=32, folder=real_data)
    assert data.images.shape == (count, 32, 32, 3)
    assert len(data.classes) == 81
    assert data.classes[:2] == ("Golden-Delicious", "Granny-Smith")
    assert len(set(data.labels)) == (60 if split == "val" else 81)
    assert 0 <= data.factors["coarse"].min() <= data.factors["coarse"].max() <= 42
    assert len(set(zip(data.labels.tolist(), data.factors["coarse"].tolist(), strict=True))) <= 81
    assert np.all(np.diff(data.labels[: count // 20]) >= 0)  # in the order of the official list


def test_whole_size_is_the_stored_pixels(real_data: Path) -> None:
    data = load("grocery_store", split="val", size=64, folder=real_data)
    with np.load(real_data / "grocery-store" / "natural-64-val.npz") as shard:
        first = shard["png"][: shard["offset"][1]].tobytes()
    np.testing.assert_array_equal(data.images[0], np.asarray(Image.open(io.BytesIO(first))))


def test_limit_keeps_many_classes(real_data: Path) -> None:
    data = load("grocery_store", limit=300, folder=real_data)
    assert len(data) == 300
    assert len(set(data.labels)) > 70


def test_original_photographs_are_processed_as_documented(original: Path, own_cache: Path) -> None:
    """Short side to 64 by Lanczos, aspect kept, then the centre square."""
    data = load("grocery_store", size=64, folder=original)
    assert data.labels.tolist() == [0, 7, 14, 21, 28]
    assert data.factors["coarse"].tolist() == [0, 3, 7, 10, 14]
    for i, shape in enumerate([(64, 64), (64, 85), (85, 64)]):
        whole = Image.open(io.BytesIO(photo(i))).resize(shape, Image.Resampling.LANCZOS)
        left, top = (shape[0] - 64) // 2, (shape[1] - 64) // 2
        expected = np.asarray(whole.crop((left, top, left + 64, top + 64)))
        np.testing.assert_array_equal(data.images[i], expected)
    assert len(list((own_cache / "grocery-store").glob("*.npz"))) == 5
    shutil.rmtree(original / "dataset" / "train")  # the shards are kept, the photographs not needed
    np.testing.assert_array_equal(
        load("grocery_store", size=64, folder=original).images, data.images
    )


@pytest.fixture
def published(original: Path, served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive of the original layout on a local server."""
    place, address = served
    archive = place / f"{grocery_store.COMMIT}.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(original.rglob("*")):
            if path.is_file():
                file.write(path, Path("GroceryStoreDataset-x") / path.relative_to(original))
    monkeypatch.setattr(grocery_store, "ADDRESSES", (address,))
    return archive


@pytest.mark.filterwarnings("error")
def test_download_is_converted_once_and_kept(
    published: Path, original: Path, shards: Path, own_cache: Path
) -> None:
    data = load("grocery_store", split="test", size=64)
    expected = load("grocery_store", split="test", size=64, folder=shards)
    np.testing.assert_array_equal(data.images, expected.images)
    published.unlink()
    assert len(load("grocery_store", split="train")) == 5
    assert not list(own_cache.rglob("*.zip"))


def test_damaged_download_is_refused(published: Path, own_cache: Path) -> None:
    published.write_bytes(published.read_bytes()[:-2000])
    with pytest.raises(DataError, match=rf"{grocery_store.COMMIT}.zip is damaged"):
        load("grocery_store")
    assert not list(own_cache.rglob("*.npz"))


def test_flipped_byte_in_the_download_is_noticed(published: Path) -> None:
    data = published.read_bytes()
    with zipfile.ZipFile(published) as file:
        inner = file.getinfo("GroceryStoreDataset-x/dataset/train/Fruit/Kind/photo_1.jpg")
    place = inner.header_offset + 5000
    published.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
    with pytest.raises(DataError, match=r"photo_1\.jpg"):
        load("grocery_store")


def test_offline_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grocery_store, "ADDRESSES", ("http://127.0.0.1:9",))
    with pytest.raises(DataError, match="connect to the internet"):
        load("grocery_store")


@pytest.mark.parametrize(
    "change", [lambda text: text[: len(text) // 2], lambda text: "", str.upper]
)
def test_another_list_of_photographs_is_refused(
    original: Path, change: Callable[[str], str]
) -> None:
    path = original / "dataset" / "train.txt"
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=r"train\.txt is not the official list"):
        load("grocery_store", folder=original)


def test_missing_and_unreadable_photographs(original: Path) -> None:
    path = original / "dataset" / "train/Fruit/Kind/photo_2.jpg"
    path.write_text("not a picture")
    with pytest.raises(DataError, match=r"photo_2\.jpg is not a picture"):
        load("grocery_store", folder=original)
    path.unlink()
    with pytest.raises(DataError, match=r"photo_2\.jpg cannot be read"):
        load("grocery_store", folder=original)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-300],
        lambda data: data[:900] + bytes([data[900] ^ 255]) + data[901:],
        lambda data: b"",
        lambda data: b"text\n" * 200,
    ],
    ids=["truncated", "flipped", "empty", "text"],
)
def test_damaged_shard(shards: Path, damage: Callable[[bytes], bytes]) -> None:
    file = shards / "natural-64-train-1of2.npz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DataError, match=rf"{file} is damaged"):
        load("grocery_store", folder=shards)


def rewrite(file: Path, **changes: Callable[[np.ndarray], np.ndarray]) -> None:
    """Change arrays of a shard."""
    with np.load(file) as shard:
        arrays = {key: shard[key] for key in shard}
    np.savez(file, **arrays | {key: change(arrays[key]) for key, change in changes.items()})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fine": lambda a: a[:-1]}, "is damaged"),
        ({"png": lambda a: a.astype(float)}, "is damaged"),
        ({"fine": lambda a: a + 1}, "do not hold the official train list of photographs (5 found)"),
        ({"index": lambda a: a[::-1]}, "do not hold the official train list"),
        (
            {
                "offset": lambda a: a[:-1],
                "fine": lambda a: a[:-1],
                "coarse": lambda a: a[:-1],
                "index": lambda a: a[:-1],
                "path": lambda a: a[:-1],
            },
            "do not hold the official train list of photographs (4 found)",
        ),
        ({"png": lambda a: a[:-100]}, "is not a picture that can be read"),
    ],
    ids=["count", "dtype", "labels", "order", "fewer", "short"],
)
def test_shard_with_wrong_arrays(
    shards: Path, changes: dict[str, Callable[[np.ndarray], np.ndarray]], sentence: str
) -> None:
    rewrite(shards / "natural-64-train-1of2.npz", **changes)
    with pytest.raises(DataError, match=re.escape(sentence)):
        load("grocery_store", folder=shards)


def test_picture_of_another_size(shards: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32)).save(buffer, "PNG")
    png = np.frombuffer(buffer.getvalue(), np.uint8)
    rewrite(
        shards / "natural-64-val.npz",
        png=lambda a: np.concatenate([png, png]),
        offset=lambda a: np.array([0, len(png), 2 * len(png)]),
    )
    with pytest.raises(DataError, match="it is 32 × 32, expected 64 × 64"):
        load("grocery_store", split="val", folder=shards)


@pytest.mark.parametrize("file", ["natural-64-train-1of2.npz", "classes.csv"])
def test_missing_file(shards: Path, file: str) -> None:
    (shards / file).unlink()
    with pytest.raises(DataError, match=f"{file} is missing"):
        load("grocery_store", folder=shards)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Class Name,Class ID\nApple,0\n"])
def test_wrong_table_of_classes(shards: Path, text: str) -> None:
    (shards / "classes.csv").write_text(text)
    with pytest.raises(DataError, match=r"classes\.csv"):
        load("grocery_store", folder=shards)


def test_wrong_split(shards: Path) -> None:
    with pytest.raises(DataError, match="'all'; choose one of: train, val, test"):
        load("grocery_store", split="all", folder=shards)
