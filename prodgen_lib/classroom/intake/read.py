"""Read the bytes of a file that a stranger handed in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from prodgen_lib.course.salvage import MOST_BYTES, Unreadable, too_large


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of an ordinary file that held still while it was read; ``Unreadable`` otherwise."""
    for _ in range(3):
        try:
            before, data, after = _read_once(path, most)
        except FileNotFoundError:
            raise Unreadable("The file is gone: it was removed while it was read.") from None
        except PermissionError:
            raise Unreadable("The file may not be read: its permissions forbid it.") from None
        except OSError as error:
            raise Unreadable(f"The file can't be read: {error.strerror}.") from None
        if _state(before) == _state(after) and len(data) == after.st_size:
            return data
    raise Unreadable("The file changed while it was read, three times: grade a copy that rests.")


def _read_once(path: Path, most: int) -> tuple[os.stat_result, bytes, os.stat_result]:
    kind = path.lstat().st_mode
    if stat.S_ISDIR(kind):
        raise Unreadable("This is a folder with the name of a notebook; expected a file.")
    if not stat.S_ISREG(kind):
        raise Unreadable("This is a link or a device, not a file; such are not followed.")
    # Between the look above and this line it may have become a link or a pipe.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        before = os.fstat(file.fileno())
        if before.st_size > most:
            raise Unreadable(too_large(before.st_size, most))
        data = file.read(most + 1)
        return before, data, os.fstat(file.fileno())


def _state(seen: os.stat_result) -> tuple[int, int]:
    return seen.st_size, seen.st_mtime_ns
