"""Running a notebook, and knowing when that is not needed."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from prodgen_lib.checking import names, source
from prodgen_lib.course.depend import files_behind
from prodgen_lib.course.guard import is_guard
from prodgen_lib.course.project import KERNEL_ENVIRONMENT, CourseError, write_notebook

WIDGET = "application/vnd.jupyter.widget-view+json"
QUIET = {**KERNEL_ENVIRONMENT, "PYTHONWARNINGS": "ignore", "PRODGEN_PLAIN": "1"}


def execution_key(notebook: NotebookNode, parameters: dict) -> str:
    """A digest of all that a run depends on; comments and docstrings are left out of it."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and not is_guard(cell)]
    cells = [cell.source for cell in code]
    settings = sorted(parameters.items()) if has_parameters(notebook) else []
    total = hashlib.sha256(repr(settings).encode())
    for text in cells:
        total.update(b"\0cell\0" + _bare(text).encode())
    for path in files_behind(cells, notebook.metadata.prodgen.framework):
        total.update(b"\0file\0" + _place(path).encode())
        total.update(_content(path))
    return total.hexdigest()


_bare = lru_cache(maxsize=4096)(names.without_prose)  # most files stand behind most notebooks


def _place(path: Path) -> str:
    """Where a file lies, seen from the library, so that it is the same on every machine."""
    return Path(os.path.relpath(path, source.PACKAGE)).as_posix()


def _content(path: Path) -> bytes:
    """What of a file can change a run: of an exercise's page its settings, not its sentences."""
    if path.suffix == ".py":
        return _bare(path.read_text(encoding="utf-8")).encode()
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8").partition("\n---\n")[0].encode()
    return path.read_bytes()


def has_parameters(notebook: NotebookNode) -> bool:
    return any("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells)


def execute(
    notebook: NotebookNode, parameters: dict, *, folder: Path, failed: Path, strict: bool
) -> NotebookNode:
    """Run a notebook by papermill in ``folder`` and return it with its outputs.

    ``strict`` makes a failing check stop the run; without it the caller's own environment decides.
    A run that stops raises ``CourseError``, and what was run so far is left in ``failed``.
    """
    import papermill

    with tempfile.TemporaryDirectory() as temporary, _environment(strict, temporary):
        before, after = Path(temporary, "before.ipynb"), Path(temporary, "after.ipynb")
        write_notebook(notebook, before)
        try:
            papermill.execute_notebook(
                before,
                after,
                parameters=parameters if has_parameters(notebook) else {},
                kernel_name="python3",
                cwd=folder,
                progress_bar=True,
                log_output=False,
                request_save_on_cell_execute=False,
                extra_arguments=["--log-level=50"],
            )
        except papermill.PapermillExecutionError as error:
            write_notebook(nbformat.read(after, as_version=4), failed)
            raise CourseError(_stopped(error, failed)) from None
        return nbformat.read(after, as_version=4)


@contextmanager
def _environment(strict: bool, home: str):
    """Settings for the kernel; the attempts of a run don't count as the author's own."""
    before = dict(os.environ)
    os.environ.update(QUIET, PRODGEN_HOME=home, **({"PRODGEN_STRICT": "1"} if strict else {}))
    os.environ.pop("PRODGEN_SEED", None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _stopped(error, failed: Path) -> str:
    value = " ".join(re.sub(r"\x1b\[[\d;]*m", "", str(error.evalue)).split())[:1000]
    return f"stopped in cell {error.cell_index} with {error.ename}: {value} (see {failed})"


def take_outputs(notebook: NotebookNode, executed: NotebookNode) -> None:
    """Give code cells the outputs and counts of the cells with the same ids in ``executed``."""
    ran = {cell.id: cell for cell in executed.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        if cell.cell_type == "code" and (old := ran.get(cell.id)):
            cell.outputs = [nbformat.from_dict(out) for out in old.outputs]
            cell.execution_count = old.execution_count


def settled(executed: NotebookNode) -> NotebookNode:
    """Outputs as worth keeping: no stderr, no widget that is dead without a kernel, no drafts.

    Progress bars rewrite their line by carriage returns; of these only the last state stays.
    """
    count = 0
    for cell in executed.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [out for out in map(_settled, _joined(cell.outputs)) if out]
        if is_guard(cell):
            cell.execution_count = None
        elif "injected-parameters" not in cell.metadata.get("tags", []):
            count += 1
            cell.execution_count = count
            for out in cell.outputs:
                if "execution_count" in out:
                    out.execution_count = count
    return executed


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Neighbouring pieces of one stream as one output, as Jupyter itself saves them."""
    joined: list[NotebookNode] = []
    for out in outputs:
        last = joined[-1] if joined else None
        if last and out.output_type == last.output_type == "stream" and out.name == last.name:
            last.text += out.text
        else:
            joined.append(out)
    return joined


def _settled(out: NotebookNode) -> NotebookNode | None:
    if out.output_type == "stream":
        if out.name == "stderr":
            return None
        out.text = re.sub(r"^.*\r(?=[^\n])", "", out.text, flags=re.MULTILINE)
        return out
    if WIDGET in out.get("data", {}):
        del out.data[WIDGET]
        return out if "text/html" in out.data else None  # its twin, if it has one
    return out
