"""The statements of a notebook's code cells: what each makes, changes and needs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property, lru_cache

from prodgen_lib.checking import names
from prodgen_lib.classroom.intake.cells import MOST_CHARACTERS

ANSWER, ADDED, COURSE, CHANGED = range(4)


@dataclass(frozen=True)
class Statement:
    """A top-level statement: its lines, and the names that it makes, changes and needs."""

    first: int
    last: int
    makes: frozenset[str]
    imports: frozenset[str]
    changes: frozenset[str]
    needs: frozenset[str]


@dataclass(frozen=True)
class Cell:
    """A code cell, where it stands in the notebook, and whose it is."""

    label: str
    place: tuple[int, int]
    kind: int
    source: str
    exercise: str = ""

    @cached_property
    def statements(self) -> tuple[Statement, ...] | None:
        """The statements; None where the text is no Python, or too long to be looked at."""
        return statements(self.source)

    def makes(self, name: str) -> bool:
        return any(name in one.makes for one in self.statements or ())

    def about(self, name: str) -> list[int]:
        """Which statements make or change this name; no call of a module changes the module."""
        found = self.statements or ()
        module = any(name in one.imports for one in found)
        return [
            number
            for number, one in enumerate(found)
            if name in one.makes or (name in one.changes and not module)
        ]


@lru_cache(maxsize=256)  # most cells come again with every submission
def statements(source: str) -> tuple[Statement, ...] | None:
    """The top-level statements of a cell; None where it can't be read as Python."""
    if len(source) > MOST_CHARACTERS:
        return None
    try:
        text = names.as_python(source)
        if text is None:
            return None
        lines = text.splitlines()
        return tuple(_statement(node, lines) for node in ast.parse(text).body)
    except (RecursionError, MemoryError, ValueError, SyntaxError):
        return None


def _statement(node: ast.stmt, lines: list[str]) -> Statement:
    marks = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(mark.lineno for mark in marks)])
    text = "\n".join(lines[first - 1 : node.end_lineno])
    if node.col_offset or lines[node.end_lineno - 1][node.end_col_offset :].strip(" ;"):
        text = ast.unparse(node)  # several statements in a line
    found = (read(text) for read in (names.defined, names.imported, names.changed, names.used))
    return Statement(first, node.end_lineno, *map(frozenset, found))
