"""Product pictures, drawn or photographed, behind one call: `load(name)`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from os import PathLike

from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.errors import DataError, one_of

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
        "grocery_store" or "folder" (pictures by class in sub-folders of `folder`).
    split: "train" or "test"; "val" too for grocery_store.
    limit: at most so many pictures, the first ones.
    seed: of the drawn catalogue; the other sets do not depend on it.
    folder: where the files are, instead of the folder in the environment variable PRODGEN_DATA
        or a download.
    cache: keep drawn pictures on disk (see `catalogue`).
    options: `count=` for the drawn catalogue, 4,000 unless told.

    Raises DataError, one sentence, for anything that cannot be loaded whole.
    """
    one_of("data set", name, NAMES)
    if limit is not None and limit < 1:
        raise DataError(f"limit must be at least 1 or None, got {limit}.")
    read: Callable[..., Dataset] = import_module(f"{__name__}.{SOURCES[name]}").read
    if SOURCES[name] == "catalogue":
        options |= {"setting": "full" if name == "catalogue_full" else "studio"}
        options |= {"seed": seed, "cache": cache}
    elif options:
        raise DataError(f"Data set {name!r} takes no option {next(iter(options))!r}.")
    else:
        options = {"folder": folder}
    return read(name, split=split, size=size, limit=limit, **options)
