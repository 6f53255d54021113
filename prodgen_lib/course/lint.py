"""What the build refuses in a notebook: one sentence a fault, with the file and the cell."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.checking import names
from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.checking.source import stub
from prodgen_lib.course.compose import has, is_shown
from prodgen_lib.course.guard import is_guard

MOST_LINES = 30
MOST_WORDS = 120
GENERATED = ("about", "navigation", "questions")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)|<img\b[^>]*>")
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)")

# Numbers that only a cell may say: a decimal, or any number of dB, per cent, nats and so on.
A_NUMBER = r"(?<![\w.,^_])[-−+]?\d[\d,]*(?:\.\d+)?"
MANY = r"\b(?:a|one|two|three|four|five|ten) (?:dozen|hundred|thousand)"
UNIT = r"\s?(?:%|(?:dB|per cent|nats?|grey levels?|times)\b)"
MEASURED = re.compile(rf"(?:{A_NUMBER}|{MANY}){UNIT}|(?<![\w.,^_])[-−+]?\d+\.\d+(?![\w.]*\w)")
# What isn't prose: code, equations, addresses, remarks; years, ids and sizes aren't MEASURED.
NO_PROSE = re.compile(
    r"^Difficulty ●.*?$|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)|<[^>]*>|\b(?:arXiv|doi):\S+",
    re.DOTALL | re.MULTILINE,
)
WORKED = re.compile(r"\bby hand\b.*", re.IGNORECASE | re.DOTALL)
STATED = re.compile(r"<!-- number: \S.*?-->", re.DOTALL)


def lint(notebook: NotebookNode, file: str, root: Path, built: set[str]) -> list[str]:
    """The faults of one composed notebook. ``built`` are files that this build will write."""
    faults = []
    for cell in notebook.cells:
        found = _code(cell) if cell.cell_type == "code" else _text(cell, file, root, built)
        faults += [f"{file}, cell {cell.id} ({_start(cell)}): {fault}" for fault in found]
    return faults


def _start(cell: NotebookNode) -> str:
    """The first words of a cell, by which its author finds it in the chapter."""
    first = cell.source.strip().partition("\n")[0]
    return f"“{first[:40]}{'…' if len(first) > 40 else ''}”"


def _code(cell: NotebookNode) -> Iterator[str]:
    lines = len(cell.source.splitlines())
    folded = "jupyter" in cell.metadata
    if lines > MOST_LINES and not (is_shown(cell) or folded):
        yield f"{lines} lines of code; at most {MOST_LINES}: split it, or move code to the library."
    for out in cell.get("outputs", []):
        if out.output_type == "execute_result" and set(out.data) == {"text/plain"}:
            shown = "".join(out.data["text/plain"])
            yield f"its last line leaves {shown[:40]!r} below it: print it with words, or keep it."
    text = names.as_python(cell.source)
    if text is None:
        yield "is no Python: mend its syntax."
        return
    for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
        called = ast.unparse(call.func)
        if called == "plt.show":
            yield "plt.show() leaves the figure without words: use show(fig, alt=…)."
        elif called == "show" and not any(keyword.arg == "alt" for keyword in call.keywords):
            yield "show(…) without alt=…: say in words what the figure shows."
        for keyword in call.keywords if called == "show" else ():
            if keyword.arg == "alt" and isinstance(keyword.value, ast.Constant):
                yield from measured(str(keyword.value.value))


def _text(cell: NotebookNode, file: str, root: Path, built: set[str]) -> Iterator[str]:
    prose = FENCE.sub("", cell.source)
    words = len(prose.split())
    if words > MOST_WORDS and not has(cell, *GENERATED):
        yield f"{words} words; at most {MOST_WORDS}: shorten it or split it (two blank lines)."
    if not has(cell, *GENERATED):
        yield from measured(prose)
    for image in IMAGE.finditer(prose):
        words = image[1] if image[2] else re.search(r'\balt="([^"]+)"', image[0])
        if not words:
            yield f"an image without words: {image[0][:60]} needs alternative text."
    for link in LINK.finditer(prose):
        address = link[1].partition("#")[0]
        if address and not re.match(r"[a-z]+:", address):
            place = os.path.normpath(Path(file).parent / address)
            if place not in built and not (root / place).exists():
                yield f"the link {link[1]} leads nowhere."


def measured(prose: str) -> Iterator[str]:
    """Measured numbers typed into words: another framework, profile or data set makes them false.

    An example worked by hand may have any: from these two words on, a paragraph isn't looked at.
    A paragraph with the remark ``<!-- number: why it holds everywhere -->`` isn't, either.
    """
    for paragraph in re.split(r"\n\s*\n", prose):
        if not STATED.search(paragraph):
            for number in MEASURED.findall(NO_PROSE.sub("·", WORKED.sub("", paragraph))):
                yield (
                    f"“{number.strip()}” is typed: let a cell print it, or say after it why it "
                    "always holds: <!-- number: … -->."
                )


def leaks(solution: NotebookNode, learner: NotebookNode, file: str) -> list[str]:
    """Cells of a learner's notebook that give an answer away: two of its lines, or its only one.

    Counted are lines that stand in an answer's body and in nothing that the learner is meant to
    see: signatures, docstrings, given functions, a candidate's code.
    """
    learners = [cell for cell in learner.cells if not is_guard(cell)]
    pairs = list(zip(solution.cells, learners, strict=True))
    given = set().union(*(_lines(cell.source) for cell, _ in pairs if has(cell, "given")))
    found = []
    for answer, shown in pairs:
        if not has(answer, "exercise"):
            continue
        public = given | _lines(shown.source) | _lines(stub(answer.source))
        secret = _lines(answer.source) - public
        for _, cell in pairs:
            told = sorted(secret & _lines(cell.source)) if not is_shown(cell) else []
            if told and len(told) >= min(2, len(secret)):
                exercise = answer.metadata["exercise_id"]
                found.append(f"{file}, cell {cell.id}: gives {exercise} away: {told[0]!r}.")
    return found


def unshown(solution: NotebookNode, topic: str, file: str) -> list[str]:
    """Exercises that ``status`` would list and no learner could ever solve."""
    shown = {cell.metadata.get("exercise_id", "") for cell in solution.cells}
    if not any(identity.startswith(f"{topic}.") for identity in shown):
        return []
    missing = [e.id for e in load_exercises(topic).values() if e.id not in shown]
    return [f"{file} does not show the exercise {identity}." for identity in missing]


def misplaced(solutions: list[NotebookNode]) -> list[str]:
    """Faults of a framework's whole course, its notebooks in order: each exercise stands once.

    No page without a chapter, no exercise in two, and what one ``needs`` comes before it.
    """
    order = [
        (cell.metadata.exercise_id, notebook.metadata.prodgen.chapter)
        for notebook in solutions
        for cell in notebook.cells
        if has(cell, "exercise")
    ]
    places = {identity: number for number, (identity, _) in enumerate(order)}
    counts = Counter(identity for identity, _ in order)
    found = [
        f"{identity} is in two chapters: show it in one."
        for identity in counts
        if counts[identity] > 1
    ]
    for topic in topics():
        for exercise in load_exercises(topic).values():
            page = f"exercises/{topic}/{exercise.name}.md"
            if exercise.id not in places:
                found.append(f"{page} is in no chapter: show the exercise, or delete its files.")
            for need in exercise.needs:
                if exercise.id in places and places.get(need, -1) > places[exercise.id]:
                    found.append(f"{page} needs {need}, which comes later: move one of them.")
                if need not in places:
                    found.append(f"{page} needs {need}, which no chapter has: mend `needs`.")
    return found


def _lines(source: str) -> set[str]:
    """The code lines of a text that say enough to give something away."""
    lines = (line.partition("  #")[0].strip() for line in source.splitlines())
    return {line for line in lines if len(line) >= 25 and not line.startswith(("#", "return {"))}
