import numpy as np
import pytest

from prodgen_lib.plain.calibration import calibration
from prodgen_lib.plain.items import FEWEST, discriminations, rest_scores, share


def simulated(rng, people, slopes, difficulties):
    """Answers of a class of known ability (the two-parameter model of item response theory)."""
    ability = rng.standard_normal((people, 1))
    chance = 1 / (1 + np.exp(-np.asarray(slopes) * (ability - np.asarray(difficulties))))
    return (rng.random(chance.shape) < chance).astype(float)


SLOPES = [1.6, 1.2, 0.9, 2.0, 1.4, 1.1, 0.0, 1.5, 1.0, 1.8]  # the seventh knows nothing
HARD = [-1.0, -0.5, 0.0, 0.5, 1.0, -0.8, 0.0, 0.3, -0.2, 0.7]


def test_the_intervals_of_simulated_classes_hold_the_true_discrimination():
    big = simulated(np.random.default_rng(1), 200_000, SLOPES, HARD)
    rest = rest_scores(big)
    truth = [np.corrcoef(big[:, k], rest[:, k])[0, 1] for k in range(len(SLOPES))]
    inside = []
    for seed in range(20):
        found = discriminations(
            simulated(np.random.default_rng([2, seed]), 200, SLOPES, HARD), resamples=400
        )
        inside += [one.low <= true <= one.high for one, true in zip(found, truth, strict=True)]
        assert all(one.verdict == "separates" for k, one in enumerate(found) if k != 6)
    assert 0.91 <= np.mean(inside) <= 0.99  # 200 intervals of 95 %


def test_a_useless_item_is_named_and_a_reversed_one_too():
    right = simulated(np.random.default_rng(5), 200, SLOPES, HARD)
    right[:, 0] = 1 - right[:, 0]
    verdicts = [one.verdict for one in discriminations(right, resamples=500)]
    assert verdicts[6] == "useless" and verdicts[0] == "reversed"
    assert verdicts.count("separates") == 8


def test_a_class_of_nine_and_an_item_that_all_solve_say_nothing():
    right = simulated(np.random.default_rng(3), 60, SLOPES, HARD)
    assert discriminations(right[: FEWEST - 1]) == [None] * len(SLOPES)
    assert None not in discriminations(right, resamples=100)
    right[:, 2] = 1
    assert discriminations(right, resamples=100)[2] is None
    assert discriminations(np.zeros((0, 3))) == [None] * 3


def test_one_exercise_alone_has_no_rest():
    right = simulated(np.random.default_rng(3), 60, SLOPES[:1], HARD[:1])
    assert discriminations(right, resamples=50) == [None]


def test_who_was_not_asked_counts_neither_as_right_nor_as_wrong():
    right = simulated(np.random.default_rng(4), 400, SLOPES, HARD)
    asked = right.copy()
    asked[200:, 5:] = np.nan
    full, part = (discriminations(one, resamples=300) for one in (right[:200], asked))
    assert part[7] == pytest.approx(part[7]) and abs(part[7].value - full[7].value) < 0.1
    assert np.isnan(rest_scores(np.array([[1.0, np.nan]]))[0, 0])


def test_the_correlation_is_that_of_numpy():
    right = simulated(np.random.default_rng(6), 80, SLOPES, HARD)
    rest = (right.sum(1, keepdims=True) - right) / (len(SLOPES) - 1)
    for k, one in enumerate(discriminations(right, resamples=50)):
        assert one.value == pytest.approx(np.corrcoef(right[:, k], rest[:, k])[0, 1])


def test_wilsons_interval_by_hand():
    assert share(8, 10) == pytest.approx((0.8, 0.4901625, 0.9433178), abs=1e-4)
    assert share(0, 10)[1] == pytest.approx(0, abs=1e-12) and share(0, 10)[2] > 0.2
    assert np.isnan(share(0, 0)[0])


def test_predictions_that_hold_lie_on_the_diagonal_and_others_do_not():
    rng = np.random.default_rng(0)
    chances = rng.uniform(0.4, 1, 6000)
    pairs = list(zip(chances, rng.random(6000) < chances, strict=True))
    bins = calibration(pairs)
    assert sum(one.reviews for one in bins) == 6000
    assert all(one.low <= one.predicted <= one.high for one in bins)
    assert all(abs(one.predicted - one.recalled) < 0.06 for one in bins)
    wrong = calibration([(0.95, False), (0.95, True), (1.0, False)])
    assert len(wrong) == 1 and wrong[0].recalled == pytest.approx(1 / 3)
    assert calibration([]) == []
