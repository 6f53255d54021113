"""Tensors of TensorFlow for an answer in another process; `far_torch` has the same functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.classroom.sandbox.far import Leaf, ask, leaves, mapped
from prodgen_lib.tensorflow import bridge  # noqa: F401  (keeps TensorFlow's import quiet)

import tensorflow as tf  # isort: skip

EAGER = "Here the answer can not be called inside a tf.function: give it tensors with values."


def _is_tensor(value: object) -> bool:
    return isinstance(value, tf.Tensor | tf.Variable)


def leaf(value: object) -> object:
    """A tensor or an array as it travels; anything else as it is."""
    if _is_tensor(value):
        if not tf.executing_eagerly():
            raise TypeError(EAGER)
        return Leaf("tensor", value.numpy(), value.dtype.is_floating)
    return Leaf("array", np.asarray(value)) if isinstance(value, np.ndarray | np.generic) else value


def value(given: object) -> object:
    """The same back."""
    if not isinstance(given, Leaf):
        return given
    return given.array if given.kind == "array" else tf.constant(given.array)


def call(arguments: tuple, options: dict) -> object:
    """What the answer gives, from where it is; arrays that it changed are changed here."""
    given = mapped([arguments, options], lambda x: tf.convert_to_tensor(x) if _is_tensor(x) else x)
    message = {"given": mapped(given, leaf), "do": "call"}
    told = ask(message)
    sent = leaves([arguments, options])
    for place, new in told["changed"]:
        sent[place][...] = new.array
    wanted = [one for one in leaves(given) if _is_tensor(one) and one.dtype.is_floating]
    pairs = list(zip(told["leaves"], told["tensors"], strict=True))

    @tf.custom_gradient
    def far(*tensors: tf.Tensor):
        def gradient(*upstream: tf.Tensor) -> list:
            pull = [Leaf("tensor", one.numpy()) if _is_tensor(one) else None for one in upstream]
            slopes = ask({**message, "do": "pull", "pull": pull})["slopes"]
            return [None if one is None else value(one) for one in slopes]

        return tuple(value(one) for one, is_tensor in pairs if is_tensor), gradient

    some = any(is_tensor for _, is_tensor in pairs)
    made = iter(far(*wanted) if some and wanted else far_without(pairs))
    results = iter([next(made) if is_tensor else value(one) for one, is_tensor in pairs])
    return mapped(told["shape"], lambda _: next(results))


def far_without(pairs: list) -> list:
    """The tensors of a result that no gradient can lead through."""
    return [value(one) for one, is_tensor in pairs if is_tensor]


def reply(function: Callable, message: dict) -> dict:
    """What an answer gives for a message of `call`, or the gradients for it."""
    given = mapped(message["given"], value)
    arrays = [one for one in leaves(given) if isinstance(one, np.ndarray)]
    before = [array.copy() for array in arrays]
    if message["do"] == "pull":
        return {"slopes": _slopes(function, given, message["pull"])}
    result = function(*given[0], **given[1])
    flat = leaves(result)
    return {
        "shape": mapped(result, lambda _: 0),
        "leaves": [leaf(one) for one in flat],
        "tensors": [_is_tensor(one) for one in flat],
        "changed": _changed(given, before),
    }


def _changed(given: object, before: list[np.ndarray]) -> list:
    old, found = iter(before), []
    for place, one in enumerate(leaves(given)):
        if isinstance(one, np.ndarray):
            same = np.array_equal(one, next(old), equal_nan=one.dtype.kind == "f")
            found += [] if same else [[place, Leaf("array", one)]]
    return found


def _slopes(function: Callable, given: list, pull: list) -> list:
    wanted = [one for one in leaves(given) if _is_tensor(one) and one.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(wanted)
        result = function(*given[0], **given[1])
    tensors = [one for one in leaves(result) if _is_tensor(one)]
    pairs = [
        (one, tf.cast(value(way), one.dtype))
        for one, way in zip(tensors, pull, strict=True)
        if way is not None and one.dtype.is_floating
    ]
    if not pairs:
        return [None] * len(wanted)
    outputs, ways = zip(*pairs, strict=True)
    found = tape.gradient(list(outputs), wanted, list(ways))
    return [
        None if one is None else Leaf("tensor", tf.convert_to_tensor(one).numpy()) for one in found
    ]
