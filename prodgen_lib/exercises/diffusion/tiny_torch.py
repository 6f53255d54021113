"""A network of a flow with a handful of weights, in PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TinyFlow(nn.Module):
    """Velocities that are linear in `count` weights, called as the networks of a flow are.

    The weights stand before the mixture, the time t, t · mixture, and the label of each question.
    """

    def __init__(self, count: int):
        super().__init__()
        self.weights = nn.ParameterList(torch.zeros(1) for _ in range(count))

    def forward(self, mixed: Tensor, t: Tensor, labels: Tensor) -> Tensor:
        told = (t, *labels.float().unbind(dim=1))
        at, *asked = (x.reshape(-1, *[1] * (mixed.ndim - 1)) for x in told)
        terms = mixed, at, at * mixed, *asked
        return sum(weight * term for weight, term in zip(self.weights, terms, strict=False))
