"""The chapters as a table: how long, how much is solved, and which comes next."""

from __future__ import annotations

from pathlib import Path

from prodgen_lib.checking import progress
from prodgen_lib.checking.exercise import Exercise, load_exercises
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.chapter import Chapter, chapter_files, read_chapter
from prodgen_lib.course.compose import TITLES, Target, has, imported
from prodgen_lib.course.project import find_root

HEAD = ("", "Chapter", *TITLES.values(), "Minutes", "Needs")


def chapters() -> None:
    """Show the chapters whose notebooks lie in the current folder, with what is solved."""
    text = contents(find_root(), Path.cwd(), {f: progress.solved(f) for f in FRAMEWORKS})
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(text)
    else:
        display({"text/plain": text, "text/markdown": text}, raw=True)


def contents(root: Path, folder: Path, solved: dict[str, dict[str, bool]]) -> str:
    """The table as Markdown, links to what lies in ``folder``, and a sentence on what is next."""
    found = [one for one in map(read_chapter, chapter_files(root)) if one.frameworks]
    rows = [_row(one, folder, solved) for one in found]
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n\n".join(filter(None, [table, _next(found, folder, solved)]))


def exercises(chapter: Chapter) -> list[Exercise]:
    """The exercises that a chapter shows, in its order."""
    target = Target(chapter, FRAMEWORKS[0], learner=True)
    cells = [cell for cell in chapter.cells if has(cell, "exercise")]
    shown = [one for cell in cells for one in imported(target, cell.source)]
    return [load_exercises(topic)[name] for topic, name in shown]


def _row(chapter: Chapter, folder: Path, solved: dict[str, dict[str, bool]]) -> list[str]:
    asked = exercises(chapter)
    places = []
    for framework in FRAMEWORKS:
        right = sum(solved[framework].get(one.id, False) for one in asked)
        name = f"{chapter.stem(framework)}.ipynb"
        there = (folder / name).exists()
        count = f"{right} of {len(asked)} solved"
        places.append(f"[open]({name}) · {count}" if there else "–")
    minutes = f"{chapter.minutes} + {sum(one.minutes for one in asked)}"
    return [str(int(chapter.number)), chapter.title, *places, minutes, chapter.needs or "–"]


def _next(found: list[Chapter], folder: Path, solved: dict[str, dict[str, bool]]) -> str:
    """The first chapter in which something is left, in the framework that is furthest on."""
    count = {framework: sum(solved[framework].values()) for framework in FRAMEWORKS}
    for framework in sorted(FRAMEWORKS, key=lambda one: -count[one]):
        for chapter in found:
            name = f"{chapter.stem(framework)}.ipynb"
            left = [e for e in exercises(chapter) if not solved[framework].get(e.id)]
            if left and (folder / name).exists():
                words = f"{int(chapter.number)} {chapter.title}, in {TITLES[framework]}"
                return f"**Next for you:** [{words}]({name})"
    return ""
