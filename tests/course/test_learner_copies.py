"""What a learner opens: no verdict before there is one, and a check that trains nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from prodgen_lib.checking import names
from prodgen_lib.course.compose import has
from prodgen_lib.course.grade import grade
from prodgen_lib.course.grade_copy import graded_copy
from prodgen_lib.course.guard import is_guard
from prodgen_lib.course.project import read_notebook

ROOT = Path(__file__).resolve().parents[2]
COPIES = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*_t*.ipynb"))
TRAINS = re.compile(r"train|optimise$|fit$|search$")


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.stem)
def test_no_copy_shows_a_verdict_or_any_other_output(path):
    for cell in read_notebook(path).cells:
        assert not cell.get("outputs") and not cell.get("execution_count"), cell.id


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.stem)
def test_no_graded_copy_trains(path):
    notebook = read_notebook(path)
    for cell in graded_copy(notebook, notebook).cells:
        if has(cell, "check"):
            continue
        for statement in ast.parse(names.as_python(cell.source)).body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                continue
            calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
            called = [ast.unparse(call.func).rpartition(".")[2] for call in calls]
            assert not [name for name in called if TRAINS.search(name)], cell.source


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.stem)
def test_an_untouched_copy_is_graded_without_a_kernel(path, monkeypatch):
    monkeypatch.setattr("prodgen_lib.course.grade._run", None)
    assert not any(result.answered or result.passed for result in grade(ROOT, path))


WORDS = {"two": 2, "three": 3, "four": 4, "five": 5}


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.stem)
def test_the_first_figure_comes_after_as_many_cells_as_the_text_says(path):
    cells = [cell for cell in read_notebook(path).cells if not is_guard(cell)]
    said = re.search(r"Then run (\w+) cells", "\n".join(cell.source for cell in cells[:6]))
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert WORDS[said[1]] == 1 + next(n for n, text in enumerate(code) if "show(" in text)
