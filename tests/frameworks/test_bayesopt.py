"""The Gaussian process against scikit-learn's, acquisitions against mpmath and Monte Carlo, and the
loop: what it finds, what it survives, where it ends."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

from prodgen_lib.data import load
from prodgen_lib.plain import problems, search
from prodgen_lib.plain.search import Space, choice, integer, linear, log

SCALES, VARIANCE, NOISE = [0.3, 0.8, 2.0], 1.7, 0.01
SQUARE = Space({"x": linear(0, 1), "y": linear(0, 1)})


@pytest.fixture
def bo(fw):
    return importlib.import_module(f"prodgen_lib.{fw.name}.bayesopt")


def branin(parameters):
    return float(problems.branin(np.array([parameters["x"], parameters["y"]])))


def kernel(bo, name="matern_kernel"):
    scales = {"length_scales": bo.double(SCALES), "output_scale": bo.double(VARIANCE)}
    return lambda a, b: getattr(bo, name)(a, b, **scales)


@pytest.mark.parametrize(
    ("name", "peer"), [("rbf_kernel", RBF(SCALES)), ("matern_kernel", Matern(SCALES, nu=2.5))]
)
def test_kernels_are_scikit_learns(bo, rng, name, peer):
    a, b = rng.random((7, 3)), rng.random((4, 3))
    found = kernel(bo, name)(bo.double(a), bo.double(b)).numpy()
    assert np.allclose(found, VARIANCE * peer(a, b), rtol=1e-12)


def test_the_matern_kernel_has_a_slope_at_distance_zero(fw, bo, rng):
    point = bo.double(rng.random((1, 3)))

    def value(inputs):
        return kernel(bo)(inputs, point)[0, 0]

    found, (slope,) = fw.bridge.value_and_gradients(value, point)
    assert found == pytest.approx(VARIANCE) and np.array_equal(slope, np.zeros((1, 3)))


def peer_process(points, targets):
    shape = ConstantKernel(VARIANCE) * Matern(SCALES, nu=2.5) + WhiteKernel(NOISE)
    return GaussianProcessRegressor(shape, alpha=0, optimizer=None).fit(points, targets)


def test_posterior_and_likelihood_are_scikit_learns(bo, rng):
    points, queries, targets = rng.random((12, 3)), rng.random((5, 3)), rng.normal(size=12)
    peer = peer_process(points, targets)
    inputs, outputs = bo.double(points), bo.double(targets)
    factor, weights = bo.condition(inputs, outputs, kernel(bo), noise=NOISE)
    mean, variance = bo.predict(bo.double(queries), inputs, factor, weights, kernel(bo))
    their_mean, their_deviation = peer.predict(queries, return_std=True)
    assert np.allclose(mean.numpy(), their_mean, atol=1e-5)
    assert np.allclose(variance.numpy() + NOISE, their_deviation**2, atol=1e-6)
    likelihood = float(bo.log_marginal_likelihood(factor, weights, outputs))
    assert likelihood == pytest.approx(peer.log_marginal_likelihood_value_, abs=1e-4)


def test_without_noise_it_goes_through_the_points(bo, rng):
    points, targets = bo.double(rng.random((8, 3))), bo.double(rng.normal(size=8))
    factor, weights = bo.condition(points, targets, kernel(bo), noise=0.0)
    mean, variance = bo.predict(points, points, factor, weights, kernel(bo))
    assert np.allclose(mean.numpy(), targets.numpy(), atol=1e-5)
    assert (variance.numpy() > 0).all() and (variance.numpy() < 1e-6).all()


def test_equal_points_need_the_jitter(bo):
    points = bo.double(np.full((30, 3), 0.5))
    factor, weights = bo.condition(
        points, bo.double(np.ones(30)), kernel(bo, "rbf_kernel"), noise=0
    )
    assert np.isfinite(factor.numpy()).all()
    mean, _ = bo.predict(points[:1], points, factor, weights, kernel(bo, "rbf_kernel"))
    assert float(mean[0]) == pytest.approx(1, abs=1e-6)


def test_slope_of_the_posterior_of_scales_is_right(fw, bo, rng):
    points, targets = bo.double(rng.random((9, 2))), bo.double(rng.normal(size=9))
    start = rng.normal(-1, 0.5, 4)

    def loss(parameters):
        return bo.negative_log_posterior(parameters, points, targets)

    _, (slope,) = fw.bridge.value_and_gradients(loss, bo.double(start))
    steps = 1e-6 * np.eye(4)
    differences = [
        (float(loss(bo.double(start + step))) - float(loss(bo.double(start - step)))) / 2e-6
        for step in steps
    ]
    assert np.allclose(slope, differences, atol=1e-5)


def test_the_fit_finds_which_dimension_matters(bo, rng):
    points = rng.random((25, 3))
    process = bo.fit_process(points, search.standardise(np.sin(9 * points[:, 1])))
    scales = process.length_scales.numpy()
    assert scales[1] < 0.25 * min(scales[0], scales[2]) and float(process.noise) < 1e-3


def test_the_fit_tells_noise_from_signal(bo, rng):
    points = rng.random((60, 1))
    values = np.sin(6 * points[:, 0]) + 0.3 * rng.normal(size=60)
    process = bo.fit_process(points, search.standardise(values))
    assert 0.3 < math.sqrt(float(process.noise)) * values.std() / 0.3 < 1.5


def test_expected_improvement_is_the_expectation(bo, rng):
    mean, deviation, best = rng.normal(0, 1, 6), rng.uniform(0.1, 2, 6), -0.3
    drawn = mean + deviation * rng.standard_normal((400_000, 6))
    expected = np.maximum(best - drawn, 0)
    inputs = [bo.double(values) for values in (mean, deviation, best)]
    found = bo.expected_improvement(*inputs).numpy()
    error = expected.std(axis=0) / math.sqrt(400_000)
    assert (np.abs(found - expected.mean(axis=0)) < 5 * error + 1e-6).all()
    assert np.allclose(bo.log_expected_improvement(*inputs).numpy(), np.log(found), atol=1e-9)


# log(u Φ(u) + φ(u)) in 50 digits, by mpmath
EXACT = {
    5.0: 1.6094379231264314, 0.0: -0.91893853320467274, -1.0: -2.4851210257126413,
    -5.0: -16.74430116266099, -24.0: -295.28022323480488, -25.0: -319.86146358149595,
    -26.0: -345.43954672231803, -40.0: -808.29856835661996, -1000.0: -500014.73445209116,
}  # fmt: skip


@pytest.mark.parametrize("u", EXACT)
def test_its_logarithm_is_right_far_away(bo, u):
    inputs = [bo.double(values) for values in ([-u], [1.0], 0.0)]
    assert bo.log_expected_improvement(*inputs).numpy()[0] == pytest.approx(EXACT[u], rel=1e-10)


@pytest.mark.parametrize("u", [-1000.0, -40.0, -25.0, -24.9, 0.0, 30.0, 1000.0])
def test_its_slope_is_finite_and_right(fw, bo, u):
    def value(mean, deviation):
        return bo.log_expected_improvement(mean, deviation, bo.double(0.0))[0]

    start = [bo.double([-u]), bo.double([1.0])]
    _, slopes = fw.bridge.value_and_gradients(value, *start)
    hazard = -1 / u if u >= 30 else math.exp(stats.norm.logcdf(u) - float(value(*start)))
    assert slopes[0][0] == pytest.approx(-abs(hazard), rel=1e-6)
    assert np.isfinite(slopes[1]).all()


def test_probability_of_improvement_keeps_its_digits_in_the_tails(bo):
    u = np.array([-37.0, -20, -9, -1, 0, 2, 40])
    found = bo.probability_of_improvement(*map(bo.double, (1 - 0.5 * u, np.full(7, 0.5), 1.0)))
    assert np.allclose(found.numpy(), stats.norm.cdf(u), rtol=1e-10, atol=0)


def test_upper_confidence_bound(bo):
    found = bo.upper_confidence_bound(bo.double([1.0, -2.0]), bo.double([0.5, 0.1]), beta=3.0)
    assert np.allclose(found.numpy(), [0.5, 2.3])


def test_thompson_draws_the_posterior(bo, rng):
    points = rng.random((6, 1))
    process = bo.fit_process(points, search.standardise(np.sin(8 * points[:, 0])))
    queries = np.linspace(0, 1, 9)[:, None]
    drawn = np.array([bo.thompson_sample(process, queries, seed=seed) for seed in range(800)])
    mean, deviation = (part.numpy() for part in bo.process_at(process, bo.double(queries)))
    assert (np.abs(drawn.mean(axis=0) - mean) < 4.5 * deviation / math.sqrt(800) + 1e-3).all()
    assert np.allclose(drawn.std(axis=0), deviation, rtol=0.12, atol=3e-3)
    assert np.array_equal(drawn[3], bo.thompson_sample(process, queries, seed=3))


def test_the_search_climbs_from_several_places_at_once(bo, rng):
    peak, lower = bo.double([[0.83, 0.21]]), bo.double([[0.1, 0.9]])
    scales = bo.double([0.2, 0.2])

    def two_hills(points):
        best = bo.rbf_kernel(points, peak, length_scales=scales, output_scale=bo.double(1.0))
        other = bo.rbf_kernel(points, lower, length_scales=scales, output_scale=bo.double(0.9))
        return (best + other)[:, 0]

    for seed in range(5):
        candidates = np.random.default_rng(seed).random((40, 2))
        found = bo.search_acquisition(two_hills, candidates)
        assert np.allclose(found, peak.numpy()[0], atol=2e-3)


def test_the_search_is_never_worse_than_its_candidates_and_stays_inside(bo, rng):
    candidates = rng.random((20, 2))

    def ridge(points):
        return 3 * points[:, 0] - 5 * points[:, 1]

    assert np.allclose(bo.search_acquisition(ridge, candidates), [1, 0])
    best = ridge(candidates).max()
    stuck = bo.search_acquisition(ridge, candidates, starts=1, iterations=0)
    assert ridge(stuck[None])[0] >= best - 1e-12


@pytest.mark.tensorflow_slow
def test_it_finds_the_minimum_of_branin(bo):
    result = bo.optimise(branin, SQUARE, budget=40, seed=1, tolerance=0, progress=False)
    assert result.best.value - problems.BRANIN_MINIMUM < 0.01
    assert result.reason == "budget" and len(result.history) == 40
    blind = search.random_search(branin, SQUARE, budget=40, seed=1)
    assert result.best.value < blind.best.value


@pytest.mark.tensorflow_slow
@pytest.mark.parametrize("acquisition", ["ei", "ucb", "thompson"])
def test_other_acquisitions_search_too(bo, acquisition):
    def choose(*arguments, **options):
        return bo.suggest(*arguments, acquisition=acquisition, **options)

    result = bo.optimise(branin, SQUARE, budget=25, tolerance=0, choose=choose, progress=False)
    assert result.best.value - problems.BRANIN_MINIMUM < 1.5


@pytest.mark.tensorflow_slow
def test_a_search_is_seeded_and_goes_on_after_a_break(bo, tmp_path):
    options = {"seed": 5, "progress": False, "tolerance": 0}
    whole = bo.optimise(branin, SQUARE, budget=12, **options)
    path = tmp_path / "history.json"
    calls = []

    def fragile(parameters):
        calls.append(parameters)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return branin(parameters)

    with pytest.raises(KeyboardInterrupt):
        bo.optimise(fragile, SQUARE, budget=12, history=path, **options)
    assert len(search.History(SQUARE, path)) == 8
    again = bo.optimise(fragile, SQUARE, budget=12, history=path, **options)
    assert len(calls) == 13
    assert np.allclose(again.history.points, whole.history.points)
    done = bo.optimise(fragile, SQUARE, budget=12, history=path, **options)
    assert len(calls) == 13 and done.reason == "budget"


@pytest.mark.tensorflow_slow
def test_failures_are_survived_and_avoided(bo):
    def objective(parameters):
        if parameters["x"] > 0.7:
            raise RuntimeError("out of memory")
        return branin(parameters) if parameters["x"] > 0.3 else math.nan

    result = bo.optimise(objective, SQUARE, budget=30, seed=2, tolerance=0, progress=False)
    failed = np.isnan(result.history.values)
    assert 0 < failed[:6].sum() < 6 and failed[6:].mean() < failed[:6].mean()
    assert any("out of memory" in trial.error for trial in result.history.trials)
    assert 0.3 < result.best.parameters["x"] <= 0.7 and result.best.value < 3


def test_when_everything_fails_one_sentence_says_so(bo, tmp_path):
    def objective(parameters):
        raise RuntimeError("no disk")

    path = tmp_path / "history.json"
    with pytest.raises(ValueError, match=r"All 6 trials failed.*no disk"):
        bo.optimise(objective, SQUARE, budget=20, history=path, progress=False)
    assert len(search.History(SQUARE, path)) == 6
    with pytest.raises(ValueError, match="no trials to learn from"):
        bo.optimise(branin, SQUARE, budget=5, start=0, progress=False)


@pytest.mark.parametrize("values", [[3.0, 3.0, 3.0], [1.0, np.nan, 1e8], [5.0, 4.0, 3.0]])
def test_odd_values_give_a_sane_suggestion(bo, rng, values):
    points = rng.random((3, 2))
    point, gain = bo.suggest(points, np.array(values))
    assert ((point >= 0) & (point <= 1)).all() and gain >= 0
    assert np.abs(points - point).max(axis=1).min() > 1e-6


def test_one_observation_and_equal_points_are_enough(bo):
    for points in (np.array([[0.5, 0.5]]), np.full((8, 2), 0.5)):
        point, _ = bo.suggest(points, np.arange(len(points), dtype=float))
        assert np.abs(point - 0.5).max() > 1e-3


@pytest.mark.tensorflow_slow
def test_a_small_space_is_never_tried_twice(bo):
    space = Space({"layers": integer(1, 4), "norm": choice("batch", "layer", "none")})

    def objective(parameters):
        return parameters["layers"] + len(parameters["norm"])

    history = bo.optimise(objective, space, budget=12, start=4, tolerance=0, progress=False).history
    tried = {tuple(trial.parameters.values()) for trial in history.trials[4:]}
    assert len(tried) == 8 and history.best.parameters == {"layers": 1, "norm": "none"}
    more = bo.optimise(objective, space, budget=14, start=4, tolerance=0, progress=False)
    assert len(more.history) == 14  # all were tried: some come again, and nothing breaks


def test_stop_rule(bo):
    stop = bo.stop_reason
    assert stop([], trials=5, budget=5) == "budget"
    assert stop([1e-9, 1e-9], trials=5, budget=5) == "budget"
    assert stop([0.5, 1e-4, 1e-4], trials=9, budget=20) == "gain"
    assert stop([1e-4, 0.5, 1e-4], trials=9, budget=20) is None
    assert stop([1e-4], trials=9, budget=20) is None
    assert stop([math.nan, 1e-4], trials=9, budget=20) is None
    assert stop([1e-4, 2e-3, 1e-4], trials=9, budget=20, patience=1) == "gain"


def test_it_stops_when_nothing_is_left_to_gain(bo):
    space = Space({"x": linear(0, 1)})
    result = bo.optimise(lambda p: (p["x"] - 0.3) ** 2, space, budget=40, progress=False)
    assert result.reason == "gain" and len(result.history) < 30
    assert result.best.parameters["x"] == pytest.approx(0.3, abs=0.03)


def test_recommendation_is_the_lowest_mean_not_the_luckiest(bo, rng):
    points = np.linspace(0, 1, 40)[:, None]
    values = (points[:, 0] - 0.25) ** 2 * 8 + 0.1 * rng.normal(size=40)
    values[34] = values.min() - 0.3  # lucky once, between neighbours that are high
    assert points[bo.recommend(points, values), 0] == pytest.approx(0.25, abs=0.12)


def test_review_posterior_is_scikit_learns_and_stands_ill_conditioning(bo, rng):
    points, values, queries = rng.random(7), rng.normal(size=7), rng.random(5)
    peer = GaussianProcessRegressor(RBF(0.2), alpha=0.01, optimizer=None)
    mean, deviation = peer.fit(points[:, None], values).predict(queries[:, None], return_std=True)
    inputs = [bo.double(part) for part in (points, values, queries)]
    found = bo.review_posterior(*inputs, length_scale=0.2, noise=0.01)
    assert np.allclose(found[0].numpy(), mean) and np.allclose(found[1].numpy(), deviation)
    close = bo.double(0.5 + 1e-7 * np.arange(40))
    _, spread = bo.review_posterior(close, close, close, length_scale=0.2, noise=1e-9)
    assert (spread.numpy() > 0).all()


def test_review_next_rate_looks_near_the_best_on_a_log_scale(bo):
    rates = np.array([1e-4, 1e-3, 1e-2, 1e-1])
    losses = np.array([2.0, 1.0, 1.1, 3.0])
    found = bo.review_next_rate(rates, losses, low=1e-4, high=1e-1)
    assert 1e-3 < found < 1e-2
    tried = np.append(rates, found)
    assert bo.review_next_rate(tried, np.append(losses, 0.9), low=1e-4, high=1e-1) != found


def test_the_real_task_gives_a_number_and_divergence_a_failed_trial(bo):
    images = load("catalogue", count=60).images
    space = problems.vae_space()

    def objective(parameters):
        return bo.train_and_score(parameters, images[:40], images[40:], steps=60)

    for rate, failed in ((1e-3, False), (0.1, True)):
        point = space.encode({"learning_rate": rate, "width": 8, "latents": 16})
        trial = search.run_trial(objective, space, point)
        assert math.isnan(trial.value) == failed == bool(trial.error)


def test_history_of_another_space_is_refused_by_the_loop(bo, tmp_path):
    path = tmp_path / "history.json"
    bo.optimise(branin, SQUARE, budget=3, history=path, progress=False)
    other = Space({"x": linear(0, 1), "y": log(1e-3, 1)})
    with pytest.raises(ValueError, match="another space"):
        bo.optimise(branin, other, budget=3, history=path, progress=False)
