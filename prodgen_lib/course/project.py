"""Where the course lies on disk, and the one error that the command line turns into a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat

from prodgen_lib.checking import source

TREES = ("notebooks", "solutions")
FIRST = "work/00_start_here.ipynb"
FIRST_IN = {"en": FIRST, "zh": "work/zh/00_start_here.ipynb"}


# For every process that runs a notebook. OpenMP's threads would spin while they wait, which makes
# PyTorch several times slower when anything else runs; TensorFlow would greet with warnings.
KERNEL_ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE", "TF_CPP_MIN_LOG_LEVEL": "3"}


class CourseError(Exception):
    """Something a person can put right: the text says what is wrong and what to do."""


def installed_course() -> Path:
    """Where a wheel holds the course: chapters, notebooks, and what solutions printed."""
    return source.PACKAGE / "the_course"


def find_root(given: Path | None = None) -> Path:
    """The folder that holds the course: ``chapters/``, ``notebooks/``, ``solutions/``.

    Looked for at ``given``; else from the current folder upwards, where a clone has also
    ``pyproject.toml``; else beside the package; else in the package, where a wheel has it.
    """
    if given is not None:
        if not (given / "chapters").is_dir():
            raise CourseError(f"{given} is not the course: it has no folder chapters/.")
        return given.resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, source.PACKAGE.parent):
        if (folder / "pyproject.toml").is_file() and (folder / "chapters").is_dir():
            return folder
    if (installed_course() / "chapters").is_dir():
        return installed_course()
    raise CourseError(
        "The course was not found: run this in its folder (it holds chapters/) or give --root; "
        "the package alone has no chapters, get the course by the address in its README."
    )


def home_of_work(root: Path) -> Path:
    """Where a person's own files lie, in ``work/`` and ``releases/``: in the clone at ``root``.

    The course of a wheel is nobody's to write to: there it is the nearest folder upwards with a
    ``work/`` that holds our first notebook, else the current folder.
    """
    if root != installed_course():
        return root
    here = Path.cwd().resolve()
    known = (
        folder
        for folder in (here, *here.parents)
        if any((folder / first).exists() for first in FIRST_IN.values())
    )
    return next(known, here)


def install(framework: str, flags: str = "") -> str:
    """The command that installs a framework: in a clone from it, else with the wheel's name."""
    clone = not (installed_course() / "chapters").is_dir()
    what = f"-e .[{framework}]" if clone else f"'prodgen[{framework}]'"
    return f"`pip install {flags}{what}`"


def need_clone(root: Path) -> Path:
    """The root of a clone. Raises ``CourseError`` for an installed course, which has no sources."""
    if root == installed_course():
        raise CourseError(
            "This is for authors and needs a clone of the course: get it by the address in its "
            "README, or give --root."
        )
    return root


def short(path: Path) -> Path:
    """A path as a person here would write it: relative to the current folder where it is below."""
    here = Path.cwd().resolve()
    return path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """A notebook of format 4, or one sentence on why it can't be read.

    Cell ids that are missing or there twice, as some editors leave them, are made anew.
    """
    text = read_text(path)
    if not text.strip():
        raise CourseError(f"{path} is empty; expected a notebook.")
    if text.startswith("<<<<<<<") or "\n<<<<<<< " in text:
        raise CourseError(
            f"{path} holds merge-conflict markers (<<<<<<<): resolve the merge first."
        )
    try:
        raw = json.loads(text)
    except ValueError:
        raise CourseError(f"{path} is no notebook: its text is not notebook JSON.") from None
    version = raw.get("nbformat", "none") if isinstance(raw, dict) else "none"
    if version != 4:
        raise CourseError(f"{path} is in notebook format {version}; expected 4: convert it first.")
    try:
        found = _with_ids(nbformat.v4.reads(text))
        nbformat.validate(found, relax_add_props=True)
    except Exception as error:
        reason = str(getattr(error, "message", error)).splitlines()[0][:120]
        raise CourseError(f"{path} is a damaged notebook: {reason}.") from None
    return found


def _with_ids(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    notebook.nbformat_minor = max(notebook.get("nbformat_minor", 0), 5)
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        if cell.get("id", "") in {"", *seen}:
            cell.id = f"unnamed-{number}"
        seen.add(cell.id)
    return notebook


def read_text(path: Path) -> str:
    """A text file, with or without a byte-order mark, or one sentence on why it can't be read."""
    try:
        return "\n".join(re.split(r"\r\n?|\n", read_file(path).decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not UTF-8 text.") from None


def read_file(path: Path) -> bytes:
    """The bytes of a file, or one sentence on why it can't be read."""
    if path.is_dir():
        raise CourseError(f"{path} is a folder; expected a file.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CourseError(f"{path} does not exist.") from None
    except PermissionError:
        raise CourseError(f"{path} may not be read: give yourself permission to read it.") from None


def write_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write in one motion: a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(dumps(notebook), encoding="utf-8")
    fresh.replace(path)


def dumps(notebook: nbformat.NotebookNode) -> str:
    """The bytes of a notebook: the same notebook always gives the same text."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"
