"""Pictures as wishes: the discriminator of patches, and pictures that are put together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.cgan.wishes import as_told, channels_last, value_and_gradients
from prodgen_lib.exercises.common import (
    CONVOLUTIONS,
    drawn_weights,
    probe,
    replacing,
    runs,
    summary,
    weight_shapes,
    yes,
)
from prodgen_lib.exercises.gan.networks import START, starting_weights

START_WIDTH = 64  # wide enough for the spread of the smallest kernel to tell


def patch_cases(rng: np.random.Generator) -> list[Case]:
    """The weights counted by hand; the sizes by default; how a wide one starts; two passes."""

    def case(name: str, pictures: int, by_hand: dict | None = None, **arguments: int) -> Case:
        inputs = {"arguments": arguments, "pictures": pictures, "start": False}
        return Case(name, {**inputs, "seed": int(rng.integers(2**31))}, by_hand or {})

    worked = {"number of weights": 17 + 34 + 19, "height, width and channels": [8, 8, 1]}
    start = case(f"width {START_WIDTH}, as it starts", 0, width=START_WIDTH)
    start.inputs["start"] = True
    return [
        case("width 1 and one channel", 1, worked, inputs=1, width=1),
        case("the sizes that it has by default", 2),
        start,
        case("width 3 and four channels", 2, inputs=4, width=3),
    ]


def observe_patch(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, logits and what one of them sees, and gradients; or how the weights start."""
    look, inputs = probe(framework), case.inputs
    if inputs["start"]:
        return starting_weights(
            lambda: answer(**inputs["arguments"]), look.model(answer(**inputs["arguments"])), look
        )
    network = look.model(answer(**inputs["arguments"]))
    rng = np.random.default_rng(inputs["seed"])
    channels = inputs["arguments"].get("inputs", 6)
    pictures = look.pictures(rng.uniform(-1, 1, (inputs["pictures"], 32, 32, channels)))
    seen = weight_shapes(network, look)
    if not runs(lambda: look.call(network, pictures, training=False)):
        raise Complaint(UNFIT)
    look.fill(network, drawn_weights(inputs["seed"], 0.1))
    return {**passes(network, pictures, framework), **seen}


UNFIT = (
    "Pictures of `inputs` channels do not fit: the first convolution takes as many as it is told, "
    "since the source stands beside the target, and each later one takes what arrives."
)


def passes(network, pictures, framework: Framework) -> Observation:
    """The size of what comes out, the logits N×H×W×C in both modes, and gradients."""
    look = probe(framework)

    def evaluate(images):
        return look.call(network, images, training=False)

    value, (gradient,) = value_and_gradients(look, evaluate, [pictures])
    training = look.array(look.call(network, pictures, training=True))
    logits = channels_last(value, framework)
    return {
        "height, width and channels": np.array(logits.shape[1:]),
        "mean, lowest and highest logit": summary(logits),
        "logits": logits,
        "logits in training mode": channels_last(training, framework),
        "gradient of the pictures": gradient,
    }


LAYERS = (  # (inputs, outputs) of the first two convolutions, in PyTorch's words
    ("inputs", "width"),
    ("width", "2 * width"),
)
LAST = "nn.Conv2d(2 * width, 1, 3, padding=1)", 'layers.Conv2D(1, 3, padding="same")'


def convolution(before: str, after: str) -> tuple[str, str]:
    """One of the first two convolutions in both frameworks."""
    return (
        f"nn.Conv2d({before}, {after}, 4, stride=2, padding=1)",
        f'layers.Conv2D({after}, 4, strides=2, padding="same")',
    )


def after_each(torch: str, tensorflow: str) -> tuple[tuple, tuple]:
    """Edits that put something else after the first two convolutions."""
    edits: tuple[list, list] = ([], [])
    for before, after in LAYERS:
        heads = convolution(before, after)
        olds = "nn.LeakyReLU(0.2)", "layers.LeakyReLU(negative_slope=0.2)"
        news = torch.format(size=after), tensorflow
        for place, space in enumerate((12, 16)):
            start = heads[place] + ",\n" + " " * space
            new = news[place].replace("\n", "\n" + " " * space)
            edits[place].append((start + olds[place], start + new))
    return tuple(edits[0]), tuple(edits[1])


def convolutions(torch: tuple[str, str], tensorflow: tuple[str, str]) -> tuple[tuple, tuple]:
    """Edits within the first two convolutions: (old, new) in each framework."""
    both = [convolution(*sizes) for sizes in LAYERS]
    return (
        tuple((one, one.replace(*torch)) for one, _ in both),
        tuple((two, two.replace(*tensorflow)) for _, two in both),
    )


def last(torch: str, tensorflow: str) -> tuple[tuple, tuple]:
    """Edits that put something else in place of the last convolution."""
    return ((LAST[0], torch),), ((LAST[1], tensorflow),)


PATCH = Exercise(
    id="cgan.build_patch_discriminator",
    difficulty=3,
    importance=4,
    minutes=8,
    seed=4,
    cases=patch_cases,
    observe=observe_patch,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        **START,
        "height, width and channels": (
            "The logits do not have one channel of 8×8 places: two convolutions of stride 2 make "
            "32 pixels 8, and the last one leaves the size and has one channel."
        ),
        "logits in training mode": (
            "Logits are right in evaluation mode and wrong in training mode: there should be "
            "neither batch norm nor dropout."
        ),
    },
    hints=(
        "How many logits does a picture get, and which pixels may each of them see?",
        "Check three properties: 8×8 logits and one channel; at width 1 and one input channel, 70 "
        "weights; numbers below 0 as well as above 1.",
        "One Sequential: twice a convolution that halves the picture, each with leaky ReLU of the "
        "slope that the text names; then one that keeps the size and ends with one channel, and "
        "nothing after it; all of it through `initialise`.",
    ),
    wrong=(
        Wrong(
            "sigmoid at the end",
            "These are exactly the numbers you get with a sigmoid at the end: the losses take "
            "logits and apply it themselves.",
            *last(
                LAST[0] + ",\n            nn.Sigmoid()",
                LAST[1] + ',\n                layers.Activation("sigmoid")',
            ),
        ),
        Wrong(
            "one logit a picture",
            "There is one logit for the whole picture: that judges what is where, which the L1 "
            "term does already. Keep the 8×8 places, so that each judges its patch.",
            *last(
                LAST[0] + ",\n            nn.AdaptiveAvgPool2d(1)",
                LAST[1] + ",\n                layers.GlobalAveragePooling2D(keepdims=True)",
            ),
        ),
        Wrong(
            "flattened",
            "The logits stand in one row: leave them where they are, (8, 8) places with one "
            "channel.",
            *last(
                LAST[0] + ",\n            nn.Flatten()",
                LAST[1] + ",\n                layers.Flatten()",
            ),
        ),
        Wrong(
            "leaky ReLU at the end",
            "Leaky ReLU follows the last convolution too: nothing does, or logits below 0 count a "
            "fifth.",
            *last(
                LAST[0] + ",\n            nn.LeakyReLU(0.2)",
                LAST[1] + ",\n                layers.LeakyReLU(negative_slope=0.2)",
            ),
        ),
        Wrong(
            "last convolution without padding",
            "There are 6×6 logits: without padding the last convolution loses a pixel on each "
            "side.",
            *last("nn.Conv2d(2 * width, 1, 3)", "layers.Conv2D(1, 3)"),
        ),
        Wrong(
            "last convolution 5×5",
            "The last convolution has a kernel of 5×5: it is 3×3 with padding 1, so that each "
            "logit sees 18×18 pixels.",
            *last("nn.Conv2d(2 * width, 1, 5, padding=2)", 'layers.Conv2D(1, 5, padding="same")'),
        ),
        Wrong(
            "last convolution 4×4",
            "The last convolution has a kernel of 4×4: it is 3×3 with stride 1, which keeps the "
            "8×8 places where they are.",
            *last(
                "nn.ZeroPad2d((1, 2, 1, 2)), nn.Conv2d(2 * width, 1, 4)",
                'layers.Conv2D(1, 4, padding="same")',
            ),
        ),
        Wrong(
            "target without source",
            UNFIT,
            torch=(("nn.Conv2d(inputs, width,", "nn.Conv2d(3, width,"),),
            tensorflow=(("keras.Input((32, 32, inputs))", "keras.Input((32, 32, 3))"),),
        ),
        Wrong(
            "PyTorch's default slope",
            "These are exactly the numbers you get with leaky ReLU of slope 0.01, PyTorch's "
            "default: the text asks for 0.2.",
            *after_each("nn.LeakyReLU()", "layers.LeakyReLU(negative_slope=0.01)"),
        ),
        Wrong(
            "Keras's default slope",
            "These are exactly the numbers you get with leaky ReLU of slope 0.3, Keras's default: "
            "the text asks for 0.2.",
            *after_each("nn.LeakyReLU(0.3)", "layers.LeakyReLU()"),
        ),
        Wrong(
            "plain ReLU",
            "These are exactly the numbers you get with plain ReLU: it lets no gradient through "
            "below 0, and the translator lives on that gradient. Make it leaky, slope 0.2.",
            *after_each("nn.ReLU()", "layers.ReLU()"),
        ),
        Wrong(
            "batch norm",
            "There is batch norm in it: this discriminator has none.",
            *after_each(
                "nn.BatchNorm2d({size}),\nnn.LeakyReLU(0.2)",
                "layers.BatchNormalization(),\nlayers.LeakyReLU(negative_slope=0.2)",
            ),
        ),
        Wrong(
            "no bias",
            "There are weights too few: every convolution has a bias, as no batch norm follows.",
            *convolutions(("padding=1", "padding=1, bias=False"), ("4,", "4, use_bias=False,")),
        ),
        Wrong.both(
            "not initialised",
            "The layers are right, but kernels do not start from N(0, 0.02²): give the network to "
            "`initialise`.",
            ("return initialise(", "return ("),
        ),
    ),
)


def compose_cases(rng: np.random.Generator) -> list[Case]:
    """Four pixels by hand; one picture; nothing or all hidden; outputs far away; as in training."""

    def case(name: str, *shape: int, scale: float = 1, hidden: float = 0.4, **inputs) -> Case:
        both = rng.uniform(-1, 1, (2, *shape)).astype(np.float32)
        mask = (rng.uniform(0, 1, (*shape[:-1], 1)) < hidden).astype(np.float32)
        given = {"output": scale * both[0], "known": both[1], "mask": mask}
        return Case(name, {**given, **inputs})

    worked = {
        name: np.float32(values).reshape(1, 2, 2, 1)
        for name, values in (
            ("output", [0.9, -0.8, 0.7, -0.6]),
            ("known", [0.1, 0.2, 0.3, 0.4]),
            ("mask", [1, 0, 0, 1]),
        )
    }
    by_hand = np.reshape([0.9, 0.2, 0.3, -0.6], (1, 2, 2, 1))
    return [
        Case("the four pixels worked by hand", worked, {"composed picture": by_hand}),
        case("one picture in colour", 1, 3, 3, 3),
        case("nothing hidden", 2, 2, 2, 3, hidden=-1),
        case("all hidden", 2, 2, 2, 3, hidden=2),
        case("outputs as far as ±10000", 3, 3, 2, 3, scale=10_000),
        case("four pictures, as `train_translator` calls it", 4, 3, 3, 3, compiled=True),
        case("three pictures of 4×5 pixels", 3, 4, 5, 3),
    ]


def observe_compose(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The picture N×H×W×C, what becomes of known pixels and of what was given, the gradient."""
    look, inputs = probe(framework), case.inputs
    output, known, mask = (look.pictures(inputs[name]) for name in ("output", "known", "mask"))

    def in_graph(made):  # the known picture and the mask too, as in a compiled training step
        nothing = 0 * made[0, 0, 0, 0]
        return answer(made, known + nothing, mask + nothing)

    compose = as_told(in_graph, case, look)
    value, (gradient,) = value_and_gradients(look, compose, [output])
    answer(output, known, mask)
    given = {"output": output, "known": known, "mask": mask}
    kept = all(
        np.array_equal(look.array(g), look.array(look.pictures(inputs[n])))
        for n, g in given.items()
    )
    picture = channels_last(value, framework)
    here = np.broadcast_to(inputs["mask"] == 0, inputs["known"].shape)
    same = picture.shape == here.shape and np.array_equal(picture[here], inputs["known"][here])
    return {
        "composed picture": picture,
        "invariant known pixels to the last bit": yes(same),
        "invariant what was given is as before": yes(kept),
        "gradient of the output": gradient,
    }


COMPOSED = "mask * output + (1 - mask) * known"
composed = replacing(COMPOSED, COMPOSED)

COMPOSE = Exercise(
    id="cgan.compose",
    difficulty=1,
    importance=5,
    minutes=4,
    seed=2,
    cases=compose_cases,
    observe=observe_compose,
    tolerance_reason="float32 products with 0 and 1",
    messages={
        "invariant known pixels to the last bit": (
            "Known pixels do not come out as they went in, to the last bit: take them from the "
            "known picture itself, not from a sum in which the output was added and taken away."
        ),
        "invariant what was given is as before": (
            "The picture is right, but what was given has changed: the known picture is part of "
            "the source, and training needs it again. Make a new picture."
        ),
        "gradient of the output": (
            "The picture is right and the gradient of the output is not: it is 1 where a pixel is "
            "hidden and 0 where it is known."
        ),
    },
    hints=(
        "Where the mask is 0, which of the two pictures may be seen?",
        "Check three properties: with a mask of zeros the known picture comes back; with a mask of "
        "ones, the output; with half and half, no pixel is a mixture.",
        "Two products that never count at the same pixel, added up: each picture with a mask that "
        "is 1 where this picture is to be seen.",
    ),
    wrong=(
        composed(
            "mask inverted",
            "The mask is the wrong way round: it is 1 where a pixel is *hidden*, and here the "
            "known pixels were painted over and the holes left.",
            "(1 - mask) * output + mask * known",
        ),
        composed(
            "composite that lets the model change known pixels",
            "This is the output as it is: the model may change pixels that were known, and a "
            "customer's product comes back slightly different. Put the known pixels back.",
            "output + 0 * known",
        ),
        composed(
            "output laid over the known picture",
            "The output is added everywhere, also where pixels are known: mask it.",
            "output + (1 - mask) * known",
        ),
        composed(
            "known picture laid over the output",
            "The known picture is added everywhere, also where pixels are hidden: mask it.",
            "mask * output + known",
        ),
        composed(
            "known pixels missing",
            "Known pixels are 0, a grey: fill them from the known picture.",
            "mask * output",
        ),
        composed(
            "holes left",
            "Hidden pixels are 0, a grey: fill them from the output.",
            "(1 - mask) * known + 0 * output",
        ),
        composed(
            "nothing filled",
            "This is the known picture as it is: hidden pixels come from the output.",
            "known + 0 * output",
        ),
        composed(
            "half and half",
            "The two pictures are mixed half and half: every pixel comes from one of them.",
            "0.5 * output + 0.5 * known",
        ),
        composed(
            "one mask for all pictures",
            "All pictures are composed by the mask of picture 0: each has one of its own.",
            "mask[:1] * output + (1 - mask[:1]) * known",
        ),
        composed(
            "output subtracted",
            "The output counts with a minus: dark pixels come out bright.",
            "(1 - mask) * known - mask * output",
        ),
        composed(
            "added and taken away",
            "The numbers are nearly right: the output was added to known pixels and taken away "
            "again, and what it leaves in the last digits is a change.",
            "output + (1 - mask) * (known - output)",
        ),
        composed(
            "output cut off",
            "The picture is right, but the output is cut off from its gradient, so the network "
            "never hears how well it filled the hole.",
            "mask * output.detach() + (1 - mask) * known",
            "mask * tf.stop_gradient(output) + (1 - mask) * known",
        ),
    ),
)
