"""The published matrix of graders covers every exercise that there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prodgen_lib.checking.exercise import load_exercises, topics

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
COMMAND = "run `python benchmarks/graders.py` (and before that `make mutants`)"
EXERCISES = [one for topic in topics() for one in load_exercises(topic).values()]


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_every_exercise_was_measured(framework):
    measured = json.loads((BENCHMARKS / "graders.json").read_text(encoding="utf-8"))[framework]
    mutants = json.loads((BENCHMARKS / "mutants.json").read_text(encoding="utf-8"))[framework]
    names = {one.id for one in EXERCISES}
    assert names - measured.keys() == set(), COMMAND
    assert names - mutants.keys() == set(), COMMAND
    assert measured.keys() - names == set(), COMMAND
    for name, (killed, count) in mutants.items():
        if name in names:
            told = measured[name].get("survivors", [])
            assert (killed < count) == bool(told), f"{name}: {COMMAND}"
            assert {"right", "wrong"} <= measured[name].keys()


def test_every_exercise_has_a_row_with_what_its_check_was_tried_on():
    page = (BENCHMARKS / "graders.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| [`")]
    assert len(rows) == len(EXERCISES), COMMAND
    for one in EXERCISES:
        (row,) = [r for r in rows if f"/{one.topic}/{one.name}.md)" in r and _counts(one) in r] or [
            ""
        ]
        assert row and "–" not in row, f"{one.id}: {COMMAND}"


def _counts(one) -> str:
    frameworks = ("torch", "tensorflow")
    known = " · ".join(str(len(one.known_wrong(f))) for f in frameworks)
    others = " · ".join(str(sum(bool(w.edits(f)) for w in one.others)) for f in frameworks)
    return f"| {known} | {others} |"
