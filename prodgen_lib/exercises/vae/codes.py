"""Drawing a code so that gradients pass: with noise that is given, and with noise from a seed."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import near, probe, replacing, yes

LOG_SIGMA = (
    "These are exactly the numbers you get when the log-variance is taken for log σ: σ is the "
    "*root* of the variance, so the logarithm must be halved first."
)
MEAN_CUT = (
    "No gradient reaches `mean`: something cuts it off, and the encoder can't learn where to put "
    "a picture's code. ∂z/∂mean is 1."
)
SIGMA_CUT = (
    "No gradient reaches `log_variance`: something cuts it off, and the encoder can't learn how "
    "sure it is. ∂z/∂log_variance is ½ σ ε."
)
BOTH_CUT = (
    "No gradient reaches `mean` or `log_variance`: the code is right and teaches the encoder "
    "nothing. Build it from operations that can be differentiated."
)


def code_cases(rng: np.random.Generator) -> list[Case]:
    """Two dimensions by hand; one picture; variances from e^-20 to e^8; a batch."""

    def draw(name: str, pictures: int, latents: int, spread: float = 1.0) -> Case:
        shape = (pictures, latents)
        inputs = {
            "mean": rng.normal(0, 2, shape),
            "log_variance": spread * rng.normal(0, 1, shape),
            "noise": rng.normal(0, 1, shape),
        }
        return Case(name, {key: value.astype(np.float32) for key, value in inputs.items()})

    worked = {"mean": [[1, -2]], "log_variance": [[0, np.log(4)]], "noise": [[0.5, -1]]}
    wide = draw("variances from e^-20 to e^8", 8, 1)
    wide.inputs["log_variance"] = np.linspace(-20, 8, 8, dtype=np.float32)[:, None]
    return [
        Case(
            "the two dimensions worked by hand",
            {key: np.asarray(value, np.float32) for key, value in worked.items()},
            {"code": [[1.5, -4.0]]},
        ),
        draw("one picture", 1, 3),
        wide,
        draw("five pictures, four dimensions", 5, 4),
    ]


def observe_code(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The code and its gradients. An answer that draws noise of its own is told so at once."""
    look = probe(framework)
    tensors = [look.tensor(values) for values in case.inputs.values()]
    code, (to_mean, to_log_variance, _) = look.value_and_gradients(answer, *tensors)
    if not np.array_equal(look.array(answer(*tensors)), code, equal_nan=True):
        raise Complaint(
            "A second call with the same arguments gives another code: the noise is given, so draw "
            "none yourself."
        )
    return {
        "code": code,
        "gradient of the mean": to_mean,
        "gradient of the log-variance": to_log_variance,
    }


CODE = "mean + torch.exp(0.5 * log_variance) * noise", "mean + tf.exp(0.5 * log_variance) * noise"
code = replacing(*CODE)

REPARAMETERISE = Exercise(
    id="vae.reparameterise",
    difficulty=2,
    importance=5,
    minutes=4,
    seed=1,
    cases=code_cases,
    observe=observe_code,
    tolerance_reason="float32: exp of another library",
    messages={
        "gradient of the mean": (
            "The code is right and its gradient for `mean` is not: ∂z/∂mean is 1 everywhere. Look "
            "for something that cuts `mean` off."
        ),
        "gradient of the log-variance": (
            "The code is right and its gradient for `log_variance` is not: ∂z/∂log_variance is "
            "½ σ ε. Look for something that cuts it off."
        ),
    },
    hints=(
        "If ε is drawn from N(0, 1), which numbers must you multiply it by and add to it so that "
        "the result is drawn from N(3, 4)?",
        "Two things tend to fail: how σ comes from log σ² (test it with a variance of 4), and "
        "gradients, which must reach both parameters: nothing detached, nothing turned to numpy.",
        "Halve the log-variance and take the exponential: that is σ. Multiply the noise by it, "
        "element by element, and add the mean.",
    ),
    wrong=(
        code(
            "log-variance as log σ",
            LOG_SIGMA,
            "mean + torch.exp(log_variance) * noise",
            "mean + tf.exp(log_variance) * noise",
        ),
        code(
            "log-variance as σ",
            "These are exactly the numbers you get when the log-variance itself is taken for σ: it "
            "is a logarithm and may be negative.",
            "mean + log_variance * noise",
        ),
        code(
            "root of the log-variance",
            "These are exactly the numbers you get from the root of the log-variance: it has no "
            "root where it is negative. First undo the logarithm.",
            "mean + log_variance.sqrt() * noise",
            "mean + tf.sqrt(log_variance) * noise",
        ),
        code(
            "σ ignored",
            "These are exactly the numbers you get without σ: all codes then have variance 1, "
            "whatever the encoder says. Multiply the noise by σ.",
            "mean + noise + 0 * log_variance",
        ),
        code(
            "noise ignored",
            "This is the mean alone: without noise it is a plain autoencoder, and nothing is "
            "drawn from q(z|x).",
            "mean + 0 * log_variance",
        ),
        code(
            "mean ignored",
            "These are exactly the numbers you get without the mean: add it, it is where q(z|x) "
            "lies.",
            "torch.exp(0.5 * log_variance) * noise + 0 * mean",
            "tf.exp(0.5 * log_variance) * noise + 0 * mean",
        ),
        code(
            "mean and log-variance swapped",
            "These are exactly the numbers you get with mean and log-variance in each other's "
            "place: look at the order of the arguments.",
            "log_variance + torch.exp(0.5 * mean) * noise",
            "log_variance + tf.exp(0.5 * mean) * noise",
        ),
        code(
            "mean times noise",
            "These are exactly the numbers you get when mean and σ are added and the sum is "
            "multiplied by the noise: only σ is.",
            "(mean + torch.exp(0.5 * log_variance)) * noise",
            "(mean + tf.exp(0.5 * log_variance)) * noise",
        ),
        code(
            "precision",
            "These are exactly the numbers you get with 1/σ in place of σ: there is a minus too "
            "many in the exponent.",
            "mean + torch.exp(-0.5 * log_variance) * noise",
            "mean + tf.exp(-0.5 * log_variance) * noise",
        ),
        code(
            "minus the noise",
            "These are exactly the numbers you get when the noise is subtracted: the code has the "
            "right distribution, but the text asks for plus, so that equal noise gives equal "
            "codes.",
            "mean - torch.exp(0.5 * log_variance) * noise",
            "mean - tf.exp(0.5 * log_variance) * noise",
        ),
        code(
            "one noise value for all dimensions",
            "These are exactly the numbers you get when one number of noise serves all dimensions "
            "of a picture: each needs its own, or codes lie on a line.",
            "mean + torch.exp(0.5 * log_variance) * noise[:, :1]",
            "mean + tf.exp(0.5 * log_variance) * noise[:, :1]",
        ),
        code(
            "one noise vector for the batch",
            "These are exactly the numbers you get when one picture's noise serves the whole "
            "batch: each picture needs its own.",
            "mean + torch.exp(0.5 * log_variance) * noise[:1]",
            "mean + tf.exp(0.5 * log_variance) * noise[:1]",
        ),
        code(
            "normal noise of its own",
            "A second call with the same arguments gives another code: the noise is given, so draw "
            "none yourself.",
            "mean + torch.exp(0.5 * log_variance) * torch.randn_like(noise)",
            "mean + tf.exp(0.5 * log_variance) * tf.random.normal(noise.shape)",
        ),
        code(
            "mean cut off",
            MEAN_CUT,
            "mean.detach() + torch.exp(0.5 * log_variance) * noise",
            "tf.stop_gradient(mean) + tf.exp(0.5 * log_variance) * noise",
        ),
        code(
            "log-variance cut off",
            SIGMA_CUT,
            "mean + torch.exp(0.5 * log_variance).detach() * noise",
            "mean + tf.stop_gradient(tf.exp(0.5 * log_variance)) * noise",
        ),
        code(
            "both cut off",
            BOTH_CUT,
            "(mean + torch.exp(0.5 * log_variance) * noise).detach()",
            "tf.stop_gradient(mean + tf.exp(0.5 * log_variance) * noise)",
        ),
    ),
)


def sample_cases(rng: np.random.Generator) -> list[Case]:
    """Variances 1 and 9 by hand, with one seed; then enough codes to see how they are spread."""

    def seed() -> int:
        return int(rng.integers(2**31))

    worked = {"mean": np.full((4, 3), 5, np.float32), "samples": 6, "seed": seed()}
    many = {
        "mean": rng.normal(0, 3, (40, 5)).astype(np.float32),
        "log_variance": rng.uniform(-3, 3, (40, 5)).astype(np.float32),
        "samples": 40,
        "seed": seed(),
    }
    return [
        Case("variances 1 and 9", worked, {"spread with variance 9 over that with 1": 3.0}),
        Case("40 codes of each of 40 pictures", many),
    ]


def observe_sample(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How far two variances spread the same draw; or all that can be seen in many codes."""
    look, inputs = probe(framework), case.inputs
    options = {name: inputs[name] for name in ("samples", "seed")}
    mean = inputs["mean"]

    def codes(log_variance=0 * mean, **changed: int) -> np.ndarray:
        drawn = answer(look.tensor(mean), look.tensor(log_variance), **(options | changed))
        return _as_codes(look, drawn, (options["samples"], *mean.shape))

    _must_repeat(codes)
    if "log_variance" not in inputs:
        spreads = [np.std(codes(np.full_like(mean, np.log(v))) - mean) for v in (9, 1)]
        return {"spread with variance 9 over that with 1": spreads[0] / max(spreads[1], 1e-9)}
    drawn = codes(inputs["log_variance"])
    other = codes(inputs["log_variance"], seed=options["seed"] + 1)
    return {
        "codes where the variance is almost zero": codes(np.full_like(mean, -60))[0],
        "invariant another seed, other codes": yes(not near(drawn, other)),
        **_properties((drawn - mean) / np.exp(inputs["log_variance"] / 2)),
        **_gradients(answer, case, look),
    }


def _must_repeat(codes: Callable) -> None:
    """A complaint about an answer that gives other codes for the same seed."""
    if not np.array_equal(codes(), codes()):
        raise Complaint(
            "Two calls with the same seed give other codes: draw the noise from a generator that "
            "starts from `seed`."
        )


def _as_codes(look: ModuleType, drawn: object, shape: tuple[int, ...]) -> np.ndarray:
    codes = look.array(drawn)
    if codes.shape != shape:
        raise Complaint(
            f"The codes have shape {codes.shape}; expected (samples, N, latents), {shape}."
        )
    return codes


def _properties(noise: np.ndarray) -> Observation:
    """What holds for independent noise from N(0, 1); bounds are five standard errors and more."""
    by_dimension = noise.reshape(-1, noise.shape[2])
    variance = by_dimension.var(axis=0)
    fourth = np.mean(noise**4) / max(np.mean(noise**2) ** 2, 1e-9)  # 3 if normal, 1.8 if uniform
    by_picture = noise.transpose(1, 0, 2).reshape(noise.shape[1], -1)
    differs = {
        f"invariant noise differs between {what}": yes(np.ptp(noise, axis=axis).max() > 1e-3)
        for axis, what in enumerate(("samples", "pictures", "dimensions"))
    }
    alike = (by_dimension.T, 0.2), (by_picture, 0.5), (noise.reshape(len(noise), -1), 0.5)
    return {
        **differs,
        "invariant noise is independent": yes(all(_unlike(rows, most) for rows, most in alike)),
        "invariant noise has mean 0": yes(abs(noise.mean()) < 0.06),
        "invariant variance in each dimension": yes(np.all(np.abs(variance - 1) < 0.2)),
        "invariant noise is normal": yes(2.6 < fourth < 3.4),
    }


def _unlike(rows: np.ndarray, most: float) -> bool:
    """Whether no two rows are correlated by more than that."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return bool(np.all(np.abs(np.triu(centred @ centred.T, 1)) < most))


def _gradients(answer: Callable, case: Case, look: ModuleType) -> Observation:
    """∂z/∂mean is 1 for each sample; ∂z/∂log_variance = ½ σ ε is half of z - mean, exactly."""
    options = {name: case.inputs[name] for name in ("samples", "seed")}
    mean, log_variance = case.inputs["mean"], case.inputs["log_variance"]
    drawn, (to_mean, to_log_variance) = look.value_and_gradients(
        lambda *tensors: answer(*tensors, **options), look.tensor(mean), look.tensor(log_variance)
    )
    half = 0.5 * (drawn - mean).sum(axis=0)
    return {
        "gradient of the mean": to_mean,
        "gradient of the log-variance is half the way from the mean": yes(
            near(to_log_variance, half, tolerance=1e-3)
        ),
    }


DRAW = (
    "torch.randn((samples, *mean.shape), generator=generator)",
    "generator.normal((samples, *mean.shape))",
)
draw = replacing(*DRAW)
given = replacing(*2 * ("reparameterise(mean, log_variance, noise)",))


def shared(torch: str, tensorflow: str) -> tuple[str, str]:
    """Noise of a smaller shape, spread over the whole."""
    return (
        f"torch.randn({torch}, generator=generator).expand(samples, *mean.shape)",
        f"tf.broadcast_to(generator.normal({tensorflow}), (samples, *mean.shape))",
    )


SAMPLE_CODES = Exercise(
    id="vae.sample_codes",
    difficulty=2,
    importance=4,
    minutes=6,
    seed=2,
    cases=sample_cases,
    observe=observe_sample,
    tolerance_reason="float32: exp of another library",
    messages={
        "codes where the variance is almost zero": (
            "With a variance of e^-60 each code must be its mean, and it is not: look at how σ "
            "comes from the log-variance, and at what is added to what."
        ),
        "invariant another seed, other codes": (
            "Another seed gives the same codes: the seed does not reach what draws the noise."
        ),
        "invariant noise differs between samples": (
            "The samples of a picture are alike: draw noise of its own for each of the K samples."
        ),
        "invariant noise differs between pictures": (
            "Pictures of the batch share their noise: draw noise of its own for each picture."
        ),
        "invariant noise differs between dimensions": (
            "Latent dimensions share their noise, so that codes lie on a line: draw a number of "
            "its own for each dimension."
        ),
        "invariant noise is independent": (
            "Numbers of the noise that should have nothing to do with each other are correlated, "
            "across dimensions, pictures or samples: draw each by itself."
        ),
        "invariant noise has mean 0": (
            "The noise does not have mean 0, so the codes do not lie around `mean`: draw it from "
            "N(0, 1)."
        ),
        "invariant variance in each dimension": (
            "The variance of the codes is not the exponential of the log-variance: σ is its root, "
            "and the noise has variance 1."
        ),
        "invariant noise is normal": (
            "Mean and variance are right, but the noise is not normal: draw it from N(0, 1)."
        ),
        "gradient of the mean": (
            "The codes are right and their gradient for `mean` is not: ∂z/∂mean is 1 for each "
            "sample. Look for something that cuts `mean` off."
        ),
        "gradient of the log-variance is half the way from the mean": (
            "The codes are right and their gradient for `log_variance` is not: it is ½ σ ε, which "
            "is ½ (z - mean). Look for something that cuts it off."
        ),
    },
    hints=(
        "How many numbers of noise do K codes of N pictures with L dimensions need, and which of "
        "them may be equal?",
        "Draw a few thousand codes and look: variance in each dimension, correlation between "
        "dimensions, between pictures, between samples; then draw again with the same seed.",
        "Make a generator that starts from the seed; draw normal noise with one more axis in "
        "front, as long as there are samples; let broadcasting do the rest of the reparameterised "
        "draw.",
    ),
    wrong=(
        draw(
            "uniform noise",
            "The noise is uniform between 0 and 1: it has mean ½, so codes do not lie around "
            "`mean`. Draw it from N(0, 1).",
            "torch.rand((samples, *mean.shape), generator=generator)",
            "generator.uniform((samples, *mean.shape))",
        ),
        draw(
            "uniform noise from -1 to 1",
            "The noise is spread evenly between -1 and 1: its variance is ⅓, and no code lies far "
            "out. Draw it from N(0, 1).",
            "2 * torch.rand((samples, *mean.shape), generator=generator) - 1",
            "generator.uniform((samples, *mean.shape), -1, 1)",
        ),
        draw(
            "uniform noise of variance 1",
            "The noise has mean 0 and variance 1 and is still not normal but uniform: no code ever "
            "lies beyond 1.73 σ. Draw it from N(0, 1).",
            "12**0.5 * (torch.rand((samples, *mean.shape), generator=generator) - 0.5)",
            "12**0.5 * generator.uniform((samples, *mean.shape), -0.5, 0.5)",
        ),
        draw(
            "one noise value for all dimensions",
            "One number of noise serves all dimensions of a code, so that codes lie on a line: "
            "draw one for each dimension.",
            *shared("(samples, len(mean), 1)", "(samples, len(mean), 1)"),
        ),
        draw(
            "one noise vector for the batch",
            "One vector of noise serves all pictures of the batch: draw one for each picture.",
            *shared("(samples, 1, mean.shape[1])", "(samples, 1, mean.shape[1])"),
        ),
        draw(
            "one draw for all samples",
            "All samples of a picture are the same code: draw noise for each of them.",
            *shared("(1, *mean.shape)", "(1, *mean.shape)"),
        ),
        draw(
            "one number for everything",
            "A single number of noise serves every sample, picture and dimension: draw as many as "
            "there are.",
            *shared("(1, 1, 1)", "(1, 1, 1)"),
        ),
        draw(
            "seed not used",
            "Two calls with the same seed give other codes: draw the noise from a generator that "
            "starts from `seed`.",
            "torch.randn((samples, *mean.shape))",
            "tf.random.normal((samples, *mean.shape))",
        ),
        Wrong(
            "always the same seed",
            "Every seed gives the same codes: the generator has a seed of its own. Let it start "
            "from `seed`.",
            torch=(("manual_seed(seed)", "manual_seed(0)"),),
            tensorflow=(("from_seed(seed)", "from_seed(0)"),),
        ),
        given("log-variance as log σ", LOG_SIGMA, "reparameterise(mean, 2 * log_variance, noise)"),
        given(
            "log-variance as σ",
            "These are exactly the numbers you get when the log-variance itself is taken for σ: it "
            "is a logarithm and may be negative.",
            "mean + log_variance * noise",
        ),
        given(
            "σ ignored",
            "Every code is spread with variance 1, whatever the encoder says: σ is missing. "
            "Multiply the noise by it.",
            "reparameterise(mean, 0 * log_variance, noise)",
        ),
        given(
            "mean ignored",
            "The codes lie around 0 and not around `mean`: add it.",
            "reparameterise(0 * mean, log_variance, noise)",
        ),
        given(
            "noise ignored",
            "All samples are the mean itself: nothing is drawn.",
            "reparameterise(mean, log_variance, 0 * noise)",
        ),
        given(
            "mean cut off",
            MEAN_CUT,
            "reparameterise(mean.detach(), log_variance, noise)",
            "reparameterise(tf.stop_gradient(mean), log_variance, noise)",
        ),
        given(
            "log-variance cut off",
            SIGMA_CUT,
            "reparameterise(mean, log_variance.detach(), noise)",
            "reparameterise(mean, tf.stop_gradient(log_variance), noise)",
        ),
        given(
            "both cut off",
            BOTH_CUT,
            "reparameterise(mean, log_variance, noise).detach()",
            "tf.stop_gradient(reparameterise(mean, log_variance, noise))",
        ),
    ),
)

EXERCISES = (REPARAMETERISE, SAMPLE_CODES)
