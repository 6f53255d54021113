"""Where submissions run: what such a process can see, how much it may use, and how it starts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.classroom.sandbox.enclose import DEVICES, HOST_NAME, SCRATCH
from prodgen_lib.course.project import KERNEL_ENVIRONMENT, CourseError

LIBRARY = "/prodgen"  # where the library without its answers lies, seen from inside
ENCLOSE = "prodgen_lib.classroom.sandbox.enclose"
ONE_THREAD = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    *("TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS"),
)
REFUSED = (
    "No sandbox: submissions are programs of strangers, and here nothing can keep them from "
    "reading, changing and sending your files. Use Linux with bubblewrap (`apt install "
    "bubblewrap`) or with user namespaces allowed; or, if you trust every student, give "
    "--no-sandbox."
)


@dataclass(frozen=True)
class Limits:
    """What one exercise of one submission may use: MiB, seconds, MiB of files it writes."""

    memory: int = 3072
    cpu: int = 20
    wall: int = 20
    files: int = 32


@dataclass(frozen=True)
class Sandbox:
    """How processes are shut in: ``bubblewrap``, ``namespaces``, or ``none``."""

    kind: str
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def find(cls, *, no_sandbox: bool = False, limits: Limits | None = None) -> Sandbox:
        """The best sandbox of this machine; ``CourseError`` where there is none.

        ``no_sandbox`` is for those who know what they do: submissions then run with all rights of
        the caller. It is never chosen by itself.
        """
        limits = limits or Limits()
        if not hasattr(os, "fork"):
            raise CourseError("Grading needs Linux or macOS; on Windows, use WSL.")
        if no_sandbox:
            return cls("none", limits)
        for kind in ("bubblewrap", "namespaces"):
            if works(kind):
                return cls(kind, limits)
        raise CourseError(REFUSED)

    def start(self, library: Path, arguments: list[str], **options: object) -> subprocess.Popen:
        """Start ``python arguments`` inside; ``library`` is the one without answers."""
        inside = self.kind != "none"
        environment = (
            _environment(LIBRARY, SCRATCH) if inside else _environment(str(library), "/tmp")
        )
        program = [sys.executable, *arguments]
        if self.kind == "bubblewrap":
            program = _bubblewrap(library, environment) + program
        elif inside:
            spec = {**_visible(library), "environment": environment}
            folder = library.with_name(f"{library.name}-root")
            folder.mkdir(exist_ok=True)
            outer = [sys.executable, "-m", ENCLOSE, str(folder), json.dumps(spec)]
            program, environment = outer + program, {"PYTHONPATH": str(PACKAGE.parent)}
        return subprocess.Popen(program, env=environment, cwd="/", **options)

    def settings(self) -> dict:
        """What the process inside needs to know to shut in each exercise."""
        return {"isolate": self.kind != "none", **asdict(self.limits)}


def _environment(library: str, home: str) -> dict[str, str]:
    """All that a submission finds in its environment: nothing of the caller's."""
    return {
        **KERNEL_ENVIRONMENT,
        **dict.fromkeys(ONE_THREAD, "1"),
        "TF_ENABLE_ONEDNN_OPTS": "0",  # it compiles for each shape, which small arrays don't repay
        "PYTHONPATH": library,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "CUDA_VISIBLE_DEVICES": "",
    }


def _visible(library: Path) -> dict[str, dict[str, str]]:
    """What is seen inside: the system's programs, Python, the library; target to source."""
    prefixes = {Path(p).resolve() for p in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    prefixes |= {Path(sys.prefix), Path(sys.base_prefix), Path("/usr")}
    folders = {str(path): str(path.resolve()) for path in prefixes if path.is_dir()}
    folders[LIBRARY] = str(library)
    links: dict[str, str] = {}
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if Path(name).is_symlink():
            links[name] = os.readlink(name)
        elif Path(name).is_dir():
            folders[name] = name
    seen = [Path(folder) for folder in folders if folder != LIBRARY]
    if not any(folder.is_relative_to("/tmp") for folder in seen):
        links["/tmp"] = SCRATCH
    for hidden in _answers():
        if any(hidden.is_relative_to(folder) for folder in seen):
            folders[str(hidden)] = str(library / "prodgen_lib" / "weights")
    files = {"/etc/ld.so.cache": "/etc/ld.so.cache"} if Path("/etc/ld.so.cache").exists() else {}
    return {"links": links, "folders": folders, "files": files}


def _answers() -> list[Path]:
    """Folders that must not show through where they lie below one that is seen."""
    root = PACKAGE.parent
    beside = ("solutions", "notebooks", "tests", "chapters", "benchmarks", "build", ".git")
    return [PACKAGE, *(root / name for name in beside if (root / "chapters").is_dir())]


def _bubblewrap(library: Path, environment: dict[str, str]) -> list[str]:
    seen = _visible(library)
    command = [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"),
        *("--uid", "0", "--gid", "0", "--cap-add", "ALL", "--hostname", HOST_NAME),
    ]
    for name, target in seen["links"].items():
        command += ["--symlink", target, name]
    for target, source in sorted(seen["folders"].items()):
        command += ["--ro-bind", source, target]
    for target, source in seen["files"].items():
        command += ["--ro-bind", source, target]
    for name in DEVICES:
        command += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    return [*command, "--proc", "/proc", "--tmpfs", SCRATCH, "--remount-ro", "/", "--"]


@lru_cache
def works(kind: str) -> bool:
    """Whether this kind of sandbox starts a program on this machine."""
    if sys.platform != "linux" or (kind == "bubblewrap" and not shutil.which("bwrap")):
        return False
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "library")
        (library / "prodgen_lib" / "weights").mkdir(parents=True)
        process = Sandbox(kind).start(
            library,
            ["-c", "print('in')"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        out, _ = process.communicate(timeout=60)
    return process.returncode == 0 and out.strip() == b"in"
