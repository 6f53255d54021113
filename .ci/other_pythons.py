"""The quick part under the other Pythons of the range, where this machine has them.

Each starts as a learner does: a fresh clone, in a folder whose name is not an easy one, and `make
learn` with one framework. TensorFlow it is, whose packages bound the range, and which pip installs
without gigabytes of CUDA. All run side by side. What was found, and the seconds, are printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RANGE = ("3.11", "3.12", "3.13")
FRAMEWORK = "tensorflow"
CHAPTER = "03"
TESTS = ("tests/test_package.py", "tests/plain", "tests/questions", "tests/course/test_guard.py")
# These look at the framework that is not installed here.
NOT = "not (no_framework and torch)"


def own_version() -> str:
    """The version that the rest of the gate runs under."""
    return ".".join(map(str, sys.version_info[:2]))


def pythons(version: str) -> list[str]:
    """What may be Python of this version: by its name, and where pyenv keeps its own."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [f"python{version}", *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))]


def usable(python: str) -> bool:
    """Whether it starts and can make a virtual environment with pip in it."""
    try:
        done = subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def found(version: str) -> str | None:
    return next(filter(usable, pythons(version)), None)


def step(version: str, what: str, folder: Path, *command: str) -> None:
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=600,
    )
    seconds = time.monotonic() - began
    said = (done.stdout + done.stderr).strip().splitlines()
    if done.returncode:
        raise RuntimeError("\n".join([f"Python {version}: {what} failed", *said[-40:]]))
    last = next((line for line in reversed(said) if " passed" in line), "")
    print(f"Python {version}: {what}, {seconds:.0f} s {last}".rstrip(), flush=True)


def environment(folder: Path) -> dict[str, str]:
    """Nothing of this one's: no package path, no screen, and a home of its own for what is kept."""
    hidden = ("PYTHONPATH", "DISPLAY", "WAYLAND_DISPLAY", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    homes = {"PRODGEN_HOME": str(folder / "kept"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    return {**kept, **homes, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def learn(version: str, python: str, folder: Path) -> None:
    """`make learn` until its address answers."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "learn", f"FRAMEWORK={FRAMEWORK}", f"PYTHON={python}"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if address := re.search(r"http://127\S+", line):
                with urllib.request.urlopen(address[0], timeout=60) as page:
                    page.read()
                break
        else:
            raise RuntimeError(f"Python {version}: make learn failed\n{''.join(said[-40:])}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 15)
        process.wait(timeout=30)
    print(f"Python {version}: make learn, {time.monotonic() - began:.0f} s", flush=True)


def quick_part(version: str, python: str) -> str:
    """What went wrong, or nothing."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, f"my course, été {version}")
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        prodgen, mine = str(folder / ".venv/bin/prodgen"), str(folder / ".venv/bin/python")
        try:
            learn(version, python, folder)
            step(version, "doctor", folder, prodgen, "doctor")
            quiet = ("-q", "-p", "no:cacheprovider", "-k", NOT)
            step(version, "tests", folder, mine, "-m", "pytest", *quiet, *TESTS)
            notebook = ("--tree", "notebooks", "--framework", FRAMEWORK, "--out", "runs")
            step(version, f"notebook {CHAPTER}", folder, prodgen, "run", CHAPTER, *notebook)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            return str(error)
    return ""


def main() -> int:
    others = {version: found(version) for version in RANGE if version != own_version()}
    for version, python in others.items():
        print(f"Python {version}: {python or 'not found here, and so not tried'}", flush=True)
    there = {version: python for version, python in others.items() if python}
    with ThreadPoolExecutor() as pool:
        problems = [text for text in pool.map(quick_part, there, there.values()) if text]
    print(*problems, sep="\n", file=sys.stderr)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
