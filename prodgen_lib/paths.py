"""A path as a person writes it, and the folder of what a person did."""

from __future__ import annotations

import os
from pathlib import Path


def own_path(path: str | os.PathLike[str]) -> Path:
    """The path with `~` and `~name` made a home folder, as a shell would; unknown ones stay."""
    return Path(os.path.expanduser(path))


def home() -> Path:
    """Where a learner's progress and settings lie: ``PRODGEN_HOME``, or the user's data folder."""
    from platformdirs import user_data_dir

    return own_path(os.environ.get("PRODGEN_HOME") or user_data_dir("prodgen"))
