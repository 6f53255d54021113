"""Bayesian optimisation: the same points, values, scales and queries, all in float64."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from prodgen_lib.parity import Numbers, modules


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    bayesopt, bridge = modules(framework, "bayesopt", "bridge")
    rng = np.random.default_rng(seed)
    points, queries = rng.random((9, 3)), rng.random((6, 3))
    targets = np.sin(5 * points).sum(axis=1) + 0.1 * rng.normal(size=9)
    targets = (targets - targets.mean()) / targets.std()
    scales = {
        "length_scales": bayesopt.double([0.3, 0.7, 2.0]),
        "output_scale": bayesopt.double(1.3),
    }
    inputs = [bayesopt.double(values) for values in (points, targets, queries)]
    seen = _process(bayesopt, bridge, scales, *inputs)
    return seen | _acquisitions(bayesopt, bridge, rng) | _choices(bayesopt, bridge, rng)


def _process(bayesopt, bridge, scales, points, targets, queries) -> dict[str, Numbers]:
    """Kernels, the posterior, the likelihood, and its slope for the scales."""

    def matern(a, b):
        return bayesopt.matern_kernel(a, b, **scales)

    def prediction(inputs):
        return bayesopt.predict(inputs, points, factor, weights, matern)[0][0]

    def loss(log_parameters):
        return bayesopt.negative_log_posterior(log_parameters, points, targets)

    factor, weights = bayesopt.condition(points, targets, matern, noise=1e-3)
    mean, variance = bayesopt.predict(queries, points, factor, weights, matern)
    likelihood = bayesopt.log_marginal_likelihood(factor, weights, targets)
    log_parameters = bayesopt.double(np.log([0.3, 0.7, 2.0, 1.3, 1e-3]))
    posterior, slope = bridge.value_and_gradients(loss, log_parameters)
    _, of_mean = bridge.value_and_gradients(prediction, queries)
    return {
        "RBF kernel": {"": bridge.to_numpy(bayesopt.rbf_kernel(points, queries, **scales))},
        "Matérn kernel": {"": bridge.to_numpy(matern(points, queries))},
        "posterior": {"mean": bridge.to_numpy(mean), "variance": bridge.to_numpy(variance)},
        "posterior mean: gradient": dict(enumerate(of_mean)),
        "log marginal likelihood": {"": bridge.to_numpy(likelihood)},
        "log posterior of the scales": {"": np.array(posterior)},
        "log posterior of the scales: gradient": dict(enumerate(slope)),
    }


def _acquisitions(bayesopt: ModuleType, bridge: ModuleType, rng) -> dict[str, Numbers]:
    """Values and slopes, near the best value and far above it."""
    means = np.concatenate([rng.normal(0, 1, 5), [4.0, 20.0, 60.0]])
    mean, deviation = bayesopt.double(means), bayesopt.double(rng.uniform(0.2, 1, 8))
    best = bayesopt.double(-0.8)
    seen = {}
    names = ("expected_improvement", "log_expected_improvement", "probability_of_improvement")
    for name in names:
        function = getattr(bayesopt, name)

        def total(mean, deviation, function=function):
            values = function(mean, deviation, best)
            return values[0] + values[3] + values[-1]

        _, slopes = bridge.value_and_gradients(total, mean, deviation)
        seen[name] = {"": bridge.to_numpy(function(mean, deviation, best))}
        seen[f"{name}: gradients"] = dict(enumerate(slopes))
    bound = bayesopt.upper_confidence_bound(mean, deviation)
    return seen | {"upper confidence bound": {"": bridge.to_numpy(bound)}}


def _choices(bayesopt: ModuleType, bridge: ModuleType, rng) -> dict[str, Numbers]:
    """A search whose peak is known, and the next learning rate at the whiteboard."""
    peak, candidates = bayesopt.double(rng.uniform(0.2, 0.8, 3)), rng.random((40, 3))

    def hill(points):
        return -bayesopt.squared_distance(points, peak[None], bayesopt.double(np.ones(3)))[:, 0]

    rates = np.geomspace(1e-4, 1e-1, 7) * rng.uniform(0.9, 1.1, 7)
    losses = (np.log(rates) + 5) ** 2 + rng.normal(0, 1, 7)
    chosen = bayesopt.review_next_rate(rates, losses, low=5e-5, high=0.2)
    found = bayesopt.search_acquisition(hill, candidates, iterations=50)
    return {"search for a peak": {"": found}, "review: next rate": {"": np.array(chosen)}}
