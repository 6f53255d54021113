"""Where TensorFlow's layouts meet everybody else's: the only module that knows them.

Pictures are N×H×W×C outside and inside. Weights leave in one *canonical* layout, the one Keras
uses, so a file of weights serves both frameworks: a dense kernel is (in, out), a convolution's
(height, width, in, out), a transposed convolution's (height, width, out, in).
`prodgen_lib.torch.bridge` has the same functions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from prodgen_lib.paths import own_path


@contextmanager
def _without_import_chatter() -> Iterator[None]:
    """TensorFlow's C++ side writes to the error stream before its log level counts."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


with _without_import_chatter():
    import keras
    import tensorflow as tf

Weights = dict[str, np.ndarray]


def to_tensor(array: np.ndarray) -> tf.Tensor:
    """Any array as a float32 tensor with its own copy of the numbers."""
    return tf.constant(np.asarray(array), dtype=tf.float32)


def to_numpy(tensor: tf.Tensor | np.ndarray | float) -> np.ndarray:
    """A tensor (or number, or array) as a numpy array."""
    return np.asarray(tensor)


def image_tensor(array: np.ndarray) -> tf.Tensor:
    """Float pictures N×H×W×C as a float32 tensor N×H×W×C; the values stay as they are."""
    return to_tensor(array)


def image_array(tensor: tf.Tensor) -> np.ndarray:
    """A tensor N×H×W×C as a float array N×H×W×C."""
    return to_numpy(tensor)


def to_images(pictures: np.ndarray) -> tf.Tensor:
    """Pictures uint8 N×H×W×C as a float32 tensor N×H×W×C in [-1, 1]."""
    if pictures.dtype != np.uint8 or pictures.ndim != 4:
        raise ValueError(
            f"Expected uint8 pictures of shape N×H×W×C, got {pictures.dtype} {pictures.shape}."
        )
    return image_tensor(pictures.astype(np.float32)) / 127.5 - 1


def from_images(tensor: tf.Tensor) -> np.ndarray:
    """A tensor N×H×W×C in [-1, 1] as uint8 pictures N×H×W×C, clipped and rounded."""
    return np.clip(np.rint((image_array(tensor) + 1) * 127.5), 0, 255).astype(np.uint8)


def value_and_gradients(
    function: Callable[..., tf.Tensor], *tensors: tf.Tensor
) -> tuple[float, list[np.ndarray]]:
    """A scalar function's value, and its gradient for each tensor (zeros where it has none)."""
    inputs = [tf.identity(tensor) for tensor in tensors]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = tf.convert_to_tensor(function(*inputs))
    gradients = tape.gradient(value, inputs, unconnected_gradients="zero")
    return float(value), [to_numpy(gradient) for gradient in gradients]


def weight_gradients(function: Callable[[], tf.Tensor], model: keras.Model) -> Weights:
    """The gradients of ``function()`` for the weights of ``model``, in canonical layout."""
    named = [(name, variable) for name, variable in _entries(model) if variable.trainable]
    with tf.GradientTape() as tape:
        value = tf.convert_to_tensor(function())
    gradients = tape.gradient(
        value, [variable.value for _, variable in named], unconnected_gradients="zero"
    )
    return {name: to_numpy(gradient) for (name, _), gradient in zip(named, gradients, strict=True)}


def weights(model: keras.Model) -> Weights:
    """Copies of all weights of a model, and batch norm's moving statistics.

    Names count the layers that have weights, those inside a block in the block's place, in the
    order in which they were added: ``00.kernel``, ``00.bias``, ``01.gamma``, ``02.embeddings`` …
    """
    return {name: variable.numpy().copy() for name, variable in _entries(model)}


def set_weights(model: keras.Model, values: Weights) -> None:
    """Write canonical weights into a model of the same architecture."""
    entries = list(_entries(model))
    names = [name for name, _ in entries]
    if set(names) != set(values):
        raise ValueError(
            f"These weights are of another architecture: they hold {', '.join(sorted(values))}; "
            f"expected {', '.join(names)}."
        )
    for name, variable in entries:
        value = np.asarray(values[name], np.float32)
        if value.shape != tuple(variable.shape):
            expected = tuple(variable.shape)
            raise ValueError(f"Weight {name} has shape {value.shape}; expected {expected}.")
        variable.assign(value)


_KEPT = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "embeddings")


def _entries(model: keras.Model) -> Iterator[tuple[str, keras.Variable]]:
    """(canonical name, variable) of each weight, in layer order."""
    layers = groupby(model.weights, key=lambda variable: variable.path.rpartition("/")[0])
    for index, (_, variables) in enumerate(layers):
        for variable in variables:
            if variable.name in _KEPT:
                yield f"{index:02d}.{variable.name}", variable


def save_weights(model: keras.Model, path: str | Path, *, half: bool = False) -> None:
    """Write the weights to a safetensors file; ``half`` stores 16-bit floats."""
    dtype = np.float16 if half else np.float32
    save_file({name: value.astype(dtype) for name, value in weights(model).items()}, own_path(path))


def load_weights(model: keras.Model, path: str | Path) -> None:
    """Read weights that either framework saved."""
    path = own_path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file of weights {path}.")
    try:
        values = load_file(path)
    except Exception as error:
        raise ValueError(f"{path} is not a safetensors file, or is damaged: {error}") from None
    set_weights(model, values)


def copy_model(model: keras.Model) -> keras.Model:
    """A model with the same architecture and weights that shares nothing with ``model``."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def set_seed(seed: int) -> None:
    """Seed the draws of initial weights."""
    keras.utils.set_random_seed(seed)


def count_parameters(model: keras.Model) -> int:
    """How many numbers training changes."""
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def adam(
    model: keras.Model,
    learning_rate: float,
    betas: tuple[float, float] = (0.0, 0.99),
    epsilon: float = 1e-8,
) -> keras.optimizers.Adam:
    """Adam (arXiv:1412.6980) for the weights of ``model``, with one epsilon in both frameworks.

    They add it at different places: PyTorch to √v̂, Keras to √v before the correction of its bias,
    where it counts for 1/√(1-β₂ᵗ) times as much. So it matters for gradients as small as itself.
    """
    optimizer = keras.optimizers.Adam(
        learning_rate, beta_1=betas[0], beta_2=betas[1], epsilon=epsilon
    )
    optimizer.build(model.trainable_variables)
    return optimizer


def set_learning_rate(optimizer: keras.optimizers.Optimizer, value: float) -> None:
    """Change the learning rate from the next update on."""
    optimizer.learning_rate = value
