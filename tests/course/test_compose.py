import pytest

from prodgen_lib.checking.source import _functions, brief, function_source
from prodgen_lib.course.chapter import read_chapter
from prodgen_lib.course.compose import SET_UP, Target, _check, compose
from prodgen_lib.course.guard import is_guard
from prodgen_lib.course.project import CourseError, dumps


def made(course, framework="torch", learner=False, old="", new="", chapter="05_mini"):
    path = course / f"chapters/{chapter}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return compose(Target(read_chapter(path), framework, learner))


def cell(notebook, identity):
    return next(cell for cell in notebook.cells if cell.id == identity)


def test_an_exercise_becomes_a_heading_an_answer_and_a_check(course):
    solution, learner = made(course), made(course, learner=True)
    ids = [c.id for c in solution.cells if c.id.startswith("mini-centred")]
    assert ids == ["mini-centred-about", "mini-centred", "mini-centred-check"]
    source = function_source("torch", "mini", "centred")
    assert cell(solution, "mini-centred").source == brief(source)
    assert cell(learner, "mini-centred").source == (
        "def centred(values: np.ndarray) -> np.ndarray:\n"
        '    """The values less their mean."""\n'
        "    raise NotImplementedError"
    )
    check = cell(learner, "mini-centred-check")
    assert check.source == 'centred = check("mini.centred", centred)'
    assert check.metadata == {
        "tags": ["check", "nbval-check-output"],
        "exercise_id": "mini.centred",
    }

    about = cell(learner, "mini-centred-about").source
    assert "●○○○○" in about and "5 minutes" in about and 'hint("mini.centred")' in about


def test_the_task_is_text_and_the_stub_keeps_one_line(course):
    key = "prodgen_lib/torch/mini.py"
    text = (course / key).read_text(encoding="utf-8")
    first = '"""The arithmetic mean of all values.'
    assert first in text
    more = f"{first}\n\n    `values` (N, D), as in\n\n        mean = Σ_i x_i / N\n    "
    (course / key).write_text(text.replace(first, more), encoding="utf-8")
    _functions.cache_clear()
    learner, solution = made(course, learner=True), made(course)
    about = cell(learner, "mini-mean-about").source
    assert about.startswith("### `mean`: exercise\n\nThe arithmetic mean of all values.")
    assert "`values` `(N, D)`, as in" in about and r"$$\text{mean} = \sum_{i}\ x_{i} / N$$" in about
    assert (
        '"""The arithmetic mean of all values."""\n    raise' in cell(learner, "mini-mean").source
    )
    assert "Σ_i" in cell(solution, "mini-mean-about").source.replace(r"\sum_{i}", "Σ_i")
    assert "Σ_i" not in cell(solution, "mini-mean").source


def test_what_only_imports_is_folded_and_says_so(course):
    cells = made(course).cells
    folded = [c for c in cells if c.metadata.get("jupyter", {}).get("source_hidden")]
    assert folded and all(c.source.startswith(SET_UP) for c in folded)
    assert not any(c.metadata.get("jupyter") for c in cells if "print(" in c.source)


def test_the_way_to_the_neighbours_stands_at_both_ends(course):
    for learner, place in (
        (True, "00_start_here.ipynb"),
        (False, "../notebooks/00_start_here.ipynb"),
    ):
        cells = [c for c in made(course, learner=learner).cells if not is_guard(c)]
        assert cells[1].source == cells[-1].source == f"← [Start here]({place})"


def test_a_long_check_is_wrapped_as_the_formatter_would(course):
    name = "relativistic_discriminator_loss"
    assert _check(f"gan.{name}", name) == f'{name} = check(\n    "gan.{name}", {name}\n)'


def test_a_review_starts_from_the_candidates_code(course):
    assert "** 2" in cell(made(course), "mini-review_spread").source
    assert "** 2" not in cell(made(course, learner=True), "mini-review_spread").source


def test_a_given_function_is_shown_in_both(course):
    for learner in (True, False):
        shown = cell(made(course, learner=learner), "mini-total")
        assert shown.source == function_source("torch", "mini", "total")
        assert shown.metadata.tags == ["given"]


def test_tags_and_rewriting_make_the_twin(course):
    torch, tensorflow = made(course), made(course, "tensorflow")
    text = dumps(tensorflow)
    assert "prodgen_lib.tensorflow import check" in text and "prodgen_lib.torch" not in text
    assert 'word = \\"tensorflow\\"' in text and 'word = \\"torch\\"' not in text
    assert "Means, in TensorFlow" in text and "05_mini_torch.ipynb" in text
    different = {c.id for c in torch.cells} ^ {c.id for c in tensorflow.cells}
    assert len(different) == 2, "only the tagged cells differ"


def test_other_code_is_the_twins_source(course):
    last = made(course).cells[-2].source
    assert (
        last.startswith("In TensorFlow") and function_source("tensorflow", "mini", "total") in last
    )


def test_ids_survive_comments_and_twins_of_cells(course):
    before = [c.id for c in made(course).cells]
    after = made(course, old="print(word, profile", new="# why\nprint(word, profile")
    assert [c.id for c in after.cells] == before
    twice = made(
        course, old="In {{other}}", new="```python\nword\n```\n\n```python\nword\n```\n\nIn"
    )
    ids = [c.id for c in twice.cells]
    assert len(ids) == len(set(ids)) and sum(i.endswith("-2") for i in ids) == 1


def test_the_same_input_gives_the_same_bytes(course):
    assert dumps(made(course)) == dumps(made(course))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("import numpy as np\n", "", r"`total` uses `np`, which solutions/05_mini_torch.ipynb"),
        ("import total", "import absent", "no function `absent`"),
        ("import mean", "import total as t", "must hold imports only"),
        ("import mean", "import mean\nx = 1", "must hold imports only"),
        ("import mean", "import total", "mini.total, which"),
        ("import centred, review", "import mean, review", "mini-mean twice"),
        ("{{twin}}", "{{twins}}", r"\{\{twins\}\}"),
        ("torch.mini import total", "torch.maxi import total", "no answer key maxi.py"),
    ],
)
def test_what_cannot_be_composed_gets_a_sentence(course, old, new, words):
    with pytest.raises(CourseError, match=words) as caught:
        made(course, old=old, new=new)
    assert "05_mini" in str(caught.value) and "\n" not in str(caught.value)


def test_a_chapter_without_framework_shows_no_library_code(course):
    new = '```python tags=["given"]\nfrom prodgen_lib.torch.mini import total\n```\n'
    with pytest.raises(CourseError, match="frameworks: none"):
        made(course, None, chapter="00_start_here", old="```bash", new=f"{new}\n```bash")


def test_questions_become_cells_of_their_own(course, monkeypatch):
    asked = []

    def question_cells(path, framework):
        asked.append((path.name, framework))
        return [("q-mini-why", "Why?"), ("q-mini-how", "How?")]

    monkeypatch.setattr("prodgen_lib.questions.question_cells", question_cells)
    new = "## Drill\n\n{{questions}}\n\nThe end.\n\nIn {{other}}"
    last = made(course, old="In {{other}}", new=new).cells[-5:-1]
    assert [c.source for c in last[:3]] == ["## Drill", "Why?", "How?"]
    assert last[3].source.startswith("The end.") and last[1].metadata.tags == ["questions"]
    assert last[2].id == "05-q-mini-how" and asked == [("05_mini.yaml", "torch")]


def test_a_faulty_question_file_gets_a_sentence(course):
    with pytest.raises(CourseError, match=r"05_mini.md: There is no question file"):
        made(course, old="In {{other}}", new="{{questions}}\n\nIn")
