"""A mock interview: what is asked, what is asked next, and what it says about the candidate.

Nothing here prints or waits: a terminal and a widget both drive it, with their own clock.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import function_source, stub
from prodgen_lib.questions.bank import LEVELS, FollowUp, Question
from prodgen_lib.questions.render import details

if TYPE_CHECKING:
    from prodgen_lib.checking.exercise import Exercise

SCORES = ("nothing", *LEVELS)  # a self-score says which level's rubric the answer met
CONCEPT, WHITEBOARD, CODE = "concept", "whiteboard", "code"
MINUTES = {CONCEPT: 4, WHITEBOARD: 8, CODE: 12}
LEAST, MOST = 10, 240  # minutes of an interview
ROLES = {
    "generative models engineer": {"mix": (5, 2, 2), "subjects": ()},
    "computer vision engineer": {
        "mix": (4, 2, 2),
        "subjects": ("metrics", "autoencoder", "superres", "style", "augment", "gan", "cgan"),
    },
    "applied scientist": {
        "mix": (6, 3, 1),
        "subjects": ("metrics", "vae", "gan", "bayesopt", "diffusion", "tokens", "overview"),
    },
}
HARDEST = {"junior": 2, "senior": 4, "expert": 5}  # difficulty of an exercise, of 5
WEAK = 1.5  # mean score out of 3 below which a subject is weak


@dataclass(frozen=True)
class Item:
    """Something asked: a question, or an exercise to write on a board or in a notebook."""

    kind: str
    asked: Question | Exercise

    @property
    def subject(self) -> str:
        return self.asked.id.partition(".")[0]

    @property
    def minutes(self) -> int:
        return MINUTES[self.kind]


@dataclass
class Answered:
    """How an item went: the self-score (0 to 3), seconds, and the follow-up with its score."""

    item: Item
    score: int
    seconds: float
    follow_up: FollowUp | None = None
    follow_up_score: int | None = None
    notes: str = ""

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
) -> list[Item]:
    """The items of an interview for this role and level that fit into `minutes`.

    A mix of concept, whiteboard and code in the role's proportions, concepts first; each subject
    once before any comes twice, `urgent` (weak) ones first. The same seed gives the same plan.
    """
    if role not in ROLES:
        raise ValueError(f"There is no role {role!r}; choose from {', '.join(ROLES)}.")
    if level not in LEVELS:
        raise ValueError(f"There is no level {level!r}; choose from {', '.join(LEVELS)}.")
    if minutes < LEAST:
        raise ValueError(f"An interview takes at least {LEAST} minutes, not {minutes}.")
    draw, mix = random.Random(seed), ROLES[role]["mix"]
    wanted = ROLES[role]["subjects"] or sorted({question.subject for question in bank.values()})
    from prodgen_lib.checking.exercise import load_exercises, topics  # heavy: imports NumPy

    exercises = [e for topic in topics() if topic in wanted for e in load_exercises(topic).values()]
    fit = [e for e in exercises if e.difficulty <= HARDEST[level] and not e.review]
    pools = {
        CONCEPT: [q for q in bank.values() if q.subject in wanted and _asked_at(q, level)],
        WHITEBOARD: [e for e in fit if e.importance >= 4],
        CODE: fit,
    }
    urgent, used, chosen = list(urgent), set(), []
    left = float(minutes)
    for kind, share in sorted(zip(MINUTES, mix, strict=True), key=lambda pair: MINUTES[pair[0]]):
        room = minutes * share * MINUTES[kind] / _weight(mix)
        for item in _in_turn(kind, pools[kind], urgent, draw):
            if item.asked.id in used or item.minutes > min(left, room + item.minutes / 2):
                continue
            chosen.append(item)
            used.add(item.asked.id)
            left, room = left - item.minutes, room - item.minutes
    for item in _in_turn(CONCEPT, pools[CONCEPT], urgent, draw):  # what is left, for questions
        if item.asked.id not in used and item.minutes <= left:
            chosen.append(item)
            used.add(item.asked.id)
            left -= item.minutes
    return sorted(chosen, key=lambda item: item.minutes)


def _weight(mix: Sequence[int]) -> int:
    return sum(share * minutes for share, minutes in zip(mix, MINUTES.values(), strict=True))


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


def follow_up(question: Question, score: int) -> FollowUp:
    """What an interviewer asks next: the last and hardest after a good answer, else the first."""
    return question.follow_ups[-1 if score >= SCORES.index("senior") else 0]


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

    def answer(self, score: int, seconds: float, notes: str = "") -> FollowUp | None:
        """Note the self-score of the current item; what to ask next about it, if anything."""
        if self.current is None:
            raise ValueError("The interview is over.")
        if score not in range(len(SCORES)):
            raise ValueError(f"A score is 0 to {len(SCORES) - 1}, not {score}.")
        asked = self.current.asked
        more = follow_up(asked, score) if isinstance(asked, Question) else None
        self.answered.append(Answered(self.current, score, seconds, more, notes=notes))
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

    def transcript(self, language: str = "en") -> str:
        """The whole interview as Markdown, with a summary at its end."""
        lines = [f"# Mock interview: {self.role}, {self.level}"]
        for number, one in enumerate(self.answered, start=1):
            lines += _told(number, one, language)
        lines += ["## Summary", _summary(self)]
        return "\n\n".join(lines) + "\n"


def title(asked: Question | Exercise, language: str = "en") -> str:
    """What is asked, in a line."""
    if isinstance(asked, Question):
        return getattr(asked.title, language)
    return f"Write `{asked.name}`" if language == "en" else f"写出 `{asked.name}`"


TASKS = {
    CONCEPT: Text(
        "Answer aloud, as to an interviewer, then compare.",
        "像面对面试官那样说出你的回答，然后对照。",
    ),
    WHITEBOARD: Text("On paper, without running it:", "写在纸上，不运行："),
    CODE: Text("In a notebook, which `{}` makes:", "在笔记本里写，用 `{}` 生成："),
}
LEVELS_OF_CODE = Text(
    "*Junior*: it runs and gives the right shapes. *Senior*: it is right at the edges as well, "
    "and you said why each line is there. *Expert*: in time, with what breaks when a line is "
    "left out. Faults that others made:",
    "*初级*：能运行，形状正确。*高级*：边界情况也正确，并说清每一行为什么在那里。"
    "*专家*：按时完成，并指出去掉某一行会出什么问题。别人犯过的错误：",
)


def task(item: Item, framework: str, language: str = "en") -> str:
    """What the candidate has to do, in Markdown."""
    told = TASKS[item.kind].in_(language)
    if item.kind == CONCEPT:
        return told
    start = f"```python\n{stub(function_source(framework, item.subject, item.asked.name))}\n```"
    command = f"prodgen practice drill {item.asked.id} --framework {framework}"
    return f"{told.format(command)}\n\n{start}"


def rubric(item: Item, framework: str, language: str = "en") -> str:
    """What a good answer holds, in Markdown: shown once the candidate has answered.

    A question's follow-ups are not in it: one of them is asked next.
    """
    if isinstance(item.asked, Question):
        return details(item.asked, language, spoil=False)
    source = function_source(framework, item.subject, item.asked.name)
    known = item.asked.known_wrong(framework)[:5]
    faults = "\n".join(f"- {wrong.message.in_(language)}" for wrong in known)
    return f"```python\n{source}\n```\n\n{LEVELS_OF_CODE.in_(language)}\n\n{faults}"


def _told(number: int, one: Answered, language: str) -> list[str]:
    minutes, seconds = divmod(round(one.seconds), 60)
    late = f", over its {one.item.minutes} minutes" if one.overtime else ""
    lines = [
        f"## {number}. {title(one.item.asked, language)}",
        f"`{one.item.asked.id}` · {one.item.kind} · answered at level *{SCORES[one.score]}* in "
        f"{minutes}:{seconds:02d}{late}",
    ]
    if one.notes:
        lines.append("\n".join(f"> {line}" for line in one.notes.splitlines()))
    if one.follow_up:
        score = "not asked" if one.follow_up_score is None else f"*{SCORES[one.follow_up_score]}*"
        lines.append(f"Follow-up: {getattr(one.follow_up.question, language)} ({score})")
    return lines


def _summary(interview: Interview) -> str:
    rows = [
        f"- {subject}: {mean:.1f} of 3"
        for subject, mean in sorted(interview.means.items(), key=lambda pair: pair[1])
    ]
    late = sum(one.overtime for one in interview.answered)
    weak = ", ".join(interview.weak) or "none"
    asked = f"{len(interview.answered)} of {len(interview.items)} items, {late} over time."
    return "\n".join([asked, "", *rows, "", f"Weak, and first in the cards from now on: {weak}."])
