"""Links between notebooks, where not all of them are there."""

from __future__ import annotations

import re
from collections.abc import Collection

from nbformat import NotebookNode

LINK = r"\[([^\]\n]+)\]\(([^)\s]+\.(?:ipynb|html))\)"
WAY = re.compile(
    rf"(?:The same chapter in|同一章的) {LINK}(?: 版)?(?: · )?"
    r"|(?: · )?\[(?:the solution|参考答案)\]\([^)\s]+\)"
)


def keep_links(notebook: NotebookNode, present: Collection[str]) -> NotebookNode:
    """The notebook without links to notebooks that are not ``present``, in text and in tables."""
    for cell in notebook.cells:
        if "navigation" in cell.metadata.get("tags", []):
            ways = cell.source.split(" · ")
            cell.source = " · ".join(way for way in ways if re.search(LINK, way)[2] in present)
        elif cell.cell_type == "markdown":
            cell.source = kept(cell.source, present)
        for out in cell.get("outputs", []):
            if "text/markdown" in out.get("data", {}):
                out.data["text/markdown"] = kept(out.data["text/markdown"], present)
    notebook.cells = [cell for cell in notebook.cells if cell.source or cell.cell_type == "code"]
    return notebook


def kept(text: str, present: Collection[str]) -> str:
    """The same for one text: a link that is a way of its own goes with its words."""

    def way(found: re.Match) -> str:
        return found[0] if re.search(LINK, found[0])[2] in present else ""

    def link(found: re.Match) -> str:
        return found[0] if found[2] in present else found[1]

    return re.sub(LINK, link, re.sub(r"(?m)(^| )· ?$", "", WAY.sub(way, text)))
