"""Looking along one dimension, and an honest number for how well pictures are explained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import drawn_weights, probe, replacing, yes

LATENTS = 3  # of the probes' tiny generator, which is the decoder here


def traverse_cases(rng: np.random.Generator) -> list[Case]:
    """A decoder that shows the code itself, by hand; one value; each dimension."""

    def draw(name: str, dimension: int, values: int) -> Case:
        inputs = {
            "code": rng.normal(0, 1, LATENTS).astype(np.float32),
            "dimension": dimension,
            "values": rng.normal(0, 2, values).astype(np.float32),
            "weights": int(rng.integers(2**31)),
        }
        return Case(name, inputs)

    worked = {
        "code": np.array([0, 2, np.log(3)], np.float32),
        "dimension": 1,
        "values": np.array([-np.log(3), np.log(3)], np.float32),
    }
    pictures = np.reshape([[0.5, 0.25, 0.75], [0.5, 0.75, 0.75]], (2, 3, 1, 1))
    return [
        Case("a decoder whose logits are the code", worked, {"pictures": pictures}),
        draw("one value of the first dimension", 0, 1),
        draw("five values of the last dimension", 2, 5),
        draw("three values of the middle dimension", 1, 3),
    ]


def observe_traverse(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The pictures, and whether the code is left as it was."""
    look, inputs = probe(framework), case.inputs

    def decoder(codes):
        return codes[:, :, None, None]

    if "weights" in inputs:
        decoder = look.tiny_generator(batch_norm=False)
        look.fill(decoder, drawn_weights(inputs["weights"]))
    code = look.tensor(inputs["code"])
    found = look.array(answer(decoder, code, inputs["dimension"], look.tensor(inputs["values"])))
    return {
        "pictures": found,
        "invariant code as it was": yes(
            np.array_equal(look.array(code), look.array(look.tensor(inputs["code"])))
        ),
    }


picture = replacing("torch.sigmoid(decoder(codes))", "tf.sigmoid(decoder(codes))")

TRAVERSE = Exercise(
    id="vae.traverse",
    difficulty=2,
    importance=3,
    minutes=5,
    seed=1,
    cases=traverse_cases,
    observe=observe_traverse,
    tolerance_reason="float32 sums in another order",
    messages={
        "invariant code as it was": (
            "After the call `code` itself has changed, and the next traversal starts from another "
            "place: write into copies."
        ),
    },
    hints=(
        "How many codes does the decoder have to see, and in how many of its numbers may two of "
        "them differ?",
        "Three things tend to fail: the value *replaces* the entry; all other entries keep what "
        "`code` has there; and the decoder gives logits, not pixels.",
        "Make as many copies of the code as there are values, one in each row; put the values "
        "into the column of that dimension; decode; take the sigmoid.",
    ),
    wrong=(
        Wrong(
            "value added",
            "These are exactly the numbers you get when the value is added to the entry: it "
            "replaces what stands there.",
            torch=(("codes[:, dimension] = values", "codes[:, dimension] += values"),),
            tensorflow=(("chosen, values[:, None],", "chosen, values[:, None] + code,"),),
        ),
        Wrong(
            "every entry replaced",
            "These are exactly the numbers you get when the value replaces *every* entry of the "
            "code: only the one of that dimension changes.",
            torch=(("codes[:, dimension] = values", "codes[:] = values[:, None]"),),
            tensorflow=(
                (
                    "tf.where(chosen, values[:, None], code)",
                    "tf.repeat(values[:, None], len(code), 1)",
                ),
            ),
        ),
        Wrong(
            "other entries at 0",
            "These are exactly the numbers you get when all other entries are 0: they keep what "
            "`code` has there.",
            torch=(("code.repeat(", "torch.zeros_like(code).repeat("),),
            tensorflow=(("values[:, None], code)", "values[:, None], tf.zeros_like(code))"),),
        ),
        Wrong(
            "neighbouring dimension",
            "These are exactly the numbers you get when the next dimension is changed: dimensions "
            "are counted from 0.",
            torch=(("codes[:, dimension]", "codes[:, dimension - 1]"),),
            tensorflow=(("== dimension", "== (dimension - 1) % code.shape[0]"),),
        ),
        Wrong(
            "code itself changed",
            "The pictures are right, but `code` is not what it was: write into copies, or the next "
            "traversal starts from another place.",
            torch=(("    return torch", "    code[dimension] = values[-1]\n    return torch"),),
            tensorflow=(),
        ),
        picture(
            "logits",
            "These are logits: the sigmoid turns them into pictures in [0, 1].",
            "decoder(codes)",
        ),
        picture(
            "tanh",
            "These are exactly the numbers you get with tanh at the end: pictures lie in [0, 1] "
            "here, and the decoder's logits belong to a sigmoid.",
            "torch.tanh(decoder(codes))",
            "tf.tanh(decoder(codes))",
        ),
        picture(
            "sigmoid twice",
            "These are exactly the numbers you get when the sigmoid is applied twice: no picture "
            "is then darker than ½.",
            "torch.sigmoid(torch.sigmoid(decoder(codes)))",
            "tf.sigmoid(tf.sigmoid(decoder(codes)))",
        ),
    ),
)


def bound_cases(rng: np.random.Generator) -> list[Case]:
    """Two codes by hand; one code; far too small for a float; many codes of several pictures.

    The log-likelihood is a bump: `height` - ½ · steepness · |z - place|².
    """

    def draw(name: str, samples: int, pictures: int, latents: int, height: float) -> Case:
        inputs = {
            "mean": rng.normal(0, 1, (pictures, latents)),
            "log_variance": rng.normal(-0.5, 0.5, (pictures, latents)),
            "noise": rng.normal(0, 1, (samples, pictures, latents)),
            "place": rng.normal(0, 1, (pictures, latents)),
            "steepness": rng.uniform(0.5, 2, (latents, 1)),
        }
        return Case(name, {k: v.astype(np.float32) for k, v in inputs.items()} | {"height": height})

    worked = {"mean": [[0]], "log_variance": [[0]], "noise": [[[0]], [[2]]], "place": [[0]]}
    worked = {name: np.asarray(values, np.float32) for name, values in worked.items()}
    worked |= {"steepness": np.full((1, 1), np.log(3) / 2, np.float32), "height": 0.0}
    return [
        Case("two codes worked by hand", worked, {"bound": [np.log(2 / 3)]}),
        draw("one code of each picture", 1, 3, 2, -2.0),
        draw("likelihoods near e^-900", 4, 2, 3, -900.0),
        draw("six codes of five pictures", 6, 5, 4, 3.0),
    ]


def observe_bound(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The bound of each picture, and its gradients."""
    look, inputs = probe(framework), case.inputs
    place, steepness = look.tensor(inputs["place"]), look.tensor(inputs["steepness"])

    def log_likelihood(code):
        return inputs["height"] - 0.5 * ((code - place) ** 2 @ steepness)[:, 0]

    value, (to_mean, to_log_variance) = look.value_and_gradients(
        lambda mean, log_variance: answer(
            mean, log_variance, look.tensor(inputs["noise"]), log_likelihood
        ),
        look.tensor(inputs["mean"]),
        look.tensor(inputs["log_variance"]),
    )
    return {
        "bound": value,
        "gradient of the mean": to_mean,
        "gradient of the log-variance": to_log_variance,
    }


together = replacing(
    "torch.logsumexp(torch.stack(log_weights), dim=0) - math.log(len(noise))",
    "tf.reduce_logsumexp(tf.stack(log_weights), axis=0) - math.log(len(noise))",
)
weight = replacing(*2 * ("log_likelihood(code) + log_prior - log_posterior",))
prior = replacing(
    "-0.5 * code.square().sum(dim=1)", "-0.5 * tf.reduce_sum(tf.square(code), axis=1)"
)
spread = replacing("(one.square() + log_variance)", "tf.square(one) + log_variance")

BOUND = Exercise(
    id="vae.importance_weighted_bound",
    difficulty=5,
    importance=3,
    minutes=12,
    seed=2,
    cases=bound_cases,
    observe=observe_bound,
    tolerance_reason="float32 sums in another order; log and exp of another library",
    messages={
        "gradient of the mean": (
            "The bound is right and its gradient for `mean` is not: look for something that cuts "
            "it off."
        ),
        "gradient of the log-variance": (
            "The bound is right and its gradient for `log_variance` is not: look for something "
            "that cuts it off."
        ),
    },
    hints=(
        "With a single code, what is left of the formula? And with two codes of very different "
        "weight, which one decides: what do a mean of logarithms and a logarithm of the mean say?",
        "Check four properties: K = 1 gives log p(x|z) + log p(z) - log q(z|x); more codes never "
        "make the logarithm of the mean smaller than the mean of the logarithms; weights of e^-900 "
        "give a finite bound; where q is the prior the two densities cancel.",
        "For each of the K noises: the code; its log prior and log posterior, squares summed over "
        "dimensions (what both share may be left out); the log weight. Then the logarithm of the "
        "sum of exponentials over K, minus the logarithm of K.",
    ),
    wrong=(
        together(
            "mean outside the logarithm",
            "These are exactly the numbers you get when the mean over codes is taken outside the "
            "logarithm: that is the ordinary bound with K codes, and it does not get tighter. The "
            "mean belongs inside.",
            "torch.stack(log_weights).mean(dim=0)",
            "tf.reduce_mean(tf.stack(log_weights), axis=0)",
        ),
        together(
            "sum in place of the mean",
            "These are exactly the numbers you get from the sum over codes instead of the mean: "
            "each code more then makes the bound larger for nothing. Subtract log K.",
            "torch.logsumexp(torch.stack(log_weights), dim=0)",
            "tf.reduce_logsumexp(tf.stack(log_weights), axis=0)",
        ),
        together(
            "log K added",
            "These are exactly the numbers you get when log K is added: a mean divides by K, so it "
            "is subtracted.",
            "torch.logsumexp(torch.stack(log_weights), dim=0) + math.log(len(noise))",
            "tf.reduce_logsumexp(tf.stack(log_weights), axis=0) + math.log(len(noise))",
        ),
        together(
            "best code alone",
            "These are exactly the numbers of the best code alone: take the logarithm of the mean "
            "weight, not of the largest.",
            "torch.stack(log_weights).amax(dim=0)",
            "tf.reduce_max(tf.stack(log_weights), axis=0)",
        ),
        together(
            "weights too small for a float",
            "These are the numbers you get when the weights themselves are computed: e^-900 is 0 "
            "as a float, and its logarithm is lost. Stay with logarithms.",
            "torch.stack(log_weights).exp().mean(dim=0).log()",
            "tf.math.log(tf.reduce_mean(tf.exp(tf.stack(log_weights)), axis=0))",
        ),
        together(
            "one number for all pictures",
            "This is a mean over pictures: the answer is one number for each picture, (N,).",
            "(torch.logsumexp(torch.stack(log_weights), dim=0) - math.log(len(noise))).mean()",
            "tf.reduce_mean(tf.reduce_logsumexp(tf.stack(log_weights), axis=0)"
            " - math.log(len(noise)))",
        ),
        together(
            "pictures taken together",
            "These are exactly the numbers you get when codes of all pictures are put into one "
            "sum: each picture has its own codes and its own bound.",
            "torch.logsumexp(torch.stack(log_weights).flatten(), dim=0)"
            " - math.log(noise.shape[0] * noise.shape[1])",
            "tf.reduce_logsumexp(tf.stack(log_weights))"
            " - math.log(noise.shape[0] * noise.shape[1])",
        ),
        weight(
            "prior forgotten",
            "These are exactly the numbers you get without p(z): a code far from the prior then "
            "costs nothing.",
            "log_likelihood(code) - log_posterior + 0 * log_prior",
        ),
        weight(
            "posterior forgotten",
            "These are exactly the numbers you get without q(z|x): codes were drawn from it and "
            "not from the prior, which the division puts right.",
            "log_likelihood(code) + log_prior + 0 * log_posterior",
        ),
        weight(
            "likelihood alone",
            "These are exactly the numbers of the likelihood alone, without p(z)/q(z|x): the "
            "average under q is no average under the prior.",
            "log_likelihood(code)",
        ),
        weight(
            "prior and posterior swapped",
            "These are exactly the numbers you get with p(z) and q(z|x) in each other's place: "
            "what codes were drawn from stands below.",
            "log_likelihood(code) - log_prior + log_posterior",
        ),
        weight(
            "posterior multiplied",
            "These are exactly the numbers you get when q(z|x) multiplies: it divides, so its "
            "logarithm is subtracted.",
            "log_likelihood(code) + log_prior + log_posterior",
        ),
        weight(
            "KL in place of the ratio",
            "These are exactly the numbers you get with the KL in place of each code's own "
            "log p(z) - log q(z|x): inside the logarithm every code has its own ratio.",
            "log_likelihood(code) - kl_divergence(mean, log_variance).sum(dim=1)",
            "log_likelihood(code) - tf.reduce_sum(kl_divergence(mean, log_variance), axis=1)",
        ),
        spread(
            "log-variance left out of q",
            "These are exactly the numbers you get when q's density lacks -½ log σ²: it is the "
            "one of the standardised noise, not of the code.",
            "one.square()",
            "tf.square(one)",
        ),
        spread(
            "sign of the log-variance",
            "These are exactly the numbers you get with the sign of log σ² turned round in q: the "
            "wider q, the lower its density.",
            "(one.square() - log_variance)",
            "tf.square(one) - log_variance",
        ),
        spread(
            "log-variance as log σ",
            "These are exactly the numbers you get when q's density takes the log-variance for "
            "log σ: half of it counts.",
            "(one.square() + 2 * log_variance)",
            "tf.square(one) + 2 * log_variance",
        ),
        prior(
            "prior without one half",
            "These are exactly the numbers you get when the ½ is missing in the prior's exponent.",
            "-code.square().sum(dim=1)",
            "-tf.reduce_sum(tf.square(code), axis=1)",
        ),
    ),
)

EXERCISES = (TRAVERSE, BOUND)
