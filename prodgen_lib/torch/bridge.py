"""Where PyTorch's layouts meet everybody else's: the only module that knows them.

Outside, pictures are numpy arrays N×H×W×C. Inside, PyTorch wants N×C×H×W. Weights leave in one
*canonical* layout, the one Keras uses, so a file of weights serves both frameworks: a dense kernel
is (in, out), a convolution's (height, width, in, out), a transposed convolution's
(height, width, out, in). `prodgen_lib.tensorflow.bridge` has the same functions.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn

from prodgen_lib.paths import own_path

Weights = dict[str, np.ndarray]


def to_tensor(array: np.ndarray) -> Tensor:
    """Any array as a float32 tensor with its own copy of the numbers."""
    return torch.tensor(np.asarray(array), dtype=torch.float32)


def to_numpy(tensor: Tensor | np.ndarray | float) -> np.ndarray:
    """A tensor (or number, or array) as a numpy array, outside of any gradient."""
    return tensor.detach().cpu().numpy() if isinstance(tensor, Tensor) else np.asarray(tensor)


def image_tensor(array: np.ndarray) -> Tensor:
    """Float pictures N×H×W×C as a float32 tensor N×C×H×W; the values stay as they are."""
    return to_tensor(array).permute(0, 3, 1, 2).contiguous()


def image_array(tensor: Tensor) -> np.ndarray:
    """A tensor N×C×H×W as a float array N×H×W×C."""
    return to_numpy(tensor.permute(0, 2, 3, 1))


def to_images(pictures: np.ndarray) -> Tensor:
    """Pictures uint8 N×H×W×C as a float32 tensor N×C×H×W in [-1, 1]."""
    if pictures.dtype != np.uint8 or pictures.ndim != 4:
        raise ValueError(
            f"Expected uint8 pictures of shape N×H×W×C, got {pictures.dtype} {pictures.shape}."
        )
    return image_tensor(pictures) / 127.5 - 1


def from_images(tensor: Tensor) -> np.ndarray:
    """A tensor N×C×H×W in [-1, 1] as uint8 pictures N×H×W×C, clipped and rounded."""
    return np.clip(np.rint((image_array(tensor) + 1) * 127.5), 0, 255).astype(np.uint8)


def value_and_gradients(
    function: Callable[..., Tensor], *tensors: Tensor
) -> tuple[float, list[np.ndarray]]:
    """A scalar function's value, and its gradient for each tensor (zeros where it has none)."""
    inputs = [tensor.detach().clone().requires_grad_(True) for tensor in tensors]
    value = function(*inputs)
    return value.item(), [to_numpy(gradient) for gradient in _gradients(value, inputs)]


def weight_gradients(function: Callable[[], Tensor], model: nn.Module) -> Weights:
    """The gradients of ``function()`` for the weights of ``model``, in canonical layout."""
    named = [(name, parameter) for name, parameter in _entries(model) if parameter.requires_grad]
    gradients = _gradients(function(), [parameter for _, parameter in named])
    return {
        name: _canonical(name, gradient)
        for (name, _), gradient in zip(named, gradients, strict=True)
    }


def _gradients(value: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    if not value.requires_grad:
        return [torch.zeros_like(tensor) for tensor in inputs]
    gradients = torch.autograd.grad(value, inputs, allow_unused=True)
    return [
        torch.zeros_like(tensor) if gradient is None else gradient
        for tensor, gradient in zip(inputs, gradients, strict=True)
    ]


def weights(model: nn.Module) -> Weights:
    """Copies of all weights of a model, and batch norm's moving statistics.

    Names count the layers that have weights, those inside a block in the block's place, in the
    order in which they were added: ``00.kernel``, ``00.bias``, ``01.gamma``, ``02.embeddings`` …
    """
    return {name: _canonical(name, tensor) for name, tensor in _entries(model)}


def set_weights(model: nn.Module, values: Weights) -> None:
    """Write canonical weights into a model of the same architecture."""
    entries = list(_entries(model))
    names = [name for name, _ in entries]
    if set(names) != set(values):
        raise ValueError(
            f"These weights are of another architecture: they hold {', '.join(sorted(values))}; "
            f"expected {', '.join(names)}."
        )
    for name, tensor in entries:
        value = np.asarray(values[name], np.float32)
        native = value if name.endswith(_AS_IS) else value.transpose(_TO_TORCH[value.ndim])
        if native.shape != tuple(tensor.shape):
            expected = _canonical(name, tensor).shape
            raise ValueError(f"Weight {name} has shape {value.shape}; expected {expected}.")
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(np.ascontiguousarray(native)))


_TO_CANONICAL = {0: (), 1: (0,), 2: (1, 0), 4: (2, 3, 1, 0)}
_TO_TORCH = {0: (), 1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}
_AS_IS = "embeddings"  # (labels, size) in both frameworks
_PLAIN = {"weight": "kernel", "bias": "bias"}
_EMBEDDING = {"weight": "embeddings"}
_NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def _entries(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """(canonical name, tensor) of each weight, in layer order."""
    layers = [part for part in model.modules() if any(True for _ in part.parameters(recurse=False))]
    for index, layer in enumerate(layers):
        for own, canonical in _names(layer).items():
            tensor = getattr(layer, own)
            if tensor is not None:
                yield f"{index:02d}.{canonical}", tensor


def _names(layer: nn.Module) -> dict[str, str]:
    if isinstance(layer, nn.BatchNorm2d):
        return _NORM
    return _EMBEDDING if isinstance(layer, nn.Embedding) else _PLAIN


def _canonical(name: str, tensor: Tensor) -> np.ndarray:
    array = to_numpy(tensor)
    axes = None if name.endswith(_AS_IS) else _TO_CANONICAL[tensor.ndim]
    return np.array(array if axes is None else array.transpose(axes), order="C")


def save_weights(model: nn.Module, path: str | Path, *, half: bool = False) -> None:
    """Write the weights to a safetensors file; ``half`` stores 16-bit floats."""
    dtype = np.float16 if half else np.float32
    save_file({name: value.astype(dtype) for name, value in weights(model).items()}, own_path(path))


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Read weights that either framework saved."""
    path = own_path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file of weights {path}.")
    try:
        values = load_file(path)
    except Exception as error:
        raise ValueError(f"{path} is not a safetensors file, or is damaged: {error}") from None
    set_weights(model, values)


def copy_model(model: nn.Module) -> nn.Module:
    """A model with the same architecture and weights that shares nothing with ``model``."""
    return copy.deepcopy(model)


def set_seed(seed: int) -> None:
    """Seed the draws of initial weights."""
    torch.manual_seed(seed)


def count_parameters(model: nn.Module) -> int:
    """How many numbers training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def adam(
    model: nn.Module,
    learning_rate: float,
    betas: tuple[float, float] = (0.0, 0.99),
    epsilon: float = 1e-8,
) -> torch.optim.Adam:
    """Adam (arXiv:1412.6980) for the weights of ``model``, with one epsilon in both frameworks.

    They add it at different places: PyTorch to √v̂, Keras to √v before the correction of its bias,
    where it counts for 1/√(1-β₂ᵗ) times as much. So it matters for gradients as small as itself.
    """
    return torch.optim.Adam(model.parameters(), lr=learning_rate, betas=betas, eps=epsilon)


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Change the learning rate from the next update on."""
    for group in optimizer.param_groups:
        group["lr"] = value
