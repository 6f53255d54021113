"""What a chapter's cells left when they ran in English, as a Chinese page shows it."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from html import escape, unescape
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output

from prodgen_lib.checking import verbs
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.chapter import Chapter, read_chapter
from prodgen_lib.course.chinese import paired
from prodgen_lib.course.compose import Target, compose
from prodgen_lib.course.contents import contents
from prodgen_lib.course.execute import take_outputs

FIELD = re.compile(r"(\{[^{}]*\})")
VERB = re.compile(r'(status|hint)\("([\w.]+)"\)')
ALT = re.compile(r'(?<=\balt=")([^"]*)(?=")')


def in_chinese(root: Path, target: Target, executed: NotebookNode) -> NotebookNode:
    """The Chinese notebook with the outputs of the English one, their words in Chinese."""
    notebook = compose(target)
    take_outputs(notebook, executed)
    words = figure_words(read_chapter(target.chapter.path))
    for cell in notebook.cells:
        for out in cell.get("outputs", []):
            if html := out.get("data", {}).get("text/html"):
                out.data["text/html"] = ALT.sub(lambda m: escape(words(unescape(m[1]))), html)
        if cell.cell_type == "code" and (again := _said_again(root, target, cell.source)):
            cell.outputs = [again]
    return notebook


def figure_words(chapter: Chapter):
    """From what a figure's alternative text is in English to what it is in Chinese."""
    known = [
        (
            re.compile("(.*?)".join(re.escape(p) for p in FIELD.split(piece.text)[::2]), re.S),
            piece.text,
            text,
        )
        for piece, text in paired(chapter)
        if piece.kind == "alt"
    ]

    def words(english: str) -> str:
        plain = " ".join(english.split())
        for form, template, chinese in known:
            if found := form.fullmatch(plain):
                values = dict(zip(FIELD.findall(template), found.groups(), strict=True))
                return FIELD.sub(lambda m, v=values: v.get(m[0], m[0]), chinese)
        return english

    return words


def _said_again(root: Path, target: Target, source: str) -> NotebookNode | None:
    """What a verb or the table of chapters says in Chinese to whoever has solved nothing yet."""
    line = source.rstrip().rpartition("\n")[2]
    if line == "chapters()":
        nothing: dict = {framework: {} for framework in FRAMEWORKS}
        text = contents(root, root / "notebooks", nothing, "zh")
        return new_output("display_data", data={"text/markdown": text})
    if not (verb := VERB.fullmatch(line)):
        return None
    with _a_reader() as said:
        verbs._hints_given.clear()
        if verb[1] == "hint":
            verbs.hint(verb[2])
        else:
            verbs.status(verb[2], framework=target.framework or FRAMEWORKS[0])
    return new_output("stream", name="stdout", text=said.getvalue())


@contextmanager
def _a_reader() -> Iterator[io.StringIO]:
    """Somebody who reads Chinese, in a terminal, and begins."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as home, redirect_stdout(io.StringIO()) as said:
        os.environ.update(PRODGEN_LANGUAGE="zh", PRODGEN_PLAIN="1", PRODGEN_HOME=home)
        try:
            yield said
        finally:
            os.environ.clear()
            os.environ.update(before)
