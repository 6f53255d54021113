"""Pictures of your own: a folder with one sub-folder for each class."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.errors import DataError, one_of
from prodgen_lib.data.pictures import check_size, decode, spread, square

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
"""Files that count as pictures; others (a README, say) and hidden ones are passed over."""


def read(
    name: str,
    *,
    split: str = "train",
    size: int = 32,
    limit: int | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Dataset:
    """The pictures under `folder`, cropped to their centre square and resized.

    Where `folder` has sub-folders train and test, they are the splits; otherwise every fifth
    picture of a class, in the order of the file names, is for test.
    """
    one_of("split of a folder", split, ("train", "test"))
    check_size(size)
    if folder is None:
        raise DataError("load('folder') needs folder=, a folder with a sub-folder for each class.")
    root = Path(folder)
    if not root.is_dir():
        raise DataError(f"There is no folder {root}; name one with a sub-folder for each class.")
    divided = (root / "train").is_dir() and (root / "test").is_dir()
    files = list_files(root / split if divided else root)
    classes = tuple(files)
    if not divided:
        files = {c: [f for i, f in enumerate(v) if (i % 5 == 4) == (split == "test")]
                 for c, v in files.items()}  # fmt: skip
    pairs = [(file, label) for label, c in enumerate(classes) for file in files[c]]
    if not pairs:
        raise DataError(f"{root} has no picture for {split}: it takes every fifth of a class.")
    pairs = [pairs[i] for i in spread(len(pairs), limit)]
    images = np.stack([read_picture(file, size) for file, _ in pairs])
    return Dataset(name, images, np.array([label for _, label in pairs], np.int64), classes)


def list_files(root: Path) -> dict[str, list[Path]]:
    """The picture files of each class, sorted: {name of the sub-folder: files}."""
    folders = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not folders:
        raise DataError(f"{root} has no sub-folders; put the pictures of each class into one.")
    files = {p.name: sorted(f for f in p.rglob("*") if is_picture(f)) for p in folders}
    for path in folders:
        if not files[path.name]:
            raise DataError(
                f"{path} holds no picture; add some ({' '.join(SUFFIXES)}) or delete it."
            )
    return files


def is_picture(file: Path) -> bool:
    """Whether a file is meant to be a picture, by its name."""
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()


def read_picture(file: Path, size: int) -> np.ndarray:
    """One picture file as uint8 (size, size, 3)."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error}.") from error
    return decode(data, file, lambda picture: square(picture, size))
