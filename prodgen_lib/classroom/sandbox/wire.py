"""What a sandboxed process sends back: named arrays of numbers, short texts, failures.

A head of JSON says what there is; the numbers follow as bytes. Nothing in it is ever executed or
unpickled, everything has a limit, and what breaks a rule raises ``BadResult``.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import asdict

import numpy as np

from prodgen_lib.checking.check import Failure, Seen
from prodgen_lib.checking.exercise import Observation

MAGIC = b"prodgen\x01"
MOST_BYTES = 64 * 2**20
MOST_HEAD = 2**20
MOST_TEXT = 10_000
MOST_CASES = 200
NUMBERS = {f"<{kind}{size}" for kind in "iuf" for size in (2, 4, 8)} | {"|b1", "|i1", "|u1"}


class BadResult(Exception):
    """The bytes are no result: cut off, too large, or made by someone else."""


def pack(seen: Seen) -> bytes:
    """Results as bytes; ``BadResult`` for what is neither numbers nor text."""
    blocks: list[bytes] = []
    head = json.dumps([_entry(one, blocks) for one in seen]).encode()
    data = b"".join([MAGIC, struct.pack("<I", len(head)), head, *blocks])
    if len(data) > MOST_BYTES or len(head) > MOST_HEAD:
        raise BadResult("The answer gives too many numbers.")
    return data


def _entry(one: Observation | Failure, blocks: list[bytes]) -> dict:
    if isinstance(one, Failure):
        return {"failure": asdict(one)}
    return {"arrays": [[name, *_block(array, blocks)] for name, array in one.items()]}


def _block(array: np.ndarray, blocks: list[bytes]) -> tuple[str, list]:
    if array.dtype.kind in "US":
        return "text", [list(array.shape), [str(text) for text in array.ravel()]]
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    if plain.dtype.str not in NUMBERS:
        raise BadResult(f"The answer gives an array of {array.dtype}; expected numbers.")
    blocks.append(plain.tobytes())
    return plain.dtype.str, list(array.shape)


def unpack(data: bytes, cases: int) -> Seen:
    """Results of ``cases`` cases, or of fewer where the last one is a failure."""
    if len(data) > MOST_BYTES or data[: len(MAGIC)] != MAGIC or len(data) < len(MAGIC) + 4:
        raise BadResult("no result, or too much of it")
    start = len(MAGIC) + 4
    (size,) = struct.unpack("<I", data[len(MAGIC) : start])
    if size > MOST_HEAD or size > len(data) - start:
        raise BadResult("a head that is cut off")
    try:
        head = json.loads(data[start : start + size].decode("utf-8"))
        seen, end = _read(head, data, start + size)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadResult(f"a head that can't be read: {type(error).__name__}") from None
    failed = bool(seen) and isinstance(seen[-1], Failure)
    if end != len(data) or not (0 < len(seen) <= cases) or (len(seen) < cases and not failed):
        raise BadResult("not one result for each case")
    return seen


def _read(head: list, data: bytes, place: int) -> tuple[Seen, int]:
    if not isinstance(head, list) or len(head) > MOST_CASES:
        raise ValueError
    seen: Seen = []
    for number, entry in enumerate(head):
        if "failure" in entry:
            if number != len(head) - 1:
                raise ValueError
            seen.append(_failure(**entry["failure"]))
            continue
        arrays: Observation = {}
        for name, kind, shape in entry["arrays"]:
            if kind == "text":
                arrays[str(name)[:200]] = _texts(*shape)
            else:
                arrays[str(name)[:200]], place = read_numbers(kind, shape, data, place)
        seen.append(arrays)
    return seen, place


def _failure(type: str, message: str, line: int | None, chinese: str) -> Failure:
    if line is not None and not (isinstance(line, int) and 0 < line < 100_000):
        raise ValueError
    told = (readable(str(words)[:400]) for words in (message, chinese))
    return Failure(readable(str(type)[:100]), next(told), line, next(told))


def readable(text: str) -> str:
    """One line of text without control characters, halves of letters, or terminal escapes."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _shape(shape: object) -> tuple[int, ...]:
    whole = isinstance(shape, list) and len(shape) <= 16
    if not whole or not all(type(n) is int and 0 <= n <= MOST_BYTES for n in shape):
        raise ValueError
    return tuple(shape)


def _texts(shape: object, texts: object) -> np.ndarray:
    sizes = _shape(shape)
    if not isinstance(texts, list) or len(texts) != math.prod(sizes):
        raise ValueError
    if sum(len(text) for text in texts) > MOST_TEXT:
        raise ValueError
    return np.array([readable(str(text)) for text in texts], dtype=str).reshape(sizes)


def read_numbers(kind: object, shape: object, data: bytes, place: int) -> tuple[np.ndarray, int]:
    sizes = _shape(shape)
    if kind not in NUMBERS:
        raise ValueError
    count = math.prod(sizes)
    end = place + count * np.dtype(kind).itemsize
    if end > len(data):
        raise ValueError
    return np.frombuffer(data, kind, count, place).reshape(sizes), end
