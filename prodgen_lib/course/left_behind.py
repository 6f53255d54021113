"""What lies beside a notebook and stays behind when the notebook alone is handed in."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.checking import names

LEFT_BEHIND = "It reads {}, which is not in the notebook: `prodgen grade` won't find it."
HIDES = "{} beside the notebook has the name of a module of Python or of the course: rename it."
NOT_RUN = "It uses what a `!` or `%` line gives: `prodgen grade` doesn't run such lines."
_MOST_TEXT = 200
_INSTALLED = sys.stdlib_module_names | {
    *("torch", "tensorflow", "keras", "numpy", "scipy", "matplotlib", "PIL", "ipywidgets"),
    *("IPython", "prodgen_lib"),
}


def hiding(home: Path) -> list[str]:
    """Modules in this folder that have the name of an installed one, as ``random.py``."""
    return sorted(
        path.stem
        for path in _entries(home)
        if path.stem in _INSTALLED and (path.suffix == ".py" or _is_package(path))
    )


def _entries(home: Path) -> list[Path]:
    try:
        return list(home.iterdir())
    except OSError:
        return []


def _is_package(path: Path) -> bool:
    return path.is_dir() and (path / "__init__.py").is_file()


def remark(copy: NotebookNode, home: Path) -> dict[str, str]:
    """A sentence for each exercise whose answer needs what won't be there when it is graded.

    What a cell reads is told of every exercise whose answer stands in it, and what a cell without
    an answer reads is told of all.
    """
    entries = {path.name: path for path in _entries(home)}
    exercises = {c.metadata.exercise_id for c in copy.cells if c.metadata.get("exercise_id")}
    found: dict[str, list[str]] = {exercise: [] for exercise in exercises}
    for cell in copy.cells:
        if "check" in cell.metadata.get("tags", []):
            continue
        said = _said(cell.source, entries)
        for exercise in (
            [cell.metadata.get("exercise_id")] if cell.metadata.get("exercise_id") else found
        ):
            found[exercise] += said
    return {exercise: " ".join(dict.fromkeys(said)) for exercise, said in found.items()}


def _said(source: str, entries: dict[str, Path]) -> list[str]:
    text = names.as_python(source)
    if text is None:
        return []
    read, said = set(), []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            read |= {_module(alias.name, entries) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            read.add(_module(node.module or "", entries))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            read.add(_file(node.value, entries))
        elif isinstance(node, ast.Name) and node.id == "get_ipython":
            said = [NOT_RUN]
    read.discard("")
    hidden = {name for name in read if name.removesuffix(".py") in _INSTALLED}
    said += [HIDES.format(f"`{name}`") for name in sorted(hidden)]
    if left := sorted(read - hidden):
        said.append(LEFT_BEHIND.format(", ".join(f"`{name}`" for name in left)))
    return said


def _module(name: str, entries: dict[str, Path]) -> str:
    top = name.partition(".")[0]
    if top == "prodgen_lib":
        return ""
    if f"{top}.py" in entries:
        return f"{top}.py"
    return top if top in entries and entries[top].is_dir() else ""


def _file(text: str, entries: dict[str, Path]) -> str:
    """The file or folder beside the notebook that a text names, if it does."""
    if len(text) > _MOST_TEXT or "\n" in text:
        return ""
    first = text.removeprefix("./").replace("\\", "/").partition("/")[0]
    return first if first in entries else ""
