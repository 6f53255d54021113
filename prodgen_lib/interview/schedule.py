"""When a card comes again: FSRS, with weak subjects and fresh mistakes first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import fsrs

from prodgen_lib.interview.cards import Card
from prodgen_lib.interview.deadline import (
    NEW_MINUTES,
    REVIEW_MINUTES,
    USUAL,
    scheduler,
)
from prodgen_lib.interview.history import History

RATINGS = ("again", "hard", "good", "easy")
NEW_A_DAY = 15
LATEST = 5  # reviews of a card that say how well it is known
WEAK = 2.5  # mean rating below which a subject is weak; 3 is "good"


def review(
    history: History,
    card: str,
    rating: str,
    *,
    now: datetime,
    fuzz: bool = True,
    retention: float = USUAL,
) -> datetime:
    """Note how well a card was known, and say when it is due again.

    `rating` is one of `RATINGS`; `now` has a time zone. `fuzz` spreads due dates a little, so that
    cards learnt together don't come back together for ever. `retention` is the chance at which a
    card known comes back.
    """
    if rating not in RATINGS:
        raise ValueError(f"{rating!r} is no rating; choose from {', '.join(RATINGS)}.")
    number, now = RATINGS.index(rating) + 1, now.astimezone(UTC)  # the package's own terms
    engine = scheduler(retention, fuzz=fuzz)
    with history.change() as file:
        row = file.execute("SELECT state FROM cards WHERE card = ?", (card,)).fetchone()
        state = fsrs.Card.from_json(row[0]) if row else fsrs.Card(card_id=0, due=now)
        state, _ = engine.review_card(state, fsrs.Rating(number), now)
        values = (card, state.to_json(), state.due.isoformat())
        file.execute("INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", values)
        values = (card, number, now.isoformat())
        file.execute("INSERT INTO reviews (card, rating, time) VALUES (?, ?, ?)", values)
    return state.due


def preview(
    history: History, card: str, *, now: datetime, retention: float = USUAL
) -> dict[str, timedelta]:
    """How long each rating of `RATINGS` would put a card off, apart from the spread of `fuzz`."""
    state, now = history.states().get(card), now.astimezone(UTC)
    known = fsrs.Card.from_json(state) if state else fsrs.Card(card_id=0, due=now)
    engine = scheduler(retention)
    return {
        name: engine.review_card(known, fsrs.Rating(number), now)[0].due - now
        for number, name in enumerate(RATINGS, start=1)
    }


def due(
    history: History,
    cards: Sequence[Card],
    *,
    now: datetime,
    urgent: Iterable[str] = (),
    extra: int = 0,
) -> list[Card]:
    """The cards to study now, in this order: those due, then new ones, at most `NEW_A_DAY` a day
    and `extra` ones besides.

    Among either, cards of `urgent` subjects (weak ones, say) come first. Cards due are ordered by
    how long they wait, new ones as given.
    """
    states, place = known(history), _places(urgent)
    waiting = [card for card in cards if card.id in states and states[card.id].due <= now]
    waiting.sort(key=lambda card: (place(card), states[card.id].due))
    left = max(0, NEW_A_DAY - _begun_today(history, now))
    new = sorted((card for card in cards if card.id not in states), key=place)
    return waiting + new[: left + extra]


def known(history: History) -> dict[str, fsrs.Card]:
    """FSRS's card of each that was ever reviewed."""
    return {name: fsrs.Card.from_json(state) for name, state in history.states().items()}


def _places(urgent: Iterable[str]) -> Callable[[Card], int]:
    """The place of a card's subject among the urgent ones; behind them all if it is none."""
    order = {subject: place for place, subject in enumerate(urgent)}
    return lambda card: order.get(card.subject, len(order))


def first_seen(history: History, now: datetime) -> dict[str, date]:
    """The day of each card's first review, where the candidate is now."""
    first: dict[str, date] = {}
    for card, _, time in history.reviews():
        if card not in first:
            first[card] = datetime.fromisoformat(time).astimezone(now.tzinfo).date()
    return first


def minutes_today(history: History, now: datetime) -> tuple[float, float]:
    """Minutes of today on cards, in all and on new ones, by what a card takes as a rule.

    The steps of a new card's first day are counted in its first.
    """
    first = first_seen(history, now)
    new = {card for card, day in first.items() if day == now.date()}
    old = [
        card
        for card, _, time in history.reviews()
        if card not in new
        and datetime.fromisoformat(time).astimezone(now.tzinfo).date() == now.date()
    ]
    begun = NEW_MINUTES * len(new)
    return begun + REVIEW_MINUTES * len(old), begun


def _begun_today(history: History, now: datetime) -> int:
    return sum(day == now.date() for day in first_seen(history, now).values())


def weak_subjects(
    history: History, subjects: Mapping[str, str], attempts: Iterable[dict] = ()
) -> list[str]:
    """Subjects to study first, the weakest first.

    `subjects` gives the subject of each card by id. Weak is what the last mock interview found
    weak, what was last checked with a known mistake, and where the latest ratings are low.
    """
    found = list((history.interviews() or [{"weak": []}])[-1]["weak"])
    ratings: dict[str, list[int]] = defaultdict(list)
    for card, rating, _ in history.reviews():
        ratings[card].append(rating)
    of_subject: dict[str, list[float]] = defaultdict(list)
    for card, given in ratings.items():
        if card in subjects:
            latest = given[-LATEST:]
            of_subject[subjects[card]].append(sum(latest) / len(latest))
    means = {subject: sum(values) / len(values) for subject, values in of_subject.items()}
    found += sorted((s for s, mean in means.items() if mean < WEAK), key=means.__getitem__)
    found += unsolved_subjects(attempts)
    return list(dict.fromkeys(found))


def unsolved_subjects(attempts: Iterable[dict]) -> list[str]:
    """Chapters with an exercise whose last attempt was a known wrong answer, the latest first."""
    last = {(attempt["exercise"], attempt["framework"]): attempt for attempt in attempts}
    wrong = [a for a in last.values() if not a["correct"] and a.get("wrong")]
    return list(dict.fromkeys(a["exercise"].partition(".")[0] for a in reversed(wrong)))
