"""Flashcards: one for each question, each mistake that `check` saw, and each point left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.checking.language import Text
from prodgen_lib.questions.bank import Point, Question
from prodgen_lib.questions.render import checklist, details


@dataclass(frozen=True)
class Card:
    """Two sides, each Markdown in English and Chinese, and what unfolds below the answer.

    `id` is the question's and never changes. `subject` is the chapter's name, such as ``gan``.
    """

    id: str
    subject: str
    level: str
    front: Text
    back: Text
    more: Text


def question_card(question: Question) -> Card:
    """Title and case in front, the short answer behind, all the rest below."""
    more = Text(*(_more(question, code) for code in ("en", "zh")))
    front = question.title
    if question.case:
        front = Text(f"{front.en}\n\n{question.case.en}", f"{front.zh}\n\n{question.case.zh}")
    return Card(question.id, question.subject, question.level, front, question.short, more)


def _more(question: Question, code: str) -> str:
    """All the rest of a question, its points included, in one language."""
    return "\n\n".join(filter(None, (details(question, code), checklist(question, code))))


GAP = Text("… (what is missing here?)", "……（这里缺了什么？）")
LEFT_OUT = Text(
    "**{}**\n\nOne point of the answer is missing. Which?", "**{}**\n\n答案里缺了一点。是哪一点？"
)


def point_cards(bank: Mapping[str, Question], missed: Iterable[tuple[str, str]]) -> list[Card]:
    """A card for each point that was once left out, the latest first.

    `missed` are pairs of a question's id and a point's; what the course no longer knows is passed
    over. The front shows the other points, the back the one left out.
    """
    found: dict[str, Card] = {}
    for name, point in missed:
        if card := _point_card(bank.get(name), point):
            found.pop(card.id, None)
            found[card.id] = card
    return list(reversed(found.values()))


def _point_card(question: Question | None, identity: str) -> Card | None:
    for point in question.points if question else ():
        if point.id == identity:
            front = Text(*(_with_a_gap(question, point, code) for code in ("en", "zh")))
            name = f"point:{question.id}:{point.id}"
            return Card(name, question.subject, point.level, front, point.text, question.full)
    return None


def _with_a_gap(question: Question, left_out: Point, code: str) -> str:
    """The question with all its points but one, in one language."""
    points = (GAP if point is left_out else point.text for point in question.points)
    told = "\n".join(f"- {text.in_(code)}" for text in points)
    return f"{LEFT_OUT.in_(code).format(question.title.in_(code))}\n\n{told}"


def mistake_cards(attempts: Iterable[dict]) -> list[Card]:
    """A card for each known wrong answer that was hit, the latest first.

    `attempts` are those of `prodgen_lib.checking.progress`. What the course no longer knows is
    passed over.
    """
    found: dict[str, Card] = {}
    for attempt in attempts:
        if card := _mistake_card(attempt):
            found.pop(card.id, None)
            found[card.id] = card
    return list(reversed(found.values()))


def _mistake_card(attempt: dict) -> Card | None:
    try:
        exercise = find_exercise(attempt["exercise"])
    except ValueError:
        return None
    for wrong in exercise.wrong:
        if wrong.name == attempt.get("wrong"):
            name = f"`{exercise.id}`"
            front = Text(
                f"Your answer to {name} had this fault: *{wrong.name}*. What goes wrong with it, "
                "and how do you mend it?",
                f"你的 {name} 曾有这个错误：*{wrong.name}*。它错在哪里？怎样改正？",
            )
            start = exercise.hints[1]
            hint = Text(f"Look at it from here: {start.en}", f"提示：{start.zh}")
            identity = f"mistake:{exercise.id}:{wrong.name}"
            return Card(identity, exercise.topic, "junior", front, wrong.message, hint)
    return None
