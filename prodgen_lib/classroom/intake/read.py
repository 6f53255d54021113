"""Read a stranger's notebook: what can be saved is saved, and what can't gets one sentence.

What comes out is built anew from the few fields that grading needs, each of the type it should
have. Outputs, attachments and everything unknown stay behind.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from prodgen_lib.classroom.intake.cells import is_text, mended

MOST_BYTES = 200_000_000
# A list or an object costs fifty times the two bytes it is written in.
MOST_PARTS = 3_000_000
_ENCODINGS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "starts with a byte-order mark"),
    (b"\xff\xfe", "utf-16", "is UTF-16 text, not UTF-8"),
    (b"\xfe\xff", "utf-16", "is UTF-16 text, not UTF-8"),
    (b"{\0", "utf-16-le", "is UTF-16 text, not UTF-8"),
    (b"\0{", "utf-16-be", "is UTF-16 text, not UTF-8"),
)


class Unreadable(Exception):
    """A submission that can't be graded; the text is the sentence for its report."""


@dataclass(frozen=True)
class Read:
    """A notebook with what had to be mended in it, a sentence each."""

    notebook: NotebookNode
    notes: tuple[str, ...] = ()


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of an ordinary file that held still while it was read; ``Unreadable`` otherwise."""
    for _ in range(3):
        try:
            before, data, after = _read_once(path, most)
        except FileNotFoundError:
            raise Unreadable("The file is gone: it was removed while it was read.") from None
        except PermissionError:
            raise Unreadable("The file may not be read: its permissions forbid it.") from None
        except OSError as error:
            raise Unreadable(f"The file can't be read: {error.strerror}.") from None
        if _state(before) == _state(after) and len(data) == after.st_size:
            return data
    raise Unreadable("The file changed while it was read, three times: grade a copy that rests.")


def _read_once(path: Path, most: int) -> tuple[os.stat_result, bytes, os.stat_result]:
    kind = path.lstat().st_mode
    if stat.S_ISDIR(kind):
        raise Unreadable("This is a folder with the name of a notebook; expected a file.")
    if not stat.S_ISREG(kind):
        raise Unreadable("This is a link or a device, not a file; such are not followed.")
    # Between the look above and this line it may have become a link or a pipe.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
        before = os.fstat(file.fileno())
        if before.st_size > most:
            raise Unreadable(_too_large(before.st_size, most))
        data = file.read(most + 1)
        return before, data, os.fstat(file.fileno())


def _state(seen: os.stat_result) -> tuple[int, int]:
    return seen.st_size, seen.st_mtime_ns


def _too_large(size: int, most: int) -> str:
    return (
        f"The file has {size / 1e6:,.0f} MB, more than {most / 1e6:,.0f}: clear its outputs and "
        "submit it again."
    )


def read_notebook(data: bytes) -> Read:
    """The notebook in ``data``; ``Unreadable`` with one sentence where there is none."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_too_large(len(data), MOST_BYTES))
    text, notes = _decoded(data)
    if not text.strip():
        raise Unreadable("The file is empty; expected a notebook.")
    if re.search(r"^[ \t]*<<<<<<<", text, re.MULTILINE):
        raise Unreadable("The file holds merge-conflict markers (<<<<<<<): resolve the merge.")
    raw = _parsed(text)
    raw, more = _format_four(raw)
    if not isinstance(raw.get("cells"), list):
        raise Unreadable("The notebook has no list of cells: it is damaged.")
    cells, faults = mended(raw["cells"])
    about = nbformat.from_dict(_metadata(raw))
    notebook = NotebookNode(cells=cells, metadata=about, nbformat=4, nbformat_minor=5)
    return Read(notebook, (*notes, *more, *faults, *_kernel(raw)))


def _decoded(data: bytes) -> tuple[str, list[str]]:
    for start, encoding, words in _ENCODINGS:
        if data.startswith(start):
            try:
                return data.decode(encoding), [f"The file {words}; it was read all the same."]
            except UnicodeDecodeError:
                break
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return data.decode("latin-1"), [
            "The file is not UTF-8 text; it was read as Latin-1, so accents may be wrong."
        ]


def _parsed(text: str) -> dict:
    if text.count("{") + text.count("[") > MOST_PARTS:
        raise Unreadable("The notebook has millions of parts: clear its outputs, submit it again.")
    try:
        raw = json.loads(text)
    except RecursionError:
        raise Unreadable("The file is nested too deeply to be a notebook.") from None
    except ValueError as error:
        raise Unreadable(_no_json(text, error)) from None
    if not isinstance(raw, dict):
        raise Unreadable("The file is JSON, but no notebook: expected an object with cells.")
    return raw


def _no_json(text: str, error: ValueError) -> str:
    """Whether a notebook ends too early, or was never one."""
    began = text.lstrip().startswith("{") and '"cell' in text[:10_000]
    end = getattr(error, "pos", 0) >= len(text.rstrip()) or "Unterminated" in str(error)
    if began and end:
        return "The notebook is cut off before its end: submit the whole file."
    line = f", from line {error.lineno} on" if isinstance(error, json.JSONDecodeError) else ""
    return f"The file is no notebook: its text is not JSON{line}."


def _format_four(raw: dict) -> tuple[dict, list[str]]:
    """The notebook in format 4, converted where it is older."""
    version = raw.get("nbformat")
    if version == 4 and not isinstance(version, bool):
        return raw, []
    if version == 3:
        try:
            new = nbformat.convert(nbformat.from_dict(raw), 4)
        except Exception:  # the converter trusts what it is given
            raise Unreadable("The notebook has format 3 and is damaged: save it anew.") from None
        return new, ["The notebook has the old format 3; it was converted to 4."]
    if isinstance(version, int) and version > 4:
        raise Unreadable(f"The notebook has format {version}, which is not known; expected 4.")
    raise Unreadable("The file is no notebook of format 4: it doesn't say its format.")


def _metadata(raw: dict) -> dict:
    """What the notebook says it was made from: short strings only."""
    metadata = raw.get("metadata")
    about = metadata.get("prodgen") if isinstance(metadata, dict) else None
    if not isinstance(about, dict):
        return {}
    names = ("chapter", "framework", "version", "text")
    return {"prodgen": {name: about[name][:80] for name in names if is_text(about.get(name))}}


def _kernel(raw: dict) -> list[str]:
    metadata = raw.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    said = (kernel.get("language") or kernel.get("name")) if isinstance(kernel, dict) else None
    if not is_text(said) or "python" in said.lower():
        return []
    return [f"The notebook was saved for another kernel ({said:.40}); it is graded as Python."]
