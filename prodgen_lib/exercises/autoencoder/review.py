"""The candidate's autoencoder: what each of its faults shows.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import (
    drawn_weights,
    even_weights,
    flat,
    near,
    probe,
    runs,
    summary,
    yes,
)

nan = np.nan


def network_cases(rng: np.random.Generator) -> list[Case]:
    """Two sizes of code."""

    def case(name: str, **inputs: int) -> Case:
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("a code of 3 numbers, two pictures", latents=3, pictures=2),
        case("a code of 20 numbers, one picture", latents=20, pictures=1),
    ]


def observe_network(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Whether pictures come out, their shape and range, the layers; then the numbers."""
    look = probe(framework)
    rng = np.random.default_rng(case.inputs["seed"])
    pictures = look.pictures(rng.uniform(0, 1, (case.inputs["pictures"], 32, 32, 3)))
    blank = np.full(tuple(pictures.shape), nan)
    even, value, gradient, shapes = blank, blank, blank, []

    def build_and_run() -> None:
        nonlocal even, value, gradient, shapes
        network = look.model(answer(latents=case.inputs["latents"]))
        shapes = ["×".join(map(str, weight.shape)) for weight in look.parameters(network)]
        look.fill(network, even_weights(case.inputs["seed"], 0.02))
        even = look.array(look.call(network, pictures, training=False))
        look.fill(network, drawn_weights(case.inputs["seed"], 0.05))
        value, (gradient,) = look.value_and_gradients(
            lambda inputs: look.call(network, inputs, training=False) - 0.5, pictures
        )

    fits = runs(build_and_run)
    return {
        "pictures of the same shape": yes(fits and value.shape == blank.shape),
        "no pixel below 0": yes(value.min() >= -0.5 and even.min() >= 0),
        "shapes of the weights": np.asarray(" ".join(shapes)),
        "mean, lowest and highest pixel": summary(even),
        "pictures": value + 0.5 if value.shape == blank.shape else blank,
        "gradient of the pictures": gradient,
    }


FLAT = (
    "No pictures of the same shape come out: the linear layer meets pictures that were never "
    "flattened, or a later layer gets a size that does not arrive there."
)
RANGE = (
    "Some pixels are below 0: the pictures lie in [0, 1] and these in [-1, 1]. End with a sigmoid."
)
CODE = (
    "The layers are not those asked for: look at the size of the code, which is `latents`, the "
    "argument, and at what the layers around it take and give."
)
BETWEEN = (
    "The layers with weights are right and the numbers are not: look at what stands between them. "
    "ReLU follows each layer but the code's, and a sigmoid the last."
)

NETWORK = Exercise(
    id="autoencoder.review_autoencoder",
    difficulty=2,
    importance=5,
    minutes=7,
    seed=1,
    review=True,
    cases=network_cases,
    observe=observe_network,
    tolerance_reason="float32 convolutions in another order of summation",
    rtol=3e-4,
    messages={
        "pictures of the same shape": FLAT,
        "no pixel below 0": RANGE,
        "shapes of the weights": CODE,
        "mean, lowest and highest pixel": BETWEEN,
        "pictures": BETWEEN,
    },
    hints=(
        "Write the shape of the batch beside each line. Which line gets something that it was not "
        "made for?",
        "Three properties are worth a look: that a picture comes out at all, its range, and how "
        "many numbers the code has when another number is asked for.",
        "A layer is missing before the first linear one; the code's size must come from the "
        "argument in two places; and the last line must fit the range of the data.",
    ),
    wrong=(
        Wrong(
            "not flattened",
            FLAT,
            torch=(("        nn.Flatten(),\n", ""),),
            tensorflow=(("            layers.Flatten(),\n", ""),),
        ),
        Wrong(
            "tanh at the end",
            RANGE,
            torch=(("nn.Sigmoid()", "nn.Tanh()"),),
            tensorflow=(('Activation("sigmoid")', 'Activation("tanh")'),),
        ),
        Wrong(
            "size of the code fixed",
            "The code always has 64 numbers: the size of the bottleneck is the argument `latents`, "
            "and nothing else is what this network is about.",
            torch=(
                ("nn.Linear(32 * 8 * 8, latents)", "nn.Linear(32 * 8 * 8, 64)"),
                ("nn.Linear(latents, 32 * 8 * 8)", "nn.Linear(64, 32 * 8 * 8)"),
            ),
            tensorflow=(("layers.Dense(latents)", "layers.Dense(64)"),),
        ),
        Wrong(
            "ReLU on the code",
            "A ReLU follows the code: half of the places that it may have are lost, and numbers "
            "that are 0 for every picture never come back. Nothing stands between the code and the "
            "layer that reads it.",
            torch=(("32 * 8 * 8, latents),\n", "32 * 8 * 8, latents),\n        nn.ReLU(),\n"),),
            tensorflow=(("latents),\n", "latents),\n            layers.ReLU(),\n"),),
            planted=False,
        ),
    ),
)


def step_cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch; some values so bright or dark that they are clipped."""

    def case(name: str, *shape: int) -> Case:
        inputs = {
            "pictures": rng.uniform(0, 1, (2, *shape, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, *shape, 1)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
        }
        return Case(name, inputs)

    return [case("two steps with five pictures", 5, 4, 4), case("two steps with three", 3, 5, 4)]


STEPS = "the first step", "a second step"


def observe_step(answer: Callable, case: Case, framework: Framework) -> Observation:
    """What the network is shown, the loss, and the weights, in two steps."""
    look, inputs = probe(framework), case.inputs
    network = look.tiny_denoiser()
    look.fill(network, drawn_weights(inputs["weights"]))
    look.spoil_gradients(network)
    optimizer = look.sgd(network, 0.1)
    model, given = look.watch_inputs(network)
    seen: Observation = {}
    for pictures, noise, when in zip(inputs["pictures"], inputs["noise"], STEPS, strict=True):
        clean = look.pictures(pictures)
        given.clear()
        loss = answer(model, optimizer, clean, look.pictures(noise))
        blank = np.full(tuple(clean.shape), nan)
        shown = look.array(given[-1]) if given else blank
        shown = shown if shown.shape == blank.shape else blank
        seen |= {
            f"noise is shown in {when}": yes(not near(shown, look.array(clean))),
            f"pictures shown in {when}": shown,
            f"loss in {when}": look.array(loss, "The loss"),
            f"weights after {when}": flat(look.parameters(network)),
        }
    return seen


UNSEEN = (
    "The network is shown the pictures as they are: it learns to copy and never sees noise. Show "
    "it the noisy ones."
)
STRENGTH = (
    "The network is not shown pictures plus 0.1 times the noise, clipped to [0, 1]: look at the "
    "strength of the noise and at the clipping."
)
TARGET = (
    "The noisy pictures are right and the loss is not: what comes out is compared with the "
    "pictures as they *were*, by the mean of the squared differences."
)

STEP = Exercise(
    id="autoencoder.review_step",
    difficulty=3,
    importance=5,
    minutes=7,
    seed=1,
    review=True,
    cases=step_cases,
    observe=observe_step,
    tolerance_reason="float32: two steps of a network",
    rtol=3e-4,
    messages={
        "noise is shown in the first step": UNSEEN,
        "pictures shown in the first step": STRENGTH,
        "loss in the first step": TARGET,
        "weights after the first step": (
            "The loss is right and the weights are not where its gradient takes them: one update, "
            "by fresh gradients of this loss."
        ),
    },
    hints=(
        "What is the network shown, what is it compared with, and which of the two should be "
        "noisy?",
        "Look at three properties: the input, its noise's strength at values near 0 and 1, and the "
        "target. What would a network that copies its input score?",
        "Noise at a tenth of its size goes onto the pictures, then clipping; the network sees the "
        "result; its output is compared with the clean pictures.",
    ),
    wrong=(
        Wrong.both("shown without noise", UNSEEN, ("model(noisy)", "model(pictures)")),
        Wrong.both(
            "noise at full strength",
            "The network is shown noise at full strength: multiply it by 0.1, or clipping leaves "
            "little of the picture.",
            ("0.1 * noise", "noise"),
        ),
        Wrong(
            "compared with the noisy pictures",
            "What comes out is compared with the *noisy* pictures: the best network then copies "
            "its input, noise and all. Compare with the clean ones.",
            torch=((", pictures)\n", ", noisy)\n"),),
            tensorflow=((" - pictures)", " - noisy)"),),
        ),
        Wrong(
            "not clipped",
            "The noisy pictures leave [0, 1]: clip them, as a camera would.",
            torch=(("(pictures + 0.1 * noise).clamp(0, 1)", "pictures + 0.1 * noise"),),
            tensorflow=(
                ("tf.clip_by_value(pictures + 0.1 * noise, 0, 1)", "pictures + 0.1 * noise"),
            ),
            planted=False,
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

EXERCISES = (NETWORK, STEP)
