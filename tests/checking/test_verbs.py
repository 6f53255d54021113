"""The four verbs, on a toy exercise that needs no framework."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from prodgen_lib.checking import check as engine
from prodgen_lib.checking import exercise, verbs
from prodgen_lib.checking.exercise import Case, Exercise, Framework
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.tell import prose
from prodgen_lib.checking.verbs import CheckFailed, check, hint, line, reset, status

EXERCISE = Exercise(
    id="toy.double",
    difficulty=2,
    importance=3,
    minutes=5,
    cases=lambda rng: [Case("a number", {"x": rng.uniform(1, 2)})],
    observe=lambda answer, case, framework: {"double": answer(case.inputs["x"])},
    hints=(
        Text("What is twice two?", "二的两倍是多少？"),
        Text("It must grow with x.", "它必须随 x 增大。"),
        Text("Add x to itself.", "把 x 加上它自己。"),
    ),
    wrong=(),
)


@pytest.fixture(autouse=True)
def toy(monkeypatch, tmp_path):
    answers = ModuleType("answers")
    answers.double = lambda x: 2 * x
    names = exercise.exercise_names
    for module in (exercise, verbs):
        monkeypatch.setattr(
            module, "exercise_names", lambda topic: ["double"] if topic == "toy" else names(topic)
        )
    load = exercise._load
    monkeypatch.setattr(
        exercise, "_load", lambda topic, name: EXERCISE if topic == "toy" else load(topic, name)
    )
    topics = verbs.topics()
    monkeypatch.setattr(verbs, "topics", lambda: ["toy", *topics])
    monkeypatch.setitem(sys.modules, "prodgen_lib.torch.toy", answers)
    monkeypatch.setitem(sys.modules, "prodgen_lib.tensorflow.toy", answers)
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path))
    monkeypatch.delenv("PRODGEN_STRICT", raising=False)
    monkeypatch.delenv("PRODGEN_SEED", raising=False)
    engine.key.cache_clear()
    return answers


def right(x):
    return x + x


def wrong(x):
    return 3 * x


def unanswered(x):
    raise NotImplementedError


def test_right_answer_is_handed_back(capsys):
    assert check("toy.double", right, framework="torch") is right
    assert capsys.readouterr().out.startswith("toy.double  ✓ 2/2")


def test_wrong_answer_is_told_and_the_chapter_goes_on(capsys, toy):
    assert check("toy.double", wrong, framework="torch") is toy.double
    out = capsys.readouterr().out
    assert "toy.double  ✗ 1/2" in out and "On a number, double: got" in out


def test_unanswered_exercise_says_what_to_do(capsys, toy):
    assert check("toy.double", unanswered, framework="torch") is toy.double
    assert "write the body" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [None, 3, "text", [right]])
def test_something_that_is_no_function(capsys, answer):
    check("toy.double", answer, framework="torch")
    assert "expected a function" in capsys.readouterr().out


def test_strict_run_has_no_fallback(monkeypatch):
    monkeypatch.setenv("PRODGEN_STRICT", "1")
    with pytest.raises(CheckFailed, match="On a number"):
        check("toy.double", wrong, framework="torch")
    assert check("toy.double", right, framework="torch") is right


def test_hidden_seed_changes_the_numbers(capsys, monkeypatch):
    check("toy.double", wrong, framework="torch")
    monkeypatch.setenv("PRODGEN_SEED", "17")
    check("toy.double", wrong, framework="torch")
    first, _, second, _ = capsys.readouterr().out.splitlines()
    assert first.split()[:3] == second.split()[:3]
    assert first.partition("got")[2] != second.partition("got")[2]


def test_stored_failure_never_equals_a_new_one(monkeypatch):
    verdict = engine.check_answer(EXERCISE, wrong, Framework("torch"))
    assert ":" in line(verdict).split()[3]


def test_an_answer_that_prints_exits_or_changes_its_input(capsys):
    def leaves(x):
        sys.exit(3)

    check("toy.double", leaves, framework="torch")
    assert "SystemExit: 3 (line 2 of the answer)" in capsys.readouterr().out


def test_hints_come_one_by_one_and_begin_again(capsys):
    for _ in range(4):
        hint("toy.double")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Hint 1 of 3: What is twice two?" and lines[0] == lines[3]


def test_status_counts_what_is_solved(capsys):
    status("toy", framework="torch")
    check("toy.double", right, framework="torch")
    status("toy", framework="torch")
    out = capsys.readouterr().out
    assert "0 of 1 solved" in out and "✓  toy.double" in out and "1 of 1 solved" in out


def test_what_was_solved_once_stays_solved(capsys):
    check("toy.double", right, framework="torch")
    check("toy.double", wrong, framework="torch")
    capsys.readouterr()
    status("toy", framework="torch")
    assert "✓  toy.double" in (out := capsys.readouterr().out) and "1 of 1 solved" in out
    check("toy.double", wrong, framework="tensorflow")
    capsys.readouterr()
    status("toy", framework="tensorflow")
    assert "✗  toy.double" in (out := capsys.readouterr().out) and "0 of 1 solved" in out


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("在*数值*这一步：", "在<em>数值</em>这一步："),
        ("At *values*: the *mean value*", "At <em>values</em>: the <em>mean value</em>"),
        ("2*batch*3 and a * b * c, **bold**", "2*batch*3 and a * b * c, **bold**"),
        ("`a` < b", "<code>a</code> &lt; b"),
    ],
)
def test_stress_and_code_are_set_in_both_languages(text, html):
    assert prose(text) == html


def test_status_without_a_topic_is_the_notebooks(capsys, monkeypatch):
    monkeypatch.setattr(verbs, "topics", lambda: ["toy"])
    monkeypatch.setenv("JPY_SESSION_NAME", "work/06_toy_torch.ipynb")
    status(framework="torch")
    assert "toy.double" in capsys.readouterr().out
    monkeypatch.setenv("JPY_SESSION_NAME", "work/Untitled.ipynb")
    status(framework="torch")
    assert capsys.readouterr().out == "0 of 1 solved in toy.\n"
    status("tony", framework="torch")
    assert capsys.readouterr().out.startswith("No chapter has the topic tony.")


def test_reset_in_a_notebook_brings_the_check(monkeypatch):
    written = []
    shell = SimpleNamespace(set_next_input=lambda text, replace: written.append(text))
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    reset("gan.generator_loss", framework="torch")
    assert written[0].endswith('generator_loss = check("gan.generator_loss", generator_loss)')


def test_reset_outside_a_notebook_prints_the_stub(capsys):
    reset("gan.generator_loss", framework="torch")
    out = capsys.readouterr().out
    assert out.startswith("def generator_loss") and "raise NotImplementedError" in out


@pytest.mark.parametrize("verb", [check, hint])
def test_unknown_exercise_is_named(verb):
    arguments = ("toy.triple", right) if verb is check else ("toy.triple",)
    options = {"framework": "torch"} if verb is check else {}
    with pytest.raises(ValueError, match=r"no exercise 'toy.triple'. This chapter has: toy.double"):
        verb(*arguments, **options)


def test_values_come_as_arrays():
    seen = engine.run(EXERCISE, right, Framework("torch"))
    assert isinstance(seen[0]["double"], np.ndarray)
