"""What a date is worth: candidates who forget by FSRS's own model, with and without it.

    python benchmarks/by_date.py

Writes `benchmarks/by_date.md`. A candidate has a bank of questions, so many minutes a day, and an
interview on the 30th day at nine. When a card is turned over, it is known with the chance that
FSRS's model gives; a new one is known the first time in 7 of 10 cases; one not known is repeated
in the same sitting until it is. *Without the date* the candidate does what `prodgen practice cards`
says without it: what is due, the longest waiting first, then up to 15 new ones; *with it*, what
`--by` says. Both stop when the minutes of the day are gone. *Recalled* is the share of the bank
that the model expects to be known on the day: a card never seen counts nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

import fsrs

from prodgen_lib.interview.deadline import (
    NEW_MINUTES,
    REVIEW_MINUTES,
    USUAL,
    Goal,
    New,
    at_risk,
    make_plan,
    recall,
    scheduler,
    wanted,
)
from prodgen_lib.interview.schedule import NEW_A_DAY

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIRST_TIME = 0.7  # chance that a new card is known
SEEDS, DAYS, BANK = 8, 30, 112
MINUTES = (5, 10, 15, 20, 30)


@dataclass(frozen=True)
class Outcome:
    """How a month went: the share recalled and seen on the day, and minutes spent in all."""

    recalled: float
    seen: float
    minutes: float
    promised: float


def candidate(
    minutes: int,
    *,
    by_date: bool,
    days: int = DAYS,
    bank: int = BANK,
    missed: Iterable[int] = (),
    seed: int = 0,
) -> Outcome:
    """A candidate who has `days` days of `minutes`, but for those `missed`."""
    goal = Goal(START.date(), START.date() + timedelta(days=days), minutes)
    names, draw, missed = [f"q{n}" for n in range(bank)], random.Random(seed), set(missed)
    cards: dict[str, fsrs.Card] = {}
    promised, spent = make_plan(goal, goal.since, [New(name) for name in names]).seen, 0.0
    for number in range(days):
        if number not in missed:
            spent += _day(cards, names, goal, START + timedelta(days=number), draw, by_date)
    day = START + timedelta(days=days)
    known = sum(recall(card, day) for card in cards.values())
    return Outcome(known / bank, len(cards) / bank, spent, promised / bank)


def _day(
    cards: dict[str, fsrs.Card],
    names: list[str],
    goal: Goal,
    now: datetime,
    draw: random.Random,
    by_date: bool,
) -> float:
    """One sitting; the minutes that it took."""
    new = [name for name in names if name not in cards]
    if by_date:
        plan = make_plan(goal, now.date(), [New(name) for name in new], list(cards.values()))
        retention = wanted(goal, now.date())
        order = [*plan.days[0], *at_risk(cards, goal, now, retention)]
    else:
        waiting = sorted((n for n in cards if cards[n].due <= now), key=lambda n: cards[n].due)
        retention, order = USUAL, [*waiting, *new[:NEW_A_DAY]]
    spent = 0.0
    for name in order:
        known = name in cards
        if spent + (REVIEW_MINUTES if known else NEW_MINUTES) > goal.minutes:
            break
        card = cards.get(name) or fsrs.Card(card_id=0, due=now)
        chance = recall(card, now) if known else FIRST_TIME
        cards[name], times = _turned(card, chance, retention, now, draw)
        spent += REVIEW_MINUTES * times if known else NEW_MINUTES
    return spent


def _turned(
    card: fsrs.Card, chance: float, retention: float, now: datetime, draw: random.Random
) -> tuple[fsrs.Card, int]:
    """A card turned over, and again in this sitting until it is put off to a later day."""
    known, times, start = draw.random() < chance, 0, now
    while times == 0 or card.due - start < timedelta(hours=12):
        now = now if times == 0 else card.due
        rating = fsrs.Rating.Good if known or times else fsrs.Rating.Again
        card, _ = scheduler(retention).review_card(card, rating, now)
        times += 1
    return card, times


def table(rows: Iterable[tuple[str, int, dict]]) -> str:
    """Each setting with and without the date, means over the seeds."""
    lines = [
        "| month | minutes a day | without: seen | recalled | with the date: promised | seen | "
        "recalled | minutes in all, without / with |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, minutes, options in rows:
        found = {
            by_date: [
                candidate(minutes, by_date=by_date, seed=seed, **options) for seed in range(SEEDS)
            ]
            for by_date in (False, True)
        }
        bare, dated = (
            {field: mean(getattr(one, field) for one in found[by_date]) for field in vars(one)}
            for by_date in (False, True)
            for one in found[by_date][:1]
        )
        lines.append(
            f"| {name} | {minutes} | {bare['seen']:.0%} | {bare['recalled']:.1%} | "
            f"{dated['promised']:.0%} | {dated['seen']:.0%} | {dated['recalled']:.1%} | "
            f"{bare['minutes']:.0f} / {dated['minutes']:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    rows = [("every day", minutes, {}) for minutes in MINUTES]
    rows += [("a week missed", minutes, {"missed": range(8, 15)}) for minutes in (10, 20)]
    text = (
        "# What a date is worth\n\n"
        "Written by `python benchmarks/by_date.py`, whose text says how. "
        f"{BANK} questions, {DAYS} days,\nmeans of {SEEDS} simulated candidates; a new card takes "
        f"{NEW_MINUTES:g} minutes, one that was learnt {REVIEW_MINUTES:g}.\n\n"
        f"{table(rows)}\n"
    )
    (Path(__file__).parent / "by_date.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
