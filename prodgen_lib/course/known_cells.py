"""Which cell of a learner's notebook is which of the course's, also where ids were lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from prodgen_lib.checking.statements import is_own_check, statements
from prodgen_lib.course.compose import has


def recognised(learner: NotebookNode, pristine: NotebookNode) -> NotebookNode:
    """The notebook with the course's ids given back to cells that lost id and metadata.

    A cell is known by its id, else by the exercise in its metadata, else by its text, else by the
    function or the check that stands in it; where two have the same, the first is the course's.
    """
    cells = [NotebookNode(cell) for cell in learner.cells]
    taken = {cell.get("id") for cell in cells}
    known = {cell.id for cell in pristine.cells}
    free = [c for c in cells if c.cell_type == "code" and c.get("id") not in known]
    for course in pristine.cells:
        if course.cell_type != "code" or course.id in taken:
            continue
        if (found := next(_likely(free, course), None)) is not None:
            found.id, found.metadata = course.id, course.metadata
            free = [cell for cell in free if cell is not found]
    return NotebookNode({**learner, "cells": cells})


def _likely(cells: list[NotebookNode], course: NotebookNode) -> Iterator[NotebookNode]:
    """Cells that may be this one of the course, the likeliest first."""
    plain = [cell for cell in cells if not cell.metadata.get("exercise_id")]
    exercise = course.metadata.get("exercise_id", "")
    if exercise:
        yield from (
            cell
            for cell in cells
            if cell.metadata.get("exercise_id") == exercise
            and has(cell, "check") == has(course, "check")
        )
    yield from (cell for cell in plain if cell.source.strip() == course.source.strip())
    name = re.escape(exercise.partition(".")[2])
    if has(course, "check"):
        calls = rf"(?m)^(?:{name} *= *)?check\(\s*[\"']{re.escape(exercise)}[\"']"
        yield from (c for c in plain if re.match(calls, c.source) and not _makes_more(c))
    elif has(course, "exercise"):
        defines = rf"(?m)^[ \t]*(?:(?:>>>|In \[\d*\]:) ?)?(?:async )?def {name}\b"
        yield from (cell for cell in plain if re.search(defines, cell.source))


def _makes_more(cell: NotebookNode) -> bool:
    """Whether there is more in it than a check."""
    return not all(map(is_own_check, statements(cell.source) or ()))
