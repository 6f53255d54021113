"""Distances between sets of features: Fréchet, and the kernel distance with its error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import in_float64, near, probe, refuses, replacing, two, yes


def two_sets(
    rng: np.random.Generator, rows_a: int, rows_b: int, features: int
) -> dict[str, np.ndarray]:
    """Two sets of features that depend on each other, each in its own way."""
    sets = {}
    for name, rows in (("a", rows_a), ("b", rows_b)):
        mixing = rng.normal(0, 0.7, (features, features))
        drawn = rng.normal(0, 1, (rows, features)) @ mixing + rng.normal(0, 0.7, features)
        sets[name] = drawn.astype(np.float32)
    return sets


def rows(*numbers: float) -> np.ndarray:
    """A set with one feature."""
    return np.array(numbers, np.float32)[:, None]


FLOAT64 = (
    "The answer is no float64: `feature_pair` makes float64 of the features, since the difference "
    "of large traces loses in float32 what it should show."
)
GRADIENT = (
    "The numbers are right and their gradients aren't: the distance is differentiable, so stay "
    "with float64 tensors, without numpy and `detach`."
)


def frechet_cases(rng: np.random.Generator) -> list[Case]:
    """More rows than features; one feature by hand; fewer rows; a set itself; far from 0."""
    far = two_sets(rng, 9, 8, 3)
    far = {name: np.float32(1000) + values for name, values in far.items()}
    same = two_sets(rng, 6, 6, 4)["a"]
    worked = {"a": rows(0, 2), "b": rows(1, 5)}
    return [
        Case("more rows than features", two_sets(rng, 12, 17, 4)),
        Case("{0, 2} against {1, 5}, worked by hand", worked, {"distance": 6}),
        Case("fewer rows than features", two_sets(rng, 4, 5, 7)),
        Case("a set against itself", {"a": same, "b": same}),
        Case("features around 1000", far),
        Case("as many rows in both", two_sets(rng, 14, 14, 5)),
    ]


def observe_frechet(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The distance; where it is smooth, gradients, what order and exchange do, and bad input."""
    look = probe(framework)
    a, b = case.inputs["a"], case.inputs["b"]
    pair = look.tensor(a), look.tensor(b)
    if a.shape[1] == 1:
        return {"distance": look.array(of_one_feature(answer, *pair))}
    if len(a) < 10:
        return {"distance": look.array(answer(*pair))}
    value, gradients = look.value_and_gradients(answer, *pair)
    turned = answer(look.tensor(b[::-1]), look.tensor(a))
    return {
        "distance": value,
        "invariant float64": in_float64(answer(*pair)),
        "invariant order and exchange": yes(near(look.array(turned), value)),
        "invariant one row": refuses(answer, pair[0][:1], pair[1]),
        "gradient of the first features": gradients[0],
        "gradient of the second features": gradients[1],
    }


def of_one_feature(answer: Callable, *pair: object) -> object:
    """The distance, with a complaint where one feature stops it: more came first, and passed."""
    try:
        return answer(*pair)
    except Exception as error:
        raise Complaint(
            f"With one feature it stops with {type(error).__name__}: functions for covariances "
            "give a bare number there; make it a matrix of 1×1."
        ) from error


trace = replacing(*2 * ("trace_of_root(a, b)",))
centring = replacing(
    *2 * ("a, b = (a - mean_a) / (len(a) - 1) ** 0.5, (b - mean_b) / (len(b) - 1) ** 0.5",)
)
feature_check = replacing(*2 * ("a, b = feature_pair(features_a, features_b)",))
means = replacing(
    "(mean_a - mean_b).square().sum() + spread",
    "tf.reduce_sum(tf.square(mean_a - mean_b)) + traces - 2 * trace_of_root(a, b)",
)
traces = replacing(
    "a.square().sum() + b.square().sum()",
    "tf.reduce_sum(tf.square(a)) + tf.reduce_sum(tf.square(b))",
)

FRECHET = Exercise(
    id="metrics.frechet_distance",
    difficulty=3,
    importance=5,
    minutes=15,
    seed=1,
    cases=frechet_cases,
    observe=observe_frechet,
    atol=1e-5,
    tolerance_reason="another way to the root; eigenvalues of 1e-16 have roots of 1e-8",
    messages={
        "invariant float64": FLOAT64,
        "invariant order and exchange": (
            "Exchanging the sets, or turning the order of rows, changes the distance: it must not."
        ),
        "gradient of the first features": GRADIENT,
        "gradient of the second features": GRADIENT,
        "invariant one row": (
            "A set of one picture has no covariance and should end in a ValueError: "
            "`feature_pair` looks."
        ),
    },
    hints=(
        "What is the distance of a set to itself, and which of your terms cancel there?",
        "Where the features of a set depend on each other, the root of a matrix is not the matrix "
        "of roots. And with one feature everything must come to (difference of means)² + "
        "(difference of standard deviations)².",
        "Centre both sets and divide by the root of rows less one. The trace of a covariance is "
        "then the sum of all squares. The root's trace is given, and counts twice with a minus. "
        "Add the squared length of the difference of the means.",
    ),
    wrong=(
        trace(
            "root of each element",
            "These are exactly the numbers you get from the roots of the single elements of Σ_a "
            "Σ_b: the root of a matrix is the matrix whose square it is. With one feature both "
            "are the same.",
            "(a.T @ a @ b.T @ b).clamp(min=0).sqrt().trace()",
            "tf.linalg.trace(tf.sqrt(tf.maximum(tf.transpose(a) @ a @ tf.transpose(b) @ b, 0)))",
        ),
        trace(
            "root of each element, not a number",
            "These are the numbers you get from the roots of the single elements of Σ_a Σ_b, some "
            "of which are below 0: the root of a matrix is the matrix whose square it is.",
            "(a.T @ a @ b.T @ b).sqrt().trace()",
            "tf.linalg.trace(tf.sqrt(tf.transpose(a) @ a @ tf.transpose(b) @ b))",
        ),
        trace(
            "not divided under the root",
            "The trace of the root is too large: the centred features must be divided by the roots "
            "of n-1 and m-1 before they go into `trace_of_root`.",
            "trace_of_root(a * (len(a) - 1) ** 0.5, b * (len(b) - 1) ** 0.5)",
        ),
        trace(
            "variances only",
            "These are exactly the numbers you get from the variances of the single features: the "
            "covariances between features count too.",
            "(a.square().sum(dim=0) * b.square().sum(dim=0)).sqrt().sum()",
            "tf.reduce_sum(tf.sqrt("
            "tf.reduce_sum(tf.square(a), 0) * tf.reduce_sum(tf.square(b), 0)))",
        ),
        trace(
            "no root",
            "These are exactly the numbers you get from the trace of Σ_a Σ_b itself: its *root* "
            "belongs there.",
            "(a @ b.T).square().sum()",
            "tf.reduce_sum(tf.square(tf.matmul(a, b, transpose_b=True)))",
        ),
        trace(
            "product of the roots",
            "These are exactly the numbers you get from the product of the two roots, "
            "√Σ_a √Σ_b: that is the root of Σ_a Σ_b only where the two can be exchanged.",
            "(lambda r, s: (r[1] * r[0].clamp(min=0).sqrt() @ r[1].T @ "
            "(s[1] * s[0].clamp(min=0).sqrt() @ s[1].T)).trace())"
            "(torch.linalg.eigh(a.T @ a), torch.linalg.eigh(b.T @ b))",
            "(lambda r, s: tf.linalg.trace(r[1] * tf.sqrt(tf.maximum(r[0], 0)) "
            "@ tf.transpose(r[1]) @ "
            "(s[1] * tf.sqrt(tf.maximum(s[0], 0)) @ tf.transpose(s[1]))))"
            "(tf.linalg.eigh(tf.transpose(a) @ a), tf.linalg.eigh(tf.transpose(b) @ b))",
        ),
        traces(
            "sum of the covariances",
            "These are exactly the numbers you get from the sum over *all* elements of the "
            "covariances: the trace is the sum of the diagonal.",
            "(a.T @ a).sum() + (b.T @ b).sum()",
            "tf.reduce_sum(tf.transpose(a) @ a) + tf.reduce_sum(tf.transpose(b) @ b)",
        ),
        traces(
            "traces forgotten",
            "These are exactly the numbers you get without the traces of the two covariances: a "
            "set against itself then has a distance below 0.",
            "0.0 * a.sum()",
            "0.0 * tf.reduce_sum(a)",
        ),
        replacing(*2 * ("- 2 * trace_of_root(a, b)",))(
            "root once",
            "These are exactly the numbers you get when the trace of the root counts once: it "
            "counts twice, as in (σ_a - σ_b)² = σ_a² + σ_b² - 2 σ_a σ_b.",
            "- trace_of_root(a, b)",
        ),
        replacing(*2 * ("- 2 * trace_of_root(a, b)",))(
            "root forgotten",
            "These are exactly the numbers you get without the trace of the root: a set against "
            "itself should be at distance 0.",
            "- 0 * trace_of_root(a, b)",
        ),
        means(
            "means forgotten",
            "These are exactly the numbers you get without the squared distance of the means: a "
            "set that is only moved would be at distance 0.",
            "spread + 0 * mean_a.sum()",
            "traces - 2 * trace_of_root(a, b) + 0 * tf.reduce_sum(mean_a)",
        ),
        means(
            "distance of the means not squared",
            "These are exactly the numbers you get when the distance of the means is not squared.",
            "(mean_a - mean_b).square().sum().sqrt() + spread",
            "tf.norm(mean_a - mean_b) + traces - 2 * trace_of_root(a, b)",
        ),
        means(
            "mean instead of sum",
            "These are exactly the numbers you get from the *mean* of the squared differences of "
            "the means: sum over the features.",
            "(mean_a - mean_b).square().mean() + spread",
            "tf.reduce_mean(tf.square(mean_a - mean_b)) + traces - 2 * trace_of_root(a, b)",
        ),
        means(
            "root of it all",
            "This is the root of the distance: what is called the Fréchet distance here, and FID, "
            "is the square already.",
            "((mean_a - mean_b).square().sum() + spread).clamp(min=1e-30).sqrt()",
            "tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(mean_a - mean_b)) "
            "+ traces - 2 * trace_of_root(a, b), 1e-30))",
        ),
        centring(
            "divided by n",
            "These are exactly the numbers you get from covariances that divide by n: divide by "
            "n-1, which matters for few pictures.",
            "a, b = (a - mean_a) / len(a) ** 0.5, (b - mean_b) / len(b) ** 0.5",
        ),
        centring(
            "not divided at all",
            "These are exactly the numbers you get when the centred features are not divided by "
            "the roots of n-1 and m-1: larger sets then lie further apart.",
            "a, b = a - mean_a, b - mean_b",
        ),
        centring(
            "not centred",
            "These are exactly the numbers you get when the means are not taken off before the "
            "covariances: the means then count twice.",
            "a, b = a / (len(a) - 1) ** 0.5, b / (len(b) - 1) ** 0.5",
        ),
        feature_check(
            "features in rows",
            "The covariances are between *pictures*: rows are pictures and columns features, so "
            "average over rows.",
            "a, b = feature_pair(features_a.T, features_b.T)",
            "a, b = feature_pair(tf.transpose(features_a), tf.transpose(features_b))",
        ),
        feature_check(
            "float32",
            FLOAT64,
            "a, b = (features.float() for features in feature_pair(features_a, features_b))",
            "a, b = (tf.cast(features, tf.float32) for features in (features_a, features_b))\n"
            "    feature_pair(a, b)",
        ),
    ),
)


def kid_cases(rng: np.random.Generator) -> list[Case]:
    """Ones against twos by hand; as many parts as by default; given sizes; a set itself."""
    worked = {"a": rows(1, 1, 1, 1), "b": rows(2, 2, 2, 2), "options": {"subsets": 2}}
    same = two_sets(rng, 12, 12, 4)["a"]
    sized = {"subsets": 2, "subset_size": 3, "seed": 5}
    return [
        Case("ones against twos", worked, {"KID": 79, "standard error": 0}),
        Case("ten parts, as by default", {**two_sets(rng, 25, 31, 3), "options": {}}),
        Case("two parts of three rows", {**two_sets(rng, 11, 9, 3), "options": sized}),
        Case("a set against itself", {"a": same, "b": same, "options": {"subsets": 2}}),
        Case("four parts", {**two_sets(rng, 25, 22, 5), "options": {"subsets": 4, "seed": 3}}),
    ]


def observe_kid(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The value and its error; on the last case, the dtype and what can't be cut."""
    look = probe(framework)
    pair, options = [look.tensor(case.inputs[name]) for name in "ab"], case.inputs["options"]
    value, error = two(answer(*pair, **options), "the value and its standard error")
    seen = {
        "KID": look.array(value, "The value"),
        "standard error": look.array(error, "The standard error"),
    }
    if options.get("subsets") == 4:
        seen["invariant float64"] = in_float64(value)
        seen["invariant one part"] = refuses(answer, *pair, subsets=1)
        seen["invariant too many parts"] = refuses(answer, *pair, subsets=6, subset_size=4)
        seen["invariant too many parts of the first"] = refuses(
            answer, *pair[::-1], subsets=6, subset_size=4
        )
        seen["invariant parts of one"] = refuses(answer, *pair, subsets=4, subset_size=1)
    return seen


mmd = replacing(*2 * ("polynomial_mmd(a[part], b[part])",))
shuffle = replacing(*2 * ("rng.permutation(len(features))",))
part = replacing(*2 * ("slice(i * size, (i + 1) * size)",))
size = replacing(*2 * ("size = subset_size or min(len(a), len(b)) // max(subsets, 2)",))
spread = replacing("values.std() / subsets**0.5", "tf.reduce_mean(values), spread / subsets**0.5")
kid_result = replacing(
    "return values.mean(), values.std()", "return tf.reduce_mean(values), spread"
)
PART_SENTENCE = "expected at least 2 parts of at least 2 rows, and no more rows than there are"

KID = Exercise(
    id="metrics.kid",
    difficulty=3,
    importance=4,
    minutes=12,
    seed=1,
    cases=kid_cases,
    observe=observe_kid,
    tolerance_reason="float64 sums in another order, of float32 features",
    messages={
        "invariant float64": FLOAT64,
        "invariant one part": (
            "One part has no standard error and should end in a ValueError: " + PART_SENTENCE + "."
        ),
        "invariant too many parts": (
            "Six parts of four rows can't be cut from 22 rows, and should end in a ValueError: "
            + PART_SENTENCE
            + "."
        ),
        "invariant too many parts of the first": (
            "The second set has rows enough for six parts of four, and the first doesn't: that "
            "should end in a ValueError, too. " + PART_SENTENCE.capitalize() + "."
        ),
        "invariant parts of one": (
            "A part of one row has no pairs and should end in a ValueError: " + PART_SENTENCE + "."
        ),
    },
    hints=(
        "Both sets come from one source, and the value is below zero. Is anything broken?",
        "Three things tend to fail: the parts may share no row; the error is that of the *mean*, "
        "smaller than the spread of the parts; and nothing is clipped.",
        "Make one generator from the seed; with it draw an order for the first set, then one for "
        "the second. Cut both into consecutive parts, take the given discrepancy of each pair of "
        "parts, then the mean and the standard error of these numbers.",
    ),
    wrong=(
        mmd(
            "diagonal kept",
            "These are exactly the numbers you get when each row is also paired with itself: that "
            "biases the value upwards, by more the smaller the parts. Leave the diagonal out.",
            "sum(\n"
            "            sign * ((x @ y.T / a.shape[1] + 1) ** 3).mean()\n"
            "            for sign, x, y in (\n"
            "                (1, a[part], a[part]), (1, b[part], b[part]), (-2, a[part], b[part])\n"
            "            )\n"
            "        )",
            "sum(\n"
            "            sign * tf.reduce_mean((x @ tf.transpose(y) / a.shape[1] + 1) ** 3)\n"
            "            for sign, x, y in (\n"
            "                (1, a[part], a[part]), (1, b[part], b[part]), (-2, a[part], b[part])\n"
            "            )\n"
            "        )",
        ),
        mmd(
            "features not divided by",
            "These are exactly the numbers you get when x·y is not divided by the number of "
            "features: the kernel is (x·y / D + 1)³.",
            "polynomial_mmd(a[part] * a.shape[1] ** 0.5, b[part] * a.shape[1] ** 0.5)",
        ),
        mmd(
            "root of the discrepancy",
            "These are exactly the numbers you get from the *root* of each part's value: KID is "
            "the squared discrepancy, which may be below 0.",
            "polynomial_mmd(a[part], b[part]).clamp(min=0).sqrt()",
            "tf.sqrt(tf.maximum(polynomial_mmd(a[part], b[part]), 0))",
        ),
        mmd(
            "parts clipped at 0",
            "These are exactly the numbers you get when parts below 0 count as 0: what is unbiased "
            "must be allowed to fall below.",
            "polynomial_mmd(a[part], b[part]).clamp(min=0)",
            "tf.maximum(polynomial_mmd(a[part], b[part]), 0)",
        ),
        mmd(
            "always the first part",
            "All parts give the same number, so the error is 0: take another part each time.",
            "polynomial_mmd(a[parts[0]], b[parts[0]])",
        ),
        kid_result(
            "value clipped at 0",
            "The value of a set against itself is below 0, and here it is clipped: what is "
            "unbiased must be allowed to fall below.",
            "return values.mean().clamp(min=0), values.std()",
            "return tf.maximum(tf.reduce_mean(values), 0), spread",
        ),
        kid_result(
            "sum of the parts",
            "This is the sum over the parts: take the mean.",
            "return values.sum(), values.std()",
            "return tf.reduce_sum(values), spread",
        ),
        kid_result(
            "value of the whole sets",
            "The error is that of the parts, but the value is that of the whole sets: take the "
            "mean of the parts, whose error it is.",
            "return polynomial_mmd(a, b), values.std()",
            "return polynomial_mmd(a, b), spread",
        ),
        spread(
            "spread of the parts",
            "These are exactly the numbers you get from the standard deviation of the parts: the "
            "error of their *mean* is smaller by the root of their number.",
            "values.std()",
            "tf.reduce_mean(values), spread",
        ),
        spread(
            "divided by the number of parts",
            "These are exactly the numbers you get when the standard deviation is divided by the "
            "number of parts: divide by its root.",
            "values.std() / subsets",
            "tf.reduce_mean(values), spread / subsets",
        ),
        spread(
            "variance",
            "The second number is the variance of the mean: its root is the standard error.",
            "values.var() / subsets",
            "tf.reduce_mean(values), spread**2 / subsets",
        ),
        Wrong(
            "divided by the parts, not by one less",
            "These are exactly the numbers you get when the standard deviation divides by the "
            "number of parts: divide by one less, few parts look too sure otherwise.",
            torch=(("values.std()", "values.std(correction=0)"),),
            tensorflow=((" * (subsets / (subsets - 1)) ** 0.5", ""),),
        ),
        shuffle(
            "not shuffled",
            "These are exactly the numbers you get when the rows stay in their order: sets are "
            "often sorted by category, so shuffle both.",
            "np.arange(len(features))",
        ),
        shuffle(
            "the same generator twice",
            "These are exactly the numbers you get when each set is shuffled by a new generator of "
            "the same seed: make one, and draw both orders from it.",
            "np.random.default_rng(seed).permutation(len(features))",
        ),
        replacing(*2 * ("np.random.default_rng(seed)\n",))(
            "seed not heeded",
            "These are exactly the numbers you get from seed 0, whatever `seed` says.",
            "np.random.default_rng(0)\n",
        ),
        size(
            "size not heeded",
            "These are exactly the numbers you get when `subset_size` is not heeded: where it is "
            "given, the parts have that many rows.",
            "size = min(len(a), len(b)) // max(subsets, 2)",
        ),
        part(
            "every n-th row",
            "These are exactly the numbers you get from parts that take every n-th row: cut the "
            "shuffled rows into consecutive ones.",
            "slice(i, subsets * size, subsets)",
        ),
        part(
            "parts that overlap",
            "These are exactly the numbers you get from parts that begin one row later each: "
            "they share rows, so their spread is too small.",
            "slice(i, i + size)",
        ),
    ),
)

EXERCISES = (FRECHET, KID)
