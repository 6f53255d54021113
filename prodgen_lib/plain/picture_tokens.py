"""Words and pictures as tokens of one vocabulary: whole numbers, for a network that knows no other.

The first ids are words: the values of each factor in the order of a prompt, and after the values
of each one more that says nothing about it. Then come the ids of pictures, and last a mask.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prodgen_lib.plain.prompts import COUNTS, check_prompts


def word_count(counts: tuple[int, ...] = COUNTS) -> int:
    """How many ids are words where factors have `counts` values; the ids of pictures begin here."""
    return sum(counts) + len(counts)


def word_ids(prompts: np.ndarray, *, counts: tuple[int, ...] = COUNTS) -> np.ndarray:
    """The words of prompts (N, K), int64 (N, K); the count of a factor's values says nothing."""
    firsts = np.cumsum([0, *counts[:-1]]) + np.arange(len(counts))
    return check_prompts(prompts, counts=tuple(count + 1 for count in counts)) + firsts


class Rounding(NamedTuple):
    """A tokenizer without training: an autoencoder's code, each number rounded to `levels` values.

    `group` neighbouring numbers make one token, so there are levels^group ids. A number is divided
    by `unit`, the deviation of all numbers of the codes, and what lies further out than `reach` is
    taken to lie there.
    """

    unit: float
    levels: int = 12
    group: int = 2
    reach: float = 2.5

    @property
    def ids(self) -> int:
        """How many ids there are."""
        return self.levels**self.group

    def encode(self, codes: np.ndarray) -> np.ndarray:
        """Codes (N, D) as int64 tokens (N, D / group), each from 0 to `ids` - 1."""
        inside = np.clip(np.asarray(codes) / (self.unit * self.reach), -1, 1)
        digits = np.rint((inside + 1) / 2 * (self.levels - 1)).astype(np.int64)
        return digits.reshape(len(digits), -1, self.group) @ self._weights()

    def decode(self, tokens: np.ndarray) -> np.ndarray:
        """The code that each row of tokens stands for: float32 (N, D)."""
        numbers = self.values()[np.asarray(tokens)].reshape(len(tokens), -1)
        return (numbers * self.unit * self.reach).astype(np.float32)

    def values(self) -> np.ndarray:
        """The numbers that each id stands for, from -1 to 1: float32 (ids, group)."""
        digits = np.arange(self.ids)[:, None] // self._weights() % self.levels
        return (2 * digits / (self.levels - 1) - 1).astype(np.float32)

    def _weights(self) -> np.ndarray:
        return self.levels ** np.arange(self.group)[::-1]


STUDIO = Rounding(1.21)
"""The tokenizer of the codes that `flows.load_codes` gives; the shipped drawer knows no other."""


def vocabulary(rounding: Rounding, *, counts: tuple[int, ...] = COUNTS) -> np.ndarray:
    """What each id of the one vocabulary stands for, float32 (ids, group): 0 for words and mask."""
    words, mask = np.zeros((word_count(counts), rounding.group)), np.zeros((1, rounding.group))
    return np.concatenate([words, rounding.values(), mask]).astype(np.float32)
