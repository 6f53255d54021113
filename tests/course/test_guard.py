"""The first cell of a learner's notebook, run where the course is and where it is missing."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.course.execute import execution_key, settled
from prodgen_lib.course.guard import SOURCE, guard, is_guard
from prodgen_lib.course.project import read_notebook
from prodgen_lib.course.work import pristine_notebooks

ROOT = PACKAGE.parent


def outcome(source: str) -> BaseException | None:
    try:
        exec(source, {})
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("path", pristine_notebooks(ROOT), ids=lambda path: path.stem)
def test_it_stands_first_folded_in_every_learners_notebook(path):
    first, *others = read_notebook(path).cells
    assert is_guard(first) and first.metadata.jupyter.source_hidden
    assert first.source.startswith("# Folded") and not first.outputs
    assert not any(map(is_guard, others))


def test_no_solution_has_one():
    for path in (ROOT / "solutions").glob("*.ipynb"):
        assert '"guard"' not in path.read_text(encoding="utf-8"), path.name


def test_where_the_course_is_it_says_nothing_and_imports_nothing_of_it():
    before = set(sys.modules)
    assert outcome(guard("torch").source) is None
    assert set(sys.modules) - before <= {"importlib.metadata", "importlib.util"}


@pytest.mark.parametrize("framework", ["torch", "tensorflow", None])
def test_where_the_course_is_missing_it_says_what_to_do_in_one_line(monkeypatch, framework):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (line,) = outcome(guard(framework).source)._render_traceback_()
    assert "\n" not in line and f'%pip install "PATH[{framework or "torch"}]"' in line
    assert "restart the kernel" in line and "pip may replace NumPy" in line


def test_a_numpy_that_was_replaced_under_the_kernel_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", SimpleNamespace(__version__="1.0"))
    assert "restart the kernel" in str(outcome(SOURCE))


def test_it_installs_nothing():
    for word in ("subprocess", "system(", "!pip", "\n%"):
        assert word not in SOURCE


def test_a_real_kernel_without_the_course_shows_the_line_alone(tmp_path):
    """IPython in a Python that sees no site-packages but IPython's, as on a stranger's machine."""
    (tmp_path / "hide.py").write_text(
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('prodgen_lib', 'numpy'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "import importlib.util; real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *p: None if n == 'prodgen_lib' else real(n, *p)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "from prodgen_guard import SOURCE\n"
        "InteractiveShell.instance(colors='nocolor').run_cell(SOURCE)\n"
    )
    (tmp_path / "prodgen_guard.py").write_text(f"SOURCE = {guard('torch').source!r}\n")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "hide.py"],
        cwd=tmp_path,
        env=environment | {"IPYTHONDIR": str(tmp_path), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    said = (done.stdout + done.stderr).strip().splitlines()
    assert len(said) == 1 and said[0].startswith("The course is not installed here"), said


def test_an_execution_does_not_depend_on_it():
    notebook = read_notebook(ROOT / "notebooks/00_start_here.ipynb")
    before = execution_key(notebook, {})
    notebook.cells[0].source += "\nprint('another')"
    assert execution_key(notebook, {}) == before
    counts = [c.execution_count for c in settled(notebook).cells if c.cell_type == "code"]
    assert counts[:2] == [None, 1]
