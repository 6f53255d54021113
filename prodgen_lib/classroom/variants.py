"""Each student's own variant of a chapter, and whose numbers a notebook shows.

A variant differs in its seed alone, which comes from the student's salted id. So everything that is
printed is the student's own, answers are graded as everyone's, and a copied output is that of
somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import nbformat
import numpy as np

from prodgen_lib.checking.exercise import Framework, find_exercise
from prodgen_lib.classroom.intake.layout import Student
from prodgen_lib.classroom.own_numbers import own_numbers, printed
from prodgen_lib.classroom.release import Pristine, pristine, release
from prodgen_lib.classroom.salt import salt
from prodgen_lib.course.project import CourseError, dumps, home_of_work, install, read_text
from prodgen_lib.course.text import plain

LEAST, MOST = 100_000, 999_999
RTOL, ATOL = 2e-3, 1e-6
SEED = re.compile(r"(?m)^seed = .*$")
VERBS = re.compile(r"(?m)^from prodgen_lib\.(torch|tensorflow) import .*\bcheck\b")
OWN = """

from prodgen_lib.classroom.own_numbers import own

check = own(check, "{framework}", {seed})  # your own inputs"""


@dataclass(frozen=True)
class Variant:
    """A student's seed, and the numbers that right answers print under it, by exercise."""

    seed: int
    numbers: dict[str, list[float]]


Variants = dict[str, Variant]
"""Of one notebook: by the student's id, as the list of the class has it."""


@dataclass(frozen=True)
class Copied:
    """A student whose notebook shows another's numbers, in these exercises."""

    student: str
    other: str
    exercises: tuple[str, ...]

    @property
    def sentence(self) -> str:
        who, whose = plain(self.student, 80), plain(self.other, 80)
        return f"{who} hands in the numbers of {whose}'s variant: {', '.join(self.exercises)}."


def read_students(path: Path) -> list[str]:
    """Ids of students, one a line, as the platform names who hands in. ``CourseError`` for none."""
    found = [line.strip() for line in read_text(path).splitlines()]
    found = [line for line in dict.fromkeys(found) if line]
    if not found:
        raise CourseError(f"{path} names no student; expected one a line.")
    if len({one.casefold() for one in found}) < len(found):
        raise CourseError(f"{path} names a student twice.")
    return found


def seeds(students: Iterable[str], chapter: str, secret: bytes) -> dict[str, int]:
    """A seed for each student and chapter, different from all others of the class."""
    found: dict[str, int] = {}
    for one in students:
        data = f"{chapter}\n{one.casefold()}".encode("utf-8", "replace")
        number = int.from_bytes(hmac.new(secret, data, hashlib.sha256).digest()[:8], "big")
        while (seed := LEAST + number % (MOST - LEAST + 1)) in found.values():
            number += 1
        found[one] = seed
    return found


def release_variants(
    root: Path,
    chapters: tuple[str, ...],
    students: list[str],
    framework: str | None = None,
    out: Path | None = None,
) -> Path:
    """The zip file with a folder for each student, each with the notebooks in that one's variant.

    Seeds and what they print are kept beside the released notebooks, for `prodgen grade`.
    """
    if out is not None and out.exists():
        raise CourseError(f"{out} is there already: give --out another name.")
    plain_zip = release(root, chapters, framework)
    given = _read(plain_zip)
    known = [one for one in pristine(root, chapters) if f"{_stem(one)}.ipynb" in given]
    secret = salt()
    mine: dict[str, Variants] = {}
    for one in {_stem(one): one for one in reversed(known)}.values():
        mine[_stem(one)] = _variants(one, seeds(students, one.chapter, secret))
        _keep(root, one, mine[_stem(one)])
    path = out or plain_zip.with_name(f"{plain_zip.stem}-variants.zip")
    _write(path, students, given, mine)
    return path


def _stem(one: Pristine) -> str:
    return f"{one.chapter}_{one.framework}"


def _read(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def _write(path: Path, students: list[str], given: dict[str, str], mine: dict) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for student in students:
            for name, text in given.items():
                found = mine.get(name.removesuffix(".ipynb"))
                text = personal(text, found[student].seed) if found else text
                archive.writestr(f"{_folder(student)}/{name}", text)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(data.getvalue())
    fresh.replace(path)


def _folder(student: str) -> str:
    """A student's id as a folder's name: nothing in it leads elsewhere."""
    return re.sub(r"[/\\:\0]", "_", student).strip(". ") or "_"


def personal(text: str, seed: int) -> str:
    """A released notebook with a student's seed in its parameters and in its checks."""
    notebook = nbformat.reads(text, as_version=4)
    framework = notebook.metadata.prodgen.framework
    notebook.metadata.prodgen["variant"] = seed
    verbs = False
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = SEED.sub(f"seed = {seed}  # yours alone", cell.source, count=1)
        elif cell.cell_type == "code" and not verbs and VERBS.search(cell.source):
            cell.source += OWN.format(framework=framework, seed=seed)
            verbs = True
    return dumps(notebook)


def _variants(one: Pristine, numbers: dict[str, int]) -> Variants:
    """What each student's checks will print; exercises whose numbers tell nobody are left out."""
    if find_spec(one.framework) is None:
        raise CourseError(f"--variants runs the answers: {install(one.framework)}.")
    found: dict[str, dict[str, list[float]]] = {student: {} for student in numbers}
    for exercise in one.exercises:
        answer = find_exercise(exercise).solution(Framework(one.framework))
        of = {s: own_numbers(exercise, one.framework, answer, seed) for s, seed in numbers.items()}
        first = next(iter(numbers))
        again = own_numbers(exercise, one.framework, answer, numbers[first])
        different = len({tuple(value) for value in of.values()})
        if of[first] and again == of[first] and different >= 0.9 * len(of):
            for student, value in of.items():
                found[student][exercise] = value
    return {student: Variant(seed, found[student]) for student, seed in numbers.items()}


def _file(root: Path, one: Pristine) -> Path:
    name = f"variants-{_stem(one)}-{one.version}-{one.text}.json"
    return home_of_work(root) / "releases" / name


def _keep(root: Path, one: Pristine, new: Variants) -> None:
    """Add to what is kept; whoever was there before keeps their variant."""
    path = _file(root, one)
    every = {**new, **kept(root, one)}
    data = {name: {"seed": v.seed, "numbers": v.numbers} for name, v in every.items()}
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(path)


def kept(root: Path, one: Pristine) -> Variants:
    """The variants of a notebook that were handed out; none where there were none."""
    path = _file(root, one)
    if not path.exists():
        return {}
    try:
        data = json.loads(read_text(path))
        return {name: Variant(int(v["seed"]), dict(v["numbers"])) for name, v in data.items()}
    except (ValueError, KeyError, TypeError):
        raise CourseError(f"{path} is damaged: take it from a backup, or move it away.") from None


Numbers = dict[str, list[float]]
Handed = tuple[Student, Numbers, Variants]
"""Who handed in a notebook, the numbers that it shows, and the variants that were handed out."""


def copied(handed: Iterable[Handed]) -> list[Copied]:
    """Who hands in another's numbers: not their own, and exactly one other's.

    Who is not on the list of variants is named only where a second one shows the same numbers.
    """
    named: list[Copied] = []
    strangers: list[Copied] = []
    shows: dict[str, int] = {}
    for student, numbers, variants in handed:
        mine = next((name for name in variants if _is(student, name)), None)
        others: dict[str, list[str]] = {}
        own = False
        for exercise, found in numbers.items():
            whose = [n for n, v in variants.items() if _close(v.numbers.get(exercise), found)]
            own = own or mine in whose
            if mine not in whose and len(whose) == 1:
                others.setdefault(whose[0], []).append(exercise)
        every = [Copied(student.key, other, tuple(names)) for other, names in others.items()]
        (strangers if mine is None else named).extend(every)
        if own:
            shows[mine] = shows.get(mine, 0) + 1
    for one in strangers:
        shows[one.other] = shows.get(one.other, 0) + 1
    return [*named, *(one for one in strangers if shows[one.other] > 1)]


def _is(student: Student, name: str) -> bool:
    known = {one.casefold() for one in (student.key, student.name, student.number) if one}
    return name.casefold() in known


def shown(data: bytes) -> Numbers:
    """The numbers that a notebook's outputs show, by exercise; the last line of each counts.

    The bytes are a stranger's and may hold anything.
    """
    try:
        notebook = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    found: Numbers = {}
    for cell in _list(notebook, "cells"):
        for output in _list(cell, "outputs"):
            text = output.get("text", "") if isinstance(output, dict) else ""
            text = "".join(map(str, text)) if isinstance(text, list) else text
            if isinstance(text, str):
                found |= dict(printed(text))
    return found


def _list(value: object, name: str) -> list:
    held = value.get(name) if isinstance(value, dict) else None
    return held if isinstance(held, list) else []


def _close(expected: list[float] | None, numbers: list[float]) -> bool:
    if not expected or len(expected) != len(numbers):
        return False
    return bool(np.allclose(numbers, expected, rtol=RTOL, atol=ATOL))
