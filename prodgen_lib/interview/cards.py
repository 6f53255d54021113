"""Flashcards: one for each question, and one for each mistake that `check` saw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.checking.language import Text
from prodgen_lib.questions.bank import Question
from prodgen_lib.questions.render import details


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
    """Title in front, the short answer behind, all the rest below."""
    more = Text(details(question, "en"), details(question, "zh"))
    return Card(question.id, question.subject, question.level, question.title, question.short, more)


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
