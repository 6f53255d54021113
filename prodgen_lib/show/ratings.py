"""A blind comparison of pictures: which pairs are shown, and the file that keeps every vote.

The file only grows, a JSON line a vote. Nothing in it is ever rewritten: a vote that is given again
is a further line, and the last one counts; lines that are no votes stay and are passed over.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np

from prodgen_lib.paths import home

SIDES = ("left", "right")


@dataclass(frozen=True)
class Trial:
    """One pair: the set on each side, and which picture of both. In a catch trial one is ruined."""

    left: str
    right: str
    picture: int
    catch: bool = False


@dataclass(frozen=True)
class Study:
    """Pictures to compare, and the pairs in the order in which they are shown.

    sets: uint8 (N, H, W, C) for each name, where pictures of one index belong together: the same
    product, or one of its kind. names: the sets that are compared, in order. identity: hex digits
    that change with any pair or picture in it, so votes of two studies never mix.
    """

    sets: Mapping[str, np.ndarray]
    names: tuple[str, ...]
    trials: tuple[Trial, ...]
    identity: str


def plan_study(
    sets: Mapping[str, np.ndarray], *, ruined: str, each: int, catches: int, seed: int
) -> Study:
    """`each` pairs for any two sets, and `catches` pairs of the first set against the `ruined` one.

    Pictures, sides and order are drawn from `seed`. Whoever prefers a ruined picture has not
    looked: that is what catch trials are for, and they are counted apart.
    """
    names = tuple(name for name in sets if name != ruined)
    if ruined not in sets or len(names) < 2:
        raise ValueError(
            f"A study compares at least two sets besides the ruined one; got {', '.join(sets)} "
            f"with {ruined!r} ruined."
        )
    if len(counts := {len(pictures) for pictures in sets.values()}) > 1:
        raise ValueError(f"The sets hold {sorted(counts)} pictures; make them equally many.")
    rng = np.random.default_rng(seed)
    pairs = [(a, b, False) for a, b in combinations(names, 2) for _ in range(each)]
    pairs += [(names[0], ruined, True)] * catches
    (count,) = counts
    trials = [_trial(*pairs[i], count, rng) for i in rng.permutation(len(pairs))]
    known = hashlib.sha256(repr(trials).encode())
    for trial in trials:
        for name in (trial.left, trial.right):
            known.update(np.ascontiguousarray(sets[name][trial.picture]))
    return Study(sets, names, tuple(trials), known.hexdigest()[:12])


def _trial(a: str, b: str, catch: bool, count: int, rng: np.random.Generator) -> Trial:
    left, right = (b, a) if rng.random() < 0.5 else (a, b)
    return Trial(left, right, int(rng.integers(count)), catch)


def ratings_file() -> Path:
    """``ratings.jsonl`` in the folder ``PRODGEN_HOME``, or in the user's data folder."""
    return home() / "ratings.jsonl"


def vote(study: Study, number: int, side: str) -> dict:
    """The vote for one side of trial `number`, as a line of the file holds it."""
    if side not in SIDES:
        raise ValueError(f"A vote is for 'left' or 'right', not for {side!r}.")
    if number not in range(len(study.trials)):
        raise IndexError(f"There are {len(study.trials)} pairs, and no pair of index {number!r}.")
    trial = study.trials[number]
    return {
        "study": study.identity,
        "trial": number,
        "side": side,
        "winner": getattr(trial, side),
        "loser": trial.right if side == "left" else trial.left,
        "picture": trial.picture,
        "catch": trial.catch,
    }


def append_vote(path: Path, entry: Mapping) -> None:
    """Append a line in one write, on a line of its own even after a crash. Raises OSError."""
    text = json.dumps({**entry, "time": datetime.now(UTC).isoformat(timespec="seconds")}) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            text = text if file.read(1) == b"\n" else "\n" + text
        file.write(text.encode())


def read_votes(path: Path, study: Study) -> list[dict]:
    """The votes of this study, one a trial (the last that was given), in the order of trials."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = {}
    for text in lines:
        try:
            entry = json.loads(text)
            if entry["study"] == study.identity:
                found[entry["trial"]] = {**entry, **vote(study, entry["trial"], entry["side"])}
        except (ValueError, KeyError, TypeError, IndexError):
            continue
    return [found[number] for number in sorted(found)]


def simulated_votes(
    study: Study, strengths: Mapping[str, float], *, raters: int, seed: int
) -> list[dict]:
    """Votes of raters that nobody asked: a picture wins with probability σ(its strength - other's).

    strengths: a number for each set, the ruined one too; invented, so that an analysis can be tried
    where the truth is known.
    """
    rng = np.random.default_rng(seed)
    votes = []
    for number, trial in enumerate(study.trials):
        chance = 1 / (1 + np.exp(strengths[trial.right] - strengths[trial.left]))
        sides = np.where(rng.random(raters) < chance, *SIDES)
        votes += [vote(study, number, str(side)) for side in sides]
    return votes


def count_wins(votes: Iterable[Mapping], names: Sequence[str]) -> np.ndarray:
    """How often set i was preferred to set j: float (K, K). Catch trials are left out."""
    place = {name: index for index, name in enumerate(names)}
    wins = np.zeros((len(names), len(names)))
    for entry in votes:
        if not entry["catch"]:
            wins[place[entry["winner"]], place[entry["loser"]]] += 1
    return wins
