"""``prodgen build``: chapters become notebooks.

Pure: the same chapters, library and outputs give the same bytes. A notebook is executed only when
something that its run depends on has changed; otherwise its outputs are carried over by cell id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.checking.exercise import Exercise
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course import chinese, execute, lint
from prodgen_lib.course.book import chinese_notebook, chinese_targets
from prodgen_lib.course.chapter import Chapter, chapter_files, read_chapter
from prodgen_lib.course.chinese_task import task_faults
from prodgen_lib.course.compose import TITLES, Target, compose
from prodgen_lib.course.contents import exercises
from prodgen_lib.course.figures import lighten
from prodgen_lib.course.project import (
    TREES,
    CourseError,
    dumps,
    read_notebook,
    read_text,
    write_notebook,
)

Say = Callable[[str], None]
ENDS = ("", "_torch", "_tensorflow")


@dataclass
class Pair:
    """The notebooks of one chapter in one framework: composed, with outputs where there are any.

    ``main`` is the one that is executed; ``learner`` is its blanked twin, without any output, and
    absent when a chapter has no framework and so nothing to blank. ``key`` is what an execution now
    would be recorded as.
    """

    target: Target
    main: NotebookNode
    learner: NotebookNode | None
    key: str

    @property
    def fresh(self) -> bool:
        return self.main.metadata.prodgen.get("execution") == self.key

    @property
    def notebooks(self) -> dict[str, NotebookNode]:
        """What goes to which file."""
        found = {self.target.file: self.main}
        if self.learner:
            found[learner_of(self.target).file] = self.learner
        return found


def learner_of(target: Target) -> Target:
    return Target(target.chapter, target.framework, learner=True)


def targets(root: Path, chosen: Iterable[str] = (), framework: str | None = None) -> list[Target]:
    """What to build: chapters by number, topic or name, all of them by default."""
    return [
        Target(chapter, variant, learner=False)
        for chapter in map(read_chapter, chapter_files(root, chosen))
        for variant in chapter.variants
        if framework in (None, variant) or variant is None
    ]


def compose_pair(root: Path, target: Target, profile: str | None = None) -> Pair:
    """Both notebooks of a target, with the outputs that the main one has on disk."""
    main = compose(target)
    key = execute.execution_key(main, {"profile": profile or target.chapter.profile})
    pair = Pair(target, main, compose(learner_of(target)) if target.framework else None, key)
    with suppress(CourseError):  # no file, or one that git left half merged: write it anew
        _carry(pair, lighten(read_notebook(root / target.file)))
    return pair


def _carry(pair: Pair, executed: NotebookNode) -> None:
    execute.take_outputs(pair.main, executed)
    if key := executed.metadata.get("prodgen", {}).get("execution"):
        pair.main.metadata.prodgen.execution = key


def run_pair(root: Path, pair: Pair, profile: str | None = None) -> None:
    """Execute the main notebook, failing where a check does, and share its outputs out."""
    target = pair.target
    if target.framework and find_spec(target.framework) is None:
        name = TITLES[target.framework]
        raise CourseError(f"{target.file} can't be executed: {name} is not installed.")
    try:
        executed = execute.execute(
            pair.main,
            {"profile": profile or target.chapter.profile},
            folder=root / Path(target.file).parent,
            failed=root / "build" / Path(target.file).name,
            strict=True,
        )
    except CourseError as error:
        raise CourseError(f"{target.file} {error}") from None
    executed.metadata.prodgen = {**pair.main.metadata.prodgen, "execution": pair.key}
    _carry(pair, lighten(execute.settled(executed), before=pair.main))


def faults(root: Path, pairs: list[Pair]) -> list[str]:
    """The sentences of all lints on what was composed, a fault of both twins once."""
    stems = [path.stem for path in chapter_files(root)]
    built = {f"{tree}/{s}{end}.ipynb" for tree in TREES for s in stems for end in ENDS}
    found: dict[str, str] = {}
    for pair in pairs:
        sentences = lint.lint(pair.main, pair.target.file, root, built)
        if pair.learner:
            sentences += lint.leaks(pair.main, pair.learner, learner_of(pair.target).file)
            sentences += lint.unshown(pair.main, pair.target.chapter.topic, pair.target.file)
        for sentence in sentences:  # without the file, and the first words of the cell
            found.setdefault(re.sub(r".*, cell (\S+) \(“.*?”\)", r"\1", sentence), sentence)
    for framework in FRAMEWORKS:
        mine = [pair for pair in pairs if pair.target.framework == framework]
        if {pair.target.chapter.path.stem for pair in mine} >= _with_frameworks(root):
            found |= {sentence: sentence for sentence in lint.misplaced([p.main for p in mine])}
    chapters = {pair.target.chapter.name: pair.target.chapter for pair in pairs}
    return [*found.values(), *translation_faults(chapters.values())]


def translation_faults(chapters: Iterable[Chapter]) -> list[str]:
    """Where the Chinese of chapters and their tasks, as far as there is any, has aged."""
    return [
        sentence
        for chapter in chapters
        for sentence in [
            *chinese.faults(chapter),
            *(s for one in _exercises(chapter) for s in task_faults(one)),
        ]
    ]


def _exercises(chapter: Chapter) -> list[Exercise]:
    return exercises(chapter) if chapter.frameworks else []


def _with_frameworks(root: Path) -> set[str]:
    """The chapters that are written for frameworks, and so may show exercises."""
    return {path.stem for path in chapter_files(root) if read_chapter(path).frameworks}


def build(
    root: Path,
    chosen: Iterable[str] = (),
    *,
    framework: str | None = None,
    profile: str | None = None,
    run: bool = True,
    say: Say = print,
) -> list[str]:
    """Write the notebooks; returns the faults that lints found (what is written has them too)."""
    pairs = [compose_pair(root, t, profile) for t in targets(root, chosen, framework)]
    for pair in pairs:
        for file in pair.notebooks:
            (root / file).parent.mkdir(exist_ok=True)
        if run and not pair.fresh:
            say(f"{pair.target.file}: executing")
            run_pair(root, pair, profile)
        for file, notebook in pair.notebooks.items():
            say(f"{file}: {_write(notebook, root / file)}")
    return faults(root, pairs)


def build_chinese(
    root: Path, chosen: Iterable[str] = (), *, framework: str | None = None, say: Say = print
) -> list[str]:
    """Write ``notebooks/zh/``, without outputs; returns what is wrong with the translations."""
    found = chinese_targets(root, chosen, framework)
    for target in found:
        (root / target.file).parent.mkdir(parents=True, exist_ok=True)
        say(f"{target.file}: {_write(chinese_notebook(root, target), root / target.file)}")
    return translation_faults(map(read_chapter, chapter_files(root, chosen)))


def _write(notebook: NotebookNode, path: Path) -> str:
    if path.exists() and read_text(path) == dumps(notebook):
        return "unchanged"
    write_notebook(notebook, path)
    return "written"


def stale(root: Path, chosen: Iterable[str] = (), framework: str | None = None) -> list[str]:
    """One sentence for each file that is not what a build would leave, and for each fault."""
    pairs = [compose_pair(root, target) for target in targets(root, chosen, framework)]
    found = [sentence for pair in pairs for sentence in _stale(root, pair)]
    if not list(chosen) and framework is None:
        found += _orphans(root, {file for pair in pairs for file in pair.notebooks})
    return found + faults(root, pairs)


def _stale(root: Path, pair: Pair) -> Iterable[str]:
    chapter: Chapter = pair.target.chapter
    for file, notebook in pair.notebooks.items():
        if not (root / file).exists():
            yield f"{file} is missing: run `prodgen build {chapter.number}`."
        elif read_text(root / file) != dumps(notebook):
            yield (
                f"{file} is not what chapters/{chapter.path.name} and the library give: "
                f"run `prodgen build {chapter.number}`."
            )
    if not pair.fresh and (root / pair.target.file).exists():
        yield (
            f"{pair.target.file} was not executed with the code as it is now: "
            f"run `prodgen build {chapter.number}`."
        )


def _orphans(root: Path, built: set[str]) -> list[str]:
    files = [path for tree in TREES for path in sorted((root / tree).glob("*.ipynb"))]
    names = [path.relative_to(root).as_posix() for path in files]
    return [f"{name} comes from no chapter: delete it." for name in names if name not in built]
