"""The tiny course of tests/course, built, for a class to hand in."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from prodgen_lib.course.build import build

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
