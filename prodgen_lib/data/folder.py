"""Pictures of your own: a folder with one sub-folder for each class."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.errors import DataError, one_of
from prodgen_lib.data.pictures import check_size, decode, spread, square
from prodgen_lib.paths import own_path

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
}
"""Names of folders, in any case, that are splits and no classes."""

LITTER = {"@eadir", "__macosx", "$recycle.bin", "#recycle", "lost+found", "thumbs.db",
          "desktop.ini", "system volume information"}  # fmt: skip
"""What systems leave in folders, in small letters; so they do whatever begins with a dot."""

NO_PICTURES = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "PDF", "WMF"}
"""Formats that Pillow knows by name but cannot decode by itself."""


def read(
    name: str,
    *,
    split: str = "train",
    size: int = 32,
    limit: int | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Dataset:
    """The pictures under `folder`, cropped to their centre square and resized.

    Where `folder` has sub-folders train and test (or training, val, validation …, in any case),
    they are the splits, and val is the test split where there is no test; otherwise every fifth
    picture of a class, in the order of the file names, is for test. Classes are those of train.
    One warning counts the files that were left out.
    """
    check_size(size)
    if folder is None:
        one_of("split of a folder", split, ("train", "test"))
        raise DataError("load('folder') needs folder=, a folder with a sub-folder for each class.")
    root = own_path(folder)
    if not root.is_dir():
        raise DataError(f"There is no folder {root}; name one with a sub-folder for each class.")
    splits = find_splits(root)
    one_of("split of a folder", split, ("train", "test", *(["val"] if "val" in splits else [])))
    left_out: list[Path] = []
    classes = tuple(path.name for path in class_folders(splits["train"]))
    if len(splits) > 1:
        files = list_files(splits[split], left_out, whole=split == "train")
        unknown = sorted(set(files) - set(classes))
        if unknown:
            raise DataError(
                f"{splits[split]} has the class {unknown[0]}, which {splits['train']} lacks; "
                "add pictures of it there, or move it away."
            )
    else:
        files = {c: [f for i, f in enumerate(v) if (i % 5 == 4) == (split == "test")]
                 for c, v in list_files(splits["train"], left_out).items()}  # fmt: skip
    warn_of(left_out, splits[split] if len(splits) > 1 else root)
    pairs = [(file, label) for label, c in enumerate(classes) for file in files.get(c, [])]
    if not pairs:
        reason = "add some" if len(splits) > 1 else "it takes every fifth of a class"
        raise DataError(f"{root} has no picture for {split}: {reason}.")
    pairs = [pairs[i] for i in spread(len(pairs), limit)]
    images = np.stack([read_picture(file, size) for file, _ in pairs])
    return Dataset(name, images, np.array([label for _, label in pairs], np.int64), classes)


def find_splits(root: Path) -> dict[str, Path]:
    """The folder of each split; {"train": folder} alone where every fifth picture is for test."""
    found: dict[str, Path] = {}
    others = []
    for path in class_folders(root):
        split = SPLITS.get(path.name.lower())
        if split is None:
            others.append(path)
        elif split in found:
            raise DataError(
                f"{root} has {found[split].name} and {path.name}, both for {split}: join them."
            )
        else:
            found[split] = path
    if "train" in found and len(found) > 1:
        return {"test": found.get("val", root), **found}
    if others or not found:
        return {"train": root}
    if "train" in found:
        return found
    raise DataError(f"{root} has {next(iter(found.values())).name} but no train: add that folder.")


def class_folders(root: Path) -> list[Path]:
    """The sub-folders of `root`, sorted, without those that systems leave."""
    return sorted(p for p in root.iterdir() if p.is_dir() and not is_litter(p.name))


def list_files(root: Path, left_out: list[Path], *, whole: bool = True) -> dict[str, list[Path]]:
    """The picture files of each class, sorted: {name of the sub-folder: files}.

    Other files are added to `left_out`. `whole`: a class without pictures is refused.
    """
    folders = class_folders(root)
    if not folders:
        raise DataError(f"{root} has no sub-folders; put the pictures of each class into one.")
    left_out += [p for p in sorted(root.iterdir()) if not p.is_dir() and not is_litter(p.name)]
    files = {}
    for path in folders:
        seen = sorted(walk(path))
        pictures = [file for file in seen if is_picture(file)]
        left_out += sorted(set(seen) - set(pictures))
        if whole and not pictures:
            raise DataError(f"{path} holds no picture; add some (JPEG or PNG, say) or delete it.")
        files[path.name] = pictures
    return files


def walk(folder: Path) -> Iterator[Path]:
    """All files below a folder, linked folders too, each folder once; no litter of systems."""
    real = folder.resolve()
    above = {real, *real.parents}  # a link back up would bring in the other classes
    for here, folders, files in os.walk(folder, followlinks=True):
        kept = []
        for name in sorted(folders):
            place = Path(here, name).resolve()
            if not is_litter(name) and place not in above:
                above.add(place)
                kept.append(name)
        folders[:] = kept
        yield from (Path(here, name) for name in files if not is_litter(name))


def is_litter(name: str) -> bool:
    """Whether a file or folder is hidden, or left by a system."""
    return name.startswith((".", "$")) or name.lower() in LITTER


def is_picture(file: Path) -> bool:
    """Whether a file is meant to be a picture, by its name, or else is one, by its content."""
    if not file.is_file():
        return False
    kind = Image.registered_extensions().get(file.suffix.lower())
    if kind in NO_PICTURES:
        return False
    if kind in Image.OPEN:
        return True
    try:
        with Image.open(file) as picture:
            picture.load()
            return picture.format not in NO_PICTURES
    except Exception:  # decoders raise nearly anything on what is no picture
        return False


def warn_of(left_out: list[Path], root: Path) -> None:
    """One warning that counts the files that were not read."""
    if left_out:
        some = ", ".join(str(path.relative_to(root)) for path in left_out[:3])
        more = ", …" if len(left_out) > 3 else ""
        warnings.warn(
            f"{root}: {len(left_out)} files were left out, which Pillow cannot read or which lie "
            f"in no class ({some}{more}).",
            stacklevel=4,
        )


def read_picture(file: Path, size: int) -> np.ndarray:
    """One picture file as uint8 (size, size, 3)."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error}.") from error
    return decode(data, file, lambda picture: square(picture, size))
