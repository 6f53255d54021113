"""Learning to mark: sample answers whose points others have ticked, and how far one is from them.

Nothing here prints or waits: a terminal and a widget both drive it.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from prodgen_lib.interview import words
from prodgen_lib.interview.mock import SCORES
from prodgen_lib.questions.bank import Question
from prodgen_lib.questions.samples import Sample

DRAWS = 2_000  # of the bootstrap
FEWEST = 6  # answers, below which an interval says nothing
LETTERS = "ABC"


@dataclass(frozen=True)
class Agreement:
    """Kappa beyond chance, with its 95 % interval; None where it can't be told from so little."""

    kappa: float | None
    interval: tuple[float, float] | None
    count: int


def agreement(pairs: Sequence[tuple[Sequence[int], Sequence[int]]], *, seed: int = 0) -> Agreement:
    """How far two markers agree, by Cohen's kappa with quadratic weights.

    Each pair is an answer: what one marker gave for its parts, and what the other gave, as whole
    numbers on one scale. Steps on the scale are of one size, whoever used it; on a scale of two
    it is the plain kappa. The interval is a percentile bootstrap that draws answers, since the
    parts of one are no independent cases.
    """
    sums = np.array([_sums(mine, theirs) for mine, theirs in pairs], float).reshape(-1, 5)
    count = int(sums[:, 0].sum())
    whole = float(_kappa(sums.sum(axis=0)))
    if np.isnan(whole):
        return Agreement(None, None, count)
    if len(sums) < FEWEST:
        return Agreement(whole, None, count)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(DRAWS, len(sums)))
    found = _kappa(sums[drawn].sum(axis=1))
    low, high = np.nanquantile(found, (0.025, 0.975))
    return Agreement(whole, (float(low), float(high)), count)


def _sums(mine: Sequence[int], theirs: Sequence[int]) -> tuple[float, ...]:
    """Count, both sums, the sum of both squares, and of the squared differences."""
    a, b = np.asarray(mine, float), np.asarray(theirs, float)
    return len(a), a.sum(), b.sum(), (a**2 + b**2).sum(), ((a - b) ** 2).sum()


def _kappa(sums: np.ndarray) -> np.ndarray:
    """One minus the squared difference seen over that of marks paired at random; (..., 5) → (...).

    NaN where both markers gave one mark only: there is no chance to beat then.
    """
    count, mine, theirs, squares, apart = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_chance = squares - 2 * mine * theirs / count
        return np.where(by_chance > 1e-9, 1 - apart / by_chance, np.nan)


@dataclass
class Marking:
    """The sample answers to a question, in an order that doesn't tell their levels."""

    question: Question
    samples: Sequence[Sample]
    seed: int = 0
    ticked: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.samples = random.Random(self.seed).sample(list(self.samples), len(self.samples))

    @property
    def letter(self) -> str:
        """What the current answer is called."""
        return LETTERS[len(self.ticked)]

    @property
    def current(self) -> Sample | None:
        """The answer to be marked now; None when all are."""
        return self.samples[len(self.ticked)] if len(self.ticked) < len(self.samples) else None

    def tick(self, said: Collection[str]) -> None:
        """Note which points the current answer says."""
        known = [point.id for point in self.question.points]
        self.ticked[self.current.level] = [name for name in known if name in said]

    def compared(self, language: str) -> str:
        """Each answer's marks beside the reference, in Markdown."""
        return "\n\n".join(
            self._compared(letter, sample, language)
            for letter, sample in zip(LETTERS, self.samples, strict=True)
        )

    def _compared(self, letter: str, sample: Sample, language: str) -> str:
        mine, says = self.ticked[sample.level], sample.says
        question = self.question
        levels = (words.SCORES[SCORES[question.score(said)]] for said in (mine, says))
        told = [
            words.MARKED.in_(language).format(
                letter,
                words.LEVELS[sample.level].in_(language),
                *(level.in_(language) for level in levels),
            )
        ]
        for name, ids in (
            (words.GENEROUS, [p for p in question.points if p.id in mine and p.id not in says]),
            (words.STRICT, [p for p in question.points if p.id in says and p.id not in mine]),
        ):
            told += [name.in_(language).format(point.text.in_(language)) for point in ids]
        return "\n".join([told[0], "", *(told[1:] or [words.SAME.in_(language)])])


Marks = Iterable[tuple[str, str, Sequence[str]]]
"""(question, level of the answer, ids that the candidate ticked), oldest first."""


def how_far(
    marks: Marks, bank: Mapping[str, Question], samples: Mapping[str, Sequence[Sample]]
) -> tuple[Agreement, Agreement]:
    """How far the candidate's marks agree with the reference: by level, and point by point.

    Of an answer that was marked twice the last mark counts.
    """
    levels, points = [], []
    for (name, level), said in {(name, level): said for name, level, said in marks}.items():
        sample = next((one for one in samples.get(name, ()) if one.level == level), None)
        if sample is None:
            continue  # the course no longer has it
        question = bank[name]
        levels.append(([question.score(said)], [question.score(sample.says)]))
        known = [point.id for point in question.points]
        points.append(([p in said for p in known], [p in sample.says for p in known]))
    return agreement(levels), agreement(points)


def told(levels: Agreement, points: Agreement, language: str) -> str:
    """Both agreements in sentences, as Markdown."""
    lines = [
        name.in_(language).format(_told(one, language), one.count)
        for name, one in ((words.BY_LEVEL, levels), (words.BY_POINT, points))
    ]
    return "\n".join([*lines, "", words.READING.in_(language)])


def _told(one: Agreement, language: str) -> str:
    if one.kappa is None:
        return words.NO_KAPPA.in_(language)
    if one.interval is None:
        return words.NO_INTERVAL.in_(language).format(one.kappa)
    return words.KAPPA.in_(language).format(one.kappa, *one.interval)


def next_question(samples: Collection[str], marks: Marks, weak: Sequence[str] = ()) -> str | None:
    """What to mark next: a question never marked, weak subjects first; else the one longest ago."""
    last = {name: number for number, (name, *_) in enumerate(marks)}
    place = {subject: number for number, subject in enumerate(weak)}

    def order(name: str) -> tuple[int, int]:
        return last.get(name, -1), place.get(name.partition(".")[0], len(place))

    return min(samples, key=order, default=None)
