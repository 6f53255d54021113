"""``prodgen slides``: a chapter's own figures, each with the chapter's own sentence about it.

Nothing is written for the slides: figures are the outputs of the executed solution, the words under
one are the first sentences that follow it in the chapter (or the last before it), and the recap is
the chapter's.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from nbformat import NotebookNode

from prodgen_lib.checking.exercise import find_exercise
from prodgen_lib.checking.language import Text
from prodgen_lib.course.chapter import Chapter, chapter_files, read_chapter
from prodgen_lib.course.compose import Target, has
from prodgen_lib.course.page import to_html
from prodgen_lib.course.project import CourseError, read_notebook
from prodgen_lib.questions.bank import load_questions
from prodgen_lib.site.figures import DATA, pictures, some
from prodgen_lib.site.markdown import LINK, blocks

HERE = Path(__file__).parent / "deck"
MOST = 230  # columns of the words under a figure
MOST_QUESTIONS = 6
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z\"'“`*$(\[])|(?<=[。？！])")
BEFORE, RECAP = re.compile(r"\*\*Before you read"), re.compile("## Recap\n")
SAY = {
    "slide": Text("slide", "幻灯片"),
    "help": Text(
        "arrows, space, home, end · p prints, a slide a page",
        "方向键、空格、Home、End 翻页 · p 打印，每页一张",
    ),
    "exercises": Text("To write yourselves", "自己动手写"),
    "minutes": Text("{} minutes", "{} 分钟"),
    "questions": Text("Asked in interviews", "面试中会问"),
}


@dataclass(frozen=True)
class Picture:
    src: str
    alt: str

    @property
    def english(self) -> bool:
        """Whether its text is still that of the executed, English, cell."""
        return not re.search("[\u4e00-\u9fff]", self.alt)


@dataclass(frozen=True)
class Slide:
    """``kind`` is ``title``, ``figure`` or ``list``; ``body`` is HTML."""

    kind: str
    title: Markup
    body: Markup
    pictures: tuple[Picture, ...] = ()


def deck(root: Path, name: str, framework: str = "torch", language: str = "en") -> str:
    """The page of slides of a chapter. ``CourseError`` where it has no executed figures."""
    chapter = read_chapter(*chapter_files(root, [name]))
    if framework not in chapter.frameworks:
        raise CourseError(f"{chapter.name} has no notebook for {framework}, and so no figures.")
    path = root / Target(chapter, framework, learner=False).file
    if not path.exists():
        raise CourseError(f"{path} does not exist: run `prodgen build {chapter.number}` first.")
    cells = read_notebook(path).cells
    if language == "zh":
        cells = _in_chinese(cells, root / f"notebooks/zh/{path.name}", chapter)
    slides = list(_slides(chapter, cells, language))
    if not any(slide.pictures for slide in slides):
        raise CourseError(f"{path.name} holds no figures: run `prodgen build {chapter.number}`.")
    return _page(f"{int(chapter.number)} {slides[0].title.striptags()}", slides, language)


def _in_chinese(cells: list[NotebookNode], path: Path, chapter: Chapter) -> list[NotebookNode]:
    """The cells with the text of the Chinese notebook, whose cells have the same ids."""
    if not path.exists():
        raise CourseError(
            f"There is no Chinese notebook {path.name}: run `prodgen build {chapter.number} "
            "--language zh`, if the chapter is in Chinese."
        )
    twins = {cell.id: cell for cell in read_notebook(path).cells}
    found = []
    for cell in cells:
        twin = twins.get(cell.id, cell)
        alt = _alt(twin.source) if cell.cell_type == "code" else ""
        metadata = NotebookNode({**cell.metadata, "english": cell.source, "alt": alt})
        found.append(NotebookNode({**cell, "source": twin.source, "metadata": metadata}))
    return found


def _alt(source: str) -> str:
    """The one text for a figure that a code cell writes out; empty where there is none or several.

    What the executed cell shows has it in the language in which it ran.
    """
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.keyword)]
    except SyntaxError:
        return ""
    texts = [n.value.value for n in calls if n.arg == "alt" and isinstance(n.value, ast.Constant)]
    return texts[0] if len(texts) == 1 else ""


def _slides(chapter: Chapter, cells: list[NotebookNode], language: str) -> Iterator[Slide]:
    title = re.match(r"# (.+)", cells[0].source)[1]
    asked = (_twin(cell, blocks, BEFORE) for cell in cells if cell.cell_type == "markdown")
    question = next(filter(None, asked), "")
    yield Slide("title", _inline(title), _html(question))
    section, exercises = title, []
    for place, cell in enumerate(cells):
        if cell.cell_type == "markdown" and not has(cell, "about", "questions", "navigation"):
            for heading in re.findall(r"(?m)^## (.+)$", cell.source):
                section = heading
            if (recap := _recap(cell)) and exercises:
                yield _exercises(exercises, language)
                yield from _asked(chapter, language)
                yield Slide("list", _inline(section), recap)
        elif has(cell, "exercise"):
            exercises.append(cell.metadata.exercise_id)
        for shown in _figures(cell):
            words = _words(cells, place) or shown[0].alt
            yield Slide("figure", _inline(section), _html(words), shown)


def _figures(cell: NotebookNode) -> Iterator[tuple[Picture, ...]]:
    """The pictures of each output that has some; a film shows a few of its frames."""
    for output in cell.get("outputs", []):
        html = output.get("data", {}).get("text/html", "")
        found = [one for one in pictures(html) if DATA.fullmatch(one.get("src", ""))]
        if shown := some(found):
            alt = cell.metadata.get("alt", "") if len(shown) == 1 else ""
            yield tuple(Picture(one["src"], alt or one.get("alt", "")) for one in shown)


def _words(cells: list[NotebookNode], place: int) -> str:
    """What the chapter says right after a figure, or, where code follows, right before it."""
    after = _text(cells, place + 1)
    if words := _some_sentences(after, first=True):
        return words
    return _some_sentences(_text(cells, place - 1), first=False)


def _text(cells: list[NotebookNode], place: int) -> str:
    if not 0 <= place < len(cells) or cells[place].cell_type != "markdown":
        return ""
    return "" if has(cells[place], "about", "questions", "navigation") else cells[place].source


def _some_sentences(text: str, *, first: bool) -> str:
    """The first sentences of a text's first paragraph, or the last of its last.

    None where a heading comes between: that paragraph is about something else. A sentence that ends
    in a colon leads to what is not on the slide.
    """
    every = blocks(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    paragraphs = every if first else every[::-1]
    if not paragraphs or not re.match(r"[^#\s|<>`~$\-+]", paragraphs[0]):
        return ""
    flat = " ".join(paragraphs[0].split())
    sentences = [one for one in SENTENCE.split(flat) if one and not one.endswith((":", "："))]
    kept: list[str] = []
    for one in sentences if first else reversed(sentences):
        if kept and sum(map(_width, kept)) + _width(one) > MOST:
            break
        kept.append(one)
    return re.sub(r"(?<=[。？！]) ", "", " ".join(kept if first else kept[::-1]))


def _width(text: str) -> int:
    """Columns of a text: a Chinese sign takes two."""
    return sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)


def _recap(cell: NotebookNode) -> Markup:
    """The chapter's recap as a list; empty where this cell holds none."""
    part = _twin(cell, lambda text: re.split(r"(?m)^(?=## )", text), RECAP)
    lines = [block for block in blocks(part) if block.startswith("- ")]
    return _html("\n".join(lines)) if lines else Markup("")


def _twin(cell: NotebookNode, parted: Callable[[str], list[str]], wanted: re.Pattern) -> str:
    """The part of a cell whose English twin begins as ``wanted``; empty where there is none."""
    own, english = parted(cell.source), parted(cell.metadata.get("english", cell.source))
    place = next((n for n, part in enumerate(english) if wanted.match(part)), None)
    return own[place] if place is not None and len(own) == len(english) else ""


def _exercises(names: list[str], language: str) -> Slide:
    lines = [
        f"- `{name}` · {SAY['minutes'].in_(language).format(find_exercise(name).minutes)}"
        for name in names
        if not find_exercise(name).review
    ]
    return Slide("list", _inline(SAY["exercises"].in_(language)), _html("\n".join(lines)))


def _asked(chapter: Chapter, language: str) -> Iterator[Slide]:
    path = chapter.path.with_suffix(".yaml")
    if path.exists():
        found = [one.title.in_(language) for one in load_questions(path)][:MOST_QUESTIONS]
        title = _inline(SAY["questions"].in_(language))
        yield Slide("list", title, _html("\n".join(f"- {one}" for one in found)))


def _html(text: str) -> Markup:
    """Markdown of the chapter; links lose their address, since a slide leads nowhere."""
    return Markup(to_html(LINK.sub(lambda found: found[1], text))) if text else Markup("")


def _inline(text: str) -> Markup:
    found = str(_html(text)).strip()
    return Markup(re.sub(r"\A<p>(.*)</p>\Z", r"\1", found, flags=re.DOTALL) or escape(text))


def _page(title: str, slides: list[Slide], language: str) -> str:
    pages = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((HERE / f"deck.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return pages.get_template("deck.html").render(
        title=title,
        slides=slides,
        language={"en": "en", "zh": "zh-CN"}[language],
        say={name: text.in_(language) for name, text in SAY.items()},
        style=Markup(style),
        script=Markup(script),
        style_hash=_digest(style),
        script_hash=_digest(script),
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
