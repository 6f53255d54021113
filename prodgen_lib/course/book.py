"""The course's notebooks in Chinese: made from the chapters when they are wanted, and not kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.course.chapter import chapter_files
from prodgen_lib.course.chinese import chapter_in
from prodgen_lib.course.compose import Target, compose
from prodgen_lib.course.project import CourseError, read_notebook


def chinese_targets(
    root: Path, chosen: Iterable[str] = (), framework: str | None = None
) -> list[Target]:
    """The learners' notebooks in Chinese, in order."""
    return [
        Target(chapter, variant, learner=True, language="zh")
        for chapter in (chapter_in(path, "zh") for path in chapter_files(root, chosen))
        for variant in chapter.variants
        if framework in (None, variant) or variant is None
    ]


def chinese_notebook(root: Path, target: Target) -> NotebookNode:
    """One of them; it says which text its English twin in ``notebooks/`` has."""
    notebook = compose(target)
    twin = root / target.file.replace("/zh/", "/")
    try:
        notebook.metadata.prodgen.text = read_notebook(twin).metadata.prodgen.text
    except (AttributeError, CourseError):
        raise CourseError(f"{twin} is missing or damaged: run `prodgen build`.") from None
    return notebook


def chinese_twin(root: Path, name: str) -> NotebookNode:
    """The Chinese twin of a notebook of ``notebooks/``, by its file name."""
    for target in chinese_targets(root, [Path(name).stem]):
        if Path(target.file).name == name:
            return chinese_notebook(root, target)
    raise CourseError(f"{name} belongs to no chapter of this course.")
