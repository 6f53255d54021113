"""Whole programs of an interview: train for at most a minute, reach a printed figure.

A candidate writes ``program``; `measure` times it and prints the figure, on data that it has not
seen. The starting points, in ``start``, run; ``solution`` has one that reaches it, for each
framework.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from prodgen_lib.checking.language import Text, language

SECONDS = 60  # for training, on the candidate's machine
PER_CLASS, CATEGORIES = 8, 10
MOST_NATS = 100.0  # of KL a picture: more, and the code is no longer one of a VAE
RADIUS, SPREAD, MODES = 2.0, 0.1, 8


class Measured(NamedTuple):
    """The figure, the seconds that training took, and whether both are as they should be."""

    figure: float
    seconds: float
    reached: bool


@dataclass(frozen=True)
class Program:
    """What is given, what is measured, and what is to be reached.

    `given()` are the arguments of ``program`` before the seconds; `figure(made)` judges what it
    returned. `least` says that the figure is to be at least `wanted`, else at most.
    """

    file: str
    given: Callable[[], tuple[np.ndarray, ...]]
    figure: Callable[[Any], float]
    wanted: float
    least: bool
    name: Text

    def reached(self, figure: float) -> bool:
        """Whether a figure is good enough; nan never is."""
        return figure >= self.wanted if self.least else figure <= self.wanted


@cache
def _catalogue(name: str, split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    from prodgen_lib.data import load

    drawn = load(name, split=split, count=count)
    return drawn.images, drawn.labels


def _pictures() -> tuple[np.ndarray, ...]:
    return (_catalogue("catalogue", "train", 2000)[0],)


def _reconstruction(made: tuple[Callable, Callable]) -> float:
    """Mean squared error of unseen pictures through a sampled code; values lie in [0, 1].

    nan where a code is no Gaussian near the prior: more than `MOST_NATS` of KL, or another length.
    """
    encode, decode = made
    pictures = _catalogue("catalogue", "test", 500)[0]
    mean, log_variance = (np.asarray(part, float) for part in encode(pictures))
    if mean.shape != (len(pictures), 16) or log_variance.shape != mean.shape:
        return float("nan")
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(1).mean()
    noise = np.random.default_rng(0).standard_normal(mean.shape)
    drawn = np.asarray(decode((mean + np.exp(0.5 * log_variance) * noise).astype(np.float32)))
    if drawn.shape != pictures.shape or not kl <= MOST_NATS:
        return float("nan")
    return float(((drawn - pictures / 255) ** 2).mean())


def _centres() -> np.ndarray:
    angles = 2 * np.pi * np.arange(MODES) / MODES
    return RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1)


def _ring() -> tuple[np.ndarray, ...]:
    """4,000 points around eight places on a circle, float32 (4000, 2)."""
    rng = np.random.default_rng(0)
    centres = _centres()[rng.integers(MODES, size=4000)]
    return ((centres + SPREAD * rng.standard_normal((4000, 2))).astype(np.float32),)


def _least_mode(draw: Callable[[int, int], np.ndarray]) -> float:
    """Of 4,000 drawn points the share near the place that has fewest; an eighth is the best."""
    drawn = np.asarray(draw(4000, 1), float)
    apart = np.linalg.norm(drawn[:, None] - _centres(), axis=2)
    near = apart.min(1) < 4 * SPREAD
    return float(np.bincount(apart.argmin(1)[near], minlength=MODES).min() / len(drawn))


def moons(count: int, seed: int) -> np.ndarray:
    """Points on two half circles that reach into each other, float32 (count, 2)."""
    rng = np.random.default_rng(seed)
    angle, which = np.pi * rng.random(count), rng.integers(2, size=count)
    x = np.where(which, 0.5 - np.cos(angle), np.cos(angle) - 0.5)
    y = np.where(which, 0.25 - np.sin(angle), np.sin(angle) - 0.25)
    points = 1.2 * np.stack([x, y], 1) + 0.06 * rng.standard_normal((count, 2))
    return points.astype(np.float32)


def _energy(draw: Callable[[int, int], np.ndarray]) -> float:
    """Energy distance of 1,500 drawn points to as many new ones: 0 for equal distributions."""
    drawn, new = np.asarray(draw(1500, 1), float), moons(1500, 1).astype(float)

    def apart(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.linalg.norm(a[:, None] - b, axis=2).mean())

    return 2 * apart(drawn, new) - apart(drawn, drawn) - apart(new, new)


def _few() -> tuple[np.ndarray, ...]:
    pictures, labels = _catalogue("catalogue_full", "train", 400)
    kept = np.concatenate([np.flatnonzero(labels == n)[:PER_CLASS] for n in range(CATEGORIES)])
    return pictures[kept], labels[kept]


def _accuracy(predict: Callable[[np.ndarray], np.ndarray]) -> float:
    pictures, labels = _catalogue("catalogue_full", "test", 1000)
    return float((np.asarray(predict(pictures)) == labels).mean())


PROGRAMS = {
    "augment.program_few": Program(
        "few",
        _few,
        _accuracy,
        0.7,
        True,
        Text("accuracy on 1,000 pictures", "1,000 张图上的准确率"),
    ),
    "vae.program_codes": Program(
        "vae",
        _pictures,
        _reconstruction,
        0.014,
        False,
        Text("squared error through a sampled code", "经抽样编码的平方误差"),
    ),
    "gan.program_ring": Program(
        "gan", _ring, _least_mode, 0.05, True, Text("share of the rarest place", "最少一处的占比")
    ),
    "diffusion.program_moons": Program(
        "flow", lambda: (moons(4000, 0),), _energy, 0.01, False, Text("energy distance", "能量距离")
    ),
}
TOLD = Text(
    "{}: {:.4f}; wanted is {} {:g}. Training took {:.0f} of {} seconds. {}",
    "{}：{:.4f}；目标{} {:g}。训练用了 {:.0f} 秒，限时 {} 秒。{}",
)
AT_LEAST, AT_MOST = Text("at least", "至少"), Text("at most", "至多")
REACHED = Text("Reached.", "达到。")
SHORT_OF, TOO_LATE = Text("Not reached.", "未达到。"), Text("Too late.", "超时。")


def measure(
    name: str,
    program: Callable[..., Any],
    *,
    seconds: int = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Measured:
    """Train by ``program(*given, seconds)``, and print the figure that it reaches."""
    task = PROGRAMS[name]
    given = task.given()
    start = clock()
    made = program(*given, seconds)
    used = clock() - start
    figure, code = task.figure(made), language()
    good = task.reached(figure)
    verdict = SHORT_OF if not good else REACHED if used <= seconds else TOO_LATE
    bound = (AT_LEAST if task.least else AT_MOST).in_(code)
    told = (task.name.in_(code), figure, bound, task.wanted, used, seconds, verdict.in_(code))
    print(TOLD.in_(code).format(*told))
    return Measured(figure, used, verdict is REACHED)


def source(name: str, framework: str, which: str = "start") -> str:
    """The text of a starting point, or of a solution."""
    file = Path(__file__).with_name(which) / f"{PROGRAMS[name].file}_{framework}.py"
    return file.read_text(encoding="utf-8")


def load(name: str, framework: str, which: str = "start") -> Callable[..., Any]:
    """``program`` of a starting point, or of a solution."""
    module = f"{__name__}.{which}.{PROGRAMS[name].file}_{framework}"
    return import_module(module).program
