"""Look into zip files of strangers without unpacking anything to disk.

The name of an entry is only ever read as a name, so none can lead out of a folder; links are not
followed, archives are opened two deep, and what an entry may unpack to is bounded.
"""

from __future__ import annotations

import contextlib
import io
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prodgen_lib.classroom.intake.handed import MOST_DEPTH, SKIPPED, File
from prodgen_lib.course.project import CourseError
from prodgen_lib.course.salvage import MOST_BYTES, Unreadable

MOST_ENTRIES = 20_000
# A notebook shrinks by 4 to 20 times when it is zipped; a bomb by a thousand.
MOST_GROWTH, FREE_GROWTH = 200, 10_000_000
Source = Callable[[], Path | io.BytesIO]


def class_files(path: Path) -> Iterator[File]:
    """The files in the zip file of a whole class. It may be large, so it is read where it lies."""
    if not zipfile.is_zipfile(path):
        raise CourseError(f"{path} is neither a folder nor a zip file.")
    found = list(_entries((), lambda: path))
    if {file.parts[0] for file in found if not file.is_loose} == {path.stem}:
        # Made by zipping a folder: its own name is nobody's.
        found = [replace(file, parts=file.parts[len(file.parts) > 1 :]) for file in found]
    yield from found


def files(parts: tuple[str, ...], read: Callable[[], bytes]) -> Iterator[File]:
    """The files in a zip file that a student handed in at ``parts``."""
    try:
        yield from _entries(parts, lambda: io.BytesIO(read()))
    except Unreadable as error:
        yield File(parts, bytes, problem=str(error))


def _entries(parts: tuple[str, ...], source: Source) -> Iterator[File]:
    try:
        with zipfile.ZipFile(source()) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        problem = "The zip file is damaged: it can't be opened."
        yield File(parts or ("…",), bytes, problem=problem)
        return
    if len(infos) > MOST_ENTRIES:
        problem = f"The zip file holds more than {MOST_ENTRIES:,} files."
        yield File(parts or ("…",), bytes, problem=problem)
        return
    for info in infos:
        yield from _entry(parts, source, info)


def _entry(parts: tuple[str, ...], source: Source, info: zipfile.ZipInfo) -> Iterator[File]:
    names = _names(info)
    here = (*parts, *(name for name in names if name != ".."))
    if info.is_dir() or here == parts or any(map(_is_hidden, names)):
        return

    def read() -> bytes:
        return _unpacked(source, info)

    if ".." in names or re.match(r"[/\\\\]|[A-Za-z]:", info.filename):
        yield File(here, bytes, problem="Its name in the zip file leads out of the folder.")
    elif stat.S_ISLNK(info.external_attr >> 16):
        yield File(here, bytes, problem="This is a link; links are not followed.")
    elif len(here) > MOST_DEPTH:
        yield File(here, bytes, problem="The folders are nested too deeply to look into.")
    elif names[-1].lower().endswith(".zip") and not parts:
        yield from files(here, read)
    else:
        yield File(here, read, _modified(info))


def _is_hidden(name: str) -> bool:
    return name in SKIPPED or (name.startswith(".") and name != "..")


def _modified(info: zipfile.ZipInfo) -> float:
    """Seconds, of a time that knows no zone: it only orders the files of one student."""
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _names(info: zipfile.ZipInfo) -> list[str]:
    """The parts of an entry's name. Many programs write UTF-8 without the flag that says so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]


def _unpacked(source: Source, info: zipfile.ZipInfo) -> bytes:
    """The bytes of an entry; ``Unreadable`` where it is damaged, locked, or grows beyond bounds."""
    if info.flag_bits & 1:
        raise Unreadable("The file is locked with a password: submit it without.")
    most = min(MOST_BYTES, info.compress_size * MOST_GROWTH + FREE_GROWTH)
    try:
        with zipfile.ZipFile(source()) as archive, archive.open(info) as file:
            data = file.read(most + 1)
    except Unreadable:
        raise
    except Exception as error:  # zlib, lzma and bz2 each have errors of their own
        raise Unreadable(
            f"The file is damaged: its zip file can't be unpacked ({type(error).__name__})."
        ) from None
    if len(data) > most:
        raise Unreadable("The file unpacks to far more than its zip file should hold.")
    return data
