"""The judge alone, on plain arrays: no framework, no answer, only what was seen."""

import numpy as np
import pytest

from prodgen_lib.checking.check import Failure, judge
from prodgen_lib.checking.exercise import Case, Exercise
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.page import Wrong

CASES = [Case("the tiny case", {}, by_hand={"loss": 0.5}), Case("a batch", {})]


def observations(tiny=0.5, batch=2.0, same=0.0, gradient=(1.0, -1.0)):
    def one(loss):
        return {
            "loss": np.float32(loss),
            "invariant order": np.float32(same),
            "gradient of x": np.float32(gradient),
        }

    return [one(np.asarray(tiny)), one(np.asarray(batch))]


REFERENCE = observations()


def exercise(**changes):
    fields = {
        "id": "toy.loss",
        "difficulty": 1,
        "importance": 1,
        "minutes": 1,
        "cases": lambda rng: CASES,
        "observe": lambda answer, case, framework: {},
        "hints": (Text("a", "甲"), Text("b", "乙"), Text("c", "丙")),
        "wrong": (),
    }
    return Exercise(**fields | changes)


def known(name, sentence):
    return Wrong(name, Text(sentence, "中文"), (), ())


def verdict(seen, **options):
    changes = options.pop("changes", {})
    return judge(exercise(**changes), CASES, seen, REFERENCE, **options)


def test_right_answer_passes_every_stage():
    result = verdict(observations(batch=2.0000001))
    assert result.correct and result.passed == result.stages == 5
    assert not result.message and not result.stage.en


@pytest.mark.parametrize(
    ("seen", "passed", "words"),
    [
        ([Failure("NotImplementedError", "")], 0, "Not answered yet"),
        ([Failure("NotImplementedError", "no numpy")], 0, "NotImplementedError: no numpy"),
        ([Failure("TypeError", "too many", 3)], 0, "TypeError: too many (line 3 of the answer)"),
        (observations(batch=[1.0, 2.0]), 0, "loss, got shape (2,); expected one number"),
        (observations(tiny=0.7), 1, "On the tiny case, loss: got 0.7; worked by hand it is 0.5"),
        (observations(batch=3.0), 2, "On a batch, loss: got 3; expected 2"),
        (observations(batch=np.nan), 2, "loss: got nan"),
        (observations(same=1.0), 3, "invariant order"),
        (
            observations(gradient=(1.0, 1.0)),
            4,
            "x, most different at [1]: got 1; expected -1",
        ),
    ],
)
def test_first_failing_stage_gives_one_sentence(seen, passed, words):
    result = verdict(seen)
    assert (result.correct, result.passed) == (False, passed)
    assert words in result.message


def test_missing_observation_is_named():
    seen = [{"loss": np.float32(0.5)}, {"loss": np.float32(2)}]
    assert "lacks this: invariant order" in verdict(seen).message


def test_integers_do_not_pass_for_floats():
    seen = observations()
    seen[1]["loss"] = np.asarray(2)
    assert "got type int64" in verdict(seen).message


def test_message_of_the_exercise_comes_before_the_generic_one():
    changes = {
        "messages": {"gradient of x": Text("The gradient must reach x.", "梯度必须到达 x。")}
    }
    result = verdict(observations(gradient=(0.0, 0.0)), changes=changes)
    assert result.message == "The gradient must reach x."


def test_known_wrong_answer_is_recognised_by_its_numbers():
    swapped = known("sign", "The sign is turned round.")
    suspects = [
        (known("other", "Not this."), observations(tiny=9)),
        (swapped, observations(tiny=-0.5, batch=-2.0)),
    ]
    result = verdict(observations(tiny=-0.5, batch=-2.0), suspects=suspects)
    assert (result.message, result.wrong) == ("The sign is turned round.", "sign")


def test_known_wrong_answer_is_recognised_by_its_exception():
    failure = Failure("ValueError", "shapes (2,) and (3,)", 4)
    suspects = [(known("shape", "Reshape first."), [Failure(failure.type, failure.message, 9)])]
    assert verdict([failure], suspects=suspects).message == "Reshape first."


def test_suspects_cost_nothing_when_the_answer_is_right():
    def explode():
        raise AssertionError("known wrong answers ran")
        yield

    assert verdict(observations(), suspects=explode()).correct


def test_suspects_run_no_further_than_they_agree():
    def other_from_the_start():
        yield {name: value + 1 for name, value in REFERENCE[0].items()}
        raise AssertionError("the second case ran")

    suspects = [(known("other", "Not this."), other_from_the_start())]
    assert "expected 2" in verdict(observations(batch=3.0), suspects=suspects).message


def test_complaint_is_the_whole_sentence():
    assert verdict([Failure("Complaint", "Return a tensor.", 3)]).message == "Return a tensor."


def test_text_is_compared_and_shown():
    seen = [{**observation, "layers": np.asarray("a b")} for observation in REFERENCE]
    expected = [{**observation, "layers": np.asarray("a c")} for observation in REFERENCE]
    result = judge(exercise(), CASES, seen, expected)
    assert result.message == "On the tiny case, layers: got a b; expected a c."


def test_wrong_answer_without_edits_does_not_exist_there():
    only_torch = Wrong(
        "graph", Text("Keep the graph.", "保留计算图。"), torch=(("a", "b"),), tensorflow=()
    )
    known = exercise(wrong=(only_torch,))
    assert known.known_wrong("torch") == [only_torch] and not known.known_wrong("tensorflow")


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ("def f(x):\n    return F.softplus(x)", True),
        ("def f(x):\n    return F.binary_cross_entropy(x)", False),
        ("    def f(x):\n        return binary_cross_entropy(x)", False),
        (None, True),
    ],
)
def test_rules_come_last(source, passes):
    changes = {"forbidden": ("binary_cross_entropy",)}
    result = verdict(observations(), source=source, changes=changes)
    assert result.correct is passes
    if not passes:
        assert result.passed == 5 and "`binary_cross_entropy`" in result.message


def test_the_stage_that_fails_is_named():
    assert verdict(observations(tiny=0.7)).stage.en == "the case worked by hand"
    assert verdict(observations(gradient=(0.0, 0.0))).stage.zh == "梯度"
