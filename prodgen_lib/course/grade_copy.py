"""The copy of a learner's notebook that is graded: the course's checks and what they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import nbformat
from nbformat import NotebookNode

from prodgen_lib.checking import names
from prodgen_lib.checking.statements import (
    ANY,
    Statement,
    chosen,
    is_own_check,
    linked,
    stars,
    statements,
)
from prodgen_lib.course.compose import KERNEL, has
from prodgen_lib.course.known_cells import recognised


@dataclass
class Part:
    """A cell of the copy: a check, or code of the learner with what its statements do.

    ``exercise`` is the one that the cell answers or checks; ``statements`` is None where the text
    is no Python, and such an answer is run as it is.
    """

    cell: NotebookNode
    check: bool
    exercise: str = ""
    statements: tuple[Statement, ...] | None = None

    def makes(self, name: str) -> bool:
        return any(name in one.makes for one in self.statements or ())

    def defines(self, name: str) -> bool:
        return any(name in one.functions for one in self.statements or ())


def graded_copy(learner: NotebookNode, pristine: NotebookNode) -> NotebookNode:
    """What nbval is to run: the learner's cells that count, and the course's own checks."""
    parts = _without_stubs(_parts(recognised(learner, pristine), pristine), pristine)
    kept = _kept(parts)
    for check in [part for part in parts if part.check]:
        parts = _raised(parts, check, kept)
    cells = []
    for part in parts:
        if part.check:
            cells.append(part.cell)
        elif part.statements is None and part.exercise:
            cells.append(_bare(part, _whole(part.cell.source)))
        elif numbers := kept.get(id(part)):
            cells.append(_bare(part, chosen(part.cell.source, numbers).rstrip()))
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    for position, cell in enumerate(notebook.cells):
        cell.id = cell.id if has(cell, "check") else f"cell-{position}"
    return notebook


def _parts(learner: NotebookNode, pristine: NotebookNode) -> list[Part]:
    """The learner's code in its order, with the course's checks where the learner has them."""
    checks = {cell.id: cell for cell in pristine.cells if has(cell, "check")}
    answers = {cell.id: cell for cell in pristine.cells if has(cell, "exercise")}
    parts = []
    for cell in learner.cells:
        if cell.get("id") in checks:
            check = checks.pop(cell.id)
            parts.append(Part(check, True, check.metadata.exercise_id))
        elif cell.cell_type == "code" and not has(cell, "check"):
            about = answers.get(cell.get("id"), cell).metadata
            parts.append(Part(cell, False, about.get("exercise_id", "")))
    parts += [Part(check, True, check.metadata.exercise_id) for check in checks.values()]
    code = [part for part in parts if not part.check]
    for part, found in zip(code, read_cells(part.cell.source for part in code), strict=True):
        part.statements = found
    return parts


def read_cells(sources: Iterable[str]) -> list[tuple[Statement, ...] | None]:
    """The statements of each cell, None where it is no Python; a call of ``check`` makes nothing.

    A learner's own ``name = check("…", name)`` may bind the course's version.
    """
    found = [statements(source) for source in sources]
    read = linked(tuple(map(_idle, cell or ())) for cell in found)
    return [None if was is None else cell for was, cell in zip(found, read, strict=True)]


def _idle(one: Statement) -> Statement:
    nothing: frozenset[str] = frozenset()
    idle = replace(one, makes=nothing, changes=nothing, perhaps=nothing)
    return idle if is_own_check(one) else one


def _without_stubs(parts: list[Part], pristine: NotebookNode) -> list[Part]:
    """Without answers' cells that are as they came where another cell has the answer."""
    came = {c.metadata.exercise_id: c.source for c in pristine.cells if has(c, "exercise")}

    def is_stub(part: Part) -> bool:
        return not part.check and as_it_came(part.cell.source, came.get(part.exercise))

    def elsewhere(part: Part) -> bool:
        name = part.exercise.partition(".")[2]
        others = (o for o in parts if o is not part and not is_stub(o))
        return any(other.makes(name) for other in others)

    return [part for part in parts if not (is_stub(part) and elsewhere(part))]


@lru_cache(maxsize=1024)  # most answers of a class come again
def as_it_came(source: str, came: str | None) -> bool:
    """Whether an answer's cell holds the course's code and nothing else."""
    if came is None:
        return False
    return source == came or names.without_prose(source) == names.without_prose(came)


def _whole(source: str) -> str:
    """An answer that can't be divided: as it is, or, where it can't be compiled, its error.

    IPython compiles statement by statement, and would run those above the error.
    """
    fails = names.as_python(source) is None
    return f"compile({names.transformed(source)!r}, '', 'exec')" if fails else source


def _bare(part: Part, source: str) -> NotebookNode:
    """The cell's code alone: no outputs, and no tags that would tell nbval to look away."""
    source = re.sub(r"(?m)^\s*#\s*(NBVAL|PYTEST)_\w+\s*$", "", source)
    return nbformat.v4.new_code_cell(source, metadata={"exercise_id": part.exercise})


def _kept(parts: list[Part]) -> dict[int, set[int]]:
    """By part, which statements run: those that make or change what a check needs, in turn.

    So what is trained or drawn for its own sake never runs, though it may stand beside an import
    that does. What makes names that only a run tells is kept where one is made by nothing else.
    """
    modules = {name for _, _, one in _all(parts) for name in one.imports}
    wanted = {part.exercise.partition(".")[2] for part in parts if part.check}
    wanted |= set().union(*(names.used(part.cell.source) for part in parts if part.check))
    made = {name for _, _, one in _all(parts) for name in one.makes}
    kept: dict[int, set[int]] = {}
    unknown = False
    while True:
        more = [
            (part, number, one)
            for part, number, one in _all(parts)
            if number not in kept.get(id(part), ())
            and (_touched(one, modules) & wanted or stars(one) or (unknown and ANY in one.makes))
        ]
        for part, number, one in more:
            kept.setdefault(id(part), set()).add(number)
            wanted |= one.needs
        if not more and (unknown or wanted <= made):
            return kept
        unknown = unknown or (not more and not wanted <= made)


def _all(parts: list[Part]) -> Iterator[tuple[Part, int, Statement]]:
    for part in parts:
        yield from ((part, number, one) for number, one in enumerate(part.statements or ()))


def _touched(one: Statement, modules: set[str]) -> frozenset[str]:
    """Names that a statement makes or changes; a call of a module's function changes no module."""
    return one.makes | one.changes | (one.perhaps - modules)


def _raised(parts: list[Part], check: Part, kept: dict[int, set[int]]) -> list[Part]:
    """The parts with those put above a check that stand below it and define what it needs.

    That is a later definition of the answer, and what is made nowhere above, as in a notebook whose
    cells were run out of order.
    """
    at = parts.index(check)
    above, below = parts[:at], parts[at + 1 :]
    name = check.exercise.partition(".")[2]
    raised = [part for part in below if not part.check and part.defines(name)][-1:]
    asked, waiting = {name}, [name]
    while waiting:
        one = waiting.pop()
        makers = [part for part in (*above, *raised) if part.makes(one)]
        if not makers:
            makers = [part for part in below if not part.check and part.makes(one)][:1]
            raised += makers
        for part in makers:
            needs = {n for s in part.statements or () if one in s.makes for n in s.needs}
            waiting += needs - asked
            asked |= needs
    raised = [part for part in below if any(part is one for one in raised)]
    rest = [part for part in below if not any(part is one for one in raised)]
    return [*above, *raised, check, *rest]
