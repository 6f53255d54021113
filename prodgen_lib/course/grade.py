"""``prodgen check``: grade a learner's notebook through nbval.

A copy is graded, not the notebook itself. In the copy the checks are the course's own, with the
outputs that right answers give, and only cells that an answer needs are run: whatever the learner
or the course trains or draws for its own sake is left out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from tqdm import tqdm

from prodgen_lib.checking.sentences import NOT_ANSWERED
from prodgen_lib.checking.statements import is_own_check, statements
from prodgen_lib.course import salvage
from prodgen_lib.course.compose import TITLES, has
from prodgen_lib.course.drill import DRILL, pristine_drill
from prodgen_lib.course.grade_copy import as_it_came, graded_copy
from prodgen_lib.course.grade_report import MARK
from prodgen_lib.course.interface import spoken
from prodgen_lib.course.known_cells import recognised
from prodgen_lib.course.left_behind import hiding, remark
from prodgen_lib.course.project import (
    KERNEL_ENVIRONMENT,
    CourseError,
    install,
    read_file,
    read_notebook,
    short,
    write_notebook,
)
from prodgen_lib.course.text import plain
from prodgen_lib.course.trial import pristine_test
from prodgen_lib.properties.chosen import is_trial

SECONDS_A_CELL = 120
# A module beside the notebook hides none that is installed; and nobody is there to answer `input`.
START = """\
def start():
    import contextlib, importlib, os, sys
    for name in {hiding!r}:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sys.path.insert(0, {home!r})
    os.chdir({home!r})
start()
del start
def input(prompt=""):
    return ""
"""
Progress = Callable[[int, int], None]
Say = Callable[..., None]


@dataclass(frozen=True)
class Result:
    """How one exercise stands: ``passed``, and else the sentence to act on."""

    exercise: str
    passed: bool
    answered: bool = True
    message: str = ""


def grade_all(root: Path, paths: list[Path], say: Say) -> bool:
    """Grade notebooks one after another and print their tables; whether every exercise passed."""
    passed = True
    for path in paths:
        try:
            with tqdm(desc=path.stem, unit="cell", leave=False, disable=None) as bar:
                results = grade(root, path, partial(_advance, bar))
        except CourseError as error:
            say(f"Error: {error}", err=True)
            passed = False
        except Exception as error:  # what no one thought of costs no other notebook its table
            reason = plain(f"{type(error).__name__}: {error}", 200)
            say(f"Error: {path} can't be checked ({reason}).", err=True)
            passed = False
        else:
            if results or len(paths) == 1:
                say(table(short(path), results))
            passed = passed and all(result.passed for result in results)
    return passed


def _advance(bar: tqdm, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def grade(root: Path, path: Path, progress: Progress = lambda done, total: None) -> list[Result]:
    """Grade one notebook; a result for each exercise that the course's own notebook has.

    Raises ``CourseError`` when the notebook can't be read or belongs to no chapter.
    """
    learner = _read(path)
    pristine = _pristine(root, path, learner)
    checks = [cell for cell in pristine.cells if has(cell, "check")]
    if not checks:
        return []
    if any(not cell.outputs for cell in checks):
        raise CourseError(f"The checks of {path.stem} have no stored results: run `prodgen build`.")
    untouched = _untouched(learner, pristine)
    if untouched >= {cell.metadata.exercise_id for cell in checks}:
        return [Result(cell.metadata.exercise_id, False, answered=False) for cell in checks]
    _need_framework(path, pristine.metadata.prodgen.framework)
    home = path.resolve().parent
    copy = graded_copy(learner, pristine)
    seen = _run(copy, home, progress)
    left = remark(copy, home)
    return [_noted(_result(check, copy, seen, untouched), left) for check in checks]


def _noted(result: Result, left: dict[str, str]) -> Result:
    """The result with what is to be said about files that its answer reads."""
    said = left.get(result.exercise, "")
    if not result.answered or not said:
        return result
    return replace(result, message=f"{result.message} {said}".strip())


def _read(path: Path) -> NotebookNode:
    """The learner's notebook, mended in memory as `prodgen grade` does."""
    try:
        return salvage.read_notebook(read_file(path)).notebook
    except salvage.Unreadable as error:
        raise CourseError(f"{path}: {error}") from None


def _untouched(learner: NotebookNode, pristine: NotebookNode) -> set[str]:
    """Exercises whose cell is as it came, and that no other cell of the learner answers."""
    learner = recognised(learner, pristine)
    came = {cell.id: cell for cell in pristine.cells if has(cell, "exercise")}
    code = [c for c in learner.cells if c.cell_type == "code" and not has(c, "check")]
    mine = [c for c in code if not as_it_came(c.source, came.get(c.id, {}).get("source"))]
    made = {
        name
        for cell in mine
        for one in statements(cell.source) or ()
        if not is_own_check(one)
        for name in one.makes
    }
    as_they_came = {came[cell.id].metadata.exercise_id for cell in code if cell.id in came}
    as_they_came -= {came[cell.id].metadata.exercise_id for cell in mine if cell.id in came}
    return {name for name in as_they_came if name.partition(".")[2] not in made}


def _pristine(root: Path, path: Path, learner: NotebookNode) -> NotebookNode:
    """The course's notebook that this one was copied from, by what it says or by its name."""
    about = learner.metadata.get("prodgen", {})
    chapter, framework = about.get("chapter", ""), about.get("framework", "")
    if chapter == DRILL:
        return pristine_drill(root, learner)
    if is_trial(chapter):
        return pristine_test(chapter, framework)
    stems = [f"{chapter}_{framework}", chapter, path.stem]
    for stem in stems:
        if (found := root / "notebooks" / f"{Path(stem).name}.ipynb").is_file():
            return with_results(root, read_notebook(found), found.name)
    raise CourseError(f"{path} belongs to no chapter of this course (see notebooks/).")


def with_results(root: Path, pristine: NotebookNode, name: str) -> NotebookNode:
    """A learner's notebook as it came, its checks with what they print when all is right.

    That stands in the solution alone, so that no copy of a learner's shows a verdict.
    """
    solution = root / "solutions" / name
    if solution.is_file():
        ran = {cell.id: cell for cell in read_notebook(solution).cells if has(cell, "check")}
        for cell in pristine.cells:
            if cell.id in ran:
                cell.update(outputs=ran[cell.id].outputs, execution_count=1)
    return pristine


def _need_framework(path: Path, framework: str) -> None:
    if framework in TITLES and find_spec(framework) is None:
        raise CourseError(f"{path} needs {TITLES[framework]}: install it by {install(framework)}.")


def _run(notebook: NotebookNode, home: Path, progress: Progress) -> dict[str, dict]:
    """What nbval saw, by cell id. The kernel works in the notebook's folder, as in Jupyter."""
    start = new_code_cell(START.format(home=str(home), hiding=hiding(home)), id="start")
    notebook = NotebookNode({**notebook, "cells": [start, *notebook.cells]})
    with tempfile.TemporaryDirectory() as folder:
        write_notebook(notebook, Path(folder, "graded.ipynb"))
        process = subprocess.Popen(
            _command(folder),
            cwd=folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        seen: dict[str, dict] = {}
        rest: list[str] = []
        for line in process.stdout:
            if line.startswith(MARK):
                cell = json.loads(line.removeprefix(MARK))
                seen[cell["id"]] = cell
                progress(len(seen), len(notebook.cells))
            else:
                rest.append(line)
        if process.wait() not in (0, 1) and not seen:
            raise CourseError(f"pytest could not run the notebook: {' '.join(rest)[-300:]}")
    return seen


def _command(folder: str) -> list[str]:
    plugins = ("nbval.plugin", "prodgen_lib.course.grade_report", "no:cacheprovider")
    return [
        *(sys.executable, "-m", "pytest", "graded.ipynb", "--nbval-lax", "--nbval-current-env"),
        *(f"--nbval-cell-timeout={SECONDS_A_CELL}", f"--rootdir={folder}", "-c", os.devnull),
        *("-q", "-s", "--color=no"),
        *(part for plugin in plugins for part in ("-p", plugin)),
    ]


def _environment() -> dict[str, str]:
    """Nothing of the caller's may change a verdict: not its seed, its strictness or its pytest."""
    ours = ("PRODGEN_SEED", "PRODGEN_STRICT", "PYTEST_ADDOPTS")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {
        **kept,
        **KERNEL_ENVIRONMENT,
        "PRODGEN_PLAIN": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def _result(check: NotebookNode, copy: NotebookNode, seen: dict, untouched: set[str]) -> Result:
    """Read a verdict off what the check cell did, or else off what its answer cell did."""
    exercise = check.metadata.exercise_id
    cell = seen.get(check.id)
    if cell and cell["passed"]:
        return Result(exercise, True)
    text = cell["text"] if cell else ""
    failed = re.search(rf"{re.escape(exercise)}  [✗–] \S+  \S+  (.*)", text)
    if exercise in untouched or (
        failed and failed[1].startswith((NOT_ANSWERED.en, NOT_ANSWERED.zh))
    ):
        return Result(exercise, False, answered=False)
    if failed:
        return Result(exercise, False, message=failed[1])
    if answer := next(_failures(exercise, copy, seen), None):
        return Result(exercise, False, message=f"In the answer's cell: {_explained(answer)}")
    if "✓" in text:
        return Result(exercise, False, message="Right, but it prints other numbers than it should.")
    return Result(exercise, False, message=_explained(cell or {"reason": "Kernel dead"}))


def _failures(exercise: str, copy: NotebookNode, seen: dict[str, dict]) -> Iterator[dict]:
    """What nbval saw of answer cells of this exercise that stopped."""
    for cell in copy.cells:
        ran = seen.get(cell.id)
        mine = cell.metadata.get("exercise_id") == exercise and not has(cell, "check")
        if mine and ran and ran["error"]:
            yield ran


def _explained(cell: dict) -> str:
    """Why a cell failed, in one line; a file name that a kernel made up means nothing to anyone."""
    name, value = cell.get("error") or ("", cell["reason"])
    if name == "KeyboardInterrupt":
        return f"It takes more than {SECONDS_A_CELL} seconds: does a loop never end?"
    if "Kernel died" in value:
        return "The kernel died in it: it ran out of memory, perhaps."
    if "Failed to interrupt" in value:
        return f"It takes more than {SECONDS_A_CELL} seconds, and could not be stopped."
    if "Kernel dead" in value:
        return "Not reached: the kernel died in a cell above."
    value = re.sub(r"\((?:\d+\.py|<\w*>), (line \d+)\)", r"(\1)", " ".join(value.split()))
    return f"{name}: {value[:200]}" if name else value[:200]


def table(path: Path, results: list[Result]) -> str:
    """A line an exercise, for people: its id, how it stands, and what to act on.

    What a notebook says can't steer the terminal.
    """
    if not results:
        return spoken(f"{plain(str(path))}: no exercises.")
    width = max(len(result.exercise) for result in results)
    lines = [plain(str(path))]
    for result in results:
        mark = "✓" if result.passed else "✗" if result.answered else "–"
        words = spoken(plain(result.message) if result.answered else "not answered")
        lines.append(f"  {result.exercise:<{width}}  {mark}  {words}".rstrip())
    passed = sum(result.passed for result in results)
    return "\n".join([*lines, spoken(f"  {passed} of {len(results)} exercises pass.")])
