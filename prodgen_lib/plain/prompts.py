"""What a studio picture can be asked for: category, main colour, pattern and second colour.

A prompt is four whole numbers. Both colours count through the same twelve names, so one embedding
can serve both; the second is never the main one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prodgen_lib.data.catalogue import CLASSES, COLOUR_NAMES
from prodgen_lib.data.dataset import Dataset
from prodgen_lib.data.errors import DataError

FACTORS = ("category", "main", "pattern", "second")
"""What each number of a prompt says, in their order."""

PATTERN_WORDS = ("plain", "striped", "colour-block", "two-tone")
COUNTS = (len(CLASSES), len(COLOUR_NAMES), len(PATTERN_WORDS), len(COLOUR_NAMES))
"""How many values each number of a prompt can take."""


def prompts(data: Dataset) -> np.ndarray:
    """The prompts that a studio catalogue's pictures answer: int64 (N, 4)."""
    if any(name not in data.factors for name in FACTORS):
        raise DataError(f"Only the drawn catalogue knows its products' factors, not {data.name}.")
    table = np.stack([data.factors[name] for name in FACTORS], axis=1).astype(np.int64)
    if np.any(table >= COUNTS):
        raise DataError(f"{data.name} has patterns beyond the studio's {len(PATTERN_WORDS)}.")
    return table


def held_out(prompts: np.ndarray) -> np.ndarray:
    """Which prompts (N, 4) have a combination that no generator may be trained on: bool (N,).

    48 of the 480 combinations of category, main colour and pattern, always the same. Each colour
    with each pattern is kept back for exactly one category, so each category is left out 4 or 5
    times, each colour 4 and each pattern 12 times, and no colour twice with one category.
    """
    category, main, pattern = np.asarray(prompts)[:, :3].T
    # Raw numbers of PCG64 are promised never to change; NumPy's own shuffles are not.
    draws = np.random.PCG64(np.random.SeedSequence(11)).random_raw(COUNTS[0] + COUNTS[1])
    categories, mains = np.argsort(draws[: COUNTS[0]]), np.argsort(draws[COUNTS[0] :])
    return category == categories[(mains[main] + 2 * pattern) % COUNTS[0]]


def words(prompt: Sequence[int] | np.ndarray) -> str:
    """One prompt (4,) in English, such as "a red striped mug with blue"."""
    category, main, pattern, second = (int(number) for number in prompt)
    colour = COLOUR_NAMES[main]
    article = "an" if colour[0] in "aeiou" else "a"
    look = f"{colour} {PATTERN_WORDS[pattern]} {CLASSES[category]}"
    return f"{article} {look} with {COLOUR_NAMES[second]}"


def check_prompts(
    labels: np.ndarray, *, counts: tuple[int, ...], count: int | None = None
) -> np.ndarray:
    """Labels (N, K) as int64, where column k holds 0 … counts[k] - 1, and N is `count` if given.

    Raises `ValueError` that says what was wrong.
    """
    labels = np.asarray(labels)
    if labels.ndim != 2 or labels.shape[1] != len(counts) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels are {labels.dtype} of shape {labels.shape}; expected integers of shape "
            f"(N, {len(counts)}), one column for each question."
        )
    if count is not None and len(labels) != count:
        raise ValueError(f"There are {count} examples and {len(labels)} rows of labels.")
    for k, most in enumerate(counts):
        if len(labels) and not 0 <= labels[:, k].min() <= labels[:, k].max() < most:
            raise ValueError(f"Column {k} of the labels must lie in 0..{most - 1}.")
    return labels.astype(np.int64)
