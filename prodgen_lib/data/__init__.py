"""Product pictures, drawn or photographed, behind one call: `load(name)`."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from os import PathLike

from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.errors import DataError, one_of, whole

__all__ = ["NAMES", "DataError", "Dataset", "load"]

SOURCES = {
    "catalogue": "catalogue",
    "catalogue_full": "catalogue",
    "fashion_mnist": "fashion_mnist",
    "grocery_store": "grocery_store",
    "folder": "folder",
}
"""Name of a data set and the module that reads it."""

NAMES = tuple(SOURCES)


def folder_named(name: str) -> str | None:
    """The folder that a name of a data set means: "folder:PATH", or any path; None for others."""
    if name.startswith("folder:"):
        return name.removeprefix("folder:")
    is_path = "/" in name or os.sep in name or name.startswith(("~", "."))
    return name if is_path and name not in NAMES else None


def load(
    name: str,
    *,
    split: str = "train",
    size: int = 32,
    limit: int | None = None,
    seed: int = 0,
    folder: str | PathLike[str] | None = None,
    cache: bool = True,
    **options: object,
) -> Dataset:
    """Load a data set as RGB pictures of size × size pixels.

    name: "catalogue" (drawn, studio setting), "catalogue_full", "fashion_mnist",
        "grocery_store", or pictures by class in sub-folders of a folder of your own: its path
        ("~/photos", "folder:photos"), or "folder" with `folder=`.
    split: "train" or "test"; "val" too for grocery_store.
    limit: at most so many pictures; of real sets, spread evenly so that all classes occur.
    seed: of the drawn catalogue; the other sets do not depend on it.
    folder: where the files are, instead of the folder in the environment variable PRODGEN_DATA
        or a download.
    cache: keep drawn pictures on disk (see `catalogue`).
    options: `count=` for the drawn catalogue, 4,000 unless told.

    Raises DataError, one sentence, for anything that cannot be loaded whole.
    """
    path = folder_named(name) if isinstance(name, str) else None
    if path is not None:
        if folder is not None:
            raise DataError(f"load({name!r}) names a folder already: leave folder= out.")
        name, folder = "folder", path
    one_of("data set", name, NAMES)
    if limit is not None:
        whole("limit", limit, 1)
    drawn = SOURCES[name] == "catalogue"
    unknown = sorted(set(options) - ({"count"} if drawn else set()))
    if unknown:
        raise DataError(f"load({name!r}) takes no option {unknown[0]!r}.")
    read: Callable[..., Dataset] = import_module(f"{__name__}.{SOURCES[name]}").read
    if drawn:
        setting = "full" if name == "catalogue_full" else "studio"
        options |= {"setting": setting, "seed": seed, "cache": cache}
    else:
        options = {"folder": folder}
    return read(name, split=split, size=size, limit=limit, **options)
