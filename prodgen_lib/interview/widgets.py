"""Practice in a notebook: cards, drills, a mock interview and where you stand.

All of it works by keyboard (Tab, Space, Enter) and says by text what it shows. Each function takes
a `Desk` and returns something to display.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from html import escape
from pathlib import Path

from ipywidgets import (
    HTML,
    DatePicker,
    Dropdown,
    HBox,
    HTMLMath,
    IntSlider,
    Layout,
    Output,
    VBox,
)

from prodgen_lib.checking.exercise import Exercise, load_exercises, topics
from prodgen_lib.checking.language import language
from prodgen_lib.course import interface
from prodgen_lib.course.drill import write_drill
from prodgen_lib.course.project import CourseError, short
from prodgen_lib.course.trial import write_test
from prodgen_lib.course.work import work_folder
from prodgen_lib.interview import words
from prodgen_lib.interview.burndown import as_svg
from prodgen_lib.interview.cards import Card, question_card
from prodgen_lib.interview.deadline import SHORTEST
from prodgen_lib.interview.desk import Desk
from prodgen_lib.interview.marking_widget import marking
from prodgen_lib.interview.markup import in_languages
from prodgen_lib.interview.mock import SCORES
from prodgen_lib.interview.mock_widget import mock_interview
from prodgen_lib.interview.parts import (
    FRAMEWORKS,
    LANGUAGES,
    Checklist,
    a_button,
    bind,
    spoken,
    wide,
)
from prodgen_lib.interview.preparation import MINUTES_A_DAY, set_goal
from prodgen_lib.interview.schedule import NEW_A_DAY, RATINGS
from prodgen_lib.properties.chosen import CHOSEN
from prodgen_lib.questions.bank import Question, Text
from prodgen_lib.show.twin import twin, wired

__all__ = ["drills", "flashcards", "marking", "mock_interview", "progress", "ready_by"]


def flashcards(desk: Desk, subject: str | None = None) -> VBox:
    """The cards that are due, weak subjects first: turn one over, say how well you knew it."""
    box, sample = _Cards(desk, subject).box, question_card(next(iter(desk.bank.values())))
    front, back = (in_languages(side, "en") for side in (sample.front, sample.back))
    return twin(box, f"<h3>A card</h3>{front}<h3>Its other side</h3>{back}")


class _Cards:
    def __init__(self, desk: Desk, subject: str | None):
        self.desk, self.subject = desk, subject
        self.cards, self.done = desk.due(subject), 0
        self.language = Dropdown(options=LANGUAGES, value=language())
        self.about, self.front = HTML(), HTMLMath()
        self.back, self.more = HTMLMath(), HTMLMath()
        self.turn = a_button("", self.show, "primary", key="space")
        self.unfold = a_button("", self.show_more)
        self.again = a_button("", self.learn_more, "primary", key="space")
        self.ratings = [
            a_button(name, bind(self.rate, name), key=str(number))
            for number, name in enumerate(RATINGS, start=1)
        ]
        self.times = [HTML() for _ in RATINGS]
        rows = zip(self.ratings, self.times, strict=True)
        self.rating_row = [VBox(pair, layout=Layout(align_items="center")) for pair in rows]
        self.buttons = HBox(layout=Layout(flex_flow="row wrap"))
        self.language.observe(lambda _: self.ask(), names="value")
        self.keys, self.list = HTML(), VBox(layout=Layout(overflow="visible"))
        self.tick = a_button("", self.show_points)
        rows = [
            self.language,
            self.about,
            self.front,
            self.back,
            self.buttons,
            self.keys,
            self.list,
            self.more,
        ]
        self.box = wired(VBox(rows, layout=wide()))
        self.ask()

    def say(self, text: Text, *values: object) -> str:
        """The words in the language of the buttons."""
        return text.in_(self.language.value).format(*values)

    def ask(self) -> None:
        """Show the front of the current card."""
        self.back.value = self.more.value = ""
        self.list.children, self.points = [], None
        self.language.description = self.say(words.LABELS["language"])
        self.tick.description = self.say(words.TICK)
        self.turn.description = self.say(words.SHOW)
        self.unfold.description = self.say(words.MORE)
        code = "zh" if self.language.value == "zh" else "en"
        self.keys.value = f'<small lang="{code}">{self.say(words.KEYS)}</small>'
        self.again.description = self.say(words.NEW)
        for button, name in zip(self.ratings, RATINGS, strict=True):
            button.description = self.say(words.RATINGS[name])
        if self.done == len(self.cards):
            new = self.desk.new(self.subject)
            self.about.value = spoken(self.say(words.DONE, self.done, new), self.language.value)
            self.front.value, self.buttons.children = "", [self.again] if new else []
            return
        card = self.cards[self.done]
        level = self.say(words.LEVELS[card.level])
        place = self.say(words.CARD, self.done + 1, len(self.cards), card.subject, level)
        self.about.value = spoken(place, self.language.value)
        front = in_languages(card.front, self.language.value)
        self.front.value = f"<strong>{front}</strong>"
        self.buttons.children = [self.turn]

    def show(self) -> None:
        """Turn the card over."""
        card = self.cards[self.done]
        self.back.value = in_languages(card.back, self.language.value)
        for time_, wait in zip(self.times, self.desk.preview(card).values(), strict=True):
            time_.value = f"<small>{words.interval(wait.total_seconds())}</small>"
        more = [self.tick, self.unfold] if self.question(card) else [self.unfold]
        self.buttons.children = [*self.rating_row, *more]

    def question(self, card: Card) -> Question | None:
        """The question of this card, if it has a checklist."""
        found = self.desk.bank.get(card.id)
        return found if found and found.points else None

    def show_points(self) -> None:
        """The checklist: what is ticked is noted with the rating, and its share told meanwhile."""
        question = self.question(self.cards[self.done])
        code = "zh" if self.language.value == "zh" else "en"
        told = HTML()
        self.points = Checklist({point.id: point.text for point in question.points}, code)

        def count(_: object = None) -> None:
            said = self.points.said
            level = self.say(words.SCORES[SCORES[question.score(said)]])
            told.value = spoken(self.say(words.SHARE, question.share(said), level), code)

        for box in self.points.boxes.values():
            box.observe(count, names="value")
        count()
        self.list.children = [self.points.box, told]

    def show_more(self) -> None:
        """Everything that the question bank says about it."""
        self.more.value = in_languages(self.cards[self.done].more, self.language.value)

    def rate(self, rating: str) -> None:
        """Note the rating, and go on to the next card; one not known comes again at the end."""
        card = self.cards[self.done]
        try:
            due = self.desk.review(card, rating)
            if self.points:
                self.desk.tick(self.question(card), self.points.said)
        except Exception as error:  # a click has nowhere else to say it
            told = self.say(words.NOT_NOTED, error)
            self.about.value = spoken(told, self.language.value)
            return
        if rating == "again":
            self.cards.append(card)
        self.done += 1
        self.ask()
        when = self.say(words.AGAIN, f"{due.astimezone():%Y-%m-%d %H:%M}")
        self.about.value += spoken(when, self.language.value)

    def learn_more(self) -> None:
        """Begin as many new cards as there are in a day, beyond today's."""
        self.cards, self.done = self.desk.due(self.subject, extra=NEW_A_DAY), 0
        self.ask()


def drills(desk: Desk) -> VBox:
    """Choose a chapter and an exercise; a notebook with it alone appears in work/drills/.

    Or one that asks for the test: of this exercise where one is asked for, else of its chapter's.
    """
    weak, narrow = desk.weak, Layout(width="32rem", max_width="100%")
    order = sorted(topics(), key=lambda t: weak.index(t) if t in weak else len(weak))
    link, code, said = Output(), language(), HTML()
    labels = {name: text.in_(code) for name, text in words.LABELS.items()}
    options = [(words.ALL.in_(code), ""), *((topic, topic) for topic in order)]
    chapter = Dropdown(options=options, description=labels["chapter"])
    exercise = Dropdown(description=labels["exercise"], layout=narrow)
    framework = Dropdown(options=FRAMEWORKS, description=labels["framework"])

    def choose(_: dict | None = None) -> None:
        chosen = [chapter.value] if chapter.value else order
        found = [exercise for topic in chosen for exercise in load_exercises(topic).values()]
        exercise.options = [(_title(e, len(chosen) > 1, code), e.id) for e in found]
        exercise.index = 0

    def make() -> None:
        folder = work_folder(desk.root) / "drills"
        ready(lambda: write_drill(exercise.value, framework.value, folder))

    def test() -> None:
        topic = exercise.value.partition(".")[0]
        asked = [one for one in CHOSEN if one == exercise.value or one.startswith(f"{topic}.")]
        if not asked:
            said.value = spoken(words.NO_TEST.format(", ".join(CHOSEN)).in_(code), code)
            return
        chosen = exercise.value if exercise.value in asked else asked[0]
        ready(lambda: write_test(chosen, framework.value, work_folder(desk.root) / "drills"))

    def again() -> None:
        if waiting := desk.returning():
            ready(lambda: desk.draw(waiting[0], framework.value))
        else:
            said.value = spoken(words.NONE_BACK.in_(code), code)

    def ready(write: Callable[[], Path]) -> None:
        try:
            path = write()
        except (CourseError, OSError) as error:
            said.value = spoken(words.NOT_MADE.in_(code).format(error), code)
            return
        said.value = spoken(words.IS_READY.in_(code).format(short(path)), code)
        link.outputs = (_link(path, code),)

    choose()
    chapter.observe(choose, names="value")
    button = a_button(words.MAKE.in_(code), make, "primary")
    button.layout.align_self = "flex-start"
    instead = a_button(words.WRITE_TEST.in_(code), test)
    instead.layout.align_self = "flex-start"
    back = a_button(words.BACK.format(len(desk.returning())).in_(code), again)
    back.layout.align_self = "flex-start"
    box = VBox([chapter, exercise, framework, button, instead, back, said, link], layout=wide())
    return twin(box, "<p>A short notebook with one exercise and its check.</p>")


def _link(path: Path, language: str) -> dict:
    """As an output of the notebook, JupyterLab resolves it and opens the file in a tab beside."""
    address = escape(os.path.relpath(path, Path.cwd()).replace(os.sep, "/"))
    html = f'<a href="{address}">{words.OPEN_IT.in_(language)}</a>'
    data = {"text/html": html, "text/plain": address}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _title(exercise: Exercise, with_chapter: bool, language: str) -> str:
    """What an exercise is called in the list: its name in words."""
    name = exercise.name.replace("_", " ")
    chapter = f"{exercise.topic}: " * with_chapter
    return words.EXERCISE.in_(language).format(f"{chapter}{name}", exercise.minutes)


def progress(desk: Desk) -> VBox:
    """Where you stand: exercises, cards, interviews, weak subjects."""
    code = language()
    page = HTML(desk.progress_html(code))

    def renew() -> None:
        page.value = desk.progress_html(code)

    button = a_button(words.RENEW.in_(code), renew)
    button.layout.align_self = "flex-start"
    box = VBox([page, button])
    return twin(box, "<p>Exercises solved, cards known, interviews, weak subjects.</p>")


def ready_by(desk: Desk) -> VBox:
    """The day to be ready by: choose it and your minutes; see whether it can be done."""
    ahead, code = desk.preparation.goal, language()
    labels = {name: text.in_(code) for name, text in words.LABELS.items()}
    by = ahead.by if ahead else None
    day = DatePicker(description=labels["day"], value=by, tooltip=labels["day"])
    minutes = IntSlider(
        value=ahead.minutes if ahead else MINUTES_A_DAY,
        min=SHORTEST,
        max=240,
        step=5,
        description=labels["a day"],
        tooltip=words.MINUTES_A_DAY.in_(code),
    )
    exercises = Dropdown(
        options=[
            (words.CARDS_ONLY.in_(code), ""),
            *((words.AND_EXERCISES.in_(code).format(name), one) for name, one in FRAMEWORKS),
        ],
        value=ahead.framework if ahead else "",
        description=labels["what"],
    )
    told, picture = HTML(), HTML()

    def show() -> None:
        now = desk.preparation
        told.value = spoken(now.told(code) or words.NO_DAY.in_(code), code)
        picture.value = as_svg(now.picture, code) if now.goal else ""

    def choose(by: str) -> None:
        try:
            set_goal(desk.history, by, desk.now(), minutes.value, exercises.value)
        except CourseError as error:
            told.value = spoken(interface.spoken(str(error)))
            return
        show()

    buttons = HBox(
        [
            a_button(
                words.PLAN.in_(code),
                lambda: choose(day.value.isoformat() if day.value else ""),
                "primary",
            ),
            a_button(words.NO_PLAN.in_(code), lambda: choose("none")),
        ]
    )
    show()
    box = VBox([day, minutes, exercises, buttons, told, picture], layout=wide())
    return twin(wired(box), "<p>The day to be ready by, your minutes a day, and the plan.</p>")
