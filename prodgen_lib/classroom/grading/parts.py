"""A code cell of a submission, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from prodgen_lib.checking.statements import Statement, statements

ANSWER, ADDED, COURSE, CHANGED = range(4)


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
