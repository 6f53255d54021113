import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from prodgen_lib.checking.check import Verdict
from prodgen_lib.checking.progress import attempts, record
from prodgen_lib.cli import main
from prodgen_lib.course.shared_log import read_shared
from prodgen_lib.interview import schedule
from prodgen_lib.interview.history import History
from prodgen_lib.interview.share import gather, recalls
from prodgen_lib.plain.calibration import calibration

START = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def prodgen(*arguments, answer=None):
    return CliRunner().invoke(main, list(arguments), input=answer, catch_exceptions=False)


def practised(home):
    record("gan.generator_loss", "torch", Verdict("gan.generator_loss", 1, 5, wrong="sum"))
    record("gan.generator_loss", "torch", Verdict("gan.generator_loss", 5, 5))
    history = History()
    for days, rating in ((0, "good"), (4, "good"), (20, "again")):
        schedule.review(history, "gan.two_networks", rating, now=START + timedelta(days=days))
    return history


def test_nothing_is_written_unless_the_learner_says_so(home):
    practised(home)
    shown = prodgen("progress")
    assert shown.exit_code == 0 and "1 exercises solved of 1 tried, 2 checks" in shown.output
    assert "predicted" in shown.output
    refused = prodgen("progress", "--share", "mine.json", answer="n\n")
    assert "Nothing was written" in refused.output and not (home / "mine.json").exists()
    assert refused.output.index("Not in it: your name") < refused.output.index("Write it?")


def test_the_file_holds_what_was_said_and_no_more(home):
    practised(home)
    ran = prodgen("progress", "--share", "mine.json", answer="y\n")
    assert "2 checks of 1 exercises" in ran.output and "2 reviews of cards" in ran.output
    data = json.loads((home / "mine.json").read_text())
    assert set(data) == {"format", "attempts", "recalls"}
    assert set(data["attempts"][0]) == {
        *("minute", "exercise", "framework", "correct", "wrong", "hints")
    }
    assert set(data["recalls"][0]) == {"days", "predicted", "recalled"}
    text = (home / "mine.json").read_text()
    assert "2026" not in text and "two_networks" not in text
    assert read_shared(home / "mine.json") == gather(attempts(), History())
    assert prodgen("progress", "--share", "mine.json").exit_code == 1  # never written over


def test_there_must_be_something_to_share(home):
    ran = prodgen("progress", "--share", "mine.json", "--yes")
    assert ran.exit_code == 1 and "nothing to share" in ran.stderr


def test_hints_that_a_sitting_noted_go_with_the_check(home):
    history = practised(home)
    when = attempts()[1]["time"]
    with history.change() as file:
        file.execute(
            "INSERT INTO drills (number, time, exercise, framework, file) VALUES (1,?,?,?,?)",
            (when, "gan.generator_loss", "torch", ""),
        )
        file.execute("INSERT INTO tries (drill, time, correct, hints) VALUES (1,?,1,2)", (when,))
    assert gather(attempts(), history).attempts[1].hints == 2


def test_steps_within_a_sitting_are_no_recall_and_predictions_come_before_the_review():
    times = [START, START + timedelta(minutes=10), START + timedelta(days=3)]
    found = recalls([("a", 3, time.isoformat()) for time in times])
    assert len(found) == 1 and found[0].recalled and 0.5 < found[0].predicted < 1
    twice = [("a", rating, time.isoformat()) for rating, time in zip((3, 3, 1), times, strict=True)]
    assert recalls(twice)[0].predicted == found[0].predicted


def test_a_learner_who_forgets_as_fsrs_says_is_calibrated():
    """Answers drawn from FSRS's own chances: predicted and actual recall agree."""
    import fsrs

    from prodgen_lib.interview.deadline import scheduler

    rng, engine, reviews = np.random.default_rng(0), scheduler(), []
    for card in range(150):
        state, when = fsrs.Card(card_id=0, due=START), START
        for _ in range(6):
            known = rng.random() < engine.get_card_retrievability(state, when) or when == START
            rating = 3 if known else 1
            reviews.append((str(card), rating, when.isoformat()))
            state, _ = engine.review_card(state, fsrs.Rating(rating), when)
            when += timedelta(days=float(rng.integers(1, 30)))
    bins = calibration((one.predicted, one.recalled) for one in recalls(reviews))
    assert sum(one.reviews for one in bins) == 750
    assert all(abs(one.predicted - one.recalled) < 0.12 for one in bins if one.reviews > 60)
