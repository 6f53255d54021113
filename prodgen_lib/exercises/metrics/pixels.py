"""Errors of a pixel: PSNR, its gradient, and everything about ranges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation
from prodgen_lib.exercises.common import near, probe, refuses, replacing, yes


def two_pictures(
    rng: np.random.Generator, *shape: int, far: float = 0.1, span: float = 1
) -> dict[str, np.ndarray]:
    """Pictures N×H×W×C in [0, span], each further from its target than the one before."""
    targets = rng.uniform(0.2, 0.8, shape)
    away = far * rng.uniform(-1, 1, shape) * np.arange(1, shape[0] + 1)[:, None, None, None]
    return {"images": span * np.clip(targets + away, 0, 1), "targets": span * targets}


def cases(rng: np.random.Generator) -> list[Case]:
    """Two errors by hand; one picture; bytes; equal pictures; tiny errors; a batch."""
    half, off = np.full((2, 4, 4, 3), 0.5), np.array([0.1, 0.05]).reshape(2, 1, 1, 1)
    worked = {"images": half + off, "targets": half, "range": 1}
    wide = {name: 2 * pair[0] - 1 for name, pair in two_pictures(rng, 1, 6, 5, 3).items()}
    in_bytes = two_pictures(rng, 3, 5, 7, 3, span=255)
    in_bytes = {name: np.uint8(np.rint(pictures)) for name, pictures in in_bytes.items()}
    equal = two_pictures(rng, 2, 4, 5, 1)
    equal["images"][0] = equal["targets"][0]
    tiny = two_pictures(rng, 2, 4, 5, 3, far=1e-8)
    by_hand = {"PSNR": [20, 20 + 20 * np.log10(2)]}
    return [
        Case("errors of 0.1 and 0.05, worked by hand", worked, by_hand),
        Case("one picture with values in [-1, 1]", {**wide, "range": 2}),
        Case("three pictures of uint8", {**in_bytes, "range": 255}),
        Case("two equal pictures and two that differ", {**equal, "range": 1}),
        Case("float64 with errors below 0.0000001", {**tiny, "range": 1, "dtype": "float64"}),
        Case("four pictures", {**two_pictures(rng, 4, 6, 5, 3, far=0.06), "range": 1}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The values; gradients where nothing is infinite; what a batch and bad input do."""
    look = probe(framework)
    images, targets, span = case.inputs["images"], case.inputs["targets"], case.inputs["range"]
    dtype = "uint8" if images.dtype == np.uint8 else case.inputs.get("dtype", "float32")
    pair = [look.pictures(pictures, dtype) for pictures in (images, targets)]

    def psnr(*pictures: object) -> object:
        return answer(*pictures, data_range=span)

    if images.ndim == 3:
        psnr = of_one_picture(psnr)
    if images.dtype == np.uint8 or (images[0] == targets[0]).all():
        return {"PSNR": look.array(psnr(*pair))}
    value, gradients = look.value_and_gradients(psnr, *pair)
    seen = {"PSNR": value}
    seen |= dict(zip(GRADIENTS, gradients, strict=True))
    if len(images) == 4:
        seen |= batch_invariants(psnr, images, targets, look)
        seen["invariant unfit range"] = refuses(psnr, 9 * pair[0], 9 * pair[1])
    return seen


def of_one_picture(metric: Callable) -> Callable:
    """The metric, with a complaint where one picture stops it: batches came first, and passed."""

    def call(*pictures: object) -> object:
        try:
            return metric(*pictures)
        except Exception as error:
            raise Complaint(
                f"With one picture, without the axis of a batch, it stops with "
                f"{type(error).__name__}: count axes from the end, -3, -2 and -1."
            ) from error

    return call


def batch_invariants(
    metric: Callable, images: np.ndarray, targets: np.ndarray, look: object
) -> Observation:
    """Whether each picture counts by itself, and whether other shapes are refused."""
    pair = look.pictures(images), look.pictures(targets)
    usual = look.array(metric(*pair))
    if usual.shape != images.shape[:1]:
        return {
            "invariant each picture by itself": yes(False),
            "invariant other shapes": yes(False),
        }
    turned = look.array(metric(look.pictures(images[::-1]), look.pictures(targets[::-1])))
    single = look.array(metric(look.pictures(images[:1]), look.pictures(targets[:1])))
    grey = look.pictures(targets[..., :1])
    return {
        "invariant each picture by itself": yes(
            near(turned, usual[::-1]) and near(single, usual[:1])
        ),
        "invariant other shapes": refuses(metric, pair[0], grey),
    }


GRADIENTS = "gradient of the images", "gradient of the targets"
GRADIENT = (
    "The numbers are right and their gradients aren't: the metric is differentiable, and serves as "
    "a loss, so stay with tensors, without numpy and `detach`."
)
BATCH = (
    "A picture's number changes with the other pictures of its batch: average over channels and "
    "pixels only, and give one number for each picture."
)
SHAPES = (
    "Colour pictures against grey targets should end in a ValueError: otherwise they are spread "
    "over each other without a word. `image_pair` looks at the shapes."
)

errors = replacing(
    'F.mse_loss(images, targets, reduction="none").mean(dim=(-3, -2, -1))',
    "picture_means(tf.math.squared_difference(images, targets))",
)
result = replacing(
    "10 * torch.log10(data_range**2 / errors)",
    "10 / np.log(10) * tf.math.log(data_range**2 / errors)",
)
checked = replacing(*2 * ("images, targets = image_pair(images, targets, data_range=data_range)",))
ratio = replacing(*2 * ("data_range**2 / errors",))

PSNR = Exercise(
    id="metrics.psnr",
    difficulty=1,
    importance=5,
    minutes=8,
    seed=8,
    cases=cases,
    observe=observe,
    tolerance_reason="float32 sums in another order; logarithm of another library",
    messages={
        **dict.fromkeys(GRADIENTS, GRADIENT),
        "invariant each picture by itself": BATCH,
        "invariant other shapes": SHAPES,
        "invariant unfit range": (
            "Values up to 9 with data_range=1 should end in a ValueError: the number would be "
            "19 dB off. Give `data_range` to `image_pair`, and it looks."
        ),
    },
    hints=(
        "If all values and their range are multiplied by 255, what should happen to the number?",
        "Look at three things: bytes must become floats *before* they are subtracted; each picture "
        "has an error of its own; equal pictures give infinity, not a large number.",
        "Let `image_pair` check and convert. Subtract, square, take the mean over all axes but the "
        "batch's. The square of the range over that mean, its logarithm to base 10, times ten.",
    ),
    wrong=(
        ratio(
            "range 255",
            "These are exactly the numbers you get when the range is always 255: on floats in "
            "[0, 1] that adds 48 dB. Use `data_range`.",
            "255**2 / errors",
        ),
        ratio(
            "range 1",
            "These are exactly the numbers you get when the range is always 1: on bytes that takes "
            "48 dB away. Use `data_range`.",
            "1 / errors",
        ),
        ratio(
            "range not squared",
            "These are exactly the numbers you get when `data_range` is not squared: the error "
            "beside it is.",
            "data_range / errors",
        ),
        ratio(
            "range of the pictures",
            "These are exactly the numbers you get when the range is read off the targets: two "
            "pictures of one set then have two scales. Use `data_range`.",
            "(targets.max() - targets.min()) ** 2 / errors",
            "(tf.reduce_max(targets) - tf.reduce_min(targets)) ** 2 / errors",
        ),
        ratio(
            "ratio turned round",
            "These are exactly the numbers you get when the error stands over the range: the right "
            "size with the wrong sign. A better picture has *more* decibel.",
            "errors / data_range**2",
        ),
        ratio(
            "a small number against infinity",
            "These are the numbers you get when 1e-8 is added to the error: equal pictures then "
            "have 80 dB, and nearly equal ones a wrong number. Infinity is right.",
            "data_range**2 / (errors + 1e-8)",
        ),
        result(
            "natural logarithm",
            "These are exactly the numbers you get from the natural logarithm, 2.3 times too "
            "large: decibel take the one to base 10.",
            "10 * torch.log(data_range**2 / errors)",
            "10 * tf.math.log(data_range**2 / errors)",
        ),
        result(
            "factor 20",
            "These are exactly the numbers you get from 20 log10(range / MSE): twenty goes with "
            "the *root* of the mean squared error, ten with the square of the range.",
            "20 * torch.log10(data_range / errors)",
            "20 / np.log(10) * tf.math.log(data_range / errors)",
        ),
        result(
            "mean over the batch",
            "This is the mean over the batch: give one number for each picture, shape (N,).",
            "(10 * torch.log10(data_range**2 / errors)).mean()",
            "tf.reduce_mean(10 / np.log(10) * tf.math.log(data_range**2 / errors))",
        ),
        errors(
            "pooled over the batch",
            "This is the PSNR of the error pooled over the batch: the worst picture drowns the "
            "others. Take the error of each picture, and give (N,) numbers.",
            'F.mse_loss(images, targets, reduction="none").mean()',
            "tf.reduce_mean(tf.math.squared_difference(images, targets))",
        ),
        errors(
            "sum of squares",
            "These are exactly the numbers you get when squared errors are summed: take their "
            "mean, or larger pictures look worse.",
            'F.mse_loss(images, targets, reduction="none").sum(dim=(-3, -2, -1))',
            "tf.reduce_sum(tf.math.squared_difference(images, targets), axis=(-3, -2, -1))",
        ),
        errors(
            "absolute errors",
            "These are exactly the numbers you get from the square of the mean *absolute* error: "
            "square each pixel's error first.",
            "(images - targets).abs().mean(dim=(-3, -2, -1)) ** 2",
            "picture_means(tf.abs(images - targets)) ** 2",
        ),
        errors(
            "root of the error",
            "These are exactly the numbers you get from the *root* of the mean squared error: with "
            "the factor ten and the squared range goes the squared error.",
            'F.mse_loss(images, targets, reduction="none").mean(dim=(-3, -2, -1)).sqrt()',
            "tf.sqrt(picture_means(tf.math.squared_difference(images, targets)))",
        ),
        checked(
            "bytes subtracted as bytes",
            "These are the numbers you get when uint8 values are subtracted before they become "
            "floats: 3 - 5 is 254 there. Go on with what `image_pair` gives back.",
            "image_pair(images, targets, data_range=data_range)\n"
            "    images = 1.0 * (images - targets)\n"
            "    targets = torch.zeros_like(images)",
            "image_pair(images, targets, data_range=data_range)\n"
            "    images = images - targets\n"
            "    images = tf.cast(images, tf.float32) if images.dtype == tf.uint8 else images\n"
            "    targets = tf.zeros_like(images)",
        ),
        checked(
            "pictures not looked at",
            SHAPES,
            "images, targets = 1.0 * images, 1.0 * targets",
            "images, targets = (\n"
            "        tf.cast(pictures, tf.float32) if pictures.dtype == tf.uint8 else pictures\n"
            "        for pictures in (images, targets)\n"
            "    )",
        ),
        checked(
            "range not looked at",
            "The shapes are looked at and the values aren't: give `data_range` to `image_pair`, so "
            "that pictures of another range end in a ValueError.",
            "images, targets = image_pair(images, targets)",
        ),
    ),
)

EXERCISES = (PSNR,)
