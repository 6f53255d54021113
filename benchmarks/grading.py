"""Seconds to grade a submission: prodgen, nbgrader and otter-grader on an equivalent notebook.

    python benchmarks/grading.py

Six exercises of chapter 6, answered rightly. The peers are installed into a temporary environment;
their notebook has the same answers, and as tests the same checks (`check_answer`), so that all do
the same work. Each peer grades `PEERS` submissions one after the other, prodgen `OURS` in a batch
on all cores, start and end of its processes included. Writes grading.json and grading.md.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import nbformat

from prodgen_lib.classroom.grading import batch
from prodgen_lib.classroom.intake.submission import Submission
from prodgen_lib.classroom.sandbox.sandbox import Sandbox
from prodgen_lib.course.grade_copy import has
from prodgen_lib.course.project import read_notebook

ROOT = Path(__file__).resolve().parents[1]
SIX = (
    *("discriminator_loss", "generator_loss", "build_discriminator"),
    *("gradient_penalty", "train_step", "missing_categories"),
)
OURS, PEERS = 200, 2
CHECK = """from prodgen_lib.checking.check import check_answer
from prodgen_lib.checking.exercise import Framework, find_exercise
assert check_answer(find_exercise("gan.{name}"), {name}, Framework("{framework}")).correct"""


def six(framework: str, tree: str) -> nbformat.NotebookNode:
    """Chapter 6 with the cells that six of its exercises need."""
    notebook = read_notebook(ROOT / tree / f"06_gan_{framework}.ipynb")
    wanted = {f"gan.{name}" for name in SIX} | {"gan.relativistic_discriminator_loss"}
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("exercise_id") in wanted
        or "import numpy as np" in cell.source
        or cell.id == "gan-score"
    ]
    return notebook


def ours(framework: str) -> tuple[float, float]:
    """Seconds a submission of a batch, start and end included; and seconds to the first mark."""
    pristine, solution = six(framework, "notebooks"), six(framework, "solutions")
    work = [(Submission(str(i), Path(f"{i}.ipynb"), solution), pristine) for i in range(OURS)]
    start, first = time.perf_counter(), 0.0
    only = [f"gan.{name}" for name in SIX]
    for graded in batch.grade_all(work, seed=1, sandbox=Sandbox.find(), only=only):
        assert len(graded.marks) == 6 and all(mark.correct for mark in graded.marks)
        first = first or time.perf_counter() - start
    return (time.perf_counter() - start) / OURS, first


def peer_notebook(framework: str, tool: str) -> nbformat.NotebookNode:
    """The solution with tests in the form of a peer."""
    cells = []
    for cell in six(framework, "solutions").cells:
        if not has(cell, "check", "about"):
            cells.append(nbformat.v4.new_code_cell(cell.source))
        elif has(cell, "check") and (name := cell.metadata.exercise_id[4:]) in SIX:
            text = CHECK.format(name=name, framework=framework)
            if tool == "otter":
                text = f'grader.check("{name}")'
            metadata = {"nbgrader": _test(name)} if tool == "nbgrader" else {}
            cells.append(nbformat.v4.new_code_cell(text, metadata=metadata))
    if tool == "otter":
        start = 'import otter\ngrader = otter.Notebook(tests_dir="tests")'
        cells.insert(0, nbformat.v4.new_code_cell(start))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _test(name: str) -> dict:
    kind = {"grade": True, "locked": True, "solution": False, "task": False}
    return {**kind, "grade_id": name, "points": 1, "schema_version": 3, "cell_type": "code"}


def nbgrader(tools: Path, folder: Path, framework: str) -> float:
    """Seconds a submission of `nbgrader autograde`."""
    notebook = peer_notebook(framework, "nbgrader")
    write(notebook, folder / "source/gan/gan.ipynb")
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'c'\n"
        "c.ExecutePreprocessor.timeout = 300\nc.ClearSolutions.enforce_metadata = False\n"
    )
    run(tools, folder, "nbgrader", "generate_assignment", "gan", "--force")
    for number in range(PEERS):
        write(notebook, folder / f"submitted/s{number}/gan/gan.ipynb")
    start = time.perf_counter()
    run(tools, folder, "nbgrader", "autograde", "gan")
    seconds = (time.perf_counter() - start) / PEERS
    read = "from nbgrader.api import Gradebook; import sys\n" + (
        "with Gradebook('sqlite:///gradebook.db') as g:\n"
        "    assert [s.score for s in g.assignment_submissions('gan')] == [6] * int(sys.argv[1])"
    )
    run(tools, folder, "python", "-c", read, str(PEERS))
    return seconds


def otter(tools: Path, folder: Path, framework: str) -> float:
    """Seconds a submission of `otter run`, which grades without a container."""
    (folder / "tests").mkdir(parents=True)
    for name in SIX:
        text = CHECK.format(name=name, framework=framework)
        code = "".join(f">>> {line}\n" for line in text.splitlines())
        case = {"code": code, "hidden": False, "locked": False}
        suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        test = {"name": name, "points": 1, "suites": [suite]}
        (folder / "tests" / f"{name}.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
    write(peer_notebook(framework, "otter"), folder / "gan.ipynb")
    run(tools, folder, "otter", "generate", "-t", "tests", "-o", "grader.zip", "--no-environment")
    seconds = 0.0
    for number in range(PEERS):
        place = folder / f"out{number}"
        place.mkdir()
        start = time.perf_counter()
        run(tools, folder, "otter", "run", "-a", "grader.zip", "-o", str(place), "gan.ipynb")
        seconds += time.perf_counter() - start
        found = json.loads((place / "results.json").read_text())["tests"]
        assert sum(test.get("score", 0) for test in found) == 6, found
    return seconds / PEERS


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def run(tools: Path, folder: Path, command: str, *arguments: str) -> None:
    environment = {**os.environ, "PATH": f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"PYTHONPATH": str(ROOT), "JUPYTER_PATH": str(tools / "share/jupyter")}
    result = subprocess.run(
        [tools / "bin" / command, *arguments],
        cwd=folder,
        env={**environment, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    if result.returncode:
        sys.exit(
            f"{command} {arguments[:2]} failed:\n{result.stdout[-1500:]}{result.stderr[-3000:]}"
        )


def install(folder: Path) -> Path:
    """An environment with the peers that also sees what this one has."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    peers = ["nbgrader", "otter-grader", "ipykernel", "numpy"]
    subprocess.run([python, "-m", "pip", "install", "-q", *peers], check=True)
    here = next(path for path in sys.path if path.endswith("site-packages"))
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "benchmark.pth").write_text(f"{here}\n")
    return folder


def versions(tools: Path) -> dict[str, str]:
    code = "from importlib.metadata import version as v; import json; print(json.dumps({n: v(n) "
    code += "for n in ('nbgrader', 'otter-grader')}))"
    out = subprocess.run([tools / "bin/python", "-c", code], capture_output=True, check=True)
    return json.loads(out.stdout)


def report(found: dict) -> str:
    """The table of grading.md."""
    lines = ["# Seconds to grade a submission", ""]
    lines += [f"Six exercises of chapter 6, all right, on {found['cores']} cores.", ""]
    lines += ["| | prodgen | nbgrader | otter-grader |", "|---|---|---|---|"]
    for framework, row in found["seconds"].items():
        cells = [f"{row['prodgen']:.2f}"]
        cells += [f"{row[p]:.1f} ({row[p] / row['prodgen']:.0f}×)" for p in ("nbgrader", "otter")]
        lines.append(f"| {framework} | " + " | ".join(cells) + " |")
    seen = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    lines += ["", f"In brackets: how many times as long as prodgen. {seen}. prodgen: a batch of "]
    lines[-1] += f"{found['ours']} times the same notebook, start included; the others: the mean "
    lines[-1] += f"of {found['peers']}."
    firsts = ", ".join(f"{row['first']:.0f} s ({name})" for name, row in found["seconds"].items())
    lines += [f"prodgen's first mark is there after {firsts}; each process imports the framework."]
    lines += ["prodgen shuts each exercise in a sandbox; the others run without one.", ""]
    return "\n".join(lines)


def main() -> None:
    given = os.environ.get("PRODGEN_PEERS")  # an environment from before
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(given) if given else install(Path(folder, "tools"))
        seconds = {}
        for framework in ("torch", "tensorflow"):
            place = Path(folder, framework)
            mean, first = ours(framework)
            seconds[framework] = {
                "prodgen": mean,
                "first": first,
                "nbgrader": nbgrader(tools, place / "nbgrader", framework),
                "otter": otter(tools, place / "otter", framework),
            }
            print(framework, seconds[framework], flush=True)
            shutil.rmtree(place, ignore_errors=True)
        found = {
            "seconds": seconds,
            "versions": versions(tools),
            "cores": len(os.sched_getaffinity(0)),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "ours": OURS,
            "peers": PEERS,
        }
    base = Path(__file__).with_suffix("")
    base.with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")
    base.with_suffix(".md").write_text(report(found))


if __name__ == "__main__":
    main()
