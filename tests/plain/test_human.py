"""Ratings and votes: by hand, against other libraries, and at their edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from prodgen_lib.plain import human


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def votes(rng, count: int, strengths: np.ndarray) -> np.ndarray:
    """`count` votes on each pair, of people who follow the model."""
    chance = 1 / (1 + np.exp(strengths - strengths[:, None]))
    wins = np.triu(rng.binomial(count, chance), 1)
    return wins + np.tril((count - wins).T, -1)


def test_mean_opinion_by_hand():
    found = human.mean_opinion_score(np.array([3, 4, 5, np.nan]))
    t = 0.95 / np.sqrt(2 * 0.975 * 0.025)  # its quantile has a closed form for 2 degrees of freedom
    half = t / np.sqrt(3)  # the deviation is 1
    assert found == pytest.approx((4, 4 - half, 4 + half), rel=1e-12)
    assert human.mean_opinion_score(np.array([2, 2])) == (2, 2, 2)


def test_mean_opinion_interval_holds_the_mean(rng):
    held = 0
    for _ in range(1000):
        _, low, high = human.mean_opinion_score(rng.normal(3, 1, 8))
        held += low <= 3 <= high
    assert 0.93 < held / 1000 < 0.97


@pytest.mark.parametrize("ratings", [[], [3], [np.nan, 3], [3, np.inf]])
def test_too_few_opinions(ratings):
    with pytest.raises(ValueError, match="at least two finite ratings"):
        human.mean_opinion_score(np.array(ratings))


@pytest.mark.parametrize(("wins", "trials"), [(0, 10), (57, 100), (10, 10), (1, 1), (300, 1000)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_wilson_is_scipys(wins, trials, confidence):
    expected = stats.binomtest(wins, trials).proportion_ci(confidence, method="wilson")
    found = human.wilson_interval(wins, trials, confidence=confidence)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_57_of_100_is_no_win():
    choice = human.two_alternative_forced_choice(57, 100)
    assert choice.share == 0.57
    assert choice.low == pytest.approx(0.472, abs=5e-4) and choice.high > 0.66
    assert choice.p_value == pytest.approx(stats.binomtest(57, 100).pvalue)
    assert human.two_alternative_forced_choice(570, 1000).p_value < 0.001


@pytest.mark.parametrize(("wins", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_votes(wins, trials):
    with pytest.raises(ValueError, match="expected 0 <= wins <= trials"):
        human.wilson_interval(wins, trials)


def test_two_candidates_by_hand():
    """3 : 1 is a strength apart of ln 3, with variance 1/3 + 1/1."""
    found = human.bradley_terry(np.array([[0, 3], [1, 0]]))
    assert found.strengths == pytest.approx([np.log(3) / 2, -np.log(3) / 2], rel=1e-12)
    assert found.standard_errors == pytest.approx([np.sqrt(4 / 3) / 2] * 2, rel=1e-9)


@pytest.mark.parametrize("candidates", [2, 3, 6, 10])
def test_bradley_terry_is_choix(rng, candidates):
    choix = pytest.importorskip("choix")
    wins = votes(rng, 60, rng.normal(0, 0.8, candidates))
    found = human.bradley_terry(wins)
    pairs = [
        (i, j) for i in range(candidates) for j in range(candidates) for _ in range(wins[i, j])
    ]
    for expected in (
        choix.opt_pairwise(candidates, pairs, tol=1e-12),
        choix.ilsr_pairwise(candidates, pairs, tol=1e-12),
    ):
        assert found.strengths == pytest.approx(expected - expected.mean(), abs=1e-6)
    assert abs(found.strengths.sum()) < 1e-9


def test_bradley_terry_is_logistic_regression(rng):
    """Newton's method on the last differences, with an inverse of the information: same errors."""
    wins = votes(rng, 40, np.array([0.5, 0, -0.2, -0.3]))
    count = len(wins)
    pairs = [(i, j) for i in range(count) for j in range(i)]
    design = np.array([np.eye(count)[i] - np.eye(count)[j] for i, j in pairs])[:, 1:]
    beta = np.zeros(count - 1)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ beta))
        trials = np.array([wins[i, j] + wins[j, i] for i, j in pairs])
        residual = np.array([wins[i, j] for i, j in pairs]) - trials * chance
        information = design.T @ (design * (trials * chance * (1 - chance))[:, None])
        beta += np.linalg.solve(information, design.T @ residual)
    found = human.bradley_terry(wins)
    assert found.strengths[1:] - found.strengths[0] == pytest.approx(beta, abs=1e-8)
    centre = (np.eye(count) - 1 / count)[:, 1:]
    errors = np.sqrt(np.diag(centre @ np.linalg.inv(information) @ centre.T))
    assert found.standard_errors == pytest.approx(errors, rel=1e-6)


def test_standard_errors_are_the_spread_of_estimates(rng):
    truth = np.array([0.6, 0.1, -0.2, -0.5])
    found = [human.bradley_terry(votes(rng, 100, truth)) for _ in range(300)]
    spread = np.std([f.strengths for f in found], axis=0, ddof=1)
    told = np.mean([f.standard_errors for f in found], axis=0)
    assert told == pytest.approx(spread, rel=0.15)
    assert np.mean([f.strengths for f in found], axis=0) == pytest.approx(truth, abs=0.03)


def test_nearly_decided_votes_still_converge():
    """99.9 % won: full Newton steps would run away."""
    wins = 1000 * np.triu(np.ones((6, 6)), 1)
    wins[5, 0] = 1
    found = human.bradley_terry(wins)
    chance = 1 / (1 + np.exp(found.strengths - found.strengths[:, None]))
    trials = wins + wins.T
    assert np.abs((wins - trials * chance).sum(axis=1)).max() < 1e-6
    assert (np.diff(found.strengths) < 0).all()


def test_unbeaten_and_unconnected_candidates_are_named():
    unbeaten = np.array([[0, 3, 2], [0, 0, 4], [0, 1, 0]])
    with pytest.raises(ValueError, match=r"Candidates \[0\] never lost .* small regularisation"):
        human.bradley_terry(unbeaten)
    group = np.array([[0, 3, 1, 1], [2, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1, 0]])
    with pytest.raises(ValueError, match=r"Candidates \[0, 1\] never lost"):
        human.bradley_terry(group)
    apart = np.array([[0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 5], [0, 0, 4, 0]])
    with pytest.raises(ValueError, match=r"compare the groups \[\[0, 1\], \[2, 3\]\]"):
        human.bradley_terry(apart)
    for wins in (unbeaten, group, apart):
        found = human.bradley_terry(wins, regularisation=0.1)
        assert np.isfinite(found).all()
    assert human.bradley_terry(unbeaten, regularisation=0.1).strengths.argmax() == 0


def test_regularisation_is_a_penalty(rng):
    """The gradient of likelihood less penalty is zero, and more penalty means less spread."""
    wins = votes(rng, 20, np.array([1.0, 0, -1]))
    spreads = []
    for penalty in (0.0, 0.5, 5.0):
        strengths = human.bradley_terry(wins, regularisation=penalty).strengths
        chance = 1 / (1 + np.exp(strengths - strengths[:, None]))
        gradient = (wins - (wins + wins.T) * chance).sum(axis=1) - penalty * strengths
        assert np.abs(gradient).max() < 1e-7
        spreads.append(np.ptp(strengths))
    assert spreads == sorted(spreads, reverse=True)


@pytest.mark.parametrize(
    ("wins", "sentence"),
    [
        ([[0, 1, 2], [1, 0, 2]], "square matrix"),
        ([[0]], "at least 2×2"),
        ([[0, -1], [1, 0]], "counts from 0 on"),
        ([[0, np.nan], [1, 0]], "finite counts"),
        ([[1, 2], [1, 0]], "nobody meets themselves"),
        ([[0, 0], [0, 0]], "There are no votes"),
    ],
)
def test_what_is_no_matrix_of_votes(wins, sentence):
    for penalty in (0, 1):
        with pytest.raises(ValueError, match=sentence):
            human.bradley_terry(np.array(wins), regularisation=penalty)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_is_krippendorffs(rng, level):
    krippendorff = pytest.importorskip("krippendorff")
    truth = rng.integers(1, 6, 25)
    for noise in (0, 1, 3):
        ratings = np.clip(truth + rng.integers(-noise, noise + 1, (4, 25)), 1, 5).astype(float)
        ratings[rng.random(ratings.shape) < 0.3] = np.nan
        expected = krippendorff.alpha(reliability_data=ratings, level_of_measurement=level)
        assert human.krippendorff_alpha(ratings, level=level) == pytest.approx(expected, abs=1e-12)


def test_alpha_by_hand():
    """Four items, two raters, one disagreement: coincidences 4 and 2 on, 2 off the diagonal."""
    ratings = np.array([[1, 1, 2, 1], [1, 1, 2, 2]])
    # observed disagreement 2/8; expected 2·(5·3)/(8·7)
    expected = 1 - (2 / 8) / (2 * 15 / 56)
    assert human.krippendorff_alpha(ratings, level="nominal") == pytest.approx(expected)


def test_agreement_that_has_no_meaning():
    for ratings in (np.full((3, 4), 2.0), np.array([[1, np.nan], [np.nan, 2]])):
        with pytest.raises(ValueError, match="two different ratings"):
            human.krippendorff_alpha(ratings)
    with pytest.raises(ValueError, match="no level 'ratio'"):
        human.krippendorff_alpha(np.array([[1, 2], [1, 3]]), level="ratio")
    with pytest.raises(ValueError, match=r"\(raters, items\)"):
        human.krippendorff_alpha(np.array([1, 2, 3]))


def test_votes_needed():
    assert [human.votes_needed(rate) for rate in (0.55, 0.6, 0.65, 0.7)] == [783, 194, 85, 47]
    assert human.votes_needed(0.45) == 783
    for bad in (0, 0.5, 1, 1.2):
        with pytest.raises(ValueError, match="win rate"):
            human.votes_needed(bad)
    with pytest.raises(ValueError, match="between 0 and 1"):
        human.votes_needed(0.6, power=1)


def test_that_many_raters_have_that_power(rng):
    count = human.votes_needed(0.6)
    found = rng.binomial(count, 0.6, 2000)
    z = (found - count / 2) / np.sqrt(count / 4)
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_kappa_is_that_of_scikit_learn(rng, weights):
    peer = pytest.importorskip("sklearn.metrics").cohen_kappa_score
    for count in (8, 60):
        a = rng.integers(1, 6, count)
        b = np.clip(a + rng.integers(-1, 3, count), 1, 6)
        found = human.cohen_kappa(a, b, weights=weights)
        assert found == pytest.approx(peer(a, b, weights=weights), abs=1e-12)


def test_kappa_by_hand_and_its_paradox():
    a, b = np.array([1, 1, 0, 0, np.nan]), np.array([1, 0, 0, 0, 1])
    assert human.cohen_kappa(a, b) == pytest.approx(0.5)  # 3/4 agree, 1/2 by chance
    rare = np.array([1, 0] + [0] * 18), np.array([0, 1] + [0] * 18)
    assert (rare[0] == rare[1]).mean() == 0.9 and human.cohen_kappa(*rare) < 0


@pytest.mark.parametrize(("a", "b"), [([1, 1], [1, 1]), ([1, 2], [1, 2, 3]), ([[1, 2]], [[1, 2]])])
def test_kappa_refuses_what_has_none(a, b):
    with pytest.raises(ValueError, match=r"expected|needs"):
        human.cohen_kappa(np.array(a), np.array(b))


def test_rank_correlation_is_that_of_scipy(rng):
    for ties in (False, True):
        x = rng.integers(0, 6, 25) if ties else rng.normal(size=25)
        y = x + rng.integers(-3, 4, 25)
        found = human.rank_correlation(x, y)
        assert found.spearman == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
        assert found.kendall == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)
    assert human.rank_correlation(-x, x) == pytest.approx((-1, -1))


@pytest.mark.parametrize(("x", "y"), [([1, 1], [1, 2]), ([1, np.nan], [1, 2]), ([1, 2, 3], [1, 2])])
def test_rank_correlation_refuses_what_has_no_order(x, y):
    with pytest.raises(ValueError, match=r"Expected|needs"):
        human.rank_correlation(np.array(x), np.array(y))
