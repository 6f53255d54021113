"""A candidate's answer to mend: what both networks are told, and the training step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.cgan.review import in_words
from prodgen_lib.exercises.common import drawn_weights, flat, probe
from prodgen_lib.exercises.gan.step import read_losses

nan = float("nan")
LEARN = {"generator": "generator learns", "discriminator": "discriminator learns"}
CLASSES = 2  # with one number of noise: what the small generator takes


def cases(rng: np.random.Generator) -> list[Case]:
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


GIVEN = Text("What the generator is given", "给生成器的输入")
WHEN = "the first step", "a second step"


NETWORKS = "generator", "discriminator"


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
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
    asked = look.array(given[0], GIVEN) if given else np.zeros((1, 1))
    return {
        LEARN["discriminator"]: moved(before[1], seen, "discriminator") if finished else nan,
        "generator is asked for the labels": in_words(asked[:, -CLASSES:]),
        LEARN["generator"]: moved(before[0], seen, "generator"),
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


def moved(before: np.ndarray, seen: Observation, name: str) -> float:
    """How far the weight that moves most has come by the first step."""
    after = seen.get(f"{name} after {WHEN[0]}", before)
    return float(np.abs(after - before).max()) if after.shape == before.shape else nan


def conclude(seen: Observation, case: Case) -> Observation:
    """Whether each network learns; how far it moves is seen in its weights."""
    for name in LEARN.values():
        seen[name] = np.asarray(int(seen[name] > 0))
    return seen


def blanks(before: list[np.ndarray]) -> Observation:
    """What two steps leave to see, in order, as `nan`."""
    seen: Observation = {}
    for when in WHEN:
        for name in reversed(NETWORKS):
            seen[f"{name}'s loss in {when}"] = np.asarray(nan)
        for name, weights in zip(NETWORKS, before, strict=True):
            seen[f"{name} after {when}"] = np.full(weights.size, nan)
    return seen
