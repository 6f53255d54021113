"""No English sentence is left where Chinese stands: on the site's pages and in notebooks."""

from __future__ import annotations

import re
from functools import cache, reduce
from pathlib import Path

import pytest

from prodgen_lib.course.book import chinese_notebook, chinese_targets
from prodgen_lib.course.chapter import chapter_files, read_chapter
from prodgen_lib.course.chinese import chinese_path
from prodgen_lib.course.chinese_task import UNTRANSLATED
from prodgen_lib.course.correspond import FENCE, FORMULA, PLACE
from prodgen_lib.course.punctuation import CODE, TAG
from prodgen_lib.site import build
from prodgen_lib.site.figures import Figures
from prodgen_lib.site.tables import terms

ROOT = Path(__file__).resolve().parents[2]
RUN = re.compile(r"[A-Za-z][A-Za-z'’-]*(?:[ ,;:]+[A-Za-z][A-Za-z'’-]*){3,}\b(?!\()")
LITTLE = {
    *(
        "a",
        "an",
        "the",
        "is",
        "are",
        "was",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "with",
        "by",
        "from",
    ),
    *(
        "as",
        "and",
        "or",
        "not",
        "that",
        "this",
        "it",
        "you",
        "your",
        "what",
        "which",
        "how",
        "when",
    ),
    *("where", "who", "why", "there", "than", "then", "be", "has", "have", "do", "does", "its"),
}
# Titles of papers, what a program says in quotes, and a tuple's names stay as they are.
QUOTED = r"\*[^*\n一-鿿]+\*|[“\"][^”\"\n一-鿿]+[”\"]|\([^()\n一-鿿]+\)"
TITLED = re.compile(
    rf"\[[^\]]*\]\([^)]*\)|《[^》]*》|^:(?!alt).*$|^ {{4,}}.*$|{QUOTED}", re.MULTILINE
)


# Alternative texts that a cell puts together from its numbers, and a line of Python in a sentence.
LEFT = (
    "Sharpness: adversarial is",
    "Distance of textures to",
    "for k in range",
    "Predicted loss over",
)


def english_in(text: str) -> list[str]:
    """Four Latin words and more in a row, of which one is a little word: no name is like that."""
    plain = TAG.sub(" ", FORMULA.sub(" ", CODE.sub(" ", PLACE.sub(" ", FENCE.sub("\n", text)))))
    runs = RUN.findall(TITLED.sub("·", plain))
    runs = [run for run in runs if not run.startswith(LEFT)]
    return [run for run in runs if LITTLE & set(re.split(r"[ ,;:]+", run.lower()))]


def test_english_is_found_and_names_are_not():
    assert english_in("这是 What the model says 的意思") == ["What the model says"]
    assert not english_in(
        "用 PyTorch、Fashion MNIST 和 [What it is](https://a.org) 以及 `a of the b c`"
    )


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return build.chinese(ROOT, Figures())


def test_no_english_sentence_is_left_on_a_chinese_page(pages):
    left = {
        page: found
        for page, text in pages.items()
        if (found := english_in(_without_what_waits(text)))
    }
    assert not left


@cache
def waiting() -> list[str]:
    """Titles and headings of chapters that are English yet: other pages point at them."""
    chapters = [read_chapter(path) for path in chapter_files(ROOT)]
    cells = [c for one in chapters if not chinese_path(one).exists() for c in one.cells]
    found = [h for c in cells for h in re.findall(r"(?m)^#+ (.+?)(?:, in \{\{.*)?$", c.source)]
    return sorted(found, key=len, reverse=True)


def _without_what_waits(text: str) -> str:
    """The text without tasks that say themselves that they are English, and such headings."""
    text = re.sub(rf"{re.escape(UNTRANSLATED)}.*?(?=\n:{{3,}})", "", text, flags=re.DOTALL)
    text = re.sub(r"\*[^*\n一-鿿]+\*", "·", text)
    names = [*waiting(), *(term.name.en for term in terms())]  # the glossary has both languages
    return reduce(lambda left, name: left.replace(name, "·"), names, text)


@pytest.mark.parametrize(
    "target",
    [t for t in chinese_targets(ROOT) if chinese_path(t.chapter).exists()],
    ids=lambda target: target.file,
)
def test_no_english_sentence_is_left_in_a_chinese_notebook(target):
    for cell in chinese_notebook(ROOT, target).cells:
        if cell.cell_type == "markdown" and UNTRANSLATED not in cell.source:
            assert not english_in(_without_what_waits(cell.source)), cell.id
