"""The candidate's search for a learning rate: what each of its faults shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation


def cases(rng: np.random.Generator) -> list[Case]:
    """Four losses; some hundreds and thousands; a valley whose lowest was tried; a rise.

    Where losses rise from the first rate on, the next rate hangs on which of them is the best.
    """

    def case(name: str, words: str, places: np.ndarray, losses: np.ndarray, **options: int) -> Case:
        low, high = 10 ** rng.uniform(-5, -4), 10 ** rng.uniform(-1.5, -0.5)
        rates = low * (high / low) ** places
        return Case(name, {"rates": rates, "losses": losses, "words": words,
                           "options": {"low": low, "high": high, **options}})  # fmt: skip

    def few(count: int) -> np.ndarray:
        return (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count

    four, five, six = few(4), few(5), few(6)
    many = np.linspace(0, 1, 11)
    lowest = many[rng.integers(4, 7)]
    valley = rng.uniform(1, 3) - rng.uniform(2, 4) * np.exp(-40 * (many - lowest - 0.002) ** 2)
    rise = np.array([0.1, 0.3, 0.5, 0.7]) + rng.uniform(-0.03, 0.03, 4)
    return [
        case("four losses between 0 and 1", "four trials", four,
             (four - rng.uniform(0.3, 0.7)) ** 2 + 0.1),
        case("five losses of some hundreds", "large losses", five,
             300 + 80 * (five - rng.uniform(0.2, 0.8)) ** 2),
        case("six losses of some thousands", "larger losses", six,
             5000 - 900 * np.exp(-9 * (six - rng.uniform(0.2, 0.8)) ** 2)),
        case("eleven trials across a valley", "eleven trials", many, valley),
        case("four losses that rise with the rate", "a rise", rise,
             np.arange(1.0, 5) + rng.uniform(-0.2, 0.2, 4)),
        case("five losses and eight candidates", "few candidates", five,
             (five - rng.uniform(0.2, 0.8)) ** 2, count=8),
    ]  # fmt: skip


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The logarithm of the rate."""
    inputs = case.inputs
    rate = answer(inputs["rates"], inputs["losses"], **inputs["options"])
    if not isinstance(rate, float | int) or not rate > 0:
        raise Complaint(
            f"The answer is {rate!r}; expected a learning rate above 0, a float.",
            f"答案给出的是 {rate!r}；应为大于 0 的学习率（浮点数）。",
        )
    return {f"log of the rate after {inputs['words']}": np.asarray(np.log10(rate))}
