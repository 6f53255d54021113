"""Tensors of PyTorch for an answer in another process; `far_tensorflow` has the same functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from prodgen_lib.classroom.sandbox.far import Leaf, ask, leaves, mapped


def leaf(value: object) -> object:
    """A tensor or an array as it travels; anything else as it is."""
    if isinstance(value, torch.Tensor):
        slope = value.requires_grad and torch.is_grad_enabled()
        return Leaf("tensor", value.detach().cpu().numpy(), slope)
    return Leaf("array", np.asarray(value)) if isinstance(value, np.ndarray | np.generic) else value


def value(given: object) -> object:
    """The same back."""
    if not isinstance(given, Leaf):
        return given
    if given.kind == "array":
        return given.array
    return torch.from_numpy(np.asarray(given.array)).requires_grad_(given.slope)


class _Far(torch.autograd.Function):
    """The call as one step of a graph: its gradient is asked for where the answer is."""

    @staticmethod
    def forward(ctx, message: dict, told: dict, *tensors: torch.Tensor):
        ctx.message, ctx.count = message, len(tensors)
        results = [value(Leaf(one.kind, one.array)) for one in told["leaves"]]
        flat = [one for one, is_tensor in zip(results, told["tensors"], strict=True) if is_tensor]
        ctx.mark_non_differentiable(
            *(
                one
                for one, sent in zip(flat, _tensors(told), strict=True)
                if not sent.slope or not one.is_floating_point()
            )
        )
        return tuple(flat)

    @staticmethod
    def backward(ctx, *upstream: torch.Tensor):
        pull = [None if one is None else Leaf("tensor", one.numpy()) for one in upstream]
        told = ask({**ctx.message, "do": "pull", "pull": pull})
        slopes = [None if one is None else value(one) for one in told["slopes"]]
        return None, None, *slopes


def _tensors(told: dict) -> list[Leaf]:
    pairs = zip(told["leaves"], told["tensors"], strict=True)
    return [one for one, is_tensor in pairs if is_tensor]


def call(arguments: tuple, options: dict) -> object:
    """What the answer gives, from where it is; tensors that it changed are changed here."""
    given = [arguments, options]
    message = {"given": mapped(given, leaf), "do": "call"}
    told = ask(message)
    sent = leaves(given)
    with torch.no_grad():
        for place, new in told["changed"]:
            if isinstance(sent[place], torch.Tensor):
                sent[place].copy_(value(new))
            else:
                sent[place][...] = new.array
    wanted = [
        one
        for one in sent
        if isinstance(one, torch.Tensor) and one.requires_grad and torch.is_grad_enabled()
    ]
    found = list(told["leaves"])
    if wanted and any(one.slope for one in _tensors(told)):
        made = iter(_Far.apply(message, told, *wanted))
    else:
        made = (value(Leaf(one.kind, one.array)) for one in _tensors(told))
    results = iter(
        [
            next(made) if is_tensor else value(one)
            for one, is_tensor in zip(found, told["tensors"], strict=True)
        ]
    )
    return mapped(told["shape"], lambda _: next(results))


def reply(function: Callable, message: dict) -> dict:
    """What an answer gives for a message of `call`, or the gradients for it."""
    given = mapped(message["given"], value)
    before = [one.array for one in leaves(message["given"]) if isinstance(one, Leaf)]
    before = [array.copy() for array in before]
    result = function(*given[0], **given[1])
    if message["do"] == "pull":
        return {"slopes": _slopes(given, result, message["pull"])}
    flat = leaves(result)
    return {
        "shape": mapped(result, lambda _: 0),
        "leaves": [_sent(one) for one in flat],
        "tensors": [isinstance(one, torch.Tensor) for one in flat],
        "changed": _changed(given, before),
    }


def _sent(one: object) -> object:
    if isinstance(one, torch.Tensor):
        return Leaf("tensor", one.detach().numpy(), one.requires_grad)
    return leaf(one)


def _changed(given: object, before: list[np.ndarray]) -> list:
    """(place among all leaves, numbers) of each argument that is no longer as it was."""
    old, found = iter(before), []
    for place, one in enumerate(leaves(given)):
        if isinstance(one, torch.Tensor | np.ndarray):
            now = one.detach().numpy() if isinstance(one, torch.Tensor) else one
            if not np.array_equal(now, next(old), equal_nan=now.dtype.kind == "f"):
                found.append([place, Leaf("array", now)])
    return [[place, Leaf("tensor", sent.array)] for place, sent in found]


def _slopes(given: object, result: object, pull: list) -> list:
    wanted = [one for one in leaves(given) if isinstance(one, torch.Tensor) and one.requires_grad]
    tensors = [one for one in leaves(result) if isinstance(one, torch.Tensor)]
    pairs = [
        (one, value(way).to(one.dtype))
        for one, way in zip(tensors, pull, strict=True)
        if one.requires_grad and way is not None
    ]
    if not pairs:
        return [None] * len(wanted)
    outputs, ways = zip(*pairs, strict=True)
    found = torch.autograd.grad(outputs, wanted, ways, allow_unused=True)
    return [None if one is None else Leaf("tensor", one.numpy()) for one in found]
