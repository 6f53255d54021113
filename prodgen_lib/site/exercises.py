"""Exercises as folded boxes, and the mistakes that people make with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.checking.exercise import Exercise, find_exercise, load_exercises, topics
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.page import Wrong
from prodgen_lib.checking.source import FRAMEWORKS, brief
from prodgen_lib.checking.verbs import dots
from prodgen_lib.course.contents import exercises
from prodgen_lib.site.markdown import Pages, anchor, blocks, code, fold, tabs, together
from prodgen_lib.site.words import chapters, topic_title

HINT = Text("Hint {}", "提示 {}")
HINTS = Text("Three hints", "三条提示")
CANDIDATE = Text(
    "The candidate's answer has faults. Find and mend them:", "候选人的答案有错误，请找出并改正："
)
THE_TASK = Text("The task", "题目")
SOLUTION = Text("Solution", "参考答案")
MISTAKES = Text("Mistakes people make here", "这里的常见错误")
TASK = Text(
    "Task · difficulty {} · importance {} · {} minutes", "题目 · 难度 {} · 重要性 {} · {} 分钟"
)


def box(
    identity: str,
    about: Mapping[str, NotebookNode],
    answers: Mapping[str, NotebookNode],
    checked: Mapping[str, list[str]],
    language: str = "en",
) -> str:
    """An exercise: its heading, and folded below it the task, the hints and the solution."""
    exercise = find_exercise(identity)
    heading = next(iter(about.values())).source.partition("\n")[0]
    task = together({f: blocks(cell.source)[1:-1] for f, cell in about.items()})
    sources = {f: cell.source for f, cell in answers.items()}
    solution = together({f: [code(sources[f]), *checked[f]] for f in sources})
    parts = [
        task,
        _candidate(exercise, sources, language),
        *hints(exercise, language),
        fold(SOLUTION.in_(language), solution),
    ]
    if exercise.wrong:
        parts.append(f"[{MISTAKES.in_(language)}](#{mistakes_label(exercise)})")
    levels = dots(exercise.difficulty), dots(exercise.importance)
    title = TASK.format(*levels, exercise.minutes).in_(language)
    folded = fold(title, "\n\n".join(filter(None, parts)), class_container="exercise")
    return f"({box_label(exercise)})=\n{heading}\n\n{folded}"


def box_label(exercise: Exercise) -> str:
    return f"x-{anchor(exercise.id)}"


def mistakes_label(exercise: Exercise) -> str:
    return f"mistakes-{anchor(exercise.id)}"


def hints(exercise: Exercise, language: str) -> Iterator[str]:
    """Each hint in a fold of its own: the next is for whom the last did not help."""
    for number, hint in enumerate(exercise.hints, start=1):
        yield fold(HINT.format(number).in_(language), hint.in_(language))


def _candidate(exercise: Exercise, sources: Mapping[str, str], language: str) -> str:
    flawed = {f: exercise.candidate(f, exercise.source(f)) for f in sources}
    texts = {f: [code(brief(source))] for f, source in flawed.items() if source}
    return f"{CANDIDATE.in_(language)}\n\n{together(texts)}" if texts else ""


def mistake_pages(root: Path, language: str) -> Pages:
    """A page a topic, in the order of the chapters."""
    return {f"mistakes/{t}": mistake_page(root, t, language) for t in ordered_topics(root)}


def ordered_topics(root: Path) -> list[str]:
    """The topics with exercises, as the chapters show them; those in no chapter come last."""
    shown = [one.topic for c in chapters(root) if c.frameworks for one in exercises(c)]
    return [topic for topic in dict.fromkeys([*shown, *topics()]) if topic in topics()]


def homes(root: Path, language: str = "en") -> dict[str, str]:
    """Which chapter's page shows an exercise, by the exercise's id."""
    shown = ((c, one) for c in chapters(root, language) if c.frameworks for one in exercises(c))
    return {one.id: f"chapters/{chapter.name}" for chapter, one in shown}


def mistake_page(root: Path, topic: str, language: str) -> str:
    title = Text("Mistakes: {}", "常见错误：{}").in_(language)
    intro = Text(
        "Each of these was made, or is easily made. A check that meets one says its sentence. "
        "Red lines are the mistake, green lines what they should be.",
        "下面每个错误都有人犯过，或很容易犯。检查遇到它时就说出这句话。红色是错误的写法，绿色是正确的写法。",
    )
    where, translated = homes(root), homes(root, language)
    parts = [f"# {title.format(topic_title(topic).in_(language))}", intro.in_(language)]
    for exercise in load_exercises(topic).values():
        parts += [f"({mistakes_label(exercise)})=\n## `{exercise.name}`"]
        here = translated.get(exercise.id) == where.get(exercise.id)
        parts += [_way(exercise, where.get(exercise.id), language, here)]
        if language == "zh":
            parts.append(fold(HINTS.zh, "\n\n".join(hints(exercise, "zh"))))
        parts += [_mistake(wrong, language) for wrong in exercise.wrong]
    return "\n\n".join(filter(None, parts))


def _way(exercise: Exercise, page: str | None, language: str, here: bool) -> str:
    """The way from an exercise's mistakes to its task; into the English tree if it is not here."""
    if page is None:
        return ""
    if here:
        return f"[{THE_TASK.in_(language)}](#{box_label(exercise)})"
    address = f"../../{page}.html#{box_label(exercise)}"
    return f'<a href="{address}" hreflang="en">题目（英文）</a>'


def _mistake(wrong: Wrong, language: str) -> str:
    """What was written and what should stand there, below the sentence that a check says."""
    name = f"**{wrong.name[:1].upper()}{wrong.name[1:]}.** " if language == "en" else ""
    diffs = {f: code(diff(wrong.edits(f)), "diff") for f in FRAMEWORKS if wrong.edits(f)}
    shown = next(iter(diffs.values())) if len(set(diffs.values())) == 1 else tabs(diffs)
    seen = f"\n\nSeen in {wrong.seen_in}." if wrong.seen_in and language == "en" else ""
    return f"{name}{wrong.message.in_(language)}{seen}\n\n{shown}"


def diff(edits: tuple[tuple[str, str], ...]) -> str:
    """From the mistake to what is right; edits of several places with a gap between."""
    return "\n ⋮\n".join(
        "\n".join(
            [
                *(f"-{line}" for line in wrong.splitlines()),
                *(f"+{line}" for line in right.splitlines()),
            ]
        )
        for right, wrong in edits
    )
