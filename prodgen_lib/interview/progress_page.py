"""Where a candidate stands, as a page of HTML: exercises, cards, interviews, weak subjects.

It is static: read in order by a screen reader, nothing to click. Inside JupyterLab it wears the
lab's colours; as a page of its own it is legible in light and dark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from prodgen_lib.checking.exercise import topics
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.chapter import chapter_files
from prodgen_lib.course.chinese import chapter_in
from prodgen_lib.course.contents import exercises
from prodgen_lib.course.project import CourseError, read_notebook
from prodgen_lib.course.work import work_folder
from prodgen_lib.interview.burndown import as_svg
from prodgen_lib.interview.cards import Card
from prodgen_lib.interview.history import History
from prodgen_lib.interview.preparation import Preparation
from prodgen_lib.interview.schedule import due, weak_subjects

STYLE = """
.prodgen { --ink: var(--jp-content-font-color0, #1a1a1a); --paper: var(--jp-layout-color0, #fff);
  --line: var(--jp-border-color1, #767676); --rest: var(--jp-border-color2, #d9d9d9);
  --fill: var(--jp-brand-color1, #0072b2); }
@media (prefers-color-scheme: dark) { .prodgen {
  --ink: var(--jp-content-font-color0, #ececec); --paper: var(--jp-layout-color0, #16181c);
  --line: var(--jp-border-color1, #9a9a9a); --rest: var(--jp-border-color2, #3c4047);
  --fill: var(--jp-brand-color1, #56b4e9); } }
.prodgen { font: 16px/1.5 var(--jp-ui-font-family, sans-serif); color: var(--ink);
  background: var(--paper); max-width: 60rem; margin: auto; padding: 1rem; box-sizing: border-box;
  container-type: inline-size; }
.prodgen table { border-collapse: collapse; width: 100%; color: var(--ink); }
.prodgen caption { text-align: left; font-weight: bold; padding: .3rem 0; }
.prodgen th, .prodgen td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid var(--line); background: var(--paper); white-space: normal; }
.prodgen .bar { display: block; width: 4.5rem; height: .5rem; background: var(--rest); }
.prodgen .bar span { display: block; height: 100%; background: var(--fill); }
@container (max-width: 40rem) {
  .prodgen table { font-size: .8rem; } .prodgen .bar { display: none; } }
"""
ALONE = """
:root { color-scheme: light dark; }
body { margin: 0; background: #fff; }
@media (prefers-color-scheme: dark) { body { background: #16181c; } }
"""
HEADS = (
    Text("Chapter", "章节"),
    Text("Cells run", "已运行的单元"),
    Text("PyTorch", "PyTorch"),
    Text("TensorFlow", "TensorFlow"),
    Text("Cards begun", "已开始的卡片"),
    Text("Due now", "现在到期"),
)
EACH, PROGRESS = Text("Each chapter", "各章"), Text("Progress", "进度")
NEXT, CHAPTER = Text("Next: {}.", "下一步：{}。"), Text("chapter {}, {}", "第 {} 章，{}")
ALL_SOLVED = Text("every exercise is solved: a mock interview", "练习都做完了：来一次模拟面试")
READ = Text("{} chapters begun, {} read to the end.", "开始了 {} 章，读完 {} 章。")
SOLVED = Text(
    "{0} of {2} exercises solved in PyTorch, {1} in TensorFlow.",
    "共 {2} 个练习，PyTorch 做对 {0} 个，TensorFlow 做对 {1} 个。",
)
BEGUN = Text("{} of {} cards begun; {} due now.", "{1} 张卡片中开始了 {0} 张；{2} 张现在到期。")
INTERVIEWS = Text("Mock interviews: {}.", "模拟面试：{} 次。")
LAST = Text("Mock interviews: {}, the last on {}.", "模拟面试：{} 次，最近一次在 {}。")
WEAK = Text("Weak, and first in the cards: {}.", "薄弱，在卡片中优先：{}。")
NOTHING = Text("nothing that is known", "目前没有")
OF = Text("{} of {}", "{} / {}")


@dataclass(frozen=True)
class Subject:
    """What is studied together: a chapter, or questions whose chapter is still to come.

    ``topics`` are those of its exercises and cards; ``exercises`` their ids.
    """

    number: int
    title: str
    topics: tuple[str, ...]
    exercises: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.number} {self.title}" if self.number else self.title


@dataclass(frozen=True)
class Standing:
    """How one subject stands; ``read`` is how many of its notebook's code cells were run."""

    subject: Subject
    read: tuple[int, int]
    solved: dict[str, int]
    cards: int
    begun: int
    due: int


def subjects(root: Path, cards: Sequence[Card], language: str = "en") -> list[Subject]:
    """The chapters in order, with those that have questions only; then what belongs to none."""
    found = {}
    for path in chapter_files(root):
        chapter = chapter_in(path, language)
        if chapter.frameworks:
            asked = exercises(chapter)
            belongs = dict.fromkeys([chapter.topic, *(one.topic for one in asked)])
            ids = tuple(one.id for one in asked)
            one = Subject(int(chapter.number), chapter.title, tuple(belongs), ids)
            found[chapter.name] = one
    for path in (root / "chapters").glob("[0-9][0-9]_*.yaml"):
        number, _, topic = path.stem.partition("_")
        title = topic.replace("_", " ").capitalize()
        found.setdefault(path.stem, Subject(int(number), title, (topic,)))
    known = {topic for subject in found.values() for topic in subject.topics}
    others = [card.subject for card in cards] + list(topics())
    rest = [Subject(0, topic, (topic,)) for topic in dict.fromkeys(others) if topic not in known]
    return [*sorted(found.values(), key=lambda one: one.number), *rest]


def cells_run(root: Path) -> dict[str, tuple[int, int]]:
    """Of each chapter's topic: code cells run and all of them, in the copy that is further on."""
    found: dict[str, tuple[int, int]] = {}
    work = work_folder(root)
    for path in sorted([*work.glob("*.ipynb"), *work.glob("zh/*.ipynb")]):
        try:
            notebook = read_notebook(path)
        except CourseError:
            continue
        topic = notebook.metadata.get("prodgen", {}).get("chapter", "").partition("_")[2]
        counts = [c.execution_count for c in notebook.cells if c.cell_type == "code"]
        run = sum(count is not None for count in counts)
        found[topic] = max(found.get(topic, (0, 0)), (run, len(counts)))
    return found


def standings(
    root: Path,
    history: History,
    cards: Sequence[Card],
    attempts: Iterable[dict],
    *,
    now: datetime,
    language: str = "en",
) -> list[Standing]:
    """How each subject stands, in the order of the chapters."""
    read = cells_run(root)
    right = {(a["exercise"], a["framework"]) for a in attempts if a["correct"]}
    states = history.states()
    waiting = Counter(card.subject for card in due(history, cards, now=now) if card.id in states)
    found = []
    for subject in subjects(root, cards, language):
        mine = [card for card in cards if card.subject in subject.topics]
        solved = {f: sum((e, f) in right for e in subject.exercises) for f in FRAMEWORKS}
        found.append(
            Standing(
                subject,
                read.get(subject.topics[0], (0, 0)),
                solved,
                len(mine),
                sum(card.id in states for card in mine),
                sum(waiting[topic] for topic in subject.topics),
            )
        )
    return found


def progress_html(
    root: Path,
    history: History,
    cards: Sequence[Card],
    attempts: Sequence[dict],
    *,
    now: datetime,
    ahead: str = "",
    language: str = "en",
) -> str:
    """A summary in words and a table with a row a chapter; without headings, to stand anywhere.

    `ahead` is HTML about the day to be ready by.
    """
    found = standings(root, history, cards, attempts, now=now, language=language)
    weak = weak_subjects(history, {card.id: card.subject for card in cards}, attempts)
    rows = "".join(_row(one, language) for one in found)
    sentences = _sentences(found, weak, history, language)
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    heads = "".join(f"<th scope=col>{head.in_(language)}</th>" for head in HEADS)
    return (
        f'<style>{STYLE}</style><div class="prodgen">{ahead}<ul lang="{language}">{said}</ul>'
        f'<table lang="{language}"><caption>{EACH.in_(language)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _sentences(
    found: list[Standing], weak: list[str], history: History, language: str
) -> list[str]:
    """The summary; a weak topic is named by its chapter."""
    names = {topic: one.subject.name for one in found for topic in one.subject.topics}
    solved = {f: sum(one.solved[f] for one in found) for f in FRAMEWORKS}
    total = sum(len(one.subject.exercises) for one in found)
    begun, waiting = sum(one.begun for one in found), sum(one.due for one in found)
    interviews = history.interviews()
    shown = "; ".join(dict.fromkeys(names.get(topic, topic) for topic in weak))
    read = sum(0 < one.read[1] <= one.read[0] / 0.9 for one in found)
    sat = (INTERVIEWS, len(interviews))
    if interviews:
        sat = (LAST, len(interviews), interviews[-1]["time"][:10])
    told = (
        (NEXT, _next(found, language)),
        (READ, sum(one.read[0] > 0 for one in found), read),
        (SOLVED, solved["torch"], solved["tensorflow"], total),
        (BEGUN, begun, sum(one.cards for one in found), waiting),
        sat,
        (WEAK, shown or NOTHING.in_(language)),
    )
    return [sentence.in_(language).format(*values) for sentence, *values in told]


def _next(found: list[Standing], language: str) -> str:
    """The first chapter with an exercise that is solved in neither framework."""
    for one in found:
        if max(one.solved.values()) < len(one.subject.exercises):
            return CHAPTER.in_(language).format(one.subject.number, one.subject.title)
    return ALL_SOLVED.in_(language)


def _row(one: Standing, language: str) -> str:
    parts = [_bar(*one.read, language)]
    solved = [(one.solved[framework], len(one.subject.exercises)) for framework in FRAMEWORKS]
    parts += [_bar(*pair, language) for pair in (*solved, (one.begun, one.cards))]
    parts.append(str(one.due))
    cells = "".join(f"<td>{part}</td>" for part in parts)
    return f"<tr><th scope=row>{escape(one.subject.name)}</th>{cells}</tr>"


def _bar(part: int, whole: int, language: str) -> str:
    """A bar for the eye; the words above it say the same."""
    if not whole:
        return "–"
    width = f"{100 * part / whole:.0f}%"
    bar = f'<span class="bar" aria-hidden="true"><span style="width:{width}"></span></span>'
    return f"{OF.in_(language).format(part, whole)}{bar}"


def ahead_html(ahead: Preparation, language: str) -> str:
    """Whether the candidate will be ready, in a sentence and a picture; empty without a day."""
    told = escape(ahead.told(language))
    picture = as_svg(ahead.picture, language) if ahead.goal else ""
    return f'<p lang="{language}">{told}</p>{picture}' if told else ""


def write_progress(body: str, to: Path, language: str = "en") -> None:
    """The body as a page of its own."""
    head = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>prodgen: {PROGRESS.in_(language)}</title><style>{ALONE}</style>"
    )
    to.parent.mkdir(parents=True, exist_ok=True)
    head_line = f'<div class="prodgen"><h1>{PROGRESS.in_(language)}</h1>'
    inner = body.replace('<div class="prodgen">', head_line, 1)
    to.write_text(f"{head}<body><main>{inner}</main></body></html>\n", encoding="utf-8")
