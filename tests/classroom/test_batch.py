"""Many submissions: on processes, on a cluster, and when a process or the whole run is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.classroom.grading import batch, engine
from prodgen_lib.classroom.intake.submission import Submission
from prodgen_lib.classroom.sandbox.sandbox import Limits, Sandbox, works
from prodgen_lib.course.grade_copy import has
from prodgen_lib.course.project import CourseError, read_notebook

ROOT = PACKAGE.parent
NAMES = ("discriminator_loss", "generator_loss", "missing_categories")
ONLY = [f"gan.{name}" for name in NAMES]

pytestmark = pytest.mark.skipif(
    not (works("bubblewrap") or works("namespaces")), reason="this machine has no sandbox"
)


def work(count, framework="torch"):
    """As many submissions; the i-th has a right answer to the exercise i % 3 alone."""
    pytest.importorskip(framework)
    pristine = read_notebook(ROOT / f"notebooks/06_gan_{framework}.ipynb")
    pairs = []
    for number in range(count):
        mine = read_notebook(ROOT / f"notebooks/06_gan_{framework}.ipynb")
        name = NAMES[number % 3]
        for cell in mine.cells:
            if has(cell, "exercise") and cell.metadata.exercise_id == f"gan.{name}":
                cell.source = find_exercise(f"gan.{name}").source(framework)
        pairs.append((Submission(f"s{number}", Path(f"s{number}.ipynb"), mine), pristine))
    return pairs


def expected(count):
    return {f"s{number}": {ONLY[number % 3]} for number in range(count)}


def right(results):
    found = [(one.student, {m.exercise for m in one.marks if m.correct}) for one in results]
    assert len({student for student, _ in found}) == len(found), "one was graded twice"
    return dict(found)


def grade(pairs, **options):
    options = {"seed": 6, "sandbox": Sandbox.find(limits=Limits(wall=15)), "only": ONLY, **options}
    return batch.grade_all(pairs, **options)


def test_two_processes_grade_everybody_once():
    assert right(grade(work(7), jobs=2)) == expected(7)


@pytest.mark.slow
def test_two_frameworks_in_a_batch():
    pairs = work(3)[:2] + work(3, "tensorflow")[2:]
    assert right(grade(pairs, jobs=1)) == expected(3)


def test_nothing_to_do():
    assert list(grade([])) == []


class _Deadly:
    """Stands for a submission that takes its grading process down when it is read there."""

    student, path = "deadly", Path("deadly.ipynb")

    @property
    def notebook(self):
        os._exit(9)


@pytest.mark.slow
def test_who_takes_the_process_down_is_left_out_and_the_rest_is_graded():
    pairs = work(4)
    pairs.insert(1, (_Deadly(), pairs[0][1]))
    assert right(grade(pairs, jobs=2)) == expected(4)


class _TooDeep(_Deadly):
    """Stands for a submission that is nested too deeply for what reads it."""

    @property
    def notebook(self):
        raise RecursionError


@pytest.mark.slow
def test_who_is_too_much_to_read_is_left_out_and_the_rest_is_graded():
    pairs = work(2)
    pairs.insert(1, (_TooDeep(), pairs[0][1]))
    assert right(grade(pairs, jobs=1)) == expected(2)


def test_a_server_that_is_killed_is_started_again():
    (submission, pristine), *_ = work(1)
    sandbox = Sandbox.find()
    options = {"seed": 6, "sandbox": sandbox, "only": ONLY}
    before = engine.grade_submission(submission, pristine, **options)
    for server in engine._servers._running.values():
        server._process.kill()
    after = engine.grade_submission(submission, pristine, **options)
    engine.close()
    assert [m.correct for m in after.marks] == [m.correct for m in before.marks]


def test_one_that_stops_early_leaves_no_process():
    results = grade(work(6), jobs=2)
    next(results)
    results.close()
    assert _servers_of(os.getpid()) == []


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
if __name__ == "__main__":
    from test_batch import grade, work
    for one in grade(work(500), jobs=2):
        print(one.student, flush=True)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_takes_its_processes_along(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT.format(tests=str(Path(__file__).parent)))
    run = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline().startswith("s")
    mine = _descendants(run.pid)
    assert len(mine) >= 4, "two processes with a server each"
    run.send_signal(signal.SIGKILL)
    run.wait()
    end = time.monotonic() + 20
    while (left := [pid for pid in mine if _alive(pid)]) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []


def _descendants(pid):
    lines = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
    parents = [tuple(map(int, line.split())) for line in lines.splitlines()]
    found = {pid}
    while more := {child for child, parent in parents if parent in found} - found:
        found |= more
    return found - {pid}


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _servers_of(pid):
    commands = {p: Path(f"/proc/{p}/cmdline") for p in _descendants(pid) if _alive(p)}
    return [p for p, path in commands.items() if b"sandbox.server" in path.read_bytes()]


@pytest.mark.slow
def test_a_dask_cluster_of_two_workers():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, dashboard_address=None, processes=True
    )
    with cluster:
        assert right(grade(work(6), scheduler=cluster.scheduler_address)) == expected(6)


@pytest.mark.slow
def test_a_scheduler_that_is_not_there():
    pytest.importorskip("distributed", reason="Dask is not installed")
    with pytest.raises(CourseError, match="no Dask scheduler"):
        list(grade(work(1), scheduler="tcp://127.0.0.1:9"))
