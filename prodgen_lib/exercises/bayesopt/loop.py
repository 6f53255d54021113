"""The search for the best point to try, the loop around it, and when it ends."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.bayesopt.tools import double
from prodgen_lib.exercises.common import refuses, replacing, yes
from prodgen_lib.plain.search import History, Space, linear


def search_cases(rng: np.random.Generator) -> list[Case]:
    """One hill by hand; a lower hill with the best candidate; a hill beyond the edge; given."""

    def hills(name: str, tops: object, heights: list, candidates: object, width: float, **more):
        inputs = {"tops": np.array(tops, float), "heights": np.array(heights, float)}
        inputs |= {"candidates": np.array(candidates, float), "width": width, **more}
        return Case(name, inputs)

    one = hills("a hill whose top is at 0.3", [[0.3]], [1], [[0.1], [0.9]], 0.5)
    one.by_hand.update({"point": [0.3]})
    high, low = rng.uniform(0.6, 0.85, 2), rng.uniform(0.1, 0.3, 2)
    near_low = low + rng.uniform(-0.01, 0.01, (3, 2))
    lowest = np.array([0.15, 0.9])
    decoys = lowest + rng.uniform(-0.01, 0.01, (8, 2))
    begin = np.concatenate([near_low, high[None] - 0.1, decoys])
    beyond = np.array([rng.uniform(1.2, 1.4), rng.uniform(-0.4, -0.2)])
    spread = rng.random((30, 3))
    return [
        one,
        hills(
            "the best candidates on the lower hill",
            [high, low, lowest],
            [1.0, 0.75, 0.25],
            begin,
            0.15,
            options={"starts": 4},
        ),
        hills("a top outside of the cube", [beyond], [1], rng.random((6, 2)), 0.4),
        hills(
            "an acquisition that is given its height",
            [rng.uniform(0.2, 0.8, 3)],
            [1],
            spread,
            0.5,
            given=rng.uniform(1, 3),
        ),
    ]


def observe_search(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The point, and how high it lies."""
    inputs = case.inputs
    candidates = inputs["candidates"].copy()
    tops, heights = inputs["tops"] / inputs["width"], inputs["heights"][:, None]
    summed = np.ones((candidates.shape[1], 1))

    def hills(points, tops, heights, summed):
        gaps = points[:, None] / inputs["width"] - tops
        return ((1 / (1 + (gaps * gaps) @ summed))[..., 0] @ heights)[:, 0]

    known = [double(framework, numbers) for numbers in (tops, heights, summed)]

    def acquisition(points):
        return hills(points, *known)

    def higher(points, factor):
        return factor * acquisition(points)

    if "given" in inputs:
        given = (double(framework, inputs["given"]),)
        point = answer(higher, candidates, given=given)
    else:
        point = answer(acquisition, candidates, **inputs.get("options", {}))
    if not isinstance(point, np.ndarray) or point.shape != candidates.shape[1:]:
        raise Complaint("The answer is not a NumPy array with one number for each dimension, (D,).")
    return {"point": point.astype(float), "height": hills(point[None], tops, heights, summed)}


first = replacing("[:starts]", "[:starts]")

SEARCH_ACQUISITION = Exercise(
    id="bayesopt.search_acquisition",
    difficulty=3,
    importance=4,
    minutes=10,
    seed=1,
    cases=search_cases,
    observe=observe_search,
    rtol=2e-3,
    atol=2e-3,
    tolerance_reason="a climb that ends where a millionth is left to gain",
    hints=(
        "Which of the candidates would you climb from, and why is one not enough?",
        "Check four things: high values are wanted while `minimise` goes down; every number stays "
        "between 0 and 1; several starts climb; and of what they reach the best is returned.",
        "Values of all candidates; the best `starts` of them; one call of `minimise` on minus the "
        "sum, with all of them as its start; values of what was reached; the highest.",
    ),
    wrong=(
        Wrong(
            "goes down",
            "This is the best of the candidates: nothing climbs, or it climbs down. `minimise` "
            "looks for low values, so give it *minus* the acquisition.",
            torch=(("-acquisition(points, *given).sum()", "acquisition(points, *given).sum()"),),
            tensorflow=(
                (
                    "downhill(acquisition)",
                    "lambda p, *given: tf.reduce_sum(acquisition(p, *given))",
                ),
            ),
        ),
        first(
            "one start",
            "The climb ends on a lower hill: it starts from the best candidate alone. Let the "
            "best `starts` of them climb.",
            "[:1]",
        ),
        Wrong.both(
            "out of the cube",
            "The point lies outside of the unit cube: every number has bounds, 0 and 1.",
            ("[0.0, 1.0]", "[-9.0, 9.0]"),
        ),
        Wrong(
            "lowest of those reached",
            "This is the *lowest* of the points reached: the highest is wanted.",
            torch=((".argmax()", ".argmin()"),),
            tensorflow=(("tf.argmax(", "tf.argmin("),),
        ),
    ),
)


def stop_cases(rng: np.random.Generator) -> list[Case]:
    """Seven moments of a search by hand; many drawn ones."""
    worked = [
        ([], 5, 5),
        ([0.5, 1e-4, 1e-4], 9, 20),
        ([1e-4, 1e-4, 0.5], 9, 20),
        ([1e-4], 9, 20),
        ([1e-4, 1e-4], 20, 20),
        ([np.nan, 1e-4], 9, 20),
        ([4e-3, 5e-3], 9, 20),
    ]
    many = []
    for _ in range(60):
        length, budget = int(rng.integers(0, 6)), int(rng.integers(8, 12))
        gains = 10 ** rng.choice([-4.0, -3.0, -2.0], length, p=[0.7, 0.15, 0.15])
        options = {
            "tolerance": float(rng.choice([1e-3, 1e-2])),
            "patience": int(rng.integers(1, 4)),
        }
        many.append((gains.tolist(), int(rng.integers(5, 12)), budget, options))
    return [
        Case("seven moments of a search", {"calls": worked}, {"reasons": [2, 1, 0, 0, 2, 0, 0]}),
        Case("sixty moments", {"calls": many}),
    ]


def observe_stop(answer: Callable, case: Case, framework: Framework) -> Observation:
    """0 for None, 1 for "gain", 2 for "budget"; how often each; whether the list is left alone."""
    codes, untouched = [], True
    for gains, trials, budget, *options in case.inputs["calls"]:
        given = list(gains)
        reason = answer(given, trials=trials, budget=budget, **(options[0] if options else {}))
        if reason not in (None, "gain", "budget"):
            raise Complaint(f'The answer is {reason!r}; expected "budget", "gain" or None.')
        codes.append({None: 0, "gain": 1, "budget": 2}[reason])
        untouched &= len(given) == len(gains)
    shares = np.bincount(codes, minlength=3) / len(codes)
    seen = {"reasons": np.array(codes), "invariant gains as they were": yes(untouched)}
    return seen if case.by_hand else {"share of each reason": shares, **seen}


STOP_REASON = Exercise(
    id="bayesopt.stop_reason",
    difficulty=2,
    importance=3,
    minutes=5,
    seed=1,
    cases=stop_cases,
    observe=observe_stop,
    tolerance_reason="no rounding is involved",
    messages={
        "invariant gains as they were": "The list of gains is not what it was: leave it alone."
    },
    hints=(
        "What is `all` of an empty list? And is NaN below 0.001?",
        "Check: the budget comes first; only the *last* gains count; all of them must be small; "
        "there must be `patience` of them.",
        "Compare trials with budget. Then cut the last `patience` gains off a copy; are there as "
        "many, and is each below the tolerance?",
    ),
    wrong=(
        Wrong.both(
            "any small gain",
            "One small gain among the last is enough here: all of them must be small, one may be "
            "chance.",
            ("all(gain", "any(gain"),
        ),
        Wrong.both(
            "too few gains",
            "It stops on fewer than `patience` gains: `all` of an empty list is True.",
            ("len(recent) == patience and ", ""),
        ),
        Wrong.both(
            "the first gains",
            "It looks at the first gains: the last ones say whether there is anything left.",
            ("gains[-patience:]", "gains[:patience]"),
        ),
        Wrong.both(
            "one gain more",
            "It waits for one gain more than `patience`.",
            ("gains[-patience:]", "gains[-patience - 1 :]"),
            ("len(recent) == patience", "len(recent) == patience + 1"),
        ),
        Wrong.both(
            "budget overrun",
            "It goes on when the budget is reached: `budget` trials are allowed, not one more.",
            ("trials >= budget", "trials > budget"),
        ),
        Wrong.both(
            "NaN as small",
            "A gain of NaN counts as small here: it says nothing.",
            ("gain < tolerance for", "not gain >= tolerance for"),
        ),
        Wrong.both(
            "tolerance fixed",
            "`tolerance` has no effect: compare with it, not with 0.001.",
            ("gain < tolerance for", "gain < 1e-3 for"),
        ),
        Wrong.both(
            "no budget",
            'It never says "budget": `trials` reaching `budget` ends a search first of all.',
            ("trials >= budget", "False"),
        ),
        Wrong.both(
            "large gains",
            "It stops while large gains are expected: small ones are the reason to stop.",
            ("gain < tolerance for", "gain > tolerance for"),
        ),
    ),
)


SPACE = Space({"x": linear(0, 1), "y": linear(0, 1)})


ENDLESS = "The search does not end: every trial must be added to the history, or none is counted."


def loop_cases(rng: np.random.Generator) -> list[Case]:
    """A start without a model by hand; a search that fails in places; one that gains nothing."""

    def draw(name: str, **options: object) -> Case:
        return Case(
            name, {"slope": rng.uniform(0.5, 2, 2), "seed": int(rng.integers(100)), **options}
        )

    by_hand = draw("three trials, all of them the start's", budget=3, start=4, fails=2.0)
    by_hand.by_hand.update({"trials": 3, "reason": 1})
    return [
        by_hand,
        draw("gains that become small", budget=20, start=None, fails=2.0, shrink=0.7),
        draw("twelve trials, some of which fail", budget=12, start=5, fails=0.6),
    ]


def observe_loop(answer: Callable, case: Case, framework: Framework) -> Observation:
    """All trials of a search with an invented model; what it is given; a break; a hopeless one."""
    inputs, asked, shown, runs = case.inputs, [], [], []

    def objective(parameters):
        runs.append(0)
        if len(runs) > 200:  # an ordinary exception would be a failed trial
            raise SystemExit
        if parameters["x"] > inputs["fails"]:
            raise RuntimeError("out of memory")
        return float(np.sin(7 * parameters["x"]) + inputs["slope"] @ list(parameters.values()))

    def hopeless(parameters):
        runs.append(0)
        raise RuntimeError("no disk")

    def choose(points, values, *, snap, seed):
        asked.append([len(points), np.nansum(values), seed, float(snap == SPACE.snap)])
        number = len(points)
        known = np.nansum(values) + points.sum()
        return np.array([known % 1, 0.37 * number % 1]), 0.1 * inputs.get("shrink", 1) ** number

    fixed = {"tolerance": 0.01} if "shrink" in inputs else {}
    fixed |= {"start": inputs["start"]} if inputs["start"] else {}

    def search(path=None, budget=inputs["budget"], **options):
        try:
            return answer(
                options.pop("objective", objective),
                SPACE,
                budget=budget,
                seed=inputs["seed"],
                history=path,
                choose=choose,
                progress=False,
                **fixed,
                **options,
            )
        except SystemExit:
            raise Complaint(ENDLESS) from None

    def on_trial(history):
        shown.append(len(history))
        if len(shown) > 200:
            raise SystemExit

    found = search(on_trial=on_trial)
    history, best, reason = (getattr(found, name, None) for name in ("history", "best", "reason"))
    if not isinstance(history, History) or best is None:
        raise Complaint("The answer is no Result with history, best and reason.")
    told = np.array(asked, float).reshape(-1, 4)
    seen = {
        "trials": np.array(len(history)),
        "reason": np.array(
            ["gain", "budget"].index(reason) if reason in ("gain", "budget") else -1
        ),
        "values": np.nan_to_num(history.values, nan=99.0),
        "points": history.points,
        "best value": np.array(best.value),
        "what choose is given": told,
        "calls of on_trial": np.array(shown),
    }
    if inputs["fails"] > 1:
        return seen
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.json"
        search(path, budget=7)
        kept = path.exists() and len(History(SPACE, path)) == 7
        again = search(path).history
    same = np.array_equal(again.points, history.points)
    runs.clear()
    refused = refuses(search, objective=hopeless)
    return seen | {
        "invariant goes on from its file": yes(kept and same),
        "invariant refuses when all failed": yes(refused == 1 and len(runs) == inputs["start"]),
    }


OPTIMISE = Exercise(
    id="bayesopt.optimise",
    difficulty=4,
    importance=5,
    minutes=15,
    seed=1,
    cases=loop_cases,
    observe=observe_loop,
    tolerance_reason="float64: an invented model, the same in both frameworks",
    messages={
        "what choose is given": (
            "`choose` is not called as it should be: with all points and values so far, "
            "snap=space.snap, and seed + number of trials, once for each trial after the start."
        ),
        "calls of on_trial": "`on_trial` is to be called with the history once after each trial.",
        "best value": "The best trial of the result is another: the lowest value is the best.",
        "invariant goes on from its file": (
            "A search does not go on from its file: give `history` to History, and count the "
            "trials that are there."
        ),
        "invariant refuses when all failed": (
            "When every trial of the start failed, it must end in a ValueError: see "
            "`check_some_succeeded`."
        ),
    },
    hints=(
        "Where does the loop have to begin when the file already holds seven trials?",
        "Check: the first `start` points are Sobol's, each later one is chosen from *all* trials "
        "so far; every trial is added at once; the gain goes into the trial, or the rule never "
        "sees it.",
        "While the rule gives no reason: take the next Sobol point with a gain of NaN, or ask "
        "`choose`; run the trial with that gain; add it; tell `on_trial`. Then the result.",
    ),
    wrong=(
        Wrong.both(
            "trials not kept",
            ENDLESS,
            (
                "kept.add(run_trial(objective, space, point, gain=gain))",
                "run_trial(objective, space, point, gain=gain)",
            ),
        ),
        Wrong.both(
            "start ignored",
            "The model is asked after a single trial: the first `start` points are Sobol's.",
            ("if len(kept) < start:", "if len(kept) < 1:"),
        ),
        Wrong.both(
            "model never updated",
            "`choose` sees the trials of the start alone, every time: the model must learn from "
            "all trials so far.",
            (
                "choose(kept.points, kept.values,",
                "choose(kept.points[:start], kept.values[:start],",
            ),
        ),
        Wrong.both(
            "same seed",
            "`choose` gets the same seed every time, and the same candidates with it: add the "
            "number of trials.",
            ("seed=seed + len(kept)", "seed=seed"),
        ),
        Wrong.both(
            "seed of the start",
            "The start is the same for every seed: give `seed` to `sobol`.",
            ("sobol(start, space.size, seed=seed)", "sobol(start, space.size, seed=0)"),
        ),
        Wrong.both(
            "gain lost",
            "It never stops early: the gain is not kept with its trial, so the rule has nothing to "
            "look at.",
            ("run_trial(objective, space, point, gain=gain)", "run_trial(objective, space, point)"),
        ),
        Wrong.both(
            "history not kept",
            "A search does not go on from its file: give `history` to History, and count the "
            "trials that are there.",
            ("History(space, history)", "History(space)"),
        ),
        Wrong.both(
            "best of the highest",
            "The best trial of the result is the one with the highest value: low ones are wanted.",
            ("Result(kept, kept.best,", "Result(kept, max(kept.trials, key=lambda t: t.value),"),
        ),
        Wrong.both(
            "last for best",
            "The best trial of the result is the last one: it is the one with the lowest value.",
            ("Result(kept, kept.best,", "Result(kept, kept.trials[-1],"),
        ),
        Wrong.both(
            "told too early",
            "`on_trial` is to be called with the history once after each trial.",
            ("if on_trial:", "if on_trial and len(kept) > start:"),
        ),
        Wrong.both(
            "failures unnoticed",
            "When every trial of the start failed, it must end in a ValueError: see "
            "`check_some_succeeded`.",
            ("            check_some_succeeded(kept)\n", ""),
        ),
        Wrong.both(
            "tolerance lost",
            "`tolerance` is not passed on to the rule.",
            (', "tolerance": tolerance}', "}"),
        ),
    ),
)

EXERCISES = (SEARCH_ACQUISITION, STOP_REASON, OPTIMISE)
