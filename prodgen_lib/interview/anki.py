"""The question bank as an Anki deck, whose notes keep their review history through new wordings.

Anki knows a note by its guid and a deck by its number. Both come from ids that never change, so
that importing a newer deck updates the text of notes and leaves their history alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import genanki
import mistune

from prodgen_lib.course.project import CourseError
from prodgen_lib.interview.cards import question_card
from prodgen_lib.questions.bank import Question
from prodgen_lib.questions.render import LANGUAGES

DECK, MODEL = 1_606_260_901, 1_606_260_902  # drawn once; other numbers would be another deck
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}
STYLE = """
.card { font: 20px/1.5 sans-serif; max-width: 40em; margin: auto; text-align: left; }
.about { color: #767676; font-size: 14px; }
img { max-width: 100%; }
code { background: #8882; padding: 0 .2em; }
"""
FRONT = '<div class="about">{{Subject}} · {{Level}}</div><h3>{{Question}}</h3>'
BACK = "{{FrontSide}}<hr id=answer>{{Answer}}<hr>{{More}}"
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^\s$](?:[^$\n]*[^\s$])?)\$", re.DOTALL)
MARKDOWN = mistune.create_markdown(escape=True, plugins=["strikethrough", "footnotes", "table"])
"""As `mistune.html`, but `<float>` in a text is text and no tag."""
PICTURE = re.compile(r'<img src="([^"]+)"')


def write_deck(
    questions: Iterable[Question], to: Path, *, language: str = "both", folder: Path | None = None
) -> int:
    """Write a deck to ``to`` (``.apkg``), whole or not at all; how many notes are in it.

    One note a question and language. Pictures in the text are looked for in ``folder`` (that of
    the chapters) and go along.
    """
    if language not in LANGUAGES:
        raise CourseError(f"There is no language {language!r}; choose en, zh or both.")
    if to.suffix != ".apkg":
        raise CourseError(f"{to} is no name for an Anki deck; it must end in .apkg.")
    pictures: dict[str, Path] = {}
    decks = []
    questions = list(questions)
    for code in LANGUAGES[language]:
        deck = genanki.Deck(DECK + 10 * (code == "zh"), f"prodgen::{LANGUAGE_NAMES[code]}")
        for question in questions:
            deck.add_note(_note(question, code, folder, pictures))
        decks.append(deck)
    package = genanki.Package(decks, media_files=[str(path) for path in pictures.values()])
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        package.write_to_file(part)
        os.replace(part, to)
    finally:
        part.unlink(missing_ok=True)
    return sum(len(deck.notes) for deck in decks)


def _note(
    question: Question, language: str, folder: Path | None, pictures: dict[str, Path]
) -> genanki.Note:
    card = question_card(question)
    sides = (getattr(side, language) for side in (card.front, card.back, card.more))
    front, back, more = (_html(text, folder, pictures) for text in sides)
    return genanki.Note(
        model=_model(),
        guid=genanki.guid_for("prodgen", question.id, language),
        fields=[question.id, question.subject, question.level, front, back, more],
        tags=[question.subject, question.level],
    )


def _model() -> genanki.Model:
    fields = ("Id", "Subject", "Level", "Question", "Answer", "More")
    template = {"name": "Question", "qfmt": FRONT, "afmt": BACK}
    named = [{"name": name} for name in fields]
    return genanki.Model(MODEL, "prodgen question", named, [template], css=STYLE)


def _html(text: str, folder: Path | None, pictures: dict[str, Path]) -> str:
    """Markdown as HTML, formulas as Anki's MathJax wants them, pictures by their bare name."""
    formulas: list[str] = []

    def keep(found: re.Match) -> str:
        block, line = found.groups()
        formulas.append(rf"\[{block}\]" if block else rf"\({line}\)")
        return f"FORMULA{len(formulas) - 1}END"

    html = MARKDOWN(FORMULA.sub(keep, text))
    for number, formula in enumerate(formulas):
        escaped = formula.replace("&", "&amp;").replace("<", "&lt;")
        html = html.replace(f"FORMULA{number}END", escaped)

    def carry(found: re.Match) -> str:
        source = (folder or Path.cwd()) / found[1]
        if not source.is_file():
            raise CourseError(f"A question shows the picture {found[1]}, which is not in {folder}.")
        if pictures.setdefault(source.name, source) != source:
            raise CourseError(f"Two pictures of questions are called {source.name}: rename one.")
        return f'<img src="{source.name}"'

    return PICTURE.sub(carry, html)
