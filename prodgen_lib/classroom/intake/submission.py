"""What goes into grading and what comes out of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat


@dataclass(frozen=True)
class Submission:
    """One student's notebook, read and repaired. ``student`` comes from where the file lay."""

    student: str
    path: Path
    notebook: nbformat.NotebookNode
    late_hours: float = 0.0


@dataclass(frozen=True)
class Mark:
    """One exercise of one submission: how many of its ``stages`` the answer ``passed``.

    ``message`` is the sentence for the student, ``chinese`` the same; ``wrong`` is the known wrong
    answer that it matches, and ``answered`` false where the answer's cell is as it came. Where no
    known wrong answer explains a failure, ``seen`` says what was observed, and ``answer`` is the
    student's text: both stay in the log of the class.
    """

    exercise: str
    correct: bool
    passed: int
    stages: int
    message: str
    wrong: str | None
    seconds: float
    chinese: str = ""
    answered: bool = True
    seen: tuple[str, ...] = ()
    answer: str = ""

    def said(self, language: str) -> str:
        """The sentence in ``en`` or ``zh``."""
        return self.chinese if language == "zh" and self.chinese else self.message


@dataclass(frozen=True)
class Graded:
    """A submission with its marks. ``notes`` are sentences about the submission as a whole."""

    student: str
    path: str
    chapter: str
    framework: str
    version: str
    seed: int
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """One line of JSON, in ASCII so that no name can break a line or a terminal."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Graded:
        """What `to_json` wrote; ``ValueError`` for anything else, such as half a line."""
        try:
            fields = json.loads(line)
            fields["marks"] = tuple(
                Mark(**{**mark, "seen": tuple(mark.get("seen", ()))}) for mark in fields["marks"]
            )
            return cls(**{**fields, "notes": tuple(fields["notes"])})
        except (TypeError, KeyError) as error:
            raise ValueError(f"This is no graded submission: {error}.") from None
