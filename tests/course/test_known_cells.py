"""Cells that lost their ids or metadata are known by what stands in them."""

import copy

import pytest
from nbformat.v4 import new_code_cell

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.course.grade import _untouched
from prodgen_lib.course.known_cells import recognised
from prodgen_lib.course.project import read_notebook

COURSE = read_notebook(PACKAGE.parent / "notebooks/06_gan_torch.ipynb")
OWN = "gan-generator_loss"


def lost(notebook, *, ids=True, metadata=True):
    notebook = copy.deepcopy(notebook)
    for number, cell in enumerate(notebook.cells):
        if ids:
            cell.id = f"unnamed-{number}"
        if metadata:
            cell.metadata = {}
    return notebook


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("metadata", [True, False])
def test_an_untouched_notebook_is_untouched_whatever_was_lost(ids, metadata):
    learner = lost(COURSE, ids=ids, metadata=metadata)
    exercises = {c.metadata.exercise_id for c in COURSE.cells if "exercise_id" in c.metadata}
    assert len(exercises & _untouched(learner, COURSE)) >= 13
    found = [cell.id for cell in recognised(learner, COURSE).cells if cell.cell_type == "code"]
    assert found == [cell.id for cell in COURSE.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("form", ["{}", "    {}", ">>> {}", "%%time\n{}", "import math\n{}"])
def test_an_answer_is_known_by_its_function(form):
    learner = copy.deepcopy(COURSE)
    place = [cell.id for cell in learner.cells].index(OWN)
    learner.cells[place].source = form.format("def generator_loss(x): return 1")
    found = recognised(lost(learner), COURSE).cells[place]
    assert found.id == OWN and found.metadata.exercise_id == "gan.generator_loss"


def test_of_two_the_first_is_the_courses_and_what_is_known_stays():
    learner = copy.deepcopy(COURSE)
    place = [cell.id for cell in learner.cells].index(OWN)
    learner.cells.insert(place + 1, new_code_cell("def generator_loss(x): return 2", id="mine"))
    assert [c.id for c in recognised(learner, COURSE).cells] == [c.id for c in learner.cells]
    ids = [cell.id for cell in recognised(lost(learner), COURSE).cells]
    assert ids[place] == OWN and ids.count(OWN) == 1
