"""People as the last judge: what ratings and votes say, and how sure one may be of it.

NumPy and SciPy only: the same for both frameworks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.sparse.csgraph import connected_components


class Estimate(NamedTuple):
    """A number and the 95 % interval around it."""

    value: float
    low: float
    high: float


class Choice(NamedTuple):
    """How often the first of two was preferred: share, 95 % interval, and p against a coin."""

    share: float
    low: float
    high: float
    p_value: float


class Strengths(NamedTuple):
    """Bradley–Terry strengths (K,), which sum to zero, and their standard errors (K,)."""

    strengths: np.ndarray
    standard_errors: np.ndarray


class RankCorrelation(NamedTuple):
    """Spearman's ρ and Kendall's τ-b, each from -1 to 1."""

    spearman: float
    kendall: float


def mean_opinion_score(ratings: np.ndarray) -> Estimate:
    """Mean of ratings (n,) and its 95 % interval by Student's t with n-1 degrees of freedom.

    NaN is a missing rating and left out. Ratings of one rater aren't independent: give a mean for
    each rater, or for each picture, if the interval is to speak of other raters or pictures.
    ValueError for fewer than two ratings.
    """
    ratings = np.asarray(ratings, float).ravel()
    ratings = ratings[~np.isnan(ratings)]
    if len(ratings) < 2 or not np.isfinite(ratings).all():
        raise ValueError(f"An interval needs at least two finite ratings, got {len(ratings)}.")
    mean = float(ratings.mean())
    half = float(stats.t.ppf(0.975, len(ratings) - 1) * stats.sem(ratings))
    return Estimate(mean, mean - half, mean + half)


def wilson_interval(wins: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval for a share of `wins` in `trials` (Wilson 1927, doi:10.2307/2276774).

    Unlike share ± 1.96 √(share (1-share) / n) it is right for few trials and never leaves [0, 1].
    """
    if not 0 <= wins <= trials or trials < 1:
        raise ValueError(f"{wins} wins in {trials} trials: expected 0 <= wins <= trials >= 1.")
    z = stats.norm.ppf((1 + confidence) / 2)
    share, weight = wins / trials, 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / weight
    half = z / weight * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return max(float(centre - half), 0.0), min(float(centre + half), 1.0)


def two_alternative_forced_choice(wins: int, trials: int) -> Choice:
    """What `wins` of the first in `trials` blind pairs say: share, Wilson interval, p-value.

    The p-value is the exact two-sided binomial one against even odds. Randomise sides and order,
    allow no ties, and mix in pairs whose answer is known, to see who looks.
    """
    low, high = wilson_interval(wins, trials)
    p_value = stats.binomtest(int(wins), int(trials), 0.5).pvalue
    return Choice(wins / trials, low, high, float(p_value))


def bradley_terry(wins: np.ndarray, *, regularisation: float = 0.0) -> Strengths:
    """Strengths from votes: `wins[i, j]` is how often i was preferred to j, shape (K, K).

    Maximum likelihood of P(i beats j) = 1 / (1 + exp(s_j - s_i)) (Bradley and Terry 1952,
    doi:10.2307/2334029) with strengths s that sum to zero, to 1e-9. `regularisation` λ takes
    λ/2 Σ s² off the log-likelihood, and a finite answer then always exists.

    With p_ij = P(i beats j) and n_ij votes on a pair, the gradient is Σ_j (wins_ij - n_ij p_ij)
    - λ s_i. The curvature (minus the second derivative) is the Laplacian of the weights
    n_ij p_ij (1 - p_ij): their row sums on the diagonal, minus the weights beside it; λ adds
    λ (I - 1/K). The standard errors are the roots of the diagonal of its pseudo-inverse.

    First call `check_votes(wins, connected=regularisation == 0)`: it returns floats, and raises
    ValueError for what isn't a matrix of votes and for votes that have no finite maximum.
    """
    wins = check_votes(wins, connected=regularisation == 0)
    votes, strengths = wins + wins.T, np.zeros(len(wins))
    rest = regularisation * (np.eye(len(wins)) - 1 / len(wins))
    for _ in range(100):
        chance = 1 / (1 + np.exp(strengths - strengths[:, None]))
        weights = votes * chance * (1 - chance)
        inverse = np.linalg.pinv(np.diag(weights.sum(1)) - weights + rest, 1e-12, hermitian=True)
        step = inverse @ ((wins - votes * chance).sum(axis=1) - regularisation * strengths)
        strengths = strengths + step / max(1, np.abs(step).max())  # a long step may overshoot
        if np.abs(step).max() < 1e-9:
            break
    return Strengths(strengths - strengths.mean(), np.sqrt(np.diag(inverse)))


def check_votes(wins: np.ndarray, *, connected: bool = True) -> np.ndarray:
    """`wins` (K, K) as floats, or one ValueError that says what no strengths can come from.

    With `connected`, every group of candidates must have lost to the others at least once:
    otherwise the likelihood rises for ever with that group's strength, and there is no maximum.
    """
    wins = np.asarray(wins, float)
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or len(wins) < 2:
        raise ValueError(f"Votes are a square matrix of at least 2×2, got shape {wins.shape}.")
    if not np.isfinite(wins).all() or (wins < 0).any() or np.diag(wins).any():
        raise ValueError("Votes are finite counts from 0 on, and nobody meets themselves.")
    if not wins.any():
        raise ValueError("There are no votes.")
    if connected:
        _check_connected(wins)
    return wins


def _check_connected(wins: np.ndarray) -> None:
    count, groups = connected_components(wins > 0, connection="weak")
    advice = "collect such votes, or pass a small regularisation, for example 0.1"
    if count > 1:
        apart = [np.flatnonzero(groups == group).tolist() for group in range(count)]
        raise ValueError(f"No votes compare the groups {apart} of candidates: {advice}.")
    count, groups = connected_components(wins > 0, connection="strong")
    if count > 1:
        members = [np.flatnonzero(groups == group) for group in range(count)]
        others = [np.flatnonzero(groups != group) for group in range(count)]
        best = next(m for m, o in zip(members, others, strict=True) if not wins[o][:, m].any())
        raise ValueError(
            f"Candidates {best.tolist()} never lost to any of the others, so nothing bounds their "
            f"strength from above: {advice}."
        )


def krippendorff_alpha(ratings: np.ndarray, *, level: str = "ordinal") -> float:
    """Agreement of raters beyond chance: 1 is perfect, 0 is chance, below it is worse.

    `ratings` (raters, items), NaN where a rater didn't rate an item; items with fewer than two
    ratings don't count. `level` says what a difference is: "nominal" (equal or not), "ordinal"
    (how many ratings lie between), "interval" (the squared difference). Krippendorff, Content
    Analysis (2004). ValueError if no item has two ratings, or all ratings are the same: nothing
    varies then, and agreement has no meaning.
    """
    ratings = np.asarray(ratings, float)
    if ratings.ndim != 2 or np.isinf(ratings).any():
        raise ValueError(f"Ratings are finite, (raters, items), got shape {ratings.shape}.")
    ratings = ratings[:, (~np.isnan(ratings)).sum(axis=0) >= 2]
    values = np.unique(ratings[~np.isnan(ratings)])
    if len(values) < 2:
        raise ValueError(
            "Agreement needs items with two ratings or more, and two different ratings among them."
        )
    counts = (ratings[None] == values[:, None, None]).sum(axis=1).astype(float)  # (values, items)
    pairs = counts.sum(axis=0) - 1
    coincidences = (counts / pairs) @ counts.T - np.diag((counts / pairs).sum(axis=1))
    totals = coincidences.sum(axis=1)
    differences = _differences(values, totals, level)
    expected = totals @ differences @ totals / (totals.sum() - 1)
    return float(1 - (coincidences * differences).sum() / expected)


def _differences(values: np.ndarray, totals: np.ndarray, level: str) -> np.ndarray:
    """Squared difference of any two values at a level of measurement: (values, values)."""
    if level == "nominal":
        return 1 - np.eye(len(values))
    if level == "interval":
        return (values[:, None] - values) ** 2
    if level == "ordinal":
        middle = np.cumsum(totals) - totals / 2  # ranks; between two lie half of each and all else
        return (middle[:, None] - middle) ** 2
    raise ValueError(f"There is no level {level!r}; expected nominal, ordinal or interval.")


def cohen_kappa(a: np.ndarray, b: np.ndarray, *, weights: str | None = None) -> float:
    """Agreement of two raters beyond chance: 1 is perfect, 0 is chance, below it is worse.

    `a` and `b` (n,) are what each said of the same n items; NaN leaves an item out. With W the cost
    of saying one thing for another, it is 1 - Σ W · seen / Σ W · by chance: counts of pairs, and
    what they would be if each rater kept their habits and answered blindly (Cohen 1960,
    doi:10.1177/001316446002000104). Without `weights` each disagreement costs 1; "linear" costs the
    number of steps between two answers, "quadratic" its square (Cohen 1968): for scales. Steps are
    counted between the answers that were given by anyone. ValueError for shapes that differ, or
    when both say one thing only: there is no chance to beat then.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.ndim != 1 or a.shape != b.shape or weights not in (None, "linear", "quadratic"):
        raise ValueError(f"Got {a.shape}, {b.shape}, weights={weights!r}; expected (n,) twice.")
    both = ~(np.isnan(a) | np.isnan(b))
    values, places = np.unique([a[both], b[both]], return_inverse=True)
    if len(values) < 2:
        raise ValueError("Agreement beyond chance needs two different answers at least.")
    seen = np.zeros((len(values), len(values)))
    np.add.at(seen, tuple(places.reshape(2, -1)), 1)
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    steps = np.abs(np.subtract.outer(np.arange(len(values)), np.arange(len(values))))
    cost = {None: steps > 0, "linear": steps, "quadratic": steps**2}[weights]
    return float(1 - (cost * seen).sum() / (cost * chance).sum())


def rank_correlation(metric: np.ndarray, opinions: np.ndarray) -> RankCorrelation:
    """Does a metric order n pictures (n,) as people do (n,)? From -1, turned round, to 1, alike.

    Spearman's ρ is the correlation of ranks, where tied values share the mean of theirs. Kendall's
    τ-b counts pairs: those in the same order minus those in the opposite one, over the root of
    (pairs not tied in the metric · pairs not tied in the opinions); (τ + 1) / 2 is, without ties,
    how often the metric picks the picture that people prefer (doi:10.1093/biomet/33.3.239).
    A metric where less is better has a negative one. ValueError for fewer than two values, NaN, or
    all values tied: there is no order then.
    """
    pair = [np.asarray(values, float) for values in (metric, opinions)]
    if pair[0].ndim != 1 or pair[0].shape != pair[1].shape or not np.isfinite(pair).all():
        raise ValueError(f"Expected two finite (n,), got {pair[0].shape} and {pair[1].shape}.")
    if any(len(np.unique(values)) < 2 for values in pair):
        raise ValueError("An order needs two different values at least, on both sides.")
    ranks = np.stack([stats.rankdata(values) for values in pair])
    signs = np.sign(ranks[:, :, None] - ranks[:, None])  # of each pair, (2, n, n)
    kendall = (signs[0] * signs[1]).sum() / np.sqrt(np.prod((signs**2).sum(axis=(1, 2))))
    return RankCorrelation(float(np.corrcoef(ranks)[0, 1]), float(kendall))


def votes_needed(win_rate: float, *, power: float = 0.8, significance: float = 0.05) -> int:
    """Independent votes that tell a true `win_rate` from a coin, two-sided, with that power.

        n = ((z_{1-α/2} ½ + z_power √(p (1-p))) / (p - ½))²,  rounded up

    by the normal approximation. Votes of one rater aren't independent: it takes more of those.
    """
    if not 0 < win_rate < 1 or win_rate == 0.5:
        raise ValueError(f"A win rate of {win_rate} has no number: expected 0 to 1 and not 0.5.")
    if not (0 < power < 1 and 0 < significance < 1):
        raise ValueError(f"power={power} and significance={significance} must be between 0 and 1.")
    z_significance, z_power = stats.norm.ppf(1 - significance / 2), stats.norm.ppf(power)
    spread = z_significance / 2 + z_power * np.sqrt(win_rate * (1 - win_rate))
    return int(np.ceil((spread / (win_rate - 0.5)) ** 2))
