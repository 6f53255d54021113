"""What keeps training stable: the gradient penalty and the averaged weights."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import (
    Case,
    Exercise,
    Framework,
    Observation,
    Wrong,
)
from prodgen_lib.exercises.common import drawn_weights, flat, probe, summary, yes


def penalty_cases(rng: np.random.Generator) -> list[Case]:
    """A linear discriminator, steep by hand, then a curved one on pictures of two channels."""
    kernel = np.array([[1, 2], [2, 4]], np.float32)

    def case(name: str, *shape: int) -> Case:
        pictures = rng.normal(0, 1, (*shape, 4, 4, 2)).astype(np.float32)
        return Case(name, {"images": pictures, "weights": int(rng.integers(2**31))})

    worked = {"images": rng.normal(0, 1, (2, 2, 2, 1)).astype(np.float32), "kernel": kernel}
    return [
        Case("a linear discriminator with weights 1, 2, 2, 4", worked, {"penalty": 25.0}),
        case("one picture", 1),
        case("five pictures", 5),
        case("three pictures", 3),
    ]


def observe_penalty(answer: Callable, case: Case, framework: Framework) -> Observation:
    """The penalty, its gradient for the discriminator's weights, and what it leaves alone."""
    look = probe(framework)
    discriminator = _steep_discriminator(look, case.inputs)
    images = case.inputs["images"]

    def penalty(pictures):
        return answer(discriminator, pictures)

    value, (reached,) = look.value_and_gradients(penalty, look.pictures(images))
    seen = {
        "penalty": value,
        "gradient of the weights": flat(
            look.weight_gradients(lambda: penalty(look.pictures(images)), discriminator)
        ),
        "invariant nothing flows into the images": yes(not np.any(reached)),
        "invariant no stored gradients": yes(look.leaves_no_gradients(discriminator)),
    }
    turned = look.array(penalty(look.pictures(images[::-1])))
    same = turned.shape == value.shape and np.allclose(turned, value, rtol=1e-3)
    return {**seen, "invariant order of the batch": yes(same)}


def _steep_discriminator(look: ModuleType, inputs: dict):
    if "weights" in inputs:
        discriminator = look.tiny_discriminator(inputs["images"].shape[-1])
        look.fill(discriminator, drawn_weights(inputs["weights"]))
        return discriminator
    discriminator = look.linear_discriminator()
    look.fill(
        discriminator,
        lambda shape, _: inputs["kernel"].reshape(shape) if shape != (1,) else np.zeros(1, "f"),
    )
    return discriminator


PENALTY = Exercise(
    id="gan.gradient_penalty",
    difficulty=4,
    importance=4,
    minutes=12,
    seed=1,
    cases=penalty_cases,
    observe=observe_penalty,
    tolerance_reason="float32: a gradient of a gradient",
    rtol=3e-4,
    messages={
        "gradient of the weights": (
            "The penalty's gradient for the discriminator's weights is not right: it must be built "
            "from differentiable operations all the way, gradient of the images included."
        ),
        "invariant nothing flows into the images": (
            "A gradient flows back into `images`, and so into the generator that made them: cut "
            "them off from what came before."
        ),
        "invariant no stored gradients": (
            "The call leaves gradients stored in the discriminator's weights: ask for the gradient "
            "of the images alone."
        ),
        "invariant order of the batch": (
            "The same pictures in another order give another penalty: take the mean over them."
        ),
    },
    hints=(
        "Of which quantity do you take the gradient, and with respect to what: the weights, or "
        "the pictures? What shape must it have?",
        "Four things tend to fail: the square; the sum over *all* channels and pixels; the mean "
        "over the batch only; and that the result can itself be differentiated for the weights.",
        "Cut the images off and watch them; add up the logits, so that one gradient holds each "
        "picture's own; keep the graph of that gradient; square, sum for each picture, average.",
    ),
    wrong=(
        Wrong(
            "norm not squared",
            "These are exactly the numbers you get from the norm itself: the penalty is its "
            "square.",
            torch=(("dim=(1, 2, 3)).mean()", "dim=(1, 2, 3)).sqrt().mean()"),),
            tensorflow=(
                (
                    "tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3)))",
                    "tf.reduce_mean(tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3))))",
                ),
            ),
        ),
        Wrong(
            "halved",
            "These are exactly the numbers you get when the penalty is halved: the ½ of some "
            "papers belongs to its weight, and here the formula has none.",
            torch=((".sum(dim=(1, 2, 3)).mean()", ".sum(dim=(1, 2, 3)).mean() / 2"),),
            tensorflow=(("return tf.reduce_mean(", "return 0.5 * tf.reduce_mean("),),
        ),
        Wrong(
            "mean over pixels",
            "These are exactly the numbers you get when the squares are averaged over channels and "
            "pixels: sum them there, and average over the batch alone.",
            torch=((".sum(dim=(1, 2, 3)).mean()", ".mean()"),),
            tensorflow=(("tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3))", "gradient**2"),),
        ),
        Wrong(
            "sum over the batch",
            "These are exactly the numbers you get when the penalty is summed over the batch: "
            "average it there.",
            torch=((".sum(dim=(1, 2, 3)).mean()", ".sum()"),),
            tensorflow=(("tf.reduce_mean(tf.reduce_sum(", "tf.reduce_sum(tf.reduce_sum("),),
        ),
        Wrong(
            "one penalty for each picture",
            "These are the penalties of the single pictures: the answer is one number, the mean.",
            torch=((".sum(dim=(1, 2, 3)).mean()", ".sum(dim=(1, 2, 3))"),),
            tensorflow=(
                (
                    "tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3)))",
                    "tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3))",
                ),
            ),
        ),
        Wrong(
            "towards norm one",
            "These are exactly the numbers of WGAN-GP, which pulls the norm towards 1: here it is "
            "pulled towards 0.",
            torch=(
                (
                    "gradient.square().sum(dim=(1, 2, 3)).mean()",
                    "(gradient.square().sum(dim=(1, 2, 3)).sqrt() - 1).square().mean()",
                ),
            ),
            tensorflow=(
                (
                    "tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3))",
                    "tf.square(tf.norm(tf.reshape(gradient, (len(gradient), -1)), axis=1) - 1)",
                ),
            ),
        ),
        Wrong(
            "gradient of the mean logit",
            "These are exactly the numbers you get from the gradient of the *mean* logit: each "
            "picture's gradient is then N times too small. Sum the logits instead.",
            torch=(("logits.sum()", "logits.mean()"),),
            tensorflow=(
                (
                    "        logits = discriminator(images)",
                    "        logits = tf.reduce_mean(discriminator(images))",
                ),
            ),
        ),
        Wrong(
            "gradient of the weights",
            "These are exactly the numbers you get from the gradient for the *weights*: the "
            "penalty is about the gradient for the pictures.",
            torch=(
                (
                    "(gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)",
                    "found = torch.autograd.grad(\n        logits.sum(), "
                    "list(discriminator.parameters()), create_graph=True\n    )",
                ),
                (
                    "gradient.square().sum(dim=(1, 2, 3)).mean()",
                    "sum(gradient.square().sum() for gradient in found)",
                ),
            ),
            tensorflow=(
                ("tf.GradientTape(watch_accessed_variables=False)", "tf.GradientTape()"),
                (
                    "gradient = tape.gradient(logits, images)",
                    "found = tape.gradient(logits, discriminator.trainable_variables)",
                ),
                (
                    "tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=(1, 2, 3)))",
                    "tf.add_n([tf.reduce_sum(gradient**2) for gradient in found])",
                ),
            ),
        ),
        Wrong(
            "no graph kept",
            "The number is right, but nothing flows from it to the discriminator's weights: such a "
            "penalty changes nothing. Keep the graph of the gradient.",
            torch=(("create_graph=True", "create_graph=False"),),
            tensorflow=(
                (
                    "gradient = tape.gradient(logits, images)",
                    "gradient = tf.stop_gradient(tape.gradient(logits, images))",
                ),
            ),
        ),
        Wrong(
            "images not cut off",
            "The number is right, but a gradient flows back into `images`, and so into the "
            "generator that made them: cut them off from what came before.",
            torch=(("images.detach().requires_grad_(True)", "images.requires_grad_(True)"),),
            tensorflow=(("tf.stop_gradient(images)", "tf.identity(images)"),),
        ),
    ),
)


def average_cases(rng: np.random.Generator) -> list[Case]:
    """Constant weights by hand, then random ones with several decays."""

    def case(name: str, decay: float, **more: bool) -> Case:
        seeds = [int(seed) for seed in rng.integers(2**31, size=2)]
        return Case(name, {"seeds": seeds, "decay": decay, **more})

    worked = {"constants": (1.0, 3.0), "decay": 0.75}
    by_hand = {"averaged weights": np.full(96, 1.5), "averaged statistics": np.full(32, 3.0)}
    return [
        Case("weights 1 and 3 with decay 0.75", worked, by_hand),
        case("decay 0", 0.0),
        case("decay 1", 1.0),
        case("decay 0.9, as `train` calls it", 0.9, compiled=True),
        case("decay 0.99", float(rng.uniform(0.6, 0.99))),
    ]


def observe_average(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Both models after the call; whether they share anything."""
    look = probe(framework)
    models = [look.tiny_generator(), look.tiny_generator()]
    for place, model in enumerate(models):
        if "constants" in case.inputs:
            value = case.inputs["constants"][place]
            look.fill(model, lambda shape, _, value=value: np.full(shape, value, np.float32))
        else:
            look.fill(model, drawn_weights(case.inputs["seeds"][place]))
    average, model = models
    before = flat(look.parameters(model) + look.statistics(model))

    def call(*inputs) -> None:
        answer(*inputs)

    update = look.compiled(call) if case.inputs.get("compiled") else call
    update(average, model, case.inputs["decay"])
    after = flat(look.parameters(model) + look.statistics(model))
    averaged = flat(look.parameters(average))
    seen = {
        "mean, lowest and highest averaged weight": summary(averaged),
        "averaged weights": averaged,
        "averaged statistics": flat(look.statistics(average)),
        "invariant the model stays as it is": yes(np.array_equal(before, after)),
    }
    look.shift(model, 1.0)
    again = flat(look.parameters(average) + look.statistics(average))
    kept = flat([seen["averaged weights"], seen["averaged statistics"]])
    return {**seen, "invariant nothing is shared": yes(np.array_equal(again, kept))}


AVERAGE = Exercise(
    id="gan.update_average",
    difficulty=2,
    importance=3,
    minutes=8,
    seed=1,
    cases=average_cases,
    observe=observe_average,
    messages={
        "averaged statistics": (
            "The averaged weights are right, but batch norm's moving statistics are not the "
            "model's: copy what is not trained."
        ),
        "invariant the model stays as it is": (
            "The model that is averaged changes: only the average may."
        ),
        "invariant nothing is shared": (
            "After the call the average shares memory with the model, so that the next training "
            "step changes both: write the numbers into the average's own weights."
        ),
    },
    hints=(
        "With a decay of 0.999, how much of the average should one call change? Which of the two "
        "factors is 0.999?",
        "Two things tend to fail: the average must change in place, without replacing its "
        "tensors; and what is not trained (moving statistics) needs treatment of its own.",
        "Walk through the trained weights of both models in pairs, and write into the average's a "
        "mixture of the two; then walk through all that is not trained, and copy.",
    ),
    wrong=(
        Wrong(
            "decay turned round",
            "These are exactly the numbers you get when decay and 1 - decay change places: the "
            "average then forgets nearly everything at each call.",
            torch=(("kept.lerp_(new, 1 - decay)", "kept.lerp_(new, decay)"),),
            tensorflow=(("decay * kept + (1 - decay) * new", "(1 - decay) * kept + decay * new"),),
        ),
        Wrong(
            "statistics not copied",
            "The average keeps its old moving statistics: copy what is not trained, or batch norm "
            "will normalise by another model's statistics.",
            torch=(("kept.copy_(new)", "pass"),),
            tensorflow=(("kept.assign(new)", "pass"),),
        ),
        Wrong(
            "statistics averaged",
            "These are exactly the numbers you get when moving statistics are averaged too: copy "
            "them, they are averages already.",
            torch=(("kept.copy_(new)", "kept.copy_(decay * kept + (1 - decay) * new)"),),
            tensorflow=(("kept.assign(new)", "kept.assign(decay * kept + (1.0 - decay) * new)"),),
        ),
        Wrong(
            "average replaced",
            "The average is replaced by the model: keep `decay` of what it was.",
            torch=(("kept.lerp_(new, 1 - decay)", "kept.copy_(new)"),),
            tensorflow=(
                ("kept.assign(decay * kept + (1 - decay) * new)", "kept.assign(1.0 * new)"),
            ),
        ),
        Wrong(
            "not in place",
            "The average's weights did not change: the mixture is computed, and then only given a "
            "name. Write it into the weights in place.",
            torch=(("kept.lerp_(new, 1 - decay)", "kept = kept.lerp(new, 1 - decay)"),),
            tensorflow=(
                (
                    "kept.assign(decay * kept + (1 - decay) * new)",
                    "kept = decay * kept + (1 - decay) * new",
                ),
            ),
        ),
        Wrong(
            "model changed",
            "The roles are turned round: the model moves towards the average. Only the average may "
            "change.",
            torch=(("kept.lerp_(new, 1 - decay)", "new.lerp_(kept, 1 - decay)"),),
            tensorflow=(
                (
                    "kept.assign(decay * kept + (1 - decay) * new)",
                    "new.assign(decay * new + (1 - decay) * kept)",
                ),
            ),
        ),
        Wrong(
            "half a mixture",
            "These are exactly the numbers you get when the model's share is added without taking "
            "`decay` of the average first: the weights grow at each call.",
            torch=(("kept.lerp_(new, 1 - decay)", "kept.add_((1 - decay) * new)"),),
            tensorflow=(("decay * kept + (1 - decay) * new", "kept + (1 - decay) * new"),),
        ),
    ),
)

EXERCISES = (PENALTY, AVERAGE)
