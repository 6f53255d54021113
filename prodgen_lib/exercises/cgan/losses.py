"""The conditional losses: values, and gradients for whom each is there to teach."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.cgan.wishes import as_told, drawn_labels
from prodgen_lib.exercises.common import SUMS, drawn_weights, probe, replacing

KINDS = 4  # outputs of the small network behind `judged`


def loss_cases(worked: float) -> Callable[[np.random.Generator], list[Case]]:
    """Two pairs by hand, with this loss; one pair; far logits; as `train` calls it; a batch."""

    def make(rng: np.random.Generator) -> list[Case]:
        def case(name: str, pairs: int, *counts: int, scale: float = 0.5, **inputs) -> Case:
            pictures = rng.uniform(-1, 1, (2, pairs, 4, 4, 1)).astype(np.float32)
            given = {
                "real": pictures[0],
                "fake": pictures[1],
                "labels": drawn_labels(rng, pairs, counts),
                "counts": counts,
                "mixing": rng.normal(0, 1, (sum(counts), KINDS)).astype(np.float32),
                "weights": int(rng.integers(2**31)),
                "scale": scale,
            }
            return Case(name, {**given, **inputs})

        by_hand = {
            "real": np.float32([1, -1]).reshape(2, 1, 1, 1),
            "fake": np.float32([0.5, 2]).reshape(2, 1, 1, 1),
            "labels": np.array([[0], [1]]),
            "counts": (2,),
            "mixing": np.float32([[1], [2]]),
        }
        return [
            Case("the two pairs worked by hand", by_hand, {"loss": worked}),
            case("one pair", 1, 3),
            case("three pairs with logits as far as ±100", 3, 3, 2, scale=60),
            case("four pairs, as `train` calls it", 4, 5, 2, compiled=True),
            case("five pairs, two questions", 5, 3, 4),
        ]

    return make


def judged_by_hand(framework: Framework, inputs: dict) -> Callable:
    """Pictures of one pixel and labels to logits: pixel times (label + 1)."""
    look, one_hot = probe(framework), framework.module("cgan").one_hot
    factors = look.tensor(inputs["mixing"])

    def judged(images, labels):
        return images[:, 0, 0, 0] * (one_hot(labels, inputs["counts"]) @ factors)[:, 0]

    return judged


def judged_by_network(framework: Framework, inputs: dict) -> tuple[Callable, object]:
    """Pictures and labels to logits by a small network, and that network.

    It makes a few numbers of a picture, and the labels say how much each of them counts.
    """
    look, one_hot = probe(framework), framework.module("cgan").one_hot
    network = look.tiny_discriminator(1, classes=KINDS)
    look.fill(network, drawn_weights(inputs["weights"]))
    mixing, ones = look.tensor(inputs["mixing"]), look.tensor(np.ones((KINDS, 1)))

    def judged(images, labels):
        shares = one_hot(labels, inputs["counts"]) @ mixing
        return inputs["scale"] * ((look.call(network, images, training=True) * shares) @ ones)[:, 0]

    return judged, network


def observe_discriminator(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and its gradient for the discriminator's weights; the fakes' may be cut off."""
    look, inputs = probe(framework), case.inputs
    pictures = [look.pictures(inputs[name]) for name in ("real", "fake")]
    labels = framework.module("cgan").to_labels(inputs["labels"])
    if case.by_hand:
        judged = judged_by_hand(framework, inputs)
        return {"loss": look.array(answer(judged, *pictures, labels), "The loss")}
    judged, network = judged_by_network(framework, inputs)
    loss = as_loss(answer, case, look, judged)
    gradients = look.weight_gradients(lambda: loss(*pictures, labels), network)
    return {
        "loss": look.array(loss(*pictures, labels), "The loss"),
        "gradient of the discriminator's weights": np.concatenate(
            [gradient.ravel() for gradient in gradients]
        ),
    }


def as_loss(answer: Callable, case: Case, look: ModuleType, judged: Callable) -> Callable:
    """The answer as a function of real and fake pictures and labels."""
    return as_told(lambda real, fake, labels: answer(judged, real, fake, labels), case, look)


def observe_generator(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and its gradient for the fakes; the real pictures' logits may be cut off."""
    look, inputs = probe(framework), case.inputs
    real, fake = (look.pictures(inputs[name]) for name in ("real", "fake"))
    labels = framework.module("cgan").to_labels(inputs["labels"])
    if case.by_hand:
        judged = judged_by_hand(framework, inputs)
    else:
        judged, _ = judged_by_network(framework, inputs)
    loss = as_loss(answer, case, look, judged)
    value, (gradient,) = look.value_and_gradients(lambda made: loss(real, made, labels), fake)
    return {"loss": value, "gradient of the fakes": gradient}


def of_pair(real: str, fake: str, name: str) -> str:
    """The call of a loss of chapter 6 on two judgements."""
    return f"relativistic_{name}_loss({real}, {fake})"


REAL, FAKE = "judged(real, labels)", "judged(fake, labels)"
IN_PLACE = {
    name: replacing(of_pair(REAL, FAKE, name), of_pair(REAL, FAKE, name))
    for name in ("discriminator", "generator")
}
OTHER = {"discriminator": "generator", "generator": "discriminator"}


def faults(name: str) -> tuple[Wrong, ...]:
    """What goes wrong in either loss."""
    wrong, other = IN_PLACE[name], OTHER[name]

    def both(title: str, message: str, real: str, fake: str, *tf: str) -> Wrong:
        pieces = of_pair(real, fake, name), of_pair(*(tf or (real, fake)), name)
        return wrong(title, message, *pieces)

    return (
        wrong(
            f"the {other}'s loss",
            f"These are exactly the numbers of the {other}'s loss: real and fake are in each "
            "other's place.",
            of_pair(REAL, FAKE, other),
        ),
        both(
            "label shuffled between generator and discriminator",
            "The fakes are judged with the labels of other pictures: a fake must be told the label "
            "that it was asked to show, or right pictures are punished and the wish means nothing.",
            REAL,
            "judged(fake, labels.flip(0))",
            REAL,
            "judged(fake, labels[::-1])",
        ),
        both(
            "label shuffled for real pictures",
            "The real pictures are judged with the labels of other pictures: each must be told "
            "what it shows.",
            "judged(real, labels.flip(0))",
            FAKE,
            "judged(real, labels[::-1])",
            FAKE,
        ),
        both(
            "one label for all fakes",
            "All fakes are judged as if label 0 had been asked for: each must be told its own.",
            REAL,
            "judged(fake, 0 * labels)",
        ),
        both(
            "condition dropped",
            "Labels never arrive: both pictures of every pair are judged as if they showed label "
            "0, so a wrong product costs nothing.",
            "judged(real, 0 * labels)",
            "judged(fake, 0 * labels)",
        ),
        wrong(
            "sum over pairs",
            "This is the sum over pairs: take the mean, or the step grows with the batch.",
            f"len(real) * {of_pair(REAL, FAKE, name)}",
        ),
        wrong(
            "means taken first",
            "The means of the logits are compared: each pair is compared by itself, and softplus "
            "comes before the mean.",
            of_pair(f"{REAL}.mean()", f"{FAKE}.mean()", name),
            of_pair(f"tf.reduce_mean({REAL})", f"tf.reduce_mean({FAKE})", name),
        ),
        wrong(
            "every fake against every real picture",
            "Every fake is compared with every real picture, N×N pairs: fake i stands against "
            "real picture i, which shows what it was asked to show.",
            of_pair(f"{REAL}[:, None]", f"{FAKE}[None]", name),
        ),
        wrong(
            "sigmoid on logits",
            "The logits went through a sigmoid first: the loss takes them as they are, and a "
            "difference of two probabilities never gets beyond 1.",
            of_pair(f"torch.sigmoid({REAL})", f"torch.sigmoid({FAKE})", name),
            of_pair(f"tf.sigmoid({REAL})", f"tf.sigmoid({FAKE})", name),
        ),
    )


D_LOSS = Exercise(
    id="cgan.conditional_discriminator_loss",
    difficulty=2,
    importance=5,
    minutes=6,
    seed=1,
    cases=loss_cases(float(np.logaddexp(0, [-0.5, 6]).mean())),
    observe=observe_discriminator,
    tolerance_reason=SUMS,
    messages={
        "gradient of the discriminator's weights": (
            "The loss is right and its gradient for the discriminator's weights is not: it has to "
            "reach them through the real picture *and* the fake one."
        ),
    },
    hints=(
        "Which label is a fake picture to be judged with: that of a random picture, or the one "
        "that it was asked to show?",
        "Check three properties: logits that grow by the same amount for both pictures of a pair "
        "leave the loss alone; another label changes both logits of its pair and no other; the "
        "loss falls as the real pictures rise.",
        "Judge the real pictures with the labels, and the fakes with the same labels in the same "
        "order. What chapter 6 does with two rows of logits then remains.",
    ),
    wrong=(
        *faults("discriminator"),
        IN_PLACE["discriminator"](
            "real by themselves, fake by themselves",
            "These are exactly the numbers of the first loss of chapter 6, with real and fake "
            "judged apart: here the *difference* within a pair counts.",
            "F.softplus(-judged(real, labels)).mean() + F.softplus(judged(fake, labels)).mean()",
            "tf.reduce_mean(tf.nn.softplus(-judged(real, labels)))"
            " + tf.reduce_mean(tf.nn.softplus(judged(fake, labels)))",
        ),
        IN_PLACE["discriminator"](
            "real logits cut off",
            "The loss is right, but the discriminator learns nothing from real pictures: their "
            "logits are cut off from the gradient.",
            of_pair(f"{REAL}.detach()", FAKE, "discriminator"),
            of_pair(f"tf.stop_gradient({REAL})", FAKE, "discriminator"),
        ),
        IN_PLACE["discriminator"](
            "fake logits cut off",
            "The loss is right, but the discriminator learns nothing from fakes: it is the "
            "*pictures* that are cut off from the generator, in the training step, not the logits.",
            of_pair(REAL, f"{FAKE}.detach()", "discriminator"),
            of_pair(REAL, f"tf.stop_gradient({FAKE})", "discriminator"),
        ),
    ),
)

G_LOSS = Exercise(
    id="cgan.conditional_generator_loss",
    difficulty=2,
    importance=5,
    minutes=4,
    seed=2,
    cases=loss_cases(float(np.logaddexp(0, [0.5, -6]).mean())),
    observe=observe_generator,
    tolerance_reason=SUMS,
    messages={
        "gradient of the fakes": (
            "The loss is right, but its gradient does not reach the fakes as it should, so the "
            "generator learns nothing: look for what cuts it off."
        ),
    },
    hints=(
        "What should happen to the fake's logit, compared with that of a real picture of the same "
        "label?",
        "Check three properties: the loss falls as the fakes rise; a real picture still counts, "
        "for it sets the mark; it is the discriminator's loss with the roles exchanged, not with "
        "a minus in front.",
        "Judge both pictures of each pair with the label of the pair, as the discriminator's loss "
        "does, and hand both rows of logits to the other loss of chapter 6.",
    ),
    wrong=(
        *faults("generator"),
        IN_PLACE["generator"](
            "fakes by themselves",
            "These are exactly the numbers of the first generator's loss of chapter 6, with fakes "
            "judged by themselves: here each is compared with the real picture of its pair.",
            "F.softplus(-judged(fake, labels)).mean()",
            "tf.reduce_mean(tf.nn.softplus(-judged(fake, labels)))",
        ),
        IN_PLACE["generator"](
            "the discriminator's loss with a minus",
            "These are exactly the numbers of the discriminator's loss with a minus: its gradient "
            "dies while the discriminator wins, which is when the generator needs it.",
            "-relativistic_discriminator_loss(judged(real, labels), judged(fake, labels))",
        ),
        IN_PLACE["generator"](
            "fakes cut off",
            "The loss is right, but the fakes are cut off from it, so no gradient reaches the "
            "generator: only the discriminator's half does that.",
            of_pair(REAL, "judged(fake.detach(), labels)", "generator"),
            of_pair(REAL, "judged(tf.stop_gradient(fake), labels)", "generator"),
        ),
    ),
)


def translation_cases(rng: np.random.Generator) -> list[Case]:
    """Two logits and two pixels by hand; one logit; no weight; far logits; as `train` calls it."""

    def case(name: str, pictures: int, places: int, size: int, weight: float, **inputs) -> Case:
        spread = inputs.pop("spread", 2)
        logits = rng.normal(0, spread, (pictures, places, places, 1)).astype(np.float32)
        both = rng.uniform(-1, 1, (2, pictures, size, size + 1, 3)).astype(np.float32)
        given = {"logits": logits, "output": both[0], "target": both[1], "weight": weight}
        return Case(name, {**given, **inputs})

    worked = {
        "logits": np.float32([0.5, -2]).reshape(1, 1, 2, 1),
        "output": np.float32([0.5, -0.25]).reshape(1, 1, 2, 1),
        "target": np.float32([0.25, 0.5]).reshape(1, 1, 2, 1),
        "weight": 10.0,
    }
    by_hand = np.logaddexp(0, [-0.5, 2]).mean() + 10 * 0.5
    return [
        Case("two logits and two pixels, worked by hand", worked, {"loss": by_hand}),
        case("one logit and weight 3", 1, 1, 2, 3.0),
        case("weight 0", 3, 2, 2, 0.0),
        case("logits as far as ±100", 3, 2, 2, 1.0, spread=60),
        case("four pictures, as `train_translator` calls it", 4, 2, 3, 10.0, compiled=True),
        case("five pictures, 3×3 logits each, weight 0.5", 5, 3, 4, 0.5),
    ]


def observe_translation(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The loss, and gradients for logits and output."""
    look, inputs = probe(framework), case.inputs
    target, weight = look.pictures(inputs["target"]), inputs["weight"]
    loss = as_told(lambda *given: answer(*given, target, weight=weight), case, look)
    value, (to_logits, to_output) = look.value_and_gradients(
        loss, look.pictures(inputs["logits"]), look.pictures(inputs["output"])
    )
    return {
        "loss": value,
        "gradient of the logits": to_logits,
        "gradient of the output": to_output,
    }


ADVERSARIAL = "generator_loss(fake_logits)"
L1 = "weight * (output - target).abs().mean()"
TF_L1 = "weight * tf.reduce_mean(tf.abs(output - target))"
WHOLE = f"{ADVERSARIAL} + {L1}", f"{ADVERSARIAL} + {TF_L1}"
whole = replacing(*WHOLE)
near_target = replacing(L1, TF_L1)
looks_real = replacing(ADVERSARIAL, ADVERSARIAL)

TRANSLATION = Exercise(
    id="cgan.translation_loss",
    difficulty=2,
    importance=5,
    minutes=6,
    seed=1,
    cases=translation_cases,
    observe=observe_translation,
    tolerance_reason=SUMS,
    messages={
        "gradient of the logits": (
            "The loss is right, but its gradient does not reach the logits: the translator learns "
            "to look real through them."
        ),
        "gradient of the output": (
            "The loss is right, but its gradient does not reach the output: look for what cuts it "
            "off."
        ),
    },
    hints=(
        "What are the two wishes, which one is weighed, and what is left of the loss with weight "
        "0?",
        "Check three properties: with output and target alike only the logits count; twice the "
        "weight adds as much again of the distance; twice as many pictures of the same kind leave "
        "the loss as it is.",
        "A mean over all the logits of what a generator pays that wants to be called real; plus "
        "the weight times a mean over all values of the pictures of how far the output is from "
        "the target, without its sign.",
    ),
    wrong=(
        near_target(
            "L1 weight missing",
            "The distance counts with weight 1 whatever `weight` says: multiply it.",
            "(output - target).abs().mean()",
            "tf.reduce_mean(tf.abs(output - target))",
        ),
        whole(
            "L1 missing",
            "The distance is missing: the output may then be any picture that looks real, and "
            "need not show what the source shows.",
            "generator_loss(fake_logits) + 0 * output.sum()",
            "generator_loss(fake_logits) + 0 * tf.reduce_sum(output)",
        ),
        whole(
            "L1 alone",
            "The logits have no say: that is the plain L1 network, which paints the middle of what "
            "is possible, and blurs.",
            f"{L1} + 0 * fake_logits.sum()",
            f"{TF_L1} + 0 * tf.reduce_sum(fake_logits)",
        ),
        whole(
            "weight on the wrong term",
            "The weight multiplies the logits' part: it belongs to the distance.",
            "weight * generator_loss(fake_logits) + (output - target).abs().mean()",
            "weight * generator_loss(fake_logits) + tf.reduce_mean(tf.abs(output - target))",
        ),
        whole(
            "weight on both terms",
            "The weight multiplies both parts: it belongs to the distance alone.",
            f"weight * {ADVERSARIAL} + {L1}",
            f"weight * {ADVERSARIAL} + {TF_L1}",
        ),
        whole(
            "weights that add up to 1",
            "The two parts are mixed with weights that add up to 1: the first one counts in full.",
            f"(1 - weight) * {ADVERSARIAL} + {L1}",
            f"(1 - weight) * {ADVERSARIAL} + {TF_L1}",
        ),
        near_target(
            "squared distance",
            "These are exactly the numbers you get from squared differences: they blur more than "
            "L1 does, which takes them without their sign.",
            "weight * (output - target).square().mean()",
            "weight * tf.reduce_mean(tf.square(output - target))",
        ),
        near_target(
            "distance summed",
            "The distance is summed over all values: it is a mean, or its weight depends on how "
            "large the pictures are.",
            "weight * (output - target).abs().sum()",
            "weight * tf.reduce_sum(tf.abs(output - target))",
        ),
        near_target(
            "distance summed for each picture",
            "The distance is summed over each picture's values and then averaged: it is a mean "
            "over all values.",
            "weight * (output - target).abs().sum(dim=(1, 2, 3)).mean()",
            "weight * tf.reduce_mean(tf.reduce_sum(tf.abs(output - target), axis=(1, 2, 3)))",
        ),
        near_target(
            "sign of the mean",
            "The sign is dropped after the mean: pixels too bright then make up for pixels too "
            "dark. Drop it for each value.",
            "weight * (output - target).mean().abs()",
            "weight * tf.abs(tf.reduce_mean(output - target))",
        ),
        near_target(
            "differences with their sign",
            "The differences keep their sign: a picture that is black everywhere then has the "
            "smallest loss.",
            "weight * (output - target).mean()",
            "weight * tf.reduce_mean(output - target)",
        ),
        near_target(
            "distance subtracted",
            "The distance is subtracted: the loss then falls the farther the output is from the "
            "target.",
            "-weight * (output - target).abs().mean()",
            "-weight * tf.reduce_mean(tf.abs(output - target))",
        ),
        looks_real(
            "fakes wanted to be called fake",
            "These are exactly the numbers you get when the fakes are wanted to be called fake: "
            "that is the discriminator's wish.",
            "F.softplus(fake_logits).mean()",
            "tf.reduce_mean(tf.nn.softplus(fake_logits))",
        ),
        looks_real(
            "saturating loss",
            "These are exactly the numbers of the saturating loss, log(1 - sigmoid): its gradient "
            "dies while the discriminator wins.",
            "-F.softplus(fake_logits).mean()",
            "-tf.reduce_mean(tf.nn.softplus(fake_logits))",
        ),
        looks_real(
            "logits summed",
            "The first part is summed over the logits: it is a mean over pictures and places.",
            "F.softplus(-fake_logits).sum()",
            "tf.reduce_sum(tf.nn.softplus(-fake_logits))",
        ),
        looks_real(
            "logits averaged first",
            "The logits are averaged before the loss: each place is judged by itself, and one "
            "patch that looks false can't be made up for by another.",
            "F.softplus(-fake_logits.mean())",
            "tf.nn.softplus(-tf.reduce_mean(fake_logits))",
        ),
        near_target(
            "output cut off",
            "The loss is right, but the output is cut off from the distance, so the translator "
            "never hears of it.",
            "weight * (output.detach() - target).abs().mean()",
            "weight * tf.reduce_mean(tf.abs(tf.stop_gradient(output) - target))",
        ),
    ),
)
