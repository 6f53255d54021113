import zipfile
from copy import deepcopy

import pytest

from prodgen_lib.classroom.release import origin, pristine, release
from prodgen_lib.course.links import keep_links
from prodgen_lib.course.project import CourseError, dumps, read_notebook, write_notebook
from prodgen_lib.course.salvage import read_notebook as read_stranger


def change(root, name="05_mini_torch", words="A new sentence."):
    """The course moves on: another text, so another digest."""
    path = root / f"notebooks/{name}.ipynb"
    notebook = read_notebook(path)
    notebook.cells[0].source += words
    notebook.metadata.prodgen.text = "feed0000"
    write_notebook(notebook, path)


def submitted(root, name="05_mini_torch"):
    return read_stranger((root / f"notebooks/{name}.ipynb").read_bytes()).notebook


def test_a_release_is_a_zip_for_students_and_keeps_what_it_gave_out(built):
    path = release(built, ("05",))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert names == ["README.txt", "05_mini_tensorflow.ipynb", "05_mini_torch.ipynb"]
        readme = archive.read("README.txt").decode()
        given = archive.read("05_mini_torch.ipynb").decode()
    course = read_notebook(built / "notebooks/05_mini_torch.ipynb")
    about = course.metadata.prodgen
    linked = keep_links(deepcopy(course), names)
    assert given == dumps(linked) and "../solutions" not in given
    assert f"prodgen {about.version}" in readme
    assert path.parent == built / "releases" and about.version in path.name
    kept = built / f"releases/05_mini_torch-{about.version}-{about.text}.ipynb"
    assert read_notebook(kept) == course


def test_the_same_release_is_the_same_bytes_and_another_gets_another_name(built):
    path = release(built, ("mini",), framework="torch")
    before = path.read_bytes()
    assert release(built, ("05_mini",), framework="torch") == path
    assert path.read_bytes() == before
    change(built)
    other = release(built, ("05",), framework="torch")
    assert other != path and path.read_bytes() == before
    assert len(list((built / "releases").glob("05_mini_torch-*.ipynb"))) == 2


def test_a_file_that_holds_something_else_is_left_alone(built):
    out = built / "mine.zip"
    out.write_text("my thesis")
    with pytest.raises(CourseError, match="holds something else"):
        release(built, ("05",), out=out)
    assert out.read_text() == "my thesis"
    assert release(built, ("05",), out=built / "new/students.zip").is_file()


@pytest.mark.parametrize("name", ["77", "start_here", "00"])
def test_a_chapter_that_is_none_or_has_no_exercises(built, name):
    with pytest.raises(CourseError, match="there are: 05_mini"):
        release(built, (name,))


def test_a_submission_is_graded_with_the_version_it_was_made_from(built):
    old = submitted(built)
    release(built, ("05",), framework="torch")
    change(built)
    known = pristine(built)
    found, note = origin(old, known)
    assert found.path.parent.name == "releases" and note == ""
    assert found.text == old.metadata.prodgen.text
    found, note = origin(submitted(built), known)
    assert found.path.parent.name == "notebooks" and found.text == "feed0000" and note == ""


def test_a_version_that_was_never_released_is_graded_as_the_present_one(built):
    old = submitted(built)
    change(built)
    found, note = origin(old, pristine(built))
    assert found.text == "feed0000" and "another version of the course" in note


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_without_metadata_the_cells_tell(built, framework):
    notebook = submitted(built, f"05_mini_{framework}")
    notebook.metadata.clear()
    found, note = origin(notebook, pristine(built))
    assert (found.chapter, found.framework) == ("05_mini", framework)
    assert "lost what it says" in note
    for number, cell in enumerate(notebook.cells):
        cell.id = f"unnamed-{number}"
    assert origin(notebook, pristine(built))[0].framework == framework


def test_a_notebook_of_ones_own_belongs_to_no_chapter(built):
    notebook = submitted(built)
    notebook.metadata.clear()
    notebook.cells = []
    found, note = origin(notebook, pristine(built))
    assert found is None and "no chapter" in note


def test_metadata_that_lies_leads_nowhere_else(built):
    notebook = submitted(built)
    notebook.metadata.prodgen.chapter = "../../etc"
    notebook.metadata.prodgen.text = "../x"
    assert origin(notebook, pristine(built))[0].chapter == "05_mini"


def test_chapters_can_be_chosen(built):
    assert {one.chapter for one in pristine(built, ("mini",))} == {"05_mini"}
    with pytest.raises(CourseError, match="no chapter '99'"):
        pristine(built, ("99",))
    assert pristine(built)[0].exercises == ["mini.mean", "mini.centred", "mini.review_spread"]
