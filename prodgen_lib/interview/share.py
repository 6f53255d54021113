"""A learner's log, gathered for handing in; and what FSRS predicted of each card that came back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import fsrs

from prodgen_lib.course.shared_log import FRAMEWORKS, Attempt, Recall, SharedLog
from prodgen_lib.interview.deadline import recall, scheduler
from prodgen_lib.interview.history import History

LEAST_DAYS = 0.5
"""Reviews within a sitting are steps of learning; only later ones say whether it was kept."""


def gather(attempts: Iterable[dict], history: History) -> SharedLog:
    """All that is handed in: ``attempts`` as `prodgen_lib.checking.progress` records them."""
    return SharedLog(tuple(_attempts(attempts, _hints(history))), tuple(recalls(history.reviews())))


def _attempts(attempts: Iterable[dict], hints: dict[tuple[str, str], int]) -> list[Attempt]:
    timed = [(when, one) for one in attempts if (when := _moment(one.get("time")))]
    start = min((when for when, _ in timed), default=None)
    found = []
    for when, one in timed:
        if one["framework"] not in FRAMEWORKS:
            continue
        noted = one.get("hints", hints.get((one["exercise"], one["time"])))
        minute = round((when - start).total_seconds() / 60, 1)
        known = (one["exercise"], one["framework"], bool(one["correct"]), one.get("wrong"))
        found.append(Attempt(minute, *known, noted))
    return found


def _hints(history: History) -> dict[tuple[str, str], int]:
    """How many hints had been shown before a check, by exercise and time; sittings note it."""
    rows = history.rows(
        "SELECT drills.exercise, tries.time, tries.hints FROM tries "
        "JOIN drills ON drills.number = tries.drill"
    )
    return {(exercise, time): hints for exercise, time, hints in rows}


def recalls(reviews: Iterable[tuple[str, int, str]]) -> list[Recall]:
    """What FSRS would have said before each later review, and what came of it.

    ``reviews`` are (card, rating from 1 to 4, time), oldest first. Each card is played again from
    its beginning; what is predicted never depends on the review that it is about.
    """
    engine, cards, last, found = scheduler(), {}, {}, []
    for card, rating, time in reviews:
        when = _moment(time)
        if when is None:
            continue
        state = cards.get(card) or fsrs.Card(card_id=0, due=when)
        if card in last:
            days = (when - last[card]).total_seconds() / 86400
            if days >= LEAST_DAYS:
                chance = recall(state, when)
                found.append(Recall(round(days, 2), round(chance, 4), rating > 1))
        cards[card], _ = engine.review_card(state, fsrs.Rating(rating), when)
        last[card] = when
    return found


def _moment(time: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(time)).astimezone(UTC)
    except ValueError:
        return None
