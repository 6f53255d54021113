"""Bradley–Terry: from people's votes to strengths, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
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


PAIR = "the strengths and their standard errors"


def _row(values: object) -> np.ndarray:
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        raise Complaint(f"A part of the answer is a {type(values).__name__}; expected arrays (K,).")
    return values


def _left_alone(answer: Callable, wins: np.ndarray) -> bool:
    given = wins.copy()
    answer(given)
    return bool((given == wins).all())


CENTRED = "strengths - strengths.mean()"
ERRORS = "np.sqrt(np.diag(inverse))"


def result(name: str, message: str, strengths: str, errors: str = ERRORS) -> Wrong:
    """A wrong answer that differs in what is returned."""
    new = f"Strengths({strengths}, {errors})"
    return Wrong.both(name, message, (f"Strengths({CENTRED}, {ERRORS})", new))


BRADLEY_TERRY = Exercise(
    id="human.bradley_terry",
    difficulty=4,
    importance=4,
    minutes=20,
    seed=1,
    cases=cases,
    observe=observe,
    atol=1e-7,
    tolerance_reason="another way to the maximum, stopped a little before it",
    messages={
        "invariant order": "Candidates in another order get other strengths: only votes count.",
        "invariant no maximum": (
            "A candidate who never lost should end in a ValueError: without regularisation no "
            "finite strength is large enough. `check_votes` looks."
        ),
        "invariant votes unchanged": "The answer changes the votes that it is given: copy them.",
    },
    hints=(
        "B lost ten votes, all against the best; C won one of two, against the worst. Whose share "
        "of won votes is larger, and is it the better candidate?",
        "At the maximum each candidate has won as often as its strengths say it would. A Newton "
        "step too many does no harm; one too few does. Errors come from the whole inverse, "
        "not from the diagonal alone.",
        "Start at zero. Repeat: chances from all differences of strengths; the gradient, votes won "
        "less votes expected; the curvature; its pseudo-inverse times the gradient is the step. "
        "Stop when the step is tiny. Take off the mean. The inverse also holds the errors.",
    ),
    wrong=(
        result(
            "share of won votes",
            "This is each candidate's share of won votes: whoever met weak opponents looks strong. "
            "Find the strengths that make *all* votes most likely.",
            "wins.sum(1) / votes.sum(1) - (wins.sum(1) / votes.sum(1)).mean()",
        ),
        result(
            "log-odds of the share",
            "These are the log-odds of each candidate's share of won votes: that forgets who the "
            "opponents were. Find the strengths that make *all* votes most likely.",
            "np.log((wins.sum(1) + 1e-9) / (wins.sum(0) + 1e-9)) "
            "- np.log((wins.sum(1) + 1e-9) / (wins.sum(0) + 1e-9)).mean()",
        ),
        result(
            "sign turned round",
            "The order is turned round: `wins[i, j]` counts how often i was preferred to j, so "
            "rows win and columns lose.",
            "strengths.mean() - strengths",
        ),
        result(
            "first one at zero",
            "The strengths are those of the first candidate at zero: let them sum to zero, so that "
            "nobody is special.",
            "strengths - strengths[0]",
        ),
        result(
            "exponentials",
            "These are the exponentials of the strengths, as in i / (i + j): the text asks for "
            "their logarithms, which sum to zero.",
            "np.exp(strengths - strengths.mean())",
        ),
        result(
            "scale of chess",
            "These are Elo points, 400 / ln 10 for each unit: leave the strengths as they are.",
            "(strengths - strengths.mean()) * 400 / np.log(10)",
        ),
        result(
            "variances",
            "The second part holds variances: the standard errors are their roots.",
            CENTRED,
            "np.diag(inverse)",
        ),
        result(
            "diagonal alone",
            "These are the standard errors you get from the diagonal of the curvature alone: the "
            "strengths depend on each other, so invert the whole matrix first.",
            CENTRED,
            "1 / np.sqrt(weights.sum(1) + np.diag(rest))",
        ),
        Wrong.both(
            "curvature without (1 - p)",
            "The strengths are right, the errors too small: a vote's information is p (1 - p), "
            "and here it is p.",
            (
                f"return Strengths({CENTRED}, {ERRORS})",
                "weights = votes * chance\n"
                "    inverse = np.linalg.pinv(np.diag(weights.sum(1)) - weights + rest)\n"
                f"    return Strengths({CENTRED}, np.sqrt(np.abs(np.diag(inverse))))",
            ),
        ),
        Wrong.both(
            "pairs of equal weight",
            "These are exactly the numbers you get when each pair counts once, with its share of "
            "votes: a pair that met more often says more.",
            (
                "votes, strengths = wins + wins.T,",
                "wins = wins / np.maximum(wins + wins.T, 1)\n    votes, strengths = wins + wins.T,",
            ),
        ),
        Wrong.both(
            "one step",
            "These are the strengths after one Newton step: repeat until the steps are tiny.",
            ("range(100)", "range(1)"),
        ),
        Wrong.both(
            "regularised twice",
            "The regularisation counts twice: λ/2 Σ s² has the gradient λ s.",
            ("regularisation * strengths)", "2 * regularisation * strengths)"),
            ("rest = regularisation *", "rest = 2 * regularisation *"),
        ),
        Wrong.both(
            "not regularised",
            "The regularisation is not in it: take λ s off the gradient, and add its curvature.",
            ("regularisation * strengths)", "1e-3 * strengths)"),
            ("rest = regularisation *", "rest = 1e-3 *"),
        ),
        Wrong.both(
            "votes not looked at",
            "A candidate who never lost gets some strength, and no finite one is right: let "
            "`check_votes` look, with `connected` unless there is regularisation.",
            ("connected=regularisation == 0)\n    votes,", "connected=False)\n    votes,"),
        ),
    ),
)

EXERCISES = (BRADLEY_TERRY,)
