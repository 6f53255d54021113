"""The class as a table without names: for colleagues, for research, for a course's own record."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from prodgen_lib.classroom.evidence.answers import Answer
from prodgen_lib.classroom.evidence.logs import ways
from prodgen_lib.course.shared_log import SharedLog
from prodgen_lib.paths import home

HEAD = (
    *("student", "chapter", "framework", "exercise", "solved", "answered", "stages_passed"),
    *("stages", "known_wrong_answer", "tries", "solved_in_log", "minutes", "hints"),
)


def salt() -> bytes:
    """The instructor's own secret, made once and kept in ``PRODGEN_HOME`` for this user alone.

    With it the same student has the same id in every table; without it nobody can find out whose
    an id is by trying names.
    """
    path = home() / "salt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def salted(key: str, secret: bytes) -> str:
    """A student's id: twelve hex digits that only who has the salt can lead back to a name."""
    data = key.encode("utf-8", "replace")
    return hmac.new(secret, data, hashlib.sha256).hexdigest()[:12]


def anonymous_csv(answers: Iterable[Answer], logs: Mapping[str, SharedLog], secret: bytes) -> str:
    """A line for each student and exercise. ``logs`` by student's key give the last four columns.

    It holds no name, no answer and nothing that a student or a check wrote; its order is that of
    the ids, so that it says nothing either.
    """
    known = {key: ways(log) for key, log in logs.items()}
    lines = []
    for one in answers:
        mark, way = one.mark, known.get(one.student, {}).get(one.mark.exercise)
        lines.append(
            [
                *(salted(one.student, secret), one.chapter, one.framework, mark.exercise),
                *(int(mark.correct), int(mark.answered), mark.passed, mark.stages),
                mark.wrong or "",
                *(("", "", "", "") if way is None else _of(way)),
            ]
        )
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEAD, *sorted(lines, key=lambda x: x[:4])])
    return text.getvalue()


def _of(way) -> tuple:
    minutes = "" if way.minutes is None else round(way.minutes, 1)
    return way.tries, int(way.solved), minutes, "" if way.hints is None else way.hints


def write(path: Path, text: str) -> None:
    """Write in one motion; a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
