"""A mock interview in a notebook."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from html import escape

from ipywidgets import HTML, Dropdown, HBox, HTMLMath, IntSlider, Layout, Textarea, VBox

from prodgen_lib.checking.language import language
from prodgen_lib.course import interface
from prodgen_lib.course.project import CourseError
from prodgen_lib.interview import mock, transcript, words
from prodgen_lib.interview.desk import Desk
from prodgen_lib.interview.markup import as_html, lowered
from prodgen_lib.interview.parts import (
    FRAMEWORKS,
    LANGUAGES,
    Checklist,
    a_button,
    bind,
    spoken,
    wide,
)
from prodgen_lib.questions.bank import LEVELS, Text
from prodgen_lib.questions.render import follow_ups
from prodgen_lib.show.twin import twin, wired


def mock_interview(
    desk: Desk, *, seed: int | None = None, clock: Callable[[], float] = time.monotonic
) -> VBox:
    """Choose role, level and length; then answer aloud, score yourself by the rubric, go on."""
    roles, levels, kinds = (", ".join(names) for names in (mock.ROLES, LEVELS, mock.ORDER))
    about = f"<p>Roles: {roles}. Levels: {levels}. What is asked: {kinds}.</p>"
    return twin(_Mock(desk, seed, clock).box, about)


class _Mock:
    def __init__(self, desk: Desk, seed: int | None, clock: Callable[[], float]):
        self.desk, self.seed, self.clock = desk, seed, clock
        self.role = Dropdown(
            options=list(mock.ROLES), value="ML engineer", description=words.label("role")
        )
        self.level = Dropdown(
            options=list(LEVELS), value="senior", description=words.label("level")
        )
        self.minutes = IntSlider(
            value=45,
            min=mock.LEAST,
            max=90,
            step=5,
            description=words.label("minutes"),
            tooltip=words.label("minutes"),
        )
        self.language = Dropdown(
            options=LANGUAGES[:2], value=language(), description=words.label("language")
        )
        self.framework = Dropdown(options=FRAMEWORKS, description=words.label("framework"))
        self.notes = Textarea(layout=Layout(width="auto"))
        self.about, self.left, self.text = HTML(), HTML(), HTMLMath()
        self.ticking: asyncio.Task | None = None
        self.scores = [a_button(name, bind(self.score, n)) for n, name in enumerate(mock.SCORES)]
        self.begin = a_button("", self.start, "primary")
        self.ready = a_button("", self.reveal, "primary")
        self.ticked = a_button("", self.tick, "primary")
        self.leave, self.another = a_button("", self.finish), a_button("", self.settings, "primary")
        self.language.observe(lambda _: self.name(), names="value")
        self.top = VBox(layout=Layout(overflow="visible"))
        self.box = wired(VBox([self.top], layout=wide()))
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
        self.ticked.description = self.say(words.TICKED)
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
                self.role.value,
                self.level.value,
                self.minutes.value,
                seed,
                self.framework.value,
            )
        except CourseError as error:
            self.about.value = spoken(interface.spoken(str(error)))
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
        self.about.value = spoken(place, self.language.value)
        title = transcript.title(item.asked, self.language.value, item.kind)
        task = transcript.task(item, self.language.value)
        self.text.value = self.html(f"### {title}\n\n{task}")
        self.notes.value, self.started = "", self.clock()
        buttons = HBox([self.ready, self.leave])
        self.top.children = [self.about, self.left, self.text, self.notes, buttons]
        self.count(60 * item.minutes)

    def count(self, limit: float) -> None:
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
            self.about.value += spoken(used + late, code)
            told = transcript.rubric(item, code)
        self.text.value += f"<hr>{self.html(told)}"
        asked = HTML(spoken(self.say(words.LEVEL), code))
        points = {} if self.more else item.checklist
        if not points:
            self.top.children = [self.about, self.text, asked, HBox(self.scores)]
            return
        self.points = Checklist(points, code)
        self.top.children = [self.about, self.text, self.points.box, self.ticked]

    def tick(self) -> None:
        """Note the points that were ticked: the score follows, and a follow-up about one missed."""
        said, item, code = self.points.said, self.interview.current, self.language.value
        level = self.say(words.SCORES[mock.SCORES[item.score(said)]])
        self.more = self.interview.tick(said, self.seconds, self.notes.value)
        self.go_on()
        share = words.SHARE.in_(code).format(item.share(said), level)
        self.about.value = spoken(share, code) + self.about.value

    def score(self, score: int) -> None:
        """Note the self-score; a follow-up comes next, or the next item."""
        if self.more:
            self.interview.answer_follow_up(score)
            self.more = None
        else:
            self.more = self.interview.answer(score, self.seconds, self.notes.value)
        self.go_on()

    def go_on(self) -> None:
        """The follow-up, if there is one, or the next item."""
        if not self.more:
            self.ask()
            return
        self.text.value = self.html(f"### {self.more.question.in_(self.language.value)}")
        self.about.value = spoken(self.say(words.FOLLOW_UP), self.language.value)
        self.top.children = [self.about, self.text, self.ready]

    def finish(self) -> None:
        """Keep the interview, and show its transcript."""
        self.stop()
        code = self.language.value
        if not self.interview.answered:
            self.about.value = spoken(self.say(words.NOTHING), code)
            self.top.children = [self.about, self.another]
            return
        try:
            told = self.desk.keep(self.interview, code)
        except CourseError as error:
            told = transcript.transcript(self.interview, code)
            self.about.value = spoken(interface.spoken(f"Not kept: {error}"))
        else:
            self.about.value = spoken(self.say(words.OVER), code)
        self.text.value = self.html(lowered(told, 2))  # below the notebook's own headings
        self.top.children = [self.about, self.another, self.text]


def _clock(limit: float, seconds: float, language: str) -> str:
    """The time that is left as HTML; amber in the last fifth and after it."""
    amber = seconds > 0.8 * limit
    style = "background: #ffb000; color: #000; padding: 0 .4em" if amber else ""
    text = escape(words.clock(limit, seconds, language))
    return f'<span role="timer" lang="{language}" style="{style}">{text}</span>'
