"""Ready by a day: what is new and when, what is repeated, and whether it can be done.

Pure functions of days (`date`), so that neither a time zone nor a change of the clock moves a plan:
whoever calls says which day it is where the candidate is. FSRS is the package's own; what is added
is the wanted retention, which rises towards the day, and the order in which minutes are spent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache

import fsrs

NEW_MINUTES, REVIEW_MINUTES = 3.0, 1.0  # to learn a card, and to turn over one that was learnt
FARTHEST = timedelta(days=366)  # a plan of more days takes longer than a person waits
QUIET = 3  # days before the day on which nothing new is begun
RISE = 10  # days before the day on which the wanted retention begins to rise
USUAL, HIGHEST = 0.90, 0.97  # wanted retention before that, and on the last day
SCARCE = (USUAL, 0.80, 0.70, 0.60, 0.50)  # what it is lowered to until everything new fits
SHORTEST, LONGEST = 5, 480  # minutes a day
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Goal:
    """To be ready on the day `by`, at `minutes` a day, decided on the day `since`.

    `framework` is that of the exercises that count too; empty where only cards do.
    """

    since: date
    by: date
    minutes: int
    framework: str = ""

    @property
    def span(self) -> int:
        """Days from the decision to the day."""
        return max(1, (self.by - self.since).days)


@dataclass(frozen=True)
class New:
    """Something never seen: a card, or an exercise; minutes of the first time, and of later ones.

    `again` is 0 for an exercise: it comes back where minutes are left, and the plan keeps none.
    """

    id: str
    minutes: float = NEW_MINUTES
    again: float = REVIEW_MINUTES


@dataclass(frozen=True)
class Plan:
    """What is begun on each day that is left, today first, and what there is no time for.

    `minutes` are those of each day, repetitions included; `usual` is the retention wanted until it
    rises: lower where time is scarce, for a card never seen is known by no one.
    """

    days: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...]
    minutes: tuple[float, ...]
    usual: float

    @property
    def seen(self) -> int:
        return sum(map(len, self.days))


def read_day(text: str, today: date) -> date:
    """A day as a person writes it: ``2026-12-04``, or ``friday`` for the next one.

    Raises ``ValueError`` for what is no day, for a day that is past, and for one that is more than
    a year away: the plan counts every day until then.
    """
    word = text.strip().lower()
    if word in WEEKDAYS:
        return today + timedelta(days=(WEEKDAYS.index(word) - today.weekday() - 1) % 7 + 1)
    try:
        day = date.fromisoformat(word)
    except ValueError:
        raise ValueError(f"{text!r} is no day: write it like 2026-12-04, or like friday.") from None
    if day < today:
        raise ValueError(f"{day} is past: choose a day from {today} on.")
    if day - today > FARTHEST:
        raise ValueError(f"{day} is too far away to plan: choose a day until {today + FARTHEST}.")
    return day


def quiet_days(goal: Goal) -> int:
    """How many days before the day bring nothing new; a third of a short time at most."""
    return min(QUIET, goal.span // 3)


def wanted(goal: Goal, today: date) -> float:
    """The retention to aim at: the usual one, then rising day by day to the highest."""
    rise = min(RISE, goal.span)
    left = (goal.by - today).days - 1
    return HIGHEST - (HIGHEST - USUAL) * min(max(left / rise, 0.0), 1.0)


def scheduler(retention: float = USUAL, *, fuzz: bool = False) -> fsrs.Scheduler:
    """The package's scheduler for a wanted retention."""
    return fsrs.Scheduler(desired_retention=retention, enable_fuzzing=fuzz)


def recall(card: fsrs.Card, when: datetime) -> float:
    """The chance that a card is known at a time, by FSRS's model."""
    return scheduler().get_card_retrievability(card, when.astimezone(UTC))


def is_due(card: fsrs.Card, now: datetime, retention: float) -> bool:
    """Whether a card has to be seen now: in a step of minutes, or less surely known than wanted."""
    if card.state != fsrs.State.Review:
        return card.due <= now
    return recall(card, now) < retention


def at_risk(
    cards: Mapping[str, fsrs.Card], goal: Goal, now: datetime, retention: float
) -> list[str]:
    """The cards due, those first that would be known least on the day."""
    day = datetime.combine(goal.by, now.timetz())
    waiting = [name for name, card in cards.items() if is_due(card, now, retention)]
    return sorted(waiting, key=lambda name: recall(cards[name], day))


def repeats(card: fsrs.Card, today: date, days: int, retention: float = USUAL) -> list[int]:
    """Days from today, of the next `days`, on which a card comes back if it is known each time."""
    night = datetime(today.year, today.month, today.day, 23, tzinfo=UTC)
    found = []
    for later in range(days):
        now = night + timedelta(days=later)
        if recall(card, now) < retention:  # a step of minutes left open yesterday is no more
            card, _ = scheduler(retention).review_card(card, fsrs.Rating.Good, now)
            found.append(later)
    return found


@lru_cache
def repeats_of_new(days: int, retention: float = USUAL) -> tuple[int, ...]:
    """Days from the first on which a new card comes back, of the next `days`."""
    noon = datetime(2000, 1, 1, 12, tzinfo=UTC)
    card = fsrs.Card(card_id=0, due=noon)
    for minutes in (0, 10):  # the steps of the first day
        now = noon + timedelta(minutes=minutes)
        card, _ = scheduler(retention).review_card(card, fsrs.Rating.Good, now)
    return tuple(day for day in repeats(card, noon.date(), days, retention) if day)


def make_plan(
    goal: Goal,
    today: date,
    new: Sequence[New],
    known: Sequence[fsrs.Card] = (),
    *,
    begun: float = 0.0,
    spent: float = 0.0,
) -> Plan:
    """Spread what is new, in the order given, over the days that are left.

    Each day gets its share of the minutes that everything new takes, as far as the repetitions of
    that day and of the later ones leave room; where they don't, fewer repetitions are planned.
    `known` are the cards already learnt; of today's minutes `spent` are gone, `begun` of these on
    new things.
    """
    return _best(goal, today, new, _loads(known, today, goal), begun, spent)


def _loads(
    known: Sequence[fsrs.Card], today: date, goal: Goal
) -> Callable[[float], tuple[float, ...]]:
    """Minutes of repetitions on each day that is left, for a wanted retention; each kept."""

    @cache
    def load(usual: float) -> tuple[float, ...]:
        count = max(0, (goal.by - today).days)
        found = [0.0] * count
        for card in known:
            for day in repeats(card, today, count, usual):
                found[day] += REVIEW_MINUTES
        return tuple(found)

    return load


def _best(
    goal: Goal,
    today: date,
    new: Sequence[New],
    loads: Callable[[float], tuple[float, ...]],
    begun: float = 0.0,
    spent: float = 0.0,
) -> Plan:
    """The plan with as many repetitions as leave room for everything new, or with the fewest."""
    for usual in SCARCE:
        plan = _plan(goal, today, new, list(loads(usual)), begun, spent, usual)
        if not plan.left_out:
            break
    return plan


def _plan(
    goal: Goal,
    today: date,
    new: Sequence[New],
    load: list[float],
    begun: float,
    spent: float,
    usual: float,
) -> Plan:
    """A plan for one wanted retention, beside the minutes `load` of what is learnt already."""
    count = len(load)
    if load:
        load[0] += spent
    learning = max(0, count - quiet_days(goal))
    waiting, days, done = list(new), [[] for _ in range(count)], begun
    for day in range(learning):
        share = (sum(one.minutes for one in waiting) + done) / (learning - day)
        back = [day + later for later in repeats_of_new(count - day, usual)]
        while waiting and done < share and _fits(goal, load[day], waiting[0]):
            one = waiting.pop(0)
            days[day].append(one.id)
            load[day] += one.minutes
            done += one.minutes
            for later in back:
                load[later] += one.again
        done = 0.0
    left_out = tuple(one.id for one in waiting)
    return Plan(tuple(map(tuple, days)), left_out, tuple(load), usual)


def _fits(goal: Goal, load: float, one: New) -> bool:
    """Whether a day with so many minutes of load has room for something new.

    What alone takes more than a day's minutes is begun on a day that has nothing else.
    """
    return load + one.minutes <= goal.minutes or (not load and one.minutes > goal.minutes)


def enough_minutes(
    goal: Goal, today: date, new: Sequence[New], known: Sequence[fsrs.Card] = ()
) -> int | None:
    """The fewest minutes a day, in steps of five, that do for everything; None where none do."""
    loads = _loads(known, today, goal)
    for minutes in range(5, LONGEST + 1, 5):
        if not _best(replace(goal, minutes=minutes), today, new, loads).left_out:
            return minutes
    return None


def woven(*kinds: Sequence[New]) -> list[New]:
    """Several lists as one, each in its order, so that all are through at about the same time."""
    placed = []
    for number, kind in enumerate(kinds):
        whole, gone = sum(one.minutes for one in kind), 0.0
        for one in kind:
            gone += one.minutes
            placed.append((gone / whole, number, one))
    return [one for _, _, one in sorted(placed, key=lambda entry: entry[:2])]
