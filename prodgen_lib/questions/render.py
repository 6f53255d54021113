"""Questions as Markdown: answers folded away, so that a reader tries first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prodgen_lib.questions.bank import KINDS, LEVELS, Question, Text, load_questions

WORDS = {
    "short": Text("Answer in 30 seconds", "30 秒回答"),
    "full": Text("Full answer", "完整回答"),
    "rubric": Text("What is heard at each level", "评分标准"),
    "junior": Text("Junior", "初级"),
    "senior": Text("Senior", "高级"),
    "expert": Text("Expert", "专家"),
    "points": Text("Points", "要点"),
    "follow_ups": Text("Follow-ups", "追问"),
    "mistakes": Text("Common mistakes", "常见错误"),
    "shown_by": Text("Shown by", "参见"),
    "sources": Text("Sources", "文献"),
}
LANGUAGES = {"en": ("en",), "zh": ("zh",), "both": ("en", "zh")}


def question_cells(
    path: str | Path, framework: str | None = None, languages: tuple[str, ...] = ("en", "zh")
) -> list[tuple[str, str]]:
    """A cell for each question of a chapter's file: `(stable cell id, Markdown)`, in file order.

    Those of a kind of their own (design, debug) wait for a mock interview, and are none of them.
    English with the Chinese in a fold of its own beneath. `framework` changes nothing: questions
    are about ideas. Raises ValueError like `load_questions`.
    """
    questions = [one for one in load_questions(path) if one.kind == KINDS[0]]
    return [
        (f"q-{question.id.replace('.', '-')}", _cell(question, number, languages))
        for number, question in enumerate(questions, start=1)
    ]


def render(questions: Iterable[Question], language: str = "both") -> str:
    """All questions as one Markdown text, in "en", "zh" or "both"."""
    if language not in LANGUAGES:
        raise ValueError(f"There is no language {language!r}; choose from {', '.join(LANGUAGES)}.")
    return "\n\n".join(
        _cell(question, number, LANGUAGES[language])
        for number, question in enumerate(questions, start=1)
    )


def _cell(question: Question, number: int, languages: tuple[str, ...] = ("en", "zh")) -> str:
    first, *others = (getattr(question.title, language) for language in languages)
    level = " · ".join(getattr(WORDS[question.level], language) for language in languages)
    parts = [
        "  \n".join([f"**Q{number}. {first}**", *others]),
        f"`{question.id}` · {level} · {', '.join(question.topics)}",
    ]
    for language in languages:
        parts.append(_fold(getattr(WORDS["short"], language), getattr(question.short, language)))
        parts.append(_fold(_all_the_rest(language), details(question, language)))
    return "\n\n".join(parts)


def _all_the_rest(language: str) -> str:
    names = ("full", "rubric", "follow_ups")
    return " · ".join(getattr(WORDS[name], language) for name in names)


def _fold(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def details(question: Question, language: str, *, spoil: bool = True) -> str:
    """The full answer, rubric, follow-ups, mistakes and sources in "en" or "zh".

    Without `spoil` the follow-ups are left out, for whoever is to be asked them yet.
    """

    def say(text: Text) -> str:
        return getattr(text, language)

    colon = ": " if language == "en" else "："
    rubric = "\n".join(
        f"- *{say(WORDS[level])}*{colon}{say(question.rubric[level])}" for level in LEVELS
    )
    mistakes = "\n".join(f"- {say(mistake)}" for mistake in question.mistakes)
    shown_by = f"{say(WORDS['shown_by'])}{colon}{question.shown_by}  \n" * bool(question.shown_by)
    sources = "; ".join(f"[{s.title}, {s.reference}]({s.link})" for s in question.sources)
    return "\n\n".join(
        [
            say(question.full),
            f"**{say(WORDS['rubric'])}**\n\n{rubric}",
            *([follow_ups(question, language)] if spoil else []),
            f"**{say(WORDS['mistakes'])}**\n\n{mistakes}",
            shown_by + f"{say(WORDS['sources'])}{colon}{sources}",
        ]
    )


def follow_ups(question: Question, language: str) -> str:
    """What an interviewer asks next, with the answers, in "en" or "zh"."""
    asked = "\n".join(
        f"- **{getattr(more.question, language)}** {getattr(more.answer, language)}"
        for more in question.follow_ups
    )
    return f"**{getattr(WORDS['follow_ups'], language)}**\n\n{asked}"


def checklist(question: Question, language: str) -> str:
    """The points, the heaviest first within each level, in "en" or "zh"; empty without any."""
    points = sorted(question.points, key=lambda point: (LEVELS.index(point.level), -point.weight))
    told = "\n".join(
        f"- {getattr(point.text, language)} ({getattr(WORDS[point.level], language)})"
        for point in points
    )
    return f"**{getattr(WORDS['points'], language)}**\n\n{told}" if points else ""
