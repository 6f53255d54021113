"""The copy of a learner's notebook that is graded: the course's checks and what they need."""

from __future__ import annotations

import re

import nbformat
from nbformat import NotebookNode

from prodgen_lib.checking import names
from prodgen_lib.course.compose import KERNEL, has


def graded_copy(learner: NotebookNode, pristine: NotebookNode) -> NotebookNode:
    """What nbval is to run: the learner's cells that count, and the course's own checks."""
    checks = {cell.id: cell for cell in pristine.cells if has(cell, "check")}
    shown = {cell.id for cell in pristine.cells if has(cell, "exercise", "given")}
    cells: list[NotebookNode] = []
    for cell in learner.cells:
        if cell.get("id") in checks:
            cells.append(checks.pop(cell.id))
        elif cell.cell_type == "code" and not has(cell, "check"):
            cells.append(_bare(cell, root=cell.get("id") in shown or has(cell, "exercise")))
    cells += checks.values()
    notebook = nbformat.v4.new_notebook(cells=_needed(cells), metadata={"kernelspec": KERNEL})
    for position, cell in enumerate(notebook.cells):
        cell.id = cell.id if has(cell, "check") else f"cell-{position}"
    return notebook


def _bare(cell: NotebookNode, root: bool) -> NotebookNode:
    """The cell's code alone: no outputs, and no tags that would tell nbval to look away."""
    metadata = {"root": root, "exercise_id": cell.metadata.get("exercise_id", "")}
    source = re.sub(r"(?m)^\s*#\s*(NBVAL|PYTEST)_\w+\s*$", "", cell.source)
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def _needed(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Answers, given functions and checks, and in turn every cell that makes what these use."""
    modules = set().union(*(names.imported(cell.source) for cell in cells))
    kept = {number for number, cell in enumerate(cells) if _is_root(cell)}
    while True:
        wanted = set().union(*(names.used(cells[number].source) for number in kept))
        makers = {n for n, cell in enumerate(cells) if _makes(cell.source, modules) & wanted}
        if makers <= kept:
            return [cells[number] for number in sorted(kept)]
        kept |= makers


def _makes(source: str, modules: set[str]) -> set[str]:
    """Names that a cell binds or changes; a call of a module's function changes no module."""
    return names.defined(source) | (names.changed(source) - modules)


def _is_root(cell: NotebookNode) -> bool:
    """A star import or ``%run`` may make any name, so it stays."""
    if has(cell, "check") or cell.metadata.get("root"):
        return True
    return "*" in names.imported(cell.source) or bool(re.search(r"(?m)^%run\b", cell.source))
