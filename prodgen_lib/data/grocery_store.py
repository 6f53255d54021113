"""Grocery Store: 5,421 photographs of 81 products (fruit, vegetables, cartons) in shops.

M. Klasson, C. Zhang, H. Kjellström, "A Hierarchical Grocery Store Image Dataset with Visual and
Semantic Labels", WACV 2019, arXiv:1901.00711.

The set is read from compact shards: .npz files that hold 64 × 64 PNG files end to end (`png`,
bounded by `offset`), the labels `fine` (0..80) and `coarse` (0..42), the row `index` in the
official list of the split and the official `path`. Where only the original photographs are at
hand, downloaded or in a folder, the shards are made from them once and kept.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from prodgen_lib.data.cache import cache_folder
from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.errors import DataError, one_of
from prodgen_lib.data.pictures import check_size, decode, spread, square
from prodgen_lib.data.sources import download, local_folder

COMMIT = "fc80ba90f803d79d0383df52c5a4ac5de99ff6fc"
ADDRESSES = ("https://github.com/marcusklasson/GroceryStoreDataset/archive",)

SHARDS = {
    "train": ("natural-64-train-0of2.npz", "natural-64-train-1of2.npz"),
    "val": ("natural-64-val.npz",),
    "test": ("natural-64-test-0of2.npz", "natural-64-test-1of2.npz"),
}
"""Files of each split; shard j of k holds rows j, j + k, j + 2k, … of the official list."""

ROWS = {
    "train": "b6d6a4d25fc2a7604f4bbd4e8010516f3bb643f727fc60ef5fca042edd01294f",
    "val": "a2a2bdf8ce34196c1a1dd554bd67e780793aab9363dd40d6cf50fe2d168a78b6",
    "test": "9a464934780665c0024db405571c0dd2d149488a245f476557de7f1c31cf8a93",
}
"""sha256 of each official list, written as lines `path, fine, coarse`."""

Row = tuple[str, int, int]


def read(
    name: str,
    *,
    split: str = "train",
    size: int = 32,
    limit: int | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Dataset:
    """2,640 training, 296 validation or 2,485 test photographs, with the factor `coarse`."""
    one_of("split of grocery_store", split, SHARDS)
    check_size(size)
    home = find(local_folder(folder, "grocery-store"))
    classes = read_classes(home / "classes.csv")
    shards = [read_shard(home / file, len(classes)) for file in SHARDS[split]]
    rows = np.concatenate([shard["index"] for shard in shards])
    if not np.array_equal(np.sort(rows), np.arange(len(rows))):
        raise DataError(f"The {split} files in {home} do not hold every row once; get them again.")
    pngs = [png for shard in shards for png in shard["pngs"]]
    names = [f"Picture {row} in {home}, split {split}," for row in rows]
    index = np.argsort(rows)[spread(len(rows), limit)]
    images = [decode(pngs[i], names[i], lambda p: square(exact(p), size)) for i in index]
    fine, coarse = (
        np.concatenate([shard[key] for shard in shards])[index].astype(np.int64)
        for key in ("fine", "coarse")
    )
    return Dataset(name, np.stack(images), fine, classes, {"coarse": coarse})


def exact(picture: Image.Image) -> Image.Image:
    """A picture of a shard, if it is 64 × 64."""
    if picture.size != (64, 64):
        raise ValueError(f"it is {picture.size[0]} × {picture.size[1]}, expected 64 × 64")
    return picture


def read_classes(path: Path) -> tuple[str, ...]:
    """Names of the 81 classes from the official table, in the order of their ids."""
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))[1:]
        names = {int(row[1]): row[0] for row in rows}
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"{path} is missing or no table of classes ({error}).") from error
    if sorted(names) != list(range(81)):
        raise DataError(f"{path} names {len(names)} classes, expected ids 0 to 80.")
    return tuple(names[i] for i in range(81))


def read_shard(path: Path, classes: int) -> dict[str, np.ndarray | list[bytes]]:
    """The arrays of one shard, with `pngs`, the bytes of each picture."""
    try:
        with np.load(path, allow_pickle=False) as file:
            shard = {key: file[key] for key in ("png", "offset", "fine", "coarse", "index")}
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; put all Grocery Store files there.") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is damaged ({error}); delete it and get it again.") from error
    png, offset, count = shard["png"], shard["offset"], len(shard["fine"])
    sound = count > 0 and len(offset) == count + 1 and all(
        len(shard[key]) == count for key in ("coarse", "index")
    ) and offset[0] == 0 and offset[-1] == len(png) and np.all(np.diff(offset) > 0)  # fmt: skip
    sound = sound and png.dtype == np.uint8 and offset.dtype.kind in "iu"
    if not sound or not 0 <= shard["fine"].min() <= shard["fine"].max() < classes:
        raise DataError(f"{path} holds arrays that do not fit each other; get it again.")
    data = png.tobytes()
    return shard | {"pngs": [data[a:b] for a, b in pairwise(offset)]}


# From the original photographs -------------------------------------------------------------


def find(local: Path | None) -> Path:
    """The folder of the compact shards, made from the original photographs where need be."""
    kept = cache_folder() / "grocery-store"
    if local is not None:
        if not (local / "dataset").is_dir():
            return local
        if not complete(kept):
            convert(local / "dataset", kept)
    elif not complete(kept):
        archive = download("grocery-store", f"{COMMIT}.zip", ADDRESSES, None)
        convert(inside(archive), kept)
        archive.unlink()
    return kept


def complete(folder: Path) -> bool:
    """Whether all files of the compact set are in a folder."""
    files = ["classes.csv", *(file for files in SHARDS.values() for file in files)]
    return all((folder / file).is_file() for file in files)


def inside(archive: Path) -> zipfile.Path:
    """The folder `dataset` in the downloaded archive; every file's CRC is verified on reading."""
    try:
        tops = list(zipfile.Path(archive).iterdir())
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{archive} is damaged ({error}); delete it and try again.") from error
    if len(tops) != 1 or not (tops[0] / "dataset").is_dir():
        raise DataError(f"{archive} does not hold the folder 'dataset'; delete it and try again.")
    return tops[0] / "dataset"


def convert(source: Path | zipfile.Path, target: Path) -> None:
    """Make the compact shards in `target` from the official folder `dataset`."""
    target.mkdir(parents=True, exist_ok=True)
    for split, files in SHARDS.items():
        rows = official_rows(source, split)
        pngs = [compact(source, row[0]) for row in tqdm(rows, f"Grocery Store, {split}")]
        for j, file in enumerate(files):
            step = len(files)
            write_shard(target / file, rows[j::step], pngs[j::step], range(j, len(rows), step))
    (target / "classes.csv").write_bytes((source / "classes.csv").read_bytes())


def official_rows(source: Path | zipfile.Path, split: str) -> list[Row]:
    """Path, fine and coarse label of each photograph of a split; the list must be the official."""
    lines = (source / f"{split}.txt").read_text(encoding="utf-8").splitlines()
    fields = [[field.strip() for field in line.split(",")] for line in lines if line.strip()]
    text = "".join(", ".join(row) + "\n" for row in fields)
    if hashlib.sha256(text.encode()).hexdigest() != ROWS[split]:
        raise DataError(f"{source}/{split}.txt is not the official list of commit {COMMIT[:8]}.")
    return [(path, int(fine), int(coarse)) for path, fine, coarse in fields]


def compact(source: Path | zipfile.Path, path: str) -> bytes:
    """One photograph as a 64 × 64 PNG file: short side to 64 pixels, centre square."""
    try:
        data = (source / path).read_bytes()
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{source}/{path} cannot be read: {error}.") from error
    buffer = io.BytesIO()
    Image.fromarray(decode(data, path, lambda p: square(p, 64))).save(buffer, "PNG")
    return buffer.getvalue()


def write_shard(path: Path, rows: list[Row], pngs: list[bytes], index: range) -> None:
    """Write one shard at once: a reader sees all of it or none of it."""
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        png=np.frombuffer(b"".join(pngs), np.uint8),
        offset=np.cumsum([0, *map(len, pngs)]),
        fine=np.array([row[1] for row in rows], np.int16),
        coarse=np.array([row[2] for row in rows], np.int16),
        index=np.array(index, np.int32),
        path=np.array([row[0] for row in rows]),
    )
    os.replace(part, path)
