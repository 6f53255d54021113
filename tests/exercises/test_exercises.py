"""The graders, graded: stubs, solutions, wrong and honest answers, garbage, for every exercise."""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from prodgen_lib.checking.check import (
    check_answer,
    concluded,
    key,
    make_cases,
    observations,
    same,
)
from prodgen_lib.checking.exercise import Framework, load_exercises, topics
from prodgen_lib.checking.source import edited, stub

sys.path.insert(0, str(Path(__file__).parent))

HERE = Path(__file__).parent
TOPICS = topics()
EXERCISES = {e.id: e for topic in TOPICS for e in load_exercises(topic).values()}
FRAMEWORKS = ("torch", "tensorflow")
REVIEWS = [name for name, exercise in EXERCISES.items() if exercise.review]
# TensorFlow needs twenty times PyTorch's time for the same arithmetic on tiny tensors. What both
# answer alike, PyTorch answers at once; TensorFlow's half is marked slow.
SLOW = {"torch": (), "tensorflow": pytest.mark.slow}
WRONG = [
    pytest.param(
        name, framework, wrong, id=f"{framework}-{name}-{wrong.name}", marks=SLOW[framework]
    )
    for framework in FRAMEWORKS
    for name, exercise in EXERCISES.items()
    for wrong in exercise.known_wrong(framework)
]

OTHERS = [
    pytest.param(
        name, framework, wrong, id=f"{framework}-{name}-{wrong.name}", marks=SLOW[framework]
    )
    for framework in FRAMEWORKS
    for name, exercise in EXERCISES.items()
    for wrong in exercise.others
    if wrong.edits(framework)
]

# A training step moves thousands of weights: there is nothing to work out by hand.
WITHOUT_A_CASE_BY_HAND = {"gan.train_step"}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def verdict(name, framework, answer, **options):
    return check_answer(EXERCISES[name], answer, Framework(framework), **options)


def sentence(result):
    """The message of a failed check, which must be one line for people."""
    assert not result.correct
    message = result.message
    assert message.strip() == message and "\n" not in message and "Traceback" not in message
    assert 10 < len(message) < 420
    return message


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", EXERCISES)
def test_stub_is_not_answered_and_solution_passes(name, framework):
    exercise = EXERCISES[name]
    blank = exercise.compile(stub(exercise.source(framework)), Framework(framework), "stub")
    assert sentence(verdict(name, framework, blank)).startswith("Not answered yet")
    assert verdict(name, framework, exercise.solution(Framework(framework))).correct


@pytest.mark.parametrize(("name", "framework", "wrong"), WRONG)
def test_known_wrong_answer_gets_its_own_sentence(name, framework, wrong):
    """Judged on what it did when it was recorded."""
    known = key(name, framework)
    result = known.judge(known.done_by(wrong), None)
    assert sentence(result) == wrong.message.en
    assert result.text.zh == wrong.message.zh
    assert result.wrong == wrong.name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "wrong"), [(p.values[0], p.values[2]) for p in WRONG if p.values[1] == "torch"]
)
def test_known_wrong_answer_does_the_same_when_it_runs_again(name, wrong):
    answer = EXERCISES[name].wrong_answer(wrong, Framework("torch"))
    assert verdict(name, "torch", answer).wrong == wrong.name


@pytest.mark.parametrize(("name", "framework", "wrong"), OTHERS)
def test_other_wrong_answer_fails(name, framework, wrong):
    """Plausible, and without a sentence of its own: it must differ somewhere, seen case by case."""
    exercise, fw = EXERCISES[name], Framework(framework)
    answer = exercise.wrong_answer(wrong, fw)
    cases = make_cases(exercise)
    done = concluded(exercise, cases, observations(exercise.observe, cases, answer, fw))
    right = concluded(exercise, cases, key(name, framework).reference)
    assert not same(exercise, list(right), done)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", EXERCISES)
def test_every_seed_tells_each_wrong_answer_from_a_right_one(name, seed):
    """No draw may miss one: a learner's check and a class's grader use different seeds."""
    exercise, fw = EXERCISES[name], Framework("torch")
    cases = make_cases(exercise, seed)
    right = list(concluded(exercise, cases, key(name, "torch", seed).reference))
    missed = []
    for wrong in (*exercise.known_wrong("torch"), *exercise.others):
        if wrong.edits("torch"):
            inputs, answer = make_cases(exercise, seed), exercise.wrong_answer(wrong, fw)
            done = observations(exercise.observe, inputs, answer, fw)
            if same(exercise, right, concluded(exercise, cases, done)):
                missed.append(wrong.name)
    assert not missed


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", REVIEWS)
def test_candidate_is_mended_fault_by_fault(name, framework):
    exercise, fw = EXERCISES[name], Framework(framework)
    texts = (*exercise.messages.values(), *(wrong.message for wrong in exercise.wrong))
    sentences = {text.en for text in texts}
    candidate = exercise.candidate(framework, exercise.source(framework))
    planted = [wrong for wrong in exercise.wrong if wrong.planted]
    for count in range(1, len(planted) + 1):
        for left in itertools.combinations(planted, count):
            edits = [edit for wrong in left for edit in wrong.edits(framework)]
            source = edited(exercise.source(framework), edits)
            assert (source == candidate) == (count == len(planted))
            answer = exercise.compile(source, fw, "candidate")
            assert sentence(verdict(name, framework, answer)) in sentences


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", EXERCISES)
def test_another_seed_gives_other_numbers_and_the_same_verdict(name, framework):
    exercise, fw = EXERCISES[name], Framework(framework)
    assert verdict(name, framework, exercise.solution(fw), seed=99).correct
    usual, other = key(name, framework).reference, key(name, framework, 99).reference
    assert not same(exercise, usual, other)


@pytest.mark.parametrize("name", EXERCISES)
def test_exercise_says_what_a_learner_needs(name):
    exercise = EXERCISES[name]
    assert len(exercise.wrong) >= 3 and len(set(w.name for w in exercise.wrong)) == len(
        exercise.wrong
    )
    assert len(exercise.hints) == 3 and exercise.hints[0].en.endswith("?")
    assert 1 <= exercise.difficulty <= 5 and 1 <= exercise.importance <= 5
    assert (
        exercise.review
        or any(case.by_hand for case in make_cases(exercise))
        or name in WITHOUT_A_CASE_BY_HAND
    )


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", EXERCISES)
def test_hints_hold_no_code_of_the_solution(name, framework):
    exercise = EXERCISES[name]
    function = ast.parse(exercise.source(framework)).body[0]
    calls = {ast.unparse(n) for n in ast.walk(function) if isinstance(n, ast.Call)}
    for hint in exercise.hints:
        assert not [call for call in calls if call in hint.en or call in hint.zh]
        assert "==" not in hint.en and "==" not in hint.zh


def honest():
    """(framework, file, function, id) of each; a topic that serves both frameworks has one file."""
    for framework, topic in itertools.product(FRAMEWORKS, TOPICS):
        names = (f"honest_{topic}_{framework}", f"honest_{topic}")
        file = next((name for name in names if (HERE / f"{name}.py").exists()), None)
        text = (HERE / f"{file}.py").read_text() if file else ""
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                identity = f"{topic}.{node.name.partition('__')[0]}"
                if identity in EXERCISES:
                    yield framework, file, node.name, identity


def honest_first():
    """Of TensorFlow's honest answers to an exercise all but the first two are marked slow."""
    met = Counter()
    for framework, file, function, name in honest():
        met[framework, name] += 1
        late = framework == "tensorflow" and met[framework, name] > 2
        yield pytest.param(framework, file, function, name, marks=pytest.mark.slow if late else ())


@pytest.mark.parametrize(("framework", "file", "function", "name"), list(honest_first()))
def test_honest_answer_passes(framework, file, function, name):
    answer = getattr(importlib.import_module(file), function)
    result = verdict(name, framework, answer)
    assert result.correct, result.message


def test_there_are_three_honest_answers_to_each_exercise():
    found = [(framework, name) for framework, _, _, name in honest()]
    for each in itertools.product(FRAMEWORKS, EXERCISES):
        assert found.count(each) >= 3, each


def raises(*args, **options):
    raise ValueError("one\ntwo " + 500 * "x")


def leaves(*args, **options):
    raise SystemExit(3)


def recurses(*args, **options):
    return recurses(*args, **options)


def talks(*args, **options):
    print("x" * 10_000)


def no_arguments():
    return None


GARBAGE = {
    "none": lambda *args, **options: None,
    "text": lambda *args, **options: "0.5",
    "numpy": lambda *args, **options: np.zeros(3, np.float32),
    "number": lambda *args, **options: 3,
    "endless": lambda *args, **options: itertools.count(),
    "ragged": lambda *args, **options: [[1], [2, 3]],
    "first argument": lambda *args, **options: args[0] if args else options,
    "class": dict,
    "no function": 3,
    **{f.__name__: f for f in (raises, leaves, recurses, talks, no_arguments)},
}


# Every kind on one exercise of each topic, which shares its probes and tools with the others.
FIRST = {topic: next(iter(load_exercises(topic).values())).id for topic in TOPICS}
GARBAGE_FOR_ALL = ("none", "numpy", "raises")


@pytest.mark.parametrize(
    ("name", "garbage", "framework"),
    [
        pytest.param(name, kind, framework, marks=() if usual else pytest.mark.slow)
        for framework in FRAMEWORKS
        for name in EXERCISES
        for kind in GARBAGE
        for usual in [name in FIRST.values() or (framework == "torch" and kind in GARBAGE_FOR_ALL)]
        if usual or framework == "torch" or kind in GARBAGE_FOR_ALL  # one reader serves both
    ],
)
def test_garbage_gets_one_sentence(name, framework, garbage, capsys):
    sentence(verdict(name, framework, GARBAGE[garbage]))


@pytest.mark.parametrize("topic", TOPICS)
def test_exercises_stand_in_the_order_of_the_chapter(topic):
    for path in sorted((HERE.parents[1] / "chapters").glob("*.md")):
        lines = path.read_text().splitlines()
        told = "\n".join(
            text for text in lines if re.search(rf"prodgen_lib\.(torch\.)?{topic} im", text)
        )
        names = [name for name in load_exercises(topic) if re.search(rf"\b{name}\b", told)]
        places = [re.search(rf"\b{name}\b", told).start() for name in names]
        if len(names) == len(load_exercises(topic)):
            assert places == sorted(places)
            return
    pytest.skip(f"no chapter shows all exercises of {topic} yet")


FORGED = {"runs": lambda action: True, "raised": lambda *a, **o: np.asarray("ValueError")}


@pytest.mark.parametrize("name", EXERCISES)
def test_nothing_that_decides_is_computed_where_an_answer_runs(name, monkeypatch):
    """Helpers that an answer can patch there say what was seen; a patched one makes nothing right.

    A known wrong answer still fails when every helper of ``common`` tells what one would like.
    """
    exercise, fw = EXERCISES[name], Framework("torch")
    known = key(name, "torch")
    right = list(concluded(exercise, known.cases, known.reference))
    module = importlib.import_module(f"prodgen_lib.exercises.{name}")
    shared = [
        m
        for n, m in sys.modules.items()
        if n.startswith(f"prodgen_lib.exercises.{exercise.topic}.")
    ]
    for place in (module, *shared):
        for helper, forged in FORGED.items():
            if hasattr(place, helper):
                monkeypatch.setattr(place, helper, forged)
    for wrong in exercise.known_wrong("torch")[:3]:
        cases = make_cases(exercise)
        done = observations(exercise.observe, cases, exercise.wrong_answer(wrong, fw), fw)
        assert not same(exercise, right, concluded(exercise, cases, done)), wrong.name
