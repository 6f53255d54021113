"""An answer in another process: arguments go there, results and gradients come back.

On one side `answer` gives a learner's test a function that asks; on the other `serve` answers, with
the function that a text defines. Both speak through the file with number `PIPE`, whose other end is
the trusted side's, and neither believes the other: what comes in is numbers and short text, is
never executed or unpickled, and has limits.
"""

from __future__ import annotations

import builtins
import json
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from prodgen_lib.checking.trying import draw_from
from prodgen_lib.classroom.sandbox.wire import (
    MAGIC,
    MOST_BYTES,
    NUMBERS,
    BadResult,
    read_numbers,
    readable,
)

PIPE = 3
CALL = b"calling\x01"  # begins what is meant for the other process; a result begins with `MAGIC`
MOST_HEAD = 2**20
MOST_TEXT = 1000
assert not CALL.startswith(MAGIC[:4])


@dataclass
class Leaf:
    """Numbers on their way: of a tensor, with whether a gradient is wanted, or of an array."""

    kind: str
    array: np.ndarray
    slope: bool = False


def pack(tree: object) -> bytes:
    """Nested lists, tuples and dicts of `Leaf`, numbers and text as bytes."""
    blocks: list[bytes] = []
    head = json.dumps(_node(tree, blocks)).encode()
    data = b"".join([CALL, struct.pack("<I", len(head)), head, *blocks])
    if len(data) > MOST_BYTES or len(head) > MOST_HEAD:
        raise BadResult("That is too many numbers for one call.")
    return data


def _node(tree: object, blocks: list[bytes]) -> list:
    if isinstance(tree, Leaf):
        plain = np.ascontiguousarray(tree.array, tree.array.dtype.newbyteorder("<"))
        if plain.dtype.str not in NUMBERS:
            raise TypeError(f"An array of {tree.array.dtype} can't be handed over.")
        blocks.append(plain.tobytes())
        return [tree.kind, plain.dtype.str, list(tree.array.shape), tree.slope]
    if tree is None or type(tree) in (bool, int, float, str):
        return ["plain", tree]
    if isinstance(tree, list | tuple):
        kind = "list" if isinstance(tree, list) else "tuple"
        return [kind, [_node(one, blocks) for one in tree]]
    if isinstance(tree, dict) and all(type(key) is str for key in tree):
        return ["dict", {key: _node(one, blocks) for key, one in tree.items()}]
    raise TypeError(
        f"The answer takes and gives tensors, arrays, numbers and text; this is a {type(tree)}."
    )


def unpack(data: bytes) -> object:
    """What `pack` made bytes of; ``BadResult`` for anything else."""
    start = len(CALL) + 4
    if len(data) > MOST_BYTES or data[: len(CALL)] != CALL or len(data) < start:
        raise BadResult("no call")
    (size,) = struct.unpack("<I", data[len(CALL) : start])
    if size > MOST_HEAD or size > len(data) - start:
        raise BadResult("a head that is cut off")
    try:
        head = json.loads(data[start : start + size].decode("utf-8"))
        tree, end = _tree(head, data, start + size)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadResult(f"a head that can't be read: {type(error).__name__}") from None
    if end != len(data):
        raise BadResult("more than was said")
    return tree


def _tree(node: list, data: bytes, place: int) -> tuple[object, int]:
    kind, *rest = node
    if kind in ("tensor", "array"):
        dtype, shape, slope = rest
        array, place = read_numbers(dtype, shape, data, place)
        return Leaf(kind, array.copy(), bool(slope)), place
    (inside,) = rest
    if kind == "plain" and (inside is None or type(inside) in (bool, int, float, str)):
        return inside, place
    if kind == "dict":
        found = {}
        for key, one in inside.items():
            found[key], place = _tree(one, data, place)
        return found, place
    if kind not in ("list", "tuple"):
        raise ValueError
    items = []
    for one in inside:
        item, place = _tree(one, data, place)
        items.append(item)
    return items if kind == "list" else tuple(items), place


def write(data: bytes) -> None:
    """One message, its length before it."""
    data = struct.pack("<Q", len(data)) + data
    while data:
        data = data[os.write(PIPE, data) :]


def read() -> bytes | None:
    """The next message; None where the other side hung up, or says too much."""
    head = _exactly(8)
    size = struct.unpack("<Q", head)[0] if head else MOST_BYTES + 1
    return _exactly(size) if size <= MOST_BYTES else None


def _exactly(size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        if not (part := os.read(PIPE, min(size - len(data), 2**20))):
            return None
        data += part
    return bytes(data)


def mapped(tree: object, change: Callable[[object], object]) -> object:
    """The tree with every leaf changed."""
    if isinstance(tree, list | tuple):
        return type(tree)([mapped(one, change) for one in tree])
    if isinstance(tree, dict):
        return {key: mapped(one, change) for key, one in tree.items()}
    return change(tree)


def leaves(tree: object) -> list:
    """The leaves of a tree in order."""
    found: list = []
    mapped(tree, found.append)
    return found


def bridge(framework: str):
    """How tensors of a framework become leaves and back, and what a gradient is there."""
    return import_module(f"prodgen_lib.classroom.sandbox.far_{framework}")


def ask(message: dict) -> dict:
    """What the other process makes of a message; what it raised is raised here."""
    write(pack(message))
    data = read()
    told = unpack(data) if data is not None else {"raised": ["RuntimeError", "it ended"]}
    if "raised" in told:
        raise _error(*told["raised"])
    return told


def _error(name: str, message: str) -> Exception:
    found = getattr(builtins, str(name), None)
    if isinstance(found, type) and issubclass(found, Exception):
        try:
            return found(message)
        except TypeError:
            pass
    return RuntimeError(f"{name}: {message}")


def answer(framework: str) -> Callable:
    """The function that a test is given: it asks the other process."""
    here = bridge(framework)

    def answer(*arguments: object, **options: object) -> object:
        return here.call(arguments, options)

    return answer


def serve(request: dict) -> None:
    """Answer calls with the function that ``request["source"]`` defines, until nobody asks."""
    from prodgen_lib.properties.suspects import compiled

    framework = request["framework"]
    here, function = bridge(framework), None
    while (data := read()) is not None:
        try:
            if function is None:
                function = compiled(request["source"], request["topic"], request["name"], framework)
                draw_from(framework, request["seed"])
            told = here.reply(function, unpack(data))
            packed = pack(told)
        except (Exception, SystemExit) as error:
            words = readable(str(error)[:MOST_TEXT])
            packed = pack({"raised": [type(error).__name__, words]})
        write(packed)
