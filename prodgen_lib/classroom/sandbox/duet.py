"""Two forks at once, each in a sandbox of its own: a stranger's test, and an answer it may call.

The trusted side stands between them and hands calls on. The fork with the test knows nothing of
the answer but what its calls give: the other one's text, process and memory are not in its sandbox.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time

from prodgen_lib.classroom.sandbox.far import CALL
from prodgen_lib.classroom.sandbox.process import SPARE_SECONDS, Ended, Server, ServerLost
from prodgen_lib.classroom.sandbox.wire import MOST_BYTES

MOST_CALLS = 5000


def converse(tester: Server, teller: Server, test: dict, answer: dict) -> Ended:
    """How the test ended that may call the answer; ``ServerLost`` when a server is gone."""
    end = time.monotonic() + tester.sandbox.limits.wall
    result = None
    with contextlib.ExitStack() as stack:
        ours = {}
        for server, request in ((teller, answer), (tester, test)):
            mine, theirs = (stack.enter_context(one) for one in socket.socketpair())
            server.send([request], theirs.fileno())
            theirs.close()
            ours[server] = mine
        with contextlib.suppress(OSError):
            result = _relay(ours[tester], ours[teller], end)
    told = [server.reply(max(1.0, end + SPARE_SECONDS - time.monotonic())) for server in ours]
    if None in told:
        raise ServerLost
    return Ended([result] if result is not None else [], told[1]["code"], told[1]["seconds"])


def _relay(test: socket.socket, answer: socket.socket, end: float) -> bytes | None:
    """Hand calls and replies on until the test gives its result; None where it gives none."""
    for _ in range(MOST_CALLS):
        message = _receive(test, end)
        if message is None or not message.startswith(CALL):
            return message
        _send(answer, message, end)
        if (told := _receive(answer, end)) is None:
            return None
        _send(test, told, end)
    return None


def _receive(line: socket.socket, end: float) -> bytes | None:
    head = _exactly(line, 8, end)
    size = struct.unpack("<Q", head)[0] if head else MOST_BYTES + 1
    return _exactly(line, size, end) if size <= MOST_BYTES else None


def _exactly(line: socket.socket, size: int, end: float) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        line.settimeout(max(0.01, end - time.monotonic()))
        try:
            part = line.recv(min(size - len(data), 2**20))
        except OSError:
            return None
        if not part:
            return None
        data += part
    return bytes(data)


def _send(line: socket.socket, message: bytes, end: float) -> None:
    line.settimeout(max(0.01, end - time.monotonic()))
    line.sendall(struct.pack("<Q", len(message)) + message)
