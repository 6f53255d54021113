"""One process at a time, where several on this machine write to one file."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until no other process holds `path`, and hold it; a process that dies lets go.

    The lock lies in the system's folder for temporary files, so that none is left beside `path`.
    """
    key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]
    with open(Path(tempfile.gettempdir(), f"prodgen-{key}.lock"), "a") as file:
        _hold(file.fileno())
        yield


def _hold(number: int) -> None:
    """Closing the file lets go."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(number, msvcrt.LK_LOCK, 1)
    else:
        fcntl.flock(number, fcntl.LOCK_EX)
