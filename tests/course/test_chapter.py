import pytest

from prodgen_lib.checking import source
from prodgen_lib.course.chapter import chapter_files, read_chapter
from prodgen_lib.course.project import (
    CourseError,
    find_root,
    home_of_work,
    installed_course,
    need_clone,
)


def write(folder, text, name="07_x.md"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_chapter_says_its_number_topic_frameworks_and_profile(course):
    mini = read_chapter(course / "chapters/05_mini.md")
    assert (mini.number, mini.topic, mini.profile) == ("05", "mini", "quick")
    assert [mini.stem(f) for f in mini.variants] == ["05_mini_torch", "05_mini_tensorflow"]
    start = read_chapter(course / "chapters/00_start_here.md")
    assert [start.stem(f) for f in start.variants] == ["00_start_here"]


def test_shell_fences_are_text(course):
    cells = read_chapter(course / "chapters/00_start_here.md").cells
    assert [cell.cell_type for cell in cells] == ["markdown", "markdown", "code"]
    assert cells[1].source == "```bash\nmake learn\n```"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("---\nframeworks: jax\n---\n# a", "frameworks"),
        ("---\nframeworks: [jax]\n---\n# a", "frameworks"),
        ("---\nprofile: slow\n---\n# a", "expected quick or full"),
        ("---\na: [\n---\n# a", "YAML"),
        ("---\nonly words\n---\n# a", "key: value"),
        ('```python tags=["solution"]\n1\n```', "unknown tag 'solution'"),
        ('```python tags=["given"\n1\n```', "tags"),
    ],
)
def test_a_broken_chapter_gets_a_sentence(tmp_path, text, words):
    with pytest.raises(CourseError, match=words) as caught:
        read_chapter(write(tmp_path, text))
    assert "07_x.md" in str(caught.value) and "\n" not in str(caught.value)


def test_a_chapter_needs_a_number(tmp_path):
    with pytest.raises(CourseError, match=r"NN_topic\.md"):
        read_chapter(write(tmp_path, "# a", name="gan.md"))


@pytest.mark.parametrize("name", ["05", "mini", "05_mini", "05_mini_torch", "chapters/05_mini.md"])
def test_chapters_are_chosen_by_number_topic_or_name(course, name):
    assert [path.stem for path in chapter_files(course, [name])] == ["05_mini"]


def test_an_unknown_chapter_names_the_known_ones(course):
    with pytest.raises(CourseError, match="no chapter '77'; there are: 00_start_here, 05_mini"):
        chapter_files(course, ["77"])


def test_the_course_is_found_from_below(course, monkeypatch, tmp_path):
    monkeypatch.chdir(course / "chapters")
    assert find_root() == course
    monkeypatch.chdir(tmp_path)
    assert find_root() == course, "beside the package"
    assert home_of_work(course) == need_clone(course) == course
    with pytest.raises(CourseError, match="is not the course"):
        find_root(tmp_path)


def test_the_course_of_a_wheel_is_found_and_the_work_stays_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "PACKAGE", tmp_path / "site-packages" / "prodgen_lib")
    (installed_course() / "chapters").mkdir(parents=True)
    here = tmp_path / "mine" / "deeper"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    assert find_root() == installed_course() and home_of_work(find_root()) == here
    (here.parent / "work").mkdir()
    assert home_of_work(find_root()) == here, "any folder may be called work"
    (here.parent / "work/00_start_here.ipynb").write_text("{}")
    assert home_of_work(find_root()) == here.parent
    with pytest.raises(CourseError, match="needs a clone"):
        need_clone(find_root())
