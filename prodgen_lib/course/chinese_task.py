"""An exercise's task in Chinese: the docstring's twin, ``exercises/TOPIC/zh/NAME.md``.

One text serves both frameworks, with ``{{PyTorch || TensorFlow}}`` where they differ; or there are
two, marked ``<!-- 3fa2c1 torch -->`` and ``<!-- 9f21ab tensorflow -->``.
"""

from __future__ import annotations

import re
from pathlib import Path

from prodgen_lib.checking import source
from prodgen_lib.checking.exercise import Exercise
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.chinese import (
    Piece,
    Translation,
    digest,
    piece_faults,
    read_chinese,
    unwrapped,
)
from prodgen_lib.course.task import as_markdown, docstring

UNTRANSLATED = "> 这道题还没有中文版，以英文显示。"
EITHER = re.compile(r"\{\{(.*?)\|\|(.*?)\}\}", re.DOTALL)


def task_path(exercise: Exercise) -> Path:
    return source.PACKAGE / "exercises" / exercise.topic / "zh" / f"{exercise.name}.md"


def english_tasks(exercise: Exercise) -> dict[str, str]:
    """The docstring in each framework."""
    return {framework: docstring(exercise.source(framework)) for framework in FRAMEWORKS}


def task_digest(exercise: Exercise, framework: str = "") -> str:
    """Of both docstrings where one text serves them, else of one framework's."""
    texts = english_tasks(exercise)
    return digest(texts[framework] if framework else "\n".join(dict.fromkeys(texts.values())))


def chinese_task(exercise: Exercise, framework: str) -> str | None:
    """The task in Chinese, written like a docstring; None where there is none, or one has aged."""
    path = task_path(exercise)
    for one in read_chinese(path) if path.exists() else ():
        served = _serves(one)
        mark = task_digest(exercise, framework if len(served) == 1 else "")
        if framework in served and one.digest == mark and not {"new", "moved"} & set(one.words):
            return chosen(one.text, framework)
    return None


def task_in(language: str, exercise: Exercise, framework: str) -> str:
    """The task as Markdown; in English, which says so, where it has no Chinese."""
    english = docstring(exercise.source(framework))
    if language == "en":
        return as_markdown(english)
    chinese = chinese_task(exercise, framework)
    return (
        as_markdown(unwrapped(chinese)) if chinese else f"{UNTRANSLATED}\n\n{as_markdown(english)}"
    )


def chosen(text: str, framework: str) -> str:
    """The text as one framework has it."""
    place = FRAMEWORKS.index(framework)
    return EITHER.sub(lambda found: found.groups()[place].strip(), text)


def task_faults(exercise: Exercise) -> list[str]:
    """What is wrong with a task in Chinese: one entry a fault; none where there is no file."""
    path = task_path(exercise)
    if not path.exists():
        return []
    where = f"exercises/{exercise.topic}/zh/{path.name}"
    found, theirs = [], read_chinese(path)
    served = [_serves(one) for one in theirs]
    if sorted(sum(served, ())) != sorted(FRAMEWORKS):
        return [
            f"{where}: expected one text for both frameworks, or one for each, marked torch and "
            f"tensorflow; run `prodgen translate {exercise.id}`."
        ]
    for one, frameworks in zip(theirs, served, strict=True):
        found += _faults(exercise, one, frameworks)
    return [f"{where}: {sentence}" for sentence in dict.fromkeys(found)]


def _serves(one: Translation) -> tuple[str, ...]:
    return tuple(set(one.words) & set(FRAMEWORKS)) or FRAMEWORKS


def _faults(exercise: Exercise, one: Translation, frameworks: tuple[str, ...]) -> list[str]:
    mark = task_digest(exercise, frameworks[0] if len(frameworks) == 1 else "")
    texts = english_tasks(exercise)
    return [
        sentence
        for framework in frameworks
        for sentence in piece_faults(
            Piece(mark, "text", as_markdown(texts[framework]), 0),
            Translation(one.digest, one.words, as_markdown(chosen(one.text, framework))),
        )
    ]
