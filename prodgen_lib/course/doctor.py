"""``prodgen doctor``: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from prodgen_lib import __version__
from prodgen_lib.checking import source
from prodgen_lib.checking.progress import attempts_file
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.compose import TITLES
from prodgen_lib.course.project import home_of_work, install
from prodgen_lib.course.work import installed, work_folder
from prodgen_lib.data.cache import cache_folder
from prodgen_lib.paths import own_path

TOOLS = ("jupyterlab", "ipykernel", "jupytext", "papermill", "nbval", "nbconvert", "matplotlib")


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is well, and what to do if it is not."""

    what: str
    well: bool
    remedy: str = ""
    needed: bool = True


def examine(root: Path) -> Iterator[Finding]:
    """All findings, one at a time, since importing a framework takes seconds."""
    yield _python()
    yield Finding(f"prodgen {__version__} in {source.PACKAGE.parent}", True)
    yield from map(_tool, TOOLS)
    yield from _frameworks()
    yield _kernel()
    yield from _machine(root)
    yield from _weights()
    yield from _data()
    yield _writable(work_folder(root))
    yield _writable(cache_folder(), "PRODGEN_CACHE")
    yield _writable(attempts_file().parent, "PRODGEN_HOME")


def _python() -> Finding:
    well = (3, 11) <= sys.version_info < (3, 14)
    return Finding(f"Python {platform.python_version()}", well, "install Python 3.11, 3.12 or 3.13")


def _tool(name: str) -> Finding:
    try:
        return Finding(f"{name} {version(name)}", True)
    except PackageNotFoundError:
        return Finding(f"{name} is not installed", False, "run `make learn`, or pip install -e .")


def _frameworks() -> Iterator[Finding]:
    """Each framework is imported in a process of its own: a crash there is a finding here."""
    here = installed()
    for name in FRAMEWORKS:
        if name not in here:
            remedy = f"{install(name)} if you want it"
            yield Finding(f"{TITLES[name]} is not installed", False, remedy, needed=not here)
            continue
        code = f"import {name}; print({name}.__version__)"
        ran = _python_says(code)
        if ran.returncode == 0:
            yield Finding(f"{TITLES[name]} {ran.stdout.split()[-1]} imports", True)
        else:
            last = (ran.stderr.strip().splitlines() or [f"status {ran.returncode}"])[-1][:160]
            remedy = install(name, "--force-reinstall ")
            yield Finding(f"{TITLES[name]} does not import: {last}", False, remedy)


def _python_says(code: str) -> subprocess.CompletedProcess:
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=quiet, timeout=180
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(code, 1, "", "no answer within 180 s")


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    remedy = f"`{sys.executable} -m ipykernel install --sys-prefix`"
    try:
        python = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding("There is no kernel python3", False, remedy)
    ours = (
        python in ("python", "python3") or Path(python).resolve() == Path(sys.executable).resolve()
    )
    return Finding(f"The kernel python3 runs {python}", ours, f"it is another Python: {remedy}")


def _machine(root: Path) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding(f"{cores} cores", cores >= 2, "runs will take twice their time", needed=False)
    if "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        yield Finding(f"{memory:.0f} GiB of memory", memory > 3.5, "close other programs: 4 GiB")
    free = shutil.disk_usage(home_of_work(root)).free / 2**30
    yield Finding(f"{free:.0f} GiB of disk free", free > 1, "make room: 1 GiB")


def _weights() -> Iterator[Finding]:
    """Shipped weights must be the files that SHA256SUMS lists, open, and hold finite numbers."""
    folder = source.PACKAGE / "weights"
    sums = _sums(folder / "SHA256SUMS")
    for name in sorted({*sums, *(path.name for path in folder.glob("*.safetensors"))}):
        problem = _weights_problem(folder / name, sums.get(name))
        remedy = f"`git checkout -- {name}` in {folder}"
        yield Finding(f"weights {name}{problem and ': ' + problem}", not problem, remedy)


def _sums(listed: Path) -> dict[str, str]:
    """File name and SHA-256, as the command ``sha256sum`` writes them."""
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    return {name.lstrip(" *"): digest for digest, _, name in (x.partition(" ") for x in lines)}


def _weights_problem(path: Path, expected: str | None) -> str:
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
    except OSError as error:
        return f"can't be read ({error.strerror})"
    if hashlib.sha256(content).hexdigest() != expected:
        return "not the file that SHA256SUMS lists"
    try:
        arrays = load(content)
    except Exception as error:
        return f"does not load ({' '.join(str(error).split())[:80]})"
    well = arrays and all(np.isfinite(array).all() for array in arrays.values())
    return "" if well else "holds numbers that are not finite"


def _data() -> Iterator[Finding]:
    from prodgen_lib.data import load

    try:
        load("catalogue", limit=2, cache=False)
        yield Finding("the catalogue draws", True)
    except Exception as error:
        yield Finding(f"the catalogue does not draw: {error}", False, "reinstall prodgen")
    folder = os.environ.get("PRODGEN_DATA")
    if not folder:
        yield Finding("photographs: downloaded when first asked for (PRODGEN_DATA not set)", True)
        return
    for name in ("fashion-mnist", "grocery-store"):
        place = own_path(folder) / name
        remedy = "put it there, or unset PRODGEN_DATA to have it downloaded"
        words = f"photographs: {place}"
        yield Finding(words if place.is_dir() else f"no {words}", place.is_dir(), remedy, False)


def _writable(folder: Path, setting: str = "") -> Finding:
    """Whether a folder can be written to; ``setting`` is what names another one."""
    place = next(path for path in (folder, *folder.parents) if path.exists())  # makes nothing
    try:
        with tempfile.TemporaryFile(dir=place):
            return Finding(f"{folder} can be written", True)
    except OSError as error:
        remedy = "give yourself permission to write there"
        remedy += f", or set {setting} to a folder of yours" if setting else ""
        return Finding(f"{folder} can't be written: {error.strerror}", False, remedy)
