"""A path as a person writes it."""

from __future__ import annotations

import os
from pathlib import Path


def own_path(path: str | os.PathLike[str]) -> Path:
    """The path with `~` and `~name` made a home folder, as a shell would; unknown ones stay."""
    return Path(os.path.expanduser(path))
