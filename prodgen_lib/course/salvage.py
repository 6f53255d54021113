"""Read a notebook that anybody may have written: mended where it can be, refused in a sentence.

What comes out is built anew from the few fields that grading needs, each of the type it should
have. Outputs, attachments and everything unknown stay behind. `prodgen check` and `prodgen grade`
both read by this.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

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


def read_notebook(data: bytes) -> Read:
    """The notebook in ``data``; ``Unreadable`` with one sentence where there is none."""
    if len(data) > MOST_BYTES:
        raise Unreadable(too_large(len(data), MOST_BYTES))
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


def too_large(size: int, most: int) -> str:
    """The sentence for a file of more bytes than ``most``."""
    return (
        f"The file has {size / 1e6:,.0f} MB, more than {most / 1e6:,.0f}: clear its outputs and "
        "submit it again."
    )


def mended(raw: list) -> tuple[list[NotebookNode], list[str]]:
    """The cells that are cells, each with an id of its own, and a sentence on what was wrong."""
    whole = [cell for cell in raw if _is_cell(cell)]
    seen: set[str] = set()
    renamed = 0
    cells = []
    for number, old in enumerate(whole):
        cell = _cell(old)
        if not cell.id or cell.id in seen:
            cell.id, renamed = f"unnamed-{number}", renamed + 1
        seen.add(cell.id)
        cells.append(cell)
    notes = []
    if len(whole) < len(raw):
        notes.append(f"{_count(len(raw) - len(whole), 'cell')} damaged and left out.")
    if renamed:
        notes.append(f"{_count(renamed, 'cell')} without an id of their own: the first counts.")
    return cells, notes


def is_text(value: object) -> bool:
    return isinstance(value, str)


def _count(number: int, what: str) -> str:
    return f"{number} {what} is" if number == 1 else f"{number} {what}s are"


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return False
    source = cell.get("source", "")
    return is_text(source) or (isinstance(source, list) and all(map(is_text, source)))


def _cell(old: dict) -> NotebookNode:
    """The cell with its source, its id, and of its metadata what says which exercise it answers."""
    source = old.get("source", "")
    source = source if is_text(source) else "".join(source)
    source = source.encode("utf-8", "replace").decode("utf-8")
    metadata = old.get("metadata")
    kept: dict = {}
    if isinstance(metadata, dict):
        tags = metadata.get("tags")
        kept["tags"] = [tag for tag in tags if is_text(tag)] if isinstance(tags, list) else []
        if is_text(metadata.get("exercise_id")):
            kept["exercise_id"] = metadata["exercise_id"]
    # Not by nbformat.v4.new_code_cell, which validates: that takes most of the time of a class.
    cell = NotebookNode(cell_type=old["cell_type"], source=source, metadata=NotebookNode(kept))
    if cell.cell_type == "code":
        cell |= {"outputs": [], "execution_count": None}
    cell.id = old["id"] if is_text(old.get("id")) and len(old["id"]) <= 64 else ""
    return cell
