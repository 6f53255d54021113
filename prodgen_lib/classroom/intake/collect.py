"""Find the submissions in a folder or a zip file, however a learning platform packed them.

Nothing is unpacked to disk. A name in an archive is only ever read as a name, so that none can lead
out of a folder; links are not followed; and what an archive may unpack to is bounded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from prodgen_lib.classroom.intake import unzip
from prodgen_lib.classroom.intake.handed import MOST_DEPTH, SKIPPED, File
from prodgen_lib.classroom.intake.layout import Place, Student, place
from prodgen_lib.classroom.intake.moment import moment_in
from prodgen_lib.classroom.intake.read import read_bytes
from prodgen_lib.course.project import CourseError
from prodgen_lib.course.text import plain

# More files than this of one student are looked at by nobody.
MOST_NOTEBOOKS = 30
MOST_NAMES = 8  # of other files, in a remark


@dataclass
class Found:
    """What one student handed in: notebooks with the latest first, and what was wrong."""

    student: Student
    notebooks: list[File] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    handed_in: datetime | None = None
    late: bool = False
    others: list[str] = field(default_factory=list)
    damaged: bool = False


def collect(root: Path) -> list[Found]:
    """Everyone who handed something in below ``root``, by key. ``CourseError`` if nobody did."""
    return sorted_out(root)[0]


def sorted_out(root: Path) -> tuple[list[Found], list[str]]:
    """Everyone who handed something in, and the names of loose files that are nobody's."""
    if not root.exists():
        raise CourseError(f"{root} does not exist; expected a folder or zip file of submissions.")
    found: dict[str, Found] = {}
    loose: list[str] = []
    for file in _unwrapped(list(_walk(root) if root.is_dir() else unzip.class_files(root))):
        where = place(file.parts)
        if file.is_loose and not where.student.system:
            loose.append(plain(file.parts[-1], 100))
            continue
        _take(found.setdefault(where.student.key, Found(where.student)), file, where)
    for of in found.values():
        _settle(of)
    if not found:
        raise CourseError(
            f"{root} holds no submissions; expected a folder for each student with a notebook, or "
            "the zip file that Moodle or Canvas gives."
        )
    return [found[key] for key in sorted(found)], sorted(loose)


def _unwrapped(files: list[File]) -> list[File]:
    """The files without the one folder around a whole download from Moodle or Canvas."""
    deep = [file for file in files if not file.is_loose]
    tops = {file.parts[0] for file in deep}
    if len(tops) != 1 or any(len(file.parts) == 1 for file in deep):
        return files
    if place(deep[0].parts).student.system:
        return files
    inner = [replace(file, parts=file.parts[len(file.parts) > 1 :]) for file in files]
    return inner if all(f.is_loose or place(f.parts).student.system for f in inner) else files


def _settle(of: Found) -> None:
    """Put the latest first. Canvas counts uploads; elsewhere the time of the file decides."""
    of.notebooks.sort(key=lambda file: (file.upload, file.modified, file.parts), reverse=True)
    if len(of.notebooks) > MOST_NOTEBOOKS:
        of.notes.append(
            f"There are {len(of.notebooks)} notebooks; only the latest {MOST_NOTEBOOKS} count."
        )
        del of.notebooks[MOST_NOTEBOOKS:]
    if not of.notebooks and not of.damaged:
        names = ", ".join(sorted(of.others)[:MOST_NAMES])
        of.notes.append(
            "There is no notebook (.ipynb) in what was handed in"
            + (f": {names}." if names else ".")
        )


def _take(of: Found, file: File, where: Place) -> None:
    name = plain(file.parts[-1], 100)
    of.late = of.late or where.late
    if file.problem:
        of.notes.append(f"{plain(str(file.path), 200)}: {file.problem}")
        of.damaged = True
    elif file.is_notebook:
        of.notebooks.append(replace(file, upload=where.upload))
        if not name.lower().endswith(".ipynb"):
            of.notes.append(f"{name}: read as a notebook, though its name doesn't end in .ipynb.")
    elif name.lower() == "timestamp.txt" and _is_nbgraders(file):
        moment, problem = moment_in(file)
        of.handed_in = moment or of.handed_in
        of.notes += filter(None, [problem])
    elif not file.is_litter:
        of.others.append(name)


def _is_nbgraders(file: File) -> bool:
    """Whether a time lies where nbgrader writes it; deeper or in a zip, it is the student's own."""
    folders = file.parts[file.parts[0] == "submitted" : -1]
    zipped = any(name.lower().endswith(".zip") for name in folders)
    return 0 < len(folders) <= 2 and not zipped and not place(file.parts).student.system


def _walk(folder: Path, parts: tuple[str, ...] = ()) -> Iterator[File]:
    if len(parts) > MOST_DEPTH:
        yield File((*parts, "…"), bytes, problem="The folders are nested too deeply to look into.")
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        if not parts:
            raise
        yield File(parts, bytes, problem=f"The folder can't be read: {error.strerror}.")
        return
    for entry in entries:
        name = _spelled(entry.name)
        if name in SKIPPED or name.startswith("."):
            continue
        here, path = (*parts, name), Path(entry.path)
        if entry.is_symlink():
            yield File(here, bytes, problem="This is a link; links are not followed.")
        elif entry.is_dir() and not name.lower().endswith(".ipynb"):
            yield from _walk(path, here)
        elif entry.is_file() and name.lower().endswith(".zip"):
            yield from unzip.files(here, lambda path=path: read_bytes(path))
        else:
            yield File(here, lambda path=path: read_bytes(path), _modified(entry))


def _modified(entry: os.DirEntry) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except OSError:
        return 0.0  # gone since the folder was listed: reading it says so


def _spelled(name: str) -> str:
    """A name of the file system as text, also where its bytes are no UTF-8."""
    data = os.fsencode(name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
