"""A loss on what a network sees, and the number that papers report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import drawn_weights, flat, near, probe, replacing, yes


def perceptual_cases(rng: np.random.Generator) -> list[Case]:
    """Features that double, by hand; features of two axes; a network's; other sizes of batch."""

    def case(name: str, *shape: int, kind: str) -> Case:
        pair = {key: rng.uniform(0, 1, shape) for key in ("images", "targets")}
        return Case(name, {**pair, "kind": kind, "seed": int(rng.integers(2**31))})

    worked = {
        "images": np.array([0.5, 0.1]).reshape(1, 1, 2, 1),
        "targets": np.array([0.3, 0.4]).reshape(1, 1, 2, 1),
        "kind": "doubled",
        "seed": 0,
    }
    return [
        Case("features that double each pixel", worked, {"loss": 0.52}),
        case("features of one row a picture", 3, 4, 4, 1, kind="rows"),
        case("features of a network, one picture", 1, 5, 4, 1, kind="network"),
        case("features of a network, three pictures", 3, 6, 5, 1, kind="network"),
    ]


def observe_perceptual(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, its gradients for both, and whether the features' network stays as it is."""
    look, inputs = probe(framework), case.inputs
    images, targets = look.pictures(inputs["images"]), look.pictures(inputs["targets"])
    network = look.tiny_denoiser()
    look.fill(network, drawn_weights(inputs["seed"], 0.4))
    before, asked = flat(look.parameters(network)), []
    kinds = {
        "doubled": lambda pictures: 2 * pictures,
        "rows": lambda pictures: (1 + pictures[:, 0] * pictures[:, 1]) ** 2,
        "network": lambda pictures: look.call(network, pictures, training=False),
    }
    if inputs["kind"] == "rows" and framework.name == "torch":
        kinds["rows"] = lambda pictures: (1 + pictures[:, 0, 0] * pictures[:, 0, 1]) ** 2

    def features(pictures: object) -> object:
        asked.append(tuple(pictures.shape))
        return kinds[inputs["kind"]](pictures)

    value, (gradient, other) = look.value_and_gradients(
        lambda x, y: answer(features, x, y), images, targets
    )
    untouched = look.leaves_no_gradients(network) and look.can_learn(network)
    return {
        "loss": value,
        "invariant features stay as they are": yes(
            untouched and np.array_equal(before, flat(look.parameters(network)))
        ),
        "gradient of the images": gradient,
        "gradient of the targets": other,
    }


wanted = replacing(
    "    with torch.no_grad():\n        wanted = features(targets)\n",
    "    wanted = tf.stop_gradient(features(targets))\n",
)
quotient = replacing(
    "F.mse_loss(features(images), wanted) / wanted.square().mean()",
    "tf.reduce_mean(tf.square(features(images) - wanted)) / tf.reduce_mean(tf.square(wanted))",
)

PERCEPTUAL = Exercise(
    id="superres.perceptual_loss",
    difficulty=2,
    importance=4,
    minutes=6,
    seed=2,
    cases=perceptual_cases,
    observe=observe_perceptual,
    tolerance_reason="float32 sums in another order",
    messages={
        "invariant features stay as they are": (
            "The network behind `features` is changed by the call: it judges and doesn't learn."
        ),
        "gradient of the images": (
            "The loss is right and its gradient for the images is not: it must come back through "
            "*their* features, which a `detach` or `no_grad` around them cuts off."
        ),
        "gradient of the targets": (
            "The loss is right, and a gradient goes to the targets too: their features are what is "
            "wanted, and count as constants."
        ),
    },
    hints=(
        "If every feature were ten times as large, should the loss change? And which of the two "
        "pictures may it pull at?",
        "Three things tend to fail: what is compared (features, not pixels), what it is divided "
        "by, and through which of the two calls a gradient comes back.",
        "Features of the targets first, as constants. Mean of the squared differences from them; "
        "over the mean of their own squares.",
    ),
    wrong=(
        wanted(
            "gradient to the targets",
            "The loss is right, and a gradient goes to the targets too: their features are what is "
            "wanted. Compute them where no gradient is kept.",
            "    wanted = features(targets)\n",
        ),
        quotient(
            "no gradient",
            "The loss is right and no gradient reaches the images: only the *targets'* features "
            "are constants.",
            "F.mse_loss(features(images).detach(), wanted) / wanted.square().mean()"
            " + 0 * images.sum()",
            "tf.reduce_mean(tf.square(tf.stop_gradient(features(images)) - wanted))"
            " / tf.reduce_mean(tf.square(wanted))",
        ),
        quotient(
            "features' scale left in",
            "These are exactly the numbers you get without the division: the loss then depends on "
            "the size of the features. Divide by the mean square of the targets'.",
            "F.mse_loss(features(images), wanted)",
            "tf.reduce_mean(tf.square(features(images) - wanted))",
        ),
        quotient(
            "divided by the pictures'",
            "These are exactly the numbers you get from a division by the mean square of the "
            "*images'* features: large features then make the loss small. Divide by the targets'.",
            "F.mse_loss(features(images), wanted) / features(images).square().mean()",
            "tf.reduce_mean(tf.square(features(images) - wanted))"
            " / tf.reduce_mean(tf.square(features(images)))",
        ),
        quotient(
            "divided by the variance",
            "These are exactly the numbers you get from a division by the *variance* of the "
            "targets' features: the text asks for their mean square, with nothing taken off.",
            "F.mse_loss(features(images), wanted) / wanted.var(unbiased=False)",
            "tf.reduce_mean(tf.square(features(images) - wanted))"
            " / tf.math.reduce_variance(wanted)",
        ),
        quotient(
            "mean of quotients",
            "These are exactly the numbers you get from a quotient for each picture, and their "
            "mean: one mean above, one below, over everything.",
            "(features(images) - wanted).square().flatten(1).mean(1)"
            ".div(wanted.square().flatten(1).mean(1)).mean()",
            "tf.reduce_mean(tf.reduce_mean(tf.reshape(tf.square(features(images) - wanted),"
            " (len(images), -1)), 1) / tf.reduce_mean(tf.reshape(tf.square(wanted),"
            " (len(images), -1)), 1))",
        ),
        quotient(
            "absolute differences",
            "These are exactly the numbers you get from absolute differences: they are squared.",
            "F.l1_loss(features(images), wanted) / wanted.square().mean()",
            "tf.reduce_mean(tf.abs(features(images) - wanted)) / tf.reduce_mean(tf.square(wanted))",
        ),
        quotient(
            "pixels compared",
            "These are exactly the numbers you get from the *pixels*: give pictures to `features` "
            "and compare what comes back.",
            "F.mse_loss(images, targets) / targets.square().mean()",
            "tf.reduce_mean(tf.square(images - targets)) / tf.reduce_mean(tf.square(targets))",
        ),
        Wrong(
            "range mixed up",
            "These are exactly the numbers you get when pictures are brought to [-1, 1] first: "
            "what range its network wants is the business of `features`, which takes them as they "
            "are.",
            torch=(
                ("wanted = features(targets)", "wanted = features(2 * targets - 1)"),
                ("features(images)", "features(2 * images - 1)"),
            ),
            tensorflow=(
                ("features(targets)", "features(2 * targets - 1)"),
                ("features(images)", "features(2 * images - 1)"),
            ),
        ),
    ),
)


def measured_cases(rng: np.random.Generator) -> list[Case]:
    """An even error by hand; borders; overshooting; values between grey levels; colours."""

    def case(name: str, factor: int, *shape: int, far: float) -> Case:
        targets = np.rint(255 * rng.uniform(0, 1, (*shape, 3))) / 255
        pair = {"images": off_edges(rng, targets, far), "targets": targets}
        return Case(name, {**pair, "factor": factor})

    grey = np.full((1, 8, 8, 3), 51 / 255)
    worked = {"images": grey + 51 / 255, "targets": grey, "factor": 2}
    error = 0.2 * (65.481 + 128.553 + 24.966) / 255
    return [
        Case("grey, all values 0.2 too high", worked, {"PSNR": [-20 * np.log10(error)]}),
        case("small errors within a grey level", 2, 1, 9, 8, far=0.004),
        case("overshooting values", 2, 2, 8, 7, far=0.6),
        case("factor 4", 4, 2, 11, 12, far=0.1),
        case("three colour pictures", 3, 3, 10, 9, far=0.05),
    ]


def off_edges(rng: np.random.Generator, targets: np.ndarray, far: float) -> np.ndarray:
    """Pictures near the targets, with no value near where bytes are rounded."""
    sizes = far * np.arange(1, len(targets) + 1)[:, None, None, None]
    values = 255 * (targets + sizes * rng.uniform(-1, 1, targets.shape))
    whole = np.rint(values)
    return (whole + np.clip(values - whole, -0.45, 0.45)) / 255


def observe_measured(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The PSNR of each picture; whether a picture's number depends on the others."""
    look, inputs = probe(framework), case.inputs
    images, targets = inputs["images"], inputs["targets"]

    def measured(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return look.array(answer(look.pictures(x), look.pictures(y), factor=inputs["factor"]))

    seen = {"PSNR": measured(images, targets)}
    if len(images) > 2:
        single = measured(images[1:2], targets[1:2])
        seen["invariant each picture by itself"] = yes(near(single, seen["PSNR"][1:2]))
    return seen


written = replacing(
    "torch.round(images.clamp(0, 1) * 255) / 255",
    "tf.round(tf.clip_by_value(images, 0, 1) * 255) / 255",
)
brightness = replacing(*2 * ("crop_border(luma(x, data_range=1.0), factor)",))
result = replacing(*2 * ("psnr(*pair, data_range=1.0)",))

MEASURED = Exercise(
    id="superres.luma_psnr",
    difficulty=2,
    importance=5,
    minutes=6,
    seed=1,
    cases=measured_cases,
    observe=observe_measured,
    tolerance_reason="float32 sums in another order; logarithm of another library",
    messages={
        "invariant each picture by itself": (
            "A picture's number changes with the other pictures of its batch: give each its own."
        ),
    },
    hints=(
        "What can a file of the enlarged picture not hold, and which pixels of it would you not "
        "hold against a network that never saw what lies beyond?",
        "Change one thing at a time in a picture that is right: a value of 1.2 where 1 is wanted; "
        "the outermost row; only the blue channel. By how much should the number fall?",
        "Make of the enlarged pictures what a file holds. Brightness of both. Take `factor` pixels "
        "off each side of both. Then the number you know, with the range in which they are.",
    ),
    wrong=(
        brightness(
            "border not cropped",
            "These are exactly the numbers you get with the border: papers leave out `factor` "
            "pixels at each side, where neighbours are missing, so yours can't be compared.",
            "luma(x, data_range=1.0)",
        ),
        brightness(
            "RGB instead of luma",
            "These are exactly the numbers you get from all three colours: papers measure "
            "brightness alone, which `luma` gives and which is often more than 1 dB higher.",
            "crop_border(x, factor)",
        ),
        brightness(
            "mean of the colours",
            "These are exactly the numbers you get from the plain mean of R, G and B: brightness "
            "weighs green most and blue least, as `luma` does.",
            "crop_border(x.mean(dim=1, keepdim=True), factor)",
            "crop_border(tf.reduce_mean(x, axis=-1, keepdims=True), factor)",
        ),
        brightness(
            "luma of the full swing",
            "These are exactly the numbers you get from 0.299 R + 0.587 G + 0.114 B: papers' "
            "brightness uses only 219 of 255 levels, which adds 1.3 dB. `luma` has it.",
            "crop_border(luma(x, data_range=1.0) * 255 / 219, factor)",
        ),
        brightness(
            "colours in the wrong order",
            "These are exactly the numbers you get when red and blue are exchanged: the pictures "
            "are RGB.",
            "crop_border(luma(x.flip(1), data_range=1.0), factor)",
            "crop_border(luma(x[..., ::-1], data_range=1.0), factor)",
        ),
        brightness(
            "one pixel cropped",
            "These are exactly the numbers you get when one pixel is cropped whatever the factor: "
            "it is `factor` pixels of the large picture, one of the small.",
            "crop_border(luma(x, data_range=1.0), 1)",
        ),
        brightness(
            "twice the border",
            "These are exactly the numbers you get when 2·factor pixels are cropped at each side: "
            "it is `factor`.",
            "crop_border(luma(x, data_range=1.0), 2 * factor)",
        ),
        written(
            "not clipped",
            "Overshooting values are measured: a file can't hold them, so clip the enlarged "
            "pictures to [0, 1] before all else.",
            "torch.round(images * 255) / 255",
            "tf.round(images * 255) / 255",
        ),
        written(
            "not rounded",
            "These are exactly the numbers you get without rounding to 8 bits: a picture is "
            "measured as its file would hold it.",
            "images.clamp(0, 1)",
            "tf.clip_by_value(images, 0, 1)",
        ),
        written(
            "cut off instead of rounded",
            "These are exactly the numbers you get when grey levels are cut off and not rounded: "
            "the picture gets darker by half a level.",
            "torch.floor(images.clamp(0, 1) * 255) / 255",
            "tf.floor(tf.clip_by_value(images, 0, 1) * 255) / 255",
        ),
        result(
            "range mixed up",
            "The pictures lie in [0, 1] and the range given to `psnr` is 255: that would add "
            "48 dB. The range is 1.",
            "psnr(*pair, data_range=255.0)",
        ),
        result(
            "mean over the batch",
            "This is the mean over the batch: give one number for each picture, shape (N,).",
            "psnr(*pair, data_range=1.0).mean()",
            "tf.reduce_mean(psnr(*pair, data_range=1.0))",
        ),
    ),
)

EXERCISES = (MEASURED, PERCEPTUAL)
