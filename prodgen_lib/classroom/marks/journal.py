"""The log of a class: a line of JSON for each graded notebook, added to and never rewritten.

It is what every table and page is made from. A run that is killed loses at most the line it was
writing, and the next run goes on after the last whole one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.intake.submission import Graded
from prodgen_lib.course.project import CourseError


@dataclass(frozen=True)
class Entry:
    """A graded notebook with whose it is. ``print`` stands for exactly what was graded."""

    print: str
    student: Student
    late_hours: float
    graded: Graded

    @property
    def place(self) -> tuple[str, str]:
        """What this is the mark of: a student, and a chapter."""
        return self.student.key, self.graded.chapter

    def to_json(self) -> str:
        head = {"print": self.print, "late_hours": self.late_hours, "student": asdict(self.student)}
        return json.dumps({**head, "graded": json.loads(self.graded.to_json())})

    @classmethod
    def from_json(cls, line: str) -> Entry:
        """What `to_json` wrote; ``ValueError`` for anything else, such as half a line."""
        try:
            fields = json.loads(line)
            graded = Graded.from_json(json.dumps(fields["graded"]))
            return cls(fields["print"], Student(**fields["student"]), fields["late_hours"], graded)
        except (TypeError, KeyError) as error:
            raise ValueError(f"This is no line of a class log: {error}.") from None


def read(path: Path) -> dict[tuple[str, str], Entry]:
    """The last entry of each student and chapter; a line cut short by a crash is passed over."""
    entries: dict[tuple[str, str], Entry] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                entry = Entry.from_json(line)
            except ValueError:
                continue
            entries.pop((entry.student.key, ""), None)  # a mark for no chapter was no mark yet
            entries[entry.place] = entry
    return entries


def add(path: Path, entry: Entry) -> None:
    """Append one line, on the disk when this returns; after half a line it begins a new one."""
    with path.open("a+b") as file:
        start = b""
        if file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
            start = b"\n"
        file.write(start + entry.to_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Keep other runs out of a class's folder; ``CourseError`` where one is at work in it.

    The lock ends with the process, however it ends. Windows has no such lock and goes without.
    """
    with (out / ".lock").open("w") as file:
        if fcntl := find_spec("fcntl") and import_module("fcntl"):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CourseError(f"In {out} another run is grading: wait for its end.") from None
        yield


def merged(old: Entry, new: Entry, order: list[str]) -> Entry:
    """``new`` with the marks of ``old`` for exercises that were not graded again."""
    marks = {mark.exercise: mark for mark in (*old.graded.marks, *new.graded.marks)}
    kept = tuple(marks[name] for name in order if name in marks)
    return replace(new, graded=replace(new.graded, marks=kept))
