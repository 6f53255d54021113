"""A mock interview: what is asked, what is asked next, and how it went.

Nothing here prints or waits: a terminal and a widget both drive it, with their own clock.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from prodgen_lib.checking.language import Text
from prodgen_lib.questions.bank import LEVELS, FollowUp, Question

if TYPE_CHECKING:
    from prodgen_lib.checking.exercise import Exercise

SCORES = ("nothing", *LEVELS)  # a score says which level's rubric the answer met
CONCEPT, DEBUG, DESIGN = "concept", "debug", "design"
WHITEBOARD, REVIEW, CODE, PROGRAM = "whiteboard", "review", "code", "program"
ORDER = (CONCEPT, DEBUG, DESIGN, WHITEBOARD, REVIEW, CODE, PROGRAM)  # as they are asked
MINUTES = {CONCEPT: 4, DEBUG: 8, DESIGN: 15, PROGRAM: 20}  # of a question that says nothing else
LEAST, MOST = 10, 240  # minutes of an interview
# Shares of the minutes, and the subjects of questions and exercises; none means all.
ROLES = {
    "research scientist": {
        "mix": {
            **{CONCEPT: 0.3, WHITEBOARD: 0.2, DEBUG: 0.15, REVIEW: 0.1, DESIGN: 0.1},
            PROGRAM: 0.15,
        },
        "subjects": (),
    },
    "ML engineer": {
        "mix": {
            **{CONCEPT: 0.2, CODE: 0.2, DEBUG: 0.15, REVIEW: 0.15, DESIGN: 0.15},
            PROGRAM: 0.15,
        },
        "subjects": (),
    },
    "computer-vision engineer": {
        "mix": {
            **{CONCEPT: 0.25, CODE: 0.15, WHITEBOARD: 0.1, REVIEW: 0.1, DEBUG: 0.15, DESIGN: 0.1},
            PROGRAM: 0.15,
        },
        "subjects": ("metrics", "autoencoder", "superres", "style", "augment", "gan", "cgan"),
    },
    "applied scientist in e-commerce": {
        "mix": {CONCEPT: 0.35, DESIGN: 0.25, DEBUG: 0.15, REVIEW: 0.1, WHITEBOARD: 0.15},
        "subjects": (
            *("overview", "metrics", "human", "vae", "gan", "cgan", "bayesopt", "diffusion"),
            *("tokens", "augment"),
        ),
    },
}
HARDEST = {"junior": 2, "senior": 4, "expert": 5}  # difficulty of an exercise, of 5
WEAK = 1.5  # mean score out of 3 below which a subject is weak
LEFT_OUT = Text(
    "You left this out: {} Say in a minute why it matters.",
    "你没有提到这一点：{}请用一分钟说明它为什么重要。",
)


@dataclass(frozen=True)
class Item:
    """Something asked: a question, or an exercise to review, or to write on a board or in a
    notebook, in a framework.
    """

    kind: str
    asked: Question | Exercise
    framework: str = "torch"

    @property
    def subject(self) -> str:
        return self.asked.id.partition(".")[0]

    @property
    def minutes(self) -> int:
        """Those of the item itself, or what is usual for its kind."""
        return self.asked.minutes or MINUTES[self.kind]

    @property
    def checklist(self) -> dict[str, Text]:
        """What can be ticked, by id: a question's points, the faults of a review; else nothing."""
        if isinstance(self.asked, Question):
            return {point.id: point.text for point in self.asked.points}
        if self.kind != REVIEW:
            return {}
        planted = (wrong for wrong in self.asked.known_wrong(self.framework) if wrong.planted)
        return {wrong.name: wrong.message for wrong in planted}

    def share(self, said: Collection[str]) -> float:
        """The share of the checklist, 0 to 1, that was ticked: of its weight, or of the faults."""
        if isinstance(self.asked, Question):
            return self.asked.share(said)
        return sum(name in said for name in self.checklist) / max(1, len(self.checklist))

    def score(self, said: Collection[str]) -> int:
        """The level that what was ticked makes, 0 to 3.

        A review that finds one fault is a junior's, two a senior's, all (and more than two) an
        expert's.
        """
        if isinstance(self.asked, Question):
            return self.asked.score(said)
        found = sum(name in said for name in self.checklist)
        return 3 if found > 2 and found == len(self.checklist) else min(found, 2)


@dataclass
class Answered:
    """How an item went: the score (0 to 3), seconds, and the follow-up with its score.

    `said` and `missed` are ids of its checklist, where it has one; `recorded` is the second of the
    recording at which it was asked, where there is one.
    """

    item: Item
    score: int
    seconds: float
    follow_up: FollowUp | None = None
    follow_up_score: int | None = None
    notes: str = ""
    said: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    recorded: float | None = None

    @property
    def overtime(self) -> bool:
        return self.seconds > 60 * self.item.minutes


def plan(
    bank: Mapping[str, Question],
    *,
    role: str,
    level: str,
    minutes: int = 45,
    urgent: Iterable[str] = (),
    seed: int = 0,
    framework: str = "torch",
) -> list[Item]:
    """The items of an interview for this role and level that fit into `minutes`.

    The role says how the minutes are shared among the kinds; each subject comes once before any
    comes twice, `urgent` (weak) ones first. What is left goes to concepts. The same seed gives the
    same plan.
    """
    if role not in ROLES:
        raise ValueError(f"There is no role {role!r}; choose from {', '.join(ROLES)}.")
    if level not in LEVELS:
        raise ValueError(f"There is no level {level!r}; choose from {', '.join(LEVELS)}.")
    if minutes < LEAST:
        raise ValueError(f"An interview takes at least {LEAST} minutes, not {minutes}.")
    draw, mix = random.Random(seed), ROLES[role]["mix"]
    pools, urgent = _pools(bank, role, level), list(urgent)
    chosen: list[Item] = []
    left, owed = float(minutes), 0.0
    for kind in (*sorted(mix, key=mix.get, reverse=True), CONCEPT):
        again = any(item.kind == kind for item in chosen)  # the last round is for what is left
        room = left if again else min(left, minutes * mix[kind] - owed)
        for item in _in_turn(kind, pools[kind], urgent, draw):
            taken = any(item.asked.id == other.asked.id for other in chosen)
            if not taken and item.minutes <= left and room >= item.minutes / 2:
                chosen.append(item)
                left, room = left - item.minutes, room - item.minutes
        owed = max(0.0, -room)  # what this kind took beyond its share, the next has less
    chosen.sort(key=lambda item: ORDER.index(item.kind))
    return [replace(item, framework=framework) for item in chosen]


def _pools(bank: Mapping[str, Question], role: str, level: str) -> dict[str, list]:
    """What may be asked of each kind, for a role at a level."""
    from prodgen_lib.checking.exercise import load_exercises, topics  # heavy: imports NumPy

    subjects = ROLES[role]["subjects"]
    asked = [one for one in bank.values() if _asked_at(one, level)]
    exercises = [
        one
        for topic in topics()
        if not subjects or topic in subjects
        for one in load_exercises(topic).values()
        if one.difficulty <= HARDEST[level]
    ]
    written = [one for one in exercises if not one.review]
    concepts = [one for one in asked if one.kind == CONCEPT]
    return {
        CONCEPT: [one for one in concepts if not subjects or one.subject in subjects],
        DEBUG: [one for one in asked if one.kind == DEBUG],
        DESIGN: [one for one in asked if one.kind == DESIGN],
        PROGRAM: [one for one in asked if one.kind == PROGRAM],
        WHITEBOARD: [one for one in written if one.importance >= 4],
        REVIEW: [one for one in exercises if one.review],
        CODE: written,
    }


def _asked_at(question: Question, level: str) -> bool:
    """At a level one is asked what is expected there and below."""
    return LEVELS.index(question.level) <= LEVELS.index(level)


def _in_turn(
    kind: str, pool: Sequence[Question | Exercise], urgent: list[str], draw: random.Random
) -> list[Item]:
    """Shuffled, then one of each subject in turn, urgent subjects first."""
    piles: dict[str, list[Item]] = defaultdict(list)
    for asked in draw.sample(pool, len(pool)):
        item = Item(kind, asked)
        piles[item.subject].append(item)
    order = sorted(piles, key=lambda s: urgent.index(s) if s in urgent else len(urgent))
    longest = max(map(len, piles.values()), default=0)
    return [piles[s][turn] for turn in range(longest) for s in order if turn < len(piles[s])]


def follow_up(
    question: Question, score: int, said: Collection[str] | None = None, level: str = "expert"
) -> FollowUp:
    """What an interviewer asks next.

    Where points were ticked, it is about one that was missed: the heaviest that is expected at
    this level and that a follow-up leads to, else the heaviest as it stands. Otherwise, and where
    nothing was missed, it is the last and hardest after a good answer, else the first.
    """
    expected = LEVELS[: LEVELS.index(level) + 1]
    missed = [p for p in question.missed(said or ()) if p.level in expected]
    if said is not None and missed:
        leading = next((point for point in missed if point.asks), None)
        if leading:
            return question.follow_ups[leading.asks - 1]
        return FollowUp(_about(missed[0].text), question.full)
    return question.follow_ups[-1 if score >= SCORES.index("senior") else 0]


def _about(point: Text) -> Text:
    return Text(LEFT_OUT.en.format(point.en), LEFT_OUT.zh.format(point.zh))


@dataclass
class Interview:
    """An interview under way: the item to ask, and how the others went."""

    role: str
    level: str
    items: list[Item]
    answered: list[Answered] = field(default_factory=list)

    @property
    def current(self) -> Item | None:
        """What is to be asked now; None when it is over."""
        return self.items[len(self.answered)] if len(self.answered) < len(self.items) else None

    def tick(self, said: Collection[str], seconds: float, notes: str = "") -> FollowUp | None:
        """Note which points of the current item were said; the score follows from them."""
        score = self.current.score(said) if self.current else 0
        return self.answer(score, seconds, notes, said)

    def answer(
        self, score: int, seconds: float, notes: str = "", said: Collection[str] | None = None
    ) -> FollowUp | None:
        """Note the score of the current item; what to ask next about it, if anything."""
        if (item := self.current) is None:
            raise ValueError("The interview is over.")
        if score not in range(len(SCORES)):
            raise ValueError(f"A score is 0 to {len(SCORES) - 1}, not {score}.")
        more = None
        if isinstance(item.asked, Question):
            more = follow_up(item.asked, score, said, self.level)
        one = Answered(item, score, seconds, more, notes=notes)
        if said is not None:
            names = list(item.checklist)
            one.said = tuple(name for name in names if name in said)
            one.missed = tuple(name for name in names if name not in said)
        self.answered.append(one)
        return more

    def answer_follow_up(self, score: int) -> None:
        """Note the self-score of the follow-up that `answer` gave."""
        self.answered[-1].follow_up_score = score

    @property
    def means(self) -> dict[str, float]:
        """The mean score of each subject that was asked about, from 0 to 3."""
        scores: dict[str, list[int]] = defaultdict(list)
        for one in self.answered:
            scores[one.item.subject].append(one.score)
            if one.follow_up_score is not None:
                scores[one.item.subject].append(one.follow_up_score)
        return {subject: sum(found) / len(found) for subject, found in scores.items()}

    @property
    def weak(self) -> list[str]:
        """Subjects with a mean below `WEAK`, the weakest first."""
        means = self.means
        return sorted((s for s, mean in means.items() if mean < WEAK), key=means.__getitem__)
