"""Linux's own means to shut a process in: namespaces, capabilities, limits.

Called by name through the C library, since Python has no calls of its own for most of them. Each
function changes the process that calls it, for good.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from pathlib import Path

NEW_MOUNTS, NEW_UTS, NEW_IPC = 0x20000, 0x4000000, 0x8000000
NEW_USER, NEW_PIDS, NEW_NET = 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, REMOUNT, BIND, RECURSIVE = 1, 2, 4, 32, 4096, 16384
PRIVATE = 1 << 18
_DETACH = 2
_SET_PARENT_DEATH, _SET_DUMPABLE, _DROP_BOUND, _NO_NEW_RIGHTS = 1, 4, 24, 38
_AMBIENT, _CLEAR_AMBIENT = 47, 4
_KILL = 9


def call(name: str, *arguments: object) -> int:
    """One call of the C library; ``OSError`` with its name where it is refused."""
    library = ctypes.CDLL(None, use_errno=True)
    given = (ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments)
    result = getattr(library, name)(*given)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces of ``flags`` for fresh ones."""
    call("unshare", flags)


def become_root() -> None:
    """A user namespace in which this process is root, without more rights outside of it."""
    user, group = os.getuid(), os.getgid()
    unshare(NEW_USER | NEW_MOUNTS | NEW_PIDS | NEW_NET | NEW_IPC | NEW_UTS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def mount(
    what: str | None, where: str, kind: str | None = None, flags: int = 0, options: str = ""
) -> None:
    text = [None if value is None else value.encode() for value in (what, where, kind)]
    call("mount", *text, flags, options.encode() or None)


def private_folder(where: str, *, megabytes: int) -> None:
    """Lay an empty folder over ``where`` that has room for so much and that nobody else sees."""
    options = f"size={megabytes}m,nr_inodes=10000,mode=700"
    mount("none", where, "tmpfs", NO_SUID | NO_DEVICES, options)


def bare_proc(where: str) -> None:
    """A ``/proc`` that says nothing but which program this is, which TensorFlow has to know."""
    mount("none", where, "tmpfs", NO_SUID | NO_DEVICES, "size=16k,mode=755")
    Path(where, "self").mkdir()
    Path(where, "self", "exe").symlink_to(sys.executable)
    Path(where, "self", "cmdline").write_bytes(b"python\0")
    mount(None, where, None, REMOUNT | READ_ONLY | NO_SUID | NO_DEVICES)


def bind(source: str, target: str, *, read_only: bool = True) -> None:
    """Make ``source`` visible at ``target``, where a file or folder must be."""
    mount(source, target, None, BIND | RECURSIVE)
    if read_only:
        kept = os.statvfs(target).f_flag & (NO_SUID | NO_DEVICES | os.ST_NOEXEC)
        mount(None, target, None, BIND | REMOUNT | READ_ONLY | kept)


def new_root(folder: str) -> None:
    """Make ``folder``, itself a mount, the root; nothing outside of it can be reached again."""
    os.chdir(folder)
    number = {"x86_64": 155, "aarch64": 41}.get(platform.machine())
    if number is None:
        raise OSError(f"pivot_root on {platform.machine()} is not known here")
    call("syscall", number, b".", b".")
    call("umount2", b".", _DETACH)
    os.chdir("/")


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends."""
    call("prctl", _SET_PARENT_DEATH, _KILL, 0, 0, 0)


def hide_memory() -> None:
    """No debugger, no look into this process's memory by others of the same user."""
    call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def drop_rights() -> None:
    """Give up every capability, for this process and whatever it may become."""
    call("prctl", _NO_NEW_RIGHTS, 1, 0, 0, 0)
    last = int(_read("/proc/sys/kernel/cap_last_cap", "40"))
    for number in range(last + 1):
        call("prctl", _DROP_BOUND, number, 0, 0, 0)
    call("prctl", _AMBIENT, _CLEAR_AMBIENT, 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    call("capset", header, ctypes.create_string_buffer(24))


def _read(path: str, otherwise: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return otherwise


def limit(*, megabytes: int, seconds: int, file_megabytes: int) -> None:
    """Memory on top of what is in use, processor time, size and number of files."""
    used = int(_read("/proc/self/statm", "0").split()[0]) * resource.getpagesize()
    if used:
        _limit(resource.RLIMIT_AS, used + megabytes * 2**20)
    _limit(resource.RLIMIT_CPU, seconds)
    _limit(resource.RLIMIT_FSIZE, file_megabytes * 2**20)
    _limit(resource.RLIMIT_NOFILE, 128)
    _limit(resource.RLIMIT_CORE, 0)
    for name in ("RLIMIT_MSGQUEUE", "RLIMIT_MEMLOCK"):  # Linux alone has them
        if what := getattr(resource, name, None):
            _limit(what, 0)


def _limit(what: int, value: int) -> None:
    _, most = resource.getrlimit(what)
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(what, (value, value))
