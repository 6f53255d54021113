"""The cells of a stranger's notebook, built anew from the few fields that grading needs."""

from __future__ import annotations

from nbformat import NotebookNode

from prodgen_lib.checking.statements import MOST_CHARACTERS
from prodgen_lib.course.grade_copy import has


def mended(raw: list) -> tuple[list[NotebookNode], list[str]]:
    """The cells that are cells, each with an id of its own, and a sentence on what was wrong."""
    whole = [cell for cell in raw if _is_cell(cell)]
    seen: set[str] = set()
    renamed = 0
    cells = []
    for number, old in enumerate(whole):
        cell = _cell(old)
        if not cell.id or cell.id in seen:
            cell.id, renamed = f"unnamed-{number}", renamed + 1
        seen.add(cell.id)
        cells.append(cell)
    notes = []
    if len(whole) < len(raw):
        notes.append(f"{_count(len(raw) - len(whole), 'cell')} damaged and left out.")
    if renamed:
        notes.append(f"{_count(renamed, 'cell')} without an id of their own: the first counts.")
    return cells, notes


def is_text(value: object) -> bool:
    return isinstance(value, str)


def _count(number: int, what: str) -> str:
    return f"{number} {what} is" if number == 1 else f"{number} {what}s are"


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return False
    source = cell.get("source", "")
    return is_text(source) or (isinstance(source, list) and all(map(is_text, source)))


def _cell(old: dict) -> NotebookNode:
    """The cell with its source, its id, and of its metadata what says which exercise it answers."""
    source = old.get("source", "")
    source = source if is_text(source) else "".join(source)
    source = source.encode("utf-8", "replace").decode("utf-8")
    metadata = old.get("metadata")
    kept: dict = {}
    if isinstance(metadata, dict):
        tags = metadata.get("tags")
        kept["tags"] = [tag for tag in tags if is_text(tag)] if isinstance(tags, list) else []
        if is_text(metadata.get("exercise_id")):
            kept["exercise_id"] = metadata["exercise_id"]
    # Not by nbformat.v4.new_code_cell, which validates: that takes most of the time of a class.
    cell = NotebookNode(cell_type=old["cell_type"], source=source, metadata=NotebookNode(kept))
    if cell.cell_type == "code":
        cell |= {"outputs": [], "execution_count": None}
    cell.id = old["id"] if is_text(old.get("id")) and len(old["id"]) <= 64 else ""
    return cell


def compare(notebook: NotebookNode, pristine: NotebookNode) -> tuple[str, ...]:
    """Sentences on answer cells of ``pristine`` that are missing or not code, and overlong ones."""
    kinds: dict[str, set[str]] = {}
    for cell in notebook.cells:
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
