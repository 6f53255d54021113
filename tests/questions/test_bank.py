"""The question bank: complaints name file, question and field; cells fold answers away."""

import copy
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.questions import LEVELS, load_bank, load_questions, question_cells, render
from prodgen_lib.questions.render import details

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
BANKS = sorted(CHAPTERS.glob("*.yaml"))


def text(words: str) -> dict:
    return {"en": words, "zh": "中文"}


GOOD = {
    "id": "gan.why",
    "level": "senior",
    "topics": ["losses"],
    "title": text("Why?"),
    "short": text("Because."),
    "full": text("Because of that."),
    "rubric": {level: text(f"says {level}") for level in LEVELS},
    "follow_ups": [{"question": text("And?"), "answer": text("So.")}] * 2,
    "mistakes": [text("Not that.")],
    "shown_by": "gan.generator_loss",
    "sources": [{"title": "A paper", "reference": "arXiv:1406.2661"}],
}


@pytest.fixture
def write(tmp_path):
    def write(*questions) -> Path:
        path = tmp_path / "06_gan.yaml"
        path.write_text(yaml.safe_dump(list(questions), allow_unicode=True), encoding="utf-8")
        return path

    return write


def test_a_good_question_is_read(write):
    (question,) = load_questions(write(GOOD))
    assert (question.id, question.short.zh) == ("gan.why", "中文")
    assert question.sources[0].link == "https://arxiv.org/abs/1406.2661"


def changed(**fields) -> dict:
    return {**copy.deepcopy(GOOD), **fields}


@pytest.mark.parametrize(
    ("faulty", "complaint"),
    [
        ({k: v for k, v in GOOD.items() if k != "short"}, "gan.why, short: short is missing"),
        (changed(level="guru"), "gan.why, level: 'guru' is not one of junior, senior, expert"),
        (changed(id="Why not"), "Why not, id: 'Why not' is not like"),
        (changed(title={"en": "Why?"}), "gan.why, title: zh is missing"),
        (changed(full={"en": "Yes.", "zh": "yes"}), "gan.why, full.zh: has no Chinese"),
        (changed(follow_ups=GOOD["follow_ups"][:1]), "follow_ups: must be a list of 2 or more"),
        (changed(mistakes=[text(" ")]), r"mistakes\[1\].en: must be text"),
        (changed(rubric={"junior": text("a")}), "rubric: senior is missing"),
        (changed(author="me"), "unknown field 'author'"),
        (changed(sources=[{"title": "A", "reference": "web"}]), r"sources\[1\].reference: 'web'"),
        ("only words", "question 1, question: must hold"),
    ],
)
def test_a_fault_is_named_with_file_question_and_field(write, faulty, complaint):
    with pytest.raises(ValueError, match=f"06_gan.yaml, .*{complaint}"):
        load_questions(write(faulty))


def test_an_id_is_used_once(write):
    with pytest.raises(ValueError, match=r"gan\.why, id: is used twice"):
        load_questions(write(GOOD, GOOD))


def test_no_file_no_yaml_and_no_list_are_told_apart(tmp_path, write):
    with pytest.raises(ValueError, match="no question file"):
        load_questions(tmp_path / "missing.yaml")
    path = tmp_path / "06_gan.yaml"
    for content, complaint in (("a: [", "is no YAML"), ("a: 1", "must hold a list"), ("", "list")):
        path.write_text(content)
        with pytest.raises(ValueError, match=complaint):
            load_questions(path)


def test_chinese_lines_join_without_a_space(write):
    folded = changed(short={"en": "a b", "zh": "第一行， 第二行 第三行 PyTorch 里"})
    assert load_questions(write(folded))[0].short.zh == "第一行，第二行第三行 PyTorch 里"


def test_languages(write):
    questions = load_questions(write(GOOD))
    assert "中文" not in render(questions, "en")
    assert "Because" not in render(questions, "zh")
    assert {"Because", "中文"} <= set(render(questions, "both").replace(".", " ").split())
    with pytest.raises(ValueError, match="no language 'fr'"):
        render(questions, "fr")


def test_a_question_that_nothing_shows_points_nowhere(write):
    shown, bare = load_questions(write(GOOD, changed(id="gan.other", shown_by="")))
    assert "Shown by: gan.generator_loss" in details(shown, "en")
    assert "Shown by" not in details(bare, "en") and "参见" not in details(bare, "zh")


def test_one_cell_a_question_with_every_answer_folded(write):
    cells = question_cells(write(GOOD, changed(id="gan.other")), "torch")
    assert [key for key, _ in cells] == ["q-gan-why", "q-gan-other"]
    for _, cell in cells:
        assert cell.count("<details>") == cell.count("</details>") == 4
        assert "Because" not in cell.partition("<details>")[0]


@pytest.mark.parametrize("bank", BANKS, ids=[bank.stem for bank in BANKS])
def test_what_shows_an_answer_is_in_the_chapter(bank):
    """Where the chapter is not there yet, an exercise of another one shows it."""
    page = bank.with_suffix(".md")
    chapter = page.read_text(encoding="utf-8") if page.exists() else ""
    headings = {line.strip("# ") for line in chapter.splitlines() if line.startswith("## ")}
    for question in load_questions(bank):
        assert question.id.startswith(f"{bank.stem.partition('_')[2]}.")
        if not chapter:
            assert not question.shown_by or find_exercise(question.shown_by)
            continue
        name = question.shown_by.rpartition(".")[2]
        exercise = re.search(rf"prodgen_lib\.torch\.\w+ import (\w+, )*{name}\b", chapter)
        assert question.shown_by in headings or exercise, question.id


def test_every_topic_of_an_interview_is_covered():
    """At least eighty questions, and four or more of each subject."""
    bank = load_bank(CHAPTERS)
    counts = Counter(question.subject for question in bank.values())
    assert len(bank) >= 80
    assert {"overview", "augment", "metrics", "autoencoder", "vae", "gan"} <= counts.keys()
    assert {"cgan", "superres", "style", "bayesopt", "diffusion"} <= counts.keys()
    assert min(counts.values()) >= 4, counts


@pytest.mark.parametrize("bank", BANKS, ids=[bank.stem for bank in BANKS])
def test_a_short_answer_fits_thirty_seconds(bank):
    for question in load_questions(bank):
        assert len(question.short.en.split()) <= 85, question.id


def test_every_question_has_a_checklist():
    assert not [question.id for question in load_bank(CHAPTERS).values() if not question.points]


@pytest.mark.parametrize("bank", BANKS, ids=[bank.stem for bank in BANKS])
def test_a_checklist_makes_the_levels_that_it_says(bank):
    """Who says all that is expected at a level, and below, is scored at that level."""
    for question in load_questions(bank):
        assert question.score([]) == 0 and question.share([p.id for p in question.points]) == 1
        for number, level in enumerate(LEVELS, start=1):
            said = [p.id for p in question.points if LEVELS.index(p.level) < number]
            assert question.score(said) == number, (question.id, level, question.share(said))
        assert all(point.asks <= len(question.follow_ups) for point in question.points)
        assert all(len(point.text.en.split()) <= 32 for point in question.points), question.id


def test_design_and_debug_are_asked_with_a_case_and_points():
    kinds = Counter(question.kind for question in load_bank(CHAPTERS).values())
    assert kinds["design"] >= 10 and kinds["debug"] >= 5
    for question in load_bank(CHAPTERS).values():
        if question.kind != "concept":
            assert question.case and question.points and question.minutes, question.id
            assert re.search(r"\d", question.case.en) and re.search(r"\d", question.short.en)


def test_numbers_are_the_same_in_both_languages():
    """Figures that a design is worked out with, and curves, are copied without a slip."""
    for question in load_bank(CHAPTERS).values():
        if question.kind == "concept":
            continue
        for text in (question.case, *(point.text for point in question.points)):
            english, chinese = (Counter(_figures(words)) for words in (text.en, text.zh))
            assert english <= chinese or chinese <= english, (question.id, text.en)


def _figures(words: str) -> list[str]:
    """Numbers with a decimal point: those of whole units may be written in words."""
    return re.findall(r"\d+\.\d+", words)


def test_a_kind_of_its_own_waits_for_the_interview(write):
    cells = question_cells(write(GOOD, changed(id="gan.other", kind="debug")), "torch")
    assert [key for key, _ in cells] == ["q-gan-why"]


POINT = {"id": "a", "level": "junior", "weight": 2, "en": "says", "zh": "说"}


@pytest.mark.parametrize(
    ("points", "complaint"),
    [
        ([POINT] * 3, "points: must be a list of 4 or more"),
        ([{**POINT, "id": f"p{n}"} for n in range(8)], "points: must be a list of 4 to 7"),
        ([POINT] * 4, "points: an id is used twice"),
        ([{**POINT, "weight": 9}] * 4, r"points\[1\].weight: must be a whole number from 1 to 5"),
        ([{**POINT, "zh": "none"}] * 4, r"points\[1\].zh: has no Chinese"),
        ([{**POINT, "level": "guru"}] * 4, r"points\[1\].level: 'guru' is not one of"),
        ([{**POINT, "id": "Not so"}] * 4, r"points\[1\].id: 'Not so' is not like"),
    ],
)
def test_a_faulty_point_is_named(write, points, complaint):
    with pytest.raises(ValueError, match=f"06_gan.yaml, gan.why, {complaint}"):
        load_questions(write(changed(points=points)))
    with pytest.raises(ValueError, match="kind: 'quiz' is not one of concept, design, debug"):
        load_questions(write(changed(kind="quiz")))
