"""A page a chapter: the text once, tabs only where the frameworks differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.chapter import Chapter
from prodgen_lib.course.compose import FOLDED, Target, compose, has
from prodgen_lib.course.guard import GUARD
from prodgen_lib.course.links import WAY
from prodgen_lib.course.project import read_notebook
from prodgen_lib.site.chinese import in_chinese
from prodgen_lib.site.exercises import box
from prodgen_lib.site.figures import Figures, shown
from prodgen_lib.site.markdown import Pages, blocks, code, fold, relink, together
from prodgen_lib.site.questions import asked
from prodgen_lib.site.words import chapter_title, chapters

IMPORTS = Text("Imports", "导入语句")
Cells = dict[str, NotebookNode]
"""A cell in each framework that has it."""


@dataclass
class Shelf:
    """What all pages share: where the course lies, which page shows which file, the pictures."""

    root: Path
    places: Mapping[str, str]
    figures: Figures
    language: str = "en"


def chapter_pages(shelf: Shelf) -> Pages:
    """The page of every chapter by its name; in Chinese of those that have it."""
    found = chapters(shelf.root, shelf.language)
    return {f"chapters/{one.name}": chapter_page(shelf, one) for one in found}


def chapter_page(shelf: Shelf, chapter: Chapter) -> str:
    notebooks = {
        framework: notebook(shelf.root, chapter, framework, shelf.language)
        for framework in chapter.frameworks
    } or {FRAMEWORKS[0]: notebook(shelf.root, chapter, None, shelf.language)}
    parts = list(_parts(shelf, chapter, pairs({f: n.cells for f, n in notebooks.items()})))
    return "\n\n".join([f"# {chapter_title(chapter)}", *filter(None, parts)])


def notebook(
    root: Path, chapter: Chapter, framework: str | None, language: str = "en"
) -> NotebookNode:
    """The solution as it was executed; one that was not yet, as it would be, without outputs."""
    target = Target(chapter, framework, learner=False)
    path = root / target.file
    if language == "zh":
        executed = read_notebook(path) if path.exists() else NotebookNode(cells=[])
        return in_chinese(root, replace(target, language="zh"), executed)
    return read_notebook(path) if path.exists() else compose(target)


def pairs(cells: dict[str, list[NotebookNode]]) -> Iterator[Cells]:
    """The cells of one notebook, or those of two side by side, by their ids."""
    if len(cells) == 1:
        ((framework, found),) = cells.items()
        yield from ({framework: cell} for cell in found)
        return
    ids = [[cell.id for cell in found] for found in cells.values()]
    for _, a, b, c, d in SequenceMatcher(None, *ids, autojunk=False).get_opcodes():
        ours, theirs = cells.values()
        for pair in zip_longest(ours[a:b], theirs[c:d]):
            yield {f: cell for f, cell in zip(cells, pair, strict=True) if cell is not None}


def _parts(shelf: Shelf, chapter: Chapter, every: Iterator[Cells]) -> Iterator[str]:
    """The Markdown of a chapter's cells; the three cells of an exercise become one box."""
    held: list[Cells] = []
    drilled = False
    for cells in every:
        first = next(iter(cells.values()))
        if has(first, "navigation", GUARD):
            continue
        if has(first, "questions"):
            if not drilled:
                yield asked(chapter.path.with_suffix(".yaml"), shelf.language)
            drilled = True
        elif has(first, "about", "exercise"):
            held.append(cells)
        elif has(first, "check"):
            outputs = {f: _outputs(shelf, chapter, cell) for f, cell in cells.items()}
            yield box(first.metadata.exercise_id, *held, outputs, shelf.language)
            held = []
        elif first.cell_type == "code":
            yield _code(shelf, chapter, cells)
        else:
            yield together({f: _prose(shelf, chapter, cell) for f, cell in cells.items()})


def _prose(shelf: Shelf, chapter: Chapter, cell: NotebookNode) -> list[str]:
    """The blocks of a text cell; its title is the page's, and ways to its twins are tabs here."""
    return blocks(_linked(shelf, chapter, re.sub(r"\A# .*\n?", "", WAY.sub("", cell.source))))


def _linked(shelf: Shelf, chapter: Chapter, text: str) -> str:
    """Links to notebooks lead to their pages."""
    framework = (chapter.frameworks or (None,))[0]
    here = Target(chapter, framework, learner=False, language=shelf.language).file
    return relink(text, here, f"chapters/{chapter.name}", shelf.places)


def _code(shelf: Shelf, chapter: Chapter, cells: Cells) -> str:
    folded_by = f"{FOLDED.in_(shelf.language)}\n"
    sources = {f: cell.source.removeprefix(folded_by) for f, cell in cells.items()}
    text = together({f: [code(sources[f]), *_outputs(shelf, chapter, cells[f])] for f in cells})
    folded = any(cells[f].source != sources[f] for f in cells)
    return fold(IMPORTS.in_(shelf.language), text) if folded else text


def _outputs(shelf: Shelf, chapter: Chapter, cell: NotebookNode) -> list[str]:
    texts = [shown(one, shelf.figures, shelf.language) for one in cell.get("outputs", [])]
    return [_linked(shelf, chapter, text) for text in texts if text]
