"""Ready by a day: whatever the clock, the zone and the candidate do, the plan stays honest."""

import importlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import fsrs
import pytest

from prodgen_lib.course.project import CourseError
from prodgen_lib.interview.burndown import as_svg, as_text, burn_down
from prodgen_lib.interview.deadline import (
    HIGHEST,
    QUIET,
    USUAL,
    Goal,
    New,
    at_risk,
    enough_minutes,
    make_plan,
    quiet_days,
    read_day,
    recall,
    wanted,
    woven,
)
from prodgen_lib.interview.desk import Desk
from prodgen_lib.interview.history import History
from prodgen_lib.interview.preparation import EXERCISE, current_goal, set_goal

ROOT = Path(__file__).resolve().parents[2]
MONDAY = date(2026, 1, 5)
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
GOAL = Goal(MONDAY, MONDAY + timedelta(days=30), 30)
BANK = [New(f"gan.{number}") for number in range(112)]


def after(days: int, goal: Goal = GOAL) -> date:
    return goal.since + timedelta(days=days)


# ------------------------------------------------------------------------------------------ a plan


def test_everything_new_is_spread_and_nothing_comes_in_the_last_days():
    plan = make_plan(GOAL, MONDAY, BANK)
    counts = [len(day) for day in plan.days]
    assert plan.left_out == () and sum(counts) == len(BANK) and len(counts) == 30
    assert counts[-QUIET:] == [0] * QUIET and min(counts[:-QUIET]) >= 3
    assert max(counts[:-QUIET]) <= 5, "evenly, not all at once"
    assert [name for day in plan.days for name in day] == [new.id for new in BANK]
    assert max(plan.minutes) <= GOAL.minutes


@pytest.mark.parametrize("minutes", [5, 12, 20])
def test_no_day_takes_more_than_its_minutes_for_what_is_new(minutes):
    plan = make_plan(replace(GOAL, minutes=minutes), MONDAY, BANK)
    assert max(len(day) * BANK[0].minutes for day in plan.days) <= minutes


def test_what_can_not_be_done_is_left_out_and_more_minutes_do():
    tight = replace(GOAL, minutes=10)
    plan = make_plan(tight, MONDAY, BANK)
    assert 0 < len(plan.left_out) == len(BANK) - plan.seen
    assert plan.left_out[-1] == BANK[-1].id, "what comes first is kept"
    enough = enough_minutes(tight, MONDAY, BANK)
    assert not make_plan(replace(GOAL, minutes=enough), MONDAY, BANK).left_out
    assert make_plan(replace(GOAL, minutes=enough - 5), MONDAY, BANK).left_out
    assert enough_minutes(Goal(MONDAY, after(1), 10), MONDAY, BANK * 20) is None


def test_a_missed_week_moves_to_the_days_that_are_left():
    on_time, late = (make_plan(GOAL, after(days), BANK[20:]) for days in (5, 12))
    assert not on_time.left_out and not late.left_out
    assert len(late.days[0]) > len(on_time.days[0])
    tight = replace(GOAL, minutes=15)
    assert make_plan(tight, after(5), BANK[20:]).seen > make_plan(tight, after(12), BANK[20:]).seen


def test_what_was_begun_today_is_not_planned_twice():
    first = len(make_plan(GOAL, MONDAY, BANK).days[0])
    begun = first * BANK[0].minutes
    again = make_plan(GOAL, MONDAY, BANK[first:], begun=begun, spent=begun)
    assert again.days[0] == () and not again.left_out


def test_an_exercise_longer_than_a_day_gets_a_day_of_its_own():
    long = [New("exercise:gan.train_step", 20.0, again=0.0), *BANK[:3]]
    plan = make_plan(replace(GOAL, minutes=10), MONDAY, long)
    assert plan.days[0] == ("exercise:gan.train_step",) and plan.left_out == ()


def test_the_day_itself_and_the_day_before_bring_nothing_new():
    assert make_plan(GOAL, GOAL.by, BANK).days == ()
    assert make_plan(GOAL, GOAL.by - timedelta(days=1), BANK).seen == 0
    tomorrow = Goal(MONDAY, after(1), 30)
    assert make_plan(tomorrow, MONDAY, BANK).seen == 10 and quiet_days(tomorrow) == 0
    assert [quiet_days(Goal(MONDAY, after(days), 30)) for days in (2, 3, 6, 9, 90)] == [
        0,
        1,
        2,
        3,
        3,
    ]


def test_cards_and_exercises_are_through_at_the_same_time():
    exercises = [New(f"e{number}", 9.0) for number in range(10)]
    order = [one.id[0] for one in woven(BANK[:60], exercises)]
    assert "e" in order[:8] and order[-8:].count("e") in (1, 2)
    assert woven(BANK, []) == BANK and woven([], []) == []


def test_the_wanted_retention_rises_towards_the_day():
    values = [wanted(GOAL, after(day)) for day in range(30)]
    assert values[0] == USUAL and values[-1] == pytest.approx(HIGHEST)
    assert values == sorted(values) and len(set(values[-10:])) == 10
    assert wanted(GOAL, GOAL.by + timedelta(days=9)) == pytest.approx(HIGHEST)


def test_what_would_be_known_least_on_the_day_comes_first():
    engine, cards = fsrs.Scheduler(enable_fuzzing=False), {}
    for name, rating in (("well", fsrs.Rating.Easy), ("badly", fsrs.Rating.Good)):
        cards[name], _ = engine.review_card(fsrs.Card(card_id=0, due=NOW), rating, NOW)
    later = NOW + timedelta(days=28)
    assert at_risk(cards, GOAL, later, 0.95) == ["badly", "well"]
    assert recall(cards["badly"], later) < recall(cards["well"], later)
    assert at_risk(cards, GOAL, NOW + timedelta(hours=1), 0.95) == ["badly"], "its step is over"


# ----------------------------------------------------------------------------------- days and zones


def test_days_are_read_as_a_person_writes_them():
    assert read_day("2026-02-01", MONDAY) == date(2026, 2, 1)
    assert read_day(" Friday", MONDAY) == date(2026, 1, 9)
    assert read_day("monday", MONDAY) == date(2026, 1, 12), "the next one"
    with pytest.raises(ValueError, match=r"2999-01-01 is too far away .* until 2027-01-06"):
        read_day("2999-01-01", MONDAY)
    with pytest.raises(ValueError, match="2026-01-04 is past: choose a day from 2026-01-05 on"):
        read_day("2026-01-04", MONDAY)
    with pytest.raises(ValueError, match="'soon' is no day"):
        read_day("soon", MONDAY)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))
    return Desk(ROOT, now=lambda: NOW, fuzz=False)


def test_a_goal_is_kept_changed_and_ended(desk):
    history = desk.history
    assert current_goal(history, NOW) is None
    goal = set_goal(history, "2026-02-04", NOW, 25, "torch")
    assert current_goal(History(), NOW) == goal == Goal(MONDAY, date(2026, 2, 4), 25, "torch")
    later = NOW + timedelta(days=3)
    assert set_goal(history, "2026-02-04", later, 40) == replace(goal, minutes=40)
    assert set_goal(history, "2026-02-05", later).since == later.date(), "another day, anew"
    assert current_goal(history, datetime(2026, 2, 6, tzinfo=UTC)) is None, "it is past"
    assert set_goal(history, "none", later) is None and current_goal(history, later) is None
    for by, minutes, complaint in (("2026-01-01", 30, "is past"), ("friday", 2, "5 to 480")):
        with pytest.raises(CourseError, match=complaint):
            set_goal(history, by, NOW, minutes)


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "UTC", "Europe/Berlin", "Pacific/Kiritimati"])
@pytest.mark.parametrize("start", ["2026-03-27T23:30", "2026-10-23T00:30"])
def test_a_change_of_the_clock_moves_no_day(desk, zone, start):
    """Both nights in which Berlin's clock changes lie inside: each day still begins as many."""
    here = ZoneInfo(zone)
    now = datetime.fromisoformat(start).replace(tzinfo=here)
    by = (now.date() + timedelta(days=6)).isoformat()
    set_goal(desk.history, by, now, 30)
    begun = []
    for day in range(6):
        moment = datetime.combine(now.date() + timedelta(days=day), now.time(), here)
        desk.now = lambda moment=moment: moment
        known = desk.history.states()
        new = [card for card in desk.due() if card.id not in known]
        for card in new:
            desk.review(card, "good")
        begun.append(len(new))
        assert all(card.id in desk.history.states() for card in desk.due()), "a day's part, once"
    assert begun == [10, 10, 10, 10, 0, 0]
    picture = desk.preparation.picture
    assert picture.actual == tuple(picture.total - 10 * min(day, 4) for day in range(1, 7))


def test_what_is_due_keeps_to_the_minutes_of_the_day(desk):
    set_goal(desk.history, "2026-02-04", NOW, 9)
    first = desk.due()
    assert len(first) == 3
    for card in first:
        desk.review(card, "again")
    desk.now = lambda: NOW + timedelta(days=1)
    again = desk.due()
    assert len([c for c in again if c in first]) <= 9 - 3 * (len(again) - 3)
    assert len(desk.due(extra=15)) > len(again)
    assert {c.subject for c in desk.due("vae")} <= {"vae"}


def test_exercises_count_only_where_a_framework_is_named(desk):
    set_goal(desk.history, "2026-02-04", NOW, 60)
    assert desk.preparation.exercises == {} and desk.preparation.exercises_today == []
    set_goal(desk.history, "2026-02-04", NOW, 60, "torch")
    ahead = desk.preparation
    assert len(ahead.exercises) >= 70 and ahead.exercises_today
    assert any(one.id.startswith(EXERCISE) for one in ahead.unseen)


# ----------------------------------------------------------------------------- sentence and picture


def test_the_sentence_says_what_can_be_done_and_what_can_not(desk):
    set_goal(desk.history, "2026-02-04", NOW, 60)
    told = desk.preparation.told()
    assert "30 days left until Wednesday 4 February" in told and "you will see all" in told
    assert "Nothing new in the last 3 days." in told
    set_goal(desk.history, "2026-01-09", NOW, 30)
    ahead = desk.preparation
    assert f"you will see {ahead.plan.seen} of {len(desk.cards)}, not all" in ahead.told()
    assert "these first: " in ahead.told() and "minutes a day would do" in ahead.told()
    assert "只能看到" in ahead.told("zh") and "{" not in ahead.told() + ahead.told("zh")
    desk.now = lambda: datetime(2026, 1, 9, 8, tzinfo=UTC)
    assert "Today is the day" in desk.preparation.told()
    assert desk.due() == [] and desk.preparation.plan.days == ()
    picture = desk.preparation.picture
    desk.now = lambda: datetime(2026, 1, 10, 8, tzinfo=UTC)
    assert "Friday 9 January is past" in desk.preparation.told()
    assert desk.preparation.goal is None and "past" in desk.progress_html()
    assert as_text(picture) and as_svg(picture)


def test_the_picture_says_the_same_in_characters_svg_and_words():
    seen = {new.id: after(0) for new in BANK[:10]} | {new.id: after(2) for new in BANK[10:20]}
    plan = make_plan(GOAL, after(3), BANK[20:])
    found = burn_down(GOAL, after(3), [new.id for new in BANK], seen, plan)
    assert found.actual == (102, 102, 92, 92) and len(found.planned) == 26 and found.end == 0
    assert list(found.planned) == sorted(found.planned, reverse=True)
    text = as_text(found)
    assert "█████" not in text and "████░" in text and "05.01 → 04.02" in text
    assert max(map(len, as_text(found, width=10).splitlines()[1:9])) <= 7 + 10
    svg = as_svg(found)
    assert "92 are unseen today; by the plan 0 are on Wednesday 4 February" in svg
    assert svg.count("<polyline") == 2 and 'role="img"' in svg and "还没看的" in as_svg(found, "zh")


# --------------------------------------------------------------------------------------- simulation


@pytest.fixture
def by_date(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("by_date")


@pytest.mark.parametrize(
    ("minutes", "gain", "missed"), [(10, 0.10, ()), (20, 0.05, ()), (10, 0.08, range(8, 15))]
)
def test_a_candidate_with_a_date_knows_more_on_the_day(by_date, minutes, gain, missed, capsys):
    """Both forget by FSRS's own model, and have the same minutes a day."""
    bare, dated = (
        by_date.candidate(minutes, by_date=way, missed=missed, seed=3) for way in (False, True)
    )
    with capsys.disabled():
        print(f"\n{minutes} minutes a day: {bare.recalled:.1%} without, {dated.recalled:.1%} with")
    assert dated.recalled > bare.recalled + gain
    assert dated.minutes <= 30 * minutes * 1.05


def test_what_is_promised_is_kept(by_date):
    for minutes in (10, 20):
        found = by_date.candidate(minutes, by_date=True, seed=5)
        assert found.seen == pytest.approx(found.promised, abs=0.02)
