from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import near, refuses, two, yes


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
    """Strengths and errors; their sum; on the last case another order, and hopeless votes."""
    wins, options = case.inputs["wins"], {"regularisation": case.inputs["regularisation"]}
    options = options if case.inputs["regularisation"] else {}
    strengths, errors = (_row(part) for part in two(answer(wins.copy(), **options), PAIR))
    seen = {"strengths": strengths, "standard errors": errors}
    if len(wins) == 6:
        turned = _row(two(answer(wins[::-1, ::-1].copy()), PAIR)[0])
        seen["invariant order"] = yes(near(turned, strengths[::-1]))
        unbeaten = wins.copy()
        unbeaten[:, 0] = 0
        seen["invariant no maximum"] = refuses(answer, unbeaten)
        seen["invariant votes unchanged"] = yes(_left_alone(answer, wins))
    return seen


PAIR = Text("the strengths and their standard errors", "实力值及其标准误")


def _row(values: object) -> np.ndarray:
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        kind = type(values).__name__
        raise Complaint(
            f"A part of the answer is a {kind}; expected arrays (K,).",
            f"答案的一部分是 {kind}；应为形状 (K,) 的数组。",
        )
    return values


def _left_alone(answer: Callable, wins: np.ndarray) -> bool:
    given = wins.copy()
    answer(given)
    return bool((given == wins).all())
