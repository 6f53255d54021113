"""Start a program in namespaces of its own, where bubblewrap is not installed.

Run as a script by the trusted side: ``python enclose.py FOLDER SPEC PROGRAM…``. ``FOLDER`` is an
empty folder to build the new root in, ``SPEC`` a JSON object of what it holds.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from prodgen_lib.classroom.sandbox import namespaces

DEVICES = ("null", "zero", "random", "urandom")
HOST_NAME = "sandbox"  # the machine's own is nobody's business
SCRATCH = "/scratch"  # the one folder to write into; `/tmp` too, unless Python lies below that


def main(folder: str, spec: dict, program: list[str]) -> None:
    """Build the root, go into it, and become the program."""
    namespaces.die_with_parent()
    namespaces.become_root()
    namespaces.call("sethostname", HOST_NAME.encode(), len(HOST_NAME))
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 255)
    namespaces.die_with_parent()
    os.setsid()
    namespaces.mount("none", "/", None, namespaces.RECURSIVE | namespaces.PRIVATE)
    namespaces.mount("none", folder, "tmpfs", namespaces.NO_SUID, "mode=755")
    build(Path(folder), spec)
    namespaces.mount(None, folder, None, namespaces.BIND | namespaces.REMOUNT | 1 | 2)
    namespaces.new_root(folder)
    os.execve(program[0], program, spec["environment"])


def build(root: Path, spec: dict) -> None:
    """Links, read-only folders, four devices, an own ``/proc`` where allowed, and `SCRATCH`."""
    for name, target in spec["links"].items():
        (root / name.lstrip("/")).symlink_to(target)
    for target, source in sorted(spec["folders"].items()):
        place = root / target.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        namespaces.bind(source, str(place))
    for target, source in spec["files"].items():
        _bind_file(source, root / target.lstrip("/"))
    for name in DEVICES:
        _bind_file(f"/dev/{name}", root / "dev" / name, read_only=False)
    scratch = root / SCRATCH.lstrip("/")
    for place in (root / "proc", scratch):
        place.mkdir(exist_ok=True)
    try:
        namespaces.mount("proc", str(root / "proc"), "proc", 2 | 4 | 8)
    except OSError:
        namespaces.bare_proc(str(root / "proc"))  # some containers forbid the real one
    namespaces.private_folder(str(scratch), megabytes=64)


def _bind_file(source: str, place: Path, *, read_only: bool = True) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()
    namespaces.bind(source, str(place), read_only=read_only)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:])
