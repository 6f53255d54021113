"""What is to be said about the cells of a stranger's notebook."""

from __future__ import annotations

from nbformat import NotebookNode

from prodgen_lib.checking.statements import MOST_CHARACTERS
from prodgen_lib.course.compose import has
from prodgen_lib.course.known_cells import recognised


def compare(notebook: NotebookNode, pristine: NotebookNode) -> tuple[str, ...]:
    """Sentences on answer cells of ``pristine`` that are missing or not code, and overlong ones."""
    kinds: dict[str, set[str]] = {}
    for cell in recognised(notebook, pristine).cells:
        for name in (cell.id, cell.metadata.get("exercise_id", "")):
            if not has(cell, "check", "about"):
                kinds.setdefault(name, set()).add(cell.cell_type)
    notes = [
        f"A cell of {len(cell.source):,} characters is too long to be read: it runs without "
        "what it needs from other cells. Take pasted data out of it."
        for cell in notebook.cells
        if cell.cell_type == "code" and len(cell.source) > MOST_CHARACTERS
    ]
    for cell in pristine.cells:
        if has(cell, "exercise"):
            exercise = cell.metadata.exercise_id
            found = kinds.get(cell.id, set()) | kinds.get(exercise, set())
            if not found:
                notes.append(f"The cell of {exercise} was deleted.")
            elif "code" not in found:
                notes.append(f"The cell of {exercise} is text, not code: it can't be run.")
    return tuple(notes)
