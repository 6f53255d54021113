"""What is done with the pair: noise to take away, holes to fill, defects to find."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import near, probe, replacing, summary, yes


def noise_cases(rng: np.random.Generator) -> list[Case]:
    """Two strengths of the same noise by hand; clipping; enough values to see their spread."""

    def case(name: str, shape: tuple[int, ...], low: float, high: float, **inputs) -> Case:
        pictures = rng.uniform(low, high, shape).astype(np.float32)
        return Case(name, {"pictures": pictures, "seed": int(rng.integers(2**31)), **inputs})

    worked = case("strengths 0.01 and 0.03", (2, 5, 6, 3), 0.5, 0.5)
    worked.by_hand["noise of strength 0.03 over that of 0.01"] = 3.0
    return [worked, case("thirty pictures", (30, 6, 7, 3), 0.4, 0.6, strength=0.02)]


def observe_noise(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How two strengths compare; or all that can be seen in many noisy values."""
    look, inputs = probe(framework), case.inputs
    pictures = inputs["pictures"]

    def noisy(sigma: float, images: np.ndarray = pictures, seed: int = inputs["seed"]):
        given = look.pictures(images)
        found = look.array(answer(given, sigma=sigma, seed=seed))
        if found.shape != tuple(given.shape):
            raise Complaint(
                f"The noisy pictures have shape {found.shape}; expected {tuple(given.shape)}."
            )
        return found - look.array(given)

    if not np.array_equal(noisy(0.01), noisy(0.01)):
        raise Complaint(
            "Two calls with the same seed give other noise: draw it from a generator that starts "
            "from `seed`."
        )
    if "strength" not in inputs:
        ratio = np.std(noisy(0.03)) / max(np.std(noisy(0.01)), 1e-9)
        return {"noise of strength 0.03 over that of 0.01": ratio}
    strength = inputs["strength"]
    noise = noisy(strength) / strength
    far = noisy(9.0) + look.array(look.pictures(pictures))
    given = look.pictures(pictures)
    answer(given, sigma=strength, seed=1)
    axes = (
        "pictures",
        *(
            ("channels", "rows", "columns")
            if framework.name == "torch"
            else ("rows", "columns", "channels")
        ),
    )
    return {
        "mean, lowest and highest without noise": summary(noisy(0.0) + look.array(given)),
        "lowest and highest value under strong noise": np.array([far.min(), far.max()]),
        "invariant another seed, other noise": yes(
            not near(noise, noisy(strength, seed=3) / strength)
        ),
        **{
            f"invariant noise differs between {what}": yes(np.ptp(noise, axis=axis).max() > 1e-2)
            for axis, what in enumerate(axes)
        },
        "invariant noise has mean 0": yes(abs(noise.mean()) < 0.1),
        "invariant noise has the strength asked for": yes(abs(noise.std() - 1) < 0.1),
        "invariant noise is normal": yes(
            2.5 < np.mean(noise**4) / max(noise.var(), 1e-9) ** 2 < 3.6
        ),
        "invariant pictures as they were": yes(
            np.array_equal(look.array(given), look.array(look.pictures(pictures)))
        ),
    }


drawn = replacing(
    "torch.randn(pictures.shape, generator=generator)",
    "tf.random.stateless_normal(pictures.shape, seed=(seed, 0))",
)
clipped = replacing(
    "(pictures + sigma * noise).clamp(0, 1)", "tf.clip_by_value(pictures + sigma * noise, 0, 1)"
)

NOISE = Exercise(
    id="autoencoder.add_noise",
    difficulty=2,
    importance=3,
    minutes=6,
    seed=1,
    cases=noise_cases,
    observe=observe_noise,
    tolerance_reason="float32: small differences of numbers near one half",
    rtol=1e-3,
    messages={
        "mean, lowest and highest without noise": (
            "With sigma = 0 the pictures must come back as they are, and they do not."
        ),
        "lowest and highest value under strong noise": (
            "Under strong noise values do not end at 0 and 1: clip them there."
        ),
        "invariant another seed, other noise": (
            "Another seed gives the same noise: the seed does not reach what draws it."
        ),
        **{
            f"invariant noise differs between {what}": (
                f"All {what} share their noise: every value of every picture needs its own."
            )
            for what in ("pictures", "channels", "rows", "columns")
        },
        "invariant noise has mean 0": (
            "The noise does not have mean 0, so pictures get brighter or darker: draw it from a "
            "normal density around 0."
        ),
        "invariant noise has the strength asked for": (
            "The standard deviation of the noise is not sigma: multiply noise of variance 1 by it."
        ),
        "invariant noise is normal": (
            "The noise has the right strength and is not normal: draw it from N(0, sigma²)."
        ),
        "invariant pictures as they were": (
            "After the call the pictures themselves are noisy, and there is no target left: work "
            "on a copy."
        ),
    },
    hints=(
        "How many numbers of noise does a batch need, and what would the network learn if two "
        "pictures, or the three channels of a pixel, shared theirs?",
        "Look at noisy copies of an even grey: mean and standard deviation, every channel by "
        "itself, the same seed twice, another seed; and at the range under very strong noise.",
        "Make a generator from the seed; draw normal noise of the pictures' shape; multiply by "
        "sigma, add, and clip to [0, 1].",
    ),
    wrong=(
        drawn(
            "uniform noise",
            "The noise is uniform between 0 and 1: it has mean ½, and pictures only get brighter. "
            "Draw it from a normal density around 0.",
            "torch.rand(pictures.shape, generator=generator)",
            "tf.random.stateless_uniform(pictures.shape, seed=(seed, 0))",
        ),
        drawn(
            "one noise picture for the batch",
            "One noise picture serves the whole batch: the network could learn it by heart. Draw "
            "one for each picture.",
            "torch.randn(pictures.shape[1:], generator=generator)",
            "tf.random.stateless_normal(pictures.shape[1:], seed=(seed, 0))",
        ),
        drawn(
            "one noise value for all channels",
            "The channels of a pixel share their noise, which is then grey: draw one for each.",
            "torch.randn(pictures[:, :1].shape, generator=generator)",
            "tf.random.stateless_normal(pictures[..., :1].shape, seed=(seed, 0))",
        ),
        drawn(
            "one noise value for a picture",
            "Each picture gets a single value of noise, which makes it brighter or darker as a "
            "whole: draw one for each of its values.",
            "torch.randn((len(pictures), 1, 1, 1), generator=generator)",
            "tf.random.stateless_normal((len(pictures), 1, 1, 1), seed=(seed, 0))",
        ),
        drawn(
            "seed not used",
            "Two calls with the same seed give other noise: draw it from a generator that starts "
            "from `seed`.",
            "torch.randn(pictures.shape)",
            "tf.random.normal(pictures.shape)",
        ),
        Wrong(
            "always the same seed",
            "Every seed gives the same noise: the generator has a seed of its own. Let it start "
            "from `seed`.",
            torch=(("manual_seed(seed)", "manual_seed(0)"),),
            tensorflow=(("seed=(seed, 0)", "seed=(0, 0)"),),
        ),
        clipped(
            "not clipped",
            "Values leave [0, 1], which no picture does: clip them after the noise is added.",
            "pictures + sigma * noise",
        ),
        clipped(
            "clipped to [-1, 1]",
            "Values go down to -1: that is another convention, pictures here lie in [0, 1].",
            "(pictures + sigma * noise).clamp(-1, 1)",
            "tf.clip_by_value(pictures + sigma * noise, -1, 1)",
        ),
        clipped(
            "sigma as the variance",
            "The noise has variance sigma and not sigma²: multiply by sigma itself, not by its "
            "root.",
            "(pictures + sigma**0.5 * noise).clamp(0, 1)",
            "tf.clip_by_value(pictures + sigma**0.5 * noise, 0, 1)",
        ),
        clipped(
            "sigma forgotten",
            "The noise has standard deviation 1 whatever `sigma` is: multiply by it.",
            "(pictures + noise).clamp(0, 1)",
            "tf.clip_by_value(pictures + noise, 0, 1)",
        ),
        clipped(
            "noise multiplied",
            "The noise is multiplied with the pictures, so that dark pixels stay clean: add it.",
            "(pictures * (1 + sigma * noise)).clamp(0, 1)",
            "tf.clip_by_value(pictures * (1 + sigma * noise), 0, 1)",
        ),
    ),
)


def mask_cases(rng: np.random.Generator) -> list[Case]:
    """Two pixels by hand; nothing hidden; everything hidden; holes of different sizes."""

    def case(name: str, *shape: int, share: float) -> Case:
        hidden = rng.uniform(0, 1, (*shape[:3], 1)) < share
        inputs = {"output": rng.uniform(0, 1, shape), "pictures": rng.uniform(0, 1, shape)}
        return Case(name, {k: v.astype(np.float32) for k, v in {**inputs, "mask": hidden}.items()})

    worked = {
        "output": np.array([[0.5, 0.1], [0.9, 0.9]], np.float32).reshape(1, 1, 2, 2),
        "pictures": np.array([[0.2, 0.2], [0.4, 0.1]], np.float32).reshape(1, 1, 2, 2),
        "mask": np.array([1, 0], np.float32).reshape(1, 1, 2, 1),
    }
    single = case("a single hidden value", 1, 2, 2, 1, share=0)
    single.inputs["mask"][0, 1, 0] = 1
    sized = case("holes of different sizes, in colour", 4, 5, 6, 3, share=0.3)
    sized.inputs["mask"][0], sized.inputs["mask"][1] = 0, 1
    return [
        Case("two pixels of two channels, the first hidden", worked, {"loss": 0.05}),
        case("nothing hidden", 2, 3, 2, 3, share=0),
        single,
        case("everything hidden", 2, 3, 4, 1, share=1.1),
        sized,
    ]


def observe_mask(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss and its gradient for the output."""
    look = probe(framework)
    output, pictures, mask = (look.pictures(values) for values in case.inputs.values())
    value, (gradient,) = look.value_and_gradients(lambda t: answer(t, pictures, mask), output)
    return {"loss": value, "gradient of the output": gradient}


error = replacing("mask * (output - pictures).square()", "mask * tf.square(output - pictures)")
count = replacing("mask.sum() * pictures.shape[1]", "tf.reduce_sum(mask) * pictures.shape[-1]")
quotient = replacing(
    "errors.sum() / hidden.clamp(min=1)", "tf.reduce_sum(errors) / tf.maximum(hidden, 1)"
)

MASKED = Exercise(
    id="autoencoder.masked_loss",
    difficulty=3,
    importance=4,
    minutes=7,
    seed=2,
    cases=mask_cases,
    observe=observe_mask,
    tolerance_reason="float32 sums in another order",
    messages={
        "gradient of the output": (
            "The loss is right and its gradient is not: hidden values pull towards the picture, "
            "seen ones have gradient 0. Look for something that cuts off or changes the balance."
        ),
    },
    hints=(
        "If every seen pixel of the output were changed, by how much should the loss change? And "
        "if the hole were half as large, with the same error at each of its pixels?",
        "Three things tend to fail: the count, which is of hidden values only, all channels of a "
        "hidden pixel; one mean over the batch, not a mean of means; and 0 in place of 0/0.",
        "Square the difference, multiply by the mask, add up; count the mask's ones times the "
        "channels; divide, by at least 1.",
    ),
    wrong=(
        quotient(
            "mean over everything",
            "These are exactly the numbers you get from the mean over all values, seen ones "
            "included: a small hole then hardly counts. Divide by the number of hidden values.",
            "errors.mean() + 0 * hidden",
            "tf.reduce_mean(errors) + 0 * hidden",
        ),
        quotient(
            "sum",
            "This is the sum over hidden values: divide by their number.",
            "errors.sum() + 0 * hidden",
            "tf.reduce_sum(errors) + 0 * hidden",
        ),
        quotient(
            "nothing hidden gives NaN",
            "With nothing hidden the loss is 0/0: it should be 0, or one such batch ends the "
            "training.",
            "errors.sum() / hidden",
            "tf.reduce_sum(errors) / hidden",
        ),
        quotient(
            "mean of means",
            "These are exactly the numbers you get from a mean for each picture first: a pixel in "
            "a small hole then counts more than one in a large hole. Take one mean over all.",
            "(errors.sum(dim=(1, 2, 3))"
            " / (mask.sum(dim=(1, 2, 3)) * pictures.shape[1]).clamp(min=1)).mean() + 0 * hidden",
            "tf.reduce_mean(tf.reduce_sum(errors, (1, 2, 3)) / tf.maximum("
            "tf.reduce_sum(mask, (1, 2, 3)) * pictures.shape[-1], 1)) + 0 * hidden",
        ),
        count(
            "channels not counted",
            "These are exactly the numbers you get when a hidden pixel counts once and its "
            "channels do not: the errors are added over channels, so count them too.",
            "mask.sum()",
            "tf.reduce_sum(mask)",
        ),
        error(
            "mask turned round",
            "These are exactly the numbers of the *seen* pixels over the count of the hidden ones: "
            "the mask is 1 where a pixel was hidden.",
            "(1 - mask) * (output - pictures).square()",
            "(1 - mask) * tf.square(output - pictures)",
        ),
        Wrong(
            "the seen pixels",
            "These are exactly the numbers of the *seen* pixels: the mask is 1 where a pixel was "
            "hidden.",
            torch=(
                ("mask * (output", "(1 - mask) * (output"),
                ("mask.sum()", "(1 - mask).sum()"),
            ),
            tensorflow=(
                ("mask * tf.square", "(1 - mask) * tf.square"),
                ("tf.reduce_sum(mask)", "tf.reduce_sum(1 - mask)"),
            ),
        ),
        error(
            "mask forgotten",
            "These are exactly the numbers you get when the errors of all pixels are added up: "
            "multiply by the mask, so that what was seen has no part in it.",
            "(output - pictures).square()",
            "tf.square(output - pictures)",
        ),
        error(
            "output masked, picture not",
            "These are exactly the numbers you get when only the output is multiplied by the mask: "
            "at seen pixels 0 is then compared with the picture.",
            "(mask * output - pictures).square()",
            "tf.square(mask * output - pictures)",
        ),
        error(
            "not squared",
            "These are exactly the numbers of the absolute error: the text asks for the squared "
            "one.",
            "mask * (output - pictures).abs()",
            "mask * tf.abs(output - pictures)",
        ),
    ),
)


def score_cases(rng: np.random.Generator) -> list[Case]:
    """A window by hand; a small defect among large even errors; other windows and sizes."""

    def case(name: str, *shape: int, **options: int) -> Case:
        inputs = {"output": rng.uniform(0, 1, shape), "pictures": rng.uniform(0, 1, shape)}
        return Case(
            name, {k: v.astype(np.float32) for k, v in inputs.items()} | {"options": options}
        )

    errors = np.array([[0, 0.2, 0], [0, 0.4, 0.2]], np.float32).reshape(1, 2, 3, 1)
    worked = {"output": errors, "pictures": 0 * errors, "options": {"window": 2}}
    return [
        Case("2×3 pixels and windows of 2×2", worked, {"score": [0.06]}),
        case("one grey picture, window 3", 1, 7, 6, 1, window=3),
        case("windows of a single pixel", 2, 4, 5, 3, window=1),
        case("three pictures in colour, the default window", 3, 9, 8, 3),
    ]


def observe_score(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The score of each picture."""
    look = probe(framework)
    pair = (look.pictures(case.inputs[name]) for name in ("output", "pictures"))
    return {"score": look.array(answer(*pair, **case.inputs["options"]))}


by_pixel = replacing(
    "(output - pictures).square().mean(dim=1, keepdim=True)",
    "tf.reduce_mean(tf.square(output - pictures), axis=-1, keepdims=True)",
)
pooled = replacing(
    "F.avg_pool2d(errors, window, stride=1)",
    'tf.nn.avg_pool2d(errors, window, strides=1, padding="VALID")',
)
largest = replacing("local.amax(dim=(1, 2, 3))", "tf.reduce_max(local, axis=(1, 2, 3))")

SCORE = Exercise(
    id="autoencoder.anomaly_score",
    difficulty=3,
    importance=3,
    minutes=7,
    seed=1,
    cases=score_cases,
    observe=observe_score,
    tolerance_reason="float32 sums in another order",
    hints=(
        "A defect of 4×4 pixels in a picture of 32×32: by how much does it change the mean error, "
        "and by how much the error of the worst window?",
        "Three things tend to fail: the order (square, channels, window, largest); windows at "
        "*every* position, not side by side; one number for each picture.",
        "Square the difference and average it over channels, keeping the axis; average over "
        "windows with a step of one pixel and no padding; take the largest of each picture.",
    ),
    wrong=(
        largest(
            "mean over the picture",
            "These are exactly the numbers you get from the mean over all windows: a small defect "
            "drowns in it. Take the largest.",
            "local.mean(dim=(1, 2, 3))",
            "tf.reduce_mean(local, axis=(1, 2, 3))",
        ),
        largest(
            "one number for the batch",
            "This is the largest of the whole batch: each picture has a score of its own, (N,).",
            "local.amax()",
            "tf.reduce_max(local)",
        ),
        pooled(
            "windows side by side",
            "These are exactly the numbers you get from windows side by side: a defect across "
            "their border is halved. Step by one pixel.",
            "F.avg_pool2d(errors, window)",
            'tf.nn.avg_pool2d(errors, window, strides=window, padding="VALID")',
        ),
        pooled(
            "windows beyond the border",
            "These are the numbers you get from windows that reach beyond the picture: only those "
            "that fit count.",
            "F.avg_pool2d(errors, window, stride=1, padding=window // 2, count_include_pad=False)",
            'tf.nn.avg_pool2d(errors, window, strides=1, padding="SAME")',
        ),
        pooled(
            "worst pixel",
            "These are exactly the numbers of the worst single pixel, without a window: one pixel "
            "at an edge then outweighs a whole defect. Average over the window first.",
            "errors + 0 * window",
            "errors + 0 * window",
        ),
        by_pixel(
            "not squared",
            "These are exactly the numbers of the absolute error: the text asks for the squared "
            "one.",
            "(output - pictures).abs().mean(dim=1, keepdim=True)",
            "tf.reduce_mean(tf.abs(output - pictures), axis=-1, keepdims=True)",
        ),
        by_pixel(
            "sum over channels",
            "These are exactly the numbers you get from the sum over channels: take their mean, or "
            "grey and colour pictures can't be compared.",
            "(output - pictures).square().sum(dim=1, keepdim=True)",
            "tf.reduce_sum(tf.square(output - pictures), axis=-1, keepdims=True)",
        ),
        by_pixel(
            "worst channel",
            "These are exactly the numbers you get from each pixel's worst channel: take the mean "
            "over channels.",
            "(output - pictures).square().amax(dim=1, keepdim=True)",
            "tf.reduce_max(tf.square(output - pictures), axis=-1, keepdims=True)",
        ),
        by_pixel(
            "averaged before squaring",
            "These are exactly the numbers you get when errors are averaged over channels before "
            "they are squared: too red and too blue then cancel.",
            "(output - pictures).mean(dim=1, keepdim=True).square()",
            "tf.square(tf.reduce_mean(output - pictures, axis=-1, keepdims=True))",
        ),
    ),
)


def auroc_cases(rng: np.random.Generator) -> list[Case]:
    """Three pairs by hand, with a tie; one of each; all alike; forty pictures with ties."""

    def case(name: str, good: int, bad: int, digits: int = 3) -> Case:
        defective = rng.permutation(np.repeat([False, True], [good, bad]))
        scores = np.round(rng.normal(0, 1, good + bad) + 0.7 * defective, digits)
        return Case(name, {"scores": scores.astype(np.float32), "defective": defective})

    worked = {
        "scores": np.array([0.2, 0.9, 0.5, 0.5, 0.1], np.float32),
        "defective": np.array([False, True, False, True, False]),
    }
    alike = {"scores": np.full(5, 0.25, np.float32), "defective": worked["defective"]}
    return [
        Case("two defective and three good", worked, {"area": 11 / 12}),
        case("one of each", 1, 1),
        Case("all scores alike", alike, {"area": 0.5}),
        case("forty pictures with ties", 27, 13, 1),
    ]


def observe_auroc(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The area, and what it is for the same order of scores on another scale."""
    look = probe(framework)
    scores, defective = case.inputs["scores"], look.tensor(case.inputs["defective"], "bool")
    scaled = look.array(answer(look.tensor(8 * scores - 3), defective))
    value = look.array(answer(look.tensor(scores), defective))
    return {"area": value, "invariant scale of the scores": yes(near(scaled, value))}


area = replacing(
    "(ahead > 0).float().mean() + 0.5 * (ahead == 0).float().mean()",
    "tf.reduce_mean(higher) + 0.5 * tf.reduce_mean(equal)",
)
pairs = replacing(
    "scores[defective][:, None] - scores[~defective]",
    "scores[defective][:, None] - scores[~defective]",
)

AUROC = Exercise(
    id="autoencoder.auroc",
    difficulty=3,
    importance=4,
    minutes=7,
    seed=1,
    cases=auroc_cases,
    observe=observe_auroc,
    tolerance_reason="float32 rounding of a quotient of counts",
    messages={
        "invariant scale of the scores": (
            "Scores on another scale give another area: only which score is higher may count."
        ),
    },
    hints=(
        "Take one defective and one good picture at random. How often does the score put them in "
        "the right order?",
        "Three things tend to fail: ties, which count one half; which kind must be higher; and "
        "pairs of pictures of the same kind, which do not count.",
        "Subtract every good picture's score from every defective one's: a table. The share of "
        "positive entries, plus half the share of zeros.",
    ),
    wrong=(
        area(
            "ties not counted",
            "These are exactly the numbers you get when ties count nothing: where all scores are "
            "alike the area is then 0 and not chance. They count one half.",
            "(ahead > 0).float().mean()",
            "tf.reduce_mean(higher)",
        ),
        area(
            "ties counted in full",
            "These are exactly the numbers you get when ties count as won: where all scores are "
            "alike the area is then 1 and not chance. They count one half.",
            "(ahead >= 0).float().mean()",
            "tf.reduce_mean(higher) + tf.reduce_mean(equal)",
        ),
        pairs(
            "turned round",
            "These are exactly the numbers you get when good pictures should score higher: the "
            "defective ones should.",
            "scores[~defective][:, None] - scores[defective]",
        ),
        area(
            "sum of pairs",
            "This is a count of pairs: divide by their number.",
            "(ahead > 0).float().sum() + 0.5 * (ahead == 0).float().sum()",
            "tf.reduce_sum(higher) + 0.5 * tf.reduce_sum(equal)",
        ),
        pairs(
            "against all pictures",
            "These are exactly the numbers you get when defective pictures are compared with *all* "
            "pictures, one another included: compare them with good ones.",
            "scores[defective][:, None] - scores",
        ),
        area(
            "difference of the means",
            "This is the mean difference of the scores: only which one of a pair is higher counts, "
            "not by how much.",
            "ahead.mean()",
            "tf.reduce_mean(ahead)",
        ),
    ),
)

EXERCISES = (NOISE, MASKED, SCORE, AUROC)
