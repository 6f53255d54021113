from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import flat, raised
from prodgen_lib.plain.search import History, Space, linear

SPACE = Space({"x": linear(0, 1), "y": linear(0, 1)})


ENDLESS = Text(
    "The search does not end: every trial must be added to the history, or none is counted.",
    "搜索不会结束：每次试验都要加入历史记录，否则一次也不会被计数。",
)


def cases(rng: np.random.Generator) -> list[Case]:
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


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """All trials of a search with an invented model; what it is given; a break; a hopeless one."""
    inputs, asked, shown, runs, stored = case.inputs, [], [], [], []

    def objective(parameters):
        runs.append(0)
        if len(runs) > 200:  # an ordinary exception would be a failed trial
            raise SystemExit
        stored.append(kept_in(path))
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

    def kept_in(path):
        return len(History(SPACE, path)) if path and path.exists() else 0

    path = None
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
            raise Complaint(ENDLESS.en, ENDLESS.zh) from None

    def on_trial(history):
        shown.append(len(history))
        if len(shown) > 200:
            raise SystemExit

    found = search(on_trial=on_trial)
    history, best, reason = (getattr(found, name, None) for name in ("history", "best", "reason"))
    if not isinstance(history, History) or best is None:
        raise Complaint(
            "The answer is no Result with history, best and reason.",
            "答案不是带有 history、best 和 reason 的 Result。",
        )
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
    if case.by_hand:
        return seen
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.json"
        stored.clear()
        search(path, budget=7)
        kept = kept_in(path)
        again = search(path).history
        seen |= {
            "invariant goes on from its file": flat([np.array([kept]), again.points]),
            "invariant on disk before the next trial": np.array(stored),
        }
        runs.clear()
        ended = [search(path).reason, search(path, budget=5).reason]
        told = np.asarray(f"{len(runs)} trials, {ended[0]}, {ended[1]}")
        seen["invariant a finished search runs nothing"] = told
    if inputs["fails"] > 1:
        return seen
    runs.clear()
    refused = raised(search, objective=hopeless)
    told = np.asarray(f"{refused} after {len(runs)} trials")
    return seen | {"invariant refuses when all failed": told}
