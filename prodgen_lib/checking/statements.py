"""The statements of a code cell: what each makes, changes and needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from prodgen_lib.checking import names

MOST_CHARACTERS = 100_000


@dataclass(frozen=True)
class Statement:
    """A top-level statement: its lines, and the names that it makes, changes and needs."""

    first: int
    last: int
    makes: frozenset[str]
    imports: frozenset[str]
    changes: frozenset[str]
    needs: frozenset[str]


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
    makes, imports, changes, needs = (
        frozenset(read(text)) for read in (names.defined, names.imported, names.changed, names.used)
    )
    return Statement(first, node.end_lineno, makes, imports, changes, needs - set(_targets(node)))


def _targets(node: ast.stmt) -> Iterator[str]:
    """Names that a statement binds before it reads them: those of ``for`` and ``with``."""
    found = []
    for one in ast.walk(node):
        if isinstance(one, ast.For | ast.AsyncFor):
            found.append(one.target)
        elif isinstance(one, ast.With | ast.AsyncWith):
            found += [item.optional_vars for item in one.items if item.optional_vars]
    for target in found:
        yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
