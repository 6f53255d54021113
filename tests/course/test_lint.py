import nbformat
import pytest

from prodgen_lib.course.build import compose_pair, faults, targets
from prodgen_lib.course.lint import leaks, lint

code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell


def found(tmp_path, cell):
    (tmp_path / "here.md").write_text("")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    return lint(notebook, "notebooks/a.ipynb", tmp_path, {"notebooks/b.ipynb"})


BARE = nbformat.v4.new_output("execute_result", {"text/plain": "706"})


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (code("x = 1\n" * 31), "31 lines"),
        (code("x = ("), "no Python"),
        (code("show(figure)"), "alt"),
        (code("if 1:\n    plt.show()"), "plt.show"),
        (text("word " * 121), "121 words"),
        (text("![](../here.md)"), "without words"),
        (text('<img src="x.png">'), "without words"),
        (text("[a](../gone.md)"), "leads nowhere"),
        (text("Ours gains 2 dB."), "“2 dB”"),
        (text("A quarter, 24 % of them."), "“24 %”"),
        (text("It is a hundred times larger."), "“a hundred times”"),
        (text("The best has 0.93.\n\nBy hand: 0.5 and 0.25."), "“0.93”"),
        (code('show(figure, alt="a mug at 0.4")'), "“0.4”"),
        (code("path.write_text(words)", outputs=[BARE]), "leaves '706' below it"),
    ],
)
def test_a_fault_gets_a_sentence_with_file_and_cell(tmp_path, cell, words):
    sentences = found(tmp_path, cell)
    assert len(sentences) == 1 and words in sentences[0]
    assert sentences[0].startswith(f"notebooks/a.ipynb, cell {cell.id} (“{cell.source[:3]}")


@pytest.mark.parametrize(
    "cell",
    [
        code("x = 1\n" * 30),
        code("x = 1\n" * 31, metadata={"tags": ["given"]}),
        code('show(figure, alt="a mug")'),
        code("%matplotlib inline\nimport a"),
        text("word " * 120),
        text("word " * 500, metadata={"tags": ["questions"]}),
        text("```\n" + "word " * 500 + "\n```"),
        text("In 2014, $x = 0.5$, `beta=0.5`, 32×32 pixels, arXiv:1312.6114, 11 of 3,072."),
        text("[a](https://arxiv.org/abs/1312.6114), 2,500 steps, a 4×4 kernel, figure 3 of 9."),
        text("$x$ and $y$ times, 3 pictures.\n\nBy hand: a half of 3.2 is 1.6, which is 50 %."),
        text("Power 80 %. <!-- number: a setting -->"),
        code('show(figure, alt=f"a mug at {0.4:.1f}")'),
        text("![a mug](../here.md) <img src='x' alt=\"a mug\">"),
        text("[a](../here.md#b) [b](b.ipynb) [c](https://x.y) [d](#there) [e](mailto:a@b.c)"),
    ],
)
def test_what_is_in_order_passes(tmp_path, cell):
    assert found(tmp_path, cell) == []


def test_the_mini_course_is_in_order(course):
    assert faults(course, [compose_pair(course, target) for target in targets(course)]) == []


def leaked(course, *lines):
    (pair, *_) = [compose_pair(course, t) for t in targets(course, ["05"], "torch")]
    pair.learner.cells[-1].source += "\n\n" + "\n".join(lines)
    return leaks(pair.main, pair.learner, "notebooks/05.ipynb"), pair.learner.cells[-1].id


def test_an_answer_in_another_cell_is_a_leak(course):
    (sentence,), cell = leaked(course, "return total(values) / values.size")
    assert f"{cell}: gives mini.mean away" in sentence, "its only line"
    first, second = "amount_to_give_up = mean(values)", "return values - amount_to_give_up"
    assert leaked(course, first)[0] == [], "one line of two may be chance"
    assert "gives mini.centred away" in leaked(course, first, second)[0][0]


def test_an_exercise_that_no_cell_shows_is_a_fault(course):
    chapter = course / "chapters/05_mini.md"
    chapter.write_text(
        chapter.read_text().replace("import centred, review_spread", "import centred")
    )
    pairs = [compose_pair(course, target) for target in targets(course, ["05"], "torch")]
    sentence = "solutions/05_mini_torch.ipynb does not show the exercise mini.review_spread."
    page = (
        "exercises/mini/review_spread.md is in no chapter: show the exercise, or delete its files."
    )
    assert faults(course, pairs) == [sentence, page]


def test_what_an_exercise_needs_comes_before_it(course):
    page = course / "prodgen_lib/exercises/mini/mean.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("minutes: 5", "minutes: 5\nneeds: [mini.centred, mini.lost]"))
    pairs = [compose_pair(course, target) for target in targets(course)]
    assert faults(course, pairs) == [
        "exercises/mini/mean.md needs mini.centred, which comes later: move one of them.",
        "exercises/mini/mean.md needs mini.lost, which no chapter has: mend `needs`.",
    ]
