"""A filter in the kernel (seccomp) that refuses what no answer needs: processes, sockets…

What the kernel keeps for a process beyond its memory is refused too, as no limit counts it: message
queues, semaphores and shared memory, of System V and of POSIX; and what a file that is only read
lets one do to others who open it: leases, locks, and being told.
"""

from __future__ import annotations

import ctypes
import platform
import struct

from prodgen_lib.classroom.sandbox.namespaces import call

_SET_SECCOMP, _FILTER = 22, 2

# Calls of x86-64 and of 64-bit ARM by number. What starts a process is refused, but for threads.
_MACHINES = {
    "x86_64": (0xC000003E, {"clone": 56, "clone3": 435}),
    "aarch64": (0xC00000B7, {"clone": 220, "clone3": 435}),
}
_REFUSED = {
    "x86_64": {
        **{"fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "ptrace": 101, "socket": 41},
        **{"socketpair": 53, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161},
        **{"unshare": 272, "setns": 308, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323},
        **{"keyctl": 250, "add_key": 248, "request_key": 249, "process_vm_readv": 310},
        **{"process_vm_writev": 311, "io_uring_setup": 425, "open_by_handle_at": 304},
        **{"memfd_create": 319, "shmget": 29, "init_module": 175, "finit_module": 313},
        **{"syslog": 103, "inotify_init": 253, "inotify_init1": 294, "fanotify_init": 300},
        **{
            "open_tree": 428,
            "move_mount": 429,
            "fsopen": 430,
            "fsmount": 432,
            "mount_setattr": 442,
        },
        **{"msgget": 68, "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "semget": 64, "semop": 65},
        **{"semctl": 66, "semtimedop": 220, "shmat": 30, "shmctl": 31, "shmdt": 67},
        **{"mq_open": 240, "mq_unlink": 241, "io_setup": 206, "flock": 73, "pidfd_open": 434},
        **{"sethostname": 170, "setdomainname": 171, "pidfd_getfd": 438, "kcmp": 312},
    },
    "aarch64": {
        **{"execve": 221, "execveat": 281, "ptrace": 117, "socket": 198, "socketpair": 199},
        **{"mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268},
        **{"bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219, "add_key": 217},
        **{"request_key": 218, "process_vm_readv": 270, "process_vm_writev": 271},
        **{"io_uring_setup": 425, "open_by_handle_at": 265, "memfd_create": 279, "shmget": 194},
        **{"init_module": 105, "finit_module": 273, "open_tree": 428, "move_mount": 429},
        **{"fsopen": 430, "fsmount": 432, "mount_setattr": 442},
        **{"syslog": 116, "inotify_init1": 26, "fanotify_init": 262},
        **{"msgget": 186, "msgctl": 187, "msgrcv": 188, "msgsnd": 189, "semget": 190, "semop": 193},
        **{"semctl": 191, "semtimedop": 192, "shmctl": 195, "shmat": 196, "shmdt": 197},
        **{"mq_open": 180, "mq_unlink": 181, "io_setup": 0, "flock": 32, "pidfd_open": 434},
        **{"sethostname": 161, "setdomainname": 162, "pidfd_getfd": 438, "kcmp": 272},
    },
}
# Of `fcntl`: leases, word of what happens in a folder, larger pipes, and locks (of both kinds).
_FCNTL = {"x86_64": 72, "aarch64": 25}
_FCNTL_REFUSED = (1024, 1026, 1031, 6, 7, 37, 38)
_ALLOW, _REFUSE, _NO_SUCH_CALL = 0x7FFF0000, 0x00050001, 0x00050026
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_THREAD = 0x10000


def refuse_calls() -> bool:
    """No more processes, programs, sockets or mounts; False where this machine isn't known."""
    if platform.machine() not in _MACHINES:
        return False
    program = b"".join(struct.pack("HBBI", *line) for line in _filter(platform.machine()))
    lines = ctypes.create_string_buffer(program)
    holder = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(lines))
    call("prctl", _SET_SECCOMP, _FILTER, ctypes.create_string_buffer(holder), 0, 0)
    return True


def _filter(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter in the kernel's little language: (operation, lines to skip if true, else, value).

    A call of another kind of machine (32 bits, x32) is refused whatever its number.
    """
    kind, starts = _MACHINES[machine]
    lines = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, kind),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),
        (_JUMP_ABOVE, 0, 1, 0x40000000),
        (_RETURN, 0, 0, _REFUSE),
        (_JUMP_EQUAL, 0, 1, starts["clone3"]),
        (_RETURN, 0, 0, _NO_SUCH_CALL),
    ]
    for number in sorted(_REFUSED[machine].values()):
        lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    most = len(_FCNTL_REFUSED)
    lines += [(_JUMP_EQUAL, 0, most + 3, _FCNTL[machine]), (_LOAD, 0, 0, 24)]
    lines += [(_JUMP_EQUAL, most - at, 0, asked) for at, asked in enumerate(_FCNTL_REFUSED)]
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return [
        *lines,
        (_JUMP_EQUAL, 0, 3, starts["clone"]),
        (_LOAD, 0, 0, 16),
        (_JUMP_BITS, 1, 0, _THREAD),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
