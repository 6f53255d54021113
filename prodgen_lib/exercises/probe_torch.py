"""How an exercise looks into an answer in PyTorch; `probe_tensorflow` has the same functions.

Any `nn.Module` will do, not only the answer key's: parameters are taken in the order in which a
module lists them, and brought to one layout (that of Keras) only where both frameworks must draw
the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn

from prodgen_lib.checking.exercise import Complaint
from prodgen_lib.checking.language import Text
from prodgen_lib.exercises.common import RETURNS_NOTHING

ANSWER = Text("The answer", "答案")
_TO_NATIVE = {2: (1, 0), 4: (3, 2, 0, 1)}
_FROM_NATIVE = {2: (1, 0), 4: (2, 3, 1, 0)}


def array(value: object, what: Text = ANSWER) -> np.ndarray:
    """The numbers of a float tensor; a complaint about anything else."""
    if not isinstance(value, Tensor):
        raise Complaint(
            f"{what.en} is {kind(value).en}; expected a torch.Tensor.",
            f"{what.zh}是 {kind(value).zh}；应为 torch.Tensor。",
        )
    if not value.is_floating_point():
        raise Complaint(
            f"{what.en} is a tensor of {value.dtype}; expected torch.float32.",
            f"{what.zh}是 {value.dtype} 张量；应为 torch.float32。",
        )
    return value.detach().double().numpy()


def model(value: object) -> nn.Module:
    """`value`, which must be a network."""
    if not isinstance(value, nn.Module):
        raise Complaint(
            f"The answer is {kind(value).en}; expected an nn.Sequential.",
            f"答案给出的是 {kind(value).zh}；应为 nn.Sequential。",
        )
    return value


def kind(value: object) -> Text:
    """What something is, for a complaint."""
    name = type(value).__name__
    return RETURNS_NOTHING if value is None else Text(f"of type {name}", f"{name} 类型")


def graph_free(value: object) -> bool:
    """Whether nothing can be differentiated through `value`."""
    return not getattr(value, "requires_grad", False)


def pictures(images: np.ndarray, dtype: str = "float32") -> Tensor:
    """Pictures N×H×W×C, or one H×W×C, in this framework's layout."""
    return tensor(np.moveaxis(images, -1, -3), dtype)


def tensor(numbers: np.ndarray, dtype: str = "float32") -> Tensor:
    """Numbers as a tensor."""
    # `np.ascontiguousarray` would make one number a row of one.
    return torch.tensor(np.array(numbers, order="C"), dtype=getattr(torch, dtype))


def sizes(images: Tensor) -> tuple[int, int, int]:
    """Height, width and channels of pictures."""
    if images.ndim != 4:
        shape = tuple(images.shape)
        raise Complaint(
            f"The pictures have shape {shape}; expected N×C×H×W.",
            f"图片的形状是 {shape}；应为 N×C×H×W。",
        )
    return images.shape[2], images.shape[3], images.shape[1]


def call(network: nn.Module, inputs: Tensor, *, training: bool) -> Tensor:
    """The output of a network in one of its two modes."""
    return network.train(training)(inputs)


def value_and_gradients(
    function: Callable[..., Tensor], *tensors: Tensor
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The value, and the gradient of its sum for each tensor: zeros where there is none."""
    inputs = [tensor.detach().clone().requires_grad_(True) for tensor in tensors]
    value = function(*inputs)
    return array(value), _gradients(value, inputs)


def weight_gradients(function: Callable[[], Tensor], network: nn.Module) -> list[np.ndarray]:
    """The gradient of `function()` for each parameter."""
    return _gradients(function(), list(network.parameters()))


def _gradients(value: Tensor, inputs: list[Tensor]) -> list[np.ndarray]:
    found: tuple = (None,) * len(inputs)
    if value.requires_grad:
        found = torch.autograd.grad(value.sum(), inputs, allow_unused=True)
    zeros = [torch.zeros_like(tensor) for tensor in inputs]
    return [array(zero if g is None else g) for g, zero in zip(found, zeros, strict=True)]


def leaves_no_gradients(network: nn.Module) -> bool:
    """Whether no parameter holds a stored gradient."""
    return all(parameter.grad is None for parameter in network.parameters())


def spoil_gradients(network: nn.Module) -> None:
    """Leave the gradients of some earlier computation behind, which an update must not use."""
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)


def can_learn(network: nn.Module) -> bool:
    """Whether every parameter can be trained."""
    return all(parameter.requires_grad for parameter in network.parameters())


def stored_gradients(network: nn.Module) -> list[np.ndarray]:
    """The gradients that the parameters hold: zeros where there is none."""
    return [array(torch.zeros_like(p) if p.grad is None else p.grad) for p in network.parameters()]


def readiness(network: nn.Module) -> np.ndarray:
    """The mode of the layers, and whether weights are frozen, in words."""
    modes = {layer.training for layer in network.modules()}
    mode = "both modes" if len(modes) > 1 else "training" if True in modes else "evaluation"
    return np.asarray(mode if can_learn(network) else f"{mode}, frozen")


def in_training(network: nn.Module) -> bool:
    """Whether every layer is in training mode."""
    return all(layer.training for layer in network.modules())


def parameters(network: nn.Module) -> list[np.ndarray]:
    """Copies of what training changes, as the framework holds it."""
    return [array(parameter).copy() for parameter in network.parameters()]


def statistics(network: nn.Module) -> list[np.ndarray]:
    """Copies of batch norm's moving statistics."""
    return [array(buffer).copy() for buffer in _statistics(network)]


def _statistics(network: nn.Module) -> list[Tensor]:
    return [buffer for buffer in network.buffers() if buffer.is_floating_point()]


@torch.no_grad()
def fill(network: nn.Module, draw: Callable[[tuple[int, ...], bool], np.ndarray]) -> None:
    """Set all weights to `draw(shape, is_statistic)`, with shapes in the layout of Keras."""
    for tensors, is_statistic in (network.parameters(), False), (_statistics(network), True):
        for tensor in tensors:
            order = _FROM_NATIVE.get(tensor.ndim, range(tensor.ndim))
            drawn = draw(tuple(tensor.shape[axis] for axis in order), is_statistic)
            native = drawn.transpose(_TO_NATIVE.get(tensor.ndim, range(tensor.ndim)))
            tensor.copy_(torch.tensor(np.ascontiguousarray(native)))


@torch.no_grad()
def shift(network: nn.Module, amount: float) -> None:
    """Add `amount` to every weight and statistic."""
    for tensor in [*network.parameters(), *_statistics(network)]:
        tensor.add_(amount)


def sgd(network: nn.Module, learning_rate: float) -> torch.optim.SGD:
    """Plain gradient descent: a step is the gradient itself, so that its size shows."""
    return sgd_of_all([network], learning_rate)


def sgd_of_all(networks: Iterable[nn.Module], learning_rate: float) -> torch.optim.SGD:
    """Plain gradient descent on the weights of several networks."""
    weights = [weight for network in networks for weight in network.parameters()]
    return torch.optim.SGD(weights, lr=learning_rate)


def compiled(function: Callable) -> Callable:
    """The function as the chapter's training loop calls it: as it is."""
    return function


def tiny_generator(*, batch_norm: bool = True) -> nn.Sequential:
    """Noise (N, 3) to pictures of 4×4 pixels and one channel."""
    norm = [nn.BatchNorm1d(16)] if batch_norm else []
    return nn.Sequential(nn.Linear(3, 16), *norm, nn.Tanh(), nn.Unflatten(1, (1, 4, 4)))


def tiny_discriminator(channels: int, classes: int = 0) -> nn.Sequential:
    """Pictures of 4×4 pixels to logits (N,), or (N, classes); curved everywhere."""
    last = nn.Conv2d(6, max(classes, 1), 1)
    return nn.Sequential(
        nn.Conv2d(channels, 6, 4), nn.Tanh(), last, nn.Flatten(1 if classes else 0)
    )


def tiny_denoiser() -> nn.Sequential:
    """Pictures of one channel to pictures of the same size."""
    first, last = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1)
    return nn.Sequential(first, nn.Tanh(), last)


class TinyFlow(nn.Module):
    def __init__(self, count: int):
        super().__init__()
        self.weights = nn.ParameterList(torch.zeros(1) for _ in range(count))

    def forward(self, mixed: Tensor, t: Tensor, labels: Tensor) -> Tensor:
        told = (t, *labels.float().unbind(dim=1))
        at, *asked = (x.reshape(-1, *[1] * (mixed.ndim - 1)) for x in told)
        terms = mixed, at, at * mixed, *asked
        return sum(weight * term for weight, term in zip(self.weights, terms, strict=False))


def tiny_flow(count: int) -> nn.Module:
    """Velocities that are linear in `count` weights, called as the networks of a flow are.

    The weights stand before the mixture, the time t, t · mixture, and the label of each question.
    """
    return TinyFlow(count)


def linear_discriminator() -> nn.Sequential:
    """Pictures of 2×2 pixels and one channel to logits (N,): a weight for each pixel."""
    return nn.Sequential(nn.Conv2d(1, 1, 2), nn.Flatten(0))


def watch_batches(network: nn.Module) -> tuple[nn.Module, list[int]]:
    """The network, and a list that grows by the size of each batch that it is given."""
    sizes: list[int] = []
    network.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    return network, sizes


def watch_inputs(network: nn.Module) -> tuple[nn.Module, list[Tensor]]:
    """The network, and a list that grows by each batch that it is given."""
    inputs: list[Tensor] = []
    network.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
    return network, inputs
