"""One exercise in a short notebook of its own, made from the same source as its chapter's."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from prodgen_lib import __version__
from prodgen_lib.checking import names
from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.checking.language import Text, language
from prodgen_lib.checking.source import FRAMEWORKS, brief, function_source, module_path, stub
from prodgen_lib.checking.verbs import dots
from prodgen_lib.course.chinese_task import task_in
from prodgen_lib.course.compose import CHECK_TAGS, KERNEL, TITLES, has
from prodgen_lib.course.project import CourseError, read_notebook, write_notebook

DRILL = "drill"  # stands where other notebooks name their chapter
WRITE = Text("Write the body", "请写出函数体")
MEND = Text("Find the faults of this answer and mend them", "请找出这份答案的错误并改正")
ABOUT = Text(
    "# Drill: `{name}` in {framework}\n\n{task}, as you would in an interview: about {minutes} "
    'minutes, difficulty {difficulty}. Stuck? `hint("{id}")`.',
    "# 练习：用 {framework} 写 `{name}`\n\n{task}，就像在面试中那样：大约 {minutes} 分钟，"
    '难度 {difficulty}。卡住了？`hint("{id}")`。',
)


def drill(exercise_id: str, framework: str, verbs: str = "") -> NotebookNode:
    """A notebook with the imports, the exercise and its check; nothing else is needed to run it.

    `verbs` are lines that give it ``check`` and ``hint``, by default the chapter's own. Other
    functions of the course that the answer needs are imported. Raises ``CourseError`` for
    an unknown exercise or framework.
    """
    if framework not in FRAMEWORKS:
        raise CourseError(f"There is no framework {framework!r}; choose torch or tensorflow.")
    try:
        exercise = find_exercise(exercise_id)
        source = function_source(framework, exercise.topic, exercise.name)
    except ValueError as error:
        raise CourseError(str(error)) from None
    start = brief(exercise.candidate(framework, source) or stub(source))
    about = ABOUT.format(
        name=exercise.name,
        id=exercise.id,
        framework=TITLES[framework],
        minutes=exercise.minutes,
        difficulty=dots(exercise.difficulty),
        task=(MEND if exercise.review else WRITE).in_(language()),
    )
    new, task = nbformat.v4, task_in(language(), exercise, framework)
    check = f'{exercise.name} = check("{exercise.id}", {exercise.name})'
    name = {"exercise_id": exercise.id}
    return new.new_notebook(
        cells=[
            new.new_markdown_cell(f"{about.in_(language())}\n\n{task}", id="about"),
            new.new_code_cell(_imports(exercise.topic, framework, source, verbs), id="set-up"),
            new.new_code_cell(start, id="answer", metadata={"tags": ["exercise"], **name}),
            new.new_code_cell(check, id="check", metadata={"tags": list(CHECK_TAGS), **name}),
        ],
        metadata={
            "kernelspec": dict(KERNEL),
            "language_info": {"name": "python"},
            "prodgen": {"chapter": DRILL, "framework": framework, "version": __version__},
        },
    )


def _imports(topic: str, framework: str, source: str, verbs: str) -> str:
    """The import statements that the answer needs: its module's, and its neighbours' names."""
    path = module_path(framework, topic)
    needed, lines, here = names.used(source), [], []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            kept = [a for a in node.names if (a.asname or a.name).partition(".")[0] in needed]
            if kept and getattr(node, "module", "") != "__future__":
                node.names = kept
                lines.append(ast.unparse(node))
        else:
            here += sorted(_made(node) & needed)
    own = ast.parse(source).body[0].name
    if here := [name for name in here if name != own]:
        module = ".".join(_inside(path.with_suffix("")))
        lines.append(f"from {module} import {', '.join(here)}")
    lines.append(verbs or f"from prodgen_lib.{framework} import check, hint")
    return "\n".join(lines)


def _inside(path: Path) -> tuple[str, ...]:
    """The parts of a module's path from ``prodgen_lib`` on."""
    parts = path.parts
    return parts[len(parts) - 1 - parts[::-1].index("prodgen_lib") :]


def _made(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()


def write_drill(exercise_id: str, framework: str, folder: Path, *, verbs: str = "") -> Path:
    """Write a drill into ``folder``; an earlier one of the same exercise keeps its file."""
    notebook = drill(exercise_id, framework, verbs)
    path = free_path(folder, f"drill_{exercise_id.replace('.', '_')}_{framework}")
    write_notebook(notebook, path)
    return path


def free_path(folder: Path, stem: str) -> Path:
    """A notebook's file in ``folder`` that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while (path := folder / f"{stem}{f'_{number}' if number > 1 else ''}.ipynb").exists():
        number += 1
    return path


def pristine_drill(root: Path, learner: NotebookNode) -> NotebookNode:
    """A drill as it came, for grading one: its check holds what a right answer prints."""
    ids = [c.metadata.get("exercise_id", "") for c in learner.cells if has(c, "exercise")]
    notebook = drill(ids[0] if ids else "", learner.metadata.prodgen.get("framework", ""))
    for path in sorted((root / "solutions").glob(f"*_{notebook.metadata.prodgen.framework}.ipynb")):
        for cell in read_notebook(path).cells:
            if has(cell, "check") and cell.metadata.get("exercise_id") == ids[0]:
                notebook.cells[-1].update(outputs=cell.outputs, execution_count=1)
                return notebook
    raise CourseError(f"No chapter in solutions/ has the exercise {ids[0]}: run `prodgen build`.")
