"""Which code of a submission runs for an exercise, found by reading it; none is run here.

The rule: for an exercise, the definition in its own cell counts; where that cell is missing or as
it came, the last definition in a cell that the student added. Of all code only statements run that
make a name which the answer needs, in turn. A needed name is looked up in the answer's own cell,
in the other answers' cells, in cells that the student added, in the course's notebook, and last in
course cells that the student changed. Other exercises are not looked up: the engine says whose
version of them counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from nbformat import NotebookNode

from prodgen_lib.checking import names
from prodgen_lib.classroom.grading.parts import ADDED, ANSWER, CHANGED, COURSE, Cell
from prodgen_lib.course.grade_copy import has


@dataclass
class Program:
    """What runs for one exercise: texts with a label each, in order.

    ``source`` is what the student wrote of it, ``added`` names defined in cells of their own, and
    ``called`` exercises of which it calls the student's version.
    """

    cells: list[tuple[str, str]]
    source: str
    added: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)


class Graft:
    """A submission laid over the course's own notebook."""

    def __init__(self, notebook: NotebookNode, pristine: NotebookNode, key: Callable[[str], str]):
        self.key = key
        self.exercises = {
            cell.metadata.exercise_id: cell for cell in pristine.cells if has(cell, "exercise")
        }
        self.where = {
            cell.metadata.exercise_id: place
            for place, cell in enumerate(pristine.cells)
            if has(cell, "exercise")
        }
        self.names = {exercise.partition(".")[2]: exercise for exercise in self.exercises}
        self.cells = [*_course_cells(pristine), *self._learner_cells(notebook, pristine)]
        self.cells.sort(key=lambda cell: cell.place)

    def _learner_cells(self, notebook: NotebookNode, pristine: NotebookNode) -> list[Cell]:
        known = {cell.id: (place, cell) for place, cell in enumerate(pristine.cells)}
        by_id = {cell.id for cell in notebook.cells if cell.cell_type == "code"}
        cells, place = [], 0
        for number, cell in enumerate(notebook.cells):
            if cell.id in known:
                place = known[cell.id][0]
            if cell.cell_type != "code":
                continue
            course = known.get(cell.id, (0, None))[1]
            if course is not None and has(course, "exercise"):
                kind, exercise = ANSWER, course.metadata.exercise_id
            elif course is not None:
                kind, exercise = CHANGED, ""
                if has(course, "check") or cell.source == course.source:
                    continue
            else:
                kind, exercise = self._added(cell, by_id)
                if kind is None:
                    continue
            label = f"<cell {number + 1}>"
            cells.append(Cell(label, (place, number + 1), kind, cell.source, exercise))
        return cells

    def _added(self, cell: NotebookNode, by_id: set[str]) -> tuple[int | None, str]:
        """A cell with an id of the student's: an answer by its exercise id, or an added cell."""
        exercise = cell.metadata.get("exercise_id", "")
        if has(cell, "check"):
            return None, ""
        if exercise in self.exercises and self.exercises[exercise].id not in by_id:
            return ANSWER, exercise
        return ADDED, ""

    def answer(self, exercise: str) -> tuple[Cell, bool] | None:
        """The cell that answers an exercise, and whether it is as it came; None without one."""
        name = exercise.partition(".")[2]
        own = [cell for cell in self.cells if cell.exercise == exercise]
        added = [cell for cell in self.cells if cell.kind == ADDED and cell.makes(name)]
        touched = [cell for cell in own if not self._as_it_came(cell)]
        if touched and (touched[-1].makes(name) or not added):
            return touched[-1], False
        if added:
            return added[-1], False
        return (own[-1], True) if own else None

    def _as_it_came(self, cell: Cell) -> bool:
        came = self.exercises[cell.exercise].source
        if cell.statements is None:
            return cell.source == came
        return _bare(cell.source) == _bare(came)

    def program(self, exercise: str, is_right: Callable[[str], bool]) -> Program:
        """What to run for an exercise. ``is_right`` says of another one whether its answer is.

        Where it is, the student's version is what this answer calls; else the course's.
        """
        return _Collector(self, is_right).collect(exercise)


@lru_cache(maxsize=256)
def _bare(source: str) -> str:
    """The code alone; most cells come again with every submission."""
    return names.without_prose(source)


def _course_cells(pristine: NotebookNode) -> list[Cell]:
    return [
        Cell(f"<course {cell.id}>", (place, 0), COURSE, cell.source)
        for place, cell in enumerate(pristine.cells)
        if cell.cell_type == "code" and not has(cell, "exercise", "check")
    ]


class _Collector:
    """Gathers, for one exercise, the statements that it needs."""

    def __init__(self, graft: Graft, is_right: Callable[[str], bool]):
        self.graft = graft
        self.is_right = is_right
        self.chosen: dict[Cell, set[int]] = {}
        self.keys: dict[str, str] = {}
        self.done: set[tuple[str, str]] = set()
        self.added: set[str] = set()
        self.called: set[str] = set()
        self.waiting: list[tuple[str, Cell]] = []

    def collect(self, exercise: str) -> Program:
        cell, _ = self.graft.answer(exercise)
        name = exercise.partition(".")[2]
        if not cell.makes(name):
            return Program([(cell.label, cell.source)], cell.source)
        self.main = exercise
        self._take(cell, name)
        while self.waiting:  # not by recursion: a stranger's helpers may call on for ever
            self._need(*self.waiting.pop())
        source = "\n".join(
            _chosen(c, lines) for c, lines in self.chosen.items() if c.kind != COURSE
        )
        return Program(self._texts(), source, self.added, self.called)

    def _take(self, cell: Cell, name: str) -> None:
        """Choose all statements of a cell that make or change ``name``, and what they need."""
        for number in cell.about(name):
            if number not in self.chosen.setdefault(cell, set()):
                self.chosen[cell].add(number)
                self.waiting += [(n, cell) for n in sorted(cell.statements[number].needs)]

    def _need(self, name: str, within: Cell) -> None:
        if (name, within.label) in self.done:
            return
        self.done.add((name, within.label))
        exercise = self.graft.names.get(name)
        if exercise == self.main:
            return
        if exercise:
            self._need_exercise(exercise, name)
            return
        for cells in self._places(within):
            if any(cell.makes(name) for cell in cells):
                for cell in (cell for cell in cells if cell.about(name)):
                    self._take(cell, name)
                    if cell.kind in (ADDED, CHANGED):
                        self.added.add(name)
                return

    def _need_exercise(self, exercise: str, name: str) -> None:
        if self.is_right(exercise):
            self.called.add(exercise)
            self._take(self.graft.answer(exercise)[0], name)
        elif exercise not in self.keys:
            self.keys[exercise] = self.graft.key(exercise)
            place = (self.graft.where[exercise], 0)
            key = Cell(f"<key {exercise}>", place, COURSE, self.keys[exercise], exercise)
            self._take(key, name)

    def _places(self, within: Cell) -> list[list[Cell]]:
        cells = self.graft.cells
        return [
            [within] if within.kind != COURSE else [],
            [cell for cell in cells if cell.kind == ANSWER],
            [cell for cell in cells if cell.kind == ADDED],
            [cell for cell in cells if cell.kind == COURSE],
            [cell for cell in cells if cell.kind == CHANGED],
        ]

    def _texts(self) -> list[tuple[str, str]]:
        cells = sorted(self.chosen, key=lambda cell: cell.place)
        return [(cell.label, _chosen(cell, self.chosen[cell])) for cell in cells]


def _chosen(cell: Cell, numbers: set[int]) -> str:
    """The text of a cell with the other statements' lines left empty, so that numbers hold."""
    lines = (names.as_python(cell.source) or "").splitlines()
    kept: set[int] = set()
    for number in numbers:
        one = cell.statements[number]
        kept.update(range(one.first - 1, one.last))
    return "\n".join(line if at in kept else "" for at, line in enumerate(lines)) + "\n"
