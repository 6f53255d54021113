"""The chapters as a table: how long, how much is solved, and which comes next."""

from __future__ import annotations

from pathlib import Path

from prodgen_lib.checking import progress
from prodgen_lib.checking.exercise import Exercise, load_exercises
from prodgen_lib.checking.language import Text, language
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.chapter import Chapter, chapter_files
from prodgen_lib.course.chinese import chapter_in
from prodgen_lib.course.compose import TITLES, Target, has, imported
from prodgen_lib.course.project import find_root

HEADS = {
    "en": ("", "Chapter", *TITLES.values(), "Minutes", "Needs"),
    "zh": ("", "章节", *TITLES.values(), "分钟", "需要"),
}
OPEN = Text("[open]({}) · {} of {} solved", "[打开]({}) · 完成 {} / {}")
NEXT = Text("**Next for you:** [{} {}, in {}]({})", "**接下来：** [{} {}，用 {}]({})")


def chapters() -> None:
    """Show the chapters whose notebooks lie in the current folder, with what is solved."""
    solved = {framework: progress.solved(framework) for framework in FRAMEWORKS}
    text = contents(find_root(), Path.cwd(), solved, language())
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(text)
    else:
        display({"text/plain": text, "text/markdown": text}, raw=True)


def contents(
    root: Path, folder: Path, solved: dict[str, dict[str, bool]], language: str = "en"
) -> str:
    """The table as Markdown, links to what lies in ``folder``, and a sentence on what is next."""
    every = (chapter_in(path, language) for path in chapter_files(root))
    found = [one for one in every if one.frameworks]
    rows = [_row(one, folder, solved, language) for one in found]
    head = HEADS[language]
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n\n".join(filter(None, [table, _next(found, folder, solved, language)]))


def exercises(chapter: Chapter) -> list[Exercise]:
    """The exercises that a chapter shows, in its order."""
    target = Target(chapter, FRAMEWORKS[0], learner=True)
    cells = [cell for cell in chapter.cells if has(cell, "exercise")]
    shown = [one for cell in cells for one in imported(target, cell.source)]
    return [load_exercises(topic)[name] for topic, name in shown]


def _row(
    chapter: Chapter, folder: Path, solved: dict[str, dict[str, bool]], language: str
) -> list[str]:
    asked = exercises(chapter)
    places = []
    for framework in FRAMEWORKS:
        right = sum(solved[framework].get(one.id, False) for one in asked)
        name = f"{chapter.stem(framework)}.ipynb"
        there = (folder / name).exists()
        places.append(OPEN.format(name, right, len(asked)).in_(language) if there else "–")
    minutes = f"{chapter.minutes} + {sum(one.minutes for one in asked)}"
    return [str(int(chapter.number)), chapter.title, *places, minutes, chapter.needs or "–"]


def _next(
    found: list[Chapter], folder: Path, solved: dict[str, dict[str, bool]], language: str
) -> str:
    """The first chapter in which something is left, in the framework that is furthest on."""
    count = {framework: sum(solved[framework].values()) for framework in FRAMEWORKS}
    for framework in sorted(FRAMEWORKS, key=lambda one: -count[one]):
        for chapter in found:
            name = f"{chapter.stem(framework)}.ipynb"
            left = [e for e in exercises(chapter) if not solved[framework].get(e.id)]
            if left and (folder / name).exists():
                words = int(chapter.number), chapter.title, TITLES[framework]
                return NEXT.format(*words, name).in_(language)
    return ""
