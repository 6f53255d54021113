"""Spaces, histories and yardsticks of a search."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from prodgen_lib.plain import problems, search
from prodgen_lib.plain.search import History, Space, Trial, choice, integer, linear, log, run_trial
from prodgen_lib.show import search_board

SPACE = {
    "learning_rate": log(1e-4, 1e-1),
    "width": integer(8, 64, log=True),
    "layers": integer(1, 4),
    "optimizer": choice("adam", "sgd", "lion"),
    "dropout": linear(0.0, 0.5),
}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def space():
    return Space(SPACE)


def test_decode_and_encode_are_inverse(space, rng):
    for point in rng.random((200, space.size)):
        parameters = space.decode(point)
        assert 1e-4 <= parameters["learning_rate"] <= 1e-1
        assert 8 <= parameters["width"] <= 64 and isinstance(parameters["width"], int)
        assert 1 <= parameters["layers"] <= 4 and isinstance(parameters["layers"], int)
        back = space.decode(space.encode(parameters))
        assert back["dropout"] == pytest.approx(parameters["dropout"])
        assert back["optimizer"] == parameters["optimizer"]
        assert back["learning_rate"] == pytest.approx(parameters["learning_rate"])
        assert (back["width"], back["layers"]) == (parameters["width"], parameters["layers"])
        snapped = space.snap(point)
        assert np.allclose(space.snap(snapped), snapped)
        assert ((snapped >= 0) & (snapped <= 1)).all()


def test_scales(space):
    halfway = space.decode(np.full(space.size, 0.5))
    assert halfway["learning_rate"] == pytest.approx(10**-2.5)
    assert halfway["dropout"] == pytest.approx(0.25)
    assert space.size == 7  # one for each option of the choice
    assert space.decode(np.array([0, 0, 0, 0.1, 0.9, 0.2, 0]))["optimizer"] == "sgd"


def test_each_whole_number_is_as_likely(rng):
    space = Space({"layers": integer(1, 4)})
    found = [space.decode(np.array([x]))["layers"] for x in np.linspace(0, 1, 4001)]
    assert np.allclose(np.bincount(found)[1:] / 4001, 0.25, atol=0.01)
    assert space.decode(np.array([-0.1]))["layers"] == 1
    assert space.decode(np.array([1.1]))["layers"] == 4


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: linear(2, 1), "reversed"),
        (lambda: log(0.1, 0.001), "reversed"),
        (lambda: linear(3, 3), "nothing to search"),
        (lambda: log(-1e-3, 1), "above 0"),
        (lambda: log(0, 1), "above 0"),
        (lambda: integer(0, 5, log=True), "above 0"),
        (lambda: integer(0.5, 5), "whole"),
        (lambda: linear(0, math.inf), "finite"),
        (lambda: linear(math.nan, 1), "finite"),
        (lambda: choice("adam"), "two or more"),
        (lambda: choice("adam", "adam"), "different"),
        (lambda: choice("adam", object()), "numbers"),
        (lambda: search.Dimension("logit", 0, 1), "Unknown kind 'logit'"),
        (lambda: Space({}), "at least one"),
        (lambda: Space({"width": (8, 64)}), "width is a tuple"),
    ],
)
def test_bad_spaces_are_refused_in_one_sentence(make, says):
    with pytest.raises(ValueError, match=says) as error:
        make()
    assert "\n" not in str(error.value) and str(error.value).endswith(".")


def trial(space, rng, value=1.0, **options) -> Trial:
    return Trial(space.decode(rng.random(space.size)), value, **options)


def test_history_comes_back_from_its_file(space, rng, tmp_path):
    path = tmp_path / "runs" / "history.json"
    history = History(space, path)
    history.add(trial(space, rng, 2.0, seconds=0.5))
    history.add(trial(space, rng, math.nan, error="The objective raised ValueError: no."))
    history.add(trial(space, rng, 1.0, gain=0.25))
    again = History(space, path)
    assert np.array_equal(again.points, history.points)
    assert np.array_equal(again.values, history.values, equal_nan=True)
    assert again.gains == [0.25] and again.best == history.trials[2]
    assert again.trials[1].error == history.trials[1].error
    assert list(history.running_best()) == [2, 2, 1]
    assert [p.name for p in path.parent.iterdir()] == ["history.json"]


def test_an_interrupted_write_leaves_the_old_history(space, rng, tmp_path, monkeypatch):
    path = tmp_path / "history.json"
    history = History(space, path)
    history.add(trial(space, rng))
    monkeypatch.setattr(search.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        history.add(trial(space, rng))
    monkeypatch.undo()
    assert len(History(space, path)) == 1


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (Space({**SPACE, "dropout": linear(0, 0.4)}), "another space .dropout differs"),
        (Space({"width": integer(8, 64)}), "another space"),
    ],
)
def test_a_history_of_another_space_is_refused_and_kept(space, rng, tmp_path, other, says):
    path = tmp_path / "history.json"
    History(space, path).add(trial(space, rng))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=says):
        History(other, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "not json", '{"space": {}, "trials": [{"x": 1}]}', "\x00\xff"]
)
def test_a_file_that_is_no_history_is_refused_and_kept(space, tmp_path, content):
    path = tmp_path / "history.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(ValueError, match="is not the history"):
        History(space, path)
    assert path.read_text(encoding="latin-1") == content


def test_the_file_is_plain_json(space, rng, tmp_path):
    path = tmp_path / "history.json"
    History(space, path).add(trial(space, rng, math.nan, error="no"))
    content = json.loads(path.read_text())
    assert content["trials"][0]["value"] is None and "NaN" not in path.read_text()


def test_failed_trials_say_why(space, rng):
    point = rng.random(space.size)
    assert run_trial(lambda p: 3, space, point).value == 3.0
    diverged = run_trial(lambda p: math.inf, space, point)
    assert math.isnan(diverged.value) and "returned inf" in diverged.error
    broken = run_trial(lambda p: p["no such"], space, point, gain=0.5)
    assert math.isnan(broken.value) and "raised KeyError: 'no such'" in broken.error
    assert broken.gain == 0.5 and broken.seconds >= 0
    assert "raised TypeError" in run_trial(lambda p: None, space, point).error

    def interrupted(parameters):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trial(interrupted, space, point)


def test_no_best_without_success(space, rng):
    history = History(space)
    with pytest.raises(ValueError, match="None of 0"):
        _ = history.best
    history.add(trial(space, rng, math.nan))
    assert history.running_best()[0] == math.inf
    with pytest.raises(ValueError, match="All 1 trials failed"):
        search.check_some_succeeded(history)


def test_standardise_survives_failures_outliers_and_constants():
    seen = search.standardise(np.array([1.0, 2.0, 4.0, np.nan]))
    assert seen.mean() == pytest.approx(0) and seen.std() == pytest.approx(1)
    assert seen[3] == seen[2] == seen.max()
    far = search.standardise(np.array([0.0, 1.0, 2.0, 1e8]))
    assert far[1] - far[0] > 0.1 and far[3] > far[2]
    assert np.array_equal(search.standardise(np.full(5, 7.0)), np.zeros(5))
    assert np.array_equal(search.standardise(np.array([3.0])), np.zeros(1))
    with pytest.raises(ValueError, match="None of 2"):
        search.standardise(np.array([np.nan, np.inf]))


def test_first_untried():
    tried = np.array([[0.0, 0.0], [1.0, 1.0]])
    snap = np.round
    assert np.array_equal(search.first_untried([[0.2, 0.9]], tried, snap), [0, 1])
    near = [np.array([0.2, 0.1]), np.array([0.9, 0.2])]
    assert np.array_equal(search.first_untried(near, tried, snap), [1, 0])
    assert search.first_untried(near[:1], tried, snap) is None
    assert np.array_equal(
        search.first_untried(near[:1], tried, snap, otherwise=near[0]), [0.0, 0.0]
    )


def test_known_minima():
    for place in ([-np.pi, 12.275], [np.pi, 2.275], [9.42478, 2.475]):
        unit = (np.array(place) - [-5, 0]) / 15
        assert problems.branin(unit) == pytest.approx(problems.BRANIN_MINIMUM, abs=1e-6)
    best = np.array([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573])
    assert problems.hartmann6(best) == pytest.approx(problems.HARTMANN6_MINIMUM, abs=1e-5)
    assert problems.forrester(0.757249) == pytest.approx(-6.02074, abs=1e-5)
    points = np.random.default_rng(0).random((5000, 6))
    assert (problems.hartmann6(points) > problems.HARTMANN6_MINIMUM).all()
    assert (problems.branin(points[:, :2]) > problems.BRANIN_MINIMUM).all()


def test_sobol_is_spread_and_seeded():
    points = search.sobol(64, 2, seed=3)
    counts = np.histogram2d(*points.T, bins=4, range=[[0, 1], [0, 1]])[0]
    assert (counts == 4).all()
    assert np.array_equal(points, search.sobol(64, 2, seed=3))
    assert not np.array_equal(points, search.sobol(64, 2, seed=4))
    assert search.sobol(5, 3, seed=0).shape == (5, 3)


def test_blind_searches(rng):
    space = Space({"x": linear(0, 1), "y": linear(0, 1)})

    def objective(parameters):
        return float(problems.branin(np.array([parameters["x"], parameters["y"]])))

    for run in (search.random_search, search.sobol_search):
        history = run(objective, space, budget=20, seed=1)
        assert len(history) == 20 and history.best.value == history.running_best()[-1]
        assert np.array_equal(history.points, run(objective, space, budget=20, seed=1).points)


def test_successive_halving_keeps_the_best_and_drops_the_lost():
    calls = []

    def train_on(candidate, steps):
        calls.append((candidate, steps))
        return math.nan if candidate == 0 else 10 - candidate + 1 / steps

    table = search.successive_halving(train_on, 9, rungs=(1, 3, 9))
    assert [[number for number, _ in rung] for rung in table] == [
        [8, 7, 6, 5, 4, 3, 2, 1, 0], [8, 7, 6], [8]
    ]  # fmt: skip
    assert len(calls) == 13 and calls[-1] == (8, 9)
    for options in ({"candidates": 0}, {"candidates": 3, "keep": 1.0}):
        with pytest.raises(ValueError, match="Expected candidates"):
            search.successive_halving(train_on, **options)
    with pytest.raises(ValueError, match="growing rungs"):
        search.successive_halving(train_on, 3, rungs=(9, 3))


def test_pictures_of_a_history(space, rng):
    history = History(space)
    for value in (math.nan, 3.0, 2.0, math.nan, 4.0):
        history.add(trial(space, rng, value))
    ax = search_board.draw_history(history, budget=10).axes[0]
    assert ax.get_xlim() == (0, 11)
    lowest = {line.get_label(): line.get_ydata() for line in ax.lines}["lowest so far"]
    assert list(lowest) == [3, 2, 2, 2]
    search_board.live_plot(10)(history)  # outside a notebook: nothing


def test_the_live_plot_is_renewed_after_each_trial(space, rng, monkeypatch):
    shown = []

    class Handle:
        def update(self, bundle, *, raw):
            shown.append(bundle["text/plain"])

    monkeypatch.setattr(search_board.plots, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda *_, **options: Handle())
    on_trial, history = search_board.live_plot(9), History(space)
    for value in (3.0, math.nan):
        history.add(trial(space, rng, value))
        on_trial(history)
    assert [text.split(" trials")[0] for text in shown] == ["Values of 1 of 9", "Values of 2 of 9"]


def test_numpy_bounds_and_options_go_into_a_file(tmp_path):
    low, high = np.array([4, 16])
    dimensions = {
        "w": integer(low, high),
        "r": log(np.float32(0.5), np.float64(2)),
        "c": choice(np.int64(1), np.str_("a"), np.bool_(False)),
    }
    for _ in range(2):  # the second goes on from the file of the first
        history = History(Space(dimensions), tmp_path / "h.json")
        history.add(run_trial(lambda p: p["w"], history.space, np.full(history.space.size, 0.5)))
    assert len(History(Space(dimensions), tmp_path / "h.json")) == 2


@pytest.mark.parametrize(
    "options", [(0, False), (0, False, 2), (1, 1.0), (1, True), (np.int64(1), 1), ("a", "a")]
)
def test_equal_options_are_refused(options):
    with pytest.raises(ValueError, match="two or more different options"):
        choice(*options)


@pytest.mark.parametrize("odd", [math.nan, math.inf, np.float32("nan")])
def test_options_that_are_no_numbers_are_refused(odd):
    with pytest.raises(ValueError, match="Options must be finite"):
        choice(odd, 1.0)


def test_two_processes_on_one_history_are_both_kept(tmp_path):
    code = (
        "import sys, time\n"
        "import numpy as np\n"
        "from prodgen_lib.plain.search import *\n"
        "h = History(Space({'x': linear(0, 1)}), sys.argv[1])\n"
        "for i in range(20):\n"
        "    h.add(run_trial(lambda p: float(sys.argv[2]), h.space, np.array([i / 20])))\n"
        "    time.sleep(0.005)\n"
    )
    path = tmp_path / "both.json"
    running = [subprocess.Popen([sys.executable, "-c", code, path, str(n)]) for n in (1, 2)]
    assert [process.wait() for process in running] == [0, 0]
    values = [trial["value"] for trial in json.loads(path.read_text())["trials"]]
    assert sorted(values) == [1.0] * 20 + [2.0] * 20
    assert [file.name for file in tmp_path.iterdir()] == ["both.json"]
