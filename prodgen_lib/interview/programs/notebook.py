"""A whole program as a notebook: the statement, a starting point, a cell that measures."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from prodgen_lib import __version__
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.compose import KERNEL
from prodgen_lib.course.drill import DRILL
from prodgen_lib.course.project import CourseError, write_notebook
from prodgen_lib.interview.programs import source
from prodgen_lib.questions.bank import Question

CLOCK = Text(
    "About {} minutes in all. Change the next cell as you like; the last one trains and measures.",
    "一共约 {} 分钟。下面的单元可任意修改；最后一个单元训练并测量。",
)


def program_notebook(asked: Question, framework: str, language: str = "en") -> NotebookNode:
    """The statement, the starting point, and the measure. ``CourseError`` for no framework."""
    if framework not in FRAMEWORKS:
        raise CourseError(f"There is no framework {framework!r}; choose torch or tensorflow.")
    about = [f"# {asked.title.in_(language)}", asked.case.in_(language)]
    about.append(CLOCK.in_(language).format(asked.minutes))
    measured = (
        f'from prodgen_lib.interview.programs import measure\n\nmeasure("{asked.id}", program);'
    )
    new = nbformat.v4
    return new.new_notebook(
        cells=[
            new.new_markdown_cell("\n\n".join(about), id="about"),
            new.new_code_cell(source(asked.id, framework).strip(), id="answer"),
            new.new_code_cell(measured, id="measure"),
        ],
        metadata={
            "kernelspec": dict(KERNEL),
            "language_info": {"name": "python"},
            "prodgen": {"chapter": DRILL, "framework": framework, "version": __version__},
        },
    )


def write_program(asked: Question, framework: str, folder: Path, language: str = "en") -> Path:
    """Write it into ``folder``; an earlier one keeps its file."""
    notebook = program_notebook(asked, framework, language)
    folder.mkdir(parents=True, exist_ok=True)
    stem, number = f"{asked.id.replace('.', '_')}_{framework}", 1
    while (path := folder / f"{stem}{f'_{number}' if number > 1 else ''}.ipynb").exists():
        number += 1
    write_notebook(notebook, path)
    return path
