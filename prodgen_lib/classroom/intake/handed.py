"""A file as it was handed in, be it in a folder or in an archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MOST_DEPTH = 12
SKIPPED = frozenset({".ipynb_checkpoints", "__MACOSX", ".git", "__pycache__"})


@dataclass(frozen=True)
class File:
    """``parts`` is its path as names, ``read`` gives its bytes, ``modified`` is in seconds.

    ``upload`` is the number that Canvas gave it; ``problem`` says why it can't be looked at.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes]
    modified: float = 0.0
    upload: int = 0
    problem: str = ""

    @property
    def path(self) -> Path:
        return Path(*self.parts)
