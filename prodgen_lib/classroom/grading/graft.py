"""Which code of a submission runs for an exercise, found by reading it; none is run here.

The rule is the notebook's own: the last definition counts. For an exercise that is the last one
above its check, or a function defined below it; a cell as it came is none. Of all code only
statements run that make or change a name which the answer needs, in turn. A needed name is looked
up in the cell that needs it and in cells that the student added below that; else in all cells above
the check, the last of which counts (with the last one above the cell that needs it); else below;
and last in course cells that the student changed.
Other exercises are not looked up: the engine says whose version of them counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from nbformat import NotebookNode

from prodgen_lib.checking.statements import ANY, chosen, statements
from prodgen_lib.classroom.grading.parts import ADDED, ANSWER, CHANGED, COURSE, Cell
from prodgen_lib.course.compose import has
from prodgen_lib.course.grade_copy import as_it_came, read_cells
from prodgen_lib.course.known_cells import recognised


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
        self.checked = {
            cell.metadata.exercise_id: (place, 0)
            for place, cell in enumerate(pristine.cells)
            if has(cell, "check")
        }
        self.names = {exercise.partition(".")[2]: exercise for exercise in self.exercises}
        mine = self._learner_cells(recognised(notebook, pristine), pristine)
        self.cells = _read([*_course_cells(pristine), *mine])

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

    def end(self, exercise: str) -> tuple[int, int]:
        """The place of the check: what stands above counts as in a run from top to bottom."""
        return self.checked.get(exercise, (self.where[exercise] + 1, 0))

    def answer(self, exercise: str) -> tuple[Cell, bool] | None:
        """The cell that answers an exercise, and whether it is as it came; None without one."""
        name = exercise.partition(".")[2]
        own = [cell for cell in self.cells if cell.exercise == exercise]
        touched = [cell for cell in own if not self._as_it_came(cell)]
        mine = [
            cell
            for cell in self.cells
            if cell in touched or (cell.kind == ADDED and cell.makes(name))
        ]
        makers = [cell for cell in mine if cell.makes(name)]
        below = [c for c in makers if c.place > self.end(exercise) and c.defines(name)]
        above = [c for c in makers if c.place < self.end(exercise)]
        for found in (below, above, touched):
            if found:
                return found[-1], False
        return (own[-1], True) if own else None

    def first_tries(self, exercise: str, answer: Cell) -> list[Cell]:
        """Cells with earlier definitions on which an answer stands, as in ``old = f``."""
        name = exercise.partition(".")[2]
        mine = [c for c in self.cells if c.exercise == exercise or c.kind == ADDED]
        makers = [cell for cell in mine if cell.makes(name) and cell.place < answer.place]
        return [] if answer.completes(name) else standing(makers, name)

    def _as_it_came(self, cell: Cell) -> bool:
        return as_it_came(cell.source, self.exercises[cell.exercise].source)

    def program(self, exercise: str, is_right: Callable[[str], bool]) -> Program:
        """What to run for an exercise. ``is_right`` says of another one whether its answer is.

        Where it is, the student's version is what this answer calls; else the course's.
        """
        return _Collector(self, is_right).collect(exercise)


def _course_cells(pristine: NotebookNode) -> list[Cell]:
    return [
        Cell(f"<course {cell.id}>", (place, 0), COURSE, cell.source)
        for place, cell in enumerate(pristine.cells)
        if cell.cell_type == "code" and not has(cell, "exercise", "check")
    ]


def _read(cells: list[Cell]) -> list[Cell]:
    """The cells in order with their statements, but for calls of ``check``, which decide nothing.

    Such a call is kept in its place as one that makes no name.
    """
    cells = sorted(cells, key=lambda cell: cell.place)
    read = read_cells(cell.source for cell in cells)
    return [replace(cell, statements=mine) for cell, mine in zip(cells, read, strict=True)]


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
        self.unknown = False
        self.waiting: list[tuple[str, Cell]] = []

    def collect(self, exercise: str) -> Program:
        cell, _ = self.graft.answer(exercise)
        name = exercise.partition(".")[2]
        if not cell.makes(name):
            return Program([(cell.label, cell.source)], cell.source)
        self.main, self.end = exercise, max(self.graft.end(exercise), cell.place)
        self._take_answer(exercise)
        self._any_names(sure=True)
        self._follow()
        if self.unknown:
            self._any_names(sure=False)
            self._follow()
        source = "\n".join(chosen(c.source, some) for c, some in self._in_order(COURSE))
        return Program(self._texts(), source, self.added, self.called)

    def _follow(self) -> None:
        while self.waiting:  # not by recursion: a stranger's helpers may call on for ever
            self._need(*self.waiting.pop())

    def _take(self, cell: Cell, numbers: list[int], name: str = "") -> None:
        """Choose statements of a cell, and what they need."""
        for number in numbers:
            if number not in self.chosen.setdefault(cell, set()):
                self.chosen[cell].add(number)
                self.waiting += [(n, cell) for n in sorted(cell.statements[number].needs)]
                if cell.kind in (ADDED, CHANGED) and name:
                    self.added.add(name)

    def _take_answer(self, exercise: str) -> None:
        answer, _ = self.graft.answer(exercise)
        name = exercise.partition(".")[2]
        for cell in (*self.graft.first_tries(exercise, answer), answer):
            self._take(cell, cell.making(name))
        self._take_changes(name, module=answer.imports(name))

    def _take_changes(self, name: str, *, module: bool) -> None:
        """What the student, or the course, does to an object after it was made."""
        for cell in self.graft.cells:
            if cell.kind != CHANGED and cell.place <= self.end:
                self._take(cell, cell.changing(name, module=module), name)

    def _any_names(self, *, sure: bool) -> None:
        """Star imports, and what may make names that are found nowhere else."""
        for cell in self.graft.cells:
            if cell.kind in (ANSWER, ADDED) and cell.place <= self.end:
                self._take(cell, cell.any_names(sure=sure), "" if sure else ANY)

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
        found = self._makers(name, within)
        for cell in found:
            self._take(cell, cell.making(name), name)
        if found:
            self._take_changes(name, module=any(cell.imports(name) for cell in found))
        else:
            self.unknown = True

    def _makers(self, name: str, within: Cell) -> list[Cell]:
        """The cells whose statements make a name: the last one, and those on which that stands."""
        cells = [cell for cell in self.graft.cells if cell.makes(name)]
        usual = [cell for cell in cells if cell.kind != CHANGED]
        above = [cell for cell in usual if cell.place <= self.end]
        if within in cells and within.kind != COURSE:
            below = [c for c in above if c == within or _added_below(c, within)] or [within]
            above = below if within.completes(name) else above
        elif not above:
            return (usual or cells)[:1] if usual else cells
        found = standing(above, name)
        if found[-1].place > within.place:  # a default or an annotation is read where it stands
            found = [*standing([c for c in above if c.place < within.place], name), *found]
        return found

    def _need_exercise(self, exercise: str, name: str) -> None:
        if self.is_right(exercise):
            self.called.add(exercise)
            self._take_answer(exercise)
        elif exercise not in self.keys:
            self.keys[exercise] = self.graft.key(exercise)
            place = (self.graft.where[exercise], 0)
            key = Cell(f"<key {exercise}>", place, COURSE, self.keys[exercise], exercise)
            key = replace(key, statements=statements(key.source))
            self._take(key, key.making(name))

    def _in_order(self, *but: int) -> list[tuple[Cell, set[int]]]:
        cells = sorted(self.chosen, key=lambda cell: cell.place)
        return [(c, self.chosen[c]) for c in cells if c.kind not in but and self.chosen[c]]

    def _texts(self) -> list[tuple[str, str]]:
        return [(cell.label, chosen(cell.source, some)) for cell, some in self._in_order()]


def standing(cells: list[Cell], name: str) -> list[Cell]:
    """The last of these cells, and those above it on which what it makes of a name stands."""
    found: list[Cell] = []
    for cell in reversed(cells):
        found.insert(0, cell)
        if cell.completes(name):
            break
    return found


def _added_below(cell: Cell, within: Cell) -> bool:
    return cell.kind == ADDED and cell.place > within.place
