"""The losses: values, and their gradients for every logit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.common import SUMS, probe, yes

BY_HAND = (np.log(2) + np.log1p(np.exp(-2))) / 2  # the mean of softplus(0) and softplus(-2)

ORDER = "The same pictures in another order give another loss: take the mean over the batch."
RELATIVISTIC_AVERAGE = (
    "These are exactly the numbers of the relativistic *average* loss, where each logit is "
    "compared with the mean of the other kind: compare pair by pair, once."
)
SHIFT = (
    "Adding 3 to all logits, real and fake, changes the loss: let only the difference of the two "
    "logits of a pair count."
)


def cases(worked: dict[str, list[float]], by_hand: float) -> Callable:
    """Logits worked by hand, then one picture, extreme logits, and batches from a seed."""

    def make(rng: np.random.Generator) -> list[Case]:
        def draw(*shape: int) -> dict[str, np.ndarray]:
            return {name: rng.normal(0, 2, shape).astype(np.float32) for name in worked}

        extreme = np.array([100, -100, 30, -30, -60, 60], np.float32)
        far = {name: np.roll(extreme, 2 * place) for place, name in enumerate(worked)}
        return [
            Case("the logits worked by hand", _rows(worked), {"loss": by_hand}),
            Case("a batch of one", draw(1)),
            Case("logits as far as ±100", far),
            Case("a batch of seven", draw(7)),
            Case("three batches of five", draw(3, 5)),
        ]

    return make


def _rows(lists: dict[str, list[float]]) -> dict[str, np.ndarray]:
    return {name: np.asarray(values, np.float32) for name, values in lists.items()}


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss and its gradients; whether the order of the batch matters, and a common shift.

    No gradients at the logits worked by hand: at exactly 0, a softplus made of |t| has a kink.
    """
    look = probe(framework)
    tensors = [look.tensor(np.atleast_2d(values)) for values in case.inputs.values()]
    single = next(iter(case.inputs.values())).ndim == 1
    batches = [look.value_and_gradients(answer, *rows) for rows in zip(*tensors, strict=True)]
    seen = {"loss": batches[0][0] if single else np.stack([value for value, _ in batches])}
    for place, name in enumerate([] if case.by_hand else case.inputs):
        gradients = [found[place] for _, found in batches]
        seen[f"gradient of {name}"] = gradients[0] if single else np.stack(gradients)
    if not single:
        first = [values[0] for values in case.inputs.values()]
        turned = answer(*(look.tensor(np.roll(values, 2)) for values in first))
        seen["invariant order of the batch"] = yes(_near(look.array(turned), batches[0][0]))
        if len(first) == 2:
            shifted = answer(*(look.tensor(values + 3) for values in first))
            seen["invariant common shift"] = yes(_near(look.array(shifted), batches[0][0]))
    return seen


def _near(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-4, atol=1e-4))


def wrong(name: str, message: str, torch: str, tensorflow: str, *, of: str) -> Wrong:
    """A wrong loss as what it returns, in place of what the answer key `of` returns."""
    old_torch, old_tensorflow = RETURNS[of]
    return Wrong(name, message, ((old_torch, torch),), ((old_tensorflow, tensorflow),))


RETURNS = {
    "discriminator": (
        "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
        "real_loss + tf.reduce_mean(tf.nn.softplus(fake_logits))",
    ),
    "generator": (
        "F.softplus(-fake_logits).mean()",
        "tf.reduce_mean(tf.nn.softplus(-fake_logits))",
    ),
    "relativistic": (
        "F.softplus(fake_logits - real_logits).mean()",
        "tf.reduce_mean(tf.nn.softplus(fake_logits - real_logits))",
    ),
}

DISCRIMINATOR = Exercise(
    id="gan.discriminator_loss",
    difficulty=2,
    importance=5,
    minutes=6,
    seed=1,
    cases=cases({"real logits": [0, 2], "fake logits": [0, -2]}, 2 * BY_HAND),
    observe=observe,
    tolerance_reason=SUMS,
    messages={"invariant order of the batch": ORDER},
    hints=(
        "When the discriminator is sure and right, its real logits are large and its fake logits "
        "very negative. What should each half of the loss be then?",
        "Two things tend to fail: logits of ±100, where a sigmoid rounds to 0 or 1 and its "
        "logarithm is lost; and the two halves, which are added and not averaged.",
        "Take the cross-entropy of the real logits with label 1 and of the fake ones with label 0, "
        "each in a form that starts from the logit and needs no sigmoid; mean over each batch; "
        "add the two.",
    ),
    wrong=(
        wrong(
            "labels swapped",
            "These are exactly the numbers you get when real pictures are labelled 0 and fake ones "
            "1: the discriminator is paid for being wrong.",
            "F.softplus(real_logits).mean() + F.softplus(-fake_logits).mean()",
            "tf.reduce_mean(tf.nn.softplus(real_logits) + tf.nn.softplus(-fake_logits))",
            of="discriminator",
        ),
        wrong(
            "average of the halves",
            "These are exactly the numbers you get when the two halves are averaged: the text asks "
            "for their sum, so this loss and its gradients are half as large.",
            "(F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()) / 2",
            "(real_loss + tf.reduce_mean(tf.nn.softplus(fake_logits))) / 2",
            of="discriminator",
        ),
        wrong(
            "sum over the batch",
            "These are exactly the numbers you get when each half is summed over the batch: take "
            "the mean, or a larger batch takes larger steps.",
            "F.softplus(-real_logits).sum() + F.softplus(fake_logits).sum()",
            "tf.reduce_sum(tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits))",
            of="discriminator",
        ),
        wrong(
            "one loss for each picture",
            "These are the losses of the single pictures: the answer is one number, the mean.",
            "F.softplus(-real_logits) + F.softplus(fake_logits)",
            "tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits)",
            of="discriminator",
        ),
        wrong(
            "sigmoid twice",
            "These are exactly the numbers you get when a sigmoid is applied before a loss that "
            "takes logits: it is applied twice, and the loss can never get near 0.",
            "F.softplus(-real_logits.sigmoid()).mean() + F.softplus(fake_logits.sigmoid()).mean()",
            "tf.reduce_mean(tf.nn.softplus(-tf.sigmoid(real_logits)) "
            "+ tf.nn.softplus(tf.sigmoid(fake_logits)))",
            of="discriminator",
        ),
        wrong(
            "log of a sigmoid",
            "These are the numbers you get from the logarithm of a sigmoid: right for small "
            "logits, but at ±100 the sigmoid rounds to 0 or 1 and the loss is infinite. Start "
            "from the logits.",
            "-real_logits.sigmoid().log().mean() - (1 - fake_logits.sigmoid()).log().mean()",
            "-tf.reduce_mean(tf.math.log(tf.sigmoid(real_logits)) "
            "+ tf.math.log(1 - tf.sigmoid(fake_logits)))",
            of="discriminator",
        ),
        wrong(
            "clipped cross-entropy",
            "These are the numbers you get from a cross-entropy on probabilities, which clips "
            "them: far logits get a wrong loss and no gradient. Start from the logits.",
            "F.binary_cross_entropy(real_logits.sigmoid(), torch.ones_like(real_logits)) "
            "+ F.binary_cross_entropy(fake_logits.sigmoid(), torch.zeros_like(fake_logits))",
            "keras.losses.BinaryCrossentropy()(tf.ones_like(real_logits), tf.sigmoid(real_logits)) "
            "+ keras.losses.BinaryCrossentropy()"
            "(tf.zeros_like(fake_logits), tf.sigmoid(fake_logits))",
            of="discriminator",
        ),
        wrong(
            "logits as probabilities",
            "The cross-entropy compares labels against logits as if they were probabilities: use "
            "the form that starts from logits.",
            "F.binary_cross_entropy(real_logits, torch.ones_like(real_logits)) "
            "+ F.binary_cross_entropy(fake_logits, torch.zeros_like(fake_logits))",
            "keras.losses.BinaryCrossentropy()(tf.ones_like(real_logits), real_logits) "
            "+ keras.losses.BinaryCrossentropy()(tf.zeros_like(fake_logits), fake_logits)",
            of="discriminator",
        ),
        wrong(
            "minus forgotten",
            "These are exactly the numbers you get when the minus before the logarithms is "
            "forgotten: the right number with the wrong sign, so that the discriminator unlearns.",
            "-F.softplus(-real_logits).mean() - F.softplus(fake_logits).mean()",
            "-real_loss - tf.reduce_mean(tf.nn.softplus(fake_logits))",
            of="discriminator",
        ),
        wrong(
            "difference of means",
            "This is the Wasserstein critic's loss, a difference of mean logits, which has no "
            "lower bound: the text asks for cross-entropy.",
            "fake_logits.mean() - real_logits.mean()",
            "tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)",
            of="discriminator",
        ),
        wrong(
            "fake pictures forgotten",
            "These are exactly the numbers of the real half alone: add the fake pictures' half, or "
            "the discriminator learns to call everything real.",
            "F.softplus(-real_logits).mean() + 0 * fake_logits.mean()",
            "real_loss + 0 * tf.reduce_mean(fake_logits)",
            of="discriminator",
        ),
    ),
)

GENERATOR = Exercise(
    id="gan.generator_loss",
    difficulty=2,
    importance=5,
    minutes=5,
    seed=1,
    cases=cases({"fake logits": [0, 2]}, BY_HAND),
    observe=observe,
    tolerance_reason=SUMS,
    messages={"invariant order of the batch": ORDER},
    hints=(
        "The discriminator gives a fake the logit -10. How strong should the generator's gradient "
        "be there, and how strong is it with your loss?",
        "It fails where the discriminator wins, at very negative logits: there the gradient for a "
        "logit must be near -1/N, and the loss near minus the logit.",
        "Take the cross-entropy of the fake logits with the label that the generator wishes for, "
        "in a form that starts from the logit; then the mean.",
    ),
    wrong=(
        wrong(
            "saturating",
            "These are exactly the numbers of the saturating loss, log(1 - sigmoid): while the "
            "discriminator wins, its gradient dies and the generator learns nothing.",
            "-F.softplus(fake_logits).mean()",
            "-tf.reduce_mean(tf.nn.softplus(fake_logits))",
            of="generator",
        ),
        wrong(
            "label 0",
            "These are exactly the numbers you get when the fakes are labelled 0: the generator is "
            "paid for being found out.",
            "F.softplus(fake_logits).mean()",
            "tf.reduce_mean(tf.nn.softplus(fake_logits))",
            of="generator",
        ),
        wrong(
            "sum over the batch",
            "These are exactly the numbers you get when the loss is summed over the batch: take "
            "the mean.",
            "F.softplus(-fake_logits).sum()",
            "tf.reduce_sum(tf.nn.softplus(-fake_logits))",
            of="generator",
        ),
        wrong(
            "one loss for each picture",
            "These are the losses of the single pictures: the answer is one number, the mean.",
            "F.softplus(-fake_logits)",
            "tf.nn.softplus(-fake_logits)",
            of="generator",
        ),
        wrong(
            "sigmoid twice",
            "These are exactly the numbers you get when a sigmoid is applied before a loss that "
            "takes logits: it is applied twice, and the loss can never get near 0.",
            "F.softplus(-fake_logits.sigmoid()).mean()",
            "tf.reduce_mean(tf.nn.softplus(-tf.sigmoid(fake_logits)))",
            of="generator",
        ),
        wrong(
            "log of a sigmoid",
            "These are the numbers you get from the logarithm of a sigmoid: at -100 the sigmoid "
            "rounds to 0 and the loss is infinite. Start from the logits.",
            "-fake_logits.sigmoid().log().mean()",
            "-tf.reduce_mean(tf.math.log(tf.sigmoid(fake_logits)))",
            of="generator",
        ),
        wrong(
            "logits as probabilities",
            "The cross-entropy compares labels against logits as if they were probabilities: use "
            "the form that starts from logits.",
            "F.binary_cross_entropy(fake_logits, torch.ones_like(fake_logits))",
            "keras.losses.BinaryCrossentropy()(tf.ones_like(fake_logits), fake_logits)",
            of="generator",
        ),
        wrong(
            "minus forgotten",
            "These are exactly the numbers you get when the minus before the logarithm is "
            "forgotten: the right number with the wrong sign, so that the generator unlearns.",
            "-F.softplus(-fake_logits).mean()",
            "-tf.reduce_mean(tf.nn.softplus(-fake_logits))",
            of="generator",
        ),
        wrong(
            "minus the logit",
            "This is the Wasserstein generator's loss, minus the mean logit: the text asks for "
            "cross-entropy, which stops rewarding logits that are large already.",
            "-fake_logits.mean()",
            "-tf.reduce_mean(fake_logits)",
            of="generator",
        ),
    ),
)

RELATIVISTIC = Exercise(
    id="gan.relativistic_discriminator_loss",
    difficulty=2,
    importance=3,
    minutes=5,
    seed=1,
    cases=cases({"real logits": [0, 2], "fake logits": [0, 0]}, BY_HAND),
    observe=observe,
    tolerance_reason=SUMS,
    messages={"invariant order of the batch": ORDER, "invariant common shift": SHIFT},
    hints=(
        "If 3 were added to every logit, real and fake, would the discriminator tell them apart "
        "any better? What should the loss do?",
        "Only the difference within a pair may count, and the loss must get small where the real "
        "picture's logit is far above the fake one's.",
        "Subtract the two batches of logits element by element, in the order that is negative when "
        "the discriminator is right; apply the function of `discriminator_loss`; take the mean.",
    ),
    wrong=(
        wrong(
            "sign turned round",
            "These are exactly the numbers you get with the difference the other way round: that "
            "is the generator's loss, and it puts fake above real.",
            "F.softplus(real_logits - fake_logits).mean()",
            "tf.reduce_mean(tf.nn.softplus(real_logits - fake_logits))",
            of="relativistic",
        ),
        wrong(
            "all with all",
            "These are exactly the numbers you get when each fake is compared with every real "
            "picture: compare pair by pair, the i-th with the i-th.",
            "F.softplus(fake_logits[:, None] - real_logits).mean()",
            "tf.reduce_mean(tf.nn.softplus(fake_logits[:, None] - real_logits))",
            of="relativistic",
        ),
        wrong(
            "against the mean",
            "These are exactly the numbers you get when each fake is compared with the mean real "
            "logit (the relativistic *average* loss): compare pair by pair.",
            "F.softplus(fake_logits - real_logits.mean()).mean()",
            "tf.reduce_mean(tf.nn.softplus(fake_logits - tf.reduce_mean(real_logits)))",
            of="relativistic",
        ),
        wrong(
            "relativistic average",
            RELATIVISTIC_AVERAGE,
            "F.softplus(fake_logits.mean() - real_logits).mean() "
            "+ F.softplus(fake_logits - real_logits.mean()).mean()",
            "tf.reduce_mean(tf.nn.softplus(tf.reduce_mean(fake_logits) - real_logits)) "
            "+ tf.reduce_mean(tf.nn.softplus(fake_logits - tf.reduce_mean(real_logits)))",
            of="relativistic",
        ),
        wrong(
            "relativistic average, halved",
            RELATIVISTIC_AVERAGE,
            "(F.softplus(fake_logits.mean() - real_logits).mean() "
            "+ F.softplus(fake_logits - real_logits.mean()).mean()) / 2",
            "(tf.reduce_mean(tf.nn.softplus(tf.reduce_mean(fake_logits) - real_logits)) "
            "+ tf.reduce_mean(tf.nn.softplus(fake_logits - tf.reduce_mean(real_logits)))) / 2",
            of="relativistic",
        ),
        wrong(
            "difference of the means",
            "These are exactly the numbers you get when the mean is taken before softplus: the "
            "pairs are lost. Take it after.",
            "F.softplus((fake_logits - real_logits).mean())",
            "tf.nn.softplus(tf.reduce_mean(fake_logits - real_logits))",
            of="relativistic",
        ),
        wrong(
            "not relativistic",
            "These are exactly the numbers of `discriminator_loss`: each logit is judged alone. "
            "Here only the difference within a pair counts.",
            "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
            "tf.reduce_mean(tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits))",
            of="relativistic",
        ),
        wrong(
            "sum over the batch",
            "These are exactly the numbers you get when the loss is summed over the pairs: take "
            "the mean.",
            "F.softplus(fake_logits - real_logits).sum()",
            "tf.reduce_sum(tf.nn.softplus(fake_logits - real_logits))",
            of="relativistic",
        ),
        wrong(
            "one loss for each pair",
            "These are the losses of the single pairs: the answer is one number, the mean.",
            "F.softplus(fake_logits - real_logits)",
            "tf.nn.softplus(fake_logits - real_logits)",
            of="relativistic",
        ),
        wrong(
            "log of a sigmoid",
            "These are the numbers you get from the logarithm of a sigmoid: when a real logit lies "
            "100 below a fake one it is infinite. Start from the logits.",
            "-(real_logits - fake_logits).sigmoid().log().mean()",
            "-tf.reduce_mean(tf.math.log(tf.sigmoid(real_logits - fake_logits)))",
            of="relativistic",
        ),
        wrong(
            "difference without softplus",
            "This is the mean difference itself, the Wasserstein critic's loss: without softplus "
            "it has no lower bound.",
            "(fake_logits - real_logits).mean()",
            "tf.reduce_mean(fake_logits - real_logits)",
            of="relativistic",
        ),
    ),
)

EXERCISES = (DISCRIMINATOR, GENERATOR, RELATIVISTIC)
