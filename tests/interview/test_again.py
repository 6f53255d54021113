"""Exercises that come back: when, which first, and never over anybody's work."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsrs
import nbformat
import pytest
from click.testing import CliRunner

from prodgen_lib.checking import progress
from prodgen_lib.checking.source import function_source
from prodgen_lib.cli import main
from prodgen_lib.interview import widgets
from prodgen_lib.interview.again import Try, comebacks, draw, due_again, rating, sittings
from prodgen_lib.interview.desk import Desk

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
NAME = "gan.generator_loss"


def attempt(exercise=NAME, *, day=0, hour=9, correct=True, wrong=None, **more):
    time = (NOW + timedelta(days=day, hours=hour - 9)).isoformat()
    told = {"time": time, "exercise": exercise, "framework": "torch", "correct": correct}
    return {**told, "wrong": wrong, **more}


def tries(*right, day=0, hints=0):
    return [Try(NOW + timedelta(days=day, minutes=n), one, hints) for n, one in enumerate(right)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (tries(True), fsrs.Rating.Good),
        (tries(True, hints=1), fsrs.Rating.Hard),
        (tries(False, True), fsrs.Rating.Hard),
        (tries(False, False), fsrs.Rating.Again),
    ],
)
def test_a_sitting_is_rated_by_its_checks(given, expected):
    assert rating(given) == expected


def test_the_first_right_answer_begins_the_card_and_a_chapter_run_again_counts_nothing():
    once = comebacks([attempt()], [])[NAME]
    assert once.card.due - NOW == timedelta(days=2) and not once.failed
    again = [attempt(), *(attempt(day=day) for day in range(9))]
    assert comebacks(again, [])[NAME].card == once.card
    hinted = comebacks([attempt(hints=2)], [])[NAME]
    assert hinted.card.due < once.card.due


def test_never_on_the_same_day_unless_it_failed():
    solved, failed = comebacks([attempt()], []), comebacks([attempt(correct=False)], [])
    assert due_again(solved, NOW + timedelta(hours=10)) == []
    assert due_again(solved, NOW + timedelta(days=2, hours=-8)) == [NAME], "by days, not hours"
    assert due_again(failed, NOW + timedelta(minutes=5)) == [NAME]
    mended = comebacks([attempt(correct=False), attempt(hour=10)], [])
    assert due_again(mended, NOW + timedelta(hours=12)) == []
    hard = comebacks([attempt()], [(NAME, tries(False, True, day=3))])
    assert due_again(hard, NOW + timedelta(days=3, hours=12)) == []


def test_each_sitting_puts_it_off_further_and_a_failed_one_brings_it_back():
    good = [(NAME, tries(True, day=2)), (NAME, tries(True, day=15))]
    dues = [comebacks([attempt()], good[:n])[NAME].card.due for n in range(3)]
    gaps = [dues[0] - NOW, dues[1] - dues[0], dues[2] - dues[1]]
    assert gaps == sorted(gaps) and gaps[2] > timedelta(days=20)
    failed = comebacks([attempt()], [*good, (NAME, tries(False, day=40))])[NAME]
    assert failed.failed and due_again({NAME: failed}, NOW + timedelta(days=40, hours=1)) == [NAME]


def test_checks_of_a_first_sitting_count_once_with_their_hints():
    told = tries(True, hints=1)
    recorded = [attempt()]
    recorded[0]["time"] = told[0].time.isoformat()
    assert comebacks(recorded, [(NAME, told)]) == comebacks([], [(NAME, told)])


def test_seen_mistakes_come_first_then_weak_chapters_then_what_is_known_least():
    names = ["gan.train_step", "vae.reparameterise", "gan.build_generator", "metrics.ssim"]
    found = comebacks([attempt(name, day=day) for day, name in enumerate(names)], [])
    found |= comebacks([attempt("gan.gone")], [])
    order = due_again(found, NOW + timedelta(days=30), weak=["vae"], mistaken=["metrics.ssim"])
    assert order == ["metrics.ssim", "vae.reparameterise", "gan.train_step", "gan.build_generator"]


# ----------------------------------------------------------------------------------- in a notebook


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PRODGEN_SEED", raising=False)
    return Desk(ROOT, now=lambda: NOW, fuzz=False)


def run(path, answer="", hints=0, framework="torch"):
    """The cells of a drill, with the stub or an answer in its cell."""
    cells, here = nbformat.read(path, as_version=4).cells, {}
    exec(cells[1].source, here)
    for _ in range(hints):
        here["hint"](NAME)
    exec(compile(answer or cells[2].source, "<answer>", "exec"), here)
    exec(cells[3].source, here)


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_drawn_notebook_has_an_empty_cell_other_inputs_and_notes_its_checks(
    desk, tmp_path, framework, monkeypatch
):
    pytest.importorskip(framework)
    from prodgen_lib.checking import verbs

    seeds, check = [], verbs.check_answer

    def watched(*arguments, **options):
        seeds.append(options["seed"])
        return check(*arguments, **options)

    monkeypatch.setattr(verbs, "check_answer", watched)
    path = draw(desk.history, NAME, framework, tmp_path, NOW)
    assert "NotImplementedError" in nbformat.read(path, as_version=4).cells[2].source
    run(path)
    assert sittings(desk.history) == [(NAME, [])], "an empty cell is no attempt"
    right = function_source(framework, "gan", "generator_loss")
    run(path, right, hints=1)
    ((name, noted),) = sittings(desk.history)
    assert name == NAME and [(one.correct, one.hints) for one in noted] == [(True, 1)]
    assert seeds == [10_001, 10_001]
    run(path, right)
    assert len(sittings(desk.history)[0][1]) == 1, "a notebook run again is no new sitting"


def test_work_that_is_not_done_is_named_again_and_never_overwritten(desk, tmp_path):
    first = draw(desk.history, NAME, "torch", tmp_path, NOW)
    first.write_text("mine")
    assert draw(desk.history, NAME, "torch", tmp_path, NOW) == first
    assert first.read_text() == "mine" and len(list(tmp_path.glob("*.ipynb"))) == 1
    assert draw(desk.history, NAME, "tensorflow", tmp_path, NOW) != first
    with desk.history.change() as file:
        file.execute("INSERT INTO tries VALUES (1, 1, ?, 1, 0)", (NOW.isoformat(),))
    second = draw(desk.history, NAME, "torch", tmp_path, NOW)
    assert second != first and first.read_text() == "mine"


def test_a_notebook_that_can_not_be_written_is_no_sitting(desk, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"exists|directory"):
        draw(desk.history, NAME, "torch", tmp_path / "file", NOW)
    assert sittings(desk.history) == []


def test_what_comes_back_in_a_terminal_and_a_widget(desk, tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    for name in ("chapters", "pyproject.toml", "solutions"):
        (root / name).symlink_to(ROOT / name)

    def practice(*arguments):
        command = ["--root", str(root), "practice", *arguments]
        return CliRunner().invoke(main, command, catch_exceptions=False).output

    assert "No exercise is due today." in practice("drill", "--again")
    assert "Name an exercise" in practice("drill")
    progress.attempts_file().parent.mkdir(parents=True, exist_ok=True)
    progress.attempts_file().write_text(json.dumps(attempt()) + "\n")
    told = practice("drill", "--again")
    (path,) = (root / "work" / "drills").glob("*.ipynb")
    assert "is ready" in told and NAME.replace(".", "_") in path.name
    assert practice("drill", "--again") == told, "the same notebook waits"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source = function_source("torch", "gan", "generator_loss")
    nbformat.write(notebook, path)
    command = ["--root", str(root), "check", str(path)]
    graded = CliRunner().invoke(main, command, catch_exceptions=False)
    assert "1 of 1 exercises pass" in graded.output, graded.output
    ((_, noted),) = sittings(desk.history)
    assert [one.correct for one in noted] == [True], "graded from a terminal, it counts as well"
    today = datetime.now(UTC)
    for days, waiting in ((0, 0), (900, 1)):
        box = widgets.drills(Desk(root, now=lambda day=days: today + timedelta(days=day)))
        names = [getattr(one, "description", "") for one in box.children]
        assert f"What comes back today ({waiting})" in names
