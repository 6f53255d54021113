"""A training step: losses and weights of one step or two, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from prodgen_lib.checking.exercise import Case, Complaint, Observation
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import drawn_weights, flat

LOSS = {
    "discriminator": Text("The loss of the discriminator", "判别器的损失"),
    "generator": Text("The loss of the generator", "生成器的损失"),
}


def take_steps(
    step: Callable, networks: tuple, case: Case, look: ModuleType
) -> tuple[Observation, list[str]]:
    """Losses and weights of one or two steps of plain descent; which losses hold a graph."""
    draw = drawn_weights(case.inputs["weights"])
    for network in networks:
        look.fill(network, draw)
        look.spoil_gradients(network)
    optimizers = look.sgd(networks[0], 0.5), look.sgd(networks[1], 0.2)
    seen, held = {}, []
    for place, numbers in enumerate(case.inputs["real"]):
        when, real = ("the first step", "a second step")[place], look.pictures(numbers)
        noise = look.tensor(case.inputs["noise"][place])
        options = dict(case.inputs["options"])
        if "labels" in case.inputs:
            options["labels"] = look.tensor(case.inputs["labels"][place])
        result = step(*networks, *optimizers, real, noise, **options)
        for name, loss in read_losses(look, result).items():
            seen[f"{name}'s loss in {when}"] = loss
        for name, network in zip(("generator", "discriminator"), networks, strict=True):
            seen[f"{name} after {when}"] = flat(look.parameters(network))
        held += [f"{name} in {when}" for name in LOSS if not look.graph_free(result[name])]
        if not all(look.can_learn(network) for network in networks):
            raise Complaint(
                "After the step a network can't learn any more: thaw what you froze.",
                "这一步之后有网络不能再学习：请把冻结的部分解冻。",
            )
    return seen, held


def read_losses(look: ModuleType, result: object) -> dict[str, np.ndarray]:
    """The two losses that a step returns, as scalars; a complaint where they are not there."""
    names = ("discriminator", "generator")
    if not isinstance(result, dict) or any(name not in result for name in names):
        keys = ", ".join(map(repr, result)) if isinstance(result, dict) else ""
        what = look.kind(result)
        if isinstance(result, dict):
            what = Text(f"a dict of {keys or 'nothing'}", f"含 {keys or '空'} 的字典")
        raise Complaint(
            f'What the step returns is {what.en}; expected {{"discriminator": …, "generator": …}}.',
            f'这一步返回的是 {what.zh}；应为 {{"discriminator": …, "generator": …}}。',
        )
    losses = {}
    for name in names:
        value = result[name]
        losses[name] = np.float64(value) if _is_number(value) else look.array(value, LOSS[name])
        if losses[name].shape != ():
            shape = losses[name].shape
            raise Complaint(
                f"{LOSS[name].en} has shape {shape}; expected a scalar.",
                f"{LOSS[name].zh}的形状是 {shape}；应为标量。",
            )
    return losses


def _is_number(value: object) -> bool:
    """Whether a loss is a plain number already, Python's or numpy's."""
    scalar = isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "f"
    return scalar or isinstance(value, float | np.floating)
