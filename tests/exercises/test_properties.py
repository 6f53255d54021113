"""Write the test: sample tests catch every known wrong answer and accuse no right one."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest

from prodgen_lib.checking.check import Failure, run
from prodgen_lib.checking.exercise import Framework, find_exercise
from prodgen_lib.properties.chosen import CHOSEN, find_trial, is_trial
from prodgen_lib.properties.suspects import HONEST, KEY, KNOWN, MUTANT, _survivors, suspects
from prodgen_lib.properties.verb import check_test, judged
from prodgen_lib.properties.verdict import TOOK_TOO_LONG, done, report

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
FRAMEWORKS = ("torch", "tensorflow")


def sample(identity, framework):
    pytest.importorskip(framework)
    module = importlib.import_module(f"properties_{framework}")
    return getattr(module, identity.replace(".", "__"))


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("identity", CHOSEN)
def test_a_sample_catches_all_and_accuses_none(identity, framework):
    found = judged(find_trial(identity), sample(identity, framework), framework)
    assert found.verdict.correct, found.told.en
    assert found.caught == found.wrong, found.told.en


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("identity", CHOSEN)
def test_there_is_enough_to_try_a_test_on(identity, framework):
    kinds = [one.kind for one in suspects(find_exercise(identity), framework)]
    assert kinds[0] == KEY and kinds.count(HONEST) >= 3
    assert kinds.count(KNOWN) >= 5 and kinds.count(MUTANT) >= 4


def test_one_exercise_a_chapter_is_chosen():
    topics = [identity.partition(".")[0] for identity in CHOSEN]
    assert len(set(topics)) == len(topics) >= 10
    assert all(is_trial(find_trial(identity).stem) for identity in CHOSEN)
    trial = find_trial("vae.kl_divergence")
    assert find_trial(trial.id) == find_trial(trial.stem) == trial
    with pytest.raises(ValueError, match=r"Choose from: .*vae\.kl_divergence"):
        find_trial("vae.negative_elbo")


TRIAL = "vae.kl_divergence"


def told(properties, framework="torch"):
    pytest.importorskip(framework)
    return judged(find_trial(TRIAL), properties, framework)


def nothing(answer):
    pass


def accuser(answer):
    raise AssertionError("never right")


def hangs(answer):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def prints(answer):
    print("x" * 10**6)
    sys.stderr.write("y" * 10**6)


def zero_at_the_prior(answer):
    import torch

    assert float(answer(torch.zeros(1, 1), torch.zeros(1, 1)).sum()) == 0


def oracle(answer):
    import torch

    from prodgen_lib.torch.vae import kl_divergence

    given = torch.ones(2, 3), torch.zeros(2, 3)
    assert torch.equal(answer(*given), kl_divergence(*given))


def unanswered(answer):
    raise NotImplementedError


def exact(answer):
    """As the answer key rounds, and so not fair to others."""
    import torch

    log_variance = torch.tensor([[0.3, -7.123]])
    assert torch.equal(
        answer(torch.ones(1, 2), log_variance), 0.5 * (log_variance.exp() - log_variance)
    )


def test_a_trivial_test_scores_nothing_and_a_stern_one_accuses_the_key():
    assert (told(nothing).verdict.passed, told(nothing).caught) == (0, 0)
    assert "“wrong sign”" in told(nothing).told.en and "先验" in told(nothing).told.zh
    assert told(nothing).verdict.wrong == "wrong sign"
    stern = told(accuser)
    assert stern.verdict.passed == 0 and not stern.verdict.correct
    assert stern.told.en == (
        "Your test accuses the course's own answer: "
        "AssertionError: never right (line 2 of the test)."
    )
    blank = told(unanswered)
    assert not blank.verdict.answered and blank.told.en.startswith("Not answered yet")
    assert "of type int" in told(3).told.en


def test_it_names_what_got_through_and_whom_it_accused():
    found = told(zero_at_the_prior)
    assert 0 < found.verdict.passed < found.verdict.stages and 0 < found.caught < found.wrong
    assert found.told.en.endswith("with this fault passes your test: “wrong sign”.")
    assert "a right answer written in another way, “" in told(exact).told.en


def test_prints_and_the_courses_own_version(capsys):
    assert told(prints).verdict.passed == 0
    assert capsys.readouterr() == ("", "")
    found = told(oracle)
    assert not found.verdict.correct and "the course's own `kl_divergence`" in found.told.en
    assert told(nothing) == told(nothing)


def test_a_test_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr("prodgen_lib.properties.verb.SECONDS", 0.2)
    found = told(hangs)
    assert not found.verdict.correct and "seconds on the course's own answer" in found.told.en


def test_a_test_that_hangs_on_wrong_answers_catches_none():
    tried = suspects(find_exercise(TRIAL), "torch")
    right = {place: None for place, one in enumerate(tried) if one.right}
    slow = dict.fromkeys([p for p, one in enumerate(tried) if not one.right][:3], TOOK_TOO_LONG)
    assert not done(tried, right) and done(tried, {**right, **slow})
    found = report("x.properties", "kl_divergence", tried, {**right, **slow})
    assert found.caught == 0 and "and so does not catch it: “wrong sign”" in found.told.en
    caught = {p: Failure("AssertionError", "") for p, one in enumerate(tried) if not one.right}
    mutant = max(caught)
    found = report("x.properties", "kl_divergence", tried, {**right, **caught, mutant: None})
    assert found.verdict.correct and found.caught == found.wrong - 1
    assert "that is changed in one place passes your test" in found.told.en
    met = {place: None for place in list(right)[:2]}
    slow = dict.fromkeys([*caught][-3:], TOOK_TOO_LONG)
    found = report("x.properties", "kl_divergence", tried, {**met, **caught, **slow})
    assert not found.verdict.correct, "ended before it met every right answer"


def test_check_test_prints_one_line(capsys, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setenv("PRODGEN_PLAIN", "1")
    check_test(TRIAL, sample(TRIAL, "torch"), framework="torch")
    assert capsys.readouterr().out == "test_vae_kl_divergence.properties  ✓ 17/17\n"
    check_test(TRIAL, nothing, framework="torch")
    assert capsys.readouterr().out.startswith("test_vae_kl_divergence.properties  ✗ 0/17  ")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_suspect_tells_no_line_of_the_answer(framework):
    """What is said of a mutant is one of a few sentences; nothing of its text."""
    for identity in CHOSEN:
        for one in suspects(find_exercise(identity), framework):
            if one.kind == MUTANT:
                assert not set("()=[]→._") & set(one.name.en)


@pytest.mark.mutants
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_list_of_survivors_is_what_the_checks_let_pass(framework):
    pytest.importorskip(framework)
    from test_mutants import check, mutants

    fw, found = Framework(framework), {}
    for identity in CHOSEN:
        exercise = find_exercise(identity)
        reference = run(exercise, exercise.solution(fw), fw)
        rows = mutants(exercise.source(framework))
        alive = [what for what, text in rows if check(exercise, text, fw, reference).correct]
        found |= {identity: alive} if alive else {}
    assert found == _survivors().get(framework, {})


def test_samples_mirror_each_other():
    texts = [(HERE / f"properties_{framework}.py").read_text() for framework in FRAMEWORKS]
    names = [
        {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
        for text in texts
    ]
    wanted = {identity.replace(".", "__") for identity in CHOSEN}
    assert all(wanted <= found for found in names)


@pytest.mark.parametrize("identity", CHOSEN)
def test_its_chapter_points_to_it(identity):
    topic = identity.partition(".")[0]
    (path,) = (HERE.parents[1] / "chapters").glob(f"[0-9][0-9]_{topic}.md")
    assert f"`prodgen practice test {identity}`" in path.read_text(encoding="utf-8")
