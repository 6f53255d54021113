"""Marking sample answers: how far a candidate is from the reference, in terminal and notebook."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from test_practice import boxes, press, shown

from prodgen_lib.cli import main
from prodgen_lib.course.project import CourseError
from prodgen_lib.interview import marking, widgets
from prodgen_lib.interview.desk import Desk
from prodgen_lib.plain.human import cohen_kappa

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PRODGEN_HOME", str(tmp_path / "home"))


@pytest.fixture
def desk(home):
    return Desk(ROOT, now=lambda: NOW, fuzz=False)


def each_alone(mine, theirs):
    return [([a], [b]) for a, b in zip(mine, theirs, strict=True)]


def test_a_case_by_hand():
    """Levels 1 2 3 against 1 3 3: squared differences 1 of three; at random 14/9 a pair."""
    found = marking.agreement(each_alone([1, 2, 3], [1, 3, 3]))
    pairs = [(a - b) ** 2 for a in (1, 2, 3) for b in (1, 3, 3)]
    assert found.kappa == pytest.approx(1 - (1 / 3) / (sum(pairs) / 9))
    assert found.interval is None and found.count == 3


@pytest.mark.parametrize("seed", range(5))
def test_kappa_agrees_with_peers(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    mine = rng.integers(0, 4, 40)
    theirs = np.clip(mine + rng.integers(-1, 2, 40), 0, 3)
    ours = marking.agreement(each_alone(mine, theirs)).kappa
    peer = metrics.cohen_kappa_score(mine, theirs, weights="quadratic", labels=range(4))
    assert ours == pytest.approx(peer)
    assert ours == pytest.approx(cohen_kappa(mine, theirs, weights="quadratic"))
    ticks = mine > 1, theirs > 1
    by_point = marking.agreement(list(zip(*(t.reshape(8, 5) for t in ticks), strict=True)))
    assert by_point.kappa == pytest.approx(metrics.cohen_kappa_score(*ticks))
    assert by_point.count == 40


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """A marker who errs by one level in three answers, again and again."""
    rng, inside, trials = np.random.default_rng(0), 0, 200
    truth = marking.agreement(each_alone(*_marked(rng, 100_000))).kappa
    for _ in range(trials):
        low, high = marking.agreement(each_alone(*_marked(rng, 36))).interval
        inside += low <= truth <= high
    assert 0.88 <= inside / trials <= 0.99


def _marked(rng, count):
    theirs = rng.integers(1, 4, count)
    return np.clip(theirs + rng.choice([-1, 0, 0, 0, 1], count), 0, 3), theirs


def test_where_nothing_can_be_said_it_is_said():
    assert marking.agreement([]).kappa is None
    same = marking.agreement(each_alone([2, 2], [2, 2]))
    assert same.kappa is None and "too few" in marking.told(same, same, "en")
    assert "算不出" in marking.told(same, same, "zh")
    perfect = marking.agreement(each_alone([1, 2, 3] * 4, [1, 2, 3] * 4))
    assert perfect.kappa == 1 and perfect.interval == (1, 1)


def test_the_order_does_not_tell_the_levels(desk):
    orders = {
        tuple(one.level for one in desk.marking("vae.what_is_it", seed).samples)
        for seed in range(40)
    }
    assert len(orders) == 6


def test_marks_are_kept_compared_and_steer_what_comes_next(desk):
    one = desk.marking("vae.what_is_it", 0)
    while one.current:  # a generous marker: all points but the last
        one.tick([point.id for point in one.question.points[:-1]])
    told = one.compared("en")
    assert told.count("was written as") == 3
    assert "Ticked, not in the reference" in told and "In the reference, not ticked" in told
    assert "参考里没有" in one.compared("zh")
    desk.keep_marks(one)
    assert len(desk.history.marks()) == 3
    assert "from 3 answers" in desk.how_far() and "of 18" not in desk.how_far()
    assert desk.marking().question.id != "vae.what_is_it"
    marked = [(name, "junior", []) for name in desk.samples]
    assert marking.next_question(desk.samples, marked[::-1]) == marked[-1][0], "longest ago"
    assert marking.next_question(desk.samples, [], ["gan"]).startswith("gan.")
    assert marking.how_far([("a.gone", "junior", [])], desk.bank, desk.samples)[0].count == 0


def test_the_last_mark_of_an_answer_counts(desk):
    says = desk.samples["vae.what_is_it"][0].says
    rows = [("vae.what_is_it", "junior", said) for said in ([], list(says))]
    levels, points = marking.how_far(rows, desk.bank, desk.samples)
    assert (levels.count, points.count, points.kappa) == (1, 6, 1)


def test_an_unknown_question_is_told(desk):
    with pytest.raises(CourseError, match=r"no sample answers to 'vae\.gone'; there are to: over"):
        desk.marking("vae.gone")


def run(*arguments, keys=""):
    command = ["--root", str(ROOT), "practice", "marking", *map(str, arguments)]
    return CliRunner().invoke(main, command, input=keys, catch_exceptions=False).output


def test_marking_in_a_terminal(home):
    keys = "\n1 2\n\n9\n1 2 3\n\n1,2,3,4\n"
    text = run("vae.what_is_it", "--language", "both", "--seed", 1, keys=keys)
    assert "Type numbers from 1 to 6." in text and "kappa" in text
    assert "编码器" in text and text.count("was written as") == 3
    marks = Desk(ROOT).history.marks()
    assert [len(said) for _, _, said in marks] == [2, 3, 4]
    assert "was written as" not in run("vae.what_is_it", keys="q\n")
    assert len(Desk(ROOT).history.marks()) == 3, "who leaves keeps nothing"
    chinese = run("gan.mode_collapse", "--language", "zh", keys="\n1\n\n1\n\n1\n")
    assert "回车" in chinese and "水平：" in chinese and "Answer" not in chinese


def test_marking_in_a_notebook(desk):
    box = widgets.marking(desk, "tokens.cache", seed=2)
    press(box, "Begin")
    for letter in "ABC":
        assert f"Answer {letter}" in shown(box)
        for check in boxes(box)[:3]:
            check.value = True
        press(box, "These it says")
    assert "was written as" in shown(box) and "kappa" in shown(box)
    assert [name for name, _, _ in desk.history.marks()] == ["tokens.cache"] * 3
    press(box, "Begin another")
    box.children[0].children[1].value = "zh"
    press(box, "开始")
    assert "回答 A" in shown(box)
