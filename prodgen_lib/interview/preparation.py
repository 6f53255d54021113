"""A candidate's way to the day of the interview: the goal, today's part, and how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property

from prodgen_lib.checking.exercise import Exercise, load_exercises, topics
from prodgen_lib.checking.language import Text
from prodgen_lib.course.project import CourseError
from prodgen_lib.interview import schedule
from prodgen_lib.interview.burndown import BurnDown, burn_down, day_name, sentence
from prodgen_lib.interview.cards import Card
from prodgen_lib.interview.deadline import (
    LONGEST,
    REVIEW_MINUTES,
    SHORTEST,
    Goal,
    New,
    Plan,
    at_risk,
    enough_minutes,
    make_plan,
    read_day,
    wanted,
    woven,
)
from prodgen_lib.interview.history import History

MINUTES_A_DAY = 30
PAST = Text(
    "{} is past, and no other day is set: name one with --by.",
    "{}已经过去，还没有设定新的日期：用 --by 设定。",
)
TOMORROW = Text("By your plan until {1}: {0} new.", "按照到{1}的计划：新的 {0} 项。")
EXERCISE = "exercise:"  # before an exercise's id, among the ids of cards


def current_goal(history: History, now: datetime) -> Goal | None:
    """The goal that was set last; None where there is none, or its day is past."""
    row = history.goal()
    if row is None or row[1] is None or date.fromisoformat(row[1]) < now.date():
        return None
    since, by, minutes, framework = row
    return Goal(date.fromisoformat(since), date.fromisoformat(by), minutes, framework)


def set_goal(
    history: History,
    by: str,
    now: datetime,
    minutes: int | None = None,
    framework: str | None = None,
) -> Goal | None:
    """Prepare until the day `by`, at `minutes` a day; ``none`` ends it.

    What is not said stays as it was. Exercises count where a framework is named. Raises
    ``CourseError`` for what is no day or past, and for too few or too many minutes.
    """
    today, old = now.date(), current_goal(history, now)
    minutes = minutes or (old.minutes if old else MINUTES_A_DAY)
    framework = framework if framework is not None else old.framework if old else ""
    if by.strip().lower() == "none":
        history.set_goal(today.isoformat(), None, minutes, framework)
        return None
    if not SHORTEST <= minutes <= LONGEST:
        raise CourseError(f"Choose {SHORTEST} to {LONGEST} minutes a day, not {minutes}.")
    try:
        day = read_day(by, today)
    except ValueError as error:
        raise CourseError(str(error)) from None
    since = old.since if old and old.by == day else today
    goal = Goal(since, day, minutes, framework)
    if goal != old:
        history.set_goal(since.isoformat(), day.isoformat(), minutes, framework)
    return goal


class Preparation:
    """All of it at one moment, for the cards, weak subjects and attempts of that moment."""

    def __init__(
        self,
        history: History,
        cards: Sequence[Card],
        weak: Sequence[str],
        attempts: Sequence[dict],
        now: datetime,
    ):
        self.history, self.now, self.today = history, now, now.date()
        self.attempts, self._weak = attempts, {s: place for place, s in enumerate(weak)}
        self.cards = self._in_order(cards)
        self.goal = current_goal(history, now)

    def _in_order(self, cards: Sequence[Card]) -> list[Card]:
        """Weak subjects first; apart from that as given."""
        return sorted(cards, key=lambda card: self._weak.get(card.subject, len(self._weak)))

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """Those that count, weak chapters first; none where the goal names no framework."""
        if not (self.goal and self.goal.framework):
            return {}
        order = sorted(topics(), key=lambda topic: self._weak.get(topic, len(self._weak)))
        return {one.id: one for topic in order for one in load_exercises(topic).values()}

    @cached_property
    def solved(self) -> dict[str, date]:
        """The day on which each exercise that counts was first solved."""
        found: dict[str, date] = {}
        for one in self.attempts:
            name = one["exercise"]
            right = one["correct"] and one["framework"] == self.goal.framework
            if right and name in self.exercises and name not in found:
                found[name] = _day(one.get("time"), self.now)
        return found

    @cached_property
    def unseen(self) -> list[New]:
        """What the goal still asks for: exercises among the cards, weak subjects first."""
        known = self.history.states()
        cards = [New(card.id) for card in self.cards if card.id not in known]
        exercises = [
            New(f"{EXERCISE}{name}", one.minutes, again=0.0)
            for name, one in self.exercises.items()
            if name not in self.solved
        ]
        return woven(cards, exercises)

    @cached_property
    def known(self) -> list:
        """FSRS's cards of what was learnt."""
        states = schedule.known(self.history)
        return [states[card.id] for card in self.cards if card.id in states]

    @cached_property
    def _minutes(self) -> tuple[float, float]:
        """Minutes of today so far, in all and on new things."""
        spent, begun = schedule.minutes_today(self.history, self.now)
        today = [name for name, day in self.solved.items() if day == self.today]
        solving = sum(self.exercises[name].minutes for name in today)
        return spent + solving, begun + solving

    @cached_property
    def plan(self) -> Plan:
        """What is begun on which day; only with a goal."""
        spent, begun = self._minutes
        return make_plan(self.goal, self.today, self.unseen, self.known, begun=begun, spent=spent)

    def due(self, cards: Sequence[Card], *, extra: int = 0) -> list[Card]:
        """Of these cards those to study now: today's new ones, as the plan has them, then those
        that would be known least on the day, as long as today's minutes last.

        `extra` new ones come besides, and then everything that could be known better.
        """
        found = {card.id: card for card in self._in_order(cards)}
        states = schedule.known(self.history)
        today = self.plan.days[0] if self.plan.days else ()
        new = [name for name in today if name in found]
        others = [name for name in found if name not in states and name not in new]
        mine = {name: state for name, state in states.items() if name in found}
        waiting = at_risk(mine, self.goal, self.now, wanted(self.goal, self.today))
        if self.plan.days and not extra:  # on the day itself: whatever there is time for
            minutes = {one.id: one.minutes for one in self.unseen}
            kept = self._minutes[0] + sum(minutes[name] for name in today)
            waiting = waiting[: max(0, int((self.goal.minutes - kept) / REVIEW_MINUTES))]
        return [found[name] for name in (*new, *others[:extra], *waiting)]

    @property
    def exercises_today(self) -> list[str]:
        """The exercises to solve today for the first time."""
        today = self.plan.days[0] if self.plan.days else ()
        return [name.removeprefix(EXERCISE) for name in today if name.startswith(EXERCISE)]

    def tomorrow(self, language: str = "en") -> str:
        """What the plan has for tomorrow, in a sentence."""
        new = len(self.plan.days[1]) if len(self.plan.days) > 1 else 0
        by = day_name(self.goal.by, language)
        return TOMORROW.in_(language).format(new, by)

    @cached_property
    def picture(self) -> BurnDown:
        """What is unseen, day by day."""
        return burn_down(self.goal, self.today, self._everything, self._seen, self.plan)

    @cached_property
    def _everything(self) -> list[str]:
        return [*(card.id for card in self.cards), *(f"{EXERCISE}{n}" for n in self.exercises)]

    @cached_property
    def _seen(self) -> dict[str, date]:
        solved = {f"{EXERCISE}{name}": day for name, day in self.solved.items()}
        return schedule.first_seen(self.history, self.now) | solved

    def told(self, language: str = "en") -> str:
        """Whether it can be done, and what today is for; that the day is past; else nothing."""
        if self.goal is None:
            row = self.history.goal()
            if row is None or row[1] is None:
                return ""
            return PAST.in_(language).format(day_name(date.fromisoformat(row[1]), language))
        plan, enough = self.plan, None
        if plan.left_out:
            enough = enough_minutes(self.goal, self.today, self.unseen, self.known)
        return sentence(
            self.goal,
            self.today,
            plan,
            total=len(self._everything),
            seen=sum(name in self._seen for name in self._everything),
            first=[name.removeprefix(EXERCISE) for day in plan.days for name in day],
            enough=enough,
            language=language,
        )


def _day(time: object, now: datetime) -> date:
    """The day of a recorded moment where the candidate is; long ago for what is no time."""
    try:
        return datetime.fromisoformat(str(time)).astimezone(now.tzinfo).date()
    except ValueError:
        return date.min
