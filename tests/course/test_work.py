import shutil

import pytest

from prodgen_lib.course import work
from prodgen_lib.course.build import build
from prodgen_lib.course.project import CourseError

BOTH = ("torch", "tensorflow")


@pytest.fixture
def built(course):
    build(course, run=False, say=lambda line: None)
    return course


def test_copies_are_made_once_and_never_overwritten(built):
    assert len(list(work.copy_notebooks(built, BOTH))) == 3
    mine = built / "work/05_mini_torch.ipynb"
    mine.write_text("my work")
    assert list(work.copy_notebooks(built, BOTH)) == []
    assert mine.read_text() == "my work"


def test_assistants_are_asked_to_tutor_and_a_learners_own_wishes_stay(built):
    list(work.copy_notebooks(built, BOTH))
    page = built / "work/AGENTS.md"
    assert "Never write the body" in page.read_text(encoding="utf-8")
    page.write_text("my own")
    list(work.copy_notebooks(built, BOTH))
    assert page.read_text() == "my own"


def test_one_framework_gets_its_own_notebooks_only(built):
    list(work.copy_notebooks(built, ("tensorflow",)))
    names = [path.name for path in work.copies(built)]
    assert names == ["00_start_here.ipynb", "05_mini_tensorflow.ipynb"]


def test_a_newer_notebook_is_announced_and_the_copy_kept(built):
    list(work.copy_notebooks(built, BOTH))
    mine = (built / "work/05_mini_torch.ipynb").read_bytes()
    chapter = built / "chapters/05_mini.md"
    chapter.write_text(chapter.read_text().replace("Now write", "Write now"))
    build(built, run=False, say=lambda line: None)
    sentences = list(work.copy_notebooks(built, BOTH))
    assert len(sentences) == 2 and "newer" in sentences[0] and "prodgen reset" in sentences[0]
    assert (built / "work/05_mini_torch.ipynb").read_bytes() == mine


def test_two_resets_in_one_second_make_two_backups(built):
    list(work.copy_notebooks(built, BOTH))
    mine = built / "work/05_mini_torch.ipynb"
    mine.write_text("first")
    copy, first = work.reset(built, "05_mini_torch")
    mine.write_text("second")
    _, second = work.reset(built, "work/05_mini_torch.ipynb")
    assert copy == mine and mine.read_bytes() == (built / "notebooks" / mine.name).read_bytes()
    assert (first.read_text(), second.read_text()) == ("first", "second")


def test_a_reset_without_a_copy_makes_one(built):
    copy, backup = work.reset(built, "mini_torch")
    assert copy.exists() and backup is None


def test_a_number_is_enough_when_one_copy_has_it(built):
    list(work.copy_notebooks(built, ("torch",)))
    assert work.reset(built, "05")[0].name == "05_mini_torch.ipynb"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("05", "fits more than one"),
        ("nothing", "has no notebook 'nothing'"),
        ("notebooks/05_mini_torch.ipynb", "not in work/"),
    ],
)
def test_what_cannot_be_reset_gets_a_sentence(built, name, words):
    with pytest.raises(CourseError, match=words):
        work.reset(built, name)


def test_a_copy_is_found_by_path_name_or_part(built):
    with pytest.raises(CourseError, match="prodgen learn"):
        work.find_copy(built, "05")
    list(work.copy_notebooks(built, ("torch",)))
    mine = built / "work/05_mini_torch.ipynb"
    for name in ("05", "mini", "mini_torch", "05_mini_torch", mine.name, str(mine)):
        assert work.find_copy(built, name).resolve() == mine
    with pytest.raises(CourseError, match="no notebook 'x' in work/"):
        work.find_copy(built, "x")


def test_nothing_built_is_said(course):
    shutil.rmtree(course / "notebooks", ignore_errors=True)
    with pytest.raises(CourseError, match="prodgen build"):
        list(work.copy_notebooks(course, BOTH))
