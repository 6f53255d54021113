"""A code cell of a submission, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from prodgen_lib.checking.statements import ANY, Statement, stars

ANSWER, ADDED, COURSE, CHANGED = range(4)


@dataclass(frozen=True)
class Cell:
    """A code cell, where it stands in the notebook, and whose it is.

    ``statements`` is None where the text is no Python, or too long to be looked at.
    """

    label: str
    place: tuple[int, int]
    kind: int
    source: str
    exercise: str = ""
    statements: tuple[Statement, ...] | None = field(default=None, compare=False, repr=False)

    def makes(self, name: str) -> bool:
        return any(name in one.makes for one in self.statements or ())

    def defines(self, name: str) -> bool:
        """Whether it makes this name by ``def``, ``class`` or ``lambda``."""
        return any(name in one.functions for one in self.statements or ())

    def imports(self, name: str) -> bool:
        return any(name in one.imports for one in self.statements or ())

    def making(self, name: str) -> list[int]:
        """Which statements make this name."""
        return [n for n, one in enumerate(self.statements or ()) if name in one.makes]

    def changing(self, name: str, *, module: bool) -> list[int]:
        """Which statements change its object; no call of a module's function changes a module."""
        return [
            number
            for number, one in enumerate(self.statements or ())
            if name in one.changes or (name in one.perhaps and not module)
        ]

    def completes(self, name: str) -> bool:
        """Whether what it makes stands on nothing that was made of this name before."""
        for one in self.statements or ():
            if name in one.needs and not one.functions:
                return False
            if name in one.makes:
                return name not in one.sometimes
        return False

    def any_names(self, *, sure: bool) -> list[int]:
        """Which statements make names that only a run tells; ``sure`` for stars that can't fail."""
        return [
            number
            for number, one in enumerate(self.statements or ())
            if ANY in one.makes and (stars(one) or not sure)
        ]
