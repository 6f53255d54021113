"""Chapter 10's optimiser beside the libraries: writes benchmarks/bayesopt.json and bayesopt.md.

    python benchmarks/bayesopt.py                      all runs that are not in bayesopt.json yet
    python benchmarks/bayesopt.py "Optuna GP" Branin   one method on one problem
    python benchmarks/bayesopt.py table                bayesopt.md alone, from bayesopt.json

Every method minimises in the unit cube and gets the same scrambled Sobol points of its seed first,
2·(D + 1) of them, so that seeds are pairs. Regret is the lowest value so far less the known
minimum. CPU seconds are those of the process, one thread, after the first points, a suggestion.
BoTorch and scikit-optimize are peers of this benchmark alone; install them beside the course:
pip install botorch scikit-optimize. Where one is missing its runs are left out, with a word.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np
from scipy.stats import wilcoxon

from prodgen_lib.data import load
from prodgen_lib.plain import problems, search

HERE = Path(__file__).parent
Function = Callable[[np.ndarray], float]
Seen = tuple[np.ndarray, np.ndarray, float, list[float]]  # points, values, CPU seconds, gains

SEEDS, MARKS = range(12), (20, 30, 50)
TASK_SEEDS, TASK_MARKS, STEPS = range(4), (10, 20), 60
NOISE = 2.0
PROBLEMS = {
    "Branin": (problems.branin, 2, problems.BRANIN_MINIMUM),
    "Hartmann-6": (problems.hartmann6, 6, problems.HARTMANN6_MINIMUM),
}
TOLD = "failures as the worst value"
OURS, TWIN = "prodgen, PyTorch", "prodgen, TensorFlow"
METHODS = {  # the package that it needs
    OURS: "torch",
    TWIN: "tensorflow",
    "Optuna GP": "optuna",
    "Optuna TPE": "optuna",
    "BoTorch log-EI": "botorch",
    "scikit-optimize": "skopt",
    "Sobol": "scipy",
    "random": "numpy",
    "prodgen, EI in place of its logarithm": "torch",
    "prodgen, UCB": "torch",
    "prodgen, Thompson": "torch",
    f"Optuna GP, {TOLD}": "optuna",
    f"Optuna TPE, {TOLD}": "optuna",
}
PEERS = ("optuna", "botorch", "scikit-optimize")
TASK_METHODS = (
    *(OURS, "Optuna GP", f"Optuna GP, {TOLD}", "Optuna TPE", f"Optuna TPE, {TOLD}"),
    *("Sobol", "random"),
)


def ours(function: Function, size: int, budget: int, seed: int, method: str) -> Seen:
    """This course's optimiser, never stopping early."""
    framework = "tensorflow" if method.endswith("TensorFlow") else "torch"
    bayesopt = importlib.import_module(f"prodgen_lib.{framework}.bayesopt")
    names = {"EI in place of its logarithm": "ei", "UCB": "ucb", "Thompson": "thompson"}
    acquisition = names.get(method.removeprefix("prodgen, "), "log_ei")

    def choose(*arguments, **options):
        start = time.process_time()
        answer = bayesopt.suggest(*arguments, acquisition=acquisition, **options)
        spent.append(time.process_time() - start)
        return answer

    spent: list[float] = []
    space = search.Space({f"x{i}": search.linear(0, 1) for i in range(size)})
    history = bayesopt.optimise(
        lambda parameters: function(np.array(list(parameters.values()))),
        space, budget=budget, seed=seed, tolerance=0, choose=choose, progress=False,
    ).history  # fmt: skip
    return history.points, history.values, sum(spent), history.gains


def one_by_one(function: Function, size: int, budget: int, seed: int, method: str) -> Seen:
    """A peer that is asked for a point and told its value, after the points that all begin with."""
    start = search.sobol(2 * (size + 1), size, seed=seed)
    suggest = {"BoTorch log-EI": botorch, "scikit-optimize": skopt}[method]
    points, values, spent = [], [], 0.0
    for number in range(budget):
        if number < len(start):
            point = start[number]
        else:
            began = time.process_time()
            point = suggest(np.array(points), worst_for_failed(values), seed)
            spent += time.process_time() - began
        points.append(point)
        values.append(function(point))
    return np.array(points), np.array(values), spent, []


def worst_for_failed(values: list[float]) -> np.ndarray:
    """No peer but Optuna takes a NaN."""
    values = np.array(values)
    return np.where(np.isnan(values), np.nanmax(values), values)


def botorch(points: np.ndarray, values: np.ndarray, seed: int) -> np.ndarray:
    """BoTorch's defaults: its model, and log-EI searched from 8 of 512 points."""
    import torch
    from botorch.acquisition import LogExpectedImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.optim import optimize_acqf
    from gpytorch.mlls import ExactMarginalLogLikelihood

    torch.manual_seed(1000 * seed + len(points))
    inputs, outputs = torch.tensor(points), -torch.tensor(values)[:, None]
    model = SingleTaskGP(inputs, outputs)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    bounds = torch.tensor([[0.0], [1.0]], dtype=torch.float64).expand(2, inputs.shape[1])
    found, _ = optimize_acqf(
        LogExpectedImprovement(model, outputs.max()), bounds, q=1, num_restarts=8, raw_samples=512
    )
    return found[0].numpy()


OPTIMIZERS: dict = {}


def skopt(points: np.ndarray, values: np.ndarray, seed: int) -> np.ndarray:
    """scikit-optimize's Gaussian process with its mixture of acquisitions."""
    from skopt import Optimizer

    key = (points.shape[1], seed)
    if key not in OPTIMIZERS:
        bounds = points.shape[1] * [(0.0, 1.0)]
        OPTIMIZERS[key] = Optimizer(bounds, "GP", n_initial_points=len(points), random_state=seed)
        OPTIMIZERS[key].tell(points.tolist(), values.tolist())
    else:
        OPTIMIZERS[key].tell(points[-1].tolist(), float(values[-1]))
    return np.clip(OPTIMIZERS[key].ask(), 0, 1)


def optuna(function: Function, size: int, budget: int, seed: int, method: str) -> Seen:
    """Optuna's GP or TPE sampler; the first points are put into its queue."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    start = search.sobol(2 * (size + 1), size, seed=seed)
    kind = optuna.samplers.GPSampler if "GP" in method else optuna.samplers.TPESampler
    study = optuna.create_study(sampler=kind(seed=seed, n_startup_trials=len(start)))
    for point in start:
        study.enqueue_trial({f"x{i}": float(x) for i, x in enumerate(point)})
    points, values, spent = [], [], 0.0
    for _ in range(budget):
        began = time.process_time()
        trial = study.ask()
        point = np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(size)])
        spent += time.process_time() - began
        points.append(point)
        values.append(function(point))
        told = worst_for_failed(values)[-1] if TOLD in method else values[-1]
        state = optuna.trial.TrialState.FAIL if np.isnan(told) else None
        study.tell(trial, None if state else told, state=state)
    return np.array(points), np.array(values), spent, []


def blindly(function: Function, size: int, budget: int, seed: int, method: str) -> Seen:
    """Sobol or random points."""
    random = np.random.default_rng(seed).random((budget, size))
    points = search.sobol(budget, size, seed=seed) if method == "Sobol" else random
    return points, np.array([function(point) for point in points]), 0.0, []


def run(method: str, function: Function, size: int, budget: int, seed: int) -> Seen:
    runners = {"prod": ours, "Optu": optuna, "BoTo": one_by_one, "scik": one_by_one}
    return runners.get(method[:4], blindly)(function, size, budget, seed, method)


def rows_of(method: str, problem: str) -> list[dict]:
    """All seeds of a method on one problem."""
    warnings.simplefilter("ignore")
    run(method, problems.branin, 2, 8, 999)  # imports and first graphs don't count
    if problem == "noise":
        return [noisy(seed) for seed in SEEDS]
    seeds, marks = (TASK_SEEDS, TASK_MARKS) if problem == "VAE" else (SEEDS, MARKS)
    rows = []
    for seed in seeds:
        function, size, lowest = task(seed) if problem == "VAE" else PROBLEMS[problem]
        _, values, spent, gains = run(method, function, size, marks[-1], seed)
        best = np.fmin.accumulate(values)
        row = {"method": method, "problem": problem, "seed": seed}
        row["gains"] = [float(f"{gain:.4g}") for gain in gains]
        row["regret"] = [float(best[mark - 1] - lowest) for mark in marks]
        row["curve"] = [float(f"{value - lowest:.4g}") for value in best]
        row["failed"] = int(np.isnan(values).sum())
        row["seconds"] = spent / (marks[-1] - 2 * (size + 1))
        rows.append(row)
        print(method, problem, seed, row["regret"], f"{row['seconds']:.3f} s", flush=True)
    return rows


@cache
def pictures() -> tuple[np.ndarray, np.ndarray]:
    images = load("catalogue", count=2200).images
    return images[:2000], images[2000:]


def task(seed: int) -> tuple[Function, int, float]:
    """Chapter 5's autoencoder in 60 steps: the bound on unseen pictures, turned round."""
    bayesopt = importlib.import_module("prodgen_lib.torch.bayesopt")
    space = problems.vae_space()

    def function(point: np.ndarray) -> float:
        score = bayesopt.train_and_score(space.decode(point), *pictures(), steps=STEPS, seed=seed)
        return score if np.isfinite(score) else np.nan

    return function, space.size, 0.0


def noisy(seed: int) -> dict:
    """Branin with noise of deviation 2: what is reported, and what it is truly worth."""
    bayesopt = importlib.import_module("prodgen_lib.torch.bayesopt")
    rng = np.random.default_rng(seed)
    points, values, _, _ = run(
        OURS, lambda x: float(problems.branin(x) + NOISE * rng.normal()), 2, MARKS[-1], seed
    )
    lowest, mean = int(np.argmin(values)), bayesopt.recommend(points, values)
    return {
        "method": OURS, "problem": "noise", "seed": seed,
        "reported": float(values[lowest] - problems.BRANIN_MINIMUM),
        "lowest": float(problems.branin(points[lowest]) - problems.BRANIN_MINIMUM),
        "recommended": float(problems.branin(points[mean]) - problems.BRANIN_MINIMUM),
    }  # fmt: skip


def stopped(row: dict, size: int, tolerance: float = 1e-3, patience: int = 2) -> tuple[int, float]:
    """After how many trials the rule of the chapter would have ended a run, and its regret then."""
    bayesopt = importlib.import_module("prodgen_lib.torch.bayesopt")
    first = len(row["curve"]) - len(row["gains"])
    for count in range(len(row["gains"]) + 1):
        options = {"budget": MARKS[-1], "tolerance": tolerance, "patience": patience}
        gains = row["gains"][:count]
        if bayesopt.stop_reason(gains, trials=first + count, **options):
            break
    return first + count, row["curve"][first + count - 1]


def quartiles(values: list[float]) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.2g} [{low:.2g}, {high:.2g}]"


def chosen(rows: list[dict], method: str, problem: str) -> list[dict]:
    found = [row for row in rows if (row["method"], row["problem"]) == (method, problem)]
    return sorted(found, key=lambda row: row["seed"])


def paired(rows: list[dict], rival: str, problem: str) -> str:
    """Wins of this course's optimiser over a rival on the same seeds, and Wilcoxon's p."""
    mine, theirs = (
        np.array([row["regret"][-1] for row in chosen(rows, method, problem)])
        for method in (OURS, rival)
    )
    if len(mine) != len(theirs) or rival in (OURS, TWIN):
        return "–"
    return f"{(mine < theirs).sum()} of {len(mine)}, p = {wilcoxon(mine, theirs).pvalue:.2g}"


def problem_table(rows: list[dict], problem: str) -> str:
    marks = TASK_MARKS if problem == "VAE" else MARKS
    what = "nats a picture" if problem == "VAE" else "regret"
    head = ["method", *(f"{what} after {mark}" for mark in marks), "CPU-s a suggestion"]
    head += ["failed trials"] if problem == "VAE" else ["prodgen better, paired"]
    lines = [head, len(head) * ["---"]]
    for method in METHODS:
        if found := chosen(rows, method, problem):
            cells = [quartiles([row["regret"][i] for row in found]) for i in range(len(marks))]
            if problem == "VAE":
                medians = np.median([row["regret"] for row in found], axis=0)
                cells = [f"{value:.0f}" for value in medians]
            seconds = np.median([row["seconds"] for row in found])
            failed = f"{np.mean([row['failed'] for row in found]):.1f}"
            last = failed if problem == "VAE" else paired(rows, method, problem)
            lines.append([method, *cells, f"{seconds:.3f}", last])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_table(rows: list[dict]) -> None:
    noise = chosen(rows, OURS, "noise")
    stops = {p: [stopped(r, PROBLEMS[p][1]) for r in chosen(rows, OURS, p)] for p in PROBLEMS}
    parts = [
        "# Chapter 10's optimiser beside the libraries",
        f"Median [quartiles] over {len(SEEDS)} seeds; made by `benchmarks/bayesopt.py` on "
        f"{platform.processor() or platform.machine()}, one thread. The same Sobol points begin "
        "every run of a seed; p is Wilcoxon's, two-sided, over the pairs, after the last trial. "
        f"{', '.join(f'{name} {version(name)}' for name in PEERS)}.",
        *(f"## {problem}\n\n{problem_table(rows, problem)}" for problem in PROBLEMS),
        f"## A real task\n\nChapter 5's autoencoder, trained for {STEPS} steps on 2,000 pictures: "
        "learning rate, width and number of latents. Minus the bound on 200 unseen pictures, the "
        f"lower the better; medians over {len(TASK_SEEDS)} seeds. With so few seeds and trials, "
        "small differences say nothing. A training that diverges has failed. prodgen's model sees "
        "the worst value there; Optuna's see nothing, unless the objective itself returns the "
        "worst value so far, as in the rows that say so.\n\n" + problem_table(rows, "VAE"),
        "## When the rule would have stopped\n\nExpected gain below 0.001 standard deviations "
        "twice in a row.\n\n| problem | trials | regret then | worst |\n| --- | --- | --- | --- |\n"
        + "\n".join(
            f"| {problem} | {quartiles([count for count, _ in found])} | "
            f"{quartiles([regret for _, regret in found])} | {max(r for _, r in found):.2g} |"
            for problem, found in stops.items()
        ),
        f"## Noise\n\nBranin with noise of standard deviation {NOISE:g}, {MARKS[-1]} trials.\n\n"
        "| | above the true minimum |\n| --- | --- |\n"
        f"| the lowest value seen, as reported | {quartiles([r['reported'] for r in noise])} |\n"
        f"| its point, in truth | {quartiles([r['lowest'] for r in noise])} |\n"
        f"| the point of the lowest posterior mean, in truth | "
        f"{quartiles([r['recommended'] for r in noise])} |",
    ]
    (HERE / "bayesopt.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def jobs() -> list[tuple[str, str]]:
    return [
        *product([method for method in METHODS if TOLD not in method], PROBLEMS),
        *((method, "VAE") for method in TASK_METHODS),
        (OURS, "noise"),
    ]


def main(*only: str) -> None:
    path = HERE / "bayesopt.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    if len(only) == 2:
        print(json.dumps(rows_of(*only)))
        return
    for method, problem in jobs() if not only else []:
        if chosen(rows, method, problem):
            continue
        if not find_spec(METHODS[method]):
            print(f"{method}: left out, {METHODS[method]} is not installed.")
            continue
        command = [sys.executable, __file__, method, problem]
        quiet = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
        quiet |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=os.environ | quiet)
        *log, last = done.stdout.splitlines() or [""]
        print(*log, sep="\n", flush=True)
        if done.returncode == 0:
            rows += json.loads(last)
            path.write_text(
                "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n", encoding="utf-8"
            )
    write_table(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
