"""The first cell of a learner's notebook: opened where the course is missing, it says what to do.

It runs where nothing of the course can be imported, as on Colab, so its text stands here whole. It
installs nothing: pip may replace a NumPy that the kernel has loaded, which shows only later, as a
crash that nobody understands.
"""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

GUARD = "guard"
"""The tag of the cell. It is no part of a chapter: what an execution depends on leaves it out."""

SOURCE = """\
# Folded: where the course is not installed, as on Colab, this line says what to do.
import sys
from importlib import metadata, util


class NotReady(Exception):
    def _render_traceback_(self):  # a line, without the way that led to it
        return [str(self)]


if util.find_spec("prodgen_lib") is None:
    raise NotReady(
        'The course is not installed here: run `%pip install "PATH[EXTRA]"` in a new cell, '
        "PATH being its wheel or a clone; then restart the kernel, since pip may replace NumPy."
    )
if "numpy" in sys.modules and sys.modules["numpy"].__version__ != metadata.version("numpy"):
    raise NotReady("NumPy was replaced after this kernel had loaded it: restart the kernel.")\
"""


def guard(framework: str | None) -> NotebookNode:
    """The cell for a framework's notebook; where there is none, any framework will do."""
    source = SOURCE.replace("EXTRA", framework or "torch")
    folded = {"source_hidden": True}
    return new_code_cell(source, id=GUARD, metadata={"tags": [GUARD], "jupyter": folded})


def is_guard(cell: NotebookNode) -> bool:
    return GUARD in cell.metadata.get("tags", [])
