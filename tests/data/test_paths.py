"""`~` is a home folder wherever a path is taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prodgen_lib.course.option import OwnPath
from prodgen_lib.data.cache import cache_folder
from prodgen_lib.data.sources import local_folder
from prodgen_lib.interview.history import history_file
from prodgen_lib.paths import home
from prodgen_lib.plain.search import History, Space, linear
from prodgen_lib.show.ratings import ratings_file

PACKAGE = Path(__file__).resolve().parents[2] / "prodgen_lib"


def test_home_folder_in_settings_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own" / "fashion-mnist").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PRODGEN_HOME", "PRODGEN_CACHE", "PRODGEN_DATA"):
        monkeypatch.setenv(name, "~/own")
    found = [home() / "x", cache_folder() / "x", history_file(), ratings_file()]
    assert {path.parent for path in found} == {tmp_path / "own"}
    assert local_folder(None, "fashion-mnist") == tmp_path / "own" / "fashion-mnist"
    assert local_folder("~/own", "other") == tmp_path / "own"
    assert History(Space({"x": linear(0, 1)}), "~/h.json").path == tmp_path / "h.json"
    assert OwnPath(path_type=Path).convert("~/runs", None, None) == tmp_path / "runs"


def test_no_command_takes_a_path_that_is_not_expanded() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "option.py":
            assert "click.Path(" not in text, f"{path}: use OwnPath"
        bare = re.findall(r"Path\((?:os\.environ\S*|folder|path)\)\.\w+", text)
        assert not [b for b in bare if "proc" not in b] or "classroom" in path.parts, (path, bare)
