import json
import shutil
from pathlib import Path

import nbformat
import pytest

from prodgen_lib.course import grade as grading
from prodgen_lib.course.build import build
from prodgen_lib.course.grade import grade, table
from prodgen_lib.course.grade_copy import graded_copy
from prodgen_lib.course.project import CourseError, read_notebook, write_notebook

MEAN = "def mean(values):\n    return values.sum() / values.size"
CENTRED = "def centred(values):\n    return values - mean(values)"
SPREAD = "def review_spread(values):\n    return mean(centred(values) ** 2)"


@pytest.fixture(scope="session")
def executed(tmp_path_factory):
    """Keeps the executed notebooks of the tiny course, so that one test alone pays for them."""
    return tmp_path_factory.mktemp("executed")


@pytest.fixture
def mine(course, executed):
    """The learner's copy in an executed course."""
    if not any(executed.iterdir()):
        assert build(course, ["05"], framework="torch", say=lambda line: None) == []
        for tree in ("notebooks", "solutions"):
            shutil.copytree(course / tree, executed / tree)
    shutil.copytree(executed, course, dirs_exist_ok=True)
    (course / "work").mkdir()
    return Path(shutil.copy(course / "notebooks/05_mini_torch.ipynb", course / "work"))


def write(path, **sources):
    """Write answers into the cells with these ids (``_`` for ``-``); ``last`` adds a cell."""
    notebook = read_notebook(path)
    for name, source in sources.items():
        if name == "first":
            notebook.cells.insert(0, nbformat.v4.new_code_cell(source))
        for cell in notebook.cells:
            if cell.id == f"mini-{name}":
                cell.source = source
    write_notebook(notebook, path)


def copied(course, path):
    pristine = read_notebook(course / "notebooks/05_mini_torch.ipynb")
    return [cell.source for cell in graded_copy(read_notebook(path), pristine).cells]


def test_only_cells_that_answers_need_are_run(course, mine):
    write(mine, mean="def mean(values):\n    return HALF * 2", first="HALF = 1\nlong_training()")
    sources = copied(course, mine)
    assert "HALF = 1" in sources, "the answer uses it, and not the training beside it"
    assert any(source.strip().startswith("import numpy") for source in sources)
    assert not any(source.startswith(("print(", "word", "profile")) for source in sources)


def test_a_cell_that_changes_what_an_answer_uses_is_run(course, mine):
    notebook = read_notebook(mine)
    own = ["TABLE = []", "TABLE.append(1)", "np.set_printoptions()", "other.append(1)", "%run a.py"]
    notebook.cells[3:3] = [nbformat.v4.new_code_cell(source) for source in own]
    write_notebook(notebook, mine)
    write(mine, mean="def mean(values):\n    return TABLE[0]")
    sources = copied(course, mine)
    assert [source for source in own if source in sources] == own[:2]
    assert not any("run_line_magic" in source for source in sources)
    write(mine, mean="def mean(values):\n    return TABLE[0] + MADE_BY_A_FILE")
    assert any("'run', 'a.py'" in source for source in copied(course, mine))


def test_checks_are_the_courses_own_and_stand_where_the_learner_has_them(course, mine):
    write(mine, **{"mean-check": "print('mini.mean  ✓ 2/2   0.2347')"})
    notebook = read_notebook(mine)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "mini-centred-check"]
    write_notebook(notebook, mine)
    sources = copied(course, mine)
    assert 'mean = check("mini.mean", mean)' in sources and "print('mini.mean" not in str(sources)
    assert sources[-1] == 'centred = check("mini.centred", centred)', "one that is gone comes last"


def test_no_tag_or_comment_makes_nbval_look_away(course, mine):
    notebook = read_notebook(mine)
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", []).append("raises-exception")
    write_notebook(notebook, mine)
    write(mine, mean=f"# NBVAL_SKIP\n{MEAN}")
    copy = graded_copy(read_notebook(mine), read_notebook(course / "notebooks" / mine.name))
    assert "NBVAL" not in str(copy) and "raises-exception" not in str(copy)


def test_a_fresh_notebook_is_not_answered(course, mine):
    results = grade(course, mine)
    assert [result.answered for result in results] == [False, False, False]
    assert not any(result.passed for result in results)
    assert "mini.mean           –  not answered" in table(mine, results)
    assert "0 of 3 exercises pass." in table(mine, results)


def test_right_answers_pass_beside_wrong_and_broken_ones(course, mine, monkeypatch):
    monkeypatch.setenv("PRODGEN_SEED", "7")
    monkeypatch.setenv("PRODGEN_STRICT", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    write(mine, mean="def mean(values):\n    return values.sum()", centred=CENTRED)
    write(mine, review_spread="def review_spread(values:\n    return 1")
    steps = []
    mean, centred, spread = grade(course, mine, lambda done, total: steps.append((done, total)))
    assert (mean.passed, mean.message) == (False, "This is the sum: divide it by the count.")
    assert centred.passed
    assert spread.message == ("In the answer's cell: SyntaxError: '(' was never closed (line 1)")
    assert steps[-1][0] == steps[-1][1] == len(steps)


def test_all_right_passes_with_helpers_from_a_file_beside_the_notebook(course, mine):
    (course / "work/helpers.py").write_text("def half(x):\n    return x / 2\n")
    write(
        mine,
        first="from helpers import half",
        mean="def mean(values):\n    return half(2 * values.sum()) / values.size",
        centred=CENTRED,
        review_spread=SPREAD,
    )
    assert all(result.passed for result in grade(course, mine))
    assert sorted(path.name for path in (course / "work").iterdir() if path.suffix == ".ipynb") == [
        mine.name
    ]


def test_an_answer_in_a_cell_of_its_own_counts(course, mine):
    notebook = read_notebook(mine)
    at = [cell.id for cell in notebook.cells].index("mini-mean")
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell("def mean(values):\n    return 0.0"))
    write_notebook(notebook, mine)
    mean, centred, _ = grade(course, mine)
    assert (mean.answered, centred.answered) == (True, False) and mean.message


def test_a_check_in_a_cell_of_ones_own_makes_nothing_right(course, mine):
    """Nor does a notebook whose ids and metadata were cleaned away."""
    wrong = 'def mean(values):\n    return 0.0\nmean = check("mini.mean", mean)'
    write(mine, mean=wrong, centred=CENTRED)
    mean, centred, _ = grade(course, mine)
    assert mean.answered and not mean.passed and "got 0" in mean.message
    assert centred.passed, "the chapter goes on with the course's mean"
    notebook = read_notebook(mine)
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cleaned-{number}", {}
    write_notebook(notebook, mine)
    assert [result.passed for result in grade(course, mine)] == [False, True, False]


def test_a_solution_passes(course, mine):
    assert all(r.passed for r in grade(course, course / "solutions/05_mini_torch.ipynb"))


@pytest.mark.slow
def test_a_dead_kernel_and_an_endless_loop_are_reported(course, mine, monkeypatch):
    monkeypatch.setattr(grading, "SECONDS_A_CELL", 3)
    loop = "def centred(values):\n    while True: pass"
    write(mine, mean=MEAN, centred=loop, review_spread=SPREAD)
    mean, centred, spread = grade(course, mine)
    assert mean.passed and not spread.passed, "it stands on the loop"
    assert "3 seconds" in centred.message, centred
    write(mine, centred="def centred(values):\n    import os\n    os._exit(1)")
    mean, centred, spread = grade(course, mine)
    assert mean.passed and centred.message.startswith("The kernel died in it")
    assert spread.message == "Not reached: the kernel died in a cell above."


def test_missing_and_double_ids_are_no_damage(course, mine):
    notebook = json.loads(mine.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    del code[1]["id"]
    notebook["cells"].append(code[-1])
    mine.write_text(json.dumps(notebook), encoding="utf-8")
    assert len([source for source in copied(course, mine) if "check(" in source]) == 3


def test_checks_without_stored_results_are_said(course, mine):
    pristine = course / "solutions/05_mini_torch.ipynb"
    notebook = read_notebook(pristine)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    write_notebook(notebook, pristine)
    with pytest.raises(CourseError, match="no stored results: run `prodgen build`"):
        grade(course, mine)


def test_a_notebook_of_no_chapter_is_said(course, mine):
    stranger = course / "work/mine.ipynb"
    write_notebook(nbformat.v4.new_notebook(), stranger)
    with pytest.raises(CourseError, match="belongs to no chapter"):
        grade(course, stranger)


def test_a_renamed_notebook_is_known_by_what_it_says(course, mine):
    renamed = course / "work/05_mini_torch-Copy1.ipynb"
    shutil.copy(mine, renamed)
    found = grading._pristine(course, renamed, read_notebook(renamed))
    here = read_notebook(course / "notebooks/05_mini_torch.ipynb")
    assert [cell.id for cell in found.cells] == [cell.id for cell in here.cells]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n"),
        *(
            lambda text, key=key, value=value: changed(text, key, value)
            for key, value in [
                *(("execution_count", None), ("outputs", None), ("id", None), ("id", "null")),
                *(("id", "#VSC-1a2b"), ("id", "x" * 80), ("id", 7), ("metadata", None)),
            ]
        ),
    ],
)
def test_what_editors_write_is_mended_in_memory(course, mine, change):
    write(mine, mean=MEAN)
    text = change(mine.read_text(encoding="utf-8"))
    mine.write_bytes(text if isinstance(text, bytes) else text.encode())
    learner = grading._read(mine)
    pristine = read_notebook(course / "notebooks/05_mini_torch.ipynb")
    sources = [cell.source for cell in graded_copy(learner, pristine).cells]
    assert MEAN in sources and sum("check(" in source for source in sources) == 3
    assert grading._untouched(learner, pristine) == {"mini.centred", "mini.review_spread"}


def changed(text, key, value):
    """The notebook with a field of every cell taken away, or made ``value``."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if value is None:
            cell.pop(key, None)
        elif key in cell:
            cell[key] = None if value == "null" else value
    return json.dumps(notebook)


def test_a_crash_in_one_notebook_costs_no_other_its_table(course, mine, monkeypatch):
    said = []
    once = grading.graded_copy

    def crash(learner, pristine):
        raise KeyError("nobody thought of it")

    other = Path(shutil.copy(mine, mine.with_name("other.ipynb")))
    write(mine, mean=MEAN)
    monkeypatch.setattr(grading, "graded_copy", crash)
    passed = grading.grade_all(course, [mine, other], lambda line, err=False: said.append(line))
    assert not passed and "can't be checked (KeyError" in said[0] and "0 of 3" in said[1]
    monkeypatch.setattr(grading, "graded_copy", once)


@pytest.mark.parametrize(
    "text",
    [
        *("return 1", "nonlocal q", "def o(x, x): return x", "def o():\n    x = 1\n    global x"),
        *("async def o():\n    [await x for y in z]\ndef p():\n    await q", "break", "\0"),
        *("def o():\n    from math import *", "(" * 500 + ")" * 500, "-" * 9000 + "1"),
    ],
)
def test_errors_that_only_the_compiler_finds_are_the_answers_own(course, mine, text):
    write(mine, mean=f"{MEAN}\n{text}", centred=CENTRED)
    copy = graded_copy(grading._read(mine), read_notebook(course / "notebooks/05_mini_torch.ipynb"))
    (answer,) = [c.source for c in copy.cells if c.metadata.get("exercise_id") == "mini.mean"][:1]
    with pytest.raises((SyntaxError, ValueError, MemoryError, RecursionError)):
        exec(answer, {})
    assert grading._untouched(
        grading._read(mine), grading._pristine(course, mine, grading._read(mine))
    ) == {"mini.review_spread"}


def test_files_beside_the_notebook_are_there_and_named(course, mine):
    """They are read as in Jupyter, and the learner is told that they stay behind."""
    (mine.parent / "factor.txt").write_text("1.0")
    (mine.parent / "random.py").write_text("x = 1\n")
    (mine.parent / "mytools.py").write_text("def one(x):\n    return x\n")
    write(
        mine,
        first="from mytools import one\nimport random",
        mean="FACTOR = float(open('factor.txt').read())\n" + MEAN + " * FACTOR",
        centred="def centred(values):\n    return one(values - mean(values))",
        review_spread=SPREAD.replace("return", "random.random()\n    return"),
    )
    results = grade(course, mine)
    assert all(result.passed for result in results)
    mean, centred, _ = results
    assert "`factor.txt`" in mean.message and "`mytools.py`" in centred.message
    assert "`random.py` beside the notebook" in centred.message
    assert "✓  `random.py`" in table(mine, results)
