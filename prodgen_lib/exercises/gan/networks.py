"""The builders of the two networks."""

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
    summary,
    weight_shapes,
    yes,
)

SPREAD = (0.0175, 0.0225)  # around 0.02: six standard errors of the smallest kernel, as below


def cases(
    weights_by_hand: int, scale: float, sizes: dict[str, int], more: tuple[dict[str, int], ...]
) -> Callable:
    """The weights counted by hand, the weights to start with, and passes through small networks.

    `sizes` are arguments beside width and channels; each of `more` has a case of its own.
    """

    def make(rng: np.random.Generator) -> list[Case]:
        def case(name: str, pictures: int, by_hand: int | None = None, **arguments: int) -> Case:
            inputs = {"arguments": arguments, "pictures": pictures, "scale": scale}
            inputs |= {"seed": int(rng.integers(2**31))}
            return Case(name, inputs, {"number of weights": by_hand} if by_hand else {})

        def case_of(name: str, pictures: int, width: int, channels: int, **other: int) -> Case:
            return case(name, pictures, width=width, channels=channels, **sizes, **other)

        worked = {"width": 1, "channels": 1, **sizes}
        found = [
            case("width 1 and one channel", 1, weights_by_hand, **worked),
            case("the sizes that it has by default", 0),
            *(case_of(_named(other), 2, 2, 2, **other) for other in more[:1]),
            case_of("width 2 and three channels", 3, 2, 3),
        ]
        others = [case_of(_named(other), 2, 2, 2, **other) for other in more[1:]]
        return [*found[:-1], *others, found[-1]]

    return make


def _named(arguments: dict[str, int]) -> str:
    return " and ".join(["width 2", *(f"{name}={value}" for name, value in arguments.items())])


def observe_generator(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights and moving statistics, pictures in both modes, and the gradient for the noise."""
    look = probe(framework)
    network = look.model(answer(**case.inputs["arguments"]))
    if not case.inputs["pictures"]:
        return starting_weights(answer, network, look)
    rng = np.random.default_rng(case.inputs["seed"])
    shape = (case.inputs["pictures"], case.inputs["arguments"]["latent_dim"])
    return passes(network, look.tensor(rng.normal(0, 1, shape)), "pictures", case, look)


def observe_discriminator(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Weights, logits in both modes, and the gradient for the pictures."""
    look = probe(framework)
    network = look.model(answer(**case.inputs["arguments"]))
    if not case.inputs["pictures"]:
        return starting_weights(answer, network, look)
    rng = np.random.default_rng(case.inputs["seed"])
    shape = (case.inputs["pictures"], 32, 32, case.inputs["arguments"]["channels"])
    return passes(network, look.pictures(rng.uniform(-1, 1, shape)), "logits", case, look)


def passes(network, inputs, what: str, case: Case, look: ModuleType) -> Observation:
    """What a network computes in both modes, with weights drawn for it."""
    seen = weight_shapes(network, look)
    look.fill(network, drawn_weights(case.inputs["seed"], case.inputs["scale"]))

    def evaluate(tensor):
        return look.call(network, tensor, training=False)

    value, (gradient,) = look.value_and_gradients(evaluate, inputs)
    training = look.array(look.call(network, inputs, training=True))
    statistics = flat(look.statistics(network))
    return {
        f"mean, lowest and highest of the {what}": summary(value),
        f"{what} in evaluation mode": value,
        f"{what} in training mode": training,
        **seen,
        "moving statistics after a pass": summary(statistics if statistics.size else np.zeros(1)),
        "gradient of the inputs": gradient,
    }


def starting_weights(answer: Callable, network, look: ModuleType) -> Observation:
    """What the weights look like before training; kernels as properties, for they are random."""
    weights = look.parameters(network)
    kernels = [weight for weight in weights if weight.ndim > 1]
    vectors = [weight for weight in weights if weight.ndim == 1]
    starts = "".join(_constant(vector) for vector in vectors)
    again = look.parameters(look.model(answer()))
    return {
        **weight_shapes(network, look),
        "invariant kernels from N(0, 0.02²)": yes(all(_normal(kernel) for kernel in kernels)),
        "invariant biases and scales to start with": np.asarray(starts),
        "invariant other kernels each time": yes(not np.allclose(flat(weights), flat(again))),
        "invariant ready to train": yes(look.can_learn(network) and look.in_training(network)),
    }


def _constant(vector: np.ndarray) -> str:
    """0 or 1 where all numbers of a vector are that, else a question mark."""
    return "0" if np.all(vector == 0) else "1" if np.all(vector == 1) else "?"


def _normal(kernel: np.ndarray) -> bool:
    beyond = np.mean(np.abs(kernel) > 0.04)  # two standard deviations: 4.6 % of a normal
    spread = SPREAD[0] < kernel.std() < SPREAD[1]
    return bool(spread and abs(kernel.mean()) < 0.0035 and 0.01 < beyond < 0.085)


START = {
    "invariant kernels from N(0, 0.02²)": (
        "The layers are right, but kernels do not start from N(0, 0.02²): give the network to "
        "`initialise`."
    ),
    "invariant biases and scales to start with": (
        "The layers are right, but biases and scales do not start where they should: give the "
        "network to `initialise`."
    ),
    "invariant other kernels each time": (
        "Two networks start with the same kernels: draw them afresh, without a seed of your own."
    ),
    "invariant ready to train": (
        "The network can't be trained as it is: leave it in training mode, with nothing frozen."
    ),
}


BATCH_NORM = "layers.BatchNormalization(momentum=0.9, epsilon=1e-5)"
TANH = "            nn.Tanh()", '                layers.Activation("tanh")'
NORMS = tuple(
    f"{head}\n{' ' * 16}{BATCH_NORM}"
    for head in (
        "Conv2DTranspose(4 * width, 4, use_bias=False),",
        'Conv2DTranspose(2 * width, 4, strides=2, padding="same", use_bias=False),',
        'Conv2DTranspose(width, 4, strides=2, padding="same", use_bias=False),',
    )
)


def norms(torch: str, tensorflow: str) -> tuple[tuple, tuple]:
    """Edits that change the arguments of all three batch norms of the generator."""
    sizes = ("4 * width", "2 * width", "width")
    asked = "momentum=0.9, epsilon=1e-5"
    return (
        tuple((f"BatchNorm2d({size})", f"BatchNorm2d({size}{torch})") for size in sizes),
        tuple((norm, norm.replace(asked, tensorflow)) for norm in NORMS),
    )


def activations(torch: str, tensorflow: str) -> tuple[tuple, tuple]:
    """Edits that put something else after the first three convolutions of the discriminator."""
    edits = []
    for sizes in ("channels, width", "width, 2 * width", "2 * width, 4 * width"):
        size = sizes.partition(", ")[2]
        head = f"nn.Conv2d({sizes}, 4, stride=2, padding=1),\n" + " " * 12
        torch_edit = head + "nn.LeakyReLU(0.2)", head + torch.format(size=size)
        head = f'layers.Conv2D({size}, 4, strides=2, padding="same"),\n' + " " * 16
        edits.append(
            (torch_edit, (head + "layers.LeakyReLU(negative_slope=0.2)", head + tensorflow))
        )
    return tuple(edit for edit, _ in edits), tuple(edit for _, edit in edits)


GENERATOR = Exercise(
    id="gan.build_generator",
    difficulty=3,
    importance=5,
    minutes=12,
    seed=2,
    cases=cases(319, 0.03, {"latent_dim": 2}, ()),
    observe=observe_generator,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        **START,
        "batch norm layers": (
            "The number of batch norms is not right: one follows each transposed convolution but "
            "the last, and there is no other."
        ),
        "pictures in training mode": (
            "Pictures are right in evaluation mode and wrong in training mode: look at the eps of "
            "batch norm, and at whether there is something else that differs between the modes."
        ),
        "moving statistics after a pass": (
            "The pictures are right, but batch norm's moving statistics move by another amount: "
            "look at its momentum."
        ),
    },
    hints=(
        "How many pixels has the picture after each layer? Which of the layers takes one pixel to "
        "four, and which ones double?",
        "Count the weights of your network at width 1 by hand: a bias before batch norm is one "
        "too many. And look at the range of the pictures: which function ends at -1 and 1?",
        "One Sequential: noise as a picture of one pixel; then three times a transposed "
        "convolution without bias, batch norm, ReLU; then a last transposed convolution and the "
        "function for the range; all of it through `initialise`.",
    ),
    wrong=(
        Wrong(
            "sigmoid at the end",
            "These are exactly the numbers you get with a sigmoid at the end: pictures lie in "
            "[-1, 1] here, so tanh ends the network.",
            torch=(("nn.Tanh()", "nn.Sigmoid()"),),
            tensorflow=(('Activation("tanh")', 'Activation("sigmoid")'),),
        ),
        Wrong(
            "nothing at the end",
            "These are exactly the numbers you get without tanh at the end: nothing then keeps "
            "pixels in [-1, 1].",
            torch=(("            nn.Tanh(),\n", ""),),
            tensorflow=(('                layers.Activation("tanh"),\n', ""),),
        ),
        Wrong(
            "other padding",
            "The pictures have another size because of the padding of the last transposed "
            "convolution: it has to turn 16 pixels into 32.",
            torch=(
                (
                    "nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1)",
                    "nn.ConvTranspose2d(width, channels, 4, stride=2)",
                ),
            ),
            tensorflow=(
                (
                    'layers.Conv2DTranspose(channels, 4, strides=2, padding="same")',
                    "layers.Conv2DTranspose(channels, 4, strides=2)",
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
            "bias before batch norm",
            "There are biases too many: batch norm takes the mean away again, so the convolutions "
            "before it go without.",
            torch=(
                ("(latent_dim, 4 * width, 4, bias=False)", "(latent_dim, 4 * width, 4)"),
                ("2 * width, 4, stride=2, padding=1, bias=False", "2 * width, 4, 2, 1"),
                (
                    "(2 * width, width, 4, stride=2, padding=1, bias=False",
                    "(2 * width, width, 4, 2, 1",
                ),
            ),
            tensorflow=(
                ("(4 * width, 4, use_bias=False)", "(4 * width, 4)"),
                (
                    '(2 * width, 4, strides=2, padding="same", use_bias=False)',
                    '(2 * width, 4, strides=2, padding="same")',
                ),
                (
                    '(width, 4, strides=2, padding="same", use_bias=False)',
                    '(width, 4, strides=2, padding="same")',
                ),
            ),
        ),
        Wrong(
            "no bias at the end",
            "The last convolution has no bias: no batch norm follows it, so it needs one.",
            torch=(("channels, 4, stride=2, padding=1)", "channels, 4, 2, 1, bias=False)"),),
            tensorflow=(
                (
                    'channels, 4, strides=2, padding="same")',
                    'channels, 4, strides=2, padding="same", use_bias=False)',
                ),
            ),
        ),
        Wrong(
            "the other framework's momentum",
            "These are exactly the numbers you get when the other library's momentum of batch norm "
            "is typed in by place: the two libraries order the arguments differently, and one's "
            "momentum is 1 minus the other's. Name the argument.",
            *norms(", 0.8", "momentum=0.1, epsilon=1e-5"),
        ),
        Wrong(
            "the other default eps",
            "These are exactly the numbers you get with the other library's eps in batch norm, "
            "1e-3: the text asks for 1e-5.",
            *norms(", eps=1e-3", "momentum=0.9"),
        ),
        Wrong(
            "the other framework's defaults",
            "These are exactly the numbers you get with Keras's defaults of batch norm, epsilon "
            "1e-3 and momentum 0.99: the text asks for epsilon 1e-5 and momentum 0.9.",
            torch=(),
            tensorflow=norms("", "")[1],
        ),
        Wrong(
            "the other default momentum",
            "These are exactly the numbers you get with Keras's default momentum of batch norm, "
            "0.99: the text asks for 0.9.",
            torch=(),
            tensorflow=norms("", "epsilon=1e-5")[1],
        ),
        Wrong(
            "batch norm at the end",
            "There is a batch norm too many: none follows the last transposed convolution, whose "
            "pixels go straight into tanh.",
            torch=((TANH[0], "            nn.BatchNorm2d(channels),\n" + TANH[0]),),
            tensorflow=((TANH[1], " " * 16 + BATCH_NORM + ",\n" + TANH[1]),),
        ),
        Wrong(
            "batch norm at the end, no bias",
            "There is a batch norm too many: none follows the last transposed convolution, which "
            "so has a bias and goes straight into tanh.",
            torch=(
                (
                    "(width, channels, 4, stride=2, padding=1)",
                    "(width, channels, 4, stride=2, padding=1, bias=False)",
                ),
                (TANH[0], "            nn.BatchNorm2d(channels),\n" + TANH[0]),
            ),
            tensorflow=(
                (
                    '(channels, 4, strides=2, padding="same")',
                    '(channels, 4, strides=2, padding="same", use_bias=False)',
                ),
                (TANH[1], " " * 16 + BATCH_NORM + ",\n" + TANH[1]),
            ),
        ),
        Wrong(
            "without batch norm",
            "There are weights too few: batch norm follows each transposed convolution but the "
            "last.",
            torch=tuple(
                (f"            nn.BatchNorm2d({size}),\n", "")
                for size in ("4 * width", "2 * width", "width")
            ),
            tensorflow=tuple(
                (old, old.partition("\n")[0] + "\n") for old in map("{},\n".format, NORMS)
            ),
        ),
        Wrong(
            "leaky ReLU",
            "These are exactly the numbers you get with leaky ReLU of slope 0.2: the generator has "
            "plain ReLU, the leaky one is the discriminator's.",
            torch=tuple(
                (
                    f"BatchNorm2d({size}),\n            nn.ReLU()",
                    f"BatchNorm2d({size}),\n            nn.LeakyReLU(0.2)",
                )
                for size in ("4 * width", "2 * width", "width")
            ),
            tensorflow=tuple(
                (
                    f"{norm},\n                layers.ReLU()",
                    f"{norm},\n                layers.LeakyReLU(negative_slope=0.2)",
                )
                for norm in NORMS
            ),
        ),
        Wrong.both(
            "not initialised",
            "The layers are right, but kernels do not start from N(0, 0.02²): give the network to "
            "`initialise`.",
            ("return initialise(", "return ("),
        ),
    ),
)

NORM = (
    "There is batch norm in it: a picture's logit then depends on the other pictures of the batch, "
    "which the gradient penalty can't have."
)
LAST = (
    "            nn.Flatten(1 if classes else 0),\n",
    "                layers.Reshape((classes,) if classes else ()),\n",
)

DISCRIMINATOR = Exercise(
    id="gan.build_discriminator",
    difficulty=3,
    importance=5,
    minutes=10,
    seed=1,
    cases=cases(248, 0.2, {}, ({"classes": 3}, {"classes": 1})),
    observe=observe_discriminator,
    tolerance_reason=CONVOLUTIONS,
    rtol=3e-4,
    messages={
        **START,
        "batch norm layers": NORM,
        "logits in training mode": (
            "Logits are right in evaluation mode and wrong in training mode: a picture's logit "
            "must depend on that picture alone, without batch norm or dropout."
        ),
    },
    hints=(
        "What does the loss expect: a probability or a logit, and of which shape for a batch of N?",
        "Count the weights of your network at width 1 by hand: every convolution has a bias, and "
        "nothing else has weights. Then give it a batch of one picture and look at the shape.",
        "One Sequential: three times a convolution that halves the picture and leaky ReLU with "
        "its slope named; a convolution from 4 pixels to 1; a layer that leaves shape (N,); all of "
        "it through `initialise`.",
    ),
    wrong=(
        Wrong(
            "sigmoid at the end",
            "These are exactly the numbers you get with a sigmoid at the end: the losses take "
            "logits and apply it themselves.",
            torch=((LAST[0], LAST[0] + "            nn.Sigmoid(),\n"),),
            tensorflow=((LAST[1], LAST[1] + '                layers.Activation("sigmoid"),\n'),),
        ),
        Wrong(
            "logits (N, 1)",
            "The logits have shape (N, 1): against labels or logits of shape (N,) that spreads out "
            "to N×N without a word. Make it (N,).",
            torch=(("nn.Flatten(1 if classes else 0),", "nn.Flatten(1),"),),
            tensorflow=(("Reshape((classes,) if classes else ()),", "Flatten(),"),),
        ),
        Wrong(
            "logits (N, 1, 1, 1)",
            "The logits are still pictures of one pixel: take the axes of size 1 away.",
            torch=((LAST[0], ""),),
            tensorflow=((LAST[1], ""),),
        ),
        Wrong(
            "classes ignored",
            "With `classes` there is still one logit a picture: the last convolution must have "
            "that many channels.",
            torch=(("max(classes, 1)", "1"),),
            tensorflow=(
                ("max(classes, 1)", "1"),
                ("Reshape((classes,) if classes else ()),", "Reshape((1,) if classes else ()),"),
            ),
        ),
        Wrong(
            "one class as none",
            "With classes=1 the logits have shape (N,): only classes=0 means that; one class gives "
            "(N, 1).",
            torch=(("1 if classes else 0", "1 if classes > 1 else 0"),),
            tensorflow=(("(classes,) if classes else ()", "(classes,) if classes > 1 else ()"),),
        ),
        Wrong(
            "PyTorch's default slope",
            "These are exactly the numbers you get with leaky ReLU of slope 0.01, PyTorch's "
            "default: the text asks for 0.2.",
            *activations("nn.LeakyReLU()", "layers.LeakyReLU(negative_slope=0.01)"),
        ),
        Wrong(
            "Keras's default slope",
            "These are exactly the numbers you get with leaky ReLU of slope 0.3, Keras's default: "
            "the text asks for 0.2.",
            *activations("nn.LeakyReLU(0.3)", "layers.LeakyReLU()"),
        ),
        Wrong(
            "plain ReLU",
            "These are exactly the numbers you get with plain ReLU: it lets no gradient through "
            "below 0, and the generator lives on that gradient. Make it leaky, slope 0.2.",
            *activations("nn.ReLU()", "layers.ReLU()"),
        ),
        Wrong(
            "batch norm",
            NORM,
            *activations(
                "nn.BatchNorm2d({size}),\n            nn.LeakyReLU(0.2)",
                "layers.BatchNormalization(),\n                "
                "layers.LeakyReLU(negative_slope=0.2)",
            ),
        ),
        Wrong(
            "no bias",
            "There are weights too few: here every convolution has a bias, as no batch norm "
            "follows.",
            torch=tuple(
                (f"({sizes}, 4, stride=2, padding=1)", f"({sizes}, 4, 2, 1, bias=False)")
                for sizes in ("channels, width", "width, 2 * width", "2 * width, 4 * width")
            ),
            tensorflow=tuple(
                (f"Conv2D({size}, 4, strides=2,", f"Conv2D({size}, 4, strides=2, use_bias=False,")
                for size in ("width", "2 * width", "4 * width")
            ),
        ),
        Wrong.both(
            "not initialised",
            "The layers are right, but kernels do not start from N(0, 0.02²): give the network to "
            "`initialise`.",
            ("return initialise(", "return ("),
        ),
    ),
)

EXERCISES = (DISCRIMINATOR, GENERATOR)
