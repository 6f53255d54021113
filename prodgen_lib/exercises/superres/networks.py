"""The network: its builder, and the shuffle that turns channels into pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import (
    CONVOLUTIONS,
    drawn_weights,
    flat,
    probe,
    replacing,
    summary,
    yes,
)
from prodgen_lib.exercises.superres.resizing import upright


def shuffle_cases(rng: np.random.Generator) -> list[Case]:
    """One place by hand; two colours of two places; factor 3; several pictures."""

    def case(name: str, factor: int, *shape: int) -> Case:
        return Case(name, {"features": rng.normal(0, 1, shape), "factor": factor})

    one = {"features": np.arange(1.0, 5).reshape(1, 1, 1, 4), "factor": 2}
    two = {"features": np.arange(1.0, 9).reshape(1, 1, 1, 8), "factor": 2}
    return [
        Case("one place, one colour", one, {FIRST: [[1, 2], [3, 4]]}),
        Case("one place, two colours", two, {FIRST: [[1, 2], [3, 4]]}),
        case("three places in a row", 2, 1, 1, 3, 4),
        case("factor 3", 3, 1, 2, 3, 18),
        case("two colour pictures", 2, 2, 3, 4, 12),
    ]


FIRST = "pixels of the first colour"


def observe_shuffle(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The first colour's pixels; all pixels; the gradient, pixel by pixel."""
    look, inputs = probe(framework), case.inputs
    count, height, width, channels = inputs["features"].shape
    factor = inputs["factor"]
    shape = count, height * factor, width * factor, channels // factor**2
    weights = look.pictures(np.random.default_rng(0).uniform(1, 2, shape))

    def weighted(features: object) -> object:
        pixels = answer(features, factor=factor)
        return pixels * weights if tuple(pixels.shape) == tuple(weights.shape) else 0 * features

    given = look.array(answer(look.pictures(inputs["features"]), factor=factor))
    pixels = upright(given, framework)
    first = pixels[0, :, :, 0] if pixels.shape == shape else np.full(shape[1:3], np.nan)
    _, (gradient,) = look.value_and_gradients(weighted, look.pictures(inputs["features"]))
    return {FIRST: first, "pixels": given, "gradient of the features": gradient}


split = replacing(
    "features.reshape(count, channels // factor**2, factor, factor, height, width)",
    "tf.reshape(features, (count, height, width, channels // factor**2, factor, factor))",
)
moved = replacing(
    "blocks.permute(0, 1, 4, 2, 5, 3)",
    "tf.transpose(blocks, (0, 1, 4, 2, 5, 3))",
)

SHUFFLE = Exercise(
    id="superres.pixel_shuffle",
    difficulty=3,
    importance=5,
    minutes=8,
    seed=1,
    cases=shuffle_cases,
    observe=observe_shuffle,
    tolerance_reason="numbers are only moved",
    rtol=1e-6,
    forbidden=("PixelShuffle", "pixel_shuffle", "depth_to_space"),
    messages={
        "gradient of the features": (
            "The pixels are right and no gradient comes back through them: move numbers with "
            "tensors only, without numpy and `detach`."
        ),
    },
    hints=(
        "Of one place's channels, which become the upper row of its block, and which of two "
        "colours do the first factor² of them belong to?",
        "Give it channels that hold their own number, one place, two colours; then two places "
        "beside each other: do neighbours of a block stay neighbours?",
        "Split the channels' axis into three: colour, row in the block, column in the block. Move "
        "the row in the block right behind the place's row, the column behind the column. Then "
        "merge each pair.",
    ),
    wrong=(
        split(
            "channel order",
            "These are exactly the pixels when colours are the *fastest* of the channels' three "
            "indices, as in `tf.nn.depth_to_space`: here channel c·factor² + … belongs to colour "
            "c, so colour is the slowest.",
            "features.reshape(count, factor, factor, channels // factor**2, height, width)"
            ".permute(0, 3, 1, 2, 4, 5)",
            "tf.transpose(tf.reshape(features, (count, height, width, factor, factor,"
            " channels // factor**2)), (0, 1, 2, 5, 3, 4))",
        ),
        moved(
            "rows and columns of a block exchanged",
            "Each block lies on its side: dy counts rows and dx, the faster index, columns.",
            "blocks.permute(0, 1, 4, 3, 5, 2)",
            "tf.transpose(blocks, (0, 1, 5, 2, 4, 3))",
        ),
        moved(
            "pictures beside each other",
            "These are exactly the pixels when the row in the block comes *before* the place's "
            "row: factor² small pictures lie beside each other. The place comes first, then the "
            "row in its block.",
            "blocks.permute(0, 1, 2, 4, 3, 5)",
            "tf.transpose(blocks, (0, 4, 1, 5, 2, 3))",
        ),
        Wrong(
            "only reshaped",
            "These are exactly the pixels when numbers are reshaped without being moved: rows and "
            "columns then mix with channels. Between the two reshapes the axes must change places.",
            torch=(("    blocks = blocks.permute(0, 1, 4, 2, 5, 3)\n", ""),),
            tensorflow=(("    blocks = tf.transpose(blocks, (0, 1, 4, 2, 5, 3))\n", ""),),
        ),
        moved(
            "upside down",
            "Each block is upside down: dy = 0 is its upper row.",
            "blocks.flip(2).permute(0, 1, 4, 2, 5, 3)",
            "tf.transpose(blocks[:, :, :, :, ::-1], (0, 1, 4, 2, 5, 3))",
        ),
        Wrong(
            "every pixel repeated",
            "These are exactly the pixels when one channel's number fills a whole block, as in "
            "nearest-neighbour enlargement: each pixel of the block has a channel of its own.",
            torch=(
                (
                    "    return blocks.reshape(",
                    "    blocks = blocks[:, :, :, :1, :, :1].expand(blocks.shape)\n"
                    "    return blocks.reshape(",
                ),
            ),
            tensorflow=(
                (
                    "    return tf.reshape(blocks",
                    "    blocks = tf.broadcast_to(blocks[:, :, :1, :, :1], blocks.shape)\n"
                    "    return tf.reshape(blocks",
                ),
            ),
        ),
    ),
)


def network_cases(rng: np.random.Generator) -> list[Case]:
    """The weights counted by hand; the sizes by default; other factors, grey and colour."""

    def case(name: str, pictures: int, by_hand: int | None = None, **arguments: int) -> Case:
        inputs = {"arguments": arguments, "pictures": pictures}
        inputs |= {"seed": int(rng.integers(2**31))}
        return Case(name, inputs, {"number of weights": by_hand} if by_hand else {})

    return [
        case(
            "factor 2, width 2, one block, one channel",
            1,
            (9 * 2 + 2) + 2 * (9 * 2 * 2 + 2) + (9 * 2 * 4 + 4),
            **{"factor": 2, "width": 2, "blocks": 1, "channels": 1},
        ),
        case("the sizes that it has by default", 0),
        case("no blocks", 1, factor=2, width=3, blocks=0, channels=1),
        case("factor 3, three blocks, colour", 1, factor=3, width=3, blocks=3, channels=3),
        case("factor 2, two blocks, grey", 2, factor=2, width=4, blocks=2, channels=1),
    ]


def observe_network(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, what it starts with, channels with drawn weights, and gradients."""
    look, inputs = probe(framework), case.inputs
    network = look.model(answer(**inputs["arguments"]))
    ready = look.can_learn(network) and look.in_training(network)
    shapes = [weight.shape for weight in look.parameters(network)]
    rng = np.random.default_rng(inputs["seed"])
    channels = inputs["arguments"].get("channels", 3)
    pictures = look.pictures(rng.uniform(0, 1, (max(inputs["pictures"], 1), 7, 5, channels)))
    counted = {
        "number of weights": np.asarray(sum(int(np.prod(shape)) for shape in shapes)),
        "shapes of the weights": np.asarray(" ".join("×".join(map(str, s)) for s in shapes)),
    }
    start = look.array(look.call(network, pictures, training=False))
    starts = {"invariant starts as plain bicubic": yes(not start.any())}
    if not inputs["pictures"]:
        again = look.parameters(look.model(answer()))
        other = not np.allclose(flat(look.parameters(network)), flat(again))
        sizes = [kernel_size(weight, framework) for weight in look.parameters(network)]
        return {
            **counted,
            **starts,
            "invariant other kernels each time": yes(other),
            "invariant kernels not too small": yes(min(sizes[:-2]) > 0.85),
            "invariant kernels not too large": yes(max(sizes[:-2]) < 1.15),
            "invariant ready to train": yes(ready),
        }
    look.fill(network, drawn_weights(inputs["seed"], 0.2))
    value, (gradient,) = look.value_and_gradients(
        lambda tensor: look.call(network, tensor, training=False), pictures
    )
    return {
        "mean, lowest and highest channel": summary(value),
        "channels in evaluation mode": value,
        "channels in training mode": look.array(look.call(network, pictures, training=True)),
        **counted,
        **starts,
        "gradient of the pictures": gradient,
    }


def kernel_size(weight: np.ndarray, framework: Framework) -> float:
    """The spread of a kernel over the fifth of what `initialise` gives; for biases of zero, 1."""
    if weight.ndim < 4:
        return 1.0 - np.abs(weight).max()
    kernel = weight if framework.name == "torch" else np.moveaxis(weight, -1, 0)
    return kernel.std() / (0.2 * (2 / kernel[0].size) ** 0.5)


BETWEEN = (
    "The layers with weights are right and the numbers are not: look at what stands between them. "
    "In a block: convolution, ReLU, convolution, and the block's input added at its end; nowhere "
    "else an activation."
)

TORCH_BLOCK = "Residual(first, nn.ReLU(), nn.Conv2d(width, width, 3, padding=1))"
KERAS_SUM = "signal = layers.Add()([signal, inner])"
KERAS_RELU = "        inner = layers.ReLU()(inner)\n"


def block(name: str, message: str, torch: str, *tensorflow: tuple[str, str]) -> Wrong:
    """Another block: what stands in its place in PyTorch, and the edits in TensorFlow."""
    return Wrong(name, message, torch=((TORCH_BLOCK, torch),), tensorflow=tensorflow)


NETWORK = Exercise(
    id="superres.build_network",
    difficulty=2,
    importance=4,
    minutes=7,
    seed=3,
    cases=network_cases,
    observe=observe_network,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        "mean, lowest and highest channel": BETWEEN,
        "channels in evaluation mode": BETWEEN,
        "channels in training mode": (
            "Channels are right in evaluation mode and wrong in training mode: take out what "
            "differs between the modes."
        ),
        "invariant starts as plain bicubic": (
            "An untrained network adds something to bicubic already: its last layer must start "
            "with weights and biases of zero."
        ),
        "invariant other kernels each time": (
            "Two networks start with the same kernels: let the layers draw them afresh, without a "
            "seed of your own."
        ),
        "invariant kernels not too small": (
            "The kernels start too small, or biases other than zero: pass the network to "
            "`initialise`, then take a fifth."
        ),
        "invariant kernels not too large": (
            "The kernels start too large: a fifth of what `initialise` draws is asked for."
        ),
        "invariant ready to train": (
            "The network can't be trained as it is: leave it in training mode, with nothing frozen."
        ),
    },
    hints=(
        "How many numbers does the shuffle need for one small pixel, and what should an untrained "
        "network add to bicubic?",
        "Count the weights at width 2 with one block by hand; then look at the sign of the "
        "result, at a network without blocks, and at its output before any training.",
        "One convolution to `width`; a list of as many blocks as asked for, each inside the class "
        "that adds its input; a last convolution to the channels of the shuffle, its weights set "
        "to zero. Every one 3×3, keeping height and width.",
    ),
    wrong=(
        block(
            "no skip inside",
            "These are exactly the numbers you get when blocks do not add their input: the sum "
            "keeps the picture, and gradients find a short way back.",
            "nn.Sequential(first, nn.ReLU(), nn.Conv2d(width, width, 3, padding=1))",
            (KERAS_SUM, "signal = inner"),
        ),
        block(
            "ReLU at a block's end",
            "These are exactly the numbers you get with a ReLU at the end of each block: a block "
            "could then only add, never take away. The last convolution ends it.",
            "Residual(first, nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU())",
            (KERAS_SUM, "signal = layers.Add()([signal, layers.ReLU()(inner)])"),
        ),
        block(
            "no ReLU",
            "These are exactly the numbers you get without ReLU between a block's two "
            "convolutions: they are then one linear filter.",
            "Residual(first, nn.Conv2d(width, width, 3, padding=1))",
            (KERAS_RELU, ""),
        ),
        block(
            "ReLU on the sum",
            "These are exactly the numbers you get with a ReLU after each sum, as networks that "
            "classify have it: here the sum goes on as it is.",
            f"nn.Sequential({TORCH_BLOCK}, nn.ReLU())",
            (KERAS_SUM, "signal = layers.ReLU()(layers.Add()([signal, inner]))"),
        ),
        block(
            "batch norm",
            "There is batch norm in the blocks: it takes away the contrast of a picture, which is "
            "what super-resolution must keep. The text asks for none.",
            "Residual(first, nn.BatchNorm2d(width), nn.ReLU(), "
            "nn.Conv2d(width, width, 3, padding=1))",
            (KERAS_RELU, "        inner = layers.ReLU()(layers.BatchNormalization()(inner))\n"),
        ),
        Wrong(
            "ReLU after the first convolution",
            "These are exactly the numbers you get with a ReLU after the first convolution too: it "
            "stands inside the blocks only.",
            torch=(
                (
                    "layers = [nn.Conv2d(channels, width, 3, padding=1)]",
                    "layers = [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]",
                ),
            ),
            tensorflow=(('"same")(pictures)', '"same", activation="relu")(pictures)'),),
        ),
        Wrong.both(
            "never larger",
            "The last convolution gives as many channels as the picture has: the shuffle then has "
            "no numbers for new pixels. It needs factor² for each channel.",
            ("channels * factor**2", "channels"),
        ),
        Wrong.both(
            "factor not squared",
            "The last convolution gives `factor` numbers for each channel: a block has factor rows "
            "*and* factor columns, factor² pixels.",
            ("channels * factor**2", "channels * factor"),
        ),
        Wrong.both(
            "one block too few",
            "There is one block less than `blocks` says.",
            ("range(blocks)", "range(1, blocks)"),
        ),
        Wrong(
            "last layer not at zero",
            "An untrained network adds noise to bicubic: set the weights of the last layer to "
            "zero, and training starts from bicubic.",
            torch=(("        network[-1].weight.zero_()\n", ""),),
            tensorflow=(("    last.kernel.assign(tf.zeros_like(last.kernel))\n", ""),),
        ),
        Wrong(
            "not initialised",
            "The kernels start at the size that this library gives them: pass the network to "
            "`initialise` before you shrink them.",
            torch=(("initialise(", "("),),
            tensorflow=(("initialise(", "("),),
        ),
        Wrong(
            "not shrunk",
            "The kernels start as large as `initialise` makes them: without normalisation signals "
            "then grow from block to block. A fifth is asked for.",
            torch=(("weight.mul_(0.2)", "weight.mul_(1)"),),
            tensorflow=(("0.2 * weight", "weight"),),
        ),
    ),
)

EXERCISES = (SHUFFLE, NETWORK)
