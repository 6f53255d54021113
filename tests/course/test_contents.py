import nbformat
import pytest

from prodgen_lib.course.build import build
from prodgen_lib.course.contents import contents
from prodgen_lib.course.links import keep_links, kept
from prodgen_lib.course.project import CourseError, read_notebook
from prodgen_lib.course.work import copy_notebooks, reset

NONE = {"torch": {}, "tensorflow": {}}


@pytest.fixture
def built(course):
    build(course, run=False, say=lambda line: None)
    return course


def test_the_table_counts_what_is_solved_and_names_what_is_next(built):
    text = contents(built, built / "notebooks", NONE | {"torch": {"mini.mean": True}})
    (row,) = [line for line in text.splitlines() if line.startswith("| 5 |")]
    assert "[open](05_mini_torch.ipynb) · 1 of 3 solved" in row
    assert "[open](05_mini_tensorflow.ipynb) · 0 of 3 solved" in row
    assert "Needs" in text and "(05_mini_torch.ipynb)" in text.splitlines()[-1]


def test_only_what_is_there_is_linked(built):
    list(copy_notebooks(built, ("tensorflow",)))
    text = contents(built, built / "work", NONE)
    assert "05_mini_torch" not in text and "| – | [open](05_mini_tensorflow" in text


def test_a_copy_has_no_dead_link(built):
    list(copy_notebooks(built, ("torch",)))
    reset(built, "05_mini_torch")
    for path in (built / "work").glob("*.ipynb"):
        text = "\n".join(c.source for c in read_notebook(path).cells if c.cell_type == "markdown")
        assert "05_mini_tensorflow.ipynb" not in text
        assert "05_mini_torch.ipynb" in text or "solutions" in text or "00_start_here" in text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a [b](x.ipynb) c", "a b c"),
        ("a [b](y.ipynb) c", "a [b](y.ipynb) c"),
        ("The same chapter in [B](x.ipynb) · [the solution](y.ipynb)", "[the solution](y.ipynb)"),
        ("Read it. The same chapter in [B](x.ipynb) · [it](y.ipynb)", "Read it. [it](y.ipynb)"),
        (
            "The same chapter in [B](y.ipynb) · [the solution](x.ipynb)",
            "The same chapter in [B](y.ipynb)",
        ),
    ],
)
def test_of_a_dead_link_the_words_stay_but_of_a_way_nothing(text, left):
    assert kept(text, ["y.ipynb"]) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("← [4 B](x.ipynb) · [Start](y.ipynb) · [6 C](x.ipynb) →", ["[Start](y.ipynb)"]),
        ("← [4 B](y.ipynb) · [6 C](y.ipynb) →", ["← [4 B](y.ipynb) · [6 C](y.ipynb) →"]),
        ("← [4 B](x.ipynb) · [6 C](x.ipynb) →", []),
    ],
)
def test_of_the_way_on_only_what_leads_somewhere_is_left(text, left):
    cell = nbformat.v4.new_markdown_cell(text, metadata={"tags": ["navigation"]})
    notebook = keep_links(nbformat.v4.new_notebook(cells=[cell]), ["y.ipynb"])
    assert [cell.source for cell in notebook.cells] == left


def test_minutes_are_a_number(course):
    path = course / "chapters/05_mini.md"
    path.write_text(path.read_text().replace("---\n", "---\nminutes: long\n", 1))
    with pytest.raises(CourseError, match="says minutes: long"):
        build(course, run=False, say=lambda line: None)
