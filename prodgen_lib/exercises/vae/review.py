"""The candidate's VAE: what each of its faults shows, and how it got there.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import (
    CONVOLUTIONS,
    drawn_weights,
    even_weights,
    flat,
    probe,
    runs,
    summary,
    weight_shapes,
    yes,
)

nan = np.nan


def encoder_cases(rng: np.random.Generator) -> list[Case]:
    """Two numbers of latent dimensions."""

    def case(name: str, **inputs: int) -> Case:
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("three latent dimensions, two pictures", latents=3, pictures=2),
        case("five latent dimensions, four pictures", latents=5, pictures=4),
    ]


def observe_encoder(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Whether pictures fit, the shape for each, both signs; then the numbers."""
    look = probe(framework)
    latents, count = case.inputs["latents"], case.inputs["pictures"]
    rng = np.random.default_rng(case.inputs["seed"])
    pictures = look.pictures(rng.uniform(0, 1, (count, 32, 32, 3)))
    blank, gradient = np.full((count, 2 * latents), nan), np.full(pictures.shape, nan)
    even, value, shapes = blank, blank, {}

    def build_and_run() -> None:
        nonlocal even, value, gradient, shapes
        network = look.model(answer(latents=latents))
        shapes = weight_shapes(network, look)
        look.fill(network, even_weights(case.inputs["seed"], 0.05))
        even = look.array(look.call(network, pictures, training=False))
        look.fill(network, drawn_weights(case.inputs["seed"], 0.05))
        value, (gradient,) = look.value_and_gradients(
            lambda inputs: look.call(network, inputs, training=False), pictures
        )

    fits = runs(build_and_run)
    return {
        "a row of numbers for each picture": yes(fits and value.ndim == 2),
        "means and log-variances": yes(value.shape[-1] == 2 * latents),
        "numbers below 0": yes(value.min() < 0),
        "shapes of the weights": shapes.get("shapes of the weights", np.asarray("")),
        "mean, lowest and highest number": summary(even),
        "means and log-variances of the pictures": value if value.shape == blank.shape else blank,
        "gradient of the pictures": gradient,
    }


FLAT = (
    "There is no row of numbers for each picture: the linear layer meets pictures that were never "
    "flattened. PyTorch stops there; Keras goes on with the last axis, without a word."
)
HALF = (
    "There are too few or too many numbers for each picture: every latent dimension needs a mean "
    "*and* a log-variance, so 2·latents."
)
BOUNDED = (
    "No number is below 0: something after the linear layer keeps them positive. Means may be "
    "negative, and log-variances below 0 are variances below 1."
)

ENCODER = Exercise(
    id="vae.review_encoder",
    difficulty=2,
    importance=4,
    minutes=4,
    seed=2,
    review=True,
    cases=encoder_cases,
    observe=observe_encoder,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        "a row of numbers for each picture": FLAT,
        "means and log-variances": HALF,
        "numbers below 0": BOUNDED,
    },
    hints=(
        "Which shape does a batch have before the last layer, and which does a linear layer want?",
        "Three properties of the result are worth a look: its shape, how many numbers a picture "
        "gets, and whether they can be negative.",
        "One layer is missing before the linear one; the linear one must give two numbers for each "
        "latent dimension; nothing may follow it.",
    ),
    wrong=(
        Wrong(
            "not flattened",
            FLAT,
            torch=(("        nn.Flatten(),\n", ""),),
            tensorflow=(("            layers.Flatten(),\n", ""),),
        ),
        Wrong(
            "means only",
            HALF,
            torch=(("32 * 8 * 8, 2 * latents)", "32 * 8 * 8, latents)"),),
            tensorflow=(("layers.Dense(2 * latents", "layers.Dense(latents"),),
        ),
        Wrong(
            "ReLU at the end",
            BOUNDED,
            torch=(("latents),\n", "latents),\n        nn.ReLU(),\n"),),
            tensorflow=(("latents),\n", "latents),\n            layers.ReLU(),\n"),),
        ),
    ),
)


def loss_cases(rng: np.random.Generator) -> list[Case]:
    """Each half by itself, then both: at the prior there is no KL, at logits 0 no picture."""

    def draw(name: str, loss: str, *, logits: float = 1.0, codes: float = 1.0) -> Case:
        shape, latents = (4, 3, 2, 3), (4, 6)
        inputs = {
            "logits": logits * rng.normal(0, 2, shape),
            "pictures": rng.uniform(0, 1, shape),
            "mean": codes * rng.normal(0, 1, latents),
            "log_variance": codes * rng.normal(0, 1, latents),
        }
        inputs = {key: value.astype(np.float32) for key, value in inputs.items()}
        return Case(name, inputs | {"loss": loss})

    return [
        draw("codes at the prior", "loss without KL", codes=0),
        draw("logits of 0", "loss with the cross-entropy of a coin", logits=0),
        draw("four small pictures in colour", "loss"),
    ]


def observe_loss(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, by a name for each half; whether codes far from the prior cost; gradients."""
    look, inputs = probe(framework), case.inputs
    logits, pictures = look.pictures(inputs["logits"]), look.pictures(inputs["pictures"])
    codes = look.tensor(inputs["mean"]), look.tensor(inputs["log_variance"])
    value, gradients = look.value_and_gradients(
        lambda a, *both: answer(a, pictures, *both), logits, *codes
    )
    seen = {inputs["loss"]: value}
    if not inputs["logits"].any():
        at_the_prior = look.array(answer(logits, pictures, *(0 * code for code in codes)))
        seen = {"codes cost": yes(np.mean(value) > np.mean(at_the_prior)), **seen}
    if inputs["loss"] != "loss":
        return seen
    names = ("logits", "mean", "log-variance")
    return seen | {
        f"gradient of the {name}": found for name, found in zip(names, gradients, strict=True)
    }


LOGITS = (
    "With codes at the prior the loss should be the cross-entropy alone, summed over a picture's "
    "values and averaged over pictures, and it is not: look at what the loss function takes, "
    "logits or probabilities, and at its sums and means."
)
SIGN = (
    "Codes far from the prior make the loss *smaller*: the KL has the wrong sign, and minimising "
    "it drives codes away from where they will be drawn."
)
BALANCE = (
    "The cross-entropy is right and the KL is not: it is summed over dimensions and averaged over "
    "pictures, like the reconstruction, and its argument is the log-variance."
)

LOSS = Exercise(
    id="vae.review_loss",
    difficulty=3,
    importance=5,
    minutes=6,
    seed=1,
    review=True,
    cases=loss_cases,
    observe=observe_loss,
    tolerance_reason="float32 sums in another order; log and exp of another library",
    messages={
        "loss without KL": LOGITS,
        "codes cost": SIGN,
        "loss with the cross-entropy of a coin": BALANCE,
    },
    hints=(
        "Set mean and log-variance to 0, then the logits: what is left of the loss each time, and "
        "is it what it should be?",
        "Look at three properties: what goes into the cross-entropy, the sign of the KL, and over "
        "which axes each half is summed or averaged.",
        "Logits go in as they are; the KL grows with the distance from the prior; both halves are "
        "sums over everything, divided by the number of pictures once.",
    ),
    wrong=(
        Wrong(
            "sigmoid on logits",
            "With codes at the prior the loss is the cross-entropy alone, and here it is of logits "
            "that were put through a sigmoid first: the loss applies its own.",
            torch=(("with_logits(logits,", "with_logits(logits.sigmoid(),"),),
            tensorflow=(("logits=logits", "logits=tf.sigmoid(logits)"),),
        ),
        Wrong(
            "sign of the KL",
            SIGN,
            torch=(("kl = 0.5 *", "kl = -0.5 *"),),
            tensorflow=(("kl = 0.5 *", "kl = -0.5 *"),),
        ),
        Wrong(
            "KL averaged",
            "The KL is a mean where the reconstruction is a sum: it hardly counts, and codes drift "
            "away from where they will be drawn. Sum it over dimensions too.",
            torch=(("- log_variance).sum()", "- log_variance).mean()"),),
            tensorflow=(("tf.reduce_sum(mean**2", "tf.reduce_mean(mean**2"),),
        ),
    ),
)


def step_cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch."""

    def case(name: str, size: int) -> Case:
        inputs = {
            "pictures": rng.uniform(0, 1, (2, size, 4, 4, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, size, 3)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
        }
        return Case(name, inputs)

    return [case("two steps with five pictures", 5), case("two steps with three pictures", 3)]


def observe_step(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the decoder is given, the loss, and both networks' weights, in two steps."""
    look, inputs = probe(framework), case.inputs
    encoder = look.tiny_discriminator(1, classes=6)
    decoder, given = look.watch_inputs(look.tiny_generator(batch_norm=False))
    look.call(decoder, look.tensor(inputs["noise"][0]), training=True)
    given.clear()
    draw = drawn_weights(inputs["weights"])
    for network in (encoder, decoder):
        look.fill(network, draw)
        look.spoil_gradients(network)
    optimizer = look.sgd_of_all([encoder, decoder], 0.05)
    sizes = [flat(look.parameters(network)).size for network in (encoder, decoder)]
    seen: Observation = {}

    def two_steps() -> None:
        for noise, images, when in zip(inputs["noise"], inputs["pictures"], STEPS, strict=True):
            given.clear()
            loss = answer(encoder, decoder, optimizer, look.pictures(images), look.tensor(noise))
            coded = given and tuple(given[-1].shape) == noise.shape
            seen[f"codes in {when}"] = look.array(given[-1]) if coded else np.full(noise.shape, nan)
            seen[f"loss in {when}"] = look.array(loss, "The loss")
            seen[f"encoder after {when}"] = flat(look.parameters(encoder))
            seen[f"decoder after {when}"] = flat(look.parameters(decoder))

    finished = runs_unless_fed(two_steps, given, inputs["noise"].shape[2:])
    fed = finished and not any(np.isnan(seen[f"codes in {when}"]).any() for when in STEPS)
    blank = {}
    for when in STEPS:
        blank[f"codes in {when}"] = np.full(inputs["noise"][0].shape, nan)
        blank[f"loss in {when}"] = np.asarray(nan)
        blank[f"encoder after {when}"] = np.full(sizes[0], nan)
        blank[f"decoder after {when}"] = np.full(sizes[1], nan)
    return {"decoder is given codes": yes(fed), **blank, **seen}


STEPS = "the first step", "a second step"


def runs_unless_fed(action: Callable[[], None], given: list, latents: tuple[int, ...]) -> bool:
    """Whether an action gets by; an error is held back where the decoder was given no codes."""
    try:
        action()
    except Exception:
        if not given or tuple(given[-1].shape[1:]) == latents:
            raise
        return False
    return True


PICTURE = (
    "The decoder is not given codes (N, latents): it reconstructs from what the encoder says, so "
    "it must be fed a code and nothing else, or there is nothing to sample from."
)
ROOT = (
    "The code that the decoder is given is not mean + σ ε: look at how σ comes from the "
    "log-variance, and at the noise."
)
ORDER = (
    "The code is right and the loss is not: look at the order in which `review_loss` takes its "
    "arguments."
)
NO_PATH = (
    "The loss is right and the encoder's weights are not where its gradient takes them: the "
    "reconstruction must reach mean and log-variance through the code, and nothing old may count."
)

STEP = Exercise(
    id="vae.review_step",
    difficulty=4,
    importance=5,
    minutes=10,
    seed=1,
    review=True,
    cases=step_cases,
    observe=observe_step,
    tolerance_reason="float32: two steps of both networks",
    rtol=3e-4,
    messages={
        "decoder is given codes": PICTURE,
        "codes in the first step": ROOT,
        "loss in the first step": ORDER,
        "encoder after the first step": NO_PATH,
        "decoder after the first step": (
            "The encoder's weights are right and the decoder's are not: the optimiser holds the "
            "weights of both, and one update moves both."
        ),
    },
    hints=(
        "What does the decoder see, what does it see when you sample later, and how does the loss "
        "of a reconstruction get back to the encoder?",
        "Look at four properties: the shape that the decoder is given, the spread of the codes, "
        "what stands at which place of the loss, and a gradient for every weight of the encoder.",
        "Encode; draw a code that depends on mean and log-variance, σ being the exponential of "
        "half of the latter; decode that code; the loss takes logits, pictures, mean, "
        "log-variance; then fresh gradients and one update.",
    ),
    wrong=(
        Wrong.both(
            "decoder fed the pictures",
            PICTURE,
            ("decoder(code)", "decoder(pictures)"),
        ),
        Wrong(
            "log-variance as σ",
            "The code is spread by the log-variance itself: σ is the exponential of half of it, "
            "and a log-variance may be negative.",
            torch=(("torch.exp(0.5 * log_variance)", "log_variance"),),
            tensorflow=(("tf.exp(0.5 * log_variance)", "log_variance"),),
        ),
        Wrong.both(
            "arguments of the loss",
            "The code is right and the loss is not: mean and log-variance stand in each other's "
            "place when `review_loss` is called.",
            ("pictures, mean, log_variance)", "pictures, log_variance, mean)"),
        ),
        Wrong(
            "drawn without gradients",
            "The code is drawn where no gradient passes, so that the encoder learns from the KL "
            "alone and never from a picture: draw it in a way that can be differentiated.",
            torch=(("    code = mean", "    with torch.no_grad():\n        code = mean"),),
            tensorflow=(
                (
                    "        code = mean",
                    "        with tape.stop_recording():\n            code = mean",
                ),
            ),
        ),
        Wrong(
            "gradients left over",
            "These are exactly the numbers you get when old gradients are not cleared before "
            "`backward`: they add up from call to call.",
            torch=(("    optimizer.zero_grad()\n", ""),),
            tensorflow=(),
            planted=False,
        ),
    ),
)

EXERCISES = (ENCODER, LOSS, STEP)
