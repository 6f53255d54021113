"""``prodgen learn``: make the learner's copies and open JupyterLab on the first of them."""

from __future__ import annotations

import os
import sys
import webbrowser
from importlib.util import find_spec
from pathlib import Path

from prodgen_lib.checking.language import language
from prodgen_lib.course.project import FIRST_IN, KERNEL_ENVIRONMENT, CourseError, home_of_work

UPLOAD = 200_000_000
"""Bytes that a button may take from the reader's disk: a photograph of 10 MB got lost silently."""


def has_browser() -> bool:
    """Whether a page can be shown here: not over ssh, in a container or on a build machine."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _need_a_place_to_write() -> None:
    """Raise ``CourseError`` where JupyterLab would end in a traceback: it writes into the home."""
    from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir

    for folder in map(Path, (jupyter_data_dir(), jupyter_runtime_dir())):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(there, os.W_OK):
            raise CourseError(
                f"{folder} may not be written to, and JupyterLab keeps its files there: set HOME "
                "to a folder of yours, as in `HOME=/tmp/me make learn`."
            )


def lab_command(
    root: Path, *, browser: bool, port: int | None, extra: tuple[str, ...]
) -> list[str]:
    """The command that starts JupyterLab in the course's folder; its token stays on."""
    home = home_of_work(root)
    wanted = [FIRST_IN[language()], *FIRST_IN.values()]
    first = next((place for place in wanted if (home / place).exists()), "work")
    options = [
        f"--ServerApp.root_dir={home}",
        f"--LabApp.default_url=/lab/tree/{first}",
        "--Application.log_level=WARN",  # leaves the address, and what goes wrong
        f"--ServerApp.tornado_settings={{'websocket_max_message_size': {UPLOAD}}}",
        *([] if browser else ["--no-browser"]),
        *([f"--port={port}"] if port else []),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    return [sys.executable, "-m", "jupyterlab", *options, *extra]


def lab_environment() -> dict[str, str]:
    """The environment of the lab and its kernels: this one's, and what ``lab/`` holds.

    Its settings keep questions about news and updates from the first screen. Its kernel leaves what
    compiled libraries write to stderr in the terminal: TensorFlow greets there at each import.
    """
    # PATH so that the lab's own terminals find `prodgen`, whether or not an environment is active
    before = {
        "JUPYTER_CONFIG_PATH": Path(__file__).parent / "lab",
        "JUPYTER_PATH": Path(__file__).parent / "lab",
        "PATH": Path(sys.executable).parent,
    }
    ours = {
        name: os.pathsep.join(filter(None, [str(path), os.environ.get(name)]))
        for name, path in before.items()
    }
    return {**KERNEL_ENVIRONMENT, **os.environ, **ours}


def start_lab(command: list[str]) -> None:
    """Become JupyterLab: it prints its address, and Ctrl-C reaches it directly."""
    if find_spec("jupyterlab") is None:
        raise CourseError("JupyterLab is not installed: run `make learn`, or pip install -e .")
    _need_a_place_to_write()
    sys.stdout.flush()
    os.execve(command[0], command, lab_environment())
