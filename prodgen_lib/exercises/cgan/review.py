"""A candidate's answer to mend: what both networks are told, and the training step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Exercise, Framework, Observation, Wrong
from prodgen_lib.exercises.cgan.wishes import (
    COPIES,
    channels_last,
    drawn,
    value_and_gradients,
)
from prodgen_lib.exercises.common import drawn_weights, flat, near, probe, yes
from prodgen_lib.exercises.gan.step import read_losses

nan = float("nan")


def input_cases(rng: np.random.Generator) -> list[Case]:
    """Few and many classes, of which not all occur."""

    def case(name: str, pictures: int, size: int, classes: int) -> Case:
        labels = rng.integers(classes - (pictures == 1), size=pictures)  # not always the last
        given = {"noise": drawn(rng, pictures, size), "labels": labels, "classes": classes}
        return Case(name, given)

    return [
        case("one picture, four classes", 1, 2, 4),
        case("five pictures, three classes", 5, 4, 3),
        case("four pictures, ten classes", 4, 3, 10),
    ]


def observe_inputs(answer: Callable, case: Case, framework: Framework) -> Observation:
    """How many numbers a picture gets, where its label is told, then all, and the gradient."""
    look, inputs = probe(framework), case.inputs
    labels = framework.module("cgan").to_labels(inputs["labels"])
    classes, size = inputs["classes"], inputs["noise"].shape[1]
    value, (gradient,) = value_and_gradients(
        look,
        lambda noise: answer(noise, labels, classes=classes),
        [look.tensor(inputs["noise"])],
    )
    wide = value.ndim == 2 and value.shape[1] == size + classes
    told = value[:, size:] if wide else np.full((1, 1), nan)
    return {
        "a number for each class": yes(wide),
        "one of them at the label's place": yes(told_right(told, inputs["labels"])),
        "what the generator is given": value,
        "gradient of the noise": gradient,
    }


def told_right(told: np.ndarray, labels: np.ndarray) -> bool:
    """Whether each row is 1 at its label's place and 0 elsewhere."""
    right = np.eye(told.shape[-1])[labels] if told.shape[-1] > labels.max() else np.zeros(0)
    return told.shape == right.shape and bool(np.all(told == right))


RAW = (
    "The label is appended as a raw integer, one number: class 9 then looks nine times class 1. "
    "Give each class a number of its own, 1 for the label and 0 for the others."
)
FEW = (
    "There are as many numbers as the largest label of this batch needs: a batch without the last "
    "class gets fewer, and no layer takes both. Give `one_hot` the number of classes."
)
NOT_TOLD = (
    "The numbers for the classes do not tell the label: there must be a 1 at the place of each "
    "picture's own label, counted from 0, and 0 elsewhere."
)

INPUTS = Exercise(
    id="cgan.review_inputs",
    difficulty=1,
    importance=5,
    minutes=4,
    seed=1,
    review=True,
    cases=input_cases,
    observe=observe_inputs,
    tolerance_reason=COPIES,
    messages={
        "a number for each class": RAW,
        "one of them at the label's place": NOT_TOLD,
        "what the generator is given": (
            "The label is told and the noise is not what it was: it comes first, as it is."
        ),
        "gradient of the noise": (
            "The numbers are right, but gradients do not reach the noise: something cuts them off."
        ),
    },
    hints=(
        "Is category 6 more than category 2, and is it three times as much?",
        "Look at the width of the result: how many numbers should a picture with noise of 64 "
        "numbers and one of 10 classes have?",
        "Turn each label into a row of ones and zeros that is as long as there are classes, and "
        "join it to the noise along the second axis.",
    ),
    wrong=(
        Wrong(
            "raw integer",
            RAW,
            torch=(("F.one_hot(labels, classes).float()", "labels[:, None].float()"),),
            tensorflow=(("tf.one_hot(labels, classes)", "tf.cast(labels[:, None], tf.float32)"),),
        ),
        Wrong(
            "label over classes",
            "The label is appended as one number between 0 and 1: scaled down it is still a "
            "number, and neighbours in the list look alike. Give each class a number of its own.",
            torch=(("F.one_hot(labels, classes).float()", "labels[:, None].float() / classes"),),
            tensorflow=(
                ("tf.one_hot(labels, classes)", "tf.cast(labels[:, None], tf.float32) / classes"),
            ),
            planted=False,
        ),
        Wrong(
            "condition dropped",
            "All numbers for the classes are 0: the generator is never told what is asked for.",
            torch=(("F.one_hot(labels, classes).float()", "0 * F.one_hot(labels, classes)"),),
            tensorflow=(("tf.one_hot(labels, classes)", "0 * tf.one_hot(labels, classes)"),),
            planted=False,
        ),
        Wrong(
            "labels shuffled",
            "Each picture is told the label of another one: row i belongs to label i.",
            torch=(("F.one_hot(labels, classes)", "F.one_hot(labels.flip(0), classes)"),),
            tensorflow=(("tf.one_hot(labels, classes)", "tf.one_hot(labels[::-1], classes)"),),
            planted=False,
        ),
        Wrong(
            "classes counted in the batch",
            FEW,
            torch=(("F.one_hot(labels, classes)", "F.one_hot(labels)"),),
            tensorflow=(
                ("tf.one_hot(labels, classes)", "tf.one_hot(labels, tf.reduce_max(labels) + 1)"),
            ),
            planted=False,
        ),
        Wrong(
            "label before the noise",
            "The label stands before the noise: the noise comes first.",
            torch=(
                (
                    "[noise, F.one_hot(labels, classes).float()]",
                    "[F.one_hot(labels, classes).float(), noise]",
                ),
            ),
            tensorflow=(
                ("[noise, tf.one_hot(labels, classes)]", "[tf.one_hot(labels, classes), noise]"),
            ),
            planted=False,
        ),
    ),
)


def plane_cases(rng: np.random.Generator) -> list[Case]:
    """Few and many classes; pictures that are not square."""

    def case(name: str, *shape: int, classes: int) -> Case:
        labels = rng.integers(classes - (shape[0] == 1), size=shape[0])  # not always the last
        return Case(name, {"images": drawn(rng, *shape), "labels": labels, "classes": classes})

    return [
        case("one picture, four classes", 1, 3, 3, 1, classes=4),
        case("five pictures of 2×3 pixels, three classes", 5, 2, 3, 3, classes=3),
        case("four pictures of 4×2 pixels, five classes", 4, 4, 2, 3, classes=5),
    ]


def observe_planes(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Whether there are planes, one for each class, with the label; then all, and the gradient."""
    look, inputs = probe(framework), case.inputs
    labels = framework.module("cgan").to_labels(inputs["labels"])
    classes, images = inputs["classes"], inputs["images"]
    value, (gradient,) = value_and_gradients(
        look,
        lambda pictures: answer(pictures, labels, classes=classes),
        [look.pictures(images)],
    )
    seen = channels_last(value, framework)
    many, channels = seen.shape[-1], images.shape[-1]
    told = seen[:, 0, 0, channels:] if many == channels + classes else np.full((1, 1), nan)
    return {
        "something beside the picture": yes(seen.ndim == 4 and many > channels),
        "a plane for each class": yes(seen.ndim == 4 and many == channels + classes),
        "the plane of the label is 1": yes(told_right(told, inputs["labels"])),
        "what the discriminator is given": seen,
        "gradient of the pictures": gradient,
    }


IGNORED = (
    "The discriminator is given the pictures alone, so it ignores the condition: any real-looking "
    "product will do, and the generator need not listen. Join the planes to the pictures."
)
RAW_PLANE = (
    "There is not one plane for each class: a single plane that holds the label as a raw integer "
    "makes class 9 nine times class 1. Give each class a plane, 1 for the label's own."
)

PLANES = Exercise(
    id="cgan.review_planes",
    difficulty=2,
    importance=5,
    minutes=5,
    seed=1,
    review=True,
    cases=plane_cases,
    observe=observe_planes,
    tolerance_reason=COPIES,
    messages={
        "something beside the picture": IGNORED,
        "a plane for each class": RAW_PLANE,
        "the plane of the label is 1": (
            "The planes do not tell the label: that of each picture's own label, counted from 0, "
            "is all 1, and the others are all 0."
        ),
        "what the discriminator is given": (
            "The label is told in one corner, and something else is wrong: the picture comes "
            "first, as it is, and every plane holds one number everywhere."
        ),
        "gradient of the pictures": (
            "The numbers are right, but gradients do not reach the pictures, so the generator "
            "learns nothing from this discriminator."
        ),
    },
    hints=(
        "What does the discriminator know of the label, once this function has run?",
        "Look at two properties of the result: how many channels it has with 3 colours and 10 "
        "classes, and what each of the last 10 holds.",
        "Rows of ones and zeros with two axes of length 1, spread over height and width, and "
        "joined to the pictures along the axis of the channels; and that is what is returned.",
    ),
    wrong=(
        Wrong(
            "raw integer plane",
            RAW_PLANE,
            torch=(
                (
                    "F.one_hot(labels, classes).float()[:, :, None, None]",
                    "labels.float()[:, None, None, None]",
                ),
            ),
            tensorflow=(
                (
                    "tf.one_hot(labels, classes)[:, None, None, :]",
                    "tf.cast(labels, tf.float32)[:, None, None, None]",
                ),
            ),
        ),
        Wrong(
            "condition ignored by the discriminator",
            IGNORED,
            torch=(("return torch.cat([images, planes], dim=1)", "return images"),),
            tensorflow=(("return tf.concat([images, planes], axis=3)", "return images"),),
        ),
        Wrong(
            "labels shuffled",
            "Each picture is told the label of another one: planes i belong to label i.",
            torch=(("F.one_hot(labels, classes)", "F.one_hot(labels.flip(0), classes)"),),
            tensorflow=(("tf.one_hot(labels, classes)", "tf.one_hot(labels[::-1], classes)"),),
            planted=False,
        ),
        Wrong(
            "classes counted in the batch",
            FEW,
            torch=(("F.one_hot(labels, classes)", "F.one_hot(labels)"),),
            tensorflow=(
                ("tf.one_hot(labels, classes)", "tf.one_hot(labels, tf.reduce_max(labels) + 1)"),
            ),
            planted=False,
        ),
        Wrong(
            "planes first",
            "The planes come before the colours: the picture's channels come first.",
            torch=(("[images, planes]", "[planes, images]"),),
            tensorflow=(("[images, planes]", "[planes, images]"),),
            planted=False,
        ),
        Wrong(
            "pictures cut off",
            "The numbers are right, but the pictures are cut off from their gradient, so the "
            "generator learns nothing from this discriminator.",
            torch=(("[images, planes]", "[images.detach(), planes]"),),
            tensorflow=(("[images, planes]", "[tf.stop_gradient(images), planes]"),),
            planted=False,
        ),
    ),
)

CLASSES = 2  # with one number of noise: what the small generator takes


def step_cases(rng: np.random.Generator) -> list[Case]:
    """Two steps, with two sizes of batch; labels are never the same from both ends."""

    def case(name: str, size: int) -> Case:
        labels = rng.integers(CLASSES, size=(2, size))
        labels[:, -1] = 1 - labels[:, 0]
        inputs = {
            "real": rng.uniform(-1, 1, (2, size, 4, 4, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, size, 1)).astype(np.float32),
            "labels": labels,
            "weights": int(rng.integers(2**31)),
        }
        return Case(name, inputs)

    return [case("two steps with five pictures", 5), case("two steps with three pictures", 3)]


WHEN = "the first step", "a second step"
NETWORKS = "generator", "discriminator"


def observe_step(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Who learns, what the generator is asked for; losses and weights of two steps.

    An error is held back where the discriminator is found frozen: that is what it comes from.
    """
    look, inputs = probe(framework), case.inputs
    generator, given = look.watch_inputs(look.tiny_generator(batch_norm=False))
    look.call(generator, look.tensor(np.zeros((1, 1 + CLASSES))), training=True)
    given.clear()
    networks = generator, look.tiny_discriminator(1 + CLASSES)
    for network in networks:
        look.fill(network, drawn_weights(inputs["weights"]))
        look.spoil_gradients(network)
    before = [flat(look.parameters(network)) for network in networks]
    seen: Observation = {}
    finished = False
    try:
        take_steps(answer, networks, case, framework, seen)
        finished = True
    except Exception:
        if look.can_learn(networks[1]):
            raise
    wishes = np.eye(CLASSES)[inputs["labels"][0]]
    asked = look.array(given[0], "What the generator is given") if given else np.zeros((1, 1))
    return {
        "discriminator learns": yes(finished and moved(before[1], seen, "discriminator")),
        "generator is asked for the labels": yes(near(asked[:, -CLASSES:], wishes)),
        "generator learns": yes(moved(before[0], seen, "generator")),
        **{name: _as_large(seen.get(name), blank) for name, blank in blanks(before).items()},
    }


def _as_large(found: np.ndarray | None, blank: np.ndarray) -> np.ndarray:
    """What was found, if it has the size that it should have: a frozen network shows no weights."""
    return blank if found is None or found.shape != blank.shape else found


def take_steps(
    answer: Callable, networks: tuple, case: Case, framework: Framework, seen: Observation
) -> None:
    """Two steps of plain descent: losses and weights, written into `seen` as they come."""
    look, inputs = probe(framework), case.inputs
    optimizers = look.sgd(networks[0], 0.5), look.sgd(networks[1], 0.2)
    for place, when in enumerate(WHEN):
        real, noise = look.pictures(inputs["real"][place]), look.tensor(inputs["noise"][place])
        labels = framework.module("cgan").to_labels(inputs["labels"][place])
        result = answer(*networks, *optimizers, real, noise, labels, classes=CLASSES)
        for name, loss in read_losses(look, result).items():
            seen[f"{name}'s loss in {when}"] = loss
        for name, network in zip(NETWORKS, networks, strict=True):
            seen[f"{name} after {when}"] = flat(look.parameters(network))


def moved(before: np.ndarray, seen: Observation, name: str) -> bool:
    """Whether the weights of a network are no longer what they were, after the first step."""
    after = seen.get(f"{name} after {WHEN[0]}", before)
    return after.shape == before.shape and not np.array_equal(after, before)


def blanks(before: list[np.ndarray]) -> Observation:
    """What two steps leave to see, in order, as `nan`."""
    seen: Observation = {}
    for when in WHEN:
        for name in reversed(NETWORKS):
            seen[f"{name}'s loss in {when}"] = np.asarray(nan)
        for name, weights in zip(NETWORKS, before, strict=True):
            seen[f"{name} after {when}"] = np.full(weights.size, nan)
    return seen


FROZEN = (
    "The discriminator does not learn: it is frozen in its own half of the step. Freeze it, if at "
    "all, for the generator's half alone, and thaw it again; in Keras a network frozen before it "
    "is compiled for its own training never learns."
)
OTHER_WISH = (
    "Labels do not match: the generator is asked for other labels than those with which its fakes "
    "are judged, so it is punished for doing as it was told."
)
NOT_REACHED = (
    "The generator's weights stay where they are: the discriminator's verdict is not connected to "
    "the generator's output, so no gradient reaches it. Judge the fakes with their graph."
)
BOTH_LEARN = (
    "The discriminator's weights are not where its own loss takes them: when the generator learns, "
    "the discriminator must stay as it is, or it learns to be fooled."
)

STEP = Exercise(
    id="cgan.review_step",
    difficulty=4,
    importance=5,
    minutes=10,
    seed=2,
    review=True,
    cases=step_cases,
    observe=observe_step,
    tolerance_reason="float32: two steps of both networks",
    rtol=3e-4,
    messages={
        "discriminator learns": FROZEN,
        "generator is asked for the labels": OTHER_WISH,
        "generator learns": NOT_REACHED,
        "discriminator's loss in the first step": (
            "The discriminator's loss differs: it is the sum of two means of cross-entropies on "
            "logits, of real pictures with label 1 and of fakes with label 0, each judged with the "
            "product label of its place in the batch."
        ),
        "generator's loss in the first step": (
            "The generator's loss differs: it is the cross-entropy of its fakes with label 1, by "
            "the updated discriminator, judged with the product labels that were asked for."
        ),
        "generator after the first step": (
            "The losses are right and the generator's weights are not where its own loss takes "
            "them: one update, and no old gradients in it."
        ),
        "discriminator after the first step": BOTH_LEARN,
    },
    hints=(
        "Follow one label through the step: who is told it, and is it the same picture's label "
        "each time? Then follow the gradient of each loss back: whom does it reach?",
        "Look at three properties: in the first half the discriminator's weights move; what the "
        "generator was asked for is what its fakes are judged by; in the second half the "
        "generator's weights move.",
        "Nothing is frozen in the first half. The generator is given the labels as they are. In "
        "the second half the fakes go into the discriminator with the graph that made them.",
    ),
    wrong=(
        Wrong(
            "discriminator frozen",
            FROZEN,
            torch=(
                (
                    "    ones, zeros = ",
                    "    discriminator.requires_grad_(False)\n    ones, zeros = ",
                ),
            ),
            tensorflow=(
                ("    ones, zeros = ", "    discriminator.trainable = False\n    ones, zeros = "),
            ),
        ),
        Wrong(
            "labels not matched",
            OTHER_WISH,
            torch=(
                (
                    "generator(review_inputs(noise, labels, classes",
                    "generator(review_inputs(noise, labels.flip(0), classes",
                ),
            ),
            tensorflow=(
                (
                    "asked = review_inputs(noise, labels,",
                    "asked = review_inputs(noise, labels[::-1],",
                ),
            ),
        ),
        Wrong(
            "generator not connected",
            NOT_REACHED,
            torch=(("review_planes(fake, labels", "review_planes(fake.detach(), labels"),),
            tensorflow=(
                ("review_planes(fake, labels", "review_planes(tf.stop_gradient(fake), labels"),
            ),
        ),
        Wrong(
            "discriminator learns too",
            BOTH_LEARN,
            torch=(
                (
                    "    generator_optimizer.step()\n",
                    "    generator_optimizer.step()\n    discriminator_optimizer.step()\n",
                ),
            ),
            tensorflow=(
                (
                    "    with tf.GradientTape() as tape:\n        fake = ",
                    "    with tf.GradientTape(persistent=True) as tape:\n        fake = ",
                ),
                (
                    "    return {",
                    "    variables = discriminator.trainable_variables\n"
                    "    discriminator_optimizer.apply_gradients(\n"
                    "        zip(tape.gradient(g_loss, variables), variables, strict=True)\n"
                    "    )\n"
                    "    return {",
                ),
            ),
            planted=False,
        ),
        Wrong(
            "real pictures with other labels",
            "The discriminator's loss differs: the real pictures are judged with the labels of "
            "other pictures. Each is told what it shows.",
            torch=(("review_planes(real, labels,", "review_planes(real, labels.flip(0),"),),
            tensorflow=(("review_planes(real, labels,", "review_planes(real, labels[::-1],"),),
            planted=False,
        ),
        Wrong(
            "label of the fakes",
            "The generator's loss is the cross-entropy of its fakes with label 0: they are fake, "
            "but it wants them called real.",
            torch=(
                (
                    "g_loss = F.binary_cross_entropy_with_logits(fake_logits, ones)",
                    "g_loss = F.binary_cross_entropy_with_logits(fake_logits, zeros)",
                ),
            ),
            tensorflow=(("g_loss = cross_entropy(ones", "g_loss = cross_entropy(zeros"),),
            planted=False,
        ),
        *(
            Wrong(
                f"{name}'s gradients left over",
                f"These are exactly the numbers you get when the {name}'s old gradients are not "
                "cleared before `backward`: they add up from call to call.",
                torch=((f"    {name}_optimizer.zero_grad()\n", ""),),
                tensorflow=(),
                planted=False,
            )
            for name in ("discriminator", "generator")
        ),
    ),
)

EXERCISES = (INPUTS, PLANES, STEP)
