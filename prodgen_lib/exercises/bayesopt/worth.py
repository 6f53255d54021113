"""What a trial is worth: the improvement to expect of it, and its logarithm far away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.bayesopt.tools import check_graph, double
from prodgen_lib.exercises.common import probe, replacing

NAMES = "mean", "standard_deviation", "best"


def drawn(rng: np.random.Generator, name: str, u: object, spread: tuple = (0.3, 2.0)) -> Case:
    """Points whose (best - mean) / σ is `u`."""
    deviation, best = rng.uniform(*spread, np.size(u)), rng.normal(0, 1)
    inputs = {"mean": best - np.asarray(u) * deviation, "standard_deviation": deviation}
    return Case(name, inputs | {"best": np.array(best)})


def improvement_cases(rng: np.random.Generator) -> list[Case]:
    """A mean at the best value, and a sure one below it, by hand; one point; six."""
    worked = {"mean": [-1, -3], "standard_deviation": [2, 1e-3], "best": -1}
    return [
        Case(
            "a mean as good as the best, and a sure one 2 below it",
            {name: np.array(values, float) for name, values in worked.items()},
            {"improvement": [2 / np.sqrt(2 * np.pi), 2]},
        ),
        drawn(rng, "one point", [-0.4]),
        drawn(rng, "points far above the best", [-2.5, -3.0, -1.8], (2.0, 6.0)),
        drawn(rng, "six points", rng.normal(0, 1, 6)),
    ]


def observe_improvement(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The improvement, and its gradients."""
    look = probe(framework)
    tensors = [double(framework, case.inputs[name]) for name in NAMES]
    value, (to_mean, to_deviation, _) = look.value_and_gradients(answer, *tensors)
    if case.by_hand:
        return {"improvement": value}
    check_graph(framework, answer, *tensors)
    return {
        "improvement": value,
        "gradient of the mean": to_mean,
        "gradient of the standard deviation": to_deviation,
    }


score = replacing(
    "u = (best - mean) / standard_deviation", "u = (best - mean) / standard_deviation"
)
whole = replacing(
    "standard_deviation * (u * 0.5 * torch.erfc(-u / math.sqrt(2)) + density)",
    "standard_deviation * (u * 0.5 * tf.math.erfc(-u / math.sqrt(2)) + density)",
)
CUT = (
    "The values are right and their gradient for the {} is not: something cuts it off, and the "
    "search could not climb."
)

EXPECTED_IMPROVEMENT = Exercise(
    id="bayesopt.expected_improvement",
    difficulty=3,
    importance=5,
    minutes=8,
    seed=3,
    cases=improvement_cases,
    observe=observe_improvement,
    tolerance_reason="float64: erf and exp of another library",
    messages={
        f"gradient of the {name}": CUT.format(name) for name in ("mean", "standard deviation")
    },
    hints=(
        "Which of two points with equal standard deviations is worth more when low values are "
        "wanted: the one with the higher or the one with the lower mean?",
        "Check three things: never negative; at σ near 0 it is best - mean, or 0 if that is "
        "negative; and where the mean is the best value it is σ times 0.3989.",
        "u counts how many standard deviations the mean lies *below* the best. Multiply u by the "
        "normal distribution at u, add the normal density at u, and multiply the sum by σ.",
    ),
    wrong=(
        score(
            "maximises",
            "These are exactly the numbers you get when high values are wanted: here the lowest "
            "is the best, and u = (best - mean) / σ.",
            "u = (mean - best) / standard_deviation",
        ),
        score(
            "without the incumbent",
            "These are exactly the numbers you get without `best`: an improvement is on something, "
            "the lowest value so far.",
            "u = -mean / standard_deviation",
        ),
        score(
            "divided by the variance",
            "These are exactly the numbers you get when u is divided by σ²: it counts standard "
            "deviations.",
            "u = (best - mean) / standard_deviation**2",
        ),
        score(
            "deviation taken for a variance",
            "These are the numbers you get when the root of `standard_deviation` is used: it is σ "
            "already, not σ².",
            "standard_deviation = standard_deviation**0.5\n"
            "    u = (best - mean) / standard_deviation",
        ),
        score(
            "not divided",
            "These are exactly the numbers you get when best - mean is not divided by σ.",
            "u = best - mean",
        ),
        whole(
            "without σ in front",
            "These are exactly the numbers you get without the factor σ: the improvement is in "
            "units of the values, not of σ.",
            "(u * 0.5 * torch.erfc(-u / math.sqrt(2)) + density)",
            "(u * 0.5 * tf.math.erfc(-u / math.sqrt(2)) + density)",
        ),
        whole(
            "σ² in front",
            "These are exactly the numbers you get with σ² in front in place of σ.",
            "standard_deviation**2 * (u * 0.5 * torch.erfc(-u / math.sqrt(2)) + density)",
            "standard_deviation**2 * (u * 0.5 * tf.math.erfc(-u / math.sqrt(2)) + density)",
        ),
        whole(
            "probability alone",
            "This is the *probability* of an improvement: it does not ask how large, and so "
            "prefers tiny ones that are sure.",
            "0.5 * torch.erfc(-u / math.sqrt(2))",
            "0.5 * tf.math.erfc(-u / math.sqrt(2))",
        ),
        whole(
            "without the density",
            "These are exactly the numbers of σ u Φ(u) alone: without the density an uncertain "
            "point with a mediocre mean is worth nothing.",
            "standard_deviation * (u * 0.5 * torch.erfc(-u / math.sqrt(2)))",
            "standard_deviation * (u * 0.5 * tf.math.erfc(-u / math.sqrt(2)))",
        ),
        whole(
            "density alone",
            "These are exactly the numbers of σ φ(u) alone: points with a low mean get too little.",
            "standard_deviation * density",
        ),
        whole(
            "Φ of -u",
            "These are exactly the numbers you get with Φ(-u) in place of Φ(u).",
            "standard_deviation * (u * 0.5 * torch.erfc(u / math.sqrt(2)) + density)",
            "standard_deviation * (u * 0.5 * tf.math.erfc(u / math.sqrt(2)) + density)",
        ),
        whole(
            "without √2",
            "These are exactly the numbers you get without the √2 inside erf: Φ(u) is made of "
            "erf(u / √2).",
            "standard_deviation * (u * 0.5 * torch.erfc(-u) + density)",
            "standard_deviation * (u * 0.5 * tf.math.erfc(-u) + density)",
        ),
        whole(
            "losses count",
            "This is best - mean, where a worse outcome counts as a loss: it counts as 0, since "
            "nobody has to take it.",
            "standard_deviation * u",
        ),
        Wrong(
            "density not normalised",
            "These are exactly the numbers you get without 1/√(2π) in the density.",
            torch=((" / math.sqrt(2 * math.pi)", ""),),
            tensorflow=((" / math.sqrt(2 * math.pi)", ""),),
        ),
    ),
)


def logarithm_cases(rng: np.random.Generator) -> list[Case]:
    """A mean at the best value by hand; far above; very far above; near and below."""
    worked = {"mean": [0.5, 0.5], "standard_deviation": [1, 2], "best": 0.5}
    by_hand = -0.5 * np.log(2 * np.pi) + np.log([1, 2])
    far = -np.concatenate([rng.uniform(6, 12, 2), rng.uniform(15, 24, 2)])
    series = -np.array([25.1, *rng.uniform([25.2, 26, 30], [26, 28, 50])])
    very_far = -rng.uniform([60, 200, 800], [100, 500, 1000])
    return [
        Case(
            "means as good as the best",
            {name: np.array(values, float) for name, values in worked.items()},
            {"logarithm": by_hand},
        ),
        drawn(rng, "points 6 to 24 standard deviations above the best", far),
        drawn(rng, "points 25 to 50 standard deviations above the best", series),
        drawn(rng, "points 60 to 1000 standard deviations above", very_far, (0.3, 0.9)),
        drawn(rng, "points below the best by up to 1000", [3.0, 30.0, 1000.0]),
        drawn(rng, "five points near the best", rng.normal(-0.5, 1.2, 5)),
    ]


def observe_logarithm(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The logarithm, how it differs from -u²/2, which hides the series, and its gradients."""
    look = probe(framework)
    mean, deviation, best = (case.inputs[name] for name in NAMES)
    tensors = [double(framework, numbers) for numbers in (mean, deviation, best)]
    value, (to_mean, to_deviation, _) = look.value_and_gradients(answer, *tensors)
    check_graph(framework, answer, *tensors)
    u = (best - mean) / deviation
    beyond = value + 0.5 * u**2 if value.shape == u.shape and u.max() < -20 else np.zeros(0)
    return {
        "logarithm": value,
        "logarithm and u²/2": beyond,
        "gradient of the mean": to_mean,
        "gradient of the standard deviation": to_deviation,
    }


cdf = replacing(
    "near * 0.5 * torch.erfc(-near / math.sqrt(2)) + density",
    "near * 0.5 * tf.math.erfc(-near / math.sqrt(2)) + density",
)
split = replacing(
    "near, far = u.clamp(min=-25), u.clamp(max=-25)",
    "near, far = tf.maximum(u, -25), tf.minimum(u, -25)",
)
joined = replacing(
    "standard_deviation.log() + torch.where(u > -25, direct, series)",
    "tf.math.log(standard_deviation) + tf.where(u > -25, direct, series)",
)
tail = replacing(
    "series = torch.log(1 - 3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4) + torch.log(v)",
    "series = tf.math.log(1 - 3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4) + tf.math.log(v)",
)
rest = replacing(
    "series - 0.5 * far.square() - 0.5 * math.log(2 * math.pi)",
    "series - 0.5 * tf.square(far) - 0.5 * math.log(2 * math.pi)",
)
UNSTABLE = (
    "The values are right and a gradient is not: where one branch is chosen, the other must not be "
    "infinite or NaN either. Give each branch only numbers that it can stand."
)
UNDERFLOW = (
    "These are the numbers you get from the logarithm of the improvement itself: some 38 standard "
    "deviations above the best it rounds to 0, and its logarithm is -∞. Use the series there."
)

LOG_EXPECTED_IMPROVEMENT = Exercise(
    id="bayesopt.log_expected_improvement",
    difficulty=4,
    importance=3,
    minutes=12,
    seed=1,
    cases=logarithm_cases,
    observe=observe_logarithm,
    rtol=1e-7,
    atol=1e-8,
    tolerance_reason="float64: the series leaves out less than 1e-8, erfc of another library",
    messages={f"gradient of the {name}": UNSTABLE for name in ("mean", "standard deviation")},
    hints=(
        "What is 1 + erf(-9) in float64, and what is erfc(9)? And what is left of exp(-u²/2) at "
        "u = -40?",
        "Check u at -10, at -24.9 and -25.1, at -100, and at +100: values and gradients. Where "
        "values are right and gradients NaN, it is the branch that was not chosen.",
        "Two clamped copies of u, one that never gets below -25 and one that never gets above. "
        "From the first the logarithm as it stands, with erfc; from the second the series; choose "
        "by u; add log σ.",
    ),
    wrong=(
        Wrong(
            "underflow",
            UNDERFLOW,
            torch=(("torch.where(u > -25, direct, series)", "direct"), ("u.clamp(min=-25)", "u")),
            tensorflow=(
                ("tf.where(u > -25, direct, series)", "direct"),
                ("tf.maximum(u, -25)", "u"),
            ),
        ),
        cdf(
            "1 + erf",
            "These are the numbers you get from 1 + erf: from 8 standard deviations above the "
            "best on, nothing is left of Φ but rounding. erfc keeps its digits.",
            "near * 0.5 * (1 + torch.erf(near / math.sqrt(2))) + density",
            "near * 0.5 * (1 + tf.math.erf(near / math.sqrt(2))) + density",
        ),
        cdf(
            "constant inside the logarithm",
            "These are the numbers you get when a small constant is added inside the logarithm: "
            "finite, and wrong as soon as the improvement is smaller than the constant.",
            "near * 0.5 * torch.erfc(-near / math.sqrt(2)) + density + 1e-12",
            "near * 0.5 * tf.math.erfc(-near / math.sqrt(2)) + density + 1e-12",
        ),
        joined(
            "without log σ",
            "These are exactly the numbers you get without log σ: EI is σ times h(u).",
            "torch.where(u > -25, direct, series)",
            "tf.where(u > -25, direct, series)",
        ),
        joined(
            "held at -25",
            "These are the numbers you get when u is not let below -25: the values are finite and "
            "all alike there, and nothing is left to climb.",
            "standard_deviation.log() + direct + 0 * series",
            "tf.math.log(standard_deviation) + direct + 0 * series",
        ),
        joined(
            "series everywhere",
            "These are the numbers of the series everywhere: it holds far above the best only.",
            "standard_deviation.log() + series + 0 * direct",
            "tf.math.log(standard_deviation) + series + 0 * direct",
        ),
        split(
            "branches not protected",
            UNSTABLE,
            "near, far = u, u",
        ),
        tail(
            "series without its bracket",
            "These are the numbers you get from the first term of the series alone: log(1/u²) is "
            "off by 3/u².",
            "series = torch.log(v)",
            "series = tf.math.log(v)",
        ),
        tail(
            "series without log|u|",
            "These are the numbers you get without -2 log|u| in the series.",
            "series = torch.log(1 - 3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4)",
            "series = tf.math.log(1 - 3 * v + 15 * v**2 - 105 * v**3 + 945 * v**4)",
        ),
        rest(
            "u² not halved",
            "These are the numbers you get with u² in place of u²/2 in the series.",
            "series - far.square() - 0.5 * math.log(2 * math.pi)",
            "series - tf.square(far) - 0.5 * math.log(2 * math.pi)",
        ),
        rest(
            "without log 2π",
            "These are the numbers you get without ½ log 2π in the series: the two branches do "
            "not meet at -25.",
            "series - 0.5 * far.square()",
            "series - 0.5 * tf.square(far)",
        ),
        Wrong.both(
            "maximises",
            "These are exactly the numbers you get when high values are wanted: here the lowest "
            "is the best, and u = (best - mean) / σ.",
            ("u = (best - mean) / standard_deviation", "u = (mean - best) / standard_deviation"),
        ),
        Wrong.both(
            "divided by the variance",
            "These are exactly the numbers you get when u is divided by σ²: it counts standard "
            "deviations.",
            ("u = (best - mean) / standard_deviation", "u = (best - mean) / standard_deviation**2"),
        ),
    ),
)

EXERCISES = (EXPECTED_IMPROVEMENT, LOG_EXPECTED_IMPROVEMENT)
