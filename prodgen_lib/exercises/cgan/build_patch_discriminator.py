from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.cgan.wishes import channels_last, value_and_gradients
from prodgen_lib.exercises.common import (
    drawn_weights,
    probe,
    runs,
    summary,
    weight_shapes,
)
from prodgen_lib.exercises.gan.networks import conclude, starting_weights

__all__ = ["cases", "conclude", "observe"]

START_WIDTH = 64  # wide enough for the spread of the smallest kernel to tell


def cases(rng: np.random.Generator) -> list[Case]:
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


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
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
        raise Complaint(UNFIT.en, UNFIT.zh)
    look.fill(network, drawn_weights(inputs["seed"], 0.1))
    return {**passes(network, pictures, framework), **seen}


UNFIT = Text(
    "Pictures of `inputs` channels do not fit: the first convolution takes as many as it is told, "
    "since the source stands beside the target, and each later one takes what arrives.",
    "`inputs` 个通道的图片放不进去：第一个卷积要接收指定的通道数，因为源图与目标图并排放在一起；"
    "之后的每个卷积接收前一层给出的通道数。",
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
