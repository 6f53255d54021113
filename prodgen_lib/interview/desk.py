"""What a candidate practises with: the questions, their own history, and a clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from prodgen_lib.checking import progress
from prodgen_lib.course.project import CourseError, find_root
from prodgen_lib.course.work import work_folder
from prodgen_lib.interview import again, mock, schedule
from prodgen_lib.interview.cards import Card, mistake_cards, point_cards, question_card
from prodgen_lib.interview.deadline import USUAL, wanted
from prodgen_lib.interview.history import History
from prodgen_lib.interview.preparation import Preparation, current_goal
from prodgen_lib.interview.progress_page import ahead_html, progress_html
from prodgen_lib.interview.transcript import transcript
from prodgen_lib.questions.bank import Question, load_bank


def local_now() -> datetime:
    """The time now, with this machine's zone."""
    return datetime.now().astimezone()


class Desk:
    """The course at ``root`` and the history at ``path``; by default those of this user.

    Raises ``CourseError`` where a question file or the history can't be read.
    """

    def __init__(
        self,
        root: Path | None = None,
        path: Path | None = None,
        *,
        now: Callable[[], datetime] = local_now,
        fuzz: bool = True,
    ):
        self.root = find_root(root)
        self.history = History(path)
        self.now, self.fuzz = now, fuzz

    @cached_property
    def bank(self) -> dict[str, Question]:
        try:
            return load_bank(self.root / "chapters")
        except ValueError as error:
            raise CourseError(str(error)) from None

    @property
    def cards(self) -> list[Card]:
        """Mistakes that `check` saw and points left out, the latest first, then the questions."""
        questions = [question_card(question) for question in self.bank.values()]
        left_out = point_cards(self.bank, self.history.missed())
        return [*mistake_cards(progress.attempts()), *left_out, *questions]

    def tick(self, question: Question, said: Sequence[str]) -> None:
        """Note which points of a question were said; those left out become cards."""
        missed = [point.id for point in question.missed(said)]
        self.history.add_answer(question.id, list(said), missed, self.now())

    @property
    def weak(self) -> list[str]:
        """Subjects that come first, the weakest first."""
        subjects = {card.id: card.subject for card in self.cards}
        return schedule.weak_subjects(self.history, subjects, progress.attempts())

    @property
    def preparation(self) -> Preparation:
        """What is set and planned for the day of the interview, as of now."""
        return Preparation(self.history, self.cards, self.weak, progress.attempts(), self.now())

    def due(self, subject: str | None = None, *, extra: int = 0) -> list[Card]:
        """The cards to study now, with `extra` new ones beyond those of a day."""
        cards = [card for card in self.cards if subject in (None, card.subject)]
        if not cards:
            known = ", ".join(dict.fromkeys(card.subject for card in self.cards))
            raise CourseError(f"There are no cards about {subject!r}; there are: {known}.")
        ahead = self.preparation
        if ahead.goal:
            return ahead.due(cards, extra=extra)
        return schedule.due(self.history, cards, now=self.now(), urgent=self.weak, extra=extra)

    def new(self, subject: str | None = None) -> int:
        """How many cards were never studied."""
        known = self.history.states()
        return sum(c.id not in known and subject in (None, c.subject) for c in self.cards)

    def preview(self, card: Card) -> dict[str, timedelta]:
        """How long each rating would put the card off."""
        options = {"now": self.now(), "retention": self._retention()}
        return schedule.preview(self.history, card.id, **options)

    def review(self, card: Card, rating: str) -> datetime:
        """Note how well a card was known; when it comes again."""
        options = {"now": self.now(), "fuzz": self.fuzz, "retention": self._retention()}
        return schedule.review(self.history, card.id, rating, **options)

    def _retention(self) -> float:
        """The chance at which a card comes back: it rises towards the day."""
        goal = current_goal(self.history, self.now())
        return wanted(goal, self.now().date()) if goal else USUAL

    def returning(self) -> list[str]:
        """The exercises that come back today, seen mistakes and weak chapters first."""
        attempts = progress.attempts()
        found = again.comebacks(attempts, again.sittings(self.history), self._retention())
        mistaken = again.mistaken_exercises(attempts)
        return again.due_again(found, self.now(), weak=self.weak, mistaken=mistaken)

    def draw(self, exercise: str, framework: str) -> Path:
        """A notebook with the exercise in an empty cell, as a sitting that counts."""
        folder = work_folder(self.root) / "drills"
        return again.draw(self.history, exercise, framework, folder, self.now())

    def interview(
        self, role: str, level: str, minutes: int, seed: int, framework: str = "torch"
    ) -> mock.Interview:
        """A mock interview about to begin, weak subjects first."""
        try:
            items = mock.plan(
                self.bank,
                role=role,
                level=level,
                minutes=minutes,
                urgent=self.weak,
                seed=seed,
                framework=framework,
            )
        except ValueError as error:
            raise CourseError(str(error)) from None
        return mock.Interview(role, level, items)

    def keep(self, interview: mock.Interview, language: str = "en") -> str:
        """Put an interview that is over into the history; its transcript."""
        ahead = self.preparation
        told = transcript(interview, language, ahead.tomorrow(language) if ahead.goal else "")
        self.history.add_interview(
            role=interview.role,
            level=interview.level,
            weak=interview.weak,
            transcript=told,
            now=self.now(),
        )
        for one in interview.answered:
            if isinstance(one.item.asked, Question) and (one.said or one.missed):
                self.tick(one.item.asked, one.said)
        return told

    def progress_html(self, language: str = "en") -> str:
        """Where the candidate stands, as the body of a page."""
        attempts, ahead = progress.attempts(), ahead_html(self.preparation, language)
        return progress_html(
            self.root,
            self.history,
            self.cards,
            attempts,
            now=self.now(),
            ahead=ahead,
            language=language,
        )
