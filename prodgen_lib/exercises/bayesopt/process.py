"""Distances, the kernel, what a Gaussian process keeps of its data, predicts, and how likely."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.bayesopt.tools import (
    IN_A_GRAPH,
    SUMS,
    check_graph,
    double,
    rational_kernel,
)
from prodgen_lib.exercises.common import probe, replacing, two, yes


def distance_cases(rng: np.random.Generator) -> list[Case]:
    """Two points and one by hand; one dimension; far from zero; four dimensions."""

    def draw(name: str, a: int, b: int, size: int, centre: float = 0.0) -> Case:
        first = centre + rng.random((a, size))
        second = np.concatenate([first[:1], centre + rng.random((b - 1, size))])
        return Case(name, {"a": first, "b": second, "length_scales": rng.uniform(0.2, 3, size)})

    close = draw("points near 10,000, close to each other", 4, 1, 3, centre=1e4)
    close.inputs["b"] = close.inputs["a"] + 1e-4 * rng.random((4, 3))
    worked = {"a": [[0, 1], [3, 1]], "b": [[1, 5]], "length_scales": [0.5, 2]}
    return [
        Case(
            "two points and one, worked by hand",
            {name: np.array(values, float) for name, values in worked.items()},
            {"squared distances": [[8], [20]]},
        ),
        draw("one dimension", 3, 2, 1),
        close,
        draw("four dimensions", 5, 3, 4),
    ]


def observe_distance(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The squared distances, their gradients, and what equal points have."""
    look = probe(framework)
    tensors = [double(framework, values) for values in case.inputs.values()]
    value, (to_a, _, to_scales) = look.value_and_gradients(answer, *tensors)
    seen = {"squared distances": value}
    if not case.by_hand:
        check_graph(framework, answer, *tensors)
        a, b, scales = case.inputs.values()
        exact = (((a[:, None] - b) / scales) ** 2).sum(axis=-1)
        kept = value.shape == exact.shape and np.allclose(value, exact, rtol=1e-3, atol=1e-14)
        seen["invariant digits of close points"] = yes(kept)
        seen |= {"gradient of the points": to_a, "gradient of the length scales": to_scales}
    return seen


distance = replacing(
    "((a[:, None] - b[None]) / length_scales).square().sum(dim=-1)",
    "tf.reduce_sum(tf.square((a[:, None] - b[None]) / length_scales), axis=-1)",
)

SQUARED_DISTANCE = Exercise(
    id="bayesopt.squared_distance",
    difficulty=2,
    importance=4,
    minutes=5,
    seed=1,
    cases=distance_cases,
    observe=observe_distance,
    tolerance_reason="float64 sums in another order",
    messages={
        "invariant digits of close points": (
            "Points close to each other lose their distance, which may even come out negative: "
            "a² + b² - 2ab is a difference of large numbers. Subtract first, then square."
        ),
        "gradient of the points": (
            "The distances are right and their gradient for `a` is not: something cuts it off, and "
            "no acquisition could climb."
        ),
        "gradient of the length scales": (
            "The distances are right and their gradient for `length_scales` is not: something cuts "
            "it off, and the scales could not be fitted."
        ),
    },
    hints=(
        "How far apart are 0 and 3 if the length scale is 3? And if it is 1? Which of the two "
        "must come out larger?",
        "Check the shape (N, M) on unequal N and M; that each dimension is divided by its own "
        "scale; that the scale is inside the square; and that nothing is averaged.",
        "Let an axis of length one stand where the other's points are, so that the difference "
        "gets three axes; divide by the scales along the last one; square; add up along it.",
    ),
    wrong=(
        distance(
            "scale outside the square",
            "These are exactly the numbers you get when the squared difference is divided by the "
            "length scale: the scale belongs inside the square.",
            "((a[:, None] - b[None]).square() / length_scales).sum(dim=-1)",
            "tf.reduce_sum(tf.square(a[:, None] - b[None]) / length_scales, axis=-1)",
        ),
        distance(
            "scale squared twice",
            "These are exactly the numbers you get when the difference is divided by the *squared* "
            "length scale before it is squared itself.",
            "((a[:, None] - b[None]) / length_scales**2).square().sum(dim=-1)",
            "tf.reduce_sum(tf.square((a[:, None] - b[None]) / length_scales**2), axis=-1)",
        ),
        distance(
            "multiplied by the scale",
            "These are exactly the numbers you get when differences are multiplied by the length "
            "scales: a long scale makes points *nearer*.",
            "((a[:, None] - b[None]) * length_scales).square().sum(dim=-1)",
            "tf.reduce_sum(tf.square((a[:, None] - b[None]) * length_scales), axis=-1)",
        ),
        distance(
            "no scale",
            "These are exactly the numbers you get without the length scales: all settings then "
            "matter alike.",
            "(a[:, None] - b[None]).square().sum(dim=-1) + 0 * length_scales.sum()",
            "tf.reduce_sum(tf.square(a[:, None] - b[None]), axis=-1)"
            " + 0 * tf.reduce_sum(length_scales)",
        ),
        distance(
            "one scale for all",
            "These are exactly the numbers you get with the mean of the length scales in every "
            "dimension: each has its own.",
            "((a[:, None] - b[None]) / length_scales.mean()).square().sum(dim=-1)",
            "tf.reduce_sum(tf.square((a[:, None] - b[None]) / tf.reduce_mean(length_scales)),"
            " axis=-1)",
        ),
        distance(
            "mean over dimensions",
            "These are exactly the numbers you get from a mean over the dimensions: they are "
            "added up.",
            "((a[:, None] - b[None]) / length_scales).square().mean(dim=-1)",
            "tf.reduce_mean(tf.square((a[:, None] - b[None]) / length_scales), axis=-1)",
        ),
        distance(
            "the distance itself",
            "These are distances, not their squares: leave the root to the kernel.",
            "((a[:, None] - b[None]) / length_scales).square().sum(dim=-1).sqrt()",
            "tf.sqrt(tf.reduce_sum(tf.square((a[:, None] - b[None]) / length_scales), axis=-1))",
        ),
        distance(
            "absolute differences",
            "These are exactly the numbers you get from absolute differences: square them before "
            "you add.",
            "((a[:, None] - b[None]) / length_scales).abs().sum(dim=-1)",
            "tf.reduce_sum(tf.abs((a[:, None] - b[None]) / length_scales), axis=-1)",
        ),
        distance(
            "turned round",
            "This is the transpose, (M, N): rows are the points of `a`, columns those of `b`.",
            "((a[None] - b[:, None]) / length_scales).square().sum(dim=-1)",
            "tf.reduce_sum(tf.square((a[None] - b[:, None]) / length_scales), axis=-1)",
        ),
        distance(
            "multiplied out",
            "Points close to each other lose their distance, which may even come out negative: "
            "a² + b² - 2ab is a difference of large numbers. Subtract first, then square.",
            "(a / length_scales).square().sum(-1)[:, None] + (b / length_scales).square().sum(-1)"
            " - 2 * (a / length_scales) @ (b / length_scales).T",
            "tf.reduce_sum(tf.square(a / length_scales), -1)[:, None]"
            " + tf.reduce_sum(tf.square(b / length_scales), -1)"
            " - 2 * (a / length_scales) @ tf.transpose(b / length_scales)",
        ),
    ),
)


def matern_cases(rng: np.random.Generator) -> list[Case]:
    """Distances of 0 and 1/√5 scales by hand; equal points; one dimension; three."""

    def draw(name: str, a: int, b: int, size: int) -> Case:
        first = rng.random((a, size))
        second = np.concatenate([first[:1], rng.random((b - 1, size))])
        inputs = {"a": first, "b": second, "length_scales": rng.uniform(0.3, 2, size)}
        return Case(name, inputs | {"output_scale": np.array(rng.uniform(1.5, 3))})

    worked = {"a": [[0]], "b": [[0], [0.2]], "length_scales": [0.2 * 5**0.5], "output_scale": 2}
    return [
        Case(
            "distances of 0 and of 1/√5 length scales, worked by hand",
            {name: np.array(values, float) for name, values in worked.items()},
            {"covariance": [[2, 14 / (3 * np.e)]]},
        ),
        draw("one dimension", 4, 3, 1),
        draw("three dimensions", 4, 5, 3),
    ]


def observe_matern(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The covariances and their gradients; the first points are equal."""

    def kernel(a, b, length_scales, output_scale):
        return answer(a, b, length_scales=length_scales, output_scale=output_scale)

    look = probe(framework)
    tensors = [double(framework, values) for values in case.inputs.values()]
    value, slopes = look.value_and_gradients(kernel, *tensors)
    if case.by_hand:
        return {"covariance": value}
    check_graph(framework, kernel, *tensors)
    names = "first points", "second points", "length scales", "output scale"
    gradients = {f"gradient of the {n}": slope for n, slope in zip(names, slopes, strict=True)}
    return {"covariance": value, **gradients}


root = replacing(
    "torch.sqrt(5 * squared_distance(a, b, length_scales).clamp(min=1e-30))",
    "tf.sqrt(5 * tf.maximum(squared_distance(a, b, length_scales), 1e-30))",
)
shape = replacing(
    "output_scale * (1 + r + r.square() / 3) * torch.exp(-r)",
    "output_scale * (1 + r + tf.square(r) / 3) * tf.exp(-r)",
)
NO_SLOPE = (
    "The covariances are right and a gradient is not, most likely where two points are equal: the "
    "root has no slope at 0, and 0 · ∞ is NaN. Don't let r² fall below 1e-30."
)

MATERN_KERNEL = Exercise(
    id="bayesopt.matern_kernel",
    difficulty=3,
    importance=4,
    minutes=8,
    seed=1,
    cases=matern_cases,
    observe=observe_matern,
    tolerance_reason="float64: exp of another library",
    messages={
        f"gradient of the {name}": NO_SLOPE
        for name in ("first points", "second points", "length scales", "output scale")
    },
    hints=(
        "What is the covariance of a value with itself? And what is the slope of √x at x = 0?",
        "Check four things: output_scale at distance 0; r is the root of what `squared_distance` "
        "gives; √5 stands at both places where r does; and gradients at equal points are finite.",
        "Keep r² from falling below 1e-30, multiply by 5 and take the root: call it z. Then it is "
        "1 + z + z²/3, times the exponential of -z, times the output scale.",
    ),
    wrong=(
        root(
            "without √5",
            "These are exactly the numbers you get without √5 in front of r.",
            "torch.sqrt(squared_distance(a, b, length_scales).clamp(min=1e-30))",
            "tf.sqrt(tf.maximum(squared_distance(a, b, length_scales), 1e-30))",
        ),
        root(
            "r² for r",
            "These are exactly the numbers you get when the squared distance is taken for r: take "
            "the root.",
            "5**0.5 * squared_distance(a, b, length_scales).clamp(min=1e-30)",
            "5**0.5 * tf.maximum(squared_distance(a, b, length_scales), 1e-30)",
        ),
        root(
            "5 r for √5 r",
            "These are exactly the numbers you get with 5 r in place of √5 r.",
            "5 * torch.sqrt(squared_distance(a, b, length_scales).clamp(min=1e-30))",
            "5 * tf.sqrt(tf.maximum(squared_distance(a, b, length_scales), 1e-30))",
        ),
        Wrong(  # TensorFlow's root passes a gradient of 0 on as 0
            "no slope at zero",
            NO_SLOPE,
            torch=((".clamp(min=1e-30)", ""),),
            tensorflow=(),
        ),
        shape(
            "without the quadratic term",
            "These are exactly the numbers you get without the term 5/3 r².",
            "output_scale * (1 + r) * torch.exp(-r)",
            "output_scale * (1 + r) * tf.exp(-r)",
        ),
        shape(
            "quadratic term five times",
            "These are exactly the numbers you get when the 5 counts twice in the quadratic term: "
            "with z = √5 r it is z²/3, with r it is 5/3 r².",
            "output_scale * (1 + r + 5 * r.square() / 3) * torch.exp(-r)",
            "output_scale * (1 + r + 5 * tf.square(r) / 3) * tf.exp(-r)",
        ),
        shape(
            "exponential alone",
            "These are exactly the numbers of the exponential alone, Matérn with ν = ½: functions "
            "with a kink everywhere.",
            "output_scale * torch.exp(-r)",
            "output_scale * tf.exp(-r)",
        ),
        shape(
            "RBF",
            "These are exactly the numbers of the RBF kernel, which expects far smoother "
            "functions.",
            "output_scale * torch.exp(-r.square() / 10)",
            "output_scale * tf.exp(-tf.square(r) / 10)",
        ),
        shape(
            "sign of the exponent",
            "These are exactly the numbers you get with exp(+√5 r): covariance must fall with "
            "distance.",
            "output_scale * (1 + r + r.square() / 3) * torch.exp(r)",
            "output_scale * (1 + r + tf.square(r) / 3) * tf.exp(r)",
        ),
        shape(
            "output scale squared",
            "These are exactly the numbers you get with the output scale squared: it is a "
            "variance already.",
            "output_scale**2 * (1 + r + r.square() / 3) * torch.exp(-r)",
            "output_scale**2 * (1 + r + tf.square(r) / 3) * tf.exp(-r)",
        ),
        shape(
            "without the output scale",
            "These are exactly the numbers you get without the output scale.",
            "(1 + r + r.square() / 3) * torch.exp(-r) + 0 * output_scale",
            "(1 + r + tf.square(r) / 3) * tf.exp(-r) + 0 * output_scale",
        ),
    ),
)


def condition_cases(rng: np.random.Generator) -> list[Case]:
    """Two points by hand; one point; points as good as equal, without noise; seven points."""

    def draw(name: str, count: int, size: int, noise: float) -> Case:
        inputs = {"points": rng.random((count, size)), "targets": rng.normal(0, 1, count)}
        scales, variance = rng.uniform(0.3, 1, size), rng.uniform(1, 3)
        return Case(name, inputs | {"noise": noise, "scales": scales, "variance": variance})

    # |a - b| = √3 with scale 1 and variance 8: covariances 8 and 2
    worked = {"points": np.array([[0], [3**0.5]]), "targets": np.array([13.0, 20.0]), "noise": 1.0}
    worked |= {"scales": np.ones(1), "variance": 8.0}
    equal = draw("twelve points as good as equal, without noise", 12, 2, 0.0)
    equal.inputs["points"] = 0.5 + 1e-10 * equal.inputs["points"]
    equal.inputs["targets"] = np.full(12, rng.uniform(1, 2))
    root = 77**0.5 / 3
    by_hand = {"weights": [1.0, 2.0], "factor": [[3, 0], [2 / 3, root]]}
    return [
        Case("two points worked by hand", worked, by_hand),
        draw("one point", 1, 3, 0.3),
        equal,
        draw("seven points in two dimensions", 7, 2, 0.05),
    ]


def observe_condition(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Factor and weights, and the weights' gradients."""
    look, inputs = probe(framework), case.inputs
    kernel = rational_kernel(inputs["scales"], inputs["variance"])
    tensors = [double(framework, inputs[name]) for name in ("points", "targets", "noise")]

    def both(points, targets, noise):
        return two(answer(points, targets, kernel, noise=noise), "factor and weights")

    factor, weights = both(*tensors)
    seen = {"weights": look.array(weights, "The second part")}
    if len(inputs["points"]) == 12:  # whose factor is made of jitter
        return seen
    seen["factor"] = look.array(factor, "The first part")
    if case.by_hand:
        return seen
    check_graph(framework, lambda *given: both(*given)[1], *tensors)
    _, slopes = look.value_and_gradients(lambda *given: both(*given)[1], *tensors)
    names = "points", "targets", "noise"
    return seen | {f"gradient of the {n}": slope for n, slope in zip(names, slopes, strict=True)}


TORCH_NOISE = "noise * torch.eye(len(points), dtype=points.dtype)"
TENSORFLOW_NOISE = "noise * identity"
noise = replacing(f"+ {TORCH_NOISE}", f"+ {TENSORFLOW_NOISE}")
solved = replacing(
    "torch.cholesky_solve(targets[:, None], factor)[:, 0]",
    "tf.linalg.cholesky_solve(factor, targets[:, None])[:, 0]",
)
NO_JITTER = (
    "It fails on points that are as good as equal, without noise: rounding makes an eigenvalue "
    "negative there. `factorise` adds the jitter that helps."
)

CONDITION = Exercise(
    id="bayesopt.condition",
    difficulty=3,
    importance=5,
    minutes=8,
    seed=1,
    cases=condition_cases,
    observe=observe_condition,
    tolerance_reason=SUMS,
    messages={
        f"gradient of the {name}": (
            f"Factor and weights are right and their gradient for the {name} is not: something "
            "cuts it off, and the scales could not be fitted."
        )
        for name in ("points", "targets", "noise")
    },
    hints=(
        "Two observations at the very same place may differ. By which number in the matrix does "
        "the process know that?",
        "Noise stands on the diagonal and nowhere else, as a variance; the factor is lower "
        "triangular; and the weights times the whole matrix give back the targets.",
        "Add noise times the identity to the covariances of the points; factorise that; solve for "
        "the targets as one column, with the routine that takes a Cholesky factor; drop the axis.",
    ),
    wrong=(
        noise(
            "no noise",
            "These are exactly the numbers you get without the noise: it belongs on the diagonal "
            "of the observations' covariances.",
            f"+ 0 * {TORCH_NOISE}",
            f"+ 0 * {TENSORFLOW_NOISE}",
        ),
        noise(
            "noise squared",
            "These are exactly the numbers you get when the noise is squared: it is a variance "
            "already.",
            f"+ noise * {TORCH_NOISE}",
            f"+ noise * {TENSORFLOW_NOISE}",
        ),
        noise(
            "noise everywhere",
            "These are exactly the numbers you get when noise is added to the whole matrix: the "
            "noises of two observations are independent, so only the diagonal has any.",
            "+ noise",
            "+ noise + 0 * identity",
        ),
        Wrong(
            "no jitter",
            NO_JITTER,
            torch=(("factorise(covariance)", "torch.linalg.cholesky(covariance)"),),
            tensorflow=(("factorise(", "tf.linalg.cholesky("),),
        ),
        solved(
            "one solve",
            "These weights are factor⁻¹ targets, half of the way: a second solve, with the "
            "transposed factor, makes them K⁻¹ targets.",
            "torch.linalg.solve_triangular(factor, targets[:, None], upper=False)[:, 0]",
            "tf.linalg.triangular_solve(factor, targets[:, None])[:, 0]",
        ),
        solved(
            "multiplied",
            "These weights are K targets: they must be K⁻¹ targets, so that K times the weights "
            "gives the targets.",
            "(factor @ factor.T @ targets[:, None])[:, 0]",
            "(factor @ tf.transpose(factor) @ targets[:, None])[:, 0]",
        ),
        Wrong(
            "upper factor",
            "The factor is an upper triangle: everything after this expects the lower one, "
            "L Lᵀ = K.",
            torch=(("return factor,", "return factor.T,"),),
            tensorflow=(("return factor,", "return tf.transpose(factor),"),),
        ),
        Wrong(
            "K itself",
            "The first part is K itself: return its lower Cholesky factor.",
            torch=(("return factor,", "return covariance,"),),
            tensorflow=(("return factor,", "return factor @ tf.transpose(factor),"),),
        ),
        Wrong(
            "a column",
            "The weights are a column (N, 1): drop the second axis, (N,).",
            torch=(("factor)[:, 0]", "factor)"),),
            tensorflow=(("targets[:, None])[:, 0]", "targets[:, None])"),),
        ),
        Wrong(
            "length in a graph",
            IN_A_GRAPH,
            torch=(),
            tensorflow=(("tf.shape(points)[0]", "points.shape[0]"),),
        ),
    ),
)


def predict_cases(rng: np.random.Generator) -> list[Case]:
    """One observation and two queries by hand; rounding below zero; one query; six queries."""

    def draw(name: str, count: int, queries: int, size: int, shrink: float = 1.0) -> Case:
        points, scales = rng.random((count, size)), rng.uniform(0.3, 1, size)
        variance = rng.uniform(1.5, 3)
        covariance = rational_kernel(scales, variance)(points, points)
        exact = shrink < 1
        factor = np.linalg.cholesky(covariance + (0 if exact else 0.1) * np.eye(count))
        targets = rng.normal(0, 1, count)
        weights = np.linalg.solve(factor @ factor.T, targets)
        inputs = {"queries": points[:queries] if exact else rng.random((queries, size))}
        inputs |= {"points": points, "factor": shrink * factor, "weights": weights}
        return Case(name, inputs | {"scales": scales, "variance": variance})

    worked = {"queries": [[0], [1]], "points": [[0]], "factor": [[2]], "weights": [1]}
    worked = {name: np.array(values, float) for name, values in worked.items()}
    worked |= {"scales": np.ones(1), "variance": 2.0}
    return [
        Case("one observation worked by hand", worked, {"mean": [2, 1], "variance": [1, 1.75]}),
        draw("a factor that rounding made too small", 4, 2, 2, shrink=1 - 1e-9),
        draw("one query", 5, 1, 3),
        draw("three queries in two dimensions", 6, 3, 2),
    ]


def observe_predict(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Mean and variance, how small a variance gets, and gradients for the queries."""
    look, inputs = probe(framework), case.inputs
    kernel = rational_kernel(inputs["scales"], inputs["variance"])
    names = "queries", "points", "factor", "weights"
    tensors = [double(framework, inputs[name]) for name in names]

    def part(index, *given):
        return two(answer(*given, kernel), "mean and variance")[index]

    mean, variance = (look.array(part(index, *tensors)) for index in (0, 1))
    if case.name.startswith("a factor that"):
        with np.errstate(all="ignore"):
            return {"mean": mean, "invariant logarithm of a tiny variance": np.log10(variance)}
    seen = {"mean": mean, "variance": variance}
    if case.by_hand:
        return seen
    check_graph(framework, lambda queries: part(1, queries, *tensors[1:]), tensors[0])
    for index, name in enumerate(seen.copy()):
        _, (slope,) = look.value_and_gradients(
            lambda queries, index=index: part(index, queries, *tensors[1:]), tensors[0]
        )
        seen[f"gradient of the {name}"] = slope
    return seen


half = replacing(
    "torch.linalg.solve_triangular(factor, covariance, upper=False)",
    "tf.linalg.triangular_solve(factor, covariance, lower=True)",
)
BEFORE = "before = kernel(queries[:1], queries[:1])[0, 0]"
prior = replacing(BEFORE, BEFORE)
left = replacing(
    "before - whitened.square().sum(dim=0)", "before - tf.reduce_sum(tf.square(whitened), axis=0)"
)
TINY = (
    "A variance is negative or 0 where rounding made it so, and its root is NaN: none may be below "
    "1e-12."
)

PREDICT = Exercise(
    id="bayesopt.predict",
    difficulty=4,
    importance=5,
    minutes=10,
    seed=2,
    cases=predict_cases,
    observe=observe_predict,
    tolerance_reason=SUMS,
    messages={
        "invariant logarithm of a tiny variance": TINY,
        "gradient of the mean": (
            "Mean and variance are right and the mean's gradient for the queries is not: something "
            "cuts it off, and no acquisition could climb."
        ),
        "gradient of the variance": (
            "Mean and variance are right and the variance's gradient for the queries is not: "
            "something cuts it off, and no acquisition could climb."
        ),
    },
    hints=(
        "What are mean and variance at a query that is far from every point, where all "
        "covariances with the points are 0?",
        "The mean uses the weights, the variance uses one triangular solve, and no targets at "
        "all. What the observations take off the variance grows near them and is never negative.",
        "Covariances C of points and queries, (N, M). The mean is C transposed times the weights. "
        "Solve factor · X = C; square X, add up its rows for each query, and subtract that from "
        "the variance before; lift what is below 1e-12.",
    ),
    wrong=(
        half(
            "not solved",
            "These variances are those without the solve: C² is subtracted where (factor⁻¹ C)² "
            "belongs.",
            "covariance",
        ),
        half(
            "solved with the transposed factor",
            "These variances are those you get by solving with the transposed factor: the factor "
            "is the lower triangle.",
            "torch.linalg.solve_triangular(factor.T, covariance, upper=True)",
            "tf.linalg.triangular_solve(tf.transpose(factor), covariance, lower=False)",
        ),
        half(
            "solved twice",
            "These variances are those you get when K⁻¹ C is squared: one triangular solve is "
            "half of K⁻¹, and squaring it makes up the other half.",
            "torch.cholesky_solve(covariance, factor)",
            "tf.linalg.cholesky_solve(factor, covariance)",
        ),
        prior(
            "variance 1 before",
            "These variances are those you get when the variance before any data is taken for 1: "
            "the kernel knows it.",
            "before = 1.0",
        ),
        left(
            "only what was taken off",
            "This is what the observations take off the variance: subtract it from the variance "
            "before.",
            "whitened.square().sum(dim=0)",
            "tf.reduce_sum(tf.square(whitened), axis=0)",
        ),
        left(
            "added",
            "These variances are those you get when the reduction is added: an observation can "
            "only make the function better known.",
            "before + whitened.square().sum(dim=0)",
            "before + tf.reduce_sum(tf.square(whitened), axis=0)",
        ),
        left(
            "not squared",
            "These variances are those you get when factor⁻¹ C is summed without squaring it.",
            "before - whitened.sum(dim=0)",
            "before - tf.reduce_sum(whitened, axis=0)",
        ),
        left(
            "variance before",
            "This is the variance before any observation: subtract what the observations tell.",
            "before + 0 * whitened.sum(dim=0)",
            "before + 0 * tf.reduce_sum(whitened, axis=0)",
        ),
        Wrong(
            "negative variance",
            TINY,
            torch=(("variance.clamp(min=1e-12)", "variance"),),
            tensorflow=(("tf.maximum(variance, 1e-12)", "variance"),),
        ),
        Wrong(
            "standard deviation",
            "The second part is a standard deviation: return the variance.",
            torch=(("variance.clamp(min=1e-12)", "variance.clamp(min=1e-12).sqrt()"),),
            tensorflow=(("tf.maximum(variance, 1e-12)", "tf.sqrt(tf.maximum(variance, 1e-12))"),),
        ),
        Wrong(
            "mean of the solved covariances",
            "This mean is (factor⁻¹ C)ᵀ weights: the weights hold K⁻¹ already, so take C itself.",
            torch=(("covariance.T @ weights", "whitened.T @ weights"),),
            tensorflow=(("matvec(covariance, weights", "matvec(whitened, weights"),),
        ),
        Wrong(
            "order",
            "Mean and variance are in each other's place.",
            torch=(
                (
                    "covariance.T @ weights, variance.clamp(min=1e-12)",
                    "variance.clamp(min=1e-12), covariance.T @ weights",
                ),
            ),
            tensorflow=(
                ("mean, tf.maximum(variance, 1e-12)", "tf.maximum(variance, 1e-12), mean"),
            ),
        ),
    ),
)


def likelihood_cases(rng: np.random.Generator) -> list[Case]:
    """The two points of `condition` by hand; one; a determinant below 1e-400; six."""

    def draw(name: str, count: int, size: float = 1.0) -> Case:
        square = rng.normal(0, 1, (count, count)) / count**0.5
        matrix = size**2 * (square @ square.T + np.eye(count))
        targets = rng.multivariate_normal(np.zeros(count), matrix)
        inputs = {"factor": np.linalg.cholesky(matrix), "weights": np.linalg.solve(matrix, targets)}
        return Case(name, inputs | {"targets": targets})

    worked = {"factor": [[3, 0], [2 / 3, 77**0.5 / 3]], "weights": [1, 2], "targets": [13, 20]}
    by_hand = -53 / 2 - np.log(77) / 2 - np.log(2 * np.pi)
    return [
        Case(
            "the two points of `condition`",
            {name: np.array(values, float) for name, values in worked.items()},
            {"log-likelihood": by_hand},
        ),
        draw("one observation", 1),
        draw("120 observations with tiny variances", 120, 1e-4),
        draw("six observations", 6),
    ]


def observe_likelihood(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The log-likelihood, and its gradients for all that goes in."""
    look = probe(framework)
    tensors = [double(framework, values) for values in case.inputs.values()]
    value, slopes = look.value_and_gradients(answer, *tensors)
    seen = {"log-likelihood": value}
    if case.by_hand:
        return seen
    if len(case.inputs["targets"]) < 100:
        check_graph(framework, answer, *tensors)
    slopes[0] = np.diagonal(slopes[0]) if slopes[0].ndim == 2 else slopes[0]
    return seen | {f"gradient of the {n}": s for n, s in zip(case.inputs, slopes, strict=True)}


fit = replacing("fit = -0.5 * targets @ weights", "fit = -0.5 * tf.reduce_sum(targets * weights)")
complexity = replacing(
    "complexity = -factor.diagonal().log().sum()",
    "complexity = -tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factor)))",
)
total = replacing(
    "fit + complexity - 0.5 * len(targets) * math.log(2 * math.pi)",
    "fit + complexity - 0.5 * count * math.log(2 * math.pi)",
)

LOG_MARGINAL_LIKELIHOOD = Exercise(
    id="bayesopt.log_marginal_likelihood",
    difficulty=3,
    importance=4,
    minutes=7,
    seed=1,
    cases=likelihood_cases,
    observe=observe_likelihood,
    tolerance_reason="float64 sums in another order",
    messages={
        f"gradient of the {name}": (
            f"The likelihood is right and its gradient for `{name}` is not: something cuts it off."
        )
        for name in ("factor", "weights", "targets")
    },
    hints=(
        "If K = L Lᵀ, what is det K in terms of L? And what is the determinant of a triangle?",
        "There are three terms, all with a factor ½ in the formula, and one of the halves is used "
        "up: log det K is *twice* the sum of logarithms of the factor's diagonal.",
        "Minus half the product of targets and weights, minus the sum of the logarithms on the "
        "factor's diagonal, minus N/2 times log 2π.",
    ),
    wrong=(
        fit(
            "sign of the fit",
            "These are exactly the numbers you get when the first term is added: targets that fit "
            "badly must make it smaller.",
            "fit = 0.5 * targets @ weights",
            "fit = 0.5 * tf.reduce_sum(targets * weights)",
        ),
        fit(
            "fit not halved",
            "These are exactly the numbers you get without the ½ of the first term.",
            "fit = -targets @ weights",
            "fit = -tf.reduce_sum(targets * weights)",
        ),
        fit(
            "targets squared",
            "These are exactly the numbers you get with the targets' squares in the first term, "
            "as if they were independent: it is targetsᵀ K⁻¹ targets.",
            "fit = -0.5 * targets @ targets + 0 * weights.sum()",
            "fit = -0.5 * tf.reduce_sum(targets * targets) + 0 * tf.reduce_sum(weights)",
        ),
        complexity(
            "sign of the determinant",
            "These are exactly the numbers you get when the determinant's term is added: then a "
            "kernel that could have produced anything is the likeliest.",
            "complexity = factor.diagonal().log().sum()",
            "complexity = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factor)))",
        ),
        complexity(
            "determinant halved once more",
            "These are exactly the numbers you get when the sum of logarithms is halved: the "
            "factor is the root of K already, so the ½ is used up.",
            "complexity = -0.5 * factor.diagonal().log().sum()",
            "complexity = -0.5 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factor)))",
        ),
        complexity(
            "log det K whole",
            "These are exactly the numbers you get with the whole of log det K: half of it "
            "belongs there.",
            "complexity = -2 * factor.diagonal().log().sum()",
            "complexity = -2 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factor)))",
        ),
        complexity(
            "logarithm of the product",
            "These are the numbers you get from the logarithm of a product: for many points the "
            "product underflows to 0. Add logarithms.",
            "complexity = -factor.diagonal().prod().log()",
            "complexity = -tf.math.log(tf.reduce_prod(tf.linalg.diag_part(factor)))",
        ),
        complexity(
            "without the determinant",
            "These are exactly the numbers you get without the determinant: the kernel with the "
            "largest variance would always win.",
            "complexity = 0 * factor.sum()",
            "complexity = 0 * tf.reduce_sum(factor)",
        ),
        total(
            "without the constant",
            "These are exactly the numbers you get without N/2 · log 2π.",
            "fit + complexity",
        ),
        total(
            "constant once",
            "These are exactly the numbers you get with ½ log 2π once: each observation has one.",
            "fit + complexity - 0.5 * math.log(2 * math.pi)",
        ),
        total(
            "mean over observations",
            "These are exactly the numbers you get when the sum is divided by N: then the prior "
            "on the scales would weigh N times as much.",
            "(fit + complexity - 0.5 * len(targets) * math.log(2 * math.pi)) / len(targets)",
            "(fit + complexity - 0.5 * count * math.log(2 * math.pi)) / count",
        ),
        total(
            "negative",
            "This is minus the log-likelihood: here it is the likelihood itself that grows.",
            "-(fit + complexity - 0.5 * len(targets) * math.log(2 * math.pi))",
            "-(fit + complexity - 0.5 * count * math.log(2 * math.pi))",
        ),
        Wrong(
            "length in a graph",
            IN_A_GRAPH,
            torch=(),
            tensorflow=(("tf.cast(tf.size(targets), targets.dtype)", "float(targets.shape[0])"),),
        ),
    ),
)

EXERCISES = (
    SQUARED_DISTANCE,
    MATERN_KERNEL,
    CONDITION,
    PREDICT,
    LOG_MARGINAL_LIKELIHOOD,
)
