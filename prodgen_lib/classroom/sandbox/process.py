"""The trusted side's handle on a server: start it, hand it work, read what comes back."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from prodgen_lib.classroom.sandbox.blank import blanked_library, whole_library
from prodgen_lib.classroom.sandbox.sandbox import Sandbox
from prodgen_lib.classroom.sandbox.wire import MOST_BYTES
from prodgen_lib.course.project import CourseError

STARTING_SECONDS = 120
SPARE_SECONDS = 5


class ServerLost(Exception):
    """The server ended, or said nothing for too long: start another."""


@dataclass(frozen=True)
class Ended:
    """How a fork ended: the results it finished, its exit code (128 + signal), its seconds."""

    results: list[bytes]
    code: int
    seconds: float


class Server:
    """A pre-loaded interpreter in a sandbox, for these ``exercises``.

    ``imports`` is the course's own code that must be able to import what it imports. With
    ``answers`` it has the library as it is, and must never run a submission.
    """

    def __init__(
        self,
        framework: str,
        exercises: list[str],
        imports: list[str],
        sandbox: Sandbox,
        *,
        answers: bool = False,
    ):
        self.sandbox, self._answers = sandbox, answers
        self._prepared = {"framework": framework, "exercises": exercises, "imports": imports}
        self._folder = tempfile.mkdtemp(prefix=f"prodgen-grade-{os.getpid()}-")
        try:
            self._start(imports)
        except BaseException:
            self.close()
            raise

    def _start(self, imports: list[str]) -> None:
        folder = Path(self._folder, "library")
        library = whole_library(folder) if self._answers else blanked_library(folder, imports)
        self._line, theirs = socket.socketpair()
        with theirs, open(Path(self._folder, "errors"), "wb") as errors:
            self._process = self.sandbox.start(
                library,
                ["-m", "prodgen_lib.classroom.sandbox.server"],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        self.send({**self.sandbox.settings(), **self._prepared})
        if not self.reply(STARTING_SECONDS):
            said = Path(self._folder, "errors").read_text(errors="replace").strip()
            last = said.splitlines()[-1][:300] if said else "it said nothing"
            raise CourseError(f"The sandbox did not start: {last}.")

    def run(self, requests: list[dict]) -> Ended:
        """Run exercises one after the other in one fork, whose limits hold for all of them.

        ``ServerLost`` when the server itself is gone.
        """
        end = time.monotonic() + self.sandbox.limits.wall + SPARE_SECONDS
        ours, theirs = os.pipe()
        try:
            try:
                self.send(requests, theirs)
            finally:
                os.close(theirs)
            data = _read_all(ours, end)
        finally:
            os.close(ours)
        ended = self.reply(max(1.0, end - time.monotonic()))
        if ended is None:
            raise ServerLost
        return Ended(_split(data), ended["code"], ended["seconds"])

    def send(self, message: dict | list[dict], pipe: int | None = None) -> None:
        """Hand over a message, and with it the pipe for what comes of it."""
        data = pickle.dumps(message)
        try:
            head = struct.pack("<Q", len(data))
            socket.send_fds(self._line, [head], [pipe] if pipe is not None else [])
            self._line.sendall(data)
        except OSError:
            raise ServerLost from None

    def reply(self, seconds: float) -> dict | None:
        """How the fork of the last message ended; None where nothing is said in time."""
        line, end = b"", time.monotonic() + seconds
        while not line.endswith(b"\n"):
            self._line.settimeout(max(0.01, end - time.monotonic()))
            try:
                part = self._line.recv(4096)
            except OSError:
                return None
            if not part:
                return None
            line += part
        return json.loads(line)

    def close(self) -> None:
        """End it and all that runs in it, and remove its library."""
        with contextlib.suppress(AttributeError):
            self._line.close()
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _split(data: bytes) -> list[bytes]:
    """The results that came whole; each has its length before it."""
    results, at = [], 0
    while at + 8 <= len(data):
        start, (size,) = at + 8, struct.unpack_from("<Q", data, at)
        if start + size > len(data):
            break
        results.append(data[start : start + size])
        at = start + size
    return results


def _read_all(pipe: int, end: float) -> bytes:
    """All bytes until every holder closed the pipe; of too many or too late ones, the first."""
    parts, size = [], 0
    while size <= MOST_BYTES and (left := end - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        if not (part := os.read(pipe, 2**20)):
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)
