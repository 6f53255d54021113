"""Precision and recall: what the balls around one set's points hold of the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import in_float64, probe, refuses, replacing, two
from prodgen_lib.exercises.metrics.distances import FLOAT64, rows


def cases(rng: np.random.Generator) -> list[Case]:
    """By hand; points on a grid, many just on a border; a collapse; far apart; two clouds."""

    def cloud(count: int, *, features: int = 3, scale: float = 1, at: float = 0) -> np.ndarray:
        return rng.normal(at, scale, (count, features)).astype(np.float32)

    def grid(count: int) -> np.ndarray:
        return rng.integers(0, 7, (count, 2)).astype(np.float32)

    worked = {"real": rows(0, 1, 3), "generated": rows(0.5, 6, 7), "options": {"k": 1}}
    by_hand = {"precision": 1 / 3, "recall": 1}
    collapse = {"real": cloud(25, features=5), "generated": cloud(19, features=5, scale=0.3)}
    apart = {"real": cloud(6), "generated": cloud(7, at=50), "options": {"k": 2}}
    last = {"real": cloud(23), "generated": cloud(17, scale=1.6), "options": {"k": 2}}
    return [
        Case("{0, 1, 3} and {0.5, 6, 7} with k = 1", worked, by_hand),
        # 8 and 16 points: their means are exact, so rounding moves none across a border.
        Case("points on a grid", {"real": grid(16), "generated": grid(8), "options": {"k": 1}}),
        Case(
            "points on a grid, fewer real",
            {"real": grid(8), "generated": grid(16), "options": {"k": 2}},
        ),
        Case("nearly the same pictures, k = 3 as by default", {**collapse, "options": {}}),
        Case("sets far apart", apart),
        Case("a wider cloud", last),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Precision and recall; on the last case, the dtype and too large a k."""
    look = probe(framework)
    real, generated = (look.tensor(case.inputs[name]) for name in ("real", "generated"))
    options = case.inputs["options"]
    precision, recall = two(answer(real, generated, **options), "precision and recall")
    seen = {
        "precision": look.array(precision, "Precision"),
        "recall": look.array(recall, "Recall"),
    }
    if len(real) == 23:
        seen["invariant float64"] = in_float64(precision)
        seen["invariant other features"] = refuses(answer, real, generated[:, :2])
        seen["invariant too many neighbours"] = refuses(answer, real[:3], generated, k=3)
    return seen


result = replacing(
    "in_real.any(dim=0).double().mean(), in_generated.any(dim=1).double().mean()",
    "tf.reduce_mean(tf.cast(good, tf.float64)), tf.reduce_mean(tf.cast(reached, tf.float64))",
)

PRECISION_RECALL = Exercise(
    id="metrics.precision_recall",
    difficulty=3,
    importance=4,
    minutes=12,
    seed=1,
    cases=cases,
    observe=observe,
    tolerance_reason="shares of a few points are exact",
    messages={
        "invariant float64": FLOAT64.replace(
            "the difference of large traces loses in float32 what it should show",
            "in float32 a point just inside a ball may fall outside",
        ),
        "invariant other features": (
            "Sets with 3 and 2 features should end in a ValueError: `feature_pair` looks."
        ),
        "invariant too many neighbours": (
            "Three points have no third neighbour, which should end in a ValueError: "
            "`squared_radii` looks."
        ),
    },
    hints=(
        "A generator makes one perfect picture, again and again. Which of the two numbers is 1, "
        "and which near 0?",
        "For each number ask three things: whose balls, whose points, and along which axis of the "
        "(real, generated) table lies `any`? A radius belongs to the centre of its ball, and all "
        "that is given is squared.",
        "Make the table of squared distances. Compare it with the real radii, down the rows: a "
        "generated point counts once some real ball holds it. Compare it with the generated radii, "
        "along the columns, for the real points. Each time the mean of yes and no.",
    ),
    wrong=(
        result(
            "exchanged",
            "Precision and recall are exchanged: precision comes first, the share of *generated* "
            "points in the real set's cover.",
            "in_generated.any(dim=1).double().mean(), in_real.any(dim=0).double().mean()",
            "tf.reduce_mean(tf.cast(reached, tf.float64)), "
            "tf.reduce_mean(tf.cast(good, tf.float64))",
        ),
        result(
            "pairs instead of points",
            "These are the shares of *pairs* of a ball and a point in it: a point counts once, if "
            "any ball holds it.",
            "in_real.double().mean(), in_generated.double().mean()",
            "tf.reduce_mean(tf.cast(in_real, tf.float64)), "
            "tf.reduce_mean(tf.cast(in_generated, tf.float64))",
        ),
        result(
            "in all balls",
            "These are the shares of points that *all* balls hold: one ball is enough.",
            "in_real.all(dim=0).double().mean(), in_generated.all(dim=1).double().mean()",
            "tf.reduce_mean(tf.cast(tf.reduce_all(in_real, 0), tf.float64)), "
            "tf.reduce_mean(tf.cast(tf.reduce_all(in_generated, 1), tf.float64))",
        ),
        result(
            "balls instead of points",
            "These are the shares of *balls* with a point in them, along the other axis; of the "
            "real balls that is called coverage. Count the points that lie in some ball.",
            "in_real.any(dim=1).double().mean(), in_generated.any(dim=0).double().mean()",
            "tf.reduce_mean(tf.cast(tf.reduce_any(in_real, 1), tf.float64)), "
            "tf.reduce_mean(tf.cast(tf.reduce_any(in_generated, 0), tf.float64))",
        ),
        result(
            "precision twice",
            "Recall is a copy of precision: take the balls of the generated points and ask which "
            "real ones they hold.",
            "2 * (in_real.any(dim=0).double().mean(),)",
            "2 * (tf.reduce_mean(tf.cast(good, tf.float64)),)",
        ),
        Wrong.both(
            "radii of the other set",
            "The radii are those of the wrong set: a ball around a real point reaches to that "
            "point's neighbours, and of a generated point to its own.",
            (
                "in_real = squared <= squared_radii(real, k)[:, None]",
                "in_real = squared <= squared_radii(generated, k)",
            ),
            (
                "in_generated = squared <= squared_radii(generated, k)\n",
                "in_generated = squared <= squared_radii(real, k)[:, None]\n",
            ),
        ),
        Wrong(
            "the point itself as a neighbour",
            "These are exactly the numbers you get when each point counts as its own nearest "
            "neighbour: the k-th is then the one before, and with k = 1 the ball is a point.",
            torch=(
                (
                    "squared <= squared_radii(real, k)[:, None]",
                    "squared <= squared_distances(real, real).kthvalue(k).values[:, None]",
                ),
                (
                    "squared <= squared_radii(generated, k)\n",
                    "squared <= squared_distances(generated, generated).kthvalue(k).values\n",
                ),
            ),
            tensorflow=(
                (
                    "squared <= squared_radii(real, k)[:, None]",
                    "squared <= tf.sort(squared_distances(real, real))[:, k - 1, None]",
                ),
                (
                    "squared <= squared_radii(generated, k)\n",
                    "squared <= tf.sort(squared_distances(generated, generated))[:, k - 1]\n",
                ),
            ),
        ),
        Wrong.both(
            "border left out",
            "These are exactly the numbers you get when the border doesn't belong to a ball: it "
            "does, which shows where many points are equal.",
            ("squared <= squared_radii(real, k)", "squared < squared_radii(real, k)"),
            ("squared <= squared_radii(generated, k)", "squared < squared_radii(generated, k)"),
        ),
        Wrong.both(
            "outside instead of inside",
            "These are the shares of points *outside* some ball: turn the comparisons round.",
            ("squared <= squared_radii(real, k)", "squared > squared_radii(real, k)"),
            ("squared <= squared_radii(generated, k)", "squared > squared_radii(generated, k)"),
        ),
        Wrong.both(
            "one root, one square",
            "Roots are compared with squares: both `squared_distances` and `squared_radii` are "
            "squared, so compare them as they are.",
            ("squared_radii(real, k)", "(squared_radii(real, k) ** 0.5)"),
            ("squared_radii(generated, k)", "squared_radii(generated, k) ** 0.5"),
        ),
        Wrong(
            "one radius for all",
            "These are exactly the numbers you get when all balls have the mean radius: each point "
            "has its own, small where points are dense.",
            torch=(
                ("squared_radii(real, k)[:, None]", "squared_radii(real, k).mean()"),
                ("squared_radii(generated, k)", "squared_radii(generated, k).mean()"),
            ),
            tensorflow=(
                ("squared_radii(real, k)[:, None]", "tf.reduce_mean(squared_radii(real, k))"),
                ("squared_radii(generated, k)", "tf.reduce_mean(squared_radii(generated, k))"),
            ),
        ),
        Wrong(
            "nearest centre only",
            "These are exactly the numbers you get when a point is looked for only in the ball of "
            "its *nearest* centre: a wide ball further off may hold it too.",
            torch=(
                (
                    "squared <= squared_radii(real, k)[:, None]",
                    "(squared <= squared_radii(real, k)[:, None]) & (squared == squared.amin(0))",
                ),
                (
                    "squared <= squared_radii(generated, k)\n",
                    "(squared <= squared_radii(generated, k)) "
                    "& (squared == squared.amin(1, keepdim=True))\n",
                ),
            ),
            tensorflow=(
                (
                    "squared <= squared_radii(real, k)[:, None]",
                    "(squared <= squared_radii(real, k)[:, None]) "
                    "& (squared == tf.reduce_min(squared, 0))",
                ),
                (
                    "squared <= squared_radii(generated, k)\n",
                    "(squared <= squared_radii(generated, k)) "
                    "& (squared == tf.reduce_min(squared, 1, keepdims=True))\n",
                ),
            ),
        ),
        Wrong.both(
            "k not heeded",
            "These are exactly the numbers you get with k = 3, whatever `k` says.",
            ("squared_radii(real, k)", "squared_radii(real, min(3, len(real) - 1))"),
            ("squared_radii(generated, k)", "squared_radii(generated, min(3, len(generated) - 1))"),
        ),
    ),
)

EXERCISES = (PRECISION_RECALL,)
