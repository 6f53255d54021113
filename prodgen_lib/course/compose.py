"""From the cells of a chapter to the cells of its notebooks: the solution and the learner's."""

from __future__ import annotations

import ast
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from prodgen_lib import __version__
from prodgen_lib.checking import names
from prodgen_lib.checking.exercise import Exercise, load_exercises
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import FRAMEWORKS, brief, function_source, stub
from prodgen_lib.checking.verbs import dots
from prodgen_lib.course.chapter import Chapter, chapter_files
from prodgen_lib.course.chinese import chapter_in, headings
from prodgen_lib.course.chinese_task import task_in
from prodgen_lib.course.guard import guard
from prodgen_lib.course.project import CourseError

TITLES = {"torch": "PyTorch", "tensorflow": "TensorFlow"}
PLACEHOLDER = re.compile(r"\{\{(\w+)(?::(\w+)\.(\w+))?\}\}")
ANSWER_KEY = re.compile(r"prodgen_lib\.(torch|plain)\.\w+")  # plain serves both frameworks
CHECK_TAGS = ["check", "nbval-check-output"]
SET_UP = "# Imports, folded: a click on this line opens them."
FOLDED = Text(SET_UP, "# 导入语句，已折叠：点这一行展开。")
WRITE = Text("exercise", "练习")
MEND = Text("find and mend the faults", "找出错误并改正")
ABOUT = Text(
    "### `{name}`: {what}\n\n{task}\n\n"
    "Difficulty {difficulty} · importance {importance} · about {minutes} minutes · "
    'stuck? `hint("{id}")`, up to {hints} times.',
    "### `{name}`：{what}\n\n{task}\n\n"
    "难度 {difficulty} · 重要性 {importance} · 大约 {minutes} 分钟 · "
    '卡住了？`hint("{id}")`，最多 {hints} 次。',
)
SEE = re.compile(r"(?m)(?<=^参见：).+?(?= *$)")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Target:
    """One notebook to compose: a chapter, in a framework, for whom."""

    chapter: Chapter
    framework: str | None
    learner: bool
    language: str = "en"

    @property
    def file(self) -> str:
        """Where it goes; a chapter without framework has one notebook, the learner's."""
        tree = "notebooks" if self.learner or not self.framework else "solutions"
        folder = f"{tree}/zh" if self.language == "zh" else tree
        return f"{folder}/{self.chapter.stem(self.framework)}.ipynb"

    @property
    def other(self) -> str:
        return FRAMEWORKS[1 - FRAMEWORKS.index(self.framework)]


def compose(target: Target) -> NotebookNode:
    """The notebook of ``target``, not executed. Its cells pair off with those of its twin tree,
    after the guard that stands first in ``notebooks/``.

    Raises ``CourseError`` where the chapter asks for what the library doesn't have, or shows a
    function that uses a name the notebook doesn't define.

    A notebook in Chinese has the ids of its English twin and says which text that has, so that work
    in it is known and graded by that; ``zh`` is a digest of its own text.
    """
    cells = []
    for cell in target.chapter.cells:
        tags = set(cell.metadata.get("tags", []))
        if (tags & set(FRAMEWORKS)) <= {target.framework}:
            cells += _cells(target, cell, tags)
    cells = _with_links(target, cells)
    _make_ids_unique(target, cells)
    text = digest("\n".join(cell.source for cell in cells))
    notebook = nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": dict(KERNEL),
            "language_info": {"name": "python"},
            "prodgen": {
                "chapter": target.chapter.name,
                "framework": target.framework or "none",
                "version": __version__,
                **({"zh": text} if target.language == "zh" else {"text": text}),
            },
        },
    )
    _check_names(target, cells)
    if target.file.startswith("notebooks/"):  # people open these, also where the course is missing
        notebook.cells = [guard(target.framework), *cells]
    return notebook


def _cells(target: Target, cell: NotebookNode, tags: set[str]) -> Iterator[NotebookNode]:
    identity = f"{target.chapter.number}-{digest(cell.metadata.get('english', cell.source))}"
    if cell.cell_type != "code":
        yield from _text(target, cell.source, identity)
    elif tags & {"exercise", "given"}:
        for topic, name in imported(target, cell.source):
            yield from _function(target, topic, name, "exercise" in tags)
    else:
        source = cell.source
        if target.framework and not tags & set(FRAMEWORKS):
            source = source.replace("prodgen_lib.torch", f"prodgen_lib.{target.framework}")
        cell = _code(identity, source, sorted(tags & {"parameters"}))
        yield _set_up(cell, FOLDED.in_(target.language))


def _set_up(cell: NotebookNode, words: str) -> NotebookNode:
    """A cell that only imports is folded: its first line, which JupyterLab shows, says so."""
    body = ast.parse(names.as_python(cell.source) or "").body
    if body and all(isinstance(node, ast.Import | ast.ImportFrom) for node in body):
        cell.source = f"{words}\n{cell.source}"
        cell.metadata["jupyter"] = {"source_hidden": True}
    return cell


def _with_links(target: Target, cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells with the way to the chapters around, under the first and at the end."""
    chapter, root = target.chapter, target.chapter.path.parent.parent
    if not target.framework:
        return cells
    files = [path for path in chapter_files(root) if path.stem[0].isdigit()]
    here = files.index(chapter.path)
    links = [f"← {_link(target, files[here - 1])}"] if here else []
    links += [_link(target, files[0])] if here > 1 else []
    links += [f"{_link(target, path)} →" for path in files[here + 1 : here + 2]]
    start, end = (
        _markdown(f"{chapter.number}-{place}", " · ".join(links), ("navigation",))
        for place in ("way-in", "way-on")
    )
    return [cells[0], start, *cells[1:], end] if links else cells


def _link(target: Target, path: Path) -> str:
    """A neighbour by its number and title; only one notebook stands for one without framework."""
    other = chapter_in(path, target.language)
    variant = target.framework if target.framework in other.variants else None
    number = f"{int(other.number)} " if int(other.number) else ""
    place = Target(other, variant, target.learner, target.language).file
    folder = Path(target.file).parent
    return f"[{number}{other.title}]({os.path.relpath(place, folder)})"


def digest(source: str) -> str:
    """Eight hex digits that stand for a cell; a comment more or less does not change them."""
    return hashlib.sha256(names.without_prose(source).encode()).hexdigest()[:8]


def _code(identity: str, source: str, tags: list[str], **metadata: str) -> NotebookNode:
    metadata = {"tags": tags, **metadata} if tags else metadata
    return nbformat.v4.new_code_cell(source, id=identity, metadata=metadata)


def _markdown(identity: str, source: str, tags: tuple[str, ...] = ()) -> NotebookNode:
    metadata = {"tags": list(tags)} if tags else {}
    return nbformat.v4.new_markdown_cell(source, id=identity, metadata=metadata)


def imported(target: Target, source: str) -> list[tuple[str, str]]:
    """``(topic, function)`` of each name that an exercise or given cell imports."""
    tree = ast.parse(names.as_python(source) or "")
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom) or not ANSWER_KEY.fullmatch(node.module or ""):
            break
        if any(alias.asname or alias.name == "*" for alias in node.names):
            break
    else:
        if tree.body:
            return [(n.module.split(".")[-1], a.name) for n in tree.body for a in n.names]
    raise CourseError(
        f"{target.chapter.path.name}: the exercise or given cell {source.strip()[:60]!r} must hold "
        "imports only, as `from prodgen_lib.torch.gan import generator_loss`."
    )


def _function(target: Target, topic: str, name: str, exercise: bool) -> list[NotebookNode]:
    if target.framework is None:
        raise CourseError(
            f"{target.chapter.path.name} shows {topic}.{name}, but its head says frameworks: none."
        )
    source = _from_library(target, function_source, target.framework, topic, name)
    identity = f"{topic}-{name}"
    if not exercise:
        return [_code(identity, source, ["given"])]
    known = _from_library(target, load_exercises, topic)
    if name not in known:
        raise CourseError(
            f"{target.chapter.path.name} asks for the exercise {topic}.{name}, which has no page "
            f"exercises/{topic}/{name}.md; there are: {', '.join(known)}."
        )
    about = known[name]
    task = task_in(target.language, about, target.framework)
    if target.learner:
        source = _from_library(target, about.candidate, target.framework, source) or stub(source)
    return [
        _markdown(f"{identity}-about", _about(target, about, task), ("about",)),
        _code(identity, brief(source), ["exercise"], exercise_id=about.id),
        _code(
            f"{identity}-check",
            _check(about.id, name),
            list(CHECK_TAGS),
            exercise_id=about.id,
        ),
    ]


def _check(identity: str, name: str) -> str:
    """The code of a check cell, as the formatter wants it."""
    line = f'{name} = check("{identity}", {name})'
    return line if len(line) <= 100 else f'{name} = check(\n    "{identity}", {name}\n)'


def _from_library(target: Target, ask, *arguments):
    """The library's own sentence, with the chapter it concerns in front."""
    try:
        return ask(*arguments)
    except ValueError as error:
        raise CourseError(f"{target.chapter.path.name}: {error}") from None


def _about(target: Target, exercise: Exercise, task: str) -> str:
    """The head of an exercise: what is asked for, as its docstring says it."""
    about = ABOUT.in_(target.language)
    return about.format(
        name=exercise.name,
        what=(MEND if exercise.review else WRITE).in_(target.language),
        task=task,
        difficulty=dots(exercise.difficulty),
        importance=dots(exercise.importance),
        minutes=exercise.minutes,
        id=exercise.id,
        hints=len(exercise.hints),
    )


def _text(target: Target, source: str, identity: str) -> Iterator[NotebookNode]:
    def fill(found: re.Match) -> str:
        return _placeholder(target, found)

    before, questions, after = source.partition("{{questions}}")
    if before.strip():
        yield _markdown(identity, PLACEHOLDER.sub(fill, before).strip())
    if questions:
        yield from _questions(target)
    if after.strip():
        yield _markdown(f"{identity}-after", PLACEHOLDER.sub(fill, after).strip())


def _questions(target: Target) -> Iterator[NotebookNode]:
    """One text cell a question, rendered by the question bank from the chapter's YAML."""
    from prodgen_lib.questions import question_cells

    path = target.chapter.path.with_suffix(".yaml")
    chinese = target.language == "zh"
    languages = [("zh",)] if chinese else []  # in English they are in both
    sections = headings(path.parent.parent) if chinese else {}
    for key, text in _from_library(target, question_cells, path, target.framework, *languages):
        shown = SEE.sub(lambda found: sections.get(found[0], found[0]), text)
        yield _markdown(f"{target.chapter.number}-{key}", shown, ("questions",))


def _placeholder(target: Target, found: re.Match) -> str:
    word, topic, name = found.groups()
    if target.framework:
        if word == "other_code" and name:
            code = _from_library(target, function_source, target.other, topic, name)
            return f"```python\n{code}\n```"
        twin, here = (target.chapter.stem(f) for f in (target.other, target.framework))
        simple = {
            "framework": TITLES[target.framework],
            "other": TITLES[target.other],
            "package": target.framework,
            "twin": f"{twin}.ipynb",
            "solution": f"{'../' * target.file.count('/')}solutions/{here}.ipynb",
        }
        if word in simple and not name:
            return simple[word]
    raise CourseError(
        f"{target.chapter.path.name} holds {found[0]}, which the build can't fill in; it knows "
        "{{framework}}, {{other}}, {{package}}, {{twin}}, {{solution}}, {{other_code:topic.name}} "
        "(in a chapter with frameworks) and {{questions}}, once in a cell."
    )


def _make_ids_unique(target: Target, cells: list[NotebookNode]) -> None:
    """The second cell with the same text gets ``-2``; the same function twice is a mistake."""
    seen: dict[str, int] = {}
    for cell in cells:
        seen[cell.id] = seen.get(cell.id, 0) + 1
        if seen[cell.id] > 1 and not cell.id.startswith(f"{target.chapter.number}-"):
            name = cell.id.removesuffix("-about")
            raise CourseError(f"{target.chapter.path.name} shows {name} twice; show it once.")
        if seen[cell.id] > 1:
            cell.id = f"{cell.id}-{seen[cell.id]}"


def has(cell: NotebookNode, *tags: str) -> bool:
    """Whether a cell carries one of these tags."""
    return bool(set(tags) & set(cell.metadata.get("tags", [])))


def is_shown(cell: NotebookNode) -> bool:
    """Whether a cell holds library code (or a learner's version of it)."""
    return has(cell, "exercise", "given")


def _check_names(target: Target, cells: list[NotebookNode]) -> None:
    code = [cell for cell in cells if cell.cell_type == "code"]
    known = set().union(*(names.defined(cell.source) for cell in code)) if code else set()
    for cell in filter(is_shown, code):
        if missing := sorted(names.used(cell.source) - known):
            listed = " and ".join(f"`{name}`" for name in missing)
            raise CourseError(
                f"`{cell.id.partition('-')[2]}` uses {listed}, which {target.file} doesn't define: "
                f"import it in {target.chapter.path.name}, or show it with the tag given."
            )
