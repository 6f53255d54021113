"""A notebook that asks for a test: what a function must do, and a cell for ``properties``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from prodgen_lib import __version__
from prodgen_lib.checking.exercise import topics
from prodgen_lib.checking.language import Text, language
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.compose import CHECK_TAGS, KERNEL, TITLES, digest
from prodgen_lib.course.drill import free_path
from prodgen_lib.course.project import CourseError, write_notebook
from prodgen_lib.course.task import as_markdown, docstring
from prodgen_lib.properties.chosen import CHOSEN, Trial, find_trial

ABOUT = Text(
    "# Write the test: `{name}` in {framework}\n\n"
    "“How would you test this?” Somebody else writes the function below. Write "
    "`properties(answer)`: it gets a function that should do this, calls it, and raises (by "
    "`assert`, say) where it is wrong; where it is right it returns quietly. You can call "
    "`answer`, not read it. Your test meets the course's own answer and other right ones, which it "
    "must let pass, and {known} known wrong answers and more with one small change, which it "
    "should catch. About {minutes} minutes.",
    "# 写测试：用 {framework} 测试 `{name}`\n\n"
    "“你会怎样测试它？”下面的函数由别人来写。请写出 `properties(answer)`："
    "它得到一个应当做到这些的函数，调用它，在它出错时抛出异常（例如用 `assert`）；"
    "它正确时就安静地返回。你可以调用 `answer`，但看不到它的代码。"
    "你的测试会面对课程自己的答案和其他正确答案，它必须放行；还会面对 {known} 个已知的错误答案，"
    "以及更多只改动一处的答案，它应当发现。大约 {minutes} 分钟。",
)
TASK = Text("## What the function must do", "## 函数必须做到什么")
LOOK = Text(
    """## What to look for

- **Values by hand**: a small input whose result you can work out without the function. Choose
  numbers at which mistakes differ: not 0, not 1, and not all alike.
- **What must always hold**: a limit, a symmetry, an inverse, a sum; the same result for another
  order of the batch, and for each item by itself.
- **Shapes and types**: one item and several, sizes that all differ, so that swapped axes show.
- **Gradients**: where the docstring promises them, compare one with its formula, and make sure that
  it arrives.
- **Edges**: very large and very small numbers, ties, both ends of a range, what must raise.
- **Tolerances**: right answers round in other ways. Compare floats with a tolerance, never demand
  how it was written, and call `answer` as the docstring says.""",
    """## 从哪里入手

- **手算的数值**：取一个不用这个函数也能算出结果的小输入。所选的数要让不同的错误给出不同的结果：
  不要用 0 和 1，也不要全都一样。
- **始终成立的性质**：极限、对称、逆运算、总和；换一种批次顺序结果相同，单独处理每一项结果也相同。
- **形状和类型**：一项与多项都试；各个尺寸互不相同，轴弄反了才看得出来。
- **梯度**：文档字符串承诺了梯度时，拿一个与公式比较，并确认它真的传到了。
- **边界**：很大和很小的数、并列、范围的两端、应当抛出异常的输入。
- **容差**：正确答案的舍入方式各不相同。比较浮点数要有容差，不要规定写法，
  按文档字符串说的方式调用 `answer`。""",
)
STUB = '''def properties(answer):
    """Raise where `answer` is no right {name}; return quietly where it is one."""
    raise NotImplementedError'''
SET_UP = {
    "torch": "import math\n\nimport numpy as np\nimport torch",
    "tensorflow": "import math\n\nimport numpy as np\nimport tensorflow as tf",
}
QUIET = "from prodgen_lib.tensorflow import bridge  # keeps TensorFlow's import quiet"
VERB = "from prodgen_lib.properties import check_test"
LONGER = 3  # a test takes so many times the minutes of its function


def test_notebook(trial: Trial, framework: str) -> NotebookNode:
    """The notebook as a learner gets it: all that it needs is in it."""
    exercise, new = trial.exercise, nbformat.v4
    source = exercise.source(framework)
    about = ABOUT.format(
        name=exercise.name,
        framework=TITLES[framework],
        known=len(exercise.known_wrong(framework)),
        minutes=LONGER * exercise.minutes,
    ).in_(language())
    signature = source.partition(":\n")[0]
    task = f"{TASK.in_(language())}\n\n```python\n{signature}\n```\n\n"
    text = f"{about}\n\n{task}{as_markdown(docstring(source))}\n\n{LOOK.in_(language())}"
    first = [QUIET] if framework == "tensorflow" else []
    set_up = "\n".join([*first, SET_UP[framework], "", VERB])
    check = f'check_test("{exercise.id}", properties, framework="{framework}")'
    named = {"exercise_id": trial.id}
    cells = [
        new.new_markdown_cell(text, id="about"),
        new.new_code_cell(set_up, id="set-up"),
        new.new_code_cell(
            STUB.format(name=exercise.name),
            id="answer",
            metadata={"tags": ["exercise"], **named},
        ),
        new.new_code_cell(check, id="check", metadata={"tags": list(CHECK_TAGS), **named}),
    ]
    about_it = {
        "chapter": trial.stem,
        "framework": framework,
        "version": __version__,
        "text": digest("\n".join(cell.source for cell in cells[1:])),
    }
    return new.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": dict(KERNEL),
            "language_info": {"name": "python"},
            "prodgen": about_it,
        },
    )


def test_notebooks() -> Iterator[tuple[str, NotebookNode]]:
    """(name, notebook) of every test that can be asked for, in both frameworks."""
    there = topics()
    for identity in CHOSEN:
        if identity.partition(".")[0] not in there:
            continue
        trial = find_trial(identity)
        for framework in FRAMEWORKS:
            yield f"{trial.stem}_{framework}", test_notebook(trial, framework)


def write_test(name: str, framework: str, folder: Path) -> Path:
    """Write a notebook that asks for a test into ``folder``; an earlier one keeps its file."""
    try:
        trial = find_trial(name)
    except ValueError as error:
        raise CourseError(str(error)) from None
    if framework not in FRAMEWORKS:
        raise CourseError(f"There is no framework {framework!r}; choose torch or tensorflow.")
    path = free_path(folder, f"{trial.stem}_{framework}")
    write_notebook(test_notebook(trial, framework), path)
    return path


def pristine_test(chapter: str, framework: str) -> NotebookNode:
    """The notebook as it came, for grading one: its check holds what a good test prints."""
    trial = find_trial(chapter)
    notebook = test_notebook(trial, framework if framework in FRAMEWORKS else FRAMEWORKS[0])
    known = len(trial.exercise.known_wrong(notebook.metadata.prodgen.framework))
    told = nbformat.v4.new_output("stream", name="stdout", text=f"{trial.id}  ✓ {known}/{known}\n")
    notebook.cells[-1].update(outputs=[told], execution_count=1)
    return notebook
