"""The graders, graded: every exercise by what its check was tried on, as `benchmarks/graders.md`.

    python benchmarks/graders.py              both frameworks, then the page
    python benchmarks/graders.py torch        one framework's times and survivors
    python benchmarks/graders.py page         the page alone, from what was measured before

Counts come from the exercises' pages, from `tests/exercises/honest_*.py` and from what
`make mutants` recorded; `make test` sees that every known wrong answer gets its own sentence, that
every other one fails and that every honest one passes. Here the time of a check is measured, and
mutants are run again of exercises that let one pass, so that these can be named.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from check_speed import times

from prodgen_lib.checking.exercise import Exercise, Framework, load_exercises, topics
from prodgen_lib.checking.source import FRAMEWORKS, PACKAGE
from prodgen_lib.course.compose import TITLES
from prodgen_lib.site.exercises import ordered_topics
from prodgen_lib.site.tables import honest_answers
from prodgen_lib.site.words import topic_title

HERE = Path(__file__).parent
ROOT = HERE.parent
RECORD, PAGE, MUTANTS = HERE / "graders.json", HERE / "graders.md", HERE / "mutants.json"
sys.path.insert(0, str(ROOT / "tests" / "exercises"))
INTRO = """# The graders, graded, in numbers

Made by `python benchmarks/graders.py`; a test fails while an exercise is missing here. Pairs are
PyTorch · TensorFlow.

- **Mutants**: of the answer key with one small fault at a time, how many the check refuses.
- **Told apart**: known wrong answers, each of which gets a sentence of its own.
- **Refused**: other plausible wrong answers, which fail.
- **Honest**: right answers written in another way, which pass.
- **Right**, **wrong**: CPU milliseconds of a check in a notebook that has checked before, of the
  right answer and of the slowest of three wrong ones, on one core.
- **Lines**: of the exercise's page and of the code that watches an answer.
"""
# Why a check lets these pass, by exercise.
WHY = {
    "bayesopt.review_next_rate": "the answer is one of 101 rates at most, and a curve that is a "
    "little off seldom has its highest point at another",
}
HEAD = ("Exercise", "Mutants", "Told apart", "Refused", "Honest", "Right, ms", "Wrong, ms", "Lines")


def measure(name: str) -> None:
    """Add to the record the times of one framework, and the mutants that its checks let pass."""
    framework = Framework(name)
    if name == "torch":
        import torch

        torch.set_num_threads(1)
    record = read(RECORD)
    mine = record.setdefault(name, {})
    start = time.monotonic()
    for topic in topics():
        for exercise in load_exercises(topic).values():
            found = times(exercise, framework)
            mine[exercise.id] = {kind: round(1000 * found[kind]) for kind in ("right", "wrong")}
            if alive := survivors(exercise, framework):
                mine[exercise.id]["survivors"] = alive
        print(f"{name:<11} {topic:<12} {time.monotonic() - start:6.0f} s", flush=True)
        record[name] = {one: mine[one] for one in sorted(mine) if one in known()}
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def known() -> dict[str, Exercise]:
    """Every exercise there is."""
    return {one.id: one for topic in topics() for one in load_exercises(topic).values()}


def survivors(exercise: Exercise, framework: Framework) -> list[str]:
    """Mutants that pass though they are faults, of an exercise that is known to have some."""
    from test_mutants import check, mutants, reason, run

    killed, count = read(MUTANTS).get(framework.name, {}).get(exercise.id, (0, 0))
    if killed == count:
        return []
    reference = run(exercise, exercise.solution(framework), framework)
    rows = mutants(exercise.source(framework.name))
    alive = [what for what, text in rows if check(exercise, text, framework, reference).correct]
    return [what for what in alive if not reason(exercise.id, framework.name, what)]


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def page() -> str:
    """The page, from the record and the counts."""
    record, killed, honest = read(RECORD), read(MUTANTS), honest_answers(ROOT)
    parts, total = [INTRO], {f: [0, 0] for f in FRAMEWORKS}
    for topic in ordered_topics(ROOT):
        rows = []
        for one in load_exercises(topic).values():
            for framework in FRAMEWORKS:
                pair = killed.get(framework, {}).get(one.id, (0, 0))
                total[framework] = [a + b for a, b in zip(total[framework], pair, strict=True)]
            rows.append(_row(one, record, killed, honest))
        parts.append(f"## {topic_title(topic).en}\n\n{_table(rows)}\n")
    summed = " and ".join(
        f"{killed} of {count} in {TITLES[framework]} ({killed / max(1, count):.1%})"
        for framework, (killed, count) in total.items()
    )
    every = list(known().values())
    wrong, others = (sum(len(getattr(one, kind)) for one in every) for kind in ("wrong", "others"))
    parts.insert(
        1,
        f"{len(every)} exercises; {wrong} known wrong answers and {others} others; mutants "
        f"refused: {summed}, without those that are no fault.\n",
    )
    return "\n".join([*parts, _what_survives(record), _no_faults()])


def _row(one: Exercise, record: dict, killed: dict, honest: dict) -> list[str]:
    def pair(of) -> str:
        return " · ".join(str(of(framework)) for framework in FRAMEWORKS)

    def mutants(framework: str) -> str:
        found = killed.get(framework, {}).get(one.id)
        return f"{found[0]} of {found[1]}" if found else "–"

    def spent(kind: str):
        return lambda framework: record.get(framework, {}).get(one.id, {}).get(kind, "–")

    place = PACKAGE / "exercises" / one.topic
    lines = sum(
        len((place / f"{one.name}{end}").read_text(encoding="utf-8").splitlines())
        for end in (".md", ".py")
    )
    return [
        f"[`{one.name}`](../prodgen_lib/exercises/{one.topic}/{one.name}.md)",
        pair(mutants),
        pair(lambda framework: len(one.known_wrong(framework))),
        pair(lambda framework: sum(bool(wrong.edits(framework)) for wrong in one.others)),
        pair(lambda framework: honest[framework, one.id]),
        pair(spent("right")),
        pair(spent("wrong")),
        str(lines),
    ]


def _table(rows: list[list[str]]) -> str:
    lines = [list(HEAD), ["---", *["--:"] * (len(HEAD) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _what_survives(record: dict) -> str:
    """Faults that a check lets pass: holes in its cases."""
    rows = [
        f"- `{name}`, {TITLES[framework]}, `{what}`: {WHY.get(name, 'a hole in its cases')}."
        for framework in FRAMEWORKS
        for name, found in record.get(framework, {}).items()
        for what in found.get("survivors", ())
    ]
    told = "\n".join(rows) or "None is known."
    words = "Mutants that are a fault, and that the check does not see."
    return f"## What survives\n\n{words}\n\n{told}\n"


def _no_faults() -> str:
    """Mutants that count for nothing, and why."""
    from test_mutants import EQUIVALENT

    rows = sorted(
        f"- {'any exercise' if name == 'any' else f'`{name}`'}, `{piece.strip()}`: {why}"
        for (name, _, piece), why in EQUIVALENT.items()
    )
    return (
        "## What is no fault\n\nThese changes leave a right answer right, and are not counted.\n\n"
        + "\n".join(rows)
        + "\n"
    )


if __name__ == "__main__":
    (what,) = sys.argv[1:] or ["all"]
    if what in FRAMEWORKS:
        measure(what)
    elif what == "all":
        for each in FRAMEWORKS:  # a process each, since the frameworks share badly
            subprocess.run([sys.executable, __file__, each], check=True)
    if what not in FRAMEWORKS:
        PAGE.write_text(page(), encoding="utf-8")
