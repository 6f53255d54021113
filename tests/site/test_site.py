"""The pages of the site before Sphinx sees them: pure functions from the course to Markdown."""

import base64
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.course.project import CourseError
from prodgen_lib.site import build, chapters, exercises, markdown, questions, tables
from prodgen_lib.site.figures import Figures, from_html, shown
from prodgen_lib.site.settings import spaced, twin
from prodgen_lib.site.words import chapters as all_chapters

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def picture(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def test_common_blocks_stand_once_and_tabs_where_the_frameworks_differ():
    text = markdown.together({"torch": ["a", "t", "z"], "tensorflow": ["a", "f", "z"]})
    before, _, after = text.partition("::::{tab-set}")
    assert before == "a\n\n" and text.endswith("\n\nz")
    assert ":sync: torch\n\nt" in after and ":sync: tensorflow\n\nf" in after


def test_a_fence_is_longer_than_those_inside():
    inner = markdown.fold("inner", "text")
    outer = markdown.fold("outer", inner, name="here")
    assert outer.startswith("::::{dropdown} outer\n:name: here\n") and outer.endswith("\n::::")
    assert markdown.code("```\nx\n```").startswith("````python\n")


def test_blank_lines_part_blocks_but_not_inside_a_fence():
    assert markdown.blocks("a\nb\n\n```python\nx\n\ny\n```\n\nc") == [
        "a\nb",
        "```python\nx\n\ny\n```",
        "c",
    ]


def test_links_lead_to_pages_or_lose_themselves():
    places = {"solutions/06_toy_torch.ipynb": "chapters/06_toy"}
    text = "[GAN](../solutions/06_toy_torch.ipynb) [no](../x.py) [web](https://a.org)"
    changed = markdown.relink(f"{text}\n```\n{text}\n```", "docs/toy.md", "docs/toy", places)
    assert changed.startswith("[GAN](../chapters/06_toy.md) no [web](https://a.org)\n")
    assert changed.endswith(f"{text}\n```")


def test_a_picture_shown_twice_is_one_file_with_its_words():
    figures = Figures()
    html = f'<img src="{picture(b"one")}" alt="a mug: &quot;red&quot;" width="80">'
    first, again = from_html(html, figures), from_html(html, figures)
    assert first == again and len(figures.files) == 1
    assert ':alt: "a mug: \\"red\\""' in first and ":width: 80px" in first


def test_a_widget_shows_a_few_of_its_pictures_and_says_so():
    pictures = "".join(f'<img src="{picture(bytes([n]))}" alt="{n}">' for n in range(25))
    figures = Figures()
    text = from_html(
        f"{pictures}<p><em>To use this, open the notebook in Jupyter</em></p>", figures
    )
    assert len(figures.files) == 5 and "A widget in the notebook" in text


def test_what_went_to_the_error_stream_is_not_shown():
    said = nbformat.v4.new_output("stream", name="stderr", text="a warning")
    assert shown(said, Figures()) == ""


def test_names_of_functions_stand_apart_in_formulas():
    assert spaced(r"p\log D") == r"p\,\log\,D"
    assert spaced(r"\log(1+x)") == r"\log(1+x)"


@pytest.mark.parametrize("name", [one.name for one in all_chapters(ROOT)])
def test_every_chapter_has_a_page_with_its_exercises_folded(name):
    chapter = next(one for one in all_chapters(ROOT) if one.name == name)
    shelf = chapters.Shelf(ROOT, build.notebook_places(ROOT), Figures())
    text = chapters.chapter_page(shelf, chapter)
    assert text.startswith("# ") and ".ipynb)" not in text and "data:image" not in text
    for identity, page in exercises.homes(ROOT).items():
        if page == f"chapters/{name}":
            assert f"({exercises.box_label(find_exercise(identity))})=" in text
    folds = text.count("{dropdown} Task · difficulty")
    assert folds == text.count("{dropdown} Solution") == text.count("{dropdown} Hint 3")


def test_a_diff_goes_from_the_mistake_to_what_is_right():
    assert exercises.diff((("right\n", "wrong\n"),)) == "-wrong\n+right"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_known_mistake_is_told_in_its_language(language):
    text = exercises.mistake_page(ROOT, "gan", language)
    exercise = find_exercise("gan.generator_loss")
    for wrong in exercise.wrong:
        assert wrong.message.in_(language) in text
    assert bool(CHINESE.search(text)) == (language == "zh")


def test_questions_are_listed_by_chapter_level_and_topic():
    pages = questions.question_pages(ROOT, "zh")
    index = pages["questions/index"]
    assert "06_gan" in index and "## 按级别" in index and "## 按主题" in index
    assert "(q-gan-mode-collapse)=" in pages["questions/06_gan"]
    assert index.count("(#q-gan-mode-collapse)") >= 2


def test_every_term_is_there_in_both_languages_and_once():
    found = tables.terms()
    assert len({term.name.en for term in found}) == len(found) >= 50
    for term in found:
        assert CHINESE.search(term.meaning.zh) and not CHINESE.search(term.meaning.en)
        assert term.name.zh and term.meaning.en.endswith(".") and term.meaning.zh.endswith("。")


def test_the_graders_table_counts_what_the_tests_try():
    honest = tables.honest_answers(ROOT)
    assert min(honest.values()) >= 3 and honest["torch", "gan.generator_loss"] >= 3
    page = tables.document_pages(ROOT, tables.documents(ROOT))["measured/graders"]
    assert "| `generator_loss` |" in page


def test_no_english_page_is_under_zh():
    pages = build.chinese(ROOT, Figures())
    assert all(CHINESE.search(text) for text in pages.values())
    assert not [name for name in pages if name.startswith(("docs/", "measured/"))]
    translated = {f"chapters/{one.name}" for one in all_chapters(ROOT, "zh")}
    assert {name for name in pages if name.startswith("chapters/")} == translated


def test_a_chapter_that_was_not_executed_yet_has_a_page_without_outputs(tmp_path):
    chapter = next(one for one in all_chapters(ROOT) if one.name == "06_gan")
    cells = chapters.notebook(tmp_path, chapter, "torch").cells
    assert len(cells) > 50 and not any(cell.get("outputs") for cell in cells)


def test_an_address_goes_to_machines_and_people_follow_their_own_way():
    trees = {"en": {"index": "", "docs/toy": ""}, "zh": {"index": ""}}
    settings = {}
    text = build.configuration("zh", trees, "https://example.org/course")
    exec(text.partition("\n")[2], settings)
    assert settings["html_baseurl"] == "https://example.org/course/zh/"
    assert settings["prodgen_twins"] == ["index", "search"]
    app = SimpleNamespace(config=SimpleNamespace(**settings))
    context = {}
    twin(app, "index", "", context, None)
    assert context["twin"] == "../index.html"
    assert 'hreflang="en" href="https://example.org/course/index.html"' in context["metatags"]


def test_a_folder_with_other_things_is_not_replaced(tmp_path):
    pytest.importorskip("sphinx")
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="name another folder"):
        build.build_site(ROOT, tmp_path)
    assert (tmp_path / "thesis.txt").exists()
