"""How small pictures are made: cubic weights, eight bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import probe, refuses, replacing


def small_case(rng: np.random.Generator, name: str, factor: int, *shape: int) -> Case:
    """Bytes, in [0, 1], whose small pictures have no value near where bytes are rounded."""
    while True:
        pictures = rng.choice([0, 0.2, 0.7, 1], shape) + rng.uniform(-0.1, 0.1, shape)
        pictures = np.rint(255 * np.clip(pictures, 0, 1)).astype(np.float32) / np.float32(255)
        values = 255 * np.clip(plain_small(pictures.astype(float), factor), 0, 1)
        if np.abs(values % 1 - 0.5).min() > 2e-3:
            return Case(name, {"pictures": pictures, "factor": factor})


def plain_small(pictures: np.ndarray, factor: int) -> np.ndarray:
    """Pictures N×H×W×C made smaller, in the plainest way: to keep off rounding edges."""
    height, width = (size // factor for size in pictures.shape[1:3])
    rows, columns = plain_matrix(height, factor), plain_matrix(width, factor)
    return np.einsum("ih,nhwc,jw->nijc", rows, pictures, columns)


def plain_matrix(small: int, factor: int) -> np.ndarray:
    """Row i weighs the pixels around (i + ½) · factor - ½, mirrored at the ends."""
    length = small * factor
    matrix = np.zeros((small, length))
    for i in range(small):
        for place in range(-2 * factor, length + 2 * factor):
            t = abs((i + 0.5) * factor - 0.5 - place) / factor
            near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
            pixel = min(place % (2 * length), 2 * length - 1 - place % (2 * length))
            matrix[i, pixel] += near if t <= 1 else far if t <= 2 else 0
    return matrix / matrix.sum(axis=1, keepdims=True)


def small_cases(rng: np.random.Generator) -> list[Case]:
    """An edge by hand; factors 3 and 4; colour; sizes that don't divide."""
    edge = np.repeat([0.0, 1.0], 6).astype(np.float32) * np.ones((1, 4, 1, 1), np.float32)
    edge = edge.reshape(1, 4, 12, 1)
    worked = {"row of the small picture, in 1/255": [0, 0, 17, 238, 255, 255]}
    return [
        Case("an edge from 0 to 1", {"pictures": edge, "factor": 2}, worked),
        small_case(rng, "one grey picture, factor 3", 3, 1, 12, 9, 1),
        small_case(rng, "one picture, factor 4", 4, 1, 8, 20, 3),
        small_case(rng, "two pictures, factor 2", 2, 2, 10, 8, 3),
    ]


def observe_small(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The small pictures in units of a byte; whether other sizes are refused."""
    look, factor = probe(framework), case.inputs["factor"]
    pictures = case.inputs["pictures"]
    given = look.array(answer(look.pictures(pictures), factor=factor))
    count, height, width, channels = pictures.shape
    shape = count, height // factor, width // factor, channels
    small = upright(given, framework)
    fits = small.shape == shape
    row = 255 * small[0, 0, :, 0] if fits else np.full(shape[2], np.nan)
    seen = {"row of the small picture, in 1/255": row, "small pictures": given}
    if count > 1:
        narrow, low = look.pictures(pictures[:, :, 1:]), look.pictures(pictures[:, 1:])
        seen["invariant other widths"] = refuses(answer, narrow, factor=factor)
        seen["invariant other heights"] = refuses(answer, low, factor=factor)
    return seen


def upright(pictures: np.ndarray, framework: Framework) -> np.ndarray:
    """What a probe brought back, as N×H×W×C."""
    is_torch = framework.name == "torch" and pictures.ndim == 4
    return np.moveaxis(pictures, 1, -1) if is_torch else pictures


SIZES = (
    "{} that `factor` doesn't divide should end in a ValueError: otherwise the small picture and "
    "the large one no longer lie upon each other."
)

resized = replacing(*2 * ("resize(images, height // factor, width // factor)",))
rounded = replacing(
    "torch.round(small.clamp(0, 1) * 255) / 255",
    "tf.round(tf.clip_by_value(small, 0, 1) * 255) / 255",
)

SMALL = Exercise(
    id="superres.degrade",
    difficulty=2,
    importance=5,
    minutes=6,
    seed=1,
    cases=small_cases,
    observe=observe_small,
    rtol=1e-5,
    tolerance_reason="whole grey levels, in float32",
    messages={
        "invariant other widths": SIZES.format("Widths"),
        "invariant other heights": SIZES.format("Heights"),
    },
    hints=(
        "What does a file of 8 bits do with 0.5013, and what with 1.04, which an edge gives?",
        "Look at three things beside an edge: values below 0 and above 1, values between two grey "
        "levels, and sizes that the factor doesn't divide.",
        "Refuse sizes with a remainder. Resize to the quotients. Cut off at 0 and 1, count in "
        "255ths, round to whole ones, and go back.",
    ),
    wrong=(
        resized(
            "every factor-th pixel",
            "These are exactly the pictures you get by taking every `factor`-th pixel: nothing "
            "between them counts, and fine patterns turn into false ones. Use `resize`.",
            "images[..., ::factor, ::factor]",
            "images[:, ::factor, ::factor]",
        ),
        resized(
            "means of blocks",
            "These are exactly the pictures you get from the means of blocks: papers make small "
            "pictures by cubic weights, as `resize` does.",
            "F.avg_pool2d(images, factor)",
            'tf.nn.avg_pool2d(images, factor, factor, "VALID")',
        ),
        resized(
            "bicubic without anti-aliasing",
            "These are exactly the pictures of this library's bicubic *without* anti-aliasing: it "
            "looks at the nearest four pixels whatever the factor. `resize` widens its weights.",
            'F.interpolate(images, (height // factor, width // factor), mode="bicubic")',
            'tf.image.resize(images, (height // factor, width // factor), method="bicubic")',
        ),
        resized(
            "half a pixel off",
            "These are exactly the pictures you get when they lie half a small pixel to the side: "
            "the outer edges of small and large pictures must fall together, as in `resize`.",
            "resize(torch.roll(images, (factor // 2, factor // 2), (-2, -1)), "
            "height // factor, width // factor)",
            "resize(tf.roll(images, (factor // 2, factor // 2), (1, 2)), "
            "height // factor, width // factor)",
        ),
        rounded(
            "not clipped",
            "Values leave [0, 1]: beside an edge cubic weights overshoot. Cut them off at 0 and 1.",
            "torch.round(small * 255) / 255",
            "tf.round(small * 255) / 255",
        ),
        rounded(
            "not rounded",
            "These are exactly the pictures before they are rounded: a file holds 256 grey levels, "
            "and a network trained on more has learned from what no file tells it.",
            "small.clamp(0, 1)",
            "tf.clip_by_value(small, 0, 1)",
        ),
        rounded(
            "cut off instead of rounded",
            "These are exactly the pictures when grey levels are cut off and not rounded: all get "
            "darker by half a level on average. Round to the nearest.",
            "torch.floor(small.clamp(0, 1) * 255) / 255",
            "tf.floor(tf.clip_by_value(small, 0, 1) * 255) / 255",
        ),
        rounded(
            "values in 0..255",
            "The small pictures have values up to 255: after rounding, divide by 255 again, so "
            "that they lie in [0, 1] as the large ones.",
            "torch.round(small.clamp(0, 1) * 255)",
            "tf.round(tf.clip_by_value(small, 0, 1) * 255)",
        ),
        rounded(
            "levels of 256",
            "These are exactly the pictures when grey levels are counted in 256ths: white is level "
            "255 and must come back as 1. Multiply and divide by 255.",
            "torch.round(small.clamp(0, 1) * 256) / 256",
            "tf.round(tf.clip_by_value(small, 0, 1) * 256) / 256",
        ),
        Wrong.both(
            "width not looked at",
            SIZES.format("Widths"),
            ("height % factor or width % factor", "height % factor"),
        ),
        Wrong.both(
            "height not looked at",
            SIZES.format("Heights"),
            ("height % factor or width % factor", "width % factor"),
        ),
    ),
)

EXERCISES = (SMALL,)
