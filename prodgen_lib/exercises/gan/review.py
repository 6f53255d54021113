"""The candidate's GAN: what each of its faults shows, and how it got there.

A fault may stop the code before the next one shows, so each has an observation of its own, and
what can't be seen yet is `nan` (or 0).
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import (
    Case,
    Exercise,
    Framework,
    Observation,
    Wrong,
)
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
from prodgen_lib.exercises.gan.step import take_steps

nan = np.nan


def generator_cases(rng: np.random.Generator) -> list[Case]:
    """Other numbers of noise and channels than a candidate may have had in mind."""

    def case(name: str, **inputs: int) -> Case:
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("20 numbers of noise, three channels", noise_dim=20, image_channels=3, pictures=2),
        case("7 numbers of noise, one channel", noise_dim=7, image_channels=1, pictures=1),
    ]


def observe_generator(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Size, channels and range of the pictures, each by itself; then the pictures."""
    look = probe(framework)
    arguments = {name: case.inputs[name] for name in ("noise_dim", "image_channels")}
    count = case.inputs["pictures"]
    rng = np.random.default_rng(case.inputs["seed"])
    noise = look.tensor(rng.normal(0, 1, (count, arguments["noise_dim"])))
    blank = look.array(look.pictures(np.full((count, 32, 32, case.inputs["image_channels"]), nan)))
    sizes, shapes = (0, 0, 0), {}
    even, value, gradient = np.full(1, nan), np.full(1, nan), np.full(noise.shape, nan)

    def build_and_run() -> None:
        nonlocal sizes, even, value, gradient, shapes
        network = look.model(answer(**arguments))
        shapes = weight_shapes(network, look)
        look.fill(network, even_weights(case.inputs["seed"], 0.1))
        picture = look.call(network, noise, training=False)
        sizes, even = look.sizes(picture), look.array(picture)
        look.fill(network, drawn_weights(case.inputs["seed"], 0.2))
        value, (gradient,) = look.value_and_gradients(
            lambda inputs: look.call(network, inputs, training=False), noise
        )

    fits = runs(build_and_run)
    return {
        "noise fits": yes(fits),
        "height and width": np.asarray(sizes[:2]),
        "channels": np.asarray(sizes[2]),
        "darkest pixels below 0": yes(value.min() < 0),
        "shapes of the weights": shapes.get("shapes of the weights", np.asarray("")),
        "mean, lowest and highest pixel": summary(even),
        "pictures": value if value.shape == blank.shape else blank,
        "gradient of the noise": gradient,
    }


NOISE = (
    "No picture comes out: a layer is given a size that does not arrive there. Reshaping makes no "
    "numbers: 8·8·32 of them must first be computed from the noise."
)
SIZE = (
    "The pictures are not 32×32: nothing makes them larger. Double height and width twice on the "
    "way from 8×8."
)
CHANNELS = (
    "The pictures have another number of channels than the data: the last convolution must make "
    "`image_channels` of them."
)
RANGE = (
    "No pixel is below 0: the data lie in [-1, 1] and these pictures in [0, 1], so the "
    "discriminator knows them by their range alone. End with tanh."
)

GENERATOR = Exercise(
    id="gan.review_generator",
    difficulty=3,
    importance=5,
    minutes=8,
    seed=1,
    review=True,
    cases=generator_cases,
    observe=observe_generator,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        "noise fits": NOISE,
        "height and width": SIZE,
        "channels": CHANNELS,
        "darkest pixels below 0": RANGE,
        "mean, lowest and highest pixel": (
            "The layers with weights are right and the pixels are not: look at what stands between "
            "them, ReLU after the first layer and the first convolution, nearest-neighbour "
            "upsampling, tanh at the end."
        ),
    },
    hints=(
        "Follow one noise vector by hand and write its shape beside each line: how many numbers "
        "are there, and how many does the next line want?",
        "Four properties of the result are worth a look: that there is one at all, its height and "
        "width, its channels, its range.",
        "One layer must make numbers before they are reshaped, one must stand before each "
        "convolution to double the picture, and the last two lines must fit the data.",
    ),
    wrong=(
        Wrong(
            "noise only reshaped",
            NOISE,
            torch=(("        nn.Linear(noise_dim, 32 * 8 * 8),\n        nn.ReLU(),\n", ""),),
            tensorflow=(
                ("            layers.Dense(8 * 8 * 32),\n            layers.ReLU(),\n", ""),
            ),
        ),
        Wrong(
            "no upsampling",
            SIZE,
            torch=(
                (
                    "        nn.Upsample(scale_factor=2),\n        nn.Conv2d(32,",
                    "        nn.Conv2d(32,",
                ),
                (
                    "        nn.Upsample(scale_factor=2),\n        nn.Conv2d(16,",
                    "        nn.Conv2d(16,",
                ),
            ),
            tensorflow=(
                (
                    "            layers.UpSampling2D(2),\n            layers.Conv2D(16,",
                    "            layers.Conv2D(16,",
                ),
                (
                    "            layers.UpSampling2D(2),\n            layers.Conv2D(image",
                    "            layers.Conv2D(image",
                ),
            ),
        ),
        Wrong(
            "channels",
            CHANNELS,
            torch=(("nn.Conv2d(16, image_channels, 3", "nn.Conv2d(16, 16, 3"),),
            tensorflow=(("layers.Conv2D(image_channels, 3", "layers.Conv2D(16, 3"),),
        ),
        Wrong(
            "range",
            RANGE,
            torch=(("nn.Tanh()", "nn.Sigmoid()"),),
            tensorflow=(('layers.Activation("tanh")', 'layers.Activation("sigmoid")'),),
        ),
        Wrong(
            "no ReLU after the first layer",
            "No ReLU follows the first layer: two linear layers in a row do no more than one. It "
            "stands before the reshaping.",
            torch=(("32 * 8 * 8),\n        nn.ReLU(),\n", "32 * 8 * 8),\n"),),
            tensorflow=(("8 * 8 * 32),\n            layers.ReLU(),\n", "8 * 8 * 32),\n"),),
            planted=False,
        ),
    ),
)


def discriminator_cases(rng: np.random.Generator) -> list[Case]:
    """Colour, and grey, which a candidate may have forgotten."""

    def case(name: str, **inputs: int) -> Case:
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))})

    return [
        case("four pictures in colour", image_channels=3, pictures=4),
        case("three grey pictures", image_channels=1, pictures=3),
    ]


def observe_discriminator(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Whether grey fits, the shape of the logits, their range, each by itself; then the logits."""
    look = probe(framework)
    count, channels = case.inputs["pictures"], case.inputs["image_channels"]
    rng = np.random.default_rng(case.inputs["seed"])
    images = look.pictures(rng.uniform(-1, 1, (count, 32, 32, channels)))
    shapes, gradient = {}, np.full(images.shape, nan)
    even, value = np.full(1, nan), np.full(1, nan)

    def build_and_run() -> None:
        nonlocal even, value, gradient, shapes
        network = look.model(answer(image_channels=channels))
        shapes = weight_shapes(network, look)
        look.fill(network, even_weights(case.inputs["seed"], 0.1))
        even = look.array(look.call(network, images, training=False))
        look.fill(network, drawn_weights(case.inputs["seed"], 0.1))
        value, (gradient,) = look.value_and_gradients(
            lambda inputs: look.call(network, inputs, training=False), images
        )

    fits = runs(build_and_run)
    one_each = value.shape == (count,)
    return {
        "pictures fit": yes(fits),
        "one logit a picture": yes(one_each),
        "logits beyond 0 and 1": yes(value.min() < 0 or value.max() > 1),
        "shapes of the weights": shapes.get("shapes of the weights", np.asarray("")),
        "mean, lowest and highest logit": summary(even),
        "logits": value if one_each else np.full(count, nan),
        "gradient of the pictures": gradient,
    }


FIT = (
    "It stops with an error about sizes: pictures with `image_channels` channels must fit the "
    "first layer, also when they are grey, and what arrives must fit each later one."
)
ONE_EACH = (
    "The logits do not have shape (N,): logits (N, 1) against labels (N,) give an error, or spread "
    "out to N×N without a word."
)
SIGMOID = (
    "All logits lie between 0 and 1: a sigmoid ends the network, and the loss takes logits and "
    "applies its own."
)

DISCRIMINATOR = Exercise(
    id="gan.review_discriminator",
    difficulty=3,
    importance=5,
    minutes=6,
    seed=7,
    review=True,
    cases=discriminator_cases,
    observe=observe_discriminator,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        "pictures fit": FIT,
        "one logit a picture": ONE_EACH,
        "logits beyond 0 and 1": SIGMOID,
    },
    hints=(
        "Which pictures does it take, which shape does it give, and which loss is waiting for "
        "that?",
        "Three properties are worth a look: grey pictures, the shape for a batch of N, and whether "
        "what comes out can be negative.",
        "The first layer must read its channels from the argument; the last layers must be a "
        "linear layer and one that takes an axis away, and nothing else.",
    ),
    wrong=(
        Wrong(
            "colour only",
            FIT,
            torch=(("nn.Conv2d(image_channels, 16,", "nn.Conv2d(3, 16,"),),
            tensorflow=(("keras.Input((32, 32, image_channels))", "keras.Input((32, 32, 3))"),),
        ),
        Wrong(
            "logits (N, 1)",
            ONE_EACH,
            torch=(("        nn.Flatten(0),\n", ""),),
            tensorflow=(("            layers.Reshape(()),\n", ""),),
        ),
        Wrong(
            "sigmoid",
            SIGMOID,
            torch=(
                ("nn.Linear(32 * 8 * 8, 1),", "nn.Linear(32 * 8 * 8, 1),\n        nn.Sigmoid(),"),
            ),
            tensorflow=(("layers.Dense(1),", 'layers.Dense(1, activation="sigmoid"),'),),
        ),
    ),
)


def step_cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch."""

    def case(name: str, size: int) -> Case:
        inputs = {
            "real": rng.uniform(-1, 1, (2, size, 4, 4, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, size, 3)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
            "options": {},
        }
        return Case(name, inputs)

    return [case("two steps with five pictures", 5), case("two steps with three pictures", 3)]


def observe_step(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The batches that the discriminator sees; losses and weights of two steps."""
    look = probe(framework)
    watched, batches = look.watch_batches(look.tiny_discriminator(1))
    networks = look.tiny_generator(batch_norm=False), watched
    seen: Observation = {}

    def two_steps() -> None:
        nonlocal seen
        seen, _ = take_steps(answer, networks, case, look)

    finished = runs_unless_short(two_steps, batches, case.inputs["real"].shape[1])
    whole = finished and min(batches) >= case.inputs["real"].shape[1]
    return {"all real pictures in use": yes(whole), **(seen or _unseen(networks, look))}


def runs_unless_short(action: Callable[[], None], batches: list[int], size: int) -> bool:
    """Whether an action gets by; an error is held back where a batch was too short."""
    try:
        action()
    except Exception:
        if not batches or min(batches) >= size:
            raise
        return False
    return True


def _unseen(networks: tuple, look: ModuleType) -> Observation:
    """What `take_steps` would have seen, as `nan`."""
    sizes = [flat(look.parameters(network)).size for network in networks]
    seen: Observation = {}
    for when in ("the first step", "a second step"):
        for name, size in zip(("generator", "discriminator"), sizes, strict=True):
            seen[f"{name}'s loss in {when}"] = np.asarray(nan)
            seen[f"{name} after {when}"] = np.full(size, nan)
    return seen


ONE_REAL = (
    "The discriminator sees fewer real pictures than there are labels: one picture stands against "
    "a batch of labels. Give it all N."
)
LABEL = (
    "The generator's loss is not the cross-entropy of its fakes with label 1: they are fake, but "
    "it wants them called real."
)
BOTH_LEARN = (
    "The discriminator's weights are not where its own loss takes them: when the generator learns, "
    "the discriminator must stay as it is, or it learns to be fooled."
)

STEP = Exercise(
    id="gan.review_step",
    difficulty=4,
    importance=5,
    minutes=10,
    seed=2,
    review=True,
    cases=step_cases,
    observe=observe_step,
    tolerance_reason="float32: two steps of both networks",
    rtol=3e-4,
    messages={
        "all real pictures in use": ONE_REAL,
        "discriminator's loss in the first step": (
            "The discriminator's loss differs: it is the sum of two means of cross-entropies on "
            "logits, over all real pictures with label 1 and over all fakes with label 0."
        ),
        "generator's loss in the first step": LABEL,
        "discriminator after the first step": BOTH_LEARN,
    },
    hints=(
        "Which weights may move in each half, and how many pictures stand against how many labels?",
        "Look at three properties: the batch behind each logit, the label behind each loss, the "
        "weights behind each update.",
        "Real pictures: all of them, label 1. Fakes for the discriminator: label 0. The same fakes "
        "for the generator: the label that it wishes for; then one update, of one network.",
    ),
    wrong=(
        Wrong(
            "one real picture",
            ONE_REAL,
            torch=(("discriminator(real), ones)", "discriminator(real[:1]), ones)"),),
            tensorflow=(
                (
                    "cross_entropy(ones, discriminator(real))",
                    "cross_entropy(ones, discriminator(real[:1]))",
                ),
            ),
        ),
        Wrong(
            "label of the fakes",
            LABEL,
            torch=(("discriminator(fake), ones)", "discriminator(fake), zeros)"),),
            tensorflow=(
                (
                    "cross_entropy(ones, discriminator(generator(noise)))",
                    "cross_entropy(zeros, discriminator(generator(noise)))",
                ),
            ),
        ),
        Wrong(
            "discriminator learns too",
            BOTH_LEARN,
            torch=(
                (
                    "    generator_optimizer.step()\n",
                    "    generator_optimizer.step()\n    discriminator_optimizer.step()\n",
                ),
            ),
            tensorflow=(
                (
                    "    with tf.GradientTape() as tape:\n        g_loss",
                    "    with tf.GradientTape(persistent=True) as tape:\n        g_loss",
                ),
                (
                    "    return {",
                    "    variables = discriminator.trainable_variables\n"
                    "    discriminator_optimizer.apply_gradients(\n"
                    "        zip(tape.gradient(g_loss, variables), variables, strict=True)\n"
                    "    )\n"
                    "    return {",
                ),
            ),
        ),
        *(
            Wrong(
                f"{name}'s gradients left over",
                f"These are exactly the numbers you get when the {name}'s old gradients are not "
                "cleared before `backward`: they add up from call to call.",
                torch=((f"    {name}_optimizer.zero_grad()\n", ""),),
                tensorflow=(),
                planted=False,
            )
            for name in ("discriminator", "generator")
        ),
    ),
)

EXERCISES = (GENERATOR, DISCRIMINATOR, STEP)
