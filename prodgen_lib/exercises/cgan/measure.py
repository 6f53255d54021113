"""Whether wishes were granted: the share of right pictures for each category."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation
from prodgen_lib.exercises.common import probe, replacing, yes


def accuracy_cases(rng: np.random.Generator) -> list[Case]:
    """Five pictures by hand; one for each category; a category never granted; many, unequal."""

    def case(name: str, pictures: int, categories: int, right: float, last: float = 0) -> Case:
        rare = rng.integers(categories, size=pictures - categories) * rng.integers(
            2, size=pictures - categories
        )
        asked = rng.permutation(np.concatenate([np.arange(categories), rare]))
        logits = rng.normal(0, 2, (pictures, categories))
        logits[np.arange(pictures), asked] += right
        logits[:, -1] += last
        return Case(name, {"logits": logits.astype(np.float32), "asked": asked})

    logits = [[3, 1, -2], [0.5, 2, 1], [1, 0, 0.9], [-1, -3, -2], [0, 1, 4]]
    worked = {"logits": np.float32(logits), "asked": np.array([0, 1, 0, 1, 2])}
    worked["logits"][2] = [0, 1, 0.5]
    return [
        Case(
            "the five pictures worked by hand",
            worked,
            {"share of granted wishes": [0.5, 0.5, 1.0]},
        ),
        case("one picture for each of four categories", 4, 4, 2),
        case("forty pictures of three categories, nearly all wrong", 40, 3, -2),
        case("thirty pictures, the last category never granted", 30, 4, 2, -50),
        case("ninety pictures of ten categories", 90, 10, 2),
        case("fifty pictures of five categories", 50, 5, 2),
    ]


def observe_accuracy(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shares; whether order and a shift of the logits matter."""
    look, (logits, asked) = probe(framework), case.inputs.values()
    to_labels = framework.module("cgan").to_labels
    shares = look.array(answer(look.tensor(logits), to_labels(asked)))
    turned = look.array(answer(look.tensor(logits[::-1] + 3), to_labels(asked[::-1].copy())))
    same = turned.shape == shares.shape and np.allclose(turned, shares, atol=1e-6)
    return {"share of granted wishes": shares, "invariant order and common shift": yes(same)}


GRANTED = "asked[logits.argmax(dim=1) == asked]"
ASKED = "torch.bincount(\n        asked, minlength=categories\n    )"
SHARES = f"torch.bincount(granted, minlength=categories) / {ASKED}"
TF_GRANTED = "tf.reduce_sum(wanted * named, axis=0)"
TF_SHARES = "granted / tf.reduce_sum(wanted, axis=0)"
granted = replacing(GRANTED, TF_GRANTED)
shares = replacing(SHARES, TF_SHARES)


ACCURACY = Exercise(
    id="cgan.condition_accuracy",
    difficulty=2,
    importance=4,
    minutes=6,
    seed=1,
    cases=accuracy_cases,
    observe=observe_accuracy,
    tolerance_reason="float32 rounding of a quotient of counts",
    messages={
        "invariant order and common shift": (
            "Another order of the pictures, or 3 added to all logits, gives other shares: only "
            "whether the largest logit is that of the category asked for may count."
        ),
    },
    hints=(
        "For category k: which pictures are counted below the line of the fraction, and which of "
        "those above it?",
        "Check three properties: granting every wish gives K ones; a category that the classifier "
        "never names gets 0; asking for category 2 ten times as often leaves the shares of the "
        "other categories alone.",
        "Find the place of each picture's largest logit and compare it with what was asked. Then, "
        "for each category by itself, count the pictures for which both are k and divide by how "
        "many were asked to show k.",
    ),
    wrong=(
        shares(
            "one number for all",
            "This is the share over all pictures in one number: give one for each category, or a "
            "category that always fails hides behind the others.",
            "(logits.argmax(dim=1) == asked).float().mean()",
            "tf.reduce_mean(tf.cast(tf.argmax(logits, 1, asked.dtype) == asked, tf.float32))",
        ),
        shares(
            "counts",
            "These are counts: divide by how many pictures were asked to show each category.",
            "torch.bincount(granted, minlength=categories).float()",
            "granted + 0 * tf.reduce_sum(wanted, axis=0)",
        ),
        shares(
            "divided by all pictures",
            "The counts are divided by the number of all pictures: divide each by how many were "
            "asked to show that category.",
            "torch.bincount(granted, minlength=categories) / len(asked)",
            "granted / len(logits)",
        ),
        shares(
            "divided by what the classifier says",
            "The counts are divided by how often the classifier names each category: that is how "
            "far it can be believed. Here they are divided by how often each was asked for.",
            "torch.bincount(granted, minlength=categories)"
            " / torch.bincount(logits.argmax(dim=1), minlength=categories).clamp(min=1)",
            "granted / tf.maximum(tf.reduce_sum(named, axis=0), 1)",
        ),
        shares(
            "what was asked for is ignored",
            "These are the shares of the categories that the classifier names, whatever was asked "
            "for: a generator that swaps all its wishes would do as well.",
            "torch.bincount(logits.argmax(dim=1), minlength=categories) / len(logits)",
            "tf.reduce_mean(named, axis=0)",
        ),
        shares(
            "mean of the probabilities",
            "These are mean probabilities of what was asked for: that is how sure the classifier "
            "is. Here a wish is granted or not.",
            "(F.one_hot(asked, categories) * logits.softmax(dim=1)).sum(dim=0)"
            " / torch.bincount(asked, minlength=categories)",
            "tf.reduce_sum(wanted * tf.nn.softmax(logits), axis=0) / tf.reduce_sum(wanted, axis=0)",
        ),
        granted(
            "smallest logit",
            "These are exactly the numbers you get from the smallest logit of each picture: the "
            "classifier's answer is the largest.",
            "asked[logits.argmin(dim=1) == asked]",
            "tf.reduce_sum(wanted * tf.one_hot(tf.argmin(logits, 1), logits.shape[1]), axis=0)",
        ),
        granted(
            "labels shuffled",
            "Each picture is compared with what was asked of another one: picture i was asked to "
            "show number i of `asked`.",
            "asked[logits.argmax(dim=1) == asked.flip(0)]",
            "tf.reduce_sum(wanted[::-1] * named, axis=0)",
        ),
        granted(
            "wishes refused",
            "These are the shares of the wishes that were *not* granted: 1 minus what is asked.",
            "asked[logits.argmax(dim=1) != asked]",
            "tf.reduce_sum(wanted * (1 - named), axis=0)",
        ),
        shares(
            "in per cent",
            "These are per cent: give shares from 0 to 1.",
            f"100 * {SHARES}",
            f"100 * {TF_SHARES}",
        ),
    ),
)
