"""The candidate's search for a learning rate: what each of its faults shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.bayesopt.tools import SUMS, double
from prodgen_lib.exercises.common import probe, two


def posterior_cases(rng: np.random.Generator) -> list[Case]:
    """One trial without noise, asked for also at its place; five trials with noise."""

    def case(name: str, words: str, points: np.ndarray, queries: np.ndarray, noise: float) -> Case:
        inputs = {"points": points, "queries": queries, "values": rng.normal(0, 1, len(points))}
        scales = {"length_scale": float(rng.uniform(0.2, 0.4)), "noise": noise}
        return Case(name, {**inputs, "scales": scales, "words": words})

    place = rng.uniform(0.3, 0.7, 1)
    five = np.linspace(0, 1, 5) + rng.uniform(-0.08, 0.08, 5)
    return [
        case("one trial without noise", "one trial", place,
             place[0] + np.array([0.0, 0.15, -0.3]), 0.0),
        case("five trials with noise", "five trials", five, rng.uniform(0, 1, 6),
             float(rng.uniform(0.1, 0.3))),
    ]  # fmt: skip


def observe_posterior(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Mean and standard deviation."""
    inputs, look = case.inputs, probe(framework)
    tensors = [double(framework, inputs[name]) for name in ("points", "values", "queries")]
    found = answer(*tensors, **inputs["scales"])
    mean, deviation = two(found, "mean and standard deviation")
    words = inputs["words"]
    mean, deviation = look.array(mean, "The mean"), look.array(deviation, "The deviation")
    seen = {f"mean after {words}": mean, f"deviation after {words}": deviation}
    if inputs["scales"]["noise"]:
        return seen
    return {**seen, "deviation at the trial": deviation[:1]}


SCALE = (
    "After one trial the mean does not fall off as the kernel says: the length scale divides the "
    "difference *before* it is squared."
)
FLOOR = (
    "The deviation at a trial without noise is 0 or NaN: rounding makes such a variance 0 or "
    "negative, so no variance may count as less than 1e-12."
)
NOISE = (
    "With one trial all is right, with five and noise the mean is not: the noise is a variance, "
    "and goes on the diagonal of the observations' covariances."
)
SOLVE = (
    "The mean is right and the deviation is not: what the trials explain is the sum of (L⁻¹ C)², "
    "with the solve; without it the variance falls below 0."
)

POSTERIOR = Exercise(
    id="bayesopt.review_posterior",
    difficulty=3,
    importance=5,
    minutes=8,
    seed=1,
    review=True,
    cases=posterior_cases,
    observe=observe_posterior,
    tolerance_reason=SUMS,
    atol=1e-9,
    messages={
        "mean after one trial": SCALE,
        "deviation at the trial": FLOOR,
        "mean after five trials": NOISE,
        "deviation after five trials": SOLVE,
    },
    hints=(
        "What should mean and deviation be at the place of the only trial, and one length scale "
        "away from it?",
        "Look at four places: the kernel's exponent, the diagonal, what is squared and summed, and "
        "the root.",
        "(difference / length scale)²; noise on the diagonal as it is; squares of the solved "
        "covariances; the variance at least 1e-12 before its root.",
    ),
    wrong=(
        Wrong.both(
            "length scale not squared",
            SCALE,
            (
                "((a[:, None] - b[None]) / length_scale) ** 2",
                "(a[:, None] - b[None]) ** 2 / length_scale",
            ),
        ),
        Wrong(
            "no floor",
            FLOOR,
            torch=((".clamp(min=1e-12).sqrt()", ".sqrt()"),),
            tensorflow=(("tf.sqrt(tf.maximum(variance, 1e-12))", "tf.sqrt(variance)"),),
        ),
        Wrong.both(
            "noise squared",
            NOISE,
            ("+ noise * identity", "+ noise**2 * identity"),
        ),
        Wrong(
            "no solve in the variance",
            SOLVE,
            torch=(("(cross**2).sum(dim=0)", "(kernel(points, queries) ** 2).sum(dim=0)"),),
            tensorflow=(
                ("tf.reduce_sum(cross**2, axis=0)",
                 "tf.reduce_sum(kernel(points, queries) ** 2, axis=0)"),
            ),
        ),
    ),
)  # fmt: skip


def rate_cases(rng: np.random.Generator) -> list[Case]:
    """Four losses; five of some hundreds; eleven across a valley, whose lowest was tried."""

    def case(name: str, words: str, places: np.ndarray, losses: np.ndarray) -> Case:
        low, high = 10 ** rng.uniform(-5, -4), 10 ** rng.uniform(-1.5, -0.5)
        rates = low * (high / low) ** places
        return Case(name, {"rates": rates, "losses": losses, "low": low, "high": high,
                           "words": words})  # fmt: skip

    def few(count: int) -> np.ndarray:
        return (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count

    four, five, six = few(4), few(5), few(6)
    many = np.linspace(0, 1, 11)
    lowest = many[rng.integers(4, 7)]
    valley = rng.uniform(1, 3) - rng.uniform(2, 4) * np.exp(-40 * (many - lowest - 0.002) ** 2)
    return [
        case("four losses between 0 and 1", "four trials", four,
             (four - rng.uniform(0.3, 0.7)) ** 2 + 0.1),
        case("five losses of some hundreds", "large losses", five,
             300 + 80 * (five - rng.uniform(0.2, 0.8)) ** 2),
        case("six losses of some thousands", "larger losses", six,
             5000 - 900 * np.exp(-9 * (six - rng.uniform(0.2, 0.8)) ** 2)),
        case("eleven trials across a valley", "eleven trials", many, valley),
    ]  # fmt: skip


def observe_rate(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The logarithm of the rate."""
    inputs = case.inputs
    rate = answer(inputs["rates"], inputs["losses"], low=inputs["low"], high=inputs["high"])
    if not isinstance(rate, float | int) or not rate > 0:
        raise Complaint(f"The answer is {rate!r}; expected a learning rate above 0, a float.")
    return {f"log of the rate after {inputs['words']}": np.asarray(np.log10(rate))}


RATE = Exercise(
    id="bayesopt.review_next_rate",
    difficulty=4,
    importance=5,
    minutes=10,
    seed=1,
    review=True,
    cases=rate_cases,
    observe=observe_rate,
    tolerance_reason="one of 101 candidates",
    messages={
        "log of the rate after four trials": (
            "This is not the rate with the largest expected improvement: look at the scale that "
            "candidates and distances are on, and at whether low or high losses are wanted."
        ),
        "log of the rate after large losses": (
            "With small losses it is right, with large ones it is not: the process believes in a "
            "mean of 0 and a deviation of 1."
        ),
        "log of the rate after eleven trials": (
            "A rate was chosen that has been tried: it costs a training and teaches next to "
            "nothing."
        ),
    },
    hints=(
        "Which rates lie between 0.0001 and 0.1 for you, and for whoever spaces them evenly?",
        "Four things to look at: the scale, the losses before the process sees them, what counts "
        "as better, and which candidates may be chosen.",
        "Places by logarithm, there and back; losses minus their mean, by their deviation; "
        "improvement below the lowest; no candidate that was tried.",
    ),
    wrong=(
        Wrong.both(
            "linear scale",
            "The candidates are evenly spaced in the rate itself: nearly all lie in its highest "
            "decade, and small rates look alike. Measure by logarithms, and go back by them.",
            ("np.log(rate / low) / np.log(high / low)", "(rate - low) / (high - low)"),
            ("low * (high / low) ** chosen", "low + (high - low) * chosen"),
        ),
        Wrong.both(
            "maximises",
            "This is where the *highest* loss may be beaten: the improvement is below the lowest.",
            ("(values.min() - mean)", "(mean - values.max())"),
        ),
        Wrong.both(
            "not standardised",
            "The losses go into the process as they are: it believes in a mean of 0 and a "
            "deviation of 1, so bring them there first.",
            ("(losses - losses.mean()) / losses.std()", "losses"),
        ),
        Wrong.both(
            "tried again",
            "A rate was chosen that has been tried: it costs a training and teaches next to "
            "nothing. Leave those out.",
            ("np.where(tried, -np.inf, gain).argmax()", "gain.argmax()"),
        ),
    ),
)

EXERCISES = (POSTERIOR, RATE)
