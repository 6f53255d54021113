"""The strict engine against the engine of learners, and against everything that can come back."""

from __future__ import annotations

import ast
import json
import random
import struct
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from prodgen_lib.checking.check import Failure, make_cases
from prodgen_lib.checking.exercise import Framework, find_exercise, load_exercises
from prodgen_lib.checking.source import PACKAGE, edited, stub
from prodgen_lib.classroom.grading import engine
from prodgen_lib.classroom.intake.submission import Submission
from prodgen_lib.classroom.sandbox import wire
from prodgen_lib.classroom.sandbox.sandbox import Sandbox, works
from prodgen_lib.course import grade as nbval
from prodgen_lib.course.grade_copy import has
from prodgen_lib.course.project import read_notebook, write_notebook

ROOT = PACKAGE.parent
NAMES = list(load_exercises("gan"))
needs_sandbox = pytest.mark.skipif(
    not (works("bubblewrap") or works("namespaces")), reason="this machine has no sandbox"
)


@pytest.fixture(scope="module", params=["torch", "tensorflow"])
def framework(request):
    pytest.importorskip(request.param)
    yield request.param
    engine.close()


def notebook(framework, tree="notebooks", **answers):
    """The course's notebook with these answers, by function name."""
    found = read_notebook(ROOT / tree / f"06_gan_{framework}.ipynb")
    for cell in found.cells:
        name = cell.metadata.get("exercise_id", ".").partition(".")[2]
        if has(cell, "exercise") and name in answers:
            cell.source = answers[name]
    return found


def marks(framework, found, seed=31, only=None):
    graded = engine.grade_submission(
        Submission("ada", Path("ada.ipynb"), found),
        notebook(framework),
        seed=seed,
        sandbox=Sandbox.find(),
        only=only and [f"gan.{name}" for name in only],
    )
    return {mark.exercise.partition(".")[2]: mark for mark in graded.marks}


def wrong_rounds(framework):
    """Notebooks' answers such that each known wrong answer of each exercise occurs once."""
    every = [
        [(name, wrong) for wrong in exercise.known_wrong(framework)]
        for name, exercise in load_exercises("gan").items()
    ]
    return [dict(filter(None, found)) for found in zip_longest(*every)]


def honest_rounds(framework):
    """The same for the honest alternatives, with the imports and helpers of their file."""
    path = ROOT / f"tests/exercises/honest_gan_{framework}.py"
    tree = ast.parse(path.read_text())
    apart = [n for n in tree.body if isinstance(n, ast.FunctionDef) and "__" in n.name]
    common = [
        n
        for n in tree.body
        if n not in apart and "prodgen_lib" not in (getattr(n, "module", "") or "")
    ]
    every = {name: [] for name in NAMES}
    for node in apart:
        node.name = node.name.partition("__")[0]
        every[node.name].append(ast.unparse(ast.Module([*common[1:], node], [])))
    rounds = zip_longest(*([(name, text) for text in every[name]] for name in NAMES))
    return [dict(filter(None, found)) for found in rounds]


def sources(framework, wrongs):
    return {
        name: edited(find_exercise(f"gan.{name}").source(framework), wrong.edits(framework))
        for name, wrong in wrongs.items()
    }


@needs_sandbox
def test_solutions_are_right_and_untouched_notebooks_are_not_answered(framework):
    right = marks(framework, notebook(framework, "solutions"))
    assert list(right) == NAMES and all(mark.correct for mark in right.values())
    came = marks(framework, notebook(framework))
    assert not any(mark.correct for mark in came.values())
    for name, mark in came.items():
        assert mark.message.startswith("Not answered yet") and not mark.answered
        assert mark.passed == 0
        assert mark.stages == right[name].stages


@pytest.mark.tensorflow_slow
@needs_sandbox
def test_every_known_wrong_answer_fails_with_its_sentence(framework):
    rounds = wrong_rounds(framework)
    for wrongs in rounds if framework == "torch" else rounds[:4]:  # TensorFlow takes a minute more
        found = marks(framework, notebook(framework, **sources(framework, wrongs)), only=wrongs)
        for name, wrong in wrongs.items():
            assert not found[name].correct, (name, wrong.name)
            assert found[name].message == wrong.message.en, (name, wrong.name)


@pytest.mark.tensorflow_slow
@needs_sandbox
def test_every_honest_alternative_is_right(framework):
    rounds = honest_rounds(framework)
    assert sum(map(len, rounds)) >= 3 * len(NAMES)
    for answers in rounds:
        found = marks(framework, notebook(framework, **answers), only=answers)
        assert {name: mark.message for name, mark in found.items() if not mark.correct} == {}


NBVAL = [
    pytest.param(framework, what, marks=() if usual else pytest.mark.slow)
    for framework in ("torch", "tensorflow")
    for what in ("untouched", "solutions", "wrong", "honest")
    for usual in [(framework, what) in {("torch", "wrong"), ("tensorflow", "solutions")}]
]


@needs_sandbox
@pytest.mark.parametrize(("framework", "what"), NBVAL)
def test_nbval_gives_the_same_marks(framework, what, tmp_path):
    """One notebook of each kind; the two tests above see all, with the check that nbval runs."""
    pytest.importorskip(framework)
    answers = {
        "wrong": lambda: sources(framework, wrong_rounds(framework)[0]),
        "honest": lambda: honest_rounds(framework)[0],
    }.get(what, dict)()
    if what == "wrong":  # the known wrong answers of a step take TensorFlow half a minute
        answers.pop("train_step")
    if what == "wrong" or what == "honest":
        tree = "notebooks"
    else:
        tree = {"untouched": "notebooks"}.get(what, "solutions")
    found = notebook(framework, tree, **answers)
    path = tmp_path / f"06_gan_{framework}.ipynb"
    write_notebook(found, path)
    theirs = {r.exercise.partition(".")[2]: r.passed for r in nbval.grade(ROOT, path)}
    assert {name: mark.correct for name, mark in marks(framework, found).items()} == theirs


@needs_sandbox
def test_any_subset_of_right_answers_gets_exactly_its_marks(framework):
    """In any order of the cells, for three seeds; what others lack takes nothing away."""
    rng = random.Random(8)
    for seed in (5, 2**40, 77) if framework == "torch" else (5,):
        right = {name for name in NAMES if rng.random() < 0.5}
        answers = {name: find_exercise(f"gan.{name}").source(framework) for name in right}
        found = notebook(framework, **answers)
        rng.shuffle(found.cells)
        got = marks(framework, found, seed)
        assert {name for name, mark in got.items() if mark.correct} == right


# A shape, a count or a flag is the same for every seed; each of these says what cannot be faked.
@pytest.mark.parametrize("name", NAMES)
def test_what_decides_depends_on_the_seed(framework, name):
    """Constants can't pass: most numbers of the reference are others under another seed."""
    one, other = (engine._key(f"gan.{name}", framework, seed).reference for seed in (101, 202))
    differs = 0
    for first, second in zip(one, other, strict=True):
        for key in first:
            same = first[key].shape == second[key].shape and np.array_equal(first[key], second[key])
            differs += not same
    assert differs >= 1, f"{name}: the same numbers under every seed"


@pytest.mark.tensorflow_slow
@needs_sandbox
def test_answers_remembered_from_another_seed_fail(framework):
    """What was right for one seed, given back as constants, is wrong for another."""
    import prodgen_lib.classroom.sandbox.wire as w

    for name in NAMES:
        key, other = (engine._key(f"gan.{name}", framework, seed) for seed in (11, 12))
        replayed = w.unpack(w.pack(key.reference), len(key.cases))
        assert key.judge(replayed, "").correct
        verdict = other.judge(replayed, "")
        assert not verdict.correct, name


def test_the_inputs_that_go_in_hold_no_results():
    for name in NAMES:
        for case in engine._key(f"gan.{name}", "torch", 3).inputs:
            assert set(case.by_hand.values()) <= {None}


ODD = [
    {},
    {"loss": np.array(np.nan)},
    {"loss": np.full((1000, 1000), np.inf)},
    {"loss": np.array("text")},
    {"loss": np.array(1)},
    {"loss": np.array(True)},
    {"loss": np.zeros((0, 3))},
    {"loss": np.zeros((1,) * 16)},
    {"other": np.array(1.0)},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:40].replace("\n", ""))
def test_odd_results_get_a_verdict(odd):
    pytest.importorskip("torch")
    key = engine._key("gan.generator_loss", "torch", 4)
    seen = wire.unpack(wire.pack([odd] * len(key.cases)), len(key.cases))
    verdict = key.judge(seen, "")
    assert not verdict.correct and verdict.message and len(verdict.message) < 600
    more = [{**one, "more": np.array(1.0)} for one in key.reference]
    assert key.judge(more, "").correct


def head(content, data=b"", size=None):
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return wire.MAGIC + struct.pack("<I", len(text) if size is None else size) + text + data


FORGED = {
    "empty": b"",
    "short": b"prodgen",
    "other magic": b"P" * 100,
    "head cut off": head([], size=10_000),
    "no json": head(b"\xff\xfe{"),
    "deep json": head(b"[" * 100_000),
    "huge number": head(b"[" + b"9" * 100_000 + b"]"),
    "no list": head({"failure": 1}),
    "no cases": head([]),
    "too few": head([{"arrays": []}]),
    "too many": head([{"arrays": []}] * 5),
    "object dtype": head([{"arrays": [["a", "|O", []]]}] * 4, bytes(64)),
    "pickle dtype": head([{"arrays": [["a", "V8", [1]]]}] * 4, bytes(64)),
    "negative shape": head([{"arrays": [["a", "<f8", [-1]]]}] * 4, bytes(64)),
    "shape of floats": head([{"arrays": [["a", "<f8", [1.5]]]}] * 4, bytes(64)),
    "shape of truths": head([{"arrays": [["a", "<f8", [True]]]}] * 4, bytes(64)),
    "overflowing shape": head([{"arrays": [["a", "<f8", [2**26, 2**26, 2**26]]]}] * 4, bytes(64)),
    "more than there is": head([{"arrays": [["a", "<f8", [9]]]}] * 4, bytes(64)),
    "left over": head([{"arrays": [["a", "<f8", [1]]]}] * 4, bytes(33)),
    "failure in the middle": head([{"failure": {"type": "E", "message": "", "line": 1}}] * 4),
    "line of text": head([{"failure": {"type": "E", "message": "", "line": "1"}}]),
    "more than a failure": head([{"failure": {"type": "E", "message": "", "line": 1, "x": 2}}]),
    "texts too long": head([{"arrays": [["a", "text", [[1], ["x" * 20_000]]]]}] * 4),
    "texts of another number": head([{"arrays": [["a", "text", [[2], ["x"]]]]}] * 4),
    "names": head([{"arrays": 7}] * 4),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_bytes_are_no_result(name):
    with pytest.raises(wire.BadResult):
        wire.unpack(FORGED[name], 4)


def test_random_bytes_never_do_more_than_fail():
    rng = random.Random(3)
    whole = wire.pack([{"a": np.arange(6.0).reshape(2, 3), "t": np.array("x")}] * 2)
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            seen = wire.unpack(bytes(data[: rng.choice([len(data), rng.randrange(len(data))])]), 2)
        except wire.BadResult:
            continue
        assert all(isinstance(one, dict | Failure) for one in seen)


def test_results_survive_the_pipe():
    seen = [
        {"a": np.array([1.5, np.nan, -np.inf]), "b": np.array(3), "c": np.array(["é", "x"])},
        Failure("ValueError", "no", 3),
    ]
    back = wire.unpack(wire.pack(seen), 5)
    assert back[1] == seen[1]
    for name, value in seen[0].items():
        np.testing.assert_array_equal(back[0][name], value)
        assert back[0][name].dtype.kind == value.dtype.kind


def test_only_reports_what_was_asked_for(framework):
    if not (works("bubblewrap") or works("namespaces")):
        pytest.skip("this machine has no sandbox")
    found = marks(framework, notebook(framework, "solutions"), only=["train_step"])
    assert list(found) == ["train_step"] and found["train_step"].correct


def test_stubs_and_cases_are_what_this_file_assumes():
    assert len(make_cases(find_exercise("gan.generator_loss"), 4)) >= 4
    assert "NotImplementedError" in stub(find_exercise("gan.generator_loss").source("torch"))
    assert Framework("torch").name == "torch"
