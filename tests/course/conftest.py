"""A tiny course in a temporary folder: the real machinery, with one mini chapter in numpy."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from pathlib import Path

import pytest

from prodgen_lib.checking import source

HERE = Path(__file__).parent
PARTS = ("torch", "tensorflow", "exercises")


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of the tiny course; this process and its kernels see its mini modules."""
    root = tmp_path / "my course, été"  # not an easy name
    for part in ("course", "checking", "questions", *PARTS):
        shutil.copytree(
            source.PACKAGE / part,
            root / "prodgen_lib" / part,
            ignore=shutil.ignore_patterns("__pycache__", "gan.py", "classifier.py"),
        )
    shutil.copy(source.PACKAGE / "__init__.py", root / "prodgen_lib")
    for topic in (root / "prodgen_lib" / "exercises").glob("*/"):
        if topic.is_dir():
            shutil.rmtree(topic)
    shutil.copytree(HERE / "fixture", root, dirs_exist_ok=True)
    (root / "pyproject.toml").write_text("")
    monkeypatch.setattr(source, "PACKAGE", root / "prodgen_lib")
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(root)
    for part in PARTS:
        package = importlib.import_module(f"prodgen_lib.{part}")
        folder = [str(root / "prodgen_lib" / part), *package.__path__]
        monkeypatch.setattr(package, "__path__", folder)
    _forget_mini()
    yield root
    _forget_mini()


def _forget_mini() -> None:
    """The mini modules of one test are not those of the next."""
    for name in [name for name in sys.modules if re.search(r"^prodgen_lib\.\w+\.mini\b", name)]:
        del sys.modules[name]
