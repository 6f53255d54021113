"""Codes of pictures, as numbers: where they lie, and what each tells. Serves both frameworks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.cluster.vq import kmeans2

BINS = 20


def mixture_codes(
    mean: np.ndarray, log_variance: np.ndarray, count: int, *, clusters: int = 40, seed: int = 0
) -> np.ndarray:
    """`count` new codes (count, latents), float32, from where codes of real pictures lie.

    `mean` and `log_variance` (N, latents) are what a VAE's encoder gives for N pictures. The means
    are put in `clusters` by k-means; each cluster gets the normal density that has its members'
    mean and covariance, plus their mean variance; a cluster is drawn as often as it has members.
    A density fitted to the codes after training (arXiv:1903.12436).
    """
    if len(mean) < 2 * clusters:
        raise ValueError(
            f"{clusters} clusters of {len(mean)} codes: give at least {2 * clusters} pictures."
        )
    mean, variance = np.asarray(mean, np.float64), np.exp(np.asarray(log_variance, np.float64))
    rng = np.random.default_rng(seed)
    _, member = kmeans2(mean, clusters, minit="++", seed=seed)
    drawn = rng.choice(member, count)
    codes = np.empty((count, mean.shape[1]), np.float32)
    for cluster in np.unique(drawn):
        own = mean[member == cluster]
        middle = own - own.mean(axis=0)
        covariance = middle.T @ middle / len(own) + np.diag(
            variance[member == cluster].mean(axis=0)
        )
        places = drawn == cluster
        codes[places] = rng.multivariate_normal(own.mean(axis=0), covariance, places.sum())
    return codes


def mutual_information(codes: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """What each code dimension tells about a factor, in nats: (latents,).

    `codes` (N, latents), `factor` (N,) of kinds or of numbers. Codes, and a factor of many values,
    are cut into twenty bins of equal count; then the sum of p(a, b) log(p(a, b) / p(a) p(b)).
    N pictures alone give about 19 · (kinds - 1) / 2N nats where there is nothing to tell.
    """
    codes, factor = np.asarray(codes), np.asarray(factor)
    if len(codes) != len(factor):
        raise ValueError(f"There are {len(codes)} codes and {len(factor)} values of the factor.")
    kinds = _kinds(factor)
    return np.array([_information(_bins(column), kinds) for column in codes.T])


def mutual_information_gap(
    codes: np.ndarray, factors: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """For each factor, 0 to 1: how far one dimension alone tells it (arXiv:1802.04942, eq. 6).

    The largest `mutual_information` less the second largest, over the factor's entropy. A factor
    that has one value only is left out: there is nothing to tell.
    """
    gaps = {}
    for name, factor in factors.items():
        shares = np.bincount(_kinds(np.asarray(factor))) / len(factor)
        shares = shares[shares > 0]
        if len(shares) > 1:
            second, first = np.sort(mutual_information(codes, factor))[-2:]
            gaps[name] = float((first - second) / -(shares * np.log(shares)).sum())
    return gaps


def _kinds(factor: np.ndarray) -> np.ndarray:
    """Whole numbers from 0 for a factor's values; bins where there are more values than bins."""
    values, kinds = np.unique(factor, return_inverse=True)
    return kinds if len(values) <= BINS else _bins(factor)


def _bins(column: np.ndarray) -> np.ndarray:
    """The number of the bin, of `BINS` with equally many members each."""
    ranks = np.argsort(np.argsort(column, kind="stable"), kind="stable")
    return ranks * BINS // len(column)


def _information(a: np.ndarray, b: np.ndarray) -> float:
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1 / len(a))
    alone = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True)
    seen = table > 0
    return float((table[seen] * np.log(table[seen] / alone[seen])).sum())
