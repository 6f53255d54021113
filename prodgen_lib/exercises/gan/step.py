"""One training step: losses and weights of two steps, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import (
    Case,
    Complaint,
    Exercise,
    Framework,
    Observation,
    Wrong,
)
from prodgen_lib.exercises.common import drawn_weights, flat, probe, yes


def step_cases(rng: np.random.Generator) -> list[Case]:
    """Two steps each: without and with penalty, with labels, and as `train` calls it."""

    def case(name: str, size: int, classes: int = 0, **options: float) -> Case:
        inputs = {
            "classes": classes,
            "real": rng.uniform(-1, 1, (2, size, 4, 4, 1)).astype(np.float32),
            "noise": rng.normal(0, 1, (2, size, 3)).astype(np.float32),
            "weights": int(rng.integers(2**31)),
            "options": options,
        }
        if classes:
            labels = np.eye(classes, dtype=np.float32)[rng.integers(classes, size=(2, size))]
            inputs["labels"] = labels
        return Case(name, inputs)

    compiled = case("two steps with labels, as `train` calls them", 4, 3, penalty=0.25)
    compiled.inputs["compiled"] = True
    return [
        case("two steps without penalty", 3),
        case("two steps with penalty 0.5", 5, penalty=0.5),
        case("two steps with labels", 3, 2),
        compiled,
        case("two steps with penalty 0.1", 2, penalty=0.1),
    ]


def observe_step(answer: Callable, case: Case, framework: Framework) -> Observation:
    """Two steps of the answer on tiny networks; in training mode, with old gradients about."""
    look = probe(framework)
    networks = look.tiny_generator(), look.tiny_discriminator(1, case.inputs["classes"])
    step = look.compiled(answer) if case.inputs.get("compiled") else answer
    seen, free = take_steps(step, networks, case, look)
    statistics = flat(look.statistics(networks[0]))
    return {**seen, "moving statistics": statistics, "invariant losses without a graph": yes(free)}


def take_steps(
    step: Callable, networks: tuple, case: Case, look: ModuleType
) -> tuple[Observation, bool]:
    """Losses and weights of two steps of plain descent; whether the losses are free of a graph."""
    draw = drawn_weights(case.inputs["weights"])
    for network in networks:
        look.fill(network, draw)
        look.spoil_gradients(network)
    optimizers = look.sgd(networks[0], 0.5), look.sgd(networks[1], 0.2)
    seen, free = {}, True
    for place, when in enumerate(("the first step", "a second step")):
        real = look.pictures(case.inputs["real"][place])
        noise = look.tensor(case.inputs["noise"][place])
        options = dict(case.inputs["options"])
        if "labels" in case.inputs:
            options["labels"] = look.tensor(case.inputs["labels"][place])
        result = step(*networks, *optimizers, real, noise, **options)
        for name, loss in read_losses(look, result).items():
            seen[f"{name}'s loss in {when}"] = loss
        for name, network in zip(("generator", "discriminator"), networks, strict=True):
            seen[f"{name} after {when}"] = flat(look.parameters(network))
        free &= all(look.graph_free(loss) for loss in result.values())
        if not all(look.can_learn(network) for network in networks):
            raise Complaint("After the step a network can't learn any more: thaw what you froze.")
    return seen, free


def read_losses(look: ModuleType, result: object) -> dict[str, np.ndarray]:
    """The two losses that a step returns, as scalars; a complaint where they are not there."""
    names = ("discriminator", "generator")
    if not isinstance(result, dict) or any(name not in result for name in names):
        keys = ", ".join(map(repr, result)) if isinstance(result, dict) else ""
        what = f"a dict of {keys or 'nothing'}" if isinstance(result, dict) else look.kind(result)
        raise Complaint(
            f'What the step returns is {what}; expected {{"discriminator": …, "generator": …}}.'
        )
    losses = {}
    for name in names:
        value = result[name]
        losses[name] = (
            np.float64(value)
            if isinstance(value, float)
            else look.array(value, f"The loss of the {name}")
        )
        if losses[name].shape != ():
            raise Complaint(
                f"The loss of the {name} has shape {losses[name].shape}; expected a scalar."
            )
    return losses


ALL_WEIGHTS = "g_loss.backward(inputs=list(generator.parameters()))", "g_loss.backward()"
BACKWARD = ("", ()), (", and the generator's loss in them", (ALL_WEIGHTS,))  # to which weights
CLEARED_LATE = tuple(
    (
        f"    {name}_optimizer.zero_grad()\n    {backward}\n    {name}_optimizer.step()\n",
        f"    {backward}\n    {name}_optimizer.step()\n    {name}_optimizer.zero_grad()\n",
    )
    for name, backward in (("discriminator", "total.backward()"), ("generator", ALL_WEIGHTS[0]))
)
LAST_UPDATE = "    generator_optimizer.apply_gradients(zip(gradients, variables, strict=True))"

STEP = Exercise(
    id="gan.train_step",
    difficulty=5,
    importance=5,
    minutes=20,
    seed=4,
    cases=step_cases,
    observe=observe_step,
    rtol=3e-4,
    tolerance_reason="float32: two steps, each with a gradient of a gradient",
    messages={
        "discriminator's loss in the first step": (
            "The discriminator's loss differs: it is the relativistic one, of its logits before "
            "the update, for fakes made in training mode, and without the penalty."
        ),
        "generator's loss in the first step": (
            "The discriminator's loss is right and the generator's is not: it is the relativistic "
            "one, of logits that the *updated* discriminator gives (so look at that update too: "
            "penalty, labels, no gradients left over from before)."
        ),
        "generator after the first step": (
            "The losses are right, but the generator's weights are not where they should be: one "
            "update, by the gradient of its own loss and nothing else."
        ),
        "discriminator after the first step": (
            "The losses are right, but the discriminator's weights are not where they should be: "
            "one update, by the gradient of its loss plus the penalty and nothing else."
        ),
        "moving statistics": (
            "The generator's moving statistics differ: run it once a step, in training mode; both "
            "updates use the same fakes."
        ),
        "invariant losses without a graph": (
            "The losses that the step returns still hold their graph, which keeps memory alive: "
            "detach them."
        ),
    },
    hints=(
        "Which weights may move in each half of the step? And what could carry a gradient from "
        "one half into the other?",
        "Check four properties: the generator stays still in the first half and the discriminator "
        "in the second; the second half sees the updated discriminator; the penalty counts real "
        "and fake pictures; nothing is left over from earlier gradients.",
        "Make the fakes. First half: logits of real pictures and of fakes that are cut off, the "
        "loss, the penalty, fresh gradients, update. Second half: new logits of both, loss, fresh "
        "gradients for the generator alone, update. Return the two losses.",
    ),
    wrong=(
        Wrong(
            "fakes not cut off",
            "The discriminator's update goes through the generator and uses up its graph, so the "
            "second half finds none (and would find a moved generator): cut the fakes off in the "
            "first half.",
            torch=(("judge(fake.detach())", "judge(fake)"),),
            tensorflow=(),
        ),
        *(
            Wrong(
                f"discriminator's gradients left over{name}",
                "These are exactly the numbers you get when the discriminator's old gradients are "
                "not cleared before `backward`: they add up from call to call, and the generator's "
                "half may leave some too.",
                torch=(("    discriminator_optimizer.zero_grad()\n", ""), *more),
                tensorflow=(),
            )
            for name, more in BACKWARD
        ),
        Wrong(
            "generator's gradients left over",
            "These are exactly the numbers you get when the generator's old gradients are not "
            "cleared: they add up from call to call.",
            torch=(("    generator_optimizer.zero_grad()\n", ""),),
            tensorflow=(),
        ),
        *(
            Wrong(
                f"no gradients cleared{name}",
                "These are exactly the numbers you get when neither network's old gradients are "
                "cleared: they add up from call to call.",
                torch=(
                    ("    discriminator_optimizer.zero_grad()\n", ""),
                    ("    generator_optimizer.zero_grad()\n", ""),
                    *more,
                ),
                tensorflow=(),
            )
            for name, more in BACKWARD
        ),
        *(
            Wrong(
                f"gradients cleared too late{name}",
                "These are exactly the numbers you get when gradients are cleared after each "
                "update instead of before `backward`: the first update then counts those that were "
                "there before, as they are here.",
                torch=(*CLEARED_LATE, *more),
                tensorflow=(),
            )
            for name, more in BACKWARD
        ),
        Wrong(
            "old discriminator",
            "These are exactly the numbers you get when the generator is judged by the "
            "discriminator as it was before its update: update it first.",
            torch=(
                ("    discriminator_optimizer.step()\n", ""),
                (
                    "    generator_optimizer.step()\n",
                    "    generator_optimizer.step()\n    discriminator_optimizer.step()\n",
                ),
            ),
            tensorflow=(
                (
                    "discriminator_optimizer.apply_gradients("
                    "zip(gradients, variables, strict=True))",
                    "late = list(zip(gradients, variables, strict=True))",
                ),
                (
                    LAST_UPDATE,
                    LAST_UPDATE + "\n    discriminator_optimizer.apply_gradients(late)",
                ),
            ),
        ),
        Wrong(
            "discriminator learns from the generator's loss",
            "These are exactly the numbers you get when the second half moves the discriminator "
            "too, so that it learns to be fooled: there only the generator's weights move.",
            torch=(
                ALL_WEIGHTS,
                (
                    "    generator_optimizer.step()\n",
                    "    generator_optimizer.step()\n    discriminator_optimizer.step()\n",
                ),
            ),
            tensorflow=(
                (
                    "with tf.GradientTape() as generator_tape",
                    "with tf.GradientTape(persistent=True) as generator_tape",
                ),
                (
                    LAST_UPDATE,
                    LAST_UPDATE + "\n    variables = discriminator.trainable_variables"
                    "\n    gradients = generator_tape.gradient(g_loss, variables)"
                    "\n    discriminator_optimizer.apply_gradients("
                    "zip(gradients, variables, strict=True))",
                ),
            ),
        ),
        Wrong(
            "generator maximises the discriminator's loss",
            "These are exactly the numbers you get when the generator minimises minus the "
            "discriminator's loss: that saturates. It has a loss of its own.",
            torch=(
                (
                    "g_loss = relativistic_generator_loss(",
                    "g_loss = -relativistic_discriminator_loss(",
                ),
            ),
            tensorflow=(
                (
                    "g_loss = relativistic_generator_loss(",
                    "g_loss = -relativistic_discriminator_loss(",
                ),
            ),
        ),
        Wrong(
            "plain cross-entropy",
            "These are exactly the numbers of the plain losses, which judge each logit alone: this "
            "step uses the relativistic ones.",
            torch=(
                ("d_loss = relativistic_discriminator_loss", "d_loss = discriminator_loss"),
                (
                    "relativistic_generator_loss(real_logits, judge(fake))",
                    "generator_loss(judge(fake))",
                ),
            ),
            tensorflow=(
                ("total = relativistic_discriminator_loss", "total = discriminator_loss"),
                (
                    "relativistic_generator_loss(real_logits, judge(fake))",
                    "generator_loss(judge(fake))",
                ),
            ),
        ),
        Wrong(
            "penalty on real pictures only",
            "These are exactly the numbers you get when only the real pictures are paid for (R1 "
            "alone): add the penalty on the fakes, R2.",
            torch=((" + gradient_penalty(judge, fake)", ""),),
            tensorflow=((" + gradient_penalty(judge, fake)", ""),),
        ),
        Wrong.both(
            "penalty on fake pictures only",
            "These are exactly the numbers you get when only the fakes are paid for (R2 alone): "
            "add the penalty on the real pictures, R1.",
            ("gradient_penalty(judge, real) + ", ""),
        ),
        Wrong.both(
            "penalty of all logits",
            "These are exactly the numbers you get when the penalty sees the discriminator itself "
            "and so the logits of all labels: give it the one that `score` gives, the label's own.",
            ("gradient_penalty(judge, real)", "gradient_penalty(discriminator, real)"),
            ("gradient_penalty(judge, fake)", "gradient_penalty(discriminator, fake)"),
        ),
        Wrong(
            "generator cut off",
            "No gradient reaches the generator in its own half, so it can't move: there its fakes "
            "must not be cut off, and a tape must see how they are made.",
            torch=(
                ("(real_logits, judge(fake))", "(real_logits, judge(fake.detach()))"),
                ALL_WEIGHTS,
            ),
            tensorflow=(
                (
                    "    with tf.GradientTape() as generator_tape:\n"
                    "        fake = generator(noise, training=True)\n",
                    "    fake = generator(noise, training=True)\n"
                    "    with tf.GradientTape() as generator_tape:\n",
                ),
            ),
        ),
        Wrong(
            "penalty averaged",
            "These are exactly the numbers you get when the penalties on real and on fake pictures "
            "are averaged: the text asks for their sum.",
            torch=(("d_loss + penalty * steepness", "d_loss + penalty * steepness / 2"),),
            tensorflow=(("d_loss + penalty * steepness", "d_loss + penalty * steepness / 2"),),
        ),
        Wrong(
            "penalty forgotten",
            "These are exactly the numbers you get without the penalty: add it to what the "
            "discriminator minimises.",
            torch=(("    total.backward()", "    d_loss.backward()"),),
            tensorflow=(
                ("gradients = tape.gradient(total, v", "gradients = tape.gradient(d_loss, v"),
            ),
        ),
        Wrong(
            "penalty in the reported loss",
            "The updates are right, but the loss that is returned contains the penalty: return the "
            "loss without it.",
            torch=(('return {"discriminator": d_loss', 'return {"discriminator": total'),),
            tensorflow=(('return {"discriminator": d_loss', 'return {"discriminator": total'),),
        ),
        Wrong.both(
            "labels ignored",
            "These are exactly the numbers you get when the labels are not used: where there are "
            "labels, each picture's logit is that of its label. Let `score` see them.",
            ("score(discriminator, images, labels)", "score(discriminator, images)"),
        ),
        Wrong(
            "generator in evaluation mode",
            "These are exactly the numbers you get when the fakes are made in evaluation mode: "
            "batch norm then uses its moving statistics and never updates them.",
            torch=(("fake = generator(noise)\n", "fake = generator.eval()(noise)\n"),),
            tensorflow=(("generator(noise, training=True)", "generator(noise, training=False)"),),
        ),
        Wrong(
            "generator runs twice",
            "These are exactly the numbers you get when the generator runs again for its own "
            "update: batch norm's moving statistics move twice, and time is lost. Use the same "
            "fakes in both halves.",
            torch=(("(real_logits, judge(fake))", "(real_logits, judge(generator(noise)))"),),
            tensorflow=(
                (
                    "(real_logits, judge(fake))",
                    "(real_logits, judge(generator(noise, training=True)))",
                ),
            ),
        ),
    ),
)

EXERCISES = (STEP,)
