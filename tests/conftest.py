"""What several tests share: where the real data sets lie, and what is slow in TensorFlow only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)  # before pytest itself leaves out what is marked slow
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        told = getattr(item, "callspec", None)
        if item.get_closest_marker("tensorflow_slow") and "tensorflow" in told.params.values():
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with fashion-mnist/ and grocery-store/: $PRODGEN_DATA or one beside the repo."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("PRODGEN_DATA") or beside)
    if not (folder / "fashion-mnist").is_dir() or not (folder / "grocery-store").is_dir():
        pytest.skip(
            "no real data: set PRODGEN_DATA to a folder with fashion-mnist/, grocery-store/"
        )
    return folder
