"""Practice in a notebook: cards, drills, a mock interview and where you stand.

All of it works by keyboard (Tab, Space, Enter) and says by text what it shows. Each function takes
a `Desk` and returns something to display.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

from ipywidgets import (
    HTML,
    Button,
    Dropdown,
    HBox,
    HTMLMath,
    IntSlider,
    Layout,
    Output,
    Textarea,
    VBox,
)

from prodgen_lib.checking.exercise import Exercise, load_exercises, topics
from prodgen_lib.checking.language import language
from prodgen_lib.course.drill import write_drill
from prodgen_lib.course.project import CourseError, short
from prodgen_lib.course.work import work_folder
from prodgen_lib.interview import mock, words
from prodgen_lib.interview.cards import question_card
from prodgen_lib.interview.desk import Desk
from prodgen_lib.interview.markup import as_html, in_languages, lowered
from prodgen_lib.interview.schedule import NEW_A_DAY, RATINGS
from prodgen_lib.questions.bank import LEVELS, Text
from prodgen_lib.questions.render import follow_ups
from prodgen_lib.show.twin import twin, wired

LANGUAGES = [("English", "en"), ("中文", "zh"), ("English + 中文", "both")]
FRAMEWORKS = [("PyTorch", "torch"), ("TensorFlow", "tensorflow")]


def flashcards(desk: Desk, subject: str | None = None) -> VBox:
    """The cards that are due, weak subjects first: turn one over, say how well you knew it."""
    box, sample = _Cards(desk, subject).box, question_card(next(iter(desk.bank.values())))
    front, back = (in_languages(side, "en") for side in (sample.front, sample.back))
    return twin(box, f"<h3>A card</h3>{front}<h3>Its other side</h3>{back}")


class _Cards:
    def __init__(self, desk: Desk, subject: str | None):
        self.desk, self.subject = desk, subject
        self.cards, self.done = desk.due(subject), 0
        self.language = Dropdown(options=LANGUAGES, value=language(), description="language")
        self.about, self.front = HTML(), HTMLMath()
        self.back, self.more = HTMLMath(), HTMLMath()
        self.turn = _button("", self.show, "primary", key="space")
        self.unfold = _button("", self.show_more)
        self.again = _button("", self.learn_more, "primary", key="space")
        self.ratings = [
            _button(name, _bind(self.rate, name), key=str(number))
            for number, name in enumerate(RATINGS, start=1)
        ]
        self.times = [HTML() for _ in RATINGS]
        rows = zip(self.ratings, self.times, strict=True)
        self.rating_row = [VBox(pair, layout=Layout(align_items="center")) for pair in rows]
        self.buttons = HBox(layout=Layout(flex_flow="row wrap"))
        self.language.observe(lambda _: self.ask(), names="value")
        self.keys = HTML()
        rows = [
            self.language,
            self.about,
            self.front,
            self.back,
            self.buttons,
            self.keys,
            self.more,
        ]
        self.box = wired(VBox(rows, layout=_wide()))
        self.ask()

    def say(self, text: Text, *values: object) -> str:
        """The words in the language of the buttons."""
        return text.in_(self.language.value).format(*values)

    def ask(self) -> None:
        """Show the front of the current card."""
        self.back.value = self.more.value = ""
        self.turn.description = self.say(words.SHOW)
        self.unfold.description = self.say(words.MORE)
        code = "zh" if self.language.value == "zh" else "en"
        self.keys.value = f'<small lang="{code}">{self.say(words.KEYS)}</small>'
        self.again.description = self.say(words.NEW)
        for button, name in zip(self.ratings, RATINGS, strict=True):
            button.description = self.say(words.RATINGS[name])
        if self.done == len(self.cards):
            new = self.desk.new(self.subject)
            self.about.value = _said(self.say(words.DONE, self.done, new), self.language.value)
            self.front.value, self.buttons.children = "", [self.again] if new else []
            return
        card = self.cards[self.done]
        level = self.say(words.LEVELS[card.level])
        place = self.say(words.CARD, self.done + 1, len(self.cards), card.subject, level)
        self.about.value = _said(place, self.language.value)
        front = in_languages(card.front, self.language.value)
        self.front.value = f"<strong>{front}</strong>"
        self.buttons.children = [self.turn]

    def show(self) -> None:
        """Turn the card over."""
        card = self.cards[self.done]
        self.back.value = in_languages(card.back, self.language.value)
        for time_, wait in zip(self.times, self.desk.preview(card).values(), strict=True):
            time_.value = f"<small>{words.interval(wait.total_seconds())}</small>"
        self.buttons.children = [*self.rating_row, self.unfold]

    def show_more(self) -> None:
        """Everything that the question bank says about it."""
        self.more.value = in_languages(self.cards[self.done].more, self.language.value)

    def rate(self, rating: str) -> None:
        """Note the rating, and go on to the next card; one not known comes again at the end."""
        card = self.cards[self.done]
        try:
            due = self.desk.review(card, rating)
        except Exception as error:  # a click has nowhere else to say it
            self.about.value = _said(f"Not noted: {error}")
            return
        if rating == "again":
            self.cards.append(card)
        self.done += 1
        self.ask()
        when = self.say(words.AGAIN, f"{due.astimezone():%Y-%m-%d %H:%M}")
        self.about.value += _said(when, self.language.value)

    def learn_more(self) -> None:
        """Begin as many new cards as there are in a day, beyond today's."""
        self.cards, self.done = self.desk.due(self.subject, extra=NEW_A_DAY), 0
        self.ask()


def drills(desk: Desk) -> VBox:
    """Choose a chapter and an exercise; a notebook with it alone appears in work/drills/."""
    weak, narrow = desk.weak, Layout(width="32rem", max_width="100%")
    order = sorted(topics(), key=lambda t: weak.index(t) if t in weak else len(weak))
    chapter = Dropdown(options=[("all", ""), *((t, t) for t in order)], description="chapter")
    exercise = Dropdown(description="exercise", layout=narrow)
    framework, said = Dropdown(options=FRAMEWORKS, description="framework"), HTML()
    link = Output()

    def choose(_: dict | None = None) -> None:
        chosen = [chapter.value] if chapter.value else order
        found = [exercise for topic in chosen for exercise in load_exercises(topic).values()]
        exercise.options = [(_title(e, len(chosen) > 1), e.id) for e in found]
        exercise.index = 0

    def make() -> None:
        try:
            path = write_drill(exercise.value, framework.value, work_folder(desk.root) / "drills")
        except (CourseError, OSError) as error:
            said.value = _said(f"Not made: {error}")
            return
        said.value = _said(f"{short(path)} is ready:")
        # As an output of the notebook, JupyterLab resolves the link and opens it in a tab beside.
        address = escape(os.path.relpath(path, Path.cwd()).replace(os.sep, "/"))
        data = {"text/html": f'<a href="{address}">open it</a>', "text/plain": address}
        link.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

    choose()
    chapter.observe(choose, names="value")
    button = _button("Make the notebook", make, "primary")
    button.layout.align_self = "flex-start"
    box = VBox([chapter, exercise, framework, button, said, link], layout=_wide())
    return twin(box, "<p>A short notebook with one exercise and its check.</p>")


def _title(exercise: Exercise, with_chapter: bool) -> str:
    """What an exercise is called in the list: its name in words."""
    name = exercise.name.replace("_", " ")
    chapter = f"{exercise.topic}: " * with_chapter
    return f"{chapter}{name} ({exercise.minutes} minutes)"


def progress(desk: Desk) -> VBox:
    """Where you stand: exercises, cards, interviews, weak subjects."""
    page = HTML(desk.progress_html())

    def renew() -> None:
        page.value = desk.progress_html()

    button = _button("Renew", renew)
    button.layout.align_self = "flex-start"
    box = VBox([page, button])
    return twin(box, "<p>Exercises solved, cards known, interviews, weak subjects.</p>")


def mock_interview(
    desk: Desk, *, seed: int | None = None, clock: Callable[[], float] = time.monotonic
) -> VBox:
    """Choose role, level and length; then answer aloud, score yourself by the rubric, go on."""
    rows = "".join(
        f"<tr><td>{name}</td><td>{minutes} minutes each</td></tr>"
        for name, minutes in mock.MINUTES.items()
    )
    about = f"Roles: {', '.join(mock.ROLES)}. Levels: {', '.join(LEVELS)}. What is asked:"
    return twin(_Mock(desk, seed, clock).box, f"<p>{about}</p><table>{rows}</table>")


class _Mock:
    def __init__(self, desk: Desk, seed: int | None, clock: Callable[[], float]):
        self.desk, self.seed, self.clock = desk, seed, clock
        self.role = Dropdown(options=list(mock.ROLES), description="role")
        self.level = Dropdown(options=list(LEVELS), value="senior", description="level")
        self.minutes = IntSlider(
            value=45, min=mock.LEAST, max=90, step=5, description="minutes", tooltip="minutes"
        )
        self.language = Dropdown(options=LANGUAGES[:2], value=language(), description="language")
        self.framework = Dropdown(options=FRAMEWORKS, description="framework")
        self.notes = Textarea(layout=Layout(width="auto"))
        self.about, self.left, self.text = HTML(), HTML(), HTMLMath()
        self.ticking: asyncio.Task | None = None
        self.scores = [_button(name, _bind(self.score, n)) for n, name in enumerate(mock.SCORES)]
        self.begin = _button("", self.start, "primary")
        self.ready = _button("", self.reveal, "primary")
        self.leave, self.another = _button("", self.finish), _button("", self.settings, "primary")
        self.language.observe(lambda _: self.name(), names="value")
        self.top = VBox(layout=Layout(overflow="visible"))
        self.box = wired(VBox([self.top], layout=_wide()))
        self.name()
        self.settings()

    def say(self, text: Text, *values: object) -> str:
        """The words in the language of the interview."""
        return text.in_(self.language.value).format(*values)

    def name(self) -> None:
        """Put the language that was chosen on all buttons."""
        self.begin.description, self.ready.description = map(self.say, (words.BEGIN, words.READY))
        self.leave.description, self.another.description = map(
            self.say, (words.LEAVE, words.ANOTHER)
        )
        self.notes.placeholder = self.notes.tooltip = self.say(words.NOTES)
        for button, score in zip(self.scores, mock.SCORES, strict=True):
            button.description = self.say(words.SCORES[score])

    def settings(self) -> None:
        """Let role, level and length be chosen."""
        self.about.value = ""
        chosen = [self.role, self.level, self.minutes, self.language, self.framework]
        self.top.children = [*chosen, self.begin, self.about]

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
        number, count = len(self.interview.answered) + 1, len(self.interview.items)
        place = self.say(words.ITEM, number, count, self.say(words.KINDS[item.kind]), item.minutes)
        self.about.value = _said(place, self.language.value)
        title = mock.title(item.asked, self.language.value)
        task = mock.task(item, self.framework.value, self.language.value)
        self.text.value = self.html(f"### {title}\n\n{task}")
        self.notes.value, self.started = "", self.clock()
        buttons = HBox([self.ready, self.leave])
        self.top.children = [self.about, self.left, self.text, self.notes, buttons]
        self.tick(60 * item.minutes)

    def tick(self, limit: float) -> None:
        """Show the time that is left each second, as long as this item is asked."""
        started, self.left.value = self.started, _clock(limit, 0, self.language.value)

        async def run() -> None:
            while (
                seconds := self.clock() - started
            ) < 10 * limit:  # someone left: no clock for ever
                self.left.value = _clock(limit, seconds, self.language.value)
                await asyncio.sleep(1)

        try:
            self.ticking = asyncio.get_running_loop().create_task(run())
        except RuntimeError:  # no loop, hence no page: a test, say
            self.ticking = None

    def stop(self) -> None:
        """Stop the clock."""
        if self.ticking:
            self.ticking.cancel()
        self.ticking, self.left.value = None, ""

    def html(self, markdown: str) -> str:
        """Markdown as HTML, marked as of the interview's language."""
        return f'<div lang="{self.language.value}">{as_html(markdown)}</div>'

    def reveal(self) -> None:
        """Stop the clock, show the rubric (or the follow-up's answer), and ask for a score."""
        self.stop()
        code = self.language.value
        if self.more:
            others = follow_ups(self.interview.answered[-1].item.asked, code)
            told = f"{self.more.answer.in_(code)}\n\n{others}"
        else:
            item, self.seconds = self.interview.current, self.clock() - self.started
            used = self.say(words.USED, self.seconds / 60, item.minutes)
            late = self.say(words.LATE) if self.seconds > 60 * item.minutes else ""
            self.about.value += _said(used + late, code)
            told = mock.rubric(item, self.framework.value, code)
        self.text.value += f"<hr>{self.html(told)}"
        asked = HTML(_said(self.say(words.LEVEL), code))
        self.top.children = [self.about, self.text, asked, HBox(self.scores)]

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
        self.text.value = self.html(f"### {self.more.question.in_(self.language.value)}")
        self.about.value = _said(self.say(words.FOLLOW_UP), self.language.value)
        self.top.children = [self.about, self.text, self.ready]

    def finish(self) -> None:
        """Keep the interview, and show its transcript."""
        self.stop()
        code = self.language.value
        if not self.interview.answered:
            self.about.value = _said(self.say(words.NOTHING), code)
            self.top.children = [self.about, self.another]
            return
        try:
            transcript = self.desk.keep(self.interview, code)
        except CourseError as error:
            transcript = self.interview.transcript(code)
            self.about.value = _said(f"Not kept: {error}")
        else:
            self.about.value = _said(self.say(words.OVER), code)
        self.text.value = self.html(lowered(transcript, 2))  # below the notebook's own headings
        self.top.children = [self.about, self.another, self.text]


def _clock(limit: float, seconds: float, language: str) -> str:
    """The time that is left as HTML; amber in the last fifth and after it."""
    amber = seconds > 0.8 * limit
    style = "background: #ffb000; color: #000; padding: 0 .4em" if amber else ""
    text = escape(words.clock(limit, seconds, language))
    return f'<span role="timer" lang="{language}" style="{style}">{text}</span>'


def _wide() -> Layout:
    return Layout(width="46rem", max_width="100%", overflow="visible")


def _button(text: str, action: Callable[[], None], style: str = "", key: str = "") -> Button:
    """A button; `key` is the key that presses it as well, inside a `wired` box."""
    button = Button(description=text, button_style=style, layout=Layout(width="auto"))
    button.on_click(lambda _: action())
    if key:
        button.add_class(f"prodgen-key-{key}")
    return button


def _bind(action: Callable, value: object) -> Callable[[], None]:
    return lambda: action(value)


def _said(text: str, language: str = "en") -> str:
    """A line that screen readers are told about."""
    code = "zh" if language == "zh" else "en"
    return f'<p role="status" lang="{code}">{escape(text)}</p>'
