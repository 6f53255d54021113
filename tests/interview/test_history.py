"""The candidate's history: nothing is lost, whatever happens to the file."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from prodgen_lib.course.project import CourseError
from prodgen_lib.interview import history as module
from prodgen_lib.interview.history import History
from prodgen_lib.interview.schedule import review

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "practice.db"


def test_reviews_and_interviews_survive_closing(path):
    review(History(path), "vae.what_is_it", "good", now=NOW, fuzz=False)
    kept = {"role": "applied scientist", "level": "senior", "weak": ["vae"]}
    History(path).add_interview(**kept, transcript="# Mock", now=NOW)
    again = History(path)
    assert again.reviews() == [("vae.what_is_it", 3, NOW.isoformat())]
    assert list(again.states()) == ["vae.what_is_it"]
    (interview,) = again.interviews()
    assert interview == {**kept, "transcript": "# Mock", "time": NOW.isoformat()}


@pytest.mark.parametrize("content", [b"garbage " * 2000, None], ids=["garbage", "torn"])
def test_a_damaged_file_is_reported_and_kept(path, content):
    review(History(path), "a.b", "good", now=NOW)
    if content is None:  # a page of it was overwritten
        content = bytearray(path.read_bytes())
        content[4096:8192] = os.urandom(4096)
    path.write_bytes(content)
    with pytest.raises(CourseError, match=r"damaged. It was left as it is.*backups"):
        History(path).states()
    assert path.read_bytes() == bytes(content)


def test_a_newer_file_is_reported_and_kept(path):
    History(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 9")
    before = path.read_bytes()
    with pytest.raises(CourseError, match=r"newer prodgen .format 9; this one knows 3"):
        History(path)
    assert path.read_bytes() == before


def old_file(path, version=1):
    """A history as format 1 or 2 wrote it, with a review and an interview."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(module.TABLES)
        for since in range(2, version + 1):
            connection.executescript(module.ADDED[since])
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("INSERT INTO reviews VALUES (1, 'vae.a', 3, ?)", (NOW.isoformat(),))
        connection.execute("INSERT INTO interviews VALUES (1, 't', 'r', 'senior', '[]', '# M')")
    connection.close()


def version_of(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def test_an_older_file_gets_the_marks_and_keeps_its_goal(path):
    old_file(path, 2)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO goals VALUES (1, 'a', 'b', 20, 'torch')")
    connection.close()
    history = History(path)
    assert history.goal() == ("a", "b", 20, "torch") and len(history.reviews()) == 1
    history.add_marks("vae.a", {"junior": ["one"], "senior": []}, NOW)
    assert history.marks() == [("vae.a", "junior", ["one"]), ("vae.a", "senior", [])]
    assert version_of(history.backups / "format-2.db") == 2 and version_of(path) == 3
    history.export(path.with_name("all.json"))
    assert len(json.loads(path.with_name("all.json").read_text())["marks"]) == 2


def test_an_older_file_gets_the_new_tables_and_stays_beside(path):
    old_file(path)
    history = History(path)
    assert history.reviews() == [("vae.a", 3, NOW.isoformat())]
    assert [one["transcript"] for one in history.interviews()] == ["# M"]
    history.set_goal("2026-01-05", "2026-01-30", 20, "torch")
    assert history.goal() == ("2026-01-05", "2026-01-30", 20, "torch")
    copy = history.backups / "format-1.db"
    assert version_of(copy) == 1 and version_of(path) == 3
    History(path)  # once is enough, and a file that is put back gets a copy of its own
    assert len(list(history.backups.glob("format-1*"))) == 1
    path.write_bytes(copy.read_bytes())
    History(path)
    assert len(list(history.backups.glob("format-1*"))) == 2


def test_where_no_copy_can_be_made_an_older_file_stays_as_it_is(path, monkeypatch):
    old_file(path)
    before = path.read_bytes()

    def full(self, to):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(History, "backup", full)
    with pytest.raises(OSError, match="No space"):
        History(path)
    assert path.read_bytes() == before


MIGRATE = """
import sys
from pathlib import Path
from prodgen_lib.interview.history import History
History(Path(sys.argv[1]))
"""


def test_two_windows_at_once_migrate_once(path):
    old_file(path)
    command = [sys.executable, "-c", MIGRATE, str(path)]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    errors = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], errors
    assert len(list(History(path).backups.glob("format-1*"))) == 1


def test_another_programs_database_is_left_alone(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(CourseError, match="not one of prodgen"):
        History(path)
    assert path.read_bytes() == before


def test_a_full_disk_loses_nothing(path, monkeypatch):
    history = History(path)
    review(history, "a.b", "good", now=NOW)
    connect = sqlite3.connect

    def small(*arguments, **options):
        connection = connect(*arguments, **options)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(module.sqlite3, "connect", small)
    with pytest.raises(CourseError, match=r"full\. What was in it is still there"):
        history.add_interview(role="r", level="l", weak=[], transcript="x" * 100_000, now=NOW)
    monkeypatch.undo()
    assert len(history.reviews()) == 1 and history.interviews() == []


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from prodgen_lib.interview.history import History
from prodgen_lib.interview.schedule import review
history = History(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    review(history, f"{sys.argv[2]}.{number}", "good", now=datetime(2026, 1, 5, 9, tzinfo=UTC))
"""


def _writer(path, name, count):
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_windows_at_once_lose_no_review(path):
    writers = [_writer(path, name, 40) for name in ("one", "other")]
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    history = History(path)
    assert len(history.reviews()) == len(history.states()) == 80


def test_killed_in_the_middle_of_writing(path):
    """Each card that has a review has its state, and the file is whole."""
    for delay in (0.02, 0.1, 0.3):
        writer = _writer(path, f"card{delay}".replace(".", "_"), 100_000)
        writer.stdout.readline()
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.communicate(timeout=60)
        history = History(path)
        assert {card for card, _, _ in history.reviews()} == set(history.states())
    assert len(history.reviews()) > 3


def test_a_backup_a_day_and_not_for_ever(path):
    review(History(path), "a.b", "good", now=NOW)
    folder = History(path).backups
    for day in range(1, 20):
        (folder / f"practice-2025-01-{day:02d}.db").write_bytes(b"old")
    today = max(folder.iterdir())
    assert History(today).reviews() == [("a.b", 3, NOW.isoformat())]
    today.unlink()
    History(path)
    assert len(list(folder.glob("practice-*.db"))) == module.BACKUPS_KEPT


def test_backup_and_export_make_new_files_only(path, tmp_path):
    history = History(path)
    review(history, "a.b", "hard", now=NOW)
    history.backup(tmp_path / "copy.db")
    assert History(tmp_path / "copy.db").reviews() == history.reviews()
    history.export(tmp_path / "all.json")
    data = json.loads((tmp_path / "all.json").read_text())
    assert data["reviews"] == [{"card": "a.b", "rating": 2, "time": NOW.isoformat()}]
    assert data["cards"][0]["state"]["due"] == data["cards"][0]["due"]
    for write in (history.backup, history.export):
        with pytest.raises(CourseError, match="exists already"):
            write(tmp_path / "all.json")
