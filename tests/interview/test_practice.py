"""Practising as a candidate does: mock interviews, drills, decks, the terminal, the widgets."""

import json
import re
import sqlite3
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from ipywidgets import Button, Checkbox

from prodgen_lib.checking.exercise import load_exercises
from prodgen_lib.checking.source import function_source
from prodgen_lib.cli import main
from prodgen_lib.course.drill import drill, write_drill
from prodgen_lib.course.project import CourseError
from prodgen_lib.course.trial import write_test
from prodgen_lib.interview import mock, widgets
from prodgen_lib.interview.anki import write_deck
from prodgen_lib.interview.desk import Desk
from prodgen_lib.interview.progress_page import cells_run
from prodgen_lib.interview.prompt import interview_prompt
from prodgen_lib.interview.transcript import ending, rubric, task, transcript
from prodgen_lib.questions import Text, load_bank

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
BANK = load_bank(ROOT / "chapters")
ROLE = "ML engineer"
SEED = 3  # of an interview whose first item has points
KINDS = (mock.CONCEPT, mock.DEBUG, mock.DESIGN)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def desk(home):
    return Desk(ROOT, now=lambda: NOW, fuzz=False)


def run(*arguments, keys=""):
    command = ["--root", str(ROOT), *map(str, arguments)]
    return CliRunner().invoke(main, command, input=keys, catch_exceptions=False)


# ---------------------------------------------------------------------------------- mock interview


@pytest.mark.parametrize("role", mock.ROLES)
@pytest.mark.parametrize("level", ["junior", "senior", "expert"])
def test_a_plan_fits_its_time_its_level_and_mixes(role, level):
    for minutes in (20, 45, 90):
        items = mock.plan(BANK, role=role, level=level, minutes=minutes, seed=minutes)
        assert minutes * 0.6 <= sum(item.minutes for item in items) <= minutes
        assert len({item.asked.id for item in items}) == len(items)
        allowed = ("junior", "senior", "expert")[: 1 + ("junior", "senior", "expert").index(level)]
        assert all(i.asked.level in allowed for i in items if i.kind in KINDS)
    long = {
        i.kind
        for n in range(4)
        for i in mock.plan(BANK, role=role, level=level, minutes=180, seed=n)
    }
    assert len({item.kind for item in items}) >= 4 and long == set(mock.ROLES[role]["mix"])
    assert [item.kind for item in items] == sorted(
        (item.kind for item in items), key=mock.ORDER.index
    )
    assert items == mock.plan(BANK, role=role, level=level, minutes=90, seed=90)
    assert items != mock.plan(BANK, role=role, level=level, minutes=90, seed=91)


def test_reviews_are_asked_and_minutes_are_those_of_the_item():
    kinds = {
        item.kind: item
        for seed in range(6)
        for item in mock.plan(BANK, role=ROLE, level="senior", minutes=90, seed=seed)
    }
    review = kinds[mock.REVIEW]
    assert review.asked.review and review.minutes == review.asked.minutes
    assert kinds[mock.CODE].minutes == kinds[mock.CODE].asked.minutes
    assert kinds[mock.CONCEPT].minutes == 4 and kinds[mock.DESIGN].minutes >= 10


def test_urgent_subjects_are_asked_first():
    items = mock.plan(
        BANK, role="research scientist", level="senior", urgent=["vae", "metrics"], seed=1
    )
    assert [item.subject for item in items[:2]] == ["vae", "metrics"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"role": "king"}, "no role 'king'; choose from"),
        ({"level": "god"}, "no level 'god'; choose from"),
        ({"minutes": 1}, "at least 10 minutes, not 1"),
    ],
)
def test_what_can_not_be_planned_is_told(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        mock.plan(BANK, **{"role": ROLE, "level": "senior", **wrong})


def test_the_follow_up_depends_on_the_score():
    question = BANK["vae.what_is_it"]
    interview = mock.Interview(ROLE, "senior", [mock.Item(mock.CONCEPT, question)] * 2)
    assert interview.answer(1, 30.0) == question.follow_ups[0]
    interview.answer_follow_up(0)
    assert interview.answer(3, 600.0, "my notes") == question.follow_ups[-1]
    assert interview.current is None and interview.means == {"vae": 4 / 3}
    assert interview.weak == ["vae"]
    text = transcript(interview)
    assert "over its 4 minutes" in text and "> my notes" in text and "1 over time" in text
    assert "(*nothing*)" in text and "(not asked)" in text
    with pytest.raises(ValueError, match="over"):
        interview.answer(1, 1.0)


def test_points_make_the_score_and_a_missed_one_the_follow_up():
    question = BANK["vae.what_is_it"]
    all_of_them = [point.id for point in question.points]
    interview = mock.Interview(ROLE, "senior", [mock.Item(mock.CONCEPT, question)] * 3)
    without = [name for name in all_of_them if name not in ("two_terms", "aggregate")]
    asked = question.follow_ups[question.points[1].asks - 1]
    assert interview.tick(without, 60.0) == asked, "the point that was missed leads to it"
    one = interview.answered[-1]
    assert one.score == question.score(without) == 2 and one.missed == ("two_terms", "aggregate")
    without = [name for name in all_of_them if name not in ("each_prevents", "aggregate")]
    more = interview.tick(without, 60.0)
    assert "Sampling noise makes neighbouring codes" in more.question.en
    assert "采样噪声" in more.question.zh and more.answer == question.full
    last = interview.tick([name for name in all_of_them if name != "aggregate"], 60.0)
    assert last == question.follow_ups[-1], "of a senior no expert's point is missed"
    text = transcript(interview)
    assert "Left out:" in text and "The aggregate of q(z|x)" in text
    assert "5 points were left out; each is a card now" in text


def test_a_review_is_scored_by_the_faults_that_were_found():
    item = mock.Item(mock.REVIEW, load_exercises("gan")["review_step"])
    faults = list(item.checklist)
    assert len(faults) == 3 and f"its {len(faults)} faults" in task(item)
    assert [item.score(faults[:count]) for count in range(4)] == [0, 1, 2, 3]
    code = function_source("torch", "gan", "review_step")
    assert code not in task(item) and code in rubric(item)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_said_is_said_in_one_language(language):
    items = mock.plan(BANK, role=ROLE, level="senior", minutes=90, seed=4)
    interview = mock.Interview(ROLE, "senior", items)
    while item := interview.current:
        said = list(item.checklist)[:1]
        more = interview.tick(said, 7000.0) if item.checklist else interview.answer(0, 1.0)
        if more:
            interview.answer_follow_up(1)
    text = transcript(interview, language)
    words = "Mock interview|Summary|Tomorrow|over its|Follow-up|Left out"
    assert bool(re.search(words, text)) == (language == "en")
    assert bool(re.search("模拟面试|小结|明天|超过限时|追问|没说到", text)) == (language == "zh")
    assert "prodgen practice drill" in text and "prodgen practice cards --about" in text
    assert ending(text).startswith("## S" if language == "en" else "## 小结")
    prompt = interview_prompt(interview, language)
    advisory = "marks are advisory" if language == "en" else "评分仅供参考"
    assert advisory in prompt and len(prompt.split("\n## ")) == 1 + len(items)
    for item in items:
        assert all(text.in_(language) in prompt for text in item.checklist.values())


def test_a_prompt_is_written_and_nothing_is_asked(home, tmp_path):
    file = tmp_path / "prompt.md"
    options = ("--export-prompt", file, "--seed", 2, "--minutes", 60)
    result = run("practice", "mock", *options)
    assert "Its marks are advisory; nothing was sent anywhere." in result.output
    assert "For you only" in file.read_text(encoding="utf-8")
    assert Desk(ROOT).history.interviews() == []
    assert "exists already" in run("practice", "mock", *options).output


def test_a_code_item_shows_its_answer_only_in_the_rubric():
    item = mock.Item(mock.CODE, load_exercises("gan")["generator_loss"])
    answer = "softplus(-fake_logits)"
    assert answer not in task(item) and "NotImplementedError" in task(item)
    assert answer in rubric(item)


def test_a_point_left_out_becomes_a_card(desk):
    question = BANK["vae.what_is_it"]
    desk.tick(question, [point.id for point in question.points[1:]])
    card = next(card for card in desk.cards if card.id == "point:vae.what_is_it:mean_variance")
    assert card.back == question.points[0].text and card.subject == "vae"
    assert question.points[0].text.en not in card.front.en
    assert question.points[1].text.zh in card.front.zh
    assert desk.due()[0] == card, "what was left out last comes first"
    desk.tick(replace(question, id="vae.gone"), [])
    assert len([card for card in desk.cards if card.id.startswith("point:")]) == 1


# ------------------------------------------------------------------------------------------ drills


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("identity", ["gan.train_step", "vae.reparameterise", "metrics.ssim"])
def test_a_drill_runs_and_is_graded_like_its_chapter(identity, framework, home, tmp_path):
    pytest.importorskip(framework)
    topic, _, name = identity.partition(".")
    path = write_drill(identity, framework, tmp_path)
    assert "0 of 1 exercises pass" in run("check", path).output
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source = function_source(framework, topic, name)
    nbformat.write(notebook, path)
    result = run("check", path)
    assert result.exit_code == 0 and "1 of 1 exercises pass" in result.output, result.output


def test_a_drill_never_overwrites_another(tmp_path):
    first = write_drill("gan.generator_loss", "torch", tmp_path)
    first.write_text("mine")
    second = write_drill("gan.generator_loss", "torch", tmp_path)
    assert first.read_text() == "mine" and second != first


def test_a_review_drill_starts_from_the_candidates_answer():
    source = drill("gan.review_step", "torch").cells[2].source
    assert "NotImplementedError" not in source
    assert source != function_source("torch", "gan", "review_step")


@pytest.mark.parametrize(
    ("identity", "framework", "sentence"),
    [("gan.nothing", "torch", "no exercise"), ("gan.train_step", "jax", "no framework 'jax'")],
)
def test_a_drill_that_can_not_be_made_is_told(identity, framework, sentence):
    with pytest.raises(CourseError, match=sentence):
        drill(identity, framework)


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_notebook_that_asks_for_a_test_runs_and_is_graded(framework, home, tmp_path):
    pytest.importorskip(framework)
    path = write_test("gan.discriminator_loss", framework, tmp_path)
    assert "not answered" in run("check", path).output
    notebook = nbformat.read(path, as_version=4)
    text = (ROOT / "tests" / "exercises" / f"properties_{framework}.py").read_text()
    notebook.cells[2].source = text + "\n\nproperties = gan__discriminator_loss"
    nbformat.write(notebook, path)
    result = run("check", path)
    assert result.exit_code == 0 and "1 of 1 exercises pass" in result.output, result.output
    notebook.cells[2].source = "def properties(answer):\n    print('x' * 100_000)"
    nbformat.write(notebook, path)
    assert "with this fault passes your test: “labels swapped”" in run("check", path).output


def test_practice_test_lists_and_makes(home, tmp_path):
    assert "vae.kl_divergence" in run("practice", "test").output
    with pytest.raises(CourseError, match=r"No test is asked for 'gan\.train_step'"):
        write_test("gan.train_step", "torch", tmp_path)
    first = write_test("vae.kl_divergence", "torch", tmp_path)
    assert write_test("vae.kl_divergence", "torch", tmp_path) != first


# -------------------------------------------------------------------------------------------- Anki


def notes_of(deck: Path, folder: Path) -> dict[str, list[str]]:
    """The fields of each note of a package by its guid."""
    with zipfile.ZipFile(deck) as package:
        package.extractall(folder)
    with sqlite3.connect(folder / "collection.anki2") as connection:
        return {
            guid: fields.split("\x1f")
            for guid, fields in connection.execute("SELECT guid, flds FROM notes")
        }


def test_a_new_wording_keeps_the_identity_of_a_note(tmp_path):
    question = BANK["vae.what_is_it"]
    changed = replace(question, title=Text("Other words: $x^2$ & 1 < 2", "换了说法"))
    write_deck([question], tmp_path / "one.apkg")
    write_deck(
        [changed, next(q for q in BANK.values() if q.subject == "gan")], tmp_path / "two.apkg"
    )
    one = notes_of(tmp_path / "one.apkg", tmp_path / "one")
    two = notes_of(tmp_path / "two.apkg", tmp_path / "two")
    assert len(one) == 2 and len(two) == 4 and one.keys() <= two.keys()
    same = next(guid for guid in one if one[guid][3].find("What is a variational") >= 0)
    assert r"Other words: \(x^2\) &amp; 1 &lt; 2" in two[same][3]
    assert "The encoder gives a distribution of codes" in two[same][5], "its points go along"


def test_pictures_go_along_and_formulas_are_anki_s(tmp_path):
    (tmp_path / "curve.png").write_bytes(b"\x89PNG picture")
    words = Text("See ![a curve](curve.png) and\n\n$$\\frac{a}{b} < 1$$", "图")
    question = replace(BANK["vae.what_is_it"], short=words)
    write_deck([question], tmp_path / "deck.apkg", language="en", folder=tmp_path)
    (fields,) = notes_of(tmp_path / "deck.apkg", tmp_path / "out").values()
    assert '<img src="curve.png" alt="a curve"' in fields[4]
    assert r"\[\frac{a}{b} &lt; 1\]" in fields[4]
    media = json.loads((tmp_path / "out" / "media").read_text())
    (number,) = [number for number, name in media.items() if name == "curve.png"]
    assert (tmp_path / "out" / number).read_bytes() == b"\x89PNG picture"


def test_all_questions_export_and_a_bad_name_is_told(tmp_path, home):
    result = run("cards", "export", tmp_path / "deck.apkg")
    assert f"{2 * len(BANK)} notes" in result.output
    assert len(notes_of(tmp_path / "deck.apkg", tmp_path / "out")) == 2 * len(BANK)
    assert "must end in .apkg" in run("cards", "export", tmp_path / "deck.zip").output
    assert (
        "no questions about 'cooking'"
        in run("cards", "export", tmp_path / "b.apkg", "--about", "cooking").output
    )


# ---------------------------------------------------------------------------------------- terminal


def test_cards_in_a_terminal(home):
    result = run(
        "practice", "cards", "--about", "vae", "--language", "both", keys="\nx\n3\n\nm\n1\nq\n"
    )
    assert result.output.count("It comes again on") == 2 and "Type one of" in result.output
    assert "什么是变分自编码器" in result.output
    assert [rating for _, rating, _ in Desk(ROOT).history.reviews()] == [3, 1]
    assert "no cards about 'cooking'" in run("practice", "cards", "--about", "cooking").output


def test_an_interview_in_a_terminal_is_kept_and_steers_the_cards(home, tmp_path):
    keys = "\n\n\n0\nq\n"  # answered, no point said, the follow-up's answer, nothing, the end
    page = tmp_path / "talk.md"
    result = run("practice", "mock", "--seed", SEED, "--transcript", page, keys=keys)
    assert "Weak, and first in the cards from now on" in result.output
    desk = Desk(ROOT)
    (kept,) = desk.history.interviews()
    assert kept["transcript"] == page.read_text() and len(kept["weak"]) == 1
    assert desk.due()[0].subject == kept["weak"][0]
    assert "exists already" in run("practice", "mock", "--transcript", page).output


def test_a_day_to_be_ready_by_in_a_terminal(home, tmp_path):
    by = date.today() + timedelta(days=30)
    assert "No day is set" in run("practice", "plan").output
    assert "name it with --by" in run("practice", "plan", "--minutes-a-day", 20).output
    assert "is past" in run("practice", "plan", "--by", "2020-01-01").output
    assert "'soon' is no day" in run("practice", "cards", "--by", "soon").output
    told = run("practice", "plan", "--by", by, "--minutes-a-day", 12).output
    assert f"you will see all {len(BANK)}" not in told and "these first: " in told and "░" in told
    told = run("practice", "cards", "--minutes-a-day", 60, keys="\n\n3\nq\n").output
    assert f"you will see all {len(BANK)}" in told and re.search(r"\[1 of \d\]", told)
    chinese = run("practice", "plan", "--language", "zh").output
    assert "都能看到，已看 1 项" in chinese and "按计划" in chinese
    run("practice", "progress", tmp_path / "p.html")
    text = (tmp_path / "p.html").read_text()
    assert text.count("<svg") == 1 and "are unseen today" in text and "30 days left" in text
    told = run("practice", "plan", "--with-exercises", "torch").output
    (exercise, *_) = re.findall(r"practice drill (\S+) --framework torch", told)
    root = tmp_path / "course"
    root.mkdir()
    for name in ("chapters", "pyproject.toml"):
        (root / name).symlink_to(ROOT / name)
    command = ["--root", str(root), "practice", "drill", "--by", by.isoformat()]
    assert "is ready" in CliRunner().invoke(main, command, catch_exceptions=False).output
    (path,) = (root / "work" / "drills").iterdir()
    assert path.name == f"drill_{exercise.replace('.', '_')}_torch.ipynb"
    told = run("practice", "mock", "--seed", SEED, keys="\n\n\n0\nq\n").output
    assert "By your plan until" in told
    assert "No day is set" in run("practice", "plan", "--by", "none").output


def test_progress_export_and_backup_in_a_terminal(home, tmp_path):
    run("practice", "cards", keys="\n3\nq\n")
    assert "is written" in run("practice", "progress", tmp_path / "p.html").output
    text = (tmp_path / "p.html").read_text()
    assert "1 of " in text and "<caption>" in text and "prefers-color-scheme: dark" in text
    assert "Next: chapter 1, Large generative models." in text and text.count("<h1>") == 1
    names = re.findall(r"<th scope=row>(\d+) (.+?)</th>", text)
    assert [int(number) for number, _ in names] == list(range(1, 13))
    assert names[4][1] == "Variational autoencoders"
    assert "human" not in text, "its exercise is counted with the chapter that shows it"
    assert "holds your cards" in run("practice", "export", tmp_path / "h.json").output
    assert "is a copy" in run("practice", "backup", tmp_path / "h.db").output
    assert "exists already" in run("practice", "backup", tmp_path / "h.db").output


def test_progress_counts_the_cells_that_were_run(tmp_path):
    (tmp_path / "work").mkdir()
    notebook = nbformat.read(ROOT / "notebooks" / "05_vae_torch.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.execution_count = None
    nbformat.write(notebook, tmp_path / "work" / "05_vae_tensorflow.ipynb")
    code[0].execution_count = code[3].execution_count = 1
    nbformat.write(notebook, tmp_path / "work" / "05_vae_torch.ipynb")
    (tmp_path / "work" / "06_gan_torch.ipynb").write_text("broken")
    assert cells_run(tmp_path) == {"vae": (2, len(code))}


def test_a_broken_question_file_is_named(home, tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "06_gan.yaml").write_text("- id: gan.a\n  level: senior\n")
    command = ["--root", str(tmp_path), "practice", "cards"]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert "Error: 06_gan.yaml, gan.a, topics: topics is missing." in result.output


# ----------------------------------------------------------------------------------------- widgets


def press(box, text: str) -> None:
    """Click the button with this text, wherever in the box it is now."""
    waiting = [box]
    while waiting:
        widget = waiting.pop()
        if isinstance(widget, Button) and widget.description == text:
            widget.click()
            return
        waiting += getattr(widget, "children", ())
    raise AssertionError(f"There is no button {text!r}.")


def boxes(box) -> list[Checkbox]:
    """The boxes to tick, in order."""
    inner = [found for widget in getattr(box, "children", ()) for found in boxes(widget)]
    return [box] if isinstance(box, Checkbox) else inner


def shown(box) -> str:
    """All the words in a box, also in the boxes inside."""
    inner = [shown(widget) for widget in getattr(box, "children", ())]
    return "\n".join([str(getattr(box, "value", "")), *inner])


def test_the_card_widget(desk):
    box = widgets.flashcards(desk, "vae")
    assert "Card 1 of" in shown(box) and "variational autoencoder" in shown(box)
    press(box, "Show the answer")
    assert "hidden code" in shown(box)
    press(box, "Full answer, rubric, follow-ups")
    assert "10 min" in shown(box) and " d<" in shown(box)  # when each rating brings it back
    press(box, "Tick what you said")
    assert "0% of the points" in shown(box)
    for check in boxes(box)[:4]:
        check.value = True
    assert "80% of the points&#x27; weight: senior" in shown(box)
    press(box, "good")
    assert "Card 2 of" in shown(box) and "comes again on" in shown(box)
    assert desk.history.reviews()[0][:2] == ("vae.what_is_it", 3)
    assert [point for _, point in desk.history.missed()] == ["price_blur", "aggregate"]


def test_a_card_not_known_returns_and_more_new_ones_can_be_had(desk):
    box = widgets.flashcards(desk, "vae")
    count = len(desk.due("vae"))
    for number in range(count + 1):
        press(box, "Show the answer")
        press(box, "good" if number else "again")
    text = shown(box)
    assert f"{count + 1} cards done" in text
    if desk.new("vae"):
        press(box, "More new cards")
        assert "Card 1 of" in shown(box)


def test_the_widgets_speak_chinese(desk):
    box = widgets.flashcards(desk, "vae")
    box.children[0].value = "zh"
    press(box, "显示答案")
    press(box, "良好")
    assert "第 2 张" in shown(box) and 'lang="zh"' in shown(box)


def test_the_interview_widget(desk):
    seconds = iter(range(0, 10_000, 500))
    box = widgets.mock_interview(desk, seed=SEED, clock=lambda: next(seconds))
    press(box, "Begin")
    press(box, "I have answered")
    assert "over time" in shown(box)
    points = boxes(box)
    assert len(points) >= 4
    points[0].value = True
    press(box, "These I said")
    assert "of the points" in shown(box)
    assert "Follow-up" in shown(box)
    press(box, "I have answered")
    press(box, "nothing")
    press(box, "End here")
    assert "kept in your history" in shown(box) and "Summary" in shown(box)
    assert len(desk.history.interviews()) == 1
    assert "<h1" not in shown(box) and "<h2" not in shown(box)
    press(box, "Begin another")
    press(box, "Begin")
    assert '"timer"' in shown(box) and "4:00 left" in shown(box)


def test_a_recording_is_told_of_in_the_transcript(desk):
    """The browser says when it begins; see tests/browser for the sound itself."""
    seconds = iter(range(0, 10_000, 50))
    box = widgets.mock_interview(desk, seed=SEED, clock=lambda: next(seconds))
    (line,) = [one for one in every(box) if "prodgen-recorded" in one._dom_classes]
    line.value = "begun"
    assert "Stop and save the recording" in [getattr(one, "description", "") for one in every(box)]
    press(box, "Begin")
    press(box, "I have answered")
    press(box, "These I said")
    line.value = "done interview-1.webm"
    assert "Saved in your downloads: interview-1.webm" in shown(box)
    press(box, "I have answered")
    press(box, "nothing")
    press(box, "End here")
    assert "In the recording at 0:50." in shown(box)
    line.value = "no NotAllowedError"
    assert "Nothing is recorded: NotAllowedError" in shown(box)


def every(box) -> list:
    """The widget and all inside."""
    return [box, *(one for widget in getattr(box, "children", ()) for one in every(widget))]


def test_the_shortest_interview_asks_something_and_no_rubric_tells_the_follow_up():
    for role in mock.ROLES:
        for level in ("junior", "senior", "expert"):
            items = mock.plan(BANK, role=role, level=level, minutes=mock.LEAST, seed=2)
            assert items and sum(item.minutes for item in items) <= mock.LEAST
    question = BANK["vae.what_is_it"]
    told = rubric(mock.Item(mock.CONCEPT, question))
    assert not any(more.answer.en in told for more in question.follow_ups)


def test_the_drill_and_progress_widgets(desk, tmp_path):
    box = widgets.drills(desk)
    desk.root = tmp_path
    press(box, "Make the notebook")
    assert "is ready" in shown(box) and "href=" in str(box.children[-1].outputs)
    assert len(list((tmp_path / "work" / "drills").glob("drill_*.ipynb"))) == 1
    press(box, "Write the test instead")
    (made,) = (tmp_path / "work" / "drills").glob("test_*.ipynb")
    assert made.stem in str(box.children[-1].outputs)
    desk.root = ROOT
    text = shown(widgets.progress(desk))
    assert "exercises solved in PyTorch" in text and "--jp-layout-color0" in text
    assert "<main" not in text and "<h1" not in text and ":root" not in text


def test_anki_keeps_what_looks_like_a_tag():
    from prodgen_lib.interview.anki import _html

    html = _html("<float>, a<b and c>d, **bold**", None, {})
    assert "&lt;float&gt;, a&lt;b and c&gt;d, <strong>bold</strong>" in html
