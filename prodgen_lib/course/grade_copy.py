"""The copy of a learner's notebook that is graded: the course's checks and what they need."""

from __future__ import annotations

import re

import nbformat
from nbformat import NotebookNode

from prodgen_lib.checking import names
from prodgen_lib.checking.statements import Statement, statements
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
    source = _without_checks(source)
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def _without_checks(source: str) -> str:
    """A cell without its own ``name = check("…", name)``, which may bind the course's version."""
    lines = source.splitlines()
    for one in statements(source) or ():
        text = "\n".join(lines[one.first - 1 : one.last])
        if re.match(r"(\w+ = )?check\(\s*[\"']\w+\.\w+[\"']", text):
            lines[one.first - 1 : one.last] = [""] * (one.last - one.first + 1)
    return "\n".join(lines)


def _needed(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Answers, given functions and checks; of all other cells the statements that these need.

    A statement is needed that makes or changes a name which what is kept uses, in turn. So what is
    trained or drawn for its own sake never runs, though it may stand beside an import that does.
    """
    modules = set().union(*(names.imported(cell.source) for cell in cells))
    whole = {number for number, cell in enumerate(cells) if _is_root(cell)}
    wanted = set().union(*(names.used(cells[number].source) for number in whole))
    parts = {
        (number, place): one
        for number, cell in enumerate(cells)
        if number not in whole
        for place, one in enumerate(statements(cell.source) or ())
    }
    kept: set[tuple[int, int]] = set()
    while more := {
        key for key, one in parts.items() if key not in kept and _makes(one, modules) & wanted
    }:
        kept |= more
        wanted |= set().union(*(parts[key].needs for key in more))
    found = []
    for number, cell in enumerate(cells):
        chosen = [one for (of, _), one in parts.items() if of == number and (of, _) in kept]
        if number in whole:
            found.append(cell)
        elif chosen:
            lines = cell.source.splitlines()
            cell.source = "\n".join("\n".join(lines[one.first - 1 : one.last]) for one in chosen)
            found.append(cell)
    return found


def _makes(one: Statement, modules: set[str]) -> set[str]:
    """Names that a statement binds or changes; a call of a module's function changes no module."""
    return one.makes | (one.changes - modules)


def _is_root(cell: NotebookNode) -> bool:
    """A star import or ``%run`` may make any name, so it stays."""
    if has(cell, "check") or cell.metadata.get("root"):
        return True
    return "*" in names.imported(cell.source) or bool(re.search(r"(?m)^%run\b", cell.source))
