"""The blind comparison: what is shown, what is kept, and that nothing kept is ever lost."""

import io
import json
import multiprocessing
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image as Picture

from prodgen_lib.show.ratings import (
    append_vote,
    count_wins,
    plan_study,
    ratings_file,
    read_votes,
    simulated_votes,
    vote,
)
from prodgen_lib.show.widgets import blind_comparison


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))


def study(seed=0, **changes):
    sets = {name: np.full((5, 4, 4, 3), 40 * k, np.uint8) for k, name in enumerate("abcd")}
    return plan_study(sets, **{"ruined": "d", "each": 4, "catches": 3, "seed": seed} | changes)


def shown(box):
    return re.findall(r'src="([^"]+)"', box.children[0].value)


def controls(box):
    left, lever, right = box.children[1].children
    return left, lever, right


def said(box):
    return box.children[2].value


def test_each_pair_of_sets_as_often_as_asked_and_the_ruined_one_in_catch_trials_only():
    plan = study()
    assert plan.names == ("a", "b", "c")
    pairs = [frozenset((t.left, t.right)) for t in plan.trials if not t.catch]
    assert all(pairs.count(frozenset(pair)) == 4 for pair in ("ab", "ac", "bc"))
    assert len(pairs) == 12
    assert [{t.left, t.right} for t in plan.trials if t.catch] == [{"a", "d"}] * 3


def test_order_and_sides_come_from_the_seed():
    assert study(0).trials == study(0).trials
    assert study(0).trials != study(1).trials
    many = study(each=200, catches=40).trials
    assert 0.4 < np.mean([t.left < t.right for t in many]) < 0.6
    assert any(t.catch for t in many[:320]) and any(t.catch for t in many[320:])
    assert {t.picture for t in many} == set(range(5))


def test_a_study_of_other_pictures_or_pairs_has_another_identity():
    first = study()
    sets = {name: pictures.copy() for name, pictures in first.sets.items()}
    sets["b"] += 1
    other = plan_study(sets, ruined="d", each=4, catches=3, seed=0)
    assert len({first.identity, other.identity, study(1).identity}) == 3


@pytest.mark.parametrize("ruined", ["nothing", "b"])
def test_too_few_sets_are_refused_in_one_sentence(ruined):
    pictures = np.zeros((1, 4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="at least two sets besides the ruined one; got a, b"):
        plan_study({"a": pictures, "b": pictures}, ruined=ruined, each=1, catches=1, seed=0)


def test_sets_of_other_sizes_are_refused_in_one_sentence():
    counts = {"a": 2, "b": 2, "c": 3}
    sets = {name: np.zeros((count, 4, 4, 3), np.uint8) for name, count in counts.items()}
    with pytest.raises(ValueError, match=r"hold \[2, 3\] pictures"):
        plan_study(sets, ruined="c", each=1, catches=1, seed=0)


def test_both_sides_show_the_same_picture_of_their_sets():
    sets = {name: np.zeros((9, 4, 4, 3), np.uint8) for name in "abc"}
    for k, pictures in enumerate(sets.values()):
        pictures[...] = 20 * k + np.arange(9)[:, None, None, None]
    plan = plan_study(sets, ruined="c", each=5, catches=1, seed=0)
    for trial in plan.trials:
        left, right = (sets[name][trial.picture].mean() % 20 for name in (trial.left, trial.right))
        assert left == right == trial.picture
    box = blind_comparison(plan, "Which?", zoom=1)
    seen = [
        np.asarray(Picture.open(io.BytesIO(b64decode(a.partition(",")[2])))) for a in shown(box)
    ]
    trial = plan.trials[0]
    for picture, name in zip(seen, (trial.left, trial.right), strict=True):
        np.testing.assert_array_equal(picture, sets[name][trial.picture])


def test_the_page_does_not_tell_which_set_a_picture_is_of():
    sets = {"studio": np.zeros((2, 4, 4, 3), np.uint8), "gan": np.ones((2, 4, 4, 3), np.uint8)}
    sets["spoilt"] = np.full((2, 4, 4, 3), 9, np.uint8)
    plan = plan_study(sets, ruined="spoilt", each=1, catches=1, seed=0)
    words = re.sub(r'src="[^"]+"', "", blind_comparison(plan, "Which?").children[0].value)
    assert not any(name in words for name in sets)
    assert re.findall(r'alt="(\w+) picture of pair 1"', words) == ["left", "right"]


def test_lever_and_buttons_vote_and_the_next_pair_comes():
    plan = study()
    box = blind_comparison(plan, "Which?")
    first = shown(box)
    left, lever, right = controls(box)
    lever.value = 1
    assert lever.value == 0 and "1 of 15 pairs rated" in said(box)
    assert shown(box) != first
    left.click()
    right.click()
    lever.value = -1
    votes = read_votes(ratings_file(), plan)
    assert [entry["side"] for entry in votes] == ["right", "left", "right", "left"]
    assert votes[0]["winner"] == plan.trials[0].right and votes[0]["loser"] == plan.trials[0].left
    assert all(entry["seconds"] >= 0 for entry in votes)


def test_a_study_goes_on_where_it_was_left_and_ends():
    plan = study()
    controls(blind_comparison(plan, "Which?"))[0].click()
    box = blind_comparison(plan, "Which?")
    assert "1 of 15" in said(box)
    for _ in range(14):
        controls(box)[2].click()
    assert "15 of 15" in said(box) and "last" in said(box)
    assert all(control.disabled for control in controls(box))
    controls(box)[1].value = 1
    assert len(read_votes(ratings_file(), plan)) == 15
    assert "0 of 15" in said(blind_comparison(study(1), "Which?"))


def test_a_disk_that_refuses_keeps_the_pair_and_says_so(tmp_path, monkeypatch):
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("PRODGEN_HOME", str(blocker))
    box = blind_comparison(study(), "Which?")
    before = shown(box)
    controls(box)[0].click()
    assert "could not be kept" in said(box) and "0 of 15" in said(box)
    assert shown(box) == before


def test_corrupt_lines_are_kept_and_passed_over():
    plan, path = study(), ratings_file()
    path.parent.mkdir(parents=True)
    strange = [
        '{"study": "' + plan.identity + '", "trial": 99, "side": "left"}',
        '{"study": "' + plan.identity + '", "trial": -1, "side": "left"}',
        '{"study": "' + plan.identity + '", "trial": 0, "side": "up"}',
        '{"study": "' + plan.identity + '", "trial": [0], "side": "left"}',
        "[]",
        "no JSON",
        '{"study": "ano',
    ]
    torn = "\n".join(strange).encode() + b"\xff"
    path.write_bytes(torn)
    append_vote(path, vote(plan, 2, "right"))
    append_vote(path, vote(plan, 1, "left"))
    assert path.read_bytes().startswith(torn + b"\n")
    assert [(v["trial"], v["side"]) for v in read_votes(path, plan)] == [(1, "left"), (2, "right")]


def test_a_vote_given_again_is_a_further_line_and_the_last_counts():
    plan, path = study(), ratings_file()
    for side in ("left", "right"):
        append_vote(path, vote(plan, 0, side))
    assert [entry["side"] for entry in read_votes(path, plan)] == ["right"]
    lines = path.read_text().splitlines()
    assert [json.loads(line)["side"] for line in lines] == ["left", "right"]


def _append_many(path, mark):
    for number in range(200):
        append_vote(path, {"mark": mark, "number": number, "long": "x" * 500})


def test_two_that_append_at_once_tear_no_line():
    path = ratings_file()
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_append_many, args=(path, mark)) for mark in "ab"]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    found = [json.loads(line) for line in path.read_text().splitlines() if line]
    for mark in "ab":
        assert [line["number"] for line in found if line["mark"] == mark] == list(range(200))


def test_wins_are_counted_without_catch_trials():
    plan = study()
    votes = [vote(plan, number, "left") for number in range(len(plan.trials))]
    wins = count_wins(votes, plan.names)
    assert wins.sum() == 12 and (np.diag(wins) == 0).all()
    np.testing.assert_array_equal(wins + wins.T, 4 * (1 - np.eye(3)))
    for i, j in ((0, 1), (1, 2), (2, 0)):
        pair = (plan.names[i], plan.names[j])
        assert wins[i, j] == sum((t.left, t.right) == pair for t in plan.trials)


def test_simulated_raters_follow_their_strengths():
    plan = study(each=20)
    strengths = {"a": 1.0, "b": 0.0, "c": 0.0, "d": -40.0}
    votes = simulated_votes(plan, strengths, raters=50, seed=0)
    wins = count_wins(votes, plan.names)
    assert wins[0, 1] / (wins[0, 1] + wins[1, 0]) == pytest.approx(1 / (1 + np.exp(-1)), abs=0.04)
    assert wins[1, 2] / 1000 == pytest.approx(0.5, abs=0.06)
    assert all(entry["winner"] == "a" for entry in votes if entry["catch"])
    assert votes == simulated_votes(plan, strengths, raters=50, seed=0)
