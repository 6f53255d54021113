"""Seeing a collapse: which categories the generator no longer makes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import probe, yes


def share_cases(rng: np.random.Generator) -> list[Case]:
    """Four pictures by hand; one picture; categories that nobody is in; many pictures."""
    worked = [[3.0, 1.0, -2.0], [0.5, 2.0, 1.0], [1.0, 0.0, 0.9], [-1.0, -3.0, -2.0]]

    def draw(pictures: int, categories: int) -> dict[str, np.ndarray]:
        return {"logits": rng.normal(0, 2, (pictures, categories)).astype(np.float32)}

    few = draw(30, 7)
    few["logits"][:, [0, 5, 6]] -= 50
    return [
        Case(
            "four pictures worked by hand",
            {"logits": np.asarray(worked, np.float32)},
            {"shares": [0.75, 0.25, 0.0]},
        ),
        Case("one picture", draw(1, 4)),
        Case("thirty pictures, the first and last categories empty", few),
        Case("fifty pictures of ten categories", draw(50, 10)),
        Case("237 pictures of five categories", draw(237, 5)),
    ]


def observe_shares(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The shares; whether they add up, and whether order and a shift of the logits matter."""
    look = probe(framework)
    logits = case.inputs["logits"]
    shares = look.array(answer(look.tensor(logits)))
    turned = look.array(answer(look.tensor(logits[::-1] + 3)))
    same = turned.shape == shares.shape and np.allclose(turned, shares, atol=1e-6)
    return {
        "shares": shares,
        "invariant order and common shift": yes(same),
    }


SHARES = Exercise(
    id="gan.category_shares",
    difficulty=2,
    importance=3,
    minutes=6,
    seed=1,
    cases=share_cases,
    observe=observe_shares,
    tolerance_reason="float32 rounding of a quotient of counts",
    messages={
        "invariant order and common shift": (
            "Another order of the pictures, or 3 added to all logits, gives other shares: only "
            "which logit is largest may count."
        ),
    },
    hints=(
        "How does one picture vote, and for how many categories?",
        "Two things tend to fail: a category that nobody is in still needs its 0; and the shares "
        "must add up to 1 whatever the number of pictures.",
        "Find the place of each picture's largest logit; count how often each of the K places "
        "occurs; divide by the number of pictures.",
    ),
    wrong=(
        Wrong(
            "along the wrong axis",
            "These are exactly the numbers you get from the largest logit of each *category* "
            "instead of each picture: look along the other axis.",
            torch=(
                ("logits.argmax(dim=1)", "logits.argmax(dim=0) % logits.shape[1]"),
                ("/ len(logits)", "/ logits.shape[1]"),
            ),
            tensorflow=(
                ("tf.argmax(logits, axis=1)", "tf.argmax(logits, axis=0) % logits.shape[1]"),
            ),
        ),
        Wrong(
            "mean of the probabilities",
            "These are exactly the numbers you get from the mean of the softmax: that is how sure "
            "the classifier is. Here each picture counts for one category.",
            torch=(
                (
                    "torch.bincount(categories, minlength=logits.shape[1]) / len(logits)",
                    "logits.softmax(dim=1).mean(dim=0)",
                ),
            ),
            tensorflow=(
                ("tf.one_hot(categories, logits.shape[1])", "tf.nn.softmax(logits, axis=1)"),
            ),
        ),
        Wrong(
            "counts",
            "These are counts: divide by the number of pictures.",
            torch=((" / len(logits)", " / 1"),),
            tensorflow=(("tf.reduce_mean", "tf.reduce_sum"),),
        ),
        Wrong(
            "divided by the categories",
            "These are counts divided by the number of categories: divide by the number of "
            "pictures.",
            torch=(("/ len(logits)", "/ logits.shape[1]"),),
            tensorflow=(
                (
                    "tf.reduce_mean(tf.one_hot(categories, logits.shape[1]), axis=0)",
                    "tf.reduce_sum(tf.one_hot(categories, logits.shape[1]), axis=0)"
                    " / logits.shape[1]",
                ),
            ),
        ),
        Wrong(
            "empty categories left out",
            "The last categories are missing where no picture is in them: give them their 0, it is "
            "the very thing to look for.",
            torch=(("categories, minlength=logits.shape[1]", "categories"),),
            tensorflow=(
                (
                    "tf.reduce_mean(tf.one_hot(categories, logits.shape[1]), axis=0)",
                    "tf.cast(tf.math.bincount(tf.cast(categories, tf.int32)), tf.float32)"
                    " / len(logits)",
                ),
            ),
        ),
        Wrong(
            "smallest logit",
            "These are exactly the numbers you get from each picture's *smallest* logit.",
            torch=(("logits.argmax", "logits.argmin"),),
            tensorflow=(("tf.argmax", "tf.argmin"),),
        ),
    ),
)


def missing_cases(rng: np.random.Generator) -> list[Case]:
    """Shares by hand, one of them on the threshold; none, one, all missing; many categories."""
    worked = {"shares": np.array([0.5, 0.125, 0.0, 0.25, 0.125], np.float32), "threshold": 0.25}
    even = {"shares": np.full(4, 0.25, np.float32), "threshold": 0.1}
    one = {"shares": np.array([0.4, 0.59, 0.01], np.float32)}
    default = {"shares": np.array([0.021, 0.9, 0.019, 0.0, 0.06], np.float32)}
    drawn = rng.dirichlet(np.ones(40)).astype(np.float32)
    threshold = float(np.sort(drawn)[14:16].mean())
    return [
        Case("five shares and threshold 0.25", worked, {"missing": "1, 2, 4"}),
        Case("no category missing", even),
        Case("exactly one category missing", one),
        Case("the threshold that it has by default", default),
        Case("all missing", {"shares": np.full(3, 0.25, np.float32), "threshold": 0.5}),
        Case("forty categories", {"shares": drawn, "threshold": threshold}),
    ]


def observe_missing(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The indices, as text; and where the first of them stand."""
    options = {name: value for name, value in case.inputs.items() if name != "shares"}
    found = _indices(answer(probe(framework).tensor(case.inputs["shares"]), **options))
    text = ", ".join(map(str, found)) or "none"
    return {
        "missing": np.asarray(text if len(text) < 200 else f"{text[:199]}…"),
        "first three": np.asarray([*found, -1, -1, -1][:3], float),
    }


def _indices(found: object) -> list[int]:
    """Whole numbers from a list; a complaint about anything else."""
    if isinstance(found, int) and not isinstance(found, bool):
        raise Complaint(NUMBER)
    if not isinstance(found, list):
        raise Complaint(
            f"The answer is of type {type(found).__name__}: give a plain list of the indices of "
            "the missing categories."
        )
    for index in found:
        if isinstance(index, bool) or not isinstance(index, int | np.integer):
            raise Complaint(
                f"The answer is a list with elements of type {type(index).__name__}: make them "
                "plain whole numbers, the indices of the missing categories."
            )
    return [int(index) for index in found]


NUMBER = (
    "The answer is a bare number: give a list, also when exactly one category is missing (a "
    "squeeze takes that list's axis away)."
)


MISSING = Exercise(
    id="gan.missing_categories",
    difficulty=1,
    importance=3,
    minutes=5,
    seed=1,
    cases=missing_cases,
    observe=observe_missing,
    tolerance_reason="indices are exact",
    hints=(
        "A category has exactly the share of the threshold: is it missing?",
        "Indices are asked for, in ascending order, and only of shares strictly below.",
        "Compare all shares with the threshold at once; find where that is true; make a plain "
        "list of whole numbers.",
    ),
    wrong=(
        Wrong.both(
            "on the threshold",
            "A category whose share is exactly the threshold is counted as missing: it has to be "
            "*below*.",
            ("shares < threshold", "shares <= threshold"),
        ),
        Wrong.both(
            "those that are there",
            "These are the categories that are *there*: turn the comparison round.",
            ("shares < threshold", "shares >= threshold"),
        ),
        Wrong.both(
            "only empty ones",
            "These are only the categories with no picture at all: a share below the threshold "
            "counts as missing too.",
            ("shares < threshold", "shares <= 0"),
        ),
        Wrong(
            "the smallest first",
            "The right categories, but sorted by share: sort them by index.",
            torch=(
                (
                    "torch.nonzero(shares < threshold).flatten().tolist()",
                    "[i for i in shares.argsort().tolist() if shares[i] < threshold]",
                ),
            ),
            tensorflow=(
                (
                    "tf.where(shares < threshold)[:, 0].numpy().tolist()",
                    "[i for i in tf.argsort(shares).numpy().tolist() if shares[i] < threshold]",
                ),
            ),
        ),
        Wrong(
            "a mask",
            "This says of each category whether it is missing: give the indices of those that are.",
            torch=(
                (
                    "torch.nonzero(shares < threshold).flatten().tolist()",
                    "(shares < threshold).tolist()",
                ),
            ),
            tensorflow=(
                (
                    "tf.where(shares < threshold)[:, 0].numpy().tolist()",
                    "(shares < threshold).numpy().tolist()",
                ),
            ),
        ),
        Wrong(
            "one category squeezed",
            NUMBER,
            torch=(("(shares < threshold).flatten()", "(shares < threshold).squeeze()"),),
            tensorflow=(
                (
                    "tf.where(shares < threshold)[:, 0]",
                    "tf.squeeze(tf.where(shares < threshold))",
                ),
            ),
        ),
        Wrong(
            "a share of the largest",
            "These are the categories below `threshold` times the *largest* share: the threshold "
            "is a share of all pictures.",
            torch=(("shares < threshold", "shares < threshold * shares.max()"),),
            tensorflow=(("shares < threshold", "shares < threshold * tf.reduce_max(shares)"),),
        ),
    ),
)

EXERCISES = (SHARES, MISSING)
