"""What comes when: FSRS with a fixed clock and without fuzz, weak subjects first."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import fsrs
import pytest

from prodgen_lib.interview.cards import Card, mistake_cards
from prodgen_lib.interview.history import History
from prodgen_lib.interview.schedule import NEW_A_DAY, due, review, weak_subjects
from prodgen_lib.questions import Text

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
WORDS = Text("words", "中文")


def card(identity: str) -> Card:
    return Card(identity, identity.partition(".")[0], "senior", WORDS, WORDS, WORDS)


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "practice.db")


def test_due_dates_are_those_of_fsrs(history):
    """Three times good, each when it is due: the dates that the package itself gives."""
    state, now = fsrs.Card(card_id=0, due=NOW), NOW
    for _ in range(3):
        state, _ = fsrs.Scheduler(enable_fuzzing=False).review_card(state, fsrs.Rating.Good, now)
        assert review(history, "vae.a", "good", now=now, fuzz=False) == state.due
        now = state.due
    assert now - NOW > timedelta(days=2)


def test_forgotten_comes_back_sooner_than_known(history):
    dates = [review(history, f"vae.{r}", r, now=NOW, fuzz=False) for r in ("again", "easy")]
    assert dates[0] - NOW <= timedelta(minutes=10) and dates[1] - NOW >= timedelta(days=1)
    cards = [card("vae.again"), card("vae.easy")]
    later = NOW + timedelta(hours=1)
    assert [found.id for found in due(history, cards, now=later)] == ["vae.again"]


def test_an_unknown_rating_is_refused(history):
    with pytest.raises(ValueError, match="choose from again, hard, good, easy"):
        review(history, "vae.a", "perfect", now=NOW)
    assert history.reviews() == []


def test_new_cards_are_rationed_by_the_day(history):
    cards = [card(f"gan.{number}") for number in range(40)]
    assert len(due(history, cards, now=NOW)) == NEW_A_DAY
    for one in cards[:4]:
        review(history, one.id, "easy", now=NOW, fuzz=False)
    assert len(due(history, cards, now=NOW)) == NEW_A_DAY - 4
    assert len(due(history, cards, now=NOW + timedelta(hours=20))) == NEW_A_DAY


def test_urgent_subjects_come_first_and_due_before_new(history):
    cards = [card("gan.a"), card("vae.a"), card("gan.b"), card("vae.b")]
    for one in cards[:2]:
        review(history, one.id, "again", now=NOW, fuzz=False)
    found = due(history, cards, now=NOW + timedelta(hours=1), urgent=["vae"])
    assert [one.id for one in found] == ["vae.a", "gan.a", "vae.b", "gan.b"]


def test_weak_is_what_interview_ratings_and_checks_say(history):
    subjects = {"gan.a": "gan", "vae.a": "vae", "metrics.a": "metrics"}
    for _ in range(2):
        review(history, "gan.a", "again", now=NOW)
        review(history, "vae.a", "good", now=NOW)
    history.add_interview(role="r", level="l", weak=["metrics"], transcript="", now=NOW)
    attempt = {"exercise": "autoencoder.add_noise", "framework": "torch", "correct": False}
    assert weak_subjects(history, subjects, [{**attempt, "wrong": "x"}]) == [
        "metrics",
        "gan",
        "autoencoder",
    ]
    solved = [{**attempt, "wrong": "x"}, {**attempt, "correct": True, "wrong": None}]
    assert weak_subjects(history, subjects, solved) == ["metrics", "gan"]


def test_a_mistake_that_check_saw_becomes_a_card():
    attempt = {"framework": "torch", "correct": False, "wrong": "sigmoid at the end"}
    attempts = [
        {**attempt, "exercise": "gan.build_generator"},
        {**attempt, "exercise": "gan.build_discriminator"},
        {**attempt, "exercise": "gan.gone"},
        {**attempt, "exercise": "gan.build_generator", "wrong": None},
    ]
    found = mistake_cards(attempts)
    assert [one.id for one in found] == [
        "mistake:gan.build_discriminator:sigmoid at the end",
        "mistake:gan.build_generator:sigmoid at the end",
    ]
    assert "tanh ends the network" in found[1].back.en and found[1].subject == "gan"


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "UTC", "Europe/Berlin", "Asia/Shanghai"])
def test_a_card_is_rated_west_and_east_of_greenwich(history, zone):
    """Also in the night in which Berlin's clock goes back: three hours later are three hours."""
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).astimezone(ZoneInfo(zone))
    first = review(history, "gan.a", "again", now=start, fuzz=False)
    second = review(history, "gan.a", "good", now=start + timedelta(hours=3), fuzz=False)
    assert start < first < start + timedelta(hours=1) < second
    assert [card.id for card in due(history, [card("gan.a")], now=second)] == ["gan.a"]
