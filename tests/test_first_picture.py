"""From a clone to the first picture, once the course is installed: at most half a minute."""

import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
MOST_SECONDS = 30

pytestmark = pytest.mark.slow


def until_a_picture(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run cells from the top, as Shift+Enter does, until one shows a picture."""
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}})
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
            if "data:image/png" in str(cell.get("outputs")):
                return
    raise AssertionError("no picture")


def test_the_first_picture_comes_within_half_a_minute(tmp_path, monkeypatch):
    """With nothing kept from an earlier start; a busy machine may have two more tries."""
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    took = []
    for number in range(3):
        monkeypatch.setenv("PRODGEN_CACHE", str(tmp_path / f"cache{number}"))
        began = time.perf_counter()
        clone = tmp_path / f"my clone, été {number}"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        learn = [sys.executable, "-m", "prodgen_lib.cli", "learn", "--copy-only"]
        subprocess.run(learn, cwd=clone, check=True, capture_output=True)
        first = nbformat.read(clone / "work/00_start_here.ipynb", as_version=4)
        until_a_picture(first, clone / "work")
        took.append(time.perf_counter() - began)
        if took[-1] < MOST_SECONDS:
            break
    print(f"clone to first picture: {min(took):.0f} s")
    assert min(took) < MOST_SECONDS, took
