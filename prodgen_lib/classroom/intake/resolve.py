"""From what a student handed in to what is graded: the latest notebook of each chapter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from prodgen_lib.checking.language import Text
from prodgen_lib.checking.sentences import NOT_ANSWERED
from prodgen_lib.classroom.intake.cells import compare
from prodgen_lib.classroom.intake.collect import Found
from prodgen_lib.classroom.intake.handed import File
from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.intake.submission import Graded, Mark, Submission
from prodgen_lib.classroom.release import Pristine, origin
from prodgen_lib.course.salvage import Read, Unreadable, read_notebook
from prodgen_lib.course.text import plain

NOTHING = Text(
    f"{NOT_ANSWERED.en}: there is no notebook that could be graded.",
    f"{NOT_ANSWERED.zh}：没有可以评分的笔记本。",
)


@dataclass(frozen=True)
class Task:
    """A notebook to grade, what to graft its answers into, and sentences about it.

    ``data`` gives the file's bytes, in which the outputs are that nothing else here looks at.
    """

    student: Student
    submission: Submission
    pristine: Pristine
    notes: tuple[str, ...]
    data: Callable[[], bytes] = bytes

    @property
    def place(self) -> tuple[str, str]:
        """What this is to be the mark of: a student, and a chapter."""
        return self.student.key, self.pristine.chapter

    def fingerprint(self, seed: int) -> str:
        """The same for the same answers, graded in the same way."""
        cells = [
            [cell.id, cell.cell_type, cell.source, cell.metadata.get("exercise_id", "")]
            for cell in self.submission.notebook.cells
        ]
        made = [self.student.key, seed, self.pristine.framework, self.pristine.text, cells]
        return hashlib.sha256(json.dumps(made).encode()).hexdigest()[:16]


def tasks(found: Found, known: list[Pristine], late_hours: float = 0.0) -> list[Task]:
    """What to grade of one student. ``Unreadable`` with the sentences where there is nothing.

    A file that can't be read does not hide an older one that can; both are reported.
    """
    remarks = list(found.notes)
    chosen: dict[str, Task] = {}
    for file in found.notebooks:
        try:
            done = read_notebook(file.read())
            one, guess = origin(done.notebook, known)
        except Unreadable as error:
            remarks.append(_about(file, str(error)))
            continue
        if one is None:
            remarks.append(_about(file, guess))
        elif one.chapter in chosen:
            later = chosen[one.chapter].submission.path.name
            remarks.append(_about(file, f"There is a later one, {later}: that was graded."))
        else:
            chosen[one.chapter] = _task(found, file, done, one, guess, late_hours)
    if not chosen:
        raise Unreadable(" ".join(dict.fromkeys(remarks)))
    return [replace(task, notes=(*task.notes, *remarks)) for task in chosen.values()]


def _task(
    found: Found, file: File, done: Read, one: Pristine, guess: str, late_hours: float
) -> Task:
    submission = Submission(found.student.key, file.path, done.notebook, late_hours)
    notes = (*done.notes, guess, *compare(done.notebook, one.notebook))
    return Task(found.student, submission, one, tuple(filter(None, notes)), file.read)


def _about(file: File, sentence: str) -> str:
    return f"{plain(file.path.name, 100)}: {sentence}"


def nothing(found: Found, known: list[Pristine], sentence: str, seed: int) -> Graded:
    """The row of a student of whom nothing can be graded: no marks, and the sentence why.

    Where one chapter alone is graded, it is that one's exercises that get no marks.
    """
    chapters = {one.chapter for one in known}
    one = known[0] if len(chapters) == 1 else None
    marks = [
        Mark(name, False, 0, 1, NOTHING.en, None, 0.0, NOTHING.zh, answered=False)
        for name in (one.exercises if one else [])
    ]
    path = str(found.notebooks[0].path) if found.notebooks else found.student.key
    chapter, version = (one.chapter, one.version) if one else ("", "")
    return Graded(found.student.key, path, chapter, "", version, seed, tuple(marks), (sentence,))
