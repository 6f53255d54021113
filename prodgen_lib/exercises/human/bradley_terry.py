from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import two


def drawn_votes(rng: np.random.Generator, candidates: int, *, each: int) -> np.ndarray:
    """Votes between all pairs, `each` or fewer of a pair, so that everybody wins and loses."""
    taste = rng.normal(0, 0.7, candidates)
    chance = 1 / (1 + np.exp(taste - taste[:, None]))
    votes = rng.integers(each // 2, each, (candidates, candidates))
    votes = np.triu(votes, 1) + np.triu(votes, 1).T
    first = np.triu(rng.binomial(votes, chance), 1)
    wins = first + np.tril(votes - first.T, -1)
    ring = np.roll(np.eye(candidates), 1, axis=1) + np.roll(np.eye(candidates), -1, axis=1)
    return (wins + np.minimum(ring, 1)).astype(float)


def cases(rng: np.random.Generator) -> list[Case]:
    """Three of four by hand; few votes; none at all; far apart; unbeaten; six candidates."""
    worked = {"wins": np.array([[0, 3], [1, 0]], float), "regularisation": 0}
    strength, error = np.log(3) / 2, 1 / np.sqrt(3)
    uneven = drawn_votes(rng, 4, each=12)
    uneven[0, 1] *= 5
    uneven[1, 0] *= 5
    apart = drawn_votes(rng, 5, each=20)
    apart[0, 2] = apart[2, 0] = apart[1, 3] = apart[3, 1] = 0
    unbeaten = drawn_votes(rng, 3, each=6)
    unbeaten[:, 0] = 0
    chain = np.diag([4000.0, *5 * [60]], 1) + np.diag([3000.0, *5 * [1]], -1)
    chain[0, 1] += rng.integers(1000)
    by_hand = {"strengths": [strength, -strength], "standard errors": [error, error]}
    return [
        Case("A beats B three times of four", worked, by_hand),
        Case(
            "four candidates, one pair five times as often", {"wins": uneven, "regularisation": 0}
        ),
        Case("pairs that never met", {"wins": apart, "regularisation": 0}),
        Case("a chain: many votes, then lopsided ones", {"wins": chain, "regularisation": 0}),
        Case("an unbeaten one, regularised", {"wins": unbeaten, "regularisation": 0.5}),
        Case("six candidates", {"wins": drawn_votes(rng, 6, each=16), "regularisation": 0}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Strengths and errors; on the last case in another order, and what hopeless votes raise."""
    wins, options = case.inputs["wins"], {"regularisation": case.inputs["regularisation"]}
    options = options if case.inputs["regularisation"] else {}
    strengths, errors = (_row(part) for part in two(answer(wins.copy(), **options), PAIR))
    seen = {"strengths": strengths, "standard errors": errors}
    if len(wins) == 6:
        seen["invariant order"] = _row(two(answer(wins[::-1, ::-1].copy()), PAIR)[0])
        for name, unfit in hopeless(wins).items():
            seen[f"invariant {name}"] = np.asarray(_raised(answer, unfit))
        given = wins.copy()
        answer(given)
        seen["invariant votes unchanged"] = given
    return seen


def hopeless(wins: np.ndarray) -> dict[str, np.ndarray]:
    """Votes without a maximum: one never lost, one never won, a group never lost, two apart.

    And what can't be votes.
    """
    unbeaten, winless, group, apart, negative = (wins.copy() for _ in range(5))
    unbeaten[:, 0] = 0
    winless[1] = 0
    group[2:, :2] = 0
    apart[2:, :2] = apart[:2, 2:] = 0
    negative[0, 1] = -1
    return {
        "no maximum": unbeaten,
        "no minimum": winless,
        "no maximum for a group": group,
        "no comparison": apart,
        "no votes": np.zeros_like(wins),
        "negative votes": negative,
        "not square": wins[:, :-1],
    }


def _raised(answer: Callable, wins: np.ndarray) -> str:
    """The name of what a call raises, ValueError for all of its kinds; empty where it returns."""
    try:
        answer(wins)
    except Exception as error:
        return "ValueError" if isinstance(error, ValueError) else type(error).__name__
    return ""


PAIR = Text("the strengths and their standard errors", "实力值及其标准误")


def _row(values: object) -> np.ndarray:
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        kind = type(values).__name__
        raise Complaint(
            f"A part of the answer is a {kind}; expected arrays (K,).",
            f"答案的一部分是 {kind}；应为形状 (K,) 的数组。",
        )
    return values
