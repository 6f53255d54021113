"""Skeletons: they read as they should, and fail the checks that they should."""

import pytest

from prodgen_lib.checking.page import read_page
from prodgen_lib.course.new import new_exercise, new_question
from prodgen_lib.course.project import CourseError
from prodgen_lib.questions import load_questions


def test_an_exercise_reads_and_asks_to_be_filled_in(course):
    page, module = new_exercise(course, "mini.total")
    found = read_page(page)
    assert len(found.hints) == 3 and found.hints[0].en.endswith("?") and not found.wrong
    assert "TODO" in page.read_text(encoding="utf-8") and "def observe" in module.read_text()
    with pytest.raises(CourseError, match="exists already"):
        new_exercise(course, "mini.total")


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ("mini", "is no id"),
        ("mini.Total", "is no id"),
        ("../mini.total", "is no id"),
        ("mini.absent", "no function `absent`"),
        ("absent.total", "Write the function first"),
    ],
)
def test_what_is_no_exercise_gets_one_sentence(course, identity, words):
    with pytest.raises(CourseError, match=words):
        new_exercise(course, identity)


def test_a_question_reads_and_is_added_once(course):
    path = course / "chapters" / "05_mini.yaml"
    path.write_text("", encoding="utf-8")
    assert new_question(course, "mini.why") == path
    new_question(course, "mini.how")
    assert [question.id for question in load_questions(path)] == ["mini.why", "mini.how"]
    with pytest.raises(CourseError, match="already"):
        new_question(course, "mini.why")
    with pytest.raises(CourseError, match="there are: mini"):
        new_question(course, "absent.why")
