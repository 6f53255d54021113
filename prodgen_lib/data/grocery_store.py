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
from typing import NamedTuple

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
"""Official path, fine label, coarse label."""


class Photo(NamedTuple):
    """One photograph of a split: its place in the official list, its row there, a PNG file."""

    index: int
    row: Row
    png: bytes


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
    photos = sorted(photo for file in SHARDS[split] for photo in read_shard(home / file))
    rows = [photo.row for photo in photos]
    if checksum(rows) != ROWS[split] or [photo.index for photo in photos] != [*range(len(rows))]:
        raise DataError(
            f"{' and '.join(SHARDS[split])} in {home} do not hold the official {split} list of "
            f"photographs ({len(photos)} found); get them again."
        )
    photos = [photos[i] for i in spread(len(photos), limit)]
    images = [
        decode(p.png, f"{home}: {p.row[0]}", lambda q: square(exact(q), size)) for p in photos
    ]
    fine, coarse = (np.array([photo.row[i] for photo in photos], np.int64) for i in (1, 2))
    return Dataset(name, np.stack(images), fine, classes, {"coarse": coarse})


def checksum(rows: list[Row]) -> str:
    """sha256 of a list of photographs, to be compared with ROWS."""
    text = "".join(f"{path}, {fine}, {coarse}\n" for path, fine, coarse in rows)
    return hashlib.sha256(text.encode()).hexdigest()


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


def read_shard(path: Path) -> list[Photo]:
    """The photographs of one shard."""
    if not path.is_file():
        raise DataError(f"{path} is missing; put all Grocery Store files there.")
    keys = ("offset", "fine", "coarse", "index", "path")
    try:
        with np.load(path, allow_pickle=False) as file:
            data = file["png"].astype(np.uint8, casting="no").tobytes()
            offset, fine, coarse, index, names = (file[key].tolist() for key in keys)
        pngs = [data[a:b] for a, b in pairwise(offset)]
        rows = zip(index, zip(names, fine, coarse, strict=True), pngs, strict=True)
        return [Photo(*row) for row in rows]
    except Exception as error:  # a damaged archive raises nearly anything
        raise DataError(f"{path} is damaged ({error}); delete it and get it again.") from error


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
    try:
        rows = [(path, int(fine), int(coarse)) for path, fine, coarse in fields]
    except ValueError:
        rows = []
    if checksum(rows) != ROWS[split]:
        raise DataError(f"{source}/{split}.txt is not the official list of commit {COMMIT[:8]}.")
    return rows


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
