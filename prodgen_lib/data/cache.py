"""Rendered pictures kept on disk, in the user's cache folder or in $PRODGEN_CACHE."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs

from prodgen_lib.paths import own_path


def cache_folder() -> Path:
    """Where files may be kept: $PRODGEN_CACHE or the cache folder that the system provides."""
    return own_path(os.environ.get("PRODGEN_CACHE") or platformdirs.user_cache_dir("prodgen"))


def cached(key: str, shape: tuple[int, ...], make: Callable[[], np.ndarray]) -> np.ndarray:
    """The uint8 images kept under `key`; made, and kept, where there is no sound file of them."""
    path = cache_folder() / f"{key}.npz"
    images = stored(path, shape)
    if images is None:
        images = make()
        store(path, images)
    return images


def stored(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """The images in a cache file, or None where it is missing or damaged (its CRC tells)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            images = file["images"]
    except Exception:  # a damaged file raises nearly anything
        return None
    return images if images.shape == shape and images.dtype == np.uint8 else None


def store(path: Path, images: np.ndarray) -> None:
    """Write a cache file at once: a reader sees all of it or none of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            np.savez(file, images=images)
        os.replace(temporary, path)
    except OSError as error:
        warnings.warn(f"Pictures are not cached in {path.parent}: {error}", stacklevel=2)
