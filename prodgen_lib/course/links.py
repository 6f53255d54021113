"""Links between notebooks, where not all of them are there."""

from __future__ import annotations

import re
from collections.abc import Collection

from nbformat import NotebookNode

LINK = r"\[([^\]\n]+)\]\(([^)\s]+\.(?:ipynb|html))\)"
# A link that is a way of its own goes with its words; of one in a sentence the words stay.
ONWARD = rf"(?: · )?(?:{LINK} →|\[the solution\]\([^)\s]+\))"
WAY = re.compile(rf"(?:The same chapter in |← ){LINK}(?: · )?|{ONWARD}")


def keep_links(notebook: NotebookNode, present: Collection[str]) -> NotebookNode:
    """The notebook without links to notebooks that are not ``present``, in text and in tables."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = kept(cell.source, present)
        for out in cell.get("outputs", []):
            if "text/markdown" in out.get("data", {}):
                out.data["text/markdown"] = kept(out.data["text/markdown"], present)
    return notebook


def kept(text: str, present: Collection[str]) -> str:
    """The same for one text."""

    def way(found: re.Match) -> str:
        return found[0] if re.search(LINK, found[0])[2] in present else ""

    def link(found: re.Match) -> str:
        return found[0] if found[2] in present else found[1]

    return re.sub(LINK, link, WAY.sub(way, text))
