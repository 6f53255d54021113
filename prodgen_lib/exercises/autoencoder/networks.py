"""The builders of the two networks, and the walk between two codes."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

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


def cases(weights_by_hand: int) -> Callable:
    """The weights counted by hand; the sizes it has by default; grey; colour."""

    def make(rng: np.random.Generator) -> list[Case]:
        def case(name: str, pictures: int, by_hand: int | None = None, **arguments: int) -> Case:
            inputs = {"arguments": arguments, "pictures": pictures}
            inputs |= {"seed": int(rng.integers(2**31))}
            return Case(name, inputs, {"number of weights": by_hand} if by_hand else {})

        return [
            case("two latents, width 1, one channel", 1, weights_by_hand, **_sizes(2, 1, 1)),
            case("the sizes that it has by default", 0),
            case("five latents, width 3, one channel", 2, **_sizes(5, 3, 1)),
            case("four latents, width 2, three channels", 3, **_sizes(4, 2, 3)),
        ]

    return make


def _sizes(latents: int, width: int, channels: int) -> dict[str, int]:
    return {"latents": latents, "width": width, "channels": channels}


def observe_encoder(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, codes in both modes, and the gradient for the pictures."""
    shape = case.inputs["pictures"], 32, 32, case.inputs["arguments"].get("channels", 3)
    rng = np.random.default_rng(case.inputs["seed"])
    return _passes(answer, case, probe(framework), rng.uniform(0, 1, shape), "codes")


def observe_decoder(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, pictures in both modes, and the gradient for the codes."""
    shape = case.inputs["pictures"], case.inputs["arguments"].get("latents", 64)
    rng = np.random.default_rng(case.inputs["seed"])
    return _passes(answer, case, probe(framework), rng.normal(0, 1, shape), "pictures")


def _passes(
    answer: Callable, case: Case, look: ModuleType, numbers: np.ndarray, what: str
) -> Observation:
    network = look.model(answer(**case.inputs["arguments"]))
    shapes = [weight.shape for weight in look.parameters(network)]
    seen = {
        "number of weights": np.asarray(sum(int(np.prod(shape)) for shape in shapes)),
        "shapes of the weights": np.asarray(" ".join("×".join(map(str, s)) for s in shapes)),
    }
    if not case.inputs["pictures"]:
        again = look.parameters(look.model(answer()))
        other = not np.allclose(flat(look.parameters(network)), flat(again))
        ready = look.can_learn(network) and look.in_training(network)
        return {
            **seen,
            "invariant other kernels each time": yes(other),
            "invariant ready to train": yes(ready),
        }
    inputs = look.pictures(numbers) if numbers.ndim == 4 else look.tensor(numbers)
    look.fill(network, drawn_weights(case.inputs["seed"], 0.15))
    value, (gradient,) = look.value_and_gradients(
        lambda tensor: look.call(network, tensor, training=False), inputs
    )
    return {
        f"mean, lowest and highest of the {what}": summary(value),
        f"{what} in evaluation mode": value,
        f"{what} in training mode": look.array(look.call(network, inputs, training=True)),
        **seen,
        "gradient of the inputs": gradient,
    }


START = {
    "invariant other kernels each time": (
        "Two networks start with the same kernels: let the layers draw them afresh, without a seed "
        "of your own."
    ),
    "invariant ready to train": (
        "The network can't be trained as it is: leave it in training mode, with nothing frozen."
    ),
}
SLOPE = (
    "The layers with weights are right and the numbers are not: look at what stands between them, "
    "leaky ReLU of slope 0.2, and at what stands at the end."
)


def every_slope(torch: str, tensorflow: str) -> tuple[tuple, tuple]:
    """Edits of the activations after the three convolutions of the encoder."""
    edits = []
    for sizes in ("channels, width", "width, 2 * width", "2 * width, 4 * width"):
        out = sizes.partition(", ")[2]
        head = f"nn.Conv2d({sizes}, 4, stride=2, padding=1),\n        "
        first = head + "nn.LeakyReLU(0.2)", head + torch
        head = f'layers.Conv2D({out}, 4, strides=2, padding="same"),\n            '
        edits.append((first, (head + "layers.LeakyReLU(negative_slope=0.2)", head + tensorflow)))
    return tuple(edit for edit, _ in edits), tuple(edit for _, edit in edits)


ENCODER = Exercise(
    id="autoencoder.build_encoder",
    difficulty=2,
    importance=4,
    minutes=7,
    seed=1,
    cases=cases(17 + 34 + 132 + 130),
    observe=observe_encoder,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        **START,
        "codes in evaluation mode": SLOPE,
        "mean, lowest and highest of the codes": SLOPE,
        "codes in training mode": (
            "Codes are right in evaluation mode and wrong in training mode: take out what differs "
            "between the modes."
        ),
    },
    hints=(
        "How many pixels has the picture after each convolution, and which convolution takes 4×4 "
        "pixels to a single one?",
        "Count the weights of your network at width 1 by hand, and look at the shape of the "
        "result: one row of `latents` numbers for each picture, of both signs.",
        "One Sequential: three times a convolution of stride 2 that doubles the channels and a "
        "leaky ReLU; a last convolution as large as what is left; then flatten, and nothing else.",
    ),
    wrong=(
        Wrong(
            "code bounded",
            "These are exactly the numbers you get with tanh at the end: nothing bounds a code, "
            "which only the decoder reads.",
            torch=(("nn.Flatten(),", "nn.Flatten(),\n        nn.Tanh(),"),),
            tensorflow=(
                ("layers.Flatten(),", 'layers.Flatten(),\n            layers.Activation("tanh"),'),
            ),
        ),
        Wrong(
            "code cut at 0",
            "These are exactly the numbers you get with an activation after the code: half of the "
            "places that a code may have are then lost.",
            torch=(("nn.Flatten(),", "nn.Flatten(),\n        nn.ReLU(),"),),
            tensorflow=(("layers.Flatten(),", "layers.Flatten(),\n            layers.ReLU(),"),),
        ),
        Wrong(
            "leaky at the end too",
            "These are exactly the numbers you get with a leaky ReLU after the code too: it stands "
            "between layers, and nothing follows the last.",
            torch=(("nn.Flatten(),", "nn.Flatten(),\n        nn.LeakyReLU(0.2),"),),
            tensorflow=(
                (
                    "layers.Flatten(),",
                    "layers.Flatten(),\n            layers.LeakyReLU(negative_slope=0.2),",
                ),
            ),
        ),
        Wrong(
            "not flattened",
            "The code still has height and width 1: flatten it, so that it is a row of `latents` "
            "numbers for each picture.",
            torch=(("        nn.Flatten(),\n", ""),),
            tensorflow=(("            layers.Flatten(),\n", ""),),
        ),
        Wrong(
            "no bottleneck",
            "The code is as wide as the last layer before it and not `latents` numbers: then "
            "nothing forbids copying.",
            torch=(("4 * width, latents, 4)", "4 * width, 4 * width, 4)"),),
            tensorflow=(("layers.Conv2D(latents, 4)", "layers.Conv2D(4 * width, 4)"),),
        ),
        Wrong(
            "padding at the end",
            "The last convolution is padded, so that several pixels are left of each picture: "
            "without padding 4×4 pixels become one.",
            torch=(("4 * width, latents, 4)", "4 * width, latents, 4, padding=1)"),),
            tensorflow=(
                ("layers.Conv2D(latents, 4)", 'layers.Conv2D(latents, 4, padding="same")'),
            ),
        ),
        Wrong(
            "ReLU",
            "These are exactly the numbers you get with plain ReLU: the text asks for the leaky "
            "one, slope 0.2.",
            *every_slope("nn.ReLU()", "layers.ReLU()"),
        ),
        Wrong(
            "the default slope",
            "These are exactly the numbers you get with this library's default slope of leaky "
            "ReLU: the text asks for 0.2.",
            *every_slope("nn.LeakyReLU()", "layers.LeakyReLU()"),
        ),
        Wrong(
            "no activations",
            "These are exactly the numbers you get without activations: convolutions in a row are "
            "then one linear map, and the autoencoder a costly PCA.",
            *every_slope("nn.Identity()", 'layers.Activation("linear")'),
        ),
    ),
)

DECODER = Exercise(
    id="autoencoder.build_decoder",
    difficulty=2,
    importance=4,
    minutes=6,
    seed=1,
    cases=cases(132 + 130 + 33 + 17),
    observe=observe_decoder,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        **START,
        "pictures in evaluation mode": SLOPE,
        "mean, lowest and highest of the pictures": SLOPE,
        "pictures in training mode": (
            "Pictures are right in evaluation mode and wrong in training mode: take out what "
            "differs between the modes."
        ),
    },
    hints=(
        "Read the encoder from the end. What undoes each of its layers, and how many pixels are "
        "there after each?",
        "Count the weights at width 1 by hand; look at the size of the pictures, 32×32, and at "
        "their range: which function ends at 0 and 1?",
        "One Sequential: the code as a picture of one pixel; a transposed convolution to 4×4 "
        "pixels; three that double height and width and halve the channels, the last to the "
        "picture's; leaky ReLU between them, and the function for the range.",
    ),
    wrong=(
        Wrong(
            "tanh at the end",
            "These are exactly the numbers you get with tanh at the end: that is for pictures in "
            "[-1, 1], and here they lie in [0, 1].",
            torch=(("nn.Sigmoid()", "nn.Tanh()"),),
            tensorflow=(('Activation("sigmoid")', 'Activation("tanh")'),),
        ),
        Wrong(
            "nothing at the end",
            "These are exactly the numbers you get without a sigmoid at the end: nothing then "
            "keeps pixels in [0, 1].",
            torch=(("        nn.Sigmoid(),\n", ""),),
            tensorflow=(('            layers.Activation("sigmoid"),\n', ""),),
        ),
        Wrong(
            "ReLU at the end",
            "These are exactly the numbers you get with ReLU at the end: pixels may then exceed 1, "
            "and dark ones get no gradient. The sigmoid ends at 0 and 1.",
            torch=(("nn.Sigmoid()", "nn.ReLU()"),),
            tensorflow=(('Activation("sigmoid")', 'Activation("relu")'),),
        ),
        Wrong(
            "leaky before the sigmoid",
            "These are exactly the numbers you get with a leaky ReLU before the sigmoid: the "
            "darkest pixels can then hardly be reached.",
            torch=(("nn.Sigmoid()", "nn.LeakyReLU(0.2),\n        nn.Sigmoid()"),),
            tensorflow=(
                (
                    'layers.Activation("sigmoid")',
                    "layers.LeakyReLU(negative_slope=0.2),\n"
                    '            layers.Activation("sigmoid")',
                ),
            ),
        ),
        Wrong(
            "stride forgotten",
            "The pictures are too small: the last transposed convolution has no stride 2, so it "
            "does not double them.",
            torch=(
                ("(width, channels, 4, stride=2, padding=1)", "(width, channels, 3, padding=1)"),
            ),
            tensorflow=(
                ('(channels, 4, strides=2, padding="same")', '(channels, 3, padding="same")'),
            ),
        ),
        Wrong(
            "other padding",
            "The pictures have another size because of the padding of the last transposed "
            "convolution: it has to turn 16 pixels into 32.",
            torch=(
                (
                    "(width, channels, 4, stride=2, padding=1)",
                    "(width, channels, 4, stride=2)",
                ),
            ),
            tensorflow=(('(channels, 4, strides=2, padding="same")', "(channels, 4, strides=2)"),),
        ),
    ),
)


def walk_cases(rng: np.random.Generator) -> list[Case]:
    """Three steps by hand, with a decoder that shows the code; two steps; seven."""

    def draw(name: str, steps: int) -> Case:
        codes = {key: rng.normal(0, 1.5, 3).astype(np.float32) for key in ("start", "end")}
        return Case(name, {**codes, "steps": steps, "weights": int(rng.integers(2**31))})

    worked = {"start": np.array([0, 4], np.float32), "end": np.array([2, 0], np.float32)}
    pictures = np.reshape([[0, 4], [1, 2], [2, 0]], (3, 2, 1, 1)).astype(float)
    return [
        Case("a decoder that shows the code", {**worked, "steps": 3}, {"pictures": pictures}),
        draw("two steps", 2),
        draw("seven steps", 7),
    ]


def observe_walk(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The pictures on the way."""
    look, inputs = probe(framework), case.inputs

    def decoder(codes):
        return codes[:, :, None, None]

    if "weights" in inputs:
        decoder = look.tiny_generator(batch_norm=False)
        look.fill(decoder, drawn_weights(inputs["weights"]))
    start, end = look.tensor(inputs["start"]), look.tensor(inputs["end"])
    return {"pictures": look.array(answer(decoder, start, end, steps=inputs["steps"]))}


step = replacing(*2 * ("start + shares * (end - start)",))
shares = replacing("torch.linspace(0, 1, steps)", "tf.linspace(0.0, 1.0, steps)")

WALK = Exercise(
    id="autoencoder.walk",
    difficulty=2,
    importance=3,
    minutes=4,
    seed=1,
    cases=walk_cases,
    observe=observe_walk,
    tolerance_reason="float32 sums in another order",
    hints=(
        "Which code stands at the start of the way, which at the end, and which one in the middle?",
        "Check the two ends, the number of pictures, and that neighbouring codes always differ by "
        "the same.",
        "Spread the numbers from 0 to 1 evenly, ends included, one for each step; move by that "
        "share of the difference away from the start; decode all codes as one batch.",
    ),
    wrong=(
        step(
            "from the end to the start",
            "These are exactly the pictures in the opposite order: the way begins at `start`.",
            "end + shares * (start - end)",
        ),
        step(
            "codes added up",
            "These are exactly the numbers you get when shares of `end` are added to `start` as it "
            "is: on the way the start's share falls as the end's grows.",
            "start + shares * end",
        ),
        shares(
            "end left out",
            "The last picture is not that of `end`: with both ends included, the shares run from 0 "
            "to 1 and reach it.",
            "(torch.arange(steps) / steps)",
            "(tf.range(steps, dtype=tf.float32) / steps)",
        ),
        shares(
            "ends left out",
            "Neither `start` nor `end` is among the pictures: with both ends included, the shares "
            "run from 0 to 1.",
            "((torch.arange(steps) + 1) / (steps + 1))",
            "((tf.range(steps, dtype=tf.float32) + 1) / (steps + 1))",
        ),
        shares(
            "one picture more",
            "There is one picture too many: `steps` counts pictures, ends included.",
            "torch.linspace(0, 1, steps + 1)",
            "tf.linspace(0.0, 1.0, steps + 1)",
        ),
        step(
            "pictures mixed",
            "These are mixtures of the two end *pictures*, pixel by pixel, as a slide show fades: "
            "mix the codes and decode each.",
            "start) + shares[:, :, None, None] * (decoder((end + 0 * shares))"
            " - decoder(start + 0 * shares)",
        ),
    ),
)

EXERCISES = (ENCODER, DECODER, WALK)
