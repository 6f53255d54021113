"""Whose a file is, by where it lies in a download from nbgrader, Moodle or Canvas.

Identity comes from the layout alone: what a notebook says about its author counts for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from prodgen_lib.classroom.intake.handed import without_suffix
from prodgen_lib.course.text import name_of

# Moodle: "Full Name_123_assignsubmission_file_" as a folder, or before the file's own name. The
# number is the one of "Participant 123" in the grading worksheet (mod/assign/locallib.php, and
# https://docs.moodle.org/en/Assignment_settings, "Download submissions in folders").
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)", re.DOTALL)

# Canvas: "lastfirst_LATE_12345_67890_name.ipynb": the user's id, then the file's, which grows with
# each upload; in anonymous grading "anon_a1b2c_67890_name.ipynb" (lib/content_zipper.rb of Canvas).
_CANVAS = re.compile(
    r"(?:(?P<name>(?!LATE_|anon_)[^_].*?)_)?(?P<late>LATE_)?(?P<id>\d+|anon_[0-9A-Za-z]+)_(?P<upload>\d+)"
    r"_(?P<file>.+)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Student:
    """Who submitted. ``key`` names one student of a class and never two; ``number`` is the id
    under which a learning platform (``system``) knows them, empty where the layout tells none.
    """

    key: str
    name: str
    system: str = ""
    number: str = ""


@dataclass(frozen=True)
class Place:
    """What the place of a file tells. ``upload`` orders the files of one student in Canvas."""

    student: Student
    upload: int = 0
    late: bool = False


def place(parts: tuple[str, ...]) -> Place:
    """Read the path of a file, from the folder that was handed in, as names without separators.

    Where neither Moodle nor Canvas named it, the first folder is the student's name, as nbgrader
    has it below ``submitted/``; a file in no folder stands for a student by its own name. Only
    the topmost name counts: those below it are the student's own choice.
    """
    top = unicodedata.normalize("NFC", parts[0])
    if found := _MOODLE.fullmatch(top):
        return Place(_student(f"{found['name']}_{found['id']}", found, "moodle"))
    found = _CANVAS.fullmatch(top)
    if found and (len(parts) == 1 or top.lower().endswith(".zip")):
        key = "_".join(filter(None, (found["name"], found["id"])))
        return Place(_student(key, found, "canvas"), int(found["upload"]), bool(found["late"]))
    if top == "submitted" and len(parts) > 2:
        return place(parts[1:])
    key = top
    if len(parts) == 1:
        key = re.sub(r"\.zip$", "", without_suffix(top), flags=re.IGNORECASE)
    return Place(Student(key, name_of(key)))


def _student(key: str, found: re.Match, system: str) -> Student:
    number = "" if found["id"].startswith("anon_") else found["id"]
    return Student(key, name_of(found["name"] or found["id"]), system, number)
