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
    with pytest.warns(UserWarning, match="1 files were left out"):
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
    Image.fromarray(np.full((20, 20), 128 * 257, np.uint16)).save(shop / "mug" / "0.png")
    assert (load("folder", folder=shop).images[0] == 128).all()


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


def test_classes_are_those_of_train(tmp_path: Path) -> None:
    for place in ("train/bag", "train/cap", "train/shoe", "test/bag", "test/shoe"):
        save(tmp_path / place / "1.png", (1, 2, 3))
    test = load("folder", folder=tmp_path, split="test")
    assert test.classes == ("bag", "cap", "shoe")
    assert test.labels.tolist() == [0, 2]
    save(tmp_path / "test" / "hat" / "1.png", (1, 2, 3))
    with pytest.raises(DataError, match=r"has the class hat, which .*train lacks"):
        load("folder", folder=tmp_path, split="test")


@pytest.mark.parametrize("train", ["train", "Train", "training"])
@pytest.mark.parametrize("test", ["test", "Test", "testing", "val", "valid", "validation", "VAL"])
def test_names_of_splits(tmp_path: Path, train: str, test: str) -> None:
    save(tmp_path / train / "mug" / "1.png", (1, 1, 1))
    save(tmp_path / test / "mug" / "1.png", (2, 2, 2))
    for split, level in {"train": 1, "test": 2}.items():
        data = load("folder", folder=tmp_path, split=split)
        assert data.classes == ("mug",)
        assert data.images.max() == level


def test_three_splits_and_ambiguous_ones(tmp_path: Path) -> None:
    for level, split in enumerate(("train", "test", "val")):
        save(tmp_path / split / "mug" / "1.png", (level,) * 3)
    seen = [load("folder", folder=tmp_path, split=s).images.max() for s in ("train", "test", "val")]
    assert seen == [0, 1, 2]
    save(tmp_path / "valid" / "mug" / "1.png", (1, 1, 1))
    with pytest.raises(DataError, match="has val and valid, both for val"):
        load("folder", folder=tmp_path)


@pytest.mark.parametrize(
    "hidden",
    [".ipynb_checkpoints", "@eaDir", "__MACOSX", ".thumbnails", "$RECYCLE.BIN", ".Trash-1000"],
)
def test_folders_that_systems_leave(shop: Path, hidden: str) -> None:
    save(shop / "mug" / "deeper" / hidden / "1.png", (1, 1, 1))
    save(shop / hidden / "1.png", (1, 1, 1))
    data = load("folder", folder=shop)
    assert (len(data), data.classes) == (12, ("mug", "shoe"))


def test_whatever_pillow_reads(tmp_path: Path) -> None:
    picture = Image.new("RGB", (20, 20), (9, 9, 9))
    names = {"a.jfif": "JPEG", "b.jpe": "JPEG", "c.JPG": "JPEG", "d.webp": "WEBP", "e.ppm": "PPM",
             "f.tga": "TGA", "g": "PNG", "h.picture": "PNG"}  # fmt: skip
    (tmp_path / "mug").mkdir()
    for name, kind in names.items():
        picture.save(tmp_path / "mug" / name, kind)
    parts = [load("folder", folder=tmp_path, split=split) for split in ("train", "test")]
    assert sum(map(len, parts)) == len(names)


def test_one_warning_counts_what_is_left_out(shop: Path) -> None:
    for name in ("notes.txt", "film.mpg", "mug/shop.pdf", "mug/more/data.csv"):
        (shop / name).parent.mkdir(exist_ok=True)
        (shop / name).write_text("no picture")
    with pytest.warns(UserWarning, match="4 files were left out") as seen:
        load("folder", folder=shop)
    assert len(seen) == 1


def test_linked_folders_are_followed_but_not_in_circles(shop: Path, tmp_path: Path) -> None:
    save(tmp_path / "elsewhere" / "1.png", (1, 1, 1))
    (shop / "mug" / "linked").symlink_to(tmp_path / "elsewhere")
    (shop / "mug" / "again").symlink_to(shop / "mug")
    (shop / "mug" / "up").symlink_to(shop)
    parts = [load("folder", folder=shop, split=split) for split in ("train", "test")]
    assert sum(map(len, parts)) == 16


def test_home_folder_and_one_parameter(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(shop.parent))
    for name in ("~/shop", "folder:~/shop", str(shop), f"folder:{shop}", "folder:shop", "./shop"):
        monkeypatch.chdir(shop.parent)
        assert load(name).classes == ("mug", "shoe")
    assert load("folder", folder="~/shop").classes == ("mug", "shoe")
    with pytest.raises(DataError, match="There is no folder"):
        load("folder:~/nowhere")
    with pytest.raises(DataError, match="There is no data set 'shoop'"):
        load("shoop")
