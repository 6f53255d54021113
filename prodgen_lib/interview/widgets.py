"""Practice in a notebook: cards, drills, a mock interview and where you stand.

All of it works by keyboard (Tab, Space, Enter) and says by text what it shows. Each function takes
a `Desk` and returns something to display.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from html import escape

import mistune
from ipywidgets import (
    HTML,
    Button,
    Dropdown,
    HBox,
    HTMLMath,
    IntSlider,
    Layout,
    Textarea,
    VBox,
)

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.checking.language import language
from prodgen_lib.course.drill import write_drill
from prodgen_lib.course.project import CourseError, short
from prodgen_lib.interview import mock
from prodgen_lib.interview.desk import Desk
from prodgen_lib.interview.schedule import RATINGS
from prodgen_lib.questions.bank import LEVELS, Text

LANGUAGES = [("English", "en"), ("中文", "zh"), ("English + 中文", "both")]
FRAMEWORKS = [("PyTorch", "torch"), ("TensorFlow", "tensorflow")]
WIDTH = Layout(width="46rem", max_width="100%")


def flashcards(desk: Desk, subject: str | None = None) -> VBox:
    """The cards that are due, weak subjects first: turn one over, say how well you knew it."""
    return _Cards(desk, subject).box


class _Cards:
    def __init__(self, desk: Desk, subject: str | None):
        self.desk, self.cards, self.done = desk, desk.due(subject), 0
        self.language = Dropdown(options=LANGUAGES, value=language(), description="language")
        self.about, self.front = HTML(), HTMLMath()
        self.back, self.more = HTMLMath(), HTMLMath()
        self.turn = _button("Show the answer", self.show, "primary")
        self.unfold = _button("Full answer, rubric, follow-ups", self.show_more)
        self.ratings = [_button(name, _bind(self.rate, name)) for name in RATINGS]
        self.buttons = HBox([self.turn])
        self.language.observe(lambda _: self.ask(), names="value")
        rows = [self.language, self.about, self.front, self.buttons, self.back, self.more]
        self.box = VBox(rows, layout=WIDTH)
        self.ask()

    def ask(self) -> None:
        """Show the front of the current card."""
        self.back.value = self.more.value = ""
        if self.done == len(self.cards):
            self.about.value = _said(f"{self.done} cards done; nothing more is due now.")
            self.front.value, self.buttons.children = "", ()
            return
        card = self.cards[self.done]
        place = f"Card {self.done + 1} of {len(self.cards)} · {card.subject} · {card.level}"
        self.about.value = _said(place)
        self.front.value = f"<h3>{_html(card.front, self.language.value)}</h3>"
        self.buttons.children = [self.turn]

    def show(self) -> None:
        """Turn the card over."""
        self.back.value = _html(self.cards[self.done].back, self.language.value)
        self.buttons.children = [*self.ratings, self.unfold]

    def show_more(self) -> None:
        """Everything that the question bank says about it."""
        self.more.value = _html(self.cards[self.done].more, self.language.value)

    def rate(self, rating: str) -> None:
        """Note the rating, and go on to the next card."""
        try:
            due = self.desk.review(self.cards[self.done], rating)
        except Exception as error:  # a click has nowhere else to say it
            self.about.value = _said(f"Not noted: {error}")
            return
        self.done += 1
        self.ask()
        self.about.value += _said(f"The last one comes again on {due.astimezone():%d %B, %H:%M}.")


def drills(desk: Desk) -> VBox:
    """Choose an exercise; a short notebook with it alone appears in work/drills/."""
    weak = desk.weak
    order = sorted(topics(), key=lambda t: weak.index(t) if t in weak else len(weak))
    found = [exercise for topic in order for exercise in load_exercises(topic).values()]
    names = [(f"{e.id} ({e.minutes} minutes)", e.id) for e in found]
    exercise = Dropdown(options=names, description="exercise", layout=Layout(width="30rem"))
    framework, said = Dropdown(options=FRAMEWORKS, description="framework"), HTML()

    def make() -> None:
        try:
            path = write_drill(exercise.value, framework.value, desk.root / "work" / "drills")
        except (CourseError, OSError) as error:
            said.value = _said(f"Not made: {error}")
        else:
            said.value = _said(f"{short(path)} is ready: open it from the list of files.")

    return VBox([exercise, framework, _button("Make the notebook", make, "primary"), said])


def progress(desk: Desk) -> VBox:
    """Where you stand: exercises, cards, interviews, weak subjects."""
    page = HTML(desk.progress_html())

    def renew() -> None:
        page.value = desk.progress_html()

    return VBox([page, _button("Renew", renew)])


def mock_interview(
    desk: Desk, *, seed: int | None = None, clock: Callable[[], float] = time.monotonic
) -> VBox:
    """Choose role, level and length; then answer aloud, score yourself by the rubric, go on."""
    return _Mock(desk, seed, clock).box


class _Mock:
    def __init__(self, desk: Desk, seed: int | None, clock: Callable[[], float]):
        self.desk, self.seed, self.clock = desk, seed, clock
        self.role = Dropdown(options=list(mock.ROLES), description="role")
        self.level = Dropdown(options=list(LEVELS), value="senior", description="level")
        self.minutes = IntSlider(value=45, min=5, max=90, step=5, description="minutes")
        self.language = Dropdown(options=LANGUAGES[:2], value=language(), description="language")
        self.framework = Dropdown(options=FRAMEWORKS, description="framework")
        self.notes = Textarea(placeholder="Notes of your answer (optional)", layout=WIDTH)
        self.about, self.text = HTML(), HTMLMath()
        scores = enumerate(mock.SCORES)
        self.scores = [_button(name, _bind(self.score, number)) for number, name in scores]
        self.begin = _button("Begin", self.start, "primary")
        self.ready = _button("I have answered", self.reveal, "primary")
        settings = [self.role, self.level, self.minutes, self.language, self.framework]
        self.box = VBox([*settings, self.begin, self.about], layout=WIDTH)

    def start(self) -> None:
        """Draw the items and ask the first."""
        seed = random.randrange(10**6) if self.seed is None else self.seed
        try:
            self.interview = self.desk.interview(
                self.role.value, self.level.value, self.minutes.value, seed
            )
        except CourseError as error:
            self.about.value = _said(str(error))
            return
        self.more = None
        self.ask()

    def ask(self) -> None:
        """Show the current item, or the summary when there is none left."""
        item = self.interview.current
        if item is None:
            self.finish()
            return
        place = f"{len(self.interview.answered) + 1} of {len(self.interview.items)}"
        self.about.value = _said(f"{place} · {item.kind} · {item.minutes} minutes")
        title = mock.title(item.asked, self.language.value)
        task = mock.task(item, self.framework.value, self.language.value)
        self.text.value = f"<h3>{mistune.html(title)}</h3>{mistune.html(task)}"
        self.notes.value, self.started = "", self.clock()
        leave = _button("End here", self.finish)
        self.box.children = [self.about, self.text, self.notes, HBox([self.ready, leave])]

    def reveal(self) -> None:
        """Stop the clock, show the rubric (or the follow-up's answer), and ask for a score."""
        if self.more:
            words = getattr(self.more.answer, self.language.value)
        else:
            item, self.seconds = self.interview.current, self.clock() - self.started
            late = ": over time" if self.seconds > 60 * item.minutes else ""
            used = f"{self.seconds / 60:.1f} of {item.minutes} minutes{late}"
            self.about.value += _said(used)
            words = mock.rubric(item, self.framework.value, self.language.value)
        self.text.value += f"<hr>{mistune.html(words)}"
        asked = HTML(_said("At which level was your answer?"))
        self.box.children = [self.about, self.text, asked, HBox(self.scores)]

    def score(self, score: int) -> None:
        """Note the self-score; a follow-up comes next, or the next item."""
        if self.more:
            self.interview.answer_follow_up(score)
            self.more = None
        else:
            self.more = self.interview.answer(score, self.seconds, self.notes.value)
        if not self.more:
            self.ask()
            return
        question = getattr(self.more.question, self.language.value)
        self.text.value = f"<h3>{mistune.html(question)}</h3>"
        self.about.value = _said("Follow-up")
        self.box.children = [self.about, self.text, self.ready]

    def finish(self) -> None:
        """Keep the interview, and show its transcript."""
        if not self.interview.answered:
            self.about.value = _said("Nothing was answered, so nothing is kept.")
            self.box.children = [self.about]
            return
        try:
            transcript = self.desk.keep(self.interview, self.language.value)
        except CourseError as error:
            transcript = self.interview.transcript(self.language.value)
            self.about.value = _said(f"Not kept: {error}")
        else:
            self.about.value = _said("The interview is over, and kept in your history.")
        self.text.value = mistune.html(transcript)
        self.box.children = [self.about, self.text]


def _button(text: str, action: Callable[[], None], style: str = "") -> Button:
    button = Button(description=text, button_style=style, layout=Layout(width="auto"))
    button.on_click(lambda _: action())
    return button


def _bind(action: Callable, value: object) -> Callable[[], None]:
    return lambda: action(value)


def _said(text: str) -> str:
    """A line that screen readers are told about."""
    return f'<p role="status">{escape(text)}</p>'


def _html(text: Text, language: str) -> str:
    parts = (text.en, text.zh) if language == "both" else (getattr(text, language),)
    return "".join(mistune.html(part) for part in dict.fromkeys(parts))
