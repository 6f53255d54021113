"""The candidate's network that doubles pictures: what each of its faults shows.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import (
    CONVOLUTIONS,
    drawn_weights,
    flat,
    near,
    probe,
    runs,
    summary,
    weight_shapes,
    yes,
)
from prodgen_lib.exercises.superres.tiny import doubling_network

nan = np.nan


def network_cases(rng: np.random.Generator) -> list[Case]:
    """Two widths."""

    def case(name: str, *shape: int, width: int) -> Case:
        inputs = {"pictures": rng.uniform(0, 1, (*shape, 3)), "width": width}
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("width 5, two pictures", 2, 6, 4, width=5),
        case("width 8, one picture", 1, 5, 7, width=8),
    ]


def observe_network(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Size, channels and range of the pictures, each by itself; then the pictures."""
    look, inputs = probe(framework), case.inputs
    pictures = look.pictures(inputs["pictures"])
    count, height, width, _ = inputs["pictures"].shape
    blank = look.array(look.pictures(np.full((count, 2 * height, 2 * width, 3), nan)))
    sizes, shapes = (0, 0, 0), {}
    value, gradient = blank, np.full(tuple(pictures.shape), nan)

    def build_and_run() -> None:
        nonlocal sizes, value, gradient, shapes
        network = look.model(answer(width=inputs["width"]))
        shapes = weight_shapes(network, look)
        look.fill(network, drawn_weights(inputs["seed"], 0.15))
        sizes = look.sizes(look.call(network, pictures, training=False))
        value, (gradient,) = look.value_and_gradients(
            lambda tensor: look.call(network, tensor, training=False), pictures
        )

    fits = runs(build_and_run)
    return {
        "pictures fit": yes(fits),
        "height and width": np.asarray(sizes[:2]),
        "channels": np.asarray(sizes[2]),
        "no pixel below 0": yes(value.min() >= 0 or np.isnan(value).any()),
        "shapes of the weights": shapes.get("shapes of the weights", np.asarray("")),
        "mean, lowest and highest pixel": summary(value),
        "pictures": value if value.shape == blank.shape else blank,
        "gradient of the pictures": gradient,
    }


SIZE = (
    "The pictures are not twice as high and wide: nothing makes them larger. The text claims "
    "(2H, 2W), and the first run shows otherwise: the last convolution needs stride 2."
)
CHANNELS = (
    "The pictures have another number of channels than three: the last layer must make colours of "
    "its features."
)
RANGE = (
    "Some pixels are below 0: the data lie in [0, 1], and tanh ends at -1 and 1. End with a "
    "sigmoid."
)
BETWEEN = (
    "Size, channels and range are right and the pixels are not: look at the layers, and at what "
    "stands between them. ReLU follows the first two, a sigmoid the last."
)

NETWORK = Exercise(
    id="superres.review_network",
    difficulty=2,
    importance=5,
    minutes=6,
    seed=1,
    review=True,
    cases=network_cases,
    observe=observe_network,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        "pictures fit": (
            "No pictures come out: a layer is given another number of channels than arrives there."
        ),
        "height and width": SIZE,
        "channels": CHANNELS,
        "no pixel below 0": RANGE,
        "shapes of the weights": (
            "The layers with weights are not those asked for: compare kernel sizes and channels "
            "with the text, one by one."
        ),
        "mean, lowest and highest pixel": BETWEEN,
        "pictures": BETWEEN,
    },
    hints=(
        "Follow a picture of 6 × 4 pixels and write its height, width and channels beside each "
        "line. What does the text promise at the end?",
        "Three properties of the result are worth a look: height and width, channels, range.",
        "All three faults are in the last two layers: one line does not enlarge, gives features "
        "where colours belong, and the next ends in the range of other data.",
    ),
    wrong=(
        Wrong(
            "never enlarges",
            SIZE,
            torch=(("4, stride=2, padding=1)", "3, padding=1)"),),
            tensorflow=(('4, strides=2, padding="same")', '3, padding="same")'),),
        ),
        Wrong(
            "32 channels for three",
            CHANNELS,
            torch=(("nn.ConvTranspose2d(width, 3,", "nn.ConvTranspose2d(width, 32,"),),
            tensorflow=(("layers.Conv2DTranspose(3,", "layers.Conv2DTranspose(32,"),),
        ),
        Wrong(
            "tanh at the end",
            RANGE,
            torch=(("nn.Sigmoid()", "nn.Tanh()"),),
            tensorflow=(('Activation("sigmoid")', 'Activation("tanh")'),),
        ),
        Wrong(
            "nothing at the end",
            "Nothing keeps the pixels in [0, 1]: end with a sigmoid.",
            torch=(("        nn.Sigmoid(),\n", ""),),
            tensorflow=(('            layers.Activation("sigmoid"),\n', ""),),
            planted=False,
        ),
    ),
)


def optimizer_cases(rng: np.random.Generator) -> list[Case]:
    """Four steps, with gradients that change their size and sign."""

    def case(name: str, steps: int) -> Case:
        return Case(name, {"steps": steps, "seed": int(rng.integers(2**31))})

    return [case("one step", 1), case("five steps", 5)]


def observe_optimizer(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How far the optimiser moves each weight, in thousandths, by gradients drawn at random."""
    look, inputs = probe(framework), case.inputs
    network = look.tiny_denoiser()
    rng = np.random.default_rng(inputs["seed"])
    look.fill(
        network,
        lambda shape, _: rng.normal(0, 3 if len(shape) > 1 else 0.01, shape).astype(np.float32),
    )
    optimizer, before = answer(network), look.parameters(network)
    if not hasattr(optimizer, "step" if framework.name == "torch" else "apply_gradients"):
        raise Complaint(f"The answer is {look.kind(optimizer)}; expected an optimiser.")
    for _ in range(inputs["steps"]):
        move(network, optimizer, [rng.normal(0.3, rng.uniform(0.1, 2), w.shape) for w in before])
    moves = [1000 * (now - was) for now, was in zip(look.parameters(network), before, strict=True)]
    return {
        "mean, lowest and highest move of the first biases": summary(moves[1]),
        "moves of the weights": flat(moves),
    }


def move(network: Any, optimizer: Any, gradients: list[np.ndarray]) -> None:
    """One update by these gradients."""
    if hasattr(optimizer, "apply_gradients"):
        import tensorflow as tf

        tensors = [tf.constant(gradient, tf.float32) for gradient in gradients]
        optimizer.apply_gradients(zip(tensors, network.trainable_variables, strict=True))
        return
    import torch

    for weight, gradient in zip(network.parameters(), gradients, strict=True):
        weight.grad = torch.tensor(gradient, dtype=torch.float32)
    optimizer.step()


NAMED = (
    "The weights do not move as by Adam: the text names one optimiser and the code uses another. "
    "Adam's first step has the size of the learning rate for each weight, whatever its gradient."
)

OPTIMIZER = Exercise(
    id="superres.review_optimizer",
    difficulty=1,
    importance=3,
    minutes=3,
    seed=1,
    review=True,
    cases=optimizer_cases,
    observe=observe_optimizer,
    rtol=1e-3,
    tolerance_reason="float32: small differences of large weights; epsilon's place in Adam",
    messages={
        "mean, lowest and highest move of the first biases": NAMED,
        "moves of the weights": NAMED,
    },
    hints=(
        "How far does each weight move in the very first step of Adam, and how far in one of plain "
        "gradient descent?",
        "Compare each word of the text with the code: name, learning rate, the two betas, which "
        "weights.",
        "One line names another optimiser than the text: put the right class in its place and give "
        "it its two betas.",
    ),
    wrong=(
        Wrong(
            "gradient descent",
            NAMED,
            torch=(
                (
                    "Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.999))",
                    "SGD(network.parameters(), lr=1e-3, momentum=0.9)",
                ),
            ),
            tensorflow=(("Adam(0.001, beta_1=0.9, beta_2=0.999)", "SGD(0.001, momentum=0.9)"),),
        ),
        Wrong(
            "RMSprop",
            "These are exactly the steps of RMSprop, which has no momentum and no correction of "
            "its start: the text names Adam.",
            torch=(
                (
                    "Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.999))",
                    "RMSprop(network.parameters(), lr=1e-3)",
                ),
            ),
            tensorflow=(("Adam(0.001, beta_1=0.9, beta_2=0.999)", "RMSprop(0.001)"),),
            planted=False,
        ),
        Wrong(
            "betas of a GAN",
            "These are exactly the steps with betas of 0 and 0.99, as chapter 6 has them for GANs: "
            "the text asks for 0.9 and 0.999.",
            torch=(("betas=(0.9, 0.999)", "betas=(0.0, 0.99)"),),
            tensorflow=(("beta_1=0.9, beta_2=0.999", "beta_1=0.0, beta_2=0.99"),),
            planted=False,
        ),
        Wrong(
            "learning rate",
            "Every step is ten times as long as it should be: the learning rate is 0.001.",
            torch=(("lr=1e-3", "lr=1e-2"),),
            tensorflow=(("Adam(0.001", "Adam(0.01"),),
            planted=False,
        ),
    ),
)


def step_cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch."""

    def case(name: str, *shape: int) -> Case:
        pictures = rng.uniform(0, 1, (2, *shape, 3)).astype(np.float32)
        return Case(name, {"pictures": pictures, "weights": int(rng.integers(2**31))})

    return [case("two steps with three pictures", 3, 8, 6), case("two steps with one", 1, 6, 8)]


STEPS = "the first step", "a second step"


def observe_step(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Whether it runs, what the network is shown, the loss, and the weights, in two steps."""
    look, inputs = probe(framework), case.inputs
    network = doubling_network(framework)
    look.fill(network, drawn_weights(inputs["weights"], 0.3))
    look.spoil_gradients(network)
    optimizer = look.sgd(network, 0.1)
    model, given = look.watch_inputs(network)
    seen: Observation = {}
    for pictures, when in zip(inputs["pictures"], STEPS, strict=True):
        large = look.pictures(pictures)
        count, height, width, _ = pictures.shape
        small = look.pictures(
            pictures.reshape(count, height // 2, 2, width // 2, 2, 3).mean((2, 4))
        )
        given.clear()
        loss = np.array(nan)

        def step(large: object = large) -> None:
            nonlocal loss
            with warnings.catch_warnings():  # of sizes that differ: the sentence below says so
                warnings.simplefilter("ignore", UserWarning)
                loss = look.array(answer(model, optimizer, large), "The loss")

        fits = runs(step)
        shown = look.array(given[-1]) if given else np.zeros(0)
        seen |= {
            f"{when} runs": yes(fits),
            f"small pictures are shown in {when}": yes(near(shown, look.array(small))),
            f"loss in {when}": loss,
            f"mean, lowest and highest weight after {when}": summary(
                flat(look.parameters(network))
            ),
            f"weights after {when}": flat(look.parameters(network)),
        }
    return seen


TARGET = (
    "What comes out is compared with the small pictures that went in: the target is the input, and "
    "it never ran, since the sizes don't even fit. Compare with the large ones."
)
SHOWN = (
    "The network is not shown the small pictures, the means of blocks of 2×2 pixels: look at what "
    "it is given, and how that is made."
)
LOSS = (
    "The network is shown the right pictures and the loss is not the mean *absolute* error that "
    "the text asks for: compare the two."
)

STEP = Exercise(
    id="superres.review_step",
    difficulty=2,
    importance=5,
    minutes=6,
    seed=2,
    review=True,
    cases=step_cases,
    observe=observe_step,
    tolerance_reason="float32: two steps of a network",
    rtol=3e-4,
    messages={
        "the first step runs": TARGET,
        "small pictures are shown in the first step": SHOWN,
        "loss in the first step": LOSS,
        "weights after the first step": (
            "The loss is right and the weights are not where its gradient takes them: one update, "
            "by fresh gradients of this loss."
        ),
    },
    hints=(
        "Write the shape of every tensor beside its line. Which two are compared, and do they have "
        "one size?",
        "Look at three properties: what the network is shown, what its output is compared with, "
        "and by which measure.",
        "Two faults: one word names the wrong tensor, the other the wrong power of the error.",
    ),
    wrong=(
        Wrong(
            "target is the input",
            TARGET,
            torch=(("network(small), large)", "network(small), small)"),),
            tensorflow=(("network(small) - large", "network(small) - small"),),
        ),
        Wrong(
            "squared error",
            LOSS,
            torch=(("F.l1_loss(", "F.mse_loss("),),
            tensorflow=(("tf.abs(", "tf.square("),),
        ),
        Wrong(
            "every second pixel",
            SHOWN,
            torch=(("F.avg_pool2d(large, 2)", "large[..., ::2, ::2]"),),
            tensorflow=(('tf.nn.avg_pool2d(large, 2, 2, "VALID")', "large[:, ::2, ::2]"),),
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

EXERCISES = (NETWORK, OPTIMIZER, STEP)
