"""The tiny course of tests/course, built, for a class to hand in."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from prodgen_lib.classroom.sandbox.sandbox import Sandbox
from prodgen_lib.course.build import build
from prodgen_lib.course.project import CourseError

_FILE = Path(__file__).parents[1] / "course" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("course_fixture", _FILE)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
course = _MODULE.course


@pytest.fixture
def built(course: Path) -> Path:
    """The tiny course with its notebooks, not executed."""
    build(course, run=False, say=lambda line: None)
    return course


@pytest.fixture
def real_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real chapter 6 in a folder to write in, where this machine has a sandbox."""
    try:
        Sandbox.find()
    except CourseError:
        pytest.skip("no sandbox here: install bubblewrap or allow user namespaces")
    root = Path(__file__).parents[2]
    for name in ("notebooks", "solutions"):
        (tmp_path / name).mkdir()
        for path in (root / name).glob("06_gan_*.ipynb"):
            shutil.copy(path, tmp_path / name)
    shutil.copytree(root / "chapters", tmp_path / "chapters")
    shutil.copy(root / "pyproject.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pytest_collection_modifyitems(items):
    """Tests of one file and framework share a worker, and so the interpreters that it started."""
    for item in items:
        told = getattr(item, "callspec", None)
        framework = told.params.get("framework", "") if told else ""
        if "classroom" in item.path.parts and item.path.stem in ("test_engine", "test_attacks"):
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem} {framework}"))
