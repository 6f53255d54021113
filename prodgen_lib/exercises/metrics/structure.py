"""SSIM: its formula, its convention, and the options that papers use."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation
from prodgen_lib.exercises.common import near, probe, refuses, replacing, yes
from prodgen_lib.exercises.metrics.pixels import (
    BATCH,
    GRADIENT,
    GRADIENTS,
    SHAPES,
    batch_invariants,
    of_one_picture,
)

OPTIONS = {
    "another window": {"window_size": 5, "sigma": 1.2},
    "other constants": {"k1": 0.5, "k2": 0.1},
    "a border of two pixels cut off": {"crop": 2, "window_size": 7},
    "brightness only": {"luma_only": True, "window_size": 7},
}


def pale_pictures(rng: np.random.Generator, *shape: int) -> dict[str, np.ndarray]:
    """Pictures in [0, 1] of little contrast, where the constants count, and noisy copies."""
    base = rng.uniform(0.3, 0.7, (shape[0], 1, 1, shape[-1]))
    targets = base + 0.04 * rng.standard_normal(shape)
    images = 0.9 * targets + 0.03 * rng.standard_normal(shape)
    return {"images": np.clip(images, 0, 1), "targets": np.clip(targets, 0, 1)}


def cases(rng: np.random.Generator) -> list[Case]:
    """Black and white by hand; one picture; bytes; equal and inverted; every option; a batch."""
    black, white = np.zeros((1, 11, 12, 1)), np.ones((1, 11, 12, 1))
    worked = {"images": black, "targets": white, "options": {"data_range": 1}}
    single = {name: pair[0] for name, pair in pale_pictures(rng, 1, 13, 12, 3).items()}
    in_bytes = {n: np.uint8(255 * pair) for n, pair in pale_pictures(rng, 2, 12, 14, 3).items()}
    targets = rng.uniform(0, 1, (3, 11, 11, 1))
    targets[2] = rng.uniform(0.2, 0.8)
    equal = {"images": targets * [[[[1]]], [[[-1]]], [[[1]]]] + [[[[0]]], [[[1]]], [[[0]]]]}
    far = {name: 2 * pair for name, pair in pale_pictures(rng, 2, 14, 13, 3).items()}
    batch = pale_pictures(rng, 4, 12, 13, 3)
    return [
        Case("black against white", worked, {"SSIM": [1e-4 / (1 + 1e-4)]}),
        Case("one picture", {**single, "options": {"data_range": 1}}),
        Case("two pictures of uint8", {**in_bytes, "options": {"data_range": 255}}),
        Case(
            "an equal, an inverted and a flat picture",
            {**equal, "targets": targets, "options": {"data_range": 1}},
        ),
        *(
            Case(name, {**far, "options": {"data_range": 2, **options}})
            for name, options in OPTIONS.items()
        ),
        Case("four pictures", {**batch, "options": {"data_range": 1}}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The values; gradients; on the last case what a batch, bad input and exchange do."""
    look = probe(framework)
    images, targets = case.inputs["images"], case.inputs["targets"]
    dtype = "uint8" if images.dtype == np.uint8 else "float32"
    pair = [look.pictures(pictures, dtype) for pictures in (images, targets)]

    def ssim(*pictures: object) -> object:
        return answer(*pictures, **case.inputs["options"])

    if images.ndim == 3:
        ssim = of_one_picture(ssim)
    if len(images) != 4:
        return {"SSIM": look.array(ssim(*pair))}
    value, gradients = look.value_and_gradients(ssim, *pair)
    seen = {"SSIM": value, **batch_invariants(ssim, images, targets, look)}
    seen["invariant exchange"] = yes(near(look.array(ssim(*pair[::-1])), value))
    small = [look.pictures(pictures[:, :7]) for pictures in (images, targets)]
    seen["invariant too small"] = refuses(ssim, *small)
    seen["invariant unfit range"] = refuses(ssim, 9 * pair[0], 9 * pair[1])
    return seen | dict(zip(GRADIENTS, gradients, strict=True))


moments = replacing(
    *2 * ("local_moments(\n        x, y, window=window, data_range=data_range\n    )",)
)
window = replacing(*2 * ("gaussian_window(size=window_size, sigma=sigma)",))
cropped = replacing(*2 * ("x, y = crop_border(x, crop), crop_border(y, crop)",))
squares = replacing(*2 * ("c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2",))
structure = replacing(*2 * ("(2 * covariance + c2) / (variances + c2)",))
result = replacing(
    "(brightness * structure).mean(dim=(-3, -2, -1))", "picture_means(brightness * structure)"
)

SSIM = Exercise(
    id="metrics.ssim",
    difficulty=3,
    importance=5,
    minutes=15,
    seed=9,
    cases=cases,
    observe=observe,
    tolerance_reason="float32 differences of moments, each near 1e-5",
    messages={
        **dict.fromkeys(GRADIENTS, GRADIENT),
        "invariant each picture by itself": BATCH,
        "invariant other shapes": SHAPES,
        "invariant exchange": "SSIM changes when pictures and targets are exchanged: it must not.",
        "invariant unfit range": (
            "Values up to 9 with data_range=1 should end in a ValueError, and the constants belong "
            "to the range. Give `data_range` to `image_pair`, and it looks."
        ),
        "invariant too small": (
            "Pictures of 7 rows are smaller than the window and should end in a ValueError: there "
            "is no place where the window fits. `local_moments` looks."
        ),
    },
    hints=(
        "In a window of one flat colour all variances are 0. What is the structure then, and what "
        "keeps it from being 0 divided by 0?",
        "Four things move the number: the constants belong to the range, and are squared; the "
        "window is Gaussian; options count *before* the moments are taken; the mean runs over "
        "places and channels, not over pictures.",
        "Check the pair; make it brightness if asked; crop. With the window of the given size and "
        "sigma take the local moments, where the variances come as one sum. Multiply the two "
        "quotients at each place, then average each picture.",
    ),
    wrong=(
        squares(
            "range 255",
            "These are exactly the numbers you get when the constants are made for the range 255: "
            "on floats in [0, 1] they drown everything, and all pictures look alike.",
            "c1, c2 = (k1 * 255) ** 2, (k2 * 255) ** 2",
        ),
        squares(
            "range 1",
            "These are exactly the numbers you get when the constants are made for the range 1, "
            "whatever the pictures have: multiply k1 and k2 by `data_range`.",
            "c1, c2 = k1**2, k2**2",
        ),
        squares(
            "constants not squared",
            "These are exactly the numbers you get when the constants are not squared: they stand "
            "beside squares, C1 = (k1·data_range)².",
            "c1, c2 = k1 * data_range, k2 * data_range",
        ),
        squares(
            "no constants",
            "These are the numbers you get without the constants: a flat or black window is 0 "
            "divided by 0. Add C1 and C2 above and below.",
            "c1, c2 = 0.0, 0.0",
        ),
        squares(
            "constants exchanged",
            "These are exactly the numbers you get when C1 and C2 are exchanged: C1 goes with the "
            "means, C2 with variances and covariance.",
            "c2, c1 = (k1 * data_range) ** 2, (k2 * data_range) ** 2",
        ),
        window(
            "uniform window",
            "These are exactly the numbers you get from a window that weighs all pixels alike: "
            "take the Gaussian one, or the map shows blocks.",
            "torch.full((window_size,), 1 / window_size, dtype=torch.float64)",
            "tf.fill((window_size,), tf.constant(1 / window_size, tf.float64))",
        ),
        window(
            "sigma squared",
            "These are exactly the numbers you get when sigma is used where its square belongs: "
            "`gaussian_window` takes sigma itself.",
            "gaussian_window(size=window_size, sigma=sigma**0.5)",
        ),
        cropped(
            "border kept",
            "These are exactly the numbers you get when pictures are mirrored beyond their border "
            "first, as some libraries do: count only places where the whole window fits.",
            "x, y = crop_border(x, crop), crop_border(y, crop)\n"
            "    half = window_size // 2\n"
            '    x, y = (F.pad(p, (half, half, half, half), mode="reflect") for p in (x, y))',
            "x, y = crop_border(x, crop), crop_border(y, crop)\n"
            "    half = [[window_size // 2] * 2] * 2\n"
            "    pads = [[0, 0]] * (len(x.shape) - 3) + half + [[0, 0]]\n"
            '    x, y = (tf.pad(p, pads, "REFLECT") for p in (x, y))',
        ),
        cropped(
            "crop forgotten",
            "These are exactly the numbers you get when `crop` is not heeded: take that many rows "
            "and columns off each side first.",
            "pass",
        ),
        replacing(*2 * ("if luma_only:",))(
            "luma forgotten",
            "These are exactly the numbers you get when `luma_only` is not heeded: bring both "
            "pictures to brightness first.",
            "if False:",
        ),
        replacing(*2 * ("x, y = luma(x, data_range=data_range), luma(y, data_range=data_range)",))(
            "grey by the mean",
            "These are exactly the numbers you get when brightness is the mean of red, green and "
            "blue: the eye weighs green most, and `luma` does so too.",
            "x, y = x.mean(dim=-3, keepdim=True), y.mean(dim=-3, keepdim=True)",
            "x, y = (tf.reduce_mean(p, axis=-1, keepdims=True) for p in (x, y))",
        ),
        moments(
            "no window",
            "These are exactly the numbers you get when means and variances are taken once over "
            "the whole picture: SSIM looks through a window at each place.",
            "[\n"
            "        x.mean((-2, -1), True), y.mean((-2, -1), True),\n"
            "        (x.var((-2, -1), correction=0, keepdim=True)\n"
            "         + y.var((-2, -1), correction=0, keepdim=True)),\n"
            "        ((x - x.mean((-2, -1), True)) * (y - y.mean((-2, -1), True)))"
            ".mean((-2, -1), True),\n"
            "    ]",
            "[\n"
            "        tf.reduce_mean(x, (-3, -2), True), tf.reduce_mean(y, (-3, -2), True),\n"
            "        (tf.math.reduce_variance(x, (-3, -2), True)\n"
            "         + tf.math.reduce_variance(y, (-3, -2), True)),\n"
            "        tf.reduce_mean((x - tf.reduce_mean(x, (-3, -2), True))\n"
            "         * (y - tf.reduce_mean(y, (-3, -2), True)), (-3, -2), True),\n"
            "    ]",
        ),
        structure(
            "mean of the squares as variance",
            "These are exactly the numbers you get when E[x²] is taken for the variance, and E[xy] "
            "for the covariance: take off the squared mean, and the product of the means.",
            "(2 * (covariance + mean_x * mean_y) + c2) "
            "/ (variances + mean_x * mean_x + mean_y * mean_y + c2)",
        ),
        structure(
            "sample covariance",
            "These are exactly the numbers you get from sample variances, larger by n/(n-1) with "
            "n pixels in a window: the convention here divides by n.",
            "(2 * covariance * window_size**2 / (window_size**2 - 1) + c2) "
            "/ (variances * window_size**2 / (window_size**2 - 1) + c2)",
        ),
        structure(
            "covariance once",
            "These are exactly the numbers you get when the covariance counts once: below it stand "
            "two variances, so above it counts twice, or equal pictures don't give 1.",
            "(covariance + c2) / (variances + c2)",
        ),
        result(
            "brightness forgotten",
            "These are exactly the numbers you get when the quotient of the means is forgotten: "
            "a darker picture would be as good as the original.",
            "structure.mean(dim=(-3, -2, -1))",
            "picture_means(structure)",
        ),
        result(
            "structure forgotten",
            "These are exactly the numbers you get from the means alone: multiply by the quotient "
            "of covariance and variances, which sees blur and noise.",
            "brightness.mean(dim=(-3, -2, -1))",
            "picture_means(brightness)",
        ),
        result(
            "product of the means",
            "These are exactly the numbers you get when the two quotients are averaged first and "
            "multiplied then: multiply at each place, average last.",
            "brightness.mean(dim=(-3, -2, -1)) * structure.mean(dim=(-3, -2, -1))",
            "picture_means(brightness) * picture_means(structure)",
        ),
        result(
            "mean over the batch",
            "This is the mean over the batch: give one number for each picture, shape (N,).",
            "(brightness * structure).mean()",
            "tf.reduce_mean(brightness * structure)",
        ),
        result(
            "clipped at 0",
            "These are the numbers you get when values below 0 are clipped: an inverted picture "
            "has negative SSIM, and that says something.",
            "(brightness * structure).mean(dim=(-3, -2, -1)).clamp(min=0)",
            "tf.maximum(picture_means(brightness * structure), 0)",
        ),
        result(
            "loss instead of similarity",
            "This is 1 - SSIM, a loss: equal pictures should give 1.",
            "1 - (brightness * structure).mean(dim=(-3, -2, -1))",
            "1 - picture_means(brightness * structure)",
        ),
    ),
)

EXERCISES = (SSIM,)
