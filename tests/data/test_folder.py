"""A folder of one's own pictures: shapes and modes of files, splits, and what can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prodgen_lib.data import DataError, load


def save(path: Path, colour: tuple[int, ...], size: tuple[int, int] = (40, 40)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB" if len(colour) == 3 else "RGBA", size, colour).save(path)
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Ten mugs and five shoes, flat colours."""
    for i in range(10):
        save(tmp_path / "shop" / "mug" / f"{i}.png", (10 * i, 0, 0))
    for i in range(5):
        save(tmp_path / "shop" / "shoe" / f"{i}.png", (0, 0, 10 * i))
    return tmp_path / "shop"


def test_every_fifth_picture_is_for_test(shop: Path) -> None:
    train, test = load("folder", folder=shop), load("folder", split="test", folder=shop)
    assert train.classes == test.classes == ("mug", "shoe")
    assert train.images.shape == (12, 32, 32, 3)
    assert np.bincount(train.labels).tolist() == [8, 4]
    assert test.images[:, 0, 0].tolist() == [[40, 0, 0], [90, 0, 0], [0, 0, 40]]
    assert test.labels.tolist() == [0, 0, 1]


def test_folders_train_and_test_are_the_splits(shop: Path) -> None:
    root = shop.parent / "divided"
    save(root / "train" / "mug" / "a.png", (1, 2, 3))
    save(root / "test" / "mug" / "b.png", (4, 5, 6))
    assert load("folder", folder=root).images[0, 0, 0].tolist() == [1, 2, 3]
    assert load("folder", folder=root, split="test").images[0, 0, 0].tolist() == [4, 5, 6]


def test_centre_crop_and_antialiased_resize(tmp_path: Path) -> None:
    stripes = np.zeros((200, 400, 3), np.uint8)
    stripes[:, 100:300:2] = 255  # fine stripes in the centre square become grey
    stripes[:, :100] = stripes[:, 300:] = (255, 0, 0)  # what is cropped away
    path = save(tmp_path / "own" / "wide" / "a.png", (0, 0, 0))
    Image.fromarray(stripes).save(path)
    picture = load("folder", folder=tmp_path / "own", size=16).images[0].astype(int)
    assert np.all(np.ptp(picture[:, 3:-3], axis=-1) == 0)
    assert np.all(np.abs(picture[:, 3:-3] - 127) < 16)


def test_modes_and_orientation(tmp_path: Path) -> None:
    own = tmp_path / "own" / "thing"
    save(own / "1.png", (255, 0, 0, 0))  # transparent: white
    Image.new("L", (30, 50), 77).save(own / "2.png")
    Image.new("P", (30, 30), 0).save(own / "3.gif")
    turned = Image.fromarray(
        np.repeat([[[255] * 3], [[0] * 3]], 20, axis=0).repeat(40, axis=1).astype(np.uint8)
    )
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned.save(own / "4.jpg", exif=exif, quality=95)
    Image.new("CMYK", (20, 20), (0, 0, 0, 0)).save(own / "5.jpg")
    save(own / "nested" / "6.PNG", (9, 9, 9), (8, 300))
    data = load("folder", folder=tmp_path / "own")
    assert len(data) == 5
    middle = data.images[:, 16, 16].tolist()
    assert middle[0] == [255, 255, 255]
    assert middle[1] == [77, 77, 77]
    assert data.images[3, 2].max() < 30
    assert data.images[3, -2].min() > 225
    assert middle[4] == [9, 9, 9]


def test_limit_takes_all_classes(shop: Path) -> None:
    assert set(load("folder", folder=shop, limit=3).labels) == {0, 1}


def test_other_and_hidden_files_are_passed_over(shop: Path) -> None:
    (shop / "mug" / "README.txt").write_text("about")
    (shop / "mug" / ".hidden.png").write_text("nothing")
    (shop / ".git").mkdir()
    assert len(load("folder", folder=shop)) == 12


@pytest.mark.parametrize(
    "content", [b"this is text", b"", b"\x89PNG\r\n\x1a\n broken"], ids=["text", "empty", "broken"]
)
def test_file_that_is_no_picture(shop: Path, content: bytes) -> None:
    (shop / "mug" / "2.png").write_bytes(content)
    with pytest.raises(DataError, match=r"mug/2\.png is not a picture that can be read"):
        load("folder", folder=shop)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp"])
def test_truncated_picture(shop: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    path = shop / "mug" / f"2.{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(DataError, match=rf"mug/2\.{suffix} is not a picture that can be read"):
        load("folder", folder=shop)


def test_sixteen_bit_picture(shop: Path) -> None:
    Image.fromarray(np.zeros((20, 20), np.uint16)).save(shop / "mug" / "2.png")
    with pytest.raises(DataError, match="save it with 8 bits a channel"):
        load("folder", folder=shop)


def test_folders_that_hold_nothing(shop: Path, tmp_path: Path) -> None:
    (shop / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds no picture"):
        load("folder", folder=shop)
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match="bare has no sub-folders"):
        load("folder", folder=tmp_path / "bare")
    save(tmp_path / "one" / "mug" / "1.png", (1, 1, 1))
    with pytest.raises(DataError, match="one has no picture for test"):
        load("folder", folder=tmp_path / "one", split="test")
    with pytest.raises(DataError, match="There is no folder"):
        load("folder", folder=tmp_path / "nowhere")
    with pytest.raises(DataError, match="needs folder="):
        load("folder")


def test_unreadable_file(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"0\.png cannot be read: .*Permission denied"):
        load("folder", folder=shop)


def test_wrong_split(shop: Path) -> None:
    with pytest.raises(DataError, match="'val'; choose one of: train, test"):
        load("folder", folder=shop, split="val")
