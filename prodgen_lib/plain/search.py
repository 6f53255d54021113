"""What a search for good settings needs besides a model: its space, its history, simple rivals.

NumPy and SciPy only: the same for both frameworks. A `Space` maps settings by name to points of
the unit cube and back, and a `History` keeps every trial in a plain file and goes on from it.
Everything here minimises.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import qmc

from prodgen_lib.paths import own_path
from prodgen_lib.plain.dimension import Dimension, choice, integer, linear, log
from prodgen_lib.plain.file_lock import locked

__all__ = [
    "Dimension", "History", "Objective", "Parameters", "Result", "Space", "Trial",
    "check_some_succeeded", "choice", "first_untried", "integer", "linear", "log", "random_search",
    "run_trial", "sobol", "sobol_search", "standardise", "successive_halving",
]  # fmt: skip

Parameters = dict[str, Any]
Objective = Callable[[Parameters], float]


class Space:
    """Settings by name, and the unit cube (D,) that a model sees in their place."""

    def __init__(self, dimensions: Mapping[str, Dimension]) -> None:
        if not dimensions:
            raise ValueError("A space needs at least one dimension.")
        for name, dimension in dimensions.items():
            if not isinstance(dimension, Dimension):
                raise ValueError(
                    f"{name} is a {type(dimension).__name__}; expected linear(…), log(…), "
                    "integer(…) or choice(…)."
                )
        self.dimensions = dict(dimensions)
        self.size = sum(dimension.size for dimension in self.dimensions.values())

    def decode(self, point: np.ndarray) -> Parameters:
        """The settings at a point (D,) of the unit cube."""
        parts = np.split(np.asarray(point, float), self._cuts())
        return {
            name: dimension.decode(part)
            for (name, dimension), part in zip(self.dimensions.items(), parts, strict=True)
        }

    def encode(self, parameters: Mapping[str, Any]) -> np.ndarray:
        """The point (D,) of some settings."""
        return np.array(
            [x for name, dim in self.dimensions.items() for x in dim.encode(parameters[name])]
        )

    def snap(self, point: np.ndarray) -> np.ndarray:
        """The point that stands for the same settings: whole numbers and options have one each."""
        return self.encode(self.decode(point))

    def describe(self) -> dict:
        """The space as plain data, to be written to a file and compared."""
        return json.loads(json.dumps({name: asdict(d) for name, d in self.dimensions.items()}))

    def _cuts(self) -> np.ndarray:
        return np.cumsum([dimension.size for dimension in self.dimensions.values()])[:-1]


@dataclass(frozen=True)
class Trial:
    """One evaluation: what was tried, what came out, and how.

    `value` is NaN where it failed, and `error` then says why. `gain` is the improvement that was
    expected, in standard deviations of the values known then; NaN where no model chose the point.
    """

    parameters: Parameters
    value: float
    error: str = ""
    seconds: float = 0.0
    gain: float = math.nan


class History:
    """All trials of a search, in order; with a `path`, also in a file, from which it goes on."""

    def __init__(self, space: Space, path: str | Path | None = None) -> None:
        self.space, self.path = space, own_path(path) if path else None
        self.trials: list[Trial] = []
        self._in_file = 0
        if self.path and self.path.exists():
            self.trials = _read_trials(self.path, space)
            self._in_file = len(self.trials)

    def __len__(self) -> int:
        return len(self.trials)

    @property
    def points(self) -> np.ndarray:
        """Where the trials lie in the unit cube, (N, D)."""
        points = [self.space.encode(trial.parameters) for trial in self.trials]
        return np.array(points).reshape(len(self.trials), self.space.size)

    @property
    def values(self) -> np.ndarray:
        """What came out, (N,); NaN for a failed trial."""
        return np.array([trial.value for trial in self.trials], float)

    @property
    def gains(self) -> list[float]:
        """What was expected to be gained by each trial that a model chose."""
        return [trial.gain for trial in self.trials if not math.isnan(trial.gain)]

    @property
    def best(self) -> Trial:
        """The trial with the lowest value; ValueError when none succeeded."""
        if not np.isfinite(self.values).any():
            raise ValueError(f"None of {len(self)} trials succeeded, so there is no best one.")
        return self.trials[int(np.nanargmin(self.values))]

    def running_best(self) -> np.ndarray:
        """The lowest value so far after each trial, (N,); infinite before the first success."""
        return np.minimum.accumulate(np.where(np.isnan(self.values), np.inf, self.values))

    def add(self, trial: Trial) -> None:
        """Keep a trial, and write the file anew before anything else happens.

        What another search has added to the file meanwhile stays there.
        """
        self.trials.append(trial)
        if self.path:
            with locked(self.path):
                kept = _read_trials(self.path, self.space) if self.path.exists() else []
                ours = [*kept, trial] if len(kept) >= self._in_file else self.trials
                _write_trials(self.path, self.space, ours)
                self._in_file = len(ours)


def _write_trials(path: Path, space: Space, trials: list[Trial]) -> None:
    """All or nothing: a new file takes the old one's place once it is complete on the disk."""
    rows = [{k: _plain(v) for k, v in asdict(trial).items()} for trial in trials]
    text = json.dumps({"prodgen search": 1, "space": space.describe(), "trials": rows}, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _plain(value: Any) -> Any:
    """JSON knows no NaN: null stands for it."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read_trials(path: Path, space: Space) -> list[Trial]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        described, rows = content["space"], content["trials"]
        trials = [
            Trial(**{k: math.nan if v is None else v for k, v in row.items()}) for row in rows
        ]
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        raise ValueError(
            f"{path} is not the history of a search; give another file, or move this one away."
        ) from None
    if described != space.describe():
        raise ValueError(
            f"{path} is the history of another space ({_difference(described, space.describe())}); "
            "give another file, or the space that it was begun with."
        )
    return trials


def _difference(theirs: dict, ours: dict) -> str:
    """Which settings differ, in a few words."""
    if theirs.keys() != ours.keys():
        return f"it has {', '.join(theirs)}, this one has {', '.join(ours)}"
    names = [name for name in ours if theirs[name] != ours[name]]
    return (
        f"{', '.join(names)} differ" if len(names) > 1 else f"{names[0] if names else ''} differs"
    )


class Result(NamedTuple):
    """How a search ended: all its trials, the best of them, and why it stopped."""

    history: History
    best: Trial
    reason: str


def run_trial(
    objective: Objective, space: Space, point: np.ndarray, *, gain: float = math.nan
) -> Trial:
    """Evaluate one point (D,) of the unit cube. A failure is a result too, and says why.

    An exception, or a value that is no finite number, makes a failed trial. Ctrl-C passes.
    """
    parameters = space.decode(point)
    start = time.perf_counter()
    value, error = math.nan, ""
    try:
        value = float(objective(dict(parameters)))
        if not math.isfinite(value):
            value, error = math.nan, f"The objective returned {value}, not a finite number."
    except Exception as problem:
        error = f"The objective raised {type(problem).__name__}: {problem}"
    return Trial(parameters, value, error, time.perf_counter() - start, gain)


def sobol(count: int, size: int, *, seed: int) -> np.ndarray:
    """`count` scrambled Sobol points in the unit cube, (count, size): random, but evenly spread."""
    engine = qmc.Sobol(size, seed=np.random.default_rng(seed))
    return engine.random_base2(max(0, math.ceil(math.log2(max(count, 1)))))[:count]


def standardise(values: np.ndarray) -> np.ndarray:
    """What a model sees of the values (N,): mean 0 and standard deviation 1.

    A failed trial (NaN) counts as the worst one that succeeded: unpromising, without a made-up
    number that would flatten all others. For the same reason a value is drawn in that lies farther
    above the median than five times the way down to the best. Constant values become zeros.
    ValueError when none is finite.
    """
    values = np.asarray(values, float)
    finite = values[np.isfinite(values)]
    if not len(finite):
        raise ValueError(f"None of {len(values)} values is a finite number: nothing to model.")
    median = np.median(finite)
    spread = median - finite.min()
    worst = min(finite.max(), median + 5 * spread) if spread > 0 else finite.max()
    seen = np.minimum(np.where(np.isfinite(values), values, worst), worst)
    deviation = seen.std()
    return (seen - seen.mean()) / deviation if deviation > 1e-12 * (1 + abs(median)) else 0 * seen


def first_untried(
    candidates: Sequence[np.ndarray],
    tried: np.ndarray,
    snap: Callable[[np.ndarray], np.ndarray] | None = None,
    *,
    otherwise: np.ndarray | None = None,
) -> np.ndarray | None:
    """The first of some points (D,), each snapped, that is none of those tried (N, D).

    If all were tried, `otherwise`, snapped: a small space of whole numbers comes to an end.
    """
    for candidate in candidates:
        point = snap(candidate) if snap else candidate
        if np.abs(tried - point).max(axis=1).min() > 1e-6:
            return point
    return snap(otherwise) if snap and otherwise is not None else otherwise


def check_some_succeeded(history: History) -> None:
    """ValueError when no trial so far came to a value."""
    if not history.trials:
        raise ValueError("There are no trials to learn from: begin with one or more.")
    if not np.isfinite(history.values).any():
        raise ValueError(
            f"All {len(history)} trials failed, so there is nothing to learn from. The last one: "
            f"{history.trials[-1].error}"
        )


def random_search(objective: Objective, space: Space, *, budget: int, seed: int = 0) -> History:
    """`budget` trials at independent random points: the rival that any search has to beat."""
    return _search_at(objective, space, np.random.default_rng(seed).random((budget, space.size)))


def sobol_search(objective: Objective, space: Space, *, budget: int, seed: int = 0) -> History:
    """`budget` trials at Sobol points."""
    return _search_at(objective, space, sobol(budget, space.size, seed=seed))


def _search_at(objective: Objective, space: Space, points: np.ndarray) -> History:
    history = History(space)
    for point in points:
        history.add(run_trial(objective, space, point))
    return history


def successive_halving(
    train_on: Callable[[int, int], float],
    candidates: int,
    *,
    rungs: Sequence[int] = (30, 90, 270),
    keep: float = 1 / 3,
) -> list[list[tuple[int, float]]]:
    """Many candidates for a short time, the better ones for longer (arXiv:1502.07943).

    `train_on(candidate, steps)` trains candidate number 0 … candidates - 1 up to so many steps and
    gives its loss. After each rung the best `keep` of them go on, at least one. A loss that is not
    finite loses. Returns, for each rung, (candidate, loss) from best to worst.
    """
    if candidates < 1 or not 0 < keep < 1 or list(rungs) != sorted(set(rungs)):
        raise ValueError("Expected candidates ≥ 1, keep between 0 and 1, and growing rungs.")
    running, table = list(range(candidates)), []
    for steps in rungs:
        losses = [(number, float(train_on(number, steps))) for number in running]
        table.append(sorted(losses, key=lambda row: (not math.isfinite(row[1]), row[1])))
        running = [number for number, _ in table[-1][: max(1, round(keep * len(running)))]]
    return table
