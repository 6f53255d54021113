"""An interpreter that has imported a framework once and is forked for each submission.

It runs inside the sandbox and never runs a line of a submission itself. No operation of a
framework runs in it either: PyTorch and TensorFlow start their threads with the first one, and a
process with threads can't be forked safely. Its standard input is a socket to the trusted side: a
request and the pipe for the result come in, and how the fork ended goes out.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle
import signal
import socket
import struct
import sys
import time
from importlib import import_module

from prodgen_lib.classroom.sandbox import calls, enclose, namespaces, worker

PRIVATE_MEGABYTES = 64
TIMED_OUT = 124


def main() -> None:
    """Answer requests until the other side hangs up."""
    if sys.platform == "linux":
        namespaces.die_with_parent()
    line = socket.socket(fileno=os.dup(0))
    settings, _ = receive(line)
    prepare(settings["framework"], settings["exercises"], settings["imports"])
    line.sendall(b'{"ready": true}\n')
    while message := receive(line):
        requests, pipe = message
        if isinstance(requests, list):
            line.sendall(json.dumps(fork(requests, pipe, settings)).encode() + b"\n")


def receive(line: socket.socket) -> tuple[dict | list[dict], int | None] | None:
    """A request from the trusted side, with the pipe that came along; None when it hung up."""
    head, pipes, _, _ = socket.recv_fds(line, 8, 1)
    if len(head) < 8:
        return None
    (size,) = struct.unpack("<Q", head)
    data = bytearray()
    while len(data) < size:
        if not (part := line.recv(min(size - len(data), 2**20))):
            return None
        data += part
    return pickle.loads(bytes(data)), pipes[0] if pipes else None


def prepare(framework: str, exercises: list[str], imports: list[str]) -> None:
    """Import all that answers may need; no operation of the framework may run."""
    import_module(f"prodgen_lib.exercises.probe_{framework}")
    for module in exercises:
        import_module(f"prodgen_lib.exercises.{module}")
    for source in imports:
        exec(compile(source, "<imports>", "exec"), {"__name__": "__main__"})
    if framework == "torch":
        import torch
        import torch._dynamo  # the first optimizer would import it, which takes most of a second

        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
    else:
        import tensorflow as tf

        # a graph runs twice or so in a check: making it quicker takes longer than running it
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    gc.collect()
    gc.freeze()


def fork(requests: list[dict], pipe: int, settings: dict) -> dict:
    """Run requests in turn in a process of their own; its exit code, and its seconds."""
    start = time.monotonic()
    child = os.fork()
    if not child:
        try:
            os._exit(_keep_watch(requests, pipe, settings))
        finally:
            os._exit(70)
    os.close(pipe)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "seconds": time.monotonic() - start}


def _keep_watch(requests: list[dict], pipe: int, settings: dict) -> int:
    """Start the fork that runs the answers, end it with all that it started; how that went.

    It is process 1 of a namespace of its own, so that nothing it starts can outlive it, and so
    that it sees no other process, this one included.
    """
    if settings["isolate"]:
        namespaces.unshare(
            namespaces.NEW_PIDS | namespaces.NEW_MOUNTS | namespaces.NEW_IPC | namespaces.NEW_NET
        )
    child = os.fork()
    if not child:
        try:
            _run(requests, pipe, settings)
        finally:
            os._exit(70)
    os.close(pipe)
    end = time.monotonic() + settings["wall"]
    status = None
    while status is None and time.monotonic() < end:
        done, ended = os.waitpid(child, os.WNOHANG)
        status = ended if done else time.sleep(0.002)
    _kill(child)
    if status is None:
        os.waitpid(child, 0)
        return TIMED_OUT
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _kill(child: int) -> None:
    """The child and its process group; with its namespace, everything it started dies with it."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)


def _run(requests: list[dict], pipe: int, settings: dict) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    out = os.dup2(pipe, 3)
    os.closerange(4, 65_536)
    shut_in(settings)
    for request in requests:
        data = worker.observed(request)
        data = struct.pack("<Q", len(data)) + data
        while data:
            data = data[os.write(out, data) :]
    os._exit(0)


def shut_in(settings: dict) -> None:
    """Limits for this process; in a sandbox also an own folder, no ``/proc``, no rights."""
    if sys.platform == "linux":
        namespaces.die_with_parent()
        namespaces.hide_memory()
    if settings["isolate"]:
        os.chdir("/")
        namespaces.private_folder(enclose.SCRATCH, megabytes=PRIVATE_MEGABYTES)
    namespaces.limit(
        megabytes=settings["memory"], seconds=settings["cpu"], file_megabytes=settings["files"]
    )
    if settings["isolate"]:
        namespaces.bare_proc("/proc")
        namespaces.drop_rights()
        calls.refuse_calls()
        os.chdir(enclose.SCRATCH)


if __name__ == "__main__":
    main()
