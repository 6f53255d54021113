"""Every test of data has a cache of its own and no real data unless it asks for them."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(real_data_first: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and no PRODGEN_DATA."""
    monkeypatch.setenv("PRODGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PRODGEN_DATA", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def real_data_first(request: pytest.FixtureRequest) -> None:
    """Find the real data, where a test wants them, before PRODGEN_DATA is taken away."""
    if "real_data" in request.fixturenames:
        request.getfixturevalue("real_data")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that does not log."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the local address that serves its files."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=folder)
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
