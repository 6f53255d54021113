"""Where a candidate stands, as a page of HTML: exercises, cards, interviews, weak subjects.

It is static: legible in light and dark, read in order by a screen reader, nothing to click.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.project import CourseError, read_notebook
from prodgen_lib.interview.cards import Card
from prodgen_lib.interview.history import History
from prodgen_lib.interview.schedule import due, weak_subjects

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --line: #767676;
  --fill: #0072b2; --rest: #d9d9d9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --paper: #16181c; --line: #9a9a9a; --fill: #56b4e9; --rest: #3c4047; } }
.prodgen { font: 16px/1.5 sans-serif; color: var(--ink); background: var(--paper);
  max-width: 56rem; margin: auto; padding: 1rem; }
.prodgen table { border-collapse: collapse; width: 100%; color: var(--ink); }
.prodgen th, .prodgen td { text-align: left; padding: .3rem .6rem;
  border-bottom: 1px solid var(--line); background: var(--paper); }
.prodgen td { white-space: nowrap; }
.prodgen .bar { display: inline-block; width: 4.5rem; height: .7rem; background: var(--rest);
  vertical-align: middle; margin-right: .5rem; }
.prodgen .bar span { display: block; height: 100%; background: var(--fill); }
"""


@dataclass(frozen=True)
class Standing:
    """How one subject stands; ``read`` is how many of its notebook's code cells were run."""

    subject: str
    read: tuple[int, int]
    exercises: int
    solved: dict[str, int]
    cards: int
    begun: int
    due: int


def cells_run(root: Path) -> dict[str, tuple[int, int]]:
    """Of each chapter's topic: code cells run and all of them, in the copy that is further on."""
    found: dict[str, tuple[int, int]] = {}
    for path in sorted((root / "work").glob("[0-9][0-9]_*.ipynb")):
        try:
            cells = [cell for cell in read_notebook(path).cells if cell.cell_type == "code"]
        except CourseError:
            continue
        topic = path.stem.partition("_")[2].rpartition("_")[0]
        run = sum(cell.execution_count is not None for cell in cells)
        found[topic] = max(found.get(topic, (0, 0)), (run, len(cells)))
    return found


def standings(
    root: Path,
    history: History,
    cards: Sequence[Card],
    attempts: Iterable[dict],
    *,
    now: datetime,
) -> list[Standing]:
    """Each subject that has exercises or cards, in the order of the chapters."""
    read = cells_run(root)
    right = {(a["exercise"], a["framework"]) for a in attempts if a["correct"]}
    states = history.states()
    waiting = Counter(card.subject for card in due(history, cards, now=now) if card.id in states)
    exercises = {topic: [e.id for e in load_exercises(topic).values()] for topic in topics()}
    subjects = list(dict.fromkeys([card.subject for card in cards] + list(exercises)))
    return [
        Standing(
            subject,
            read.get(subject, (0, 0)),
            len(exercises.get(subject, ())),
            {f: sum((e, f) in right for e in exercises.get(subject, ())) for f in FRAMEWORKS},
            sum(card.subject == subject for card in cards),
            sum(card.subject == subject and card.id in states for card in cards),
            waiting[subject],
        )
        for subject in subjects
    ]


def progress_html(
    root: Path,
    history: History,
    cards: Sequence[Card],
    attempts: Sequence[dict],
    *,
    now: datetime,
) -> str:
    """The page's body: a summary in words, then a table with a row a subject."""
    found = standings(root, history, cards, attempts, now=now)
    weak = weak_subjects(history, {card.id: card.subject for card in cards}, attempts)
    solved = {f: sum(one.solved[f] for one in found) for f in FRAMEWORKS}
    total, waiting = sum(one.exercises for one in found), sum(one.due for one in found)
    interviews = history.interviews()
    sentences = [
        f"{sum(one.read[0] > 0 for one in found)} chapters begun, "
        f"{sum(0 < one.read[1] <= one.read[0] / 0.9 for one in found)} read to the end.",
        f"{solved['torch']} of {total} exercises solved in PyTorch, {solved['tensorflow']} in "
        "TensorFlow.",
        f"{sum(one.begun for one in found)} of {len(cards)} cards begun; {waiting} due now.",
        f"Mock interviews: {len(interviews)}"
        + (f", the last on {interviews[-1]['time'][:10]}." if interviews else "."),
        f"Weak, and first in the cards: {', '.join(weak) or 'nothing that is known'}.",
    ]
    rows = "".join(_row(one) for one in found)
    return (
        f'<style>{STYLE}</style><main class="prodgen"><h1>Progress</h1>'
        f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul>"
        "<table><caption>Each subject</caption><thead><tr><th scope=col>Subject</th>"
        "<th scope=col>Cells run</th><th scope=col>PyTorch</th><th scope=col>TensorFlow</th>"
        "<th scope=col>Cards begun</th><th scope=col>Due now</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></main>"
    )


def _row(one: Standing) -> str:
    parts = [_bar(*one.read)]
    parts += [_bar(one.solved[framework], one.exercises) for framework in FRAMEWORKS]
    parts += [_bar(one.begun, one.cards), str(one.due)]
    cells = "".join(f"<td>{part}</td>" for part in parts)
    return f"<tr><th scope=row>{escape(one.subject)}</th>{cells}</tr>"


def _bar(part: int, whole: int) -> str:
    """A bar for the eye; the words beside it say the same."""
    if not whole:
        return "–"
    bar = f'<span class="bar" aria-hidden="true"><span style="width:{100 * part / whole:.0f}%">'
    return f"{bar}</span></span>{part} of {whole}"


def write_progress(body: str, to: Path) -> None:
    """The body as a page of its own."""
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>prodgen: progress</title>'
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(f"{head}<body>{body}</body></html>\n", encoding="utf-8")
