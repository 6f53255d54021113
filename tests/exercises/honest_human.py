"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from prodgen_lib.plain.human import check_votes


def curvature(wins, strengths, regularisation):
    p = expit(strengths[:, None] - strengths)
    weights = (wins + wins.T) * p * (1 - p)
    k = len(wins)
    return np.diag(weights.sum(1)) - weights + regularisation * (np.eye(k) - np.ones((k, k)) / k)


def bradley_terry__by_scipy(wins, *, regularisation=0.0):
    wins = check_votes(wins, connected=regularisation == 0)

    def loss(s):
        likelihood = -(wins * np.log1p(np.exp(s - s[:, None]))).sum()
        return regularisation / 2 * (s**2).sum() - likelihood

    def slope(s):
        p = expit(s[:, None] - s)
        return regularisation * s - (wins - (wins + wins.T) * p).sum(1)

    s = minimize(loss, np.zeros(len(wins)), jac=slope, tol=1e-13).x
    for _ in range(3):  # polish
        s = s - np.linalg.pinv(curvature(wins, s, regularisation)) @ slope(s)
    s = s - s.mean()
    covariance = np.linalg.pinv(curvature(wins, s, regularisation))
    return s, np.sqrt(np.diagonal(covariance))


def bradley_terry__bordered_newton(wins, *, regularisation=0.0):
    wins = check_votes(wins, connected=regularisation == 0)
    k = len(wins)
    s = np.zeros(k)
    for _ in range(60):
        p = expit(s[:, None] - s)
        gradient = (wins - (wins + wins.T) * p).sum(1) - regularisation * s
        bordered = np.ones((k + 1, k + 1))  # the last row: all steps sum to zero
        bordered[-1, -1] = 0
        bordered[:k, :k] = curvature(wins, s, regularisation)
        step = np.linalg.solve(bordered, np.append(gradient, 0))[:k]
        s = s + np.clip(step, -1, 1)
        s -= s.mean()
    return s, np.sqrt(np.diag(np.linalg.inv(bordered))[:k])


def bradley_terry__first_fixed(wins, *, regularisation=0.0):
    wins = check_votes(wins, connected=regularisation == 0)
    k = len(wins)
    contrast = np.eye(k)[:, 1:] - 1 / k  # strengths that sum to zero, from k-1 free numbers
    free = np.zeros(k - 1)
    for _ in range(60):
        s = contrast @ free
        p = expit(s[:, None] - s)
        gradient = (wins - (wins + wins.T) * p).sum(1) - regularisation * s
        information = contrast.T @ curvature(wins, s, regularisation) @ contrast
        step = np.linalg.solve(information, contrast.T @ gradient)
        free = free + step / max(1, np.abs(step).max())
    covariance = contrast @ np.linalg.inv(information) @ contrast.T
    return [contrast @ free, np.sqrt(np.diag(covariance))]


def bradley_terry__loops(wins, *, regularisation=0.0):
    wins = check_votes(np.array(wins), connected=regularisation == 0)
    k = len(wins)
    s = np.zeros(k)
    for _ in range(50):
        gradient, matrix = -regularisation * s, np.zeros((k, k))
        for i in range(k):
            for j in range(k):
                if i == j:
                    continue
                p = 1 / (1 + np.exp(s[j] - s[i]))
                gradient[i] += wins[i, j] * (1 - p) - wins[j, i] * p
                weight = (wins[i, j] + wins[j, i]) * p * (1 - p)
                matrix[i, i] += weight
                matrix[i, j] -= weight
        matrix += regularisation * (np.eye(k) - 1 / k)
        inverse = np.linalg.inv(matrix + 1 / k) - 1 / k
        s = s + np.clip(inverse @ gradient, -1, 1)
    return s - s.mean(), np.diag(inverse) ** 0.5


def bradley_terry__minorise_then_newton(wins, *, regularisation=0.0):
    """Zermelo's rounds, which are sure and slow, then a few steps of Newton's."""
    wins = check_votes(wins, connected=regularisation == 0)
    votes, odds = wins + wins.T, np.ones(len(wins))
    if regularisation == 0:
        for _ in range(200):
            odds = wins.sum(1) / (votes / (odds[:, None] + odds)).sum(1)
            odds /= np.exp(np.log(odds).mean())
    s = np.log(odds)
    for _ in range(60):
        gradient = (wins - votes * expit(s[:, None] - s)).sum(1) - regularisation * s
        step = np.linalg.lstsq(curvature(wins, s, regularisation), gradient, rcond=1e-12)[0]
        s = s + step / max(1.0, np.abs(step).max())
    s = s - s.mean()
    inverse = np.linalg.pinv(curvature(wins, s, regularisation), rcond=1e-12)
    return s, np.sqrt(inverse.diagonal())


def bradley_terry__halved_until_better(wins, *, regularisation=0.0):
    wins = check_votes(wins, connected=regularisation == 0)
    k = len(wins)

    def likelihood(s):
        return -(wins * np.logaddexp(0, s - s[:, None])).sum() - regularisation / 2 * s @ s

    s = np.zeros(k)
    for _ in range(80):
        p = expit(s[:, None] - s)
        gradient = (wins - (wins + wins.T) * p).sum(1) - regularisation * s
        step = np.linalg.solve(curvature(wins, s, regularisation) + 1 / k, gradient)
        while likelihood(s + step) < likelihood(s) - 1e-12 and np.abs(step).max() > 1e-12:
            step = step / 2
        s = s + step
    inverse = np.linalg.inv(curvature(wins, s, regularisation) + 1 / k) - 1 / k
    return [s - s.mean(), np.sqrt(np.diag(inverse))]
