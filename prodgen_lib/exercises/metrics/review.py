"""The candidate's metrics at a whiteboard: what each fault shows, by itself and beside others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import near, probe, replacing, two, yes
from prodgen_lib.exercises.metrics.distances import two_sets


def quality_cases(rng: np.random.Generator) -> list[Case]:
    """Equal pictures, unrelated ones, dark ones, where C1 counts, and noisy ones."""

    def case(
        name: str, shape: tuple[int, ...], *, noise: float, copy: bool, highest: int = 255
    ) -> Case:
        images = np.uint8(rng.integers(0, highest + 1, shape))
        source = images if copy else rng.integers(0, highest + 1, shape)
        grain = noise * rng.standard_normal(shape)
        return Case(name, {"images": images, "targets": np.clip(source + grain, 0, 255)})

    return [
        case("equal pictures", (2, 9, 10, 3), noise=0, copy=True),
        case("unrelated pictures", (2, 12, 10, 3), noise=1, copy=False),
        case("dark pictures", (1, 10, 9, 3), noise=3, copy=True, highest=10),
        case("noisy pictures", (3, 11, 12, 3), noise=40, copy=True),
    ]


def observe_quality(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What each fault does, whatever the others do; then the numbers."""
    look = probe(framework)
    images, targets = case.inputs["images"], case.inputs["targets"]
    pair = look.pictures(images, "uint8"), look.pictures(targets / 127.5 - 1)
    psnr, ssim = (look.array(v) for v in two(answer(*pair), "PSNR and SSIM of each picture"))
    each = (len(images),)
    nothing = np.full(each, np.nan)
    numbers = psnr if psnr.shape == each else nothing, ssim if ssim.shape == each else nothing
    if case.name == "equal pictures":
        return {"one PSNR each": yes(psnr.shape == each), "high PSNR": yes((psnr > 60).all())}
    if case.name == "unrelated pictures":
        return {"one SSIM each": yes(ssim.shape == each), "low SSIM": yes((ssim < 0.5).all())}
    return {"PSNR": numbers[0], "SSIM": numbers[1]}


MIXED = (
    "Equal pictures don't have a high PSNR: bytes, divided by 255, lie in [0, 1], and the targets "
    "still in [-1, 1]. Bring both to one range."
)
CONSTANTS = (
    "SSIM calls unrelated pictures alike: its constants are made for the range 255, and the "
    "pictures have the range 1. C1 and C2 belong to the range."
)
POOLED = (
    "PSNR is not one number for each picture, shape (N,). Pooled over the batch, the worst "
    "picture drowns the others: average over the pixels and channels of each."
)

rescaled = replacing(
    "images.float() / 255, (targets + 1) / 2",
    "tf.cast(images, tf.float32) / 255, (targets + 1) / 2",
)
error = replacing(
    "(x - y).square().mean(dim=(1, 2, 3))", "tf.reduce_mean(tf.square(x - y), axis=(1, 2, 3))"
)
brightness = replacing(
    *2 * ("(2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)",)
)
structure = replacing(*2 * ("(2 * covariance + 0.03**2) / (variances + 0.03**2)",))

QUALITY = Exercise(
    id="metrics.review_quality",
    difficulty=3,
    importance=5,
    minutes=10,
    seed=1,
    review=True,
    cases=quality_cases,
    observe=observe_quality,
    tolerance_reason="float32 differences of moments near 1",
    rtol=2e-4,
    messages={
        "one PSNR each": POOLED,
        "high PSNR": MIXED,
        "one SSIM each": "There is one SSIM for the whole batch: give one for each picture.",
        "low SSIM": CONSTANTS,
        "PSNR": (
            "Equal pictures have a high PSNR, as they must, but noisy ones a wrong one: look at "
            "the range, the square and the base of the logarithm."
        ),
        "SSIM": (
            "Unrelated pictures have a low SSIM, as they must, but noisy ones a wrong one: look at "
            "what is taken off the squares, at the window, and at the constants."
        ),
    },
    hints=(
        "Give it two equal pictures, then two unrelated ones, three of each. What should come out, "
        "in which shape?",
        "Three faults: one is about what range each of the two arguments has, one about what two "
        "small constants belong to, one about what a mean runs over.",
        "Write the lowest and highest value beside x and beside y. Write the range beside every "
        "constant. Write the shape beside every mean.",
    ),
    wrong=(
        rescaled(
            "mixed ranges",
            MIXED,
            "images.float() / 255, targets",
            "tf.cast(images, tf.float32) / 255, targets",
        ),
        Wrong.both(
            "constants of 255",
            CONSTANTS,
            (
                "(2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)",
                "(2 * mean_x * mean_y + 6.5025) / (mean_x**2 + mean_y**2 + 6.5025)",
            ),
            (
                "(2 * covariance + 0.03**2) / (variances + 0.03**2)",
                "(2 * covariance + 58.5225) / (variances + 58.5225)",
            ),
        ),
        error(
            "pooled error", POOLED, "(x - y).square().mean()", "tf.reduce_mean(tf.square(x - y))"
        ),
        rescaled(
            "bytes not scaled",
            "The bytes are still in 0..255 while the targets come to [0, 1]: bring both to one "
            "range.",
            "images.float(), (targets + 1) / 2",
            "tf.cast(images, tf.float32), (targets + 1) / 2",
            planted=False,
        ),
        structure(
            "constants left out",
            "These are the numbers you get without the constants: C1 and C2 stand above and below.",
            "2 * covariance / variances",
            planted=False,
        ),
        Wrong(
            "natural logarithm",
            "These are exactly the numbers you get from the natural logarithm: decibel take the "
            "one to base 10.",
            torch=(("torch.log10", "torch.log"),),
            tensorflow=((" / np.log(10)", ""),),
            planted=False,
        ),
    ),
)


def distance_cases(rng: np.random.Generator) -> list[Case]:
    """A moved set; features that depend on each other; one set larger; all at once."""
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) * rng.uniform(0.5, 1.5, 2)
    moved = {"a": corners, "b": corners + rng.uniform(1, 2, 2)}
    same = two_sets(rng, 8, 8, 3)["a"]
    return [
        Case("a set, moved", moved),
        Case("a set against itself", {"a": same, "b": same}),
        Case("a larger set", two_sets(rng, 15, 9, 3)),
        Case("as many rows in both", two_sets(rng, 12, 12, 4)),
    ]


def observe_distance(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What each fault does, whatever the others do; then the distances."""
    look = probe(framework)
    a, b = case.inputs["a"], case.inputs["b"]
    value = look.array(answer(look.tensor(a), look.tensor(b)))
    if case.name == "a larger set":
        cut = look.array(answer(look.tensor(a[: len(b)]), look.tensor(b)))
        turned = look.array(answer(look.tensor(b), look.tensor(a)))
        return {"equal sizes": yes(near(value, cut)), "larger second": yes(near(turned, cut))}
    names = {"a set, moved": "moved", "a set against itself": "itself"}
    return {names.get(case.name, "distance"): value}


ELEMENTS = (
    "A set whose features depend on each other is not at distance 0 from itself: the root of a "
    "matrix is not the matrix of roots. Its trace is the sum of the roots of the eigenvalues."
)
COUNT = (
    "The larger set counts with all its rows: the distance depends on the number of rows, so cut "
    "both to the smaller one before anything is averaged."
)
SQUARED = (
    "A set that is only moved should be at the *squared* distance of the means, and it isn't: "
    "look at the first term."
)

eigenvalues = replacing(
    "torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0)",
    "tf.math.real(tf.linalg.eigvals(cov_a @ cov_b))",
)
between = replacing(
    "(a.mean(dim=0) - b.mean(dim=0)).square().sum()",
    "tf.reduce_sum(tf.square(mean_a - mean_b))",
)

DISTANCE = Exercise(
    id="metrics.review_distance",
    difficulty=3,
    importance=5,
    minutes=8,
    seed=1,
    review=True,
    cases=distance_cases,
    observe=observe_distance,
    atol=1e-5,
    tolerance_reason="roots of eigenvalues near 0",
    messages={
        "moved": SQUARED,
        "itself": ELEMENTS,
        "equal sizes": COUNT,
        "larger second": COUNT,
        "distance": (
            "The means, the root and the number of rows are right, and the distance isn't: look at "
            "the covariances, their traces and the factors."
        ),
    },
    hints=(
        "What should come out for a set against itself, for a set that is only moved, and for 10 "
        "pictures against 10,000?",
        "Three faults: one term is not squared, one root is not the root of a matrix, and one "
        "argument says more than the other.",
        "Check the first term against its formula. Recall which numbers of a matrix have roots "
        "that add up to the trace of its root. Make both sets equally large before the first line.",
    ),
    wrong=(
        between(
            "distance not squared",
            SQUARED,
            "(a.mean(dim=0) - b.mean(dim=0)).square().sum().sqrt()",
            "tf.norm(mean_a - mean_b)",
        ),
        eigenvalues(
            "root of each element",
            ELEMENTS,
            "(cov_a @ cov_b).diagonal().clamp(min=0)",
            "tf.linalg.diag_part(cov_a @ cov_b)",
        ),
        Wrong(
            "number of rows not heeded",
            COUNT,
            torch=(
                ("    count = min(len(features_a), len(features_b))\n", ""),
                (
                    "a, b = features_a[:count].double(), features_b[:count].double()",
                    "a, b = features_a.double(), features_b.double()",
                ),
            ),
            tensorflow=(
                ("    count = min(len(features_a), len(features_b))\n", ""),
                ("tf.cast(features[:count], tf.float64)", "tf.cast(features, tf.float64)"),
                ("/ (count - 1)", "/ (len(x) - 1)"),
            ),
        ),
        Wrong(
            "divided by n",
            "These are exactly the numbers you get from covariances that divide by n: the text "
            "asks for one less.",
            torch=(
                (
                    "torch.cov(a.T), torch.cov(b.T)",
                    "torch.cov(a.T, correction=0), torch.cov(b.T, correction=0)",
                ),
            ),
            tensorflow=(("/ (count - 1)", "/ count"),),
            planted=False,
        ),
        Wrong(
            "root once",
            "These are exactly the numbers you get when the trace of the root counts once: it "
            "counts twice.",
            torch=(("- 2 * eigenvalues", "- eigenvalues"),),
            tensorflow=(("- 2 * root", "- root"),),
            planted=False,
        ),
        Wrong(
            "means left out",
            "These are exactly the numbers you get without the squared distance of the means: add "
            "it.",
            torch=(("return between + ", "return "),),
            tensorflow=(("return between + ", "return "),),
            planted=False,
        ),
    ),
)

EXERCISES = (QUALITY, DISTANCE)
