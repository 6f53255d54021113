"""Attempts are kept, and never stand in the way."""

import pytest

from prodgen_lib.checking import progress
from prodgen_lib.checking.check import Verdict

RIGHT = Verdict("gan.a", 5, 5)
WRONG = Verdict("gan.a", 2, 5, "No.", wrong="sign")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))


def test_attempts_are_appended_and_one_right_one_counts():
    progress.record("gan.b", "torch", WRONG)
    progress.record("gan.a", "torch", RIGHT)
    progress.record("gan.a", "torch", WRONG)
    progress.record("gan.a", "tensorflow", RIGHT)
    assert [a["correct"] for a in progress.attempts()] == [False, True, False, True]
    assert progress.solved("torch") == {"gan.a": True, "gan.b": False}
    assert progress.solved("tensorflow") == {"gan.a": True}


def test_torn_line_is_passed_over():
    progress.record("gan.a", "torch", RIGHT)
    with progress.attempts_file().open("a") as file:
        file.write('{"exercise": "gan.b", "fra\n[]\n')
    progress.record("gan.c", "torch", RIGHT)
    assert [a["exercise"] for a in progress.attempts()] == ["gan.a", "gan.c"]


def test_disk_that_refuses_does_not_stop_a_check(tmp_path, monkeypatch):
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("PRODGEN_HOME", str(blocker))
    progress.record("gan.a", "torch", RIGHT)
    assert progress.attempts() == []
