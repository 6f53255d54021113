"""A file as it was handed in, be it in a folder or in an archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MOST_DEPTH = 12
# Folders that a system or a tool leaves, and files of that kind.
SKIPPED = frozenset(
    {
        *(".ipynb_checkpoints", "__MACOSX", ".git", "__pycache__", "@eaDir", "lost+found"),
        *("$RECYCLE.BIN", "System Volume Information"),
    }
)
_LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", ".ds_store"})
# Browsers and mail programs put a second suffix behind one that they don't know.
_NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:json|txt))?", re.IGNORECASE)


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
    def is_notebook(self) -> bool:
        """Whether its name is that of a notebook, be it with a browser's second suffix."""
        return without_suffix(self.parts[-1]) != self.parts[-1]

    @property
    def is_litter(self) -> bool:
        """Whether a system made it, for itself."""
        name = self.parts[-1].lower()
        return name in _LITTER or name.startswith((".", "~$"))

    @property
    def is_loose(self) -> bool:
        """Whether it stands for no student: alone at the top, and neither notebook nor archive."""
        top = self.parts[self.parts[0] == "submitted" and len(self.parts) > 1 :]
        packed = self.parts[-1].lower().endswith(".zip")
        return len(top) == 1 and not self.problem and not self.is_notebook and not packed

    @property
    def path(self) -> Path:
        return Path(*self.parts)


def without_suffix(name: str) -> str:
    """The name of a notebook without what says that it is one; any other name as it is."""
    found = list(_NOTEBOOK.finditer(name))
    return name[: found[-1].start()] if found and found[-1].end() == len(name) else name
