"""What nobody wrote is no answer: the course's own version, a stub, a candidate's code as it came.

A learner's presses in any order leave the same trace in `status`, in the record and in the cards.
"""

from __future__ import annotations

import functools
import random

import pytest

from prodgen_lib.checking import progress
from prodgen_lib.checking.exercise import Framework, find_exercise
from prodgen_lib.checking.source import edited, stub
from prodgen_lib.checking.verbs import check, status
from prodgen_lib.interview.cards import mistake_cards

pytest.importorskip("torch")
LOSS, REVIEW = "gan.generator_loss", "gan.review_step"
FRAMEWORK = Framework("torch")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path))
    monkeypatch.delenv("PRODGEN_STRICT", raising=False)
    monkeypatch.delenv("PRODGEN_SEED", raising=False)


def own(exercise_id):
    return find_exercise(exercise_id).solution(FRAMEWORK)


def written(exercise_id, source):
    """A function as a cell defines it, with text that Python can find."""
    return find_exercise(exercise_id).compile(source, FRAMEWORK, "a learner's cell")


def right(exercise_id=LOSS):
    return written(exercise_id, find_exercise(exercise_id).source("torch"))


def wrong(exercise_id=LOSS):
    exercise = find_exercise(exercise_id)
    first = exercise.known_wrong("torch")[0]
    return written(exercise_id, edited(exercise.source("torch"), first.edits("torch")))


def untouched(exercise_id=LOSS):
    exercise = find_exercise(exercise_id)
    source = exercise.source("torch")
    return written(exercise_id, exercise.candidate("torch", source) or stub(source))


def wrapped(function):
    @functools.wraps(function)
    def inner(*arguments, **options):
        return function(*arguments, **options)

    return inner


BACK_DOORS = {
    "the course's version itself": lambda: own(LOSS),
    "an alias in a lambda": lambda: lambda logits: own(LOSS)(logits),
    "a partial": lambda: functools.partial(own(LOSS)),
    "a wrapper": lambda: wrapped(own(LOSS)),
    "a wrapper of a wrapper": lambda: wrapped(wrapped(own(LOSS))),
    "an import in the body": lambda: written(
        LOSS,
        "def generator_loss(fake_logits):\n    from prodgen_lib.torch import gan\n"
        "    return gan.generator_loss(fake_logits)",
    ),
    "an import under another name, with an error swallowed": lambda: written(
        LOSS,
        "def generator_loss(fake_logits):\n    import importlib\n"
        "    try:\n        key = importlib.import_module('prodgen_lib.torch.gan')\n"
        "        return getattr(key, 'generator' + '_loss')(fake_logits)\n"
        "    except Exception:\n        return fake_logits.mean()",
    ),
}


@pytest.mark.parametrize("door", BACK_DOORS)
def test_the_courses_own_version_is_recognised(door, capsys):
    returned = check(LOSS, BACK_DOORS[door](), framework="torch")
    out = capsys.readouterr().out
    assert "–" in out and "the course's own version, or calls it" in out and "✓" not in out
    assert progress.attempts() == [] and returned is own(LOSS)
    import torch

    assert float(own(LOSS)(torch.zeros(1))) == pytest.approx(0.6931, abs=1e-4)  # its body is back


def test_an_answer_that_calls_another_exercise_is_fine(capsys):
    check("gan.train_step", right("gan.train_step"), framework="torch")
    assert "✓" in capsys.readouterr().out


def test_a_candidates_code_as_it_came_is_no_attempt(capsys):
    check(REVIEW, untouched(REVIEW), framework="torch")
    out = capsys.readouterr().out
    assert "Not answered yet" in out and "candidate's code as it came" in out
    assert progress.attempts() == [] and mistake_cards(progress.attempts()) == []


def test_a_candidates_code_that_was_touched_is_an_attempt():
    check(REVIEW, wrong(REVIEW), framework="torch")
    (attempt,) = progress.attempts()
    assert not attempt["correct"]


PRESSES = {
    "right": (right, True),
    "wrong": (wrong, False),
    "untouched": (untouched, None),
    "the name as the last check left it": (None, None),
    "an import": (lambda: own(LOSS), None),
    "a wrapper": (lambda: wrapped(own(LOSS)), None),
}


@pytest.mark.parametrize("seed", range(12))
def test_any_presses_leave_one_truth(seed, capsys):
    """After each press: what is recorded, what `status` shows and which cards there are agree."""
    draw, name, written_last = random.Random(seed), untouched(), None
    expected: list[bool] = []
    for _ in range(8):
        what = draw.choice(list(PRESSES))
        make, outcome = PRESSES[what]
        if make is not None:
            name, written_last = make(), outcome
        elif written_last is True:
            outcome = True  # a right answer stays in its name, and is right again
        name = check(LOSS, name, framework="torch")
        written_last = True if outcome is True else None
        if outcome is not None:
            expected.append(outcome)
        assert [attempt["correct"] for attempt in progress.attempts()] == expected
        capsys.readouterr()
        status("gan", framework="torch")
        row = next(line for line in capsys.readouterr().out.splitlines() if LOSS in line)
        assert row[0] == ("✓" if any(expected) else "✗" if expected else "–")
        assert len(mistake_cards(progress.attempts())) == int(False in expected)
