"""Marking sample answers in a notebook."""

from __future__ import annotations

from ipywidgets import HTML, Dropdown, HTMLMath, Layout, VBox

from prodgen_lib.checking.language import language
from prodgen_lib.course.project import CourseError
from prodgen_lib.interview import words
from prodgen_lib.interview.desk import Desk
from prodgen_lib.interview.markup import in_languages
from prodgen_lib.interview.parts import LANGUAGES, Checklist, a_button, spoken, wide
from prodgen_lib.questions.bank import Question, Text
from prodgen_lib.show.twin import twin, wired


def marking(desk: Desk, question: str | None = None, *, seed: int | None = None) -> VBox:
    """Mark three sample answers by the checklist; then see how far you are from the reference."""
    about = f"<p>{words.ABOUT_MARKING.en}</p>"
    return twin(_Marking(desk, question, seed).box, about)


class _Marking:
    def __init__(self, desk: Desk, question: str | None, seed: int | None):
        self.desk, self.seed = desk, seed
        self.language = Dropdown(options=LANGUAGES[:2], value=language())
        self.question = Dropdown(layout=Layout(width="32rem"))
        self.about, self.asked, self.text = HTML(), HTMLMath(), HTMLMath()
        self.begin = a_button("", self.start, "primary")
        self.ticked = a_button("", self.tick, "primary")
        self.another = a_button("", self.settings, "primary")
        self.language.observe(lambda _: self.settings(), names="value")
        self.top = VBox(layout=Layout(overflow="visible"))
        self.box = wired(VBox([self.top], layout=wide()))
        self.settings(question)

    def say(self, text: Text, *values: object) -> str:
        return text.in_(self.language.value).format(*values)

    def tell(self, text: Text) -> None:
        self.about.value = spoken(self.say(text), self.language.value)

    def settings(self, question: str | None = None) -> None:
        """Let a question be chosen; the one to mark next is there."""
        code, bank = self.language.value, self.desk.bank
        self.question.options = [(bank[name].title.in_(code), name) for name in self.desk.samples]
        self.question.value = self.desk.marking(question).question.id
        self.begin.description, self.ticked.description, self.another.description = map(
            self.say, (words.BEGIN, words.ITS_POINTS, words.ANOTHER)
        )
        self.language.description = self.say(words.LABELS["language"])
        self.question.description = self.say(words.LABELS["question"])
        self.tell(words.ABOUT_MARKING)
        self.top.children = [self.about, self.language, self.question, self.begin]

    def start(self) -> None:
        """Show the question, and the first answer to it."""
        self.marking = self.desk.marking(self.question.value, self.seed)
        self.asked.value = self.html(_asked(self.marking.question))
        self.ask()

    def html(self, text: Text) -> str:
        return in_languages(text, self.language.value)

    def ask(self) -> None:
        """Show the current answer with the checklist, or how far the marks are apart."""
        sample, question = self.marking.current, self.marking.question
        if sample is None:
            self.finish()
            return
        self.about.value = spoken(self.say(words.ANSWER, self.marking.letter), self.language.value)
        self.text.value = f"<blockquote>{self.html(sample.text)}</blockquote>"
        points = {point.id: point.text for point in question.points}
        self.points = Checklist(points, self.language.value)
        self.top.children = [self.asked, self.about, self.text, self.points.box, self.ticked]

    def tick(self) -> None:
        """Note the points, and go on to the next answer."""
        self.marking.tick(self.points.said)
        self.ask()

    def finish(self) -> None:
        """Keep the marks; show them beside the reference, and how far all so far agree."""
        code = self.language.value
        told = self.marking.compared(code)
        try:
            self.desk.keep_marks(self.marking)
            self.about.value = ""
        except CourseError as error:
            self.about.value = spoken(self.say(words.NOT_KEPT, error), code)
        agreed = self.desk.how_far(code)
        both = f"{told}\n\n---\n\n{agreed}"
        self.text.value = self.html(Text(both, both))
        self.top.children = [self.asked, self.about, self.text, self.another]


def _asked(question: Question) -> Text:
    """Title and case."""
    case = question.case or Text("", "")
    return Text(f"### {question.title.en}\n\n{case.en}", f"### {question.title.zh}\n\n{case.zh}")
