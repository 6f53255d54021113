"""Which code of a submission counts, read and never run."""

from __future__ import annotations

import copy
import random

import nbformat
import pytest

from prodgen_lib.checking.source import PACKAGE, function_source
from prodgen_lib.checking.statements import statements
from prodgen_lib.classroom.grading.graft import Graft
from prodgen_lib.course.project import read_notebook

ROOT = PACKAGE.parent
LOSS, STEP = "gan.generator_loss", "gan.train_step"
ANSWER = "def generator_loss(fake_logits):\n    return F.softplus(-fake_logits).mean()\n"


@pytest.fixture(scope="module")
def course():
    return read_notebook(ROOT / "notebooks/06_gan_torch.ipynb")


@pytest.fixture
def mine(course):
    return copy.deepcopy(course)


def cell_of(notebook, exercise=LOSS):
    return next(c for c in notebook.cells if c.id == exercise.replace(".", "-", 1))


def graft(mine, course):
    return Graft(mine, course, lambda exercise: function_source("torch", *exercise.split(".")))


def code(mine, course, exercise=LOSS, right=lambda exercise: False):
    program = graft(mine, course).program(exercise, right)
    return "\n".join(text for _, text in program.cells), program


def test_only_what_the_answer_needs_runs(mine, course):
    cell_of(mine).source = f"print('hello')\n{ANSWER}\nwhile True: pass\nscale = 1\n"
    text, program = code(mine, course)
    assert "softplus" in text and "torch.nn.functional" in text
    assert not {"hello", "while True", "scale", "load_pretrained()"} & set(text.split())
    assert "print" not in text and "def train" not in text and program.added == set()


def test_helpers_beside_the_answer_and_names_that_it_changes(mine, course):
    cell_of(mine).source = (
        "SHIFT = [0]\nSHIFT.append(1)\ndef half(x): return x / 2\n"
        "def generator_loss(fake_logits):\n    return half(fake_logits) + SHIFT[1]\n"
        "generator_loss.seen = 3\n"
    )
    text, _ = code(mine, course)
    for part in ("SHIFT = [0]", "SHIFT.append(1)", "def half", "generator_loss.seen = 3"):
        assert part in text


def test_definitions_in_cells_of_their_own_are_found_and_told(mine, course):
    cell_of(mine).source = "def generator_loss(x):\n    return mine(x) * torch.tensor(1.0)\n"
    mine.cells.insert(2, nbformat.v4.new_code_cell("import math\ndef mine(x): return math.pi * x"))
    mine.cells.insert(3, nbformat.v4.new_code_cell("torch.manual_seed(0)\nother = 3"))
    text, program = code(mine, course)
    assert program.added == {"mine", "math"}
    assert "import math" in text and "def mine" in text and "other" not in text
    assert "manual_seed" not in text, "a call of a module changes no module"
    assert "import torch\n" in text


def test_an_import_added_to_a_course_cell_is_found(mine, course):
    setup = next(c for c in mine.cells if "import numpy as np" in c.source)
    setup.source = "import math\nnp = None\n" + setup.source
    cell_of(mine).source = "def generator_loss(x):\n    return np.sqrt(math.pi)\n"
    text, program = code(mine, course)
    assert "import math" in text and program.added == {"math"}
    assert "np = None" not in text and "import numpy as np" in text


def test_the_answer_may_stand_in_another_cell_when_its_own_is_as_it_came(mine, course):
    mine.cells.append(nbformat.v4.new_code_cell(ANSWER))
    found, as_it_came = graft(mine, course).answer(LOSS)
    assert found.source == ANSWER and not as_it_came
    cell_of(mine).source = "def generator_loss(x):\n    return 1\n"
    assert graft(mine, course).answer(LOSS)[0].source == ANSWER, "as in Jupyter, the last counts"
    mine.cells[-1].source = "generator_loss = generator_loss(torch.zeros(3))\n"
    found, _ = graft(mine, course).answer(LOSS)
    assert found.source.endswith("return 1\n"), "a trial below the check is no definition"


def test_by_cell_id_then_by_exercise_id(mine, course):
    cell = cell_of(mine)
    cell.source, cell.id = ANSWER, "another"
    assert graft(mine, course).answer(LOSS)[0].source == ANSWER
    back = copy.deepcopy(cell)
    back.id, back.source = "gan-generator_loss", "def generator_loss(x):\n    return 2\n"
    mine.cells.append(back)
    assert graft(mine, course).answer(LOSS)[0].source.endswith("return 2\n")


def test_swapped_exercise_ids_change_nothing(mine, course):
    one, other = cell_of(mine), cell_of(mine, "gan.discriminator_loss")
    one.source = ANSWER
    one.metadata.exercise_id, other.metadata.exercise_id = "gan.discriminator_loss", LOSS
    assert graft(mine, course).answer(LOSS)[0].source == ANSWER


@pytest.mark.parametrize("kind", ["deleted", "markdown", "untouched", "comments only"])
def test_no_answer(mine, course, kind):
    cell = cell_of(mine)
    if kind == "deleted":
        mine.cells.remove(cell)
    elif kind == "markdown":
        cell.cell_type, cell.source = "markdown", ANSWER
    elif kind == "comments only":
        cell.source += "\n# to do\n"
    found = graft(mine, course).answer(LOSS)
    assert found is None if kind in ("deleted", "markdown") else found[1]


def test_check_cells_never_count_wherever_they_stand(mine, course):
    for cell in mine.cells:
        if "check" in cell.metadata.get("tags", []):
            cell.source = "def generator_loss(x): return 'cheat'\ncheck = print"
    random.Random(0).shuffle(mine.cells)
    cell_of(mine).source = ANSWER
    text, _ = code(mine, course)
    assert "cheat" not in text and "check" not in text


def test_other_exercises_are_the_students_where_right_and_else_the_courses(mine, course):
    cell_of(mine, STEP).source = function_source("torch", "gan", "train_step")
    cell_of(mine, "gan.gradient_penalty").source = "def gradient_penalty(d, x):\n    return MINE\n"
    text, program = code(mine, course, STEP, lambda exercise: exercise == "gan.gradient_penalty")
    assert "return MINE" in text and program.called == {"gan.gradient_penalty"}
    assert "F.softplus(fake_logits - real_logits).mean()" in text
    text, program = code(mine, course, STEP)
    assert "MINE" not in text and "create_graph=True" in text and program.called == set()


def test_never_the_courses_version_of_the_exercise_itself(mine, course):
    cell_of(mine).source = "def generator_loss(x):\n    return generator_loss(x)\n"
    text, _ = code(mine, course)
    assert text.count("def generator_loss") == 1 and "softplus(" not in text


def test_magics_and_several_statements_in_a_line(mine, course):
    cell_of(mine).source = "%matplotlib inline\nk = 2; j = 3\n!ls\n" + ANSWER.replace("-", "-k*")
    text, _ = code(mine, course)
    assert (
        "k = 2" in text
        and "j = 3" not in text
        and "matplotlib" not in text
        and "ls" not in text.split()
    )


def test_lines_keep_their_numbers(mine, course):
    cell_of(mine).source = "1 / 1\n\n" + ANSWER
    program = graft(mine, course).program(LOSS, lambda exercise: False)
    _, text = program.cells[-1]
    assert text.splitlines()[2].startswith("def generator_loss") and text.startswith("\n\n")


HOSTILE = {
    "brackets": "(" * 5000,
    "signs": "-" * 90_000 + "1",
    "attributes": "a" + ".b" * 30_000,
    "calls": "f" + "()" * 20_000,
    "null": "x = 1\0",
    "half a letter": "\ud800",
    "sums": "1 +" * 30_000 + "1",
    "lists": "[" * 3000 + "]" * 3000,
    "long": "x" * 200_000,
    "lambdas": "lambda: " * 20_000 + "1",
    "nots": "not " * 20_000 + "1",
    "choices": "a if b else " * 20_000 + "c",
    "blocks": "".join(" " * n + "if 1:\n" for n in range(300)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_without_harm(mine, course, name):
    source = HOSTILE[name]
    cell_of(mine).source = source
    mine.cells.append(nbformat.v4.new_code_cell(source))
    statements(source)
    found = graft(mine, course)
    assert found.answer(LOSS) and found.answer(STEP)
    found.program(STEP, lambda exercise: False)


def test_helpers_that_call_helpers_without_end_are_followed(mine, course):
    last = "".join(f"def h{n}(x): return h{n + 1}(x)\n" for n in range(1500))
    cell_of(mine).source = f"def generator_loss(x):\n    return h0(x)\n{last}"
    text, _ = code(mine, course)
    assert "def h0(x)" in text and "def h1499(x)" in text


def test_what_a_definition_reads_stands_above_it(mine, course):
    """The course's ``score`` is annotated by ``nn``; an answer's import below comes too late."""
    identity = "gan.train_step"
    cell_of(mine, identity).source = (
        "from torch import nn\n\ndef train_step(g, d, *rest, **more):\n"
        "    return nn.Identity()(score(d, rest[2]))\n"
    )
    text, _ = code(mine, course, identity)
    first = text.index("Tensor, nn") if "Tensor, nn" in text else -1
    assert 0 <= first < text.index("def score") < text.index("from torch import nn\n")
