"""The question bank: a page a chapter, and the ways to it by level and by topic."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from prodgen_lib.checking.exercise import topics
from prodgen_lib.checking.language import Text
from prodgen_lib.course.chinese import headings
from prodgen_lib.questions import LEVELS, Question, load_questions
from prodgen_lib.questions.render import WORDS, details
from prodgen_lib.site.exercises import homes
from prodgen_lib.site.markdown import Pages, anchor, directive, fold, toctree
from prodgen_lib.site.words import numbered

BANK = Text("Interview questions", "面试题")
INTRO = Text(
    "Answer aloud, then unfold. Each question has an answer of half a minute, a full one, what is "
    "heard at each level, follow-ups, common mistakes and sources.",
    "先大声回答，再展开对照。每题有半分钟的回答、完整回答、各级别的评分标准、追问、常见错误和文献。",
)
HEADS = {
    "chapter": Text("By chapter", "按章节"),
    "level": Text("By level", "按级别"),
    "topic": Text("By topic", "按主题"),
}
REST = ("full", "rubric", "follow_ups", "mistakes", "sources")


def label(question: Question) -> str:
    return f"q-{anchor(question.id)}"


def asked(path: Path, language: str = "en") -> str:
    """In a chapter: its questions, each a link to its answer."""
    titles = [(one.title.in_(language), label(one)) for one in load_questions(path)]
    return "\n".join(f"{n}. [{title}](#{place})" for n, (title, place) in enumerate(titles, 1))


def question_pages(root: Path, language: str) -> Pages:
    """A page for each chapter's file of questions, and one that lists them all."""
    bank = {path.stem: load_questions(path) for path in sorted((root / "chapters").glob("*.yaml"))}
    shown = homes(root)
    sections = headings(root) if language == "zh" else {}
    pages = {
        f"questions/{stem}": _page(stem, found, language, shown | sections)
        for stem, found in bank.items()
    }
    return {"questions/index": _index(bank, language), **pages}


def _page(stem: str, questions: tuple[Question, ...], language: str, shown: dict[str, str]) -> str:
    title = Text("Questions: {}", "面试题：{}").in_(language).format(numbered(stem).in_(language))
    parts = [_question(one, language, shown) for one in questions]
    return "\n\n".join([f"# {title}", INTRO.in_(language), *parts])


def _question(question: Question, language: str, shown: dict[str, str]) -> str:
    level = WORDS[question.level].in_(language)
    rest = (" · " if language == "en" else "、").join(WORDS[w].in_(language) for w in REST)
    text = _linked(question, details(question, language), language, shown)
    return "\n\n".join(
        [
            f"({label(question)})=\n## {question.title.in_(language)}",
            directive("div", "about", f"{level} · {', '.join(question.topics)} · `{question.id}`"),
            fold(WORDS["short"].in_(language), question.short.in_(language)),
            fold(rest, text),
        ]
    )


def _linked(question: Question, text: str, language: str, shown: dict[str, str]) -> str:
    """The exercise that shows an answer as a link; in Chinese to the mistakes people make there."""
    identity = question.shown_by
    if language == "zh" and "." not in identity:
        return text.replace(f"参见：{identity}  \n", f"参见：{shown.get(identity, identity)}  \n")
    if identity not in shown or identity.partition(".")[0] not in topics():
        return text
    prefix = "x" if language == "en" else "mistakes"
    colon = ": " if language == "en" else "："
    place = f"{WORDS['shown_by'].in_(language)}{colon}"
    return text.replace(
        f"{place}{identity}", f"{place}[`{identity}`](#{prefix}-{anchor(identity)})"
    )


def _index(bank: dict[str, tuple[Question, ...]], language: str) -> str:
    every = [question for questions in bank.values() for question in questions]
    by_topic: dict[str, list[Question]] = defaultdict(list)
    for question in every:
        for topic in question.topics:
            by_topic[topic].append(question)
    heads = {key: f"## {words.in_(language)}" for key, words in HEADS.items()}
    levels = [
        fold(
            f"{WORDS[level].in_(language)} ({len(found)})",
            _list(found, language),
        )
        for level in LEVELS
        if (found := [question for question in every if question.level == level])
    ]
    folds = [
        fold(f"{t} ({len(by_topic[t])})", _list(by_topic[t], language)) for t in sorted(by_topic)
    ]
    parts = [f"# {BANK.in_(language)}", INTRO.in_(language), heads["chapter"]]
    parts += [
        toctree({stem: numbered(stem).in_(language) for stem in bank}, maxdepth="1"),
        heads["level"],
        *levels,
        heads["topic"],
        *folds,
    ]
    return "\n\n".join(parts)


def _list(questions: list[Question], language: str) -> str:
    return "\n".join(f"- [{one.title.in_(language)}](#{label(one)})" for one in questions)
