"""The halves of the bound and their sum: values, and gradients for everything that is learnt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import SUMS, probe, replacing


def floats(**arrays: object) -> dict[str, np.ndarray]:
    """Inputs of a case as float32 arrays."""
    return {name: np.asarray(values, np.float32) for name, values in arrays.items()}


def kl_cases(rng: np.random.Generator) -> list[Case]:
    """Three dimensions by hand; the prior itself; one picture; far variances; a batch."""

    def draw(name: str, *shape: int, spread: float = 1.0) -> Case:
        log_variance = spread * rng.normal(0, 1, shape)
        return Case(name, floats(mean=rng.normal(0, 1.5, shape), log_variance=log_variance))

    worked = floats(mean=[[1, 0, -2]], log_variance=[[0, np.log(4), -1]])
    by_hand = [[0.5, 1.5 - np.log(2), 2 + np.exp(-1) / 2]]
    far = floats(mean=np.zeros((7, 1)), log_variance=[[-40], [-30], [-20], [-10], [0], [4], [8]])
    return [
        Case("the three dimensions worked by hand", worked, {"divergence": by_hand}),
        draw("one picture", 1, 2),
        Case("log-variances from -40 to 8", far),
        draw("five pictures, four dimensions", 5, 4),
    ]


def observe_kl(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The divergence of each dimension, and its gradients."""
    look = probe(framework)
    tensors = [look.tensor(values) for values in case.inputs.values()]
    value, (to_mean, to_log_variance) = look.value_and_gradients(answer, *tensors)
    return {
        "divergence": value,
        "gradient of the mean": to_mean,
        "gradient of the log-variance": to_log_variance,
    }


kl = replacing(
    "0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)",
    "0.5 * (tf.square(mean) + tf.exp(log_variance) - 1 - log_variance)",
)

KL = Exercise(
    id="vae.kl_divergence",
    difficulty=3,
    importance=5,
    minutes=7,
    seed=2,
    cases=kl_cases,
    observe=observe_kl,
    tolerance_reason=SUMS,
    messages={
        "gradient of the mean": (
            "The divergence is right and its gradient for `mean` is not: something cuts it off."
        ),
        "gradient of the log-variance": (
            "The divergence is right and its gradient for `log_variance` is not: something cuts "
            "it off."
        ),
    },
    hints=(
        "What is the divergence when q is the prior itself, with mean 0 and log-variance 0? And "
        "can it ever be negative?",
        "Check four properties: zero at the prior; positive everywhere else, also where the "
        "variance is below 1; the same for a mean of 2 and of -2; one number for each dimension.",
        "Write both log densities, subtract, and take the expectation under q: E(z - mean)² is "
        "the variance, E z² is variance plus squared mean. The ½ log 2π cancel, and a ½ is left "
        "in front of everything.",
    ),
    wrong=(
        kl(
            "wrong sign",
            "These are exactly the numbers you get with the sign turned round: a divergence is "
            "never negative, and minimising this one drives q away from the prior.",
            "-0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)",
            "-0.5 * (tf.square(mean) + tf.exp(log_variance) - 1 - log_variance)",
        ),
        kl(
            "without one half",
            "These are exactly the numbers you get without the factor ½ of the normal density.",
            "mean.square() + log_variance.exp() - 1 - log_variance",
            "tf.square(mean) + tf.exp(log_variance) - 1 - log_variance",
        ),
        kl(
            "q and p swapped",
            "These are exactly the numbers of KL(p‖q), the divergence of the prior from q: the two "
            "densities are in each other's place.",
            "0.5 * ((mean.square() + 1) / log_variance.exp() - 1 + log_variance)",
            "0.5 * ((tf.square(mean) + 1) / tf.exp(log_variance) - 1 + log_variance)",
        ),
        kl(
            "arguments swapped",
            "These are exactly the numbers you get with mean and log-variance in each other's "
            "place: look at the order of the arguments.",
            "0.5 * (log_variance.square() + mean.exp() - 1 - mean)",
            "0.5 * (tf.square(log_variance) + tf.exp(mean) - 1 - mean)",
        ),
        kl(
            "log-variance as log σ",
            "These are exactly the numbers you get when the log-variance is taken for log σ: "
            "its exponential *is* the variance, and nothing is squared.",
            "0.5 * (mean.square() + (2 * log_variance).exp() - 1 - 2 * log_variance)",
            "0.5 * (tf.square(mean) + tf.exp(2 * log_variance) - 1 - 2 * log_variance)",
        ),
        kl(
            "σ in place of the variance",
            "These are exactly the numbers you get when σ stands where the variance belongs: "
            "E(z - mean)² is σ².",
            "0.5 * (mean.square() + (0.5 * log_variance).exp() - 1 - log_variance)",
            "0.5 * (tf.square(mean) + tf.exp(0.5 * log_variance) - 1 - log_variance)",
        ),
        kl(
            "logarithm of σ halved once more",
            "These are exactly the numbers you get with log σ in the bracket where log σ² belongs: "
            "with the ½ in front of everything the log-variance stands as it is.",
            "0.5 * (mean.square() + log_variance.exp() - 1 - 0.5 * log_variance)",
            "0.5 * (tf.square(mean) + tf.exp(log_variance) - 1 - 0.5 * log_variance)",
        ),
        kl(
            "mean not squared",
            "These are exactly the numbers you get when the mean is not squared: a mean of -2 is "
            "as far from the prior as one of 2.",
            "0.5 * (mean + log_variance.exp() - 1 - log_variance)",
            "0.5 * (mean + tf.exp(log_variance) - 1 - log_variance)",
        ),
        kl(
            "sign of the squared mean",
            "These are exactly the numbers you get when the squared mean is subtracted: the "
            "farther from the prior, the larger the divergence.",
            "0.5 * (log_variance.exp() - 1 - log_variance - mean.square())",
            "0.5 * (tf.exp(log_variance) - 1 - log_variance - tf.square(mean))",
        ),
        kl(
            "mean alone",
            "These are exactly the numbers of the mean's part alone: the variance has a part too, "
            "or nothing keeps it near 1.",
            "0.5 * mean.square() + 0 * log_variance",
            "0.5 * tf.square(mean) + 0 * log_variance",
        ),
        kl(
            "without the 1",
            "These are exactly the numbers you get without the -1: the divergence of the prior "
            "from itself is then ½ and not 0.",
            "0.5 * (mean.square() + log_variance.exp() - log_variance)",
            "0.5 * (tf.square(mean) + tf.exp(log_variance) - log_variance)",
        ),
        kl(
            "constant inside the logarithm",
            "These are the numbers you get when a small constant is added inside a logarithm: a "
            "variance of e^-40 then counts as if it were larger. Use the log-variance as it is.",
            "0.5 * (mean.square() + log_variance.exp() - 1 - (log_variance.exp() + 1e-8).log())",
            "0.5 * (tf.square(mean) + tf.exp(log_variance) - 1"
            " - tf.math.log(tf.exp(log_variance) + 1e-8))",
        ),
        kl(
            "log-variance clipped",
            "These are the numbers you get when log-variances are clipped at -20: they count in "
            "full here.",
            "0.5 * (mean.square() + log_variance.exp() - 1 - log_variance.clamp(-20, 20))",
            "0.5 * (tf.square(mean) + tf.exp(log_variance) - 1"
            " - tf.clip_by_value(log_variance, -20, 20))",
        ),
        kl(
            "summed over dimensions",
            "These are the sums over the dimensions of each picture: the answer keeps one number "
            "for each dimension, (N, latents), and `negative_elbo` does the sum.",
            "0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)",
            "0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1 - log_variance, 1)",
        ),
        kl(
            "mean over dimensions",
            "These are means over the dimensions of each picture: the answer keeps one number for "
            "each dimension, (N, latents), and a mean would be too small by their number.",
            "0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(dim=1)",
            "0.5 * tf.reduce_mean(tf.square(mean) + tf.exp(log_variance) - 1 - log_variance, 1)",
        ),
        kl(
            "mean over everything",
            "This is one mean over pictures and dimensions: the answer keeps one number for each "
            "picture and dimension, (N, latents).",
            "0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()",
            "0.5 * tf.reduce_mean(tf.square(mean) + tf.exp(log_variance) - 1 - log_variance)",
        ),
        kl(
            "sum over everything",
            "This is one sum over pictures and dimensions: the answer keeps one number for each "
            "picture and dimension, (N, latents).",
            "0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()",
            "0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1 - log_variance)",
        ),
    ),
)


def pictures_of(values: list[float]) -> np.ndarray:
    """One picture with these values in its channels, N×H×W×C."""
    return np.asarray(values, np.float32).reshape(1, 1, -1, 1)


def bernoulli_cases(rng: np.random.Generator) -> list[Case]:
    """Three values by hand; one value; logits as far as ±100; a batch in colour."""

    def draw(name: str, *shape: int) -> Case:
        logits, pictures = rng.normal(0, 2, shape), rng.uniform(0, 1, shape)
        return Case(name, floats(logits=logits, pictures=pictures))

    far = np.array([100, -100, 100, -100, 40, -40, 15, -15], np.float32)
    extreme = floats(logits=far, pictures=[1, 0, 0, 1, 0.25, 0.75, 0.5, 0.9])
    worked = {"logits": pictures_of([0, 2, 2]), "pictures": pictures_of([1, 1, 0.5])}
    by_hand = -np.log(2) - np.log1p(np.exp(-2)) - (np.log1p(np.exp(-2)) + 1)
    return [
        Case("the three values worked by hand", worked, {"log-likelihood": [by_hand]}),
        draw("one value", 1, 1, 1, 1),
        Case(
            "logits as far as ±100",
            {name: values.reshape(4, 2, 1, 1) for name, values in extreme.items()},
        ),
        draw("five small pictures in colour", 5, 3, 2, 3),
    ]


def observe_bernoulli(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The log-likelihood of each picture and its gradient for the logits.

    No gradients at the logits worked by hand: at exactly 0, a softplus made of |t| has a kink.
    """
    look = probe(framework)
    logits, pictures = (look.pictures(values) for values in case.inputs.values())
    value, (gradient,) = look.value_and_gradients(lambda t: answer(t, pictures), logits)
    seen = {"log-likelihood": value}
    return seen if case.by_hand else {**seen, "gradient of the logits": gradient}


bernoulli = replacing("-losses.sum(dim=(1, 2, 3))", "-tf.reduce_sum(losses, axis=(1, 2, 3))")


def with_losses(torch: str, tensorflow: str) -> tuple[str, str]:
    """The sum over a picture's values of something other than the losses."""
    return f"({torch}).sum(dim=(1, 2, 3))", f"tf.reduce_sum({tensorflow}, axis=(1, 2, 3))"


MEAN_OF_VALUES = (
    "These are exactly the numbers you get from the mean over a picture's values: the "
    "log-likelihood of a picture is their sum, or it weighs too little against the KL."
)
SUM_OF_BATCH = (
    "This is one sum over the batch: the answer is one number for each picture, (N,), summed over "
    "its values alone."
)
MEAN_OF_BATCH = (
    "This is one mean over the batch: the answer is one number for each picture, (N,), and "
    "`negative_elbo` takes the mean."
)
EVERYTHING = (
    "This is one mean over all values of all pictures: the answer is one number for each picture, "
    "(N,), the sum over its values."
)
AS_LOSS = (
    "This is a loss, minus the log-likelihood: the answer is the logarithm of a probability, which "
    "grows as pictures are explained better."
)

BERNOULLI = Exercise(
    id="vae.bernoulli_log_likelihood",
    difficulty=2,
    importance=4,
    minutes=5,
    seed=1,
    cases=bernoulli_cases,
    observe=observe_bernoulli,
    tolerance_reason=SUMS,
    messages={
        "gradient of the logits": (
            "The log-likelihood is right and its gradient for the logits is not: it is x - σ(a) "
            "at each value, also at ±100. Look for something that rounds or cuts off."
        ),
    },
    hints=(
        "What is log σ(a) at a = -100, as a float, when σ(a) is computed first? And what should "
        "it be?",
        "Check four properties: never positive; finite at ±100; one number for each picture; "
        "twice as negative when every value stands there twice.",
        "Take the cross-entropy in the form that starts from logits, one for each value; turn its "
        "sign; add up over all axes but the first.",
    ),
    wrong=(
        bernoulli(
            "the loss",
            AS_LOSS,
            "losses.sum(dim=(1, 2, 3))",
            "tf.reduce_sum(losses, axis=(1, 2, 3))",
        ),
        bernoulli(
            "mean over values",
            MEAN_OF_VALUES,
            "-losses.mean(dim=(1, 2, 3))",
            "-tf.reduce_mean(losses, axis=(1, 2, 3))",
        ),
        bernoulli("sum over the batch", SUM_OF_BATCH, "-losses.sum()", "-tf.reduce_sum(losses)"),
        bernoulli(
            "mean over the batch",
            MEAN_OF_BATCH,
            "-losses.sum(dim=(1, 2, 3)).mean()",
            "-tf.reduce_mean(tf.reduce_sum(losses, axis=(1, 2, 3)))",
        ),
        bernoulli("mean over everything", EVERYTHING, "-losses.mean()", "-tf.reduce_mean(losses)"),
        bernoulli(
            "one number for each value",
            "These are the log-likelihoods of single values: sum them over channels and pixels.",
            "-losses",
        ),
        bernoulli(
            "sigmoid twice",
            "These are exactly the numbers you get when a sigmoid is applied before a loss that "
            "takes logits: it is applied twice, and no pixel can be explained well.",
            *with_losses(
                "-F.binary_cross_entropy_with_logits(logits.sigmoid(), pictures, reduction='none')",
                "-tf.nn.sigmoid_cross_entropy_with_logits(pictures, tf.sigmoid(logits))",
            ),
        ),
        bernoulli(
            "log of a sigmoid",
            "These are the numbers you get from the logarithm of a sigmoid: right for small "
            "logits, but at ±100 the sigmoid rounds to 0 or 1. Start from the logits.",
            *with_losses(
                "pictures * logits.sigmoid().log() + (1 - pictures) * (1 - logits.sigmoid()).log()",
                "pictures * tf.math.log(tf.sigmoid(logits))"
                " + (1 - pictures) * tf.math.log(1 - tf.sigmoid(logits))",
            ),
        ),
        bernoulli(
            "constant inside the logarithm",
            "These are the numbers you get when a small constant is added inside the logarithm of "
            "a sigmoid: finite, and wrong for far logits. Start from the logits.",
            *with_losses(
                "pictures * (logits.sigmoid() + 1e-8).log()"
                " + (1 - pictures) * (1 - logits.sigmoid() + 1e-8).log()",
                "pictures * tf.math.log(tf.sigmoid(logits) + 1e-8)"
                " + (1 - pictures) * tf.math.log(1 - tf.sigmoid(logits) + 1e-8)",
            ),
        ),
        bernoulli(
            "clipped cross-entropy",
            "These are the numbers you get from a cross-entropy on probabilities, which clips "
            "them: far logits get a wrong value and no gradient. Start from the logits.",
            *with_losses(
                "-F.binary_cross_entropy(logits.sigmoid(), pictures, reduction='none')",
                "-keras.ops.binary_crossentropy(pictures, tf.sigmoid(logits))",
            ),
        ),
        bernoulli(
            "arguments swapped",
            "These are exactly the numbers you get with logits and pictures in each other's place: "
            "look at the order of the loss's arguments.",
            *with_losses(
                "-F.binary_cross_entropy_with_logits(pictures, logits, reduction='none')",
                "-tf.nn.sigmoid_cross_entropy_with_logits(logits, pictures)",
            ),
        ),
        bernoulli(
            "only x · log σ",
            "These are exactly the numbers of the first term alone: a dark pixel, x = 0, then "
            "costs nothing whatever is predicted. Add the other term.",
            *with_losses(
                "pictures * F.logsigmoid(logits)", "pictures * tf.math.log_sigmoid(logits)"
            ),
        ),
        bernoulli(
            "pictures rounded",
            "These are exactly the numbers you get when pictures are rounded to 0 and 1: values "
            "in between go into the formula as they are.",
            *with_losses(
                "-F.binary_cross_entropy_with_logits(logits, (pictures > 0.5).float(), None,"
                " reduction='none')",
                "-tf.nn.sigmoid_cross_entropy_with_logits("
                "tf.cast(pictures > 0.5, tf.float32), logits)",
            ),
        ),
        bernoulli(
            "squared error",
            "These are exactly the numbers of a squared error between the probabilities and the "
            "picture: that is a Gaussian likelihood's. A coin has a cross-entropy.",
            *with_losses(
                "-(pictures - logits.sigmoid()).square()",
                "-tf.square(pictures - tf.sigmoid(logits))",
            ),
        ),
    ),
)


def gaussian_cases(rng: np.random.Generator) -> list[Case]:
    """Two values by hand, with σ = 2; one value, σ as a float; a batch in colour, σ as a tensor."""

    def draw(name: str, log_scale: float, *shape: int, learnt: bool = False) -> Case:
        arrays = floats(mean=rng.uniform(0, 1, shape), pictures=rng.uniform(0, 1, shape))
        return Case(name, arrays | {"log_scale": log_scale, "learnt": learnt})

    worked = {"mean": pictures_of([0, 1]), "pictures": pictures_of([1, -1])}
    by_hand = -0.5 * (1 / 4 + 4 / 4) - 2 * np.log(2) - np.log(2 * np.pi)
    return [
        Case(
            "the two values worked by hand",
            worked | {"log_scale": float(np.log(2)), "learnt": False},
            {"log-likelihood": [by_hand]},
        ),
        draw("one value and σ = 1", 0.0, 1, 1, 1, 1),
        draw("σ = e^-3 as a scalar tensor", -3.0, 2, 2, 2, 1, learnt=True),
        draw("five small pictures in colour", -0.7, 5, 3, 2, 3, learnt=True),
    ]


def observe_gaussian(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The log-likelihood of each picture and its gradients, for a scale that is learnt too."""
    look, inputs = probe(framework), case.inputs
    mean, pictures = look.pictures(inputs["mean"]), look.pictures(inputs["pictures"])
    if not inputs["learnt"]:
        value, (gradient,) = look.value_and_gradients(
            lambda t: answer(t, pictures, inputs["log_scale"]), mean
        )
        return {"log-likelihood": value, "gradient of the mean": gradient}
    value, (gradient, to_scale) = look.value_and_gradients(
        lambda t, scale: answer(t, pictures, scale), mean, look.tensor(inputs["log_scale"])
    )
    return {
        "log-likelihood": value,
        "gradient of the mean": gradient,
        "gradient of the log of the scale": to_scale,
    }


gaussian = replacing(
    "-0.5 * errors.square() - log_scale - 0.5 * math.log(2 * math.pi)",
    "-0.5 * tf.square(errors) - log_scale - 0.5 * math.log(2 * math.pi)",
)
summed = replacing("densities.sum(dim=(1, 2, 3))", "tf.reduce_sum(densities, axis=(1, 2, 3))")
divided = replacing("/ torch.exp(log_scale)", "/ tf.exp(log_scale)")

GAUSSIAN = Exercise(
    id="vae.gaussian_log_likelihood",
    difficulty=3,
    importance=5,
    minutes=6,
    seed=1,
    cases=gaussian_cases,
    observe=observe_gaussian,
    tolerance_reason=SUMS,
    messages={
        "gradient of the mean": (
            "The log-likelihood is right and its gradient for `mean` is not: something cuts it off."
        ),
        "gradient of the log of the scale": (
            "The log-likelihood is right and no good gradient reaches `log_scale`: a scale that is "
            "a tensor must stay one, or it can't be learnt."
        ),
    },
    hints=(
        "If every pixel is predicted exactly, what happens to the likelihood as σ gets smaller? "
        "Which term of the normal density says so?",
        "Three things tend to fail: how often log σ and ½ log 2π count (once for each value, not "
        "once for each picture); the square of σ under the squared error; a sum, not a mean.",
        "Write the logarithm of the normal density of one value: three terms. Divide the error by "
        "σ before you square it. Then add up over all axes but the first.",
    ),
    wrong=(
        gaussian(
            "without log σ",
            "These are exactly the numbers you get without -log σ: then nothing holds σ back from "
            "growing, and it can't be learnt.",
            "-0.5 * errors.square() - 0.5 * math.log(2 * math.pi) + 0 * log_scale",
            "-0.5 * tf.square(errors) - 0.5 * math.log(2 * math.pi) + 0 * log_scale",
        ),
        gaussian(
            "without ½ log 2π",
            "These are exactly the numbers you get without -½ log 2π: training does not mind, but "
            "the nats can't be compared between models.",
            "-0.5 * errors.square() - log_scale",
            "-0.5 * tf.square(errors) - log_scale",
        ),
        gaussian(
            "squared error alone",
            "These are exactly the numbers you get without either constant, from the squared error "
            "alone: it is no log-likelihood yet.",
            "-0.5 * errors.square() + 0 * log_scale",
            "-0.5 * tf.square(errors) + 0 * log_scale",
        ),
        gaussian(
            "plus log σ",
            "These are exactly the numbers you get with the sign of log σ turned round: a narrow "
            "density is a high one.",
            "-0.5 * errors.square() + log_scale - 0.5 * math.log(2 * math.pi)",
            "-0.5 * tf.square(errors) + log_scale - 0.5 * math.log(2 * math.pi)",
        ),
        gaussian(
            "half of log σ",
            "These are exactly the numbers you get with ½ log σ: that is right for a log-variance, "
            "and here the argument is log σ.",
            "-0.5 * errors.square() - 0.5 * log_scale - 0.5 * math.log(2 * math.pi)",
            "-0.5 * tf.square(errors) - 0.5 * log_scale - 0.5 * math.log(2 * math.pi)",
        ),
        gaussian(
            "log 2π not halved",
            "These are exactly the numbers you get with log 2π in place of its half: the density "
            "has the *root* of 2π.",
            "-0.5 * errors.square() - log_scale - math.log(2 * math.pi)",
            "-0.5 * tf.square(errors) - log_scale - math.log(2 * math.pi)",
        ),
        gaussian(
            "squares not halved",
            "These are exactly the numbers you get without the ½ before the squared error.",
            "-errors.square() - log_scale - 0.5 * math.log(2 * math.pi)",
            "-tf.square(errors) - log_scale - 0.5 * math.log(2 * math.pi)",
        ),
        gaussian(
            "constants once a picture",
            "These are exactly the numbers you get when log σ and ½ log 2π count once for each "
            "picture: they count once for each of its values.",
            "-0.5 * errors.square()"
            " - (log_scale + 0.5 * math.log(2 * math.pi)) / (errors.numel() / len(errors))",
            "-0.5 * tf.square(errors)"
            " - (log_scale + 0.5 * math.log(2 * math.pi))"
            " / tf.cast(tf.size(errors) / len(errors), tf.float32)",
        ),
        gaussian(
            "the loss",
            AS_LOSS,
            "0.5 * errors.square() + log_scale + 0.5 * math.log(2 * math.pi)",
            "0.5 * tf.square(errors) + log_scale + 0.5 * math.log(2 * math.pi)",
        ),
        divided(
            "log σ as log-variance",
            "These are exactly the numbers you get when the error is divided by the root of σ: the "
            "argument is log σ, not log σ².",
            "/ torch.exp(0.5 * log_scale)",
            "/ tf.exp(0.5 * log_scale)",
        ),
        Wrong(
            "log σ as log-variance everywhere",
            "These are exactly the numbers you get when the argument is taken for the log-variance "
            "all through: it is log σ.",
            torch=(
                ("/ torch.exp(log_scale)", "/ torch.exp(0.5 * log_scale)"),
                (" - log_scale -", " - 0.5 * log_scale -"),
            ),
            tensorflow=(
                ("/ tf.exp(log_scale)", "/ tf.exp(0.5 * log_scale)"),
                (" - log_scale -", " - 0.5 * log_scale -"),
            ),
        ),
        divided(
            "σ not squared",
            "These are exactly the numbers you get when the squared error is divided by σ² twice: "
            "divide the error by σ once, then square.",
            "/ torch.exp(2 * log_scale)",
            "/ tf.exp(2 * log_scale)",
        ),
        summed(
            "mean over values",
            MEAN_OF_VALUES,
            "densities.mean(dim=(1, 2, 3))",
            "tf.reduce_mean(densities, axis=(1, 2, 3))",
        ),
        summed("sum over the batch", SUM_OF_BATCH, "densities.sum()", "tf.reduce_sum(densities)"),
        summed(
            "mean over the batch",
            MEAN_OF_BATCH,
            "densities.sum(dim=(1, 2, 3)).mean()",
            "tf.reduce_mean(tf.reduce_sum(densities, axis=(1, 2, 3)))",
        ),
        summed("mean over everything", EVERYTHING, "densities.mean()", "tf.reduce_mean(densities)"),
        divided(
            "scale cut off",
            "The log-likelihood is right and no gradient reaches `log_scale` through the error: "
            "leave the tensor in the graph, or the scale can't be learnt.",
            "/ torch.exp(log_scale.detach())",
            "/ tf.exp(tf.stop_gradient(log_scale))",
        ),
    ),
)


def elbo_cases(rng: np.random.Generator) -> list[Case]:
    """Two pictures by hand, three times; β; free nats; both; one picture."""

    def draw(name: str, pictures: int, latents: int, size: float = 1, **options: float) -> Case:
        kl = rng.gamma(1.0, size, (pictures, latents))
        return Case(
            name,
            floats(log_likelihood=rng.normal(-20, 5, pictures), kl=kl) | {"options": options},
        )

    worked = floats(log_likelihood=[-10, -20], kl=[[1, 2], [3, 0]])
    return [
        Case("two pictures worked by hand", worked | {"options": {}}, {"loss": 18.0}),
        Case("the same with β = 2", worked | {"options": {"beta": 2.0}}, {"loss": 21.0}),
        Case(
            "the same with 1.5 free nats",
            worked | {"options": {"free_nats": 1.5}},
            {"loss": 18.5},
        ),
        draw("one picture with 2 free nats", 1, 3, 0.2, free_nats=2.0),
        draw("three pictures that hardly use their codes", 3, 4, 0.002),
        draw("six pictures with 0.9 free nats", 6, 8, free_nats=0.9),
        draw("five pictures with β = 0.25 and 1.1 free nats", 5, 7, beta=0.25, free_nats=1.1),
    ]


def observe_elbo(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss and its gradients for both halves."""
    look = probe(framework)
    value, (to_likelihood, to_kl) = look.value_and_gradients(
        lambda *halves: answer(*halves, **case.inputs["options"]),
        look.tensor(case.inputs["log_likelihood"]),
        look.tensor(case.inputs["kl"]),
    )
    return {
        "loss": value,
        "gradient of the log-likelihood": to_likelihood,
        "gradient of the KL": to_kl,
    }


elbo = replacing(
    "beta * per_dimension.sum() - log_likelihood.mean()",
    "beta * tf.reduce_sum(per_dimension) - tf.reduce_mean(log_likelihood)",
)
floor = replacing(
    "kl.mean(dim=0).clamp(min=free_nats)", "tf.maximum(tf.reduce_mean(kl, axis=0), free_nats)"
)

NEGATIVE_ELBO = Exercise(
    id="vae.negative_elbo",
    difficulty=3,
    importance=5,
    minutes=7,
    seed=1,
    cases=elbo_cases,
    observe=observe_elbo,
    tolerance_reason=SUMS,
    messages={
        "gradient of the log-likelihood": (
            "The loss is right and its gradient for the log-likelihood is not: something cuts it "
            "off."
        ),
        "gradient of the KL": (
            "The loss is right and its gradient for the KL is not: it is β/N where a dimension's "
            "mean KL lies above the free nats, and 0 below."
        ),
    },
    hints=(
        "A picture twice as large has twice the sum over its values. What happens to the balance "
        "with the KL if you take means instead of sums?",
        "Three things tend to fail: the signs (both parts are paid for); sums over dimensions but "
        "means over pictures; and the free nats, which look at a dimension's *mean* over the "
        "batch.",
        "First average the KL over pictures, which leaves a number for each dimension; let none "
        "of these count as less than the free nats; add them up, times β; subtract the mean "
        "log-likelihood.",
    ),
    wrong=(
        elbo(
            "the bound itself",
            "This is the bound itself: it is to grow, and a loss is to fall. Turn the sign.",
            "log_likelihood.mean() - beta * per_dimension.sum()",
            "tf.reduce_mean(log_likelihood) - beta * tf.reduce_sum(per_dimension)",
        ),
        elbo(
            "KL subtracted",
            "These are exactly the numbers you get when the KL is subtracted from the loss: codes "
            "are then paid for leaving the prior.",
            "-beta * per_dimension.sum() - log_likelihood.mean()",
            "-beta * tf.reduce_sum(per_dimension) - tf.reduce_mean(log_likelihood)",
        ),
        elbo(
            "likelihood added",
            "These are exactly the numbers you get when the log-likelihood is added: it is to "
            "grow, so it stands in the loss with a minus.",
            "beta * per_dimension.sum() + log_likelihood.mean()",
            "beta * tf.reduce_sum(per_dimension) + tf.reduce_mean(log_likelihood)",
        ),
        elbo(
            "KL averaged over dimensions",
            "These are exactly the numbers you get when the KL is averaged over the dimensions: "
            "against a reconstruction that is summed it counts too little. Sum it.",
            "beta * per_dimension.mean() - log_likelihood.mean()",
            "beta * tf.reduce_mean(per_dimension) - tf.reduce_mean(log_likelihood)",
        ),
        elbo(
            "sum over pictures",
            "These are exactly the numbers you get when the log-likelihood is summed over the "
            "batch and the KL is not: take the mean over pictures in both.",
            "beta * per_dimension.sum() - log_likelihood.sum()",
            "beta * tf.reduce_sum(per_dimension) - tf.reduce_sum(log_likelihood)",
        ),
        elbo(
            "both summed over pictures",
            "These are exactly the numbers you get when both halves are summed over the batch: "
            "take the mean over pictures, or a larger batch takes larger steps.",
            "len(kl) * (beta * per_dimension.sum() - log_likelihood.mean())",
            "len(kl) * (beta * tf.reduce_sum(per_dimension) - tf.reduce_mean(log_likelihood))",
        ),
        elbo(
            "one loss for each picture",
            "These are the losses of the single pictures: the answer is one number, the mean.",
            "beta * per_dimension.sum() - log_likelihood",
            "beta * tf.reduce_sum(per_dimension) - log_likelihood",
        ),
        elbo(
            "β on the likelihood",
            "These are exactly the numbers you get when β weighs the reconstruction: it weighs the "
            "KL.",
            "per_dimension.sum() - beta * log_likelihood.mean()",
            "tf.reduce_sum(per_dimension) - beta * tf.reduce_mean(log_likelihood)",
        ),
        elbo(
            "β on both",
            "These are exactly the numbers you get when β weighs the whole: it weighs the KL "
            "against the reconstruction.",
            "beta * (per_dimension.sum() - log_likelihood.mean())",
            "beta * (tf.reduce_sum(per_dimension) - tf.reduce_mean(log_likelihood))",
        ),
        elbo(
            "β ignored",
            "These are exactly the numbers you get without β: weigh the KL by it.",
            "per_dimension.sum() - log_likelihood.mean()",
            "tf.reduce_sum(per_dimension) - tf.reduce_mean(log_likelihood)",
        ),
        floor(
            "free nats for each picture",
            "These are exactly the numbers you get when the free nats hold for each picture by "
            "itself: average over the batch first, so that a dimension may be used by few "
            "pictures.",
            "kl.clamp(min=free_nats).mean(dim=0)",
            "tf.reduce_mean(tf.maximum(kl, free_nats), axis=0)",
        ),
        floor(
            "free nats for the sum",
            "These are exactly the numbers you get when the free nats hold for the whole KL: each "
            "dimension has its own, or all the freedom may go to one.",
            "kl.mean(dim=0).sum().clamp(min=free_nats)",
            "tf.maximum(tf.reduce_sum(tf.reduce_mean(kl, axis=0)), free_nats)",
        ),
        floor(
            "free nats subtracted",
            "These are exactly the numbers you get when only what lies above the free nats counts: "
            "the gradients are right, but it is no bound any more. A dimension counts as *at "
            "least* so much.",
            "(kl.mean(dim=0) - free_nats).clamp(min=0)",
            "tf.maximum(tf.reduce_mean(kl, axis=0) - free_nats, 0)",
        ),
        floor(
            "free nats as a ceiling",
            "These are exactly the numbers you get when a dimension counts as *at most* the free "
            "nats: it counts as at least so much.",
            "kl.mean(dim=0).clamp(max=free_nats) if free_nats else kl.mean(dim=0)",
            "tf.minimum(tf.reduce_mean(kl, axis=0), free_nats) if free_nats"
            " else tf.reduce_mean(kl, axis=0)",
        ),
        floor(
            "free nats ignored",
            "These are exactly the numbers you get without free nats: let no dimension count as "
            "less.",
            "kl.mean(dim=0)",
            "tf.reduce_mean(kl, axis=0)",
        ),
        floor(
            "mean along the wrong axis",
            "These are exactly the numbers you get when the KL is averaged over dimensions and "
            "summed over pictures: the axes are swapped.",
            "kl.mean(dim=1).clamp(min=free_nats)",
            "tf.maximum(tf.reduce_mean(kl, axis=1), free_nats)",
        ),
    ),
)

EXERCISES = (KL, BERNOULLI, GAUSSIAN, NEGATIVE_ELBO)
